//! What the catalogue, publications and segments have to do with a validation.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    validations::{amount, fates, named, percent, text, validate, voucher},
};

async fn rule(app: &TestApp, body: Value) -> Value {
    let mut rule = json!({"name": "A rule"});
    rule.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
    app.post("/v1/validation-rules", rule).await.expect(200)["id"].clone()
}

async fn product(app: &TestApp, source_id: &str, price: i64, brand: &str) -> Value {
    let body = json!({"source_id": source_id, "name": source_id, "price": price, "metadata": {"brand": brand}});
    app.post("/v1/products", body).await.expect(200)
}

/// What becomes of the only redeemable.
async fn fate(app: &TestApp, body: Value) -> String {
    fates(&validate(app, body).await)[0].1.clone()
}

#[tokio::test]
async fn a_discount_of_a_collection_is_taken_off_the_lines_that_are_in_it() {
    let app = TestApp::new().await;
    let mut named_products = Vec::new();
    for (source_id, price, brand) in [("a1", 1_000, "A"), ("a2", 2_000, "A"), ("b", 2_500, "B")] {
        let product = product(&app, source_id, price, brand).await;
        named_products.push(json!({"object": "product", "id": product["id"]}));
    }
    let by_brand = json!({"type": "AUTO_UPDATE", "name": "Brand A", "filter": {"junction": "and",
        "metadata.brand": {"conditions": {"$is": ["A"]}}}});
    let by_name = json!({"type": "STATIC", "name": "Some", "products": named_products[..2]});
    for (code, collection) in [("BRAND", by_brand), ("SOME", by_name)] {
        let collection = app.post("/v1/product-collections", collection).await.expect(200);
        let included = json!([{"object": "products_collection", "id": collection["id"]}]);
        let rule = rule(&app, json!({"applicable_to": {"included": included, "included_all": false}})).await;
        let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 2_000}});
        voucher(&app, code, coupon, json!({"validation_rules": [rule]})).await;
    }
    voucher(&app, "MORE", amount(2_500), json!({})).await;
    let line = |source_id: &str, quantity: i64, price: i64| json!({"source_id": source_id, "related_object": "product", "quantity": quantity, "price": price});
    for code in ["BRAND", "SOME"] {
        let items = json!([line("a1", 3, 1_000), line("a2", 3, 2_000), line("b", 2, 2_500)]);
        let answer = validate(&app, json!({"redeemables": named(&[code, "MORE"]), "order": {"items": items}})).await;
        let steps: Vec<&Value> =
            answer["redeemables"].as_array().expect("steps").iter().map(|entry| &entry["order"]).collect();
        let amounts = |order: &Value| {
            ["discount_amount", "items_discount_amount", "total_discount_amount", "total_amount"]
                .map(|key| order[key].as_i64().unwrap_or(0))
        };
        assert_eq!(amounts(steps[0]), [0, 4_000, 4_000, 10_000], "{code}");
        assert_eq!(amounts(steps[1]), [2_500, 4_000, 6_500, 7_500], "{code}");
        assert_eq!(amounts(&answer["order"]), amounts(steps[1]), "{code}");
        let lines: Vec<_> = (0..3).map(|place| steps[1]["items"][place]["discount_amount"].as_i64()).collect();
        assert_eq!(lines, [Some(2_000), Some(2_000), None], "{code}");
        assert_eq!(steps[1]["items"][0].get("applied_discount_amount"), None, "{code}");
        let indices = &answer["redeemables"][0]["applicable_to"]["data"][0]["order_item_indices"];
        assert_eq!(indices, &json!([0, 1]), "{code}");
    }
}

#[tokio::test]
async fn what_is_given_away_comes_with_its_name() {
    let app = TestApp::new().await;
    let shirt = product(&app, "shirt", 2_000, "A").await;
    let sku = json!({"source_id": "shirt-l", "sku": "Shirt L", "price": 2_100});
    let sku = app.post("/v1/products/shirt/skus", sku).await.expect(200);
    for (code, unit_type) in [("SHIPPING", json!("prod_5h1pp1ng")), ("SHIRT", sku["id"].clone())] {
        let unit = json!({"type": "UNIT", "unit_off": 1, "unit_type": unit_type, "effect": "ADD_MISSING_ITEMS"});
        voucher(&app, code, json!({"type": "DISCOUNT_VOUCHER", "discount": unit}), json!({})).await;
    }
    let body =
        |code: &str| json!({"redeemables": named(&[code]), "order": {"items": [{"product_id": "x", "price": 500}]}});
    let shipping = validate(&app, body("SHIPPING")).await;
    let discount = &shipping["redeemables"][0]["result"]["discount"];
    assert_eq!(discount["product"], json!({"id": "prod_5h1pp1ng", "source_id": "5h1pp1ng", "name": "Shipping"}));
    assert_eq!(shipping["order"]["total_amount"], 500);
    assert_eq!(shipping["order"]["items"][1]["product"]["name"], "Shipping");
    let free = validate(&app, body("SHIRT")).await;
    let discount = &free["redeemables"][0]["result"]["discount"];
    assert_eq!(discount["sku"], json!({"id": sku["id"], "source_id": "shirt-l", "sku": "Shirt L"}));
    assert_eq!(discount["product"], json!({"id": shirt["id"], "source_id": "shirt", "name": "shirt"}));
    let amounts = ["amount", "items_discount_amount", "total_amount"].map(|key| free["order"][key].clone());
    assert_eq!(amounts, [json!(2_600), json!(2_100), json!(500)]);
}

#[tokio::test]
async fn rules_see_products_as_the_catalogue_and_the_request_describe_them() {
    let app = TestApp::new().await;
    product(&app, "shirt", 2_000, "A").await;
    let brand = json!({"rules": {"1": {"name": "product.metadata", "property": "brand", "conditions": {"$is": ["A"]}},
        "logic": "1"}});
    let rule = rule(&app, brand).await;
    voucher(&app, "BRAND", percent(10), json!({"validation_rules": [rule]})).await;
    let with = |line: Value| json!({"redeemables": named(&["BRAND"]), "order": {"items": [line]}});
    for (line, expected) in [
        (json!({"source_id": "shirt", "related_object": "product", "price": 1}), "APPLICABLE"),
        (json!({"product_id": "unknown", "price": 1}), "order_rules_violated"),
        (json!({"product": {"name": "New", "metadata": {"brand": "A"}}, "price": 1}), "APPLICABLE"),
    ] {
        assert_eq!(fate(&app, with(line.clone())).await, expected, "{line}");
    }
}

#[tokio::test]
async fn a_rule_may_ask_for_a_segment() {
    let app = TestApp::new().await;
    let segment = json!({"name": "Oslo", "type": "auto-update", "filter": {"junction": "and",
        "address.city": {"conditions": {"$is": ["Oslo"]}}}});
    let segment = app.post("/v1/segments", segment).await.expect(200);
    let rule = rule(
        &app,
        json!({"rules": {"1": {"name": "customer.segment", "conditions": {"$is": [segment["id"]]}}, "logic": "1"}}),
    )
    .await;
    voucher(&app, "OSLO", percent(10), json!({"validation_rules": [rule]})).await;
    app.post("/v1/customers", json!({"source_id": "ada", "address": {"city": "Oslo"}})).await.expect(200);
    app.post("/v1/customers", json!({"source_id": "bob", "address": {"city": "Bergen"}})).await.expect(200);
    for (customer, expected) in [
        (json!({"source_id": "ada"}), "APPLICABLE"),
        (json!({"source_id": "bob"}), "customer_rules_violated"),
        (json!({"source_id": "bob", "address": {"city": "Oslo"}}), "APPLICABLE"),
        (json!({"source_id": "ada", "address": {"city": "Bergen"}}), "customer_rules_violated"),
        (json!({"source_id": "new", "address": {"city": "Oslo"}}), "APPLICABLE"),
    ] {
        let body = json!({"redeemables": named(&["OSLO"]), "order": {"amount": 100}, "customer": customer});
        assert_eq!(fate(&app, body).await, expected, "{customer}");
    }
}

#[tokio::test]
async fn a_code_may_be_for_its_holder_alone_and_worth_what_its_publication_says() {
    let app = TestApp::new().await;
    let rule = rule(
        &app,
        json!({"rules": {"1": {"name": "publication.redeemable_by_linked_customer", "conditions": {"$is": [true]}},
            "logic": "1"}}),
    )
    .await;
    let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 100,
        "amount_off_formula": "PUBLICATION_METADATA(\"worth\")", "effect": "APPLY_TO_ORDER"}});
    voucher(&app, "MINE", coupon, json!({"validation_rules": [rule]})).await;
    let publication = json!({"voucher": "MINE", "customer": {"source_id": "ada"}, "metadata": {"worth": 3}});
    app.post("/v1/publications", publication).await.expect(200);
    let by = |customer: &str| json!({"redeemables": named(&["MINE"]), "order": {"amount": 1_000}, "customer": {"source_id": customer}});
    assert_eq!(fate(&app, by("bob")).await, "customer_rules_violated");
    let answer = validate(&app, by("ada")).await;
    assert_eq!((&answer["valid"], &answer["order"]["total_discount_amount"]), (&json!(true), &json!(300)));
    assert_eq!(answer["redeemables"][0]["result"]["discount"]["is_dynamic"], true);
    assert!(text(&answer["tracking_id"]).starts_with("track_"));
}
