//! How leaves become a verdict: what is missing, what a scope leaves out, what waits for the discount.

use guerdon_model::error::Dialect;
use serde_json::{Value, json};

use super::world::{World, leaf, set, try_set, word};
use crate::{
    rules::{RuleSet, Scope, Stage, Verdict, refusal},
    trace::Trace,
};

/// 1 holds, 2 does not, 3 needs a customer, 4 an order with an amount.
fn mixed(logic: &str) -> RuleSet {
    set(json!({
        "1": leaf("redemption.api_key", "$is", json!(["app"])),
        "2": leaf("redemption.user.login", "$is", json!(["ann"])),
        "3": leaf("customer.segment", "$is", json!(["s"])),
        "4": leaf("order.amount", "$more_than", json!([5])),
        "logic": logic,
    }))
}

#[test]
fn what_is_missing_is_reported_unless_it_is_not_needed() {
    let two = "2 redemption_rules_violated";
    for (logic, expected) in [
        ("1 or 3", "satisfied"),
        ("3 or 1", "satisfied"),
        ("1 and 3", "missing_customer"),
        ("2 and 3", "missing_customer"),
        ("3 and 2", "missing_customer"),
        ("2 or 3", "missing_customer"),
        ("4 and 3", "missing_order"),
        ("3 and 4", "missing_customer"),
        ("2 and (1 or 3)", two),
        ("1 and (1 or 3)", "satisfied"),
        ("2 and 1", two),
        ("2 or 2", two),
        ("1", "satisfied"),
    ] {
        let world = World::new(json!({"api_key": "app"}));
        assert_eq!(world.verdict(&mixed(logic), Scope::Full), expected, "{logic}");
    }
    let world = World::new(json!({"api_key": "app", "customer": {}, "order": {}}));
    assert_eq!(world.verdict(&mixed("3 or 4"), Scope::Full), "missing_amount");
}

#[test]
fn the_leaf_to_blame_is_the_first_that_makes_the_expression_false() {
    for (logic, expected) in [
        ("1 and 2 and 3", "2 redemption_rules_violated"),
        ("1 and 3 and 2", "3 customer_rules_violated"),
        ("3 or 2", "3 customer_rules_violated"),
        ("(1 and 4) or 3", "4 order_rules_violated"),
        ("1 and (3 or 2) and 4", "3 customer_rules_violated"),
    ] {
        let world = World::new(json!({"api_key": "app", "customer": {}, "order": {"amount": 1}}));
        assert_eq!(world.verdict(&mixed(logic), Scope::Full), expected, "{logic}");
    }
}

#[test]
fn what_does_not_depend_on_the_discount_is_decided_before_it() {
    // 1 holds, 2 does not, 3 needs a customer, 5 needs the discount.
    let with = |logic: &str| {
        set(json!({
            "1": leaf("redemption.api_key", "$is", json!(["app"])),
            "2": leaf("redemption.user.login", "$is", json!(["ann"])),
            "3": leaf("customer.segment", "$is", json!(["s"])),
            "5": leaf("order.total_amount", "$more_than_or_equal", json!([100])),
            "6": leaf("campaign.orders.amount_discounted", "$less_than", json!([1000])),
            "logic": logic,
        }))
    };
    let world = World::new(json!({"api_key": "app", "order": {"amount": 150},
        "counters": {"campaign.orders.amount_discounted": 950}}));
    let stage = |set: &RuleSet, off: i64| {
        world.seen(Scope::Full, |situation| match set.before_discount(situation, &mut Trace::off()) {
            Stage::Decided(verdict) => format!("at once {}", word(verdict)),
            Stage::Open(open) => {
                let mut after = world.amounts();
                (after.discount_amount, after.applied_discount_amount) = (off, off);
                word(open.after_discount(situation, &after, &mut Trace::off()))
            }
        })
    };
    let five = "5 order_rules_violated";
    for (logic, off, expected) in [
        ("5", 50, "satisfied"),
        ("5", 51, five),
        ("1 and 5", 51, five),
        ("5 and 2", 0, "at once 2 redemption_rules_violated"),
        ("5 or 2", 51, five),
        ("5 or 1", 51, "at once satisfied"),
        ("5 and 3", 0, "at once missing_customer"),
        ("5 or 3", 0, "satisfied"),
        ("5 or 3", 51, "missing_customer"),
        ("6", 49, "satisfied"),
        ("6", 50, "6 redemption_rules_violated"),
        ("5 and 6", 51, five),
        ("1", 0, "at once satisfied"),
    ] {
        assert_eq!(stage(&with(logic), off), expected, "{logic} with {off} off");
    }
    let without_order = World::new(json!({}));
    without_order.seen(Scope::Full, |situation| {
        for (logic, expected) in [("5", "missing_order"), ("6", "satisfied")] {
            let set = with(logic);
            let Stage::Decided(verdict) = set.before_discount(situation, &mut Trace::off()) else { panic!("{logic}") };
            assert_eq!(word(verdict), expected);
        }
    });
}

#[test]
fn a_scope_counts_what_it_leaves_out_as_satisfied() {
    let all = set(json!({
        "c": leaf("customer.segment", "$is", json!(["s"])),
        "i": leaf("order.items.any", "$is", json!([{"id": "P", "object": "product"}])),
        "a": leaf("order.amount", "$more_than", json!([5])),
        "n": leaf("order.initial_amount", "$more_than", json!([5])),
        "l": leaf("redemption.count.per_customer", "$less_than_or_equal", json!([1])),
        "w": leaf("campaign.redemptions.count.weekly", "$less_than_or_equal", json!([1])),
        "logic": "c and i and a and n and l and w",
    }));
    let nothing_holds = json!({
        "customer": {}, "order": {"amount": 1, "items": [{}]},
        "counters": {"redemption.count.per_customer": 1, "campaign.redemptions.count.weekly": 1},
    });
    let with = |key: &str, value: Value| {
        let mut world = nothing_holds.clone();
        world[key] = value;
        World::new(world)
    };
    let in_segment = with("customer", json!({"segments": ["s"]}));
    #[rustfmt::skip]
    let rows = [
        (Scope::Full, "c customer_rules_violated", "i order_rules_violated", vec![]),
        (Scope::Qualification, "c customer_rules_violated", "i order_rules_violated", vec![]),
        (Scope::Audience, "c customer_rules_violated", "satisfied", vec!["i", "a", "n", "l", "w"]),
        (Scope::AudienceAndLimits, "c customer_rules_violated", "l redemption_rules_violated", vec!["i", "a", "n", "w"]),
        (Scope::Products, "i order_rules_violated", "i order_rules_violated", vec!["c", "a", "n", "l", "w"]),
        (Scope::ProductsAndAudience, "c customer_rules_violated", "i order_rules_violated", vec!["a", "n", "l", "w"]),
        (Scope::Nothing, "satisfied", "satisfied", vec!["c", "i", "a", "n", "l", "w"]),
    ];
    for (scope, nothing, segment, omitted) in rows {
        assert_eq!(World::new(nothing_holds.clone()).verdict(&all, scope), nothing, "{scope:?}");
        assert_eq!(in_segment.verdict(&all, scope), segment, "{scope:?}");
        assert_eq!(all.omitted(scope).collect::<Vec<_>>(), omitted, "{scope:?}");
    }
    let ignored = set(json!({
        "1": leaf("order.amount", "$more_than", json!([5])),
        "2": leaf("campaign.redemptions.customers_count.daily", "$less_than", json!([1])),
        "3": leaf("campaign.orders.amount_discounted", "$less_than", json!([0])),
        "logic": "1 and 2 and 3",
    }));
    assert_eq!(World::new(json!({})).verdict(&ignored, Scope::Qualification), "satisfied");
}

#[test]
fn rule_sets_are_refused_together_in_the_words_of_the_first() {
    let world = World::new(json!({"api_key": "app", "customer": {}}));
    let sets = ["1", "2", "3", "4"].map(mixed);
    let refused = |places: &[usize]| {
        world.seen(Scope::Full, |situation| {
            let verdicts =
                places.iter().map(|place| (&sets[*place], sets[*place].evaluate(situation, &mut Trace::off())));
            refusal(verdicts).map(|refusal| {
                let row = refusal.error("Discount Coupon").describe(Dialect::Should);
                (row.key.unwrap_or_default(), row.details.unwrap_or_default())
            })
        })
    };
    let details = |ids: &str| format!("Discount Coupon cannot be redeemed because of violated validation rules: {ids}");
    assert_eq!(refused(&[]), None);
    assert_eq!(refused(&[0]), None);
    assert_eq!(refused(&[0, 1]), Some(("redemption_rules_violated", details("val_1"))));
    assert_eq!(refused(&[2, 1]), Some(("customer_rules_violated", details("val_1, val_1"))));
    assert_eq!(refused(&[3, 2]), Some(("missing_order", "Order is required to validate rules".into())));
    assert_eq!(refused(&[2, 3]), Some(("customer_rules_violated", details("val_1"))));
}

#[test]
fn logic_that_cannot_be_read_is_refused_when_it_is_compiled() {
    for logic in [json!("1 and"), json!("2"), json!(5)] {
        let compiled = try_set(json!({"1": leaf("order.amount", "$is", json!([1])), "logic": logic}));
        assert_eq!(
            compiled.map(|_| ()).map_err(|error| error.describe(Dialect::Should).key),
            Err(Some("invalid_validation_rules"))
        );
    }
}

#[test]
fn a_missing_logic_joins_all_leaves_with_and() {
    let rules = |second: i64| {
        set(json!({
            "1": leaf("order.amount", "$more_than", json!([1])),
            "2": leaf("order.amount", "$more_than", json!([second])),
        }))
    };
    let world = World::new(json!({"order": {"amount": 5}}));
    assert_eq!(world.verdict(&rules(4), Scope::Full), "satisfied");
    assert_eq!(world.verdict(&rules(5), Scope::Full), "2 order_rules_violated");
}

#[test]
fn an_incomplete_bundle_is_a_violation_by_the_order() {
    let rule = super::world::rule(json!({"error": {"message": "Buy both"}}));
    let set = RuleSet::compile(&rule).expect("sound");
    assert_eq!(word(Verdict::Violated(set.bundle_violation())), " order_rules_violated \"Buy both\"");
}
