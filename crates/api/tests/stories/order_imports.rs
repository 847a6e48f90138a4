//! Imports of historical orders.

use guerdon_core::jobs::{self, LEASE};
use serde_json::{Value, json};

use crate::app::TestApp;

/// Imports these orders and gives the async action.
async fn import(app: &TestApp, orders: Value) -> Value {
    let started = app.post("/v1/orders/import", orders).await;
    let body = started.expect(200);
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    app.finish(&started).await
}

#[tokio::test]
async fn an_import_brings_customers_and_products_along_and_tells_nobody() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "bob", "name": "Bob"})).await.expect(200);
    let before = app.received().await.len();
    let comic = json!({"source_id": "ComicBook_1", "related_object": "sku", "quantity": 1,
        "product": {"source_id": "Books", "name": "Comics", "price": 1_600, "override": true},
        "sku": {"sku": "Comics1", "price": 1_600, "override": true}});
    let action = import(
        &app,
        json!([
            {"source_id": "i1", "status": "PAID", "created_at": "2020-01-01T00:00:00Z", "items": [comic],
                "customer": {"source_id": "ada", "name": "Ada"}, "referrer": {"source_id": "bob", "name": "Bobby"}},
            {"source_id": "i2", "status": "PAID", "customer": {"source_id": "ada"},
                "items": [{"source_id": "ComicBook_1", "quantity": 4, "related_object": "sku"}]},
            {"source_id": "i3", "items": [{"source_id": "x", "amount": 900, "related_object": "sku"}]},
            {"items": [{"amount": 900}, {"price": 50, "quantity": 2}]},
            {"amount": 500},
            {"source_id": "i1", "status": "FULFILLED"},
        ]),
    )
    .await;
    assert_eq!((&action["type"], &action["status"]), (&json!("ORDERS.IMPORT"), &json!("DONE")));
    assert_eq!(
        action["result"],
        json!({"message": "6 order(s) imported successfully, 0 failed.", "failed": [], "done_count": 6, "failed_count": 0})
    );
    let first = app.get("/v1/orders/i1").await.expect(200);
    assert_eq!((&first["status"], &first["amount"]), (&json!("FULFILLED"), &json!(1_600)));
    assert_eq!(first["created_at"], "2026-05-10T12:00:00.000Z", "an import is not a time machine");
    assert_eq!(app.get("/v1/orders/i2").await.expect(200)["amount"], 6_400);
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 5);
    let ada = app.get("/v1/customers/ada").await.expect(200);
    assert_eq!((&ada["name"], &ada["summary"]["orders"]["total_amount"]), (&json!("Ada"), &json!(8_000)));
    assert_eq!(app.get("/v1/customers/bob").await.expect(200)["name"], "Bobby");
    assert_eq!(app.get("/v1/customers/ada/activity").await.expect(200)["data"], json!([]));
    assert_eq!(app.received().await.len(), before);
}

#[tokio::test]
async fn an_order_that_is_refused_fails_alone_and_leaves_nothing() {
    let app = TestApp::new().await;
    app.schema("order", json!({"till": {"type": "number", "array": false, "optional": true}})).await;
    app.post("/v1/products", json!({"source_id": "gone"})).await.expect(200);
    app.delete("/v1/products/gone").await.expect(204);
    let gone = json!({"product": {"source_id": "gone", "override": true}});
    let action = import(
        &app,
        json!([
            {"source_id": "a", "amount": 1},
            {"source_id": "b", "metadata": {"till": "one"}},
            {"id": "ord_unknown"},
            {"source_id": "c", "customer": {"source_id": "ada"}, "items": [gone]},
            {"customer": {"id": "cust_nobody"}},
            {"source_id": "d", "amount": 2, "customer": {"source_id": "bob"}},
        ]),
    )
    .await;
    assert_eq!(
        action["result"],
        json!({
            "message": "2 order(s) imported successfully, 4 failed.",
            "failed": [
                {"source_id": "b", "reason": "till: must be a number (actual value is 'one')"},
                {"source_id": null, "reason": "Cannot find order with id ord_unknown"},
                {"source_id": "c", "reason": "Duplicated product exists with source_id gone"},
                {"source_id": null, "reason": "Cannot find customer with id cust_nobody"},
            ],
            "done_count": 2,
            "failed_count": 4,
        })
    );
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 2);
    app.get("/v1/customers/ada").await.expect(404);
    app.get("/v1/customers/bob").await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_with_the_body_is_told_at_once() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({}), "Payload should be array"),
        (json!([5]), "Payload should be object"),
        (
            json!([{}, {"items": [{"initial_quantity": 0}]}]),
            "Property .items[0].initial_quantity cannot be lower than 1",
        ),
        (
            json!([{"status": "LOST"}]),
            "Property .status should be equal to one of the allowed values [ CREATED, PAID, CANCELED, FULFILLED ]",
        ),
        (json!(vec![json!({}); 2_001]), "Payload should NOT have more than 2000 items"),
    ] {
        app.post("/v1/orders/import", body).await.refused(400, "invalid_payload", details);
    }
    app.post_raw("/v1/orders/import", "application/json", "[{]").await.expect(400);
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
    let nothing = import(&app, json!([])).await;
    assert_eq!(nothing["result"]["message"], "0 order(s) imported successfully, 0 failed.");
}

#[tokio::test]
async fn a_long_import_goes_through_in_steps_and_counts_every_order_once() {
    let app = TestApp::new().await;
    let orders: Vec<_> = (0..300)
        .map(|number| {
            let customer = json!({"source_id": format!("c{}", number % 7)});
            json!({"source_id": format!("o{number}"), "amount": number, "status": "PAID", "customer": customer})
        })
        .collect();
    let one = app.post("/v1/orders/import", json!(orders)).await;
    let two = app.post("/v1/orders/import", json!(orders)).await;
    jobs::run_due(&app.guerdon).await;
    for started in [one, two] {
        assert_eq!(app.finish(&started).await["result"]["done_count"], 300);
    }
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 300);
    let mut sum = 0;
    for customer in 0..7 {
        let customer = app.get(&format!("/v1/customers/c{customer}")).await.expect(200);
        sum += customer["summary"]["orders"]["total_amount"].as_i64().expect("a sum");
    }
    assert_eq!(sum, 299 * 300 / 2);
    assert_eq!(app.guerdon.store.check().await.expect("an answer"), Vec::<String>::new());
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on_where_it_stopped() {
    let app = TestApp::new().await;
    let orders: Vec<_> = (0..400)
        .map(|number| json!({"amount": 10, "status": "PAID", "customer": {"source_id": format!("c{}", number % 3)}}))
        .collect();
    let started = app.post("/v1/orders/import", json!(orders)).await;
    let total = async || app.get("/v1/orders?limit=1").await.expect(200)["total"].as_u64().expect("a total");
    let some_are_stored = async { while total().await < 50 {} };
    tokio::select! {
        _ = jobs::run_due(&app.guerdon) => panic!("it was over before it could be cut off"),
        () = some_are_stored => {}
    }
    assert!((50..400).contains(&total().await));
    // The step that was under way may end only now, and renew its lease.
    let mut ended = Value::Null;
    while ended["result"].is_null() {
        app.advance(LEASE + 1);
        ended = app.finish(&started).await;
    }
    assert_eq!(ended["result"]["done_count"], 400);
    assert_eq!(total().await, 400, "orders without a key of their own would show if they came twice");
    let mut sum = 0;
    for customer in ["c0", "c1", "c2"] {
        let customer = app.get(&format!("/v1/customers/{customer}")).await.expect(200);
        sum += customer["summary"]["orders"]["total_amount"].as_i64().expect("a sum");
    }
    assert_eq!(sum, 4_000);
}
