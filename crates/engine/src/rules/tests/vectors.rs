//! Worked examples: a rule, a request, and what has to come out.

use guerdon_model::validation_rule::{Need, ValidationStatus};
use serde_json::{Value, json};

use super::world::{World, leaf, set, single, word};
use crate::{
    rules::{RuleSet, Scope, Stage, Verdict},
    trace::Trace,
};

const ORDER: &str = "1 order_rules_violated";
const REDEMPTION: &str = "1 redemption_rules_violated";

fn check(set: &RuleSet, world: Value, expected: &str) {
    assert_eq!(World::new(world.clone()).verdict(set, Scope::Full), expected, "{world}");
}

#[test]
fn more_than_means_more_than() {
    let over = single(leaf("order.amount", "$more_than", json!([10000])));
    check(&over, json!({"order": {"amount": 10000}}), ORDER);
    check(&over, json!({"order": {"amount": 10001}}), "satisfied");
}

#[test]
fn a_rule_without_leaves_holds_even_for_an_empty_request() {
    check(&set(json!({"logic": ""})), json!({}), "satisfied");
    check(&set(json!({})), json!({}), "satisfied");
}

#[test]
fn the_first_failing_leaf_decides_about_key_and_message() {
    let mut segment = leaf("customer.segment", "$is", json!(["S1"]));
    segment["error"] = json!({"message": "E1"});
    let rule = super::world::rule(json!({
        "rules": {"1": segment, "2": leaf("product.id", "$is", json!([{"id": "P"}])), "logic": "1 AND 2"},
        "error": {"message": "F"},
    }));
    let both = RuleSet::compile(&rule).expect("sound");
    let with = |segments: Value, product: &str| json!({"customer": {"segments": segments}, "order": {"items": [{"product": product}]}});
    check(&both, with(json!([]), "P"), "1 customer_rules_violated \"E1\"");
    check(&both, with(json!(["S1"]), "Q"), "2 order_rules_violated \"F\"");
    check(&both, with(json!(["S1"]), "P"), "satisfied");
}

#[test]
fn the_amount_follows_the_stack_and_the_initial_amount_does_not() {
    let both = set(json!({
        "1": leaf("order.amount", "$more_than", json!([1000])),
        "2": leaf("order.initial_amount", "$less_than", json!([1100])),
        "logic": "1 and 2",
    }));
    check(&both, json!({"order": {"amount": 1050}}), "satisfied");
    check(&both, json!({"order": {"amount": 1050, "discount": 100}}), ORDER);
    let initial = single(leaf("order.initial_amount", "$less_than", json!([1100])));
    check(&initial, json!({"order": {"amount": 1050, "discount": 100}}), "satisfied");
    check(&initial, json!({"order": {"amount": 5000, "initial_amount": 1050}}), "satisfied");
}

#[test]
fn an_earlier_coupon_may_bring_the_order_below_a_threshold() {
    let over = single(leaf("order.amount", "$more_than", json!([10000])));
    check(&over, json!({"order": {"amount": 10500, "discount": 1050}}), ORDER);
    check(&over, json!({"order": {"amount": 10500}}), "satisfied");
}

#[test]
fn the_total_after_the_discount_is_evaluated_after_the_discount() {
    let some_left = single(leaf("order.total_amount", "$more_than_or_equal", json!([1])));
    let world = World::new(json!({"order": {"amount": 5000}}));
    world.seen(Scope::Full, |situation| {
        for (off, expected) in [(5000, ORDER), (4999, "satisfied")] {
            let Stage::Open(open) = some_left.before_discount(situation, &mut Trace::off()) else { panic!("open") };
            let mut after = world.amounts();
            (after.discount_amount, after.applied_discount_amount) = (off, off);
            assert_eq!(word(open.after_discount(situation, &after, &mut Trace::off())), expected, "{off} off");
        }
    });
}

#[test]
fn a_limit_counts_the_redemption_that_is_being_evaluated() {
    let name = "campaign.redemptions.customers_count";
    let once = single(leaf(name, "$less_than_or_equal", json!([1])));
    for (redeemed, expected) in [(0, "satisfied"), (1, REDEMPTION), (2, REDEMPTION)] {
        check(&once, json!({"customer": {}, "counters": {name: redeemed}}), expected);
    }
    let weekly = single(leaf("campaign.redemptions.count.weekly", "$less_than_or_equal", json!([2])));
    // Two redemptions before the week began are for the counter to leave out.
    for (redeemed, expected) in [(0, "satisfied"), (1, "satisfied"), (2, REDEMPTION)] {
        check(&weekly, json!({"counters": {"campaign.redemptions.count.weekly": redeemed}}), expected);
    }
}

/// A leaf about collection C with one rule that refines it.
fn of_collection(name: &str, sub: Value) -> RuleSet {
    let mut leaf = leaf(name, "$is", json!([{"id": "C", "object": "products_collection"}]));
    leaf["rules"] = json!({"1": sub, "logic": "1"});
    single(leaf)
}

fn lines_of_collection(lines: &[(i64, i64)]) -> Value {
    let line = |(quantity, price): &(i64, i64)| json!({"product": "P", "quantity": quantity, "price": price, "collections": ["C"]});
    json!({"order": {"amount": 1, "items": lines.iter().map(line).collect::<Vec<_>>()}})
}

#[test]
fn quantities_add_up_over_the_matched_lines() {
    let sub = leaf("order.items.aggregated_quantity", "$more_than_or_equal", json!([3]));
    let three = of_collection("order.items.any", sub);
    check(&three, lines_of_collection(&[(2, 100), (1, 100)]), "satisfied");
    check(&three, lines_of_collection(&[(2, 100)]), ORDER);
}

#[test]
fn a_price_is_asked_of_any_line_or_of_every_line() {
    let sub = || leaf("order.items.price", "$more_than", json!([1000]));
    let lines = lines_of_collection(&[(1, 500), (1, 1500)]);
    check(&of_collection("order.items.any", sub()), lines.clone(), "satisfied");
    check(&of_collection("order.items.every", sub()), lines, ORDER);
}

#[test]
fn none_means_that_the_product_is_not_in_the_cart() {
    let none = single(leaf("order.items.none", "$is", json!([{"id": "P", "object": "product"}])));
    check(&none, json!({"order": {"items": [{"product": "Q"}]}}), "satisfied");
    check(&none, json!({"order": {"items": [{"product": "Q"}, {"product": "P"}]}}), ORDER);
}

#[test]
fn the_most_expensive_item_may_share_its_price() {
    let best = single(leaf("order.items.most_expensive", "$is", json!([{"id": "P2", "object": "product"}])));
    let items =
        json!([{"product": "P1", "price": 1000}, {"product": "P2", "price": 2500}, {"product": "P3", "price": 2500}]);
    check(&best, json!({"order": {"items": items}}), "satisfied");
}

#[test]
fn a_missing_list_has_no_items() {
    let mut tags = leaf("customer.metadata", "$count", json!([0]));
    tags["property"] = json!("tags");
    let none = single(tags);
    for metadata in [json!({}), json!({"tags": []}), json!({"tags": null})] {
        check(&none, json!({"customer": {"metadata": metadata}}), "satisfied");
    }
}

#[test]
fn missing_metadata_violates_a_positive_condition() {
    let mut location = leaf("order.metadata", "$is", json!(["Santorini"]));
    location["property"] = json!("location");
    location["error"] = json!({"message": "Only on Santorini"});
    check(&single(location), json!({"order": {}}), "1 order_rules_violated \"Only on Santorini\"");
}

#[test]
fn leaves_are_joined_as_the_logic_says() {
    let amount = |least: i64| leaf("order.amount", "$more_than", json!([least]));
    // 1 is false, 2 and 3 are true.
    let leaves = |logic: &str| set(json!({"1": amount(9), "2": amount(1), "3": amount(2), "logic": logic}));
    let world = json!({"order": {"amount": 5}});
    check(&leaves("(1 AND 2) OR 3"), world.clone(), "satisfied");
    check(&leaves("1 AND (2 OR 3)"), world.clone(), ORDER);
    check(&leaves("3 or 2"), world.clone(), "satisfied");
    check(&leaves("2 and 3"), world, "satisfied");
}

#[test]
fn a_leaf_about_the_customer_needs_one() {
    check(&single(leaf("customer.segment", "$is", json!(["S1"]))), json!({"order": {}}), "missing_customer");
}

fn bundle(parts: &[(&str, &str, i64)], limit: i64) -> RuleSet {
    let leaf = |(object, id, quantity): &(&str, &str, i64)| {
        json!({
            "name": "order.items.any", "conditions": {"$is": [{"id": id, "object": object}]},
            "rules": {"1": leaf("order.items.aggregated_quantity", "$is", json!([quantity])), "logic": "1"},
        })
    };
    let mut rules: serde_json::Map<_, _> =
        parts.iter().enumerate().map(|(place, part)| ((place + 1).to_string(), leaf(part))).collect();
    rules.insert("limit".into(), limit.into());
    RuleSet::compile(&super::world::rule(json!({"bundle_rules": rules}))).expect("sound")
}

#[test]
fn an_incomplete_bundle_says_what_is_there_and_what_is_missing() {
    let adventure = bundle(&[("product", "bottle", 2), ("products_collection", "Adv", 5)], 1);
    let world = World::new(json!({"order": {"items": [
        {"product": "bottle"},
        {"product": "tee", "collections": ["Adv"]},
        {"product": "socks", "quantity": 2, "collections": ["Adv"]},
    ]}}));
    let result = world.seen(Scope::Full, |situation| adventure.bundle(situation)).expect("a bundle");
    let explained = json!(crate::rules::explain_bundle(&result));
    assert_eq!((&explained["outcome"], &explained["nodes"][4]["near_miss"]["by"]), (&json!("violated"), &json!(2)));
    assert_eq!(
        json!(result),
        json!({
            "quantity": 0, "limit": 1,
            "identified": [
                {"id": "bottle", "object": "product", "item_index": 0, "item_quantity": 1},
                {"id": "tee", "object": "product", "item_index": 1, "item_quantity": 1},
                {"id": "socks", "object": "product", "item_index": 2, "item_quantity": 2},
            ],
            "missing": [
                {"id": "bottle", "object": "product", "item_quantity": 1},
                {"id": "Adv", "object": "products_collection", "item_quantity": 2},
            ],
        })
    );
}

#[test]
fn complete_bundles_are_counted_up_to_the_limit() {
    let set = bundle(&[("product", "laptop", 1), ("product", "bag", 1)], 5);
    for (laptops, bags, complete) in [(2, 2, 2), (3, 2, 2), (9, 9, 5), (1, 0, 0), (0, 0, 0)] {
        let items = json!([{"product": "laptop", "quantity": laptops}, {"product": "bag", "quantity": bags}]);
        let world = World::new(json!({"order": {"items": items}}));
        let result = world.seen(Scope::Full, |situation| set.bundle(situation)).expect("a bundle");
        assert_eq!(result.quantity, complete, "{laptops} {bags}");
        let counted: i64 = result.identified.iter().map(|item| item.item_quantity).sum();
        assert_eq!(counted, if complete > 0 { complete * 2 } else { i64::from(laptops > 0) + i64::from(bags > 0) });
        assert_eq!(result.missing.is_empty(), result.is_complete());
    }
}

#[test]
fn hours_of_weekdays_and_days_ago_are_the_projects() {
    let of_metadata = |operator: &str, operand: Value| {
        let mut leaf = leaf("redemption.metadata", operator, json!([operand]));
        leaf["property"] = json!("at");
        single(leaf)
    };
    let hours = of_metadata("$timeframe_daily_hours", json!("18:00;20:01;2,3"));
    check(&hours, json!({"metadata": {"at": "2026-01-06T20:00:00Z"}}), "satisfied");
    check(&hours, json!({"metadata": {"at": "2026-01-08T19:00:00Z"}}), REDEMPTION);
    let ago = of_metadata("$is_days_ago", json!(3));
    check(&ago, json!({"now": "2026-03-10T12:00:00Z", "metadata": {"at": "2026-03-07"}}), "satisfied");
    check(&ago, json!({"now": "2026-03-10T12:00:00Z", "metadata": {"at": "2026-03-08"}}), REDEMPTION);
}

#[test]
fn an_audience_leaves_out_what_is_not_about_the_customer() {
    let items = single(leaf("order.items.any", "$is", json!([{"id": "P", "object": "product"}])));
    for world in [json!({}), json!({"order": {"items": [{"product": "Q"}]}})] {
        assert_eq!(World::new(world).verdict(&items, Scope::Audience), "satisfied");
    }
    assert_eq!(items.omitted(Scope::Audience).collect::<Vec<_>>(), ["1"]);
    assert_eq!(items.omitted(Scope::Full).count(), 0);
    for (scope, verdict, status) in [
        (Scope::Audience, Verdict::Satisfied, ValidationStatus::PartiallyValid),
        (Scope::Full, Verdict::Satisfied, ValidationStatus::Valid),
        (Scope::Audience, Verdict::Missing(Need::Customer), ValidationStatus::Invalid),
    ] {
        assert_eq!(items.status(scope, &verdict), status);
    }
}
