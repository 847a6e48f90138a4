//! A customer's activity.

use serde_json::json;

use crate::app::{TestApp, redacted};

#[tokio::test]
async fn activity_shows_what_happened_newest_first_with_its_source() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.advance(1_000);
    app.put("/v1/customers/a", json!({"name": "A"})).await.expect(200);
    let list = app.get("/v1/customers/a/activity?limit=1").await.expect(200);
    insta::assert_json_snapshot!("an activity", redacted(list.clone()));
    let cursor = list["more_starting_after"].as_str().expect("a cursor");
    let rest = app.get(&format!("/v1/customers/a/activity?starting_after_id={cursor}")).await.expect(200);
    assert_eq!(rest["data"][0]["type"], "customer.created");
    assert_eq!((&rest["has_more"], rest.get("more_starting_after")), (&json!(false), None));
}

#[tokio::test]
async fn activity_can_be_narrowed() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.advance(60_000);
    app.put("/v1/customers/a", json!({"name": "A"})).await.expect(200);
    for (query, count) in [
        ("type=customer.updated", 1),
        ("type=customer.renamed", 0),
        ("category=ACTION", 2),
        ("category=EFFECT", 0),
        ("start_date=2026-05-10T12:00:30Z", 1),
        ("end_date=2026-05-10T12:00:30Z", 1),
        ("campaign_id=camp_1", 0),
        ("order=created_at", 2),
    ] {
        let list = app.get(&format!("/v1/customers/a/activity?{query}")).await.expect(200);
        assert_eq!(list["data"].as_array().map(Vec::len), Some(count), "{query}");
    }
    app.get("/v1/customers/a/activity?category=OTHER").await.expect(400);
    app.get("/v1/customers/nobody/activity").await.expect(404);
}

#[tokio::test]
async fn the_deprecated_twin_counts_instead_of_pointing_on() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(200);
    app.advance(60_000);
    app.put("/v1/customers/a", json!({"name": "A"})).await.expect(200);
    let list = app.get("/v1/customers/a/activities").await.expect(200);
    assert_eq!((&list["total"], list.get("has_more")), (&json!(2), None));
    let list = app.get("/v1/customers/a/activities?starting_after=2026-05-10T12:01:00Z").await.expect(200);
    assert_eq!(list["data"][0]["type"], "customer.created");
    app.get("/v1/customers/nobody/activities").await.expect(404);
}

#[tokio::test]
async fn bulk_paths_leave_no_activity() {
    let app = TestApp::new().await;
    app.import(b"Source_id,Name\na,A\n").await;
    let list = app.get("/v1/customers/a/activity").await.expect(200);
    assert_eq!(list["data"], json!([]));
}
