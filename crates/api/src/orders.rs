//! `/v1/orders`.

use axum::http::StatusCode;
use guerdon_core::{
    idempotency::Answered,
    jobs::Work,
    orders::{
        self, Saved, import,
        listing::{self, OrderListing, Sorting},
        summary,
    },
    tx::{Result as TxResult, Tx},
};
use guerdon_model::order::OrderInput;
use guerdon_store::Key;

use crate::{
    background,
    call::Call,
    respond::{Answer, answered, json},
};

/// The last page of orders that can be listed.
const MAX_PAGE: u64 = 100;

pub(crate) async fn list(call: Call) -> Answer {
    let listing = OrderListing {
        sorting: Sorting::parse(call.order(&Sorting::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: OrderInput = call.payload()?;
    save(&call, orders::keys_of_input(&input), move |tx| orders::upsert(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let order = call.param("orderId");
    let order = call.read(|tx| orders::get(tx, order)).await?;
    json(&order.as_ref().clone().into_answer())
}

pub(crate) async fn update(call: Call) -> Answer {
    let order = call.param("orderId").to_owned();
    let input: OrderInput = call.payload()?;
    save(&call, orders::keys_of_update(&order, &input), move |tx| orders::update(tx, &order, &input)).await
}

async fn save<F>(call: &Call, needs: Vec<Key>, command: F) -> Answer
where
    F: FnMut(&mut Tx) -> TxResult<Saved> + Send + 'static,
{
    let saved = call.app.guerdon.executor.answer(call.context.clone(), needs, 200, command).await?;
    if let Answered::Now(saved) = &saved {
        summary::relearn(&call.app.guerdon, &call.context, &saved.forgetful).await;
    }
    answered(StatusCode::OK, &saved)
}

pub(crate) async fn import(call: Call) -> Answer {
    import::check(&call.body)?;
    background::start(&call, StatusCode::OK, Work::OrdersImport).await
}
