//! What events about campaigns carry.

use serde::Serialize;

use super::{CampaignAnswer, SimpleCampaign};
use crate::Timestamp;

/// `campaign.created`, `.updated`, `.enabled`, `.disabled`, `.deleted`.
#[derive(Debug, Serialize)]
pub struct CampaignData<'a> {
    pub campaign: &'a CampaignAnswer,
    /// Of a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Of a deleted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

/// `campaign.vouchers.generation.*` and `campaign.vouchers.added`.
#[derive(Debug, Serialize)]
pub struct GenerationData<'a> {
    pub campaign: &'a SimpleCampaign,
    /// How many were made; absent before they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
}
