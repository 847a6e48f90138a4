//! What belongs to promotions, and templates of campaigns.

use guerdon_model::{
    campaign_template::CampaignTemplate,
    promotion_stack::PromotionStack,
    promotion_tier::{PromotionTier, TierTotals},
};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for PromotionTier {
    const COLLECTION: Collection = Collection::PromotionTiers;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for TierTotals {
    const COLLECTION: Collection = Collection::PromotionTierTotals;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for PromotionStack {
    const COLLECTION: Collection = Collection::PromotionStacks;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for CampaignTemplate {
    const COLLECTION: Collection = Collection::CampaignTemplates;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.name.as_str().into()]
    }
}
