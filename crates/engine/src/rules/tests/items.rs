//! Rules about items and what refines them.

use serde_json::{Value, json};

use super::world::{World, leaf, set, single};
use crate::rules::Scope;

fn items(name: &str, conditions: Value, rules: Value) -> Value {
    json!({"name": name, "conditions": conditions, "rules": rules})
}

fn holds(leaf: Value, lines: &Value) -> bool {
    let world = World::new(json!({"order": {"amount": 1, "items": lines}}));
    world.verdict(&single(leaf), Scope::Full) == "satisfied"
}

fn product(id: &str) -> Value {
    json!([{"id": id, "object": "product"}])
}

#[test]
fn each_name_matches_its_own_set_of_lines() {
    // P is the cheapest and in both collections, Q costs most, R and S lie between.
    let lines = json!([
        {"product": "P", "price": 100, "collections": ["A", "B"]},
        {"product": "Q", "price": 900, "collections": ["A"]},
        {"product": "R", "price": 500, "collections": ["B"]},
        {"product": "S", "sku": "S1", "price": 500},
    ]);
    let collection = |id: &str| json!([{"id": id, "type": "products_collection"}]);
    #[rustfmt::skip]
    let rows = [
        ("order.items.any", json!({"$is": product("P")}), true),
        ("order.items.any", json!({"$is": product("X")}), false),
        ("order.items.any", json!({"$is": [{"id": "X", "object": "product"}, {"id": "S1", "object": "sku"}]}), true),
        ("order.items.any", json!({"$in": [{"id": "X"}, {"id": "S"}]}), true),
        ("order.items.any", json!({"$is": product("R"), "$from": collection("A")}), false),
        ("order.items.any", json!({"$is": product("R"), "$from": collection("B")}), true),
        ("order.items.any", json!({"$is": collection("A"), "$from": collection("B")}), true),
        ("order.items.any", json!({"$is": product("P"), "$in": collection("A")}), true),
        ("order.items.any", json!({"$is": product("R"), "$in": collection("A")}), false),
        ("order.items.any", json!({"$is": collection("A"), "$is_not": product("P")}), true),
        ("order.items.every", json!({"$is_not": product("P")}), false),
        ("order.items.any", json!({"$is": []}), false),
        ("order.items.any", json!({"$count": [4]}), false),
        ("order.items.every", json!({"$is": collection("A")}), false),
        ("order.items.every", json!({"$is": [{"id": "A", "object": "products_collection"}, {"id": "B", "object": "products_collection"}, {"id": "S", "object": "product"}]}), true),
        ("order.items.every", json!({"$is": [{"id": "pc_a11pr0dUc75"}]}), true),
        ("order.items.none", json!({"$is": product("X")}), true),
        ("order.items.none", json!({"$is": product("P")}), false),
        ("order.items.none", json!({"$is": product("R"), "$from": collection("A")}), true),
        ("order.items.cheapest", json!({"$is": product("P")}), true),
        ("order.items.cheapest", json!({"$is": product("R")}), false),
        ("order.items.cheapest", json!({"$is": collection("A")}), true),
        ("order.items.most_expensive", json!({"$is": product("Q")}), true),
        ("order.items.most_expensive", json!({"$is": product("R"), "$from": collection("B")}), true),
        ("order.items.most_expensive", json!({"$is": product("S")}), false),
    ];
    for (name, conditions, expected) in rows {
        assert_eq!(holds(items(name, conditions.clone(), json!({})), &lines), expected, "{name} {conditions}");
    }
    let tie = json!([{"product": "P", "price": 5}, {"product": "Q", "price": 5}, {"product": "U"}]);
    for (id, expected) in [("P", true), ("Q", true), ("U", false)] {
        assert_eq!(
            holds(items("order.items.cheapest", json!({"$is": product(id)}), json!({})), &tie),
            expected,
            "{id}"
        );
    }
}

#[test]
fn rules_inside_are_about_the_matched_lines() {
    // The matched lines cost 500 (2 units, red) and 1500 (1 unit, blue), the other one 9000.
    let lines = json!([
        {"product": "P", "price": 500, "quantity": 2, "collections": ["C"], "metadata": {"color": "red"}},
        {"product": "Q", "price": 1500, "collections": ["C"], "metadata": {"color": "blue"}},
        {"product": "R", "price": 9000, "quantity": 7, "metadata": {"color": "green"}},
    ]);
    let color =
        |color: &str| json!({"name": "order.items.metadata", "property": "color", "conditions": {"$is": [color]}});
    let sub =
        |name: &str, operator: &str, operand: i64| leaf(&format!("order.items.{name}"), operator, json!([operand]));
    #[rustfmt::skip]
    let rows = [
        ("any", sub("aggregated_amount", "$is", 2500), true),
        ("any", sub("aggregated_quantity", "$is", 3), true),
        ("any", sub("price", "$is", 1500), true),
        ("any", sub("price", "$is", 9000), false),
        ("any", sub("quantity", "$is", 2), true),
        ("any", sub("quantity", "$is", 7), false),
        ("any", color("blue"), true),
        ("any", color("green"), false),
        ("most_expensive", sub("price", "$is", 1500), true),
        ("most_expensive", sub("aggregated_quantity", "$is", 1), true),
        ("cheapest", color("red"), true),
    ];
    for (name, sub, expected) in rows {
        let mut leaf = items(
            &format!("order.items.{name}"),
            json!({"$is": [{"id": "C", "object": "products_collection"}]}),
            json!({"1": sub, "logic": "1"}),
        );
        if name != "any" {
            leaf["conditions"]["$from"] = leaf["conditions"]["$is"].clone();
        }
        assert_eq!(holds(leaf.clone(), &lines), expected, "{leaf}");
    }
    // Each rule may be met by a line of its own, and their logic may be absent.
    let both =
        |logic: Value| json!({"1": sub("price", "$is", 500), "2": color("blue"), "3": color("green"), "logic": logic});
    let any =
        |rules: Value| items("order.items.any", json!({"$is": [{"id": "C", "object": "products_collection"}]}), rules);
    assert!(holds(any(both(json!("1 and 2"))), &lines));
    assert!(holds(any(both(json!("3 or 1"))), &lines));
    assert!(!holds(any(both(json!(null))), &lines));
    assert!(holds(any(json!({"1": sub("price", "$is", 500), "2": color("blue")})), &lines));
}

#[test]
fn every_asks_every_line() {
    let lines = |second: i64| json!([{"product": "P", "price": 2000}, {"product": "P", "price": second}]);
    let rule = |name: &str| {
        let sub = leaf("order.items.price", "$more_than", json!([1000]));
        items(name, json!({"$is": product("P")}), json!({"1": sub, "logic": "1"}))
    };
    assert!(holds(rule("order.items.every"), &lines(1001)));
    assert!(!holds(rule("order.items.every"), &lines(1000)));
    assert!(holds(rule("order.items.any"), &lines(1000)));
    // Nothing refines the absence of a product.
    assert!(holds(rule("order.items.none"), &json!([{"product": "Q", "price": 1}])));
}

#[test]
fn older_product_rules_have_their_own_names_inside() {
    let lines = json!([
        {"product": "P", "sku": "S", "price": 1500, "quantity": 2, "product_metadata": {"kind": "tea"}},
        {"product": "Q", "price": 100, "quantity": 9, "product_metadata": {"kind": "tea"}},
        {"product": "R", "price": 10},
    ]);
    let kind = |rules: Value| json!({"name": "product.metadata", "property": "kind", "conditions": {"$is": ["tea"]}, "rules": rules});
    let named =
        |name: &str, id: &str, sub: Value| items(name, json!({"$is": [{"id": id}]}), json!({"1": sub, "logic": "1"}));
    let sub = |name: &str, operand: Value| leaf(name, "$is", json!([operand]));
    for (leaf, expected) in [
        (named("product.id", "P", sub("product.price", json!(1500))), true),
        (named("product.id", "P", sub("product.price", json!(100))), false),
        (named("product.id", "P", sub("product.quantity", json!(2))), true),
        (named("product.id", "P", sub("product.discount_applicable", json!(true))), true),
        (named("sku.id", "S", sub("sku.price", json!(1500))), true),
        (named("sku.id", "S", sub("sku.quantity", json!(9))), false),
        (kind(json!({})), true),
        (kind(json!({"1": sub("product.metadata.aggregated_quantity", json!(11))})), true),
        (kind(json!({"1": sub("product.metadata.aggregated_amount", json!(3900))})), true),
        (kind(json!({"1": sub("product.metadata.discount_applicable", json!(true))})), true),
        (kind(json!({"1": sub("product.metadata.match_all", json!(true))})), false),
        (kind(json!({"1": sub("product.metadata.match_all", json!(false))})), true),
    ] {
        assert_eq!(holds(leaf.clone(), &lines), expected, "{leaf}");
    }
}

#[test]
fn the_message_of_the_rule_inside_comes_before_that_of_the_leaf() {
    let message = |mut leaf: Value, text: &str| {
        leaf["error"] = json!({"message": text});
        leaf
    };
    let sub = message(leaf("order.items.aggregated_quantity", "$more_than", json!([2])), "one more");
    let rule = items("order.items.any", json!({"$is": product("P")}), json!({"1": sub, "logic": "1"}));
    let set = set(json!({"1": message(rule, "no P"), "logic": "1"}));
    for (id, expected) in [("P", "1 order_rules_violated \"one more\""), ("Q", "1 order_rules_violated \"no P\"")] {
        let world = World::new(json!({"order": {"items": [{"product": id}]}}));
        assert_eq!(world.verdict(&set, Scope::Full), expected);
    }
}

#[test]
fn what_a_rule_names_is_known_before_it_is_evaluated() {
    let rule = super::world::rule(json!({
        "rules": {
            "1": items("order.items.any", json!({"$is": [{"id": "pc_1"}], "$from": [{"id": "pc_2"}]}), json!({
                "1": items("order.items.any", json!({"$is": [{"id": "pc_3"}]}), json!({})),
            })),
            "2": leaf("customer.segment", "$in", json!(["seg_2", "seg_1", "seg_2"])),
            "3": leaf("customer.segment", "$in", json!(["seg_unused"])),
            "logic": "1 and 2",
        },
        "bundle_rules": {"1": items("order.items.any", json!({"$is": [{"id": "pc_4"}]}), json!({}))},
        "applicable_to": {
            "included": [{"id": "pc_5", "object": "products_collection"}, {"id": "prod_1", "object": "product"}],
            "excluded": [{"id": "pc_1", "object": "products_collection"}],
        },
    }));
    let set = crate::rules::RuleSet::compile(&rule).expect("sound");
    assert_eq!(set.collections().collect::<Vec<_>>(), ["pc_1", "pc_2", "pc_3", "pc_4", "pc_5"]);
    assert_eq!(set.segments().collect::<Vec<_>>(), ["seg_1", "seg_2"]);
    assert_eq!(set.applicable_to(), rule.applicable_to.as_ref());
    let asked: Vec<&str> = set.items().map(|item| &*item.id).collect();
    assert_eq!(asked, ["pc_1", "pc_4"]);
}
