//! How often and how much something was redeemed: ever, and in the current day, week and month.
//!
//! Kept in the commits that redeem and roll back, so that a limit costs the same however much was redeemed
//! before. `docs/validation-rules.md` says which rules ask for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How many are remembered in the document of what was redeemed. The others have documents of their own.
const MAX_INLINE: usize = 16;

/// The counters of a campaign, voucher or promotion tier, or of one customer in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    #[serde(default, skip_serializing_if = "Counts::is_zero")]
    pub ever: Counts,
    #[serde(default, skip_serializing_if = "Window::is_empty")]
    pub day: Window,
    #[serde(default, skip_serializing_if = "Window::is_empty")]
    pub week: Window,
    #[serde(default, skip_serializing_if = "Window::is_empty")]
    pub month: Window,
}

/// What was counted. Amounts are minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    #[serde(default, rename = "n", skip_serializing_if = "is_zero")]
    pub redemptions: i64,
    /// Of the orders, before discounts.
    #[serde(default, rename = "o", skip_serializing_if = "is_zero")]
    pub order_amount: i64,
    #[serde(default, rename = "d", skip_serializing_if = "is_zero")]
    pub discount_amount: i64,
    #[serde(default, rename = "g", skip_serializing_if = "is_zero")]
    pub gift_credits: i64,
}

/// What was counted since the beginning of a day, week or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Window {
    #[serde(default)]
    pub since: Timestamp,
    #[serde(flatten)]
    pub counts: Counts,
}

/// How often a voucher was redeemed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IncentiveUsage {
    #[serde(default, skip_serializing_if = "Usage::is_empty")]
    pub all: Usage,
    /// By [`PersonalUsage::who`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, Usage>,
    /// Whether there are others, who have a [`PersonalUsage`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_others: bool,
}

/// How often something was redeemed by one customer, by one user or through one API key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonalUsage {
    /// See [`PersonalUsage::id_of`].
    pub id: String,
    #[serde(default, skip_serializing_if = "Usage::is_empty")]
    pub usage: Usage,
}

/// Who redeems, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// A customer, by id.
    Customer(&'a str),
    /// A user of the dashboard, by login.
    User(&'a str),
    /// An API key, by its public half.
    ApiKey(&'a str),
}

/// When the current day, week and month of a project have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starts {
    pub day: Timestamp,
    pub week: Timestamp,
    pub month: Timestamp,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl PersonalUsage {
    /// What somebody is counted under.
    pub fn who(who: Who<'_>) -> String {
        match who {
            Who::Customer(id) => id.to_owned(),
            Who::User(login) => format!("user:{login}"),
            Who::ApiKey(app_id) => format!("key:{app_id}"),
        }
    }

    /// The id of somebody's part in what was redeemed of a voucher or promotion tier.
    pub fn id_of(incentive: &str, who: Who<'_>) -> String {
        format!("{incentive}:{}", Self::who(who))
    }
}

impl IncentiveUsage {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.by.is_empty() && !self.has_others
    }

    /// What is remembered here of somebody; `None` if there may be a [`PersonalUsage`] of them.
    pub fn of(&self, who: Who<'_>) -> Option<Usage> {
        match self.by.get(&PersonalUsage::who(who)) {
            Some(known) => Some(known.clone()),
            None if self.has_others => None,
            None => Some(Usage::default()),
        }
    }

    /// Where to count what somebody redeems; `None` if it is a [`PersonalUsage`]'s matter.
    pub fn entry(&mut self, who: Who<'_>) -> Option<&mut Usage> {
        let who = PersonalUsage::who(who);
        if self.by.contains_key(&who) || (self.by.len() < MAX_INLINE && !self.has_others) {
            return Some(self.by.entry(who).or_default());
        }
        self.has_others = true;
        None
    }
}

impl Counts {
    /// Whether nothing was counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// These and others, with this sign. Sums end at the largest number there is.
    fn plus(self, others: &Counts, sign: i64) -> Self {
        let sum = |one: i64, other: i64| one.saturating_add(other.saturating_mul(sign)).max(0);
        Self {
            redemptions: sum(self.redemptions, others.redemptions),
            order_amount: sum(self.order_amount, others.order_amount),
            discount_amount: sum(self.discount_amount, others.discount_amount),
            gift_credits: sum(self.gift_credits, others.gift_credits),
        }
    }
}

impl Window {
    fn is_empty(&self) -> bool {
        self.counts.is_zero()
    }

    /// What was counted since `start`. A window that began later, by a clock or time zone that has changed
    /// since, is still the current one.
    pub fn counts_since(&self, start: Timestamp) -> Counts {
        if self.since >= start { self.counts } else { Counts::default() }
    }

    fn add(&mut self, counts: &Counts, start: Timestamp) {
        let current = self.counts_since(start).plus(counts, 1);
        *self = Self { since: self.since.max(start), counts: current };
    }

    fn take_back(&mut self, counts: &Counts, redeemed_at: Timestamp) {
        if redeemed_at >= self.since {
            self.counts = self.counts.plus(counts, -1);
        }
    }
}

impl Usage {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts a redemption that happens now.
    pub fn add(&mut self, counts: &Counts, starts: &Starts) {
        self.ever = self.ever.plus(counts, 1);
        self.day.add(counts, starts.day);
        self.week.add(counts, starts.week);
        self.month.add(counts, starts.month);
    }

    /// Uncounts a redemption of that time. In a window that has ended it is not missed.
    pub fn take_back(&mut self, counts: &Counts, redeemed_at: Timestamp) {
        self.ever = self.ever.plus(counts, -1);
        for window in [&mut self.day, &mut self.week, &mut self.month] {
            window.take_back(counts, redeemed_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn starts(day: i64) -> Starts {
        let at = |day: i64| Timestamp::from_millis(day * DAY);
        Starts { day: at(day), week: at(day - day % 7), month: at(day - day % 30) }
    }

    fn once() -> Counts {
        Counts { redemptions: 1, order_amount: 1_000, discount_amount: 100, gift_credits: 0 }
    }

    fn redemptions(usage: &Usage, starts: &Starts) -> [i64; 4] {
        [
            usage.ever,
            usage.day.counts_since(starts.day),
            usage.week.counts_since(starts.week),
            usage.month.counts_since(starts.month),
        ]
        .map(|counts| counts.redemptions)
    }

    #[test]
    fn a_window_ends_with_its_day_week_or_month() {
        let mut usage = Usage::default();
        for (day, expected) in
            [(0, [1, 1, 1, 1]), (0, [2, 2, 2, 2]), (6, [3, 1, 3, 3]), (7, [4, 1, 1, 4]), (30, [5, 1, 1, 1])]
        {
            usage.add(&once(), &starts(day));
            assert_eq!(redemptions(&usage, &starts(day)), expected, "day {day}");
        }
        assert_eq!(redemptions(&usage, &starts(31)), [5, 0, 1, 1]);
        assert_eq!(usage.ever.order_amount, 5_000);
    }

    #[test]
    fn what_is_rolled_back_is_uncounted_where_it_was_counted() {
        let mut usage = Usage::default();
        usage.add(&once(), &starts(6));
        usage.add(&once(), &starts(7));
        let yesterday = Timestamp::from_millis(6 * DAY + 1);
        usage.take_back(&once(), yesterday);
        assert_eq!(redemptions(&usage, &starts(7)), [1, 1, 1, 1]);
        usage.take_back(&once(), Timestamp::from_millis(7 * DAY + 1));
        assert_eq!(usage.ever, Counts::default());
        assert_eq!(redemptions(&usage, &starts(7)), [0, 0, 0, 0]);
    }

    #[test]
    fn a_clock_that_goes_back_loses_no_count() {
        let mut usage = Usage::default();
        usage.add(&once(), &starts(8));
        usage.add(&once(), &starts(7));
        assert_eq!(redemptions(&usage, &starts(7)), [2, 2, 2, 2]);
    }

    #[test]
    fn whoever_finds_no_room_is_counted_elsewhere() {
        let mut usage = IncentiveUsage::default();
        let customers: Vec<String> = (0..=MAX_INLINE).map(|number| format!("cust_{number}")).collect();
        for customer in &customers {
            if let Some(of_customer) = usage.entry(Who::Customer(customer)) {
                of_customer.add(&once(), &starts(3));
            }
        }
        let counted = |who| usage.of(who).map(|usage| usage.ever.redemptions);
        assert_eq!(counted(Who::Customer("cust_0")), Some(1));
        assert_eq!(counted(Who::Customer(&customers[MAX_INLINE])), None);
        assert_eq!(counted(Who::ApiKey("cust_0")), None);
        let nobody = IncentiveUsage::default();
        assert_eq!(nobody.of(Who::User("ada")), Some(Usage::default()), "nobody else was counted either");
        let id = PersonalUsage::id_of("v_1", Who::ApiKey("app"));
        assert_eq!(id, "v_1:key:app");
    }

    #[test]
    fn what_was_never_counted_takes_no_room() {
        assert_eq!(serde_json::to_string(&Usage::default()).expect("json"), "{}");
        let mut usage = Usage::default();
        usage.add(&once(), &starts(3));
        let text = serde_json::to_string(&usage).expect("json");
        assert_eq!(serde_json::from_str::<Usage>(&text).expect("usage"), usage);
    }
}
