//! Segments that change with the days.

use serde_json::{Value, json};

use crate::app::TestApp;

const HOUR: i64 = 3_600_000;

async fn segment(app: &TestApp, filter: Value) -> String {
    let body = json!({"name": "Days", "type": "auto-update", "filter": filter});
    let created = app.post("/v1/segments", body).await.expect(200);
    app.run_due().await;
    created["id"].as_str().expect("an id").to_owned()
}

async fn members(app: &TestApp, segment: &str) -> Vec<Value> {
    let page = app.get(&format!("/v1/customers?segment_id={segment}&order=created_at")).await.expect(200);
    page["customers"].as_array().expect("rows").iter().map(|row| row["source_id"].clone()).collect()
}

async fn told(app: &TestApp) -> Vec<String> {
    let received = app.received().await;
    let line = |sent: &Value| {
        let kind = sent["type"].as_str().expect("a type").trim_start_matches("customer.segment.");
        format!("{} {kind}", sent["data"]["customer"]["source_id"].as_str().expect("a source id"))
    };
    received.iter().map(line).collect()
}

#[tokio::test]
async fn birthdays_come_and_go_at_midnight_and_are_told() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.entered", "customer.segment.left"]).await;
    for (source_id, birthdate) in [("today", "1990-05-10"), ("tomorrow", "1985-05-11"), ("june", "1990-06-03")] {
        app.post("/v1/customers", json!({"source_id": source_id, "birthdate": birthdate})).await.expect(200);
        app.advance(1_000);
    }
    let birthday = segment(&app, json!({"junction": "and", "birthdate": {"$today_md": [true]}})).await;
    let next_month = segment(&app, json!({"junction": "and", "birthdate": {"$next_month": [true]}})).await;
    assert_eq!(members(&app, &birthday).await, ["today"]);
    assert_eq!(members(&app, &next_month).await, ["june"]);

    app.advance(11 * HOUR);
    assert_eq!(told(&app).await, [] as [&str; 0], "it is still the tenth");
    app.advance(HOUR);
    assert_eq!(told(&app).await, ["today left", "tomorrow entered"]);
    assert_eq!(members(&app, &birthday).await, ["tomorrow"]);
    app.advance(24 * HOUR);
    assert_eq!(told(&app).await[2..], ["tomorrow left"]);
    // After a pause of a month, one pass makes up for all that was missed.
    app.advance(30 * 24 * HOUR);
    assert_eq!(told(&app).await[3..], ["june left"]);
    assert_eq!(members(&app, &next_month).await, [] as [&str; 0]);
}

#[tokio::test]
async fn the_wait_for_midnight_keeps_no_other_job_waiting() {
    let app = TestApp::new().await;
    segment(&app, json!({"junction": "and", "created_at": {"$more_than_ago": 30}})).await;
    let imported = app.import(b"Source_id\na\n").await;
    assert_eq!(imported["status"], "DONE");
    guerdon_core::jobs::release_leases(&app.guerdon).await.expect("the store works");
    app.run_due().await;
    assert_eq!(app.import(b"Source_id\nb\n").await["status"], "DONE");
}

#[tokio::test]
async fn customers_age_into_a_segment_and_a_change_counts_at_once() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.entered", "customer.segment.left"]).await;
    app.post("/v1/customers", json!({"source_id": "old", "metadata": {"trial": "2026-05-09"}})).await.expect(200);
    app.advance(1_000);
    let filter = json!({"junction": "and", "metadata.trial": {"$more_than_ago": 2}});
    let over = segment(&app, filter).await;
    app.advance(24 * HOUR);
    assert_eq!(told(&app).await, [] as [&str; 0]);
    app.advance(24 * HOUR);
    assert_eq!(told(&app).await, ["old entered"]);
    app.put("/v1/customers/old", json!({"metadata": {"trial": "2026-05-12"}})).await.expect(200);
    assert_eq!(told(&app).await, ["old entered", "old left"]);
    assert_eq!(members(&app, &over).await, [] as [&str; 0]);
    // Without such a segment nothing is left to do; the next one begins anew.
    app.delete(&format!("/v1/segments/{over}")).await.expect(204);
    app.advance(24 * HOUR);
    app.run_due().await;
    let again = segment(&app, json!({"junction": "and", "metadata.trial": {"$more_than_ago": 2}})).await;
    app.advance(3 * 24 * HOUR);
    app.run_due().await;
    assert_eq!(members(&app, &again).await, ["old"]);
}
