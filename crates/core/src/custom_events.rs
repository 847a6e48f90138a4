//! Custom events: what a shop reports about a customer. `docs/custom-events.md` has the rules.

use guerdon_model::{
    Error,
    custom_event::{CustomEvent, CustomEventData, CustomEventInput, EventSchemaName, ReportedEvent},
    event::{Channel, Event, EventType},
};

use crate::{
    customers,
    tx::{Result, Tx},
};

/// Records an event, creating or updating the customer whom it is about.
pub fn report(tx: &mut Tx, input: &CustomEventInput) -> Result<ReportedEvent> {
    input.check()?;
    refuse_to_browsers(tx, input)?;
    customers::named(tx, &input.customer)?;
    let schema = tx.config().event_schemas().get(&input.event);
    if let Some(schema) = schema {
        schema.validate(&input.metadata.clone().unwrap_or_default())?;
    }
    let (name, now) = (&input.event, tx.now());
    let customer = customers::upsert_on_the_way(
        tx,
        &input.customer,
        |customer| customer.internal.count_event(name, now),
        |tx, customer| {
            let event = CustomEvent::new(tx.new_id(), input, customer.id.clone(), now);
            // Without a schema, the event has a name all the same.
            let id = schema.map_or_else(|| tx.new_id(), |schema| schema.id.clone());
            let data = CustomEventData {
                event: &event,
                event_schema: &EventSchemaName { id, name: name.clone() },
                customer: customer.simple(),
                referral: None,
                loyalty: None,
            };
            let kind = EventType::CUSTOMER_CUSTOM_EVENT;
            tx.emit(Event::Of { kind, entity_id: customer.id.as_str(), data: &data });
        },
    )?;
    Ok(ReportedEvent::new(input, customer.simple()))
}

/// Points and referrals are worth something: a project has to allow browsers to ask for them.
fn refuse_to_browsers(tx: &Tx, input: &CustomEventInput) -> Result<()> {
    let asks = input.loyalty.is_some() || input.referral.is_some();
    let flags = tx.config().project.as_ref().map(|project| project.client_flags).unwrap_or_default();
    if asks && tx.context().source.channel == Channel::ClientApi && !flags.client_loyalty_events_enabled {
        let details = "Client-side events with loyalty or referral are disabled. Enable client_loyalty_events_enabled.";
        return Err(Error::Forbidden { details: details.into() }.into());
    }
    Ok(())
}
