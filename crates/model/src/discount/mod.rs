//! What a coupon, referral code or promotion tier takes off an order.
//!
//! `docs/discounts.md` explains types, effects and limits. What they come to on an order is the
//! engine's to say.

mod parse;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::number::{Percentage, whole, whole_or_none};

/// A discount, as stored and as returned. Of what was sent, only the keys of its type are kept; null
/// counts as not sent, and what is not set is absent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum Discount {
    #[serde(rename = "AMOUNT")]
    Amount(AmountDiscount),
    #[serde(rename = "PERCENT")]
    Percent(PercentDiscount),
    #[serde(rename = "FIXED")]
    Fixed(FixedDiscount),
    #[serde(rename = "UNIT")]
    Unit(FreeUnits<UnitEffect>),
    /// The effect `ADD_MANY_ITEMS`.
    #[serde(rename = "UNIT")]
    Units(ManyUnits),
}

/// So much off. Amounts are minor units; formulas give main units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AmountDiscount {
    /// If absent, items if the validation rules restrict them, else the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<AmountEffect>,
    /// What counts if there is no formula or it gives no number.
    #[serde(deserialize_with = "whole")]
    pub amount_off: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_off_formula: Option<String>,
    /// The greatest discount over all lines.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub aggregated_amount_limit: Option<i64>,
    /// In results: whether a formula gave the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dynamic: Option<bool>,
}

/// So many percent off. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PercentDiscount {
    /// If absent, items if the validation rules restrict them, else the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<ValueEffect>,
    /// What counts if there is no formula or it gives no number.
    pub percent_off: Percentage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_off_formula: Option<String>,
    /// The greatest discount: of the order, or of each line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub amount_limit: Option<i64>,
    /// The greatest discount over all lines.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub aggregated_amount_limit: Option<i64>,
    /// In results: whether a formula gave the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dynamic: Option<bool>,
}

/// A new price: of the whole order, or of each unit. Amounts are minor units; formulas give main units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FixedDiscount {
    /// If absent, items if the validation rules restrict them, else the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<ValueEffect>,
    /// Not needed for items whose entry in `applicable_to` has a price.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub fixed_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_amount_formula: Option<String>,
    /// In results: whether a formula gave the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dynamic: Option<bool>,
}

/// Units of one product or SKU that are free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreeUnits<E> {
    /// `ADD_MISSING_ITEMS` if absent.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub effect: Option<E>,
    /// What counts if there is no formula or it gives no number.
    #[serde(deserialize_with = "whole")]
    pub unit_off: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_off_formula: Option<String>,
    /// The id of a product or SKU; for `ADD_SAME_ITEMS`, of a collection.
    pub unit_type: String,
    /// In results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<UnitProduct>,
    /// In results, if the unit is a SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<UnitSku>,
    /// In results: whether a formula gave the value. Absent within `units`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_dynamic: Option<bool>,
    /// Events and templates of campaigns show `units: null` where there is but one unit type.
    #[serde(default, rename = "units", skip_deserializing, skip_serializing_if = "NullUnits::is_absent")]
    #[schema(ignore)]
    pub null_units: NullUnits,
}

/// Units of several products and SKUs that are free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManyUnits {
    pub effect: ManyUnitsEffect,
    /// Applied in this order.
    pub units: Vec<FreeUnits<AddEffect>>,
}

/// What an amount is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AmountEffect {
    ApplyToOrder,
    /// The whole amount off each line.
    ApplyToItems,
    /// The whole amount off each unit.
    ApplyToItemsByQuantity,
    /// One amount, shared by the value of the lines.
    ApplyToItemsProportionally,
    /// One amount, shared by the number of units.
    ApplyToItemsProportionallyByQuantity,
}

/// What a percentage, a new price or the credits of a gift card are applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValueEffect {
    #[default]
    ApplyToOrder,
    ApplyToItems,
}

/// What a gift card pays for.
pub type GiftEffect = ValueEffect;

/// Where free units come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnitEffect {
    /// From the order, and added as far as it has too few.
    #[default]
    AddMissingItems,
    /// Always added.
    AddNewItems,
    /// Added of whatever the order has of a collection.
    AddSameItems,
    /// Instead of units of the order, which pay for them.
    ReplaceItems,
}

/// Where free units come from, if several unit types are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AddEffect {
    #[default]
    AddMissingItems,
    AddNewItems,
}

/// The constant effect of [`ManyUnits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ManyUnitsEffect {
    #[default]
    AddManyItems,
}

/// The short form of the product that is free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct UnitProduct {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The short form of the SKU that is free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct UnitSku {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
}

/// What was taken off a gift card, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GiftResult {
    /// Before.
    pub balance: i64,
    /// Spent.
    pub credits: i64,
}

/// What was taken off a loyalty card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyCardResult {
    pub points: i64,
}

/// Whether `units: null` is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NullUnits {
    #[default]
    Absent,
    Null,
}

impl NullUnits {
    fn is_absent(&self) -> bool {
        *self == NullUnits::Absent
    }
}

impl Serialize for NullUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// What percentages are taken of when several discounts are applied one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiscountCalculationMode {
    /// Of what is left to pay.
    #[default]
    DiscountedAmount,
    /// Of what there was to pay at first.
    InitialAmount,
}

/// Whether a line may be discounted by several redeemables of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductsApplicationMode {
    #[default]
    Stack,
    /// Only by the first one.
    Once,
}

/// Which kind of discount it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum DiscountType {
    Amount,
    Percent,
    Unit,
    Fixed,
}

impl Discount {
    /// Which kind of discount it is.
    pub const fn discount_type(&self) -> DiscountType {
        match self {
            Discount::Amount(_) => DiscountType::Amount,
            Discount::Percent(_) => DiscountType::Percent,
            Discount::Fixed(_) => DiscountType::Fixed,
            Discount::Unit(_) | Discount::Units(_) => DiscountType::Unit,
        }
    }

    /// Sets the effect that counts if none was chosen. `restricts_items`: whether the validation rules
    /// name items that are, or are not, discounted.
    pub fn fill_effect(&mut self, restricts_items: bool) {
        match self {
            Discount::Amount(discount) => {
                let default = if restricts_items { AmountEffect::ApplyToItems } else { AmountEffect::ApplyToOrder };
                discount.effect.get_or_insert(default);
            }
            Discount::Percent(PercentDiscount { effect, .. }) | Discount::Fixed(FixedDiscount { effect, .. }) => {
                effect.get_or_insert(if restricts_items {
                    ValueEffect::ApplyToItems
                } else {
                    ValueEffect::ApplyToOrder
                });
            }
            Discount::Unit(unit) => {
                unit.effect.get_or_insert_default();
            }
            Discount::Units(many) => {
                for unit in &mut many.units {
                    unit.effect.get_or_insert_default();
                }
            }
        }
    }

    /// The discount as it is stored: without what only results have.
    pub fn into_stored(mut self) -> Self {
        match &mut self {
            Discount::Amount(AmountDiscount { is_dynamic, .. })
            | Discount::Percent(PercentDiscount { is_dynamic, .. })
            | Discount::Fixed(FixedDiscount { is_dynamic, .. }) => *is_dynamic = None,
            Discount::Unit(unit) => unit.forget_results(),
            Discount::Units(many) => many.units.iter_mut().for_each(FreeUnits::forget_results),
        }
        self
    }

    /// The discount as events and templates of campaigns show it, with `units: null` on single unit
    /// discounts.
    pub fn with_null_units(mut self) -> Self {
        if let Discount::Unit(unit) = &mut self {
            unit.null_units = NullUnits::Null;
        }
        self
    }

    /// The products and SKUs that are free. A collection, from which `ADD_SAME_ITEMS` takes its units,
    /// is none of them.
    pub fn unit_types(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Discount::Unit(unit) if unit.effect != Some(UnitEffect::AddSameItems) => (Some(unit), &[][..]),
            Discount::Units(many) => (None, &many.units[..]),
            _ => (None, &[][..]),
        };
        one.map(|unit| unit.unit_type.as_str()).into_iter().chain(many.iter().map(|unit| unit.unit_type.as_str()))
    }

    /// Its formulas, with the key and, within `units`, the place of each.
    pub fn formulas(&self) -> impl Iterator<Item = (Option<usize>, &'static str, &str)> {
        let (key, formula, units) = match self {
            Discount::Amount(discount) => ("amount_off_formula", &discount.amount_off_formula, &[][..]),
            Discount::Percent(discount) => ("percent_off_formula", &discount.percent_off_formula, &[][..]),
            Discount::Fixed(discount) => ("fixed_amount_formula", &discount.fixed_amount_formula, &[][..]),
            Discount::Unit(unit) => ("unit_off_formula", &unit.unit_off_formula, &[][..]),
            Discount::Units(many) => ("unit_off_formula", &None, &many.units[..]),
        };
        let listed = units.iter().enumerate().filter_map(|(place, unit)| {
            unit.unit_off_formula.as_deref().map(|formula| (Some(place), "unit_off_formula", formula))
        });
        formula.as_deref().map(|formula| (None, key, formula)).into_iter().chain(listed)
    }
}

impl<E> FreeUnits<E> {
    fn forget_results(&mut self) {
        (self.product, self.sku, self.is_dynamic, self.null_units) = (None, None, None, NullUnits::Absent);
    }
}
