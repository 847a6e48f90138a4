//! Metadata schemas: which metadata a project's resources may carry. See `docs/metadata.md`.

use guerdon_model::{
    Error, Patch,
    error::{Path, Rule},
    list::List,
    metadata_schema::{MetadataSchema, properties_from_json},
};
use serde_json::{Map, Value};

use crate::{
    projects,
    tx::{Result, Tx},
};

/// The words for metadata schemas in errors; the space is part of the wire format.
pub const RESOURCE: &str = "metadata schema";

/// What a client sends about a schema. Definitions are read by hand: their errors name the place.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaInput(Map<String, Value>);

impl SchemaInput {
    /// Takes a body's object.
    ///
    /// # Errors
    /// `invalid_payload` if it is none.
    pub fn new(body: Value) -> std::result::Result<Self, Error> {
        match body {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Error::invalid_payload(Path::root(), Rule::Type("object".into()))),
        }
    }

    fn required(&self, key: &str) -> std::result::Result<&Value, Error> {
        self.0.get(key).ok_or_else(|| Error::invalid_payload(Path::root(), Rule::Required(key.into())))
    }

    fn related_object(&self) -> std::result::Result<&str, Error> {
        let name = self.required("related_object")?;
        let path = || Path::of("related_object");
        let name = name.as_str().ok_or_else(|| Error::invalid_payload(path(), Rule::Type("string".into())))?;
        match name.chars().count() {
            0 => Err(Error::invalid_payload(path(), Rule::MinLength(1))),
            256.. => Err(Error::invalid_payload(path(), Rule::MaxLength(255))),
            _ => Ok(name),
        }
    }

    fn allow_defined_only(&self) -> std::result::Result<Patch<bool>, Error> {
        match self.0.get("allow_defined_only") {
            None => Ok(Patch::Absent),
            Some(Value::Null) => Ok(Patch::Null),
            Some(Value::Bool(value)) => Ok(Patch::Value(*value)),
            Some(_) => Err(Error::invalid_payload(Path::of("allow_defined_only"), Rule::Type("boolean,null".into()))),
        }
    }
}

/// Creates the schema of a resource that has none.
pub fn create(tx: &mut Tx, input: &SchemaInput) -> Result<MetadataSchema> {
    let related_object = input.related_object()?;
    let properties = properties_from_json(input.required("properties")?)?;
    let allow_defined_only = input.allow_defined_only()?.as_value().copied();
    let schema = MetadataSchema::new(tx.new_id(), related_object.to_owned(), properties, allow_defined_only, tx.now())?;
    projects::require_existing(tx)?;
    if tx.find::<MetadataSchema>("related_object", related_object)?.is_some() {
        let value = related_object.to_owned();
        return Err(Error::Duplicate { resource: RESOURCE, attribute: "related_object", value }.into());
    }
    tx.put(schema.clone());
    Ok(schema)
}

/// All schemas, by the name of what they describe.
pub fn list(tx: &mut Tx) -> Result<Vec<MetadataSchema>> {
    projects::require_existing(tx)?;
    let mut schemas: Vec<MetadataSchema> = tx.config().metadata_schemas().values().cloned().collect();
    schemas.sort_by(|one, other| one.related_object.cmp(&other.related_object));
    Ok(schemas)
}

/// The schemas as a list under `data_ref`.
pub fn as_list<T>(data_ref: &'static str, schemas: Vec<MetadataSchema>, form: fn(MetadataSchema) -> T) -> List<T> {
    List::whole(data_ref, schemas.into_iter().map(form).collect())
}

/// The schema with this id.
pub fn get(tx: &mut Tx, id: &str) -> Result<MetadataSchema> {
    projects::require_existing(tx)?;
    let schema = tx.get::<MetadataSchema>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(schema.as_ref().clone())
}

/// The schema of a resource by its name, or by the schema's id.
pub fn get_by_resource(tx: &mut Tx, name: &str) -> Result<MetadataSchema> {
    let schemas = tx.config().metadata_schemas();
    let found = schemas.get(name).or_else(|| schemas.values().find(|schema| schema.id.as_str() == name));
    Ok(found.cloned().ok_or_else(|| Error::not_found(RESOURCE, name))?)
}

/// Adds and replaces definitions; those that are not sent stay.
pub fn update(tx: &mut Tx, id: &str, input: &SchemaInput) -> Result<MetadataSchema> {
    let properties = properties_from_json(input.required("properties")?)?;
    let allow_defined_only = input.allow_defined_only()?;
    let mut schema = get(tx, id)?;
    schema.update(properties, allow_defined_only)?;
    schema.updated_at = Some(tx.now());
    tx.put(schema.clone());
    Ok(schema)
}

/// Drops the schema; metadata that is stored already stays.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    tx.delete::<MetadataSchema>(id);
    Ok(())
}
