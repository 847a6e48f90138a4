//! What a rule is attached to.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    ids::{ValidationRuleAssignmentId, ValidationRuleId},
};

/// A rule attached to something that it decides about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ValidationRuleAssignment {
    pub id: ValidationRuleAssignmentId,
    pub rule_id: ValidationRuleId,
    /// Such as a voucher's `v_…`.
    pub related_object_id: String,
    pub related_object_type: RelatedObjectType,
    /// Absent in the copies inside of redemptions and qualifications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Only in qualifications that expand it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_status: Option<ValidationStatus>,
    /// The keys of the leaves that were not evaluated; only with `PARTIALLY_VALID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_omitted_rules: Option<Vec<String>>,
    #[schema(value_type = String)]
    #[serde(default = "assignment_object")]
    pub object: Cow<'static, str>,
}

/// The constant `object` of an assignment.
fn assignment_object() -> Cow<'static, str> {
    Cow::Borrowed("validation_rules_assignment")
}

/// What kind of thing a rule is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelatedObjectType {
    #[default]
    Voucher,
    Campaign,
    PromotionTier,
    EarningRule,
    RewardAssignment,
    Distribution,
}

/// How far a rule was found to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValidationStatus {
    Valid,
    /// What was evaluated holds, but something was left out.
    PartiallyValid,
    Invalid,
}

impl ValidationRuleAssignment {
    /// An assignment as the assignment endpoints return it.
    pub fn new(
        id: ValidationRuleAssignmentId,
        rule_id: ValidationRuleId,
        related_object_id: String,
        related_object_type: RelatedObjectType,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            rule_id,
            related_object_id,
            related_object_type,
            created_at: Some(created_at),
            updated_at: None,
            validation_status: None,
            validation_omitted_rules: None,
            object: assignment_object(),
        }
    }
}
