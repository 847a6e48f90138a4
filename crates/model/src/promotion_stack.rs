//! Promotion stacks: tiers of one promotion that are redeemed together, in an order of their own.
//! `docs/promotions.md` has the page for users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    campaign::SimpleCampaign,
    category::Category,
    error::{Path, Rule},
    ids::{CampaignId, CategoryId, PromotionStackId, PromotionTierId},
    promotion_tier::CampaignRef,
    texts::{MAX_TEXT, check_lengths},
};

/// The most tiers of one stack.
pub const MAX_TIERS: usize = 30;

/// A stack as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionStack {
    pub id: PromotionStackId,
    pub name: String,
    /// The promotion whose tiers it stacks; never changes.
    pub campaign_id: CampaignId,
    pub tiers: StackedTiers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// The tiers of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StackedTiers {
    /// The first is applied first.
    pub ids: Vec<PromotionTierId>,
    #[serde(default)]
    pub hierarchy_mode: HierarchyMode,
}

/// What decides about the order of a stack's tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HierarchyMode {
    /// The order of the ids.
    #[default]
    Manual,
}

/// A stack as returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StackAnswer {
    pub id: PromotionStackId,
    pub name: String,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub campaign_id: CampaignId,
    pub object: &'static str,
    pub tiers: StackedTiers,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
}

/// A stack inside of events about something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimpleStack {
    pub id: PromotionStackId,
    pub name: String,
    pub category_id: Option<CategoryId>,
    pub campaign: CampaignRef,
    pub tiers: StackedTiers,
}

impl PromotionStack {
    /// The stack as events about something else show it.
    pub fn simple(&self) -> SimpleStack {
        SimpleStack {
            id: self.id.clone(),
            name: self.name.clone(),
            category_id: self.category_id.clone(),
            campaign: CampaignRef { id: self.campaign_id.clone() },
            tiers: self.tiers.clone(),
        }
    }
}

/// The body of a new stack, which needs a name and tiers, or of an update.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StackInput {
    pub name: Option<String>,
    pub tiers: Option<StackedTiers>,
    /// A category by name; a new one is made.
    #[schema(value_type = Option<String>)]
    pub category: Patch<String>,
    #[schema(value_type = Option<String>)]
    pub category_id: Patch<String>,
}

/// What `campaign.promotion_stack.created` and `.updated` carry.
#[derive(Debug, Serialize)]
pub struct StackData<'a> {
    pub campaign: &'a SimpleCampaign,
    pub promotion_stack: &'a StackAnswer,
}

impl StackInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |path, rule| Err(Error::invalid_payload(path, rule));
        if self.name.as_ref().is_some_and(String::is_empty) {
            return refuse(Path::of("name"), Rule::MinLength(1));
        }
        check_lengths([
            (Path::of("name"), self.name.as_ref(), MAX_TEXT),
            (Path::of("category"), self.category.as_value(), MAX_TEXT),
        ])?;
        let Some(StackedTiers { ids, .. }) = &self.tiers else { return Ok(()) };
        let path = Path::of("tiers").key("ids");
        match ids.len() {
            0 => return refuse(path, Rule::MinItems(1)),
            length if length > MAX_TIERS => return refuse(path, Rule::MaxItems(MAX_TIERS)),
            _ => {}
        }
        match (1..ids.len()).find(|place| ids[..*place].contains(&ids[*place])) {
            Some(place) => refuse(path.index(place), Rule::Other("cannot be in the stack twice".into())),
            None => Ok(()),
        }
    }

    /// The name and the tiers of a new stack.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check_new(&self) -> Result<(&str, &StackedTiers), Error> {
        let missing = |key: &str| Error::invalid_payload(Path::root(), Rule::Required(key.into()));
        let name = self.name.as_deref().ok_or_else(|| missing("name"))?;
        let tiers = self.tiers.as_ref().ok_or_else(|| missing("tiers"))?;
        self.check()?;
        Ok((name, tiers))
    }
}

impl PromotionStack {
    /// The stack as it is returned.
    pub fn answer(&self, category: Option<&Category>) -> StackAnswer {
        StackAnswer {
            id: self.id.clone(),
            name: self.name.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            campaign_id: self.campaign_id.clone(),
            object: "promotion_stack",
            tiers: self.tiers.clone(),
            category_id: self.category_id.clone(),
            categories: category.cloned().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{error::Dialect, payload};

    #[test]
    fn a_stack_has_one_to_thirty_different_tiers() {
        let ids = |count: usize| (0..count).map(|number| format!("promo_{number}")).collect::<Vec<_>>();
        for (tiers, expected) in [
            (json!({"ids": ids(1)}), None),
            (json!({"ids": ids(30), "hierarchy_mode": "MANUAL"}), None),
            (json!({"ids": []}), Some("Property .tiers.ids should NOT have fewer than 1 items")),
            (json!({"ids": ids(31)}), Some("Property .tiers.ids should NOT have more than 30 items")),
            (json!({"ids": ["a", "b", "a"]}), Some("Property .tiers.ids[2] cannot be in the stack twice")),
            (json!({}), Some("Property .tiers should have required property 'ids'")),
            (json!({"ids": "promo_1"}), Some("Property .tiers.ids should be array")),
            (
                json!({"ids": ids(1), "hierarchy_mode": "AUTO"}),
                Some("Property .tiers.hierarchy_mode should be equal to one of the allowed values [ MANUAL ]"),
            ),
            (Value::Null, Some("Payload should have required property 'tiers'")),
        ] {
            let body = json!({"name": "Stack", "tiers": tiers});
            let found = payload::from_value::<StackInput>(body)
                .and_then(|input| input.check_new().map(drop))
                .map_err(|error| error.describe(Dialect::Should).details.unwrap_or_default());
            assert_eq!(found.err().as_deref(), expected, "{tiers}");
        }
    }
}
