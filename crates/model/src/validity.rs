//! Time limits: when a voucher, campaign, promotion tier or earning rule may be used.
//!
//! Clock times, weekdays and recurring windows are the project's. The engine says whether a moment
//! lies within the limits; `docs/validation-rules.md` has the chapter for users.

use jiff::{
    Span, SpanRelativeTo,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    patch::Expected,
};

/// The limits of one thing. What is not set is absent and limits nothing.
///
/// Made to be flattened into the resource that has them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct TimeLimits {
    /// Not usable before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    /// Not usable after this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_timeframe: Option<ValidityTimeframe>,
    /// Weekdays, 0 is Sunday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_day_of_week: Option<Vec<i8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_hours: Option<ValidityHours>,
}

/// A window that opens every `interval` after the start date and stays open for `duration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValidityTimeframe {
    /// ISO 8601, such as `P2D`.
    pub interval: String,
    /// ISO 8601, such as `PT12H`.
    pub duration: String,
}

/// Hours of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValidityHours {
    pub daily: Vec<DailyHours>,
}

/// The same hours on some weekdays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DailyHours {
    /// `HH:mm`.
    pub start_time: String,
    /// 0 is Sunday.
    pub days_of_week: Vec<i8>,
    /// `HH:mm`, the beginning of that minute included; the end of the day if absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<String>,
}

/// What a client sends about time limits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TimeLimitsInput {
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Timestamp>)]
    pub start_date: Patch<Timestamp>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Timestamp>)]
    pub expiration_date: Patch<Timestamp>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<ValidityTimeframe>)]
    pub validity_timeframe: Patch<ValidityTimeframe>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Vec<i8>>)]
    pub validity_day_of_week: Patch<Vec<i8>>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<ValidityHours>)]
    pub validity_hours: Patch<ValidityHours>,
}

impl Expected for Timestamp {
    const NAME: &'static str = "string";
}
impl Expected for Vec<i8> {
    const NAME: &'static str = "array";
}
impl Expected for ValidityTimeframe {
    const NAME: &'static str = "object";
}
impl Expected for ValidityHours {
    const NAME: &'static str = "object";
}

impl TimeLimitsInput {
    /// Changes the limits that were sent. A refused body changes nothing.
    ///
    /// # Errors
    /// `invalid_payload` if the limits, taken together, make no sense.
    pub fn apply_to(&self, limits: &mut TimeLimits) -> Result<(), Error> {
        let mut changed = limits.clone();
        self.start_date.apply_to(&mut changed.start_date);
        self.expiration_date.apply_to(&mut changed.expiration_date);
        self.validity_timeframe.apply_to(&mut changed.validity_timeframe);
        self.validity_day_of_week.apply_to(&mut changed.validity_day_of_week);
        self.validity_hours.apply_to(&mut changed.validity_hours);
        changed.check()?;
        *limits = changed;
        Ok(())
    }
}

impl TimeLimits {
    /// The limits of something that belongs to a campaign: its own, and where it has none the
    /// campaign's.
    pub fn within(&self, campaign: &TimeLimits) -> TimeLimits {
        let (own, campaign) = (self.clone(), campaign.clone());
        TimeLimits {
            start_date: own.start_date.or(campaign.start_date),
            expiration_date: own.expiration_date.or(campaign.expiration_date),
            validity_timeframe: own.validity_timeframe.or(campaign.validity_timeframe),
            validity_day_of_week: own.validity_day_of_week.or(campaign.validity_day_of_week),
            validity_hours: own.validity_hours.or(campaign.validity_hours),
        }
    }

    /// Refuses limits that can't be read or don't go together.
    ///
    /// # Errors
    /// `invalid_payload`, naming the first field at fault.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |path: Path, rule: &str| Err(Error::invalid_payload(path, Rule::Other(rule.into())));
        if let Some(timeframe) = &self.validity_timeframe {
            let path = Path::of("validity_timeframe");
            for (key, text) in [("interval", &timeframe.interval), ("duration", &timeframe.duration)] {
                if duration(text).is_none() {
                    return refuse(path.key(key), NOT_A_DURATION);
                }
            }
            if self.start_date.is_none() {
                return refuse(path, "cannot be used without a start_date");
            }
        }
        check_days(&Path::of("validity_day_of_week"), self.validity_day_of_week.as_deref().unwrap_or_default())?;
        let Some(hours) = &self.validity_hours else { return Ok(()) };
        if self.validity_timeframe.is_some() || self.validity_day_of_week.is_some() {
            let rule = "cannot be combined with validity_timeframe or validity_day_of_week";
            return refuse(Path::of("validity_hours"), rule);
        }
        hours.check()
    }
}

/// What is wrong with a text that is no ISO 8601 duration.
pub(crate) const NOT_A_DURATION: &str = "cannot be recognized as a ISO-8601 compliant duration";
const NOT_A_TIME: &str = "must be a time of the form HH:mm";

impl ValidityHours {
    fn check(&self) -> Result<(), Error> {
        let path = || Path::of("validity_hours").key("daily");
        let refuse = |path: Path, rule: &str| Err(Error::invalid_payload(path, Rule::Other(rule.into())));
        for (index, daily) in self.daily.iter().enumerate() {
            let path = || path().index(index);
            let Some(start) = time_of_day(&daily.start_time) else {
                return refuse(path().key("start_time"), NOT_A_TIME);
            };
            match daily.end() {
                Ok(None) => {}
                Ok(Some(end)) if end >= start => {}
                Ok(Some(_)) => return refuse(path().key("expiration_time"), "cannot be before start_time"),
                Err(NotATime) => return refuse(path().key("expiration_time"), NOT_A_TIME),
            }
            check_days(&path().key("days_of_week"), &daily.days_of_week)?;
            if self.daily[..index].iter().any(|earlier| earlier.overlaps(daily)) {
                return refuse(path(), "cannot overlap with another period");
            }
        }
        Ok(())
    }
}

/// What is no `HH:mm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATime;

impl DailyHours {
    /// When the hours end; `None` is the end of the day.
    pub fn end(&self) -> Result<Option<Time>, NotATime> {
        match self.expiration_time.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => time_of_day(text).map(Some).ok_or(NotATime),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let share_a_day = self.days_of_week.iter().any(|day| other.days_of_week.contains(day));
        let span = |hours: &Self| {
            let end = hours.end().ok().flatten().unwrap_or(Time::MAX);
            time_of_day(&hours.start_time).map(|start| (start, end))
        };
        // Periods that only touch don't overlap: `09:00-11:00` and `11:00-12:00` are fine.
        let in_time = span(self).zip(span(other)).is_some_and(|(a, b)| (a.0 < b.1 && b.0 < a.1) || a == b);
        share_a_day && in_time
    }
}

fn check_days(path: &Path, days: &[i8]) -> Result<(), Error> {
    match days.iter().position(|day| !(0..=6).contains(day)) {
        None => Ok(()),
        Some(index) => {
            let rule = if days[index] < 0 { Rule::AtLeast(0) } else { Rule::AtMost(6) };
            Err(Error::invalid_payload(path.clone().index(index), rule))
        }
    }
}

/// Why something can't be used at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// It, or its campaign, is switched off.
    Disabled,
    NotStarted,
    Expired,
    /// Outside of its recurring windows.
    NotNow,
}

impl Unusable {
    /// Key, message and details of the error for the voucher with this code.
    pub fn of_voucher(self, code: &str) -> (&'static str, &'static str, String) {
        let (key, message) = match self {
            Unusable::Disabled => ("voucher_disabled", "voucher is disabled"),
            Unusable::NotStarted => ("voucher_not_active", "voucher is not active yet"),
            Unusable::Expired => ("voucher_expired", "voucher expired"),
            Unusable::NotNow => ("voucher_not_active_now", "voucher not active now"),
        };
        (key, message, code.to_owned())
    }

    /// The same for the promotion tier with this id.
    pub fn of_promotion_tier(self, id: &str) -> (&'static str, &'static str, String) {
        let inactive = |state: &str| {
            ("promotion_inactive", "Inactive Promotion", format!("Promotion Tier with id: {id} {state}."))
        };
        match self {
            Unusable::Disabled => inactive("is disabled"),
            Unusable::NotStarted => inactive("is not active yet"),
            Unusable::Expired => inactive("has expired"),
            Unusable::NotNow => ("promotion_not_active_now", "promotion not active now", id.to_owned()),
        }
    }
}

/// Reads an ISO 8601 duration of at least a second.
///
/// ```
/// use guerdon_model::validity::duration;
/// assert!(duration("P1DT12H").is_some());
/// assert!(["", "P", "P0D", "PT0.5S", "-P1D", "1 day"].into_iter().all(|text| duration(text).is_none()));
/// ```
pub fn duration(text: &str) -> Option<Span> {
    let text = text.trim();
    // The parser also knows a friendly format, which the API does not.
    if !text.starts_with(['P', 'p']) {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let relative = SpanRelativeTo::from(Date::constant(2000, 1, 1));
    span.total((jiff::Unit::Second, relative)).is_ok_and(|seconds| seconds >= 1.0).then_some(span)
}

/// Reads `HH:mm`, as hours and minutes of a day; seconds are accepted.
pub fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':');
    let mut next = |is_optional: bool| match parts.next() {
        None if is_optional => Some(0),
        None => None,
        Some(part) if (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()) => {
            part.parse().ok()
        }
        Some(_) => None,
    };
    let (hour, minute, second): (i8, i8, i8) = (next(false)?, next(false)?, next(true)?);
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{error::Dialect, payload};

    fn apply(body: Value) -> Result<TimeLimits, String> {
        let mut limits = TimeLimits::default();
        payload::from_value::<TimeLimitsInput>(body)
            .and_then(|input| input.apply_to(&mut limits))
            .map(|()| limits)
            .map_err(|error| error.describe(Dialect::Should).details.unwrap_or_default())
    }

    fn daily(start: &str, end: Option<&str>, days: &[i8]) -> Value {
        json!({"start_time": start, "days_of_week": days, "expiration_time": end})
    }

    #[test]
    fn limits_are_echoed_as_sent() {
        for sent in [
            json!({}),
            json!({"start_date": "2022-09-21T00:00:00.000Z", "validity_timeframe": {"interval": "P3D", "duration": "P2D"}}),
            json!({"expiration_date": "2022-09-21T00:00:00.000Z", "validity_day_of_week": [1, 2, 3]}),
            json!({"validity_hours": {"daily": [
                {"start_time": "09:00", "days_of_week": [2, 4], "expiration_time": "11:00"},
                {"start_time": "11:00", "days_of_week": [2], "expiration_time": ""},
                {"start_time": "9:30", "days_of_week": [0]},
            ]}}),
        ] {
            assert_eq!(json!(apply(sent.clone()).expect("accepted")), sent);
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        let hours = |daily: Value| json!({"validity_hours": {"daily": daily}});
        let timeframe = |interval: &str| json!({"start_date": "2022-01-01", "validity_timeframe": {"interval": interval, "duration": "P1D"}});
        for (body, details) in [
            (json!({"start_date": "soon"}), ".start_date cannot be recognized as a ISO-8601 compliant date"),
            (json!({"start_date": 5}), ".start_date should be string,null"),
            (
                json!({"validity_timeframe": {"interval": "P1D", "duration": "P1D"}}),
                ".validity_timeframe cannot be used without a start_date",
            ),
            (
                json!({"validity_timeframe": {"interval": "P1D"}}),
                ".validity_timeframe should have required property 'duration'",
            ),
            (timeframe("P0D"), ".validity_timeframe.interval cannot be recognized as a ISO-8601 compliant duration"),
            (timeframe("-P1D"), ".validity_timeframe.interval cannot be recognized as a ISO-8601 compliant duration"),
            (timeframe("2 days"), ".validity_timeframe.interval cannot be recognized as a ISO-8601 compliant duration"),
            (json!({"validity_day_of_week": [1, 7]}), ".validity_day_of_week[1] cannot be higher than 6"),
            (json!({"validity_day_of_week": [-1]}), ".validity_day_of_week[0] cannot be lower than 0"),
            (json!({"validity_day_of_week": "1"}), ".validity_day_of_week should be array,null"),
            (
                hours(json!([daily("25:00", None, &[1])])),
                ".validity_hours.daily[0].start_time must be a time of the form HH:mm",
            ),
            (
                hours(json!([daily("9", None, &[1])])),
                ".validity_hours.daily[0].start_time must be a time of the form HH:mm",
            ),
            (
                hours(json!([daily("09:00", Some("noon"), &[1])])),
                ".validity_hours.daily[0].expiration_time must be a time of the form HH:mm",
            ),
            (
                hours(json!([daily("09:00", Some("08:59"), &[1])])),
                ".validity_hours.daily[0].expiration_time cannot be before start_time",
            ),
            (
                hours(json!([daily("09:00", None, &[9])])),
                ".validity_hours.daily[0].days_of_week[0] cannot be higher than 6",
            ),
            (
                hours(json!([daily("09:00", None, &[1, 2]), daily("10:00", Some("11:00"), &[2])])),
                ".validity_hours.daily[1] cannot overlap with another period",
            ),
            (
                json!({"validity_day_of_week": [1], "validity_hours": {"daily": []}}),
                ".validity_hours cannot be combined with validity_timeframe or validity_day_of_week",
            ),
        ] {
            assert_eq!(apply(body.clone()).expect_err("refused"), format!("Property {details}"), "{body}");
        }
        for accepted in [
            hours(json!([daily("09:00", Some("11:00"), &[1]), daily("10:00", Some("12:00"), &[2])])),
            hours(json!([daily("09:00", Some("11:00"), &[1]), daily("11:00", None, &[1])])),
            json!({"start_date": null, "validity_timeframe": null, "validity_day_of_week": []}),
        ] {
            assert!(apply(accepted.clone()).is_ok(), "{accepted}");
        }
    }

    #[test]
    fn a_refused_change_leaves_the_limits_alone() {
        let mut limits =
            apply(json!({"start_date": "2022-01-01", "validity_timeframe": {"interval": "P1D", "duration": "P1D"}}))
                .expect("accepted");
        let before = limits.clone();
        let input = TimeLimitsInput { start_date: Patch::Null, ..TimeLimitsInput::default() };
        input.apply_to(&mut limits).expect_err("the timeframe needs its start");
        assert_eq!(limits, before);
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_none(text in "-?[PpT0-9DWMYHS., ]{0,24}", other in ".{0,12}") {
            let _ = (duration(&text), duration(&other), time_of_day(&other), time_of_day(&text));
        }
    }
}
