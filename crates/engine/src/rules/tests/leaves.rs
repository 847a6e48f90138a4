//! Every rule name looks at what it should.

use guerdon_model::validation_rule::{Place, RuleName};
use serde_json::{Value, json};

use super::world::{World, leaf, single};
use crate::{
    facts::{Counter, Measure, Scope as CounterScope, Window},
    rules::Scope,
};

fn verdict(leaf: Value, world: Value) -> String {
    World::new(world).verdict(&single(leaf), Scope::Full)
}

fn with_property(mut leaf: Value) -> Value {
    leaf["property"] = json!("x");
    leaf
}

#[test]
fn values_are_found_where_the_name_says() {
    let order = |order: Value| json!({"order": order});
    let customer = |customer: Value| json!({"customer": customer});
    let at = |name: &str, operands: Value| with_property(leaf(name, "$is", operands));
    let items = |items: Value| json!({"order": {"items": items}});
    #[rustfmt::skip]
    let rows = [
        (leaf("customer.segment", "$is", json!(["s"])), customer(json!({"segments": ["r", "s"]})), customer(json!({"segments": ["r"]}))),
        (leaf("customer.segment", "$in", json!(["q", {"id": "s"}])), customer(json!({"segments": ["s"]})), customer(json!({"segments": []}))),
        (leaf("customer.segment", "$is_not", json!(["s"])), customer(json!({})), customer(json!({"segments": ["s"]}))),
        (leaf("customer.segment", "$not_in", json!(["s", "t"])), customer(json!({"segments": ["r"]})), customer(json!({"segments": ["t"]}))),
        (leaf("customer.loyalty.tier", "$in", json!(["gold"])), customer(json!({"tiers": ["silver", "gold"]})), customer(json!({}))),
        (leaf("customer.loyalty.tier", "$is_not", json!(["gold"])), customer(json!({})), customer(json!({"tiers": ["gold"]}))),
        (leaf("publication.redeemable_by_linked_customer", "$is", json!([true])), customer(json!({"holder": true})), customer(json!({}))),
        (at("customer.metadata", json!([1])), customer(json!({"metadata": {"x": 1}})), customer(json!({"metadata": {"x": 2}}))),
        (at("order.metadata", json!([1])), order(json!({"metadata": {"x": 1}})), order(json!({}))),
        (at("redemption.metadata", json!([1])), json!({"metadata": {"x": 1}}), json!({})),
        (at("custom_event.metadata", json!([1])), json!({"event": {"x": 1}}), json!({})),
        (leaf("order.amount", "$is", json!([90])), order(json!({"amount": 100, "discount": 10})), order(json!({"amount": 100}))),
        (leaf("order.total_amount", "$is", json!([90])), order(json!({"amount": 100, "discount": 10})), order(json!({"amount": 100}))),
        (leaf("order.initial_amount", "$is", json!([100])), order(json!({"amount": 100, "discount": 10})), order(json!({"amount": 100, "initial_amount": 80}))),
        (leaf("order.items.count", "$is", json!([5])), items(json!([{"quantity": 2}, {"quantity": 3}])), items(json!([{}, {}]))),
        (leaf("order.items.price_any", "$is", json!([5])), items(json!([{"price": 5}, {}])), items(json!([{"price": 6}, {}]))),
        (leaf("order.items.price_any", "$is", json!([5])), items(json!([{"amount": 15, "quantity": 3}])), items(json!([{"amount": 15}]))),
        (leaf("order.items.price_each", "$is", json!([5])), items(json!([{"price": 5}, {"price": 5}])), items(json!([{"price": 5}, {}]))),
        (at("order.items.metadata_any", json!([1])), items(json!([{}, {"metadata": {"x": 1}}])), items(json!([{"product_metadata": {"x": 1}}]))),
        (at("order.items.metadata_each", json!([1])), items(json!([{"metadata": {"x": 1}}])), items(json!([{"metadata": {"x": 1}}, {}]))),
        (at("product.metadata", json!([1])), items(json!([{}, {"product": "P", "product_metadata": {"x": 1}}])), items(json!([{"metadata": {"x": 1}}]))),
        (leaf("product.id", "$is", json!([{"id": "P"}])), items(json!([{"product": "Q"}, {"product": "P"}])), items(json!([{"product": "Q"}]))),
        (leaf("product.id", "$in", json!(["P", "R"])), items(json!([{"product": "R"}])), items(json!([{"sku": "P"}]))),
        (leaf("product.id", "$is_not", json!([{"id": "P"}])), items(json!([{"product": "Q"}])), items(json!([{"product": "Q"}, {"product": "P"}]))),
        (leaf("sku.id", "$is", json!([{"id": "S"}])), items(json!([{"product": "P", "sku": "S"}])), items(json!([{"product": "S"}]))),
        (leaf("redemption.user.login", "$is", json!(["ann"])), json!({"user": "ann"}), json!({})),
        (leaf("redemption.api_key", "$in", json!(["app"])), json!({"api_key": "app"}), json!({"api_key": "other"})),
        (leaf("redemption.reward.pay_with_points.points_used", "$less_than_or_equal", json!([50])), json!({"points": 50}), json!({"points": 51})),
        (leaf("redemption.gift.amount", "$less_than_or_equal", json!([100])), json!({"counters": {"redemption.gift.amount": 60}, "credits": 40}), json!({"counters": {"redemption.gift.amount": 60}, "credits": 41})),
        (leaf("campaign.orders.amount", "$less_than_or_equal", json!([100])), json!({"counters": {"campaign.orders.amount": 60}, "order": {"amount": 40}}), json!({"counters": {"campaign.orders.amount": 60}, "order": {"amount": 41}})),
        (leaf("campaign.orders.amount_discounted", "$less_than_or_equal", json!([100])), json!({"counters": {"campaign.orders.amount_discounted": 60}, "order": {"applied": 40}}), json!({"counters": {"campaign.orders.amount_discounted": 60}, "order": {"applied": 41}})),
        (leaf("product.discount_applicable", "$is", json!([true])), items(json!([{}])), json!({"never": 0})),
        (leaf("order.items.aggregated_amount", "$is", json!([16])), items(json!([{"price": 3, "quantity": 2}, {"amount": 10}])), items(json!([{"price": 3}]))),
    ];
    for (leaf, fulfilling, violating) in rows {
        assert_eq!(verdict(leaf.clone(), fulfilling.clone()), "satisfied", "{leaf} {fulfilling}");
        if violating.get("never").is_none() {
            let violated = verdict(leaf.clone(), violating.clone());
            assert!(violated.ends_with("_rules_violated"), "{violated}: {leaf} {violating}");
        }
    }
}

#[test]
fn names_lack_what_they_are_about() {
    for (name, lacking) in [
        ("customer.segment", "missing_customer"),
        ("customer.metadata", "missing_customer"),
        ("customer.loyalty.tier", "missing_customer"),
        ("publication.redeemable_by_linked_customer", "missing_customer"),
        ("redemption.count.per_customer.weekly", "missing_customer"),
        ("campaign.redemptions.customers_count", "missing_customer"),
        ("order.amount", "missing_order"),
        ("order.initial_amount", "missing_order"),
        ("order.metadata", "missing_order"),
        ("order.items.any", "missing_order"),
        ("order.items.none", "missing_order"),
        ("product.id", "missing_order"),
    ] {
        assert_eq!(verdict(with_property(leaf(name, "$is", json!(["a"]))), json!({})), lacking, "{name}");
    }
    for (name, lacking) in [
        ("order.amount", "missing_amount"),
        ("order.total_amount", "missing_amount"),
        ("order.initial_amount", "missing_amount"),
        ("order.items.any", "missing_order_items"),
        ("order.items.every", "missing_order_items"),
        ("order.items.count", "missing_order_items"),
        ("product.metadata", "missing_order_items"),
        ("order.items.none", "satisfied"),
        ("order.metadata", "1 order_rules_violated"),
    ] {
        let world = json!({"order": {"items": []}});
        assert_eq!(verdict(with_property(leaf(name, "$is", json!(["a"]))), world), lacking, "{name}");
    }
    for name in RuleName::ALL {
        let verdict = verdict(with_property(leaf(name.name(), "$is", json!(["a"]))), json!({}));
        assert!(!verdict.contains("amount") || name.name().contains("amount"), "{}: {verdict}", name.name());
    }
}

#[test]
fn limits_name_the_counters_they_need() {
    use CounterScope::*;
    use Window::*;
    for (name, scope, window) in [
        ("campaign.redemptions.count", Campaign, Ever),
        ("campaign.redemptions.count.daily", Campaign, Day),
        ("campaign.redemptions.count.weekly", Campaign, Week),
        ("campaign.redemptions.count.monthly", Campaign, Month),
        ("campaign.redemptions.customers_count", CampaignAndCustomer, Ever),
        ("campaign.redemptions.customers_count.daily", CampaignAndCustomer, Day),
        ("campaign.redemptions.customers_count.weekly", CampaignAndCustomer, Week),
        ("campaign.redemptions.customers_count.monthly", CampaignAndCustomer, Month),
        ("redemption.count.daily", Incentive, Day),
        ("redemption.count.weekly", Incentive, Week),
        ("redemption.count.monthly", Incentive, Month),
        ("redemption.count.per_customer", IncentiveAndCustomer, Ever),
        ("redemption.count.per_customer.daily", IncentiveAndCustomer, Day),
        ("redemption.count.per_customer.weekly", IncentiveAndCustomer, Week),
        ("redemption.count.per_customer.monthly", IncentiveAndCustomer, Month),
        ("redemption.count.per_user", IncentiveAndUser, Ever),
        ("redemption.count.per_api_key", IncentiveAndApiKey, Ever),
    ] {
        let limit = leaf(name, "$less_than_or_equal", json!([2]));
        let counter = Counter { measure: Measure::Redemptions, scope, window };
        assert_eq!(single(limit.clone()).counters(), [counter], "{name}");
        for (count, expected) in [(1, "satisfied"), (2, "1 redemption_rules_violated")] {
            let world = json!({"customer": {}, "counters": {name: count}});
            assert_eq!(verdict(limit.clone(), world), expected, "{name} {count}");
        }
    }
}

#[test]
fn names_that_were_once_accepted_and_are_not_known_never_hold() {
    assert_eq!(verdict(leaf("order.weight", "$is_not", json!([1])), json!({})), "1 redemption_rules_violated");
    assert_eq!(verdict(json!({}), json!({})), "1 redemption_rules_violated");
    assert_eq!(verdict(json!(5), json!({})), "1 redemption_rules_violated");
}

#[test]
fn rules_about_lines_ask_all_lines_if_they_stand_alone() {
    let items = json!({"order": {"amount": 1, "items": [{"price": 5, "quantity": 2}, {"price": 6}]}});
    for name in RuleName::ALL.iter().filter(|name| name.place() == Place::Lines) {
        let verdict = verdict(with_property(leaf(name.name(), "$has_value", json!([true]))), items.clone());
        let is_about_metadata = *name == RuleName::ItemsMetadata;
        assert_eq!(verdict == "satisfied", !is_about_metadata, "{}", name.name());
    }
}
