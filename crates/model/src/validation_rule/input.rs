//! What a client sends to create or change a rule.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{ApplicableTo, BundleRules, ContextType, CustomError, RuleType, Rules, ValidationRule};
use crate::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    ids::ValidationRuleId,
    patch::Expected,
    texts::{MAX_DESCRIPTION, MAX_TEXT},
};

/// The body of a creation, which needs a `name`, or of an update, in which each field that is there
/// replaces the stored one whole.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValidationRuleInput {
    #[schema(value_type = Option<String>)]
    pub name: Patch<String>,
    #[schema(value_type = Option<Rules>)]
    pub rules: Patch<Rules>,
    #[schema(value_type = Option<BundleRules>)]
    pub bundle_rules: Patch<BundleRules>,
    #[schema(value_type = Option<CustomError>)]
    pub error: Patch<CustomError>,
    #[schema(value_type = Option<ApplicableTo>)]
    pub applicable_to: Patch<ApplicableTo>,
    #[serde(rename = "type")]
    #[schema(value_type = Option<RuleType>)]
    pub rule_type: Patch<RuleType>,
    #[schema(value_type = Option<ContextType>)]
    pub context_type: Patch<ContextType>,
}

macro_rules! expected {
    ($($type:ty = $name:literal;)*) => {$(
        impl Expected for $type {
            const NAME: &'static str = $name;
        }
    )*};
}

expected! {
    Rules = "object";
    BundleRules = "object";
    CustomError = "object";
    ApplicableTo = "object";
    RuleType = "string";
    ContextType = "string";
}

impl ValidationRuleInput {
    /// The rule that a creation makes.
    ///
    /// # Errors
    /// `invalid_payload` or `invalid_validation_rules`.
    pub fn create(&self, id: ValidationRuleId, created_at: Timestamp) -> Result<ValidationRule, Error> {
        if self.name.is_absent() {
            return Err(Error::invalid_payload(Path::root(), Rule::Required("name".into())));
        }
        let mut rule = ValidationRule::new(id, String::new(), created_at);
        self.apply_to(&mut rule)?;
        Ok(rule)
    }

    /// Changes the fields that were sent. `updated_at` is the caller's. A refused body changes nothing.
    ///
    /// # Errors
    /// `invalid_payload` or `invalid_validation_rules`.
    pub fn apply_to(&self, rule: &mut ValidationRule) -> Result<(), Error> {
        self.check()?;
        if let Patch::Value(name) = &self.name {
            rule.name.clone_from(name);
        }
        replace(&self.rules, &mut rule.rules, Rules::always);
        replace(&self.bundle_rules, &mut rule.bundle_rules, BundleRules::default);
        self.error.apply_to(&mut rule.error);
        self.applicable_to.apply_to(&mut rule.applicable_to);
        replace(&self.rule_type, &mut rule.rule_type, RuleType::default);
        replace(&self.context_type, &mut rule.context_type, ContextType::default);
        if let Some(applicable_to) = &mut rule.applicable_to {
            applicable_to.forget_results();
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.name == Patch::Null {
            return Err(Error::invalid_payload(Path::of("name"), Rule::Type("string".into())));
        }
        let message = self.error.as_value().and_then(|error| error.message.as_ref());
        for (path, text, max) in [
            (Path::of("name"), self.name.as_value(), MAX_TEXT),
            (Path::of("error").key("message"), message, MAX_DESCRIPTION),
        ] {
            if text.is_some_and(|text| text.chars().count() > max) {
                return Err(Error::invalid_payload(path, Rule::MaxLength(max)));
            }
        }
        self.applicable_to.as_value().map_or(Ok(()), ApplicableTo::check)?;
        self.rules.as_value().map_or(Ok(()), Rules::check)?;
        self.bundle_rules.as_value().map_or(Ok(()), BundleRules::check)
    }
}

fn replace<T: Clone>(sent: &Patch<T>, stored: &mut T, unset: fn() -> T) {
    match sent {
        Patch::Absent => {}
        Patch::Null => *stored = unset(),
        Patch::Value(value) => stored.clone_from(value),
    }
}
