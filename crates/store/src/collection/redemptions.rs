//! Redemptions and rollbacks.

use guerdon_model::{
    ids::{CampaignId, CustomerId, PromotionTierId, RedemptionId},
    redemption::{RedeemedIncentive, Redemption},
};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Redemption {
    const COLLECTION: Collection = Collection::Redemptions;
    fn id(&self) -> &str {
        self.key()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let incentive = self.incentive.as_ref();
        vec![
            self.kind().prefix().into(),
            incentive.and_then(RedeemedIncentive::voucher).map(|(_, code)| code).into(),
            incentive.and_then(RedeemedIncentive::tier).map(PromotionTierId::as_str).into(),
            self.customer_id.as_ref().map(CustomerId::as_str).into(),
            incentive.and_then(|incentive| incentive.campaign_id.as_ref()).map(CampaignId::as_str).into(),
            self.parent_redemption_id.as_ref().map(RedemptionId::as_str).into(),
        ]
    }
}
