use serde_json::{Value, json};

use super::*;
use crate::{error::Dialect, payload};

#[derive(Debug, Deserialize)]
struct Body {
    discount: Discount,
}

fn read(discount: Value) -> Result<Discount, String> {
    payload::from_value::<Body>(json!({"discount": discount}))
        .map(|body| body.discount)
        .map_err(|error| error.describe(Dialect::Should).details.unwrap_or_default())
}

#[test]
fn a_discount_is_returned_as_it_was_sent() {
    for sent in [
        json!({"type": "AMOUNT", "amount_off": 1000}),
        json!({"type": "AMOUNT", "effect": "APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY", "amount_off": 900,
               "amount_off_formula": "ORDER_AMOUNT / 2", "aggregated_amount_limit": 9000}),
        json!({"type": "PERCENT", "percent_off": 33.3}),
        json!({"type": "PERCENT", "effect": "APPLY_TO_ITEMS", "percent_off": 10, "percent_off_formula": "5 + 5",
               "amount_limit": 3000, "aggregated_amount_limit": 5000}),
        json!({"type": "FIXED", "effect": "APPLY_TO_ORDER", "fixed_amount": 600, "fixed_amount_formula": "6"}),
        json!({"type": "FIXED", "effect": "APPLY_TO_ITEMS"}),
        json!({"type": "UNIT", "effect": "ADD_MISSING_ITEMS", "unit_off": 1, "unit_type": "prod_5h1pp1ng"}),
        json!({"type": "UNIT", "unit_off": 1, "unit_off_formula": "1", "unit_type": "sku_1"}),
        json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [
            {"effect": "ADD_NEW_ITEMS", "unit_off": 3, "unit_type": "sku_1"},
            {"unit_off": 1, "unit_off_formula": "2", "unit_type": "prod_1"},
        ]}),
    ] {
        let discount = read(sent.clone()).expect("accepted");
        assert_eq!(json!(discount), sent);
        assert_eq!(discount.clone().into_stored(), discount);
    }
}

#[test]
fn null_counts_as_not_sent_and_keys_of_other_types_are_dropped() {
    for (sent, kept) in [
        (
            json!({"type": "AMOUNT", "amount_off": 10.0, "effect": null, "percent_off": 5, "units": null}),
            json!({"type": "AMOUNT", "amount_off": 10}),
        ),
        (
            json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1", "units": null, "amount_off": null}),
            json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1"}),
        ),
    ] {
        assert_eq!(json!(read(sent).expect("accepted")), kept);
    }
}

#[test]
fn what_only_results_have_is_not_stored() {
    let sent = json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1", "is_dynamic": true,
                      "product": {"id": "prod_1", "name": "Mug"}, "sku": {"sku": "Blue"}});
    let stored = json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1"});
    assert_eq!(json!(read(sent).expect("accepted").into_stored()), stored);
}

#[test]
fn events_show_that_there_is_but_one_unit_type() {
    let unit = read(json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1"})).expect("accepted");
    assert_eq!(
        json!(unit.with_null_units()),
        json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1", "units": null})
    );
    let amount = read(json!({"type": "AMOUNT", "amount_off": 1})).expect("accepted");
    assert_eq!(json!(amount.clone().with_null_units()), json!(amount));
}

#[test]
fn what_makes_no_sense_is_refused_by_place() {
    let amounts = "APPLY_TO_ORDER, APPLY_TO_ITEMS, APPLY_TO_ITEMS_BY_QUANTITY, APPLY_TO_ITEMS_PROPORTIONALLY, \
                   APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY";
    let units = "ADD_MISSING_ITEMS, ADD_NEW_ITEMS, ADD_MANY_ITEMS, ADD_SAME_ITEMS, REPLACE_ITEMS";
    let allowed =
        |place: &str, values: &str| format!("{place} should be equal to one of the allowed values [ {values} ]");
    for (sent, details) in [
        (json!({}), " should have required property 'type'".into()),
        (json!({"type": "AMOUNT"}), " should have required property 'amount_off'".into()),
        (json!({"type": "AMOUNT", "amount_off": null}), " should have required property 'amount_off'".into()),
        (json!({"type": "MONEY"}), allowed(".type", "AMOUNT, PERCENT, UNIT, FIXED")),
        (json!({"type": "AMOUNT", "amount_off": -1}), ".amount_off cannot be lower than 0".into()),
        (json!({"type": "AMOUNT", "amount_off": 1.5}), ".amount_off should be integer".into()),
        (json!({"type": "AMOUNT", "amount_off": "1"}), ".amount_off should be integer".into()),
        (json!({"type": "AMOUNT", "amount_off": 1, "effect": "ADD_NEW_ITEMS"}), allowed(".effect", amounts)),
        (
            json!({"type": "AMOUNT", "amount_off": 1, "aggregated_amount_limit": -5}),
            ".aggregated_amount_limit cannot be lower than 0".into(),
        ),
        (json!({"type": "PERCENT", "percent_off": 101}), ".percent_off cannot be higher than 100".into()),
        (json!({"type": "PERCENT", "percent_off": "10"}), ".percent_off should be number".into()),
        (
            json!({"type": "PERCENT", "percent_off": 1, "effect": "APPLY_TO_ITEMS_BY_QUANTITY"}),
            allowed(".effect", "APPLY_TO_ORDER, APPLY_TO_ITEMS"),
        ),
        (json!({"type": "FIXED", "effect": "APPLY_TO_ORDER"}), " should have required property 'fixed_amount'".into()),
        (json!({"type": "UNIT", "unit_off": 1}), " should have required property 'unit_type'".into()),
        (json!({"type": "UNIT", "effect": "APPLY_TO_ORDER"}), allowed(".effect", units)),
        (json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS"}), " should have required property 'units'".into()),
        (
            json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [{"unit_off": 1, "unit_type": "p"}, {"unit_type": "p"}]}),
            ".units[1] should have required property 'unit_off'".into(),
        ),
        (
            json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [{"unit_off": 1, "unit_type": "p", "effect": "REPLACE_ITEMS"}]}),
            allowed(".units[0].effect", "ADD_MISSING_ITEMS, ADD_NEW_ITEMS"),
        ),
    ] {
        assert_eq!(read(sent.clone()).expect_err("refused"), format!("Property .discount{details}"), "{sent}");
    }
    assert_eq!(read(json!(5)).expect_err("refused"), "Property .discount should be object");
}

#[test]
fn an_effect_is_filled_in_from_what_the_rules_restrict() {
    for (sent, whole, restricted) in [
        (json!({"type": "AMOUNT", "amount_off": 1}), "APPLY_TO_ORDER", "APPLY_TO_ITEMS"),
        (json!({"type": "PERCENT", "percent_off": 1}), "APPLY_TO_ORDER", "APPLY_TO_ITEMS"),
        (json!({"type": "FIXED", "fixed_amount": 1}), "APPLY_TO_ORDER", "APPLY_TO_ITEMS"),
        (json!({"type": "UNIT", "unit_off": 1, "unit_type": "prod_1"}), "ADD_MISSING_ITEMS", "ADD_MISSING_ITEMS"),
        (
            json!({"type": "AMOUNT", "amount_off": 1, "effect": "APPLY_TO_ITEMS_BY_QUANTITY"}),
            "APPLY_TO_ITEMS_BY_QUANTITY",
            "APPLY_TO_ITEMS_BY_QUANTITY",
        ),
    ] {
        for (restricts_items, effect) in [(false, whole), (true, restricted)] {
            let mut discount = read(sent.clone()).expect("accepted");
            discount.fill_effect(restricts_items);
            assert_eq!(json!(discount)["effect"], effect, "{sent}");
        }
    }
}

#[test]
fn unit_types_and_formulas_are_found_wherever_they_are() {
    let many = read(json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [
        {"unit_off": 3, "unit_type": "sku_1"},
        {"unit_off": 1, "unit_off_formula": "2", "unit_type": "prod_1"},
    ]}))
    .expect("accepted");
    assert_eq!(many.unit_types().collect::<Vec<_>>(), ["sku_1", "prod_1"]);
    assert_eq!(many.formulas().collect::<Vec<_>>(), [(Some(1), "unit_off_formula", "2")]);
    let same = read(json!({"type": "UNIT", "effect": "ADD_SAME_ITEMS", "unit_off": 3, "unit_type": "pc_1"}));
    assert_eq!(same.expect("accepted").unit_types().count(), 0);
}
