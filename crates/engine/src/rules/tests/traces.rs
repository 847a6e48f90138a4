//! What a trace says.

use serde_json::{Value, json};

use super::world::{World, leaf, set, single};
use crate::{
    rules::{RuleSet, Scope, Stage},
    trace::Trace,
};

fn traced(set: &RuleSet, world: Value, scope: Scope) -> Value {
    let mut trace = Trace::on();
    World::new(world).seen(scope, |situation| {
        set.evaluate(situation, &mut trace);
    });
    serde_json::to_value(trace.into_nodes()).expect("json")[0].take()
}

#[test]
fn a_trace_tells_what_was_seen_and_what_was_needed() {
    let set = set(json!({
        "1": leaf("order.amount", "$more_than_or_equal", json!([10000])),
        "2": leaf("customer.segment", "$in", json!(["seg_a", "seg_b"])),
        "3": leaf("redemption.api_key", "$is", json!(["app"])),
        "logic": "1 and (2 or 3)",
    }));
    let world = json!({"order": {"amount": 9199}, "customer": {"segments": ["seg_b", "seg_c"]}});
    assert_eq!(
        traced(&set, world, Scope::Full),
        json!({
            "kind": "rule_set", "id": "val_1", "outcome": "violated",
            "nodes": [{
                "kind": "all", "outcome": "violated",
                "nodes": [
                    {
                        "kind": "rule", "id": "1", "subject": "order.amount", "outcome": "violated", "seen": 9199,
                        "conditions": [{
                            "operator": "$more_than_or_equal", "needed": [10000], "outcome": "violated",
                            "near_miss": {"change": "increase", "by": 801, "unit": "minor_units"},
                        }],
                        "text": "order.amount 9199 is 801 short of 10000",
                    },
                    {
                        "kind": "any", "outcome": "satisfied",
                        "nodes": [
                            {
                                "kind": "rule", "id": "2", "subject": "customer.segment", "outcome": "satisfied",
                                "seen": ["seg_b"],
                                "conditions": [{"operator": "$in", "needed": ["seg_a", "seg_b"], "outcome": "satisfied"}],
                            },
                            {
                                "kind": "rule", "id": "3", "subject": "redemption.api_key", "outcome": "violated",
                                "seen": null,
                                "conditions": [{"operator": "$is", "needed": ["app"], "outcome": "violated"}],
                                "text": "redemption.api_key null does not fulfil $is \"app\"",
                            },
                        ],
                    },
                ],
            }],
        })
    );
}

#[test]
fn near_misses_are_measured() {
    let near = |leaf: Value, world: Value| {
        traced(&single(leaf), world, Scope::Full)["nodes"][0]["conditions"][0]["near_miss"].clone()
    };
    let amount = |operator: &str, operand: Value| leaf("order.amount", operator, json!([operand]));
    let order = |amount: i64| json!({"order": {"amount": amount}});
    let at = |operator: &str, operand: Value| {
        let mut leaf = leaf("redemption.metadata", operator, json!([operand]));
        leaf["property"] = json!("x");
        leaf
    };
    let on = |value: Value| json!({"now": "2026-03-10T12:00:00Z", "metadata": {"x": value}});
    let by = |change: &str, by: i64, unit: &str| json!({"change": change, "by": by, "unit": unit});
    let items = |name: &str, lines: Value| {
        let mut rule = leaf("order.items.any", "$is", json!([{"id": "P", "object": "product"}]));
        rule["rules"] = json!({"1": leaf(name, "$more_than", json!([1000]))});
        let trace = traced(&single(rule), json!({"order": {"items": lines}}), Scope::Full);
        trace["nodes"][0]["nodes"][0]["conditions"][0]["near_miss"].clone()
    };
    #[rustfmt::skip]
    let rows = [
        (near(amount("$more_than_or_equal", json!(10000)), order(9199)), by("increase", 801, "minor_units")),
        (near(amount("$more_than", json!(10000)), order(9199)), by("increase", 802, "minor_units")),
        (near(amount("$more_than", json!("99.5")), order(99)), by("increase", 1, "minor_units")),
        (near(amount("$less_than", json!(100)), order(100)), by("decrease", 1, "minor_units")),
        (near(amount("$less_than_or_equal", json!(100)), order(150)), by("decrease", 50, "minor_units")),
        (near(amount("$is", json!(100)), order(150)), by("decrease", 50, "minor_units")),
        (near(leaf("redemption.count.daily", "$less_than_or_equal", json!([1])), json!({"counters": {"redemption.count.daily": 1}})), by("decrease", 1, "count")),
        (near(at("$count_more", json!(2)), on(json!(["a"]))), by("increase", 2, "count")),
        (near(at("$count", json!(0)), on(json!(["a"]))), by("decrease", 1, "count")),
        (near(at("$after", json!("2026-03-10T10:00:00Z")), on(json!("2026-03-10T09:00:00Z"))), by("increase", 3_600_001, "milliseconds")),
        (near(at("$more_than_ago", json!(3)), on(json!("2026-03-08"))), by("wait", 2, "days")),
        (near(at("$is_days_in_future", json!(3)), on(json!("2026-03-20"))), by("wait", 7, "days")),
        (near(at("$less_than_future", json!(3)), on(json!("2026-03-01"))), Value::Null),
        (near(at("$more_than", json!(3)), on(json!("x"))), Value::Null),
        (items("order.items.price", json!([{"product": "P", "price": 400}, {"product": "P", "price": 900}])), by("increase", 101, "minor_units")),
        (items("order.items.aggregated_amount", json!([{"product": "P", "price": 400}, {"product": "P", "price": 500}])), by("increase", 101, "minor_units")),
    ];
    for (place, (found, expected)) in rows.into_iter().enumerate() {
        assert_eq!(found, expected, "row {place}");
    }
}

#[test]
fn what_is_missing_says_what_the_request_lacks_unless_it_is_not_needed() {
    let set = |logic: &str| {
        set(json!({
            "1": leaf("customer.segment", "$is", json!(["s"])),
            "2": leaf("redemption.api_key", "$is", json!(["app"])),
            "logic": logic,
        }))
    };
    let trace = traced(&set("1 and 2"), json!({"api_key": "app"}), Scope::Full);
    assert_eq!((&trace["outcome"], &trace["nodes"][0]["outcome"]), (&json!("missing"), &json!("missing")));
    let leaf = &trace["nodes"][0]["nodes"][0];
    assert_eq!(leaf["text"], "customer.segment is not known. Customer is required to validate rules");

    let trace = traced(&set("1 or 2"), json!({"api_key": "app"}), Scope::Full);
    assert_eq!((&trace["outcome"], &trace["nodes"][0]["outcome"]), (&json!("satisfied"), &json!("satisfied")));
    assert_eq!(trace["nodes"][0]["nodes"][0]["outcome"], "not_needed");
}

#[test]
fn what_a_scope_leaves_out_is_not_needed() {
    let set = single(leaf("order.amount", "$more_than", json!([5])));
    let trace = traced(&set, json!({}), Scope::Audience);
    assert_eq!((&trace["outcome"], &trace["nodes"][0]["outcome"]), (&json!("satisfied"), &json!("not_needed")));
}

#[test]
fn items_are_explained_by_the_lines_they_match() {
    let mut rule = leaf("order.items.any", "$is", json!([{"id": "P", "object": "product"}]));
    rule["rules"] = json!({"1": leaf("order.items.quantity", "$more_than_or_equal", json!([3])), "logic": "1"});
    let world = json!({"order": {"items": [{"product": "Q"}, {"product": "P", "quantity": 2}]}});
    let trace = traced(&single(rule), world, Scope::Full);
    let leaf = &trace["nodes"][0];
    assert_eq!((&leaf["outcome"], &leaf["seen"]), (&json!("violated"), &json!([1])));
    assert_eq!(leaf["conditions"][0]["outcome"], "satisfied");
    assert_eq!(leaf["nodes"][0]["text"], "order.items.quantity [2] is 1 short of $more_than_or_equal 3");
}

#[test]
fn a_rule_set_is_explained_once_even_if_it_waits_for_the_discount() {
    let set = single(leaf("order.total_amount", "$more_than_or_equal", json!([100])));
    let world = World::new(json!({"order": {"amount": 120}}));
    let mut trace = Trace::on();
    world.seen(Scope::Full, |situation| {
        let Stage::Open(open) = set.before_discount(situation, &mut trace) else { panic!("open") };
        let mut after = world.amounts();
        after.discount_amount = 30;
        open.after_discount(situation, &after, &mut trace);
    });
    let nodes = serde_json::to_value(trace.into_nodes()).expect("json");
    assert_eq!(nodes.as_array().map(Vec::len), Some(1));
    assert_eq!(nodes[0]["nodes"][0]["seen"], 90);
}
