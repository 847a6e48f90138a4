//! Reads a JSON body into a type, and turns what does not fit into the catalogue's words.

use serde::de::{self, DeserializeOwned};
use serde_json::{Map, Value};
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
        let message = error.inner().to_string();
        let mut message = message.as_str();
        // Parts may have parts of their own.
        while let Some((place, rest)) = message.split_once(PART) {
            (path, message) = (extended(path, place), rest);
        }
        Error::invalid_payload(path, rule(message))
    })
}

/// Between the place within a part and the message about it.
const PART: &str = "\u{0}";

/// Reads a part of a body whose form depends on one of its keys. It is for use within a `Deserialize`,
/// where the part has already been read as JSON: a refusal still names the place inside of it.
///
/// # Errors
/// Whatever serde says, marked with its place.
pub fn part<T: DeserializeOwned, E: de::Error>(json: &Map<String, Value>) -> Result<T, E> {
    T::deserialize(json).or_else(|_| {
        serde_path_to_error::deserialize(json).map_err(|error| {
            let place: Vec<Value> = error
                .path()
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Seq { index } => Some(Value::from(*index)),
                    Segment::Map { key } | Segment::Enum { variant: key } => Some(Value::from(key.as_str())),
                    Segment::Unknown => None,
                })
                .collect();
            E::custom(format!("{}{PART}{}", Value::Array(place), error.inner()))
        })
    })
}

/// Implements `Deserialize` for a body all of whose fields are bodies that share its keys. Serde's `flatten`
/// would forget where something does not fit.
macro_rules! joined {
    ($body:ident { $($field:ident),* $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $body {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
                Ok(Self { $($field: $crate::payload::part(&json)?),* })
            }
        }
    };
}
pub(crate) use joined;

/// A place that continues within a part.
fn extended(path: Path, place: &str) -> Path {
    let place: Vec<Value> = serde_json::from_str(place).unwrap_or_default();
    place.iter().fold(path, |path, segment| match (segment.as_str(), segment.as_u64()) {
        (Some(key), _) => path.key(key),
        (None, Some(index)) => path.index(index as usize),
        (None, None) => path,
    })
}

const AT_LEAST: &str = "less than ";
const AT_MOST: &str = "more than ";

/// For a `Deserialize` that refuses a number which is too small.
pub(crate) fn at_least<E: de::Error>(min: i64) -> E {
    E::custom(format_args!("{AT_LEAST}{min}"))
}

/// For a `Deserialize` that refuses a number which is too large.
pub(crate) fn at_most<E: de::Error>(max: i64) -> E {
    E::custom(format_args!("{AT_MOST}{max}"))
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
    if let Some(min) = message.strip_prefix(AT_LEAST).and_then(|min| min.parse().ok()) {
        return Rule::AtLeast(min);
    }
    if let Some(max) = message.strip_prefix(AT_MOST).and_then(|max| max.parse().ok()) {
        return Rule::AtMost(max);
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
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "f64" | "a JSON number" => "number",
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
