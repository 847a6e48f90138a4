//! Publications, and who holds what because of them.

use guerdon_model::{
    holder::RedeemableHolder, ids::CampaignId, participation::Participation, publication::Publication,
};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Publication {
    const COLLECTION: Collection = Collection::Publications;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            self.source_id.as_deref().into(),
            self.customer_id.as_str().into(),
            self.campaign_id.as_ref().map(CampaignId::as_str).into(),
            self.vouchers.first().map(String::as_str).into(),
            self.tracking_id.as_deref().into(),
            self.channel.as_str().into(),
            self.voucher_type.name().into(),
            self.is_referral_code.into(),
            self.result.name().into(),
        ]
    }
}

impl Document for RedeemableHolder {
    const COLLECTION: Collection = Collection::RedeemableHolders;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            Self::assignment(&self.redeemable_id, &self.customer_id).as_str().into(),
            self.redeemable_id.as_str().into(),
            self.customer_id.as_str().into(),
        ]
    }
}

impl Document for Participation {
    const COLLECTION: Collection = Collection::Participations;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}
