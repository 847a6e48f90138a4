//! What is refused, where, and with which words.

use super::*;

#[test]
fn an_error_says_where_it_is_and_what_to_do_about_it() {
    for (text, expected) in [
        ("", "The formula is empty (at 0). Write a number, an operand or a function"),
        (" \n ", "The formula is empty (at 0). Write a number, an operand or a function"),
        // Names.
        ("CIEL(1.5;0)", "CIEL is unknown (at 0). Did you mean CEIL?"),
        ("1 + order_amount", "order_amount is unknown (at 4). Did you mean ORDER_AMOUNT?"),
        ("AVERAGE(1;2)", "AVERAGE is unknown (at 0)"),
        ("IF(1 > 2 and 2 > 1;1;2)", "An operator was expected, not `and` (at 9). Did you mean AND?"),
        ("IF(TODAY IS_AFTR NOW;1;2)", "An operator was expected, not `IS_AFTR` (at 9). Did you mean IS_AFTER?"),
        ("1 2", "An operator was expected, not `2` (at 2). Two values need an operator between them"),
        (
            "ORDER_AMOUNT \"x\"",
            "An operator was expected, not `\"x\"` (at 13). Two values need an operator between them",
        ),
        // Values.
        ("1 +", "A value was expected, not the end (at 3). The formula ends too early"),
        ("* 2", "A value was expected, not `*` (at 0). Write a number, an operand or a function"),
        ("+2", "A value was expected, not `+` (at 0). Write a number, an operand or a function"),
        ("1 > > 2", "A value was expected, not `>` (at 4). Write a number, an operand or a function"),
        ("AND", "A value was expected, not `AND` (at 0). Write a number, an operand or a function"),
        ("()", "A value was expected, not `)` (at 1). Write a number, an operand or a function"),
        ("MAX(1;)", "A value was expected, not `)` (at 6). Write a number, an operand or a function"),
        (
            "(ORDER_AMOUNT * 10%)",
            "A value was expected, not `)` (at 19). `%` is the remainder of a division; ten percent are `* 0.1`",
        ),
        ("1 < 2 < 3", "A comparison can't be compared (at 6). Join comparisons with AND or OR"),
        // Parentheses and separators.
        ("(1 + 2", "A parenthesis is never closed (at 0). Close it with `)`"),
        ("IF(ORDER_AMOUNT > 5;1;MAX(2;3)", "A parenthesis is never closed (at 2). Close it with `)`"),
        ("ORDER_METADATA(\"x\"", "A parenthesis is never closed (at 14). Close it with `)`"),
        ("1 + 2)", "A parenthesis was never opened (at 5). Open it with `(`, or remove it"),
        ("1;2", "`;` can't stand here (at 1). It separates the arguments of a function"),
        ("(1;2)", "`;` can't stand here (at 2). It separates the arguments of a function"),
        ("MAX(1,2)", "`,` is not understood (at 5). Arguments are separated by `;`, and decimals by a point"),
        // Operands and functions.
        ("ORDER_METADATA", "ORDER_METADATA needs a key (at 0). Write ORDER_METADATA(\"key\")"),
        ("2 * ORDER_METADATA(city)", "ORDER_METADATA needs a key (at 4). Write ORDER_METADATA(\"key\")"),
        ("ORDER_METADATA(\"a\" + \"b\")", "ORDER_METADATA needs a key (at 0). Write ORDER_METADATA(\"key\")"),
        ("ORDER_METADATA(\"\")", "ORDER_METADATA needs a key (at 0). Write ORDER_METADATA(\"key\")"),
        ("ORDER_METADATA()", "ORDER_METADATA needs a key (at 0). Write ORDER_METADATA(\"key\")"),
        ("MONTH(TODAY())", "TODAY has no key and no arguments (at 6). Write TODAY alone"),
        ("1 + MIN", "MIN needs arguments (at 4). Write MIN(number;…)"),
        ("MIN()", "MIN takes at least 1 argument, not 0 (at 0). Write MIN(number;…)"),
        ("ROUND(1.5)", "ROUND takes 2 arguments, not 1 (at 0). Write ROUND(number;digits)"),
        ("1 + IF(2 > 1;1)", "IF takes 3 arguments, not 2 (at 4). Write IF(condition;value;otherwise)"),
        ("YEAR(TODAY;NOW)", "YEAR takes 1 argument, not 2 (at 0). Write YEAR(date)"),
        (
            "SWITCH(1;5)",
            "SWITCH needs at least one case and a value for all others (at 0). \
             Write SWITCH(value;SWITCH_CASE(value;result) …;otherwise)",
        ),
        (
            "SWITCH(1;SWITCH_CASE(1;2))",
            "SWITCH needs at least one case and a value for all others (at 0). \
             Write SWITCH(value;SWITCH_CASE(value;result) …;otherwise)",
        ),
        (
            "SWITCH(1)",
            "SWITCH needs at least one case and a value for all others (at 0). \
             Write SWITCH(value;SWITCH_CASE(value;result) …;otherwise)",
        ),
        (
            "1 + SWITCH_CASE(1;2)",
            "SWITCH_CASE stands outside of SWITCH (at 4). Write SWITCH(value;SWITCH_CASE(value;result) …;otherwise)",
        ),
        ("SWITCH(1;SWITCH_CASE(1);2)", "SWITCH_CASE takes 2 arguments, not 1 (at 9). Write SWITCH_CASE(value;result)"),
        ("SWITCH(1;SWITCH_CASE;2)", "SWITCH_CASE needs arguments (at 9). Write SWITCH_CASE(value;result)"),
        ("SWITCH(1;SWITCH_CASE(1;2)", "A parenthesis is never closed (at 6). Close it with `)`"),
        (
            "SWITCH(1;SWITCH_CASE(1;2) 5)",
            "An operator was expected, not `5` (at 26). Two values need an operator between them",
        ),
        ("SWITCH(1;SWITCH_CASE(1;2);3;4)", "`;` can't stand here (at 27). It separates the arguments of a function"),
        ("DATE(\"17.08.2023\")", "DATE needs a date in quotes (at 5). Write DATE(\"2023-08-17\")"),
        ("DATE(\"2023-02-29\")", "DATE needs a date in quotes (at 5). Write DATE(\"2023-08-17\")"),
        ("DATE(\"2023-08-17T14:05:00Z\")", "DATE needs a date in quotes (at 5). Write DATE(\"2023-08-17\")"),
        ("DATE(2023-08-17)", "DATE needs a date in quotes (at 5). Write DATE(\"2023-08-17\")"),
        ("DATE_TIME(\"\")", "DATE_TIME needs a date in quotes (at 10). Write DATE_TIME(\"2023-08-17T14:05:00Z\")"),
        // Texts, numbers and other characters.
        ("1 + \"abc", "A text has no end (at 4). Close the text with another double quote"),
        ("12abc", "`12abc` is no number (at 0). Write digits with at most one point between them"),
        ("1.2.3", "`1.2.3` is no number (at 0). Write digits with at most one point between them"),
        ("1.", "`1.` is no number (at 0). Write digits with at most one point between them"),
        ("2x3", "`2x3` is no number (at 0). Put spaces around the x, or write `*`"),
        (".5", "`.` is not understood (at 0). A number begins with a digit, as in `0.5`"),
        (
            "0.12345678901234567890123456789",
            "`0.12345678901234567890123456789` has too many digits (at 0). A number has at most 28 digits",
        ),
        ("IF(1 == 1;2;3)", "`==` is not understood (at 5). Write a single `=`"),
        ("IF(1 <> 1;2;3)", "`<>` is not understood (at 5). Write `isNot`"),
        ("IF(1 > 1 && 2 > 1;2;3)", "`&` is not understood (at 9). Write `AND`"),
        ("2 ^ 3", "`^` is not understood (at 2). Write `POW(base;exponent)`"),
        ("2 ** 3", "`**` is not understood (at 2). Write `POW(base;exponent)`"),
        ("ORDER_METADATA('x')", "`'` is not understood (at 15). Texts stand in double quotes"),
        ("ORDER_METADATA(“x”)", "`“` is not understood (at 15). Texts stand in straight quotes"),
        ("5 − 3", "`−` is not understood (at 2). Write `-`, the hyphen of the keyboard"),
        ("5 € + 3", "`€` is not understood (at 2)"),
        ("\u{feff}1", "`\\u{feff}` is not understood (at 0)"),
    ] {
        let error = Formula::parse(text).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn a_formula_may_be_long_and_deep_but_not_endless() {
    let long = format!("1{}", " + 1".repeat((MAX_LENGTH - 1) / 4));
    assert_eq!(formula(&long).whole(&given()), Ok((MAX_LENGTH as i64 + 3) / 4));
    let error = Formula::parse(&format!("{long}{}", "é".repeat(4))).expect_err("too long");
    assert_eq!(error.problem, Problem::TooLong);
    assert!(error.position <= MAX_LENGTH);
    for (open, inner, close) in [("(", "1", ")"), ("-", "1", ""), ("MAX(", "1", ")"), ("IF(2 > 1;1;", "1", ")")] {
        let nested = |depth| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
        formula(&nested(MAX_DEPTH));
        let error = Formula::parse(&nested(MAX_DEPTH + 1)).expect_err("too deep");
        assert_eq!(error.problem, Problem::TooDeep, "{open}");
        assert_eq!(error.position, open.len() * MAX_DEPTH, "{open}");
        Formula::parse(&nested((MAX_LENGTH - 1) / (open.len() + close.len()))).expect_err("too deep");
    }
}

#[test]
fn the_deepest_formula_leaves_room_on_the_stack() {
    // Each level passes through every kind of operator. The server's threads have 2 MiB; optimised, a
    // fifth of this is enough.
    const STACK: usize = 1_536 * 1_024;
    for (open, close) in [("MAX(1 OR 1 AND 1 > 1 + 1 * ", ")"), ("IF(0 > 1 OR 0 > 1 AND 1 > 1 + 1 * ", ";1;2)")] {
        let text = format!("{}1{}", open.repeat(MAX_DEPTH), close.repeat(MAX_DEPTH));
        let run = move || {
            let formula = formula(&text);
            let _ = (formula.number(&given()), formula.check(Place::Points));
            assert_eq!(formula.to_string(), text);
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
        thread.join().expect("no overflow");
    }
}

#[test]
fn what_can_never_be_computed_can_be_told_beforehand() {
    for (text, place, expected) in [
        ("ORDER_ITEM_PRICE * 0.8", Place::ItemDiscount, None),
        (
            "ORDER_ITEM_PRICE * 0.8",
            Place::OrderDiscount,
            Some("ORDER_ITEM_PRICE can't be used for discounts on orders (at 0)"),
        ),
        ("1 + ORDER_ITEM_PRICE", Place::Points, Some("ORDER_ITEM_PRICE can't be used for points (at 4)")),
        ("VOUCHER_PUBLISH_COUNT", Place::OrderDiscount, None),
        ("VOUCHER_PUBLISH_COUNT", Place::Points, Some("VOUCHER_PUBLISH_COUNT can't be used for points (at 0)")),
        (r#"CUSTOM_EVENT_METADATA("x")"#, Place::Points, None),
        (
            r#"CUSTOM_EVENT_METADATA("x")"#,
            Place::ItemDiscount,
            Some("CUSTOM_EVENT_METADATA can't be used for discounts on items (at 0)"),
        ),
        ("CHEAPEST_ORDER_ITEM_PRICE", Place::Points, None),
        ("ORDER_AMOUNT > 5", Place::Points, Some("This should be a number and is a condition (at 0)")),
        (
            "IF(ORDER_AMOUNT;1;2)",
            Place::Points,
            Some("This should be a condition and is a number (at 3). Compare it with something"),
        ),
        (r#"IF(ORDER_METADATA("x");1;2)"#, Place::Points, None),
        (r#"IF(1 > 2;"ten";2)"#, Place::Points, Some("This should be a number and is a text (at 9)")),
        (r#"IF(1 > 2;"10";2)"#, Place::Points, None),
        (r#"IF(IF(1 > 2;"a";"b") is "a";1;2)"#, Place::Points, None),
        (r#"2 * ("ten")"#, Place::Points, Some("This should be a number and is a text (at 4)")),
        (
            "TODAY - CUSTOMER_BIRTHDATE",
            Place::Points,
            Some(
                "This should be a number and is a date (at 0). Compare dates with DATE_IS, DATE_IS_NOT, IS_AFTER and \
                 IS_BEFORE, or count with DAYS_SINCE and its like",
            ),
        ),
        ("DAYS_SINCE(ORDER_AMOUNT)", Place::Points, Some("This should be a date and is a number (at 11)")),
        (r#"DAYS_SINCE("2023-08-17")"#, Place::Points, None),
        (r#"DAYS_SINCE("yesterday")"#, Place::Points, Some("This should be a date and is a text (at 11)")),
        (r#"IF(TODAY IS_AFTER DATE("2023-08-17");1;2)"#, Place::Points, None),
        (
            r#"IF(ORDER_AMOUNT > 5 AND 7;1;2)"#,
            Place::Points,
            Some("This should be a condition and is a number (at 24). Compare it with something"),
        ),
        (r#"IF("true";1;2)"#, Place::Points, None),
        (r#"-(1 > 2)"#, Place::Points, Some("This should be a number and is a condition (at 1)")),
        (r#"MAX(1;"a")"#, Place::Points, Some("This should be a number and is a text (at 6)")),
        (
            r#"SWITCH(ORDER_AMOUNT;SWITCH_CASE(5;"a");2)"#,
            Place::Points,
            Some("This should be a number and is a text (at 34)"),
        ),
        (
            r#"DEFAULT_TO(ORDER_METADATA("x");"none")"#,
            Place::Points,
            Some("This should be a number and is a text (at 31)"),
        ),
        (r#"IF(ORDER_AMOUNT contains 5;1;2)"#, Place::Points, None),
    ] {
        let found = formula(text).check(place).err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }
}
