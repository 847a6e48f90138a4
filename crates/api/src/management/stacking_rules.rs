//! `/management/v1/projects/{projectId}/stacking-rules`.

use guerdon_core::stacking_rules;
use guerdon_model::stacking_rules::StackingRulesInput;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&call.read(stacking_rules::list).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: StackingRulesInput = call.payload()?;
    call.answer(Vec::new(), move |tx| stacking_rules::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("stackingRulesId").to_owned();
    json(&call.read(|tx| stacking_rules::get(tx, &id)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (id, input) = (call.param("stackingRulesId").to_owned(), call.payload::<StackingRulesInput>()?);
    json(&call.execute(Vec::new(), move |tx| stacking_rules::update(tx, &id, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("stackingRulesId").to_owned();
    call.execute(Vec::new(), move |tx| stacking_rules::delete(tx, &id)).await?;
    no_content()
}
