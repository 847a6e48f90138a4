//! What is applied, and what is not: settings, candidates, outcome.

use serde_json::{Value, json};

use super::{Given, rules, summary, walked};
use crate::trace::Trace;

fn outcome(settings: Value, candidates: &str) -> String {
    let given: Vec<Given> = candidates.split(", ").map(Given::read).collect();
    summary(&given, &walked(&rules(settings), &given, &mut Trace::off()))
}

fn check(table: &[(Value, &str, &str)]) {
    for (settings, candidates, expected) in table {
        assert_eq!(outcome(settings.clone(), candidates), *expected, "{candidates} with {settings}");
    }
}

#[test]
fn candidates_are_applied_as_requested_or_by_the_hierarchy_of_their_categories() {
    let by_hierarchy = || json!({"redeemables_sorting_rule": "CATEGORY_HIERARCHY"});
    check(&[
        (json!({}), "a:c2, b:c0, c:c1, d", "a 99, b 98, c 97, d 96"),
        // Without a category it is 1; ties stay as requested.
        (by_hierarchy(), "a:c2, b:c0, c:c1, d", "b 99, c 98, d 97, a 96"),
        (by_hierarchy(), "a:c2, d, b:c0, c:c1", "b 99, d 98, c 97, a 96"),
        (by_hierarchy(), "a:c2 !, b:c0", "b 99, a !"),
    ]);
}

#[test]
fn one_that_cannot_be_applied_stops_all_or_only_itself() {
    let partial = || json!({"redeemables_application_mode": "PARTIAL"});
    check(&[
        (json!({}), "a, b !, c, d !", "a 99, b !, c preceding, d preceding"),
        (json!({}), "a !, b", "a !, b preceding"),
        (partial(), "a, b !, c, d !", "a 99, b !, c 98, d !"),
        (partial(), "a !, b !", "a !, b !"),
        // Each is checked against what is left.
        (partial(), "a =60, b >=50 =10, c <=40 =10", "a 40, b !, c 30"),
        (json!({}), "a =60, b >=50 =10, c <=40 =10", "a 40, b !, c preceding"),
    ]);
}

#[test]
fn a_valid_exclusive_one_keeps_common_ones_out() {
    check(&[
        (json!({}), "a:vip, b", "a 99, b excluded"),
        (json!({}), "b, a:vip", "b excluded, a 99"),
        (json!({}), "b:c0, a:vip, c:c1", "b excluded, a 99, c excluded"),
        (json!({"redeemables_sorting_rule": "CATEGORY_HIERARCHY"}), "a:vip, b:c0", "b excluded, a 99"),
        // Nobody is kept out by one that can't be applied itself …
        (json!({"redeemables_application_mode": "PARTIAL"}), "a:vip !, b", "a !, b 99"),
        (json!({}), "a:vip !, b", "a !, b preceding"),
        (json!({}), "b, a:vip !", "b 99, a !"),
        // … unless there is another.
        (json!({"redeemables_application_mode": "PARTIAL"}), "a:vip !, b, c:vip2", "a !, b excluded, c 99"),
        (json!({}), "a:vip !, b, c:vip2", "a !, b excluded, c preceding"),
        // What does not exist is found out all the same.
        (json!({}), "a:vip, b, c ?", "a 99, b excluded, c !"),
        (json!({}), "c ?, a:vip, b", "c !, a preceding, b excluded"),
        // Nor by one without an effect, if that is skipped.
        (json!({"redeemables_no_effect_rule": "SKIP"}), "a:vip =0, b", "a no_effect, b 99"),
        (json!({}), "a:vip =0, b", "a 100, b excluded"),
    ]);
}

#[test]
fn an_exclusive_one_does_not_become_valid_behind_a_common_one() {
    let partial = || json!({"redeemables_application_mode": "PARTIAL"});
    check(&[
        (partial(), "b =60, a:vip <=50", "b 40, a !"),
        (partial(), "j:joint =30, b =30, a:vip <=50", "j 70, b 40, a !"),
        // Behind a joint one it may, and keeps out common ones from then on.
        (partial(), "j:joint =60, a:vip <=50", "j 40, a 39"),
        (partial(), "j:joint =60, a:vip <=50, b", "j 40, a 39, b excluded"),
        (json!({}), "j:joint =60, a:vip <=50, b, c", "j 40, a 39, b excluded, c excluded"),
        (partial(), "b !, a:vip <=50, j:joint", "b !, a !, j 99"),
    ]);
}

#[test]
fn joint_ones_go_with_all_and_come_after_exclusive_ones() {
    let by_hierarchy = |grouped: &str| json!({"redeemables_sorting_rule": "CATEGORY_HIERARCHY", "grouped_redeemables_sorting_rule": grouped});
    check(&[
        (json!({}), "j:joint, b", "j 99, b 98"),
        (json!({}), "j:joint, a:vip", "a 99, j 98"),
        (json!({}), "j:joint, b, a:vip", "b excluded, a 99, j 98"),
        (by_hierarchy("JOINT_ALWAYS_LAST"), "j:joint0, a:vip", "a 99, j 98"),
        (by_hierarchy("SORTING_RULE"), "j:joint0, a:vip", "j 99, a 98"),
        (by_hierarchy("SORTING_RULE"), "a:vip, i:joint, j:joint0", "j 99, i 98, a 97"),
        (by_hierarchy("JOINT_ALWAYS_LAST"), "i:joint, j:joint0, a:vip", "a 99, j 98, i 97"),
        (json!({"grouped_redeemables_sorting_rule": "SORTING_RULE"}), "j:joint, a:vip", "j 99, a 98"),
        // Without a valid exclusive one they stay where they are.
        (by_hierarchy("JOINT_ALWAYS_LAST"), "b:c1, j:joint0", "j 99, b 98"),
        (json!({"redeemables_application_mode": "PARTIAL"}), "j:joint, a:vip !, b", "j 99, a !, b 98"),
        // An exclusive one is checked against what joint ones leave, if these come first.
        (
            json!({"grouped_redeemables_sorting_rule": "SORTING_RULE", "redeemables_application_mode": "PARTIAL"}),
            "j:joint =60, a:vip >=50, b",
            "j 40, a !, b excluded",
        ),
    ]);
}

#[test]
fn limits_count_what_was_applied() {
    let exclusive = |most: i64| json!({"applicable_exclusive_redeemables_limit": most});
    check(&[
        (json!({}), "a:c0, b:c1, c:c2, d, e:skip, f:anyway", "a 99, b 98, c 97, d 96, e 95, f limit"),
        (json!({"applicable_redeemables_limit": 1}), "a, b, c !", "a 99, b limit, c limit"),
        (
            json!({"applicable_redeemables_limit": 1, "redeemables_application_mode": "PARTIAL"}),
            "a !, b, c",
            "a !, b 99, c limit",
        ),
        // Joint ones count, too.
        (json!({"applicable_redeemables_limit": 1}), "a:joint, b", "a 99, b limit"),
        (json!({}), "a:vip, b:vip2", "a 99, b exclusive_limit"),
        (exclusive(2), "a:vip, b:vip2, c:vip", "a 99, b 98, c exclusive_limit"),
        (exclusive(2), "a:vip, j:joint, b:vip2", "a 99, b 98, j 97"),
        (
            json!({"applicable_exclusive_redeemables_limit": 5, "applicable_exclusive_redeemables_per_category_limit": 1}),
            "a:vip, b:vip, c:vip2",
            "a 99, b exclusive_category_limit, c 98",
        ),
        (
            json!({"applicable_redeemables_category_limits": {"c1": 2}}),
            "a:c1, b:c1, c:c1",
            "a 99, b 98, c category_limit",
        ),
        (json!({"applicable_redeemables_per_category_limit": 1}), "a:c1, b:c1, c:c2", "a 99, b category_limit, c 98"),
        // The one of the category wins over the one for all.
        (
            json!({"applicable_redeemables_per_category_limit": 1, "applicable_redeemables_category_limits": {"c1": 2}}),
            "a:c1, b:c1, c:c2, d:c2",
            "a 99, b 98, c 97, d category_limit",
        ),
        // What has no category has no limit of a category.
        (json!({"applicable_redeemables_per_category_limit": 1}), "a, b, c", "a 99, b 98, c 97"),
        // Skipped ones count for nothing.
        (
            json!({"applicable_redeemables_limit": 2, "redeemables_no_effect_rule": "SKIP"}),
            "a =0, b, c =0, d, e",
            "a no_effect, b 99, c no_effect, d 98, e limit",
        ),
    ]);
}

#[test]
fn of_several_limits_the_first_of_the_documented_order_is_the_reason() {
    let all = json!({
        "applicable_redeemables_limit": 1, "applicable_exclusive_redeemables_limit": 1,
        "applicable_exclusive_redeemables_per_category_limit": 1, "applicable_redeemables_per_category_limit": 1,
    });
    let without = |keys: &[&str]| {
        let mut settings = all.clone();
        for key in keys {
            settings[key] = json!(5);
        }
        settings
    };
    let keys = [
        "applicable_redeemables_limit",
        "applicable_exclusive_redeemables_limit",
        "applicable_exclusive_redeemables_per_category_limit",
    ];
    check(&[
        (without(&keys[..0]), "a:vip, b:vip", "a 99, b limit"),
        (without(&keys[..1]), "a:vip, b:vip", "a 99, b exclusive_limit"),
        (without(&keys[..2]), "a:vip, b:vip", "a 99, b exclusive_category_limit"),
        (without(&keys[..3]), "a:vip, b:vip", "a 99, b category_limit"),
        // Being kept out, or behind a failure, comes before any limit.
        (all.clone(), "a:vip, b", "a 99, b excluded"),
        (without(&keys[..1]), "a, b !, c", "a 99, b !, c preceding"),
    ]);
}

#[test]
fn what_changes_nothing_is_redeemed_or_skipped() {
    let skip = || json!({"redeemables_no_effect_rule": "SKIP"});
    check(&[
        (json!({}), "a =0, b", "a 100, b 99"),
        (skip(), "a =0, b", "a no_effect, b 99"),
        (json!({}), "a:skip =0, b =0", "a no_effect, b 100"),
        (skip(), "a:anyway =0, b =0", "a 100, b no_effect"),
        // It is a matter of what is left, not of the redeemable.
        (skip(), "a =100, b", "a 0, b no_effect"),
        (json!({}), "a =100, b:skip, c", "a 0, b no_effect, c 0"),
        // Whether it can be applied is asked first.
        (skip(), "a =0 !", "a !"),
    ]);
}

#[test]
fn a_trace_says_what_became_of_each() {
    let given: Vec<Given> = ["b", "a:vip", "j:joint !"].map(Given::read).into();
    let mut trace = Trace::on();
    walked(&rules(json!({})), &given, &mut trace);
    assert_eq!(
        json!(trace.into_nodes()),
        json!([
            {"kind": "redeemable", "id": "b", "outcome": "not_needed",
             "text": "Redeemable cannot be applied due to exclusion rules",
             "details": {"status": "SKIPPED", "key": "exclusion_rules_not_met"}},
            {"kind": "redeemable", "id": "a", "outcome": "satisfied", "details": {"status": "APPLICABLE"}},
            {"kind": "redeemable", "id": "j", "outcome": "violated", "details": {"status": "INAPPLICABLE"}},
        ])
    );
}
