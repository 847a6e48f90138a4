//! What has come of a campaign's vouchers so far: counted in the commits that change them.

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// How many vouchers a campaign has. Those without a campaign are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CampaignTotals {
    /// The campaign's id, or [`STANDALONE`].
    pub id: String,
    /// All that can be seen.
    pub vouchers: i64,
    /// Those that a publication may choose.
    #[serde(default)]
    pub available: i64,
    /// What was redeemed of the campaign: its vouchers, or its promotion tiers.
    #[serde(default, skip_serializing_if = "Usage::is_empty")]
    pub usage: Usage,
}

/// What the totals of vouchers without a campaign are called.
pub const STANDALONE: &str = "standalone";
