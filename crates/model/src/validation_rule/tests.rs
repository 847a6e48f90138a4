use serde_json::{Value, json};

use super::*;
use crate::{
    error::Dialect,
    payload::{Unreadable, parse},
};

fn create(body: &Value) -> Result<ValidationRule, String> {
    let refusal = |error: crate::Error| {
        let row = error.describe(Dialect::Should);
        format!("{}: {}", row.key.unwrap_or_default(), row.details.unwrap_or_default())
    };
    match parse::<ValidationRuleInput>(body.to_string().as_bytes()) {
        Ok(input) => input.create("val_1".into(), Timestamp::default()).map_err(refusal),
        Err(Unreadable::Refused(error)) => Err(refusal(error)),
        Err(Unreadable::NotJson) => Err("no JSON".into()),
    }
}

#[test]
fn a_created_rule_echoes_what_was_sent_and_fills_in_defaults() {
    let rules = json!({"1": {"name": "order.amount", "conditions": {"$more_than": [10000]},
        "error": {"message": "Spend more"}, "property": null, "rules": {}, "x": 1}, "logic": "  1 "});
    let sent = json!({
        "name": "Over 100, prod_1 only",
        "rules": rules,
        "applicable_to": {
            "included": [
                {"object": "product", "id": "prod_1", "effect": "APPLY_TO_EVERY", "order_item_indices": [0]},
                {"object": "sku", "id": "sku_1", "source_id": null, "strict": null, "repeat": null},
            ],
            "included_all": false,
        },
    });
    let answer = serde_json::to_string(&create(&sent).expect("a rule")).expect("json");
    let expected = format!(
        concat!(
            r#"{{"id":"val_1","name":"Over 100, prod_1 only","rules":{rules},"bundle_rules":{{}},"#,
            r#""applicable_to":{{"included":[{{"object":"product","id":"prod_1","strict":false,"#,
            r#""effect":"APPLY_TO_EVERY","skip_initially":0,"repeat":1,"target":"ITEM"}},"#,
            r#"{{"object":"sku","id":"sku_1","source_id":null,"strict":false,"#,
            r#""effect":"APPLY_TO_EVERY","skip_initially":0,"repeat":1,"target":"ITEM"}}],"included_all":false}},"#,
            r#""type":"expression","context_type":"global","#,
            r#""created_at":"1970-01-01T00:00:00.000Z","object":"validation_rules"}}"#,
        ),
        rules = rules
    );
    assert_eq!(answer, expected);
    let read: ValidationRule = serde_json::from_str(&answer).expect("reads back");
    assert_eq!(serde_json::to_string(&read).expect("json"), expected);
}

#[test]
fn rules_that_were_not_sent_always_hold_and_an_empty_object_stays_one() {
    for (sent, stored) in [
        (json!({}), json!({"logic": ""})),
        (json!({"rules": {}}), json!({})),
        (json!({"rules": null}), json!({"logic": ""})),
    ] {
        let mut body = json!({"name": "n"});
        body.as_object_mut().expect("object").extend(sent.as_object().expect("object").clone());
        assert_eq!(json!(create(&body).expect("a rule").rules), stored, "{body}");
    }
}

#[test]
fn an_update_replaces_what_is_sent_and_keeps_the_rest() {
    let bundle =
        json!({"1": {"name": "order.items.any", "conditions": {"$is": [{"id": "prod_1", "object": "product"}]}}});
    let mut rule = create(&json!({"name": "a", "type": "basic", "error": {"message": "no"}, "bundle_rules": bundle}))
        .expect("a rule");
    let update = |body: Value| parse::<ValidationRuleInput>(body.to_string().as_bytes()).expect("a body");
    update(json!({"context_type": "campaign.promotion"})).apply_to(&mut rule).expect("accepted");
    assert_eq!((rule.name.as_str(), rule.rule_type, rule.message()), ("a", RuleType::Basic, Some("no")));
    assert_eq!((rule.context_type.as_str(), rule.bundle_rules.is_empty()), ("campaign.promotion", false));

    update(json!({"bundle_rules": null, "error": null, "type": null})).apply_to(&mut rule).expect("accepted");
    assert_eq!(json!(rule.bundle_rules), json!({}));
    assert_eq!((rule.error.as_ref(), rule.rule_type), (None, RuleType::Expression));

    let before = rule.clone();
    for refused in [json!({"name": null}), json!({"name": "b", "rules": {"logic": "1"}})] {
        update(refused).apply_to(&mut rule).expect_err("refused");
        assert_eq!(rule, before);
    }
}

#[test]
fn rules_that_cannot_be_evaluated_are_refused() {
    let leaf = |name: &str| json!({"name": name, "conditions": {"$is": [1]}});
    let nested = |depth: usize| {
        (0..depth).fold(
            json!({}),
            |rules, _| json!({"1": {"name": "order.amount", "conditions": {"$is": [1]}, "rules": rules}}),
        )
    };
    for (rules, details) in [
        (
            json!({"1": leaf("custom_event.metadata"), "logic": "1"}),
            "Rule 'custom_event.metadata' must have a 'property'",
        ),
        (
            json!({"1": {"name": "order.metadata", "property": "", "conditions": {"$is": [1]}}}),
            "Rule 'order.metadata' must have a 'property'",
        ),
        (json!({"1": leaf("order.weight"), "logic": "1"}), "Rule 'order.weight' is not known"),
        (json!({"1": {"conditions": {"$is": [1]}}}), "Rule '1' must have a 'name'"),
        (json!({"1": 5}), "Rule '1' must be an object"),
        (json!({"1": {"name": "order.amount"}}), "Rule 'order.amount' must have 'conditions'"),
        (json!({"1": {"name": "order.amount", "conditions": {}}}), "Rule 'order.amount' must have 'conditions'"),
        (
            json!({"1": {"name": "order.amount", "conditions": {"$like": [1]}}}),
            "Rule 'order.amount' has the unknown condition '$like'",
        ),
        (
            json!({"1": {"name": "order.amount", "conditions": {"$is": [1]}, "rules": []}}),
            "Property 'rules' of rule 'order.amount' must be an object",
        ),
        (
            json!({"1": {"name": "order.items.any", "conditions": {"$is": [1]}, "rules": {"1": leaf("x")}}}),
            "Rule 'x' is not known",
        ),
        (json!({"1": leaf("order.amount"), "logic": "1 and"}), "Logic '1 and' is not complete"),
        (
            json!({"1": leaf("order.amount"), "logic": "1 or 2"}),
            "Logic '1 or 2' refers to the rule '2', which does not exist",
        ),
        (json!({"1": leaf("order.amount"), "logic": 1}), "Logic must be a string"),
        (nested(11), "Rules cannot be nested more than 10 times"),
    ] {
        let expected = format!("invalid_validation_rules: {details}");
        assert_eq!(create(&json!({"name": "n", "rules": rules})).expect_err("refused"), expected, "{rules}");
    }
    for rules in [
        nested(10),
        json!({"1": leaf("order.amount"), "2": leaf("sku.id"), "3": leaf("order.items.count"), "logic": "1 or 2"}),
        json!({"a": {"name": "order.metadata", "property": "a.b", "conditions": {"$is": "x"}, "rules": null}, "logic": null}),
        json!({"1": {"name": "order.amount", "conditions": {"$greater_than_or_equal": [1]}}, "logic": ""}),
    ] {
        assert!(create(&json!({"name": "n", "rules": rules})).is_ok(), "{rules}");
    }
}

#[test]
fn bodies_of_a_wrong_form_are_refused_by_path() {
    for (body, details) in [
        (json!({}), "Payload should have required property 'name'"),
        (json!({"name": 5}), "Property .name should be string,null"),
        (json!({"name": "n", "rules": []}), "Property .rules should be object,null"),
        (json!({"name": "n", "error": {"message": 5}}), "Property .error.message should be string"),
        (
            json!({"name": "n", "type": "simple"}),
            "Property .type should be equal to one of the allowed values [ expression, basic, advanced, complex ]",
        ),
        (
            json!({"name": "n", "applicable_to": {"included": [{"id": "x"}]}}),
            "Property .applicable_to.included[0] should have required property 'object'",
        ),
        (
            json!({"name": "n", "applicable_to": {"included": [{"id": "x", "object": "bag"}]}}),
            "Property .applicable_to.included[0].object should be equal to one of the allowed values \
             [ product, sku, products_collection ]",
        ),
        (
            json!({"name": "n", "applicable_to": {"excluded": [{"id": "x", "object": "sku", "repeat": 0}]}}),
            "Property .applicable_to.excluded[0].repeat cannot be lower than 1",
        ),
        (
            json!({"name": "n", "bundle_rules": {"limit": 101}}),
            "Property .bundle_rules.limit cannot be higher than 100",
        ),
        (json!({"name": "n", "bundle_rules": {"limit": "1"}}), "Property .bundle_rules.limit should be integer"),
    ] {
        assert_eq!(create(&body).expect_err("refused"), format!("invalid_payload: {details}"), "{body}");
    }
    let refusal = create(&json!({"name": "n", "context_type": "moon"})).expect_err("refused");
    assert!(refusal.starts_with(
        "invalid_payload: Property .context_type should be equal to one of the allowed values [ global, earning_rule.order.paid, "
    ));
    for context in ContextType::all() {
        assert!(create(&json!({"name": "n", "context_type": context})).is_ok(), "{context}");
    }
}

#[test]
fn the_parts_of_a_bundle_are_read() {
    let quantity = |n: Value| json!({"1": {"name": "order.items.aggregated_quantity", "conditions": {"$is": [n]}, "rules": {}}, "logic": "1"});
    let part =
        |is: Value, n: Value| json!({"name": "order.items.any", "conditions": {"$is": is}, "rules": quantity(n)});
    let bottle = json!([{"id": "prod_b", "type": "product_or_sku", "object": "product"}]);
    let rule = create(&json!({"name": "n", "bundle_rules": {
        "1": part(bottle.clone(), json!(2)),
        "2": part(json!([{"id": "pc_a", "type": "products_collection"}]), json!(5)),
        "limit": 3,
    }}))
    .expect("a rule");
    let reference = |object, id| ItemReference { object, id, source_id: None };
    let parts: Vec<_> = rule.bundle_rules.parts().collect();
    assert_eq!(
        parts,
        [
            BundlePart { items: vec![reference(ItemObject::Product, "prod_b")], quantity: 2 },
            BundlePart { items: vec![reference(ItemObject::ProductsCollection, "pc_a")], quantity: 5 },
        ]
    );
    assert_eq!(rule.bundle_rules.limit(), 3);
    for wrong in [part(bottle.clone(), json!(0)), part(json!([]), json!(1)), part(bottle, json!("x")), json!(5)] {
        let refusal = create(&json!({"name": "n", "bundle_rules": {"1": wrong}})).expect_err("refused");
        assert_eq!(
            refusal,
            "invalid_validation_rules: Bundle rule '1' must be 'order.items.any' with items and an aggregated quantity"
        );
    }
}

#[test]
fn names_and_operators_are_unambiguous() {
    for rule in RuleName::ALL {
        assert_eq!(RuleName::parse(rule.name()), Some(*rule));
    }
    for operator in RuleOperator::ALL {
        for name in [operator.name()].iter().chain(operator.aliases()) {
            assert_eq!(RuleOperator::parse(name), Some(*operator));
        }
    }
}

#[test]
fn every_name_and_operator_is_documented() {
    let page = include_str!("../../../../docs/validation-rules.md");
    for rule in RuleName::ALL.iter().map(|rule| rule.name()) {
        // Windows of the same counter share a row: `….daily`, `.weekly`, `.monthly`.
        let last = rule.rsplit_once('.').map(|(_, last)| format!("`.{last}`")).filter(|last| page.contains(last));
        assert!(page.contains(&format!("`{rule}`")) || last.is_some(), "{rule}");
    }
    for operator in RuleOperator::ALL {
        for name in [operator.name()].iter().chain(operator.aliases()) {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}

#[test]
fn budgets_are_found_by_their_scope() {
    let entry: ApplicableToEntry = serde_json::from_value(json!({
        "object": "products_collection", "id": "pc_1",
        "product_customer_promotion_tier_quantity_limit": 3,
        "product_in_collection_campaign_quantity_limit_formula": "2 + 2",
    }))
    .expect("an entry");
    let budgets = entry.budgets().map(|budget| {
        (budget.name, [budget.per_product, budget.per_customer, budget.per_tier], budget.limit, budget.formula)
    });
    assert_eq!(
        budgets.collect::<Vec<_>>(),
        [
            ("product_customer_promotion_tier_quantity_limit", [false, true, true], Some(3), None),
            ("product_in_collection_campaign_quantity_limit", [true, false, false], None, Some("2 + 2")),
        ]
    );
}
