//! Validations of promotion tiers, as older endpoints answer them.

use std::sync::Arc;

use guerdon_engine::{
    discount::Applied,
    evaluate::{self, Application},
    rules::Scope,
    trace::Trace,
};
use guerdon_model::{
    Error,
    category::Category,
    filter::Filter,
    order::Order,
    redeemable::{Expansion, RedeemableInput, RedeemableObject, RedeemablesInput, RequestedInput, SceneInput, Session},
    validation::{PromotionsAnswer, TierCampaignAnswer, TierValidationAnswer},
};
use serde_json::json;

use super::{Evaluated, Shown, ask, reason};
use crate::{
    context::Context,
    idempotency::{Answered, Reply},
    promotions::{ReadyTier, tiers},
    redeemables::{Found, Gathered, Incentive, Scene, answer, evaluate::with, gather_tiers, keys_of_scene},
    service::Guerdon,
    tx::{Result, Tx},
};

/// Validates one promotion tier.
///
/// # Errors
/// `not_found` for the tier; `missing_customer`; what [`super::validate`] refuses.
pub async fn validate_tier(
    guerdon: &Guerdon,
    context: &Context,
    tier: &str,
    scene: SceneInput,
) -> std::result::Result<Answered<TierValidationAnswer>, Error> {
    let (object, id) = (RedeemableObject::PromotionTier, tier.to_owned());
    let redeemables = vec![RedeemableInput { object, id, gift: None, reward: None }];
    let input = RedeemablesInput { requested: RequestedInput { redeemables }, scene };
    Ok(match ask(guerdon, context, input, tell).await? {
        Answered::Now(validated) => Answered::Now(validated.answer?),
        Answered::Before(kept) => Answered::Before(kept),
    })
}

impl Shown for std::result::Result<TierValidationAnswer, Error> {
    fn shown(&self, _: Option<&Session>) -> std::result::Result<Option<Reply>, Error> {
        self.as_ref().map_or(Ok(None), |answer| Reply::of(200, answer).map(Some))
    }
}

fn tell(evaluated: Evaluated<'_>, _: Trace) -> std::result::Result<TierValidationAnswer, Error> {
    let Evaluated { tx, requested, input, scene, gathering, evaluation } = evaluated;
    let applied = reason::applied(tx, &evaluation.entries()[0].status)?;
    let missing = || Error::not_found(tiers::RESOURCE, requested.redeemables[0].id.as_str());
    let (found, ready) = tier(&gathering.redeemables[0]).ok_or_else(missing)?;
    let about = about(tx, found, ready, scene, input);
    Ok(match applied {
        Ok(applied) => valid(about, scene, applied),
        Err(reason) => TierValidationAnswer { reason: Some(reason.reason), error: reason.error, ..about },
    })
}

/// Which promotion tiers are validated, and how.
#[derive(Debug)]
pub struct PromotionsRequest {
    pub scene: SceneInput,
    /// Whether rules are asked only about the customer.
    pub only_audience: bool,
    /// On `promotion_id` and `metadata`.
    pub filter: Option<Filter>,
}

/// Those of the newest promotion tiers that are valid, each by itself, the newest first.
///
/// # Errors
/// `not_found` for a customer or an order; `metadata_validation_failed`; `invalid_payload`.
pub fn validate_all(tx: &mut Tx, request: &PromotionsRequest) -> Result<PromotionsAnswer> {
    request.scene.check()?;
    tx.need(keys_of_scene(tx.config(), &request.scene))?;
    let scene = Scene::foreseen(tx, &request.scene)?;
    let newest = tx.config().promotions().newest();
    let wanted: Vec<Arc<ReadyTier>> =
        newest.iter().filter(|ready| is_wanted(tx, ready, request.filter.as_ref())).cloned().collect();
    let gathering = gather_tiers(tx, wanted, &scene)?;
    let scope = if request.only_audience { Scope::Audience } else { Scope::Full };
    let applied = with(tx, &scene, &gathering, scope, |asked, requested| {
        let alone = |requested| evaluate::alone(asked, requested, &mut Trace::off()).ok();
        requested.iter().map(alone).collect::<Vec<Option<Application>>>()
    });
    let found = gathering.redeemables.iter().zip(&applied).filter_map(|(gathered, applied)| {
        let ((found, ready), applied) = (tier(gathered)?, applied.as_ref()?);
        Some(valid(about(tx, found, ready, &scene, &request.scene), &scene, applied))
    });
    let promotions: Vec<TierValidationAnswer> = found.collect();
    Ok(PromotionsAnswer { valid: !promotions.is_empty(), tracking_id: scene.tracking_id.clone(), promotions })
}

fn is_wanted(tx: &Tx, ready: &ReadyTier, filter: Option<&Filter>) -> bool {
    let seen = || json!({"promotion_id": ready.tier.campaign_id, "metadata": ready.tier.metadata});
    filter.is_none_or(|filter| filter.matches(&seen(), &tx.moment()))
}

fn tier(gathered: &Gathered) -> Option<(&Found, &ReadyTier)> {
    let found = gathered.found.as_ref()?;
    match &found.incentive {
        Incentive::Tier(ready) => Some((found, ready)),
        Incentive::Voucher(_) => None,
    }
}

/// What an answer says of a tier, whatever has become of it.
fn about(tx: &Tx, found: &Found, ready: &ReadyTier, scene: &Scene, input: &SceneInput) -> TierValidationAnswer {
    let tier = &ready.tier;
    let categories = input.expands(Expansion::Category).then(|| answer::categories(tx.config(), found));
    TierValidationAnswer {
        valid: false,
        reason: None,
        error: None,
        applicable_to: None,
        inapplicable_to: None,
        tracking_id: scene.tracking_id.clone(),
        order: None,
        id: tier.id.clone(),
        name: tier.name.clone(),
        banner: tier.banner.clone(),
        discount: tier.action.discount.clone(),
        start_date: tier.limits.start_date,
        expiration_date: tier.limits.expiration_date,
        campaign: campaign(found, ready, categories.clone()),
        hierarchy: tier.hierarchy,
        discount_amount: None,
        applied_discount_amount: None,
        metadata: tier.metadata.clone(),
        categories,
        object: tiers::RESOURCE,
    }
}

fn campaign(found: &Found, ready: &ReadyTier, categories: Option<Vec<Category>>) -> TierCampaignAnswer {
    let campaign = found.campaign.as_ref();
    TierCampaignAnswer {
        id: ready.tier.campaign_id.clone(),
        start_date: campaign.and_then(|campaign| campaign.limits.start_date),
        expiration_date: campaign.and_then(|campaign| campaign.limits.expiration_date),
        active: campaign.is_some_and(|campaign| campaign.active),
        categories,
        object: "campaign",
    }
}

/// The answer about a tier that applies.
fn valid(about: TierValidationAnswer, scene: &Scene, applied: &Application) -> TierValidationAnswer {
    let order = answer::of_request(scene, applied, None);
    let of_order = |read: fn(&Order) -> Option<i64>| order.as_ref().and_then(read);
    let lists = applied.lists.clone();
    TierValidationAnswer {
        valid: true,
        applicable_to: Some(lists.applicable_to),
        inapplicable_to: Some(lists.inapplicable_to),
        discount: match &applied.result {
            Applied::Discount(discount) => discount.clone(),
            Applied::Gift(_) | Applied::LoyaltyCard(_) => about.discount,
        },
        discount_amount: of_order(|order| order.total_discount_amount),
        applied_discount_amount: of_order(|order| order.total_applied_discount_amount),
        order,
        ..about
    }
}
