//! A customer's activity: the event log, seen from the customer.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    event::{Category, EventSource, EventType},
    list::List,
};
use guerdon_store::{EventQuery, EventRecord};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    context::Context,
    customers::{self, CustomerRef},
    failure::unavailable,
    service::Guerdon,
};

/// Which events of a customer.
#[derive(Debug, Clone)]
pub struct ActivityListing {
    pub descending: bool,
    /// Continue behind the event with this id.
    pub starting_after_id: Option<String>,
    pub start_date: Option<Timestamp>,
    pub end_date: Option<Timestamp>,
    pub campaign_id: Option<String>,
    pub campaign_type: Option<String>,
    pub product_id: Option<String>,
    pub category: Option<Category>,
    /// `Some(None)` is a type that is never recorded.
    pub kind: Option<Option<EventType>>,
    pub limit: usize,
}

/// One event as the activity shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Activity {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: EventType,
    data: ActivityData,
    created_at: Timestamp,
    #[schema(value_type = String)]
    group_id: Arc<str>,
}

/// The payload and where it came from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityData {
    #[schema(value_type = Object)]
    data: Box<RawValue>,
    #[schema(value_type = Object)]
    event_source: EventSource,
}

/// A page of a customer's events.
///
/// # Errors
/// `not_found` for an unknown customer; `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    reference: CustomerRef,
    listing: ActivityListing,
) -> Result<List<Activity>, Error> {
    let customer = guerdon.executor.read(context, |tx| customers::get(tx, &reference)).await?;
    let mut rows = Vec::new();
    let mut after_id = listing.starting_after_id.clone();
    let kind = match listing.kind {
        Some(None) => return Ok(page(rows, listing.limit)),
        Some(Some(kind)) => Some(kind),
        None => None,
    };
    // One more than a page tells whether another follows. Filters on the payload may thin a page out,
    // so it is filled from as many pages of the log as it takes.
    while rows.len() <= listing.limit {
        let wanted = listing.limit + 1;
        let events = guerdon
            .store
            .events(EventQuery {
                project: context.project.clone(),
                entity_id: customer.id.as_str().into(),
                descending: listing.descending,
                after_id: after_id.take(),
                from: listing.start_date,
                to: listing.end_date,
                kind,
                category: listing.category,
                limit: wanted,
            })
            .await
            .map_err(unavailable)?;
        let is_last = events.len() < wanted;
        after_id = events.last().map(|event| event.id.clone());
        rows.extend(events.into_iter().filter(|event| listing.wants(event)).map(Activity::of));
        if is_last {
            break;
        }
    }
    Ok(page(rows, listing.limit))
}

fn page(mut rows: Vec<Activity>, limit: usize) -> List<Activity> {
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let more_starting_after = if has_more { rows.last().map(|row| row.id.clone()) } else { None };
    List { data_ref: "data", rows, total: None, has_more: Some(has_more), more_starting_after }
}

impl ActivityListing {
    fn wants(&self, event: &EventRecord) -> bool {
        let about = [
            (&self.campaign_id, &["/campaign/id"][..]),
            (&self.campaign_type, &["/campaign/campaign_type"]),
            (&self.product_id, &["/product/id", "/order/items"]),
        ];
        if about.iter().all(|(wanted, _)| wanted.is_none()) {
            return true;
        }
        let data: serde_json::Value = serde_json::from_str(&event.data).unwrap_or_default();
        about.iter().all(|(wanted, pointers)| {
            let Some(wanted) = wanted else { return true };
            pointers.iter().filter_map(|pointer| data.pointer(pointer)).any(|found| match found {
                serde_json::Value::Array(items) => items.iter().any(|item| item["product_id"] == **wanted),
                other => *other == **wanted,
            })
        })
    }
}

impl Activity {
    fn of(event: EventRecord) -> Self {
        let data = RawValue::from_string(event.data).unwrap_or_default();
        Self {
            id: event.id,
            kind: event.kind,
            data: ActivityData { data, event_source: event.source },
            created_at: event.created_at,
            group_id: event.group_id,
        }
    }
}

/// How many events there are about an entity beyond its creation.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn count_changes(guerdon: &Guerdon, context: &Context, entity_id: &str) -> Result<i64, Error> {
    let (mut count, mut after_id) = (0, None);
    loop {
        let events = guerdon
            .store
            .events(EventQuery {
                project: context.project.clone(),
                entity_id: entity_id.into(),
                descending: false,
                after_id,
                from: None,
                to: None,
                kind: None,
                category: None,
                limit: 1_000,
            })
            .await
            .map_err(unavailable)?;
        count += events.iter().filter(|event| event.kind != EventType::CUSTOMER_CREATED).count() as i64;
        after_id = events.last().map(|event| event.id.clone());
        if after_id.is_none() {
            return Ok(count);
        }
    }
}
