//! Campaigns: create, change, delete. `docs/campaigns.md` has the rules.

mod access;
mod add;
pub mod codes;
mod create;
mod deletion;
mod following;
pub mod import;
mod kinds;
pub mod listing;
pub mod summary;
pub mod totals;
mod update;

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::{Campaign, CampaignAnswer, CampaignData, CampaignType, GenerationStatus},
    category::Category,
    event::{Event, EventType},
    ids::{AsyncActionId, CampaignId, CategoryId},
};

use crate::{
    categories, promotions,
    snapshot::Snapshot,
    tx::{Result, Tx},
};

pub use add::{add, add_many};
pub use create::create;
pub(crate) use create::{create_with, too_few_codes};
pub use deletion::delete;
pub(crate) use deletion::{purge, remove_voucher};
pub use following::Inherited;
pub use update::update;

/// The word for campaigns in errors and metadata schemas.
pub const RESOURCE: &str = "campaign";
/// The most codes that are generated for a campaign at its creation and later; publications go beyond it.
pub const MAX_VOUCHERS: i64 = 1_000_000;

/// The campaign with this id or name, or `not_found`.
pub fn get(tx: &Tx, reference: &str) -> Result<Arc<Campaign>> {
    Ok(tx.config().campaign(reference).cloned().ok_or_else(|| Error::not_found(RESOURCE, reference))?)
}

/// The category of something, by its id.
pub(crate) fn category_of<'a>(config: &'a Snapshot, id: Option<&CategoryId>) -> Option<&'a Category> {
    id.and_then(|id| config.category(id.as_str()))
}

/// The campaign as answers show it, its rules included.
pub fn answer(tx: &mut Tx, campaign: &Campaign) -> Result<CampaignAnswer> {
    let vouchers = totals::of(tx, Some(&campaign.id))?.vouchers;
    let category = categories::of(tx, campaign.category_id.as_ref());
    let mut answer = campaign.answer(vouchers, category.as_ref());
    answer.categories = category.into_iter().collect();
    answer.access_settings_assignments = Some(Default::default());
    answer.validation_rules_assignments =
        campaign.voucher.is_some().then(|| campaign.validation_rules_assignments.clone());
    if campaign.campaign_type == CampaignType::Promotion {
        answer.promotion = Some(promotions::listing::of_campaign(tx, campaign)?);
    }
    Ok(answer)
}

/// Whether codes that differ in nothing but upper and lower case are different.
pub(crate) fn is_case_sensitive(tx: &Tx) -> bool {
    tx.config().has_case_sensitive_codes()
}

/// A promotion has tiers instead of vouchers.
pub(crate) fn without_vouchers(campaign: &Campaign) -> Error {
    let details = format!("{} campaign has no vouchers", campaign.campaign_type.name());
    Error::InvalidCampaign { details }
}

/// Switches a campaign on or off.
pub fn set_active(tx: &mut Tx, reference: &str, active: bool) -> Result<()> {
    let mut campaign = stored(tx, reference)?;
    campaign.active = active;
    campaign.updated_at = Some(tx.now());
    tx.put(campaign.clone());
    let kind = if active { EventType::CAMPAIGN_ENABLED } else { EventType::CAMPAIGN_DISABLED };
    emit(tx, kind, &campaign)
}

/// Tells of a change of a campaign.
fn emit(tx: &mut Tx, kind: EventType, campaign: &Campaign) -> Result<()> {
    let vouchers = totals::of(tx, Some(&campaign.id))?.vouchers;
    let shown = campaign.answer(vouchers, categories::of(tx, campaign.category_id.as_ref()).as_ref());
    let data = CampaignData {
        campaign: &shown,
        created_at: (kind == EventType::CAMPAIGN_CREATED).then(|| tx.now()),
        deleted_at: (kind == EventType::CAMPAIGN_DELETED).then(|| tx.now()),
    };
    tx.emit(Event::Of { kind, entity_id: campaign.id.as_str(), data: &data });
    Ok(())
}

/// Notes that a job is done with a campaign's vouchers, and maybe has left them in a state.
pub(crate) fn end_job(
    tx: &mut Tx,
    campaign: &CampaignId,
    job: &AsyncActionId,
    left: Option<GenerationStatus>,
) -> Result<()> {
    if let Some(stored) = tx.get::<Campaign>(campaign.as_str())? {
        let mut campaign = stored.as_ref().clone();
        campaign.end(job, left);
        if campaign != *stored {
            tx.put(campaign);
        }
    }
    Ok(())
}

/// The campaign's document, to be changed.
fn stored(tx: &mut Tx, reference: &str) -> Result<Campaign> {
    let known = get(tx, reference)?;
    let campaign = tx.get::<Campaign>(known.id.as_str())?.ok_or_else(|| Error::not_found(RESOURCE, reference))?;
    Ok(campaign.as_ref().clone())
}
