//! Validations from pages of a shop.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::{
    app::{As, CLIENT, PROJECT, Reply, TestApp},
    validations::{amount, fates, gift, named, percent, text, voucher},
};

const SHOP: &str = "https://shop.example";

/// A project that trusts the shop's pages.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}");
    let trusted = json!({"client_trusted_domains": ["shop.example"]});
    app.call(As::Management, Method::PUT, &path, Some(trusted)).await.expect(200);
    app
}

/// A request from a page. Pages may ask five times in five seconds.
async fn from(app: &TestApp, origin: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    app.advance(5_000);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("X-Client-Application-Id", CLIENT.0)
        .header("X-Client-Token", CLIENT.1)
        .header("Origin", origin)
        .header("content-type", "application/json");
    app.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).expect("a request")).await
}

async fn get(app: &TestApp, query: &str) -> Reply {
    from(app, SHOP, Method::GET, &format!("/client/v1/validate?{query}"), None).await
}

#[tokio::test]
async fn a_page_validates_like_a_server() {
    let app = shop().await;
    voucher(&app, "OFF", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let body = json!({"redeemables": named(&["OFF"]), "order": {"amount": 500}, "customer": {"source_id": "ada"},
        "session": {"type": "LOCK", "key": "K"}});
    let path = "/client/v1/validations";
    let reply = from(&app, SHOP, Method::POST, path, Some(body.clone())).await;
    let answer = reply.expect(200);
    assert_eq!(reply.headers["access-control-allow-origin"], SHOP);
    assert_eq!((&answer["order"]["total_amount"], &answer["session"]["key"]), (&json!(400), &json!("K")));
    assert!(text(&answer["tracking_id"]).starts_with("track_"));
    let other = app.post("/v1/validations", json!({"redeemables": named(&["OFF"])})).await.expect(200);
    assert_eq!(fates(&other)[0].1, "quantity_exceeded");
    from(&app, "https://evil.example", Method::POST, path, Some(body)).await.expect(401);
    app.get("/v1/customers/ada").await.expect(404);
}

#[tokio::test]
async fn a_code_is_validated_by_a_query_string() {
    let app = shop().await;
    voucher(&app, "OFF", amount(1_000), json!({})).await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    let answer = get(&app, "code=OFF&amount=13000").await.expect(200);
    let order = json!({"amount": 13_000, "discount_amount": 1_000, "total_discount_amount": 1_000, "total_amount": 12_000,
        "applied_discount_amount": 1_000, "total_applied_discount_amount": 1_000, "items": [], "metadata": {},
        "customer_id": null, "referrer_id": null, "object": "order"});
    assert_eq!(answer["order"], order);
    assert_eq!(get(&app, "code=CARD&amount=6000").await.expect(200)["order"]["total_amount"], 1_000);
    let lines = "code=OFF&item[0][product_id]=shirt&item[0][quantity]=2&item[0][price]=800&order[metadata][shop]=a";
    let answer = get(&app, lines).await.expect(200);
    assert_eq!((&answer["order"]["total_amount"], &answer["order"]["metadata"]), (&json!(600), &json!({"shop": "a"})));
    let locked = get(&app, "code=OFF&session_type=LOCK&session_key=K&session_ttl=5&session_ttl_unit=MINUTES").await;
    assert_eq!(locked.expect(200)["session"], json!({"key": "K", "type": "LOCK", "ttl": 5, "ttl_unit": "MINUTES"}));
    get(&app, "amount=10").await.refused(400, "invalid_query_params", "Query should have required property 'code'");
    let wrong = "Property .order.amount should be integer,null";
    get(&app, "code=OFF&amount=much").await.refused(400, "invalid_query_params", wrong);
    get(&app, "code=X").await.refused(404, "not_found", "Cannot find voucher with id X");
}

#[tokio::test]
async fn a_page_is_told_by_what_its_customer_is_known() {
    let app = shop().await;
    voucher(&app, "OFF", percent(10), json!({})).await;
    let rule = json!({"name": "VIP", "rules": {"1": {"name": "customer.metadata", "property": "vip",
        "conditions": {"$is": ["yes"]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    voucher(&app, "VIP", percent(10), json!({"validation_rules": [rule["id"]]})).await;
    let customer = app.post("/v1/customers", json!({"source_id": "ada", "metadata": {"vip": "yes"}})).await.expect(200);
    let ada = get(&app, "code=VIP&customer=ada").await.expect(200);
    assert_eq!(ada["valid"], true);
    let known = text(&ada["tracking_id"]);
    let escaped: String = url::form_urlencoded::byte_serialize(known.as_bytes()).collect();
    for query in [
        "customer[source_id]=ada".to_owned(),
        format!("customer={}", text(&customer["id"])),
        format!("tracking_id={escaped}"),
        format!("customer={escaped}"),
    ] {
        let answer = get(&app, &format!("code=VIP&{query}")).await.expect(200);
        assert_eq!((&answer["valid"], &answer["tracking_id"]), (&json!(true), &json!(known)), "{query}");
    }
    let bob = get(&app, "code=VIP&customer[source_id]=bob&customer[metadata][vip]=yes").await.expect(200);
    assert_eq!(bob["valid"], true);
    let details = "Customer is required to validate rules";
    get(&app, "code=VIP").await.refused(400, "missing_customer", details);
    let [one, other] = [get(&app, "code=OFF").await.expect(200), get(&app, "code=OFF").await.expect(200)];
    assert!(text(&one["tracking_id"]).starts_with("track_"));
    assert_ne!(one["tracking_id"], other["tracking_id"], "nobody is mistaken for somebody else");
}
