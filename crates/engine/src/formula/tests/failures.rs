//! Why formulas can't be computed.

use super::*;

#[test]
fn a_failure_says_which_part_is_to_blame() {
    let order = json!({"text": "VIP", "list": ["VIP"], "object": {}, "flag": true, "huge": 1e300, "empty": ""});
    let given = given().order(order).amount(Amount::Order, 12_345);
    for (text, expected) in [
        (r#"1 + ORDER_METADATA("none")"#, r#"ORDER_METADATA("none") is missing (at 4)"#),
        (r#"IF(CUSTOMER_METADATA("age") > 5;1;2)"#, r#"CUSTOMER_METADATA("age") is missing (at 3)"#),
        ("10 / (5 - 5)", "division by zero (at 5)"),
        ("10 % 0", "division by zero (at 5)"),
        ("POW(0;-1)", "division by zero (at 0)"),
        ("1 + POW(-4;0.5)", "the power is no real number (at 4)"),
        ("POW(10;40)", "out of range (at 0)"),
        ("2 * 79228162514264337593543950335", "out of range (at 4)"),
        ("ROUND(1;30)", "out of range (at 0)"),
        (r#"5 * ORDER_METADATA("huge")"#, "out of range (at 4)"),
        (r#"5 * ORDER_METADATA("text")"#, "this should be a number and is a text (at 4)"),
        (r#"5 * ORDER_METADATA("empty")"#, "this should be a number and is a text (at 4)"),
        (r#"5 * ORDER_METADATA("flag")"#, "this should be a number and is a condition (at 4)"),
        (r#"5 * ORDER_METADATA("list")"#, "this should be a number and is a list (at 4)"),
        (r#"IF(ORDER_METADATA("text");1;2)"#, "this should be a condition and is a text (at 3)"),
        (r#"IF(ORDER_METADATA("list") is "VIP";1;2)"#, "this should be a text and is a list (at 3)"),
        (r#"IF("VIP" is ORDER_METADATA("list");1;2)"#, "this should be a text and is a list (at 12)"),
        (r#"IF(ORDER_METADATA("object") contains "a";1;2)"#, "this should be a text and is an object (at 3)"),
        (r#"IF(ORDER_METADATA("list") IN_ARRAY "a";1;2)"#, "this should be a text and is a list (at 3)"),
        (r#"IF("a" IN_ARRAY ORDER_METADATA("object");1;2)"#, "this should be a text and is an object (at 16)"),
        (r#"IF(TODAY = "2023-08-18";1;2)"#, "this should be a text and is a date (at 3)"),
        (r#"DAYS_SINCE(ORDER_METADATA("text"))"#, "this should be a date and is a text (at 11)"),
        ("ORDER_AMOUNT > 5", "this should be a number and is a condition (at 0)"),
        (r#""ten""#, "this should be a number and is a text (at 0)"),
    ] {
        let formula = formula(text);
        let failure = formula.number(&given).expect_err(text);
        assert_eq!(failure.to_string(), expected, "{text}");
    }
}

#[test]
fn what_lies_beyond_the_calendar_is_out_of_range() {
    let given = Given { now: Timestamp::from_millis(i64::MAX), ..given() };
    for text in ["YEAR(TODAY)", "YEAR(NOW)", "DAYS_SINCE(DATE(\"2023-08-17\"))"] {
        assert_eq!(formula(text).number(&given).map_err(|failure| failure.cause), Err(Cause::OutOfRange), "{text}");
    }
    assert!(formula("IF(NOW IS_AFTER DATE(\"2023-08-17\");1;2)").number(&given).is_ok());
}
