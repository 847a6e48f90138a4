//! What a client sends about vouchers.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ExpirationRules, GiftCard, LoyaltyCard, VoucherType, VoucherValue};
use crate::{
    Error, Patch,
    code_config::CodeConfigInput,
    discount::{Discount, ValueEffect},
    error::Path,
    metadata::Metadata,
    number::whole,
    patch::Expected,
    payload::joined,
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
    validity::TimeLimitsInput,
};

/// What vouchers are worth: the key that fits the type counts, the others are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValueInput {
    #[serde(rename = "type")]
    pub voucher_type: Option<VoucherType>,
    pub discount: Option<Discount>,
    pub gift: Option<GiftInput>,
    pub loyalty_card: Option<LoyaltyCardInput>,
}

/// The credits of a gift card, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GiftInput {
    #[serde(deserialize_with = "whole")]
    pub amount: i64,
    #[serde(default)]
    pub effect: Option<ValueEffect>,
}

/// The points of a loyalty card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyCardInput {
    #[serde(deserialize_with = "whole")]
    pub points: i64,
    #[serde(default)]
    pub expiration_rules: Option<ExpirationRules>,
}

/// The key that a value of this type needs is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingValue(pub &'static str);

impl ValueInput {
    /// The value of that type.
    ///
    /// # Errors
    /// [`MissingValue`].
    pub fn of_type(self, voucher_type: VoucherType) -> Result<VoucherValue, MissingValue> {
        let value = match voucher_type {
            VoucherType::DiscountVoucher => {
                self.discount.map(|discount| VoucherValue::Discount { discount: discount.into_stored() })
            }
            VoucherType::GiftVoucher => self.gift.map(|GiftInput { amount, effect }| VoucherValue::Gift {
                gift: GiftCard { amount, effect, ..GiftCard::default() },
            }),
            VoucherType::LoyaltyCard => {
                self.loyalty_card.map(|LoyaltyCardInput { points, expiration_rules }| VoucherValue::Loyalty {
                    loyalty_card: LoyaltyCard { points, expiration_rules, ..LoyaltyCard::default() },
                })
            }
        };
        value.ok_or(MissingValue(voucher_type.value_key()))
    }
}

impl From<&VoucherValue> for ValueInput {
    fn from(value: &VoucherValue) -> Self {
        let of_type = Self { voucher_type: Some(value.voucher_type()), ..Self::default() };
        match value.clone() {
            VoucherValue::Discount { discount } => Self { discount: Some(discount), ..of_type },
            VoucherValue::Gift { gift: GiftCard { amount, effect, .. } } => {
                Self { gift: Some(GiftInput { amount, effect }), ..of_type }
            }
            VoucherValue::Loyalty { loyalty_card: LoyaltyCard { points, expiration_rules, .. } } => {
                Self { loyalty_card: Some(LoyaltyCardInput { points, expiration_rules }), ..of_type }
            }
        }
    }
}

/// How often something may be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct QuantityInput {
    /// Without limit if null.
    #[serde(default, deserialize_with = "quantity")]
    pub quantity: Option<i64>,
}

/// A whole number or null, and a refusal in the documented words.
fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        number @ Value::Number(_) => whole(number).map(Some).map_err(de::Error::custom),
        _ => Err(de::Error::invalid_type(de::Unexpected::Other("something else"), &"number,null")),
    }
}

impl Expected for QuantityInput {
    const NAME: &'static str = "object";
}
impl Expected for Discount {
    const NAME: &'static str = "object";
}

/// The body of a new voucher.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct VoucherInput {
    #[serde(flatten)]
    pub value: ValueInput,
    #[serde(flatten)]
    pub origin: OriginInput,
    #[serde(flatten)]
    pub attributes: VoucherAttributes,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(VoucherInput { value, origin, attributes, limits });

/// Where a new voucher comes from, and what can't be changed later.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OriginInput {
    /// Made by `code_config` if it is left out.
    pub code: Option<String>,
    pub code_config: Option<CodeConfigInput>,
    /// The name or id of the campaign that it joins.
    pub campaign: Option<String>,
    pub campaign_id: Option<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<QuantityInput>)]
    pub redemption: Patch<QuantityInput>,
    /// The ids of validation rules.
    pub validation_rules: Option<Vec<String>>,
}

/// The body of an update.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct VoucherUpdate {
    #[serde(flatten)]
    pub value: ValueUpdate,
    #[serde(flatten)]
    pub attributes: VoucherAttributes,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(VoucherUpdate { value, attributes, limits });

/// What can be changed of a voucher's worth: the discount, but not its type, and what a gift card pays for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ValueUpdate {
    /// As it was sent: an update can't change its type.
    #[schema(value_type = Option<Discount>)]
    pub discount: Option<Value>,
    pub gift: Option<GiftUpdate>,
}

/// The rest of a gift card can't be changed this way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GiftUpdate {
    #[schema(value_type = Option<ValueEffect>)]
    pub effect: Patch<ValueEffect>,
}

impl Expected for ValueEffect {
    const NAME: &'static str = "string";
}

/// What can be changed of any voucher, and is part of a new one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct VoucherAttributes {
    /// A category by name; a new one is made.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>)]
    pub category: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>)]
    pub category_id: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<bool>)]
    pub active: Patch<bool>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>)]
    pub additional_info: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
}

impl VoucherAttributes {
    /// The first text that is too long.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("category"), self.category.as_value(), MAX_TEXT),
            (Path::of("additional_info"), self.additional_info.as_value(), MAX_DESCRIPTION),
        ])
    }
}
