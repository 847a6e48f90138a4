//! What an evaluation knows besides the order: who buys, when, through whom, and what has been
//! redeemed before. The caller gathers it; the engine asks for nothing that it was not given.

use guerdon_model::{Timestamp, metadata::Metadata};
use jiff::{
    ToSpan,
    civil::{Time, Weekday},
    tz::TimeZone,
};

use crate::{
    cart::Line,
    window::{local, moment_of},
};

/// Everything that a rule may look at, but the order.
pub struct Facts<'a> {
    /// The moment that counts as now.
    pub now: Timestamp,
    pub calendar: &'a Calendar,
    /// Nobody, or nobody known.
    pub customer: Option<&'a Customer<'a>>,
    /// Of the redemption: what the request says about itself.
    pub metadata: &'a Metadata,
    /// Of the custom event that triggered this; in no other case.
    pub event_metadata: Option<&'a Metadata>,
    /// The public half of the key that the request came with.
    pub api_key: Option<&'a str>,
    /// The login of the dashboard's user who redeems.
    pub user: Option<&'a str>,
    /// The gift credits that this redemption would spend, in minor units; 0 if none.
    pub gift_credits: i64,
    /// The loyalty points that this redemption would pay the order with; 0 if none.
    pub points: i64,
    /// Which lines belong to which product collections.
    pub collections: &'a dyn Collections,
    /// How often and how much was redeemed so far.
    pub counters: &'a dyn Counters,
}

impl<'a> Facts<'a> {
    /// A request of nobody known, before which nothing was redeemed; to be filled in.
    pub fn new(now: Timestamp, calendar: &'a Calendar, metadata: &'a Metadata) -> Self {
        Self {
            now,
            calendar,
            customer: None,
            metadata,
            event_metadata: None,
            api_key: None,
            user: None,
            gift_credits: 0,
            points: 0,
            collections: &NoCollections,
            counters: &NoCounters,
        }
    }
}

/// How a project counts days and weeks.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub time_zone: TimeZone,
    pub week_starts_on: Weekday,
}

/// The customer: what is stored, overlaid with what the request said.
pub struct Customer<'a> {
    pub id: Option<&'a str>,
    pub source_id: Option<&'a str>,
    pub metadata: &'a Metadata,
    pub segments: &'a dyn Segments,
    /// Ids of the tiers that the customer holds in loyalty campaigns.
    pub loyalty_tiers: &'a [&'a str],
    /// Whether the customer was given the code that is being evaluated.
    pub is_holder: bool,
}

/// Knows a customer's segments. Asked only about segments that a rule names, so it may find out late.
pub trait Segments {
    fn contains(&self, segment: &str) -> bool;

    /// Exactly those for which `contains` is true, if they are at hand without finding out about each.
    /// Saves an index of promotions from asking about all segments that it knows.
    fn all(&self) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        None
    }
}

/// Knows the members of product collections, likewise.
pub trait Collections {
    /// Whether a line's SKU, or else its product, is a member, as the line describes it. It may be a line
    /// that a promotion has added to the order.
    fn contains(&self, collection: &str, line: &Line) -> bool;

    /// Exactly the collections for which `contains` is true of this line, if they are at hand.
    fn all(&self, _line: &Line) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        None
    }
}

/// Knows what was redeemed before, without the redemption that is being evaluated. Redemptions that
/// failed or were rolled back don't count.
pub trait Counters {
    /// The counter's value, 0 if nothing was counted.
    fn value(&self, counter: Counter) -> i64;
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter {
    pub measure: Measure,
    pub scope: Scope,
    pub window: Window,
}

/// In which unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    Redemptions,
    /// Minor units.
    OrderAmount,
    /// Minor units.
    DiscountAmount,
    /// Minor units.
    GiftCredits,
}

/// Of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Of the campaign that the redeemable belongs to; of a voucher without one, of that voucher.
    Campaign,
    /// Of the same, by the customer.
    CampaignAndCustomer,
    /// Of the voucher or promotion tier itself.
    Incentive,
    /// Of the same, by the customer.
    IncentiveAndCustomer,
    /// Of the same, by the dashboard's user.
    IncentiveAndUser,
    /// Of the same, through the API key.
    IncentiveAndApiKey,
}

/// Since when: calendar days, weeks and months of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    Ever,
    Day,
    Week,
    Month,
}

impl Window {
    /// The moment from which redemptions count; `None` if all do.
    ///
    /// ```
    /// use guerdon_engine::facts::{Calendar, Window};
    /// use guerdon_model::Timestamp;
    /// use jiff::{civil::Weekday, tz::TimeZone};
    ///
    /// let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
    /// let begins = |now| Window::Week.start(Timestamp::parse(now).expect("a date"), &calendar).map(|at| at.to_string());
    /// assert_eq!(begins("2026-01-11T23:59:00Z").as_deref(), Some("2026-01-05T00:00:00.000Z"));
    /// assert_eq!(begins("2026-01-12T00:00:00Z").as_deref(), Some("2026-01-12T00:00:00.000Z"));
    /// ```
    pub fn start(self, now: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
        let today = local(now, &calendar.time_zone)?.date();
        let first = match self {
            Window::Ever => return None,
            Window::Day => today,
            Window::Week => {
                let since = today.weekday().since(calendar.week_starts_on);
                today.checked_sub(i64::from(since).days()).ok()?
            }
            Window::Month => today.first_of_month(),
        };
        moment_of(first.to_datetime(Time::midnight()), &calendar.time_zone)
    }
}

/// For evaluations that name no collections.
pub struct NoCollections;

impl Collections for NoCollections {
    fn contains(&self, _: &str, _: &Line) -> bool {
        false
    }

    fn all(&self, _: &Line) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        Some(Box::new(std::iter::empty()))
    }
}

/// For evaluations before which nothing was redeemed.
pub struct NoCounters;

impl Counters for NoCounters {
    fn value(&self, _: Counter) -> i64 {
        0
    }
}

/// For customers who are in no segment.
pub struct NoSegments;

impl Segments for NoSegments {
    fn contains(&self, _: &str) -> bool {
        false
    }

    fn all(&self) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        Some(Box::new(std::iter::empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_calendar_days_weeks_and_months_of_the_project() {
        let now = Timestamp::parse("2026-03-31T22:30:00Z").expect("a timestamp");
        let warsaw = TimeZone::get("Europe/Warsaw").expect("a time zone");
        for (zone, week_starts_on, expected) in [
            (TimeZone::UTC, Weekday::Monday, ["2026-03-31T00:00", "2026-03-30T00:00", "2026-03-01T00:00"]),
            (TimeZone::UTC, Weekday::Sunday, ["2026-03-31T00:00", "2026-03-29T00:00", "2026-03-01T00:00"]),
            (TimeZone::UTC, Weekday::Saturday, ["2026-03-31T00:00", "2026-03-28T00:00", "2026-03-01T00:00"]),
            // There it is April already, and summer time began on Sunday.
            (warsaw.clone(), Weekday::Monday, ["2026-03-31T22:00", "2026-03-29T22:00", "2026-03-31T22:00"]),
            (warsaw, Weekday::Sunday, ["2026-03-31T22:00", "2026-03-28T23:00", "2026-03-31T22:00"]),
        ] {
            let calendar = Calendar { time_zone: zone, week_starts_on };
            let starts = [Window::Day, Window::Week, Window::Month].map(|window| window.start(now, &calendar));
            assert_eq!(starts, expected.map(Timestamp::parse), "{calendar:?}");
            assert_eq!(Window::Ever.start(now, &calendar), None);
        }
    }
}
