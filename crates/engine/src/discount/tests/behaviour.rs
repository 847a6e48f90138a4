//! What there is to say about discounts besides what they come to.

use guerdon_model::discount::ValueEffect::{ApplyToItems, ApplyToOrder};

use super::{
    vectors::{SAMPLE, check, row},
    *,
};

#[test]
fn without_a_complete_bundle_nothing_is_discounted() {
    let given = lines("a 2×1000, b 1×500");
    for offer in [
        off(900, "ORDER"),
        off(900, "ITEMS").on_all(),
        off(900, "ITEMS_BY_QUANTITY").on_all(),
        off(900, "ITEMS_PROPORTIONALLY").on_all(),
        percent(10.0, "ORDER"),
        percent(10.0, "ITEMS").on_all(),
        fixed(100, "ORDER"),
        fixed(100, "ITEMS").on_all(),
        free(1, "NEW", "a"),
        free(1, "MISSING", "shipping"),
        many(&[(1, "NEW", "a")]),
        replace(1, "limited").on_all(),
        gift(1000, None, ApplyToOrder),
        gift(1000, None, ApplyToItems).on_all(),
        points(None, 100, Decimal::from(20)),
    ] {
        let (next, outcome) = given.after(&offer.bundles(0)).expect("applied");
        assert_eq!(next.amounts, given.amounts, "{:?}", outcome.result);
        assert!(!outcome.has_effect, "{:?}", outcome.result);
    }
}

#[test]
fn only_as_many_points_and_credits_are_spent_as_are_needed() {
    let ratio = |offered| points(offered, 100, Decimal::from(20));
    for (given, offer, discount, spent) in [
        // 25.00 take two times 100 points, but only 150 are offered.
        (of(2_500), ratio(Some(150)), 2_500, 150),
        (of(2_500), ratio(Some(900)), 2_500, 200),
        (of(2_500), ratio(None), 2_500, 200),
        (of(1_000_000), ratio(None), 200_000, 10_000),
        (of(0), ratio(None), 0, 0),
        (of(0), ratio(Some(100)), 0, 0),
        (of(100), points(Some(1), 1_000, Decimal::new(1, 2)), 0, 0),
        (of(100), points(None, 0, Decimal::ONE), 0, 0),
        (of(100), points(None, 10, Decimal::ZERO), 0, 0),
        (of(0), gift(500, None, ApplyToOrder), 0, 0),
        (of(300), gift(500, Some(0), ApplyToOrder), 0, 0),
    ] {
        let (next, outcome) = given.after(&offer).expect("applied");
        assert_eq!((next.amounts.discount_amount, outcome.result.spent()), (discount, spent));
        assert_eq!(outcome.has_effect, spent > 0);
    }
    let locked = |locked| Offer::from(What::Gift(Gift { effect: ApplyToOrder, balance: 500, locked, credits: None }));
    let (_, outcome) = of(10_000).after(&locked(200)).expect("applied");
    assert_eq!(outcome.result.spent(), 300);
}

#[test]
fn what_can_not_be_paid_is_refused() {
    let no_amount = || lines("a 1, b 2");
    for (given, offer, refusal) in [
        (no_amount(), gift(500, None, ApplyToOrder), Refusal::MissingAmount),
        (no_amount(), points(None, 1, Decimal::ONE), Refusal::MissingAmount),
        (of(500), gift(500, None, ApplyToItems).on_all(), Refusal::MissingOrderItems),
        (no_amount(), gift(500, None, ApplyToItems).on_all(), Refusal::MissingOrderItemsAmount),
        (lines("a 1×500"), gift(500, None, ApplyToItems).on("b"), Refusal::MissingOrderItemsAmount),
        (of(500), gift(500, Some(501), ApplyToOrder), Refusal::GiftAmountExceeded),
        (of(500), points(Some(10_001), 1, Decimal::ONE), Refusal::LoyaltyCardPointsExceeded),
    ] {
        assert_eq!(given.after(&offer).map(|_| ()), Err(refusal));
    }
    // Coupons and promotion tiers just discount nothing.
    for offer in [off(500, "ORDER"), off(500, "ITEMS").on_all(), percent(10.0, "ORDER"), fixed(5, "ORDER")] {
        let (next, outcome) = no_amount().after(&offer).expect("applied");
        assert_eq!((next.amounts, outcome.has_effect), (no_amount().amounts, false));
    }
}

#[test]
#[rustfmt::skip]
fn replacements_are_paid_with_what_they_replace() {
    let one = json!({"aggregated_quantity_limit": 1});
    let rows: [(Given, Offer, &str); 6] = [
        (lines("tshirt 3×2000"), replace(1, "limited").on("tshirt").with(one.clone()),
         "amount 6500 (initial 6000), items [0, 500], q [2, 1] free [0, 0], id 500, td 500, T 6000"),
        (lines("bottle 3×2500"), replace(1, "mug").on("bottle").with(one.clone()),
         "amount 6000 (initial 7500), q [2, 1] free [0, 0], T 6000"),
        (lines("bottle 3×2500"), replace(3, "mug").on("bottle").with(one.clone()),
         "amount 8000 (initial 7500), items [0, 500], q [2, 3] free [0, 0], id 500, td 500, T 7500"),
        // Bundles multiply what is replaced, and so what is added.
        (lines("tshirt 3×2000, limited 1×2500"), replace(1, "limited").on("tshirt").with(one.clone()).bundles(2),
         "amount 9500 (initial 8500), items [0, 1000], q [1, 3] free [0, 0], id 1000, td 1000, T 8500"),
        // Nothing is replaced by itself or by what has no price.
        (lines("tshirt 3×2000"), replace(1, "tshirt").on("tshirt"), "amount 6000, T 6000"),
        (lines("tshirt 3×2000"), replace(1, "shipping").on("tshirt"), "amount 6000, T 6000"),
    ];
    for (given, offer, expected) in rows {
        let (next, outcome) = given.after(&offer).expect("applied");
        assert_eq!(notation(&next.amounts), expected);
        assert_eq!(outcome.has_effect, next.amounts.amount != given.amounts.amount);
    }
}

#[test]
fn a_line_whose_discount_would_be_worth_more_than_the_line_is_not_replaced() {
    let (given, _) = lines("bottle 1×2500").after(&off(2000, "ITEMS").on("bottle")).expect("applied");
    let (_, outcome) = given.after(&replace(1, "mug").on("bottle")).expect("applied");
    assert!(!outcome.has_effect);
    let (given, _) = lines("bottle 1×2500").after(&off(2000, "ORDER")).expect("applied");
    let (_, outcome) = given.after(&replace(1, "mug").on("bottle")).expect("applied");
    assert!(!outcome.has_effect);
}

#[test]
#[rustfmt::skip]
fn more_of_the_same_is_added_once_for_each_product_of_a_collection() {
    check(vec![
        row(0, lines("mug 1×1000, bottle 2×2500, mug 2×1000, p/s1 1×300, p/s2 1×400"), free(2, "SAME", "ADV"),
            "amount 12100 (initial 8700), items [2000, 0, 0, 600, 800], q [3, 2, 2, 3, 3] free [2, 0, 0, 2, 2], \
             id 3400, td 3400, T 8700"),
        row(0, lines("bottle 2×2500"), free(2, "SAME", "ADV"), "amount 5000, T 5000"),
    ]);
}

#[test]
fn an_item_discount_without_rules_about_items_discounts_nothing() {
    for offer in [off(5, "ITEMS"), percent(5.0, "ITEMS"), fixed(5, "ITEMS"), off(5, "ITEMS_PROPORTIONALLY")] {
        let (next, outcome) = lines(SAMPLE).after(&offer).expect("applied");
        assert_eq!((notation(&next.amounts).as_str(), outcome.has_effect), ("amount 17500, T 17500", false));
    }
}

#[test]
fn an_effect_that_was_not_chosen_depends_on_the_rules() {
    let plain = || discount(json!({"type": "PERCENT", "percent_off": 10}));
    check(vec![
        row(0, lines("a 1×1000, b 1×500"), plain(), "amount 1500, d 150, td 150, T 1350"),
        row(0, lines("a 1×1000, b 1×500"), plain().on("a"), "amount 1500, items [100, 0], id 100, td 100, T 1400"),
    ]);
}

#[test]
fn a_second_free_unit_of_a_kind_has_no_effect_and_an_unpriced_one_has() {
    let (given, first) = lines("a 1×1000").after(&free(1, "MISSING", "shipping")).expect("applied");
    let (_, second) = given.after(&free(1, "MISSING", "shipping")).expect("applied");
    assert_eq!((first.has_effect, second.has_effect), (true, false));
}

#[test]
fn an_unknown_unit_is_a_line_without_a_price() {
    let (next, outcome) = lines("a 1×1000").after(&free(2, "NEW", "prod_gone")).expect("applied");
    assert_eq!(notation(&next.amounts), "amount 1000, q [1, 2] free [0, 2], T 1000");
    assert_eq!(outcome.appended[0].product.as_ref().and_then(|product| product.id.as_deref()), Some("prod_gone"));
    assert!(matches!(outcome.result, Applied::Discount(Discount::Unit(unit)) if unit.product.is_none()));
}

#[test]
#[rustfmt::skip]
fn free_units_come_from_several_lines_and_count_units_that_were_free_before() {
    check(vec![
        // Two are free already, so one more of the third line is, and one is added to the first.
        (0, lines("a 1×1000, a 1×900"), vec![
            (free(2, "MISSING", "a"), "amount 1900, items [1000, 900], q [1, 1] free [1, 1], id 1900, td 1900, T 0"),
            (free(3, "MISSING", "a"), "amount 2900 (initial 1900), items [2000, 900], q [2, 1] free [2, 1], id 2900, td 2900, T 0"),
        ]),
        // The amount of a line wins over its price: its only unit is worth 800.
        row(0, sent(json!({"items": [{"product_id": "a", "quantity": 1, "price": 1000, "amount": 800}]})), free(2, "MISSING", "a"),
            "amount 1800 (initial 800), items [1800], q [2] free [2], id 1800, td 1800, T 0"),
        // A line without a price of its own: each unit is worth its share.
        row(0, sent(json!({"items": [{"product_id": "a", "quantity": 3, "amount": 1000}]})), free(2, "MISSING", "a"),
            "amount 1000, items [667], q [3] free [2], id 667, td 667, T 333"),
        row(0, sent(json!({"items": [{"product_id": "a", "quantity": 3, "amount": 1000}]})), free(1, "NEW", "a"),
            "amount 1333 (initial 1000), items [333], q [4] free [1], id 333, td 333, T 1000"),
        // An order without amounts gets one.
        row(0, lines("b 1"), free(1, "NEW", "charger"),
            "amount 3500 (initial 0), items [0, 3500], q [1, 1] free [0, 1], id 3500, td 3500, T 0"),
    ]);
}

#[test]
#[rustfmt::skip]
fn results_show_the_value_that_counted() {
    let units = |formula: &str| json!({"type": "UNIT", "unit_off": 1, "unit_off_formula": formula, "unit_type": "a"});
    let amount = |formula: &str| json!({"type": "AMOUNT", "effect": "APPLY_TO_ITEMS", "amount_off": 400, "amount_off_formula": formula});
    for (json, key, shown, is_dynamic, expected) in [
        (units("1 + 1"), "unit_off", json!(2), true, "amount 2000 (initial 1000), items [2000], q [2] free [2], id 2000, td 2000, T 0"),
        (units("-2"), "unit_off", json!(0), true, "amount 1000, T 1000"),
        (units("ORDER_METADATA(\"units\")"), "unit_off", json!(1), false, "amount 1000, items [1000], q [1] free [1], id 1000, td 1000, T 0"),
        (amount("1.06"), "amount_off", json!(106), true, "amount 1000, items [106], id 106, td 106, T 894"),
        // Computed for each line: the stored value is shown.
        (amount("ORDER_ITEM_PRICE * 0.25"), "amount_off", json!(400), true, "amount 1000, items [250], id 250, td 250, T 750"),
        (amount("ORDER_ITEM_METADATA(\"off\")"), "amount_off", json!(400), false, "amount 1000, items [400], id 400, td 400, T 600"),
        (json!({"type": "PERCENT", "percent_off": 5, "percent_off_formula": "100 / 8"}), "percent_off", json!(12.5), true,
         "amount 1000, items [125], id 125, td 125, T 875"),
        (json!({"type": "PERCENT", "percent_off": 5, "percent_off_formula": "120"}), "percent_off", json!(100), true,
         "amount 1000, items [1000], id 1000, td 1000, T 0"),
        (json!({"type": "FIXED", "fixed_amount": 5, "fixed_amount_formula": "ORDER_AMOUNT - 0.01"}), "fixed_amount", json!(999), true,
         "amount 1000, items [1], id 1, td 1, T 999"),
    ] {
        let (next, outcome) = lines("a 1×1000").after(&discount(json.clone()).on("a")).expect("applied");
        assert_eq!(notation(&next.amounts), expected, "{json}");
        let Applied::Discount(result) = outcome.result else { panic!("a discount") };
        assert_eq!((&json!(result)[key], &json!(result)["is_dynamic"]), (&shown, &json!(is_dynamic)), "{json}");
    }
}

#[test]
fn bundles_do_not_multiply_what_the_result_shows() {
    let (_, outcome) = lines(SAMPLE).after(&off(900, "ITEMS").on("ADV").bundles(3)).expect("applied");
    let Applied::Discount(result) = outcome.result else { panic!("a discount") };
    assert_eq!(json!(result)["amount_off"], 900);
}

#[test]
fn amounts_that_are_too_large_are_refused() {
    for (given, offer) in [
        (lines("a 1×1000"), free(i64::MAX, "NEW", "a")),
        (lines("a 1×1000"), free(i64::MAX, "MISSING", "a").bundles(2)),
        (of(i64::MAX), free(1, "NEW", "a")),
        (of(i64::MAX), percent(33.333333333333, "ORDER").limited(json!({"amount_limit": 1}))),
    ] {
        if let Ok((next, _)) = given.after(&offer) {
            assert_eq!(next.amounts.discount_amount, 1, "a percentage of the largest amount fits");
        }
    }
    assert_eq!(lines("a 1×1000").after(&free(i64::MAX, "NEW", "a")).map(|_| ()), Err(Refusal::Overflow));
    // More than anything costs is simply all of it.
    let (next, _) = lines("a 1×1000").after(&off(i64::MAX, "ITEMS").on("a").bundles(100)).expect("applied");
    assert_eq!(next.amounts.running_total(), 0);
}

#[test]
#[rustfmt::skip]
fn the_examples_of_the_manual() {
    let shop = || lines("mug 3×500, tray 1×2000");
    let of_amount = |effect: &str| off(1000, effect).on_all();
    let shirts = |unit: &str| replace(1, unit).on("tshirt").with(json!({"aggregated_quantity_limit": 1}));
    let cafe = || lines("mug 1×1000, bottle 2×2500");
    check(vec![
        row(0, shop(), of_amount("ORDER"), "amount 3500, d 1000, td 1000, T 2500"),
        row(0, shop(), of_amount("ITEMS"), "amount 3500, items [1000, 1000], id 2000, td 2000, T 1500"),
        row(0, shop(), of_amount("ITEMS_BY_QUANTITY"), "amount 3500, items [1500, 1000], id 2500, td 2500, T 1000"),
        row(0, shop(), of_amount("ITEMS_PROPORTIONALLY"), "amount 3500, items [429, 571], id 1000, td 1000, T 2500"),
        row(0, shop(), of_amount("ITEMS_PROPORTIONALLY_BY_QUANTITY"), "amount 3500, items [750, 250], id 1000, td 1000, T 2500"),
        row(0, shop(), percent(10.0, "ORDER"), "amount 3500, d 350, td 350, T 3150"),
        row(0, shop(), percent(10.0, "ITEMS").on_all(), "amount 3500, items [150, 200], id 350, td 350, T 3150"),
        row(0, shop(), fixed(3000, "ORDER"), "amount 3500, d 500, td 500, T 3000"),
        row(0, shop(), fixed(400, "ITEMS").on_all(), "amount 3500, items [300, 1600], id 1900, td 1900, T 1600"),
        row(0, lines("a 3×0"), percent(10.0, "ITEMS").on_all(), "amount 0, T 0"),
        row(0, sent(json!({"items": [{"product_id": "a", "quantity": 3, "amount": 1000}]})),
            percent(10.0, "ITEMS").on("a").with(json!({"quantity_limit": 2})), "amount 1000, items [67], id 67, td 67, T 933"),
        row(0, cafe(), free(1, "NEW", "mug"), "amount 7000 (initial 6000), items [1000, 0], q [2, 2] free [1, 0], id 1000, td 1000, T 6000"),
        row(0, cafe(), free(1, "MISSING", "mug"), "amount 6000, items [1000, 0], q [1, 2] free [1, 0], id 1000, td 1000, T 5000"),
        row(0, cafe(), free(2, "MISSING", "mug"), "amount 7000 (initial 6000), items [2000, 0], q [2, 2] free [2, 0], id 2000, td 2000, T 5000"),
        row(0, lines("tshirt 3×2000"), shirts("limited"), "amount 6500 (initial 6000), items [0, 500], q [2, 1] free [0, 0], id 500, td 500, T 6000"),
        row(0, lines("tshirt 3×2000, plain 1×1500"), shirts("plain"), "amount 7000 (initial 7500), q [2, 2] free [0, 0], T 7000"),
    ]);
}
