//! Categories: what coupons, gift cards, campaigns and promotion tiers are sorted into, so that
//! stacking rules can treat them differently. `docs/stacking.md` explains what they are for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    error::{Path, Rule},
    ids::CategoryId,
    stacking_rules::StackingRules,
    texts::{MAX_TEXT, check_lengths},
};

/// A category, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    pub id: CategoryId,
    /// Not necessarily unique.
    pub name: String,
    /// Where categories decide about the order of application, the lowest comes first; 0 is the least.
    pub hierarchy: i64,
    pub created_at: Timestamp,
    /// Absent until the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Only in answers about redeemables; absent there for categories that the stacking rules don't
    /// name. Never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacking_rules_type: Option<StackingRulesType>,
    #[serde(default = "category_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// What is sent to create or change a category: all of it, each time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CategoryInput {
    pub name: String,
    /// 0 or more.
    pub hierarchy: i64,
}

impl CategoryInput {
    /// Refuses a name that is empty or too long, and a negative hierarchy.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        if self.name.is_empty() {
            return Err(Error::invalid_payload(Path::of("name"), Rule::MinLength(1)));
        }
        check_lengths([(Path::of("name"), Some(&self.name), MAX_TEXT)])?;
        if self.hierarchy < 0 {
            return Err(Error::invalid_payload(Path::of("hierarchy"), Rule::AtLeast(0)));
        }
        Ok(())
    }
}

/// The constant `object` of a category.
fn category_object() -> Cow<'static, str> {
    Cow::Borrowed("category")
}

/// With what the redeemables of a category can be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StackingRulesType {
    /// With each other and with joint ones only.
    Exclusive,
    /// With everything.
    Joint,
}

impl Category {
    /// What counts for redeemables without a category.
    pub const DEFAULT_HIERARCHY: i64 = 1;

    /// A category that was never changed.
    pub fn new(id: CategoryId, name: String, hierarchy: i64, created_at: Timestamp) -> Self {
        Self { id, name, hierarchy, created_at, updated_at: None, stacking_rules_type: None, object: category_object() }
    }

    /// The category as answers about redeemables show it.
    pub fn in_answer(&self, rules: &StackingRules) -> Self {
        Self { stacking_rules_type: rules.type_of(Some(&self.id)), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_about_redeemables_say_how_a_category_stacks() {
        let rules = StackingRules {
            exclusive_categories: vec!["cat_vip".into()],
            joint_categories: vec!["cat_shipping".into()],
            ..StackingRules::default()
        };
        for (id, stacking_rules_type) in
            [("cat_vip", json!("EXCLUSIVE")), ("cat_shipping", json!("JOINT")), ("cat_1", json!(null))]
        {
            let category = Category::new(id.into(), "Name".into(), 8, Timestamp::default());
            let plain = json!({"id": id, "name": "Name", "hierarchy": 8, "created_at": "1970-01-01T00:00:00.000Z",
                               "object": "category"});
            assert_eq!(json!(category), plain);
            let mut expected = plain;
            if !stacking_rules_type.is_null() {
                expected["stacking_rules_type"] = stacking_rules_type;
            }
            assert_eq!(json!(category.in_answer(&rules)), expected);
        }
    }
}
