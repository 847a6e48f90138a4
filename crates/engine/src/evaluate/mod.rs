//! Whether redeemables can be applied to an order, alone or several together, and what comes of it.
//!
//! [`alone`] puts one redeemable through its checks, in the documented order: it exists, it is active,
//! within its time limits and not used up; what its kind asks for is there; its rules hold; its discount
//! can be computed; rules about what the discount leaves hold, too. [`stack`] does the same for several
//! ones after another, in the order and within the limits of the project's stacking rules
//! ([`crate::stacking`]), each on the order as the ones before have left it.
//!
//! `docs/stacking.md` is the page for users.
//!
//! ```
//! use guerdon_engine::{
//!     cart::{Amounts, Cart},
//!     discount::{EmptyCatalogue, ReadAnew},
//!     evaluate::{self, Request},
//!     facts::{Calendar, Facts, NoCollections, NoCounters},
//!     redeemable::{Kind, Object, Redeemable, Requested},
//!     rules::{Order, Scope},
//!     stacking::Status,
//!     trace::Trace,
//! };
//! use guerdon_model::{Timestamp, discount::Discount, metadata::Metadata, stacking_rules::StackingRules};
//! use jiff::{civil::Weekday, tz::TimeZone};
//!
//! let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
//! let facts = Facts {
//!     now: Timestamp::default(),
//!     calendar: &calendar,
//!     customer: None,
//!     metadata: &Metadata::default(),
//!     event_metadata: None,
//!     api_key: None,
//!     user: None,
//!     gift_credits: 0,
//!     points: 0,
//!     collections: &NoCollections,
//!     counters: &NoCounters,
//! };
//! let (cart, amounts) = (Cart::default(), Amounts { amount: Some(10_000), ..Amounts::default() });
//! let request = Request {
//!     order: Some(Order { cart: &cart, amounts: &amounts }),
//!     facts: &facts,
//!     scope: Scope::Full,
//!     stacking: &StackingRules::default(),
//!     catalogue: &EmptyCatalogue,
//!     formulas: &ReadAnew,
//!     birthdate: None,
//! };
//!
//! // 10 % of 100.00, then 20 % of what is left.
//! let percent = |percent| serde_json::json!({"type": "PERCENT", "percent_off": percent});
//! let discounts = [10, 20].map(|off| serde_json::from_value::<Discount>(percent(off)).expect("a discount"));
//! let coupon = |id, discount| {
//!     Requested { id, object: Object::Voucher, redeemable: Some(Redeemable::new(id, Kind::Coupon(discount))) }
//! };
//! let requested = [coupon("SPRING", &discounts[0]), coupon("SUMMER", &discounts[1])];
//!
//! let evaluation = evaluate::stack(&request, &requested, &mut Trace::off());
//! assert!(evaluation.is_valid());
//! let off: Vec<i64> = evaluation.applied().map(|(_, applied)| applied.amounts.applied_discount_amount).collect();
//! assert_eq!(off, [1_000, 1_800]);
//!
//! // An unknown code makes the whole request invalid, unless it may be carried out in part.
//! let unknown = Requested { id: "WINTER", object: Object::Voucher, redeemable: None };
//! let evaluation = evaluate::stack(&request, &[unknown, requested[0]], &mut Trace::off());
//! assert!(!evaluation.is_valid());
//! let names: Vec<&str> = evaluation.entries().iter().map(|entry| entry.status.name()).collect();
//! assert_eq!(names, ["INAPPLICABLE", "SKIPPED"]);
//! ```

mod check;
mod earlier;
mod evaluation;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use guerdon_model::{Error, stacking_rules::StackingRules};
use jiff::civil::Date;
use serde_json::json;

use crate::{
    cart::{Amounts, Cart},
    discount::{Applied, Catalogue, FormulaLibrary},
    facts::Facts,
    redeemable::Requested,
    rules::{BundleResult, Order, Scope},
    stacking::{self, Candidate, Checked, Decided},
    target::{PickedLine, list::Lists},
    trace::{Kind, Node, Outcome, Trace},
};

use earlier::Earlier;

pub use evaluation::{Entry, Evaluation, Failure, Listing};

/// What redeemables are evaluated against.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The order before anything is applied, if there is one.
    pub order: Option<Order<'a>>,
    /// Who buys, when, and so on. What each redeemable would spend, who holds it, and how often it was
    /// redeemed is its own and taken from there.
    pub facts: &'a Facts<'a>,
    pub scope: Scope,
    pub stacking: &'a StackingRules,
    pub catalogue: &'a dyn Catalogue,
    pub formulas: &'a dyn FormulaLibrary,
    /// The customer's, for formulas.
    pub birthdate: Option<Date>,
}

/// What a redeemable that can be applied does.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// The order afterwards; empty if the request has none.
    pub amounts: Amounts,
    /// The same with the lines that were added; `None` as long as none were.
    cart: Option<Arc<Cart>>,
    /// Lines and units that the discount was applied to, in that order.
    pub picked: Vec<PickedLine>,
    pub lists: Lists,
    /// The value that was applied or spent.
    pub result: Applied,
    /// How far the order has the bundle, if the rules ask for one.
    pub bundle: Option<BundleResult>,
    /// Whether anything has changed, or been spent.
    pub has_effect: bool,
}

impl Application {
    /// What the order consists of afterwards, given what it consisted of before anything was applied.
    pub fn cart<'c>(&'c self, original: &'c Cart) -> &'c Cart {
        self.cart.as_deref().unwrap_or(original)
    }
}

/// Why a redeemable can't be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused<'a> {
    pub error: Error,
    /// The shop's own words, if rules are violated that have some.
    pub message: Option<&'a str>,
    /// How far the order has the bundle, if that is the reason.
    pub bundle: Option<Box<BundleResult>>,
}

impl From<Error> for Refused<'_> {
    fn from(error: Error) -> Self {
        Self { error, message: None, bundle: None }
    }
}

/// Evaluates one redeemable on the order as it is. Stacking rules only say what percentages are taken of.
///
/// # Errors
/// Why it can't be applied.
pub fn alone<'a>(
    request: &Request<'a>,
    requested: &Requested<'a>,
    trace: &mut Trace,
) -> Result<Application, Refused<'a>> {
    trace.open(|| Node::new(Kind::Redeemable).id(requested.id).subject(requested.object.name()));
    let checked = check::check(request, requested, Earlier::nothing(), trace);
    trace.close(|node| node.outcome = if checked.is_ok() { Outcome::Satisfied } else { Outcome::Violated });
    checked
}

/// Evaluates several redeemables together.
pub fn stack<'a>(request: &Request<'a>, requested: &[Requested<'a>], trace: &mut Trace) -> Evaluation<'a> {
    trace.open(|| {
        let rules = request.stacking;
        Node::new(Kind::Stack)
            .detail("redeemables_application_mode", json!(rules.redeemables_application_mode))
            .detail("redeemables_sorting_rule", json!(rules.redeemables_sorting_rule))
    });
    let candidates: Vec<Candidate<'_>> = requested
        .iter()
        .map(|requested| Candidate {
            id: requested.id,
            exists: requested.redeemable.is_some(),
            category: requested.redeemable.as_ref().and_then(|redeemable| redeemable.category),
        })
        .collect();
    let check = |candidate: usize, decided: Decided<'_, Application, Refused<'a>>, trace: &mut Trace| match check::check(
        request,
        &requested[candidate],
        Earlier::new(requested, decided),
        trace,
    ) {
        Ok(applied) => Checked::Applicable { has_effect: applied.has_effect, applied },
        Err(refused) => Checked::Inapplicable(refused),
    };
    let entries = stacking::walk(request.stacking, &candidates, trace, check);
    let evaluation = Evaluation::new(request.stacking.redeemables_application_mode, entries);
    trace.close(|node| node.outcome = if evaluation.is_valid() { Outcome::Satisfied } else { Outcome::Violated });
    evaluation
}
