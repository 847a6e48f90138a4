//! What events about campaigns carry.

use serde::{Serialize, Serializer, ser::Error};
use serde_json::Value;

use super::{CampaignAnswer, SimpleCampaign};
use crate::Timestamp;

/// `campaign.created`, `.updated`, `.enabled`, `.disabled`, `.deleted`.
#[derive(Debug, Serialize)]
pub struct CampaignData<'a> {
    /// As lists show it, without what is null.
    #[serde(serialize_with = "without_nulls")]
    pub campaign: &'a CampaignAnswer,
    /// Of a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Of a deleted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

fn without_nulls<S: Serializer>(campaign: &CampaignAnswer, serializer: S) -> Result<S::Ok, S::Error> {
    let mut json = serde_json::to_value(campaign).map_err(S::Error::custom)?;
    if let Value::Object(keys) = &mut json {
        keys.retain(|_, value| !value.is_null());
    }
    json.serialize(serializer)
}

/// `campaign.vouchers.generation.*` and `campaign.vouchers.added`: how many, and one of the times.
#[derive(Debug, Serialize)]
pub struct GenerationData<'a> {
    pub campaign: &'a SimpleCampaign,
    /// How many are to be made, or were.
    pub count: u64,
    /// Of `.added`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
}
