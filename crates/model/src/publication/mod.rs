//! Publications: vouchers that were given to a customer.
//!
//! A publication is stored without its customer and vouchers, which change; [`PublicationAnswer`] puts them
//! together. `docs/publications.md` has the page for users.

mod answer;
mod event;
mod input;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    ids::{CampaignId, CustomerId, PublicationId, VoucherId},
    metadata::Metadata,
    voucher::VoucherType,
};

pub use answer::{ListedVoucher, PublicationAnswer, PublicationCustomer, PublishedVoucher};
pub use event::{CustomerPublicationData, PublicationData, PublishedData};
pub use input::{CampaignChoice, CustomerChoice, PublicationInput};

/// The most vouchers of one publication.
pub const MAX_COUNT: i64 = 50;

/// A publication as stored. It never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publication {
    pub id: PublicationId,
    /// The client's own id of it; unique in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    pub created_at: Timestamp,
    pub customer_id: CustomerId,
    /// The customer's `source_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    pub voucher_type: VoucherType,
    pub is_referral_code: bool,
    /// The codes; at least one.
    pub vouchers: Vec<String>,
    /// Their ids, in the same order.
    pub vouchers_id: Vec<VoucherId>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// By which way; `API` unless the client says otherwise.
    pub channel: String,
    pub result: PublicationResult,
}

/// Whether vouchers were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PublicationResult {
    Success,
    Failure,
}

impl PublicationResult {
    /// The names as they are written.
    pub const NAMES: [&'static str; 2] = ["SUCCESS", "FAILURE"];

    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            PublicationResult::Success => "SUCCESS",
            PublicationResult::Failure => "FAILURE",
        }
    }
}
