//! Which of several redeemables are applied to one order, and in which order.
//!
//! [`walk`] sorts candidates, keeps apart what can't be combined, counts against limits, and has each
//! candidate checked against the order as those before have left it. What a check looks at is the
//! caller's: the walk only asks whether it came out well and whether anything would change.
//!
//! Categories decide: redeemables of *exclusive* ones go with each other and with those of *joint* ones,
//! all others are *common* and go with each other and with joint ones. `docs/stacking.md` is the page for
//! users.
//!
//! ```
//! use guerdon_engine::{stacking::{self, Candidate, Checked, Status}, trace::Trace};
//! use guerdon_model::{Timestamp, category::Category, redeemable::SkipReason, stacking_rules::StackingRules};
//!
//! let rules = StackingRules { exclusive_categories: vec!["cat_vip".into()], ..StackingRules::default() };
//! let vip = Category::new("cat_vip".into(), "VIP".into(), 1, Timestamp::default());
//! let candidates = [
//!     Candidate { id: "10OFF", exists: true, category: None },
//!     Candidate { id: "VIP50", exists: true, category: Some(&vip) },
//! ];
//!
//! // Either of them would take its percentage off what is left of 100.00.
//! let percents = [10, 50];
//! let entries = stacking::walk(&rules, &candidates, &mut Trace::off(), |candidate, decided, _| {
//!     let left = decided.last().copied().unwrap_or(10_000);
//!     Checked::<i64, ()>::Applicable { applied: left - left * percents[candidate] / 100, has_effect: true }
//! });
//! assert_eq!(entries[0].status, Status::Skipped(SkipReason::Excluded));
//! assert_eq!(entries[1].status, Status::Applicable(5_000));
//! ```

mod limits;
mod selection;
#[cfg(test)]
mod tests;
mod walk;

use guerdon_model::{category::Category, redeemable::SkipReason};

pub use walk::walk;

/// What stacking has to know about a redeemable.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// What the trace calls it.
    pub id: &'a str,
    /// What does not exist is of no kind: exclusive ones don't keep it out, so that whoever mistypes a code
    /// learns of it.
    pub exists: bool,
    pub category: Option<&'a Category>,
}

/// What a check came to. `A` is the order after the candidate, `R` why it can't be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked<A, R> {
    Applicable { applied: A, has_effect: bool },
    Inapplicable(R),
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status<A, R> {
    Applicable(A),
    Inapplicable(R),
    Skipped(SkipReason),
}

impl<A, R> Status<A, R> {
    /// As answers call it.
    pub const fn name(&self) -> &'static str {
        match self {
            Status::Applicable(_) => "APPLICABLE",
            Status::Inapplicable(_) => "INAPPLICABLE",
            Status::Skipped(_) => "SKIPPED",
        }
    }
}

/// A candidate's turn in the walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<A, R> {
    /// Its place among the candidates.
    pub candidate: usize,
    pub status: Status<A, R>,
}

/// What was decided before a candidate's turn.
#[derive(Debug)]
pub struct Decided<'w, A, R>(&'w [Entry<A, R>]);

impl<'w, A, R> Decided<'w, A, R> {
    /// Nothing was.
    pub const fn nothing() -> Self {
        Self(&[])
    }

    /// Every candidate that was applied, in order of application.
    pub fn applied(&self) -> impl DoubleEndedIterator<Item = (usize, &'w A)> + Clone + use<'w, A, R> {
        self.0.iter().filter_map(|entry| match &entry.status {
            Status::Applicable(applied) => Some((entry.candidate, applied)),
            Status::Inapplicable(_) | Status::Skipped(_) => None,
        })
    }

    /// What the last one that was applied has left.
    pub fn last(&self) -> Option<&'w A> {
        self.applied().next_back().map(|(_, applied)| applied)
    }
}
