//! An evaluation in the words of answers.

use guerdon_engine::{
    calculated::{self, Scope},
    discount::Applied,
    evaluate::{Application, Entry, Evaluation, Refused},
    stacking::Status,
    target::list::Lists,
};
use guerdon_model::{
    Patch,
    category::Category,
    ids::CustomerId,
    order::{Order, OrderCustomer},
    redeemable::{ErrorAnswer, Expansion, RedeemableAnswer, ResultAnswer, ResultDetails, ResultStatus, SceneInput},
};

use super::{Found, Gathered, Gathering, Incentive, Scene};
use crate::{referrals, snapshot::Snapshot, tx::Tx};

/// What answers tell of an evaluation.
#[derive(Debug)]
pub struct Told {
    pub is_valid: bool,
    pub redeemables: Vec<RedeemableAnswer>,
    pub inapplicable: Vec<RedeemableAnswer>,
    pub skipped: Vec<RedeemableAnswer>,
    /// After all that is applied; none if nothing is carried out.
    pub order: Option<Order>,
}

impl Told {
    /// As far as the request wants to be told.
    pub fn of(tx: &Tx, scene: &Scene, gathering: &Gathering, evaluation: &Evaluation<'_>, input: &SceneInput) -> Self {
        let mut referrer = None;
        let words = Words { tx, scene, input };
        let all: Vec<RedeemableAnswer> = evaluation
            .entries()
            .iter()
            .map(|entry| words.entry(&gathering.redeemables[entry.candidate], entry, &mut referrer))
            .collect();
        let listing = evaluation.listing();
        let listed = |places: Vec<usize>| places.into_iter().map(|place| all[place].clone()).collect();
        let is_valid = evaluation.is_valid();
        let last = evaluation.last().filter(|_| is_valid);
        Self {
            is_valid,
            order: last.and_then(|last| of_request(scene, last, referrer.as_ref())),
            redeemables: listed(listing.redeemables),
            inapplicable: listed(listing.inapplicable),
            skipped: listed(listing.skipped),
        }
    }
}

/// What answers to redemptions tell of redeemables that were not applied: first those that can't be, then those
/// that were skipped.
pub fn left_out(
    tx: &Tx,
    scene: &Scene,
    gathering: &Gathering,
    evaluation: &Evaluation<'_>,
    input: &SceneInput,
) -> [Vec<RedeemableAnswer>; 2] {
    let words = Words { tx, scene, input };
    let told = |entry: &Entry<'_>| words.entry(&gathering.redeemables[entry.candidate], entry, &mut None);
    let listed = |is_meant: fn(&Entry<'_>) -> bool| {
        evaluation.entries().iter().filter(|entry| is_meant(entry)).map(told).collect()
    };
    [
        listed(|entry| matches!(entry.status, Status::Inapplicable(_))),
        listed(|entry| matches!(entry.status, Status::Skipped(_))),
    ]
}

/// The order after one redeemable.
pub fn of_step(scene: &Scene, applied: &Application, referrer: Option<&CustomerId>) -> Option<Order> {
    let basket = scene.basket.as_ref()?;
    let order = calculated::order(&basket.order, applied.cart(&basket.cart), &applied.amounts, Scope::Step);
    Some(referred(order, referrer))
}

/// The order after all of them.
pub fn of_request(scene: &Scene, last: &Application, referrer: Option<&CustomerId>) -> Option<Order> {
    let basket = scene.basket.as_ref()?;
    let scope = Scope::Request { before: &basket.amounts };
    let order = calculated::order(&basket.order, last.cart(&basket.cart), &last.amounts, scope);
    Some(referred(order, referrer))
}

/// The order with whoever has referred its customer.
fn referred(mut order: Order, referrer: Option<&CustomerId>) -> Order {
    if let Some(referrer) = referrer {
        order.referrer = Some(OrderCustomer::new(referrer.clone()));
        order.referrer_id = Patch::Value(referrer.clone());
    }
    order
}

/// Who refers by what was found, if it is a referral code.
pub fn referrer(found: &Found) -> Option<&CustomerId> {
    match &found.incentive {
        Incentive::Voucher(voucher) => referrals::referrer(voucher),
        Incentive::Tier(_) => None,
    }
}

/// The category of what was found, as answers about redeemables show it.
pub fn categories(config: &Snapshot, found: &Found) -> Vec<Category> {
    let rules = config.stacking_rules();
    found.category.iter().map(|category| category.in_answer(rules)).collect()
}

/// Why something can't be applied, in the words of this request.
pub fn error(tx: &Tx, gathered: &Gathered, refused: &Refused<'_>) -> ErrorAnswer {
    let error = ErrorAnswer::of(&refused.error, &tx.context().group_id, refused.message);
    error.about(&gathered.id, gathered.object)
}

/// What does not change from entry to entry.
struct Words<'w, 'a> {
    tx: &'w Tx<'a>,
    scene: &'w Scene,
    input: &'w SceneInput,
}

impl Words<'_, '_> {
    /// One redeemable. Whoever a referral code was given to is the order's referrer from then on.
    fn entry(&self, gathered: &Gathered, entry: &Entry<'_>, referred_by: &mut Option<CustomerId>) -> RedeemableAnswer {
        let (status, result) = match &entry.status {
            Status::Applicable(applied) => (ResultStatus::Applicable, applicable(applied)),
            Status::Inapplicable(refused) => {
                let error = error(self.tx, gathered, refused);
                let details = Some(error.in_short());
                let bundle = refused.bundle.as_deref().cloned();
                (ResultStatus::Inapplicable, ResultAnswer { error: Some(error), details, bundle, ..Default::default() })
            }
            Status::Skipped(reason) => {
                let details = Some(ResultDetails::from(*reason));
                (ResultStatus::Skipped, ResultAnswer { details, ..Default::default() })
            }
        };
        let mut answer = self.about(gathered, status, result);
        if let Status::Applicable(applied) = &entry.status {
            if let Some(referrer) = gathered.found.as_ref().and_then(referrer) {
                *referred_by = Some(referrer.clone());
            }
            if self.input.expands(Expansion::Order) {
                answer.order = of_step(self.scene, applied, referred_by.as_ref());
            }
            let Lists { applicable_to, inapplicable_to } = applied.lists.clone();
            (answer.applicable_to, answer.inapplicable_to) = (Some(applicable_to), Some(inapplicable_to));
        }
        answer
    }

    fn about(&self, gathered: &Gathered, status: ResultStatus, result: ResultAnswer) -> RedeemableAnswer {
        let found = gathered.found.as_ref();
        let expanded = found.filter(|_| self.input.expands(Expansion::Redeemable));
        let campaign = expanded.and_then(|found| found.campaign.as_ref());
        RedeemableAnswer {
            status,
            id: gathered.id.clone(),
            object: gathered.object,
            order: None,
            applicable_to: None,
            inapplicable_to: None,
            result,
            metadata: found.map(|found| found.metadata().clone()),
            categories: found
                .filter(|_| self.input.expands(Expansion::Category))
                .map(|found| categories(self.tx.config(), found)),
            campaign_id: campaign.map(|campaign| campaign.id.clone()),
            campaign_name: campaign.map(|campaign| campaign.name.clone()),
            name: expanded.and_then(|found| match &found.incentive {
                Incentive::Tier(ready) => Some(ready.tier.name.clone()),
                Incentive::Voucher(_) => None,
            }),
        }
    }
}

fn applicable(applied: &Application) -> ResultAnswer {
    let mut result = ResultAnswer { bundle: applied.bundle.clone(), ..ResultAnswer::default() };
    match &applied.result {
        Applied::Discount(discount) => result.discount = Some(discount.clone()),
        Applied::Gift(gift) => result.gift = Some(gift.result),
        Applied::LoyaltyCard(card) => result.loyalty_card = Some(*card),
    }
    result
}
