//! Free-form attributes that a project attaches to its resources.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::Patch;

/// A JSON object of the project's own attributes, in the order in which they were sent.
///
/// A key that holds `null` is not the same as a missing key. Numbers are kept as JavaScript would
/// keep them (`10.0` is `10`), so that a body signed by us survives a receiver's
/// `JSON.stringify(JSON.parse(body))`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The value stored under `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Sets one key.
    pub fn insert(&mut self, key: String, value: Value) {
        self.0.insert(key, normalized(value));
    }

    /// Removes one key.
    pub fn remove(&mut self, key: &str) {
        self.0.shift_remove(key);
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// Shallow merge: each key that was sent replaces the stored one whole, the others stay.
    pub fn merge(&mut self, sent: &Metadata) {
        for (key, value) in sent.iter() {
            self.0.insert(key.clone(), value.clone());
        }
    }

    /// Applies what an update says: null empties it, an object is merged.
    pub fn patch(&mut self, sent: &Patch<Metadata>) {
        match sent {
            Patch::Absent => {}
            Patch::Null => self.0.clear(),
            Patch::Value(sent) => self.merge(sent),
        }
    }
}

impl From<Map<String, Value>> for Metadata {
    fn from(map: Map<String, Value>) -> Self {
        Self(map.into_iter().map(|(key, value)| (key, normalized(value))).collect())
    }
}

impl From<Metadata> for Map<String, Value> {
    fn from(metadata: Metadata) -> Self {
        metadata.0
    }
}

/// Whole numbers lose their fraction point; everything else stays.
fn normalized(value: Value) -> Value {
    /// Above this, doubles are no longer exact.
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < MAX_EXACT => Value::from(float as i64),
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(normalized).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, normalized(v))).collect()),
        other => other,
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Metadata;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("object")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut entries = Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    entries.insert(key, normalized(value));
                }
                Ok(Metadata(entries))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl utoipa::PartialSchema for Metadata {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Object)
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)))
            .into()
    }
}
impl utoipa::ToSchema for Metadata {}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(json: &str) -> Metadata {
        serde_json::from_str(json).expect("an object")
    }

    #[test]
    fn a_merge_replaces_sent_keys_and_keeps_the_others() {
        let mut stored = metadata(r#"{"lang":"en","test":true,"nested":{"a":1,"b":2}}"#);
        stored.merge(&metadata(r#"{"test":false,"x":null,"nested":{"a":9}}"#));
        assert_eq!(stored, metadata(r#"{"lang":"en","test":false,"nested":{"a":9},"x":null}"#));
    }

    #[test]
    fn numbers_are_kept_as_javascript_keeps_them() {
        let written = serde_json::to_string(&metadata(r#"{"a":10.0,"b":[1.50,-0.0],"c":9007199254740991}"#));
        assert_eq!(written.expect("json"), r#"{"a":10,"b":[1.5,0],"c":9007199254740991}"#);
    }
}
