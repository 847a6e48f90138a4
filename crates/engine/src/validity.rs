//! Whether a moment lies within time limits.
//!
//! ```
//! use guerdon_engine::{facts::Calendar, trace::Trace, validity::Limits};
//! use guerdon_model::{Timestamp, validity::{TimeLimits, Unusable}};
//! use jiff::{civil::Weekday, tz::TimeZone};
//!
//! let limits: TimeLimits = serde_json::from_value(serde_json::json!({
//!     "start_date": "2026-01-01T00:00:00Z",
//!     "validity_day_of_week": [1, 2, 3],
//! })).expect("time limits");
//! let limits = Limits::compile(&limits);
//! let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
//! let at = |text| limits.check(Timestamp::parse(text).expect("a date"), &calendar, &mut Trace::off());
//!
//! assert_eq!(at("2025-12-31"), Err(Unusable::NotStarted));
//! assert_eq!(at("2026-01-05"), Ok(()));
//! assert_eq!(at("2026-01-09"), Err(Unusable::NotNow));
//! ```

use guerdon_model::{
    Timestamp,
    validity::{TimeLimits, Unusable, duration},
};
use jiff::{civil::DateTime, tz::TimeZone};

use crate::{
    facts::Calendar,
    trace::{Change, Kind, NearMiss, Node, Outcome, Trace, Unit},
    window::{Hours, Recurring, Weekdays, local, moment_of},
};

/// Time limits, read once.
#[derive(Debug, Clone)]
pub struct Limits {
    start: Option<Timestamp>,
    expiration: Option<Timestamp>,
    recurring: Box<[Window]>,
}

/// One recurring limit. All must be open.
#[derive(Debug, Clone)]
enum Window {
    Timeframe(Timestamp, Recurring),
    Weekdays(Weekdays),
    /// One of these is enough.
    Hours(Box<[Hours]>),
    /// What can't be read is never open. Nothing of the kind is stored.
    Never,
}

impl Limits {
    /// Reads limits once, so that many moments can be checked.
    pub fn compile(limits: &TimeLimits) -> Self {
        let timeframe = limits.validity_timeframe.as_ref().map(|timeframe| {
            let recurring = Recurring::read(&timeframe.interval, &timeframe.duration);
            limits
                .start_date
                .zip(recurring)
                .map_or(Window::Never, |(start, recurring)| Window::Timeframe(start, recurring))
        });
        let days = limits.validity_day_of_week.as_deref().filter(|days| !days.is_empty());
        let hours = limits.validity_hours.as_ref().filter(|hours| !hours.daily.is_empty()).map(|hours| {
            let read = hours.daily.iter().filter_map(|daily| {
                let end = daily.expiration_time.as_deref().unwrap_or_default();
                Hours::read(&daily.start_time, end, weekdays(&daily.days_of_week))
            });
            Window::Hours(read.collect())
        });
        Self {
            start: limits.start_date,
            expiration: limits.expiration_date,
            recurring: timeframe
                .into_iter()
                .chain(days.map(|days| Window::Weekdays(weekdays(days))))
                .chain(hours)
                .collect(),
        }
    }

    /// The first and the last moment, as far as there are any. Whoever looks for what is usable now
    /// can leave out everything whose period does not contain it.
    pub fn period(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.start, self.expiration)
    }

    /// Whether the moment lies within the limits.
    ///
    /// # Errors
    /// The first limit that it does not keep: the start, the expiration, then the recurring windows.
    pub fn check(&self, now: Timestamp, calendar: &Calendar, trace: &mut Trace) -> Result<(), Unusable> {
        let is_within = match () {
            () if self.start.is_some_and(|start| now < start) => Err(Unusable::NotStarted),
            () if self.expiration.is_some_and(|expiration| expiration < now) => Err(Unusable::Expired),
            () if !self.is_open(now, &calendar.time_zone) => Err(Unusable::NotNow),
            () => Ok(()),
        };
        if trace.is_on() {
            self.explain(now, is_within, calendar, trace);
        }
        is_within
    }

    fn is_open(&self, moment: Timestamp, zone: &TimeZone) -> bool {
        self.recurring.is_empty()
            || local(moment, zone)
                .is_some_and(|local| self.recurring.iter().all(|window| window.is_open(moment, local, zone)))
    }

    /// The next moment within the limits, if there is one.
    pub fn next(&self, now: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        /// So often one window may open while another is closed.
        const MAX_TRIES: usize = 1_000;
        let zone = &calendar.time_zone;
        let mut moment = self.start.map_or(now, |start| start.max(now));
        for _ in 0..MAX_TRIES {
            if self.expiration.is_some_and(|expiration| expiration < moment) {
                return None;
            }
            let local = local(moment, zone)?;
            let mut closed = self.recurring.iter().filter(|window| !window.is_open(moment, local, zone)).peekable();
            if closed.peek().is_none() {
                return Some(moment);
            }
            let openings: Option<Vec<Timestamp>> = closed.map(|window| window.next(moment, local, zone)).collect();
            moment = openings?.into_iter().max()?;
        }
        None
    }

    fn explain(&self, now: Timestamp, is_within: Result<(), Unusable>, calendar: &Calendar, trace: &mut Trace) {
        let (subject, limit) = match is_within {
            Err(Unusable::NotStarted) => ("start_date", self.start),
            Err(Unusable::Expired) => ("expiration_date", self.expiration),
            Err(Unusable::NotNow | Unusable::Disabled) => ("recurring_limits", None),
            Ok(()) => ("time_limits", None),
        };
        trace.add(|| {
            let outcome = if is_within.is_ok() { Outcome::Satisfied } else { Outcome::Violated };
            let mut node = Node::new(Kind::Check).subject(subject).seen(now.to_string()).outcome(outcome);
            if let Some(limit) = limit {
                node = node.detail("limit", limit.to_string());
            }
            if is_within.is_err()
                && let Some(from) = self.next(now, calendar)
            {
                let near_miss = NearMiss {
                    change: Change::Wait,
                    by: Some(from.millis_since(now)),
                    unit: Some(Unit::Milliseconds),
                    from: Some(from),
                };
                node.near_miss = Some(near_miss);
                node.text = Some(format!("usable from {from} on"));
            }
            node
        });
    }
}

impl Window {
    fn is_open(&self, moment: Timestamp, local: DateTime, zone: &TimeZone) -> bool {
        match self {
            Window::Timeframe(start, recurring) => recurring.contains(*start, moment, zone),
            Window::Weekdays(days) => days.contains(local.weekday()),
            Window::Hours(hours) => hours.iter().any(|hours| hours.contains(local)),
            Window::Never => false,
        }
    }

    /// When it opens next.
    fn next(&self, moment: Timestamp, local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Window::Timeframe(start, recurring) => recurring.next(*start, moment, zone),
            Window::Weekdays(days) => moment_of(days.next_start(local)?, zone),
            Window::Hours(hours) => moment_of(hours.iter().filter_map(|hours| hours.next_start(local)).min()?, zone),
            Window::Never => None,
        }
    }
}

fn weekdays(days: &[i8]) -> Weekdays {
    Weekdays::of(days.iter().copied().map(i64::from))
}

/// When a code that was published at a moment expires, if its campaign keeps codes active for so
/// long after. That overrides every other expiration.
pub fn expiration_after_publishing(published_at: Timestamp, activity: &str, zone: &TimeZone) -> Option<Timestamp> {
    let published_at = published_at.to_jiff()?.to_zoned_datetime(zone.clone());
    let expiration = published_at.checked_add(duration(activity)?).ok()?;
    Some(Timestamp::from_millis(expiration.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a timestamp")
    }

    fn limits(json: Value) -> Limits {
        Limits::compile(&serde_json::from_value(json).expect("time limits"))
    }

    fn calendar(zone: &str) -> Calendar {
        Calendar { time_zone: TimeZone::get(zone).expect("a time zone"), week_starts_on: Weekday::Monday }
    }

    #[test]
    fn a_moment_lies_within_all_limits_or_breaks_the_first_of_them() {
        use Unusable::{Expired, NotNow, NotStarted};
        let days = json!({"validity_day_of_week": [1, 2, 3]});
        let hours = json!({"validity_hours": {"daily": [
            {"start_time": "09:00", "days_of_week": [2, 4], "expiration_time": "11:00"}]}});
        let open_end = json!({"validity_hours": {"daily": [
            {"start_time": "09:00", "days_of_week": [2, 4], "expiration_time": ""}]}});
        let frame = json!({"start_date": "2022-09-21", "validity_timeframe": {"interval": "P3D", "duration": "P2D"}});
        let both = json!({"start_date": "2026-01-01", "validity_timeframe": {"interval": "P2D", "duration": "P1D"},
            "validity_day_of_week": [1]});
        let period = json!({"start_date": "2026-01-01T00:00:00Z", "expiration_date": "2026-01-31T00:00:00Z"});
        let rows = [
            (json!({}), "1970-01-01", Ok(())),
            (json!({"validity_day_of_week": [], "validity_hours": {"daily": []}}), "1970-01-01", Ok(())),
            (period.clone(), "2025-12-31T23:59:59.999Z", Err(NotStarted)),
            (period.clone(), "2026-01-01T00:00:00Z", Ok(())),
            (period.clone(), "2026-01-31T00:00:00Z", Ok(())),
            (period, "2026-01-31T00:00:00.001Z", Err(Expired)),
            (frame.clone(), "2022-09-22T12:00:00Z", Ok(())),
            (frame.clone(), "2022-09-23T12:00:00Z", Err(NotNow)),
            (frame.clone(), "2022-09-24T01:00:00Z", Ok(())),
            (frame, "2022-09-20T12:00:00Z", Err(NotStarted)),
            (days.clone(), "2026-01-04T12:00:00Z", Err(NotNow)),
            (days, "2026-01-05T00:00:00Z", Ok(())),
            (hours.clone(), "2026-01-06T10:59:00Z", Ok(())),
            (hours.clone(), "2026-01-06T11:01:00Z", Err(NotNow)),
            (hours, "2026-01-07T10:00:00Z", Err(NotNow)),
            (open_end, "2026-01-06T23:59:00Z", Ok(())),
            (both.clone(), "2026-01-05T12:00:00Z", Ok(())),
            (both.clone(), "2026-01-07T12:00:00Z", Err(NotNow)),
            (both, "2026-01-12T12:00:00Z", Err(NotNow)),
            (json!({"validity_timeframe": {"interval": "P1D", "duration": "P1D"}}), "2026-01-01", Err(NotNow)),
        ];
        for (json, moment, expected) in rows {
            let found = limits(json.clone()).check(at(moment), &calendar("UTC"), &mut Trace::off());
            assert_eq!(found, expected, "{json} at {moment}");
        }
    }

    #[test]
    fn weekdays_and_hours_are_the_projects() {
        let monday = limits(json!({"validity_day_of_week": [1]}));
        let morning = limits(json!({"validity_hours": {"daily": [
            {"start_time": "08:00", "days_of_week": [1], "expiration_time": "09:00"}]}}));
        for (zone, moment, is_monday, is_morning) in [
            ("UTC", "2026-07-06T08:30:00Z", true, true),
            ("Europe/Warsaw", "2026-07-06T08:30:00Z", true, false),
            ("Europe/Warsaw", "2026-07-06T06:30:00Z", true, true),
            ("Europe/Warsaw", "2026-07-05T22:00:00Z", true, false),
            ("America/New_York", "2026-07-06T03:59:59Z", false, false),
        ] {
            let check = |limits: &Limits| limits.check(at(moment), &calendar(zone), &mut Trace::off()).is_ok();
            assert_eq!((check(&monday), check(&morning)), (is_monday, is_morning), "{moment} in {zone}");
        }
    }

    #[test]
    fn a_trace_says_when_it_will_be_usable() {
        for (json, now, subject, from) in [
            (json!({"start_date": "2026-02-01"}), "2026-01-31", "start_date", Some("2026-02-01T00:00:00.000Z")),
            (json!({"expiration_date": "2026-01-01"}), "2026-01-31", "expiration_date", None),
            (
                json!({"validity_day_of_week": [1]}),
                "2026-01-06T10:00:00Z",
                "recurring_limits",
                Some("2026-01-12T00:00:00.000Z"),
            ),
            (
                json!({"start_date": "2026-01-01", "validity_timeframe": {"interval": "P2D", "duration": "P1D"},
                    "validity_day_of_week": [1]}),
                "2026-01-06T10:00:00Z",
                "recurring_limits",
                Some("2026-01-19T00:00:00.000Z"),
            ),
        ] {
            let mut trace = Trace::on();
            limits(json).check(at(now), &calendar("UTC"), &mut trace).expect_err("not now");
            let nodes = serde_json::to_value(trace.into_nodes()).expect("json");
            assert_eq!(nodes[0]["subject"], subject);
            assert_eq!(nodes[0]["near_miss"]["from"].as_str(), from, "{nodes}");
        }
    }

    #[test]
    fn a_published_code_stays_active_for_the_campaigns_time() {
        let expiration = expiration_after_publishing(at("2026-01-31T20:00:00Z"), "P1D", &TimeZone::UTC);
        let voucher = limits(json!({"expiration_date": expiration}));
        for (moment, expected) in [("2026-02-01T19:00:00Z", Ok(())), ("2026-02-01T21:00:00Z", Err(Unusable::Expired))] {
            assert_eq!(voucher.check(at(moment), &calendar("UTC"), &mut Trace::off()), expected);
        }
        let expiration = expiration_after_publishing(at("2024-01-10T12:00:00Z"), "P24D", &TimeZone::UTC);
        assert_eq!(expiration.map(|at| at.to_string()).as_deref(), Some("2024-02-03T12:00:00.000Z"));
    }

    proptest! {
        #[test]
        fn the_next_usable_moment_is_usable(
            now in 1_700_000_000_000i64..1_800_000_000_000,
            days in prop::collection::vec(0i64..7, 0..3),
            every in 1i64..5, hours in 1i64..40,
            zone in prop::sample::select(vec!["UTC", "Europe/Warsaw", "America/New_York"]),
        ) {
            let limits = limits(json!({
                "start_date": "2024-01-01T09:00:00Z", "expiration_date": "2030-01-01T00:00:00Z",
                "validity_timeframe": {"interval": format!("P{every}D"), "duration": format!("PT{hours}H")},
                "validity_day_of_week": days,
            }));
            let (calendar, now) = (calendar(zone), Timestamp::from_millis(now));
            let is_usable = |moment| limits.check(moment, &calendar, &mut Trace::off()).is_ok();
            if let Some(next) = limits.next(now, &calendar) {
                prop_assert!(is_usable(next));
                prop_assert_eq!(next == now, is_usable(now));
            }
        }
    }
}
