//! `/management/v1/projects/{projectId}/metadata-schemas`.

use guerdon_core::metadata_schemas::{self, SchemaInput};
use guerdon_model::list::List;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&List::whole("data", call.read(metadata_schemas::list).await?))
}

pub(crate) async fn create(call: Call) -> Answer {
    let input = SchemaInput::new(call.json()?)?;
    call.answer(Vec::new(), move |tx| metadata_schemas::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("metadataSchemaId").to_owned();
    json(&call.read(|tx| metadata_schemas::get(tx, &id)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (id, input) = (call.param("metadataSchemaId").to_owned(), SchemaInput::new(call.json()?)?);
    json(&call.execute(Vec::new(), move |tx| metadata_schemas::update(tx, &id, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("metadataSchemaId").to_owned();
    call.execute(Vec::new(), move |tx| metadata_schemas::delete(tx, &id)).await?;
    no_content()
}
