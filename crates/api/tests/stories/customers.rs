//! Creating, changing and deleting customers.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// The body that most stories start from.
fn bob() -> Value {
    json!({"source_id": "source_123", "name": "Bob Smith", "metadata": {"lang": "en", "test": true},
        "birthdate": "2022-01-01"})
}

#[tokio::test]
async fn a_new_customer_has_zero_summaries_and_nothing_that_was_not_sent() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    let created = app.post("/v1/customers", bob()).await.expect(200);
    insta::assert_json_snapshot!("a new customer", redacted(created));
    let sent = app.received().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["type"], "customer.created");
}

#[tokio::test]
async fn posting_a_known_source_id_updates_that_customer() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    let first = app.post("/v1/customers", bob()).await.expect(200);
    app.advance(5_000);
    let mut again = bob();
    again["name"] = "Bob S.".into();
    let second = app.post("/v1/customers", again).await.expect(200);
    assert_eq!((&second["id"], &second["created_at"]), (&first["id"], &first["created_at"]));
    assert_eq!((&second["name"], &second["updated_at"]), (&json!("Bob S."), &json!("2026-05-10T12:00:05.000Z")));
    let types: Vec<Value> = app.received().await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["customer.created", "customer.updated"]);
}

#[tokio::test]
async fn an_id_in_the_body_wins_over_its_source_id() {
    let app = TestApp::new().await;
    let first = app.post("/v1/customers", bob()).await.expect(200);
    let body = json!({"id": first["id"], "source_id": "other", "phone": "1"});
    let second = app.post("/v1/customers", body).await.expect(200);
    assert_eq!((&second["source_id"], &second["phone"]), (&json!("source_123"), &json!("1")));
    app.get("/v1/customers/other").await.expect(404);
    app.post("/v1/customers", json!({"id": "cust_unknown"})).await.refused(
        404,
        "not_found",
        "Cannot find customer with id cust_unknown",
    );
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_birthday_is_not_birthdate() {
    let app = TestApp::new().await;
    app.post("/v1/customers", bob()).await.expect(200);
    let body = json!({"birthdate": "2022-01-01", "birthday": "2022-01-02", "source_id": "ignored", "id": "ignored"});
    let updated = app.put("/v1/customers/source_123", body).await.expect(200);
    assert_eq!((&updated["birthdate"], &updated["birthday"]), (&json!("2022-01-01"), &json!("2022-01-02")));
    assert_eq!((&updated["name"], &updated["metadata"]), (&bob()["name"], &bob()["metadata"]));
    assert_eq!(updated["source_id"], "source_123");
}

#[tokio::test]
async fn metadata_is_merged_key_by_key_and_null_is_a_value() {
    let app = TestApp::new().await;
    app.post("/v1/customers", bob()).await.expect(200);
    let updated = app.put("/v1/customers/source_123", json!({"metadata": {"test": false, "x": null}})).await;
    assert_eq!(updated.expect(200)["metadata"], json!({"lang": "en", "test": false, "x": null}));
    let cleared = app.put("/v1/customers/source_123", json!({"metadata": null})).await.expect(200);
    assert_eq!(cleared["metadata"], json!({}));
}

#[tokio::test]
async fn null_unsets_an_attribute_and_an_empty_text_is_kept() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "a", "name": "A", "email": "a@example.com"})).await.expect(200);
    let updated = app.put("/v1/customers/a", json!({"name": null, "email": ""})).await.expect(200);
    assert_eq!((updated.get("name"), &updated["email"]), (None, &json!("")));
}

#[tokio::test]
async fn a_customer_is_found_by_id_and_by_source_id_with_special_characters() {
    let app = TestApp::new().await;
    for source_id in ["alice+1@morgan.com", "a/b c%", "ünï✓", "cust_looks_like_an_id"] {
        let created = app.post("/v1/customers", json!({"source_id": source_id})).await.expect(200);
        let encoded: String = source_id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = app.get(&format!("/v1/customers/{encoded}")).await.expect(200);
        assert_eq!((&found["id"], &found["source_id"]), (&created["id"], &json!(source_id)));
        let id = created["id"].as_str().expect("an id");
        assert_eq!(app.get(&format!("/v1/customers/{id}")).await.expect(200)["source_id"], source_id);
    }
}

#[tokio::test]
async fn reading_one_customer_shows_its_assets_and_nothing_else_does() {
    let app = TestApp::new().await;
    let created = app.post("/v1/customers", bob()).await.expect(200);
    assert_eq!(created.get("assets"), None);
    insta::assert_json_snapshot!(
        "one customer by id",
        redacted(app.get("/v1/customers/source_123").await.expect(200))
            .as_object()
            .map(|one| one.keys().cloned().collect::<Vec<_>>())
    );
}

#[tokio::test]
async fn a_deleted_customer_is_gone_and_its_source_id_is_free() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.deleted"]).await;
    let first = app.post("/v1/customers", json!({"source_id": "lionel-johnson"})).await.expect(200);
    let deleted = app.delete("/v1/customers/lionel-johnson").await;
    deleted.expect(204);
    assert_eq!(deleted.text, "");
    let sent = app.received().await;
    assert_eq!(sent[0]["data"]["customer"]["source_id"], "lionel-johnson_deleted2026-05-10T12:00:00.000Z");
    assert_eq!(sent[0]["data"]["customer"]["updated_at"], "2026-05-10T12:00:00.000Z");
    let id = first["id"].as_str().expect("an id");
    for path in [format!("/v1/customers/{id}"), "/v1/customers/lionel-johnson".to_owned()] {
        app.get(&path).await.expect(404);
        app.put(&path, json!({})).await.expect(404);
        app.delete(&path).await.expect(404);
    }
    let second = app.post("/v1/customers", json!({"source_id": "lionel-johnson"})).await.expect(200);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn erasing_a_customer_removes_all_traces_even_after_deletion() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.deleted"]).await;
    let created = app.post("/v1/customers", json!({"source_id": "gone"})).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    app.delete("/v1/customers/gone").await.expect(204);
    let path = format!("/v1/customers/{id}/permanent-deletion");
    let erased = app.post(&path, json!({})).await.expect(200);
    assert_eq!(erased["data_json"]["customer_events"], 1, "its deletion");
    app.post(&path, json!({})).await.expect(404);
    assert_eq!(app.received().await.len(), 0, "what was still to be sent is erased, too");
}

#[tokio::test]
async fn the_answer_to_an_erasure_is_as_recorded() {
    let app = TestApp::new().await;
    app.post("/v1/customers", json!({"source_id": "new"})).await.expect(200);
    let erased = app.post("/v1/customers/new/permanent-deletion", json!({})).await.expect(200);
    insta::assert_json_snapshot!("a permanent deletion", redacted(erased));
}

#[tokio::test]
async fn two_requests_racing_for_a_source_id_end_as_one_customer() {
    let app = TestApp::new().await;
    let post = || app.post("/v1/customers", json!({"source_id": "same"}));
    let (one, two, three) = tokio::join!(post(), post(), post());
    let ids: Vec<Value> = [one, two, three].iter().map(|reply| reply.expect(200)["id"].clone()).collect();
    assert_eq!((&ids[0], &ids[0]), (&ids[1], &ids[2]));
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 1);
}
