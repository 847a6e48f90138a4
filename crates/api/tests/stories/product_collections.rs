//! Product collections: products and SKUs that are named or that match.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

async fn collection(app: &TestApp, body: Value) -> Value {
    app.post("/v1/product-collections", body).await.expect(200)
}

async fn matching(app: &TestApp, filter: Value) -> String {
    let created = collection(app, json!({"type": "AUTO_UPDATE", "name": "Matching", "filter": filter})).await;
    created["id"].as_str().expect("an id").to_owned()
}

/// A phone of 1100 with SKUs of 500 and 1500, and a cap of 900, a second apart.
async fn catalogue(app: &TestApp) {
    let phone =
        json!({"source_id": "phone", "name": "Phone", "price": 1100, "metadata": {"vendor": "A", "test": true}});
    app.post("/v1/products", phone).await.expect(200);
    app.advance(1_000);
    for (source_id, price, metadata) in
        [("phone-s", 500, json!({})), ("phone-l", 1500, json!({"test": false, "size": "L"}))]
    {
        let sku = json!({"source_id": source_id, "sku": source_id, "price": price, "metadata": metadata,
            "currency": "USD"});
        app.post("/v1/products/phone/skus", sku).await.expect(200);
        app.advance(1_000);
    }
    app.post("/v1/products", json!({"source_id": "cap", "name": "Cap", "price": 900})).await.expect(200);
}

/// The source ids of what is in a collection.
async fn contents(app: &TestApp, collection: &str, query: &str) -> Vec<String> {
    let page = app.get(&format!("/v1/product-collections/{collection}/products?{query}")).await.expect(200);
    let rows = page["data"].as_array().expect("rows");
    rows.iter().map(|row| row["source_id"].as_str().expect("a source id").to_owned()).collect()
}

#[tokio::test]
async fn every_product_and_every_sku_matches_by_itself() {
    let app = TestApp::new().await;
    catalogue(&app).await;
    for (filter, expected) in [
        (json!({"junction": "and", "price": {"conditions": {"$less_than": [1000]}}}), vec!["cap", "phone-s"]),
        (json!({"junction": "and", "metadata.vendor": {"$is": "A"}}), vec!["phone-l", "phone-s", "phone"]),
        (json!({"junction": "and", "metadata.test": {"$is": true}}), vec!["phone-s", "phone"]),
        (json!({"junction": "and", "name": {"$starts_with": "phone"}}), vec!["phone-l", "phone-s"]),
        (json!({"junction": "and", "object": {"$is": "product"}, "price": {"$has_value": ""}}), vec!["cap", "phone"]),
        (json!({"junction": "or", "name": {"$is": "Cap"}, "price": {"$more_than": 1400}}), vec!["cap", "phone-l"]),
        (json!({"junction": "and", "created_at": {"$after": "2030-01-01"}}), vec![]),
    ] {
        let id = matching(&app, filter.clone()).await;
        assert_eq!(contents(&app, &id, "").await, expected, "{filter}");
    }
    // Prices change, and with them what matches.
    let cheap = matching(&app, json!({"junction": "and", "price": {"$less_than": [1000]}})).await;
    app.put("/v1/products/cap", json!({"price": 1000})).await.expect(200);
    assert_eq!(contents(&app, &cheap, "").await, ["phone-s"]);
    app.delete("/v1/products/phone").await.expect(204);
    assert_eq!(contents(&app, &cheap, "").await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_product_in_a_static_collection_brings_its_skus() {
    let app = TestApp::new().await;
    catalogue(&app).await;
    let named = json!({"type": "STATIC", "name": "Named", "products": [
        {"id": "phone", "object": "product"}, {"id": "phone-l", "object": "sku"}, {"id": "cap", "object": "product"}]});
    let created = collection(&app, named).await;
    insta::assert_json_snapshot!("a static collection", redacted(created.clone()));
    let whole = created["id"].as_str().expect("an id");
    assert_eq!(contents(&app, whole, "").await, ["cap", "phone-l", "phone-s", "phone"]);
    let one = json!({"type": "STATIC", "name": "One", "products": [{"id": "phone-s", "object": "sku"}]});
    let one = collection(&app, one).await;
    let one = one["id"].as_str().expect("an id");
    let page = app.get(&format!("/v1/product-collections/{one}/products")).await.expect(200);
    insta::assert_json_snapshot!("the SKUs in a collection", redacted(page));

    // What is deleted is not in it any more, though the collection still names it.
    app.delete("/v1/products/phone/skus/phone-s").await.expect(204);
    assert_eq!(contents(&app, one, "").await, [] as [&str; 0]);
    assert_eq!(contents(&app, whole, "").await, ["cap", "phone-l", "phone"]);
    app.delete("/v1/products/phone?force=true").await.expect(204);
    assert_eq!(contents(&app, whole, "").await, ["cap"]);
    let read = app.get(&format!("/v1/product-collections/{whole}")).await.expect(200);
    assert_eq!(read["products"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn contents_come_in_pages_in_every_order() {
    let app = TestApp::new().await;
    catalogue(&app).await;
    app.advance(1_000);
    app.put("/v1/products/phone/skus/phone-s", json!({"price": 501})).await.expect(200);
    let all = matching(&app, json!({"junction": "and", "price": {"$has_value": ""}})).await;
    for (query, expected) in [
        ("", vec!["cap", "phone-l", "phone-s", "phone"]),
        ("order=created_at", vec!["phone", "phone-s", "phone-l", "cap"]),
        ("order=-updated_at", vec!["phone-s", "cap", "phone-l", "phone"]),
        ("limit=2", vec!["cap", "phone-l"]),
        ("limit=2&page=2", vec!["phone-s", "phone"]),
        ("limit=3&page=2", vec!["phone"]),
        ("limit=2&page=3", vec![]),
        ("limit=1&order=created_at&page=4", vec!["cap"]),
        ("starting_after=2026-05-10T12:00:02.000Z", vec!["phone-s", "phone"]),
        ("order=created_at&starting_after=2026-05-10T12:00:02.000Z", vec!["cap"]),
    ] {
        assert_eq!(contents(&app, &all, query).await, expected, "{query}");
    }
    let page = app.get(&format!("/v1/product-collections/{all}/products?limit=1")).await.expect(200);
    assert_eq!((&page["total"], &page["data_ref"]), (&json!(4), &json!("data")));
    assert_eq!(page["data"][0].get("skus"), None);
}

#[tokio::test]
async fn an_update_renames_a_collection_and_replaces_its_filter() {
    let app = TestApp::new().await;
    catalogue(&app).await;
    let id = matching(&app, json!({"junction": "and", "name": {"$is": "Cap"}})).await;
    let path = format!("/v1/product-collections/{id}");
    app.advance(1_000);
    let filter = json!({"junction": "and", "name": {"$is": "Phone"}});
    let updated = app.put(&path, json!({"name": "Phones", "filter": filter})).await.expect(200);
    insta::assert_json_snapshot!("an updated collection", redacted(updated));
    assert_eq!(contents(&app, &id, "").await, ["phone"]);
    let renamed = app.put(&path, json!({"name": "Telephones"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["filter"]), (&json!("Telephones"), &filter));

    let named = collection(&app, json!({"type": "STATIC", "name": "Named", "products": []})).await;
    let path = format!("/v1/product-collections/{}", named["id"].as_str().expect("an id"));
    let updated =
        app.put(&path, json!({"name": "Still empty", "products": [{"id": "cap", "object": "product"}]})).await;
    let updated = updated.expect(200);
    assert_eq!((&updated["name"], &updated["products"]), (&json!("Still empty"), &json!([])));
    app.put(&path, json!({})).await.refused(400, "invalid_payload", "Payload must have required property 'name'");
}

#[tokio::test]
async fn collections_are_listed_newest_first_and_deleted() {
    let app = TestApp::new().await;
    for name in ["a", "b", "c"] {
        collection(&app, json!({"type": "STATIC", "name": name, "products": []})).await;
        app.advance(1_000);
    }
    let names = |page: Value| {
        let rows = page["data"].as_array().expect("rows").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<String>()
    };
    let page = app.get("/v1/product-collections?limit=2").await.expect(200);
    assert_eq!((&page["object"], &page["data_ref"], &page["total"]), (&json!("list"), &json!("data"), &json!(3)));
    let last = page["data"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(names(page), "cb");
    assert_eq!(names(app.get("/v1/product-collections?limit=2&page=2").await.expect(200)), "a");
    assert_eq!(names(app.get("/v1/product-collections?order=created_at").await.expect(200)), "abc");
    let path = format!("/v1/product-collections/{last}");
    app.delete(&path).await.expect(204);
    let details = format!("Cannot find products_collection with id {last}");
    app.get(&path).await.refused(404, "not_found", &details);
    app.put(&path, json!({"name": "x"})).await.refused(404, "not_found", &details);
    app.delete(&path).await.refused(404, "not_found", &details);
    let gone = app.get(&format!("{path}/products")).await;
    gone.refused(404, "not_found", &details);
    assert_eq!(gone.body["resource_type"], "products_collection");
}

#[tokio::test]
async fn collections_of_a_wrong_form_are_refused() {
    let app = TestApp::new().await;
    let valid = "'AUTO_UPDATE' collection must contain valid filter with 'junction' property";
    for (body, details) in [
        (json!({"name": "a"}), "Payload must have required property 'type'"),
        (json!({"type": "STATIC"}), "Payload must have required property 'name'"),
        (json!({"type": "STATIC", "name": 1}), "Property .name must be string"),
        (
            json!({"type": "DYNAMIC", "name": "a"}),
            "Property .type must be equal to one of the allowed values [ STATIC, AUTO_UPDATE ]",
        ),
        (json!({"type": "AUTO_UPDATE", "name": "a"}), valid),
        (json!({"type": "AUTO_UPDATE", "name": "a", "filter": {}}), valid),
        (json!({"type": "AUTO_UPDATE", "name": "a", "filter": {"junction": "and", "colour": {"$is": 1}}}), valid),
        (
            json!({"type": "AUTO_UPDATE", "name": "a", "filter": {"junction": "xor"}}),
            "Property .filter has wrong `junction` property. It must be one of: and, or",
        ),
    ] {
        app.post("/v1/product-collections", body).await.refused(400, "invalid_payload", details);
    }
    for (object, details) in [("product", "Cannot find product with id none"), ("sku", "Cannot find sku with id none")]
    {
        let body = json!({"type": "STATIC", "name": "a", "products": [{"id": "none", "object": object}]});
        app.post("/v1/product-collections", body).await.refused(404, "not_found", details);
    }
    assert_eq!(app.get("/v1/product-collections").await.expect(200)["total"], 0);
    for number in 0..100 {
        collection(&app, json!({"type": "STATIC", "name": number.to_string(), "products": []})).await;
    }
    app.post("/v1/product-collections", json!({"type": "STATIC", "name": "one more"})).await.refused(
        400,
        "invalid_payload",
        "Project must NOT have more than 100 product collections",
    );
}
