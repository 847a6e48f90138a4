//! Days and instants, and the time between them on the project's calendar.

use guerdon_model::Timestamp;
use jiff::{
    Span,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::window::{local, moment_of};

/// A day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Day(Date),
    Instant(Timestamp),
}

impl Moment {
    /// Reads `2023-08-17`, or a date with a time.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // Keeps numbers from being read as dates.
        let bytes = text.as_bytes();
        if bytes.len() < 10 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
            return None;
        }
        match text.len() {
            10 => text.parse().ok().map(Moment::Day),
            _ => Timestamp::parse(text).map(Moment::Instant),
        }
    }

    /// The day in the project.
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
}

impl From<guerdon_model::Date> for Moment {
    fn from(date: guerdon_model::Date) -> Self {
        Moment::Day(date.to_jiff())
    }
}

impl From<Timestamp> for Moment {
    fn from(instant: Timestamp) -> Self {
        Moment::Instant(instant)
    }
}

/// Days from one day to another; negative if the other is earlier.
pub(super) fn days_between(from: Date, to: Date) -> Option<i64> {
    Some(from.until(to).ok()?.get_days().into())
}

/// Whole months from one day to another, rounded down. A month is over on the same day of the next one,
/// or on its last day if it has no such day.
pub(super) fn months_between(from: Date, to: Date) -> Option<i64> {
    let years = i64::from(to.year()) - i64::from(from.year());
    let months = 12 * years + i64::from(to.month()) - i64::from(from.month());
    let reached = from.checked_add(Span::new().try_months(months).ok()?).ok()?;
    Some(if reached > to { months - 1 } else { months })
}

/// Whole years likewise.
pub(super) fn years_between(from: Date, to: Date) -> Option<i64> {
    Some(months_between(from, to)?.div_euclid(12))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn only_whole_months_and_years_count() {
        for (from, to, days, months, years) in [
            ("2023-08-17", "2023-08-17", 0, 0, 0),
            ("2023-08-17", "2023-09-16", 30, 0, 0),
            ("2023-08-17", "2023-09-17", 31, 1, 0),
            ("2023-08-17", "2024-08-16", 365, 11, 0),
            ("2023-08-17", "2024-08-17", 366, 12, 1),
            ("2023-01-31", "2023-02-27", 27, 0, 0),
            ("2023-01-31", "2023-02-28", 28, 1, 0),
            ("2000-02-29", "2023-02-27", 8_399, 275, 22),
            ("2000-02-29", "2023-02-28", 8_400, 276, 23),
            ("2023-08-18", "2023-08-17", -1, -1, -1),
            ("2023-09-17", "2023-08-17", -31, -1, -1),
            ("2023-09-18", "2023-08-17", -32, -2, -1),
        ] {
            let (from, to) = (day(from), day(to));
            assert_eq!(days_between(from, to), Some(days), "{from} {to}");
            assert_eq!(months_between(from, to), Some(months), "{from} {to}");
            assert_eq!(years_between(from, to), Some(years), "{from} {to}");
        }
    }

    #[test]
    fn what_is_too_far_apart_is_not_measured() {
        assert_eq!(days_between(Date::MIN, Date::MAX), Some(7_304_483));
        assert_eq!(months_between(Date::MIN, Date::MAX), None);
        assert_eq!(years_between(Date::MAX, Date::MIN), None);
        assert_eq!(months_between(Date::constant(1, 1, 1), Date::MAX), Some(119_987));
    }

    proptest! {
        #[test]
        fn any_text_is_a_moment_or_none(text in "\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T.{0,12})?") {
            Moment::read(&text);
        }
    }
}
