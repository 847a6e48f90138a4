//! What the lines of an order refer to, and what they leave in the catalogue.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// Two lines that bring their products along.
fn comics() -> Value {
    json!({"source_id": "new", "status": "FULFILLED", "items": [
        {"source_id": "prod_1", "related_object": "product", "quantity": 2,
            "product": {"name": "Apple iPhone 12", "price": 60_000, "metadata": {"color": ["purple"]}, "override": true}},
        {"source_id": "ComicBook_1", "related_object": "sku", "quantity": 1,
            "product": {"source_id": "Books", "name": "Comic Books1", "price": 2_100, "override": true},
            "sku": {"sku": "Comics1", "source_id": "ComicBook_1", "price": 1_700, "override": true}},
    ]})
}

#[tokio::test]
async fn lines_that_override_bring_their_products_along() {
    let app = TestApp::new().await;
    let order = app.post("/v1/orders", comics()).await.expect(200);
    insta::assert_json_snapshot!("an order that brings its products along", redacted(order.clone()));
    let phone = app.get("/v1/products/prod_1").await.expect(200);
    assert_eq!((&phone["price"], &phone["metadata"]), (&json!(60_000), &json!({"color": ["purple"]})));
    let comic = app.get("/v1/skus/ComicBook_1").await.expect(200);
    assert_eq!((&comic["price"], &comic["sku"]), (&json!(1_700), &json!("Comics1")));
    assert_eq!(
        (&comic["product_id"], &comic["id"]),
        (&order["items"][1]["product_id"], &order["items"][1]["sku"]["id"])
    );

    app.advance(1_000);
    let canceled = app.put("/v1/orders/new", json!({"status": "CANCELED"})).await.expect(200);
    let mut expected = order;
    (expected["status"], expected["updated_at"]) = (json!("CANCELED"), json!("2026-05-10T12:00:01.000Z"));
    for place in 0..2 {
        expected["items"][place]["id"] = canceled["items"][place]["id"].clone();
    }
    assert_eq!(canceled, expected);
}

#[tokio::test]
async fn overriding_replaces_what_was_sent_and_keeps_the_rest() {
    let app = TestApp::new().await;
    app.post("/v1/orders", comics()).await.expect(200);
    app.put("/v1/products/prod_1", json!({"image_url": "https://i.example/p.png", "metadata": {"ram": 4}}))
        .await
        .expect(200);
    let before = app.get("/v1/skus/ComicBook_1").await.expect(200);
    app.advance(1_000);
    app.post("/v1/orders", comics()).await.expect(200);
    assert_eq!(app.get("/v1/skus/ComicBook_1").await.expect(200), before, "nothing new: nothing changed");
    let body = json!({"items": [
        {"source_id": "prod_1", "related_object": "product", "product": {"price": 50_000, "metadata": {"a": 1}, "override": true}},
        {"source_id": "ComicBook_1", "related_object": "sku", "sku": {"sku": "Comic", "override": true}},
        {"product_id": "prod_unknown", "product": {"name": "Thing", "override": true}},
        {"source_id": "loose", "related_object": "sku", "sku": {"sku": "Loose", "override": true}},
        {"source_id": "only", "related_object": "product", "product": {"name": "Told", "price": 5}},
    ]});
    let order = app.post("/v1/orders", body).await.expect(200);
    let phone = app.get("/v1/products/prod_1").await.expect(200);
    assert_eq!((&phone["name"], &phone["price"]), (&json!("Apple iPhone 12"), &json!(50_000)));
    assert_eq!((&phone["metadata"], &phone["image_url"]), (&json!({"a": 1}), &json!("https://i.example/p.png")));
    let comic = app.get("/v1/skus/ComicBook_1").await.expect(200);
    assert_eq!((&comic["sku"], &comic["price"]), (&json!("Comic"), &json!(1_700)));
    assert_eq!(order["items"][2]["product"], json!({"name": "Thing"}), "nobody could refer to it");
    assert_eq!(order["items"][3]["sku"], json!({"sku": "Loose"}), "without a product there is no SKU");
    assert_eq!(order["items"][4]["product"], json!({"name": "Told", "price": 5}), "told is not stored");
    for path in ["/v1/products/only", "/v1/skus/loose"] {
        app.get(path).await.expect(404);
    }
}

#[tokio::test]
async fn what_the_bin_has_cannot_be_brought_back_by_an_order() {
    let app = TestApp::new().await;
    app.post("/v1/orders", comics()).await.expect(200);
    app.delete("/v1/products/Books").await.expect(204);
    let refused = app.post("/v1/orders", json!({"customer": {"source_id": "ada"}, "items": comics()["items"]})).await;
    refused.refused(409, "duplicate_found", "Duplicated product exists with source_id Books");
    let sku = json!({"source_id": "ComicBook_1", "related_object": "sku", "sku": {"price": 1, "override": true}});
    let refused = app.post("/v1/orders", json!({"items": [sku]})).await;
    refused.refused(409, "duplicate_found", "Duplicated sku exists with source_id ComicBook_1");
    app.get("/v1/customers/ada").await.expect(404);
    let sku = json!({"source_id": "ComicBook_1", "related_object": "sku", "quantity": 1});
    let order = app.post("/v1/orders", json!({"items": [sku]})).await.expect(200);
    assert_eq!((order["items"][0].get("sku"), order["items"][0].get("price")), (None, None));
}

#[tokio::test]
async fn lines_find_products_and_skus_by_every_name_they_have() {
    let app = TestApp::new().await;
    let product = app.post("/v1/products", json!({"source_id": "p", "name": "Shirt", "metadata": {"a": 1}})).await;
    let product = product.expect(200)["id"].clone();
    let body = json!({"source_id": "s", "sku": "Red", "price": 2_000});
    let sku = app.post("/v1/products/p/skus", body).await.expect(200)["id"].clone();
    let shown = json!({"id": product, "source_id": "p", "name": "Shirt"});
    let red = json!({"id": sku, "source_id": "s", "sku": "Red", "price": 2_000});
    let priced = json!({"object": "order_item", "quantity": 1, "price": 2_000, "amount": 2_000, "subtotal_amount": 2_000,
        "product": shown, "sku": red});
    let with = |more: Value| {
        let mut line = priced.clone();
        line.as_object_mut().expect("a line").extend(more.as_object().expect("more").clone());
        line
    };
    for (line, expected) in [
        (json!({"sku_id": sku, "quantity": 1}), with(json!({"sku_id": sku, "product_id": product}))),
        (
            json!({"source_id": "s", "related_object": "sku"}),
            with(json!({"source_id": "s", "related_object": "sku", "product_id": product})),
        ),
        (
            json!({"product_id": product, "source_id": "s", "related_object": "sku"}),
            with(json!({"product_id": product, "source_id": "s", "related_object": "sku"})),
        ),
        (json!({"sku": {"source_id": "s"}}), with(json!({"product_id": product}))),
        (json!({"sku": {"id": sku}, "product": {"source_id": "p"}}), with(json!({"product_id": product}))),
        (
            json!({"product_id": product, "quantity": 3}),
            json!({"object": "order_item", "quantity": 3, "product_id": product, "product": shown}),
        ),
        (
            json!({"source_id": "p", "related_object": "product"}),
            json!({"object": "order_item", "source_id": "p", "related_object": "product", "product": shown}),
        ),
        (json!({"product": {"source_id": "p"}}), json!({"object": "order_item", "product": shown})),
        (
            json!({"source_id": "p", "quantity": 1, "product": {"name": "Nothing of ours"}}),
            json!({"object": "order_item", "source_id": "p", "quantity": 1, "product": {"name": "Nothing of ours"}}),
        ),
        (
            json!({"source_id": "x", "related_object": "sku", "sku": {"sku": "X", "metadata": {}}}),
            json!({"object": "order_item", "source_id": "x", "related_object": "sku", "sku": {"sku": "X", "metadata": {}}}),
        ),
    ] {
        let order = app.post("/v1/orders", json!({"items": [line]})).await.expect(200);
        let mut found = order["items"][0].clone();
        found.as_object_mut().expect("a line").remove("id");
        assert_eq!(found, expected, "{line}");
        assert_eq!(order.get("amount"), expected.get("amount"), "{line}");
    }
}

#[tokio::test]
async fn a_price_is_looked_for_in_the_request_before_the_catalogue() {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "p", "price": 2_100})).await.expect(200);
    app.post("/v1/products/p/skus", json!({"source_id": "s", "price": 1_700})).await.expect(200);
    app.post("/v1/products/p/skus", json!({"source_id": "free"})).await.expect(200);
    let line = |sku: &str, more: Value| {
        let mut line = json!({"source_id": sku, "related_object": "sku", "quantity": 2});
        line.as_object_mut().expect("a line").extend(more.as_object().expect("more").clone());
        line
    };
    for (line, price) in [
        (line("s", json!({})), 1_700),
        (line("free", json!({})), 2_100),
        (line("s", json!({"product": {"price": 900}})), 900),
        (line("s", json!({"product": {"price": 900}, "sku": {"price": 800}})), 800),
        (line("s", json!({"product": {"price": 900}, "sku": {"price": 800}, "price": 700})), 700),
    ] {
        let order = app.post("/v1/orders", json!({"items": [line]})).await.expect(200);
        assert_eq!((&order["items"][0]["price"], &order["amount"]), (&json!(price), &json!(2 * price)), "{line}");
    }
}

#[tokio::test]
async fn what_is_calculated_cannot_be_sent() {
    let app = TestApp::new().await;
    let line = json!({"id": "ordli_mine", "object": "gift", "quantity": 2, "price": 100, "subtotal_amount": 1,
        "free_quantity": 1, "applied_discount_amount": 5, "applied_quantity": -1, "application_details": [],
        "discount_amount": 0});
    let body = json!({"items": [line], "total_amount": 1, "items_discount_amount": 9, "applied_discount_amount": 9,
        "redemptions": {"r_1": {}}, "customer_id": "cust_1", "object": "gift"});
    let order = app.post("/v1/orders", body).await.expect(200);
    insta::assert_json_snapshot!("an order that was sent with results", redacted(order));
}
