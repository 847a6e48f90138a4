//! Small values of the model as the text of a column.

use serde::{Serialize, de::DeserializeOwned};

/// The text under which a small value of the model is kept in a column.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        // The model's enums and structs have no serializer that fails.
        Err(error) => unreachable!("a value of the model serializes: {error}"),
    }
}

/// The value that is kept as this text; none if a newer version of Guerdon wrote it.
pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).or_else(|_| serde_json::from_value(serde_json::Value::from(text))).ok()
}
