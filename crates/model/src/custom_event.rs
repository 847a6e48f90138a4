//! Custom events: what a shop reports about its customers. `docs/custom-events.md` is the page for users.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    customer::{CustomerInput, SimpleCustomer},
    error::{Path, Rule},
    event_schema::MAX_NAME,
    ids::{CustomEventId, CustomerId, EventSchemaId},
    metadata::Metadata,
    texts::{MAX_TEXT, check_lengths},
};

/// What a client sends to report an event.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct CustomEventInput {
    /// The name of the event, 1 to 300 characters.
    pub event: String,
    /// Who it is about: created or updated like by an upsert.
    pub customer: CustomerInput,
    #[serde(default)]
    pub referral: Option<EventReferral>,
    #[serde(default)]
    pub loyalty: Option<EventLoyalty>,
    /// As the event's schema has it, if there is one.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// Through which code the customer was referred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventReferral {
    pub code: String,
    #[serde(default)]
    pub referrer_id: Option<String>,
}

/// The card that may earn points for the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventLoyalty {
    pub code: String,
}

impl CustomEventInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        let path = Path::of("event");
        match self.event.chars().count() {
            0 => return Err(Error::invalid_payload(path, Rule::MinLength(1))),
            1..=MAX_NAME => {}
            _ => return Err(Error::invalid_payload(path, Rule::MaxLength(MAX_NAME))),
        }
        let CustomerInput { id, source_id, .. } = &self.customer;
        if id.as_value().is_none() && source_id.as_value().is_none() {
            return Err(Error::invalid_payload(Path::of("customer"), Rule::Required("source_id".into())));
        }
        let referral = self.referral.as_ref();
        check_lengths([
            (Path::of("referral").key("code"), referral.map(|referral| &referral.code), MAX_TEXT),
            (
                Path::of("referral").key("referrer_id"),
                referral.and_then(|referral| referral.referrer_id.as_ref()),
                MAX_TEXT,
            ),
            (Path::of("loyalty").key("code"), self.loyalty.as_ref().map(|loyalty| &loyalty.code), MAX_TEXT),
        ])
    }
}

/// An event as the `customer.custom_event` event carries it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomEvent {
    pub id: CustomEventId,
    pub object: Cow<'static, str>,
    /// The event's name.
    #[serde(rename = "type")]
    pub name: String,
    pub customer: EventCustomer,
    pub referral: Option<SentReferral>,
    pub loyalty: Option<EventLoyalty>,
    pub metadata: Metadata,
    pub created_at: Timestamp,
}

/// Who an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventCustomer {
    pub id: CustomerId,
}

/// The referral that was sent with an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentReferral {
    /// Of the code, once it is known.
    pub id: Option<String>,
    #[serde(flatten)]
    pub sent: EventReferral,
}

/// The schema that an event was checked against, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventSchemaName {
    pub id: EventSchemaId,
    pub name: String,
}

impl CustomEvent {
    /// An event that has just been reported.
    pub fn new(id: CustomEventId, input: &CustomEventInput, customer: CustomerId, created_at: Timestamp) -> Self {
        Self {
            id,
            object: event_object(),
            name: input.event.clone(),
            customer: EventCustomer { id: customer },
            referral: input.referral.clone().map(|sent| SentReferral { id: None, sent }),
            loyalty: input.loyalty.clone(),
            metadata: input.metadata.clone().unwrap_or_default(),
            created_at,
        }
    }
}

fn event_object() -> Cow<'static, str> {
    Cow::Borrowed("event")
}

/// The answer to a reported event. `referral` and `loyalty` are null whatever was sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReportedEvent {
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    /// The event's name.
    #[serde(rename = "type")]
    pub name: String,
    pub customer: SimpleCustomer,
    pub referral: Option<EventReferral>,
    pub loyalty: Option<EventLoyalty>,
    pub metadata: Metadata,
}

impl ReportedEvent {
    /// The answer about this customer.
    pub fn new(input: &CustomEventInput, customer: SimpleCustomer) -> Self {
        Self {
            object: event_object(),
            name: input.event.clone(),
            customer,
            referral: None,
            loyalty: None,
            metadata: input.metadata.clone().unwrap_or_default(),
        }
    }
}

/// What `customer.custom_event` carries.
#[derive(Debug, Serialize)]
pub struct CustomEventData<'a> {
    pub event: &'a CustomEvent,
    pub event_schema: &'a EventSchemaName,
    pub customer: SimpleCustomer,
    /// What became of the code that was sent; nothing yet.
    pub referral: Option<()>,
    /// The same of the card.
    pub loyalty: Option<()>,
}
