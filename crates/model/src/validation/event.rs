//! What events about validations carry.

use serde::Serialize;

use super::ValidationAnswer;
use crate::{
    Timestamp,
    customer::SimpleCustomer,
    ids::{CustomerId, ValidationId},
    redeemable::{RedeemableAnswer, RedeemableObject},
};

/// `customer.validation.succeeded` and `customer.validation.failed`.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationData<'a> {
    pub customer: SimpleCustomer,
    pub validation: &'a ValidationFacts,
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

impl ValidationFacts {
    /// What an answer says.
    pub fn of(answer: &ValidationAnswer, customer_id: CustomerId, created_at: Timestamp) -> Self {
        let names = |of: &[RedeemableAnswer]| {
            let name = |of: &RedeemableAnswer| ValidatedRedeemable { id: of.id.clone(), object: of.object };
            of.iter().map(name).collect()
        };
        Self {
            id: answer.id.clone(),
            session_id: answer.session.as_ref().map(|session| session.key.clone()),
            status: if answer.valid { ValidationStatus::Valid } else { ValidationStatus::Invalid },
            created_at,
            customer_id,
            redeemables: names(&answer.redeemables),
            skipped_redeemables: names(&answer.skipped_redeemables),
            inapplicable_redeemables: names(&answer.inapplicable_redeemables),
        }
    }

    /// Whether a redemption would be carried out.
    pub fn is_valid(&self) -> bool {
        self.status == ValidationStatus::Valid
    }
}
