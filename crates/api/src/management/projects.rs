//! `/management/v1/projects`.

use guerdon_core::{
    Context,
    projects::{self, ProjectInput},
};
use guerdon_model::ids::organization;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&projects::list(&call.app.guerdon).await?)
}

pub(crate) async fn create(mut call: Call) -> Answer {
    let input: ProjectInput = call.payload()?;
    let secret = call.app.guerdon.secret.clone();
    // The new project is the partition that the command runs in.
    call.context.project = call.app.guerdon.ids.next(call.app.guerdon.clock.now());
    json(&call.execute(Vec::new(), move |tx| projects::create(tx, &secret, &input)).await?)
}

pub(crate) async fn get(call: Call) -> Answer {
    json(&call.read(|tx| projects::get(tx, &call.app.guerdon.secret)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let input: ProjectInput = call.payload()?;
    let secret = call.app.guerdon.secret.clone();
    json(&call.execute(Vec::new(), move |tx| projects::update(tx, &secret, &input)).await?)
}

pub(crate) async fn rotate_webhook_token(call: Call) -> Answer {
    let secret = call.app.guerdon.secret.clone();
    json(&call.execute(Vec::new(), move |tx| projects::rotate_webhook_token(tx, &secret)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let project = call.context.project.clone();
    call.execute(Vec::new(), projects::delete).await?;
    let context = Context { project: organization(), ..call.context.clone() };
    call.app.guerdon.executor.execute(context, Vec::new(), move |tx| projects::start_purge(tx, &project)).await?;
    no_content()
}
