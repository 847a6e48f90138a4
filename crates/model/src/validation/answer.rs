//! What became of a validation. A key that does not concern the outcome is absent, unless said otherwise.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Timestamp,
    category::Category,
    discount::{Discount, ValueEffect},
    ids::{CampaignId, PromotionTierId, ValidationId},
    list::List,
    metadata::Metadata,
    order::Order,
    redeemable::{ErrorAnswer, OwnWords, RedeemableAnswer, Session},
    stacking_rules::PublicStackingRules,
    validation_rule::ApplicableToEntry,
};

/// The answer about several redeemables.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ValidationAnswer {
    pub id: ValidationId,
    /// Whether a redemption would be carried out.
    pub valid: bool,
    /// Those that are applied or, if the whole is not carried out in part, all.
    pub redeemables: Vec<RedeemableAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inapplicable_redeemables: Vec<RedeemableAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skipped_redeemables: Vec<RedeemableAnswer>,
    /// After all of them, if it is valid and there is an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Stands for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// If something was locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    pub stacking_rules: PublicStackingRules,
    /// With `options.expand: ["explain"]`: what was looked at and decided, step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub explain: Option<serde_json::Value>,
}

/// The answer about one code.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct CodeValidationAnswer {
    pub valid: bool,
    /// Why it is not, in general words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub applicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inapplicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<CodeGift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty: Option<CodePoints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<CodeReward>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    pub metadata: Metadata,
    /// The campaign's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
}

/// An error, or only the shop's own words about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AnswerError {
    Own(OwnWords),
    Catalogued(Box<ErrorAnswer>),
}

/// A gift card, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeGift {
    /// All that was ever put on it.
    pub amount: i64,
    /// What is left.
    pub balance: i64,
    pub effect: ValueEffect,
}

/// What is taken off a loyalty card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodePoints {
    pub points_cost: i64,
}

/// What points are spent for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeReward {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_id: Option<String>,
    pub points: i64,
}

/// The answer about all promotion tiers: those that are valid.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PromotionsAnswer {
    /// Whether there is one.
    pub valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    pub promotions: Vec<TierValidationAnswer>,
}

/// The answer about one promotion tier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierValidationAnswer {
    pub valid: bool,
    /// Why it is not, in general words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub applicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inapplicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    pub id: PromotionTierId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    pub discount: Discount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    pub campaign: TierCampaignAnswer,
    pub hierarchy: i64,
    /// Off the order and its lines, earlier discounts included; absent if that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_amount: Option<i64>,
    /// The part of it that is the tier's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_discount_amount: Option<i64>,
    pub metadata: Metadata,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    pub object: &'static str,
}

/// A tier's campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierCampaignAnswer {
    pub id: CampaignId,
    /// Null if it has always begun.
    pub start_date: Option<Timestamp>,
    /// Null if it never ends.
    pub expiration_date: Option<Timestamp>,
    pub active: bool,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    pub object: &'static str,
}
