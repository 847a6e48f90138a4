//! What expressions evaluate to, and when two values are equal.
//!
//! Metadata has no types of its own, so a text that says a number is one wherever a number is asked
//! for, and likewise for dates.

use std::{borrow::Cow, fmt};

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{failure::Cause, moment::Moment};

/// The value of an expression.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Number(Decimal),
    Text(&'a str),
    Flag(bool),
    Date(Moment),
    List(&'a [Json]),
    /// An object: nothing can be done with it.
    Object,
}

/// What a value is, or should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Text,
    /// True or false.
    Condition,
    Date,
    List,
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Condition => "a condition",
            Kind::Date => "a date",
            Kind::List => "a list",
            Kind::Object => "an object",
        })
    }
}

impl<'a> Value<'a> {
    /// `None` for null.
    pub(super) fn of(json: &'a Json) -> Result<Option<Self>, Cause<'static>> {
        Ok(Some(match json {
            Json::Null => return Ok(None),
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Number(number) => Value::Number(decimal(number).ok_or(Cause::OutOfRange)?),
            Json::String(text) => Value::Text(text),
            Json::Array(items) => Value::List(items),
            Json::Object(_) => Value::Object,
        }))
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Value::Number(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
            Value::Flag(_) => Kind::Condition,
            Value::Date(_) => Kind::Date,
            Value::List(_) => Kind::List,
            Value::Object => Kind::Object,
        }
    }

    fn is_not(self, expected: Kind) -> Cause<'static> {
        Cause::WrongKind { expected, found: self.kind() }
    }

    /// As a number, if it is or says one.
    pub(super) fn number(self) -> Result<Decimal, Cause<'static>> {
        match self {
            Value::Number(number) => Some(number),
            Value::Text(text) => read_number(text),
            _ => None,
        }
        .ok_or_else(|| self.is_not(Kind::Number))
    }

    /// As a condition, if it is or says true or false.
    pub(super) fn flag(self) -> Result<bool, Cause<'static>> {
        match self {
            Value::Flag(flag) => Some(flag),
            Value::Text(text) => read_flag(text),
            _ => None,
        }
        .ok_or_else(|| self.is_not(Kind::Condition))
    }

    /// As a date, if it is or says one.
    pub(super) fn date(self) -> Result<Moment, Cause<'static>> {
        match self {
            Value::Date(moment) => Some(moment),
            Value::Text(text) => Moment::read(text),
            _ => None,
        }
        .ok_or_else(|| self.is_not(Kind::Date))
    }

    /// As it is written. Dates could be written in more than one way, so they are not.
    pub(super) fn text(self) -> Result<Cow<'a, str>, Cause<'static>> {
        match self {
            Value::Number(number) => Ok(Cow::Owned(number.normalize().to_string())),
            Value::Text(text) => Ok(Cow::Borrowed(text)),
            Value::Flag(flag) => Ok(Cow::Borrowed(written(flag))),
            _ => Err(self.is_not(Kind::Text)),
        }
    }

    /// As something that can be compared with `is`: no date, no list and no object.
    pub(super) fn scalar(self) -> Result<Self, Cause<'static>> {
        match self {
            Value::Number(_) | Value::Text(_) | Value::Flag(_) => Ok(self),
            Value::Date(_) | Value::List(_) | Value::Object => Err(self.is_not(Kind::Text)),
        }
    }

    /// Whether two scalars are the same. A number equals a text that says it; two texts are equal only if
    /// every character is.
    pub(super) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Flag(a), Value::Flag(b)) => a == b,
            (Value::Number(number), Value::Text(text)) | (Value::Text(text), Value::Number(number)) => {
                read_number(text) == Some(number)
            }
            (Value::Flag(flag), Value::Text(text)) | (Value::Text(text), Value::Flag(flag)) => text == written(flag),
            _ => false,
        }
    }

    /// Whether two scalars are equal as numbers or, unless both are, the same.
    pub(super) fn equals(self, other: Self) -> bool {
        match (self.number(), other.number()) {
            (Ok(a), Ok(b)) => a == b,
            _ => self.is(other),
        }
    }
}

const fn written(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

pub(super) fn read_flag(text: &str) -> Option<bool> {
    text.trim().parse().ok()
}

/// Reads a decimal number, also in scientific notation.
pub(super) fn read_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match has_digit && is_numeric {
        false => None,
        true if text.contains(['e', 'E']) => Decimal::from_scientific(text).ok(),
        true => text.parse().ok(),
    }
}

/// `None` if it is too large or too small.
fn decimal(number: &serde_json::Number) -> Option<Decimal> {
    match number.as_i64() {
        Some(whole) => Some(whole.into()),
        None => read_number(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_different_kinds_are_equal_if_they_say_the_same() {
        for (a, b, is, equals) in [
            (json!(5), json!("5"), true, true),
            (json!(5), json!("5.0"), true, true),
            (json!(1.50), json!("1.5"), true, true),
            (json!("5"), json!("5.0"), false, true),
            (json!("Boston"), json!("Boston"), true, true),
            (json!("Boston"), json!("boston"), false, false),
            (json!("Boston"), json!(5), false, false),
            (json!(true), json!("true"), true, true),
            (json!(true), json!("True"), false, false),
            (json!(true), json!(false), false, false),
            (json!(true), json!(1), false, false),
            (json!(""), json!(0), false, false),
        ] {
            let value = |json| Value::of(json).expect("in range").expect("not null");
            let (a, b) = (value(&a), value(&b));
            assert_eq!((a.is(b), b.is(a)), (is, is), "{a:?} {b:?}");
            assert_eq!((a.equals(b), b.equals(a)), (equals, equals), "{a:?} {b:?}");
        }
    }

    #[test]
    fn texts_that_say_no_number_are_none() {
        for text in ["", " ", "-", ".", "e", "1e", "1_000", "1,5", "0x10", "١", "inf", "NaN", "1.2.3", "+-1", "1e99"] {
            assert_eq!(read_number(text), None, "{text}");
        }
        for (text, number) in [(" 30 ", 30.into()), ("-1.5", Decimal::new(-15, 1)), ("+2e3", 2_000.into())] {
            assert_eq!(read_number(text), Some(number), "{text}");
        }
    }

    #[test]
    fn absurd_numbers_are_out_of_range() {
        for json in [json!(1e300), json!(-1e300), json!(1e-300)] {
            assert_eq!(Value::of(&json).err(), Some(Cause::OutOfRange), "{json}");
        }
    }
}
