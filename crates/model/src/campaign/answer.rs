//! A campaign as clients see it.

use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Campaign, CampaignType, GenerationStatus, Quantity, ReferralProgram, Supply, VoucherTemplate};
use crate::{
    Timestamp,
    category::Category,
    code_config::CodeConfig,
    discount::Discount,
    ids::{CampaignId, CategoryId},
    list::List,
    metadata::Metadata,
    promotion_tier::TierAnswer,
    validation_rule::Assignments,
    validity::{TimeLimits, ValidityTimeframe},
    voucher::{GiftCard, LoyaltyCard, VoucherType, VoucherValue},
};

/// A campaign as returned. What is not set is absent, but for `category_id`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignAnswer {
    pub id: CampaignId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub campaign_type: CampaignType,
    #[serde(rename = "type")]
    pub supply: Supply,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voucher: Option<TemplateAnswer>,
    pub auto_join: bool,
    pub join_once: bool,
    pub use_voucher_metadata_schema: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_duration_after_publishing: Option<String>,
    /// How many vouchers there are; absent for promotions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouchers_count: Option<i64>,
    pub active: bool,
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// The category's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
    pub creation_status: GenerationStatus,
    pub vouchers_generation_status: GenerationStatus,
    pub protected: bool,
    /// Not in lists, and not of promotions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_rules_assignments: Option<Assignments>,
    /// Not in lists unless asked for, and not in summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_settings_assignments: Option<AccessAssignments>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral_program: Option<ReferralProgram>,
    /// The tiers of a promotion; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<TierAnswer>>)]
    pub promotion: Option<List<TierAnswer>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub loyalty_tiers_expiration: Option<serde_json::Map<String, serde_json::Value>>,
    pub object: &'static str,
}

/// Which areas and stores a campaign is for: there are none yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccessAssignments {
    pub object: &'static str,
    pub data_ref: &'static str,
    #[schema(value_type = Vec<Object>)]
    pub data: [(); 0],
    pub total: u64,
}

impl Default for AccessAssignments {
    fn default() -> Self {
        Self { object: "list", data_ref: "data", data: [], total: 0 }
    }
}

/// What a campaign's vouchers are made by, as returned: with a copy of the campaign's limits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TemplateAnswer {
    #[serde(rename = "type")]
    pub voucher_type: VoucherType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftCard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<LoyaltyCard>,
    pub redemption: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_config: Option<CodeConfig>,
    pub is_referral_code: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_timeframe: Option<ValidityTimeframe>,
}

/// What has happened in a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignSummary {
    pub object: &'static str,
    pub campaign: CampaignAnswer,
    /// The counters that campaigns of its type have. Amounts are minor units.
    #[serde(flatten)]
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    pub counters: IndexMap<&'static str, i64>,
}

/// A campaign inside of an event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimpleCampaign {
    pub id: CampaignId,
    pub name: String,
    pub campaign_type: CampaignType,
    #[serde(rename = "type")]
    pub supply: Supply,
    pub is_referral_code: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voucher: Option<SimpleTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral_program: Option<ReferralProgram>,
    pub auto_join: bool,
    pub join_once: bool,
    pub active: bool,
    pub category_id: Option<CategoryId>,
    pub category: Option<String>,
    pub metadata: Metadata,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub description: Option<String>,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub object: &'static str,
}

/// [`TemplateAnswer`] with null for what does not fit the type.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimpleTemplate {
    #[serde(rename = "type")]
    pub voucher_type: VoucherType,
    pub discount: Option<Discount>,
    pub gift: Option<GiftCard>,
    pub loyalty_card: Option<LoyaltyCard>,
    pub redemption: SimpleQuantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_config: Option<SimpleCodeConfig>,
}

/// How often each voucher may be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimpleQuantity {
    pub quantity: Option<i64>,
    pub redeemed_quantity: i64,
}

/// [`CodeConfig`] with empty texts for what is not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimpleCodeConfig {
    pub pattern: String,
    pub length: usize,
    pub charset: String,
    pub prefix: String,
    pub postfix: String,
}

/// The three keys of what a voucher is worth, of which one is filled.
fn values(value: &VoucherValue) -> (Option<Discount>, Option<GiftCard>, Option<LoyaltyCard>) {
    match value.clone() {
        VoucherValue::Discount { discount } => (Some(discount.with_null_units()), None, None),
        VoucherValue::Gift { gift } => (None, Some(gift), None),
        VoucherValue::Loyalty { loyalty_card } => (None, None, Some(loyalty_card)),
    }
}

impl TemplateAnswer {
    fn of(template: &VoucherTemplate, limits: &TimeLimits) -> Self {
        let (discount, gift, loyalty_card) = values(&template.value);
        Self {
            voucher_type: template.value.voucher_type(),
            discount,
            gift,
            loyalty_card,
            redemption: template.redemption,
            code_config: template.code_config.clone(),
            is_referral_code: template.is_referral_code,
            start_date: limits.start_date,
            expiration_date: limits.expiration_date,
            validity_timeframe: limits.validity_timeframe.clone(),
        }
    }
}

impl Campaign {
    /// The campaign as lists show it.
    pub fn answer(&self, vouchers_count: i64, category: Option<&Category>) -> CampaignAnswer {
        CampaignAnswer {
            id: self.id.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            campaign_type: self.campaign_type,
            supply: self.supply,
            voucher: self.voucher.as_ref().map(|template| TemplateAnswer::of(template, &self.limits)),
            auto_join: self.auto_join,
            join_once: self.join_once,
            use_voucher_metadata_schema: self.use_voucher_metadata_schema,
            limits: self.limits.clone(),
            activity_duration_after_publishing: self.activity_duration_after_publishing.clone(),
            vouchers_count: self.voucher.is_some().then_some(vouchers_count),
            active: self.active,
            metadata: self.metadata.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            category: category.map(|category| category.name.clone()),
            category_id: self.category_id.clone(),
            categories: Vec::new(),
            creation_status: self.status(),
            vouchers_generation_status: self.status(),
            protected: false,
            validation_rules_assignments: None,
            access_settings_assignments: None,
            referral_program: self.referral_program.clone(),
            promotion: None,
            loyalty_tiers_expiration: self.loyalty_tiers_expiration.clone(),
            object: "campaign",
        }
    }

    /// The campaign as events show it.
    pub fn simple(&self, category: Option<&Category>) -> SimpleCampaign {
        SimpleCampaign {
            id: self.id.clone(),
            name: self.name.clone(),
            campaign_type: self.campaign_type,
            supply: self.supply,
            is_referral_code: self.voucher.as_ref().is_some_and(|template| template.is_referral_code),
            voucher: self.voucher.as_ref().map(SimpleTemplate::of),
            referral_program: self.referral_program.clone(),
            auto_join: self.auto_join,
            join_once: self.join_once,
            active: self.active,
            category_id: self.category_id.clone(),
            category: category.map(|category| category.name.clone()),
            metadata: self.metadata.clone(),
            start_date: self.limits.start_date,
            expiration_date: self.limits.expiration_date,
            description: self.description.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            object: "campaign",
        }
    }
}

impl SimpleTemplate {
    fn of(template: &VoucherTemplate) -> Self {
        let (discount, gift, loyalty_card) = values(&template.value);
        Self {
            voucher_type: template.value.voucher_type(),
            discount,
            gift,
            loyalty_card,
            redemption: SimpleQuantity { quantity: template.redemption.quantity, redeemed_quantity: 0 },
            code_config: template.code_config.clone().map(|config| SimpleCodeConfig {
                pattern: config.pattern,
                length: config.length,
                charset: config.charset,
                prefix: config.prefix.unwrap_or_default(),
                postfix: config.postfix.unwrap_or_default(),
            }),
        }
    }
}
