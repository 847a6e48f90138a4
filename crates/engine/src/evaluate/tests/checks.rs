//! The checks of one redeemable: their words and their order.

use serde_json::{Value, json};

use super::{World, amount_off, leaf, with};

/// Why one redeemable of an order can't be applied.
fn refusal(world: Value, redeemable: Value) -> Result<(), String> {
    World::new(with(world, json!({"redeemables": [redeemable]}))).error()
}

fn order() -> Value {
    json!({"order": {"amount": 1000}})
}

fn refused(words: &str) -> Result<(), String> {
    Err(words.to_owned())
}

const NOW: &str = "2026-06-15T12:00:00Z";

#[test]
fn every_refusal_has_its_words() {
    let coupon = |fields: Value| with(amount_off("CODE", 1), fields);
    let tier =
        |fields: Value| with(json!({"tier": "promo_1", "discount": {"type": "AMOUNT", "amount_off": 1}}), fields);
    let limits = |limits: Value| json!({"limits": limits});
    let (before, after) = (json!({"start_date": "2026-07-01"}), json!({"expiration_date": "2026-06-01"}));
    let closed = json!({"validity_day_of_week": [0]});
    for (redeemable, words) in [
        (json!("X"), "not_found | Resource not found | Cannot find voucher with id X"),
        (
            json!({"tier": "promo_1", "missing": ""}),
            "not_found | Resource not found | Cannot find promotion_tier with id promo_1",
        ),
        (coupon(json!({"active": false})), "voucher_disabled | voucher is disabled | CODE"),
        (coupon(json!({"campaign": "c", "campaign_active": false})), "voucher_disabled | voucher is disabled | CODE"),
        (coupon(limits(before.clone())), "voucher_not_active | voucher is not active yet | CODE"),
        (coupon(limits(after.clone())), "voucher_expired | voucher expired | CODE"),
        (coupon(limits(closed.clone())), "voucher_not_active_now | voucher not active now | CODE"),
        (coupon(json!({"quantity": 0})), "quantity_exceeded | quantity exceeded | CODE"),
        (
            tier(json!({"active": false})),
            "promotion_inactive | Inactive Promotion | Promotion Tier with id: promo_1 is disabled.",
        ),
        (
            tier(json!({"campaign": "c", "campaign_active": false})),
            "promotion_inactive | Inactive Promotion | Promotion Tier with id: promo_1 is disabled.",
        ),
        (
            tier(limits(before)),
            "promotion_inactive | Inactive Promotion | Promotion Tier with id: promo_1 is not active yet.",
        ),
        (tier(limits(after)), "promotion_inactive | Inactive Promotion | Promotion Tier with id: promo_1 has expired."),
        (tier(limits(closed)), "promotion_not_active_now | promotion not active now | promo_1"),
        (
            coupon(json!({"referrer": false})),
            "missing_customer | Missing customer | Customer is required to validate rules",
        ),
        (
            json!({"code": "GIFT", "gift": {"balance": 10, "credits": 11}}),
            "gift_amount_exceeded | gift amount exceeded | GIFT",
        ),
        (
            json!({"code": "GIFT", "gift": {"balance": 10, "effect": "APPLY_TO_ITEMS"}}),
            "missing_order_items | Missing order items | Order items are required when redeeming a GIFT_VOUCHER",
        ),
        (
            json!({"code": "CARD", "loyalty": {"balance": 10}}),
            "missing_reward | Missing reward | A reward is required when redeeming a LOYALTY_CARD",
        ),
        (
            json!({"code": "CARD", "loyalty": {"balance": 10, "points": 11}}),
            "loyalty_card_points_exceeded | loyalty card points exceeded | CARD",
        ),
        (
            coupon(json!({"rules": [leaf("order.amount", "$is", json!([1]))]})),
            "order_rules_violated | order does not match validation rules | Discount Coupon cannot be redeemed because of \
             violated validation rules: val_own1",
        ),
        (
            tier(json!({"rules": [leaf("redemption.metadata", "$is", json!([1]))]})),
            "redemption_rules_violated | redemption does not match validation rules | Promotion Tier cannot be redeemed \
             because of violated validation rules: val_own1",
        ),
        (
            coupon(json!({"rules": [leaf("customer.segment", "$is", json!(["seg_1"]))]})),
            "missing_customer | Missing customer | Customer is required to validate rules",
        ),
        (
            coupon(json!({"rules": [leaf("order.items.count", "$is", json!([1]))]})),
            "missing_order_items | Missing order items | Order items are required to validate rules",
        ),
        (
            with(
                amount_off("CODE", i64::MAX),
                json!({"discount": {"type": "UNIT", "unit_off": i64::MAX, "unit_type": "mug"}}),
            ),
            "invalid_amount | Invalid amount | An amount is too large",
        ),
    ] {
        let world = with(order(), json!({"now": NOW}));
        assert_eq!(refusal(world, redeemable.clone()), refused(words), "{redeemable}");
    }
}

#[test]
fn cards_that_pay_need_something_to_pay() {
    let gift = |effect: &str| json!({"code": "GIFT", "gift": {"balance": 10, "effect": effect}});
    let points = || json!({"code": "CARD", "loyalty": {"balance": 100, "ratio": 10}});
    let unpriced = json!({"items": [{"product_id": "a"}]});
    for (order, redeemable, expected) in [
        (
            json!(null),
            gift("APPLY_TO_ORDER"),
            refused("missing_order | Missing order | An order is required when redeeming a GIFT_VOUCHER"),
        ),
        (
            json!(null),
            points(),
            refused("missing_order | Missing order | An order is required when redeeming a LOYALTY_CARD"),
        ),
        (
            unpriced.clone(),
            gift("APPLY_TO_ORDER"),
            refused("missing_amount | Missing amount | An order amount is required when redeeming a GIFT_VOUCHER"),
        ),
        (
            unpriced.clone(),
            points(),
            refused("missing_amount | Missing amount | An order amount is required when redeeming a LOYALTY_CARD"),
        ),
        (
            unpriced,
            with(gift("APPLY_TO_ITEMS"), json!({"rules": [{"applicable_to": {"included_all": true}}]})),
            refused(
                "missing_order_items_amount | Missing applicable order items | At least one applicable order item with \
                     amount is required to redeem this GIFT_VOUCHER",
            ),
        ),
        // A reward that does not pay needs no order, and neither do coupons.
        (json!(null), json!({"code": "CARD", "loyalty": {"balance": 10, "points": 10}}), Ok(())),
        (json!(null), amount_off("CODE", 10), Ok(())),
        (json!({"items": []}), amount_off("CODE", 10), Ok(())),
    ] {
        assert_eq!(refusal(json!({"order": order}), redeemable.clone()), expected, "{redeemable}");
        // Who only asks what could be used need not have an order yet.
        if order.is_null() {
            assert_eq!(refusal(json!({"scope": "audience"}), redeemable.clone()), Ok(()), "{redeemable}");
        }
    }
    let no_reward = json!({"code": "CARD", "loyalty": {"balance": 10}});
    assert_eq!(refusal(json!({"scope": "audience"}), no_reward), Ok(()));
    let items = json!({"code": "GIFT", "gift": {"balance": 10, "effect": "APPLY_TO_ITEMS"}});
    assert_eq!(refusal(json!({"scope": "audience"}), items), Ok(()));
}

#[test]
fn a_loyalty_card_is_its_holders() {
    let card = |holder: bool| json!({"code": "CARD", "holder": holder, "loyalty": {"balance": 10, "points": 10}});
    let words = "invalid_customer | Customer must be a holder of a loyalty card. | CARD";
    assert_eq!(refusal(with(order(), json!({"customer": {}})), card(true)), Ok(()));
    assert_eq!(refusal(with(order(), json!({"customer": {}})), card(false)), refused(words));
    // Nobody in particular may use it.
    assert_eq!(refusal(order(), card(false)), Ok(()));
}

#[test]
fn of_several_reasons_the_first_of_the_documented_order_is_reported() {
    // Everything is wrong with this card; reason by reason is put right.
    let mut card = json!({
        "missing": "", "code": "CARD", "active": false, "campaign": "c", "campaign_active": false,
        "limits": {"start_date": "2026-07-01", "expiration_date": "2026-06-01", "validity_day_of_week": [0]},
        "quantity": 1, "locked": 1, "holder": false, "loyalty": {"balance": 10},
        "rules": [leaf("redemption.metadata", "$is", json!([1])), leaf("order.amount", "$is", json!([1]))],
        "campaign_rules": [leaf("order.total_amount", "$is", json!([1]))],
    });
    let mut world = json!({"now": NOW, "customer": {}});
    let expect = |world: &Value, card: &Value, key: &str| {
        let refused = refusal(world.clone(), card.clone()).err();
        assert_eq!(refused.as_deref().and_then(|words| words.split(' ').next()), Some(key), "{card}");
    };
    expect(&world, &card, "not_found");
    card.as_object_mut().expect("an object").shift_remove("missing");
    expect(&world, &card, "voucher_disabled");
    card["active"] = json!(true);
    expect(&world, &card, "voucher_disabled");
    card["campaign_active"] = json!(true);
    expect(&world, &card, "voucher_not_active");
    card["limits"]["start_date"] = json!("2026-01-01");
    expect(&world, &card, "voucher_expired");
    card["limits"]["expiration_date"] = json!("2027-01-01");
    expect(&world, &card, "voucher_not_active_now");
    card["limits"]["validity_day_of_week"] = json!([1]);
    expect(&world, &card, "quantity_exceeded");
    card["locked"] = json!(0);
    expect(&world, &card, "missing_reward");
    card["loyalty"] = json!({"balance": 10, "ratio": 1, "points": 11});
    expect(&world, &card, "invalid_customer");
    card["holder"] = json!(true);
    expect(&world, &card, "missing_order");
    world["order"] = json!({"items": []});
    expect(&world, &card, "missing_amount");
    world["order"] = json!({"amount": 5000});
    expect(&world, &card, "loyalty_card_points_exceeded");
    card["loyalty"]["points"] = json!(10);
    expect(&world, &card, "redemption_rules_violated");
    card["rules"] = json!([]);
    // What is left after the discount is asked last.
    expect(&world, &card, "order_rules_violated");
    card["campaign_rules"] = json!([leaf("order.total_amount", "$is", json!([4000]))]);
    assert_eq!(refusal(world, card), Ok(()));
}

#[test]
fn all_violated_rule_sets_are_named_and_the_shops_words_kept() {
    let with_message = json!({"rules": {"1": leaf("order.amount", "$is", json!([1])), "logic": "1"}, "error": {"message": "One only"}});
    let world = World::new(with(
        order(),
        json!({"redeemables": [with(
            amount_off("CODE", 1),
            json!({
                "rules": [with_message, leaf("order.amount", "$is", json!([1000]))],
                "campaign_rules": [leaf("redemption.metadata", "$is", json!([1]))],
            }),
        )]}),
    ));
    world.seen(|request, requested| {
        let refused = super::alone(request, &requested[0], &mut super::Trace::off()).expect_err("refused");
        assert_eq!(refused.message, Some("One only"));
        assert_eq!(
            refused.error.to_string(),
            "order does not match validation rules: Discount Coupon cannot be redeemed because of violated validation \
             rules: val_own1, val_campaign1"
        );
    });
}

#[test]
fn bundles_must_be_complete_and_multiply_the_discount() {
    let bundle = json!({
        "1": {"name": "order.items.any", "conditions": {"$is": [{"id": "a", "object": "product"}]},
              "rules": {"1": {"name": "order.items.aggregated_quantity", "conditions": {"$is": [2]}, "rules": {}}, "logic": "1"}},
        "limit": 5,
    });
    let coupon = with(amount_off("BUNDLE", 100), json!({"rules": [{"bundle_rules": bundle}]}));
    let world = |quantity: i64, scope: &str| {
        World::new(json!({
            "scope": scope, "order": {"items": [{"product_id": "a", "price": 1000, "quantity": quantity}]}, "redeemables": [coupon],
        }))
    };
    world(5, "full").evaluate(|evaluation| {
        let applied = evaluation.last().expect("applied");
        assert_eq!(applied.amounts.discount_amount, 200);
        assert_eq!(applied.bundle.as_ref().map(|bundle| bundle.quantity), Some(2));
    });
    world(1, "full").seen(|request, requested| {
        let refused = super::alone(request, &requested[0], &mut super::Trace::off()).expect_err("refused");
        assert_eq!(super::key(&refused.error), "order_rules_violated");
        let missing = refused.bundle.map(|bundle| bundle.missing[0].item_quantity);
        assert_eq!(missing, Some(1));
    });
    // Where bundles are not asked for, an incomplete one discounts nothing.
    world(1, "audience").evaluate(|evaluation| {
        let applied = evaluation.last().expect("applied");
        assert_eq!((applied.amounts.discount_amount, applied.has_effect), (0, false));
        assert_eq!(applied.bundle.as_ref().map(|bundle| bundle.quantity), Some(0));
    });
}

#[test]
fn rules_know_what_a_card_would_spend() {
    let rule = |name: &str, most: i64| json!([leaf(name, "$less_than_or_equal", json!([most]))]);
    let points = |most: i64| json!({"code": "CARD", "loyalty": {"balance": 100, "ratio": 10}, "rules": rule("redemption.reward.pay_with_points.points_used", most)});
    // 1000 takes ten times one main unit.
    assert_eq!(refusal(order(), points(100)), Ok(()));
    assert!(refusal(order(), points(99)).is_err());
    let gift = |most: i64, before: i64| json!({"code": "GIFT", "gift": {"balance": 5000}, "rules": rule("redemption.gift.amount", most), "counters": {"GiftCredits": before}});
    assert_eq!(refusal(order(), gift(1000, 0)), Ok(()));
    assert_eq!(refusal(order(), gift(1500, 500)), Ok(()));
    assert!(refusal(order(), gift(1499, 500)).is_err());
}

#[test]
fn what_was_picked_is_listed() {
    let coupon = json!({
        "code": "A", "discount": {"type": "PERCENT", "percent_off": 10},
        "rules": [{"applicable_to": {"included": [{"object": "products_collection", "id": "pc_a"}], "excluded": [{"object": "product", "id": "a2"}]}}],
    });
    let items = json!([{"product_id": "b", "price": 100}, {"product_id": "a1", "price": 100}, {"product_id": "a2", "price": 100}]);
    let world = World::new(json!({"order": {"items": items}, "redeemables": [coupon]}));
    world.evaluate(|evaluation| {
        let applied = evaluation.last().expect("applied");
        assert_eq!(applied.picked.iter().map(|picked| picked.line).collect::<Vec<_>>(), [1]);
        let listed = json!([applied.lists.applicable_to, applied.lists.inapplicable_to]);
        let ids = |list: &Value| {
            list["data"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["id"].as_str().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (ids(&listed[0]), ids(&listed[1])),
            (vec!["pc_a".to_owned(), "a1".to_owned()], vec!["a2".to_owned()])
        );
        let crate::discount::Applied::Discount(discount) = &applied.result else { panic!("no discount") };
        assert_eq!(
            json!(discount),
            json!({"type": "PERCENT", "effect": "APPLY_TO_ITEMS", "percent_off": 10, "is_dynamic": false})
        );
    });
}
