//! The event log of an entity.

use std::sync::Arc;

use guerdon_model::{
    event::{Category, Channel, EventApiKey, EventSource, EventType},
    ids::ProjectId,
};

use super::{assert_conflict, changes, project, send_outs::send_out, time};
use crate::{ChangeSet, EventQuery, EventRecord, Store};

/// A `customer.updated` of that time.
pub(super) fn event(id: &str, entity: &str, millis: i64) -> EventRecord {
    EventRecord {
        id: id.into(),
        kind: EventType::CUSTOMER_UPDATED,
        category: Category::Action,
        entity_id: entity.into(),
        group_id: "v-1".into(),
        created_at: time(millis),
        source: EventSource::internal(),
        data: "{}".into(),
    }
}

/// All events of an entity.
pub(super) fn entity(project: &ProjectId, entity: &str) -> EventQuery {
    EventQuery {
        project: project.clone(),
        entity_id: entity.into(),
        descending: false,
        after_id: None,
        from: None,
        to: None,
        kind: None,
        category: None,
        limit: 100,
    }
}

async fn given(store: &Arc<dyn Store>, project: &ProjectId, events: Vec<EventRecord>) {
    store.commit(ChangeSet { events, ..changes(project) }).await.expect("a commit");
}

async fn read(store: &Arc<dyn Store>, query: EventQuery) -> String {
    let events = store.events(query).await.expect("events");
    events.iter().map(|event| event.id.trim_start_matches("ev_")).collect()
}

pub async fn events_are_read_in_order_in_both_directions(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, vec![event("ev_2", "cust_1", 20), event("ev_1", "cust_1", 10)]).await;
    given(&store, &project, vec![event("ev_4", "cust_1", 40), event("ev_3", "cust_2", 30)]).await;
    assert_eq!(read(&store, entity(&project, "cust_1")).await, "124");
    assert_eq!(read(&store, EventQuery { descending: true, ..entity(&project, "cust_1") }).await, "421");
    assert_eq!(read(&store, EventQuery { limit: 2, ..entity(&project, "cust_1") }).await, "12");
    assert_eq!(read(&store, EventQuery { limit: 0, ..entity(&project, "cust_1") }).await, "");
    assert_eq!(read(&store, entity(&project, "cust_2")).await, "3");
    assert_eq!(read(&store, entity(&project, "cust_3")).await, "");
}

pub async fn a_cursor_continues_behind_an_event_in_both_directions(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, (1..6).map(|n| event(&format!("ev_{n}"), "cust_1", n)).collect()).await;
    for (after, descending, expected) in
        [("ev_2", false, "34"), ("ev_5", false, ""), ("ev_0", false, "12"), ("ev_4", true, "32"), ("ev_1", true, "")]
    {
        let after_id = Some(after.into());
        let query = EventQuery { after_id, descending, limit: 2, ..entity(&project, "cust_1") };
        assert_eq!(read(&store, query).await, expected, "{after} {descending}");
    }
}

pub async fn events_are_selected_by_time_type_and_category(store: Arc<dyn Store>) {
    let project = project("a");
    let rewarded = EventType::parse("customer.rewarded").expect("a type");
    let created = EventRecord { kind: EventType::CUSTOMER_CREATED, ..event("ev_1", "cust_1", 10) };
    let effect = EventRecord { kind: rewarded, category: Category::Effect, ..event("ev_3", "cust_1", 30) };
    given(&store, &project, vec![created, event("ev_2", "cust_1", 20), effect, event("ev_4", "cust_1", 40)]).await;
    let all = || entity(&project, "cust_1");
    for (query, expected) in [
        (EventQuery { from: Some(time(20)), ..all() }, "234"),
        (EventQuery { from: Some(time(21)), ..all() }, "34"),
        (EventQuery { to: Some(time(20)), ..all() }, "12"),
        (EventQuery { to: Some(time(19)), ..all() }, "1"),
        (EventQuery { from: Some(time(20)), to: Some(time(30)), ..all() }, "23"),
        (EventQuery { from: Some(time(30)), to: Some(time(20)), ..all() }, ""),
        (EventQuery { kind: Some(EventType::CUSTOMER_UPDATED), ..all() }, "24"),
        (EventQuery { kind: Some(EventType::CUSTOMER_DELETED), ..all() }, ""),
        (EventQuery { category: Some(Category::Effect), ..all() }, "3"),
        (EventQuery { category: Some(Category::Action), descending: true, limit: 2, ..all() }, "42"),
        (EventQuery { kind: Some(EventType::CUSTOMER_UPDATED), after_id: Some("ev_2".into()), ..all() }, "4"),
    ] {
        assert_eq!(read(&store, query.clone()).await, expected, "{query:?}");
    }
}

pub async fn every_part_of_an_event_is_kept(store: Arc<dyn Store>) {
    let project = project("a");
    let key = EventApiKey { name: "Primary \"key\"".into(), app_id: "app".into() };
    let full = EventRecord {
        source: EventSource { channel: Channel::ClientApi, user: None, api_key: Some(key) },
        data: "{\"text\":\"it's\\u0000 王\",\"n\":1e2}".into(),
        group_id: "v-0a".into(),
        ..event("ev_1", "cust_'1'", -5)
    };
    given(&store, &project, vec![full.clone()]).await;
    assert_eq!(store.events(entity(&project, "cust_'1'")).await.expect("events"), [full]);
}

pub async fn an_event_is_recorded_once(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, vec![event("ev_1", "cust_1", 0)]).await;
    let again = ChangeSet { events: vec![event("ev_1", "cust_1", 1)], ..changes(&project) };
    assert_conflict(store.commit(again).await);
    given(&store, &super::project("b"), vec![event("ev_1", "cust_1", 2)]).await;
}

pub async fn an_entitys_events_and_send_outs_are_erased_alone(store: Arc<dyn Store>) {
    let project = project("a");
    let set = ChangeSet {
        events: vec![event("ev_1", "cust_1", 0), event("ev_2", "cust_2", 0)],
        send_outs: vec![send_out("whs_1", "wh_1", "cust_1", 0), send_out("whs_2", "wh_1", "cust_2", 0)],
        ..changes(&project)
    };
    store.commit(set).await.expect("a commit");
    let set = ChangeSet { erased_entities: vec!["cust_1".into(), "cust_9".into()], ..changes(&project) };
    store.commit(set).await.expect("a commit");
    assert_eq!(read(&store, entity(&project, "cust_1")).await, "");
    assert_eq!(read(&store, entity(&project, "cust_2")).await, "2");
    assert_eq!(store.send_out(&project, &"whs_1".into()).await.expect("no send-out"), None);
    assert!(store.send_out(&project, &"whs_2".into()).await.expect("a send-out").is_some());
}

pub async fn what_a_commit_appends_survives_what_it_erases(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, vec![event("ev_1", "cust_1", 0)]).await;
    let set = ChangeSet {
        events: vec![event("ev_2", "cust_1", 0)],
        send_outs: vec![send_out("whs_2", "wh_1", "cust_1", 0)],
        erased_entities: vec!["cust_1".into()],
        ..changes(&project)
    };
    store.commit(set).await.expect("a commit");
    assert_eq!(read(&store, entity(&project, "cust_1")).await, "2");
    assert!(store.send_out(&project, &"whs_2".into()).await.expect("a send-out").is_some());
}
