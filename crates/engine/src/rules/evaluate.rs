//! From leaves to a verdict.
//!
//! A leaf whose needs are not known is *missing*, and counts as false. If the expression is true all
//! the same, nothing was needed. If not, the first missing leaf that contributes to it is reported, and
//! a violation only if there is none. A leaf that needs the discount is *open* until it is known.

use guerdon_model::{
    Error,
    ids::ValidationRuleId,
    validation_rule::{Category, Need, logic::Logic},
};

use super::{
    RuleSet, Situation, Verdict, Violation,
    leaf::{Leaf, Lines, Sight},
    subject::Needs,
};
use crate::{
    cart::Amounts,
    trace::{Kind, Node, Outcome, Trace},
};

/// What can be said before the discount is known.
#[derive(Debug)]
pub enum Stage<'r> {
    Decided(Verdict<'r>),
    /// It depends on the discount.
    Open(Open<'r>),
}

/// A rule set that was evaluated as far as it goes without the discount.
#[derive(Debug)]
pub struct Open<'r> {
    set: &'r RuleSet,
    states: Vec<State>,
}

/// What is known about a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    True,
    False,
    Missing(Need),
    /// The discount is not known yet.
    Open,
    /// The scope leaves it out.
    Omitted,
}

impl State {
    fn holds(self, open: bool) -> bool {
        match self {
            State::True | State::Omitted => true,
            State::False | State::Missing(_) => false,
            State::Open => open,
        }
    }
}

/// Why an expression is false.
struct Failure {
    /// The first leaf, from left to right, that makes it so.
    leaf: usize,
    /// The first thing whose lack does.
    missing: Option<Need>,
}

fn failure(logic: &Logic, states: &[State], open: bool) -> Option<Failure> {
    let first = |failures: &[Failure]| {
        let missing = failures.iter().find_map(|failure| failure.missing);
        failures.first().map(|failure| Failure { leaf: failure.leaf, missing })
    };
    match logic {
        Logic::Leaf(leaf) => match states[*leaf] {
            state if state.holds(open) => None,
            State::Missing(need) => Some(Failure { leaf: *leaf, missing: Some(need) }),
            _ => Some(Failure { leaf: *leaf, missing: None }),
        },
        Logic::And(operands) => {
            let failures = operands.iter().filter_map(|operand| failure(operand, states, open));
            first(&failures.collect::<Vec<_>>())
        }
        // One that is true is enough, and then nothing was needed in the others.
        Logic::Or(operands) => {
            let failures: Option<Vec<_>> = operands.iter().map(|operand| failure(operand, states, open)).collect();
            first(&failures?)
        }
    }
}

impl RuleSet {
    /// Evaluates everything. What leaves to pay after the discount counts as what the order costs now,
    /// and the last discount as this one.
    pub fn evaluate(&self, situation: &Situation<'_>, trace: &mut Trace) -> Verdict<'_> {
        let sight = situation.sight(situation.order.map(|order| order.amounts));
        let verdict = match self.is_simple(situation, true) {
            true => self.simply(situation, &sight),
            false => self.decide(&self.states(situation, &sight), false, &sight),
        };
        self.explained(verdict, situation, &sight, trace)
    }

    /// Evaluates what does not depend on the discount.
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
    ///     "id": "val_1", "name": "Never for free", "created_at": "2026-01-01T00:00:00Z",
    ///     "rules": {"1": {"name": "order.total_amount", "conditions": {"$more_than": [0]}}, "logic": "1"},
    /// })).expect("a rule");
    /// let set = RuleSet::compile(&rule).expect("sound logic");
    /// let cart = Cart::default();
    /// let amounts = Amounts { amount: Some(5_000), ..Amounts::default() };
    /// let order = Some(Order { cart: &cart, amounts: &amounts });
    /// let situation = Situation { order, facts: &facts, scope: Scope::Full };
    ///
    /// let Stage::Open(open) = set.before_discount(&situation, &mut Trace::off()) else { panic!() };
    /// let after = Amounts { discount_amount: 5_000, ..amounts.clone() };
    /// assert!(matches!(open.after_discount(&situation, &after, &mut Trace::off()), Verdict::Violated(_)));
    /// ```
    pub fn before_discount(&self, situation: &Situation<'_>, trace: &mut Trace) -> Stage<'_> {
        let sight = situation.sight(None);
        if self.is_simple(situation, false) {
            return Stage::Decided(self.explained(self.simply(situation, &sight), situation, &sight, trace));
        }
        let states = self.states(situation, &sight);
        let (at_worst, at_best) = (self.decide(&states, false, &sight), self.decide(&states, true, &sight));
        match (at_worst, at_best) {
            (Verdict::Satisfied, _) => Stage::Decided(self.explained(at_worst, situation, &sight, trace)),
            (_, Verdict::Satisfied) => Stage::Open(Open { set: self, states }),
            _ => Stage::Decided(self.explained(at_best, situation, &sight, trace)),
        }
    }

    /// Whether no leaf can be missing or open.
    fn is_simple(&self, situation: &Situation<'_>, is_discount_known: bool) -> bool {
        self.needs.without(situation.known()).is_empty() && (is_discount_known || !self.needs_discount)
    }

    /// Evaluates only as many leaves as are needed.
    fn simply(&self, situation: &Situation<'_>, sight: &Sight<'_>) -> Verdict<'_> {
        let holds = |leaf: usize| {
            let leaf = &self.branch.leaves[leaf];
            !leaf.scopes.contain(situation.scope) || leaf.holds(sight, Lines::ALL)
        };
        match self.branch.first_failing(&holds) {
            Ok(()) => Verdict::Satisfied,
            Err(leaf) => Verdict::Violated(self.violation(leaf, sight)),
        }
    }

    fn states(&self, situation: &Situation<'_>, sight: &Sight<'_>) -> Vec<State> {
        let known = situation.known();
        self.branch.leaves.iter().map(|leaf| state(leaf, situation, known, sight)).collect()
    }

    /// The verdict if the open leaves come out so.
    fn decide(&self, states: &[State], open: bool, sight: &Sight<'_>) -> Verdict<'_> {
        match failure(&self.branch.logic, states, open) {
            None => Verdict::Satisfied,
            Some(Failure { missing: Some(need), .. }) => Verdict::Missing(need),
            Some(Failure { leaf, missing: None }) => Verdict::Violated(self.violation(leaf, sight)),
        }
    }

    fn violation(&self, leaf: usize, sight: &Sight<'_>) -> Violation<'_> {
        let leaf = &self.branch.leaves[leaf];
        let message = leaf.blamed(sight, Lines::ALL).or(self.message.as_deref());
        Violation { key: Some(&leaf.key), category: leaf.category, message }
    }

    /// Adds the verdict to the trace.
    fn explained<'r>(
        &'r self,
        verdict: Verdict<'r>,
        situation: &Situation<'_>,
        sight: &Sight<'_>,
        trace: &mut Trace,
    ) -> Verdict<'r> {
        trace.add(|| {
            let states = self.states(situation, sight);
            let mut node = Node::new(Kind::RuleSet).id(self.id.as_str()).outcome(outcome(&verdict));
            node.nodes.extend(self.branch.explain(&states, sight, Lines::ALL));
            node
        });
        verdict
    }

    /// The violation that an incomplete bundle is.
    pub fn bundle_violation(&self) -> Violation<'_> {
        Violation { key: None, category: Category::Order, message: self.message.as_deref() }
    }
}

impl<'r> Open<'r> {
    /// Evaluates the rest. Everything but the discounted amounts is as it was before.
    pub fn after_discount(mut self, situation: &Situation<'_>, after: &Amounts, trace: &mut Trace) -> Verdict<'r> {
        let sight = situation.sight(Some(after));
        let leaves = self.set.branch.leaves.iter();
        for (state, leaf) in self.states.iter_mut().zip(leaves).filter(|(state, _)| **state == State::Open) {
            *state = truth(leaf.holds(&sight, Lines::ALL));
        }
        let verdict = self.set.decide(&self.states, false, &sight);
        self.set.explained(verdict, situation, &sight, trace)
    }
}

impl<'a> Situation<'a> {
    fn sight(&self, after: Option<&'a Amounts>) -> Sight<'a> {
        Sight { order: self.order, facts: self.facts, after }
    }

    /// What leaves may need, as far as it is there.
    fn known(&self) -> Needs {
        let amount = self.order.and_then(|order| order.amounts.amount);
        let has_lines = self.order.is_some_and(|order| !order.cart.lines.is_empty());
        let parts = [
            (Needs::CUSTOMER, self.facts.customer.is_some()),
            (Needs::ORDER, self.order.is_some()),
            (Needs::AMOUNT, amount.is_some()),
            (Needs::LINES, has_lines),
        ];
        parts.into_iter().filter(|(_, is_known)| *is_known).fold(Needs::NOTHING, |all, (part, _)| all.and(part))
    }
}

fn state(leaf: &Leaf, situation: &Situation<'_>, known: Needs, sight: &Sight<'_>) -> State {
    let missing = leaf.needs.without(known);
    match () {
        () if !leaf.scopes.contain(situation.scope) => State::Omitted,
        () if !missing.is_empty() => State::Missing(first_need(missing)),
        () if leaf.needs_discount && sight.after.is_none() && sight.order.is_some() => State::Open,
        () => truth(leaf.holds(sight, Lines::ALL)),
    }
}

fn truth(holds: bool) -> State {
    if holds { State::True } else { State::False }
}

fn first_need(missing: Needs) -> Need {
    let order = [(Needs::CUSTOMER, Need::Customer), (Needs::ORDER, Need::Order)];
    let found = order.into_iter().find(|(needs, _)| missing.contains(*needs));
    let amount = Needs::AMOUNT.without(Needs::ORDER);
    match found {
        Some((_, need)) => need,
        None if missing.contains(amount) => Need::Amount,
        None => Need::OrderItems,
    }
}

fn outcome(verdict: &Verdict<'_>) -> Outcome {
    match verdict {
        Verdict::Satisfied => Outcome::Satisfied,
        Verdict::Violated(_) => Outcome::Violated,
        Verdict::Missing(_) => Outcome::Missing,
    }
}

/// Why the rule sets of a redeemable, taken together, refuse it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal<'r> {
    /// The first violation, and every rule set that is violated.
    Violated {
        first: Violation<'r>,
        rule_sets: Vec<&'r ValidationRuleId>,
    },
    Missing(Need),
}

/// What several rule sets say together: all must be satisfied. The first one that is not decides how
/// the refusal reads.
pub fn refusal<'r>(verdicts: impl IntoIterator<Item = (&'r RuleSet, Verdict<'r>)>) -> Option<Refusal<'r>> {
    let mut refusal = None;
    for (set, verdict) in verdicts {
        match (&mut refusal, verdict) {
            (_, Verdict::Satisfied) => {}
            (None, Verdict::Missing(need)) => refusal = Some(Refusal::Missing(need)),
            (None, Verdict::Violated(first)) => {
                refusal = Some(Refusal::Violated { first, rule_sets: vec![&set.id] });
            }
            (Some(Refusal::Violated { rule_sets, .. }), Verdict::Violated(_)) => rule_sets.push(&set.id),
            (Some(_), _) => {}
        }
    }
    refusal
}

impl<'r> Refusal<'r> {
    /// Its row of the catalogue. The label is what the redeemable is called there, such as
    /// `Discount Coupon`.
    pub fn error(&self, label: &'static str) -> Error {
        match self {
            Refusal::Missing(need) => Error::MissingForRules(*need),
            Refusal::Violated { first, rule_sets } => Error::RulesViolated {
                category: first.category,
                label,
                rule_sets: rule_sets.iter().map(|id| (*id).clone()).collect(),
            },
        }
    }

    /// The shop's own words, if it has any.
    pub fn message(&self) -> Option<&'r str> {
        match self {
            Refusal::Missing(_) => None,
            Refusal::Violated { first, .. } => first.message,
        }
    }
}
