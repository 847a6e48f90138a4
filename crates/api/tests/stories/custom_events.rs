//! Custom events, from servers and from browsers.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::app::{As, CLIENT, PROJECT, Reply, TestApp, redacted};

const CREATED: &str = "customer.created";
const UPDATED: &str = "customer.updated";
const REPORTED: &str = "customer.custom_event";

/// Defines an event whose `stars` are required.
async fn schema(app: &TestApp, name: &str) -> Value {
    let path = format!("/management/v1/projects/{PROJECT}/custom-event-schemas");
    let properties = json!({"stars": {"type": "number", "optional": false}});
    let body = json!({"name": name, "schema": {"properties": properties}});
    app.call(As::Management, Method::POST, &path, Some(body)).await.expect(200)
}

async fn types(app: &TestApp) -> Vec<String> {
    app.received().await.iter().map(|sent| sent["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test]
async fn an_event_of_somebody_new_creates_the_customer_and_counts() {
    let app = TestApp::new().await;
    app.subscribe(&[CREATED, UPDATED, REPORTED, "customer.segment.entered"]).await;
    let filter = json!({"junction": "and", "events.sign_up.count": {"conditions": {"$more_than": ["0"]}}});
    let segment = app.post("/v1/segments", json!({"name": "Signed up", "type": "auto-update", "filter": filter})).await;
    let segment = segment.expect(200)["id"].as_str().expect("an id").to_owned();
    app.run_due().await;
    let reported = app.post("/v1/events", json!({"event": "sign_up", "customer": {"source_id": "u9"}})).await;
    insta::assert_json_snapshot!("a reported event", redacted(reported.expect(200)));
    assert_eq!(types(&app).await, [CREATED, REPORTED, "customer.segment.entered"]);
    let members = app.get(&format!("/v1/customers?segment_id={segment}")).await.expect(200);
    assert_eq!(members["customers"][0]["source_id"], "u9");
}

#[tokio::test]
async fn an_event_is_told_with_its_schema_and_shown_as_activity() {
    let app = TestApp::new().await;
    let schema = schema(&app, "review_left").await;
    app.subscribe(&[CREATED, UPDATED, REPORTED]).await;
    app.post("/v1/customers", json!({"source_id": "ada", "name": "Ada"})).await.expect(200);
    let body = json!({"event": "review_left", "customer": {"source_id": "ada"}, "metadata": {"stars": 5},
        "referral": {"code": "FRIEND", "referrer_id": "cust_1"}, "loyalty": {"code": "CARD"}});
    let reported = app.post("/v1/events", body).await.expect(200);
    assert_eq!((&reported["referral"], &reported["loyalty"]), (&json!(null), &json!(null)));
    assert_eq!(reported["metadata"], json!({"stars": 5}));
    let sent = app.received().await;
    assert_eq!(types(&app).await, [CREATED, REPORTED], "a customer that is only named is not updated");
    assert_eq!(sent[1]["data"]["event_schema"]["id"], schema["id"]);
    assert_eq!(sent[1]["data"]["event"]["customer"], json!({"id": reported["customer"]["id"]}));
    insta::assert_json_snapshot!("an event as it is told", redacted(sent[1]["data"].clone()));

    let activity = app.get("/v1/customers/ada/activity?type=customer.custom_event").await.expect(200);
    assert_eq!(activity["data"][0]["data"]["data"], sent[1]["data"]);
    let actions = app.get("/v1/customers/ada/activity?category=ACTION").await.expect(200);
    assert_eq!(actions["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(app.get("/v1/customers/ada").await.expect(200).get("updated_at"), None);
}

#[tokio::test]
async fn a_customer_is_updated_only_if_the_event_says_something_new_about_it() {
    let app = TestApp::new().await;
    app.subscribe(&[UPDATED, REPORTED]).await;
    app.post("/v1/customers", json!({"source_id": "ada", "name": "Ada"})).await.expect(200);
    for (customer, expected) in [
        (json!({"source_id": "ada", "name": "Ada"}), vec![REPORTED]),
        (json!({"source_id": "ada", "name": "Ada M.", "metadata": {"a": 1}}), vec![UPDATED, REPORTED]),
        (json!({"source_id": "ada", "metadata": {"a": 1}}), vec![REPORTED]),
        (json!({"source_id": "ada", "name": null}), vec![UPDATED, REPORTED]),
    ] {
        let before = app.received().await.len();
        app.post("/v1/events", json!({"event": "seen", "customer": customer})).await.expect(200);
        assert_eq!(types(&app).await[before..], expected, "{customer}");
    }
    let filter = json!({"junction": "and", "events.seen.count": {"$is": 4},
        "events.seen.last_occurred_at": {"$is": "2026-05-10T12:00:00.000Z"}});
    app.post("/v1/segments", json!({"filter": filter})).await.expect(200);
    assert_eq!(app.get("/v1/customers/ada/segments").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn an_event_of_an_unknown_id_or_with_wrong_metadata_changes_nothing() {
    let app = TestApp::new().await;
    schema(&app, "review_left").await;
    let unknown = app.post("/v1/events", json!({"event": "review_left", "customer": {"id": "registered_10055"}})).await;
    unknown.refused(404, "not_found", "Cannot find customer with id registered_10055");
    let body = json!({"event": "review_left", "customer": {"source_id": "new"}, "metadata": {"stars": "5"}});
    app.post("/v1/events", body).await.refused(
        400,
        "metadata_validation_failed",
        "stars: must be a number, property is required (actual value is '5')",
    );
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn events_of_a_wrong_form_are_refused() {
    let app = TestApp::new().await;
    let customer = json!({"source_id": "a"});
    for (body, details) in [
        (json!({"customer": customer}), "Payload should have required property 'event'"),
        (json!({"event": "a"}), "Payload should have required property 'customer'"),
        (json!({"event": 1, "customer": customer}), "Property .event should be string"),
        (json!({"event": "", "customer": customer}), "Property .event should NOT have fewer than 1 characters"),
        (
            json!({"event": "é".repeat(301), "customer": customer}),
            "Property .event should NOT have more than 300 characters",
        ),
        (json!({"event": "a", "customer": {}}), "Property .customer should have required property 'source_id'"),
        (
            json!({"event": "a", "customer": customer, "referral": {}}),
            "Property .referral should have required property 'code'",
        ),
        (
            json!({"event": "a", "customer": customer, "loyalty": {}}),
            "Property .loyalty should have required property 'code'",
        ),
        (json!({"event": "a", "customer": customer, "metadata": []}), "Property .metadata should be object"),
    ] {
        app.post("/v1/events", body.clone()).await.refused(400, "invalid_payload", details);
    }
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 0);
}

/// Sends an event from a page of this origin.
async fn from_browser(app: &TestApp, origin: Option<&str>, body: Value) -> Reply {
    let (id, token) = CLIENT;
    let mut request = Request::post("/client/v1/events")
        .header("X-Client-Application-Id", id)
        .header("X-Client-Token", token)
        .header("content-type", "application/json");
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    // Browsers have few requests in five seconds.
    app.advance(1_001);
    app.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

async fn settings(app: &TestApp, settings: Value) {
    let path = format!("/management/v1/projects/{PROJECT}");
    app.call(As::Management, Method::PUT, &path, Some(settings)).await.expect(200);
}

#[tokio::test]
async fn browsers_report_events_from_pages_that_the_project_trusts() {
    let app = TestApp::new().await;
    app.subscribe(&[REPORTED]).await;
    let body = json!({"event": "cart_abandoned", "customer": {"source_id": "ada"}});
    from_browser(&app, Some("https://shop.example"), body.clone()).await.expect(401);
    settings(&app, json!({"client_trusted_domains": ["shop.example"]})).await;
    from_browser(&app, None, body.clone()).await.expect(401);
    from_browser(&app, Some("https://evil.example"), body.clone()).await.expect(401);
    let answer = from_browser(&app, Some("https://shop.example"), body.clone()).await;
    assert_eq!(answer.expect(200)["customer"]["source_id"], "ada");
    assert_eq!(answer.headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(app.received().await[0]["event"]["event_source"]["channel"], "CLIENT_API");
    // A client-side key opens nothing else, and a server-side key not this.
    app.call(As::Server, Method::POST, "/client/v1/events", Some(body)).await.expect(401);
}

#[tokio::test]
async fn browsers_ask_for_points_and_referrals_only_if_the_project_allows_it() {
    let app = TestApp::new().await;
    settings(&app, json!({"client_trusted_domains": ["*"]})).await;
    let customer = json!({"source_id": "ada"});
    let details = "Client-side events with loyalty or referral are disabled. Enable client_loyalty_events_enabled.";
    for part in ["loyalty", "referral"] {
        let body = json!({"event": "a", "customer": customer, part: {"code": "X"}});
        from_browser(&app, Some("https://a.example"), body.clone()).await.refused(403, "forbidden", details);
        app.post("/v1/events", body).await.expect(200);
    }
    settings(&app, json!({"client_loyalty_events_enabled": true})).await;
    let body = json!({"event": "a", "customer": customer, "loyalty": {"code": "X"}});
    from_browser(&app, Some("https://a.example"), body).await.expect(200);
}

#[tokio::test]
async fn a_browser_learns_beforehand_what_it_may_send() {
    let app = TestApp::new().await;
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/client/v1/events")
        .header("Origin", "https://shop.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-client-application-id,x-client-token,content-type");
    let answer = app.send(request.body(Body::empty()).expect("a request")).await;
    answer.expect(200);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://shop.example");
    let allowed = answer.headers["access-control-allow-headers"].to_str().expect("text").to_lowercase();
    for header in ["x-client-application-id", "x-client-token", "content-type"] {
        assert!(allowed.contains(header), "{allowed}");
    }
}
