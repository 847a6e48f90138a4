//! Worked examples: what the product promises, number by number.

use serde_json::{Value, json};

use super::{World, amount_off, leaf, percent_off, with};

fn check(table: &[(Value, &str)]) {
    for (world, expected) in table {
        assert_eq!(World::new(world.clone()).summary(), *expected, "{world}");
    }
}

fn partial(stacking: Value) -> Value {
    with(stacking, json!({"redeemables_application_mode": "PARTIAL"}))
}

fn expired(redeemable: Value) -> Value {
    with(redeemable, json!({"limits": {"expiration_date": "1969-01-01T00:00:00Z"}}))
}

#[test]
fn each_step_starts_from_what_the_one_before_has_left() {
    let tier = json!({"tier": "promo_1", "discount": {"type": "AMOUNT", "amount_off": 8000}});
    let gift = json!({"code": "GIFT", "gift": {"balance": 10_000, "credits": 100}});
    let world = json!({"order": {"amount": 200_000}, "redeemables": [gift, percent_off("20OFF", 20), tier]});
    check(&[(world.clone(), "valid: GIFT 100 → 199900, 20OFF 39980 → 159920, promo_1 8000 → 151920")]);

    let (steps, whole) = World::new(world).orders();
    let discounts: Vec<&Value> = steps.iter().map(|order| &order["discount_amount"]).collect();
    assert_eq!(discounts, [100, 40_080, 48_080]);
    assert_eq!(whole["discount_amount"], 48_080);
    assert_eq!(whole["applied_discount_amount"], 48_080);
    assert_eq!(whole["total_amount"], 151_920);
}

#[test]
fn discounts_of_items_rewards_and_cards_mix() {
    let everything = json!([{"applicable_to": {"included_all": true}}]);
    let world = json!({
        "order": {"items": [{"product_id": "a", "quantity": 1, "price": 2000}, {"product_id": "b", "quantity": 1, "price": 700}]},
        "redeemables": [
            {"code": "ITEMS", "discount": {"type": "AMOUNT", "effect": "APPLY_TO_ITEMS", "amount_off": 1000}, "rules": everything},
            {"code": "MUG", "loyalty": {"balance": 4, "points": 4}},
            {"code": "GIFT", "gift": {"balance": 500, "credits": 100}},
            percent_off("40OFF", 40),
            amount_off("30OFF", 30),
        ],
    });
    check(&[(
        world.clone(),
        "valid: ITEMS 1700 → 1000, MUG 0 → 1000, GIFT 100 → 900, 40OFF 360 → 540, 30OFF 30 → 510",
    )]);
    let (_, whole) = World::new(world).orders();
    let amounts =
        ["discount_amount", "items_discount_amount", "total_discount_amount", "total_amount"].map(|key| &whole[key]);
    assert_eq!(amounts, [490, 1700, 2190, 510]);
}

#[test]
fn an_item_discount_stays_on_its_lines_while_the_order_is_discounted() {
    let brand = json!([{"applicable_to": {"included": [{"object": "products_collection", "id": "pc_a"}]}}]);
    let world = json!({
        "order": {"items": [
            {"product_id": "a1", "quantity": 3, "price": 1000},
            {"product_id": "a2", "quantity": 3, "price": 2000},
            {"product_id": "b", "quantity": 2, "price": 2500},
        ]},
        "redeemables": [
            {"code": "BRAND", "discount": {"type": "AMOUNT", "effect": "APPLY_TO_ITEMS", "amount_off": 2000}, "rules": brand},
            amount_off("25OFF", 2500),
        ],
    });
    let (steps, _) = World::new(world).orders();
    assert_eq!((&steps[0]["items_discount_amount"], &steps[0]["total_amount"]), (&json!(4000), &json!(10_000)));
    let amounts = ["discount_amount", "total_discount_amount", "total_amount"].map(|key| &steps[1][key]);
    assert_eq!(amounts, [2500, 6500, 7500]);
    for line in [0, 1] {
        assert_eq!(steps[1]["items"][line]["discount_amount"], 2000);
        assert_eq!(steps[1]["items"][line].get("applied_discount_amount"), None);
    }
}

#[test]
fn a_stored_order_keeps_its_earlier_discounts() {
    let world = json!({
        "order": {"amount": 10_000, "discount_amount": 9200}, "stored": true,
        "redeemables": [amount_off("10OFF", 1000)],
    });
    check(&[(world.clone(), "valid: 10OFF 800 → 0")]);
    let (_, whole) = World::new(world).orders();
    let amounts = ["applied_discount_amount", "discount_amount", "total_amount"].map(|key| &whole[key]);
    assert_eq!(amounts, [800, 10_000, 0]);
}

#[test]
fn percentages_are_of_what_is_left_or_of_the_whole_order() {
    let world = |stacking: Value, redeemables: [Value; 2]| json!({"order": {"amount": 10_000}, "stacking": stacking, "redeemables": redeemables});
    let both = || [percent_off("10OFF", 10), percent_off("20OFF", 20)];
    let of_category = |code, percent, category| with(percent_off(code, percent), json!({"category": category}));
    let initial = || json!({"discount_calculation_mode": "INITIAL_AMOUNT"});
    check(&[
        (world(json!({}), both()), "valid: 10OFF 1000 → 9000, 20OFF 1800 → 7200"),
        (world(initial(), both()), "valid: 10OFF 1000 → 9000, 20OFF 2000 → 7000"),
        // Never more than there is.
        (
            world(initial(), [percent_off("80OFF", 80), percent_off("50OFF", 50)]),
            "valid: 80OFF 8000 → 2000, 50OFF 2000 → 0",
        ),
        // Categories override.
        (
            world(
                json!({"initial_amount_mode_categories": ["cat_1"]}),
                [percent_off("10OFF", 10), of_category("20OFF", 20, "cat_1")],
            ),
            "valid: 10OFF 1000 → 9000, 20OFF 2000 → 7000",
        ),
        (
            world(
                with(initial(), json!({"discounted_amount_mode_categories": ["cat_1"]})),
                [percent_off("10OFF", 10), of_category("20OFF", 20, "cat_1")],
            ),
            "valid: 10OFF 1000 → 9000, 20OFF 1800 → 7200",
        ),
    ]);
}

#[test]
fn rules_see_what_is_left_to_pay() {
    let over_100 =
        with(percent_off("20OFF", 20), json!({"rules": [leaf("order.amount", "$more_than", json!([10_000]))]}));
    let world = |stacking: Value, redeemables: [&Value; 2]| json!({"order": {"amount": 10_500}, "stacking": stacking, "redeemables": redeemables});
    let initial = json!({"discount_calculation_mode": "INITIAL_AMOUNT"});
    let ten = percent_off("10OFF", 10);
    check(&[
        (world(partial(json!({})), [&ten, &over_100]), "valid: 10OFF 1050 → 9450, 20OFF !order_rules_violated"),
        (world(json!({}), [&ten, &over_100]), "invalid: 10OFF 1050 → 9450, 20OFF !order_rules_violated"),
        (world(json!({}), [&over_100, &ten]), "valid: 20OFF 2100 → 8400, 10OFF 840 → 7560"),
        // Whatever percentages are of.
        (world(partial(initial), [&ten, &over_100]), "valid: 10OFF 1050 → 9450, 20OFF !order_rules_violated"),
    ]);
}

#[test]
fn all_or_nothing_or_in_part() {
    let world = |stacking: Value, redeemables: &[Value]| json!({"order": {"amount": 5500}, "stacking": stacking, "redeemables": redeemables});
    let (ten, old) = (amount_off("OFF10", 1000), expired(amount_off("OLD", 100)));
    let both = [old.clone(), ten.clone()];
    let tier = json!({"tier": "promo_1", "discount": {"type": "PERCENT", "percent_off": 10}});
    check(&[
        (world(json!({}), std::slice::from_ref(&ten)), "valid: OFF10 1000 → 4500"),
        (world(json!({}), &both), "invalid: OLD !voucher_expired, OFF10 preceding_validation_failed"),
        (world(json!({}), &[ten.clone(), old.clone()]), "invalid: OFF10 1000 → 4500, OLD !voucher_expired"),
        (world(partial(json!({})), &both), "valid: OLD !voucher_expired, OFF10 1000 → 4500"),
        (
            world(json!({}), &["eee33463".into(), tier]),
            "invalid: eee33463 !not_found, promo_1 preceding_validation_failed",
        ),
        (world(json!({}), &[]), "invalid: "),
        (world(partial(json!({})), std::slice::from_ref(&old)), "invalid: OLD !voucher_expired"),
    ]);

    // Where each is listed: all, cannot be applied, skipped.
    for (stacking, redeemables, listed) in [
        (json!({}), vec![old.clone(), ten.clone()], [vec![0, 1], vec![0], vec![1]]),
        (json!({}), vec![ten.clone(), old.clone()], [vec![0, 1], vec![1], vec![]]),
        (json!({}), vec![old.clone()], [vec![0], vec![0], vec![]]),
        (json!({}), vec![ten.clone()], [vec![0], vec![], vec![]]),
        (
            json!({"applicable_redeemables_limit": 1}),
            vec![ten.clone(), amount_off("B", 1)],
            [vec![0, 1], vec![], vec![1]],
        ),
        (partial(json!({})), vec![old.clone(), ten.clone()], [vec![1], vec![0], vec![]]),
        (
            partial(json!({"applicable_redeemables_limit": 1})),
            vec![ten.clone(), amount_off("B", 1)],
            [vec![0], vec![], vec![1]],
        ),
        (partial(json!({})), vec![old.clone()], [vec![0], vec![0], vec![]]),
    ] {
        World::new(world(stacking, &redeemables)).evaluate(|evaluation| {
            let listing = evaluation.listing();
            assert_eq!([listing.redeemables, listing.inapplicable, listing.skipped], listed, "{redeemables:?}");
        });
    }
}

#[test]
fn a_redemption_fails_with_the_words_of_whatever_stops_it() {
    let (ten, old) = (amount_off("OFF10", 1000), expired(amount_off("OLD", 100)));
    let nothing = json!({"redeemables_no_effect_rule": "SKIP"});
    for (stacking, redeemables, failure) in [
        (json!({}), vec![ten.clone()], None),
        (json!({}), vec![ten.clone(), old.clone()], Some((Some(1), "voucher_expired"))),
        (json!({}), vec![old.clone(), ten.clone()], Some((Some(0), "voucher_expired"))),
        (json!({}), vec!["X".into()], Some((Some(0), "not_found"))),
        (partial(json!({})), vec![old.clone(), ten.clone()], None),
        (partial(json!({})), vec![old.clone()], Some((Some(0), "voucher_expired"))),
        (partial(json!({})), vec![old.clone(), "X".into()], Some((None, "no_applicable_redeemables"))),
        (nothing, vec![amount_off("NIL", 0)], Some((None, "no_applicable_redeemables"))),
    ] {
        let world = json!({"order": {"amount": 5500}, "stacking": stacking, "redeemables": redeemables});
        World::new(world.clone()).evaluate(|evaluation| {
            let found = evaluation.failure().map(|failure| {
                let place = if let super::super::Failure::One(place, _) = failure { Some(place) } else { None };
                (place, super::key(&failure.error()))
            });
            assert_eq!(found, failure, "{world}");
        });
    }
}

#[test]
fn categories_decide_what_goes_together_and_how_often() {
    let of = |code, percent, category: &str, hierarchy| {
        with(percent_off(code, percent), json!({"category": category, "hierarchy": hierarchy}))
    };
    let categories = || json!({"exclusive_categories": ["vip"], "joint_categories": ["joint"]});
    let world = |stacking: Value, redeemables: &[Value]| json!({"order": {"amount": 10_000}, "stacking": with(categories(), stacking), "redeemables": redeemables});
    let (vip, common, joint) = (of("VIP50", 50, "vip", 1), of("10OFF", 10, "common", 1), of("JOINT", 10, "joint", 0));
    let by_hierarchy = || json!({"redeemables_sorting_rule": "CATEGORY_HIERARCHY"});
    check(&[
        (world(json!({}), &[vip.clone(), common.clone()]), "valid: VIP50 5000 → 5000, 10OFF exclusion_rules_not_met"),
        (world(json!({}), &[common.clone(), vip.clone()]), "valid: 10OFF exclusion_rules_not_met, VIP50 5000 → 5000"),
        (
            world(json!({}), &[expired(vip.clone()), common.clone()]),
            "invalid: VIP50 !voucher_expired, 10OFF preceding_validation_failed",
        ),
        (world(by_hierarchy(), &[joint.clone(), vip.clone()]), "valid: VIP50 5000 → 5000, JOINT 500 → 4500"),
        (
            world(
                json!({"applicable_redeemables_category_limits": {"common": 2}}),
                &[1, 2, 3].map(|n| of(["A", "B", "C"][n - 1], 10, "common", 1)),
            ),
            "valid: A 1000 → 9000, B 900 → 8100, C applicable_redeemables_per_category_limit_exceeded",
        ),
        (
            world(json!({}), &[vip.clone(), with(vip, json!({"code": "VIP2"}))]),
            "valid: VIP50 5000 → 5000, VIP2 applicable_exclusive_redeemables_limit_exceeded",
        ),
    ]);
}

#[test]
fn the_examples_of_the_manual() {
    let welcome = percent_off("WELCOME", 10);
    let bonus = with(amount_off("BONUS", 500), json!({"category": "joint"}));
    let vip = with(percent_off("VIP", 30), json!({"category": "vip"}));
    let world = |stacking: Value, vip: Value| {
        let categories = json!({"exclusive_categories": ["vip"], "joint_categories": ["joint"]});
        json!({"order": {"amount": 10_000}, "stacking": with(categories, stacking), "redeemables": [welcome, bonus, vip]})
    };
    check(&[
        (world(json!({}), vip.clone()), "valid: WELCOME exclusion_rules_not_met, VIP 3000 → 7000, BONUS 500 → 6500"),
        (
            world(json!({"grouped_redeemables_sorting_rule": "SORTING_RULE"}), vip.clone()),
            "valid: WELCOME exclusion_rules_not_met, BONUS 500 → 9500, VIP 2850 → 6650",
        ),
        (
            world(partial(json!({})), expired(vip.clone())),
            "valid: WELCOME 1000 → 9000, BONUS 500 → 8500, VIP !voucher_expired",
        ),
        (world(json!({}), expired(vip)), "invalid: WELCOME 1000 → 9000, BONUS 500 → 8500, VIP !voucher_expired"),
    ]);
}

#[test]
fn of_thirty_coupons_as_many_are_redeemed_as_the_limit_allows() {
    let codes: Vec<String> = (1..=30).map(|n| format!("C{n}")).collect();
    let coupons: Vec<Value> =
        codes.iter().map(|code| with(amount_off(code, 1), json!({"campaign": "camp_1"}))).collect();
    let world = World::new(json!({"order": {"amount": 10_000}, "redeemables": coupons}));
    let skipped: Vec<String> =
        codes[5..].iter().map(|code| format!("{code} applicable_redeemables_limit_exceeded")).collect();
    let applied = "C1 1 → 9999, C2 1 → 9998, C3 1 → 9997, C4 1 → 9996, C5 1 → 9995";
    assert_eq!(world.summary(), format!("valid: {applied}, {}", skipped.join(", ")));
    let (steps, whole) = world.orders();
    for (step, order) in (1..).zip(&steps) {
        assert_eq!((&order["discount_amount"], &order["applied_discount_amount"]), (&json!(step), &json!(1)));
    }
    assert_eq!((&whole["discount_amount"], &whole["applied_discount_amount"]), (&json!(5), &json!(5)));
}

#[test]
fn what_changes_nothing_is_redeemed_or_skipped() {
    let skip = json!({"redeemables_no_effect_rule": "SKIP"});
    let paid = json!({"amount": 500, "discount_amount": 500});
    let world = |order: &Value, stacking: &Value, redeemable: Value| json!({"order": order, "stacking": stacking, "redeemables": [redeemable]});
    let items = json!({"code": "ITEMS", "discount": {"type": "AMOUNT", "effect": "APPLY_TO_ITEMS", "amount_off": 1000},
                       "rules": [{"applicable_to": {"included_all": true}}]});
    let shipping = json!({"code": "SHIP", "discount": {"type": "UNIT", "effect": "ADD_MISSING_ITEMS", "unit_off": 1, "unit_type": "shipping"}});
    let points = json!({"code": "CARD", "loyalty": {"balance": 500, "ratio": 100, "worth": 20}});
    check(&[
        (world(&paid, &skip, percent_off("10OFF", 10)), "invalid: 10OFF no_effect"),
        (world(&paid, &json!({}), percent_off("10OFF", 10)), "valid: 10OFF 0 → 0"),
        // An order without lines has no items to discount, one without amounts nothing at all.
        (world(&json!({"amount": 20_000}), &json!({}), items.clone()), "valid: ITEMS 0 → 20000"),
        (world(&json!({"amount": 20_000}), &skip, items), "invalid: ITEMS no_effect"),
        (
            world(&json!({"items": [{"product_id": "a"}]}), &json!({}), amount_off("100OFF", 10_000)),
            "valid: 100OFF 0 → 0",
        ),
        (world(&json!({"items": []}), &skip, amount_off("100OFF", 10_000)), "invalid: 100OFF no_effect"),
        (world(&json!(null), &json!({}), amount_off("100OFF", 10_000)), "valid: 100OFF 0 → 0"),
        (world(&json!(null), &skip, amount_off("100OFF", 10_000)), "invalid: 100OFF no_effect"),
        // A free unit without a price is something, and so is a reward.
        (world(&json!({"amount": 1000}), &skip, shipping), "valid: SHIP 0 → 1000"),
        (world(&paid, &skip, json!({"code": "MUG", "loyalty": {"balance": 5, "points": 5}})), "valid: MUG 0 → 0"),
        (
            world(&json!(null), &skip, json!({"code": "MUG", "loyalty": {"balance": 5, "points": 5}})),
            "valid: MUG 0 → 0",
        ),
        // Where no points are needed, none are taken.
        (world(&paid, &skip, points), "invalid: CARD no_effect"),
    ]);
}

#[test]
fn a_line_is_discounted_by_several_redeemables_or_by_the_first() {
    let everything = json!([{"applicable_to": {"included_all": true}}]);
    let only_a = json!([{"applicable_to": {"included": [{"object": "product", "id": "a"}]}}]);
    let items = |code: &str, percent: i64, rules: &Value| json!({"code": code, "discount": {"type": "PERCENT", "effect": "APPLY_TO_ITEMS", "percent_off": percent}, "rules": rules});
    let order = json!({"items": [{"product_id": "a", "price": 1000, "quantity": 1}, {"product_id": "b", "price": 1000, "quantity": 1}]});
    let world = |mode: &str| {
        let stacking = json!({"redeemables_products_application_mode": mode});
        let redeemables = [items("A", 50, &only_a), items("ALL", 10, &everything), percent_off("10OFF", 10)];
        json!({"order": order, "stacking": stacking, "redeemables": redeemables})
    };
    check(&[
        (world("STACK"), "valid: A 500 → 1500, ALL 150 → 1350, 10OFF 135 → 1215"),
        (world("ONCE"), "valid: A 500 → 1500, ALL 100 → 1400, 10OFF 140 → 1260"),
    ]);
}

#[test]
fn what_others_have_reserved_is_gone() {
    let world = |redeemable: Value| json!({"order": {"amount": 6000}, "redeemables": [redeemable]});
    let coupon = |quantity: i64, redeemed: i64, locked: i64| {
        with(amount_off("A", 100), json!({"quantity": quantity, "redeemed": redeemed, "locked": locked}))
    };
    let gift = |credits: Value, locked: i64, balance: i64| json!({"code": "GIFT", "gift": {"balance": balance, "locked": locked, "credits": credits}});
    check(&[
        (world(coupon(1, 0, 0)), "valid: A 100 → 5900"),
        (world(coupon(1, 0, 1)), "invalid: A !quantity_exceeded"),
        (world(coupon(1, 1, 0)), "invalid: A !quantity_exceeded"),
        (world(coupon(4, 1, 2)), "valid: A 100 → 5900"),
        (world(coupon(4, 0, 4)), "invalid: A !quantity_exceeded"),
        (world(gift(json!(2500), 3000, 5000)), "invalid: GIFT !gift_amount_exceeded"),
        (world(gift(json!(2000), 3000, 5000)), "valid: GIFT 2000 → 4000"),
        (world(gift(json!(null), 3000, 5000)), "valid: GIFT 2000 → 4000"),
        (world(gift(json!(2000), 0, 2000)), "valid: GIFT 2000 → 4000"),
    ]);
}

#[test]
fn points_pay_for_orders() {
    let world = |amount: i64, points: Value, balance: i64| {
        let card =
            json!({"code": "CARD", "loyalty": {"balance": balance, "ratio": 100, "worth": 20, "points": points}});
        json!({"order": {"amount": amount}, "redeemables": [card]})
    };
    check(&[
        (world(45_000, json!(null), 5000), "valid: CARD 45000 → 0"),
        (world(45_000, json!(100), 5000), "valid: CARD 2000 → 43000"),
        (world(6000, json!(300), 5000), "valid: CARD 6000 → 0"),
        (world(6000, json!(300), 200), "invalid: CARD !loyalty_card_points_exceeded"),
    ]);
    let spent = World::new(world(45_000, json!(null), 5000))
        .evaluate(|evaluation| evaluation.last().map(|applied| json!(points_of(&applied.result))));
    assert_eq!(spent, Some(json!(2300)));
}

fn points_of(result: &crate::discount::Applied) -> Option<i64> {
    match result {
        crate::discount::Applied::LoyaltyCard(card) => Some(card.points),
        _ => None,
    }
}

#[test]
fn a_referral_code_is_for_others() {
    let world = |is_referrer: bool| {
        let code = with(percent_off("REF", 30), json!({"referrer": is_referrer}));
        json!({"order": {"amount": 20_000}, "customer": {}, "redeemables": [code]})
    };
    check(&[
        (world(true), "invalid: REF !referrer_not_permitted_to_redeem"),
        (world(false), "valid: REF 6000 → 14000"),
    ]);
}

#[test]
fn later_redeemables_find_the_units_that_earlier_ones_have_added() {
    let mug = json!({"code": "MUG", "discount": {"type": "UNIT", "effect": "ADD_NEW_ITEMS", "unit_off": 1, "unit_type": "mug"}});
    let two_mugs = with(
        amount_off("TWO", 500),
        json!({"rules": [leaf("order.items.any", "$is", json!([{"object": "product", "id": "mug"}]))]}),
    );
    let order = json!({"items": [{"product_id": "a", "price": 2000, "quantity": 1}]});
    let world = |redeemables: [&Value; 2]| json!({"order": order, "redeemables": redeemables});
    check(&[
        (world([&mug, &two_mugs]), "valid: MUG 1000 → 2000, TWO 500 → 1500"),
        (world([&two_mugs, &mug]), "invalid: TWO !order_rules_violated, MUG preceding_validation_failed"),
    ]);
    let (steps, whole) = World::new(world([&mug, &two_mugs])).orders();
    for order in steps.iter().chain([&whole]) {
        assert_eq!(order["items"][1]["product_id"], "mug");
        assert_eq!(order["amount"], 3000);
    }
    assert_eq!(whole["total_applied_discount_amount"], 1500);
}
