//! Segments of the simulation: whatever was done, and whatever went wrong meanwhile, everybody is where
//! the filters say, and the events tell how they got there.

use std::collections::BTreeSet;

use guerdon_core::{segments::Definitions, tx::Tx};
use guerdon_model::{
    Timestamp,
    customer::Customer,
    event::EventType,
    filter::Moment,
    segment::{Segment, SegmentMember, SegmentType},
};
use guerdon_store::{Collection, EventRecord, Query, Store, memory::Memory};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::operations::project;

/// Segments that are there from the start; what decides about them changes all the time.
pub(crate) fn set_up(tx: &mut Tx) {
    for (name, filter) in [
        ("club-a", json!({"metadata.club": {"$is": "a"}})),
        ("no-club", json!({"metadata.club": {"$is_unknown": ""}})),
        ("rich", json!({"metadata.balance": {"$more_than": 120}})),
        ("odd", json!({"junction": "or", "metadata.count": {"$more_than": 20}, "name": {"$has_value": ""}})),
        ("changed", json!({"updated_at": {"$has_value": ""}})),
    ] {
        let id = format!("seg_{name}").as_str().into();
        let segment = Segment::new(id, SegmentType::AutoUpdate, Some(name.into()), Some(filter), tx.now());
        // Nobody is there yet, so there is nothing to fill.
        tx.put(Segment { is_filling: false, ..segment });
    }
}

pub(crate) fn is_about(event: &EventRecord) -> bool {
    [EventType::CUSTOMER_SEGMENT_ENTERED, EventType::CUSTOMER_SEGMENT_LEFT].contains(&event.kind)
}

/// Who is where: pairs of segment and customer.
type Pairs = BTreeSet<(String, String)>;

pub(crate) async fn check(memory: &Memory, customers: &[Customer], log: &[EventRecord]) {
    let records = |collection| memory.query(Query::all(project(), collection));
    let segments = records(Collection::Segments).await.expect("a page").records;
    let segments = segments.iter().map(|record| record.document().expect("a segment")).collect();
    let definitions = Definitions::of(segments).expect("filters");
    let moment = Moment { now: Timestamp::from_millis(0), zone: TimeZone::UTC };

    let (mut from_scratch, mut kept) = (Pairs::new(), Pairs::new());
    for customer in customers {
        let profile = serde_json::to_value(customer).expect("json");
        let matching = definitions.auto_update().filter(|definition| definition.matches(&profile, &moment));
        from_scratch.extend(matching.map(|definition| (definition.id().to_string(), customer.id.to_string())));
        kept.extend(customer.internal.segments.iter().map(|id| (id.to_string(), customer.id.to_string())));
    }
    assert_eq!(kept, from_scratch, "what customers know of their segments");

    let members = records(Collection::SegmentMembers).await.expect("a page").records;
    let members = members.iter().map(|record| record.document::<SegmentMember>().expect("a membership"));
    let listed: Pairs = members.map(|member| (member.segment_id.to_string(), member.customer_id.to_string())).collect();
    assert_eq!(listed, from_scratch, "what segments know of their customers");

    // Customers drop out silently when they are deleted.
    let mut told = Pairs::new();
    for event in log {
        let pair = || {
            let data: Value = serde_json::from_str(&event.data).expect("JSON");
            (data["segment"]["id"].as_str().expect("an id").to_owned(), event.entity_id.to_string())
        };
        match event.kind {
            EventType::CUSTOMER_SEGMENT_ENTERED => assert!(told.insert(pair()), "entered twice: {event:?}"),
            EventType::CUSTOMER_SEGMENT_LEFT => assert!(told.remove(&pair()), "left without being there: {event:?}"),
            EventType::CUSTOMER_DELETED => told.retain(|(_, customer)| **customer != *event.entity_id),
            _ => {}
        }
    }
    assert_eq!(told, from_scratch, "what was told");
}
