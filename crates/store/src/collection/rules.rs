//! Validation rules, categories and stacking rules.

use guerdon_model::{
    category::Category,
    stacking_rules::StackingRules,
    validation_rule::{AssignmentsCount, ValidationRule, ValidationRuleAssignment},
};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for ValidationRule {
    const COLLECTION: Collection = Collection::ValidationRules;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for ValidationRuleAssignment {
    const COLLECTION: Collection = Collection::ValidationRuleAssignments;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            self.rule_id.as_str().into(),
            self.related_object_id.as_str().into(),
            self.created_at.unwrap_or_default().into(),
        ]
    }
}

impl Document for AssignmentsCount {
    const COLLECTION: Collection = Collection::AssignmentsCounts;
    fn id(&self) -> &str {
        self.rule_id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for Category {
    const COLLECTION: Collection = Collection::Categories;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for StackingRules {
    const COLLECTION: Collection = Collection::StackingRules;
    fn id(&self) -> &str {
        self.id.as_ref().expect("only the defaults have no id, and they are never stored").as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}
