//! Stacking rules: how a project's redeemables can be combined.
//!
//! A project has one set of them, or the defaults. `docs/stacking.md` explains what they do; the engine
//! carries them out.

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    category::StackingRulesType,
    discount::{DiscountCalculationMode, ProductsApplicationMode},
    error::{Path, Rule},
    ids::{CategoryId, StackingRulesId},
    patch::Expected,
};

/// What every setting of one kind looks like. `shown` ones are part of answers about redeemables, `if_set`
/// ones only while they are set, `managed` ones never; the management API shows all of them.
macro_rules! settings {
    (
        shown { $($(#[doc = $shown_doc:literal])* $shown:ident: $shown_type:ty = $shown_default:expr;)* }
        if_set { $($(#[doc = $if_set_doc:literal])* $if_set:ident: $if_set_type:ty;)* }
        managed { $($(#[doc = $managed_doc:literal])* $managed:ident: $managed_type:ty = $managed_default:expr;)* }
    ) => {
        /// All settings, as stored and as the management API shows them.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(default)]
        pub struct StackingRules {
            /// Absent for the defaults.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<StackingRulesId>,
            $($(#[doc = $shown_doc])* pub $shown: $shown_type,)*
            $($(#[doc = $if_set_doc])* pub $if_set: Option<$if_set_type>,)*
            $($(#[doc = $managed_doc])* pub $managed: $managed_type,)*
            /// Absent for the defaults.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub created_at: Option<Timestamp>,
            /// Absent until the first change.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub updated_at: Option<Timestamp>,
        }

        impl Default for StackingRules {
            fn default() -> Self {
                Self {
                    id: None,
                    $($shown: $shown_default,)*
                    $($if_set: None,)*
                    $($managed: $managed_default,)*
                    created_at: None,
                    updated_at: None,
                }
            }
        }

        /// The settings as answers about redeemables show them.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
        pub struct PublicStackingRules {
            $($(#[doc = $shown_doc])* pub $shown: $shown_type,)*
            $(
                $(#[doc = $if_set_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $if_set: Option<$if_set_type>,
            )*
        }

        impl From<&StackingRules> for PublicStackingRules {
            fn from(rules: &StackingRules) -> Self {
                Self { $($shown: rules.$shown.clone(),)* $($if_set: rules.$if_set,)* }
            }
        }

        /// What is sent to create or change stacking rules. A list that is sent replaces the stored one whole;
        /// null sets the default.
        #[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
        #[serde(default)]
        pub struct StackingRulesInput {
            $(#[schema(value_type = Option<$shown_type>)] pub $shown: Patch<$shown_type>,)*
            $(#[schema(value_type = Option<$if_set_type>)] pub $if_set: Patch<$if_set_type>,)*
            $(#[schema(value_type = Option<$managed_type>)] pub $managed: Patch<$managed_type>,)*
        }

        impl StackingRulesInput {
            fn merge_into(&self, rules: &mut StackingRules) {
                $(replace(&self.$shown, &mut rules.$shown, || $shown_default);)*
                $(self.$if_set.apply_to(&mut rules.$if_set);)*
                $(replace(&self.$managed, &mut rules.$managed, || $managed_default);)*
            }
        }
    };
}

settings! {
    shown {
        /// How many redeemables a request may have.
        redeemables_limit: i64 = MAX_REDEEMABLES;
        /// How many are applied.
        applicable_redeemables_limit: i64 = 5;
        /// How many are applied of a category, instead of `applicable_redeemables_per_category_limit`.
        applicable_redeemables_category_limits: IndexMap<CategoryId, i64> = IndexMap::new();
        /// How many exclusive ones are applied.
        applicable_exclusive_redeemables_limit: i64 = 1;
        /// Categories that can be combined with each other and with joint ones only.
        exclusive_categories: Vec<CategoryId> = Vec::new();
        /// Categories that can be combined with all others.
        joint_categories: Vec<CategoryId> = Vec::new();
        redeemables_application_mode: ApplicationMode = ApplicationMode::default();
        redeemables_sorting_rule: SortingRule = SortingRule::default();
        grouped_redeemables_sorting_rule: GroupedSortingRule = GroupedSortingRule::default();
        redeemables_products_application_mode: ProductsApplicationMode = ProductsApplicationMode::default();
        redeemables_no_effect_rule: NoEffectRule = NoEffectRule::default();
        /// Categories for which `redeemables_no_effect_rule` is `SKIP`, whatever it is for others.
        no_effect_skip_categories: Vec<CategoryId> = Vec::new();
        /// Categories for which `redeemables_no_effect_rule` is `REDEEM_ANYWAY`, whatever it is for others.
        no_effect_redeem_anyway_categories: Vec<CategoryId> = Vec::new();
        redeemables_rollback_order_mode: RollbackOrderMode = RollbackOrderMode::default();
    }
    if_set {
        /// How many are applied of each category; no limit if null or absent.
        applicable_redeemables_per_category_limit: i64;
        /// How many exclusive ones are applied of each category; no limit if null or absent.
        applicable_exclusive_redeemables_per_category_limit: i64;
    }
    managed {
        discount_calculation_mode: DiscountCalculationMode = DiscountCalculationMode::default();
        /// Categories for which `discount_calculation_mode` is `INITIAL_AMOUNT`, whatever it is for others.
        initial_amount_mode_categories: Vec<CategoryId> = Vec::new();
        /// Categories for which `discount_calculation_mode` is `DISCOUNTED_AMOUNT`, whatever it is for others.
        discounted_amount_mode_categories: Vec<CategoryId> = Vec::new();
    }
}

/// No request has more redeemables.
pub const MAX_REDEEMABLES: i64 = 30;
/// No more exclusive redeemables are applied.
pub const MAX_EXCLUSIVE: i64 = 5;

/// What becomes of a request with a redeemable that can't be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationMode {
    /// Nothing is applied.
    #[default]
    All,
    /// The others are applied.
    Partial,
}

/// In which order redeemables are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SortingRule {
    /// As the request has them.
    #[default]
    RequestedOrder,
    /// By the hierarchy of their categories, the lowest first.
    CategoryHierarchy,
}

/// Where joint redeemables come when there are exclusive ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupedSortingRule {
    /// After them.
    #[default]
    JointAlwaysLast,
    /// Wherever the sorting rule puts them.
    SortingRule,
}

/// What becomes of a redeemable that would change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoEffectRule {
    /// It is redeemed.
    #[default]
    RedeemAnyway,
    /// It is passed over.
    Skip,
}

/// What a rollback gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RollbackOrderMode {
    /// The redeemable and the order's discount.
    #[default]
    WithOrder,
    /// The redeemable only.
    WithoutOrder,
}

impl StackingRules {
    /// With what redeemables of this category can be combined; `None` if with each other and joint ones.
    pub fn type_of(&self, category: Option<&CategoryId>) -> Option<StackingRulesType> {
        let category = category?;
        match () {
            // Whoever says both is taken by the stricter word.
            () if self.exclusive_categories.contains(category) => Some(StackingRulesType::Exclusive),
            () if self.joint_categories.contains(category) => Some(StackingRulesType::Joint),
            () => None,
        }
    }

    /// How many redeemables of this category are applied; `None` if that is not limited.
    pub fn category_limit(&self, category: &CategoryId) -> Option<i64> {
        let own = self.applicable_redeemables_category_limits.get(category).copied();
        own.or(self.applicable_redeemables_per_category_limit)
    }

    /// What becomes of a redeemable of this category that would change nothing.
    pub fn no_effect_rule(&self, category: Option<&CategoryId>) -> NoEffectRule {
        let is_in = |categories: &[CategoryId]| category.is_some_and(|category| categories.contains(category));
        match () {
            () if is_in(&self.no_effect_skip_categories) => NoEffectRule::Skip,
            () if is_in(&self.no_effect_redeem_anyway_categories) => NoEffectRule::RedeemAnyway,
            () => self.redeemables_no_effect_rule,
        }
    }

    /// What percentages of this category's redeemables are taken of.
    pub fn calculation_mode(&self, category: Option<&CategoryId>) -> DiscountCalculationMode {
        let is_in = |categories: &[CategoryId]| category.is_some_and(|category| categories.contains(category));
        match () {
            () if is_in(&self.initial_amount_mode_categories) => DiscountCalculationMode::InitialAmount,
            () if is_in(&self.discounted_amount_mode_categories) => DiscountCalculationMode::DiscountedAmount,
            () => self.discount_calculation_mode,
        }
    }

    /// Whether any setting names this category.
    pub fn names(&self, category: &CategoryId) -> bool {
        self.applicable_redeemables_category_limits.contains_key(category)
            || self.lists().iter().any(|(_, categories)| categories.contains(category))
    }

    /// Takes a category out of every setting.
    pub fn forget(&mut self, category: &CategoryId) {
        self.applicable_redeemables_category_limits.shift_remove(category);
        for categories in [
            &mut self.exclusive_categories,
            &mut self.joint_categories,
            &mut self.no_effect_skip_categories,
            &mut self.no_effect_redeem_anyway_categories,
            &mut self.initial_amount_mode_categories,
            &mut self.discounted_amount_mode_categories,
        ] {
            categories.retain(|known| known != category);
        }
    }

    /// Every list of categories, by its name.
    fn lists(&self) -> [(&'static str, &[CategoryId]); 6] {
        [
            ("exclusive_categories", &self.exclusive_categories),
            ("joint_categories", &self.joint_categories),
            ("no_effect_skip_categories", &self.no_effect_skip_categories),
            ("no_effect_redeem_anyway_categories", &self.no_effect_redeem_anyway_categories),
            ("initial_amount_mode_categories", &self.initial_amount_mode_categories),
            ("discounted_amount_mode_categories", &self.discounted_amount_mode_categories),
        ]
    }

    /// Whether a request may have so many redeemables.
    ///
    /// # Errors
    /// `invalid_redeemables`.
    pub fn admit(&self, redeemables: usize) -> Result<(), Error> {
        let max = self.redeemables_limit;
        match i64::try_from(redeemables).is_ok_and(|redeemables| redeemables <= max) {
            true => Ok(()),
            false => {
                Err(Error::InvalidRedeemables { details: format!("Number of redeemables cannot be higher than {max}") })
            }
        }
    }

    /// Numbers with their least and greatest values.
    fn bounds(&self) -> [(&'static str, Option<i64>, i64); 5] {
        [
            ("redeemables_limit", Some(self.redeemables_limit), MAX_REDEEMABLES),
            ("applicable_redeemables_limit", Some(self.applicable_redeemables_limit), MAX_REDEEMABLES),
            (
                "applicable_redeemables_per_category_limit",
                self.applicable_redeemables_per_category_limit,
                MAX_REDEEMABLES,
            ),
            (
                "applicable_exclusive_redeemables_limit",
                Some(self.applicable_exclusive_redeemables_limit),
                MAX_EXCLUSIVE,
            ),
            (
                "applicable_exclusive_redeemables_per_category_limit",
                self.applicable_exclusive_redeemables_per_category_limit,
                MAX_REDEEMABLES,
            ),
        ]
    }

    fn check(&self) -> Result<(), Error> {
        let of_fields = self.bounds().into_iter().map(|(key, limit, max)| (Path::of(key), limit, max));
        let map = Path::of("applicable_redeemables_category_limits");
        let of_categories = self.applicable_redeemables_category_limits.iter();
        let of_categories =
            of_categories.map(|(id, limit)| (map.clone().key(id.as_str()), Some(*limit), MAX_REDEEMABLES));
        for (path, limit, max) in of_fields.chain(of_categories) {
            check_bounds(path, limit, max)?;
        }
        let skipped = &self.no_effect_skip_categories;
        match self.no_effect_redeem_anyway_categories.iter().position(|category| skipped.contains(category)) {
            None => Ok(()),
            Some(index) => {
                let path = Path::of("no_effect_redeem_anyway_categories").index(index);
                Err(Error::invalid_payload(path, Rule::Other("cannot be in no_effect_skip_categories, too".into())))
            }
        }
    }
}

fn check_bounds(path: Path, limit: Option<i64>, max: i64) -> Result<(), Error> {
    match limit {
        Some(limit) if limit < 1 => Err(Error::invalid_payload(path, Rule::AtLeast(1))),
        Some(limit) if limit > max => Err(Error::invalid_payload(path, Rule::AtMost(max))),
        _ => Ok(()),
    }
}

impl StackingRulesInput {
    /// The rules that a creation makes: the defaults with what was sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn create(&self, id: StackingRulesId, created_at: Timestamp) -> Result<StackingRules, Error> {
        let mut rules = StackingRules { id: Some(id), created_at: Some(created_at), ..StackingRules::default() };
        self.apply_to(&mut rules)?;
        Ok(rules)
    }

    /// Changes the settings that were sent. `updated_at` is the caller's. A refused body changes nothing.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn apply_to(&self, rules: &mut StackingRules) -> Result<(), Error> {
        let mut changed = rules.clone();
        self.merge_into(&mut changed);
        changed.check()?;
        // A lower limit of requests makes the other one meaningless, not wrong: it is no reason to refuse a
        // body that does not mention it.
        if let Patch::Value(limit) = self.applicable_redeemables_limit {
            check_bounds(Path::of("applicable_redeemables_limit"), Some(limit), changed.redeemables_limit)?;
        }
        *rules = changed;
        Ok(())
    }
}

fn replace<T: Clone>(sent: &Patch<T>, stored: &mut T, default: impl Fn() -> T) {
    match sent {
        Patch::Absent => {}
        Patch::Null => *stored = default(),
        Patch::Value(value) => stored.clone_from(value),
    }
}

macro_rules! expected {
    ($($type:ty = $name:literal;)*) => {$(
        impl Expected for $type {
            const NAME: &'static str = $name;
        }
    )*};
}

expected! {
    Vec<CategoryId> = "array";
    IndexMap<CategoryId, i64> = "object";
    ApplicationMode = "string";
    SortingRule = "string";
    GroupedSortingRule = "string";
    ProductsApplicationMode = "string";
    NoEffectRule = "string";
    RollbackOrderMode = "string";
    DiscountCalculationMode = "string";
}
