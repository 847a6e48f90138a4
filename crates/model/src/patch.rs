//! Absent, null and a value are three different things in an update.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One field of an update body: leave it, unset it, or set it. See `docs/updates.md`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The key is not in the body: the stored value stays.
    #[default]
    Absent,
    /// The key is there with `null`: the stored value goes.
    Null,
    /// The key is there with a value: it replaces the stored one.
    Value(T),
}

impl<T> Patch<T> {
    /// Whether the body left this field out.
    pub fn is_absent(&self) -> bool {
        matches!(self, Patch::Absent)
    }

    /// The value that was sent, if one was.
    pub fn as_value(&self) -> Option<&T> {
        match self {
            Patch::Value(value) => Some(value),
            Patch::Absent | Patch::Null => None,
        }
    }
}

impl<T: Clone> Patch<T> {
    /// Applies this field to an optional attribute.
    pub fn apply_to(&self, target: &mut Option<T>) {
        match self {
            Patch::Absent => {}
            Patch::Null => *target = None,
            Patch::Value(value) => *target = Some(value.clone()),
        }
    }

    /// Applies this field to an attribute that is empty when it is unset.
    pub fn apply_or_reset(&self, target: &mut T)
    where
        T: Default,
    {
        match self {
            Patch::Absent => {}
            Patch::Null => *target = T::default(),
            Patch::Value(value) => *target = value.clone(),
        }
    }
}

/// For fields that are echoed as they were sent: skip absent ones with [`Patch::is_absent`].
impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_value().serialize(serializer)
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Patch::Absent, Patch::Value)
    }
}

/// What a patched field may hold, for the refusal of anything else: "should be string,null".
pub trait Expected {
    /// The JSON type's name.
    const NAME: &'static str;
}

impl Expected for String {
    const NAME: &'static str = "string";
}
impl Expected for bool {
    const NAME: &'static str = "boolean";
}
impl Expected for i64 {
    const NAME: &'static str = "integer";
}
impl Expected for crate::Date {
    const NAME: &'static str = "string";
}
impl Expected for Vec<String> {
    const NAME: &'static str = "array";
}
impl Expected for crate::customer::AddressPatch {
    const NAME: &'static str = "object";
}
impl Expected for crate::metadata::Metadata {
    const NAME: &'static str = "object";
}

impl<'de, T: Deserialize<'de> + Expected> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

struct Visitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Expected> de::Visitor<'de> for Visitor<T> {
    type Value = Patch<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{},null", T::NAME)
    }
    fn visit_unit<E: de::Error>(self) -> Result<Patch<T>, E> {
        Ok(Patch::Null)
    }
    fn visit_none<E: de::Error>(self) -> Result<Patch<T>, E> {
        Ok(Patch::Null)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Patch<T>, E> {
        if T::NAME != "string" {
            return Err(E::invalid_type(de::Unexpected::Str(text), &self));
        }
        T::deserialize(de::value::StrDeserializer::new(text)).map(Patch::Value)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Patch<T>, E> {
        if T::NAME != "boolean" {
            return Err(E::invalid_type(de::Unexpected::Bool(value), &self));
        }
        T::deserialize(de::value::BoolDeserializer::new(value)).map(Patch::Value)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Patch<T>, E> {
        if T::NAME != "integer" {
            return Err(E::invalid_type(de::Unexpected::Signed(number), &self));
        }
        T::deserialize(de::value::I64Deserializer::new(number)).map(Patch::Value)
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Patch<T>, E> {
        // What does not fit is refused for its size, not for its type.
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Patch<T>, E> {
        /// Above this, doubles are no longer exact.
        const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
        match number.fract() == 0.0 && number.abs() < MAX_EXACT {
            true => self.visit_i64(number as i64),
            false => Err(E::invalid_type(de::Unexpected::Float(number), &self)),
        }
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Patch<T>, A::Error> {
        if T::NAME != "array" {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
        }
        T::deserialize(de::value::SeqAccessDeserializer::new(items)).map(Patch::Value)
    }
    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Patch<T>, A::Error> {
        if T::NAME != "object" {
            return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
        }
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Patch::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        name: Patch<String>,
    }

    fn read(json: &str) -> Result<Patch<String>, String> {
        serde_json::from_str::<Body>(json).map(|b| b.name).map_err(|e| e.to_string())
    }

    #[test]
    fn absent_null_and_value_are_told_apart() {
        assert_eq!(read("{}"), Ok(Patch::Absent));
        assert_eq!(read(r#"{"name":null}"#), Ok(Patch::Null));
        assert_eq!(read(r#"{"name":""}"#), Ok(Patch::Value(String::new())));
    }

    #[test]
    fn a_wrong_type_says_what_was_expected() {
        for json in [r#"{"name":5}"#, r#"{"name":true}"#, r#"{"name":[]}"#, r#"{"name":{}}"#] {
            let error = read(json).expect_err("a wrong type");
            assert!(error.contains("expected string,null"), "{error}");
        }
    }
}
