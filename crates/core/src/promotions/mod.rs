//! Promotions: their tiers and stacks. `docs/promotions.md` has the rules.
//!
//! A promotion is a campaign without vouchers. Its tiers are configuration: the snapshot holds each of them
//! ready to be evaluated ([`ReadyTier`]).

pub mod listing;
mod ready;
pub mod stacks;
pub mod tiers;

use guerdon_model::{
    Error,
    campaign::{Campaign, CampaignType},
    promotion_stack::PromotionStack,
    promotion_tier::{PromotionTier, TierTotals},
};
use guerdon_store::{Collection, Key};

use crate::{
    tx::{Result, Tx},
    validation_rules::assignments,
};

pub use ready::{Promotion, Promotions, ReadyTier};

/// Deletes the tiers and stacks of a campaign that is about to be deleted. That is no event of its own.
pub fn remove_all_of(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    let Some(promotion) = tx.config().promotions().of_campaign(&campaign.id) else { return Ok(()) };
    let tiers = promotion.tiers.iter().flat_map(|ready| {
        let id = ready.tier.id.as_str();
        [Key::id(Collection::PromotionTiers, id), Key::id(Collection::PromotionTierTotals, id)]
            .into_iter()
            .chain(assignments::keys_of(&ready.tier))
    });
    let stacks = promotion.stacks.iter().map(|stack| Key::id(Collection::PromotionStacks, stack.id.as_str()));
    tx.need(tiers.chain(stacks))?;
    for ready in &promotion.tiers {
        remove(tx, &ready.tier)?;
    }
    for stack in &promotion.stacks {
        tx.get::<PromotionStack>(stack.id.as_str())?;
        tx.delete::<PromotionStack>(stack.id.as_str());
    }
    Ok(())
}

/// Deletes a tier, its rules' assignments and what was counted about it.
fn remove(tx: &mut Tx, tier: &PromotionTier) -> Result<()> {
    let id = tier.id.as_str();
    tx.get::<PromotionTier>(id)?;
    tx.get::<TierTotals>(id)?;
    assignments::remove_all_of(tx, &mut tier.clone())?;
    tx.delete::<PromotionTier>(id);
    tx.delete::<TierTotals>(id);
    Ok(())
}

/// Refuses a campaign that has vouchers instead of tiers.
fn require_promotion(campaign: &Campaign) -> Result<()> {
    if campaign.campaign_type == CampaignType::Promotion {
        return Ok(());
    }
    let details = format!("{} campaign has no promotion tiers", campaign.campaign_type.name());
    Err(Error::InvalidCampaign { details }.into())
}
