//! What must be so for a rule set to be satisfied, in a form that promotions can be indexed by.
//!
//! The conditions are necessary, not sufficient: a rule set that is satisfied fulfils all of them, so
//! an index that looks up only rule sets whose conditions hold loses none. An expression with `or`
//! contributes only what all of its branches need.

use std::collections::BTreeSet;

use guerdon_model::validation_rule::{ALL_PRODUCTS, logic::Logic};
use serde_json::Value;

use super::{
    RuleSet, Situation,
    condition::Condition,
    items::Item,
    leaf::{Branch, Leaf, Sight, lookup},
    scope::Scope,
    subject::{Amount, Items, Owner, Subject},
    value::Scalar,
};
use crate::item;

/// One condition. All conditions of a rule set must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Necessity {
    /// Nothing satisfies the rule set.
    Never,
    /// The customer is in one of these segments.
    Segment(BTreeSet<Box<str>>),
    /// A line is one of these items.
    Item(BTreeSet<Item>),
    /// What the order costs lies within these bounds, both included. Minor units.
    Amount { of: AmountOf, at_least: Option<i64>, at_most: Option<i64> },
    /// The metadata has one of these values at this property, in the form of [`keys_of`].
    Metadata { owner: Owner, property: Box<str>, values: BTreeSet<String> },
}

/// Which amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AmountOf {
    /// Before any redeemable.
    Initial,
    /// Before this redeemable.
    Current,
}

impl RuleSet {
    /// What must be so for the rule set to be satisfied and its bundle, if the scope asks for it, to be
    /// complete.
    ///
    /// ```
    /// # use guerdon_engine::rules::{Necessity, RuleSet, Scope};
    /// # use guerdon_model::validation_rule::ValidationRule;
    /// let rule: ValidationRule = serde_json::from_value(serde_json::json!({
    ///     "id": "val_1", "name": "A or B", "created_at": "2026-01-01T00:00:00Z",
    ///     "rules": {
    ///         "1": {"name": "customer.segment", "conditions": {"$is": ["seg_a"]}},
    ///         "2": {"name": "customer.segment", "conditions": {"$in": ["seg_b", "seg_c"]}},
    ///         "3": {"name": "order.items.count", "conditions": {"$more_than": [2]}},
    ///         "logic": "1 or (2 and 3)",
    ///     },
    /// })).expect("a rule");
    /// let set = RuleSet::compile(&rule).expect("sound logic");
    /// let segments = ["seg_a", "seg_b", "seg_c"].map(Box::from).into();
    /// assert_eq!(set.necessary(Scope::Full), [Necessity::Segment(segments)]);
    /// ```
    pub fn necessary(&self, scope: Scope) -> Vec<Necessity> {
        let mut all = of_logic(&self.branch.logic, &self.branch, scope);
        if let Some(bundle) = self.bundle.as_ref().filter(|_| scope.needs_bundle()) {
            all.extend(bundle.parts().filter_map(one_item));
        }
        all
    }
}

impl Necessity {
    /// Whether it is fulfilled.
    pub fn holds(&self, situation: &Situation<'_>) -> bool {
        match self {
            Necessity::Never => false,
            Necessity::Segment(segments) => {
                let customer = situation.facts.customer;
                customer.is_some_and(|customer| segments.iter().any(|segment| customer.segments.contains(segment)))
            }
            Necessity::Item(items) => situation.order.is_some_and(|order| {
                let is = |item, line| item::matches(item, order.cart, line, situation.facts.collections);
                (0..order.cart.lines.len()).any(|line| items.iter().any(|item| is(item.reference(), line)))
            }),
            Necessity::Amount { of, at_least, at_most } => {
                let Some(amount) = of.find(situation) else { return false };
                at_least.is_none_or(|least| least <= amount) && at_most.is_none_or(|most| amount <= most)
            }
            Necessity::Metadata { owner, property, values } => {
                keys_at(*owner, property, situation).iter().any(|key| values.contains(key))
            }
        }
    }

    /// Whether both are about the same, so that either being necessary means that one of both is.
    fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Necessity::Segment(_), Necessity::Segment(_)) | (Necessity::Item(_), Necessity::Item(_)) => true,
            (Necessity::Amount { of, .. }, Necessity::Amount { of: other, .. }) => of == other,
            (
                Necessity::Metadata { owner, property, .. },
                Necessity::Metadata { owner: other, property: other_property, .. },
            ) => (owner, property) == (other, other_property),
            _ => false,
        }
    }

    /// What is necessary if either of two is; `None` if that is nothing.
    fn or(self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Necessity::Segment(mut segments), Necessity::Segment(others)) => {
                segments.extend(others.iter().cloned());
                Some(Necessity::Segment(segments))
            }
            (Necessity::Item(mut items), Necessity::Item(others)) => {
                items.extend(others.iter().cloned());
                Some(Necessity::Item(items))
            }
            (
                Necessity::Amount { of, at_least, at_most },
                Necessity::Amount { of: other_of, at_least: other_least, at_most: other_most },
            ) if of == *other_of => {
                let at_least = at_least.zip(*other_least).map(|(a, b)| a.min(b));
                let at_most = at_most.zip(*other_most).map(|(a, b)| a.max(b));
                (at_least.is_some() || at_most.is_some()).then_some(Necessity::Amount { of, at_least, at_most })
            }
            (Necessity::Metadata { owner, property, mut values }, Necessity::Metadata { values: others, .. }) => {
                values.extend(others.iter().cloned());
                Some(Necessity::Metadata { owner, property, values })
            }
            _ => None,
        }
    }

    /// How much an index gains by it: the fewer alternatives, the better.
    fn breadth(&self) -> usize {
        match self {
            Necessity::Never => 0,
            Necessity::Segment(segments) => segments.len(),
            Necessity::Item(items) => items.len(),
            Necessity::Metadata { values, .. } => values.len(),
            Necessity::Amount { .. } => 1,
        }
    }
}

impl AmountOf {
    /// The amount in minor units, if the order has one.
    pub(crate) fn find(self, situation: &Situation<'_>) -> Option<i64> {
        sight(situation).amount(match self {
            AmountOf::Initial => Amount::Initial,
            AmountOf::Current => Amount::Before,
        })
    }
}

/// The forms of the metadata value at a property; none if there is no value.
pub(crate) fn keys_at(owner: Owner, property: &str, situation: &Situation<'_>) -> Vec<String> {
    let value = sight(situation).metadata(owner).and_then(|metadata| lookup(metadata, property));
    value.map(keys_of).unwrap_or_default()
}

fn sight<'a>(situation: &Situation<'a>) -> Sight<'a> {
    Sight { order: situation.order, facts: situation.facts, after: None }
}

/// The forms under which a metadata value is to be looked up in an index: one, or one for each item
/// of a list. Values that rules consider equal have the same form, unless they are dates.
///
/// ```
/// use guerdon_engine::rules::keys_of;
/// use serde_json::json;
/// assert_eq!(keys_of(&json!("10.0")), keys_of(&json!(10)));
/// assert_eq!(keys_of(&json!(["a", true])), ["a", "true"]);
/// ```
pub fn keys_of(value: &Value) -> Vec<String> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    items.iter().filter_map(|item| key_of(Scalar::of(item))).collect()
}

fn key_of(value: Scalar<'_>) -> Option<String> {
    match value.number() {
        Some(number) => Some(number.to_string()),
        None => value.text().map(String::from),
    }
}

fn of_logic(logic: &Logic, branch: &Branch, scope: Scope) -> Vec<Necessity> {
    match logic {
        Logic::Leaf(leaf) => of_leaf(&branch.leaves[*leaf], scope),
        Logic::And(operands) => {
            let all: Vec<Necessity> = operands.iter().flat_map(|operand| of_logic(operand, branch, scope)).collect();
            if all.contains(&Necessity::Never) { vec![Necessity::Never] } else { all }
        }
        Logic::Or(operands) => {
            let branches = operands.iter().map(|operand| of_logic(operand, branch, scope));
            // A branch that is never true does not widen the others.
            let mut branches = branches.filter(|branch| !branch.contains(&Necessity::Never));
            let Some(first) = branches.next() else { return vec![Necessity::Never] };
            branches.fold(first, either)
        }
    }
}

/// What both branches share: of each thing that they are about, the narrowest common condition.
fn either(one: Vec<Necessity>, other: Vec<Necessity>) -> Vec<Necessity> {
    let shared = one.iter().filter_map(|necessity| {
        let same = other.iter().filter(|other| necessity.is_about_the_same(other));
        same.filter_map(|other| necessity.clone().or(other)).min_by_key(Necessity::breadth)
    });
    shared.collect()
}

fn of_leaf(leaf: &Leaf, scope: Scope) -> Vec<Necessity> {
    if !leaf.scopes.contain(scope) {
        return Vec::new();
    }
    let of_conditions = |necessity: &dyn Fn(&Condition) -> Option<Necessity>| {
        leaf.conditions.iter().filter_map(necessity).collect::<Vec<_>>()
    };
    match leaf.subject {
        Subject::Unknown => vec![Necessity::Never],
        Subject::Segments => of_conditions(&|condition| {
            let ids = condition.accepted()?.iter().filter_map(|id| id.text());
            Some(Necessity::Segment(ids.map(|id| id.into()).collect()))
        }),
        Subject::Metadata(owner) if owner != Owner::Event => of_conditions(&|condition| {
            let property = leaf.property.clone()?;
            let accepted = condition.accepted()?;
            // The same time can be written in many ways, and a day has many times.
            if accepted.iter().any(|operand| operand.date.is_some()) {
                return None;
            }
            let values = accepted.iter().filter_map(|operand| key_of(operand.scalar()));
            Some(Necessity::Metadata { owner, property, values: values.collect() })
        }),
        Subject::Amount(Amount::Before) => of_conditions(&|condition| amount(AmountOf::Current, condition)),
        Subject::Amount(Amount::Initial) => of_conditions(&|condition| amount(AmountOf::Initial, condition)),
        Subject::Items(items) if items != Items::None => {
            let from = Some(&*leaf.items.from).filter(|from| !from.is_empty());
            leaf.items.is.iter().map(|items| &**items).chain(from).filter_map(one_item).collect()
        }
        _ => Vec::new(),
    }
}

fn amount(of: AmountOf, condition: &Condition) -> Option<Necessity> {
    let (at_least, at_most) = condition.bounds();
    (at_least.is_some() || at_most.is_some()).then_some(Necessity::Amount { of, at_least, at_most })
}

/// `None` if every line is one of them.
fn one_item(items: &[Item]) -> Option<Necessity> {
    let is_any = items.iter().any(|item| &*item.id == ALL_PRODUCTS);
    (!is_any).then(|| Necessity::Item(items.iter().cloned().collect()))
}
