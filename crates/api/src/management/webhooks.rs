//! `/management/v1/projects/{projectId}/webhooks`.

use guerdon_core::webhooks::{self, WebhookInput};

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&call.read(webhooks::list).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: WebhookInput = call.payload()?;
    call.answer(Vec::new(), move |tx| webhooks::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("webhookId").to_owned();
    json(&call.read(|tx| webhooks::get(tx, &id)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (id, input) = (call.param("webhookId").to_owned(), call.payload::<WebhookInput>()?);
    json(&call.execute(Vec::new(), move |tx| webhooks::update(tx, &id, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("webhookId").to_owned();
    call.execute(Vec::new(), move |tx| webhooks::delete(tx, &id)).await?;
    no_content()
}

pub(crate) async fn test(call: Call) -> Answer {
    let id = call.param("webhookId");
    json(&call.app.dispatcher.test(&call.context.project, id).await?)
}
