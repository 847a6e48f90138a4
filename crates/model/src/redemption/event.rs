//! What events about redemptions carry.

use serde::Serialize;

use super::RedemptionAnswer;
use crate::{
    Timestamp, campaign::SimpleCampaign, customer::SimpleCustomer, order::Order, promotion_stack::SimpleStack,
    promotion_tier::SimpleTier, voucher::SimpleVoucher,
};

/// `redemption.succeeded`, `redemption.failed`, and the same of the customer. What there is not is null.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RedemptionData<'a> {
    pub customer: Option<&'a SimpleCustomer>,
    pub order: Option<&'a Order>,
    pub campaign: Option<&'a SimpleCampaign>,
    pub voucher: Option<&'a SimpleVoucher>,
    /// Of the voucher.
    pub holder: Option<&'a SimpleCustomer>,
    pub promotion_tier: Option<&'a SimpleTier>,
    /// If the request has named one.
    pub promotion_stack: Option<&'a SimpleStack>,
    pub redemption: &'a RedemptionAnswer,
    /// Events about customers don't have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// `redemption.rollback.succeeded`, `redemption.rollback.failed`, and the same of the customer.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RollbackData<'a> {
    #[serde(flatten)]
    pub redemption: RedemptionData<'a>,
    pub redemption_rollback: &'a RedemptionAnswer,
}
