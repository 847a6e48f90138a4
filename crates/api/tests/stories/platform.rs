//! What holds for every endpoint.

use axum::{
    body::Body,
    http::{Method, Request},
};
use guerdon_api::{Settings, call::Call, routes};
use serde_json::json;

use crate::app::{As, CLIENT, PROJECT, Reply, TestApp};

#[tokio::test]
async fn wrong_missing_and_swapped_keys_are_unauthorized_alike() {
    let app = TestApp::new().await;
    let unauthorized = json!({"code": 401, "key": "unauthorized", "message": "Unauthorized"});
    for headers in [
        vec![],
        vec![("X-App-Id", "app-id")],
        vec![("X-App-Id", "app-id"), ("X-App-Token", "wrong")],
        vec![("X-App-Id", "unknown"), ("X-App-Token", "app-token")],
        vec![("X-App-Id", "management-id"), ("X-App-Token", "management-token")],
        vec![("X-Management-Id", "management-id"), ("X-Management-Token", "management-token")],
    ] {
        let request =
            headers.iter().fold(Request::get("/v1/customers"), |request, (name, value)| request.header(*name, *value));
        let reply = app.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(reply.expect(401), unauthorized, "{headers:?}");
    }
    let reply = app.call(As::Server, Method::GET, "/management/v1/projects", None).await;
    assert_eq!(reply.expect(401), unauthorized);
}

#[tokio::test]
async fn unknown_routes_and_methods_say_so() {
    let app = TestApp::new().await;
    let unknown = app.get("/v1/nothing").await.expect(404);
    assert_eq!(unknown, json!({"statusCode": 404, "error": "Not Found", "message": "Not Found"}));
    let wrong = app.call(As::Nobody, Method::PUT, "/v1/customers", None).await;
    assert_eq!(
        wrong.expect(405),
        json!({"code": 405, "message": "HTTP Method Not Allowed",
            "details": "PUT is not supported by this endpoint. Did you mean GET or POST?"})
    );
    assert_eq!(wrong.headers["allow"], "GET, POST");
}

#[tokio::test]
async fn a_slash_behind_a_path_changes_nothing() {
    let app = TestApp::new().await;
    let discount = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    let made = app.post("/v1/vouchers/", discount).await.expect(200);
    let code = made["code"].as_str().expect("a code");
    assert_eq!(app.get(&format!("/v1/vouchers/{code}/")).await.expect(200)["id"], made["id"]);
    assert_eq!(app.get("/v1/vouchers/?limit=5").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn every_answer_carries_rate_limit_headers_and_a_request_id() {
    let app = TestApp::new().await;
    let wrong_method = app.call(As::Nobody, Method::PUT, "/v1/customers", None).await;
    for reply in [
        app.get("/v1/customers").await,
        app.get("/v1/customers/nobody").await,
        app.get("/v1/nothing").await,
        wrong_method,
    ] {
        for name in ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-retry", "x-request-id"] {
            assert!(reply.headers.contains_key(name), "{name}");
        }
    }
    let reply = app.get("/v1/customers/nobody").await;
    let request_id = reply.body["request_id"].as_str().expect("a request id");
    assert_eq!(reply.headers["x-request-id"], request_id);
    assert!(request_id.len() == 20 && request_id.starts_with("v-"), "{request_id}");
}

#[tokio::test]
async fn a_configured_rate_limit_is_kept_per_minute() {
    let app = TestApp::with(Settings { requests_per_minute: Some(2), ..Settings::default() }).await;
    app.get("/v1/customers").await.expect(200);
    assert_eq!(app.get("/v1/customers").await.headers["x-rate-limit-remaining"], "0");
    let refused = app.get("/v1/customers").await;
    assert_eq!(refused.expect(429), json!({"code": 429, "message": "Too many requests hit the API too quickly."}));
    assert_eq!(refused.headers["retry-after"], "60");
    app.advance(60_000);
    app.get("/v1/customers").await.expect(200);
}

#[tokio::test]
async fn browsers_may_ask_from_anywhere() {
    let app = TestApp::new().await;
    let request = Request::options("/v1/customers")
        .header("Origin", "https://shop.example")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-client-token,content-type");
    let reply = app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["access-control-allow-origin"], "https://shop.example");
    assert_eq!(reply.headers["access-control-allow-headers"], "x-client-token,content-type");
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn versions_and_channels_are_taken_as_they_come() {
    let app = TestApp::new().await;
    let request = Request::get("/v1/customers")
        .header("X-App-Id", "app-id")
        .header("X-App-Token", "app-token")
        .header("X-Voucherify-API-Version", "v1999-01-01")
        .header("X-Voucherify-Channel", "Some-SDK \u{e9}");
    app.send(request.body(Body::empty()).expect("a request")).await.expect(200);
}

#[tokio::test]
async fn projects_see_nothing_of_each_other() {
    let app = TestApp::new().await;
    let mine = app.post("/v1/customers", json!({"source_id": "same", "name": "Mine"})).await.expect(200);
    let body = json!({"name": "Other", "case_sensitive_codes": true, "timezone": "UTC", "currency": "USD"});
    let other = app.call(As::Management, Method::POST, "/management/v1/projects", Some(body)).await.expect(200);
    let key = &other["server_side_key"];
    let call = |method: Method, path: String, body: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("X-App-Id", key["app_id"].as_str().expect("an id"))
            .header("X-App-Token", key["app_token"].as_str().expect("a token"))
            .header("content-type", "application/json");
        app.send(request.body(Body::from(body.to_owned())).expect("a request"))
    };
    let id = mine["id"].as_str().expect("an id");
    for path in [format!("/v1/customers/{id}"), "/v1/customers/same".to_owned(), format!("/v1/customers/{id}/activity")]
    {
        call(Method::GET, path, "").await.expect(404);
    }
    call(Method::PUT, format!("/v1/customers/{id}"), "{}").await.expect(404);
    call(Method::DELETE, format!("/v1/customers/{id}"), "").await.expect(404);
    call(Method::POST, format!("/v1/customers/{id}/permanent-deletion"), "").await.expect(404);
    assert_eq!(call(Method::GET, "/v1/customers".into(), "").await.expect(200)["total"], 0);
    let theirs = call(Method::POST, "/v1/customers".into(), r#"{"source_id":"same"}"#).await.expect(200);
    assert_ne!(theirs["id"], mine["id"]);
    assert_eq!(app.get("/v1/customers/same").await.expect(200)["name"], "Mine");
}

#[tokio::test]
async fn probes_and_documents_need_no_key() {
    let app = TestApp::new().await;
    for (path, part) in [
        ("/healthz", "ok"),
        ("/readyz", "ready"),
        ("/docs", "/v1/customers/{customerId}"),
        ("/llms.txt", "POST /v1/customers/importCSV"),
        ("/openapi.json", "\"openapi\":\"3.1.0\""),
    ] {
        let reply = app.call(As::Nobody, Method::GET, path, None).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.text.contains(part), "{path}");
    }
    let page = app.call(As::Nobody, Method::GET, "/docs", None).await.text;
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "the page works offline");
}

/// An API with one route for client keys.
async fn storefront(trusted: &[&str]) -> TestApp {
    let show_project =
        |call: Call| async move { Ok(axum::response::Response::new(call.context.project.to_string().into())) };
    let mut table = routes::table();
    table.push(routes::get("/client/v1/project", "Show the project", show_project));
    let app = TestApp::with_routes(Settings::default(), table).await;
    let path = format!("/management/v1/projects/{PROJECT}");
    app.call(As::Management, Method::PUT, &path, Some(json!({"client_trusted_domains": trusted}))).await.expect(200);
    app
}

async fn from_browser(app: &TestApp, path: &str, origin: Option<&str>) -> Reply {
    let mut request = Request::get(path).header("X-Client-Application-Id", CLIENT.0).header("X-Client-Token", CLIENT.1);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn client_keys_open_the_client_api_from_trusted_origins_only() {
    let app = storefront(&["shop.example"]).await;
    assert_eq!(from_browser(&app, "/client/v1/project", Some("https://shop.example")).await.text, PROJECT);
    for origin in [None, Some("https://evil.example")] {
        from_browser(&app, "/client/v1/project", origin).await.expect(401);
    }
    from_browser(&app, "/v1/customers", Some("https://shop.example")).await.expect(401);
    app.get("/client/v1/project").await.expect(401);
}

#[tokio::test]
async fn the_sixth_client_request_within_five_seconds_is_too_many() {
    let app = storefront(&["*"]).await;
    let call = || from_browser(&app, "/client/v1/project", Some("https://shop.example"));
    for _ in 0..5 {
        assert_eq!(call().await.status, 200);
    }
    let refused = call().await;
    assert_eq!(refused.expect(429), json!({"code": 429, "message": "Too many requests hit the API too quickly."}));
    assert_eq!(refused.headers["retry-after"], "5");
    app.advance(5_000);
    assert_eq!(call().await.status, 200);
}

#[tokio::test]
async fn a_handler_that_panics_answers_500_and_harms_nobody_else() {
    let mut table = routes::table();
    let panics = |call: Call| async move {
        assert!(call.query.is_empty(), "a defect");
        Err(guerdon_model::Error::Internal.into())
    };
    table.push(routes::get("/v1/defect", "Panic", panics));
    let app = TestApp::with_routes(Settings::default(), table).await;
    let reply = app.get("/v1/defect?now=1").await;
    assert_eq!(reply.expect(500)["key"], "internal_error");
    app.get("/v1/customers").await.expect(200);
}

#[tokio::test]
async fn a_command_that_panics_fails_alone() {
    let mut table = routes::table();
    let panics = |call: Call| async move {
        let outcome = call.execute(Vec::new(), |_| -> guerdon_core::tx::Result<()> { panic!("a defect") }).await;
        outcome.map_err(Into::into).map(|()| axum::response::Response::default())
    };
    table.push(routes::post("/v1/defect", "Panic", panics));
    let app = TestApp::with_routes(Settings::default(), table).await;
    let (defect, good) =
        tokio::join!(app.post("/v1/defect", json!({})), app.post("/v1/customers", json!({"source_id": "a"})));
    assert_eq!(defect.expect(500)["key"], "internal_error");
    good.expect(200);
}
