//! Deleting campaigns, with all that belongs to them.
//!
//! A campaign leaves the configuration at once, and its vouchers are out of sight with it. What they are and
//! occupy goes by and by, in a job.

use guerdon_model::{
    bin_entry::{Binned, Content},
    campaign::Campaign,
    campaign_totals::CampaignTotals,
    event::EventType,
    ids::{AsyncActionId, BinEntryId},
    voucher::Voucher,
};

use super::{emit, stored, totals};
use crate::{
    bin,
    jobs::{
        self, Work,
        campaign_vouchers::{CampaignVouchersWork, Task},
    },
    promotions,
    tx::{Result, Tx},
    validation_rules::assignments,
};

/// Deletes a campaign. Unless by force, its name and codes stay taken until its bin entry is deleted.
pub fn delete(tx: &mut Tx, reference: &str, force: bool) -> Result<AsyncActionId> {
    let mut campaign = stored(tx, reference)?;
    emit(tx, EventType::CAMPAIGN_DELETED, &campaign)?;
    assignments::remove_all_of(tx, &mut campaign)?;
    promotions::remove_all_of(tx, &campaign)?;
    tx.delete::<Campaign>(campaign.id.as_str());
    let task = if force { Task::Delete } else { Task::Bin };
    let job = start(tx, &campaign, task)?;
    if !force {
        bin::add(tx, Content::Campaign(Box::new(campaign)));
    }
    Ok(job)
}

/// Deletes the bin entry of a campaign, which frees its name, and starts a job that frees its codes.
pub(crate) fn purge(tx: &mut Tx, entry: &BinEntryId, campaign: &Campaign) -> Result<()> {
    tx.delete::<Binned>(entry.as_str());
    start(tx, campaign, Task::Delete).map(drop)
}

fn start(tx: &mut Tx, campaign: &Campaign, task: Task) -> Result<AsyncActionId> {
    let count = totals::of(tx, Some(&campaign.id))?.vouchers.unsigned_abs();
    jobs::start(tx, Work::CampaignVouchers(CampaignVouchersWork::of(campaign.id.clone(), count, task)))
}

/// Removes a voucher of a deleted campaign for good.
pub(crate) fn remove_voucher(tx: &mut Tx, voucher: &Voucher) -> Result<()> {
    assignments::remove_all_of(tx, &mut voucher.clone())?;
    let gone =
        totals::Difference { vouchers: -i64::from(!voucher.is_binned), available: -i64::from(voucher.is_available()) };
    // Another deletion may have come to its end before.
    let counted = match &voucher.campaign_id {
        Some(campaign) => tx.get::<CampaignTotals>(campaign.as_str())?.is_some(),
        None => true,
    };
    if counted {
        totals::add(tx, voucher.campaign_id.as_ref(), gone)?;
    }
    tx.delete::<Voucher>(voucher.id.as_str());
    Ok(())
}
