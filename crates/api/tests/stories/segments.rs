//! Segments: who is in them, who enters and who leaves.

use serde_json::{Value, json};

use crate::app::{PROJECT, TestApp, redacted};

/// The club that most stories turn on.
fn vip() -> Value {
    json!({"junction": "and", "metadata.club": {"conditions": {"$is": "VIP-Warsaw"}}})
}

async fn given(app: &TestApp, clubs: &[(&str, Option<&str>)]) {
    for (source_id, club) in clubs {
        let metadata = club.map_or(json!({}), |club| json!({"club": club}));
        app.post("/v1/customers", json!({"source_id": source_id, "metadata": metadata})).await.expect(200);
        app.advance(1_000);
    }
}

const THREE: [(&str, Option<&str>); 3] = [("one", Some("Katowice")), ("two", Some("VIP-Warsaw")), ("three", None)];

/// Creates a segment and gives its id.
async fn segment(app: &TestApp, kind: &str, filter: Value) -> String {
    let body = json!({"name": kind, "type": kind, "filter": filter});
    let created = app.post("/v1/segments", body).await.expect(200);
    app.advance(1);
    created["id"].as_str().expect("an id").to_owned()
}

/// The source ids of a segment's customers, newest first unless more is asked for.
async fn members(app: &TestApp, segment: &str, more: &str) -> Vec<String> {
    let page = app.get(&format!("/v1/customers?segment_id={segment}&limit=100{more}")).await.expect(200);
    let rows = page["customers"].as_array().expect("rows");
    assert_eq!(page["total"], rows.len(), "{page}");
    rows.iter().map(|row| row["source_id"].as_str().unwrap_or("-").to_owned()).collect()
}

/// The ids of a customer's segments.
async fn segments_of(app: &TestApp, customer: &str) -> Vec<String> {
    let list = app.get(&format!("/v1/customers/{customer}/segments")).await.expect(200);
    let rows = list["data"].as_array().expect("rows");
    assert_eq!(list["total"], rows.len());
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_segment_holds_those_who_match_whatever_its_type() {
    let app = TestApp::new().await;
    given(&app, &THREE).await;
    let is_not = json!({"junction": "and", "metadata.club": {"conditions": {"$is_not": ["VIP-Warsaw"]}}});
    for kind in ["auto-update", "passive"] {
        let (inside, outside) = (segment(&app, kind, vip()).await, segment(&app, kind, is_not.clone()).await);
        app.run_due().await;
        assert_eq!(members(&app, &inside, "").await, ["two"]);
        assert_eq!(members(&app, &outside, "").await, ["three", "one"]);
        assert!(segments_of(&app, "two").await.contains(&inside));
        assert!(segments_of(&app, "three").await.contains(&outside));
    }
}

#[tokio::test]
async fn entering_and_leaving_an_auto_update_segment_is_told_once() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.entered", "customer.segment.left", "customer.updated"]).await;
    given(&app, &THREE).await;
    let (active, passive) = (segment(&app, "auto-update", vip()).await, segment(&app, "passive", vip()).await);
    app.run_due().await;
    assert_eq!(app.received().await.len(), 0, "nobody is told who was in it from the start");

    app.put("/v1/customers/three", json!({"metadata": {"club": "VIP-Warsaw"}})).await.expect(200);
    app.put("/v1/customers/three", json!({"name": "Three"})).await.expect(200);
    assert_eq!(segments_of(&app, "three").await, [passive.clone(), active.clone()]);
    app.put("/v1/customers/three", json!({"metadata": {"club": null}})).await.expect(200);
    let received = app.received().await;
    let types: Vec<&str> = received.iter().map(|sent| sent["type"].as_str().expect("a type")).collect();
    assert_eq!(
        types,
        [
            "customer.updated",
            "customer.segment.entered",
            "customer.updated",
            "customer.updated",
            "customer.segment.left"
        ]
    );
    assert_eq!(received[1]["data"]["segment"], json!({"id": active, "name": "auto-update", "object": "segment"}));
    insta::assert_json_snapshot!("a customer has entered", redacted(received[1]["data"].clone()));
    assert_eq!(received[4]["event"]["group_id"], received[3]["event"]["group_id"]);
    assert_eq!(segments_of(&app, "three").await, [] as [&str; 0]);

    let activity = app.get("/v1/customers/three/activity?type=customer.segment.left").await.expect(200);
    assert_eq!(activity["data"][0]["data"]["data"]["segment"]["id"], *active);
    let effects = app.get("/v1/customers/three/activity?category=EFFECT").await.expect(200);
    assert_eq!(effects["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_new_customer_enters_at_once_and_a_deleted_one_drops_out_silently() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.segment.entered", "customer.segment.left"]).await;
    let active = segment(&app, "auto-update", vip()).await;
    app.run_due().await;
    given(&app, &THREE[1..2]).await;
    assert_eq!(members(&app, &active, "").await, ["two"]);
    app.delete("/v1/customers/two").await.expect(204);
    assert_eq!(members(&app, &active, "").await, [] as [&str; 0]);
    let types: Vec<Value> = app.received().await.iter().map(|sent| sent["type"].clone()).collect();
    assert_eq!(types, ["customer.created", "customer.segment.entered"]);
    given(&app, &THREE[1..2]).await;
    let erased = app.post("/v1/customers/two/permanent-deletion", json!({})).await.expect(200);
    assert_eq!(erased["data_json"]["segments"], 1);
    assert_eq!(members(&app, &active, "").await, [] as [&str; 0]);
}

#[tokio::test]
async fn changes_while_a_segment_is_filled_are_told_and_those_before_are_not() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.entered", "customer.segment.left"]).await;
    given(&app, &[("was", Some("VIP-Warsaw")), ("was-too", Some("VIP-Warsaw")), ("was-not", None)]).await;
    let active = segment(&app, "auto-update", vip()).await;
    // The job that fills it has not run yet.
    assert_eq!(segments_of(&app, "was").await, [active.as_str()], "the filter is asked meanwhile");
    app.put("/v1/customers/was", json!({"name": "Was"})).await.expect(200);
    app.put("/v1/customers/was-too", json!({"metadata": {"club": "none"}})).await.expect(200);
    app.put("/v1/customers/was-not", json!({"metadata": {"club": "VIP-Warsaw"}})).await.expect(200);
    app.run_due().await;
    assert_eq!(members(&app, &active, "").await, ["was-not", "was"]);
    let told: Vec<(Value, Value)> = app
        .received()
        .await
        .iter()
        .map(|sent| (sent["type"].clone(), sent["data"]["customer"]["source_id"].clone()))
        .collect();
    assert_eq!(
        told,
        [(json!("customer.segment.left"), json!("was-too")), (json!("customer.segment.entered"), json!("was-not"))]
    );
}

#[tokio::test]
async fn imports_and_bulk_updates_move_customers_too() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.updated", "customer.created", "customer.segment.entered", "customer.segment.left"]).await;
    let active = segment(&app, "auto-update", vip()).await;
    app.import(b"Source_id,club\na,VIP-Warsaw\nb,none\n").await;
    let bulk = json!([{"source_id": "b", "metadata": {"club": "VIP-Warsaw"}}]);
    let accepted = app.post("/v1/customers/bulk/async", bulk).await;
    app.finish(&accepted).await;
    let metadata = json!({"source_ids": ["a", "c"], "metadata": {"club": "none"}});
    let accepted = app.post("/v1/customers/metadata/async", metadata).await;
    app.finish(&accepted).await;
    assert_eq!(members(&app, &active, "").await, ["b"]);
    let types: Vec<Value> = app.received().await.iter().map(|sent| sent["type"].clone()).collect();
    assert_eq!(types, ["customer.segment.entered", "customer.segment.entered", "customer.segment.left"]);
}

#[tokio::test]
async fn a_static_segment_keeps_those_who_were_named() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.entered", "customer.segment.left"]).await;
    given(&app, &THREE).await;
    let mut ids = Vec::new();
    for source_id in ["three", "one"] {
        ids.push(app.get(&format!("/v1/customers/{source_id}")).await.expect(200)["id"].clone());
    }
    ids.push("cust_unknown".into());
    let created = app.post("/v1/segments", json!({"name": "Named", "type": "static", "customers": ids})).await;
    let created = created.expect(200);
    insta::assert_json_snapshot!("a static segment", redacted(created.clone()));
    let id = created["id"].as_str().expect("an id");
    assert_eq!(members(&app, id, "").await, ["three", "one"]);
    assert_eq!(members(&app, id, "&order=created_at").await, ["one", "three"]);
    assert_eq!(members(&app, id, "&order=-source_id").await, ["three", "one"]);
    assert_eq!(members(&app, id, "&filters[source_id][$is]=one").await, ["one"]);
    app.put("/v1/customers/one", json!({"metadata": {"club": "other"}})).await.expect(200);
    app.delete("/v1/customers/three").await.expect(204);
    assert_eq!(members(&app, id, "").await, ["one"]);
    assert_eq!(segments_of(&app, "one").await, [id]);
    assert_eq!(app.received().await.len(), 0);
}

#[tokio::test]
async fn a_large_static_segment_is_filled_in_the_background() {
    let app = TestApp::new().await;
    let rows: String = (0..1_203).map(|number| format!("s{number}\n")).collect();
    app.import(format!("Source_id\n{rows}").as_bytes()).await;
    let mut ids = Vec::new();
    for page in 1..=13 {
        let page = app.get(&format!("/v1/customers?limit=100&page={page}")).await.expect(200);
        ids.extend(page["customers"].as_array().expect("rows").iter().map(|row| row["id"].clone()));
    }
    let created = app.post("/v1/segments", json!({"customers": ids})).await.expect(200);
    let path = format!("/v1/customers?segment_id={}", created["id"].as_str().expect("an id"));
    assert_eq!(app.get(&path).await.expect(200)["total"], 1_000);
    app.run_due().await;
    let page = app.get(&format!("{path}&limit=3&page=2")).await.expect(200);
    assert_eq!((&page["total"], &page["has_more"]), (&json!(1_203), &json!(true)));
    assert_eq!(page["customers"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn whoever_is_unknown_is_in_the_segments_of_an_empty_profile() {
    let app = TestApp::new().await;
    let is_not = json!({"junction": "and", "metadata.x": {"conditions": {"$is_not": "1"}}});
    let active = segment(&app, "auto-update", is_not.clone()).await;
    let passive = segment(&app, "passive", is_not).await;
    segment(&app, "passive", json!({"junction": "and", "created_at": {"conditions": {"$today": [true]}}})).await;
    app.post("/v1/segments", json!({"customers": []})).await.expect(200);
    app.run_due().await;
    assert_eq!(segments_of(&app, "nobody").await, [passive, active]);
}

#[tokio::test]
async fn segments_are_listed_newest_first_and_filtered() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for (name, kind) in [("First", "passive"), ("Second", "auto-update"), ("Third", "passive")] {
        let body = json!({"name": name, "type": kind, "filter": vip()});
        ids.push(app.post("/v1/segments", body).await.expect(200)["id"].as_str().expect("an id").to_owned());
        app.advance(60_000);
    }
    let names = |query: String| {
        let app = &app;
        async move {
            let page = app.get(&format!("/v1/segments?{query}")).await.expect(200);
            let names = page["data"].as_array().expect("rows").iter().map(|row| row["name"].as_str().expect("a name"));
            format!("{} of {}", names.collect::<Vec<_>>().join(" "), page["total"])
        }
    };
    for (query, expected) in [
        (String::new(), "Third Second First of 3"),
        ("order=created_at&limit=2".into(), "First Second of 3"),
        ("filters[type][conditions][$is]=passive".into(), "Third First of 2"),
        ("filters[name][conditions][$starts_with]=S".into(), "Second of 1"),
        ("filters[created_at][conditions][$before]=2026-05-10T12:01:00Z".into(), "First of 1"),
        (format!("ids={}&ids={}", ids[0], ids[2]), "Third First of 2"),
        (format!("ids[]={}&ids[]=seg_unknown", ids[1]), "Second of 1"),
        (format!("ids[0]={}", ids[1]), "Second of 1"),
        ("starting_after=2026-05-10T12:02:00Z".into(), "Second First of 2"),
        ("order=created_at&starting_after=2026-05-10T12:00:00Z".into(), "Second Third of 2"),
        ("start_date=2026-05-10T12:01:00Z&end_date=2026-05-10T12:01:00Z".into(), "Second of 1"),
    ] {
        assert_eq!(names(query.clone()).await, expected, "{query}");
    }
    insta::assert_json_snapshot!("a list of segments", redacted(app.get("/v1/segments?limit=1").await.expect(200)));
    assert_eq!(app.get(&format!("/v1/segments/{}", ids[1])).await.expect(200)["name"], "Second");
}

#[tokio::test]
async fn a_deleted_segment_is_gone_and_forgotten() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.segment.left"]).await;
    given(&app, &THREE).await;
    let (gone, stays) = (segment(&app, "auto-update", vip()).await, segment(&app, "auto-update", vip()).await);
    app.run_due().await;
    app.delete(&format!("/v1/segments/{gone}")).await.expect(204);
    for _ in 0..2 {
        let path = format!("/v1/segments/{gone}");
        let details = format!("Cannot find segment with id {gone}");
        app.get(&path).await.refused(404, "not_found", &details);
        app.delete(&path).await.refused(404, "not_found", &details);
        assert_eq!(segments_of(&app, "two").await, [stays.as_str()]);
        assert_eq!(members(&app, &gone, "").await, [] as [&str; 0]);
        app.run_due().await;
    }
    // Somebody who leaves the other one now has nothing left of the first.
    app.put("/v1/customers/two", json!({"metadata": {"club": "none"}})).await.expect(200);
    let erased = app.post("/v1/customers/two/permanent-deletion", json!({})).await.expect(200);
    assert_eq!(erased["data_json"]["segments"], 0);
}

#[tokio::test]
async fn listing_a_passive_segment_narrows_it_by_other_filters() {
    let app = TestApp::new().await;
    given(&app, &[("a", Some("x")), ("b", Some("y")), ("c", None), ("d", Some("x"))]).await;
    let either = json!({"junction": "or", "metadata.club": {"$in": ["x", "y"]}, "name": {"$is": "nobody"}});
    let passive = segment(&app, "passive", either).await;
    assert_eq!(members(&app, &passive, "").await, ["d", "b", "a"]);
    let more = "&filters[junction]=or&filters[source_id][$is][0]=a&filters[source_id][$is][1]=c";
    assert_eq!(members(&app, &passive, more).await, ["a"]);
    assert_eq!(members(&app, "seg_unknown", "").await, [] as [&str; 0]);
}

#[tokio::test]
async fn work_on_segments_is_not_among_async_actions() {
    let app = TestApp::new().await;
    let active = segment(&app, "auto-update", json!({"created_at": {"$more_than_ago": 30}})).await;
    app.run_due().await;
    app.delete(&format!("/v1/segments/{active}")).await.expect(204);
    app.run_due().await;
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
    app.get("/v1/async-actions/segments-daily").await.expect(404);
}

#[tokio::test]
async fn segments_of_a_wrong_form_are_refused() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"name": "a"}), "Payload should have required property 'type'"),
        (json!({"name": 1}), "Property .name should be string"),
        (
            json!({"type": "dynamic"}),
            "Property .type should be equal to one of the allowed values [ auto-update, passive, static ]",
        ),
        (json!({"type": "auto-update", "name": "a"}), "Payload should have required property 'filter'"),
        (
            json!({"type": "passive", "filter": {"junction": "xor"}}),
            "Property .filter has wrong `junction` property. It must be one of: and, or",
        ),
        (json!({"type": "static", "customers": "cust_1"}), "Property .customers should be array"),
        (json!({"type": "static", "customers": [1]}), "Property .customers[0] should be string"),
    ] {
        app.post("/v1/segments", body).await.refused(400, "invalid_payload", details);
    }
    app.get("/v1/segments?order=name").await.expect(400);
    app.get("/v1/segments?limit=101").await.expect(400);
    assert_eq!(app.get("/v1/segments").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn a_project_has_at_most_a_hundred_segments_with_filters() {
    let app = TestApp::new().await;
    for number in 0..100 {
        let kind = if number % 10 == 0 { "auto-update" } else { "passive" };
        segment(&app, kind, vip()).await;
    }
    app.post("/v1/segments", json!({"type": "passive", "filter": vip()})).await.refused(
        400,
        "invalid_payload",
        "Project should NOT have more than 100 auto-update and passive segments",
    );
    app.post("/v1/segments", json!({"customers": []})).await.expect(200);
}

#[tokio::test]
async fn those_who_may_only_read_customers_create_no_segments() {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}/api-keys");
    let body = json!({"name": "Viewer", "role": "VIEWER"});
    let key = app.call(crate::app::As::Management, axum::http::Method::POST, &path, Some(body)).await.expect(200);
    let key = (key["app_id"].as_str().expect("an id"), key["app_token"].as_str().expect("a token"));
    let post = app.call_as(key, axum::http::Method::POST, "/v1/segments", Some(json!({"customers": []}))).await;
    post.expect(403);
    app.call_as(key, axum::http::Method::GET, "/v1/segments", None).await.expect(200);
}
