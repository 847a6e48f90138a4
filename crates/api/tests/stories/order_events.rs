//! What the activity of a customer says about orders.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// The types of a customer's events, oldest first.
async fn events(app: &TestApp, customer: &str) -> Vec<String> {
    let list = app.get(&format!("/v1/customers/{customer}/activity?limit=100&order=created_at")).await.expect(200);
    let events = list["data"].as_array().expect("events").iter();
    events.map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test]
async fn an_order_tells_of_its_creation_its_changes_and_its_status() {
    let app = TestApp::new().await;
    let post = async |source_id: &str, status: Value| {
        let body = json!({"source_id": source_id, "status": status, "customer": {"source_id": source_id}});
        app.post("/v1/orders", body).await.expect(200);
    };
    for (status, expected) in [
        (json!(null), vec![]),
        (json!("CREATED"), vec![]),
        (json!("PAID"), vec!["customer.order.paid"]),
        (json!("CANCELED"), vec!["customer.order.canceled"]),
        (json!("FULFILLED"), vec!["customer.order.fulfilled"]),
    ] {
        let source_id = format!("new-{status}").replace('"', "");
        post(&source_id, status).await;
        let expected = [vec!["customer.created", "customer.order.created"], expected].concat();
        assert_eq!(events(&app, &source_id).await, expected);
    }

    post("o", json!("PAID")).await;
    let mut so_far = 3;
    for (body, expected) in [
        (json!({"status": "PAID"}), vec!["customer.order.updated"]),
        (json!({}), vec!["customer.order.updated"]),
        (json!({"amount": 5}), vec!["customer.order.updated"]),
        (json!({"status": "CANCELED"}), vec!["customer.order.updated", "customer.order.canceled"]),
        (json!({"status": "CREATED"}), vec!["customer.order.updated"]),
        (json!({"status": "FULFILLED"}), vec!["customer.order.updated", "customer.order.fulfilled"]),
        (json!({"status": "PAID"}), vec!["customer.order.updated", "customer.order.paid"]),
        (json!({"customer": {"source_id": "o", "name": "O"}}), vec!["customer.updated", "customer.order.updated"]),
        (json!({"customer": {"source_id": "o", "name": "O"}}), vec!["customer.order.updated"]),
        (json!({"amount": -1}), vec![]),
    ] {
        app.put("/v1/orders/o", body.clone()).await;
        let all = events(&app, "o").await;
        assert_eq!(all[so_far..], expected, "{body}");
        so_far = all.len();
    }
    app.post("/v1/orders", json!({"source_id": "o"})).await.expect(200);
    assert_eq!(events(&app, "o").await[so_far..], ["customer.order.updated"]);
}

#[tokio::test]
async fn an_event_shows_the_order_and_both_customers() {
    let app = TestApp::new().await;
    let item = json!({"source_id": "mug", "related_object": "product", "quantity": 2, "product": {"name": "Mug", "price": 900}});
    let body = json!({"source_id": "o", "status": "PAID", "items": [item], "metadata": {"till": 3},
        "customer": {"source_id": "ada", "name": "Ada"}, "referrer": {"source_id": "bob"}});
    app.post("/v1/orders", body).await.expect(200);
    let list = app.get("/v1/customers/ada/activity?type=customer.order.paid").await.expect(200);
    insta::assert_json_snapshot!("an event about an order", redacted(list));
    assert_eq!(events(&app, "bob").await, ["customer.created"]);
    for (category, expected) in
        [("ACTION", "customer.order.created customer.created"), ("EFFECT", "customer.order.paid")]
    {
        let list = app.get(&format!("/v1/customers/ada/activity?category={category}")).await.expect(200);
        let types: Vec<_> = list["data"]
            .as_array()
            .expect("events")
            .iter()
            .map(|event| event["type"].as_str().expect("a type"))
            .collect();
        assert_eq!(types.join(" "), expected);
    }
    app.put("/v1/orders/o", json!({"referrer": null})).await.expect(200);
    let list = app.get("/v1/customers/ada/activity?type=customer.order.updated").await.expect(200);
    let data = &list["data"][0]["data"]["data"];
    assert_eq!((&data["referrer"], data["order"].get("referrer")), (&json!(null), None));
}

#[tokio::test]
async fn an_order_without_a_customer_tells_nobody() {
    let app = TestApp::new().await;
    app.post("/v1/orders", json!({"source_id": "o", "status": "PAID"})).await.expect(200);
    app.put("/v1/orders/o", json!({"customer": {"source_id": "ada"}})).await.expect(200);
    assert_eq!(events(&app, "ada").await, ["customer.created", "customer.order.updated"]);
    app.put("/v1/orders/o", json!({"customer": null, "status": "CANCELED"})).await.expect(200);
    assert_eq!(events(&app, "ada").await.len(), 2);
}
