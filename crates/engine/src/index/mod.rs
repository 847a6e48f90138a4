//! Finds the promotions that may apply to an order without evaluating every one.
//!
//! [`Index::new`] takes promotions, each with the rule sets that must all be satisfied and its time
//! limits. [`Index::candidates`] names, in ascending order, those whose necessary conditions a situation
//! fulfils ([`RuleSet::necessary`], [`Limits`]). They include every promotion that applies, and usually
//! few others: what rules also say about counters, quantities or what they exclude, only an evaluation
//! can tell.
//!
//! ```
//! # use guerdon_engine::{
//! #     cart::{Amounts, Cart, Line, Product},
//! #     facts::{Calendar, Facts},
//! #     rules::{Order, RuleSet, Scope, Situation},
//! #     validity::Limits,
//! # };
//! # use guerdon_model::{Timestamp, metadata::Metadata, validation_rule::ValidationRule, validity::TimeLimits};
//! # use jiff::{civil::Weekday, tz::TimeZone};
//! # use serde_json::{Value, json};
//! use guerdon_engine::index::{Index, Promotion};
//!
//! # fn promotion(rules: Value, limits: Value) -> Promotion {
//! #     let rule = json!({"id": "val_1", "name": "n", "created_at": "2026-01-01T00:00:00Z", "rules": rules});
//! #     let rule: ValidationRule = serde_json::from_value(rule).expect("a rule");
//! #     let limits: TimeLimits = serde_json::from_value(limits).expect("time limits");
//! #     let rules = RuleSet::compile(&rule).expect("sound logic");
//! #     Promotion { rules: vec![rules.into()], limits: Limits::compile(&limits) }
//! # }
//! let bottle = json!({"name": "order.items.any", "conditions": {"$is": [{"id": "prod_1", "object": "product"}]}});
//! let vip = json!({"name": "customer.segment", "conditions": {"$is": ["seg_vip"]}});
//! let over_50 = json!({"name": "order.amount", "conditions": {"$more_than": [5000]}});
//! let index = Index::new([
//!     promotion(json!({"1": bottle, "logic": "1"}), json!({})),
//!     promotion(json!({"1": bottle, "2": vip, "logic": "1 and 2"}), json!({})),
//!     promotion(json!({"1": vip, "2": over_50, "logic": "1 or 2"}), json!({})),
//!     promotion(json!({"1": over_50, "logic": "1"}), json!({})),
//!     promotion(json!({"logic": ""}), json!({"expiration_date": "2025-12-31T00:00:00Z"})),
//!     promotion(json!({"logic": ""}), json!({})),
//! ]);
//!
//! // Nobody known orders the bottle for 39.90 in 2026.
//! # let bottle = Product { id: Some("prod_1".into()), ..Product::default() };
//! # let cart = Cart { lines: vec![Line { product: Some(bottle.into()), ..Line::default() }], ..Cart::default() };
//! # let amounts = Amounts { amount: Some(3_990), ..Amounts::default() };
//! # let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
//! # let metadata = Metadata::default();
//! # let facts = Facts::new(Timestamp::parse("2026-01-15").expect("a date"), &calendar, &metadata);
//! # let order = Some(Order { cart: &cart, amounts: &amounts });
//! let situation = Situation { order, facts: &facts, scope: Scope::Full };
//! assert_eq!(index.candidates(&situation), [0, 2, 5]);
//!
//! // An alternative between a segment and an amount needs neither, so 2 was a candidate. It is up to
//! // its rules.
//! ```
//!
//! # How promotions are filed
//!
//! A condition names *keys*, of which the situation must have one: a product, SKU or collection among
//! the lines, a segment of the customer, a metadata value; or it gives *bounds* to an amount or to the
//! time. Each promotion is filed once, under all keys of the condition that the fewest other promotions
//! share. Ids that a situation must be asked for, one by one, count as shared by a few more. If many
//! promotions are filed under one key, they are filed again among themselves: whatever is for members,
//! in one shop, and in one city is found by all three, however popular each is.
//!
//! Promotions without a key are sorted by their bounds, of time or of an amount, whichever the bounds
//! of the others seldom satisfy. What has no bounds either is a candidate always.
//!
//! A look-up finds what the situation has, follows these keys, searches the bounds, and checks all
//! conditions of what it has found. Recurring time limits are checked, but promotions are not filed by
//! them.
//!
//! # What it costs
//!
//! - A look-up costs what the situation has and what is found, not what there is: the names of each
//!   line, each metadata property that some promotion looks at, and every promotion found under a key.
//! - If [`Segments::all`](crate::facts::Segments::all) or [`Collections::all`](crate::facts::Collections::all)
//!   has no answer, each id that promotions are *filed* under is asked for in each look-up, collections
//!   for each line. That cost grows with the number of different ids, not of promotions. All other ids
//!   are asked for only on behalf of a promotion that has been found by another key.
//! - What is necessary depends on the scope. Promotions are filed for a scope when it is first asked
//!   for, or by [`Index::prepare`]: 100,000 take a fraction of a second, and a fraction of the memory
//!   of their rules.
//!
//! An index does not change. A changed configuration has another one.

mod conditions;
mod keys;
mod spans;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::{Arc, OnceLock};

use crate::{
    rules::{RuleSet, Scope, Situation},
    trace::Trace,
    validity::Limits,
};

use conditions::{Conditions, measure};
use keys::Keys;
use tree::Node;

/// What an index has to know of a promotion.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// Its own rule sets and its campaign's: all must be satisfied.
    pub rules: Vec<Arc<RuleSet>>,
    pub limits: Limits,
}

/// Promotions, filed by what must be so for them to apply. The [module](self) says how.
#[derive(Debug)]
pub struct Index {
    promotions: Box<[Promotion]>,
    scopes: [OnceLock<Filed>; Scope::ALL.len()],
}

/// Promotions, filed for one scope.
#[derive(Debug)]
struct Filed {
    /// In the order of the promotions.
    conditions: Box<[Conditions]>,
    keys: Keys,
    root: Node,
}

impl Index {
    /// Takes promotions, which are known by their places from now on.
    pub fn new(promotions: impl IntoIterator<Item = Promotion>) -> Self {
        Self { promotions: promotions.into_iter().collect(), scopes: Default::default() }
    }

    /// Files the promotions for a scope now, so that its first look-up does not have to.
    pub fn prepare(&self, scope: Scope) {
        self.filed(scope);
    }

    /// The places of all promotions that may apply in a situation, in ascending order: whoever evaluates
    /// only these misses none. A rule about what the discount leaves to pay counts as satisfied, an
    /// incomplete bundle, where the scope asks for it, as violated.
    ///
    /// They are the candidates for this order as it is now. What another redeemable has changed, in
    /// amounts or in lines, is another situation.
    pub fn candidates(&self, situation: &Situation<'_>) -> Vec<usize> {
        let Filed { conditions, keys, root } = self.filed(situation.scope);
        let (measured, present) = (measure(situation), keys.present(situation));
        let mut found = Vec::new();
        root.find(&measured, &present, &mut found);
        found.sort_unstable();
        found.dedup();
        let (now, calendar) = (situation.facts.now, situation.facts.calendar);
        let is_in_time = |limits: &Limits| limits.check(now, calendar, &mut Trace::off()).is_ok();
        let found = found.into_iter().map(|place| place as usize);
        let hold = |place: &usize| conditions[*place].hold(&measured, &present);
        found.filter(hold).filter(|place| is_in_time(&self.promotions[*place].limits)).collect()
    }

    fn filed(&self, scope: Scope) -> &Filed {
        self.scopes[scope as usize].get_or_init(|| Filed::new(&self.promotions, scope))
    }
}

impl Filed {
    fn new(promotions: &[Promotion], scope: Scope) -> Self {
        let mut keys = Keys::default();
        let conditions = promotions.iter().map(|promotion| Conditions::of(promotion, scope, &mut keys));
        let conditions: Vec<Option<Conditions>> = conditions.collect();
        // What never applies is not filed.
        let places = conditions.iter().zip(0..).filter_map(|(conditions, place)| conditions.is_some().then_some(place));
        let places = places.collect();
        let conditions: Box<[Conditions]> = conditions.into_iter().map(Option::unwrap_or_default).collect();
        let root = Node::file(places, &conditions, &mut keys);
        Self { conditions, keys, root }
    }
}
