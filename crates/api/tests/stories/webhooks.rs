//! Events on their way to a shop's own endpoint.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

#[tokio::test]
async fn an_update_arrives_signed_in_the_documented_envelope() {
    let app = TestApp::new().await;
    let webhook = app.subscribe(&["customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "ariana-patel", "name": "Ariana Patel"})).await.expect(200);
    app.advance(1_000);
    let body = json!({"email": "ariana.patel@example.org", "address": {"city": "Toronto"}, "metadata": {"10": 1.0, "b": 2, "9": "x"}});
    app.put("/v1/customers/ariana-patel", body).await.expect(200);
    let sent = app.received().await;
    assert_eq!(sent.len(), 1);
    let keys: Vec<&String> = sent[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["id", "project_id", "created_at", "type", "data", "source", "event"]);
    assert_eq!(sent[0]["source"]["id"], webhook["id"]);
    assert_eq!(sent[0]["event"]["entity_id"], sent[0]["data"]["customer"]["id"]);
    insta::assert_json_snapshot!("customer.updated", redacted(sent[0].clone()));

    let project = app.call(As::Management, Method::GET, &format!("/management/v1/projects/{PROJECT}"), None).await;
    let token = project.expect(200)["webhook_token"].as_str().expect("a token").to_owned();
    assert!(app.last_is_signed_with(&token));
    assert!(!app.last_is_signed_with("another"));
}

#[tokio::test]
async fn the_three_bulk_paths_send_nothing() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    let before = app.received().await.len();
    let items = json!([{"source_id": "a", "name": "A"}, {"source_id": "b"}, {"source_id": "c"}]);
    let bulk = app.post("/v1/customers/bulk/async", items).await;
    app.finish(&bulk).await;
    let metadata = app.post("/v1/customers/metadata/async", json!({"source_ids": ["a"], "metadata": {"x": 1}})).await;
    app.finish(&metadata).await;
    app.import(b"Source_id,Name\na,Again\n").await;
    assert_eq!(app.received().await.len(), before);
    assert_eq!(app.get("/v1/customers/a").await.expect(200)["name"], "Again");
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_sent_all_the_same() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "a", "name": "A"})).await.expect(200);
    app.put("/v1/customers/a", json!({"name": "A"})).await.expect(200);
    assert_eq!(app.received().await.len(), 1);
}

#[tokio::test]
async fn a_refused_request_sends_nothing() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "a", "birthdate": "soon"})).await.expect(400);
    app.put("/v1/customers/nobody", json!({"name": "A"})).await.expect(404);
    assert_eq!(app.received().await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_inactive_webhook_misses_events_for_good() {
    let app = TestApp::new().await;
    let webhook = app.subscribe(&["customer.created"]).await;
    let path = format!("/management/v1/projects/{PROJECT}/webhooks/{}", webhook["id"].as_str().expect("an id"));
    let body = |active: bool| json!({"target_url": "https://hooks.example/in", "events": ["customer.created"], "active": active});
    app.call(As::Management, Method::PUT, &path, Some(body(false))).await.expect(200);
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.call(As::Management, Method::PUT, &path, Some(body(true))).await.expect(200);
    app.post("/v1/customers", json!({"source_id": "b"})).await.expect(200);
    let sent = app.received().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["data"]["customer"]["source_id"], "b");
}

#[tokio::test]
async fn send_outs_can_be_looked_at_and_tried_again() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created"]).await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.received().await;
    let path = format!("/management/v1/projects/{PROJECT}/webhook-sendouts");
    let list = app.call(As::Management, Method::GET, &path, None).await.expect(200);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    assert_eq!((&list["data"][0]["status"], list["data"][0].get("body")), (&json!("SUCCEEDED"), None));
    let one = format!("{path}/{}", list["data"][0]["id"].as_str().expect("an id"));
    let send_out = app.call(As::Management, Method::GET, &one, None).await.expect(200);
    assert_eq!(send_out["body"]["type"], "customer.created");
    app.call(As::Management, Method::POST, &format!("{one}/retry"), None).await.expect(200);
    let sent = app.received().await;
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
    app.call(As::Management, Method::GET, &format!("{path}/whs_unknown"), None).await.expect(404);
    for query in ["status=FAILED", "type=customer.deleted", "source_id=wh_other"] {
        let list = app.call(As::Management, Method::GET, &format!("{path}?{query}"), None).await.expect(200);
        assert_eq!(list["data"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn settled_send_outs_are_kept_for_half_a_year() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created"]).await;
    let list = || {
        let path = format!("/management/v1/projects/{PROJECT}/webhook-sendouts");
        let app = &app;
        async move { app.call(As::Management, Method::GET, &path, None).await.expect(200)["data"].as_array().map(Vec::len) }
    };
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.received().await;
    app.advance(179 * 24 * 3_600_000);
    app.post("/v1/customers", json!({"source_id": "b"})).await.expect(200);
    guerdon_core::retention::prune(&app.guerdon).await;
    assert_eq!(list().await, Some(2));
    app.advance(2 * 24 * 3_600_000);
    guerdon_core::retention::prune(&app.guerdon).await;
    assert_eq!(list().await, Some(1));
    assert_eq!(app.received().await.len(), 2, "what still waits is never deleted");
}
