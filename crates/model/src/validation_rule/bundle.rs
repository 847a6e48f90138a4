//! Items that an order must have together.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{
    ItemObject, ItemReference, RuleName,
    tree::{Leaf, Tree},
};
use crate::{
    Error,
    error::{Path, Rule},
    metadata::Metadata,
};

/// The most complete bundles that a rule may count.
pub const MAX_BUNDLES: i64 = 100;

/// The parts of a bundle, kept and returned exactly as they were sent. Without any, no bundle is asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct BundleRules(Map<String, Value>);

/// One part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundlePart<'a> {
    /// Any of these counts.
    pub items: Vec<ItemReference<'a>>,
    /// So many units of them.
    pub quantity: i64,
}

impl BundleRules {
    /// Whether no bundle is asked for.
    pub fn is_empty(&self) -> bool {
        self.leaves().next().is_none()
    }

    /// How many complete bundles count; 1 unless the rule says otherwise.
    pub fn limit(&self) -> i64 {
        self.0.get("limit").and_then(Value::as_i64).unwrap_or(1).clamp(1, MAX_BUNDLES)
    }

    /// The parts that have the documented form, in the order in which they were sent.
    pub fn parts(&self) -> impl Iterator<Item = BundlePart<'_>> {
        self.leaves().filter_map(|(_, leaf)| part(leaf))
    }

    /// Refuses what could never be evaluated.
    ///
    /// # Errors
    /// `invalid_payload` for a wrong limit, `invalid_validation_rules` for a wrong part.
    pub fn check(&self) -> Result<(), Error> {
        let path = Path::of("bundle_rules").key("limit");
        match self.0.get("limit") {
            None | Some(Value::Null) => {}
            Some(limit) => match limit.as_i64() {
                None => return Err(Error::invalid_payload(path, Rule::Type("integer".into()))),
                Some(limit) if limit < 1 => return Err(Error::invalid_payload(path, Rule::AtLeast(1))),
                Some(limit) if limit > MAX_BUNDLES => {
                    return Err(Error::invalid_payload(path, Rule::AtMost(MAX_BUNDLES)));
                }
                Some(_) => {}
            },
        }
        match self.leaves().find(|(_, leaf)| part(*leaf).is_none()) {
            None => Ok(()),
            Some((key, _)) => Err(Error::InvalidValidationRules {
                details: format!(
                    "Bundle rule '{key}' must be '{}' with items and an aggregated quantity",
                    RuleName::ItemsAny.name()
                ),
            }),
        }
    }

    fn leaves(&self) -> impl Iterator<Item = (&str, Leaf<'_>)> {
        Tree::new(&self.0).leaves().filter(|(key, _)| *key != "limit")
    }
}

fn part(leaf: Leaf<'_>) -> Option<BundlePart<'_>> {
    if leaf.name() != Some(RuleName::ItemsAny.name()) {
        return None;
    }
    let items = leaf.operands("$is").iter().map(|item| ItemReference::read(item, ItemObject::Product));
    let items: Option<Vec<_>> = items.collect();
    let items = items.filter(|items| !items.is_empty())?;
    let quantities = leaf.rules().map(Tree::leaves).into_iter().flatten().filter_map(|(_, leaf)| {
        let is_quantity = leaf.name() == Some(RuleName::ItemsAggregatedQuantity.name());
        is_quantity.then(|| leaf.operands("$is").first().and_then(whole_number))
    });
    let quantity = quantities.last().unwrap_or(Some(1))?;
    (quantity >= 1).then_some(BundlePart { items, quantity })
}

fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

impl From<Map<String, Value>> for BundleRules {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl<'de> Deserialize<'de> for BundleRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Metadata::deserialize(deserializer).map(|object| Self(object.into()))
    }
}

impl utoipa::PartialSchema for BundleRules {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Metadata::schema()
    }
}
impl utoipa::ToSchema for BundleRules {}
