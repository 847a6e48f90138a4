//! What has gone on and off gift and loyalty cards.

use guerdon_model::{ids::CampaignId, voucher_transaction::VoucherTransaction};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for VoucherTransaction {
    const COLLECTION: Collection = Collection::VoucherTransactions;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.voucher_id.as_str().into(), self.campaign_id.as_ref().map(CampaignId::as_str).into()]
    }
}
