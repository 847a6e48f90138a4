//! Stories of send-outs, told with a clock that the test moves.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use guerdon_core::{projects, secrets, webhooks};
use guerdon_model::{Error, ids::SendOutId, send_out::SendOutStatus, webhook::Webhook};
use support::{T0, TestProject, input};

const SHOP: &str = "https://shop.test/hook";

#[tokio::test]
async fn an_event_is_delivered_once_signed_and_as_it_was_stored() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.customer("ann").await;
    assert_eq!(project.dispatcher.deliver_due().await, 1);
    assert_eq!(project.dispatcher.deliver_due().await, 0, "nothing is due any more");

    let received = project.endpoints.received();
    let send_out = &project.send_outs().await[0];
    let stored = project.guerdon.store.send_out(&project.id, &send_out.id).await.expect("the store works");
    assert_eq!(received[0].request.body, stored.expect("the send-out is kept").body);
    assert_eq!(received[0].json()["id"], send_out.id.as_str());
    assert_eq!(received[0].json()["source"]["id"], webhook.id.as_str());
    assert_eq!(received[0].request.target_url, SHOP);
    let snapshot = project.guerdon.snapshots.get(&project.id, None).await.expect("the store works");
    let token = snapshot.webhook_token().expect("every project has a token");
    assert_eq!(received[0].request.signature, secrets::sign(token, &received[0].request.body));

    assert_eq!(send_out.status, SendOutStatus::Succeeded);
    assert_eq!(send_out.next_attempt_at, None);
    assert_eq!(send_out.first_attempt_at, Some(T0));
    let attempt = &send_out.attempts[0];
    assert_eq!((attempt.no, attempt.executed_at, attempt.duration_ms), (1, T0, 3));
    assert_eq!((attempt.response_status, &attempt.error), (Some(204), &None));
}

#[tokio::test]
async fn an_endpoint_that_always_fails_is_tried_thirteen_times_in_a_day_and_then_disabled() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;
    project.pass_minutes(1_439).await;
    assert!(project.is_active(&webhook).await);
    project.pass_minutes(1).await;

    let received = project.endpoints.received();
    let minutes: Vec<i64> = received.iter().map(|request| request.minute()).collect();
    assert_eq!(minutes, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440]);
    assert!(received.iter().all(|request| request.request == received[0].request), "same id, body and signature");
    assert!(!project.is_active(&webhook).await);

    let send_out = &project.send_outs().await[0];
    assert_eq!(send_out.status, SendOutStatus::Failed);
    assert_eq!(send_out.next_attempt_at, None);
    assert_eq!(send_out.attempts.iter().map(|attempt| attempt.no).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
    assert_eq!(send_out.attempts[12].error.as_deref(), Some("the endpoint answered 500"));
}

#[tokio::test]
async fn the_first_success_ends_the_retries() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500, 500, 204]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;
    let waiting = &project.send_outs().await[0];
    assert_eq!(waiting.status, SendOutStatus::Retrying);
    assert_eq!(waiting.next_attempt_at, Some(T0.plus_millis(60_000)));
    project.pass_minutes(60).await;

    let minutes: Vec<i64> = project.endpoints.received().iter().map(|request| request.minute()).collect();
    assert_eq!(minutes, [0, 1, 2]);
    assert_eq!(project.send_outs().await[0].status, SendOutStatus::Succeeded);
    assert!(project.is_active(&webhook).await);
}

#[tokio::test]
async fn disabling_a_webhook_gives_up_what_else_waits_for_it() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;
    project.pass_minutes(1_439).await;
    project.customer("bob").await;
    project.dispatcher.deliver_due().await;
    project.pass_minutes(1).await;

    assert!(!project.is_active(&webhook).await);
    let send_outs = project.send_outs().await;
    assert!(send_outs.iter().all(|one| one.status == SendOutStatus::Failed && one.next_attempt_at.is_none()));
    let count = project.endpoints.received().len();
    project.pass_minutes(60).await;
    assert_eq!(project.endpoints.received().len(), count);
}

#[tokio::test]
async fn what_waits_for_a_deleted_webhook_is_given_up() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.customer("ann").await;
    project.run(move |tx| webhooks::delete(tx, webhook.id.as_str())).await;
    assert_eq!(project.dispatcher.deliver_due().await, 0);
    assert_eq!(project.send_outs().await[0].status, SendOutStatus::Failed);
    assert!(project.endpoints.received().is_empty());
}

#[tokio::test]
async fn a_webhook_that_is_switched_off_during_a_request_is_not_tried_again() {
    let mut project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500]);
    let gate = project.endpoints.gate(SHOP);
    project.customer("ann").await;
    let dispatcher = project.dispatcher.clone();
    let delivery = tokio::spawn(async move { dispatcher.deliver_due().await });
    project.arrival().await;
    project.run(move |tx| webhooks::disable(tx, webhook.id.as_str())).await;
    gate.add_permits(1);
    assert_eq!(delivery.await.expect("no panic"), 1);

    let send_out = &project.send_outs().await[0];
    assert_eq!((send_out.status, send_out.attempts.len()), (SendOutStatus::Failed, 1));
}

#[tokio::test]
async fn a_new_token_address_and_headers_apply_to_later_attempts_of_the_same_body() {
    let project = TestProject::new().await;
    let headers = BTreeMap::from([("x-api-key".to_owned(), "first".to_owned())]);
    let webhook = project.webhook_with(SHOP, headers).await;
    project.endpoints.answer(SHOP, &[500]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;

    let secret = project.guerdon.secret.clone();
    project.run(move |tx| projects::rotate_webhook_token(tx, &secret)).await;
    let moved = "https://new-shop.test/hook";
    let changed = input(moved, BTreeMap::from([("x-api-key".to_owned(), "second".to_owned())]));
    project.run(move |tx| webhooks::update(tx, webhook.id.as_str(), &changed)).await;
    project.pass_minutes(1).await;

    let received = project.endpoints.received();
    let (before, after) = (&received[0].request, &received[1].request);
    assert_eq!(before.body, after.body);
    assert_ne!(before.signature, after.signature);
    assert_eq!((before.target_url.as_str(), after.target_url.as_str()), (SHOP, moved));
    assert_eq!((before.headers["x-api-key"].as_str(), after.headers["x-api-key"].as_str()), ("first", "second"));
    assert_eq!(received[1].json()["source"]["target_url"], SHOP, "the body stays as it was stored");
}

#[tokio::test]
async fn many_events_reach_every_webhook_once_each() {
    let project = TestProject::new().await;
    for target in ["https://one.test", "https://two.test", "https://three.test"] {
        project.webhook(target).await;
    }
    for number in 0..100 {
        project.customer(&format!("customer-{number}")).await;
    }
    assert_eq!(project.dispatcher.deliver_due().await, 300);
    let ids: BTreeSet<String> = project.endpoints.received().iter().map(|one| one.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 300);
    assert!(project.send_outs().await.iter().all(|one| one.status == SendOutStatus::Succeeded));
}

/// A project whose only send-out has failed for good after 13 attempts.
async fn project_with_a_failed_send_out() -> (TestProject, Webhook, SendOutId) {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;
    project.pass_minutes(1_440).await;
    let id = project.send_outs().await[0].id.clone();
    (project, webhook, id)
}

#[tokio::test]
async fn a_failed_send_out_can_be_sent_again_without_switching_its_webhook_on() {
    let (project, webhook, id) = project_with_a_failed_send_out().await;
    let again = project.dispatcher.retry(&project.id, id.as_str()).await.expect("it is settled");
    assert_eq!((again.status, again.attempts.len()), (SendOutStatus::Failed, 14));
    project.endpoints.answer(SHOP, &[200]);
    let again = project.dispatcher.retry(&project.id, id.as_str()).await.expect("it is settled");
    assert_eq!(again.status, SendOutStatus::Succeeded);

    assert!(!project.is_active(&webhook).await);
    let received = project.endpoints.received();
    assert_eq!(received.len(), 15);
    assert!(received.iter().all(|request| request.request == received[0].request), "same id, body and signature");
}

#[tokio::test]
async fn what_came_of_sending_again_is_recorded() {
    let (project, _, id) = project_with_a_failed_send_out().await;
    project.dispatcher.retry(&project.id, id.as_str()).await.expect("it is settled");
    project.endpoints.answer(SHOP, &[200]);
    project.dispatcher.retry(&project.id, id.as_str()).await.expect("it is settled");

    let kept = &project.send_outs().await[0];
    assert_eq!((kept.status, kept.next_attempt_at), (SendOutStatus::Succeeded, None));
    let statuses: Vec<_> = kept.attempts[12..].iter().map(|attempt| (attempt.no, attempt.response_status)).collect();
    assert_eq!(statuses, [(13, Some(500)), (14, Some(500)), (15, Some(200))]);
}

#[tokio::test]
async fn only_what_is_settled_can_be_sent_again() {
    let project = TestProject::new().await;
    project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[500]);
    project.customer("ann").await;
    project.dispatcher.deliver_due().await;
    let id = project.send_outs().await[0].id.clone();
    let early = project.dispatcher.retry(&project.id, id.as_str()).await;
    assert!(matches!(early, Err(Error::Forbidden { .. })), "the schedule is still at it: {early:?}");
    assert_eq!(project.endpoints.received().len(), 1);

    let unknown = project.dispatcher.retry(&project.id, "whs_1").await;
    assert_eq!(unknown, Err(Error::not_found("webhook_sendout", "whs_1")));
}

#[tokio::test]
async fn a_test_request_is_a_signed_sample_that_leaves_no_trace() {
    let project = TestProject::new().await;
    let webhook = project.webhook(SHOP).await;
    project.endpoints.answer(SHOP, &[418]);
    let attempt = project.dispatcher.test(&project.id, webhook.id.as_str()).await.expect("the webhook exists");
    assert_eq!((attempt.no, attempt.response_status), (1, Some(418)));
    assert_eq!(attempt.error.as_deref(), Some("the endpoint answered 418"));

    let received = &project.endpoints.received()[0];
    let body = received.json();
    assert_eq!(body["id"], "whs_000000000000000000");
    assert_eq!(body["project_id"], project.id.as_str());
    assert_eq!(body["created_at"], "2000-01-01T00:00:00.000Z");
    assert_eq!(body["type"], "customer.created");
    assert_eq!(body["data"]["customer"]["object"], "customer");
    assert_eq!(body["source"]["target_url"], SHOP);
    let event = serde_json::json!({"id": "evcus_000000000000000000", "type": "customer.created",
        "created_at": "2000-01-01T00:00:00.000Z", "entity_id": "entity_id_000000000000000000",
        "group_id": "v-000000000000000000", "event_source": {"channel": "INTERNAL"}});
    assert_eq!(body["event"], event);
    assert_eq!(received.request.signature.len(), 64);
    assert!(project.send_outs().await.is_empty());
    assert!(project.is_active(&webhook).await);

    let unknown = project.dispatcher.test(&project.id, "wh_1").await;
    assert_eq!(unknown, Err(Error::not_found("webhook", "wh_1")));
}
