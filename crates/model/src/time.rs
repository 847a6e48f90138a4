//! Instants and calendar dates as the API writes them.

use std::fmt;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a date or time that can't be read is refused with.
pub const NOT_ISO_8601: &str = "cannot be recognized as a ISO-8601 compliant date";

/// A UTC instant in whole milliseconds since 1970, written `2022-08-16T11:45:54.171Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// So many milliseconds after (or, negative, before) 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by so many milliseconds; stays at the end of time rather than wrap.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant.
    pub const fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads what the API accepts: an ISO 8601 date (midnight UTC) or date-time with optional
    /// seconds, fraction and offset (UTC when there is none).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        // A space is what an unescaped `+` of an offset becomes in a query string.
        if let Some((date, offset)) = text.rsplit_once(' ')
            && date.contains('T')
            && let Ok(instant) = format!("{date}+{offset}").parse::<jiff::Timestamp>()
        {
            return Some(Self(instant.as_millisecond()));
        }
        let civil = match text.len() {
            10 => text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
            13 if text.is_char_boundary(13) => format!("{text}:00").parse().ok()?,
            _ => text.strip_suffix('Z').unwrap_or(text).parse::<jiff::civil::DateTime>().ok()?,
        };
        let instant = TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// The same instant for calendar arithmetic; `None` outside the years −9999 to 9999.
    pub fn to_jiff(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_millisecond(self.0).ok()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written by hand: it runs several times per response.
        let days = self.0.div_euclid(86_400_000);
        let of_day = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil_from_days(days);
        let (hours, minutes) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (seconds, millis) = (of_day / 1000 % 60, of_day % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
    }
}

/// Gregorian year, month and day of so many days after 1970-01-01 (proleptic, any sign).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).ok_or_else(|| E::custom(NOT_ISO_8601))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// A calendar date without a time, written `1990-07-14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// Reads `YYYY-MM-DD`; of a full timestamp the date part counts.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() == 10 {
            return text.parse().ok().map(Self);
        }
        Timestamp::parse(text)?;
        text.get(..10)?.parse().ok().map(Self)
    }

    /// The same date for calendar arithmetic.
    pub fn to_jiff(self) -> jiff::civil::Date {
        self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Date;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
                Date::parse(text).ok_or_else(|| E::custom(NOT_ISO_8601))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

macro_rules! string_schema {
    ($type:ident, $format:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::schema::SchemaFormat::Custom($format.into())))
                    .into()
            }
        }
        impl utoipa::ToSchema for $type {}
    };
}
string_schema!(Timestamp, "date-time");
string_schema!(Date, "date");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_in_every_accepted_form_and_written_in_one() {
        for (text, written) in [
            ("2016-11-16T14:14:31Z", "2016-11-16T14:14:31.000Z"),
            ("2016-11-16T14:14:31.5Z", "2016-11-16T14:14:31.500Z"),
            ("2016-11-16T14:14:31.123456Z", "2016-11-16T14:14:31.123Z"),
            ("2016-11-16T14:14:31+02:00", "2016-11-16T12:14:31.000Z"),
            ("2016-11-16T14:14:31 02:00", "2016-11-16T12:14:31.000Z"),
            ("2016-11-16", "2016-11-16T00:00:00.000Z"),
            ("2016-11-16T14", "2016-11-16T14:00:00.000Z"),
            ("2016-11-16T14:14", "2016-11-16T14:14:00.000Z"),
            ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            let read = Timestamp::parse(text).map(|t| t.to_string());
            assert_eq!(read.as_deref(), Some(written), "{text}");
        }
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for text in ["", "yesterday", "2016-13-01", "2023-02-29", "2016-11-16T25:00", "12345678901234567890", "ééééééé"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_the_first_ten_characters() {
        assert_eq!(Date::parse("2022-01-02").map(|d| d.to_string()).as_deref(), Some("2022-01-02"));
        assert_eq!(Date::parse("2022-01-02T10:00:00Z").map(|d| d.to_string()).as_deref(), Some("2022-01-02"));
        assert_eq!(Date::parse("2022-02-30"), None);
    }

    proptest::proptest! {
        #[test]
        fn a_written_timestamp_reads_back_as_itself(millis in -60_000_000_000_000i64..250_000_000_000_000) {
            let time = Timestamp::from_millis(millis);
            proptest::prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
    }
}
