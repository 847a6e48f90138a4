//! What a redemption is going to do, taken from its evaluation: all that outlives it.

use guerdon_engine::{
    calculated::{self, Scope},
    discount::Applied,
    evaluate::{self, Application, Evaluation, Failure},
    rules,
    target::list::Lists,
    trace::Trace,
};
use guerdon_model::{
    Error,
    ids::CustomerId,
    order::Order,
    redeemable::{ErrorAnswer, RedeemableAnswer, SceneInput},
    usage::Counts,
};

use crate::{
    redeemables::{Gathering, Scene, answer, evaluate::with},
    tx::Tx,
};

/// What is going to happen.
pub(super) struct Plan {
    /// In the order of application.
    pub steps: Vec<Step>,
    /// The order after all of them.
    pub order: Option<Planned>,
    /// Whoever has referred the customer by a code that is redeemed.
    pub referrer: Option<CustomerId>,
    pub inapplicable: Vec<RedeemableAnswer>,
    pub skipped: Vec<RedeemableAnswer>,
}

/// One redeemable that is redeemed.
pub(super) struct Step {
    /// Among those that were gathered.
    pub place: usize,
    /// Credits or points that are taken off a card.
    pub amount: Option<i64>,
    /// The order after it; not if it is the only one, for then it is the order after all of them.
    pub order: Option<Order>,
    pub lists: Lists,
    pub counts: Counts,
}

/// An order as it will be.
pub(super) struct Planned {
    /// As it is kept.
    pub kept: Order,
    /// As answers about the whole request show it.
    pub shown: Order,
}

/// Why nothing is going to happen.
pub(super) struct Refused {
    /// Which of those that were gathered is the reason, if it is a single one.
    pub place: Option<usize>,
    pub error: ErrorAnswer,
}

/// Evaluates what was gathered.
pub(super) fn plan(
    tx: &Tx,
    scene: &Scene,
    gathering: &Gathering,
    input: &SceneInput,
) -> std::result::Result<Plan, Box<Refused>> {
    with(tx, scene, gathering, rules::Scope::Full, |request, requested| {
        let evaluation = evaluate::stack(request, requested, &mut Trace::off());
        match evaluation.failure() {
            None => Ok(Plan::of(tx, scene, gathering, &evaluation, input)),
            Some(Failure::One(place, refused)) => {
                let error = answer::error(tx, &gathering.redeemables[place], refused);
                Err(Box::new(Refused { place: Some(place), error }))
            }
            Some(Failure::All) => {
                let error = ErrorAnswer::of(&Error::NoApplicableRedeemables, &tx.context().group_id, None);
                Err(Box::new(Refused { place: None, error }))
            }
        }
    })
}

impl Plan {
    fn of(tx: &Tx, scene: &Scene, gathering: &Gathering, evaluation: &Evaluation<'_>, input: &SceneInput) -> Self {
        let mut referrer = None;
        let is_one = gathering.redeemables.len() == 1;
        let steps = evaluation.applied().map(|(place, applied)| {
            let found = gathering.redeemables[place].found.as_ref();
            if let Some(known) = found.and_then(answer::referrer) {
                referrer = Some(known.clone());
            }
            Step {
                place,
                amount: spent(applied),
                order: if is_one { None } else { answer::of_step(scene, applied, None) },
                lists: applied.lists.clone(),
                counts: counts(applied),
            }
        });
        let steps = steps.collect();
        let [inapplicable, skipped] = answer::left_out(tx, scene, gathering, evaluation, input);
        let last = evaluation.last();
        let order = last.zip(scene.basket.as_ref()).and_then(|(last, basket)| {
            let kept = calculated::order(&basket.order, last.cart(&basket.cart), &last.amounts, Scope::Stored);
            answer::of_request(scene, last, None).map(|shown| Planned { kept, shown })
        });
        Self { steps, order, referrer, inapplicable, skipped }
    }
}

/// What is taken off a card.
fn spent(applied: &Application) -> Option<i64> {
    match &applied.result {
        Applied::Discount(_) => None,
        Applied::Gift(gift) => Some(gift.result.credits),
        Applied::LoyaltyCard(card) => Some(card.points),
    }
}

fn counts(applied: &Application) -> Counts {
    let of_lines = applied.amounts.lines.iter().map(|line| line.applied_discount_amount);
    Counts {
        redemptions: 1,
        order_amount: applied.amounts.amount.unwrap_or(0),
        discount_amount: of_lines.fold(applied.amounts.applied_discount_amount, i64::saturating_add),
        gift_credits: match &applied.result {
            Applied::Gift(gift) => gift.result.credits,
            Applied::Discount(_) | Applied::LoyaltyCard(_) => 0,
        },
    }
}
