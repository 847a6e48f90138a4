//! Reads a JSON body into a type, and turns what does not fit into the catalogue's words.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::error::{Error, Path, Rule};

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Unreadable {
    /// It is no JSON at all.
    NotJson,
    /// It is JSON, but not of the documented form.
    Refused(Error),
}

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        Unreadable::Refused(error)
    }
}

/// Reads a body that is an object.
///
/// # Errors
/// [`Unreadable`], naming the first place that does not fit.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    // Serde takes a list of values for a struct; the API does not.
    let is_object = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_object && let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    // The slow way tells where and why, takes the last of repeated keys, and finds broken syntax
    // behind a wrong type.
    match parse_any(bytes)? {
        json @ Value::Object(_) => from_value(json).map_err(Unreadable::Refused),
        _ => Err(Unreadable::Refused(Error::invalid_payload(Path::root(), Rule::Type("object".into())))),
    }
}

/// Reads a body of any form; an empty one counts as `null`.
///
/// # Errors
/// [`Unreadable::NotJson`].
pub fn parse_any(bytes: &[u8]) -> Result<Value, Unreadable> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(|_| Unreadable::NotJson)
}

/// Reads a part of a body that was parsed before.
///
/// # Errors
/// `invalid_payload`, naming the first place that does not fit.
pub fn from_value<T: DeserializeOwned>(json: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let mut path = Path::root();
        for segment in error.path() {
            path = match segment {
                Segment::Seq { index } => path.index(*index),
                Segment::Map { key } | Segment::Enum { variant: key } => path.key(key.clone()),
                Segment::Unknown => path,
            };
        }
        Error::invalid_payload(path, rule(&error.inner().to_string()))
    })
}

/// The rule behind a message of serde's.
fn rule(message: &str) -> Rule {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if message.starts_with("missing field")
        && let Some(key) = quoted(message)
    {
        return Rule::Required(key);
    }
    if message.starts_with("unknown variant")
        && let Some((_, allowed)) = message.split_once("expected ")
    {
        return Rule::OneOf(allowed.split('`').skip(1).step_by(2).map(str::to_owned).collect());
    }
    if message.starts_with("invalid type") || message.starts_with("invalid value") {
        let expected = message.rsplit_once("expected ").map_or("", |(_, expected)| expected);
        return Rule::Type(json_type(expected).to_owned());
    }
    Rule::Other(message.to_owned())
}

/// What JSON calls the type that serde expected.
fn json_type(expected: &str) -> &str {
    match expected {
        "a string" | "string" | "str" => "string",
        "a boolean" | "bool" => "boolean",
        "a sequence" => "array",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "f64" => "number",
        _ if expected.starts_with("struct ") || expected == "a map" => "object",
        _ if expected.starts_with("a sequence") => "array",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{customer::CustomerInput, error::Dialect};

    fn details(json: &str) -> String {
        match parse::<CustomerInput>(json.as_bytes()) {
            Err(Unreadable::Refused(error)) => error.describe(Dialect::Should).details.unwrap_or_default(),
            other => panic!("{json} gave {other:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        for (json, expected) in [
            (r#"{"name":5}"#, "Property .name should be string,null"),
            (r#"{"address":"Main Street"}"#, "Property .address should be object,null"),
            (r#"{"address":{"city":["x"]}}"#, "Property .address.city should be string,null"),
            (r#"{"metadata":[]}"#, "Property .metadata should be object,null"),
            (r#"{"birthdate":"soon"}"#, "Property .birthdate cannot be recognized as a ISO-8601 compliant date"),
            ("[]", "Payload should be object"),
            ("null", "Payload should be object"),
            ("", "Payload should be object"),
            ("\"text\"", "Payload should be object"),
        ] {
            assert_eq!(details(json), expected, "{json}");
        }
    }

    #[test]
    fn broken_syntax_is_told_apart_even_behind_a_wrong_type() {
        for json in ["{", r#"{"name":5"#, r#"{"name":"a",}"#, "nope", "\u{0}"] {
            assert_eq!(parse::<CustomerInput>(json.as_bytes()), Err(Unreadable::NotJson), "{json}");
        }
        assert_eq!(parse::<CustomerInput>(b"{\"name\":\"\xff\"}"), Err(Unreadable::NotJson));
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<CustomerInput>(deep.as_bytes()), Err(Unreadable::NotJson));
    }

    #[test]
    fn the_last_of_repeated_keys_counts() {
        let input: CustomerInput = parse(br#"{"name":"a","name":"b"}"#).expect("a body");
        assert_eq!(input.name.as_value().map(String::as_str), Some("b"));
    }
}
