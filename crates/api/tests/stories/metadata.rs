//! Metadata under a schema.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

fn schemas() -> String {
    format!("/management/v1/projects/{PROJECT}/metadata-schemas")
}

fn definition(kind: &str, array: bool, optional: bool) -> Value {
    json!({"type": kind, "array": array, "optional": optional})
}

async fn create(app: &TestApp, body: Value) -> Value {
    app.call(As::Management, Method::POST, &schemas(), Some(body)).await.expect(200)
}

#[tokio::test]
async fn defined_keys_are_checked_and_unknown_ones_pass_unless_forbidden() {
    let app = TestApp::new().await;
    let schema =
        create(&app, json!({"related_object": "customer", "properties": {"age": definition("number", false, true)}}))
            .await;
    let post = |metadata: Value| app.post("/v1/customers", json!({"source_id": "a", "metadata": metadata}));
    let stored = post(json!({"age": 30, "foo": "x"})).await.expect(200);
    assert_eq!(stored["metadata"], json!({"age": 30, "foo": "x"}));
    post(json!({"age": "30"})).await.refused(
        400,
        "metadata_validation_failed",
        "age: must be a number (actual value is '30')",
    );
    let path = format!("{}/{}", schemas(), schema["id"].as_str().expect("an id"));
    let strict = json!({"properties": {}, "allow_defined_only": true});
    app.call(As::Management, Method::PUT, &path, Some(strict)).await.expect(200);
    assert_eq!(post(json!({"age": 30, "foo": "x"})).await.expect(400)["key"], "metadata_validation_failed");
    post(json!({"age": 31})).await.expect(200);
}

#[tokio::test]
async fn required_keys_are_asked_for_on_creation_and_kept_from_null() {
    let app = TestApp::new().await;
    create(&app, json!({"related_object": "customer", "properties": {"lang": definition("string", false, false)}}))
        .await;
    app.post("/v1/customers", json!({"source_id": "a"})).await.expect(400);
    app.post("/v1/customers", json!({"source_id": "a", "metadata": {"lang": "en"}})).await.expect(200);
    app.put("/v1/customers/a", json!({"name": "A"})).await.expect(200);
    app.put("/v1/customers/a", json!({"metadata": {"other": 1}})).await.expect(200);
    app.put("/v1/customers/a", json!({"metadata": {"lang": null}})).await.expect(400);
}

#[tokio::test]
async fn a_schema_is_created_updated_and_soft_deleted_by_definition() {
    let app = TestApp::new().await;
    let properties = json!({
        "region": {"type": "string", "array": true, "optional": false, "eq": ["EMEA", "APAC"]},
        "lang": definition("string", false, true),
    });
    let created = create(&app, json!({"related_object": "customer", "properties": properties})).await;
    insta::assert_json_snapshot!("a metadata schema", redacted(created.clone()));
    let path = format!("{}/{}", schemas(), created["id"].as_str().expect("an id"));
    let put = |properties: Value| app.call(As::Management, Method::PUT, &path, Some(json!({"properties": properties})));

    let updated = put(json!({"region": definition("string", true, true)})).await.expect(200);
    assert_eq!(
        (updated["properties"]["region"].get("eq"), &updated["properties"]["region"]["optional"]),
        (None, &json!(true))
    );
    assert_eq!(updated["properties"]["lang"], created["properties"]["lang"]);

    let mut deleted = definition("string", false, true);
    deleted["deleted"] = true.into();
    let updated = put(json!({"lang": deleted})).await.expect(200);
    assert_eq!(updated["properties"]["lang"]["deleted"], true);
    app.post("/v1/customers", json!({"source_id": "a", "metadata": {"lang": 5}})).await.expect(200);
    put(json!({"region": definition("number", true, true)})).await.expect(400);

    app.call(As::Management, Method::DELETE, &path, None).await.expect(204);
    app.call(As::Management, Method::GET, &path, None).await.expect(404);
}

#[tokio::test]
async fn a_second_schema_of_one_resource_is_refused() {
    let app = TestApp::new().await;
    let body = json!({"related_object": "customer", "properties": {}});
    create(&app, body.clone()).await;
    let refused = app.call(As::Management, Method::POST, &schemas(), Some(body)).await;
    refused.refused(409, "duplicate_found", "Duplicated metadata schema exists with related_object customer");
    assert_eq!(
        (&refused.body["resource_id"], &refused.body["resource_type"]),
        (&json!("customer"), &json!("metadata schema"))
    );
}

#[tokio::test]
async fn the_application_api_shows_schemas_in_camel_case() {
    let app = TestApp::new().await;
    let property = json!({"type": "string", "array": false, "optional": true, "max_length": 5});
    create(&app, json!({"related_object": "customer", "properties": {"lang": property}})).await;
    create(&app, json!({"related_object": "Payment", "properties": {}})).await;
    let list = app.get("/v1/metadata-schemas").await.expect(200);
    assert_eq!((&list["data_ref"], &list["total"]), (&json!("schemas"), &json!(2)));
    let order: Vec<&Value> =
        list["schemas"].as_array().expect("rows").iter().map(|row| &row["related_object"]).collect();
    assert_eq!(order, ["Payment", "customer"]);
    let one = app.get("/v1/metadata-schemas/customer").await.expect(200);
    assert_eq!(one["properties"]["lang"]["maxLength"], 5);
    let id = one["id"].as_str().expect("an id");
    assert_eq!(app.get(&format!("/v1/metadata-schemas/{id}")).await.expect(200), one);
    app.get("/v1/metadata-schemas/order").await.refused(404, "not_found", "Cannot find metadata schema with id order");
}

#[tokio::test]
async fn schemas_are_written_through_the_application_api_too() {
    let app = TestApp::new().await;
    let property = json!({"type": "string", "array": false, "optional": true, "maxLength": 5});
    let body = json!({"related_object": "voucher", "properties": {"kind": property}});
    let created = app.post("/v1/metadata-schemas", body).await.expect(200);
    assert_eq!(created["properties"]["kind"]["maxLength"], 5);
    let path = format!("/v1/metadata-schemas/{}", created["id"].as_str().expect("an id"));
    app.put(&path, json!({"properties": {"more": definition("number", false, true)}})).await.expect(200);
    app.delete(&path).await.expect(204);
    app.get("/v1/metadata-schemas/voucher").await.expect(404);
}

#[tokio::test]
async fn wrong_definitions_are_named() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"properties": {}}), "Payload must have required property 'related_object'"),
        (json!({"related_object": "customer"}), "Payload must have required property 'properties'"),
        (json!([]), "Payload must be object"),
        (
            json!({"related_object": "customer", "properties": {"Size": {"array": false, "optional": true}}}),
            "Property .properties.Size must have required property 'type'",
        ),
        (
            json!({"related_object": "customer", "properties": {"Size": {"type": "number", "array": false,
                "optional": true, "eq": ["L"]}}}),
            "Property .properties.Size.eq.0 must be number",
        ),
    ] {
        let refused = app.call(As::Management, Method::POST, &schemas(), Some(body)).await;
        refused.refused(400, "invalid_payload", details);
    }
}
