//! The dispatcher as it runs in production: webhooks side by side, and a graceful stop.

mod support;

use guerdon_model::send_out::SendOutStatus;
use support::TestProject;

const SLOW: &str = "https://slow.test/hook";
const FAST: &str = "https://fast.test/hook";

#[tokio::test]
async fn a_slow_endpoint_delays_no_other() {
    let mut project = TestProject::new().await;
    project.webhook(SLOW).await;
    project.webhook(FAST).await;
    let _never_opened = project.endpoints.gate(SLOW);
    let running = tokio::spawn(project.dispatcher.clone().run());
    for number in 0..50 {
        project.customer(&format!("customer-{number}")).await;
    }
    let (mut slow, mut fast) = (0, 0);
    while fast < 50 {
        match project.arrival().await.as_str() {
            SLOW => slow += 1,
            _ => fast += 1,
        }
    }
    assert!(slow <= 16, "no more than the allowed number of requests wait for the slow endpoint: {slow}");
    running.abort();
}

#[tokio::test]
async fn an_event_that_arrives_while_its_webhook_is_being_served_does_not_wait() {
    let mut project = TestProject::new().await;
    project.webhook(SLOW).await;
    let gate = project.endpoints.gate(SLOW);
    let running = tokio::spawn(project.dispatcher.clone().run());
    project.customer("ann").await;
    assert_eq!(project.arrival().await, SLOW);
    project.customer("bob").await;
    assert_eq!(project.arrival().await, SLOW, "although the first request still runs");
    gate.add_permits(2);
    running.abort();
}

#[tokio::test]
async fn a_stop_waits_for_running_requests_and_leaves_the_rest_for_later() {
    let mut project = TestProject::new().await;
    project.webhook(SLOW).await;
    let gate = project.endpoints.gate(SLOW);
    let running = tokio::spawn(project.dispatcher.clone().run());
    for number in 0..40 {
        project.customer(&format!("customer-{number}")).await;
    }
    for _ in 0..16 {
        project.arrival().await;
    }
    let dispatcher = project.dispatcher.clone();
    let stopping = tokio::spawn(async move { dispatcher.stop().await });
    // The stop is noticed before the first request ends: on one thread, tasks run in turn.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(100);
    stopping.await.expect("no panic");
    running.await.expect("no panic");

    let send_outs = project.send_outs().await;
    let of = |status| send_outs.iter().filter(|one| one.status == status).count();
    assert_eq!((of(SendOutStatus::Succeeded), of(SendOutStatus::Pending)), (16, 24));
    assert!(send_outs.iter().all(|one| one.status == SendOutStatus::Succeeded || one.next_attempt_at.is_some()));
}
