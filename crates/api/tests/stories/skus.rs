//! Creating, changing, reading and deleting SKUs.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

fn phone_256() -> Value {
    json!({"source_id": "first_product_sku_1", "sku": "Samsung phone 256GB", "price": 1_300, "currency": "USD",
        "attributes": {"color": "vintage-black", "memory": "256", "ranking": 1}, "image_url": "",
        "metadata": {"imported": true}})
}

/// A shop with a product `p` and another one `q`.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    for source_id in ["p", "q"] {
        app.post("/v1/products", json!({"source_id": source_id, "attributes": ["color"]})).await.expect(200);
    }
    app
}

#[tokio::test]
async fn a_new_sku_belongs_to_its_product_and_shows_null_for_what_was_not_sent() {
    let app = shop().await;
    let product = app.get("/v1/products/p").await.expect(200);
    let created = app.post("/v1/products/p/skus", phone_256()).await.expect(200);
    insta::assert_json_snapshot!("a new SKU", redacted(created.clone()));
    assert_eq!(created["product_id"], product["id"]);
    let bare = app.post("/v1/products/p/skus", json!({})).await.expect(200);
    insta::assert_json_snapshot!("a SKU of nothing", redacted(bare));
    let id = created["id"].as_str().expect("an id");
    for path in ["/v1/skus/first_product_sku_1".to_owned(), format!("/v1/skus/{id}")] {
        assert_eq!(app.get(&path).await.expect(200), created);
    }
}

#[tokio::test]
async fn posting_a_known_source_id_or_id_updates_that_sku() {
    let app = shop().await;
    let first = app.post("/v1/products/p/skus", phone_256()).await.expect(200);
    app.advance(1_000);
    let body = json!({"source_id": "first_product_sku_1", "price": 1_400, "metadata": {"shelf": 1}});
    let second = app.post("/v1/products/p/skus", body).await.expect(200);
    assert_eq!((&second["id"], &second["price"]), (&first["id"], &json!(1_400)));
    assert_eq!((&second["sku"], &second["attributes"]), (&first["sku"], &first["attributes"]));
    assert_eq!(second["metadata"], json!({"imported": true, "shelf": 1}));
    assert_eq!(second["updated_at"], "2026-05-10T12:00:01.000Z");
    let by_id = json!({"id": first["id"], "source_id": "other", "sku": "Phone"});
    let third = app.post("/v1/products/p/skus", by_id).await.expect(200);
    assert_eq!((&third["source_id"], &third["sku"]), (&json!("first_product_sku_1"), &json!("Phone")));
    let chosen = app.post("/v1/products/p/skus", json!({"id": "sku_chosen"})).await.expect(200);
    assert_eq!((&chosen["id"], &chosen["source_id"]), (&json!("sku_chosen"), &json!(null)));
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_replaces_attributes_whole() {
    let app = shop().await;
    let created = app.post("/v1/products/p/skus", phone_256()).await.expect(200);
    let path = "/v1/products/p/skus/first_product_sku_1";
    let body = json!({"price": 210_000, "currency": "PLN", "id": "x", "source_id": "x", "product_id": "x"});
    let updated = app.put(path, body).await.expect(200);
    let mut expected = created.clone();
    (expected["price"], expected["currency"]) = (json!(210_000), json!("PLN"));
    expected["updated_at"] = updated["updated_at"].clone();
    assert_eq!(updated, expected);
    assert!(updated["updated_at"].is_string());
    let replaced = app.put(path, json!({"attributes": {"color": "red"}})).await.expect(200);
    assert_eq!(replaced["attributes"], json!({"color": "red"}));
    let nothing =
        json!({"sku": null, "price": null, "currency": null, "attributes": null, "image_url": null, "metadata": null});
    let emptied = app.put(path, nothing).await.expect(200);
    assert_eq!(
        (&emptied["sku"], &emptied["price"], &emptied["attributes"], &emptied["image_url"], &emptied["metadata"]),
        (&json!(null), &json!(null), &json!({}), &json!(null), &json!({}))
    );
}

#[tokio::test]
async fn a_sku_is_looked_for_among_those_of_the_product_in_the_path() {
    let app = shop().await;
    app.post("/v1/products/p/skus", json!({"source_id": "s"})).await.expect(200);
    for path in ["/v1/products/q/skus/s", "/v1/products/p/skus/nothing"] {
        let sku = path.rsplit('/').next().expect("a segment");
        let details = format!("Cannot find sku with id {sku}");
        app.put(path, json!({})).await.refused(404, "not_found", &details);
        let deleted = app.delete(path).await;
        deleted.refused(404, "not_found", &details);
        assert_eq!((&deleted.body["resource_id"], &deleted.body["resource_type"]), (&json!(sku), &json!("sku")));
    }
    app.get("/v1/skus/nothing").await.refused(404, "not_found", "Cannot find sku with id nothing");
    app.get("/v1/skus/s").await.expect(200);
}

#[tokio::test]
async fn a_sku_can_not_be_taken_over_by_another_product() {
    let app = shop().await;
    let owner = app.get("/v1/products/p").await.expect(200)["id"].clone();
    let sku = app.post("/v1/products/p/skus", json!({"source_id": "size-small"})).await.expect(200);
    let owner = owner.as_str().expect("an id");
    let refused = app.post("/v1/products/q/skus", json!({"source_id": "size-small"})).await;
    refused.refused(
        400,
        "resource_in_use",
        &format!("Resource sku with id size-small is in use by products with ids [{owner}]"),
    );
    insta::assert_json_snapshot!("a SKU in use", redacted(refused.body.clone()), { ".details" => "…" });
    let by_id = app.post("/v1/products/q/skus", json!({"id": sku["id"]})).await;
    let id = sku["id"].as_str().expect("an id");
    by_id.refused(
        400,
        "resource_in_use",
        &format!("Resource sku with id {id} is in use by products with ids [{owner}]"),
    );
    // A product may be called like a SKU.
    app.post("/v1/products", json!({"source_id": "size-small"})).await.expect(200);
}

#[tokio::test]
async fn wrong_types_and_prices_are_named() {
    let app = shop().await;
    for (body, details) in [
        (json!({"sku": 5}), "Property .sku should be string,null"),
        (json!({"price": "1"}), "Property .price should be integer,null"),
        (json!({"price": -1}), "Property .price cannot be lower than 0"),
        (json!({"attributes": ["color"]}), "Property .attributes should be object,null"),
        (json!({"currency": {}}), "Property .currency should be string,null"),
        (json!({"id": "shirt-s"}), "Property .id should begin with 'sku_'"),
    ] {
        app.post("/v1/products/p/skus", body).await.refused(400, "invalid_payload", details);
    }
    assert_eq!(app.get("/v1/products/p/skus").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn attributes_that_the_product_does_not_list_are_accepted() {
    let app = shop().await;
    let created = app.post("/v1/products/p/skus", json!({"attributes": {"weight": 3}})).await.expect(200);
    assert_eq!(created["attributes"], json!({"weight": 3}));
}

#[tokio::test]
async fn skus_of_a_product_are_listed_oldest_first_in_pages() {
    let app = shop().await;
    for (number, price) in [(1, 1_500), (2, 2_100), (3, 2_600)] {
        let body = json!({"source_id": format!("s{number}"), "sku": format!("Size {number}"), "price": price});
        app.post("/v1/products/p/skus", body).await.expect(200);
        app.advance(60_000);
    }
    app.post("/v1/products/q/skus", json!({"source_id": "other"})).await.expect(200);
    let list = app.get("/v1/products/p/skus?limit=2").await.expect(200);
    insta::assert_json_snapshot!("a list of SKUs", redacted(list));
    app.put("/v1/products/p/skus/s1", json!({"price": 9})).await.expect(200);
    for (query, expected) in [
        ("limit=2&page=2", vec!["s3"]),
        ("page=3", vec![]),
        ("order=-created_at", vec!["s3", "s2", "s1"]),
        ("order=-updated_at", vec!["s1", "s3", "s2"]),
        ("start_date=2026-05-10T12:01:00Z", vec!["s2", "s3"]),
        ("end_date=2026-05-10T12:01:00Z", vec!["s1", "s2"]),
        ("filters[price][conditions][$more_than]=2000", vec!["s2", "s3"]),
        ("filters[name][conditions][$is]=Size 2", vec!["s2"]),
        ("filters[source_id][conditions][$is]=s3", vec!["s3"]),
        ("filters[source_id][conditions][$is]=other", vec![]),
    ] {
        let list = app.get(&format!("/v1/products/p/skus?{}", query.replace(' ', "%20"))).await.expect(200);
        let rows = list["skus"].as_array().expect("rows");
        let found: Vec<&str> = rows.iter().map(|row| row["source_id"].as_str().expect("a source_id")).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_sku_that_was_deleted_by_force_is_free_and_another_one_is_not() {
    let app = shop().await;
    for source_id in ["a", "b"] {
        app.post("/v1/products/p/skus", json!({"source_id": source_id, "sku": "S"})).await.expect(200);
    }
    app.delete("/v1/products/p/skus/a?force=true").await.expect(204);
    app.delete("/v1/products/p/skus/b").await.expect(204);
    for path in ["/v1/skus/a", "/v1/skus/b"] {
        app.get(path).await.expect(404);
    }
    assert_eq!(app.get("/v1/products/p/skus").await.expect(200)["total"], 0);
    app.post("/v1/products/p/skus", json!({"source_id": "a"})).await.expect(200);
    let refused = app.post("/v1/products/q/skus", json!({"source_id": "b"})).await;
    refused.refused(409, "duplicate_found", "Duplicated sku exists with source_id b");
    app.delete("/v1/products/p/skus/a?force=maybe").await.refused(
        400,
        "invalid_query_params",
        "Property .force should be boolean",
    );
}
