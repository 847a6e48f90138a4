//! Bulk updates and what becomes of them.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::app::{As, TestApp, redacted};

#[tokio::test]
async fn bulk_metadata_reaches_known_and_new_customers() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "source_123", "metadata": {"lang": "en", "test": true}})).await;
    let body = json!({"source_ids": ["source_123", "new_1"], "metadata": {"lang": "de"}});
    let accepted = app.post("/v1/customers/metadata/async", body).await;
    let keys: Vec<String> = accepted.expect(202).as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["async_action_id"]);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["status"], &action["progress"]), (&json!("DONE"), &json!(100)));
    assert_eq!((&action["result"]["done_count"], &action["result"]["failed_count"]), (&json!(2), &json!(0)));
    assert_eq!(action["result"]["errors"], json!([]));
    let known = app.get("/v1/customers/source_123").await.expect(200);
    assert_eq!(known["metadata"], json!({"lang": "de", "test": true}));
    assert_eq!(app.get("/v1/customers/new_1").await.expect(200)["metadata"], json!({"lang": "de"}));
}

#[tokio::test]
async fn a_bulk_update_reports_each_item() {
    let app = TestApp::new().await;
    for source_id in ["a", "b"] {
        app.post("/v1/customers", json!({"source_id": source_id})).await.expect(200);
    }
    let items = json!([
        {"source_id": "a", "name": "A"},
        {"source_id": "b", "birthdate": "soon"},
        {"source_id": "new, with \"quotes\"", "name": "C"},
        {"source_id": "d", "name": 5},
    ]);
    let accepted = app.post("/v1/customers/bulk/async", items).await;
    let action = app.finish(&accepted).await;
    insta::assert_json_snapshot!("a bulk update", {
        let mut action = redacted(action.clone());
        action["result"]["reports"] = json!(["<report>"]);
        action
    });
    let url = action["result"]["reports"][0].as_str().expect("a report");
    let path = url.strip_prefix("http://127.0.0.1:8787").expect("our own address");
    let report = app.send(Request::get(path).body(Body::empty()).expect("a request")).await;
    assert_eq!(report.status, 200, "the link opens without a key");
    assert_eq!(
        report.text,
        "source_id,found,updated\na,true,true\nb,true,false\n\"new, with \"\"quotes\"\"\",false,true\nd,false,false\n"
    );
    let forged = path.replace("token=proj_story.", "token=proj_other.");
    app.send(Request::get(forged).body(Body::empty()).expect("a request")).await.expect(401);
    app.advance(8 * 24 * 3_600_000);
    app.send(Request::get(path).body(Body::empty()).expect("a request")).await.expect(404);
}

#[tokio::test]
async fn bodies_that_make_no_sense_start_nothing() {
    let app = TestApp::new().await;
    for (path, body, details) in [
        ("bulk/async", json!({"source_id": "a"}), "Payload should be array"),
        ("bulk/async", json!([{"name": "A"}]), "Property .[0] should have required property 'source_id'"),
        ("bulk/async", json!([{"source_id": "a"}, 7]), "Property .[1] should be object"),
        ("bulk/async", json!([{"source_id": 7}]), "Property .[0].source_id should be string"),
        ("metadata/async", json!({"metadata": {}}), "Payload should have required property 'source_ids'"),
        ("metadata/async", json!({"source_ids": ["a"]}), "Payload should have required property 'metadata'"),
        ("metadata/async", json!({"source_ids": "a", "metadata": {}}), "Property .source_ids should be array"),
        ("metadata/async", json!({"source_ids": ["a"], "metadata": 1}), "Property .metadata should be object"),
    ] {
        app.post(&format!("/v1/customers/{path}"), body).await.refused(400, "invalid_payload", details);
    }
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
}

#[tokio::test]
async fn async_actions_are_listed_newest_first_without_results() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let accepted = app.post("/v1/customers/bulk/async", json!([{"source_id": "a"}])).await;
        ids.push(accepted.body["async_action_id"].clone());
        app.finish(&accepted).await;
        app.advance(60_000);
    }
    let list = app.get("/v1/async-actions?limit=2").await.expect(200);
    let rows = list["async_actions"].as_array().expect("rows");
    let listed: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
    assert_eq!(listed, [&ids[2], &ids[1]]);
    assert_eq!((&list["has_more"], rows[0].get("result")), (&json!(true), None));
    let rest = app.get("/v1/async-actions?end_date=2026-05-10T12:01:00Z").await.expect(200);
    assert_eq!((&rest["async_actions"][0]["id"], &rest["has_more"]), (&ids[0], &json!(false)));
    app.get("/v1/async-actions?end_date=soon").await.refused(
        400,
        "invalid_query_params",
        "Property .end_date cannot be recognized as a ISO-8601 compliant date",
    );
    app.get("/v1/async-actions/aa_unknown").await.refused(
        404,
        "not_found",
        "Cannot find async_action with id aa_unknown",
    );
}

#[tokio::test]
async fn jobs_of_one_project_are_worked_off_in_their_order() {
    let app = TestApp::new().await;
    let first = app.post("/v1/customers/bulk/async", json!([{"source_id": "a", "name": "first"}])).await;
    let second = app.post("/v1/customers/bulk/async", json!([{"source_id": "a", "name": "second"}])).await;
    app.finish(&first).await;
    app.finish(&second).await;
    assert_eq!(app.get("/v1/customers/a").await.expect(200)["name"], "second");
}

#[tokio::test]
async fn a_bulk_update_of_many_slices_is_whole() {
    let app = TestApp::new().await;
    let items: Vec<Value> = (0..1_000).map(|number| json!({"source_id": format!("s{number}")})).collect();
    let accepted = app.post("/v1/customers/bulk/async", items.into()).await;
    assert_eq!(app.finish(&accepted).await["result"]["done_count"], 1_000);
    assert_eq!(app.get("/v1/customers?limit=1").await.expect(200)["total"], 1_000);
    let empty = app.post("/v1/customers/bulk/async", json!([])).await;
    assert_eq!(app.finish(&empty).await["result"]["done_count"], 0);
}

#[tokio::test]
async fn an_async_action_belongs_to_its_project() {
    let app = TestApp::new().await;
    let accepted = app.post("/v1/customers/bulk/async", json!([{"source_id": "a"}])).await;
    app.finish(&accepted).await;
    let other = app
        .call(
            As::Management,
            Method::POST,
            "/management/v1/projects",
            Some(json!({
                "name": "Other", "case_sensitive_codes": true, "timezone": "UTC", "currency": "USD",
            })),
        )
        .await
        .expect(200);
    let id = accepted.body["async_action_id"].as_str().expect("an id");
    let key = &other["server_side_key"];
    let request = Request::get(format!("/v1/async-actions/{id}"))
        .header("X-App-Id", key["app_id"].as_str().expect("an id"))
        .header("X-App-Token", key["app_token"].as_str().expect("a token"));
    app.send(request.body(Body::empty()).expect("a request")).await.expect(404);
}
