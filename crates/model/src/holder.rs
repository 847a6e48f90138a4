//! Who holds a voucher: the customer it was published to, and those who were referred by it.
//!
//! `docs/referrals.md` has the page for users.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    campaign::{CampaignType, SimpleCampaign},
    customer::SimpleCustomer,
    ids::{CampaignId, CustomerId, PublicationId, RedeemableHolderId, VoucherId},
    metadata::Metadata,
    publication::CustomerChoice,
    redemption::RedemptionAnswer,
    voucher::{SimpleVoucher, VoucherType},
};

/// That a customer holds a voucher, as stored and as returned. Nobody holds the same one twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RedeemableHolder {
    pub id: RedeemableHolderId,
    pub created_at: Timestamp,
    /// The voucher.
    pub redeemable_id: VoucherId,
    #[schema(value_type = String)]
    pub redeemable_object: Cow<'static, str>,
    /// Null for a voucher without campaign.
    pub campaign_id: Option<CampaignId>,
    pub campaign_type: Option<CampaignType>,
    pub voucher_type: VoucherType,
    pub customer_id: CustomerId,
    pub holder_role: HolderRole,
    /// Absent if there is none.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// What a customer has to do with a voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HolderRole {
    /// It was published to the customer.
    Owner,
    /// The same of a referral code: the customer refers others by it.
    Referrer,
    /// The customer was referred by it.
    Referee,
}

impl RedeemableHolder {
    /// What no two holders have in common: the voucher and the customer.
    pub fn assignment(voucher: &VoucherId, customer: &CustomerId) -> String {
        format!("{voucher}:{customer}")
    }
}

/// The body that adds referees to a referral code.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct HoldersInput {
    /// 1 to 100 customers.
    #[schema(value_type = Vec<crate::customer::CustomerInput>)]
    pub holders: Vec<CustomerChoice>,
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// The referees that were added, in the order of the request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AddedHolders {
    pub holders: Vec<RedeemableHolder>,
}

/// `customer.holder.assignment.created` and `.deleted`.
#[derive(Debug, Serialize)]
pub struct HolderData<'a> {
    pub holder: HolderOfEvent<'a>,
    pub voucher: &'a SimpleVoucher,
    pub campaign: Option<&'a SimpleCampaign>,
    pub customer: &'a SimpleCustomer,
}

/// `customer.referred`.
#[derive(Debug, Serialize)]
pub struct ReferredData<'a> {
    pub customer: &'a SimpleCustomer,
    /// Null if it was deleted.
    pub referrer: Option<&'a SimpleCustomer>,
    pub campaign: &'a SimpleCampaign,
    pub voucher: &'a SimpleVoucher,
    /// Null, as long as only redemptions refer somebody.
    pub custom_event: (),
    pub redemption: &'a RedemptionAnswer,
}

/// A holder, and the publication that made it one.
#[derive(Debug, Serialize)]
pub struct HolderOfEvent<'a> {
    #[serde(flatten)]
    pub holder: &'a RedeemableHolder,
    /// Null for a referee.
    pub publication_id: Option<&'a PublicationId>,
}
