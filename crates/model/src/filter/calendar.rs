//! Calendar periods and anniversaries. Days are the project's; weeks begin on Monday.

use jiff::{Span, ToSpan, civil::Date};

use super::Operator;

/// A length of time that begins with a day, week, month or year of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// A calendar period: so many units after (or, negative, before) the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) unit: Unit,
    offset: i8,
    /// Only month and day count: the period asks for anniversaries.
    pub(super) month_day: bool,
}

/// The operators that name a period.
const PERIODS: &[(Operator, Unit, i8, bool)] = &[
    (Operator::Today, Unit::Day, 0, false),
    (Operator::Tomorrow, Unit::Day, 1, false),
    (Operator::Yesterday, Unit::Day, -1, false),
    (Operator::ThisWeek, Unit::Week, 0, false),
    (Operator::LastWeek, Unit::Week, -1, false),
    (Operator::NextWeek, Unit::Week, 1, false),
    (Operator::ThisMonth, Unit::Month, 0, false),
    (Operator::LastMonth, Unit::Month, -1, false),
    (Operator::NextMonth, Unit::Month, 1, false),
    (Operator::ThisYear, Unit::Year, 0, false),
    (Operator::NextYear, Unit::Year, 1, false),
    (Operator::LastYear, Unit::Year, -1, false),
    (Operator::TodayMd, Unit::Day, 0, true),
    (Operator::TomorrowMd, Unit::Day, 1, true),
    (Operator::YesterdayMd, Unit::Day, -1, true),
    (Operator::ThisWeekMd, Unit::Week, 0, true),
    (Operator::LastWeekMd, Unit::Week, -1, true),
    (Operator::NextWeekMd, Unit::Week, 1, true),
    (Operator::ThisMonthMd, Unit::Month, 0, true),
    (Operator::LastMonthMd, Unit::Month, -1, true),
    (Operator::NextMonthMd, Unit::Month, 1, true),
];

impl Period {
    /// The period that `operator` names.
    pub(super) fn of(operator: Operator) -> Option<Self> {
        let row = PERIODS.iter().find(|row| row.0 == operator)?;
        Some(Self { unit: row.1, offset: row.2, month_day: row.3 })
    }

    /// First and last day, seen from `today`; `None` at the ends of the calendar.
    pub(super) fn days(self, today: Date) -> Option<(Date, Date)> {
        let offset = i64::from(self.offset);
        let moved = |date: Date, span: Span| date.checked_add(span).ok();
        Some(match self.unit {
            Unit::Day => {
                let day = moved(today, offset.days())?;
                (day, day)
            }
            Unit::Week => {
                let since_monday = i64::from(today.weekday().to_monday_zero_offset());
                let monday = moved(today, (offset * 7 - since_monday).days())?;
                (monday, moved(monday, 6.days())?)
            }
            Unit::Month => {
                let first = moved(today.first_of_month(), offset.months())?;
                (first, first.last_of_month())
            }
            Unit::Year => {
                let first = moved(today.first_of_year(), offset.years())?;
                (first, first.last_of_year())
            }
        })
    }

    /// Whether `date`, or one of its anniversaries, falls in the period.
    pub(super) fn holds(self, date: Date, today: Date) -> bool {
        let Some((first, last)) = self.days(today) else { return false };
        if !self.month_day {
            return (first..=last).contains(&date);
        }
        // A week around New Year lies in two years, and so may its anniversaries.
        (first.year()..=last.year())
            .filter_map(|year| anniversary(date, year))
            .any(|anniversary| (first..=last).contains(&anniversary))
    }
}

/// The day of `year` on which `date` is celebrated: 29 February on the 28th when there is no 29th.
pub(super) fn anniversary(date: Date, year: i16) -> Option<Date> {
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, date.month(), 28)).ok()
}

/// Days since the latest anniversary that is not after `today`.
pub(super) fn days_since_anniversary(date: Date, today: Date) -> Option<i64> {
    let this_year = anniversary(date, today.year())?;
    let latest = if this_year <= today { this_year } else { anniversary(date, today.year().checked_sub(1)?)? };
    Some(days_between(latest, today))
}

/// Days until the next anniversary that is not before `today`.
pub(super) fn days_until_anniversary(date: Date, today: Date) -> Option<i64> {
    let this_year = anniversary(date, today.year())?;
    let next = if this_year >= today { this_year } else { anniversary(date, today.year().checked_add(1)?)? };
    Some(days_between(today, next))
}

/// Days from `earlier` to `later`; negative if they are the other way round.
pub(super) fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_are_calendar_days_iso_weeks_months_and_years() {
        let sunday = date(2026, 5, 10);
        let december = date(2026, 12, 31);
        for (today, operator, first, last) in [
            (sunday, Operator::Today, sunday, sunday),
            (sunday, Operator::Yesterday, date(2026, 5, 9), date(2026, 5, 9)),
            (sunday, Operator::ThisWeek, date(2026, 5, 4), sunday),
            (sunday, Operator::NextWeek, date(2026, 5, 11), date(2026, 5, 17)),
            (sunday, Operator::LastMonth, date(2026, 4, 1), date(2026, 4, 30)),
            (sunday, Operator::LastYear, date(2025, 1, 1), date(2025, 12, 31)),
            (december, Operator::Tomorrow, date(2027, 1, 1), date(2027, 1, 1)),
            (december, Operator::ThisWeek, date(2026, 12, 28), date(2027, 1, 3)),
            (december, Operator::NextMonth, date(2027, 1, 1), date(2027, 1, 31)),
            (date(2024, 3, 31), Operator::LastMonth, date(2024, 2, 1), date(2024, 2, 29)),
        ] {
            let days = Period::of(operator).and_then(|period| period.days(today));
            assert_eq!(days, Some((first, last)), "{} on {today}", operator.name());
        }
    }

    #[test]
    fn a_period_beyond_the_calendar_holds_for_no_date() {
        for operator in Operator::ALL.iter().copied() {
            for today in [Date::MIN, Date::MAX] {
                let Some(period) = Period::of(operator) else { continue };
                if period.days(today).is_none() {
                    assert!(!period.holds(today, today), "{}", operator.name());
                }
            }
        }
    }

    #[test]
    fn the_29th_of_february_is_celebrated_on_the_28th_in_other_years() {
        let leap_day = date(2000, 2, 29);
        assert_eq!(anniversary(leap_day, 2024), Some(date(2024, 2, 29)));
        assert_eq!(anniversary(leap_day, 2025), Some(date(2025, 2, 28)));
    }

    #[test]
    fn the_last_and_next_anniversary_may_lie_in_another_year() {
        let new_years_eve = date(1990, 12, 31);
        assert_eq!(days_since_anniversary(new_years_eve, date(2026, 1, 2)), Some(2));
        assert_eq!(days_until_anniversary(date(1990, 1, 1), date(2026, 12, 30)), Some(2));
        assert_eq!(days_since_anniversary(new_years_eve, new_years_eve), Some(0));
        assert_eq!(days_until_anniversary(new_years_eve, new_years_eve), Some(0));
    }
}
