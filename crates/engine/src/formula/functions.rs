//! The functions: one row each.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    arithmetic,
    failure::Cause,
    moment::{days_between, months_between, years_between},
};

/// A row of [`FUNCTIONS`].
#[derive(Debug)]
pub struct Function {
    /// As it is written. Case counts.
    pub name: &'static str,
    /// What stands between the parentheses.
    pub arguments: &'static str,
    /// The least and the greatest number of arguments; any number if there is no greatest.
    pub arity: (usize, Option<usize>),
    /// For the manual.
    pub meaning: &'static str,
    pub(super) body: Body,
}

/// How a function is computed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    If,
    Switch,
    /// Only within a switch.
    SwitchCase,
    DefaultTo,
    /// Of two numbers, and so of many.
    Fold(fn(Decimal, Decimal) -> Decimal),
    Pair(fn(Decimal, Decimal) -> Result<Decimal, Cause<'static>>),
    /// Of the day in question and today.
    OfDay(fn(Date, Date) -> Option<i64>),
    /// A day in quotes.
    Date,
    /// A moment in quotes.
    DateTime,
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    row(
        "IF",
        "condition;value;otherwise",
        3,
        Some(3),
        Body::If,
        "The first value if the condition holds, or else the second",
    ),
    row(
        "SWITCH",
        "value;SWITCH_CASE(…) …;otherwise",
        3,
        None,
        Body::Switch,
        "The result of the first case that is the value, or else the last argument",
    ),
    row("SWITCH_CASE", "value;result", 2, Some(2), Body::SwitchCase, "A case of SWITCH"),
    row("DEFAULT_TO", "value;…", 1, None, Body::DefaultTo, "The first value in which nothing is missing"),
    row("MIN", "number;…", 1, None, Body::Fold(|a, b| a.min(b)), "The least number"),
    row("MAX", "number;…", 1, None, Body::Fold(|a, b| a.max(b)), "The greatest number"),
    row("POW", "base;exponent", 2, Some(2), Body::Pair(arithmetic::power), "A power"),
    row(
        "ROUND",
        "number;digits",
        2,
        Some(2),
        Body::Pair(arithmetic::round),
        "Rounded to so many digits, halves away from zero",
    ),
    row("FLOOR", "number;digits", 2, Some(2), Body::Pair(arithmetic::floor), "Rounded down"),
    row("CEIL", "number;digits", 2, Some(2), Body::Pair(arithmetic::ceil), "Rounded up"),
    row("DATE", "\"2023-08-17\"", 1, Some(1), Body::Date, "A day"),
    row("DATE_TIME", "\"2023-08-17T14:05:00Z\"", 1, Some(1), Body::DateTime, "A moment"),
    of_day("DAY_OF_MONTH", |day, _| Some(day.day().into()), "1 to 31"),
    of_day("MONTH", |day, _| Some(day.month().into()), "1 to 12"),
    of_day("YEAR", |day, _| Some(day.year().into()), "The year"),
    of_day("DAYS_SINCE", days_between, "Days from a date until today"),
    of_day("MONTHS_SINCE", months_between, "Whole months from a date until today"),
    of_day("YEARS_SINCE", years_between, "Whole years from a date until today"),
    of_day("DAYS_UNTIL", |day, today| days_between(today, day), "Days from today until a date"),
    of_day("MONTHS_UNTIL", |day, today| months_between(today, day), "Whole months from today until a date"),
];

const fn row(
    name: &'static str,
    arguments: &'static str,
    least: usize,
    most: Option<usize>,
    body: Body,
    meaning: &'static str,
) -> Function {
    Function { name, arguments, arity: (least, most), meaning, body }
}

const fn of_day(name: &'static str, compute: fn(Date, Date) -> Option<i64>, meaning: &'static str) -> Function {
    row(name, "date", 1, Some(1), Body::OfDay(compute), meaning)
}

/// Names are unique.
impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Function {
    /// The function that is called so.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    pub(super) fn accepts(&self, arguments: usize) -> bool {
        let (least, most) = self.arity;
        arguments >= least && most.is_none_or(|most| arguments <= most)
    }
}
