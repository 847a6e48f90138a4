//! Reads a discount: its `type`, and for free units its effect, say which keys it has.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use super::{Discount, DiscountType, FixedDiscount, ValueEffect};
use crate::payload;

impl<'de> Deserialize<'de> for Discount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(rename = "type")]
            discount_type: DiscountType,
        }
        /// Every effect of the type, for the refusal of any other.
        #[derive(Deserialize, PartialEq)]
        enum AnyUnitEffect {
            #[serde(rename = "ADD_MISSING_ITEMS")]
            Missing,
            #[serde(rename = "ADD_NEW_ITEMS")]
            New,
            #[serde(rename = "ADD_MANY_ITEMS")]
            Many,
            #[serde(rename = "ADD_SAME_ITEMS")]
            Same,
            #[serde(rename = "REPLACE_ITEMS")]
            Replace,
        }
        #[derive(Deserialize)]
        struct UnitHead {
            #[serde(default)]
            effect: Option<AnyUnitEffect>,
        }

        let mut json = Map::<String, Value>::deserialize(deserializer)?;
        json.retain(|_, value| !value.is_null());
        match payload::part::<Head, _>(&json)?.discount_type {
            DiscountType::Amount => payload::part(&json).map(Discount::Amount),
            DiscountType::Percent => payload::part(&json).map(Discount::Percent),
            DiscountType::Fixed => payload::part(&json).and_then(priced).map(Discount::Fixed),
            DiscountType::Unit if payload::part::<UnitHead, _>(&json)?.effect == Some(AnyUnitEffect::Many) => {
                payload::part(&json).map(Discount::Units)
            }
            DiscountType::Unit => payload::part(&json).map(Discount::Unit),
        }
    }
}

/// A new price of the whole order has to be somewhere.
fn priced<E: de::Error>(discount: FixedDiscount) -> Result<FixedDiscount, E> {
    let is_priced = discount.fixed_amount.is_some() || discount.fixed_amount_formula.is_some();
    match discount.effect {
        Some(ValueEffect::ApplyToOrder) if !is_priced => Err(E::missing_field("fixed_amount")),
        _ => Ok(discount),
    }
}
