//! Requests that are sent again. That every `POST` of every story is carried out once, [`TestApp::post`] checks.

use std::sync::Arc;

use axum::http::{Method, Request};
use guerdon_api::{Settings, routes};
use serde_json::json;
use tokio::sync::Notify;

use crate::app::{As, PROJECT, TestApp, signed};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let app = TestApp::new().await;
    let first = app.post_with_key("k", "/v1/customers", &json!({"source_id": "a"})).await;
    first.expect(200);
    let details = "This Idempotency-Key came with another request before: use a new one for each";
    for (path, body) in [("/v1/customers", json!({"source_id": "b"})), ("/v1/customers?x=1", json!({"source_id": "a"}))]
    {
        app.post_with_key("k", path, &body).await.refused(422, "idempotency_key_reused", details);
    }
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn a_key_is_visible_and_not_too_long() {
    let app = TestApp::new().await;
    let longest = "k".repeat(255);
    app.post_with_key(&longest, "/v1/customers", &json!({"source_id": "a"})).await.expect(200);
    let details = "An Idempotency-Key has 1 to 255 visible ASCII characters";
    for key in ["", "two words", &"k".repeat(256)] {
        let refused = app.post_with_key(key, "/v1/customers", &json!({"source_id": "b"})).await;
        refused.refused(400, "invalid_idempotency_key", details);
    }
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn a_refused_request_can_be_sent_again_with_its_key() {
    let app = TestApp::new().await;
    let body = json!({"campaign": {"name": "C"}, "customer": {"source_id": "a"}});
    app.post_with_key("k", "/v1/publications", &body).await.expect(404);
    let campaign = json!({"name": "C", "campaign_type": "DISCOUNT_COUPONS", "vouchers_count": 2,
                          "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 5}}});
    app.post("/v1/campaigns", campaign).await.expect(200);
    app.run_due().await;
    let published = app.post_with_key("k", "/v1/publications", &body).await.expect(200);
    let again = app.post_with_key("k", "/v1/publications", &body).await;
    assert_eq!((again.expect(200), again.header("idempotent-replayed")), (published, "true"));
}

#[tokio::test]
async fn a_twin_that_comes_meanwhile_is_told_to_come_later() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let waits = (begun.clone(), go_on.clone());
    let slow = routes::post("/v1/slow", "Wait", move |call| {
        let (begun, go_on) = waits.clone();
        async move {
            begun.notify_one();
            go_on.notified().await;
            call.answer(Vec::new(), |_| Ok(json!({"done": true}))).await
        }
    });
    let app = TestApp::with_routes(Settings::default(), vec![slow]).await;
    let (body, send) = (json!({}), async |body| app.post_with_key("k", "/v1/slow", body).await);
    let twin = async {
        begun.notified().await;
        let twin = send(&body).await;
        go_on.notify_one();
        twin
    };
    let (first, twin) = tokio::join!(send(&body), twin);
    first.expect(200);
    twin.expect(409);
    assert_eq!((&twin.body["key"], twin.header("retry-after")), (&json!("idempotency_key_in_use"), "1"));
    let later = send(&body).await;
    assert_eq!((later.expect(200), later.header("idempotent-replayed")), (json!({"done": true}), "true"));
}

#[tokio::test]
async fn after_a_day_a_key_is_forgotten() {
    let app = TestApp::new().await;
    let body = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 100}});
    let send = || app.post_with_key("k", "/v1/vouchers", &body);
    let first = send().await.text;
    app.advance(DAY - 1);
    assert_eq!(send().await.text, first);
    app.advance(1);
    assert_ne!(send().await.text, first);
    assert_eq!(app.get("/v1/vouchers").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept() {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}/api-keys");
    let made = app.call(As::Management, Method::POST, &path, Some(json!({"name": "till"}))).await;
    made.expect(200);
    let request = signed(As::Management, Request::post(&path));
    let refused = app.send_with_key(request, "k", &json!({"name": "till"})).await;
    let details = "This answer contains a secret and is not kept: send the request without a key";
    refused.refused(400, "idempotency_key_not_taken", details);
}

#[tokio::test]
async fn callers_have_keys_of_their_own() {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}/api-keys");
    let key = app.call(As::Management, Method::POST, &path, Some(json!({"name": "till"}))).await;
    let key = key.expect(200);
    let body = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 100}});
    let one = app.post_with_key("k", "/v1/vouchers", &body).await.expect(200);
    let till = Request::post("/v1/vouchers");
    let till = till.header("X-App-Id", text(&key["app_id"])).header("X-App-Token", text(&key["app_token"]));
    let other = app.send_with_key(till, "k", &body).await.expect(200);
    assert_ne!(one["id"], other["id"]);
}

fn text(json: &serde_json::Value) -> String {
    json.as_str().expect("a text").to_owned()
}
