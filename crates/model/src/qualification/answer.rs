//! What qualifies. A key that does not concern a redeemable, or was not asked for, is absent.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Timestamp,
    campaign::CampaignAnswer,
    category::Category,
    discount::Discount,
    ids::{CampaignId, QualificationId},
    list::List,
    metadata::Metadata,
    order::Order,
    stacking_rules::PublicStackingRules,
    validation_rule::{ApplicableToEntry, Assignments, BundleResult},
    voucher::VoucherAnswer,
};

/// The answer to a qualification.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QualificationAnswer {
    /// With `has_more`, and then `more_starting_after`: the `options.starting_after` of the next page.
    #[schema(value_type = Object)]
    pub redeemables: List<QualifiedAnswer>,
    /// Stands for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// As it was sent, with what the catalogue knows of its products; nothing is calculated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    pub stacking_rules: PublicStackingRules,
}

/// A redeemable that qualifies, by itself.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QualifiedAnswer {
    /// Of a voucher the code.
    pub id: String,
    pub object: QualifiedObject,
    pub created_at: Timestamp,
    pub result: QualifiedResult,
    /// What the order would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    #[schema(value_type = Object)]
    pub applicable_to: List<ApplicableToEntry>,
    #[schema(value_type = Object)]
    pub inapplicable_to: List<ApplicableToEntry>,
    /// With `options.expand: ["redeemable"]`, like the next four.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Of all but vouchers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of promotion tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    /// Of all but campaigns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    /// With `options.expand: ["validation_rules"]`: how far each rule holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_rules_assignments: Option<Assignments>,
    /// The tiers of a promotion stack, each on the order as the ones before have left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub redeemables: Option<Vec<QualifiedAnswer>>,
}

/// What can qualify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QualifiedObject {
    Voucher,
    PromotionTier,
    PromotionStack,
    /// A campaign that the customer could get a code of.
    Campaign,
}

impl QualifiedObject {
    /// The word as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            QualifiedObject::Voucher => "voucher",
            QualifiedObject::PromotionTier => "promotion_tier",
            QualifiedObject::PromotionStack => "promotion_stack",
            QualifiedObject::Campaign => "campaign",
        }
    }
}

/// What it would do. A promotion stack's tiers say so themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct QualifiedResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<QualifiedGift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<QualifiedCard>,
    /// If rules ask for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleResult>,
}

/// What a gift card would pay. In minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct QualifiedGift {
    pub balance: i64,
    /// How much of it the order would take.
    pub credits: i64,
    /// How much of it sessions have reserved. Only if the request has a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_credits: Option<i64>,
}

/// What is on a loyalty card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct QualifiedCard {
    /// How many points the order would take.
    pub points: i64,
    pub balance: i64,
}

/// The answer of the older endpoint about codes for everybody.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VouchersAnswer {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub vouchers: List<OfferedVoucher>,
    pub id: QualificationId,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
}

/// A voucher that qualifies, whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OfferedVoucher {
    #[serde(flatten)]
    pub voucher: VoucherAnswer,
    #[schema(value_type = Object)]
    pub applicable_to: List<ApplicableToEntry>,
    #[schema(value_type = Object)]
    pub inapplicable_to: List<ApplicableToEntry>,
}

/// The answer of the older endpoint about campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignsAnswer {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub campaigns: List<OfferedCampaign>,
    pub id: QualificationId,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
}

/// A campaign that qualifies, whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OfferedCampaign {
    #[serde(flatten)]
    pub campaign: CampaignAnswer,
    #[schema(value_type = Object)]
    pub applicable_to: List<ApplicableToEntry>,
    #[schema(value_type = Object)]
    pub inapplicable_to: List<ApplicableToEntry>,
}
