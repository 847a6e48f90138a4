//! The rule sets of one redeemable: its own and its campaign's, all of which must hold.

use super::Refused;
use crate::{
    cart::Amounts,
    redeemable::Redeemable,
    rules::{BundleResult, Open, RuleSet, Situation, Stage, Verdict, refusal},
    target::Targeting,
    trace::{Kind, Node, Outcome, Trace},
};

/// What the rules say about items and bundles, whether they hold or not.
pub(super) struct Terms<'a> {
    pub(super) targeting: Targeting<'a>,
    /// The bundle that the order has least of.
    pub(super) bundle: Option<BundleResult>,
}

impl<'a> Terms<'a> {
    pub(super) fn of(redeemable: &Redeemable<'a>, situation: &Situation<'_>) -> Self {
        let applicable_to = redeemable.rules().filter_map(RuleSet::applicable_to).collect();
        let bundles = redeemable.rules().filter_map(|set| set.bundle(situation));
        let bundle = bundles.min_by_key(|bundle| bundle.quantity);
        let bundles = bundle.as_ref().map_or(1, |bundle| bundle.quantity);
        Self { targeting: Targeting { applicable_to, bundles }, bundle }
    }
}

/// What depends on the discount.
pub(super) struct Pending<'a>(Vec<(&'a RuleSet, Open<'a>)>);

/// Asks everything that does not depend on the discount.
pub(super) fn before_discount<'a>(
    redeemable: &Redeemable<'a>,
    situation: &Situation<'_>,
    trace: &mut Trace,
) -> Result<Pending<'a>, Refused<'a>> {
    let mut pending = Vec::new();
    let mut incomplete = None;
    let verdicts = redeemable.rules().filter_map(|set| {
        if let Some(bundle) = lacking_bundle(set, situation, trace) {
            incomplete.get_or_insert(bundle);
            return Some((set, Verdict::Violated(set.bundle_violation())));
        }
        match set.before_discount(situation, trace) {
            Stage::Decided(verdict) => Some((set, verdict)),
            Stage::Open(open) => {
                pending.push((set, open));
                None
            }
        }
    });
    match refusal(verdicts) {
        None => Ok(Pending(pending)),
        Some(refusal) => Err(Refused {
            error: refusal.error(redeemable.kind.label()),
            message: refusal.message(),
            bundle: incomplete.map(Box::new),
        }),
    }
}

/// The bundle of a rule set, if the order should have it and does not.
fn lacking_bundle(set: &RuleSet, situation: &Situation<'_>, trace: &mut Trace) -> Option<BundleResult> {
    let bundle = set.bundle(situation).filter(|_| situation.scope.needs_bundle())?;
    trace.add(|| {
        let mut node =
            Node::new(Kind::Bundle).id(set.id().as_str()).seen(bundle.quantity).detail("limit", bundle.limit);
        node.outcome = if bundle.is_complete() { Outcome::Satisfied } else { Outcome::Violated };
        node.nodes.extend(bundle.missing.iter().map(|missing| {
            let part = Node::new(Kind::BundlePart).id(missing.id.as_str()).outcome(Outcome::Violated);
            part.detail("missing", missing.item_quantity)
        }));
        node
    });
    (!bundle.is_complete()).then_some(bundle)
}

impl<'a> Pending<'a> {
    /// Asks the rest.
    pub(super) fn after_discount(
        self,
        redeemable: &Redeemable<'a>,
        situation: &Situation<'_>,
        after: &Amounts,
        trace: &mut Trace,
    ) -> Result<(), Refused<'a>> {
        let verdicts = self.0.into_iter().map(|(set, open)| (set, open.after_discount(situation, after, trace)));
        match refusal(verdicts) {
            None => Ok(()),
            Some(refusal) => {
                Err(Refused { error: refusal.error(redeemable.kind.label()), message: refusal.message(), bundle: None })
            }
        }
    }
}
