//! Validations of one code, as an older endpoint answers them.

use guerdon_engine::{discount::Applied, trace::Trace};
use guerdon_model::{
    Error,
    redeemable::{Expansion, RedeemablesInput, RequestedInput, Session},
    validation::{CodeGift, CodePoints, CodeReward, CodeValidationAnswer, CodeValidationInput},
    voucher::VoucherValue,
};

use super::{Evaluated, Shown, ask, reason};
use crate::{
    context::Context,
    idempotency::{Answered, Reply},
    redeemables::answer::{self, Told},
    service::Guerdon,
    vouchers,
};

/// Validates one voucher.
///
/// # Errors
/// `not_found` for the voucher; `missing_reward`, `missing_customer` or `missing_order_items_amount`; what
/// [`super::validate`] refuses.
pub async fn validate(
    guerdon: &Guerdon,
    context: &Context,
    code: &str,
    input: CodeValidationInput,
) -> Result<Answered<CodeValidationAnswer>, Error> {
    let requested = RequestedInput { redeemables: vec![input.code.of_voucher(code)] };
    let input = RedeemablesInput { requested, scene: input.scene };
    Ok(match ask(guerdon, context, input, tell).await? {
        Answered::Now(validated) => {
            Answered::Now(CodeValidationAnswer { session: validated.session, ..validated.answer? })
        }
        Answered::Before(kept) => Answered::Before(kept),
    })
}

impl Shown for Result<CodeValidationAnswer, Error> {
    fn shown(&self, session: Option<&Session>) -> Result<Option<Reply>, Error> {
        let Ok(answer) = self else { return Ok(None) };
        Reply::of(200, &CodeValidationAnswer { session: session.cloned(), ..answer.clone() }).map(Some)
    }
}

/// The same for a page of a shop: whoever does not say who it is gets a tracking id, and is known by it from then on.
///
/// # Errors
/// Those of [`validate`].
pub async fn validate_for_browser(
    guerdon: &Guerdon,
    context: &Context,
    code: &str,
    input: CodeValidationInput,
) -> Result<Answered<CodeValidationAnswer>, Error> {
    let is_nobody = input.scene.customer.is_none() && input.scene.tracking_id.is_none();
    let answer = validate(guerdon, context, code, input).await?;
    if !is_nobody {
        return Ok(answer);
    }
    let config = guerdon.snapshots.get(&context.project, None).await?;
    let tracking_id = config.tracking_id(&hex::encode(guerdon.ids.bytes::<16>()));
    Ok(answer.map(|answer| CodeValidationAnswer { tracking_id, ..answer }))
}

fn tell(evaluated: Evaluated<'_>, _: Trace) -> Result<CodeValidationAnswer, Error> {
    let Evaluated { tx, requested, input, scene, gathering, evaluation } = evaluated;
    let (named, gathered) = (&requested.redeemables[0], &gathering.redeemables[0]);
    let applied = reason::applied(tx, &evaluation.entries()[0].status)?;
    let voucher = gathered.voucher().ok_or_else(|| Error::not_found(vouchers::RESOURCE, named.id.as_str()))?;
    let mut answer = CodeValidationAnswer {
        code: voucher.code.clone(),
        metadata: voucher.metadata.clone(),
        tracking_id: scene.tracking_id.clone(),
        ..CodeValidationAnswer::default()
    };
    let applied = match applied {
        Ok(applied) => applied,
        Err(reason) => {
            (answer.reason, answer.error) = (Some(reason.reason), reason.error);
            return Ok(answer);
        }
    };
    answer.valid = true;
    answer.order = Told::of(tx, scene, gathering, evaluation, input).order;
    let lists = applied.lists.clone();
    (answer.applicable_to, answer.inapplicable_to) = (Some(lists.applicable_to), Some(lists.inapplicable_to));
    match &applied.result {
        Applied::Discount(discount) => answer.discount = Some(discount.clone()),
        Applied::Gift(gift) => {
            let amount = match &voucher.value {
                VoucherValue::Gift { gift } => gift.amount,
                VoucherValue::Discount { .. } | VoucherValue::Loyalty { .. } => 0,
            };
            answer.gift = Some(CodeGift { amount, balance: gift.result.balance, effect: gift.effect });
        }
        Applied::LoyaltyCard(card) => {
            answer.loyalty = Some(CodePoints { points_cost: card.points });
            let reward = named.reward.as_ref();
            answer.reward = reward.and_then(|reward| {
                let assignment_id = reward.assignment_id.clone();
                Some(CodeReward { id: reward.id.clone()?, assignment_id, points: card.points })
            });
        }
    }
    (answer.start_date, answer.expiration_date) = (voucher.limits.start_date, voucher.limits.expiration_date);
    if let Some(found) = &gathered.found {
        answer.campaign = found.campaign.as_ref().map(|campaign| campaign.name.clone());
        answer.campaign_id = found.campaign.as_ref().map(|campaign| campaign.id.clone());
        answer.categories = input.expands(Expansion::Category).then(|| answer::categories(tx.config(), found));
    }
    Ok(answer)
}
