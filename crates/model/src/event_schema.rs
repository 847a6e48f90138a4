//! Custom event schemas: the metadata that one kind of custom event carries.
//!
//! Checked like any other metadata, see `docs/metadata.md`. An event without a schema is accepted.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    error::{Path, Rule},
    ids::EventSchemaId,
    metadata::Metadata,
    metadata_schema::{
        Definition, Fields, Kind, MAX_DEFINITIONS, Scope, first_failure, object_at, require, wrong_type,
    },
};

/// The longest name of a custom event, in characters.
pub const MAX_NAME: usize = 300;

/// The schema of the custom events of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventSchema {
    pub id: EventSchemaId,
    /// What `event` is in the requests that report such an event.
    pub name: String,
    pub schema: EventProperties,
    pub created_at: Timestamp,
    /// Absent until the first update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = String)]
    #[serde(default = "event_schema_object")]
    pub object: Cow<'static, str>,
}

/// The constant `object` of a custom event schema.
pub fn event_schema_object() -> Cow<'static, str> {
    Cow::Borrowed("custom-event-schema")
}

/// The metadata keys of an event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct EventProperties {
    #[schema(value_type = IndexMap<String, EventProperty>)]
    pub properties: IndexMap<String, EventProperty>,
}

/// What one metadata key of an event may hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventProperty {
    #[serde(rename = "type")]
    pub kind: EventPropertyType,
    /// Whether the key may be missing or null.
    pub optional: bool,
    /// `true` for a soft-deleted property: it is listed, but nothing is checked by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

/// The type of an event's metadata value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventPropertyType {
    String,
    Number,
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// An ISO 8601 date-time.
    Datetime,
}

const TYPES: [(EventPropertyType, &str); 5] = [
    (EventPropertyType::String, "string"),
    (EventPropertyType::Number, "number"),
    (EventPropertyType::Date, "date"),
    (EventPropertyType::Datetime, "datetime"),
    (EventPropertyType::Boolean, "boolean"),
];

impl From<EventPropertyType> for Kind {
    fn from(kind: EventPropertyType) -> Self {
        match kind {
            EventPropertyType::String => Kind::String,
            EventPropertyType::Number => Kind::Number,
            EventPropertyType::Boolean => Kind::Boolean,
            EventPropertyType::Date => Kind::Date,
            EventPropertyType::Datetime => Kind::Datetime,
        }
    }
}

impl EventSchema {
    /// A new schema; `properties` come from [`schema_from_json`].
    pub fn new(id: EventSchemaId, name: String, properties: EventProperties, created_at: Timestamp) -> Self {
        Self { id, name, schema: properties, created_at, updated_at: None, object: event_schema_object() }
    }

    /// Properties that are not sent stay, sent ones replace the stored ones wholly, type included.
    /// `updated_at` is the caller's.
    pub fn update(&mut self, sent: EventProperties) -> Result<(), Error> {
        let stored = &mut self.schema.properties;
        let added = sent.properties.keys().filter(|name| !stored.contains_key(*name)).count();
        check_count(stored.len() + added)?;
        stored.extend(sent.properties);
        Ok(())
    }

    /// Checks the metadata of an event. Of several failing keys the alphabetically first is
    /// reported; keys that are not in the schema are accepted.
    pub fn validate(&self, metadata: &Metadata) -> Result<(), Error> {
        let live = self.schema.properties.iter().filter(|(_, property)| property.deleted != Some(true));
        first_failure(live.map(|(key, property)| {
            let definition = Definition::new(property.kind.into(), false, property.optional);
            (key.as_str(), definition.check(key, metadata.get(key), Scope::Whole, &|_| None))
        }))
        .map_err(|details| Error::MetadataInvalid { details })
    }
}

impl EventProperty {
    /// Reads one property of a request.
    pub fn from_json(path: Path, json: &Value) -> Result<Self, Error> {
        let fields = object_at(&path, json)?;
        for key in ["type", "optional"] {
            require(&path, fields, key)?;
        }
        let fields = Fields { path: &path, fields };
        Ok(Self {
            kind: fields.one_of("type", &TYPES)?,
            optional: fields.required_boolean("optional")?,
            deleted: fields.boolean("deleted")?.filter(|deleted| *deleted),
        })
    }
}

/// Reads the `schema` of a creation or update body.
pub fn schema_from_json(json: &Value) -> Result<EventProperties, Error> {
    let path = Path::of("schema");
    let properties = require(&path, object_at(&path, json)?, "properties")?;
    let path = path.key("properties");
    let properties = object_at(&path, properties)?;
    check_count(properties.len())?;
    let properties = properties
        .iter()
        .map(|(name, property)| Ok((name.clone(), EventProperty::from_json(path.clone().key(name), property)?)))
        .collect::<Result<_, Error>>()?;
    Ok(EventProperties { properties })
}

/// Reads the `name` of a creation body.
pub fn name_from_json(json: &Value) -> Result<String, Error> {
    let path = Path::of("name");
    let Some(name) = json.as_str() else { return Err(wrong_type(path, "string")) };
    match name.chars().count() {
        0 => Err(Error::invalid_payload(path, Rule::MinLength(1))),
        1..=MAX_NAME => Ok(name.to_owned()),
        _ => Err(Error::invalid_payload(path, Rule::MaxLength(MAX_NAME))),
    }
}

fn check_count(properties: usize) -> Result<(), Error> {
    if properties <= MAX_DEFINITIONS {
        return Ok(());
    }
    let rule = Rule::Other(format!("cannot have more than {MAX_DEFINITIONS} properties"));
    Err(Error::invalid_payload(Path::of("schema").key("properties"), rule))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Dialect;

    fn schema_of(properties: Value) -> EventSchema {
        let properties = schema_from_json(&json!({"properties": properties})).expect("properties");
        EventSchema::new("ms_1".into(), "sign-up".into(), properties, Timestamp::from_millis(0))
    }

    fn details(error: Error) -> String {
        error.describe(Dialect::Must).details.expect("details")
    }

    #[test]
    fn an_event_schema_has_no_updated_at_until_it_is_updated() {
        let mut schema = schema_of(json!({"source": {"type": "string", "optional": true}}));
        let stored = serde_json::to_string(&schema).expect("json");
        assert_eq!(
            stored,
            concat!(
                r#"{"id":"ms_1","name":"sign-up","schema":{"properties":{"source":{"type":"string","optional":true}}},"#,
                r#""created_at":"1970-01-01T00:00:00.000Z","object":"custom-event-schema"}"#,
            )
        );
        assert_eq!(serde_json::from_str::<EventSchema>(&stored).expect("reads back"), schema);
        schema.updated_at = Some(Timestamp::from_millis(1));
        let updated = serde_json::to_value(&schema).expect("json");
        assert_eq!(updated["updated_at"], "1970-01-01T00:00:00.001Z");
    }

    #[test]
    fn an_update_keeps_what_is_not_sent_and_may_change_types() {
        let mut schema = schema_of(json!({
            "a": {"type": "string", "optional": false},
            "b": {"type": "number", "optional": true},
        }));
        let sent = json!({"properties": {
            "b": {"type": "date", "optional": true},
            "c": {"type": "boolean", "optional": false, "deleted": true},
        }});
        schema.update(schema_from_json(&sent).expect("properties")).expect("accepted");
        assert_eq!(
            serde_json::to_value(&schema.schema.properties).expect("json"),
            json!({
                "a": {"type": "string", "optional": false},
                "b": {"type": "date", "optional": true},
                "c": {"type": "boolean", "optional": false, "deleted": true},
            })
        );
    }

    #[test]
    fn an_event_is_checked_like_other_metadata() {
        let schema = schema_of(json!({
            "stars": {"type": "number", "optional": false},
            "at": {"type": "datetime", "optional": true},
            "gone": {"type": "string", "optional": false, "deleted": true},
        }));
        for (sent, refusal) in [
            (json!({"stars": 5, "at": null, "other": [1], "gone": 1}), None),
            (json!({"stars": "5"}), Some("stars: must be a number, property is required (actual value is '5')")),
            (json!({}), Some("stars: must be a number, property is required (actual value is 'undefined')")),
            (json!({"at": "now"}), Some("at: must be a datetime (actual value is 'now')")),
        ] {
            let metadata = serde_json::from_value(sent).expect("an object");
            assert_eq!(schema.validate(&metadata).err().map(details).as_deref(), refusal);
        }
    }

    #[test]
    fn schemas_of_a_wrong_form_are_refused() {
        let many: Value = (0..101).map(|n| (n.to_string(), json!({"type": "string", "optional": true}))).collect();
        for (schema, text) in [
            (json!(null), "Property .schema must be object"),
            (json!({}), "Property .schema must have required property 'properties'"),
            (json!({"properties": []}), "Property .schema.properties must be object"),
            (json!({"properties": {"a": 1}}), "Property .schema.properties.a must be object"),
            (
                json!({"properties": {"a": {"optional": true}}}),
                "Property .schema.properties.a must have required property 'type'",
            ),
            (
                json!({"properties": {"a": {"type": "string"}}}),
                "Property .schema.properties.a must have required property 'optional'",
            ),
            (
                json!({"properties": {"a": {"type": "object", "optional": true}}}),
                "Property .schema.properties.a.type must be equal to one of the allowed values \
                 [ string, number, date, datetime, boolean ]",
            ),
            (json!({"properties": many}), "Property .schema.properties cannot have more than 100 properties"),
        ] {
            assert_eq!(details(schema_from_json(&schema).expect_err(text)), text);
        }
        assert_eq!(schema_from_json(&json!({"properties": {}})).expect("empty"), EventProperties::default());
    }

    #[test]
    fn names_have_1_to_300_characters() {
        assert_eq!(name_from_json(&json!("é".repeat(300))).expect("a name").chars().count(), 300);
        for (name, text) in [
            (json!(1), "Property .name must be string"),
            (json!(""), "Property .name must NOT have fewer than 1 characters"),
            (json!("é".repeat(301)), "Property .name must NOT have more than 300 characters"),
        ] {
            assert_eq!(details(name_from_json(&name).expect_err(text)), text);
        }
    }

    #[test]
    fn a_full_schema_takes_no_more_properties() {
        let property = json!({"type": "string", "optional": true});
        let full: Value = (0..100).map(|n| (n.to_string(), property.clone())).collect();
        let mut schema = schema_of(full);
        let one = schema_from_json(&json!({"properties": {"new": property}})).expect("properties");
        let error = schema.update(one).expect_err("full");
        assert_eq!(details(error), "Property .schema.properties cannot have more than 100 properties");
        assert_eq!(schema.schema.properties.len(), 100);
    }
}
