//! Images of codes.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::app::{Reply, TestApp};

async fn made(app: &TestApp, code: &str) -> Value {
    let body = json!({"code": code, "type": "GIFT_VOUCHER", "gift": {"amount": 1}});
    app.post("/v1/vouchers", body).await.expect(200)
}

/// What anybody gets who has no key, but an address.
async fn load(app: &TestApp, path: &str) -> Reply {
    let request = Request::get(path).header("accept", "image/png,image/svg+xml");
    app.send(request.body(Body::empty()).expect("a request")).await
}

fn path<'a>(voucher: &'a Value, image: &str) -> &'a str {
    let url = voucher["assets"][image]["url"].as_str().expect("an address");
    url.strip_prefix("http://127.0.0.1:8787").expect("our address")
}

#[tokio::test]
async fn whoever_has_the_address_of_an_image_can_load_it() {
    let app = TestApp::new().await;
    let voucher = made(&app, "SUMMER 20").await;
    assert_ne!(voucher["assets"]["qr"]["id"], voucher["assets"]["barcode"]["id"]);
    for image in ["qr", "barcode"] {
        let id = voucher["assets"][image]["id"].as_str().expect("an id");
        assert_eq!(path(&voucher, image), format!("/api/v1/assets/{image}/{id}"));
        let png = load(&app, path(&voucher, image)).await;
        png.expect(200);
        assert_eq!(png.headers["content-type"], "image/png");
        assert_eq!(png.headers["cache-control"], "public, max-age=86400");
        assert!(png.text.contains("IHDR"));
        let svg = load(&app, &format!("{}?format=svg&size=5", path(&voucher, image))).await;
        svg.expect(200);
        assert_eq!(svg.headers["content-type"], "image/svg+xml");
        assert!(svg.text.starts_with("<svg "), "{}", svg.text);
        for (query, details) in [
            ("size=0", "Property .size cannot be lower than 1"),
            ("size=101", "Property .size cannot be higher than 100"),
            ("size=x", "Property .size should be number"),
            ("format=gif", "Property .format should be equal to one of the allowed values [ png, svg ]"),
        ] {
            let refused = load(&app, &format!("{}?{query}", path(&voucher, image))).await;
            refused.refused(400, "invalid_query_params", details);
        }
    }
    assert_eq!(app.get("/v1/vouchers/SUMMER%2020").await.expect(200)["assets"], voucher["assets"]);
}

#[tokio::test]
async fn an_id_of_nothing_is_not_found_whatever_the_reason() {
    let app = TestApp::new().await;
    let (voucher, gone) = (made(&app, "A").await, made(&app, "B").await);
    app.delete("/v1/vouchers/B").await.expect(204);
    let id = voucher["assets"]["qr"]["id"].as_str().expect("an id");
    let ids = [
        ("barcode", id.to_owned()),
        ("qr", id.to_uppercase()),
        ("qr", "550e8400-e29b-41d4-a716-446655440000".to_owned()),
        ("qr", "A".to_owned()),
        ("qr", voucher["id"].as_str().expect("an id").to_owned()),
        ("qr", gone["assets"]["qr"]["id"].as_str().expect("an id").to_owned()),
    ];
    for (image, id) in ids {
        let refused = load(&app, &format!("/api/v1/assets/{image}/{id}")).await;
        refused.refused(404, "not_found", &format!("Cannot find asset with id {id}"));
    }
}

#[tokio::test]
async fn a_code_that_no_barcode_can_hold_has_none() {
    let app = TestApp::new().await;
    let voucher = made(&app, "żółw").await;
    assert_eq!(voucher["assets"].get("barcode"), None);
    load(&app, path(&voucher, "qr")).await.expect(200);
}
