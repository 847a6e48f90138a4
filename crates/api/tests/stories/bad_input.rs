//! Whatever arrives: the documented error, nothing changed, never a 500.

use axum::{
    body::Body,
    http::{Method, Request},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use crate::app::{As, TestApp};

#[tokio::test]
async fn bodies_that_are_no_json_get_the_old_envelope() {
    let app = TestApp::new().await;
    let not_json = json!({"statusCode": 400, "error": "Bad Request", "message": "Invalid request payload JSON format"});
    for body in
        [b"{".as_slice(), b"{\"name\":\"a\",}", b"nope", b"{\"name\":\"\xff\"}", b"\x00", b"{\"name\":\"\\ud800\"}"]
    {
        let reply = app.post_raw("/v1/customers", "application/json", body.to_vec()).await;
        assert_eq!(reply.expect(400), not_json, "{body:?}");
    }
    let reply = app.call(As::Management, Method::POST, "/management/v1/projects", None).await;
    reply.refused(400, "invalid_payload", "Payload must be object");
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn wrong_types_and_over_long_texts_are_named() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"name": 5}), "Property .name should be string,null".to_owned()),
        (json!({"source_id": {}}), "Property .source_id should be string,null".to_owned()),
        (json!({"address": []}), "Property .address should be object,null".to_owned()),
        (json!({"metadata": "x"}), "Property .metadata should be object,null".to_owned()),
        (json!([]), "Payload should be object".to_owned()),
        (
            json!({"birthday": "31/12/1999"}),
            "Property .birthday cannot be recognized as a ISO-8601 compliant date".to_owned(),
        ),
        (
            json!({"source_id": "x".repeat(1_001)}),
            "Property .source_id should NOT have more than 1000 characters".to_owned(),
        ),
        (
            json!({"description": "x".repeat(20_001)}),
            "Property .description should NOT have more than 20000 characters".to_owned(),
        ),
    ] {
        app.post("/v1/customers", body).await.refused(400, "invalid_payload", &details);
    }
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn unknown_fields_are_passed_over() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "a", "vip": true, "summary": {"orders": 9}, "created_at": "yesterday", "address": {"planet": 3}});
    let created = app.post("/v1/customers", body).await.expect(200);
    assert_eq!((created.get("vip"), &created["summary"]["orders"]["total_count"]), (None, &json!(0)));
}

#[tokio::test]
async fn a_body_over_ten_megabytes_is_too_large() {
    let app = TestApp::new().await;
    let too_large = json!({"statusCode": 413, "error": "Request Entity Too Large",
        "message": "Payload content length greater than maximum allowed: 10485760"});
    let body = vec![b' '; 10_485_761];
    let reply = app.post_raw("/v1/customers", "application/json", body.clone()).await;
    assert_eq!(reply.expect(413), too_large);
    // Without a length in advance, too.
    let pieces = body.chunks(1 << 20).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let stream = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(app.post_raw("/v1/customers/bulk/async", "application/json", stream).await.expect(413), too_large);
    let mut fits = b"{\"source_id\":\"a\"}".to_vec();
    fits.resize(10_485_760, b' ');
    app.post_raw("/v1/customers", "application/json", fits).await.expect(200);
}

#[tokio::test]
async fn media_types_that_we_do_not_speak_are_refused() {
    let app = TestApp::new().await;
    app.post_raw("/v1/customers", "text/xml", "<name/>").await.expect(415);
    app.get("/v1/customers/%FF%FE").await.expect(400);
    app.post_raw("/v1/customers", "application/x-www-form-urlencoded", "name=a").await.expect(415);
    app.post_raw("/v1/customers", "application/json; charset=utf-8", "{}").await.expect(200);
    let accept = |accept: &str| {
        let request = Request::get("/v1/customers")
            .header("X-App-Id", "app-id")
            .header("X-App-Token", "app-token")
            .header("Accept", accept);
        app.send(request.body(Body::empty()).expect("a request"))
    };
    accept("text/html").await.expect(406);
    accept("text/html, */*;q=0.1").await.expect(200);
}

#[tokio::test]
async fn the_import_limit_is_the_operators() {
    let settings = guerdon_api::Settings { import_limit: 1_000, ..guerdon_api::Settings::default() };
    let app = TestApp::with(settings).await;
    let mut file = b"Source_id\n".to_vec();
    file.resize(2_000, b'x');
    app.upload("/v1/customers/importCSV", &file).await.expect(413);
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
}

#[test]
fn no_bytes_cause_a_server_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app = runtime.block_on(TestApp::new());
    let path = prop_oneof![
        Just("/v1/customers".to_owned()),
        Just("/v1/customers/importCSV".to_owned()),
        Just("/v1/customers/bulk/async".to_owned()),
        Just("/v1/customers/metadata/async".to_owned()),
        Just("/v1/metadata-schemas".to_owned()),
        Just("/v1/products".to_owned()),
        Just("/v1/skus/importCSV".to_owned()),
        Just("/v1/products/5h1pp1ng/skus".to_owned()),
        "(customers|products|products/5h1pp1ng/skus|skus|trash-bin)/[a-z0-9%._~!-]{1,20}"
            .prop_map(|path| format!("/v1/{path}")),
        "[ -~]{0,30}".prop_map(|query| format!(
            "/v1/customers?{}",
            query.replace([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}', '#'], "+")
        )),
        "(customers|products|trash-bin)\\?(filters|created_at|limit|page|order|starting_after_id)[\\[\\]$a-z_.=&0-9%]{0,40}"
            .prop_map(|path| format!("/v1/{path}")),
    ];
    let method = prop_oneof![Just(Method::GET), Just(Method::POST), Just(Method::PUT), Just(Method::DELETE)];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\{\"(name|source_id|address|metadata|birthdate|price|attributes|id)\":[ -~]{0,30}\\}"
            .prop_map(String::into_bytes),
        "\\[\\{\"source_id\":\"[a-z]{0,3}\",[ -~]{0,30}\\}\\]".prop_map(String::into_bytes),
    ];
    let content_type =
        prop_oneof![Just("application/json"), Just("multipart/form-data; boundary=x"), Just("text/plain")];
    let mut runner = TestRunner::new(ProptestConfig { cases: 600, ..ProptestConfig::default() });
    let outcome = runner.run(&(path, method, body, content_type), |(path, method, body, content_type)| {
        let Ok(request) = Request::builder()
            .method(method)
            .uri(&path)
            .header("X-App-Id", "app-id")
            .header("X-App-Token", "app-token")
            .header("content-type", content_type)
            .body(Body::from(body))
        else {
            return Ok(());
        };
        let reply = runtime.block_on(app.send(request));
        prop_assert!(reply.status.as_u16() < 500, "{path} gave {}: {}", reply.status, reply.text);
        Ok(())
    });
    outcome.expect("no server error");
}
