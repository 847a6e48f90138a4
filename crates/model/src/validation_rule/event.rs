//! What events about validation rules carry.

use serde_json::{Map, Value, json};

use super::{RelatedObjectType, ValidationRule, ValidationRuleAssignment};
use crate::{Timestamp, event::EventType};

/// Something that happened to a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEvent<'a> {
    pub rule: &'a ValidationRule,
    pub change: RuleChange<'a>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleChange<'a> {
    Created(Timestamp),
    Updated(Timestamp),
    Deleted(Timestamp),
    /// Attached to something, which events show like this.
    Assigned(&'a ValidationRuleAssignment, Value),
    /// The opposite.
    Unassigned(&'a ValidationRuleAssignment, Value),
}

impl RuleEvent<'_> {
    /// The event's type.
    pub fn kind(&self) -> EventType {
        match self.change {
            RuleChange::Created(_) => EventType::VALIDATION_RULE_CREATED,
            RuleChange::Updated(_) => EventType::VALIDATION_RULE_UPDATED,
            RuleChange::Deleted(_) => EventType::VALIDATION_RULE_DELETED,
            RuleChange::Assigned(..) => EventType::VALIDATION_RULE_ASSIGNED,
            RuleChange::Unassigned(..) => EventType::VALIDATION_RULE_UNASSIGNED,
        }
    }

    /// The payload.
    pub fn data(&self) -> Value {
        let rule = self.rule;
        match &self.change {
            RuleChange::Created(at) => json!({"rule": rule, "created_at": at}),
            RuleChange::Updated(at) => json!({"rule": rule, "updated_at": at}),
            RuleChange::Deleted(at) => json!({"rule": rule, "deleted_at": at}),
            RuleChange::Assigned(assignment, related) | RuleChange::Unassigned(assignment, related) => {
                Value::Object(assignment_data(rule, assignment, related))
            }
        }
    }
}

/// Of the kinds of things that a rule can be attached to, those that are not concerned are null; that is
/// how it always was, but for the voucher, which is left out.
fn assignment_data(
    rule: &ValidationRule,
    assignment: &ValidationRuleAssignment,
    related: &Value,
) -> Map<String, Value> {
    use RelatedObjectType::{Campaign, Distribution, EarningRule, PromotionTier, Voucher};
    let kind = assignment.related_object_type;
    let head = [("rule", json!(rule)), ("assignment", json!(assignment))];
    let shown = [Voucher, Campaign, Distribution, PromotionTier, EarningRule].into_iter().filter_map(|shown| {
        let value = if shown == kind { related.clone() } else { Value::Null };
        (shown == kind || shown != Voucher).then_some((shown.name(), value))
    });
    head.into_iter().chain(shown).map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_shows_what_a_rule_was_attached_to_and_null_for_the_rest() {
        let rule = ValidationRule::new("val_1".into(), "Rule".into(), Timestamp::default());
        for (kind, keys) in [
            (
                RelatedObjectType::Campaign,
                ["rule", "assignment", "campaign", "distribution", "promotion_tier"].as_slice(),
            ),
            (RelatedObjectType::Voucher, ["rule", "assignment", "voucher", "campaign", "distribution"].as_slice()),
            (RelatedObjectType::RewardAssignment, ["rule", "assignment", "campaign", "distribution"].as_slice()),
        ] {
            let assignment = ValidationRuleAssignment::new(
                "asgm_1".into(),
                rule.id.clone(),
                "id_1".into(),
                kind,
                Timestamp::default(),
            );
            let change = RuleChange::Assigned(&assignment, json!({"id": "id_1"}));
            let event = RuleEvent { rule: &rule, change };
            let data = event.data();
            let found: Vec<&str> = data.as_object().expect("an object").keys().map(String::as_str).collect();
            assert!(found.starts_with(keys), "{found:?}");
            for shown in ["voucher", "campaign", "distribution", "promotion_tier", "earning_rule"] {
                let expected = if shown == kind.name() { json!({"id": "id_1"}) } else { Value::Null };
                assert_eq!(data[shown], expected, "{shown} of {kind:?}");
            }
            assert_eq!(event.kind().name(), "business_validation_rule.assignment.created");
        }
    }
}
