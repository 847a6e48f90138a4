//! Send-outs: kept, listed, leased, settled and given up.

use std::sync::Arc;

use guerdon_model::{
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::{Attempt, SendOut, SendOutStatus},
};

use super::{changes, project, time};
use crate::{ChangeSet, SendOutQuery, Settlement, Store};

/// One that was never tried and is due at that time.
pub(super) fn send_out(id: &str, webhook: &str, entity: &str, due: i64) -> SendOut {
    SendOut {
        id: id.into(),
        webhook_id: webhook.into(),
        event_id: "ev_1".into(),
        event_type: "customer.updated".into(),
        entity_id: entity.into(),
        group_id: "v-1".into(),
        status: SendOutStatus::Pending,
        created_at: time(0),
        first_attempt_at: None,
        next_attempt_at: Some(time(due)),
        attempts: Vec::new(),
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

/// All of a project's send-outs.
pub(super) fn every(project: &ProjectId) -> SendOutQuery {
    let project = project.clone();
    SendOutQuery { project, webhook: None, status: None, event_type: None, after_id: None, limit: 100 }
}

async fn given(store: &Arc<dyn Store>, project: &ProjectId, send_outs: impl Into<Vec<SendOut>>) {
    store.commit(ChangeSet { send_outs: send_outs.into(), ..changes(project) }).await.expect("a commit");
}

fn numbers<'a>(ids: impl IntoIterator<Item = &'a SendOut>) -> String {
    ids.into_iter().map(|send_out| send_out.id.as_str().trim_start_matches("whs_")).collect()
}

async fn listed(store: &Arc<dyn Store>, query: SendOutQuery) -> String {
    numbers(&store.send_outs(query).await.expect("send-outs"))
}

/// Leases up to ten send-outs from `now` to `until`.
async fn lease(store: &Arc<dyn Store>, project: &ProjectId, webhook: &str, now: i64, until: i64) -> Vec<SendOut> {
    let webhook = WebhookId::from(webhook);
    store.lease_send_outs(project, &webhook, time(now), time(until), 10).await.expect("a lease")
}

async fn get(store: &Arc<dyn Store>, project: &ProjectId, id: &str) -> Option<SendOut> {
    store.send_out(project, &SendOutId::from(id)).await.expect("an answer")
}

fn settlement(project: &ProjectId, id: &str, status: SendOutStatus, next: Option<i64>) -> Settlement {
    let attempt = Attempt { no: 1, executed_at: time(1), response_status: Some(500), error: None, duration_ms: 3 };
    Settlement {
        project: project.clone(),
        id: id.into(),
        status,
        first_attempt_at: time(1),
        next_attempt_at: next.map(time),
        attempts: vec![attempt],
    }
}

pub async fn a_send_out_comes_back_as_it_was(store: Arc<dyn Store>) {
    let project = project("a");
    let attempt = |no| Attempt {
        no,
        executed_at: time(1),
        response_status: None,
        error: Some("timed out".into()),
        duration_ms: 9,
    };
    let full = SendOut {
        status: SendOutStatus::Retrying,
        first_attempt_at: Some(time(1)),
        attempts: vec![attempt(1), attempt(2)],
        body: "{\"text\":\"it's 王 \\u0000\"}".into(),
        ..send_out("whs_1", "wh_1", "cust_1", 5)
    };
    given(&store, &project, [full.clone()]).await;
    assert_eq!(get(&store, &project, "whs_1").await, Some(full));
    assert_eq!(get(&store, &project, "whs_2").await, None);
}

pub async fn send_outs_are_listed_newest_first_without_bodies(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [1, 3, 2].map(|n| send_out(&format!("whs_{n}"), "wh_1", "cust_1", 0))).await;
    let all = store.send_outs(every(&project)).await.expect("send-outs");
    assert_eq!(numbers(&all), "321");
    assert!(all.iter().all(|send_out| send_out.body.is_empty()));
    assert_eq!(listed(&store, SendOutQuery { limit: 2, ..every(&project) }).await, "32");
    assert_eq!(listed(&store, SendOutQuery { after_id: Some("whs_3".into()), ..every(&project) }).await, "21");
    assert_eq!(listed(&store, SendOutQuery { after_id: Some("whs_1".into()), ..every(&project) }).await, "");
}

pub async fn send_outs_are_selected_by_webhook_status_and_type(store: Arc<dyn Store>) {
    let project = project("a");
    let failed =
        SendOut { status: SendOutStatus::Failed, next_attempt_at: None, ..send_out("whs_2", "wh_1", "cust_1", 0) };
    let created = SendOut { event_type: "customer.created".into(), ..send_out("whs_3", "wh_2", "cust_1", 0) };
    given(&store, &project, [send_out("whs_1", "wh_1", "cust_1", 0), failed, created]).await;
    for (query, expected) in [
        (SendOutQuery { webhook: Some("wh_1".into()), ..every(&project) }, "21"),
        (SendOutQuery { webhook: Some("wh_9".into()), ..every(&project) }, ""),
        (SendOutQuery { status: Some(SendOutStatus::Failed), ..every(&project) }, "2"),
        (SendOutQuery { status: Some(SendOutStatus::Pending), ..every(&project) }, "31"),
        (SendOutQuery { event_type: Some("customer.created".into()), ..every(&project) }, "3"),
        (SendOutQuery { webhook: Some("wh_1".into()), status: Some(SendOutStatus::Pending), ..every(&project) }, "1"),
    ] {
        assert_eq!(listed(&store, query.clone()).await, expected, "{query:?}");
    }
}

pub async fn a_lease_excludes_everybody_else_until_it_ends(store: Arc<dyn Store>) {
    let project = project("a");
    let due = send_out("whs_1", "wh_1", "cust_1", 10);
    given(&store, &project, [due.clone()]).await;
    assert_eq!(lease(&store, &project, "wh_1", 9, 100).await, [], "it is not due yet");
    assert_eq!(lease(&store, &project, "wh_2", 10, 100).await, [], "it is another webhook's");
    assert_eq!(lease(&store, &project, "wh_1", 10, 100).await, [due], "with its body, as it was");
    assert_eq!(lease(&store, &project, "wh_1", 99, 200).await, []);
    assert_eq!(numbers(&lease(&store, &project, "wh_1", 100, 200).await), "1", "the lease is over");
}

pub async fn a_lease_takes_the_oldest_first_and_no_more_than_its_limit(store: Arc<dyn Store>) {
    let project = project("a");
    let due = [(1, 30), (2, 10), (3, 20), (4, 20), (5, 50)];
    given(&store, &project, due.map(|(n, due)| send_out(&format!("whs_{n}"), "wh_1", "cust_1", due))).await;
    let webhook = WebhookId::from("wh_1");
    let mut taken = Vec::new();
    for _ in 0..3 {
        let leased = store.lease_send_outs(&project, &webhook, time(40), time(100), 2).await.expect("a lease");
        taken.push(numbers(&leased));
    }
    assert_eq!(taken, ["23", "41", ""]);
}

pub async fn a_settled_send_out_is_due_no_more_or_later(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [1, 2].map(|n| send_out(&format!("whs_{n}"), "wh_1", "cust_1", 0))).await;
    assert_eq!(numbers(&lease(&store, &project, "wh_1", 0, 100).await), "12");
    let settlements = vec![
        settlement(&project, "whs_1", SendOutStatus::Succeeded, None),
        settlement(&project, "whs_2", SendOutStatus::Retrying, Some(60)),
    ];
    store.settle_send_outs(settlements.clone()).await.expect("settled");
    assert_eq!(numbers(&lease(&store, &project, "wh_1", 60, 200).await), "2");
    assert_eq!(numbers(&lease(&store, &project, "wh_1", 1_000, 2_000).await), "2");
    let settled = get(&store, &project, "whs_1").await.expect("a send-out");
    assert_eq!((settled.status, settled.next_attempt_at), (SendOutStatus::Succeeded, None));
    assert_eq!((settled.first_attempt_at, &settled.attempts), (Some(time(1)), &settlements[0].attempts));
    assert_eq!(settled.body, r#"{"id":"whs_1"}"#);
}

pub async fn a_settlement_changes_nothing_that_is_settled_or_gone(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [send_out("whs_1", "wh_1", "cust_1", 0)]).await;
    assert_eq!(numbers(&lease(&store, &project, "wh_1", 0, 100).await), "1");
    // The webhook is disabled while its request is under way: nothing may bring it back.
    assert_eq!(store.fail_waiting_send_outs(&project, &"wh_1".into()).await.expect("given up"), 1);
    let late = settlement(&project, "whs_1", SendOutStatus::Retrying, Some(50));
    store
        .settle_send_outs(vec![late, settlement(&project, "whs_9", SendOutStatus::Succeeded, None)])
        .await
        .expect("settled");
    let given_up = get(&store, &project, "whs_1").await.expect("a send-out");
    assert_eq!((given_up.status, given_up.next_attempt_at), (SendOutStatus::Failed, None));
    assert_eq!(get(&store, &project, "whs_9").await, None);
}

pub async fn waiting_send_outs_of_a_webhook_are_given_up_alone(store: Arc<dyn Store>) {
    let project = project("a");
    let done =
        SendOut { status: SendOutStatus::Succeeded, next_attempt_at: None, ..send_out("whs_3", "wh_1", "cust_1", 0) };
    let retrying = SendOut { status: SendOutStatus::Retrying, ..send_out("whs_2", "wh_1", "cust_1", 500) };
    let all = [send_out("whs_1", "wh_1", "cust_1", 0), retrying, done, send_out("whs_4", "wh_2", "cust_1", 0)];
    given(&store, &project, all).await;
    assert_eq!(store.fail_waiting_send_outs(&project, &"wh_1".into()).await.expect("given up"), 2);
    assert_eq!(store.fail_waiting_send_outs(&project, &"wh_1".into()).await.expect("given up"), 0);
    assert_eq!(listed(&store, SendOutQuery { status: Some(SendOutStatus::Failed), ..every(&project) }).await, "21");
    assert_eq!(get(&store, &project, "whs_3").await.map(|kept| kept.status), Some(SendOutStatus::Succeeded));
    assert_eq!(lease(&store, &project, "wh_1", 1_000, 2_000).await, []);
    assert_eq!(numbers(&lease(&store, &project, "wh_2", 1_000, 2_000).await), "4");
}

pub async fn the_webhooks_with_due_send_outs_are_found_over_all_projects(store: Arc<dyn Store>) {
    assert_eq!(store.due_webhooks(time(1_000)).await.expect("webhooks"), []);
    // Per project and webhook the times at which its send-outs are due; none is one that is settled.
    let queues: [(&str, &str, &[Option<i64>]); 8] = [
        ("a", "wh_1", &[Some(30), Some(10), Some(20)]),
        ("a", "wh_2", &[Some(500)]),
        ("a", "wh_3", &[None, None]),
        ("a", "wh_4", &[None, Some(10), Some(10)]),
        ("b", "wh_0", &[Some(900), Some(5)]),
        ("b", "wh_1", &[Some(11)]),
        ("c", "wh_9", &[None]),
        ("d", "wh_1", &[Some(10), Some(900)]),
    ];
    for (queue, (project_name, webhook, due)) in queues.iter().enumerate() {
        let made = due.iter().enumerate().map(|(n, due)| SendOut {
            next_attempt_at: due.map(time),
            ..send_out(&format!("whs_{queue}{n}"), webhook, "cust_1", 0)
        });
        given(&store, &project(project_name), made.collect::<Vec<_>>()).await;
    }
    for (now, expected) in [
        (4, vec![]),
        (5, vec![("b", "wh_0")]),
        (10, vec![("a", "wh_1"), ("a", "wh_4"), ("b", "wh_0"), ("d", "wh_1")]),
        (499, vec![("a", "wh_1"), ("a", "wh_4"), ("b", "wh_0"), ("b", "wh_1"), ("d", "wh_1")]),
        (500, vec![("a", "wh_1"), ("a", "wh_2"), ("a", "wh_4"), ("b", "wh_0"), ("b", "wh_1"), ("d", "wh_1")]),
    ] {
        let mut found = store.due_webhooks(time(now)).await.expect("webhooks");
        found.sort();
        let expected: Vec<_> =
            expected.into_iter().map(|(name, webhook)| (project(name), WebhookId::from(webhook))).collect();
        assert_eq!(found, expected, "at {now}");
    }
}

pub async fn the_next_due_time_is_the_earliest_of_all(store: Arc<dyn Store>) {
    assert_eq!(store.next_send_out_due().await.expect("a time"), None);
    let settled = SendOut { next_attempt_at: None, ..send_out("whs_0", "wh_1", "cust_1", 0) };
    given(&store, &project("b"), [settled, send_out("whs_1", "wh_1", "cust_1", 70)]).await;
    assert_eq!(store.next_send_out_due().await.expect("a time"), Some(time(70)));
    given(&store, &project("a"), [send_out("whs_1", "wh_5", "cust_1", 90), send_out("whs_2", "wh_6", "cust_1", 40)])
        .await;
    assert_eq!(store.next_send_out_due().await.expect("a time"), Some(time(40)));
    assert_eq!(numbers(&lease(&store, &project("a"), "wh_6", 40, 200).await), "2");
    assert_eq!(store.next_send_out_due().await.expect("a time"), Some(time(70)));
}
