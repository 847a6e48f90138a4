//! What a rule is attached to.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    ids::{ValidationRuleAssignmentId, ValidationRuleId},
    list::List,
    patch::Expected,
    texts::MAX_ID,
};

/// The most rules of one voucher, campaign, promotion tier and so on.
pub const MAX_ASSIGNMENTS: usize = 50;

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

impl RelatedObjectType {
    /// The word for it in errors and events.
    pub const fn name(self) -> &'static str {
        match self {
            RelatedObjectType::Voucher => "voucher",
            RelatedObjectType::Campaign => "campaign",
            RelatedObjectType::PromotionTier => "promotion_tier",
            RelatedObjectType::EarningRule => "earning_rule",
            RelatedObjectType::RewardAssignment => "reward_assignment",
            RelatedObjectType::Distribution => "distribution",
        }
    }
}

/// What is sent to attach a rule to something.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct AssignmentInput {
    /// `voucher` by default.
    #[serde(default)]
    #[schema(value_type = Option<RelatedObjectType>)]
    pub related_object_type: Patch<RelatedObjectType>,
    pub related_object_id: String,
}

impl Expected for RelatedObjectType {
    const NAME: &'static str = "string";
}

impl AssignmentInput {
    /// Refuses what can't be an id.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |rule| Err(Error::invalid_payload(Path::of("related_object_id"), rule));
        match self.related_object_id.chars().count() {
            0 => refuse(Rule::MinLength(1)),
            length if length > MAX_ID => refuse(Rule::MaxLength(MAX_ID)),
            _ => Ok(()),
        }
    }

    /// What kind of thing is meant.
    pub fn kind(&self) -> RelatedObjectType {
        self.related_object_type.as_value().copied().unwrap_or_default()
    }
}

/// The rules that something has: part of the document of whatever can have rules, so that whoever has
/// loaded it knows them, and written as the list that answers show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignments(Vec<ValidationRuleAssignment>);

impl Assignments {
    /// Each of them, oldest first.
    pub fn iter(&self) -> std::slice::Iter<'_, ValidationRuleAssignment> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The assignment of this rule.
    pub fn of_rule(&self, rule: &ValidationRuleId) -> Option<&ValidationRuleAssignment> {
        self.0.iter().find(|assignment| assignment.rule_id == *rule)
    }

    /// Adds one more.
    ///
    /// # Errors
    /// `invalid_payload` if there are too many.
    pub fn add(&mut self, assignment: ValidationRuleAssignment) -> Result<(), Error> {
        if self.0.len() >= MAX_ASSIGNMENTS {
            let rule = Rule::Other(format!("has {MAX_ASSIGNMENTS} validation rules, which is the most it can have"));
            return Err(Error::invalid_payload(Path::of("related_object_id"), rule));
        }
        self.0.push(assignment);
        Ok(())
    }

    /// Takes one out.
    pub fn remove(&mut self, id: &ValidationRuleAssignmentId) {
        self.0.retain(|assignment| assignment.id != *id);
    }

    /// These, each of them changed.
    #[must_use]
    pub fn map(self, change: impl FnMut(ValidationRuleAssignment) -> ValidationRuleAssignment) -> Self {
        Self(self.0.into_iter().map(change).collect())
    }

    /// These, and behind them what is inherited: those of a voucher's campaign.
    pub fn with(&self, inherited: &Assignments) -> Assignments {
        Self(self.iter().chain(inherited.iter()).cloned().collect())
    }
}

impl<'a> IntoIterator for &'a Assignments {
    type Item = &'a ValidationRuleAssignment;
    type IntoIter = std::slice::Iter<'a, ValidationRuleAssignment>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Assignments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        List::whole("data", self.0.iter().collect()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Assignments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            data: Vec<ValidationRuleAssignment>,
        }
        Stored::deserialize(deserializer).map(|stored| Self(stored.data))
    }
}

impl utoipa::PartialSchema for Assignments {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{Array, Object, ObjectBuilder, Type};
        let text = || Object::with_type(Type::String);
        ObjectBuilder::new()
            .property("object", text())
            .property("data_ref", text())
            .property("data", Array::new(ValidationRuleAssignment::schema()))
            .property("total", Object::with_type(Type::Integer))
            .into()
    }
}
impl ToSchema for Assignments {}

/// How many things a rule is attached to. Kept, so that showing it costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentsCount {
    pub rule_id: ValidationRuleId,
    pub count: u64,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn assignment(id: &str, rule: &str) -> ValidationRuleAssignment {
        let kind = RelatedObjectType::Campaign;
        ValidationRuleAssignment::new(id.into(), rule.into(), "camp_1".into(), kind, Timestamp::default())
    }

    #[test]
    fn what_is_stored_is_what_answers_show() {
        let mut own = Assignments::default();
        assert_eq!(json!(own), json!({"object": "list", "data_ref": "data", "data": [], "total": 0}));
        own.add(assignment("asgm_1", "val_1")).expect("room");
        let text = json!(own).to_string();
        assert_eq!(serde_json::from_str::<Assignments>(&text).expect("assignments"), own);
        let shown = json!(own);
        assert_eq!((&shown["total"], &shown["data"][0]["id"]), (&json!(1), &json!("asgm_1")));
    }

    #[test]
    fn own_rules_come_before_inherited_ones() {
        let [mut own, mut inherited] = [Assignments::default(), Assignments::default()];
        inherited.add(assignment("asgm_1", "val_1")).expect("room");
        own.add(assignment("asgm_2", "val_2")).expect("room");
        let ids: Vec<String> = own.with(&inherited).iter().map(|assignment| assignment.id.to_string()).collect();
        assert_eq!(ids, ["asgm_2", "asgm_1"]);
        own.remove(&"asgm_2".into());
        assert!(own.is_empty());
    }

    #[test]
    fn nothing_has_rules_without_end() {
        let mut own = Assignments::default();
        for number in 0..MAX_ASSIGNMENTS {
            own.add(assignment(&format!("asgm_{number}"), &format!("val_{number}"))).expect("room");
        }
        let before = own.clone();
        own.add(assignment("asgm_x", "val_x")).expect_err("one too many");
        assert_eq!(own, before);
        assert!(own.of_rule(&"val_7".into()).is_some());
        assert_eq!(own.of_rule(&"val_x".into()), None);
    }
}
