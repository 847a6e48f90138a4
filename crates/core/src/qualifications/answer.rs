//! What qualifies, in the words of answers.

use std::sync::Arc;

use guerdon_engine::{
    discount::Applied,
    evaluate::Application,
    rules::{Scope, Verdict},
};
use guerdon_model::{
    Patch, Timestamp,
    ids::OrderItemId,
    list::List,
    order::{Order, OrderItem},
    promotion_stack::PromotionStack,
    qualification::{
        QualificationAnswer, QualifiedAnswer, QualifiedCard, QualifiedGift, QualifiedObject, QualifiedResult,
    },
    redeemable::{Expansion, SceneInput},
    validation_rule::{Assignments, ValidationRuleAssignment, ValidationStatus},
};

use super::{Asked, candidate::Candidate, page::Qualified};
use crate::{
    campaigns,
    redeemables::{Found, Incentive, Scene, answer},
    snapshot::Snapshot,
    tx::Tx,
};

/// The whole answer; `next` is where the next page begins, if there is one.
pub(super) fn whole(
    tx: &Tx,
    asked: &Asked,
    scene: &Scene,
    rows: Vec<QualifiedAnswer>,
    next: Option<Timestamp>,
) -> QualificationAnswer {
    QualificationAnswer {
        redeemables: List {
            has_more: Some(next.is_some()),
            more_starting_after: next.map(|next| next.to_string()),
            ..List::whole("data", rows)
        },
        tracking_id: scene.tracking_id.clone(),
        order: scene.basket.as_ref().map(|basket| as_sent(&basket.order, &asked.scene)),
        stacking_rules: tx.config().stacking_rules().into(),
    }
}

/// One redeemable that qualifies.
pub(super) fn row(tx: &Tx, asked: &Asked, scene: &Scene, qualified: &Qualified) -> QualifiedAnswer {
    let Qualified { candidate, found, applied } = qualified;
    let expands = |expansion| asked.scene.expands(expansion);
    let campaign = found.campaign.as_ref();
    let of_campaign = campaign.filter(|_| expands(Expansion::Redeemable) && !is_campaign(candidate));
    let (name, banner) = match candidate {
        Candidate::Voucher { .. } => (None, None),
        Candidate::Tier(ready) => (Some(&ready.tier.name), ready.tier.banner.as_ref()),
        Candidate::Campaign(campaign) => (Some(&campaign.name), None),
    };
    let metadata = match candidate {
        Candidate::Campaign(campaign) => &campaign.metadata,
        Candidate::Voucher { .. } | Candidate::Tier(_) => found.metadata(),
    };
    QualifiedAnswer {
        id: match candidate {
            Candidate::Voucher { voucher, .. } => voucher.code.clone(),
            Candidate::Tier(_) | Candidate::Campaign(_) => candidate.rank().1.to_owned(),
        },
        object: candidate.object(),
        created_at: candidate.created_at(),
        result: result(asked, found, applied),
        order: answer::of_step(scene, applied, answer::referrer(found)).map(with_line_ids),
        applicable_to: applied.lists.applicable_to.clone(),
        inapplicable_to: applied.lists.inapplicable_to.clone(),
        metadata: expands(Expansion::Redeemable).then(|| metadata.clone()),
        name: name.filter(|_| expands(Expansion::Redeemable)).cloned(),
        banner: banner.filter(|_| expands(Expansion::Redeemable)).cloned(),
        campaign_name: of_campaign.map(|campaign| campaign.name.clone()),
        campaign_id: of_campaign.map(|campaign| campaign.id.clone()),
        categories: expands(Expansion::Category).then(|| answer::categories(tx.config(), found)),
        validation_rules_assignments: expands(Expansion::ValidationRules)
            .then(|| assignments(tx.config(), found, asked.row.scope)),
        redeemables: None,
    }
}

fn is_campaign(candidate: &Candidate) -> bool {
    matches!(candidate, Candidate::Campaign(_))
}

/// A stack that qualifies; `last` is the last of its tiers.
pub(super) fn stack(
    tx: &Tx,
    asked: &Asked,
    scene: &Scene,
    stack: &Arc<PromotionStack>,
    last: Option<&Application>,
    tiers: Vec<QualifiedAnswer>,
) -> QualifiedAnswer {
    let config = tx.config();
    let campaign = config.campaign_with_id(&stack.campaign_id);
    let of_campaign = campaign.and_then(|campaign| campaign.category_id.as_ref());
    let category = campaigns::category_of(config, stack.category_id.as_ref().or(of_campaign));
    let expands = |expansion| asked.scene.expands(expansion);
    let campaign = campaign.filter(|_| expands(Expansion::Redeemable));
    QualifiedAnswer {
        id: stack.id.to_string(),
        object: QualifiedObject::PromotionStack,
        created_at: stack.created_at,
        result: QualifiedResult::default(),
        order: last.and_then(|last| answer::of_request(scene, last, None)).map(with_line_ids),
        applicable_to: List::whole("data", Vec::new()),
        inapplicable_to: List::whole("data", Vec::new()),
        metadata: expands(Expansion::Redeemable).then(Default::default),
        name: expands(Expansion::Redeemable).then(|| stack.name.clone()),
        banner: None,
        campaign_name: campaign.map(|campaign| campaign.name.clone()),
        campaign_id: campaign.map(|campaign| campaign.id.clone()),
        categories: expands(Expansion::Category)
            .then(|| category.iter().map(|category| category.in_answer(config.stacking_rules())).collect()),
        validation_rules_assignments: None,
        redeemables: Some(tiers),
    }
}

fn result(asked: &Asked, found: &Found, applied: &Application) -> QualifiedResult {
    let mut result = QualifiedResult { bundle: applied.bundle.clone(), ..QualifiedResult::default() };
    let voucher = match &found.incentive {
        Incentive::Voucher(voucher) => Some(voucher),
        Incentive::Tier(_) => None,
    };
    match &applied.result {
        Applied::Discount(discount) => result.discount = Some(discount.clone()),
        Applied::Gift(gift) => {
            let own = found.own_lock.as_ref().map_or(0, |own| own.amount);
            let locked = voucher.map_or(0, |voucher| voucher.locked.amount - own);
            result.gift = Some(QualifiedGift {
                balance: gift.result.balance,
                credits: gift.result.credits,
                locked_credits: asked.scene.locks().then_some(locked),
            });
        }
        Applied::LoyaltyCard(card) => {
            let balance = voucher.and_then(|voucher| voucher.balance()).unwrap_or(0);
            result.loyalty_card = Some(QualifiedCard { points: card.points, balance });
        }
    }
    result
}

/// The rules of a redeemable, its own before its campaign's, each with how far it holds. All of them were
/// satisfied.
fn assignments(config: &Snapshot, found: &Found, scope: Scope) -> Assignments {
    let own = match &found.incentive {
        Incentive::Voucher(voucher) => &voucher.validation_rules_assignments,
        Incentive::Tier(ready) => &ready.tier.validation_rule_assignments,
    };
    let all = match &found.campaign {
        Some(campaign) => own.with(&campaign.validation_rules_assignments),
        None => own.clone(),
    };
    all.map(|assignment| {
        let Some(rule) = config.validation_rule(assignment.rule_id.as_str()) else { return assignment };
        let status = rule.set.status(scope, &Verdict::Satisfied);
        let omitted = (status == ValidationStatus::PartiallyValid).then(|| rule.set.omitted(scope));
        ValidationRuleAssignment {
            created_at: None,
            validation_status: Some(status),
            validation_omitted_rules: omitted.map(|keys| keys.map(str::to_owned).collect()),
            ..assignment
        }
    })
}

/// The order before anything is applied, without what is calculated: a line has a price if it was sent with
/// one.
fn as_sent(order: &Order, input: &SceneInput) -> Order {
    let sent = input.order.as_ref().and_then(|order| order.items.as_value());
    let mut order = with_line_ids(order.clone());
    for (place, item) in order.items.iter_mut().flatten().enumerate() {
        let sent = sent.and_then(|items| items.get(place));
        (item.amount, item.subtotal_amount) = (None, None);
        if let Some(sent) = sent {
            item.price = sent.price;
        }
    }
    order.metadata.get_or_insert_default();
    for id in [&mut order.customer_id, &mut order.referrer_id] {
        if id.is_absent() {
            *id = Patch::Null;
        }
    }
    order
}

/// The order with an id for each line that has none. Nothing is stored under it: it follows from the place of
/// the line, so that equal requests have equal answers.
fn with_line_ids(mut order: Order) -> Order {
    let without_id = |(_, item): &(usize, &mut OrderItem)| item.id.is_none();
    for (place, item) in order.items.iter_mut().flatten().enumerate().filter(without_id) {
        item.id = Some(OrderItemId::from(format!("ordli_{place:018x}")));
    }
    order
}
