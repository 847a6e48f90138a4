//! Values that rules look at, operands that they compare them with, and what equal and less mean.
//!
//! Metadata has no types of its own, so a number equals its text and `true` equals `"true"`. Numbers
//! are exact up to 28 digits; what is larger counts as the largest.

use std::{borrow::Cow, cmp::Ordering, str::FromStr};

use guerdon_model::Timestamp;
use jiff::{
    civil::{Date, Time},
    tz::TimeZone,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::Value;

use crate::window::{local, moment_of};

/// What a rule has found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'a> {
    /// Neither a value nor null.
    Nothing,
    Whole(i64),
    Text(&'a str),
    Flag(bool),
    Texts(&'a [&'a str]),
    Json(&'a Value),
}

/// One value; of a list, one of its items.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'a> {
    Number(Number),
    Text(&'a str),
    Flag(bool),
    /// An object or a list within a list: it equals nothing.
    Other,
}

impl<'a> Seen<'a> {
    /// Missing or null.
    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Seen::Nothing | Seen::Json(Value::Null))
    }

    /// How many items there are; something that is no list is one.
    pub(super) fn count(self) -> usize {
        match self {
            _ if self.is_nothing() => 0,
            Seen::Texts(texts) => texts.len(),
            Seen::Json(Value::Array(items)) => items.len(),
            _ => 1,
        }
    }

    /// Whether some value does; of a list, some item that is not null.
    pub(super) fn any(self, mut holds: impl FnMut(Scalar<'a>) -> bool) -> bool {
        match self {
            Seen::Nothing | Seen::Json(Value::Null) => false,
            Seen::Whole(whole) => holds(Scalar::Number(Number::Whole(whole))),
            Seen::Text(text) => holds(Scalar::Text(text)),
            Seen::Flag(flag) => holds(Scalar::Flag(flag)),
            Seen::Texts(texts) => texts.iter().any(|text| holds(Scalar::Text(text))),
            Seen::Json(Value::Array(items)) => {
                items.iter().filter(|item| !item.is_null()).any(|item| holds(Scalar::of(item)))
            }
            Seen::Json(value) => holds(Scalar::of(value)),
        }
    }

    /// For a trace. Nothing is null.
    pub(super) fn to_json(self) -> Value {
        match self {
            Seen::Nothing => Value::Null,
            Seen::Whole(whole) => whole.into(),
            Seen::Text(text) => text.into(),
            Seen::Flag(flag) => flag.into(),
            Seen::Texts(texts) => texts.to_vec().into(),
            Seen::Json(value) => value.clone(),
        }
    }
}

impl<'a> Scalar<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::Number(number) => Number::of(number).map_or(Scalar::Other, Scalar::Number),
            Value::String(text) => Scalar::Text(text),
            Value::Bool(flag) => Scalar::Flag(*flag),
            _ => Scalar::Other,
        }
    }

    pub(super) fn number(self) -> Option<Number> {
        match self {
            Scalar::Number(number) => Some(number),
            Scalar::Text(text) => Number::read(text),
            _ => None,
        }
    }

    pub(super) fn date(self) -> Option<Moment> {
        match self {
            Scalar::Text(text) => Moment::read(text),
            _ => None,
        }
    }

    /// As text, if it can be written.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Number(number) => Some(Cow::Owned(number.to_string())),
            Scalar::Text(text) => Some(Cow::Borrowed(text)),
            Scalar::Flag(flag) => Some(Cow::Borrowed(written(flag))),
            Scalar::Other => None,
        }
    }
}

/// What a value is compared with, read once.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    kind: Kind,
    /// A number, or a text that is one.
    pub(super) number: Option<Number>,
    pub(super) date: Option<Moment>,
}

#[derive(Debug, Clone)]
enum Kind {
    Number,
    Text(Box<str>),
    Flag(bool),
    Other,
}

impl Operand {
    pub(super) fn of(value: &Value) -> Self {
        let scalar = Scalar::of(value);
        let kind = match scalar {
            Scalar::Number(_) => Kind::Number,
            Scalar::Text(text) => Kind::Text(text.into()),
            Scalar::Flag(flag) => Kind::Flag(flag),
            Scalar::Other => Kind::Other,
        };
        Self { kind, number: scalar.number(), date: scalar.date() }
    }

    pub(super) fn scalar(&self) -> Scalar<'_> {
        match &self.kind {
            Kind::Number => self.number.map_or(Scalar::Other, Scalar::Number),
            Kind::Text(text) => Scalar::Text(text),
            Kind::Flag(flag) => Scalar::Flag(*flag),
            Kind::Other => Scalar::Other,
        }
    }

    /// As text, if it can be written.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        self.scalar().text()
    }

    /// Two texts are equal if they are the same or say the same time.
    pub(super) fn equals(&self, value: Scalar<'_>, zone: &TimeZone) -> bool {
        match (value, &self.kind) {
            (Scalar::Number(number), Kind::Number | Kind::Text(_)) => self.number == Some(number),
            (Scalar::Text(text), Kind::Text(operand)) => text == &**operand || self.says_the_time_of(text, zone),
            (Scalar::Text(text), Kind::Number) => self.number.is_some() && Number::read(text) == self.number,
            (Scalar::Text(text), Kind::Flag(operand)) => text == written(*operand),
            (Scalar::Flag(flag), Kind::Text(operand)) => written(flag) == &**operand,
            (Scalar::Flag(flag), Kind::Flag(operand)) => flag == *operand,
            _ => false,
        }
    }

    fn says_the_time_of(&self, text: &str, zone: &TimeZone) -> bool {
        let Some((operand, moment)) = self.date.zip(Moment::read(text)) else { return false };
        match (operand, moment) {
            (Moment::Instant(a), Moment::Instant(b)) => a == b,
            (a, b) => a.day(zone).is_some_and(|day| Some(day) == b.day(zone)),
        }
    }

    /// How a value compares with this; `None` if it does not.
    pub(super) fn compare(&self, value: Scalar<'_>, zone: &TimeZone) -> Option<Ordering> {
        if let Some((value, operand)) = self.number.and_then(|operand| Some((value.number()?, operand))) {
            return Some(value.cmp(&operand));
        }
        self.compare_dates(value, zone)
    }

    /// The same, but only as dates.
    pub(super) fn compare_dates(&self, value: Scalar<'_>, zone: &TimeZone) -> Option<Ordering> {
        match (value.date()?, self.date?) {
            (Moment::Day(value), Moment::Day(operand)) => Some(value.cmp(&operand)),
            (value, operand) => Some(value.start(zone)?.cmp(&operand.start(zone)?)),
        }
    }
}

const fn written(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// A number: whole where it can be, so that equal numbers have one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Whole(i64),
    Decimal(Decimal),
}

impl Number {
    fn of(number: &serde_json::Number) -> Option<Self> {
        match number.as_i64() {
            Some(whole) => Some(Number::Whole(whole)),
            None => Self::read(&number.to_string()),
        }
    }

    /// Reads a decimal number, also in scientific notation.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
        let is_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        if !has_digit || !is_numeric {
            return None;
        }
        let decimal = match text.contains(['e', 'E']) {
            true => Decimal::from_scientific(text),
            false => Decimal::from_str(text),
        };
        decimal.ok().or_else(|| nearest(text.parse().ok()?)).map(Self::from)
    }

    /// Rounded down; the greatest whole number there is for larger ones.
    pub(super) fn floor(self) -> i64 {
        match self {
            Number::Whole(whole) => whole,
            Number::Decimal(decimal) => {
                let limit = if decimal.is_sign_negative() { i64::MIN } else { i64::MAX };
                decimal.floor().to_i64().unwrap_or(limit)
            }
        }
    }

    /// Rounded up; the least whole number there is for smaller ones.
    pub(super) fn ceil(self) -> i64 {
        match self {
            Number::Whole(whole) => whole,
            Number::Decimal(_) if self.floor() == i64::MIN => i64::MIN,
            Number::Decimal(_) => self.floor().saturating_add(1),
        }
    }

    /// What is left after taking `other` away.
    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.decimal().checked_sub(other.decimal()).map(Self::from)
    }

    /// The whole number that it is.
    pub(super) fn whole(self) -> Option<i64> {
        match self {
            Number::Whole(whole) => Some(whole),
            Number::Decimal(_) => None,
        }
    }

    fn decimal(self) -> Decimal {
        match self {
            Number::Whole(whole) => Decimal::from(whole),
            Number::Decimal(decimal) => decimal,
        }
    }
}

/// What is too large counts as the largest, what is too small as nothing.
fn nearest(float: f64) -> Option<Decimal> {
    match float {
        _ if float.is_nan() => None,
        _ if float.abs() < 1.0 => Some(Decimal::ZERO),
        _ if float < 0.0 => Some(Decimal::MIN),
        _ => Some(Decimal::MAX),
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        match decimal.to_i64() {
            Some(whole) if decimal.fract().is_zero() => Number::Whole(whole),
            _ => Number::Decimal(decimal.normalize()),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a.cmp(b),
            (a, b) => a.decimal().cmp(&b.decimal()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Whole(whole) => whole.fmt(f),
            Number::Decimal(decimal) => decimal.fmt(f),
        }
    }
}

/// A date, or a date with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Day(Date),
    Instant(Timestamp),
}

impl Moment {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // Cheap: most texts are no dates. It also keeps numbers from being read as dates.
        let bytes = text.as_bytes();
        if bytes.len() < 10 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
            return None;
        }
        match text.len() {
            10 => text.parse().ok().map(Moment::Day),
            _ => Timestamp::parse(text).map(Moment::Instant),
        }
    }

    /// The day on the project's calendar.
    pub(super) fn day(self, zone: &TimeZone) -> Option<Date> {
        match self {
            Moment::Day(day) => Some(day),
            Moment::Instant(instant) => Some(local(instant, zone)?.date()),
        }
    }

    /// The instant; of a day, its beginning in the project.
    pub(super) fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Moment::Day(day) => moment_of(day.to_datetime(Time::midnight()), zone),
            Moment::Instant(instant) => Some(instant),
        }
    }

    /// The last instant that belongs to it: a day lasts until the next one begins.
    pub(super) fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Moment::Day(day) => {
                let next = moment_of(day.tomorrow().ok()?.to_datetime(Time::midnight()), zone)?;
                Some(next.plus_millis(-1))
            }
            Moment::Instant(instant) => Some(instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn equal(value: Value, operand: Value) -> bool {
        Operand::of(&operand).equals(Scalar::of(&value), &TimeZone::UTC)
    }

    #[test]
    fn a_value_equals_an_operand_in_another_type_that_says_the_same() {
        for (value, operand) in [
            (json!(10), json!("10")),
            (json!("10"), json!(10)),
            (json!("10.0"), json!(10)),
            (json!(1.5), json!("1.50")),
            (json!(1e3), json!(1000)),
            (json!(true), json!("true")),
            (json!("false"), json!(false)),
            (json!(u64::MAX), json!("18446744073709551615")),
            (json!("2026-01-02T10:00:00Z"), json!("2026-01-02T11:00:00.000+01:00")),
            (json!("2026-01-02T10:00:00Z"), json!("2026-01-02")),
        ] {
            assert!(equal(value.clone(), operand.clone()), "{value} {operand}");
            assert!(equal(operand.clone(), value.clone()), "{operand} {value}");
        }
        for (value, operand) in [
            (json!("10.0"), json!("10")),
            (json!("a"), json!("A")),
            (json!("True"), json!(true)),
            (json!(1), json!(true)),
            (json!(""), json!(0)),
            (json!("ten"), json!(10)),
            (json!({}), json!({})),
            (json!([1]), json!(1)),
            (json!(null), json!(null)),
            (json!("2026-01-02"), json!("2026-01-03")),
        ] {
            assert!(!equal(value.clone(), operand.clone()), "{value} {operand}");
            assert!(!equal(operand.clone(), value.clone()), "{operand} {value}");
        }
    }

    #[test]
    fn numbers_are_exact_and_absurd_ones_harmless() {
        for (less, more) in [
            (json!("9007199254740993"), json!("9007199254740994")),
            (json!("0.1"), json!("0.10000000000000000001")),
            (json!(-1e300), json!(0)),
            (json!(9e27), json!(1e300)),
            (json!("-0.5"), json!(0)),
            (json!("99"), json!("100")),
        ] {
            let order = Operand::of(&more).compare(Scalar::of(&less), &TimeZone::UTC);
            assert_eq!(order, Some(Ordering::Less), "{less} {more}");
        }
        for text in ["", "-", "e", "1e", "1_000", "0x10", "١", "inf", "NaN", "1.2.3", "+-1"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
        assert_eq!(Number::read("1e400").map(Number::floor), Some(i64::MAX));
        assert_eq!(Number::read("1e-400"), Some(Number::Whole(0)));
        assert_eq!(Number::read("-1.5").map(Number::floor), Some(-2));
    }

    #[test]
    fn what_has_no_order_compares_with_nothing() {
        for (value, operand) in [
            (json!("a"), json!("b")),
            (json!(true), json!(false)),
            (json!("2026-01-01"), json!(5)),
            (json!({}), json!(1)),
        ] {
            assert_eq!(Operand::of(&operand).compare(Scalar::of(&value), &TimeZone::UTC), None, "{value} {operand}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_project() {
        let warsaw = TimeZone::get("Europe/Warsaw").expect("a time zone");
        let day = Operand::of(&json!("2026-07-01"));
        for (instant, order) in [
            ("2026-06-30T21:59:59Z", Ordering::Less),
            ("2026-06-30T22:00:00Z", Ordering::Equal),
            ("2026-07-01T00:00:00Z", Ordering::Greater),
        ] {
            assert_eq!(day.compare(Scalar::Text(instant), &warsaw), Some(order), "{instant}");
        }
        assert_eq!(day.compare(Scalar::Text("2026-07-01"), &warsaw), Some(Ordering::Equal));
        let end = Moment::read("2026-07-01").and_then(|day| day.end(&warsaw)).map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("2026-07-01T21:59:59.999Z"));
    }

    proptest! {
        #[test]
        fn any_texts_compare_without_panic(a in ".{0,12}", b in "-?[0-9.eE+-]{0,40}") {
            for (value, operand) in [(&a, &b), (&b, &a), (&b, &b)] {
                let operand = Operand::of(&Value::from(operand.as_str()));
                operand.equals(Scalar::Text(value), &TimeZone::UTC);
                operand.compare(Scalar::Text(value), &TimeZone::UTC);
            }
        }

        #[test]
        fn equal_numbers_have_one_form(whole in any::<i64>(), zeros in "0{0,5}") {
            prop_assert_eq!(Number::read(&format!("{whole}.{zeros}0")), Some(Number::Whole(whole)));
        }
    }
}
