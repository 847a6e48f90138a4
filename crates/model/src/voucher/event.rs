//! What events about vouchers carry.

use serde::Serialize;

use super::VoucherAnswer;
use crate::campaign::SimpleCampaign;

/// `voucher.created`, `.updated`, `.enabled`, `.disabled`, `.deleted`.
#[derive(Debug, Serialize)]
pub struct VoucherData<'a> {
    pub voucher: &'a VoucherAnswer,
    /// Null for a voucher without one.
    pub campaign: Option<SimpleCampaign>,
}
