//! The manual says what the tables say, and its examples are right.

use super::*;

const MANUAL: &str = include_str!("../../../../../docs/formulas.md");

fn section(title: &str) -> &'static str {
    let heading = format!("\n## {title}\n");
    let start = MANUAL.find(&heading).expect("a section") + heading.len();
    let section = &MANUAL[start..];
    &section[..section.find("\n## ").unwrap_or(section.len())]
}

/// The cells of each row of the section's tables.
fn rows(title: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = section(title).lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// What stands in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_manual_has_every_operand_with_its_places() {
    let known = OPERANDS.iter().map(|row| {
        let name = if row.operand.takes_key() { format!("{}(\"key\")", row.name) } else { row.name.to_owned() };
        let places = match row.places {
            [Place::OrderDiscount, Place::ItemDiscount, Place::Points] => "everywhere",
            [Place::OrderDiscount, Place::ItemDiscount] => "discounts",
            [Place::ItemDiscount] => "items",
            [Place::Points] => "points",
            other => panic!("{other:?} has no name"),
        };
        (name, places)
    });
    let told = rows("Operands").map(|row| (row[0].trim_matches('`').to_owned(), row[2]));
    assert_eq!(told.collect::<Vec<_>>(), known.collect::<Vec<_>>());
}

#[test]
fn the_manual_has_every_function_with_its_arguments() {
    let known = FUNCTIONS.iter().map(|function| format!("{}({})", function.name, function.arguments));
    let told = rows("Functions").map(|row| row[0].trim_matches('`').to_owned());
    assert_eq!(told.collect::<Vec<_>>(), known.collect::<Vec<_>>());
}

#[test]
fn the_manual_has_every_operator() {
    let told: Vec<&str> = rows("Operators").flat_map(|row| quoted(row[0]).collect::<Vec<_>>()).collect();
    for row in OPERATORS {
        assert!(told.contains(&row.spelling), "{}", row.spelling);
    }
    for spelling in told {
        assert!(OPERATORS.iter().any(|row| row.spelling == spelling), "{spelling}");
    }
}

#[test]
fn the_errors_in_the_manual_are_what_one_gets() {
    for row in rows("Errors") {
        let text = quoted(row[0]).next().expect("a formula");
        let place = if row[0].ends_with("for points") { Place::Points } else { Place::ItemDiscount };
        let error = Formula::parse(text).and_then(|formula| formula.check(place)).expect_err(text);
        assert_eq!(row[1].trim_matches('`').trim(), error.to_string(), "{text}");
    }
    let errors = section("Errors");
    assert!(errors.contains(&format!("nested {MAX_DEPTH} times")));
    assert!(errors.contains(&format!("{},{:03} bytes", MAX_LENGTH / 1_000, MAX_LENGTH % 1_000)));
    assert!(MANUAL.contains(&format!("exact to {SIGNIFICANT_DIGITS} digits")));
}

#[test]
fn the_formulas_in_the_manual_can_be_used_where_it_says() {
    let examples: Vec<&str> = MANUAL.split("```formula\n").skip(1).filter_map(|rest| rest.lines().next()).collect();
    assert_eq!(examples.len(), 7);
    for text in examples {
        let is_checked = formula(text).check(Place::ItemDiscount);
        assert_eq!(is_checked, Ok(()), "{text}");
    }
}

#[test]
fn a_name_means_one_thing_and_the_longest_operator_comes_first() {
    let mut names: Vec<&str> = OPERANDS.iter().map(|row| row.name).collect();
    names.extend(FUNCTIONS.iter().map(|function| function.name));
    names.extend(OPERATORS.iter().map(|row| row.spelling));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    // Words are read whole.
    let symbols: Vec<&str> = OPERATORS.iter().filter(|row| !row.is_word()).map(|row| row.spelling).collect();
    for (place, symbol) in symbols.iter().enumerate() {
        assert!(symbols[..place].iter().all(|earlier| !symbol.starts_with(earlier)), "{symbol}");
    }
    let operands: std::collections::HashSet<Operand> = OPERANDS.iter().map(|row| row.operand).collect();
    assert_eq!(operands.len(), OPERANDS.len());
}
