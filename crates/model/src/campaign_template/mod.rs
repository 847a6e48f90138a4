//! Templates of campaigns: what a campaign or promotion tier was made of, to make more like it.
//! `docs/templates.md` has the page for users.

mod answer;
mod input;

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    campaign::{Campaign, CampaignType, Quantity, Supply, VoucherTemplate},
    code_config::CodeConfig,
    discount::Discount,
    ids::CampaignTemplateId,
    promotion_tier::PromotionTier,
    validation_rule::ValidationRule,
    validity::TimeLimits,
    voucher::VoucherValue,
};

pub use answer::{
    CampaignDump, CampaignSetupAnswer, CampaignTemplateAnswer, CreatedResource, TierDump, TierSetupAnswer,
};
pub use input::{CampaignSetupInput, CampaignTemplateInput, CampaignTemplateUpdate, Source, TierSetupInput};

/// A template as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignTemplate {
    pub id: CampaignTemplateId,
    /// Unique in the project.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of the campaigns that are made of it.
    pub campaign_type: CampaignType,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub content: TemplateContent,
}

/// What a template has saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateContent {
    pub campaign_type: CampaignType,
    pub campaign: SavedCampaign,
    /// As it was; whatever is made of the template gets a rule of its own.
    pub validation_rule: Option<ValidationRule>,
    /// If there were more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_validation_rules: Vec<ValidationRule>,
}

/// A campaign without what belongs to it alone: name, category, metadata, codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedCampaign {
    #[serde(rename = "type")]
    pub supply: Supply,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub voucher: VoucherTemplate,
    pub auto_join: bool,
    pub join_once: bool,
    pub use_voucher_metadata_schema: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_duration_after_publishing: Option<String>,
}

impl SavedCampaign {
    /// What is saved of a campaign; nothing of one that templates can't be made of.
    pub fn of_campaign(campaign: &Campaign) -> Option<Self> {
        if !matches!(campaign.campaign_type, CampaignType::DiscountCoupons | CampaignType::GiftVouchers) {
            return None;
        }
        Some(Self {
            supply: campaign.supply,
            description: campaign.description.clone(),
            voucher: campaign.voucher.clone()?,
            auto_join: campaign.auto_join,
            join_once: campaign.join_once,
            use_voucher_metadata_schema: campaign.use_voucher_metadata_schema,
            limits: campaign.limits.clone(),
            activity_duration_after_publishing: campaign.activity_duration_after_publishing.clone(),
        })
    }

    /// A campaign of coupons with the discount and the limits of a tier.
    pub fn of_tier(tier: &PromotionTier) -> Self {
        Self {
            supply: Supply::AutoUpdate,
            description: None,
            voucher: VoucherTemplate {
                value: VoucherValue::Discount { discount: tier.action.discount.clone() },
                redemption: Quantity { quantity: None },
                code_config: Some(CodeConfig::default()),
                is_referral_code: false,
            },
            auto_join: false,
            join_once: false,
            use_voucher_metadata_schema: true,
            limits: tier.limits.clone(),
            activity_duration_after_publishing: None,
        }
    }
}

impl TemplateContent {
    /// Content with these rules.
    pub fn new(campaign_type: CampaignType, campaign: SavedCampaign, rules: Vec<ValidationRule>) -> Self {
        let mut rules = rules.into_iter();
        Self { campaign_type, campaign, validation_rule: rules.next(), other_validation_rules: rules.collect() }
    }

    /// All rules.
    pub fn rules(&self) -> impl Iterator<Item = &ValidationRule> {
        self.validation_rule.iter().chain(&self.other_validation_rules)
    }

    /// The discount that a tier would have; none of a gift card.
    pub fn discount(&self) -> Option<&Discount> {
        match &self.campaign.voucher.value {
            VoucherValue::Discount { discount } => Some(discount),
            VoucherValue::Gift { .. } | VoucherValue::Loyalty { .. } => None,
        }
    }
}

/// Whether an answer shows what a template has saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Hidden,
    Shown,
}
