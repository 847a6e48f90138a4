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
    voucher::{SimpleVoucher, Voucher, VoucherAnswer, VoucherType},
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

/// A voucher that a customer holds, as lists of them show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HeldRedeemable {
    pub id: RedeemableHolderId,
    pub created_at: Timestamp,
    /// The voucher.
    pub redeemable_id: VoucherId,
    #[schema(value_type = String)]
    pub redeemable_object: Cow<'static, str>,
    pub customer_id: CustomerId,
    pub holder_role: HolderRole,
    /// Null for a voucher without campaign.
    pub campaign_id: Option<CampaignId>,
    pub campaign_type: Option<CampaignType>,
    pub voucher_type: VoucherType,
    pub redeemable: Held,
}

/// What is held, and whether it can be used.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Held {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub voucher: VoucherAnswer,
    pub status: HeldStatus,
}

/// Whether a voucher can be used, whatever its rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeldStatus {
    Active,
    Used,
    Disabled,
    NotActiveYet,
    Expired,
    NoBalance,
}

impl HeldStatus {
    /// That of a voucher at this time.
    pub fn of(voucher: &Voucher, now: Timestamp) -> Self {
        let uses = &voucher.redemption;
        match () {
            () if !voucher.active => HeldStatus::Disabled,
            () if voucher.limits.expiration_date.is_some_and(|end| end < now) => HeldStatus::Expired,
            () if voucher.limits.start_date.is_some_and(|start| start > now) => HeldStatus::NotActiveYet,
            () if uses.quantity.is_some_and(|quantity| uses.redeemed_quantity >= quantity) => HeldStatus::Used,
            () if voucher.balance() == Some(0) => HeldStatus::NoBalance,
            () => HeldStatus::Active,
        }
    }
}

impl HeldRedeemable {
    /// What somebody holds.
    pub fn new(holder: RedeemableHolder, redeemable: Held) -> Self {
        Self {
            id: holder.id,
            created_at: holder.created_at,
            redeemable_id: holder.redeemable_id,
            redeemable_object: holder.redeemable_object,
            customer_id: holder.customer_id,
            holder_role: holder.holder_role,
            campaign_id: holder.campaign_id,
            campaign_type: holder.campaign_type,
            voucher_type: holder.voucher_type,
            redeemable,
        }
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_voucher_that_is_held_says_what_is_in_the_way() {
        let gift = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 100}});
        let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
        let now = Timestamp::parse("2026-05-10T12:00:00Z").expect("a time");
        for (value, more, expected) in [
            (&coupon, json!({}), HeldStatus::Active),
            (&coupon, json!({"redemption": {"quantity": 1, "redeemed_quantity": 1}}), HeldStatus::Used),
            (&coupon, json!({"redemption": {"quantity": 2, "redeemed_quantity": 1}}), HeldStatus::Active),
            (&gift, json!({}), HeldStatus::Active),
            (&gift, json!({"redemption": {"redeemed_quantity": 1, "redeemed_amount": 100}}), HeldStatus::NoBalance),
            (&coupon, json!({"expiration_date": "2026-05-10T11:59:59.999Z"}), HeldStatus::Expired),
            (&coupon, json!({"start_date": "2026-05-10T12:00:00.001Z"}), HeldStatus::NotActiveYet),
            (&coupon, json!({"active": false, "expiration_date": "2020-01-01T00:00:00Z"}), HeldStatus::Disabled),
        ] {
            let mut json = json!({
                "id": "v_1", "code": "A", "active": true, "is_referral_code": false, "created_at": now,
                "redemption": {"redeemed_quantity": 0},
            });
            for part in [value, &more] {
                let part: &serde_json::Map<String, Value> = part.as_object().expect("an object");
                json.as_object_mut().expect("an object").extend(part.clone());
            }
            let voucher: Voucher = serde_json::from_str(&json.to_string()).expect("a voucher");
            assert_eq!(HeldStatus::of(&voucher, now), expected, "{json}");
        }
    }
}
