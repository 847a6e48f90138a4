//! How many vouchers a campaign has: counted in the commits that change them.

use guerdon_model::{
    campaign_totals::{CampaignTotals, STANDALONE},
    ids::CampaignId,
};
use guerdon_store::{Collection, Key};

use crate::tx::{Result, Tx};

fn name(campaign: Option<&CampaignId>) -> &str {
    campaign.map_or(STANDALONE, CampaignId::as_str)
}

/// What [`of`] and [`add`] read.
pub fn key(campaign: Option<&CampaignId>) -> Key {
    Key::id(Collection::CampaignTotals, name(campaign))
}

/// The totals of a campaign, or of the vouchers without one.
pub fn of(tx: &mut Tx, campaign: Option<&CampaignId>) -> Result<CampaignTotals> {
    let name = name(campaign);
    let totals = tx.get::<CampaignTotals>(name)?;
    Ok(totals.map_or_else(
        || CampaignTotals { id: name.to_owned(), ..CampaignTotals::default() },
        |totals| totals.as_ref().clone(),
    ))
}

/// The totals of a new campaign. They are stored with it: under an id that is new in every run of a command,
/// nothing can be loaded.
pub(super) fn begin(tx: &mut Tx, campaign: &CampaignId) {
    tx.put(CampaignTotals { id: campaign.to_string(), ..CampaignTotals::default() });
}

/// A difference of the totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Difference {
    pub vouchers: i64,
    pub available: i64,
}

/// Adds to the totals; nothing is read if there is nothing to add.
pub fn add(tx: &mut Tx, campaign: Option<&CampaignId>, difference: Difference) -> Result<()> {
    if difference == Difference::default() {
        return Ok(());
    }
    let mut totals = of(tx, campaign)?;
    totals.vouchers += difference.vouchers;
    totals.available += difference.available;
    tx.put(totals);
    Ok(())
}
