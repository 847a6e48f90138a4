//! What events about promotion tiers carry.

use serde::Serialize;

use super::TierAnswer;
use crate::campaign::SimpleCampaign;

/// `campaign.promotion_tier.created`, `.updated`, `.enabled`, `.disabled`, `.deleted`.
#[derive(Debug, Serialize)]
pub struct TierData<'a> {
    pub campaign: &'a SimpleCampaign,
    pub promotion_tier: &'a TierAnswer,
}
