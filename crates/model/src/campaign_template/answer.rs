//! Templates, and what is made of them, as clients see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CampaignTemplate, Content, TemplateContent};
use crate::{
    Timestamp,
    campaign::{Campaign, CampaignType, GenerationStatus, Quantity, SimpleTemplate, Supply},
    category::Category,
    code_config::CodeConfig,
    discount::Discount,
    ids::{CampaignId, CampaignTemplateId, CategoryId, PromotionTierId},
    metadata::Metadata,
    promotion_tier::{PromotionTier, TierAction, TierSummary, TierTotals},
    validation_rule::{Assignments, ValidationRuleAssignment},
    validity::{TimeLimits, ValidityHours, ValidityTimeframe},
    voucher::{GiftCard, LoyaltyCard, VoucherType},
};

/// A template as returned.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignTemplateAnswer {
    pub id: CampaignTemplateId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub campaign_type: CampaignType,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Only if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub json_template: Option<TemplateContent>,
    pub object: &'static str,
}

impl CampaignTemplate {
    /// The template as it is returned.
    pub fn answer(self, content: Content) -> CampaignTemplateAnswer {
        CampaignTemplateAnswer {
            id: self.id,
            name: self.name,
            description: self.description,
            campaign_type: self.campaign_type,
            created_at: self.created_at,
            updated_at: self.updated_at,
            json_template: (content == Content::Shown).then_some(self.content),
            object: "campaign_template",
        }
    }
}

/// Something that was made beside what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedResource {
    pub id: String,
    /// Such as `validation_rules`.
    pub object: &'static str,
}

/// A campaign that was made of a template.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignSetupAnswer {
    pub created_resources: Vec<CreatedResource>,
    pub campaign: CampaignDump,
    pub object: &'static str,
}

/// A promotion tier that was made of a template.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierSetupAnswer {
    pub created_resources: Vec<CreatedResource>,
    pub promotion_tier: TierDump,
    pub object: &'static str,
}

/// A campaign in a form of its own, in which everything is there and what is not set is null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CampaignDump {
    pub id: CampaignId,
    pub name: String,
    pub campaign_type: CampaignType,
    #[serde(rename = "type")]
    pub supply: Supply,
    pub is_referral_code: bool,
    pub voucher: Option<SimpleTemplate>,
    pub auto_join: bool,
    pub join_once: bool,
    pub use_voucher_metadata_schema: bool,
    pub description: Option<String>,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub validity_timeframe: Option<ValidityTimeframe>,
    pub validity_hours: Option<ValidityHours>,
    pub validity_day_of_week: Option<Vec<i8>>,
    pub activity_duration_after_publishing: Option<String>,
    /// Always null.
    pub vouchers_count_invalid: Option<i64>,
    pub vouchers_count: i64,
    pub active: bool,
    pub metadata: Option<Metadata>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    /// The category's name.
    pub category: Option<String>,
    pub creation_status: GenerationStatus,
    pub protected: bool,
    pub validation_rules_assignments: BareAssignments,
    pub object: &'static str,
    /// Always false.
    pub deleted: bool,
    /// Always null.
    pub deleted_at: Option<Timestamp>,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
    pub voucher_type: Option<VoucherType>,
    pub discount: Option<Discount>,
    pub gift: Option<GiftCard>,
    pub loyalty_card: Option<LoyaltyCard>,
    pub voucher_code_config: Option<CodeConfig>,
    pub default_voucher_redemption: Option<Quantity>,
}

/// Assignments and their number, without the rest of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BareAssignments {
    pub data: Vec<ValidationRuleAssignment>,
    pub total: usize,
}

impl From<&Assignments> for BareAssignments {
    fn from(assignments: &Assignments) -> Self {
        let data: Vec<_> = assignments.iter().cloned().collect();
        Self { total: data.len(), data }
    }
}

impl CampaignDump {
    /// All of a campaign.
    pub fn of(campaign: &Campaign, vouchers_count: i64, category: Option<&Category>) -> Self {
        let simple = campaign.simple(category);
        let (template, limits) = (campaign.voucher.as_ref(), campaign.limits.clone());
        let worth = simple.voucher.clone();
        Self {
            id: simple.id,
            name: simple.name,
            campaign_type: simple.campaign_type,
            supply: simple.supply,
            is_referral_code: simple.is_referral_code,
            voucher: simple.voucher,
            auto_join: simple.auto_join,
            join_once: simple.join_once,
            use_voucher_metadata_schema: campaign.use_voucher_metadata_schema,
            description: simple.description,
            start_date: limits.start_date,
            expiration_date: limits.expiration_date,
            validity_timeframe: limits.validity_timeframe,
            validity_hours: limits.validity_hours,
            validity_day_of_week: limits.validity_day_of_week,
            activity_duration_after_publishing: campaign.activity_duration_after_publishing.clone(),
            vouchers_count_invalid: None,
            vouchers_count,
            active: simple.active,
            metadata: Some(simple.metadata).filter(|metadata| !metadata.is_empty()),
            created_at: simple.created_at,
            updated_at: simple.updated_at,
            category: simple.category,
            creation_status: campaign.creation_status,
            protected: false,
            validation_rules_assignments: (&campaign.validation_rules_assignments).into(),
            object: simple.object,
            deleted: false,
            deleted_at: None,
            category_id: simple.category_id,
            categories: category.cloned().into_iter().collect(),
            voucher_type: template.map(|template| template.value.voucher_type()),
            discount: worth.as_ref().and_then(|worth| worth.discount.clone()),
            gift: worth.as_ref().and_then(|worth| worth.gift.clone()),
            loyalty_card: worth.and_then(|worth| worth.loyalty_card),
            voucher_code_config: template.and_then(|template| template.code_config.clone()),
            default_voucher_redemption: template.map(|template| template.redemption),
        }
    }
}

/// A promotion tier in a form of its own.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierDump {
    pub id: PromotionTierId,
    pub created_at: Timestamp,
    pub name: String,
    pub banner: Option<String>,
    pub action: TierAction,
    pub metadata: Metadata,
    pub hierarchy: i64,
    pub campaign: DumpedCampaign,
    pub campaign_id: CampaignId,
    pub summary: TierSummary,
    pub active: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
    pub object: &'static str,
    pub validation_rules_assignments: Vec<ValidationRuleAssignment>,
}

/// What such a tier shows of its campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DumpedCampaign {
    pub id: CampaignId,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub active: bool,
    pub object: &'static str,
    pub name: String,
    pub created_at: Timestamp,
    pub campaign_type: CampaignType,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
}

impl TierDump {
    /// All of a tier; `categories` are those of the tier and of its campaign.
    pub fn of(tier: &PromotionTier, campaign: &Campaign, categories: [Option<&Category>; 2]) -> Self {
        let [own, campaigns] = categories.map(|category| category.cloned().into_iter().collect());
        Self {
            id: tier.id.clone(),
            created_at: tier.created_at,
            name: tier.name.clone(),
            banner: tier.banner.clone(),
            action: tier.action.clone(),
            metadata: tier.metadata.clone(),
            hierarchy: tier.hierarchy,
            campaign: DumpedCampaign {
                id: campaign.id.clone(),
                start_date: campaign.limits.start_date,
                expiration_date: campaign.limits.expiration_date,
                active: campaign.active,
                object: "campaign",
                name: campaign.name.clone(),
                created_at: campaign.created_at,
                campaign_type: campaign.campaign_type,
                category_id: campaign.category_id.clone(),
                categories: campaigns,
            },
            campaign_id: tier.campaign_id.clone(),
            summary: (&TierTotals::new(&tier.id)).into(),
            active: tier.active,
            limits: tier.limits.clone(),
            category_id: tier.category_id.clone(),
            categories: own,
            object: "promotion_tier",
            validation_rules_assignments: tier.validation_rule_assignments.iter().cloned().collect(),
        }
    }
}
