//! Recurring windows of time: every so often for so long, and hours of some weekdays.

use guerdon_model::{
    Timestamp,
    validity::{duration, time_of_day},
};
use jiff::{
    Span, ZonedDateTime,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};

/// A moment as the project's clocks show it; `None` at the ends of the calendar.
pub(crate) fn local(moment: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    Some(zone.to_datetime(moment.to_jiff()?))
}

/// The moment at which the project's clocks show this; that after the gap if they never do.
pub(crate) fn moment_of(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let moment = zone.to_timestamp(local).ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// A window that opens every `interval` from a start on and stays open for `duration`.
///
/// Days, weeks, months and years are the calendar's, so that a window which opens at nine opens at
/// nine in summer and in winter. The k-th window begins `k` intervals after the start.
#[derive(Debug, Clone)]
pub(crate) struct Recurring {
    interval: Span,
    duration: Span,
    /// How long an interval takes on average.
    seconds: f64,
}

impl Recurring {
    /// Reads two ISO 8601 durations.
    pub(crate) fn read(interval: &str, duration_: &str) -> Option<Self> {
        let (interval, duration) = (duration(interval)?, duration(duration_)?);
        Some(Self { interval, duration, seconds: average_seconds(interval) })
    }

    /// Whether the moment lies in a window.
    pub(crate) fn contains(&self, start: Timestamp, moment: Timestamp, zone: &TimeZone) -> bool {
        self.current(start, moment, zone).is_some_and(|(_, end)| moment < end)
    }

    /// When the next window opens.
    pub(crate) fn next(&self, start: Timestamp, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let next = match self.current(start, moment, zone) {
            Some((count, _)) => timestamp(self.begin(&zoned(start, zone)?, count + 1)?),
            None => Some(start).filter(|start| moment < *start)?,
        };
        // Not so at the end of the calendar.
        self.contains(start, next, zone).then_some(next)
    }

    /// The window that opened last, by its number, and when it closes.
    fn current(&self, start: Timestamp, moment: Timestamp, zone: &TimeZone) -> Option<(i64, Timestamp)> {
        // Both must be on the calendar, or the search below would take forever to get there.
        moment.to_jiff()?;
        let first = zoned(start, zone)?;
        if moment < start {
            return None;
        }
        // Months and years differ in length and days in summer time, but no estimate from the average
        // is off by more than a few intervals.
        let mut count = (moment.millis_since(start) as f64 / 1_000.0 / self.seconds) as i64;
        while count > 0 && self.begin(&first, count).is_none_or(|begin| timestamp(begin) > moment) {
            count -= 1;
        }
        while self.begin(&first, count + 1).is_some_and(|begin| timestamp(begin) <= moment) {
            count += 1;
        }
        let end = self.begin(&first, count)?.checked_add(self.duration).ok()?;
        Some((count, timestamp(end)))
    }

    fn begin(&self, first: &ZonedDateTime, count: i64) -> Option<ZonedDateTime> {
        first.checked_add(self.interval.checked_mul(count).ok()?).ok()
    }
}

fn zoned(moment: Timestamp, zone: &TimeZone) -> Option<ZonedDateTime> {
    Some(moment.to_jiff()?.to_zoned_datetime(zone.clone()))
}

fn timestamp(zoned: ZonedDateTime) -> Timestamp {
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

fn average_seconds(span: Span) -> f64 {
    const DAY: f64 = 86_400.0;
    let days = f64::from(span.get_years()) * 365.2425
        + f64::from(span.get_months()) * 30.436875
        + f64::from(span.get_weeks()) * 7.0
        + f64::from(span.get_days());
    let seconds = f64::from(span.get_hours()) * 3_600.0
        + span.get_minutes() as f64 * 60.0
        + span.get_seconds() as f64
        + span.get_milliseconds() as f64 / 1e3
        + span.get_microseconds() as f64 / 1e6
        + span.get_nanoseconds() as f64 / 1e9;
    days * DAY + seconds
}

/// Some weekdays. A list without any means all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weekdays(u8);

impl Weekdays {
    /// 0 is Sunday; numbers that are no weekday don't count.
    pub(crate) fn of(days: impl IntoIterator<Item = i64>) -> Self {
        Self(days.into_iter().filter(|day| (0..7).contains(day)).fold(0, |days, day| days | 1 << day))
    }

    pub(crate) fn contains(self, day: Weekday) -> bool {
        self.0 == 0 || self.0 & 1 << day.to_sunday_zero_offset() != 0
    }

    /// The next of them after `date`.
    fn next(self, date: Date) -> Option<Date> {
        date.series(Span::new().days(1)).skip(1).take(7).find(|date| self.contains(date.weekday()))
    }

    /// The beginning of the next of them after this moment.
    pub(crate) fn next_start(self, local: DateTime) -> Option<DateTime> {
        Some(self.next(local.date())?.to_datetime(Time::midnight()))
    }
}

/// Hours of some weekdays, from the first moment to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    days: Weekdays,
    start: Time,
    /// The end of the day if there is none.
    end: Option<Time>,
}

impl Hours {
    /// Reads `HH:mm`; a blank end is the end of the day.
    pub(crate) fn read(start: &str, end: &str, days: Weekdays) -> Option<Self> {
        let end = if end.trim().is_empty() { None } else { Some(time_of_day(end)?) };
        Some(Self { days, start: time_of_day(start)?, end })
    }

    pub(crate) fn contains(self, local: DateTime) -> bool {
        self.days.contains(local.weekday())
            && self.start <= local.time()
            && self.end.is_none_or(|end| local.time() <= end)
    }

    /// When they begin next.
    pub(crate) fn next_start(self, local: DateTime) -> Option<DateTime> {
        let today = local.date();
        let is_today = self.days.contains(today.weekday()) && local.time() < self.start;
        let date = if is_today { today } else { self.days.next(today)? };
        Some(date.to_datetime(self.start))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a timestamp")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a time zone")
    }

    #[test]
    fn a_window_opens_every_interval_for_its_duration() {
        let start = at("2022-09-21");
        let window = Recurring::read("P3D", "P2D").expect("durations");
        for (moment, is_open, next) in [
            ("2022-09-20T23:59:59.999Z", false, "2022-09-21T00:00:00.000Z"),
            ("2022-09-21T00:00:00Z", true, "2022-09-24T00:00:00.000Z"),
            ("2022-09-22T12:00:00Z", true, "2022-09-24T00:00:00.000Z"),
            ("2022-09-23T00:00:00Z", false, "2022-09-24T00:00:00.000Z"),
            ("2022-09-23T12:00:00Z", false, "2022-09-24T00:00:00.000Z"),
            ("2022-09-24T01:00:00Z", true, "2022-09-27T00:00:00.000Z"),
        ] {
            assert_eq!(window.contains(start, at(moment), &TimeZone::UTC), is_open, "{moment}");
            let opens = window.next(start, at(moment), &TimeZone::UTC).map(|next| next.to_string());
            assert_eq!(opens.as_deref(), Some(next), "{moment}");
        }
    }

    #[test]
    fn windows_of_days_keep_their_clock_time_and_windows_of_hours_their_length() {
        // Summer time began in Warsaw on 29 March 2026 at 01:00Z.
        let warsaw = zone("Europe/Warsaw");
        let start = at("2026-03-27T08:00:00Z");
        for (interval, moment, is_open) in [
            ("P1D", "2026-03-30T07:00:00Z", true),
            ("P1D", "2026-03-30T06:59:59Z", false),
            ("P1D", "2026-03-30T08:00:00Z", false),
            ("PT24H", "2026-03-30T07:00:00Z", false),
            ("PT24H", "2026-03-30T08:00:00Z", true),
        ] {
            let window = Recurring::read(interval, "PT1H").expect("durations");
            assert_eq!(window.contains(start, at(moment), &warsaw), is_open, "{interval} {moment}");
        }
    }

    #[test]
    fn months_count_from_the_start_even_if_a_short_one_lies_between() {
        let window = Recurring::read("P1M", "P1D").expect("durations");
        for (moment, is_open) in [
            ("2026-02-28T12:00:00Z", true),
            ("2026-03-28T12:00:00Z", false),
            ("2026-03-31T12:00:00Z", true),
            ("2126-04-30T12:00:00Z", true),
        ] {
            assert_eq!(window.contains(at("2026-01-31"), at(moment), &TimeZone::UTC), is_open, "{moment}");
        }
    }

    #[test]
    fn hours_include_their_first_and_last_moment() {
        let hours = Hours::read("09:00", "11:00", Weekdays::of([2, 4])).expect("hours");
        let open_end = Hours::read("09:00", "", Weekdays::of([2])).expect("hours");
        for (moment, is_open, is_open_late, next) in [
            ("2026-01-06T10:59:00", true, true, "2026-01-08T09:00:00"),
            ("2026-01-06T11:00:00", true, true, "2026-01-08T09:00:00"),
            ("2026-01-06T11:01:00", false, true, "2026-01-08T09:00:00"),
            ("2026-01-06T23:59:59", false, true, "2026-01-08T09:00:00"),
            ("2026-01-06T08:59:59", false, false, "2026-01-06T09:00:00"),
            ("2026-01-07T10:00:00", false, false, "2026-01-08T09:00:00"),
            ("2026-01-08T10:00:00", true, false, "2026-01-13T09:00:00"),
        ] {
            let local: DateTime = moment.parse().expect("a time");
            assert_eq!((hours.contains(local), open_end.contains(local)), (is_open, is_open_late), "{moment}");
            assert_eq!(hours.next_start(local).map(|next| next.to_string()).as_deref(), Some(next), "{moment}");
        }
    }

    #[test]
    fn no_weekday_means_every_weekday() {
        let sunday = Date::constant(2026, 1, 4);
        assert!(Weekdays::of([]).contains(sunday.weekday()));
        assert!(Weekdays::of([0, 9, -1]).contains(sunday.weekday()));
        assert!(!Weekdays::of([1]).contains(sunday.weekday()));
    }

    proptest! {
        #[test]
        fn any_window_can_be_asked_at_any_moment(
            start in any::<i64>(), moment in any::<i64>(), near in -400_000_000_000i64..4_000_000_000_000,
            units in ("P([0-9]{1,3}Y)?([0-9]{1,4}M)?([0-9]{1,5}D)?(T[0-9]{1,6}[HMS])?", "P[1-9]D"),
        ) {
            let Some(window) = Recurring::read(&units.0, &units.1) else { return Ok(()) };
            for (start, moment) in [(start, moment), (0, near), (near, moment)] {
                let (start, moment) = (Timestamp::from_millis(start), Timestamp::from_millis(moment));
                window.contains(start, moment, &TimeZone::UTC);
                if let Some(next) = window.next(start, moment, &TimeZone::UTC) {
                    prop_assert!(next > moment);
                    prop_assert!(window.contains(start, next, &TimeZone::UTC));
                }
            }
        }
    }
}
