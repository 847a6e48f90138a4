//! The tree of a rule as it was sent, and what is checked before it is stored.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    RuleName, RuleOperator,
    logic::{self, Logic},
};
use crate::{Error, metadata::Metadata};

/// Deeper trees are refused. Nobody needs more than three levels.
pub const MAX_DEPTH: usize = 10;

/// A tree of leaves with the logic that joins them, kept and returned exactly as it was sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Rules(Map<String, Value>);

impl Rules {
    /// What a rule without a tree stores: it always holds.
    pub fn always() -> Self {
        Self(Map::from_iter([("logic".to_owned(), Value::from(""))]))
    }

    /// Its leaves and logic.
    pub fn tree(&self) -> Tree<'_> {
        Tree(&self.0)
    }

    /// Refuses what could never be evaluated, see `docs/validation-rules.md`.
    ///
    /// # Errors
    /// `invalid_validation_rules`, naming the first leaf that is at fault.
    pub fn check(&self) -> Result<(), Error> {
        self.tree().check(MAX_DEPTH).map_err(|details| Error::InvalidValidationRules { details })
    }
}

impl From<Map<String, Value>> for Rules {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Metadata has the same form, and the same needs: key order, nulls and JavaScript's numbers.
        Metadata::deserialize(deserializer).map(|object| Self(object.into()))
    }
}

/// A view of a tree: the whole one or that inside of a leaf.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a>(&'a Map<String, Value>);

impl<'a> Tree<'a> {
    pub(super) fn new(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    /// Keys and leaves, in the order in which they were sent.
    pub fn leaves(self) -> impl Iterator<Item = (&'a str, Leaf<'a>)> {
        let leaves = self.0.iter().filter(|(key, _)| *key != "logic");
        leaves.map(|(key, value)| (key.as_str(), Leaf(value)))
    }

    /// How the leaves are joined, by their places. Without a `logic` all of them must hold.
    ///
    /// # Errors
    /// A text about the logic, for people.
    pub fn logic(self) -> Result<Logic, String> {
        match self.0.get("logic") {
            None | Some(Value::Null) => Ok(Logic::all(self.leaves().count())),
            Some(Value::String(text)) => {
                let places: HashMap<&str, usize> = self.leaves().map(|(key, _)| key).zip(0..).collect();
                logic::parse(text, &|key| places.get(key).copied()).map_err(|error| format!("Logic '{text}' {error}"))
            }
            Some(_) => Err("Logic must be a string".into()),
        }
    }

    fn check(self, depth: usize) -> Result<(), String> {
        if depth == 0 {
            return Err(format!("Rules cannot be nested more than {MAX_DEPTH} times"));
        }
        for (key, leaf) in self.leaves() {
            leaf.check(key, depth)?;
        }
        self.logic().map(drop)
    }
}

/// A view of one leaf. Whatever doesn't have the documented form reads as absent.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a>(&'a Value);

impl<'a> Leaf<'a> {
    /// What it looks at, as it was sent.
    pub fn name(self) -> Option<&'a str> {
        self.0.get("name")?.as_str()
    }

    /// The metadata key that it looks at.
    pub fn property(self) -> Option<&'a str> {
        self.0.get("property")?.as_str().filter(|property| !property.is_empty())
    }

    /// Operators and operands. An operand that is no list counts as a list of one.
    pub fn conditions(self) -> impl Iterator<Item = (&'a str, &'a [Value])> {
        let conditions = self.0.get("conditions").and_then(Value::as_object);
        conditions.into_iter().flatten().map(|(operator, operands)| match operands {
            Value::Array(operands) => (operator.as_str(), operands.as_slice()),
            operand => (operator.as_str(), std::slice::from_ref(operand)),
        })
    }

    /// The operands of one operator.
    pub fn operands(self, operator: &str) -> &'a [Value] {
        self.conditions().find(|(known, _)| *known == operator).map_or(&[], |(_, operands)| operands)
    }

    /// The rules that refine it.
    pub fn rules(self) -> Option<Tree<'a>> {
        self.0.get("rules")?.as_object().filter(|map| !map.is_empty()).map(Tree)
    }

    /// What the shop wants to say when this leaf is violated.
    pub fn message(self) -> Option<&'a str> {
        self.0.get("error")?.get("message")?.as_str().filter(|message| !message.is_empty())
    }

    fn check(self, key: &str, depth: usize) -> Result<(), String> {
        let fields = self.0.as_object().ok_or_else(|| format!("Rule '{key}' must be an object"))?;
        let name = self.name().ok_or_else(|| format!("Rule '{key}' must have a 'name'"))?;
        let rule = RuleName::parse(name).ok_or_else(|| format!("Rule '{name}' is not known"))?;
        if rule.needs_property() && self.property().is_none() {
            return Err(format!("Rule '{name}' must have a 'property'"));
        }
        if self.conditions().next().is_none() {
            return Err(format!("Rule '{name}' must have 'conditions'"));
        }
        if let Some((operator, _)) = self.conditions().find(|(operator, _)| RuleOperator::parse(operator).is_none()) {
            return Err(format!("Rule '{name}' has the unknown condition '{operator}'"));
        }
        match fields.get("rules") {
            None | Some(Value::Null) => Ok(()),
            Some(Value::Object(rules)) if rules.is_empty() => Ok(()),
            Some(Value::Object(rules)) => Tree(rules).check(depth - 1),
            Some(_) => Err(format!("Property 'rules' of rule '{name}' must be an object")),
        }
    }
}

impl utoipa::PartialSchema for Rules {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Metadata::schema()
    }
}
impl utoipa::ToSchema for Rules {}
