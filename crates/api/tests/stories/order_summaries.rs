//! What a customer's orders add up to.

use serde_json::{Value, json};

use crate::app::TestApp;

/// Count, sum, average, last amount and last date.
async fn summary(app: &TestApp, customer: &str) -> (i64, i64, i64, i64, Option<String>) {
    let customer = app.get(&format!("/v1/customers/{customer}")).await.expect(200);
    let orders = &customer["summary"]["orders"];
    let number = |key: &str| orders[key].as_i64().expect("a number");
    let date = orders.get("last_order_date").map(|date| date.as_str().expect("a time").to_owned());
    (number("total_count"), number("total_amount"), number("average_amount"), number("last_order_amount"), date)
}

async fn order(app: &TestApp, customer: &str, source_id: &str, amount: i64, status: &str) -> String {
    app.advance(1_000);
    let body = json!({"source_id": source_id, "amount": amount, "status": status, "customer": {"source_id": customer}});
    let order = app.post("/v1/orders", body).await.expect(200);
    order["created_at"].as_str().expect("a time").to_owned()
}

#[tokio::test]
async fn paid_and_fulfilled_orders_count_and_the_last_one_is_shown() {
    let app = TestApp::new().await;
    let a = order(&app, "ada", "a", 10_000, "PAID").await;
    let b = order(&app, "ada", "b", 5_000, "CREATED").await;
    let c = order(&app, "ada", "c", 7_001, "FULFILLED").await;
    assert_eq!(summary(&app, "ada").await, (2, 17_001, 8_501, 7_001, Some(c.clone())));
    app.put("/v1/orders/c", json!({"status": "CANCELED"})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (1, 10_000, 10_000, 10_000, Some(a)));
    app.put("/v1/orders/b", json!({"status": "PAID"})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (2, 15_000, 7_500, 5_000, Some(b.clone())));
    app.put("/v1/orders/b", json!({"amount": 6_000, "discount_amount": 1_000})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (2, 16_000, 8_000, 6_000, Some(b.clone())), "discounts don't count");
    app.put("/v1/orders/b", json!({"amount": null})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (2, 10_000, 5_000, 0, Some(b)));
    for order in ["a", "b"] {
        app.put(&format!("/v1/orders/{order}"), json!({"status": "CREATED"})).await.expect(200);
    }
    assert_eq!(summary(&app, "ada").await, (0, 0, 0, 0, None));
}

#[tokio::test]
async fn an_order_counts_for_its_present_customer() {
    let app = TestApp::new().await;
    let a = order(&app, "ada", "a", 100, "PAID").await;
    let b = order(&app, "ada", "b", 300, "PAID").await;
    app.put("/v1/orders/b", json!({"customer": {"source_id": "bob"}, "amount": 500})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (1, 100, 100, 100, Some(a)));
    assert_eq!(summary(&app, "bob").await, (1, 500, 500, 500, Some(b.clone())));
    app.put("/v1/orders/b", json!({"customer": null})).await.expect(200);
    assert_eq!(summary(&app, "bob").await, (0, 0, 0, 0, None));
    app.put("/v1/orders/b", json!({"customer": {"source_id": "ada"}})).await.expect(200);
    assert_eq!(summary(&app, "ada").await, (2, 600, 300, 500, Some(b)));
}

#[tokio::test]
async fn the_last_order_is_found_again_after_any_number_of_cancellations() {
    let app = TestApp::new().await;
    let mut placed = Vec::new();
    for number in 0..30 {
        placed.push(order(&app, "ada", &format!("o{number}"), number, "PAID").await);
    }
    app.put("/v1/orders/o3", json!({"status": "FULFILLED"})).await.expect(200);
    for number in (0..30).rev() {
        let last = Some(placed[number as usize].clone());
        let sum = number * (number + 1) / 2;
        let average = (2 * sum + number + 1) / (2 * (number + 1));
        assert_eq!(summary(&app, "ada").await, (number + 1, sum, average, number, last));
        app.put(&format!("/v1/orders/o{number}"), json!({"status": "CANCELED"})).await.expect(200);
    }
    assert_eq!(summary(&app, "ada").await, (0, 0, 0, 0, None));
    let again = order(&app, "ada", "again", 7, "PAID").await;
    assert_eq!(summary(&app, "ada").await, (1, 7, 7, 7, Some(again)));
    let bytes = |customer: &Value| customer.to_string().len();
    let one = app.get("/v1/customers/ada").await.expect(200);
    assert!(bytes(&one) < 1_000, "what is remembered is nobody else's business");
}

#[tokio::test]
async fn a_summary_moves_the_customers_time_and_tells_nobody() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated"]).await;
    app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    order(&app, "ada", "a", 100, "PAID").await;
    let ada = app.get("/v1/customers/ada").await.expect(200);
    assert_eq!(ada["updated_at"], "2026-05-10T12:00:01.000Z");
    let received = app.received().await;
    let types: Vec<_> = received.iter().map(|body| body["type"].clone()).collect();
    assert_eq!(types, ["customer.created"]);

    // What the order says about the customer is told, once.
    let body = json!({"customer": {"source_id": "ada", "name": "Ada"}});
    app.put("/v1/orders/a", body.clone()).await.expect(200);
    app.put("/v1/orders/a", body).await.expect(200);
    let received = app.received().await;
    let types: Vec<_> = received.iter().map(|body| body["type"].clone()).collect();
    assert_eq!(types, ["customer.created", "customer.updated"]);
    assert_eq!(received[1]["data"]["customer"]["summary"]["orders"]["total_amount"], 100);
}

#[tokio::test]
async fn erasing_a_customer_erases_their_orders() {
    let app = TestApp::new().await;
    for number in 0..260 {
        order(&app, "ada", &format!("a{number}"), 1, "PAID").await;
    }
    order(&app, "bob", "b", 1, "PAID").await;
    let ada = app.get("/v1/customers/ada").await.expect(200)["id"].as_str().expect("an id").to_owned();
    app.delete("/v1/customers/ada").await.expect(204);
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 261, "a deletion leaves them");
    let erased = app.post(&format!("/v1/customers/{ada}/permanent-deletion"), json!(null)).await.expect(200);
    assert_eq!(erased["data_json"]["orders"], 260);
    let left = app.get("/v1/orders").await.expect(200);
    assert_eq!((&left["total"], &left["orders"][0]["source_id"]), (&json!(1), &json!("b")));
}
