//! `/v1/metadata-schemas`: the same schemas as in the management API, in camel case.

use guerdon_core::metadata_schemas::{self, SchemaInput};
use guerdon_model::metadata_schema::MetadataSchema;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

fn camel_case(schema: MetadataSchema) -> serde_json::Value {
    schema.to_camel_case()
}

pub(crate) async fn list(call: Call) -> Answer {
    json(&metadata_schemas::as_list("schemas", call.read(metadata_schemas::list).await?, camel_case))
}

pub(crate) async fn get(call: Call) -> Answer {
    let name = call.param("resource").to_owned();
    json(&camel_case(call.read(|tx| metadata_schemas::get_by_resource(tx, &name)).await?))
}

pub(crate) async fn create(call: Call) -> Answer {
    let input = SchemaInput::new(call.json()?)?;
    call.answer(Vec::new(), move |tx| metadata_schemas::create(tx, &input).map(camel_case)).await
}

pub(crate) async fn update(call: Call) -> Answer {
    let (id, input) = (call.param("resource").to_owned(), SchemaInput::new(call.json()?)?);
    json(&camel_case(call.execute(Vec::new(), move |tx| metadata_schemas::update(tx, &id, &input)).await?))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("resource").to_owned();
    call.execute(Vec::new(), move |tx| metadata_schemas::delete(tx, &id)).await?;
    no_content()
}
