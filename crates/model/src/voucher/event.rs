//! What events about vouchers carry.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{SimpleVoucher, VoucherAnswer};
use crate::{
    campaign::SimpleCampaign,
    customer::SimpleCustomer,
    voucher_transaction::{Balance, VoucherTransaction},
};

/// `voucher.created`, `.updated`, `.enabled`, `.disabled`, `.deleted`.
#[derive(Debug, Serialize)]
pub struct VoucherData<'a> {
    pub voucher: &'a VoucherAnswer,
    /// Null for a voucher without one.
    pub campaign: Option<SimpleCampaign>,
}

/// `customer.voucher.deleted`.
#[derive(Debug, Serialize)]
pub struct HeldVoucherData {
    /// Who held it.
    pub customer: SimpleCustomer,
    /// Null for a voucher without one.
    pub campaign: Option<SimpleCampaign>,
    pub voucher: SimpleVoucher,
}

/// `voucher.gift.balance_added` and `voucher.loyalty_card.points_added`, and the same of the customer: a
/// change by hand.
#[derive(Debug, Serialize)]
pub struct BalanceData<'a> {
    /// Who holds it. Events about gift cards themselves don't have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<&'a SimpleCustomer>,
    pub campaign: Option<&'a SimpleCampaign>,
    pub voucher: &'a SimpleVoucher,
    pub balance: &'a Balance,
    pub transaction: &'a VoucherTransaction,
}

/// `voucher.gift.transaction.created` and `voucher.loyalty_card.transaction.created`.
#[derive(Debug, Serialize)]
pub struct TransactionData<'a> {
    pub transaction: &'a VoucherTransaction,
    pub voucher: &'a VoucherAnswer,
    pub campaign: Option<SimpleCampaign>,
    pub holder: Option<SimpleCustomer>,
    pub balance: &'a Balance,
    /// What it followed from; all keys that such a card may have, null where there is nothing.
    #[serde(flatten)]
    pub related: Map<String, Value>,
}
