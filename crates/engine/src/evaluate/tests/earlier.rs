//! What redeemables of one campaign take from each other within one request.

use serde_json::{Value, json};

use super::{World, amount_off, leaf, with};

fn check(table: &[(Vec<Value>, &str)]) {
    for (redeemables, expected) in table {
        let items = json!([{"product_id": "a", "price": 100, "quantity": 4}]);
        let stacking = json!({"redeemables_application_mode": "PARTIAL"});
        let world =
            json!({"order": {"items": items}, "customer": {}, "stacking": stacking, "redeemables": redeemables});
        assert_eq!(World::new(world).summary(), *expected, "{redeemables:?}");
    }
}

#[test]
fn codes_of_a_campaign_count_against_its_limits_together() {
    let code = |code: &str, campaign: &str, name: &str, most: i64| {
        let rules = json!([leaf(name, "$less_than_or_equal", json!([most]))]);
        with(amount_off(code, 10), json!({"campaign": campaign, "campaign_rules": rules}))
    };
    let pair = |campaigns: [&str; 2], name: &str, most: i64| {
        vec![code("A", campaigns[0], name, most), code("B", campaigns[1], name, most)]
    };
    let refused = "valid: A 10 → 390, B !redemption_rules_violated";
    let both = "valid: A 10 → 390, B 10 → 380";
    let (same, other) = (["camp_1", "camp_1"], ["camp_1", "camp_2"]);
    check(&[
        (pair(same, "campaign.redemptions.customers_count", 1), refused),
        (pair(same, "campaign.redemptions.customers_count", 2), both),
        (pair(other, "campaign.redemptions.customers_count", 1), both),
        (pair(same, "campaign.redemptions.count.daily", 1), refused),
        (pair(same, "campaign.orders.amount", 799), refused),
        (pair(same, "campaign.orders.amount", 800), both),
        (pair(same, "campaign.orders.amount_discounted", 19), refused),
        (pair(same, "campaign.orders.amount_discounted", 20), both),
        // Each incentive is redeemed only once.
        (pair(same, "redemption.count.per_customer", 1), both),
    ]);
}

#[test]
fn what_was_not_applied_does_not_count() {
    let once = json!([leaf("campaign.redemptions.count", "$less_than_or_equal", json!([1]))]);
    let code = |code: &str, fields: Value| {
        with(with(amount_off(code, 10), json!({"campaign": "c", "campaign_rules": once})), fields)
    };
    check(&[(
        vec![code("A", json!({"active": false})), code("B", json!({})), code("C", json!({}))],
        "valid: A !voucher_disabled, B 10 → 390, C !redemption_rules_violated",
    )]);
}

#[test]
fn gift_cards_of_a_campaign_share_its_budget() {
    let rules = json!([leaf("redemption.gift.amount", "$less_than_or_equal", json!([150]))]);
    let card = |code: &str| json!({"code": code, "campaign": "c", "campaign_rules": rules, "gift": {"balance": 100}});
    check(&[(vec![card("A"), card("B")], "valid: A 100 → 300, B !redemption_rules_violated")]);
}

#[test]
fn units_that_one_code_has_discounted_are_not_left_for_the_next_of_its_campaign() {
    let code = |code: &str, campaign: &str, limit: Value| {
        let entry = with(json!({"object": "product", "id": "a"}), limit);
        json!({
            "code": code, "campaign": campaign, "rules": [{"applicable_to": {"included": [entry]}}],
            "discount": {"type": "AMOUNT", "effect": "APPLY_TO_ITEMS_BY_QUANTITY", "amount_off": 10},
        })
    };
    let of_campaign = |units: i64| json!({"product_campaign_quantity_limit": units});
    let of_tier = |units: i64| json!({"product_promotion_tier_quantity_limit": units});
    let pair = |campaigns: [&str; 2], limit: Value| {
        vec![code("A", campaigns[0], json!({"quantity_limit": 3})), code("B", campaigns[1], limit)]
    };
    check(&[
        (pair(["c", "c"], of_campaign(5)), "valid: A 30 → 370, B 20 → 350"),
        (pair(["c", "d"], of_campaign(5)), "valid: A 30 → 370, B 40 → 330"),
        (pair(["c", "c"], of_tier(5)), "valid: A 30 → 370, B 40 → 330"),
    ]);
}
