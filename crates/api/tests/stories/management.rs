//! Projects, webhooks, event schemas and keys, with a management key.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

async fn manage(app: &TestApp, method: Method, path: &str, body: Option<Value>) -> crate::app::Reply {
    app.call(As::Management, method, &format!("/management/v1/projects{path}"), body).await
}

fn project() -> Value {
    json!({"name": "P", "case_sensitive_codes": true, "timezone": "Europe/Warsaw", "currency": "USD"})
}

#[tokio::test]
async fn a_new_project_comes_with_keys_that_work_at_once() {
    let app = TestApp::new().await;
    let created = manage(&app, Method::POST, "", Some(project())).await.expect(200);
    let mut shown = created.clone();
    for key in ["server_side_key", "client_side_key"] {
        shown[key] = json!({"app_id": "<uuid>", "app_token": "<uuid>"});
    }
    (shown["id"], shown["webhook_token"]) = (json!("<project>"), json!("<uuid>"));
    insta::assert_json_snapshot!("a new project", shown);
    let key = &created["server_side_key"];
    let request = Request::get("/v1/customers")
        .header("X-App-Id", key["app_id"].as_str().expect("an id"))
        .header("X-App-Token", key["app_token"].as_str().expect("a token"));
    app.send(request.body(Body::empty()).expect("a request")).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    let read = manage(&app, Method::GET, &format!("/{id}"), None).await.expect(200);
    assert_eq!((read.get("server_side_key"), read.get("client_side_key")), (None, None));
    let list = manage(&app, Method::GET, "", None).await.expect(200);
    assert_eq!((&list["data_ref"], &list["total"]), (&json!("data"), &json!(2)));
}

#[tokio::test]
async fn a_project_is_changed_in_part_and_its_case_sensitivity_never() {
    let app = TestApp::new().await;
    let path = format!("/{PROJECT}");
    let body = json!({"name": "Renamed", "client_trusted_domains": ["shop.example"], "client_redeem_enabled": true, "case_sensitive_codes": false});
    let updated = manage(&app, Method::PUT, &path, Some(body)).await.expect(200);
    assert_eq!((&updated["name"], &updated["currency"]), (&json!("Renamed"), &json!("USD")));
    assert_eq!((&updated["client_redeem_enabled"], &updated["case_sensitive_codes"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn wrong_projects_are_refused() {
    let app = TestApp::new().await;
    let without = |key: &str| {
        let mut body = project();
        body.as_object_mut().expect("an object").remove(key);
        body
    };
    let with = |key: &str, value: Value| {
        let mut body = project();
        body[key] = value;
        body
    };
    for (body, details) in [
        (without("name"), "Payload must have required property 'name'"),
        (without("timezone"), "Payload must have required property 'timezone'"),
        (with("name", json!(7)), "Property .name must be string"),
        (with("case_sensitive_codes", json!("yes")), "Property .case_sensitive_codes must be boolean"),
        (with("timezone", json!("Mars/Olympus")), "Property .timezone must be a known time zone"),
    ] {
        manage(&app, Method::POST, "", Some(body)).await.refused(400, "invalid_payload", details);
    }
    manage(&app, Method::POST, "", Some(with("cluster_id", json!("us1")))).await.refused(
        403,
        "forbidden",
        "Project is bound to different region",
    );
    let missing = manage(&app, Method::GET, "/proj_X", None).await.expect(404);
    assert_eq!(
        missing,
        json!({"code": 404, "message": "Resource not found", "details": "Cannot find project with id proj_X"})
    );
    for path in [
        "/proj_X/webhooks",
        "/proj_X/metadata-schemas",
        "/proj_X/custom-event-schemas",
        "/proj_X/api-keys",
        "/proj_X/webhook-sendouts",
    ] {
        assert_eq!(manage(&app, Method::GET, path, None).await.expect(404), missing, "{path}");
    }
}

#[tokio::test]
async fn a_deleted_project_is_shut_at_once_and_its_data_goes() {
    let app = TestApp::new().await;
    let created = manage(&app, Method::POST, "", Some(project())).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    let key = &created["server_side_key"];
    let get = || {
        let request = Request::get("/v1/customers")
            .header("X-App-Id", key["app_id"].as_str().expect("an id"))
            .header("X-App-Token", key["app_token"].as_str().expect("a token"));
        app.send(request.body(Body::empty()).expect("a request"))
    };
    get().await.expect(200);
    manage(&app, Method::DELETE, &format!("/{id}"), None).await.expect(204);
    get().await.expect(401);
    manage(&app, Method::GET, &format!("/{id}"), None).await.expect(404);
    app.run_due().await;
    get().await.expect(401);
    assert_eq!(manage(&app, Method::GET, "", None).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn webhooks_take_both_spellings_and_answer_with_the_right_one() {
    let app = TestApp::new().await;
    let path = format!("/{PROJECT}/webhooks");
    let body = json!({"target_url": "https://x.test", "events": ["voucher.gift.balance_aded", "customer.updated"]});
    let created = manage(&app, Method::POST, &path, Some(body)).await.expect(200);
    assert_eq!(
        (&created["events"], &created["active"]),
        (&json!(["voucher.gift.balance_added", "customer.updated"]), &json!(true))
    );
    let keys: Vec<&String> = created.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["object", "created_at", "id", "events", "target_url", "active"]);
    let one = format!("{path}/{}", created["id"].as_str().expect("an id"));
    let body = json!({"target_url": "https://x.test", "events": ["redemption.failed"]});
    assert_eq!(manage(&app, Method::PUT, &one, Some(body)).await.expect(200)["events"], json!(["redemption.failed"]));
    let list = manage(&app, Method::GET, &path, None).await.expect(200);
    insta::assert_json_snapshot!("webhooks", redacted(list));
    manage(&app, Method::DELETE, &one, None).await.expect(204);
    manage(&app, Method::GET, &one, None).await.refused(
        404,
        "not_found",
        &format!("Cannot find webhook with id {}", created["id"].as_str().expect("an id")),
    );
}

#[tokio::test]
async fn wrong_webhooks_are_refused() {
    let app = TestApp::new().await;
    let path = format!("/{PROJECT}/webhooks");
    for (body, details) in [
        (json!({"events": ["customer.created"]}), "Payload must have required property 'target_url'"),
        (json!({"target_url": "https://x.test"}), "Payload must have required property 'events'"),
        (json!({"target_url": 1, "events": ["customer.created"]}), "Property .target_url must be string"),
        (json!({"target_url": "https://x.test", "events": "customer.created"}), "Property .events must be array"),
        (
            json!({"target_url": "https://x.test", "events": ["customer.renamed"]}),
            "Property .events.0 must be equal to one of the allowed values",
        ),
        (json!({"target_url": "https://x.test", "events": []}), "Property .events must NOT have fewer than 1 items"),
        (
            json!({"target_url": "https://x.test", "events": ["customer.created"], "headers": {"Api-Key": "x"}}),
            "Property .headers.Api-Key must be named with lower-case letters, digits and dashes, and not be reserved",
        ),
    ] {
        manage(&app, Method::POST, &path, Some(body)).await.refused(400, "invalid_payload", details);
    }
}

#[tokio::test]
async fn the_signing_key_is_readable_and_replaceable() {
    let app = TestApp::new().await;
    let before = manage(&app, Method::GET, &format!("/{PROJECT}"), None).await.expect(200);
    let after = manage(&app, Method::POST, &format!("/{PROJECT}/webhook-token/rotate"), None).await.expect(200);
    assert_ne!(before["webhook_token"], after["webhook_token"]);
    assert_eq!(manage(&app, Method::GET, &format!("/{PROJECT}"), None).await.expect(200), after);
}

#[tokio::test]
async fn event_schemas_have_unique_names_and_changeable_types() {
    let app = TestApp::new().await;
    let path = format!("/{PROJECT}/custom-event-schemas");
    let body = json!({"name": "sign-up", "schema": {"properties": {"plan": {"type": "string", "optional": true}}}});
    let created = manage(&app, Method::POST, &path, Some(body.clone())).await.expect(200);
    insta::assert_json_snapshot!("an event schema", redacted(created.clone()));
    manage(&app, Method::POST, &path, Some(body)).await.refused(
        409,
        "duplicate_found",
        "Duplicated custom_event_schema exists with name sign-up",
    );
    let one = format!("{path}/{}", created["id"].as_str().expect("an id"));
    let change = json!({"schema": {"properties": {"plan": {"type": "number", "optional": true}}}});
    let updated = manage(&app, Method::PUT, &one, Some(change)).await.expect(200);
    assert_eq!(updated["schema"]["properties"]["plan"]["type"], "number");
    assert!(updated["updated_at"].is_string());
    assert_eq!(manage(&app, Method::GET, &path, None).await.expect(200)["total"], 1);
    manage(&app, Method::DELETE, &one, None).await.expect(204);
    manage(&app, Method::GET, &one, None).await.expect(404);
}

#[tokio::test]
async fn keys_are_made_listed_without_secrets_and_revoked() {
    let app = TestApp::new().await;
    let path = format!("/{PROJECT}/api-keys");
    let made = manage(&app, Method::POST, &path, Some(json!({"name": "Reports", "role": "VIEWER"}))).await.expect(200);
    let (id, token) = (made["app_id"].as_str().expect("an id"), made["app_token"].as_str().expect("a token"));
    let send = |method: Method| {
        let request =
            Request::builder().method(method).uri("/v1/customers").header("X-App-Id", id).header("X-App-Token", token);
        app.send(request.body(Body::from("{}")).expect("a request"))
    };
    send(Method::GET).await.expect(200);
    let refused = send(Method::POST).await.expect(403);
    assert_eq!(
        refused,
        json!({"code": 403, "key": "missing_required_permission", "message": "Missing permission",
        "details": "User does not have a required permission to perform this operation."})
    );
    let list = manage(&app, Method::GET, &path, None).await;
    assert!(!list.text.contains(token), "no secret is ever shown again");
    manage(&app, Method::DELETE, &format!("{path}/{id}"), None).await.expect(204);
    send(Method::GET).await.expect(401);
    manage(&app, Method::DELETE, &format!("{path}/{id}"), None).await.expect(404);
}
