//! `/v1/events` and its client-side twin.

use guerdon_core::{custom_events, customers};
use guerdon_model::custom_event::CustomEventInput;

use crate::{call::Call, respond::Answer};

pub(crate) async fn report(call: Call) -> Answer {
    let input: CustomEventInput = call.payload()?;
    let needs = customers::upsert_keys(&input.customer);
    call.answer(needs, move |tx| custom_events::report(tx, &input)).await
}
