//! Promotion stacks all of whose tiers can be applied one after another.

use std::sync::Arc;

use guerdon_engine::{
    evaluate::{self, Application, Request},
    trace::Trace,
};
use guerdon_model::{
    promotion_stack::PromotionStack,
    qualification::{QualificationAnswer, QualifiedAnswer, QualifiedObject, Sorting},
    stacking_rules::{ApplicationMode, MAX_REDEEMABLES, NoEffectRule, SortingRule, StackingRules},
};
use serde_json::json;

use super::{Asked, answer, candidate::Candidate, page::Qualified};
use crate::{
    promotions::ReadyTier,
    redeemables::{
        Gathered, Scene,
        evaluate::{situation, with},
        gather_found,
    },
    tx::{Result, Tx},
};

/// How many stacks are evaluated at once.
const CHUNK: usize = 16;

/// A stack that qualifies.
struct Stacked {
    stack: Arc<PromotionStack>,
    /// Its tiers, each on the order as the ones before have left it.
    steps: Vec<Qualified>,
}

impl Stacked {
    /// What all tiers take off the order, in minor units.
    fn deal(&self) -> i64 {
        self.steps.iter().fold(0, |sum, step| sum.saturating_add(step.applied.amounts.total_applied()))
    }
}

/// A page of stacks.
pub(super) fn fill(tx: &mut Tx, asked: &Asked, scene: &Scene) -> Result<QualificationAnswer> {
    let offers = tx.config().offers();
    let mut stacks = situation(tx, scene, asked.row.scope, |situation| offers.stacks(situation));
    stacks.retain(|stack| {
        asked.starting_after.is_none_or(|before| stack.created_at < before) && is_wanted(tx, asked, stack)
    });
    let mut page: Vec<Stacked> = Vec::new();
    for chunk in stacks.chunks(CHUNK) {
        page.extend(evaluate(tx, asked, scene, chunk)?);
        if asked.sorting == Sorting::Default && page.len() > asked.limit {
            break;
        }
    }
    match asked.sorting {
        Sorting::Default => {}
        Sorting::BestDeal => page.sort_by_key(|stacked| std::cmp::Reverse(stacked.deal())),
        Sorting::LeastDeal => page.sort_by_key(Stacked::deal),
    }
    let has_more = page.len() > asked.limit;
    page.truncate(asked.limit);
    let next = page.last().filter(|_| has_more).map(|last| last.stack.created_at);
    let rows = page.iter().map(|stacked| row(tx, asked, scene, stacked)).collect();
    Ok(answer::whole(tx, asked, scene, rows, next))
}

fn is_wanted(tx: &Tx, asked: &Asked, stack: &PromotionStack) -> bool {
    let campaign = tx.config().campaign_with_id(&stack.campaign_id);
    let seen = || {
        let of_campaign = campaign.and_then(|campaign| campaign.category_id.as_ref());
        json!({
            "category_id": stack.category_id.as_ref().or(of_campaign),
            "campaign_id": stack.campaign_id,
            "campaign_type": campaign.map(|campaign| campaign.campaign_type),
            "resource_id": stack.id,
            "resource_type": QualifiedObject::PromotionStack,
        })
    };
    asked.filter.as_ref().is_none_or(|filter| filter.matches(&seen(), &tx.moment()))
}

/// Those of the stacks that qualify, in their order.
fn evaluate(tx: &mut Tx, asked: &Asked, scene: &Scene, stacks: &[Arc<PromotionStack>]) -> Result<Vec<Stacked>> {
    let config = tx.config();
    let tiers = |stack: &PromotionStack| -> Vec<Arc<ReadyTier>> {
        let tiers = stack.tiers.ids.iter().filter_map(|id| config.promotions().tier(id.as_str()));
        tiers.cloned().collect()
    };
    let tiers: Vec<Vec<Arc<ReadyTier>>> = stacks.iter().map(|stack| tiers(stack)).collect();
    let gathered = stacks.iter().zip(&tiers).flat_map(|(stack, tiers)| {
        tiers.iter().map(|ready| Gathered::tier(config, ready.clone(), stack.category_id.as_ref()))
    });
    let gathering = gather_found(tx, gathered.collect(), scene, None)?;
    let in_sequence = in_sequence(config.stacking_rules());
    let applied: Vec<Option<Vec<Application>>> = with(tx, scene, &gathering, asked.row.scope, |request, requested| {
        let request = Request { stacking: &in_sequence, ..*request };
        let mut rest = requested;
        let each = tiers.iter().map(|tiers| {
            let (own, others) = rest.split_at(tiers.len());
            rest = others;
            let evaluation = evaluate::stack(&request, own, &mut Trace::off());
            evaluation.is_valid().then(|| evaluation.applied().map(|(_, applied)| applied.clone()).collect())
        });
        each.collect()
    });
    let mut found = gathering.redeemables.into_iter().filter_map(|gathered| gathered.found);
    let each = stacks.iter().zip(tiers).zip(applied).filter_map(|((stack, tiers), applied)| {
        let found: Vec<_> = found.by_ref().take(tiers.len()).collect();
        let steps = tiers.into_iter().map(Candidate::Tier).zip(found).zip(applied?);
        let steps = steps.map(|((candidate, found), applied)| Qualified { candidate, found, applied });
        Some(Stacked { stack: stack.clone(), steps: steps.collect() })
    });
    Ok(each.collect())
}

/// One after another, whatever the project limits. Of what percentages are taken is up to its own rules.
fn in_sequence(rules: &StackingRules) -> StackingRules {
    StackingRules {
        applicable_redeemables_limit: MAX_REDEEMABLES,
        applicable_redeemables_category_limits: Default::default(),
        applicable_redeemables_per_category_limit: None,
        exclusive_categories: Vec::new(),
        joint_categories: Vec::new(),
        redeemables_application_mode: ApplicationMode::All,
        redeemables_sorting_rule: SortingRule::RequestedOrder,
        redeemables_no_effect_rule: NoEffectRule::RedeemAnyway,
        no_effect_skip_categories: Vec::new(),
        ..rules.clone()
    }
}

fn row(tx: &Tx, asked: &Asked, scene: &Scene, stacked: &Stacked) -> QualifiedAnswer {
    let Stacked { stack, steps } = stacked;
    let last = steps.last().map(|step| &step.applied);
    answer::stack(tx, asked, scene, stack, last, steps.iter().map(|step| answer::row(tx, asked, scene, step)).collect())
}
