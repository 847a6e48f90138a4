//! Validation rules: compiled once, evaluated often.
//!
//! [`RuleSet::compile`] reads a stored rule; its methods say what to load before it is evaluated
//! ([`RuleSet::segments`], [`RuleSet::collections`], [`RuleSet::counters`]). [`RuleSet::evaluate`] gives
//! a [`Verdict`]. If a rule is about what the discount leaves to pay, [`RuleSet::before_discount`] says
//! all that can be said without it, and [`Open::after_discount`] the rest.
//!
//! ```
//! use guerdon_engine::{
//!     cart::{Amounts, Cart},
//!     facts::{Calendar, Facts},
//!     rules::{Order, RuleSet, Scope, Situation, Verdict},
//!     trace::Trace,
//! };
//! use guerdon_model::{Timestamp, metadata::Metadata, validation_rule::ValidationRule};
//! use jiff::{civil::Weekday, tz::TimeZone};
//!
//! let rule: ValidationRule = serde_json::from_value(serde_json::json!({
//!     "id": "val_1", "name": "Over 100", "created_at": "2026-01-01T00:00:00Z",
//!     "rules": {
//!         "1": {
//!             "name": "order.amount", "conditions": {"$more_than_or_equal": [10000]},
//!             "error": {"message": "Spend more"},
//!         },
//!         "logic": "1",
//!     },
//! })).expect("a rule");
//! let set = RuleSet::compile(&rule).expect("sound logic");
//!
//! let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
//! let metadata = Metadata::default();
//! let facts = Facts::new(Timestamp::default(), &calendar, &metadata);
//! let cart = Cart::default();
//! let amounts = Amounts { amount: Some(9_199), ..Amounts::default() };
//! let order = Some(Order { cart: &cart, amounts: &amounts });
//! let situation = Situation { order, facts: &facts, scope: Scope::Full };
//!
//! let Verdict::Violated(violation) = set.evaluate(&situation, &mut Trace::off()) else { panic!() };
//! assert_eq!(violation.category.violation_key(), "order_rules_violated");
//! assert_eq!(violation.message, Some("Spend more"));
//!
//! // Asked for, the same evaluation tells what it saw and what was lacking.
//! let mut trace = Trace::on();
//! set.evaluate(&situation, &mut trace);
//! let tree = serde_json::to_value(trace.into_nodes()).expect("plain data");
//! let leaf = &tree[0]["nodes"][0];
//! assert_eq!((&leaf["subject"], &leaf["seen"]), (&"order.amount".into(), &9_199.into()));
//! assert_eq!(leaf["conditions"][0]["near_miss"]["by"], 801);
//! ```

mod bundle;
mod compile;
mod condition;
mod evaluate;
mod explain;
mod items;
mod leaf;
mod necessary;
mod scope;
mod subject;
#[cfg(test)]
pub(crate) mod tests;
mod value;

use guerdon_model::{
    ids::ValidationRuleId,
    validation_rule::{ApplicableTo, Category, Need, ValidationStatus},
};

pub use bundle::{BundleResult, IdentifiedItem, MissingItem, explain as explain_bundle};
pub use evaluate::{Open, Refusal, Stage, refusal};
pub use items::Item;
pub(crate) use necessary::keys_at;
pub use necessary::{AmountOf, Necessity, keys_of};
pub use scope::Scope;
pub use subject::Owner;

use crate::{
    cart::{Amounts, Cart},
    facts::{Counter, Facts},
};

/// A validation rule, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct RuleSet {
    id: ValidationRuleId,
    branch: leaf::Branch,
    needs: subject::Needs,
    needs_discount: bool,
    bundle: Option<bundle::Bundle>,
    message: Option<Box<str>>,
    applicable_to: Option<ApplicableTo>,
    segments: Box<[Box<str>]>,
    collections: Box<[Box<str>]>,
    counters: Box<[Counter]>,
}

/// What rules are evaluated against.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The order, if the request has one.
    pub order: Option<Order<'a>>,
    pub facts: &'a Facts<'a>,
    pub scope: Scope,
}

/// An order with what it costs before the redeemable in question.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    pub cart: &'a Cart,
    pub amounts: &'a Amounts,
}

/// What came of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'r> {
    Satisfied,
    Violated(Violation<'r>),
    /// It can't be told without this.
    Missing(Need),
}

/// Which leaf is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation<'r> {
    /// Its key; absent if a bundle is incomplete.
    pub key: Option<&'r str>,
    pub category: Category,
    /// The shop's own words: those of the leaf or, without any, of the rule set.
    pub message: Option<&'r str>,
}

impl RuleSet {
    /// The rule's id.
    pub fn id(&self) -> &ValidationRuleId {
        &self.id
    }

    /// The segments that it names, each once.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(|id| &**id)
    }

    /// The product collections that it names, each once, those of bundles and of `applicable_to` included.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.collections.iter().map(|id| &**id)
    }

    /// The counters that it looks at, each once.
    pub fn counters(&self) -> &[Counter] {
        &self.counters
    }

    /// Which items its redeemable discounts.
    pub fn applicable_to(&self) -> Option<&ApplicableTo> {
        self.applicable_to.as_ref()
    }

    /// The keys of the leaves that a scope leaves out, if it reports them.
    pub fn omitted(&self, scope: Scope) -> impl Iterator<Item = &str> {
        let leaves =
            self.branch.leaves.iter().filter(move |leaf| scope.reports_omissions() && !leaf.scopes.contain(scope));
        leaves.map(|leaf| &*leaf.key)
    }

    /// How far the rule was found to hold in a scope.
    pub fn status(&self, scope: Scope, verdict: &Verdict<'_>) -> ValidationStatus {
        match verdict {
            Verdict::Satisfied if self.omitted(scope).next().is_some() => ValidationStatus::PartiallyValid,
            Verdict::Satisfied => ValidationStatus::Valid,
            Verdict::Violated(_) | Verdict::Missing(_) => ValidationStatus::Invalid,
        }
    }

    /// How far the order has the bundle; `None` if the rule asks for none.
    ///
    /// ```
    /// # use guerdon_engine::{cart::{Amounts, Cart, Line, LineAmounts}, facts::{Calendar, Facts}, trace::Trace};
    /// # use guerdon_engine::rules::{Order, RuleSet, Scope, Situation, Stage, Verdict};
    /// # use guerdon_model::{Timestamp, metadata::Metadata, validation_rule::ValidationRule};
    /// # use jiff::{civil::Weekday, tz::TimeZone};
    /// # let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
    /// # let metadata = Metadata::default();
    /// # let facts = Facts::new(Timestamp::default(), &calendar, &metadata);
    /// let rule: ValidationRule = serde_json::from_value(serde_json::json!({
    ///     "id": "val_1", "name": "Three mugs", "created_at": "2026-01-01T00:00:00Z", "rules": {},
    ///     "bundle_rules": {"1": {
    ///         "name": "order.items.any", "conditions": {"$is": [{"id": "mug", "object": "product"}]},
    ///         "rules": {"1": {"name": "order.items.aggregated_quantity", "conditions": {"$is": [3]}}},
    ///     }, "limit": 5},
    /// })).expect("a rule");
    /// let set = RuleSet::compile(&rule).expect("sound logic");
    /// let line = Line { source_id: Some("mug".into()), ..Line::default() };
    /// let cart = Cart { lines: vec![line], ..Cart::default() };
    /// let mugs = |quantity| {
    ///     let line = LineAmounts { quantity, ..LineAmounts::default() };
    ///     let amounts = Amounts { lines: vec![line], ..Amounts::default() };
    ///     let order = Some(Order { cart: &cart, amounts: &amounts });
    ///     set.bundle(&Situation { order, facts: &facts, scope: Scope::Full }).expect("a bundle")
    /// };
    /// assert_eq!(mugs(7).quantity, 2);
    /// assert_eq!(mugs(2).missing[0].item_quantity, 1);
    /// ```
    pub fn bundle(&self, situation: &Situation<'_>) -> Option<BundleResult> {
        Some(self.bundle.as_ref()?.find(situation.order, situation.facts.collections))
    }

    /// The items that it asks for, those of a bundle included.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        let of_leaves = self.branch.leaves.iter().flat_map(|leaf| &leaf.items.is).flat_map(|items| &**items);
        of_leaves.chain(self.bundle.iter().flat_map(bundle::Bundle::items))
    }
}
