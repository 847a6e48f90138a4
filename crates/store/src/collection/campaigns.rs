//! Campaigns, and the vouchers that belong to them.

use guerdon_model::{
    campaign::Campaign,
    campaign_day::CampaignDay,
    campaign_totals::CampaignTotals,
    ids::{CampaignId, CustomerId},
    voucher::Voucher,
};

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
        ]
    }
}
