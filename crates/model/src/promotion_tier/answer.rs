//! A promotion tier as clients see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{PromotionTier, TierAction, TierTotals};
use crate::{
    Timestamp,
    campaign::Campaign,
    category::Category,
    ids::{CampaignId, CategoryId, PromotionTierId},
    metadata::Metadata,
    validation_rule::Assignments,
    validity::{TimeLimits, ValidityHours, ValidityTimeframe},
};

/// A tier as returned. What is not set is absent, but for `banner` and `category_id`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierAnswer {
    pub id: PromotionTierId,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub name: String,
    pub banner: Option<String>,
    pub action: TierAction,
    pub metadata: Metadata,
    pub hierarchy: i64,
    /// The campaign's id once more; not in answers to changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_id: Option<CampaignId>,
    /// Absent in events about tiers that are gone, like `campaign_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<TierCampaign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    pub active: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    pub summary: TierSummary,
    pub object: &'static str,
    pub validation_rule_assignments: Assignments,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
}

/// What a tier shows of its campaign.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierCampaign {
    pub id: CampaignId,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_timeframe: Option<ValidityTimeframe>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_day_of_week: Option<Vec<i8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity_hours: Option<ValidityHours>,
    pub active: bool,
    pub category_id: Option<CategoryId>,
    pub object: &'static str,
}

/// What has come of a tier so far. Amounts are minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct TierSummary {
    pub redemptions: RedemptionsOfTier,
    pub orders: OrdersOfTier,
}

/// How often a tier was redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RedemptionsOfTier {
    pub total_redeemed: i64,
}

/// The orders that a tier was applied to, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrdersOfTier {
    pub total_amount: i64,
    pub total_discount_amount: i64,
}

/// A tier inside of events about something else.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimpleTier {
    pub id: PromotionTierId,
    pub name: String,
    pub banner: Option<String>,
    pub campaign: CampaignRef,
    pub metadata: Metadata,
}

/// A campaign by its id alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignRef {
    pub id: CampaignId,
}

impl From<&TierTotals> for TierSummary {
    fn from(totals: &TierTotals) -> Self {
        Self {
            redemptions: RedemptionsOfTier { total_redeemed: totals.redemptions },
            orders: OrdersOfTier { total_amount: totals.orders_amount, total_discount_amount: totals.discount_amount },
        }
    }
}

impl TierCampaign {
    fn of(campaign: &Campaign) -> Self {
        let limits = campaign.limits.clone();
        Self {
            id: campaign.id.clone(),
            start_date: limits.start_date,
            expiration_date: limits.expiration_date,
            validity_timeframe: limits.validity_timeframe,
            validity_day_of_week: limits.validity_day_of_week,
            validity_hours: limits.validity_hours,
            active: campaign.active,
            category_id: campaign.category_id.clone(),
            object: "campaign",
        }
    }
}

impl PromotionTier {
    /// The tier as answers to changes show it.
    pub fn answer(&self, campaign: &Campaign, category: Option<&Category>, totals: &TierTotals) -> TierAnswer {
        TierAnswer {
            id: self.id.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            name: self.name.clone(),
            banner: self.banner.clone(),
            action: self.action.clone(),
            metadata: self.metadata.clone(),
            hierarchy: self.hierarchy,
            promotion_id: None,
            campaign: Some(TierCampaign::of(campaign)),
            campaign_id: Some(self.campaign_id.clone()),
            active: self.active,
            limits: self.limits.clone(),
            summary: totals.into(),
            object: "promotion_tier",
            validation_rule_assignments: self.validation_rule_assignments.clone(),
            category_id: self.category_id.clone(),
            categories: category.cloned().into_iter().collect(),
        }
    }

    /// The tier as events about something else show it.
    pub fn simple(&self) -> SimpleTier {
        SimpleTier {
            id: self.id.clone(),
            name: self.name.clone(),
            banner: self.banner.clone(),
            campaign: CampaignRef { id: self.campaign_id.clone() },
            metadata: self.metadata.clone(),
        }
    }
}

impl TierAnswer {
    /// The tier as it is shown when it is read: with its campaign's id once more.
    pub fn read(mut self) -> Self {
        self.promotion_id.clone_from(&self.campaign_id);
        self
    }

    /// The tier when it is gone.
    pub fn deleted(self) -> Self {
        Self { campaign: None, campaign_id: None, ..self }
    }
}
