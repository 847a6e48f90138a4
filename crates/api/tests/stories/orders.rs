//! Creating, changing, reading and listing orders.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

#[tokio::test]
async fn a_new_order_is_created_and_a_payment_is_an_update() {
    let app = TestApp::new().await;
    let customer = app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    let body = json!({
        "amount": 10_000,
        "customer": {"id": customer["id"]},
        "items": [{"quantity": 1, "product_id": "prod_unknown"}, {"quantity": 2, "product": {"name": "Mug"}}],
    });
    let created = app.post("/v1/orders", body).await.expect(200);
    insta::assert_json_snapshot!("a new order", redacted(created.clone()));
    let path = format!("/v1/orders/{}", created["id"].as_str().expect("an id"));
    assert_eq!(app.get(&path).await.expect(200), created);

    app.advance(1_000);
    let paid = app.put(&path, json!({"status": "PAID", "amount": 20_000})).await.expect(200);
    assert_eq!(app.get(&path).await.expect(200), paid);
    let mut expected = created.clone();
    for key in ["amount", "total_amount"] {
        expected[key] = json!(20_000);
    }
    (expected["status"], expected["updated_at"]) = (json!("PAID"), json!("2026-05-10T12:00:01.000Z"));
    for (place, item) in paid["items"].as_array().expect("lines").iter().enumerate() {
        assert_ne!(item["id"], created["items"][place]["id"], "lines are made anew with every save");
        expected["items"][place]["id"] = item["id"].clone();
    }
    assert_eq!(paid, expected);
}

#[tokio::test]
async fn an_order_of_nobody_and_nothing_is_an_order() {
    let app = TestApp::new().await;
    let bare = app.post("/v1/orders", json!({})).await.expect(200);
    insta::assert_json_snapshot!("an order of nothing", redacted(bare));
    let empty = app.post("/v1/orders", json!({"items": [], "metadata": {}})).await.expect(200);
    assert_eq!((&empty["items"], &empty["metadata"], empty.get("amount")), (&json!([]), &json!({}), None));
    assert_eq!(empty.get("total_amount"), None);
}

#[tokio::test]
async fn a_known_id_or_source_id_selects_the_order_to_update() {
    let app = TestApp::new().await;
    let first = app.post("/v1/orders", json!({"source_id": "o1", "amount": 100})).await.expect(200);
    assert_eq!(first["updated_at"], json!(null));
    let again = app.post("/v1/orders", json!({"source_id": "o1", "status": "PAID"})).await.expect(200);
    assert_eq!((&again["id"], &again["amount"], &again["status"]), (&first["id"], &json!(100), &json!("PAID")));
    assert_ne!(again["updated_at"], json!(null));
    let by_id = app.post("/v1/orders", json!({"id": first["id"], "amount": 300})).await.expect(200);
    assert_eq!((&by_id["id"], &by_id["source_id"], &by_id["amount"]), (&first["id"], &json!("o1"), &json!(300)));
    let unknown = app.post("/v1/orders", json!({"id": "ord_unknown", "source_id": "o1"})).await;
    unknown.refused(404, "not_found", "Cannot find order with id ord_unknown");
    let anonymous = app.post("/v1/orders", json!({"amount": 100})).await.expect(200);
    assert_ne!(anonymous["id"], first["id"]);
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn a_key_of_the_shops_own_can_change_and_belongs_to_one_order() {
    let app = TestApp::new().await;
    app.post("/v1/orders", json!({"source_id": "a/1"})).await.expect(200);
    let b = app.post("/v1/orders", json!({"source_id": "b"})).await.expect(200);
    let taken = app.put("/v1/orders/b", json!({"source_id": "a/1"})).await;
    taken.refused(409, "duplicate_found", "Duplicated order exists with source_id a/1");
    app.put("/v1/orders/b", json!({"source_id": "c"})).await.expect(200);
    app.get("/v1/orders/b").await.refused(404, "not_found", "Cannot find order with id b");
    assert_eq!(app.get("/v1/orders/c").await.expect(200)["id"], b["id"]);
    let without = app.put("/v1/orders/c", json!({"source_id": null})).await.expect(200);
    assert_eq!(without["source_id"], json!(null));
    app.post("/v1/orders", json!({"source_id": "c"})).await.expect(200);
    assert_eq!(app.get("/v1/orders/a%2F1").await.expect(200)["source_id"], "a/1");
}

#[tokio::test]
async fn two_simultaneous_requests_with_one_new_key_end_as_one_order() {
    let app = TestApp::new().await;
    let post = |amount: i64| app.post("/v1/orders", json!({"source_id": "same", "amount": amount}));
    let (one, two, three) = tokio::join!(post(1), post(2), post(3));
    let orders = [one.expect(200), two.expect(200), three.expect(200)];
    assert!(orders.iter().all(|order| order["id"] == orders[0]["id"]));
    assert_eq!(orders.iter().filter(|order| order["updated_at"].is_null()).count(), 1, "one has created it");
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 1);

    let Some((one, other)) = TestApp::two_nodes().await else { return };
    for round in 0..10 {
        let body = json!({"source_id": format!("o{round}"), "customer": {"source_id": "ada"}, "status": "PAID"});
        let (here, there) = tokio::join!(one.post("/v1/orders", body.clone()), other.post("/v1/orders", body));
        assert_eq!(here.expect(200)["id"], there.expect(200)["id"]);
    }
    let ada = one.get("/v1/customers/ada").await.expect(200);
    assert_eq!(ada["summary"]["orders"]["total_count"], 10);
}

#[tokio::test]
async fn an_update_leaves_what_it_does_not_have() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "o", "items": [{"price": 500, "quantity": 2}], "discount_amount": 100,
        "initial_amount": 700, "metadata": {"a": 1, "b": 2}, "customer": {"source_id": "ada"},
        "referrer": {"source_id": "bob"}});
    let whole = app.post("/v1/orders", body).await.expect(200);
    assert_eq!((&whole["amount"], &whole["total_amount"]), (&json!(1_000), &json!(900)));
    let put = async |body: Value| app.put("/v1/orders/o", body).await.expect(200);

    let same = put(json!({"id": "ord_other", "status": null, "created_at": "2020-01-01", "updated_at": "x"})).await;
    for (key, value) in whole.as_object().expect("an order") {
        if key != "updated_at" && key != "items" {
            assert_eq!(same[key], *value, "{key}");
        }
    }
    assert_eq!(put(json!({"metadata": {"b": null, "c": 3}})).await["metadata"], json!({"a": 1, "b": null, "c": 3}));
    assert_eq!(put(json!({"metadata": null})).await["metadata"], json!({}));
    let replaced = put(json!({"items": [{"amount": 50}]})).await;
    assert_eq!((&replaced["amount"], &replaced["total_amount"]), (&json!(50), &json!(0)));
    let without = put(json!({"discount_amount": null, "initial_amount": null})).await;
    assert_eq!((without.get("discount_amount"), without.get("total_discount_amount")), (None, None));
    assert_eq!((without.get("initial_amount"), &without["total_amount"]), (None, &json!(50)));
    let detached = put(json!({"customer": null, "referrer_id": null, "items": null})).await;
    assert_eq!((&detached["customer_id"], &detached["referrer_id"]), (&json!(null), &json!(null)));
    for key in ["customer", "referrer", "items", "amount", "total_amount"] {
        assert_eq!(detached.get(key), None, "{key}");
    }
}

#[tokio::test]
async fn customers_and_referrers_come_with_the_order() {
    let app = TestApp::new().await;
    let body = json!({"customer": {"source_id": "ada", "name": "Ada"}, "referrer": {"source_id": "bob"}});
    let order = app.post("/v1/orders", body).await.expect(200);
    let (ada, bob) = (app.get("/v1/customers/ada").await.expect(200), app.get("/v1/customers/bob").await.expect(200));
    assert_eq!(ada["name"], "Ada");
    assert_eq!((&order["customer_id"], &order["referrer_id"]), (&ada["id"], &bob["id"]));
    assert_eq!(order["referrer"], json!({"id": bob["id"], "object": "customer"}));

    let by_id = app.post("/v1/orders", json!({"referrer_id": bob["id"], "customer": {"id": bob["id"]}})).await;
    assert_eq!(by_id.expect(200)["referrer"]["id"], bob["id"]);
    for body in [json!({"customer": {"id": "cust_nobody"}}), json!({"referrer_id": "cust_nobody"})] {
        app.post("/v1/orders", body).await.refused(404, "not_found", "Cannot find customer with id cust_nobody");
    }
    app.delete("/v1/customers/ada").await.expect(204);
    let path = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
    let orphan = app.put(&path, json!({"status": "PAID"})).await.expect(200);
    assert_eq!(orphan["customer_id"], ada["id"], "an order outlives its customer");
    app.put(&path, json!({"customer": {"id": ada["id"]}})).await.expect(404);
}

#[tokio::test]
async fn an_order_may_have_been_placed_earlier() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "o", "created_at": "2025-12-24T18:00:00Z"});
    let order = app.post("/v1/orders", body).await.expect(200);
    assert_eq!(order["created_at"], "2025-12-24T18:00:00.000Z");
    let later = app.post("/v1/orders", json!({"source_id": "o", "created_at": "2026-01-01"})).await.expect(200);
    assert_eq!(later["created_at"], order["created_at"], "once");
}

#[tokio::test]
async fn orders_are_listed_newest_first_or_as_asked_for() {
    let app = TestApp::new().await;
    for source_id in ["a", "b", "c"] {
        app.post("/v1/orders", json!({"source_id": source_id})).await.expect(200);
        app.advance(1_000);
    }
    app.put("/v1/orders/a", json!({"amount": 1})).await.expect(200);
    for (query, expected) in [
        ("", "c b a"),
        ("?order=-created_at", "c b a"),
        ("?order=created_at", "a b c"),
        ("?order=updated_at", "b c a"),
        ("?order=-updated_at", "a c b"),
        ("?limit=2", "c b"),
        ("?limit=2&page=2", "a"),
        ("?page=100", ""),
    ] {
        let list = app.get(&format!("/v1/orders{query}")).await.expect(200);
        let orders = list["orders"].as_array().expect("orders");
        let found: Vec<_> = orders.iter().map(|order| order["source_id"].as_str().expect("a key")).collect();
        assert_eq!(found.join(" "), expected, "{query}");
        assert_eq!((&list["object"], &list["data_ref"], &list["total"]), (&json!("list"), &json!("orders"), &json!(3)));
    }
    app.get("/v1/orders?page=101").await.refused(400, "page_over_limit", "Property .page cannot be higher than 100");
    app.get("/v1/orders?limit=101").await.expect(400);
    app.get("/v1/orders?order=status").await.expect(400);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let required = json!({"type": "string", "array": false, "optional": false});
    app.schema("order", json!({"till": required})).await;
    let number = json!({"type": "number", "array": false, "optional": true});
    app.schema("order_item", json!({"weight": number})).await;
    let line = |line: Value| json!({"metadata": {"till": "1"}, "customer": {"source_id": "ada"}, "items": [line]});
    for (body, key, details) in [
        (json!([]), "invalid_payload", "Payload should be object"),
        (json!({"amount": "1"}), "invalid_payload", "Property .amount should be integer,null"),
        (
            line(json!({"initial_quantity": 0})),
            "invalid_payload",
            "Property .items[0].initial_quantity cannot be lower than 1",
        ),
        (line(json!({"quantity": -1})), "invalid_payload", "Property .items[0].quantity cannot be lower than 0"),
        (line(json!("prod_1")), "invalid_payload", "Property .items[0] should be object"),
        (line(json!({"price": i64::MAX, "quantity": 2})), "invalid_amount", "An amount is too large"),
        (
            line(json!({"metadata": {"weight": "heavy"}})),
            "metadata_validation_failed",
            "weight: must be a number (actual value is 'heavy')",
        ),
        (
            json!({"customer": {"source_id": "ada"}}),
            "metadata_validation_failed",
            "till: must be a string, property is required (actual value is 'undefined')",
        ),
    ] {
        let reply = app.post("/v1/orders", body.clone()).await;
        assert_eq!((reply.status.as_u16(), &reply.body["key"]), (400, &json!(key)), "{body} {}", reply.text);
        assert_eq!(reply.body["details"], details, "{body}");
    }
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 0);
    app.get("/v1/customers/ada").await.expect(404);

    app.post("/v1/orders", json!({"source_id": "o", "metadata": {"till": "1"}})).await.expect(200);
    app.put("/v1/orders/o", json!({"amount": 5, "metadata": {"lane": 2}})).await.expect(200);
    app.put("/v1/orders/o", json!({"metadata": {"till": 2}})).await.expect(400);
    let missing = "Cannot find order with id nobody's";
    app.get("/v1/orders/nobody's").await.refused(404, "not_found", missing);
    app.put("/v1/orders/nobody's", json!({})).await.refused(404, "not_found", missing);
    app.delete("/v1/orders/o").await.expect(405);
}

#[tokio::test]
async fn sums_of_a_customer_that_are_too_large_are_refused() {
    let app = TestApp::new().await;
    let body = json!({"amount": i64::MAX, "status": "PAID", "customer": {"source_id": "ada"}});
    app.post("/v1/orders", body.clone()).await.expect(200);
    app.post("/v1/orders", body).await.refused(400, "invalid_amount", "An amount is too large");
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn roles_decide_who_may_read_and_change_orders() {
    let app = TestApp::new().await;
    app.post("/v1/orders", json!({"source_id": "o"})).await.expect(200);
    for (role, may_change) in [("USER", true), ("USER_RESTRICTED", true), ("VIEWER", false), ("MERCHANT", false)] {
        let path = format!("/management/v1/projects/{PROJECT}/api-keys");
        let key =
            app.call(As::Management, Method::POST, &path, Some(json!({"name": role, "role": role}))).await.expect(200);
        let key = (key["app_id"].as_str().expect("an id"), key["app_token"].as_str().expect("a token"));
        app.call_as(key, Method::GET, "/v1/orders", None).await.expect(200);
        app.call_as(key, Method::GET, "/v1/orders/o", None).await.expect(200);
        let status = if may_change { 200 } else { 403 };
        app.call_as(key, Method::POST, "/v1/orders", Some(json!({"source_id": "o"}))).await.expect(status);
        app.call_as(key, Method::PUT, "/v1/orders/o", Some(json!({}))).await.expect(status);
        app.call_as(key, Method::POST, "/v1/orders/import", Some(json!([]))).await.expect(status);
    }
}
