//! Whether a predicate holds for a document.
//!
//! Operands are compared in their written form, whatever JSON type they came as. No input is an
//! error here: what can't be compared doesn't match.

use std::{borrow::Cow, cmp::Ordering};

use jiff::{civil, tz::TimeZone};
use serde_json::Value;

use super::{
    Moment, Operator, Predicate,
    calendar::{self, Period, Unit},
    lookup::Field,
    state,
};
use crate::{Date, Timestamp};

/// A number that a date has, seen from today; `None` if it has none (a future date's age).
type Measure = fn(civil::Date, civil::Date) -> Option<i64>;

/// Whether a value that compares so with the operand is selected.
type Comparison = fn(Ordering) -> bool;

/// The operators that compare such a number of the field with the operand.
const MEASURES: &[(Operator, Measure, Comparison)] = &[
    (Operator::IsDaysAgo, days_ago, Ordering::is_eq),
    (Operator::MoreThanAgo, days_ago, Ordering::is_gt),
    (Operator::LessThanAgo, days_ago, Ordering::is_lt),
    (Operator::IsDaysInFuture, days_ahead, Ordering::is_eq),
    (Operator::MoreThanFuture, days_ahead, Ordering::is_gt),
    (Operator::LessThanFuture, days_ahead, Ordering::is_lt),
    (Operator::IsDaysAgoMd, calendar::days_since_anniversary, Ordering::is_eq),
    (Operator::IsMoreDaysAgoMd, calendar::days_since_anniversary, Ordering::is_gt),
    (Operator::IsLessDaysAgoMd, calendar::days_since_anniversary, Ordering::is_lt),
    (Operator::IsDaysInFutureMd, calendar::days_until_anniversary, Ordering::is_eq),
    (Operator::IsMoreDaysInFutureMd, calendar::days_until_anniversary, Ordering::is_gt),
    (Operator::IsLessDaysInFutureMd, calendar::days_until_anniversary, Ordering::is_lt),
    (Operator::IsYearsAgo, years_celebrated_today, Ordering::is_eq),
    (Operator::IsDayOfMonth, |date, _| Some(date.day().into()), Ordering::is_eq),
    (Operator::IsDay, |date, _| Some(date.weekday().to_sunday_zero_offset().into()), Ordering::is_eq),
    (Operator::IsMonth, |date, _| Some(date.month().into()), Ordering::is_eq),
    (Operator::IsYear, |date, _| Some(date.year().into()), Ordering::is_eq),
];

impl Predicate {
    pub(super) fn holds(&self, document: &Value, moment: &Moment) -> bool {
        if let Some(holds) = state::holds(&self.field, self.operator, document, moment) {
            return holds;
        }
        let field = Field::find(document, &self.field);
        match self.operator {
            Operator::HasValue => field.has_value(),
            Operator::IsUnknown => !field.has_value(),
            Operator::Is | Operator::In => self.equals_any(&field, moment),
            Operator::IsNot | Operator::NotIn => !self.equals_any(&field, moment),
            Operator::Contains => self.text_holds(&field, |text, part| text.contains(part)),
            Operator::NotContain => !self.text_holds(&field, |text, part| text.contains(part)),
            Operator::StartsWith => self.text_holds(&field, |text, part| text.starts_with(part)),
            Operator::EndsWith => self.text_holds(&field, |text, part| text.ends_with(part)),
            Operator::MoreThan => self.amount_holds(&field, moment, Ordering::is_gt),
            Operator::LessThan => self.amount_holds(&field, moment, Ordering::is_lt),
            Operator::MoreThanEqual => self.amount_holds(&field, moment, Ordering::is_ge),
            Operator::LessThanEqual => self.amount_holds(&field, moment, Ordering::is_le),
            Operator::After => self.instant_holds(&field, Ordering::is_gt),
            Operator::Before => self.instant_holds(&field, Ordering::is_lt),
            Operator::Count => self.count_holds(&field, Ordering::is_eq),
            Operator::CountLess => self.count_holds(&field, Ordering::is_lt),
            Operator::CountMore => self.count_holds(&field, Ordering::is_gt),
            dated => match Period::of(dated) {
                Some(period) => self.period_holds(&field, moment, period),
                None => self.measure_holds(&field, moment),
            },
        }
    }

    /// The operands in written form; null has none.
    fn operands(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.values.iter().filter_map(written)
    }

    /// The operand of an operator that takes one: the first.
    fn operand(&self) -> Option<Cow<'_, str>> {
        self.values.first().and_then(written)
    }

    fn whole_operand(&self) -> Option<i64> {
        Number::read(&self.operand()?)?.whole()
    }

    fn equals_any(&self, field: &Field, moment: &Moment) -> bool {
        field.elements().any(|element| self.operands().any(|operand| self.equals(element, &operand, moment)))
    }

    fn equals(&self, element: &Value, operand: &str, moment: &Moment) -> bool {
        match element {
            Value::String(text) => text == operand || self.dates_equal(text, operand, moment).unwrap_or(false),
            Value::Number(number) => {
                Number::of(number).zip(Number::read(operand)).is_some_and(|(a, b)| a.compare(b).is_eq())
            }
            Value::Bool(flag) => operand.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
            _ => false,
        }
    }

    /// A date equals the same day or instant in other spelling, and the number of days it is ago.
    fn dates_equal(&self, text: &str, operand: &str, moment: &Moment) -> Option<bool> {
        let date = self.date(text)?;
        match (date, self.date(operand)) {
            (DateValue::Instant(date), Some(DateValue::Instant(operand))) => Some(date == operand),
            (date, Some(operand)) => Some(date.day(&moment.zone)? == operand.day(&moment.zone)?),
            (date, None) => {
                let days = Number::read(operand)?.whole()?;
                Some(days_ago(date.day(&moment.zone)?, moment.today()?)? == days)
            }
        }
    }

    fn text_holds(&self, field: &Field, holds: fn(&str, &str) -> bool) -> bool {
        let Some(operand) = self.operand() else { return false };
        field.elements().filter_map(written).any(|text| holds(&text, &operand))
    }

    /// Numbers are compared as such; of a date, the days it is ago.
    fn amount_holds(&self, field: &Field, moment: &Moment, holds: Comparison) -> bool {
        let Some(operand) = self.operand().and_then(|operand| Number::read(&operand)) else { return false };
        let age = |text: &str| days_ago(self.date(text)?.day(&moment.zone)?, moment.today()?);
        field.elements().any(|element| {
            let number = match element {
                Value::Number(number) => Number::of(number),
                Value::String(text) => Number::read(text).or_else(|| age(text).map(|days| Number::Whole(days.into()))),
                _ => None,
            };
            number.is_some_and(|number| holds(number.compare(operand)))
        })
    }

    fn instant_holds(&self, field: &Field, holds: Comparison) -> bool {
        let instant = |text: &str| looks_like_date(text).then(|| Timestamp::parse(text)).flatten();
        let Some(operand) = self.operand().and_then(|operand| instant(&operand)) else { return false };
        field.elements().filter_map(|element| instant(element.as_str()?)).any(|date| holds(date.cmp(&operand)))
    }

    fn count_holds(&self, field: &Field, holds: Comparison) -> bool {
        let count = field.count().and_then(|count| i64::try_from(count).ok());
        count.zip(self.whole_operand()).is_some_and(|(count, operand)| holds(count.cmp(&operand)))
    }

    fn period_holds(&self, field: &Field, moment: &Moment, mut period: Period) -> bool {
        // Whoever asks for birthdays next month means the day to celebrate. A whole year has every
        // birthday, so there the year of birth is what can be meant.
        period.month_day |= self.is_birthday() && period.unit != Unit::Year;
        self.any_date(field, moment, |date, today| period.holds(date, today))
    }

    /// Also where operators end up that ask for more than the document: they are in no table.
    fn measure_holds(&self, field: &Field, moment: &Moment) -> bool {
        let Some((_, measure, holds)) = MEASURES.iter().find(|row| row.0 == self.operator) else { return false };
        let Some(operand) = self.whole_operand() else { return false };
        self.any_date(field, moment, |date, today| {
            measure(date, today).is_some_and(|measured| holds(measured.cmp(&operand)))
        })
    }

    fn any_date(&self, field: &Field, moment: &Moment, holds: impl Fn(civil::Date, civil::Date) -> bool) -> bool {
        let Some(today) = moment.today() else { return false };
        let mut days = field.elements().filter_map(|element| self.date(element.as_str()?)?.day(&moment.zone));
        days.any(|day| holds(day, today))
    }

    fn is_birthday(&self) -> bool {
        let name = self.field.rsplit('.').next().unwrap_or_default();
        matches!(name, "birthdate" | "birthday")
    }

    /// Reads a date. A birthday is the day that is written, wherever the project is.
    fn date(&self, text: &str) -> Option<DateValue> {
        let text = text.trim();
        if !looks_like_date(text) {
            return None;
        }
        if text.len() == 10 || self.is_birthday() {
            return Date::parse(text).map(|date| DateValue::Day(date.to_jiff()));
        }
        Timestamp::parse(text).map(DateValue::Instant)
    }
}

impl Moment {
    /// The project's current day; `None` if the clock is beyond the calendar.
    fn today(&self) -> Option<civil::Date> {
        DateValue::Instant(self.now).day(&self.zone)
    }
}

#[derive(Debug, Clone, Copy)]
enum DateValue {
    Day(civil::Date),
    Instant(Timestamp),
}

impl DateValue {
    fn day(self, zone: &TimeZone) -> Option<civil::Date> {
        match self {
            DateValue::Day(day) => Some(day),
            DateValue::Instant(instant) => Some(zone.to_datetime(instant.to_jiff()?).date()),
        }
    }
}

/// Cheap: most texts are no dates. Also keeps numbers like `20240101` from being read as dates.
fn looks_like_date(text: &str) -> bool {
    let text = text.trim_start().as_bytes();
    text.len() >= 10 && text[..4].iter().all(u8::is_ascii_digit) && text[4] == b'-'
}

fn days_ago(date: civil::Date, today: civil::Date) -> Option<i64> {
    Some(calendar::days_between(date, today)).filter(|days| *days >= 0)
}

fn days_ahead(date: civil::Date, today: civil::Date) -> Option<i64> {
    days_ago(today, date)
}

fn years_celebrated_today(date: civil::Date, today: civil::Date) -> Option<i64> {
    let celebrated = calendar::anniversary(date, today.year())? == today;
    celebrated.then(|| i64::from(today.year()) - i64::from(date.year()))
}

/// A scalar as it is written in a query string; null, lists and objects have no such form.
fn written(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// A finite number, exact where it is whole.
#[derive(Debug, Clone, Copy)]
enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    fn of(number: &serde_json::Number) -> Option<Self> {
        match number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
            Some(whole) => Some(Number::Whole(whole)),
            None => number.as_f64().filter(|fraction| fraction.is_finite()).map(Number::Fraction),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        text.parse().ok().filter(|fraction: &f64| fraction.is_finite()).map(Number::Fraction)
    }

    fn whole(self) -> Option<i64> {
        match self {
            Number::Whole(whole) => i64::try_from(whole).ok(),
            // Up to 2^53 every whole number has a float of its own.
            Number::Fraction(fraction) if fraction.fract() == 0.0 && fraction.abs() <= 9_007_199_254_740_992.0 => {
                Some(fraction as i64)
            }
            Number::Fraction(_) => None,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        let float = |number| match number {
            Number::Whole(whole) => whole as f64,
            Number::Fraction(fraction) => fraction,
        };
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a.cmp(&b),
            // No NaN gets here, so the order is total but for the sign of zero.
            (a, b) => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
        }
    }
}
