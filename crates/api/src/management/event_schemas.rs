//! `/management/v1/projects/{projectId}/custom-event-schemas`.

use guerdon_core::event_schemas;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&call.read(event_schemas::list).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input = call.json()?;
    call.answer(Vec::new(), move |tx| event_schemas::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("customEventSchemaId").to_owned();
    json(&call.read(|tx| event_schemas::get(tx, &id)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (id, input) = (call.param("customEventSchemaId").to_owned(), call.json()?);
    json(&call.execute(Vec::new(), move |tx| event_schemas::update(tx, &id, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("customEventSchemaId").to_owned();
    call.execute(Vec::new(), move |tx| event_schemas::delete(tx, &id)).await?;
    no_content()
}
