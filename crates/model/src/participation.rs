//! A customer's part in a campaign.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CampaignId, CustomerId, PublicationId},
    usage::Usage,
};

/// What a customer has had from a campaign so far. There is none before anything has happened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Participation {
    /// See [`Participation::id_of`].
    pub id: String,
    /// The first publication of its vouchers to the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_publication_id: Option<PublicationId>,
    /// What the customer has redeemed of the campaign.
    #[serde(default, skip_serializing_if = "Usage::is_empty")]
    pub usage: Usage,
}

impl Participation {
    /// The id of a customer's part in a campaign, which follows from both.
    pub fn id_of(campaign: &CampaignId, customer: &CustomerId) -> String {
        format!("{campaign}:{customer}")
    }
}
