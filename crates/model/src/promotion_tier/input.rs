//! What a client sends about promotion tiers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TierAction;
use crate::{
    Error, Patch,
    error::{Path, Rule},
    metadata::Metadata,
    payload::joined,
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
    validation_rule::MAX_ASSIGNMENTS,
    validity::TimeLimitsInput,
};

/// The most tiers that come with a new promotion.
const MAX_TIERS: usize = 1_000;
/// The last place of a tier.
const MAX_HIERARCHY: i64 = 1_000_000_000;

/// The tiers of a new promotion.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TiersInput {
    pub tiers: Option<Vec<TierInput>>,
}

/// The body of a new tier.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct TierInput {
    #[serde(flatten)]
    pub origin: TierOrigin,
    #[serde(flatten)]
    pub settings: TierSettings,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(TierInput { origin, settings, limits });

/// What an update can't change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TierOrigin {
    /// True if it is left out.
    pub active: Option<bool>,
    /// The ids of validation rules.
    pub validation_rules: Option<Vec<String>>,
}

/// The body of an update; other keys are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct TierUpdate {
    #[serde(flatten)]
    pub settings: TierSettings,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(TierUpdate { settings, limits });

/// What can be changed of any tier, and is part of a new one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TierSettings {
    /// A new tier needs one.
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub banner: Patch<String>,
    /// A new tier needs one.
    pub action: Option<TierAction>,
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
    /// The lowest is applied first. A new tier without one comes last.
    #[schema(value_type = Option<i64>)]
    pub hierarchy: Patch<i64>,
    /// A category by name; a new one is made.
    #[schema(value_type = Option<String>)]
    pub category: Patch<String>,
    #[schema(value_type = Option<String>)]
    pub category_id: Patch<String>,
}

impl TierSettings {
    /// The first text or number that is out of bounds.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        if self.name.as_ref().is_some_and(String::is_empty) {
            return Err(Error::invalid_payload(Path::of("name"), Rule::MinLength(1)));
        }
        check_lengths([
            (Path::of("name"), self.name.as_ref(), MAX_TEXT),
            (Path::of("banner"), self.banner.as_value(), MAX_DESCRIPTION),
            (Path::of("category"), self.category.as_value(), MAX_TEXT),
        ])?;
        match self.hierarchy.as_value() {
            Some(..0) => Err(Error::invalid_payload(Path::of("hierarchy"), Rule::AtLeast(0))),
            Some(hierarchy) if *hierarchy > MAX_HIERARCHY => {
                Err(Error::invalid_payload(Path::of("hierarchy"), Rule::AtMost(MAX_HIERARCHY)))
            }
            _ => Ok(()),
        }
    }
}

impl TierInput {
    /// The name and the action of a new tier, if its own values are in order.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(&str, &TierAction), Error> {
        let missing = |key: &str| Error::invalid_payload(Path::root(), Rule::Required(key.into()));
        let name = self.settings.name.as_deref().ok_or_else(|| missing("name"))?;
        let action = self.settings.action.as_ref().ok_or_else(|| missing("action"))?;
        self.settings.check()?;
        if self.origin.validation_rules.as_ref().is_some_and(|rules| rules.len() > MAX_ASSIGNMENTS) {
            return Err(Error::invalid_payload(Path::of("validation_rules"), Rule::MaxItems(MAX_ASSIGNMENTS)));
        }
        Ok((name, action))
    }
}

impl TiersInput {
    /// Each tier with its place in the body.
    ///
    /// # Errors
    /// `invalid_payload` if one of them is not in order, or if there are too many.
    pub fn check(&self) -> Result<Vec<(Path, &TierInput)>, Error> {
        let path = || Path::of("promotion").key("tiers");
        let tiers = self.tiers.as_deref().unwrap_or_default();
        if tiers.len() > MAX_TIERS {
            return Err(Error::invalid_payload(path(), Rule::MaxItems(MAX_TIERS)));
        }
        let placed = tiers.iter().enumerate().map(|(index, tier)| {
            let path = path().index(index);
            tier.check().map_err(|error| error.within(&path))?;
            Ok((path, tier))
        });
        placed.collect()
    }
}
