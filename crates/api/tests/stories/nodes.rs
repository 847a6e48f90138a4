//! Several nodes on one database behave like one: what one has acknowledged, all act on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::Method;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp};

fn project(path: &str) -> String {
    format!("/management/v1/projects/{PROJECT}/{path}")
}

/// Requests that a node answers all the while; returns their number once `done` is set.
async fn load(node: &TestApp, done: &AtomicBool) -> usize {
    let mut requests = 0;
    while !done.load(Ordering::SeqCst) {
        let customers =
            (0..8).map(|number| json!({"source_id": format!("load-{number}"), "name": requests.to_string()}));
        let answers = join_all(customers.map(|customer| node.post("/v1/customers", customer))).await;
        answers.iter().for_each(|answer| drop(answer.expect(200)));
        requests += answers.len();
    }
    requests
}

#[tokio::test]
async fn a_key_made_on_one_node_works_on_another_at_once_and_is_refused_as_soon_as_it_is_revoked() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    let done = Arc::new(AtomicBool::new(false));
    let story = async {
        for round in 0..10 {
            let made =
                one.call(As::Management, Method::POST, &project("api-keys"), Some(json!({"name": "Till"}))).await;
            let made = made.expect(200);
            let (id, token) = (made["app_id"].as_str().expect("an id"), made["app_token"].as_str().expect("a secret"));
            let ask = async |method: Method, path: &str, body: Option<Value>| {
                other.call_as((id, token), method, path, body).await
            };
            let customer = Some(json!({"source_id": "shop-1"}));
            ask(Method::POST, "/v1/customers", customer.clone()).await.expect(200);
            ask(Method::GET, "/v1/customers/shop-1", None).await.expect(200);

            one.call(As::Management, Method::DELETE, &project(&format!("api-keys/{id}")), None).await.expect(204);
            // A command, a read and a listing: each learns of it in its own way.
            match round % 3 {
                0 => ask(Method::POST, "/v1/customers", customer).await.expect(401),
                1 => ask(Method::GET, "/v1/customers/shop-1", None).await.expect(401),
                _ => ask(Method::GET, "/v1/customers", None).await.expect(401),
            };
        }
        done.store(true, Ordering::SeqCst);
    };
    let ((), requests) = join(story, load(&other, &done)).await;
    assert!(requests > 20, "the other node was busy meanwhile: {requests}");
}

#[tokio::test]
async fn a_schema_that_one_node_has_acknowledged_rules_on_every_other() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    let schema = |strict: bool| json!({"related_object": "customer", "properties": {}, "allow_defined_only": strict});
    let made =
        one.call(As::Management, Method::POST, &project("metadata-schemas"), Some(schema(false))).await.expect(200);
    let path = project(&format!("metadata-schemas/{}", made["id"].as_str().expect("an id")));
    let done = Arc::new(AtomicBool::new(false));
    let story = async {
        for round in 0..30 {
            let strict = round % 2 == 0;
            one.call(As::Management, Method::PUT, &path, Some(schema(strict))).await.expect(200);
            let answer = other.post("/v1/customers", json!({"source_id": "shop-1", "metadata": {"unknown": 1}})).await;
            assert_eq!(answer.status.as_u16(), if strict { 400 } else { 200 }, "round {round}: {}", answer.text);
        }
        done.store(true, Ordering::SeqCst);
    };
    let ((), requests) = join(story, load(&other, &done)).await;
    assert!(requests > 20, "the other node was busy meanwhile: {requests}");
}

#[tokio::test]
async fn a_webhook_that_one_node_has_switched_off_is_not_called_by_another() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    let webhook = one.subscribe(&["customer.created"]).await;
    let path = project(&format!("webhooks/{}", webhook["id"].as_str().expect("an id")));
    other.post("/v1/customers", json!({"source_id": "before"})).await.expect(200);
    assert_eq!(other.received().await.len(), 1, "it was made on the other node");

    other.post("/v1/customers", json!({"source_id": "waiting"})).await.expect(200);
    one.call(
        As::Management,
        Method::PUT,
        &path,
        Some(json!({"target_url": "https://hooks.example/in", "events": ["customer.created"], "active": false})),
    )
    .await
    .expect(200);
    assert_eq!(other.received().await.len(), 1, "what waited is not sent any more");
    other.post("/v1/customers", json!({"source_id": "after"})).await.expect(200);
    assert_eq!(other.received().await.len(), 1, "nor is what came later");
}

#[tokio::test]
async fn nodes_share_deliveries_and_none_is_made_twice() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    one.subscribe(&["customer.created"]).await;
    let customers = (0..60).map(|number| json!({"source_id": format!("shop-{number}")}));
    for answer in join_all(customers.map(|customer| one.post("/v1/customers", customer))).await {
        answer.expect(200);
    }
    let (sent, sent_by_other) = join(one.received(), other.received()).await;
    let mut ids: Vec<String> = sent.iter().chain(&sent_by_other).map(|body| body["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((sent.len() + sent_by_other.len(), ids.len()), (60, 60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_two_nodes_change_all_the_time_loses_no_change() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    one.post("/v1/customers", json!({"source_id": "shop-1"})).await.expect(200);
    let changes = |node: TestApp, name: &'static str| {
        tokio::spawn(async move {
            for number in 0..60 {
                let metadata = json!({format!("{name}-{number}"): true});
                node.post("/v1/customers", json!({"source_id": "shop-1", "metadata": metadata})).await.expect(200);
            }
            node
        })
    };
    let (one, other) = join(changes(one, "one"), changes(other, "other")).await;
    let (one, _other) = (one.expect("no panic"), other.expect("no panic"));
    let customer = one.get("/v1/customers/shop-1").await.expect(200);
    assert_eq!(customer["metadata"].as_object().map(|keys| keys.len()), Some(120));
}
