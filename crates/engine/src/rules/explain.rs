//! What a trace says about a rule set. Runs only if somebody asks.

use guerdon_model::validation_rule::{Operand, logic::Logic};
use serde_json::Value;

use super::{
    condition::Condition,
    evaluate::State,
    items::{Item, one_of},
    leaf::{Branch, Leaf, Lines, Matched, Sight, is_every},
    subject::Subject,
    value::Seen,
};
use crate::trace::{Asked, Change, Kind, NearMiss, Node, Outcome, Unit};

impl Branch {
    /// The node of the whole expression, if there is any.
    pub(super) fn explain(&self, states: &[State], sight: &Sight<'_>, lines: Lines<'_>) -> Option<Node> {
        self.explain_logic(&self.logic, states, sight, lines)
    }

    fn explain_logic(&self, logic: &Logic, states: &[State], sight: &Sight<'_>, lines: Lines<'_>) -> Option<Node> {
        let (kind, operands, decisive) = match logic {
            Logic::Leaf(leaf) => return Some(self.leaves[*leaf].explain(states[*leaf], sight, lines)),
            Logic::And(operands) => (Kind::All, operands, [Outcome::Missing, Outcome::Violated, Outcome::Open]),
            Logic::Or(operands) => (Kind::Any, operands, [Outcome::Satisfied, Outcome::Open, Outcome::Missing]),
        };
        let nodes = operands.iter().filter_map(|operand| self.explain_logic(operand, states, sight, lines));
        let nodes: Vec<Node> = nodes.collect();
        let otherwise = nodes.first()?.outcome;
        let is_left_out = |node: &Node| node.outcome == Outcome::NotNeeded;
        let outcome = match () {
            // What a scope leaves out counts as satisfied.
            () if kind == Kind::Any && nodes.iter().any(is_left_out) => Outcome::Satisfied,
            () if kind == Kind::All && nodes.iter().all(is_left_out) => Outcome::NotNeeded,
            () => {
                let found = decisive.into_iter().find(|decisive| nodes.iter().any(|node| node.outcome == *decisive));
                found.unwrap_or(if kind == Kind::All { Outcome::Satisfied } else { otherwise })
            }
        };
        let mut node = Node::new(kind).outcome(outcome);
        node.nodes = nodes;
        if kind == Kind::Any && outcome == Outcome::Satisfied {
            forget_missing(&mut node);
        }
        Some(node)
    }
}

/// Where one alternative is true, what was missing for the others was not needed.
fn forget_missing(node: &mut Node) {
    if node.outcome == Outcome::Missing {
        (node.outcome, node.text) = (Outcome::NotNeeded, None);
    }
    node.nodes.iter_mut().for_each(forget_missing);
}

impl Leaf {
    fn explain(&self, state: State, sight: &Sight<'_>, lines: Lines<'_>) -> Node {
        let subject = match &self.property {
            Some(property) => format!("{}.{property}", self.name),
            None => self.name.to_string(),
        };
        let outcome = outcome(state);
        let mut node = Node::new(Kind::Rule).id(&*self.key).subject(subject.clone()).outcome(outcome);
        match state {
            State::Omitted | State::Open => node.conditions = self.asked(Seen::Nothing, Some(outcome), sight),
            State::Missing(need) => {
                node.conditions = self.asked(Seen::Nothing, Some(outcome), sight);
                node.text = Some(format!("{subject} is not known. {}", need.words().2));
            }
            State::True | State::False => self.explain_evaluated(&mut node, sight, lines),
        }
        if let Some(violated) = node.conditions.iter().find(|asked| asked.outcome == Outcome::Violated) {
            node.text = Some(sentence(&subject, node.seen.as_ref(), violated));
        }
        node
    }

    fn explain_evaluated(&self, node: &mut Node, sight: &Sight<'_>, lines: Lines<'_>) {
        match self.subject {
            Subject::Segments => {
                let is_in = |id: &str| sight.facts.customer.is_some_and(|customer| customer.segments.contains(id));
                let named = self.conditions.iter().flat_map(|condition| condition.operands());
                node.seen = Some(named.filter(|id| id.as_str().is_some_and(is_in)).cloned().collect());
                node.conditions = self.asked_each(sight, |condition| (condition.is_member(&is_in), None));
            }
            Subject::EachLine(of, quantifier) => {
                let Some(order) = sight.order else { return };
                let values: Vec<Seen<'_>> = lines.places(order).map(|line| self.of_line(of, line, sight)).collect();
                node.seen = Some(values.iter().map(|value| value.to_json()).collect());
                self.explain_each(node, &values, is_every(quantifier, lines), sight);
            }
            Subject::ProductMetadata => {
                let Some(order) = sight.order else { return };
                let values: Vec<Seen<'_>> = lines.places(order).map(|line| self.of_product(line, sight)).collect();
                node.seen = Some(values.iter().map(|value| value.to_json()).collect());
                self.explain_each(node, &values, false, sight);
            }
            Subject::Items(_) => {
                let outcome = match self.matched(sight, lines) {
                    Matched::Nothing => Outcome::Violated,
                    Matched::Around | Matched::Lines(..) => Outcome::Satisfied,
                };
                node.seen = self.matched_lines(sight, lines);
                node.conditions = self.asked(Seen::Nothing, Some(outcome), sight);
            }
            Subject::Unknown => {}
            _ => {
                let seen = self.seen(sight, lines);
                node.seen = Some(seen.to_json());
                node.conditions = self.asked(seen, None, sight);
            }
        }
        self.explain_rules(node, sight, lines);
    }

    /// The places of the lines that the items match.
    fn matched_lines(&self, sight: &Sight<'_>, lines: Lines<'_>) -> Option<Value> {
        let order = sight.order?;
        let is_one_of = |line: usize, items: &[Item]| one_of(items, order, line, sight.facts.collections);
        let matches = |line: &usize| self.items.is.iter().all(|items| is_one_of(*line, items));
        Some(lines.places(order).filter(matches).collect())
    }

    /// Conditions of which at least one value, or every value, must fulfil all.
    fn explain_each(&self, node: &mut Node, values: &[Seen<'_>], every: bool, sight: &Sight<'_>) {
        let clock = sight.clock();
        // Two conditions may hold for different lines and still not for one.
        let together = |value: &Seen<'_>| self.all_hold(*value, sight);
        let holds = if every { values.iter().all(together) } else { values.iter().any(together) };
        node.conditions = self.asked_each(sight, |condition| {
            let fails = |value: &&Seen<'_>| !condition.holds(**value, clock);
            let failing: Vec<&Seen<'_>> = values.iter().filter(fails).collect();
            let misses = failing
                .iter()
                .filter_map(|value| condition.explain(**value, Outcome::Violated, self.operand, clock).near_miss);
            let by = |miss: &NearMiss| miss.by;
            let holds_alone = if every { failing.is_empty() } else { failing.len() < values.len() };
            let miss = if every { misses.max_by_key(by) } else { misses.min_by_key(by) };
            (holds_alone && (holds || self.conditions.len() == 1), miss.filter(|_| !holds_alone))
        });
    }

    fn explain_rules(&self, node: &mut Node, sight: &Sight<'_>, lines: Lines<'_>) {
        let Some(rules) = &self.rules else { return };
        let mut explain = |lines: Lines<'_>| {
            let states = rules.leaves.iter().map(|leaf| match leaf.holds(sight, lines) {
                true => State::True,
                false => State::False,
            });
            node.nodes.extend(rules.explain(&states.collect::<Vec<_>>(), sight, lines));
        };
        match self.matched(sight, lines) {
            Matched::Nothing => {}
            Matched::Around => explain(lines),
            Matched::Lines(chosen, every) => explain(Lines { chosen: Some(&chosen), every }),
        }
    }

    /// What was asked, with one outcome for all conditions or that of each.
    fn asked(&self, seen: Seen<'_>, outcome: Option<Outcome>, sight: &Sight<'_>) -> Vec<Asked> {
        let clock = sight.clock();
        let conditions = self.conditions.iter().map(|condition| {
            let each = || if condition.holds(seen, clock) { Outcome::Satisfied } else { Outcome::Violated };
            condition.explain(seen, outcome.unwrap_or_else(each), self.operand, clock)
        });
        conditions.collect()
    }

    fn asked_each(&self, sight: &Sight<'_>, each: impl Fn(&Condition) -> (bool, Option<NearMiss>)) -> Vec<Asked> {
        let conditions = self.conditions.iter().map(|condition| {
            let (holds, near_miss) = each(condition);
            let outcome = if holds { Outcome::Satisfied } else { Outcome::Violated };
            Asked { near_miss, ..condition.explain(Seen::Nothing, outcome, Operand::Metadata, sight.clock()) }
        });
        conditions.collect()
    }
}

fn outcome(state: State) -> Outcome {
    match state {
        State::True => Outcome::Satisfied,
        State::False => Outcome::Violated,
        State::Missing(_) => Outcome::Missing,
        State::Open => Outcome::Open,
        State::Omitted => Outcome::NotNeeded,
    }
}

/// Such as "order.amount 9199 is 801 short of 10000".
fn sentence(subject: &str, seen: Option<&Value>, violated: &Asked) -> String {
    let needed = match violated.needed.as_array().map(Vec::as_slice) {
        Some([one]) => one.to_string(),
        _ => violated.needed.to_string(),
    };
    let needed = format!("{} {needed}", violated.operator);
    let whole = seen.and_then(Value::as_i64);
    let seen = seen.map(Value::to_string).unwrap_or_default();
    let Some(NearMiss { change, by: Some(by), unit, .. }) = violated.near_miss else {
        return format!("{subject} {seen} does not fulfil {needed}");
    };
    let distance = match unit {
        Some(Unit::Milliseconds) => format!("{:.1} hours", by as f64 / 3_600_000.0),
        _ => by.to_string(),
    };
    // Of a whole number it can be said which one would do.
    let target = |target: Option<i64>| target.map_or(needed.clone(), |target| target.to_string());
    match change {
        Change::Increase => {
            let target = target(whole.and_then(|whole| whole.checked_add(by)));
            format!("{subject} {seen} is {distance} short of {target}")
        }
        Change::Decrease => {
            let target = target(whole.and_then(|whole| whole.checked_sub(by)));
            format!("{subject} {seen} is {distance} over {target}")
        }
        Change::Wait => format!("{subject} {seen} will fulfil {needed} in {by} days"),
    }
}
