//! Promotion tiers: discounts that nobody needs a code for. Each belongs to a promotion, which is a campaign.
//!
//! A tier is configuration. How often it was redeemed is counted apart ([`TierTotals`]), so that a redemption
//! leaves the configuration alone; [`TierAnswer`] puts them together. `docs/promotions.md` has the page for
//! users.

mod answer;
mod event;
mod input;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    discount::Discount,
    ids::{CampaignId, CategoryId, PromotionTierId},
    metadata::Metadata,
    usage::Usage,
    validation_rule::Assignments,
    validity::TimeLimits,
};

pub use answer::{CampaignRef, SimpleTier, TierAnswer, TierCampaign, TierSummary};
pub use event::TierData;
pub use input::{TierInput, TierOrigin, TierSettings, TierUpdate, TiersInput};

/// A tier as stored. What is not set is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionTier {
    pub id: PromotionTierId,
    /// The promotion that it belongs to; never changes.
    pub campaign_id: CampaignId,
    pub name: String,
    /// What customers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banner: Option<String>,
    pub action: TierAction,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// The lowest is applied first; of equal ones, the oldest.
    pub hierarchy: i64,
    pub active: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    #[serde(default, skip_serializing_if = "Assignments::is_empty")]
    pub validation_rule_assignments: Assignments,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// What a tier does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TierAction {
    pub discount: Discount,
}

/// What has come of a tier so far. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TierTotals {
    /// The tier's id.
    pub id: String,
    pub redemptions: i64,
    pub orders_amount: i64,
    pub discount_amount: i64,
    /// What rules ask for.
    #[serde(default, skip_serializing_if = "Usage::is_empty")]
    pub usage: Usage,
}

impl TierTotals {
    /// Those of a tier that was never redeemed.
    pub fn new(tier: &PromotionTierId) -> Self {
        Self { id: tier.to_string(), ..Self::default() }
    }
}

impl PromotionTier {
    /// What tiers of one promotion are sorted by when they are applied.
    pub fn rank(&self) -> (i64, Timestamp, &PromotionTierId) {
        (self.hierarchy, self.created_at, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let json = json!({
            "id": "promo_1", "campaign_id": "camp_1", "name": "Order more than $100", "banner": "Get $30 off",
            "action": {"discount": {"type": "AMOUNT", "amount_off": 3000, "effect": "APPLY_TO_ORDER"}},
            "metadata": {"level": "B"}, "hierarchy": 6, "active": false, "start_date": "2022-09-21T00:00:00.000Z",
            "validity_day_of_week": [1, 2, 3, 4], "created_at": "2022-09-22T11:21:57.808Z",
        });
        let tier: PromotionTier = serde_json::from_str(&json.to_string()).expect("a tier");
        assert_eq!(serde_json::to_value(&tier).expect("json"), json);
    }
}
