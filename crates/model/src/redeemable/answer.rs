//! What became of a redeemable, as answers tell it. `docs/validations.md` has the page for users.

use serde::Serialize;
use utoipa::ToSchema;

use super::{RedeemableObject, SkipReason};
use crate::{
    Error,
    category::Category,
    discount::{Discount, GiftResult, LoyaltyCardResult},
    error::Dialect,
    ids::CampaignId,
    list::List,
    metadata::Metadata,
    order::Order,
    validation_rule::{ApplicableToEntry, BundleResult},
};

/// One redeemable of a request. What does not concern its status is absent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RedeemableAnswer {
    pub status: ResultStatus,
    /// As it was sent; a promotion stack's tiers by their own ids.
    pub id: String,
    pub object: RedeemableObject,
    /// After this step; only of what applies, and only if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub applicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inapplicable_to: Option<List<ApplicableToEntry>>,
    pub result: ResultAnswer,
    /// Its own; absent if there is no such thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    /// With `options.expand: ["redeemable"]`, like the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    /// Of promotion tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What became of a redeemable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultStatus {
    Applicable,
    Inapplicable,
    Skipped,
}

/// What a redeemable does, or why it does nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct ResultAnswer {
    /// Of coupons, referral codes and promotion tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<LoyaltyCardResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ResultDetails>,
    /// If rules ask for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleResult>,
}

/// A reason in words for customers, and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultDetails {
    /// The shop's own words, if a rule that is violated has some.
    pub message: String,
    pub key: &'static str,
}

/// An error that does not end the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErrorAnswer {
    /// The status that it would have.
    pub code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemable_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemable_type: Option<RedeemableObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<OwnWords>,
}

/// The shop's own words about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnWords {
    pub message: String,
}

impl ErrorAnswer {
    /// An error within the answer to a request; `message` are the shop's own words.
    pub fn of(error: &Error, request_id: &str, message: Option<&str>) -> Self {
        let row = error.describe(Dialect::Should);
        let (resource_id, resource_type) = row.resource.unzip();
        Self {
            code: row.status,
            key: row.key,
            message: row.message.into_owned(),
            details: row.details,
            request_id: request_id.to_owned(),
            resource_id,
            resource_type,
            redeemable_id: None,
            redeemable_type: None,
            error: message.map(|message| OwnWords { message: message.to_owned() }),
        }
    }

    /// The same about this redeemable.
    #[must_use]
    pub fn about(self, id: &str, object: RedeemableObject) -> Self {
        Self { redeemable_id: Some(id.to_owned()), redeemable_type: Some(object), ..self }
    }

    /// In a word, as `details` of a result have it.
    pub fn in_short(&self) -> ResultDetails {
        let message = self.error.as_ref().map_or(&self.message, |own| &own.message);
        ResultDetails { message: message.clone(), key: self.key.unwrap_or_default() }
    }
}

impl From<SkipReason> for ResultDetails {
    fn from(reason: SkipReason) -> Self {
        let (key, message) = reason.words();
        Self { message: message.to_owned(), key }
    }
}
