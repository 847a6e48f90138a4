//! Schemas of custom events. See `docs/custom-events.md`.

use guerdon_model::{
    Error,
    error::{Path, Rule},
    event_schema::{EventSchema, name_from_json, schema_from_json},
    list::List,
};
use serde_json::Value;

use crate::{
    projects,
    tx::{Result, Tx},
};

/// The words for event schemas in errors.
pub const RESOURCE: &str = "custom_event_schema";

fn required<'a>(body: &'a Value, key: &str) -> std::result::Result<&'a Value, Error> {
    let body = body.as_object().ok_or_else(|| Error::invalid_payload(Path::root(), Rule::Type("object".into())))?;
    body.get(key).ok_or_else(|| Error::invalid_payload(Path::root(), Rule::Required(key.into())))
}

/// Creates the schema of an event that has none.
pub fn create(tx: &mut Tx, body: &Value) -> Result<EventSchema> {
    let name = name_from_json(required(body, "name")?)?;
    let properties = schema_from_json(required(body, "schema")?)?;
    projects::require_existing(tx)?;
    if tx.find::<EventSchema>("name", &name)?.is_some() {
        return Err(Error::Duplicate { resource: RESOURCE, attribute: "name", value: name }.into());
    }
    let schema = EventSchema::new(tx.new_id(), name, properties, tx.now());
    tx.put(schema.clone());
    Ok(schema)
}

/// All schemas, by name.
pub fn list(tx: &mut Tx) -> Result<List<EventSchema>> {
    projects::require_existing(tx)?;
    let mut schemas: Vec<EventSchema> = tx.config().event_schemas().values().cloned().collect();
    schemas.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(List::whole("data", schemas))
}

/// The schema with this id.
pub fn get(tx: &mut Tx, id: &str) -> Result<EventSchema> {
    projects::require_existing(tx)?;
    let schema = tx.get::<EventSchema>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(schema.as_ref().clone())
}

/// Adds and replaces properties; those that are not sent stay.
pub fn update(tx: &mut Tx, id: &str, body: &Value) -> Result<EventSchema> {
    let sent = schema_from_json(required(body, "schema")?)?;
    let mut schema = get(tx, id)?;
    schema.update(sent)?;
    schema.updated_at = Some(tx.now());
    tx.put(schema.clone());
    Ok(schema)
}

/// Drops the schema for good.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    tx.delete::<EventSchema>(id);
    Ok(())
}
