//! Orders and discounts with what comes of them. Lines are `name quantity×price`; tables are not
//! formatted, so that they stay tables.

use guerdon_model::discount::ValueEffect::{ApplyToItems, ApplyToOrder};

use super::*;

pub(super) const SAMPLE: &str = "mug 2×1000, poster 3×1500, tshirt 3×2000, bottle 2×2500";
const SAMPLE_2: &str = "tshirt 3×2000, poster 5×1500, mug 2×1000, socks 4×500, bottle 2×2500";
const SIX: &str = "a 1×2900, b 1×3100, a 1×2900, comic/sku_comic 1×1700, vase 1×1500, iphone 1×60000";

/// Its number, the order, and steps with what comes of each.
pub(super) type Row = (u8, Given, Vec<(Offer, &'static str)>);

pub(super) fn check(rows: Vec<Row>) {
    for (number, mut given, steps) in rows {
        for (place, (offer, expected)) in steps.iter().enumerate() {
            let (next, _) = given.after(offer).expect("applied");
            assert_eq!(notation(&next.amounts), *expected, "vector {number}, step {place}");
            given = next;
        }
    }
}

/// One step.
pub(super) fn row(number: u8, given: Given, offer: Offer, expected: &'static str) -> Row {
    (number, given, vec![(offer, expected)])
}

/// Prices that disagree with the amounts.
fn explicit() -> Given {
    sent(json!({"amount": 6000, "items": [{"product_id": "a", "quantity": 1, "price": 3000, "amount": 3300},
                                          {"product_id": "b", "quantity": 2, "price": 3000, "amount": 3400}]}))
}

#[test]
#[rustfmt::skip]
fn discounts_of_the_whole_order() {
    check(vec![
        row(1, of(20050), percent(10.0, "ORDER"), "amount 20050, d 2005, td 2005, T 18045"),
        row(27, stored(json!({"amount": 10000, "discount_amount": 9200})), off(1000, "ORDER"),
            "amount 10000, d 10000 (applied 800), td 10000, T 0"),
        row(29, lines("a 1×3500, b 1×7999"), percent(10.0, "ORDER").limited(json!({"amount_limit": 3000})),
            "amount 11499, d 1150, td 1150, T 10349"),
        row(37, of(10000), percent(5.0, "ORDER").bundles(5), "amount 10000, d 2500, td 2500, T 7500"),
        (39, of(10000), vec![
            (percent(10.0, "ORDER"), "amount 10000, d 1000, td 1000, T 9000"),
            (percent(20.0, "ORDER"), "amount 10000, d 2800 (applied 1800), td 2800, T 7200"),
        ]),
        (40, of(10000), vec![
            (percent(10.0, "ORDER").of_initial_amount(), "amount 10000, d 1000, td 1000, T 9000"),
            (percent(20.0, "ORDER").of_initial_amount(), "amount 10000, d 3000 (applied 2000), td 3000, T 7000"),
        ]),
        row(41, of(10000), fixed(6000, "ORDER"), "amount 10000, d 4000, td 4000, T 6000"),
        row(42, of(5000), fixed(6000, "ORDER"), "amount 5000, T 5000"),
        (43, of(10000), vec![
            (percent(10.0, "ORDER"), "amount 10000, d 1000, td 1000, T 9000"),
            (fixed(6000, "ORDER"), "amount 10000, d 4000 (applied 3000), td 4000, T 6000"),
        ]),
        row(44, of(100000), percent(10.0, "ORDER").limited(json!({"amount_limit": 3000})),
            "amount 100000, d 3000, td 3000, T 97000"),
        row(45, of(999), percent(33.33, "ORDER"), "amount 999, d 333, td 333, T 666"),
        row(46, of(5), percent(10.0, "ORDER"), "amount 5, d 1, td 1, T 4"),
        row(59, explicit(), percent(10.0, "ORDER"), "amount 6000, d 600, td 600, T 5400"),
        (66, of(10000), vec![
            (percent(60.0, "ORDER").of_initial_amount(), "amount 10000, d 6000, td 6000, T 4000"),
            (percent(60.0, "ORDER").of_initial_amount(), "amount 10000, d 10000 (applied 4000), td 10000, T 0"),
        ]),
    ]);
}

#[test]
#[rustfmt::skip]
fn amounts_off_items() {
    let four = "a 1×2000, b 1×8000, c 1×5000, d 1×180000";
    check(vec![
        row(2, lines(four), off(1000, "ITEMS").on("b a"),
            "amount 195000, items [1000, 1000, 0, 0], id 2000, td 2000, T 193000"),
        row(3, lines(four), off(1000, "ITEMS_PROPORTIONALLY").on("b a"),
            "amount 195000, items [200, 800, 0, 0], id 1000, td 1000, T 194000"),
        row(4, lines(SAMPLE), off(1000, "ITEMS").on("ADV"),
            "amount 17500, items [1000, 1000, 1000, 0], id 3000, td 3000, T 14500"),
        row(5, lines(SAMPLE), off(1000, "ITEMS_BY_QUANTITY").on("ADV"),
            "amount 17500, items [2000, 3000, 3000, 0], id 8000, td 8000, T 9500"),
        row(6, lines(SAMPLE), off(1000, "ITEMS_PROPORTIONALLY").on("ADV"),
            "amount 17500, items [160, 360, 480, 0], id 1000, td 1000, T 16500"),
        row(7, lines(SAMPLE), off(1000, "ITEMS_PROPORTIONALLY_BY_QUANTITY").on("ADV"),
            "amount 17500, items [250, 375, 375, 0], id 1000, td 1000, T 16500"),
        row(13, explicit(), off(300, "ITEMS_PROPORTIONALLY").on_all(),
            "amount 6000, items [148, 152], id 300, td 300, T 5700"),
        row(47, lines("a 1×1000, b 1×1000, c 1×1000"), off(100, "ITEMS_PROPORTIONALLY").on_all(),
            "amount 3000, items [34, 33, 33], id 100, td 100, T 2900"),
        row(48, lines("a 3×100, b 1×5000"), off(1000, "ITEMS_PROPORTIONALLY_BY_QUANTITY").on_all(),
            "amount 5300, items [300, 700], id 1000, td 1000, T 4300"),
        (87, lines("a 1×1000, b 1×1000"), vec![
            (off(600, "ITEMS").on("a"), "amount 2000, items [600, 0], id 600, td 600, T 1400"),
            (off(700, "ITEMS_PROPORTIONALLY").on_all(), "amount 2000, items [800, 500], id 1300, td 1300, T 700"),
        ]),
    ]);
}

#[test]
#[rustfmt::skip]
fn percentages_off_items() {
    check(vec![
        row(8, lines(SAMPLE), percent(10.0, "ITEMS").on("ADV"),
            "amount 17500, items [200, 450, 600, 0], id 1250, td 1250, T 16250"),
        row(52, lines(SAMPLE), percent(10.0, "ITEMS").rules(json!({"included_all": true, "excluded": [entry("poster")]})),
            "amount 17500, items [200, 0, 600, 500], id 1300, td 1300, T 16200"),
        (54, lines("a 1×10000"), vec![
            (percent(10.0, "ITEMS").on("a"), "amount 10000, items [1000], id 1000, td 1000, T 9000"),
            (percent(20.0, "ITEMS").on("a"), "amount 10000, items [2800], id 2800, td 2800, T 7200"),
        ]),
        (55, lines("a 1×10000"), vec![
            (percent(10.0, "ITEMS").on("a").of_initial_amount(), "amount 10000, items [1000], id 1000, td 1000, T 9000"),
            (percent(20.0, "ITEMS").on("a").of_initial_amount(), "amount 10000, items [3000], id 3000, td 3000, T 7000"),
        ]),
        (56, lines("a 1×10000, b 1×5000"), vec![
            (percent(10.0, "ITEMS").on("a").once(), "amount 15000, items [1000, 0], id 1000, td 1000, T 14000"),
            (percent(20.0, "ITEMS").on_all().once(), "amount 15000, items [1000, 1000], id 2000, td 2000, T 13000"),
        ]),
        row(67, lines("a 3×333, b 1×5"), percent(10.0, "ITEMS").on_all(),
            "amount 1004, items [100, 1], id 101, td 101, T 903"),
        row(78, lines("bosch 1×10000, book 1×1500"), percent(20.0, "ITEMS").on("BOOKS"),
            "amount 11500, items [0, 300], id 300, td 300, T 11200"),
        row(86, sent(json!({"items": [{"product_id": "a", "quantity": 1, "price": 1000, "discount_amount": 400}]})),
            percent(10.0, "ITEMS").on_all(), "amount 1000, items [100], id 100, td 100, T 900"),
    ]);
}

#[test]
#[rustfmt::skip]
fn new_prices_of_items() {
    let by_formula = |name: &str, formula: &str| {
        let mut entry = entry(name);
        entry["price_formula"] = json!(formula);
        entry["price"] = json!(2000);
        entry
    };
    let formulas = [
        ("pink", "IF(ORDER_AMOUNT > 300;ORDER_ITEM_PRICE * 0.8;ORDER_ITEM_PRICE)"),
        ("navy", "ORDER_ITEM_PRICE * 0.9"),
        ("shipping", "IF(ORDER_AMOUNT > 400;0;20)"),
        ("gray", "ORDER_ITEM_PRICE * 0.9"),
        ("pearl", "ORDER_ITEM_PRICE * 0.8"),
    ];
    let entries: Vec<Value> = formulas.iter().map(|(name, formula)| by_formula(name, formula)).collect();
    let priced = |name: &str, price: i64, limit: Option<i64>| {
        let mut entry = entry(name);
        entry["price"] = json!(price);
        entry["quantity_limit"] = json!(limit);
        entry
    };
    let no_price = || discount(json!({"type": "FIXED", "effect": "APPLY_TO_ITEMS"}));
    check(vec![
        row(9, lines(SAMPLE), no_price().on("ADV").with(json!({"price": 1000})),
            "amount 17500, items [0, 1500, 3000, 0], id 4500, td 4500, T 13000"),
        row(16, lines("pink 1×6500, navy 1×6000, shipping 1×2000, gray 2×5000, pearl 2×11000"),
            no_price().rules(json!({"included": entries})),
            "amount 46500, items [1300, 600, 2000, 1000, 4400], id 9300, td 9300, T 37200"),
        row(17, lines(SIX), no_price().on_all().with(json!({"price": 800})),
            "amount 72100, items [2100, 2300, 2100, 900, 700, 59200], id 67300, td 67300, T 4800"),
        (68, lines("a 2×1000"), vec![
            (off(500, "ITEMS").on("a"), "amount 2000, items [500], id 500, td 500, T 1500"),
            (fixed(700, "ITEMS").on("a"), "amount 2000, items [600], id 600, td 600, T 1400"),
        ]),
        row(69, lines("a 5×1000"), fixed(700, "ITEMS").on("a").with(json!({"quantity_limit": 3})),
            "amount 5000, items [900], id 900, td 900, T 4100"),
        row(70, lines("ticket 3×2500, drink 5×600"),
            no_price().bundles(2).rules(json!({"included": [priced("ticket", 1000, Some(1)), priced("drink", 200, Some(2))]})),
            "amount 10500, items [3000, 1600], id 4600, td 4600, T 5900"),
        row(71, lines("p/s1 1×1000, p/s2 1×1000"),
            no_price().rules(json!({"included": [priced("p", 900, None), priced("p/s1", 500, None)]})),
            "amount 2000, items [500, 100], id 600, td 600, T 1400"),
    ]);
}

#[test]
#[rustfmt::skip]
fn sequences_of_lines_and_units() {
    let from_dearest = |target: &str| json!({"effect": "APPLY_FROM_MOST_EXPENSIVE", "skip_initially": 1, "repeat": 2, "target": target});
    let limits = json!({"included": [
        {"object": "product", "id": "vase", "quantity_limit": 1, "aggregated_quantity_limit": 1},
        {"object": "product", "id": "rose", "quantity_limit": 2, "aggregated_quantity_limit": 3},
    ]});
    check(vec![
        row(10, lines(SAMPLE_2), off(500, "ITEMS").on("ADV").with(from_dearest("ITEM")),
            "amount 22500, items [0, 500, 0, 500, 0], id 1000, td 1000, T 21500"),
        row(11, lines(SAMPLE_2), off(500, "ITEMS_BY_QUANTITY").on("ADV").with(from_dearest("UNIT")),
            "amount 22500, items [500, 1500, 500, 1000, 0], id 3500, td 3500, T 19000"),
        row(12, lines("phone 1×70000, vase 2×1500, rose 2×500"), off(500, "ITEMS_BY_QUANTITY").rules(limits),
            "amount 74000, items [0, 500, 1000], id 1500, td 1500, T 72500"),
        row(38, lines("x 2×1000, x 4×1000"), percent(100.0, "ITEMS").on("x").with(json!({"aggregated_quantity_limit": 5})),
            "amount 6000, items [2000, 3000], id 5000, td 5000, T 1000"),
        row(49, lines("a 2×3000, b 3×1001"),
            percent(50.0, "ITEMS").on_all().with(json!({"effect": "APPLY_TO_CHEAPEST", "quantity_limit": 1})),
            "amount 9003, items [0, 501], id 501, td 501, T 8502"),
        row(53, lines("a 3×300"), off(500, "ITEMS_BY_QUANTITY").on("a").with(json!({"quantity_limit": 2})),
            "amount 900, items [600], id 600, td 600, T 300"),
        row(58, lines("a 10×100"),
            off(50, "ITEMS_BY_QUANTITY").on("a").with(json!({"target": "UNIT", "skip_initially": 1, "repeat": 3})),
            "amount 1000, items [150], id 150, td 150, T 850"),
        row(72, lines("a 2×3000, b 1×5000"),
            percent(50.0, "ITEMS").on_all().with(json!({"effect": "APPLY_FROM_CHEAPEST", "target": "UNIT", "skip_initially": 1, "repeat": 2})),
            "amount 11000, items [1500, 0], id 1500, td 1500, T 9500"),
        row(73, lines("a 4×1000, b 1×2000"), off(900, "ITEMS_PROPORTIONALLY").on_all().with(json!({"quantity_limit": 1})),
            "amount 6000, items [300, 600], id 900, td 900, T 5100"),
        row(85, lines("x 1, a 2×1000, b 1×500"), percent(50.0, "ITEMS").on_all().with(json!({"effect": "APPLY_TO_CHEAPEST"})),
            "amount 2500, items [0, 0, 250], id 250, td 250, T 2250"),
    ]);
}

#[test]
#[rustfmt::skip]
fn limits_of_amounts() {
    check(vec![
        row(50, lines(SAMPLE),
            percent(50.0, "ITEMS").on("ADV").limited(json!({"amount_limit": 1500, "aggregated_amount_limit": 4000})),
            "amount 17500, items [1000, 1500, 1500, 0], id 4000, td 4000, T 13500"),
        row(51, lines(SAMPLE),
            percent(50.0, "ITEMS").on("ADV").limited(json!({"amount_limit": 2500}))
                .with(json!({"amount_limit": 1200, "aggregated_amount_limit": 3000})),
            "amount 17500, items [1000, 1200, 800, 0], id 3000, td 3000, T 14500"),
        row(74, lines(SAMPLE), off(1000, "ITEMS").on("ADV").limited(json!({"aggregated_amount_limit": 2500})),
            "amount 17500, items [1000, 1000, 500, 0], id 2500, td 2500, T 15000"),
        row(82, lines(SAMPLE), off(1000, "ITEMS_PROPORTIONALLY").on("ADV").with(json!({"amount_limit": 300})),
            "amount 17500, items [160, 300, 300, 0], id 760, td 760, T 16740"),
    ]);
}

#[test]
#[rustfmt::skip]
fn free_units() {
    let with_shipping = stored(json!({"amount": 28000, "discount_amount": 8400, "items": [
        line("k 1×9500"), line("p 1×18500"),
        {"product_id": "shipping", "quantity": 1, "initial_quantity": 0, "discount_quantity": 1},
    ]}));
    check(vec![
        row(18, lines(SIX), free(5, "MISSING", "vase"),
            "amount 78100 (initial 72100), items [0, 0, 0, 0, 7500, 0], q [1, 1, 1, 1, 5, 1] free [0, 0, 0, 0, 5, 0], \
             id 7500, td 7500, T 70600"),
        row(19, lines(SIX), free(23, "MISSING", "sku_comic"),
            "amount 109500 (initial 72100), items [0, 0, 0, 39100, 0, 0], q [1, 1, 1, 23, 1, 1] free [0, 0, 0, 23, 0, 0], \
             id 39100, td 39100, T 70400"),
        row(20, lines(SIX), free(8, "NEW", "rose"),
            "amount 76100 (initial 72100), items [0, 0, 0, 0, 0, 0, 4000], q [1, 1, 1, 1, 1, 1, 8] free [0, 0, 0, 0, 0, 0, 8], \
             id 4000, td 4000, T 72100"),
        row(21, lines(SIX), many(&[(11, "MISSING", "sku_p"), (22, "NEW", "sku_comic"), (111, "MISSING", "iphone"), (222, "MISSING", "vase")]),
            "amount 9351000 (initial 72100), items [0, 0, 0, 37400, 333000, 6660000, 2310000], \
             q [1, 1, 1, 23, 222, 111, 11] free [0, 0, 0, 22, 222, 111, 11], id 9340400, td 9340400, T 10600"),
        row(22, lines("r 1×2900, b 1×3100"), many(&[(1, "MISSING", "r"), (1, "NEW", "b")]),
            "amount 9100 (initial 6000), items [2900, 3100], q [1, 2] free [1, 1], id 6000, td 6000, T 3100"),
        row(23, lines("coffee 1×1200, book 1×3100"), free(1, "MISSING", "shipping"),
            "amount 4300, q [1, 1, 1] free [0, 0, 1], T 4300"),
        row(24, lines("drill 1×10000, mech 1×40000"), free(1, "MISSING", "charger"),
            "amount 53500 (initial 50000), items [0, 0, 3500], q [1, 1, 1] free [0, 0, 1], id 3500, td 3500, T 50000"),
        row(25, with_shipping, free(3, "NEW", "sku_j"),
            "amount 117700 (initial 28000), d 8400 (applied 0), items [0, 0, 0, 89700], q [1, 1, 1, 3] free [0, 0, 1, 3], \
             id 89700, td 98100, T 19600"),
        row(26, lines("mug 1×1000, bottle 2×2500"), free(1, "NEW", "mug"),
            "amount 7000 (initial 6000), items [1000, 0], q [2, 2] free [1, 0], id 1000, td 1000, T 6000"),
        row(60, lines("a 3×1000"), free(1, "MISSING", "a"),
            "amount 3000, items [1000], q [3] free [1], id 1000, td 1000, T 2000"),
        (61, lines("a 1×1000, b 1×5000"), vec![
            (free(1, "MISSING", "a"), "amount 6000, items [1000, 0], q [1, 1] free [1, 0], id 1000, td 1000, T 5000"),
            (free(1, "MISSING", "a"), "amount 6000, items [1000, 0], q [1, 1] free [1, 0], id 1000, td 1000, T 5000"),
        ]),
        (62, lines("b 1×5000"), vec![
            (free(1, "NEW", "a"), "amount 6000 (initial 5000), items [0, 1000], q [1, 1] free [0, 1], id 1000, td 1000, T 5000"),
            (percent(10.0, "ORDER"), "amount 6000 (initial 5000), d 500, items [0, 1000], q [1, 1] free [0, 1], id 1000, td 1500, T 4500"),
        ]),
        (63, lines("b 1×5000"), vec![
            (free(1, "NEW", "a"), "amount 6000 (initial 5000), items [0, 1000], q [1, 1] free [0, 1], id 1000, td 1000, T 5000"),
            (percent(10.0, "ORDER").of_initial_amount(), "amount 6000 (initial 5000), d 500, items [0, 1000], q [1, 1] free [0, 1], id 1000, td 1500, T 4500"),
        ]),
        (79, lines("a 1×1000"), vec![
            (free(2, "NEW", "a"), "amount 3000 (initial 1000), items [2000], q [3] free [2], id 2000, td 2000, T 1000"),
            (percent(10.0, "ITEMS").on_all(), "amount 3000 (initial 1000), items [2100], q [3] free [2], id 2100, td 2100, T 900"),
        ]),
        (80, lines("a 1×1000"), vec![
            (percent(95.0, "ORDER"), "amount 1000, d 950, td 950, T 50"),
            (free(1, "MISSING", "a"), "amount 1000, d 950 (applied 0), items [50], q [1] free [1], id 50, td 1000, T 0"),
        ]),
        (81, lines("a 1×1000"), vec![
            (off(300, "ITEMS").on("a"), "amount 1000, items [300], id 300, td 300, T 700"),
            (free(2, "MISSING", "a"), "amount 2000 (initial 1000), items [2000], q [2] free [2], id 2000, td 2000, T 0"),
        ]),
        row(84, lines("a 1×1000"), many(&[(1, "NEW", "a"), (2, "NEW", "a")]),
            "amount 4000 (initial 1000), items [3000], q [4] free [3], id 3000, td 3000, T 1000"),
    ]);
}

#[test]
#[rustfmt::skip]
fn stacks_of_different_kinds() {
    check(vec![
        (14, lines("a 1×2000, b 1×700"), vec![
            (off(1000, "ITEMS").on_all(), "amount 2700, items [1000, 700], id 1700, td 1700, T 1000"),
            (What::Reward.into(), "amount 2700, items [1000, 700], id 1700, td 1700, T 1000"),
            (gift(100, Some(100), ApplyToOrder), "amount 2700, d 100, items [1000, 700], id 1700, td 1800, T 900"),
            (percent(40.0, "ORDER"), "amount 2700, d 460 (applied 360), items [1000, 700], id 1700, td 2160, T 540"),
            (off(30, "ORDER"), "amount 2700, d 490 (applied 30), items [1000, 700], id 1700, td 2190, T 510"),
        ]),
        (15, of(200000), vec![
            (gift(500, Some(100), ApplyToOrder), "amount 200000, d 100, td 100, T 199900"),
            (percent(20.0, "ORDER"), "amount 200000, d 40080 (applied 39980), td 40080, T 159920"),
            (off(8000, "ORDER"), "amount 200000, d 48080 (applied 8000), td 48080, T 151920"),
        ]),
        (28, lines("mug 3×1000, tshirt 3×2000, bottle 2×2500"), vec![
            (off(2000, "ITEMS").on("ADV"), "amount 14000, items [2000, 2000, 0], id 4000, td 4000, T 10000"),
            (off(2500, "ORDER"), "amount 14000, d 2500, items [2000, 2000, 0], id 4000, td 6500, T 7500"),
        ]),
        (57, lines("a 1×10000"), vec![
            (percent(95.0, "ORDER"), "amount 10000, d 9500, td 9500, T 500"),
            (off(1000, "ITEMS").on("a"), "amount 10000, d 9500 (applied 0), items [500], id 500, td 10000, T 0"),
        ]),
    ]);
}

#[test]
#[rustfmt::skip]
fn bundles() {
    check(vec![
        row(33, lines("beans 1×3000, filter 1×2000, machine 2×20000, grinder 2×5000"),
            off(1000, "ITEMS_PROPORTIONALLY").on("beans filter").bundles(2),
            "amount 55000, items [1200, 800, 0, 0], id 2000, td 2000, T 53000"),
        row(34, lines("balls 3×500, wristbands 2×700"), off(1000, "ITEMS_PROPORTIONALLY_BY_QUANTITY").on_all().bundles(2),
            "amount 2900, items [1200, 800], id 2000, td 2000, T 900"),
        row(35, lines("laptop 2×100000, bag 2×5000, mouse 3×4000"),
            off(2000, "ITEMS_BY_QUANTITY").on("mouse").with(json!({"quantity_limit": 1})).bundles(2),
            "amount 222000, items [0, 0, 4000], id 4000, td 4000, T 218000"),
        row(36, lines("laptop 2×100000, bag 2×5000, mouse 1×5000, mouse 1×5000, mouse 1×5000"),
            off(2000, "ITEMS").on("mouse").bundles(2),
            "amount 225000, items [0, 0, 4000, 4000, 4000], id 12000, td 12000, T 213000"),
    ]);
}

/// Also says what was spent.
type Spending = (u8, Given, Offer, &'static str, i64);

#[test]
#[rustfmt::skip]
fn gift_cards_and_points() {
    let twenty_per_hundred = |offered| points(offered, 100, Decimal::from(20));
    let of_a = json!({"included": [{"object": "product", "id": "a", "amount_limit": 1000}, entry("b")]});
    let rows: Vec<Spending> = vec![
        (30, of(45000), twenty_per_hundred(Some(100)), "amount 45000, d 2000, td 2000, T 43000", 100),
        (31, of(6000), twenty_per_hundred(Some(300)), "amount 6000, d 6000, td 6000, T 0", 300),
        (32, of(14500), points(Some(10), 10, Decimal::new(5, 1)), "amount 14500, d 50, td 50, T 14450", 10),
        (64, lines("a 1×3000, b 1×2000, c 1×9000"), gift(9000, Some(4000), ApplyToItems).on("a b"),
         "amount 14000, items [3000, 1000, 0], id 4000, td 4000, T 10000", 4000),
        (65, of(1500), gift(9000, Some(4000), ApplyToOrder), "amount 1500, d 1500, td 1500, T 0", 1500),
        (75, stored(json!({"amount": 20000, "discount_amount": 4600})), points(Some(5), 1, Decimal::ONE),
         "amount 20000, d 5100 (applied 500), td 5100, T 14900", 5),
        (76, lines("a 2×6500, b 2×5000, c 2×4500, d 3×29900, e 4×11000"), gift(21500, None, ApplyToOrder),
         "amount 165700, d 21500, td 21500, T 144200", 21500),
        (77, lines("x 1, p 2×22500"), twenty_per_hundred(None), "amount 45000, d 45000, td 45000, T 0", 2300),
        (83, lines("a 1×3000, b 1×2000"), gift(9000, Some(4000), ApplyToItems).rules(of_a),
         "amount 5000, items [1000, 2000], id 3000, td 3000, T 2000", 3000),
    ];
    for (number, given, offer, expected, spent) in rows {
        let (next, outcome) = given.after(&offer).expect("applied");
        assert_eq!(notation(&next.amounts), expected, "vector {number}");
        assert_eq!(outcome.result.spent(), spent, "vector {number}");
        assert!(outcome.has_effect);
    }
}
