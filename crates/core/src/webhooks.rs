//! Webhook configurations. `docs/webhooks.md` is the page for users.

use std::collections::BTreeMap;

use guerdon_model::{
    Error, Timestamp, canonical_json,
    customer::Customer,
    error::{Path, Rule},
    event::{Event, EventSource, EventType},
    ids::{CustomerId, ProjectId, SendOutId},
    list::List,
    webhook::{MAX_HEADER_VALUE, MAX_HEADERS, Webhook, is_header_name, webhook_object},
};
use guerdon_store::EventRecord;
use serde::Deserialize;

use crate::{
    projects,
    tx::{Result, Tx, envelope},
};

/// The word for webhooks in errors.
pub const RESOURCE: &str = "webhook";

/// What a client sends about a webhook; `events` replaces the whole list.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct WebhookInput {
    pub target_url: String,
    #[schema(value_type = Vec<String>)]
    pub events: Vec<EventType>,
    pub active: Option<bool>,
    /// Custom headers; an extension.
    pub headers: Option<BTreeMap<String, String>>,
}

impl WebhookInput {
    fn check(&self) -> std::result::Result<(), Error> {
        let refuse = |path: Path, rule: Rule| Err(Error::invalid_payload(path, rule));
        if self.target_url.trim().is_empty() {
            return refuse(Path::of("target_url"), Rule::MinLength(1));
        }
        if self.target_url.len() > MAX_HEADER_VALUE {
            return refuse(Path::of("target_url"), Rule::MaxLength(MAX_HEADER_VALUE));
        }
        if self.events.is_empty() {
            return refuse(Path::of("events"), Rule::MinItems(1));
        }
        let headers = self.headers.iter().flatten();
        if headers.clone().count() > MAX_HEADERS {
            return refuse(Path::of("headers"), Rule::MaxItems(MAX_HEADERS));
        }
        for (name, value) in headers {
            if !is_header_name(name) {
                let rule = "must be named with lower-case letters, digits and dashes, and not be reserved";
                return refuse(Path::of("headers").key(name), Rule::Other(rule.into()));
            }
            let is_clean = value.chars().all(|c| c == '\t' || (' '..='~').contains(&c));
            if !is_clean || value.len() > MAX_HEADER_VALUE {
                let rule = "must be printable ASCII of at most 4096 characters";
                return refuse(Path::of("headers").key(name), Rule::Other(rule.into()));
            }
        }
        Ok(())
    }

    fn events(&self) -> Vec<EventType> {
        let mut events: Vec<EventType> = Vec::new();
        for event in &self.events {
            if !events.contains(event) {
                events.push(*event);
            }
        }
        events
    }
}

/// Creates a webhook.
pub fn create(tx: &mut Tx, input: &WebhookInput) -> Result<Webhook> {
    input.check()?;
    projects::require_existing(tx)?;
    let webhook = Webhook {
        object: webhook_object(),
        created_at: tx.now(),
        id: tx.new_id(),
        events: input.events(),
        target_url: input.target_url.clone(),
        active: input.active.unwrap_or(true),
        headers: input.headers.clone().unwrap_or_default(),
    };
    tx.put(webhook.clone());
    Ok(webhook)
}

/// All webhooks of the project, as they were created.
pub fn list(tx: &mut Tx) -> Result<List<Webhook>> {
    projects::require_existing(tx)?;
    let mut webhooks = tx.config().webhooks().to_vec();
    webhooks.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    Ok(List::whole("data", webhooks))
}

/// The webhook with this id.
pub fn get(tx: &mut Tx, id: &str) -> Result<Webhook> {
    projects::require_existing(tx)?;
    let webhook = tx.get::<Webhook>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(webhook.as_ref().clone())
}

/// Replaces target and events; `active` and `headers` stay unless they are sent.
pub fn update(tx: &mut Tx, id: &str, input: &WebhookInput) -> Result<Webhook> {
    input.check()?;
    let mut webhook = get(tx, id)?;
    webhook.target_url = input.target_url.clone();
    webhook.events = input.events();
    webhook.active = input.active.unwrap_or(webhook.active);
    webhook.headers = input.headers.clone().unwrap_or(webhook.headers);
    tx.put(webhook.clone());
    Ok(webhook)
}

/// Removes the webhook. What waits to be sent to it is given up.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    tx.delete::<Webhook>(id);
    Ok(())
}

/// Switches the webhook off after its last retry has failed.
pub fn disable(tx: &mut Tx, id: &str) -> Result<()> {
    if let Some(webhook) = tx.get::<Webhook>(id)? {
        let mut webhook = webhook.as_ref().clone();
        webhook.active = false;
        tx.put(webhook);
    }
    Ok(())
}

/// The body of a test request: the envelope of the webhook's first event type with placeholders in
/// it. `data` is that of a made-up customer for events about customers, and empty for others.
pub fn sample(project: &ProjectId, webhook: &Webhook) -> String {
    let created_at = Timestamp::from_millis(946_684_800_000);
    let kind = webhook.events.first().copied().unwrap_or(EventType::CUSTOMER_UPDATED);
    let id = SendOutId::from("whs_000000000000000000");
    let event = EventRecord {
        id: "evcus_000000000000000000".into(),
        kind,
        category: kind.category(),
        entity_id: "entity_id_000000000000000000".into(),
        group_id: "v-000000000000000000".into(),
        created_at,
        source: EventSource::internal(),
        data: String::new(),
    };
    envelope(project, &id, &event, webhook, &sample_data(kind, created_at))
}

fn sample_data(kind: EventType, created_at: Timestamp) -> String {
    let id = CustomerId::from("cust_000000000000000000000000");
    let customer = Customer {
        name: Some("Jane Doe".into()),
        email: Some("jane.doe@example.com".into()),
        ..Customer::new(id, Some("jane-doe".into()), created_at)
    };
    let event = match kind {
        EventType::CUSTOMER_CREATED => Event::CustomerCreated(&customer),
        EventType::CUSTOMER_UPDATED => Event::CustomerUpdated(&customer),
        EventType::CUSTOMER_DELETED => Event::CustomerDeleted(&customer),
        _ => return "{}".into(),
    };
    String::from_utf8_lossy(&canonical_json::to_canonical_bytes(&event.sent_data())).into_owned()
}
