//! Promotion tiers: create, change, delete.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::Campaign,
    error::Path,
    event::{Event, EventType},
    metadata_schema::Scope,
    promotion_tier::{PromotionTier, TierAction, TierAnswer, TierData, TierInput, TierTotals, TierUpdate, TiersInput},
    validation_rule::ValidationRule,
    validity::TimeLimits,
};
use guerdon_store::{Collection, Key};

use super::{ReadyTier, remove, require_promotion, stacks};
use crate::{
    campaigns, categories, discounts,
    tx::{Result, Stop, Tx},
    validation_rules::assignments,
};

/// The word for tiers in errors and metadata schemas.
pub const RESOURCE: &str = "promotion_tier";

/// The tier with this id, or `not_found`.
pub fn get(tx: &Tx, id: &str) -> Result<Arc<ReadyTier>> {
    Ok(tx.config().promotions().tier(id).cloned().ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// The tier as it is read.
pub fn read(tx: &mut Tx, id: &str) -> Result<TierAnswer> {
    let ready = get(tx, id)?;
    Ok(answer(tx, &ready.tier)?.read())
}

/// Adds a tier to a promotion, behind all that it has.
pub fn create(tx: &mut Tx, campaign: &str, input: &TierInput) -> Result<TierAnswer> {
    input.check()?;
    let (_, tier) = create_with(tx, campaign, input, &[])?;
    answer(tx, &tier)
}

/// The same with rules that were made for it.
pub(crate) fn create_with(
    tx: &mut Tx,
    campaign: &str,
    input: &TierInput,
    rules: &[ValidationRule],
) -> Result<(Arc<Campaign>, PromotionTier)> {
    let campaign = campaigns::get(tx, campaign)?;
    require_promotion(&campaign)?;
    let last = tx.config().promotions().of_campaign(&campaign.id).and_then(|promotion| promotion.tiers.last());
    let hierarchy = last.map_or(1, |last| last.tier.hierarchy.saturating_add(1));
    let tier = insert(tx, &campaign, input, hierarchy, rules)?;
    Ok((campaign, tier))
}

/// The tiers of a new promotion: the first, the second and so on, unless they say otherwise.
pub(crate) fn create_all(tx: &mut Tx, campaign: &Campaign, input: &TiersInput) -> Result<()> {
    for (place, (path, tier)) in (1..).zip(input.check()?) {
        insert(tx, campaign, tier, place, &[]).map_err(|stop| match stop {
            Stop::Refused(error) => Stop::Refused(error.within(&path)),
            Stop::NotLoaded => Stop::NotLoaded,
        })?;
    }
    Ok(())
}

fn insert(
    tx: &mut Tx,
    campaign: &Campaign,
    input: &TierInput,
    hierarchy: i64,
    rules: &[ValidationRule],
) -> Result<PromotionTier> {
    let (name, action) = input.check()?;
    let TierInput { origin, settings, limits } = input;
    let action = checked(tx, action)?;
    let category = categories::choose(tx, &settings.category, &settings.category_id)?;
    let metadata = settings.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &metadata, Scope::Whole)?;
    let mut own_limits = TimeLimits::default();
    limits.apply_to(&mut own_limits)?;
    let mut tier = PromotionTier {
        id: tx.new_id(),
        campaign_id: campaign.id.clone(),
        name: name.to_owned(),
        banner: settings.banner.as_value().cloned(),
        action,
        metadata,
        hierarchy: settings.hierarchy.as_value().copied().unwrap_or(hierarchy),
        active: origin.active.unwrap_or(true),
        limits: own_limits,
        category_id: category.map(|category| category.id),
        validation_rule_assignments: Default::default(),
        created_at: tx.now(),
        updated_at: None,
    };
    for rule in origin.validation_rules.iter().flatten() {
        assignments::assign(tx, rule, &mut tier)?;
    }
    for rule in rules {
        assignments::attach(tx, rule, &mut tier)?;
    }
    // Stored with the tier: under an id that is new in every run of a command, nothing can be loaded.
    tx.put(TierTotals::new(&tier.id));
    tx.put(tier.clone());
    emit(tx, EventType::PROMOTION_TIER_CREATED, campaign, &tier)?;
    Ok(tier)
}

/// The action as it is stored, if its discount is in order.
fn checked(tx: &mut Tx, action: &TierAction) -> Result<TierAction> {
    discounts::check(tx, &action.discount, &Path::of("action").key("discount"))?;
    Ok(TierAction { discount: action.discount.clone().into_stored() })
}

/// Changes what the body has.
pub fn update(tx: &mut Tx, id: &str, input: &TierUpdate) -> Result<TierAnswer> {
    let TierUpdate { settings, limits } = input;
    settings.check()?;
    let (campaign, mut tier) = stored(tx, id)?;
    if let Some(action) = &settings.action {
        tier.action = checked(tx, action)?;
    }
    categories::patch(tx, &settings.category, &settings.category_id, &mut tier.category_id)?;
    if let Some(sent) = settings.metadata.as_value() {
        tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    limits.apply_to(&mut tier.limits)?;
    if let Some(name) = &settings.name {
        tier.name.clone_from(name);
    }
    settings.banner.apply_to(&mut tier.banner);
    tier.metadata.patch(&settings.metadata);
    if let Some(hierarchy) = settings.hierarchy.as_value() {
        tier.hierarchy = *hierarchy;
    }
    change(tx, &campaign, tier, EventType::PROMOTION_TIER_UPDATED)
}

/// Switches a tier on or off.
pub fn set_active(tx: &mut Tx, id: &str, active: bool) -> Result<TierAnswer> {
    let (campaign, mut tier) = stored(tx, id)?;
    tier.active = active;
    let kind = if active { EventType::PROMOTION_TIER_ENABLED } else { EventType::PROMOTION_TIER_DISABLED };
    change(tx, &campaign, tier, kind)
}

fn change(tx: &mut Tx, campaign: &Campaign, mut tier: PromotionTier, kind: EventType) -> Result<TierAnswer> {
    tier.updated_at = Some(tx.now());
    tx.put(tier.clone());
    emit(tx, kind, campaign, &tier)?;
    answer(tx, &tier)
}

/// Deletes a tier for good, and takes it out of the stacks that have it.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    let (campaign, tier) = stored(tx, id)?;
    tx.need(assignments::keys_of(&tier))?;
    stacks::forget(tx, &campaign, &tier.id)?;
    emit(tx, EventType::PROMOTION_TIER_DELETED, &campaign, &tier)?;
    remove(tx, &tier)
}

/// The tier's document, to be changed, and its campaign.
fn stored(tx: &mut Tx, id: &str) -> Result<(Arc<Campaign>, PromotionTier)> {
    let known = get(tx, id)?;
    tx.need([Key::id(Collection::PromotionTiers, id), totals_key(&known.tier)])?;
    let tier = tx.get::<PromotionTier>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok((campaign_of(tx, &tier)?, tier.as_ref().clone()))
}

/// The campaign of a tier that is in the configuration, or is being added to it.
fn campaign_of(tx: &mut Tx, tier: &PromotionTier) -> Result<Arc<Campaign>> {
    let id = tier.campaign_id.as_str();
    match tx.config().campaign_with_id(&tier.campaign_id) {
        Some(known) => Ok(known.clone()),
        None => Ok(tx.get::<Campaign>(id)?.ok_or_else(|| Error::not_found(campaigns::RESOURCE, id))?),
    }
}

/// What [`answer`] reads.
pub(super) fn totals_key(tier: &PromotionTier) -> Key {
    Key::id(Collection::PromotionTierTotals, tier.id.as_str())
}

/// The tier as answers to changes show it.
pub(crate) fn answer(tx: &mut Tx, tier: &PromotionTier) -> Result<TierAnswer> {
    let campaign = campaign_of(tx, tier)?;
    answer_in(tx, &campaign, tier)
}

fn answer_in(tx: &mut Tx, campaign: &Campaign, tier: &PromotionTier) -> Result<TierAnswer> {
    let totals = tx.get::<TierTotals>(tier.id.as_str())?;
    let none = TierTotals::new(&tier.id);
    let category = categories::of(tx, tier.category_id.as_ref());
    Ok(tier.answer(campaign, category.as_ref(), totals.as_deref().unwrap_or(&none)))
}

/// Tells of a change of a tier.
fn emit(tx: &mut Tx, kind: EventType, campaign: &Campaign, tier: &PromotionTier) -> Result<()> {
    let mut shown = answer_in(tx, campaign, tier)?;
    if kind == EventType::PROMOTION_TIER_DELETED {
        shown = shown.deleted();
    }
    let campaign = campaign.simple(categories::of(tx, campaign.category_id.as_ref()).as_ref());
    let data = TierData { campaign: &campaign, promotion_tier: &shown };
    tx.emit(Event::Of { kind, entity_id: campaign.id.as_str(), data: &data });
    Ok(())
}
