//! From turn to turn: who is passed over, who is checked, and against which order.

use guerdon_model::{
    redeemable::SkipReason,
    stacking_rules::{ApplicationMode, NoEffectRule, StackingRules},
};

use super::{
    Candidate, Checked, Decided, Entry, Status,
    limits::reached,
    selection::{Traits, group, sorted},
};
use crate::trace::{Kind, Node, Outcome, Trace};

/// Gives every candidate its turn, in the order of application. `check` is asked about one candidate,
/// given what was decided before; the same question has the same answer.
pub fn walk<A, R>(
    rules: &StackingRules,
    candidates: &[Candidate<'_>],
    trace: &mut Trace,
    mut check: impl FnMut(usize, Decided<'_, A, R>, &mut Trace) -> Checked<A, R>,
) -> Vec<Entry<A, R>> {
    let traits: Vec<Traits<'_>> = candidates.iter().map(|candidate| Traits::new(candidate, rules)).collect();
    let mut places = sorted(&traits, rules);
    let mut trial = Trial::new(rules, &places, &traits, trace, &mut check);
    if trial.is_passed {
        group(&mut places, &traits, rules);
    }
    let mut entries: Vec<Entry<A, R>> = Vec::with_capacity(places.len());
    for candidate in places {
        let this = &traits[candidate];
        trace.open(|| Node::new(Kind::Redeemable).id(candidates[candidate].id));
        let reason = match is_excluded(&trial, &traits, candidate, &entries) {
            true => Some(SkipReason::Excluded),
            false => skipped(rules, &traits, candidate, &entries),
        };
        let status = match reason {
            Some(reason) => Status::Skipped(reason),
            None => {
                let tried = trial.take(candidate).filter(|_| stands(&traits, &entries));
                let checked = tried.map(|tried| tried.explained(trace));
                settle(rules, this, checked.unwrap_or_else(|| check(candidate, Decided(&entries), trace)))
            }
        };
        trace.close(|node| explain(&status, node));
        entries.push(Entry { candidate, status });
    }
    entries
}

/// Whether exclusive candidates keep this one out: those that are valid on the order as it came in, and
/// those that joint ones have made so.
fn is_excluded<A, R>(trial: &Trial<A, R>, traits: &[Traits<'_>], candidate: usize, entries: &[Entry<A, R>]) -> bool {
    let is_one_applied = || Decided(entries).applied().any(|(place, _)| traits[place].is_exclusive());
    traits[candidate].is_common() && (trial.is_passed || is_one_applied())
}

/// Why a candidate is passed over, if it can be combined with those that are valid.
fn skipped<A, R>(
    rules: &StackingRules,
    traits: &[Traits<'_>],
    candidate: usize,
    entries: &[Entry<A, R>],
) -> Option<SkipReason> {
    let has_failed = || entries.iter().any(|entry| matches!(entry.status, Status::Inapplicable(_)));
    match rules.redeemables_application_mode {
        ApplicationMode::All if has_failed() => Some(SkipReason::PrecedingFailed),
        ApplicationMode::All | ApplicationMode::Partial => {
            let applied = Decided(entries).applied().map(|(place, _)| &traits[place]);
            reached(rules, &traits[candidate], applied)
        }
    }
}

/// Whether a trial, which was made on the order as it came in, still counts: if nothing has been applied
/// since, or if a common candidate was. An exclusive one that was not valid before can't become so then.
fn stands<A, R>(traits: &[Traits<'_>], entries: &[Entry<A, R>]) -> bool {
    let decided = Decided(entries);
    decided.last().is_none() || decided.applied().any(|(place, _)| traits[place].is_common())
}

/// What a check means for its candidate.
fn settle<A, R>(rules: &StackingRules, this: &Traits<'_>, checked: Checked<A, R>) -> Status<A, R> {
    match checked {
        Checked::Inapplicable(refused) => Status::Inapplicable(refused),
        Checked::Applicable { applied, has_effect } if is_redeemed(rules, this, has_effect) => {
            Status::Applicable(applied)
        }
        Checked::Applicable { .. } => Status::Skipped(SkipReason::NoEffect),
    }
}

fn is_redeemed(rules: &StackingRules, this: &Traits<'_>, has_effect: bool) -> bool {
    has_effect || rules.no_effect_rule(this.category) == NoEffectRule::RedeemAnyway
}

fn explain<A, R>(status: &Status<A, R>, node: &mut Node) {
    node.details.insert("status".to_owned(), status.name().into());
    node.outcome = match status {
        Status::Applicable(_) => Outcome::Satisfied,
        Status::Inapplicable(_) => Outcome::Violated,
        Status::Skipped(reason) => {
            let (key, message) = reason.words();
            node.details.insert("key".to_owned(), key.into());
            node.text = Some(message.to_owned());
            Outcome::NotNeeded
        }
    };
}

/// The checks of exclusive candidates ahead of their turns: whether one of them keeps others out.
struct Trial<A, R> {
    /// Whether one is valid. If so, those behind it were not tried.
    is_passed: bool,
    checks: Vec<Tried<A, R>>,
}

struct Tried<A, R> {
    candidate: usize,
    checked: Checked<A, R>,
    nodes: Vec<Node>,
}

impl<A, R> Trial<A, R> {
    fn new(
        rules: &StackingRules,
        places: &[usize],
        traits: &[Traits<'_>],
        trace: &Trace,
        check: &mut impl FnMut(usize, Decided<'_, A, R>, &mut Trace) -> Checked<A, R>,
    ) -> Self {
        let mut trial = Self { is_passed: false, checks: Vec::new() };
        // Where all are of one kind, nobody keeps anybody out.
        if traits.iter().all(Traits::is_exclusive) {
            return trial;
        }
        for candidate in places.iter().copied().filter(|place| traits[*place].is_exclusive()) {
            let mut own = if trace.is_on() { Trace::on() } else { Trace::off() };
            let checked = check(candidate, Decided::nothing(), &mut own);
            trial.is_passed = match &checked {
                Checked::Inapplicable(_) => false,
                Checked::Applicable { has_effect, .. } => is_redeemed(rules, &traits[candidate], *has_effect),
            };
            trial.checks.push(Tried { candidate, checked, nodes: own.into_nodes() });
            if trial.is_passed {
                break;
            }
        }
        trial
    }

    fn take(&mut self, candidate: usize) -> Option<Tried<A, R>> {
        let place = self.checks.iter().position(|tried| tried.candidate == candidate)?;
        Some(self.checks.swap_remove(place))
    }
}

impl<A, R> Tried<A, R> {
    /// What it came to, with its nodes where the trace has got to.
    fn explained(self, trace: &mut Trace) -> Checked<A, R> {
        for node in self.nodes {
            trace.add(|| node);
        }
        self.checked
    }
}
