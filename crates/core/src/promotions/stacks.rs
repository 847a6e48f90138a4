//! Promotion stacks: create, change, delete.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::Campaign,
    event::{Event, EventType},
    ids::PromotionTierId,
    promotion_stack::{PromotionStack, StackAnswer, StackData, StackInput, StackedTiers},
};
use guerdon_store::{Collection, Key};

use super::{require_promotion, tiers};
use crate::{
    campaigns, categories,
    tx::{Result, Tx},
};

/// The word for stacks in errors.
pub const RESOURCE: &str = "promotion_stack";

/// The stack with this id in that campaign, or `not_found` for the campaign or else for the stack.
fn find(tx: &Tx, campaign: &str, id: &str) -> Result<(Arc<Campaign>, Arc<PromotionStack>)> {
    let campaign = campaigns::get(tx, campaign)?;
    let stack = tx.config().promotions().stack(id).filter(|stack| stack.campaign_id == campaign.id).cloned();
    Ok((campaign, stack.ok_or_else(|| Error::not_found(RESOURCE, id))?))
}

/// The stack as it is read.
pub fn read(tx: &mut Tx, campaign: &str, id: &str) -> Result<StackAnswer> {
    let (_, stack) = find(tx, campaign, id)?;
    Ok(answer(tx, &stack))
}

/// Stacks tiers of a promotion.
pub fn create(tx: &mut Tx, campaign: &str, input: &StackInput) -> Result<StackAnswer> {
    let (name, tiers) = input.check_new()?;
    let campaign = campaigns::get(tx, campaign)?;
    require_promotion(&campaign)?;
    require_tiers(tx, &campaign, tiers)?;
    let category = categories::choose(tx, &input.category, &input.category_id)?;
    let stack = PromotionStack {
        id: tx.new_id(),
        name: name.to_owned(),
        campaign_id: campaign.id.clone(),
        tiers: tiers.clone(),
        category_id: category.map(|category| category.id),
        created_at: tx.now(),
        updated_at: None,
    };
    tx.put(stack.clone());
    emit(tx, EventType::PROMOTION_STACK_CREATED, &campaign, &stack);
    Ok(answer(tx, &stack))
}

/// Changes what the body has; the tiers, if they are sent, as a whole.
pub fn update(tx: &mut Tx, campaign: &str, id: &str, input: &StackInput) -> Result<StackAnswer> {
    input.check()?;
    let (campaign, mut stack) = stored(tx, campaign, id)?;
    if let Some(tiers) = &input.tiers {
        require_tiers(tx, &campaign, tiers)?;
        stack.tiers.clone_from(tiers);
    }
    categories::patch(tx, &input.category, &input.category_id, &mut stack.category_id)?;
    if let Some(name) = &input.name {
        stack.name.clone_from(name);
    }
    change(tx, &campaign, stack)
}

fn change(tx: &mut Tx, campaign: &Campaign, mut stack: PromotionStack) -> Result<StackAnswer> {
    stack.updated_at = Some(tx.now());
    tx.put(stack.clone());
    emit(tx, EventType::PROMOTION_STACK_UPDATED, campaign, &stack);
    Ok(answer(tx, &stack))
}

/// Deletes a stack; its tiers stay. There is no event of that.
pub fn delete(tx: &mut Tx, campaign: &str, id: &str) -> Result<()> {
    stored(tx, campaign, id)?;
    tx.delete::<PromotionStack>(id);
    Ok(())
}

/// Takes a tier that is about to be deleted out of its campaign's stacks.
pub(super) fn forget(tx: &mut Tx, campaign: &Campaign, tier: &PromotionTierId) -> Result<()> {
    let Some(promotion) = tx.config().promotions().of_campaign(&campaign.id) else { return Ok(()) };
    let stacks = promotion.stacks.iter().filter(|stack| stack.tiers.ids.contains(tier));
    tx.need(stacks.clone().map(|stack| Key::id(Collection::PromotionStacks, stack.id.as_str())))?;
    for stack in stacks {
        if let Some(stack) = tx.get::<PromotionStack>(stack.id.as_str())? {
            let mut stack = stack.as_ref().clone();
            stack.tiers.ids.retain(|id| id != tier);
            change(tx, campaign, stack)?;
        }
    }
    Ok(())
}

/// Each of the tiers belongs to that campaign.
fn require_tiers(tx: &Tx, campaign: &Campaign, tiers: &StackedTiers) -> Result<()> {
    let promotions = tx.config().promotions();
    let is_own =
        |id: &&PromotionTierId| promotions.tier(id.as_str()).is_some_and(|ready| ready.tier.campaign_id == campaign.id);
    match tiers.ids.iter().find(|id| !is_own(id)) {
        Some(unknown) => Err(Error::not_found(tiers::RESOURCE, unknown.as_str()).into()),
        None => Ok(()),
    }
}

/// The stack's document, to be changed, and its campaign.
fn stored(tx: &mut Tx, campaign: &str, id: &str) -> Result<(Arc<Campaign>, PromotionStack)> {
    let (campaign, _) = find(tx, campaign, id)?;
    let stack = tx.get::<PromotionStack>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok((campaign, stack.as_ref().clone()))
}

/// The stack as answers show it.
pub(super) fn answer(tx: &Tx, stack: &PromotionStack) -> StackAnswer {
    stack.answer(categories::of(tx, stack.category_id.as_ref()).as_ref())
}

/// Tells of a change of a stack.
fn emit(tx: &mut Tx, kind: EventType, campaign: &Campaign, stack: &PromotionStack) {
    let shown = answer(tx, stack);
    let campaign = campaign.simple(categories::of(tx, campaign.category_id.as_ref()).as_ref());
    let data = StackData { campaign: &campaign, promotion_stack: &shown };
    tx.emit(Event::Of { kind, entity_id: campaign.id.as_str(), data: &data });
}
