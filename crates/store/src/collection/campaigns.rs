//! Campaigns, and the vouchers that belong to them.

use guerdon_model::{
    campaign::Campaign,
    campaign_day::CampaignDay,
    campaign_totals::CampaignTotals,
    ids::{CampaignId, CustomerId},
    metadata::Metadata,
    voucher::Voucher,
};
use sha2::{Digest, Sha256};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Campaign {
    const COLLECTION: Collection = Collection::Campaigns;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            self.name.as_str().into(),
            self.campaign_type.name().into(),
            self.created_at.into(),
            self.updated_at.unwrap_or(self.created_at).into(),
        ]
    }
}

impl Document for CampaignTotals {
    const COLLECTION: Collection = Collection::CampaignTotals;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for CampaignDay {
    const COLLECTION: Collection = Collection::CampaignDays;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.campaign_id.as_str().into(), self.day.as_str().into()]
    }
}

/// A number for the metadata: equal ones have the same, others have, for all that matters, another one.
/// It is 0 if there are none.
fn metadata_set(metadata: &Metadata) -> i64 {
    if metadata.is_empty() {
        return 0;
    }
    // Its digits are the same in every build, which those of the standard library's hashes aren't.
    let digest = Sha256::digest(serde_json::to_vec(metadata).unwrap_or_default());
    let (beginning, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    i64::from_be_bytes(*beginning)
}

impl Document for Voucher {
    const COLLECTION: Collection = Collection::Vouchers;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let campaign = self.campaign_id.as_ref().map(CampaignId::as_str);
        vec![
            self.lookup_code().into(),
            campaign.into(),
            campaign.filter(|_| self.is_available()).into(),
            self.holder_id.as_ref().map(CustomerId::as_str).into(),
            self.limits.expiration_date.into(),
            self.active.into(),
            self.is_referral_code.into(),
            self.updated_at.unwrap_or(self.created_at).into(),
            self.is_binned.into(),
            metadata_set(&self.metadata).into(),
            (self.redemption.redeemed_quantity > 0).into(),
            self.is_generic().into(),
        ]
    }
}
