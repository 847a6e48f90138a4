//! `/v1/categories`.

use guerdon_core::categories;
use guerdon_model::category::CategoryInput;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&call.read(categories::list).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: CategoryInput = call.payload()?;
    call.answer(Vec::new(), move |tx| categories::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let category = call.param("categoryId");
    json(&call.read(|tx| categories::get(tx, category)).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (category, input) = (call.param("categoryId").to_owned(), call.payload::<CategoryInput>()?);
    json(&call.execute(Vec::new(), move |tx| categories::update(tx, &category, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let category = call.param("categoryId").to_owned();
    let remove_from_stacking_rules = call.flag("remove_from_stacking_rules")?;
    call.execute(Vec::new(), move |tx| categories::delete(tx, &category, remove_from_stacking_rules)).await?;
    no_content()
}
