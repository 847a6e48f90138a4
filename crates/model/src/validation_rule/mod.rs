//! Validation rules: what must hold for a redeemable to be applied, and to which items it applies.
//!
//! A rule's tree is kept exactly as it was sent ([`Rules`]); [`RuleName`] and [`RuleOperator`] are the
//! words it may use, [`logic`] is how its leaves are joined. What the words mean is the engine's to
//! say. `docs/validation-rules.md` is the page for users.

mod applicable_to;
mod assignment;
mod bundle;
mod bundle_result;
mod context;
mod event;
mod input;
mod item;
pub mod logic;
mod name;
mod need;
mod operator;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Timestamp, ids::ValidationRuleId};

pub use applicable_to::{
    ALL_PRODUCTS, ApplicableTo, ApplicableToEntry, Budget, Entries, ItemEffect, ItemObject, ItemTarget, OrderItemUnits,
};
pub use assignment::{
    AssignmentInput, Assignments, AssignmentsCount, MAX_ASSIGNMENTS, RelatedObjectType, ValidationRuleAssignment,
    ValidationStatus,
};
pub use bundle::{BundlePart, BundleRules, MAX_BUNDLES};
pub use bundle_result::{BundleResult, IdentifiedItem, MissingItem};
pub use context::ContextType;
pub use event::{RuleChange, RuleEvent};
pub use input::ValidationRuleInput;
pub use item::ItemReference;
pub use name::{Category, Operand, Place, RuleName};
pub use need::Need;
pub use operator::RuleOperator;
pub use tree::{Leaf, MAX_DEPTH, Rules, Tree};

/// A validation rule, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ValidationRule {
    pub id: ValidationRuleId,
    /// Not unique.
    pub name: String,
    pub rules: Rules,
    /// `{}` if no bundle is asked for.
    #[serde(default)]
    pub bundle_rules: BundleRules,
    /// What to say when a leaf without a message of its own is violated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CustomError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicable_to: Option<ApplicableTo>,
    #[serde(default, rename = "type")]
    pub rule_type: RuleType,
    #[serde(default)]
    pub context_type: ContextType,
    /// Only in lists, and only if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignments_count: Option<u64>,
    pub created_at: Timestamp,
    /// Absent until the first update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = String)]
    #[serde(default = "validation_rule_object")]
    pub object: Cow<'static, str>,
}

/// The constant `object` of a rule.
pub fn validation_rule_object() -> Cow<'static, str> {
    Cow::Borrowed("validation_rules")
}

/// What the shop wants its customers to read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct CustomError {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Informative: how elaborate the rule's maker considered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleType {
    #[default]
    Expression,
    Basic,
    Advanced,
    Complex,
}

impl ValidationRule {
    /// A rule that always holds.
    pub fn new(id: ValidationRuleId, name: String, created_at: Timestamp) -> Self {
        Self {
            id,
            name,
            rules: Rules::always(),
            bundle_rules: BundleRules::default(),
            error: None,
            applicable_to: None,
            rule_type: RuleType::default(),
            context_type: ContextType::default(),
            assignments_count: None,
            created_at,
            updated_at: None,
            object: validation_rule_object(),
        }
    }

    /// What the shop wants to say when a leaf without a message of its own is violated.
    pub fn message(&self) -> Option<&str> {
        self.error.as_ref()?.message.as_deref().filter(|message| !message.is_empty())
    }
}
