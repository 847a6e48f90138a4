//! Numbers in bodies: amounts, quantities and percentages.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Number, Value};

use crate::payload::{at_least, at_most};

/// A whole number that is not negative: an amount in minor units, a quantity, a limit. `10.0` is 10.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match any_whole(deserializer)? {
        negative if negative < 0 => Err(at_least(0)),
        whole => Ok(whole),
    }
}

/// The same; null is what an absent key is.
pub(crate) fn whole_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    struct Whole(i64);
    impl<'de> Deserialize<'de> for Whole {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            whole(deserializer).map(Whole)
        }
    }
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|Whole(whole)| whole))
}

/// The same for quantities, which some shops send as texts.
pub(crate) fn quantity_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let quantity = match Option::<Value>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => any_whole(value).ok(),
    };
    match quantity {
        None => Err(de::Error::invalid_type(de::Unexpected::Other("something else"), &"integer")),
        Some(negative) if negative < 0 => Err(at_least(0)),
        Some(quantity) => Ok(Some(quantity)),
    }
}

fn any_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Visitor;
    impl de::Visitor<'_> for Visitor {
        type Value = i64;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("integer")
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(|_| at_most(i64::MAX))
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
            match Decimal::try_from(value).ok().filter(|value| value.fract().is_zero()).and_then(|value| value.to_i64())
            {
                Some(whole) => Ok(whole),
                None => Err(E::invalid_type(de::Unexpected::Float(value), &self)),
            }
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A percentage from 0 to 100, exactly as it was written, with up to [`Percentage::MAX_DECIMALS`] decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Percentage(Decimal);

impl Percentage {
    /// Further decimals are rounded away: they could not change an amount.
    pub const MAX_DECIMALS: u32 = 12;

    /// The nearest percentage.
    pub fn clamped(value: Decimal) -> Self {
        Self(value.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED).round_dp(Self::MAX_DECIMALS).normalize())
    }

    /// The number.
    pub const fn get(self) -> Decimal {
        self.0
    }
}

impl<'de> Deserialize<'de> for Percentage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        match decimal(&number) {
            Some(value) if value.is_sign_negative() && !value.is_zero() => Err(at_least(0)),
            Some(value) if value <= Decimal::ONE_HUNDRED => Ok(Self::clamped(value)),
            _ => Err(at_most(100)),
        }
    }
}

impl Serialize for Percentage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_i64().filter(|_| self.0.fract().is_zero()) {
            Some(whole) => serializer.serialize_i64(whole),
            // Through its text, which is what gives back the digits that were sent.
            None => serializer.serialize_f64(self.0.to_string().parse().map_err(serde::ser::Error::custom)?),
        }
    }
}

impl utoipa::PartialSchema for Percentage {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .minimum(Some(0))
            .maximum(Some(100))
            .into()
    }
}
impl utoipa::ToSchema for Percentage {}

/// A JSON number's digits as they were written; nothing for what has too many of them.
fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn percentages_keep_the_digits_that_were_sent() {
        for (sent, kept) in [
            (json!(20), json!(20)),
            (json!(20.0), json!(20)),
            (json!(33.33), json!(33.33)),
            (json!(0.1), json!(0.1)),
            (json!(1e-7), json!(1e-7)),
            (json!(-0.0), json!(0)),
            (json!(33.333333333333336), json!(33.333333333333)),
        ] {
            let percentage: Percentage = serde_json::from_value(sent.clone()).expect("a percentage");
            assert_eq!(serde_json::to_value(percentage).expect("json"), kept, "{sent}");
        }
        for refused in [json!(-1), json!(100.1), json!(1e300), json!("20"), json!(true)] {
            assert!(serde_json::from_value::<Percentage>(refused.clone()).is_err(), "{refused}");
        }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "quantity_or_none")]
        quantity: Option<i64>,
        #[serde(default, deserialize_with = "whole_or_none")]
        amount: Option<i64>,
    }

    #[test]
    fn quantities_may_be_texts_and_amounts_may_not() {
        for (sent, quantity, amount) in [
            (json!({}), None, None),
            (json!({"quantity": null, "amount": null}), None, None),
            (json!({"quantity": "3", "amount": 10.0}), Some(3), Some(10)),
            (json!({"quantity": 0, "amount": 0}), Some(0), Some(0)),
        ] {
            assert_eq!(serde_json::from_value::<Body>(sent).expect("a body"), Body { quantity, amount });
        }
        for sent in [
            json!({"quantity": "three"}),
            json!({"quantity": -1}),
            json!({"quantity": 1.5}),
            json!({"quantity": {}}),
            json!({"amount": "10"}),
            json!({"amount": -10}),
            json!({"amount": 10.5}),
            json!({"amount": 1e300}),
        ] {
            assert!(serde_json::from_value::<Body>(sent.clone()).is_err(), "{sent}");
        }
    }

    proptest! {
        #[test]
        fn a_percentage_survives_storage(hundredths in 0u32..=10_000, more in 0u32..100) {
            let percentage = Percentage::clamped(Decimal::new(i64::from(hundredths) * 100 + i64::from(more), 4));
            let stored = serde_json::to_string(&percentage).expect("json");
            prop_assert_eq!(serde_json::from_str::<Percentage>(&stored).expect("a percentage"), percentage);
        }
    }
}
