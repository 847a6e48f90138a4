//! `/v1/segments`, and the segments of a customer.

use guerdon_core::{
    customers::CustomerRef,
    segments::{self, SegmentListing},
};
use guerdon_model::segment::SegmentInput;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    let listing = SegmentListing {
        filter: call.filter()?,
        ids: call.texts("ids"),
        descending: call.order(&["created_at", "-created_at"])? != Some("created_at"),
        starting_after: call.time("starting_after")?,
        start: call.time("start_date")?,
        end: call.time("end_date")?,
        limit: call.limit()?,
    };
    json(&call.read(|tx| segments::list(tx, &listing)).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: SegmentInput = call.payload()?;
    call.answer(segments::create_keys(&input), move |tx| segments::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let segment = call.param("segmentId");
    json(&call.read(|tx| segments::get(tx, segment)).await?.into_answer())
}

pub(crate) async fn delete(call: Call) -> Answer {
    let segment = call.param("segmentId").to_owned();
    call.execute(Vec::new(), move |tx| segments::delete(tx, &segment)).await?;
    no_content()
}

pub(crate) async fn of_customer(call: Call) -> Answer {
    let customer = CustomerRef::new(call.param("customerId"));
    json(&call.read(|tx| segments::of_customer(tx, &customer)).await?)
}
