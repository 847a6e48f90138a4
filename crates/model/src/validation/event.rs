//! What events about validations carry.

use serde::Serialize;

use crate::{
    Timestamp,
    customer::SimpleCustomer,
    ids::{CustomerId, ValidationId},
    redeemable::RedeemableObject,
};

/// `customer.validation.succeeded` and `customer.validation.failed`.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationData {
    pub customer: SimpleCustomer,
    pub validation: ValidationFacts,
}

/// What was validated, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationFacts {
    pub id: ValidationId,
    /// The session's key; null if nothing was locked.
    pub session_id: Option<String>,
    pub status: ValidationStatus,
    pub created_at: Timestamp,
    pub customer_id: CustomerId,
    pub redeemables: Vec<ValidatedRedeemable>,
    pub skipped_redeemables: Vec<ValidatedRedeemable>,
    pub inapplicable_redeemables: Vec<ValidatedRedeemable>,
}

/// Whether a redemption would be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValidationStatus {
    Valid,
    Invalid,
}

/// A redeemable by its name.
#[derive(Debug, Clone, Serialize)]
pub struct ValidatedRedeemable {
    /// As it was sent.
    pub id: String,
    #[serde(rename = "type")]
    pub object: RedeemableObject,
}
