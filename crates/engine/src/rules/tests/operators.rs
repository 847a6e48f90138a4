//! Operators and values: one row per pair.

use guerdon_model::validation_rule::RuleOperator;
use serde_json::{Value, json};

use super::world::{World, leaf, single};
use crate::rules::Scope;

/// Today is Tuesday, 10 March 2026.
const NOW: &str = "2026-03-10T12:00:00Z";

fn holds(operator: &str, operands: &Value, value: Option<&Value>, zone: &str) -> bool {
    let mut leaf = leaf("redemption.metadata", operator, operands.clone());
    leaf["property"] = json!("x");
    let metadata = value.map_or(json!({}), |value| json!({"x": value}));
    let world = World::new(json!({"now": NOW, "zone": zone, "metadata": metadata}));
    world.verdict(&single(leaf), Scope::Full) == "satisfied"
}

#[test]
fn each_operator_holds_for_some_values_and_not_for_others() {
    #[rustfmt::skip]
    let rows = [
        ("$is", json!(["a"]), vec![json!("a"), json!(["b", "a"])], vec![json!("A"), json!("ab"), json!(["b"]), json!([]), json!({})]),
        ("$is", json!(["a", "b"]), vec![json!("a")], vec![json!("b")]),
        ("$is", json!("a"), vec![json!("a")], vec![json!("b")]),
        ("$is", json!([10]), vec![json!(10), json!("10"), json!(10.0), json!("10.0"), json!([9, 10])], vec![json!(11), json!("ten"), json!(true)]),
        ("$is", json!(["10"]), vec![json!(10), json!("10")], vec![json!("10.0"), json!(1)]),
        ("$is", json!([true]), vec![json!(true), json!("true")], vec![json!(false), json!(1), json!("TRUE")]),
        ("$is", json!(["2026-03-07"]), vec![json!("2026-03-07"), json!("2026-03-07T23:00:00Z")], vec![json!("2026-03-08")]),
        ("$is", json!([]), vec![], vec![json!("a"), json!([])]),
        ("$is", json!([null]), vec![], vec![json!("null"), json!(0)]),
        ("$is_not", json!(["a"]), vec![json!("b"), json!(["b"]), json!([]), json!({})], vec![json!("a"), json!(["b", "a"])]),
        ("$in", json!(["a", 5]), vec![json!("a"), json!(5), json!("5"), json!(["x", "a"])], vec![json!("b"), json!([])]),
        ("$in", json!([]), vec![], vec![json!("a")]),
        ("$not_in", json!(["a", 5]), vec![json!("b"), json!([])], vec![json!("a"), json!("5"), json!(["x", "a"])]),
        ("$less_than", json!([10]), vec![json!(9), json!(-1), json!(9.99), json!("9")], vec![json!(10), json!(11), json!("x"), json!(true), json!({})]),
        ("$less_than", json!([-1]), vec![json!(-2)], vec![json!(-1), json!(0)]),
        ("$less_than_or_equal", json!([10]), vec![json!(10), json!("9.5")], vec![json!(10.01)]),
        ("$less_than_equal", json!([10]), vec![json!(10)], vec![json!(11)]),
        ("$more_than", json!([10]), vec![json!(11), json!(10.5), json!([1, 11])], vec![json!(10), json!("x"), json!([])]),
        ("$more_than", json!(["10"]), vec![json!(11), json!("100")], vec![json!(9)]),
        ("$more_than", json!(["2026-03-07"]), vec![json!("2026-03-08"), json!("2026-03-07T00:00:01Z")], vec![json!("2026-03-07"), json!("2026-03-06T23:59:59Z"), json!(5)]),
        ("$more_than_or_equal", json!([10]), vec![json!(10)], vec![json!(9)]),
        ("$more_than_equal", json!([10]), vec![json!(10)], vec![json!(9)]),
        ("$greater_than_or_equal", json!([10]), vec![json!(10)], vec![json!(9)]),
        ("$starts_with", json!(["ab", "x"]), vec![json!("abc"), json!("x"), json!(["q", "ab"])], vec![json!("ABC"), json!("cab"), json!([])]),
        ("$starts_with", json!(["12"]), vec![json!(123), json!("12")], vec![json!(312)]),
        ("$ends_with", json!(["bc"]), vec![json!("abc")], vec![json!("bcd")]),
        ("$contains", json!(["b"]), vec![json!("abc"), json!(["a", "b"])], vec![json!("ac"), json!(["abc"]), json!([])]),
        ("$contains", json!([]), vec![], vec![json!("abc")]),
        ("$count", json!([0]), vec![json!([]), json!(null)], vec![json!("a"), json!([1])]),
        ("$count", json!([2]), vec![json!([1, 2]), json!([1, null])], vec![json!([1]), json!([1, 2, 3])]),
        ("$count", json!(["1"]), vec![json!(["a"]), json!("a")], vec![json!([])]),
        ("$count", json!([-1]), vec![], vec![json!([])]),
        ("$count", json!(["x"]), vec![], vec![json!([])]),
        ("$count_more", json!([1]), vec![json!([1, 2])], vec![json!([1]), json!("a")]),
        ("$count_less", json!([1]), vec![json!([])], vec![json!([1])]),
        ("$not_differ", json!(["a", "b"]), vec![json!(["b", "a"]), json!(["a", "b", "a"])], vec![json!(["a"]), json!(["a", "b", "c"]), json!("a"), json!([])]),
        ("$not_differ", json!(["a"]), vec![json!("a"), json!(["a"])], vec![json!("b")]),
        ("$not_differ", json!([]), vec![json!([])], vec![json!(["a"])]),
        ("$not_intersect", json!(["a", "b"]), vec![json!(["c"]), json!("c"), json!([])], vec![json!(["c", "a"]), json!("b")]),
        ("$after", json!(["2026-03-07T10:00:00Z"]), vec![json!("2026-03-07T10:00:01Z"), json!("2026-03-08")], vec![json!("2026-03-07T10:00:00Z"), json!("2026-03-07"), json!(20260308), json!("soon")]),
        ("$before", json!(["2026-03-07"]), vec![json!("2026-03-06T23:59:59Z"), json!("2026-03-06")], vec![json!("2026-03-07"), json!("2026-03-07T00:00:00Z")]),
        ("$after", json!([5]), vec![], vec![json!(6)]),
        ("$is_days_ago", json!([3]), vec![json!("2026-03-07"), json!("2026-03-07T23:59:59Z"), json!("2026-03-07T00:00:00Z")], vec![json!("2026-03-08"), json!("2026-03-13"), json!("x")]),
        ("$is_days_ago", json!(["0"]), vec![json!("2026-03-10")], vec![json!("2026-03-11")]),
        ("$more_than_ago", json!([3]), vec![json!("2026-03-06")], vec![json!("2026-03-07"), json!("2026-03-20")]),
        ("$less_than_ago", json!([3]), vec![json!("2026-03-08"), json!("2026-03-10")], vec![json!("2026-03-07"), json!("2026-03-11")]),
        ("$is_days_in_future", json!([3]), vec![json!("2026-03-13")], vec![json!("2026-03-07"), json!("2026-03-14")]),
        ("$more_than_future", json!([3]), vec![json!("2026-03-14")], vec![json!("2026-03-13")]),
        ("$less_than_future", json!([3]), vec![json!("2026-03-12"), json!("2026-03-10")], vec![json!("2026-03-13"), json!("2026-03-09")]),
        ("$more_than_ago", json!([-1]), vec![], vec![json!("2026-03-10")]),
        ("$timeframe", json!(["2024-11-12T14:59:23.019Z;P1D;PT1H"]), vec![json!("2026-01-01T14:59:23.019Z"), json!("2024-11-12T15:59:23.018Z")], vec![json!("2026-01-01T14:59:23.018Z"), json!("2024-11-12T15:59:23.019Z"), json!("2024-11-11T15:00:00Z"), json!("2026-01-01")]),
        ("$timeframe", json!(["nonsense", "2026-01-01;P7D;P1D"]), vec![json!("2026-01-08"), json!("2026-01-15T23:59:59Z")], vec![json!("2026-01-09")]),
        ("$timeframe_absolute", json!(["2026-01-01T08:00:00Z;2026-01-02T08:00:00Z"]), vec![json!("2026-01-01T08:00:00Z"), json!("2026-01-02T08:00:00Z")], vec![json!("2026-01-02T08:00:00.001Z"), json!("2026-01-01")]),
        ("$timeframe_absolute", json!(["2026-01-01;2026-01-31"]), vec![json!("2026-01-31"), json!("2026-01-31T23:59:59.999Z")], vec![json!("2026-02-01T00:00:00Z"), json!("2025-12-31")]),
        ("$timeframe_daily_hours", json!(["18:00;20:01;2,3"]), vec![json!("2026-01-06T20:00:00Z"), json!("2026-01-07T18:00:00Z")], vec![json!("2026-01-08T19:00:00Z"), json!("2026-01-06T20:02:00Z"), json!("2026-01-06")]),
        ("$timeframe_daily_hours", json!(["18:00;;"]), vec![json!("2026-01-08T23:59:59Z")], vec![json!("2026-01-08T17:59:00Z")]),
        ("$dow", json!([0, "6"]), vec![json!("2026-03-08"), json!("2026-03-07T10:00:00Z")], vec![json!("2026-03-09"), json!("x")]),
        ("$dow", json!([]), vec![], vec![json!("2026-03-09")]),
        ("$dow", json!([7]), vec![], vec![json!("2026-03-09")]),
        ("$has_value", json!([true]), vec![json!(0), json!(""), json!([])], vec![json!(null)]),
        ("$is_unknown", json!([true]), vec![json!(null)], vec![json!(0), json!("")]),
        ("$from", json!(["a"]), vec![], vec![json!("a"), json!(["a"])]),
        ("$like", json!(["a"]), vec![], vec![json!("a")]),
    ];
    for (operator, operands, fulfilling, violating) in &rows {
        for (values, expected) in [(fulfilling, true), (violating, false)] {
            for value in values {
                assert_eq!(holds(operator, operands, Some(value), "UTC"), expected, "{value} {operator} {operands}");
            }
        }
    }
    for operator in RuleOperator::ALL {
        for name in [operator.name()].iter().chain(operator.aliases()) {
            assert!(rows.iter().any(|row| row.0 == *name), "{name} has no row");
        }
    }
}

#[test]
fn of_what_is_missing_only_negative_conditions_and_those_on_counts_hold() {
    let holding = ["$is_not", "$not_in", "$not_intersect", "$is_unknown", "$count", "$count_less"];
    for operator in RuleOperator::ALL {
        let operands = match *operator {
            RuleOperator::Count => json!([0]),
            RuleOperator::CountMore | RuleOperator::CountLess => json!([1]),
            _ => json!(["a"]),
        };
        for value in [None, Some(&Value::Null)] {
            let expected = holding.contains(&operator.name());
            assert_eq!(holds(operator.name(), &operands, value, "UTC"), expected, "{}", operator.name());
        }
    }
}

#[test]
fn days_begin_in_the_projects_time_zone() {
    // In Warsaw it is the 8th already, in New York still the 7th.
    let late = json!("2026-03-07T23:30:00Z");
    for (operator, operands, zone, expected) in [
        ("$is_days_ago", json!([3]), "UTC", true),
        ("$is_days_ago", json!([2]), "Europe/Warsaw", true),
        ("$is_days_ago", json!([3]), "America/New_York", true),
        ("$dow", json!([0]), "Europe/Warsaw", true),
        ("$dow", json!([6]), "America/New_York", true),
        ("$before", json!(["2026-03-08"]), "Europe/Warsaw", false),
        ("$before", json!(["2026-03-08"]), "America/New_York", true),
        ("$is", json!(["2026-03-08"]), "Europe/Warsaw", true),
        ("$timeframe_daily_hours", json!(["00:00;01:00;0"]), "Europe/Warsaw", true),
        ("$timeframe_absolute", json!(["2026-03-01;2026-03-07"]), "Europe/Warsaw", false),
    ] {
        assert_eq!(holds(operator, &operands, Some(&late), zone), expected, "{operator} {operands} in {zone}");
    }
}

#[test]
fn several_operators_of_one_leaf_must_all_hold() {
    let mut between = leaf("order.amount", "$more_than", json!([10000]));
    between["conditions"]["$less_than"] = json!([15000]);
    let between = single(between);
    for (amount, holds) in [(10000, false), (10001, true), (14999, true), (15000, false)] {
        let world = World::new(json!({"order": {"amount": amount}}));
        assert_eq!(world.verdict(&between, Scope::Full) == "satisfied", holds, "{amount}");
    }
}

#[test]
fn metadata_is_found_by_a_path_of_keys() {
    let at = |path: &str, metadata: Value| {
        let mut leaf = leaf("customer.metadata", "$is", json!([1]));
        leaf["property"] = json!(path);
        World::new(json!({"customer": {"metadata": metadata}})).verdict(&single(leaf), Scope::Full) == "satisfied"
    };
    for (path, metadata, found) in [
        ("a", json!({"a": 1}), true),
        ("payment.method", json!({"payment": {"method": 1}}), true),
        ("payment.method", json!({"payment.method": 1}), true),
        ("a.b.c", json!({"a.b": {"c": 1}}), true),
        ("a.b.c", json!({"a": {"b": {"c": 1}}}), true),
        ("a.b", json!({"a": 1}), false),
        ("a.b", json!({"a": {"b": 2}, "a.b": 1}), true),
        ("a..b", json!({"a": {"b": 1}}), false),
    ] {
        assert_eq!(at(path, metadata.clone()), found, "{path} in {metadata}");
    }
}
