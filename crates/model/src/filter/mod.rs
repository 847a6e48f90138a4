//! The filter language: which resources a listing, an export, a segment or a product collection holds.
//!
//! A filter comes from a query string or from JSON (`parse`) and is evaluated on a resource's JSON
//! (`evaluate`); this module knows nothing of what the fields of a resource mean. `docs/filters.md`
//! is the page for users.

mod calendar;
mod error;
mod evaluate;
mod lookup;
mod operator;
mod parse;
mod relative;
mod state;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::Timestamp;

pub use error::FilterError;
pub use operator::Operator;

/// Predicates on fields, joined by `and` or `or`. One without predicates matches everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// How the predicates are joined.
    pub junction: Junction,
    /// In the order in which they were sent; at most [`Filter::MAX_PREDICATES`] when parsed.
    pub predicates: Vec<Predicate>,
    /// A filter that has to match as well, with a junction of its own; never parsed, see [`Filter::and`].
    pub also: Option<Box<Filter>>,
}

/// Whether all predicates have to hold or one is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Junction {
    /// Every predicate holds.
    #[default]
    And,
    /// At least one predicate holds.
    Or,
}

/// One question about one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// Dotted path into the resource, e.g. `metadata.club`.
    pub field: String,
    /// What is asked.
    pub operator: Operator,
    /// The operands as JSON scalars. Texts from a query string stay texts: evaluation compares every
    /// operand in its written form, so that `2000` and `"2000"` ask the same.
    pub values: Vec<Value>,
}

/// What relative dates are relative to.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The instant of the evaluation.
    pub now: Timestamp,
    /// The project's time zone, which decides when a day begins.
    pub zone: TimeZone,
}

impl Filter {
    /// More predicates than this are refused.
    pub const MAX_PREDICATES: usize = 100;

    /// What both select.
    pub fn and(self, other: Filter) -> Filter {
        let also = match self.also {
            None => other,
            Some(also) => also.and(other),
        };
        Filter { also: Some(Box::new(also)), ..self }
    }

    /// Whether `document`, a resource's JSON, is one that this filter selects.
    ///
    /// A field that is missing or null fulfils `$is_unknown`, `$is_not`, `$not_in` and `$not_contain`,
    /// and nothing else. Of a list, one item that fits is enough (and `$is_not` asks that none does).
    /// What a redeemable's `active` and `redemption_status` say, `$expired` or `$redeemable` for example, is told
    /// from its switch, dates and uses. Locations and other states need more than the document:
    /// they never hold here, and the resource that offers such a filter answers them itself.
    pub fn matches(&self, document: &Value, moment: &Moment) -> bool {
        let mut predicates = self.predicates.iter();
        if self.also.as_ref().is_some_and(|also| !also.matches(document, moment)) {
            return false;
        }
        match self.junction {
            Junction::And => predicates.all(|predicate| predicate.holds(document, moment)),
            Junction::Or => self.predicates.is_empty() || predicates.any(|predicate| predicate.holds(document, moment)),
        }
    }
}

impl Junction {
    /// The junction as it is written in a filter.
    pub const fn name(self) -> &'static str {
        match self {
            Junction::And => "and",
            Junction::Or => "or",
        }
    }

    /// Reads `and` or `or` in any case.
    pub fn parse(name: &str) -> Option<Self> {
        [Junction::And, Junction::Or].into_iter().find(|junction| junction.name().eq_ignore_ascii_case(name))
    }
}
