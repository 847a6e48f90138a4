//! What formulas give.

use super::*;

const ORDER: Amount = Amount::Order;
const PRICE: Amount = Amount::Item(Item::Discounted, ItemAmount::Price);

/// What a formula is for, with what it should give there.
#[derive(Debug, PartialEq)]
enum Gives {
    /// Minor units.
    Amount(i64),
    Percent(&'static str),
    Whole(i64),
    /// The number itself.
    Number(&'static str),
    /// It can't be computed.
    Fallback,
}

fn check(rows: impl IntoIterator<Item = (&'static str, Given, Gives)>) {
    for (text, given, expected) in rows {
        let formula = formula(text);
        let found = match expected {
            Gives::Amount(_) => formula.amount(&given).map(Gives::Amount),
            Gives::Whole(_) => formula.whole(&given).map(Gives::Whole),
            Gives::Percent(percent) => formula
                .percent(&given)
                .map(|found| Gives::Percent(if found == decimal(percent) { percent } else { "" })),
            Gives::Number(number) => {
                formula.number(&given).map(|found| Gives::Number(if found == decimal(number) { number } else { "" }))
            }
            Gives::Fallback => formula.number(&given).map(|_| Gives::Number("something")),
        };
        let found = found.unwrap_or(Gives::Fallback);
        assert_eq!(found, expected, "{text} gives {:?}", formula.number(&given).map(|number| number.to_string()));
    }
}

#[test]
fn money_is_counted_in_main_units_and_given_back_in_minor_ones() {
    let order = |amount| given().amount(ORDER, amount);
    let item = |amount, price| order(amount).amount(PRICE, price);
    let by_order = "IF(ORDER_AMOUNT > 300;ORDER_ITEM_PRICE * 0.8;ORDER_ITEM_PRICE)";
    let by_less = "IF(ORDER_AMOUNT > 200;ORDER_ITEM_PRICE * 0.9;ORDER_ITEM_PRICE)";
    check([
        ("IF(ORDER_AMOUNT > 150;15;10)", order(11_499), Gives::Percent("10")),
        ("IF(ORDER_AMOUNT > 150;15;10)", order(15_000), Gives::Percent("10")),
        ("IF(ORDER_AMOUNT > 150;15;10)", order(15_001), Gives::Percent("15")),
        ("IF(ORDER_AMOUNT > 400;0;20)", order(46_500), Gives::Amount(0)),
        ("IF(ORDER_AMOUNT > 400;0;20)", order(30_000), Gives::Amount(2_000)),
        (by_order, item(46_500, 6_500), Gives::Amount(5_200)),
        (by_order, item(46_500, 11_000), Gives::Amount(8_800)),
        (by_order, item(30_000, 6_500), Gives::Amount(6_500)),
        (by_less, item(46_500, 6_000), Gives::Amount(5_400)),
        (by_less, item(46_500, 5_000), Gives::Amount(4_500)),
        ("ORDER_ITEM_PRICE * 0.01 + 1", item(0, 600), Gives::Amount(106)),
        ("ORDER_ITEM_PRICE * 0.01 + 1", item(0, 1_000), Gives::Amount(110)),
        ("IF(ORDER_AMOUNT > 200;ORDER_AMOUNT * 0.15;ORDER_AMOUNT * 0.05)", order(20_001), Gives::Amount(3_000)),
        ("IF(ORDER_AMOUNT > 500;ROUND(ORDER_AMOUNT * 1.5;0);ROUND(ORDER_AMOUNT;0))", order(50_100), Gives::Whole(752)),
        // Half a minor unit is rounded up, and nothing is less than free.
        ("0.005", given(), Gives::Amount(1)),
        ("0.0049", given(), Gives::Amount(0)),
        ("-5", given(), Gives::Amount(0)),
        ("92233720368547758.07", given(), Gives::Amount(i64::MAX)),
        ("92233720368547758.08", given(), Gives::Number("92233720368547758.08")),
    ]);
    assert!(formula("92233720368547758.08").amount(&given()).is_err());
}

#[test]
fn percentages_stay_between_nothing_and_everything_and_units_and_points_are_whole() {
    check([
        ("12.5", given(), Gives::Percent("12.5")),
        ("101", given(), Gives::Percent("100")),
        ("-1", given(), Gives::Percent("0")),
        ("12.6", given(), Gives::Whole(13)),
        ("12.4", given(), Gives::Whole(12)),
        ("12.5", given(), Gives::Whole(13)),
        ("-12.5", given(), Gives::Whole(0)),
    ]);
}

#[test]
fn metadata_is_taken_as_it_is() {
    let brands = r#"IF(CUSTOMER_METADATA("favorite_brands") contains "Nike";20;CUSTOMER_METADATA("age"))"#;
    let age = r#"IF(ORDER_AMOUNT > 100;CUSTOMER_METADATA("age") + 2;CUSTOMER_METADATA("age") - -2)"#;
    let visits = r#"IF(CUSTOMER_METADATA("visits") > 10 AND ORDER_METADATA("day_of_week") = 5;20;3)"#;
    let store = r#"SWITCH(ORDER_METADATA("store_city");SWITCH_CASE("Boston";10) SWITCH_CASE("New York";15);5)"#;
    let default = r#"DEFAULT_TO(REDEMPTION_METADATA("store_list") / 2;5)"#;
    let redemption = |metadata| given().metadata(Owner::Redemption, metadata);
    let visited = |visits, day: i32| given().customer(json!({"visits": visits})).order(json!({"day_of_week": day}));
    check([
        (brands, given().customer(json!({"favorite_brands": ["Nike", "X"]})), Gives::Amount(2_000)),
        (brands, given().customer(json!({"favorite_brands": ["X"], "age": 30})), Gives::Amount(3_000)),
        (brands, given().customer(json!({"favorite_brands": "Nike and X"})), Gives::Amount(2_000)),
        (brands, given().customer(json!({"age": 30})), Gives::Fallback),
        (brands, given().customer(json!({"favorite_brands": null, "age": 30})), Gives::Fallback),
        (age, given().amount(ORDER, 5_000).customer(json!({"age": 30})), Gives::Whole(32)),
        (age, given().amount(ORDER, 50_000).customer(json!({"age": "30"})), Gives::Whole(32)),
        (age, given().amount(ORDER, 50_000).customer(json!({"age": "thirty"})), Gives::Fallback),
        (store, given().order(json!({"store_city": "Boston"})), Gives::Percent("10")),
        (store, given().order(json!({"store_city": "New York"})), Gives::Percent("15")),
        (store, given().order(json!({"store_city": "Oslo"})), Gives::Percent("5")),
        (store, given().order(json!({})), Gives::Fallback),
        (default, redemption(json!({})), Gives::Number("5")),
        (default, redemption(json!({"store_list": 8})), Gives::Number("4")),
        (visits, visited(11, 5), Gives::Percent("20")),
        (visits, visited(11, 4), Gives::Percent("3")),
        (r#"CUSTOMER_METADATA("age")"#, given().customer(json!({"age": "30"})), Gives::Number("30")),
        (r#"CUSTOMER_METADATA("vip") is "true""#, given().customer(json!({"vip": true})), Gives::Fallback),
        (r#"IF(CUSTOMER_METADATA("vip");2;1)"#, given().customer(json!({"vip": true})), Gives::Number("2")),
        (r#"IF(CUSTOMER_METADATA("vip");2;1)"#, given().customer(json!({"vip": "false"})), Gives::Number("1")),
        (r#"IF(CUSTOMER_METADATA("vip") is "true";2;1)"#, given().customer(json!({"vip": true})), Gives::Number("2")),
    ]);
}

#[test]
fn quantities_are_counted() {
    let nested = "IF(ORDER_ITEMS_QUANTITY > 4;IF(ORDER_AMOUNT > 200;25;15);10)";
    let thirds = "IF(ORDER_UNITS_QUANTITY > 5;FLOOR(ORDER_UNITS_QUANTITY / 3;0);1)";
    let items = |count| given().quantity(Quantity::OrderItems, count).amount(ORDER, 15_000);
    let units = |count| given().quantity(Quantity::OrderUnits, count);
    let published = |count| given().quantity(Quantity::VoucherPublications, count);
    check([
        (nested, items(5), Gives::Percent("15")),
        (nested, items(4), Gives::Percent("10")),
        (nested, items(5).amount(ORDER, 0), Gives::Percent("15")),
        (thirds, units(8), Gives::Whole(2)),
        (thirds, units(5), Gives::Whole(1)),
        ("IF(VOUCHER_PUBLISH_COUNT = 1;25;5)", published(1), Gives::Amount(2_500)),
        ("IF(VOUCHER_PUBLISH_COUNT = 1;25;5)", published(0), Gives::Amount(500)),
        ("5 * ORDER_BUNDLE_QUANTITY", given().quantity(Quantity::OrderBundles, 3), Gives::Whole(15)),
        // A voucher without a limit has no redemption quantity.
        ("DEFAULT_TO(VOUCHER_REDEMPTION_QUANTITY - VOUCHER_REDEEMED_QUANTITY;7)", given(), Gives::Whole(7)),
    ]);
}

#[test]
fn arithmetic_is_that_of_decimals() {
    let value = |number| given().customer(json!({"x": number}));
    check([
        ("(10 - 4) * 2 - 3 / 2", given(), Gives::Number("10.5")),
        ("MIN(7; MAX(2;3))", given(), Gives::Number("3")),
        ("1 / 0", given(), Gives::Fallback),
        ("1 % 0", given(), Gives::Fallback),
        (r#"ROUND(CUSTOMER_METADATA("x");1)"#, value(75.55), Gives::Number("75.6")),
        (r#"ROUND(CUSTOMER_METADATA("x");0)"#, value(75.55), Gives::Number("76")),
        (r#"ROUND(CUSTOMER_METADATA("x");-1)"#, value(75.55), Gives::Number("80")),
        (r#"FLOOR(CUSTOMER_METADATA("x");1)"#, value(75.55), Gives::Number("75.5")),
        (r#"FLOOR(CUSTOMER_METADATA("x");0)"#, value(75.55), Gives::Number("75")),
        (r#"FLOOR(CUSTOMER_METADATA("x");-1)"#, value(75.55), Gives::Number("70")),
        (r#"CEIL(CUSTOMER_METADATA("x");1)"#, value(74.44), Gives::Number("74.5")),
        (r#"CEIL(CUSTOMER_METADATA("x");0)"#, value(74.44), Gives::Number("75")),
        (r#"CEIL(CUSTOMER_METADATA("x");-1)"#, value(74.44), Gives::Number("80")),
        ("0.1 + 0.2", given(), Gives::Number("0.3")),
        ("FLOOR(10 / 3 * 3;0)", given(), Gives::Number("10")),
        ("10 - 4 - 3", given(), Gives::Number("3")),
        ("24 / 4 / 3", given(), Gives::Number("2")),
        ("2 + 3 * 4 - 6 / 2", given(), Gives::Number("11")),
        ("17 % 5", given(), Gives::Number("2")),
        ("-17 % 5", given(), Gives::Number("-2")),
        ("10 - (4 - 3)", given(), Gives::Number("9")),
        ("2 x 3", given(), Gives::Number("6")),
        ("2 × 3 ÷ 4", given(), Gives::Number("1.5")),
        ("--2", given(), Gives::Number("2")),
        ("5 - -2", given(), Gives::Number("7")),
        ("-(2 + 3)", given(), Gives::Number("-5")),
        (r#""4" * "2.5""#, given(), Gives::Number("10")),
        ("POW(1.05;2)", given(), Gives::Number("1.1025")),
        ("POW(16;0.5)", given(), Gives::Number("4")),
        ("MAX(1)", given(), Gives::Number("1")),
        ("MIN(3;-1;2)", given(), Gives::Number("-1")),
        ("79228162514264337593543950335 + 1", given(), Gives::Fallback),
    ]);
}

#[test]
fn conditions_are_joined_from_the_tightest_to_the_loosest() {
    check([
        ("IF(1 > 2 AND 1 > 2 OR 3 > 2;1;0)", given(), Gives::Number("1")),
        ("IF(3 > 2 OR 1 > 2 AND 1 > 2;1;0)", given(), Gives::Number("1")),
        ("IF((3 > 2 OR 1 > 2) AND 1 > 2;1;0)", given(), Gives::Number("0")),
        ("IF(1 + 1 > 3 - 2;1;0)", given(), Gives::Number("1")),
        ("IF(2 >= 2 AND 2 <= 2;1;0)", given(), Gives::Number("1")),
        ("IF(2 < 2 OR 2 > 2;1;0)", given(), Gives::Number("0")),
        ("IF((1 > 2) is \"false\";1;0)", given(), Gives::Number("1")),
        // What is behind the decision is not looked at.
        (r#"IF(1 > 2 AND ORDER_METADATA("x") > 1;1;0)"#, given(), Gives::Number("0")),
        (r#"IF(2 > 1 OR ORDER_METADATA("x") > 1;1;0)"#, given(), Gives::Number("1")),
        (r#"IF(ORDER_METADATA("x") > 1 OR 2 > 1;1;0)"#, given(), Gives::Fallback),
        (r#"IF(2 > 1;1;ORDER_METADATA("x"))"#, given(), Gives::Number("1")),
        ("IF(2 > 1;1;1 / 0)", given(), Gives::Number("1")),
        ("SWITCH(1;SWITCH_CASE(1;2) SWITCH_CASE(1 / 0;3);1 / 0)", given(), Gives::Number("2")),
    ]);
}

#[test]
fn texts_are_compared_with_case() {
    let city = |city: Value| given().order(json!({"city": city}));
    let rows = [
        (r#"IF(ORDER_METADATA("city") is "Boston";1;0)"#, json!("Boston"), true),
        (r#"IF(ORDER_METADATA("city") is "Boston";1;0)"#, json!("boston"), false),
        (r#"IF(ORDER_METADATA("city") isNot "Boston";1;0)"#, json!("Oslo"), true),
        (r#"IF(ORDER_METADATA("city") = "Boston";1;0)"#, json!("Boston"), true),
        (r#"IF(ORDER_METADATA("city") = 5;1;0)"#, json!("5.0"), true),
        (r#"IF(ORDER_METADATA("city") = 5;1;0)"#, json!("five"), false),
        (r#"IF(ORDER_METADATA("city") is "5";1;0)"#, json!(5), true),
        (r#"IF(ORDER_METADATA("city") is "5";1;0)"#, json!("5.0"), false),
        (r#"IF(ORDER_METADATA("city") contains "ost";1;0)"#, json!("Boston"), true),
        (r#"IF(ORDER_METADATA("city") contains "OST";1;0)"#, json!("Boston"), false),
        (r#"IF(ORDER_METADATA("city") contains "ost";1;0)"#, json!(["Boston"]), false),
        (r#"IF(ORDER_METADATA("city") contains 5;1;0)"#, json!(["a", null, {}, 5]), true),
        (r#"IF(ORDER_METADATA("city") contains 5;1;0)"#, json!([]), false),
        (r#"IF(ORDER_METADATA("city") contains 5;1;0)"#, json!(1.50), true),
        (r#"IF(ORDER_METADATA("city") startsWith "Bos";1;0)"#, json!("Boston"), true),
        (r#"IF(ORDER_METADATA("city") endsWith "ton";1;0)"#, json!("Boston"), true),
        (r#"IF(ORDER_METADATA("city") endsWith "Bos";1;0)"#, json!("Boston"), false),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY "EU,EMEA";1;0)"#, json!("EMEA"), true),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY "EU, EMEA";1;0)"#, json!("EMEA"), true),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY "EU,EMEA";1;0)"#, json!("E"), false),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY "1,2,3";1;0)"#, json!(2), true),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY "1,2.0,3";1;0)"#, json!(2), true),
        (r#"IF(ORDER_METADATA("city") IN_ARRAY 2;1;0)"#, json!("2"), true),
        (r#"IF("EMEA" IN_ARRAY ORDER_METADATA("city");1;0)"#, json!(["EU", "EMEA"]), true),
        (r#"IF(ORDER_METADATA("city") NOT_IN_ARRAY "EU,EMEA";1;0)"#, json!("US"), true),
        (r#"IF(ORDER_METADATA("city") NOT_IN_ARRAY "EU,EMEA";1;0)"#, json!("EU"), false),
        (r#"SWITCH(ORDER_METADATA("city");SWITCH_CASE(5;1);0)"#, json!("5"), true),
        (r#"SWITCH(ORDER_METADATA("city");SWITCH_CASE("a";1);SWITCH_CASE("b";1);0)"#, json!("b"), true),
    ];
    check(rows.map(|(text, value, holds)| (text, city(value), Gives::Whole(holds.into()))));
}

#[test]
fn dates_are_those_of_the_project() {
    let dates = || {
        given()
            .date(DateOf::CustomerBirthdate, "1990-07-14")
            .date(DateOf::VoucherStart, "2023-08-01T00:00:00Z")
            .date(DateOf::VoucherExpiration, "2023-08-18T10:00:00Z")
            .order(json!({"day": "2023-06-30", "moment": "2023-08-18T05:00:00+02:00"}))
    };
    let rows = [
        // It is half past midnight on the 18th in Warsaw.
        ("DAY_OF_MONTH(TODAY)", 18),
        ("DAY_OF_MONTH(NOW)", 18),
        ("MONTH(TODAY)", 8),
        ("YEAR(TODAY)", 2023),
        ("YEAR(CUSTOMER_BIRTHDATE)", 1990),
        ("MONTH(VOUCHER_START_DATE) + DAY_OF_MONTH(VOUCHER_START_DATE)", 9),
        ("YEARS_SINCE(CUSTOMER_BIRTHDATE)", 33),
        ("MONTHS_SINCE(CUSTOMER_BIRTHDATE)", 397),
        ("DAYS_SINCE(VOUCHER_START_DATE)", 17),
        ("DAYS_SINCE(DATE(\"2023-08-17\"))", 1),
        ("DAYS_SINCE(DATE_TIME(\"2023-08-17T22:30:00Z\"))", 0),
        ("DAYS_SINCE(TODAY)", 0),
        ("DAYS_UNTIL(DATE(\"2023-12-25\"))", 129),
        ("MONTHS_UNTIL(DATE(\"2023-12-25\"))", 4),
        ("MONTHS_UNTIL(DATE(\"2023-12-17\"))", 3),
        ("0 - DAYS_UNTIL(DATE(\"2023-08-17\"))", 1),
        ("DAYS_SINCE(ORDER_METADATA(\"day\"))", 49),
        ("IF(TODAY DATE_IS DATE(\"2023-08-18\");1;0)", 1),
        ("IF(NOW DATE_IS TODAY;1;0)", 1),
        ("IF(VOUCHER_EXPIRATION_DATE DATE_IS TODAY;1;0)", 1),
        ("IF(VOUCHER_START_DATE DATE_IS_NOT TODAY;1;0)", 1),
        ("IF(NOW IS_AFTER TODAY;1;0)", 1),
        ("IF(TODAY IS_AFTER TODAY;1;0)", 0),
        ("IF(TODAY IS_BEFORE TODAY;1;0)", 0),
        ("IF(NOW IS_BEFORE VOUCHER_EXPIRATION_DATE;1;0)", 1),
        ("IF(DATE(\"2023-08-18\") IS_BEFORE DATE_TIME(\"2023-08-17T23:00:00Z\");1;0)", 1),
        ("IF(ORDER_METADATA(\"moment\") IS_AFTER NOW;1;0)", 1),
        ("IF(ORDER_METADATA(\"moment\") DATE_IS \"2023-08-18\";1;0)", 1),
    ];
    check(rows.map(|(text, number)| (text, dates(), Gives::Whole(number))));
}

#[test]
fn what_is_missing_is_replaced_only_by_a_default() {
    check([
        (r#"DEFAULT_TO(ORDER_METADATA("a");ORDER_METADATA("b");3)"#, given(), Gives::Number("3")),
        (
            r#"DEFAULT_TO(ORDER_METADATA("a");ORDER_METADATA("b");3)"#,
            given().order(json!({"a": null, "b": 2})),
            Gives::Number("2"),
        ),
        (r#"DEFAULT_TO(ORDER_METADATA("a"))"#, given(), Gives::Fallback),
        (r#"DEFAULT_TO(ORDER_METADATA("a");1) + ORDER_METADATA("b")"#, given(), Gives::Fallback),
        (r#"DEFAULT_TO(IF(ORDER_METADATA("a") > 1;1;2);9)"#, given(), Gives::Number("9")),
        // Nothing is missing here.
        ("DEFAULT_TO(1 / 0;5)", given(), Gives::Fallback),
        (r#"DEFAULT_TO(ORDER_METADATA("a");5)"#, given().order(json!({"a": "x"})), Gives::Fallback),
        (r#"DEFAULT_TO(ORDER_METADATA("a");5)"#, given().order(json!({"a": 0})), Gives::Number("0")),
        ("ORDER_AMOUNT", given(), Gives::Fallback),
    ]);
}

#[test]
fn every_operand_asks_for_what_its_name_says() {
    for (text, given) in [
        ("CHEAPEST_ORDER_ITEM_SUBTOTAL", given().amount(Amount::Item(Item::Cheapest, ItemAmount::Subtotal), 300)),
        (
            "MOST_EXPENSIVE_ORDER_ITEM_AMOUNT",
            given().amount(Amount::Item(Item::MostExpensive, ItemAmount::Amount), 300),
        ),
        ("ORDER_ITEM_UNITS_QUANTITY", given().quantity(Quantity::ItemUnits(Item::Discounted), 3)),
        (r#"ORDER_ITEM_METADATA("n")"#, given().metadata(Owner::Item(Item::Discounted), json!({"n": 3}))),
        (
            r#"CHEAPEST_ORDER_ITEM_PRODUCT_METADATA("n")"#,
            given().metadata(Owner::ItemProduct(Item::Cheapest), json!({"n": 3})),
        ),
        (r#"PUBLICATION_METADATA("n")"#, given().metadata(Owner::Publication, json!({"n": 3}))),
        (r#"REDEEMABLE_METADATA("n")"#, given().metadata(Owner::Redeemable, json!({"n": 3}))),
        (r#"CUSTOM_EVENT_METADATA("n")"#, given().metadata(Owner::CustomEvent, json!({"n": 3}))),
        ("MONTH(PROMOTION_TIER_START_DATE)", given().date(DateOf::PromotionTierStart, "2023-03-01")),
        ("MONTH(PROMOTION_TIER_EXPIRATION_DATE)", given().date(DateOf::PromotionTierExpiration, "2023-03-01")),
    ] {
        assert_eq!(formula(text).number(&given), Ok(3.into()), "{text}");
    }
}

#[test]
fn the_stored_value_counts_if_a_formula_cant_be_computed() {
    let brands = formula(r#"IF(CUSTOMER_METADATA("favorite_brands") contains "Nike";20;CUSTOMER_METADATA("age"))"#);
    let stored = Resolved::of(brands.amount(&given()), 400);
    assert_eq!(stored, Resolved { value: 400, is_dynamic: false });
    let nike = given().customer(json!({"favorite_brands": ["Nike"]}));
    assert_eq!(Resolved::of(brands.amount(&nike), 400), Resolved { value: 2_000, is_dynamic: true });
    assert_eq!(Resolved::of(formula(r#"ORDER_METADATA("x")"#).whole(&given()), 7).value, 7);
}

#[test]
fn a_formula_about_the_discounted_line_is_evaluated_for_each_line() {
    for (text, is_per_item) in [
        ("ORDER_ITEM_PRICE * 0.8", true),
        (r#"IF(ORDER_ITEM_METADATA("size") is "XL";1;2)"#, true),
        (r#"SWITCH(1;SWITCH_CASE(1;ORDER_ITEM_PRODUCT_METADATA("a"));2)"#, true),
        ("-ORDER_ITEM_UNITS_QUANTITY", true),
        ("CHEAPEST_ORDER_ITEM_PRICE + MOST_EXPENSIVE_ORDER_ITEM_PRICE", false),
        ("ORDER_ITEMS_QUANTITY", false),
    ] {
        assert_eq!(formula(text).is_per_item(), is_per_item, "{text}");
    }
}
