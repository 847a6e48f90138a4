//! Creating, changing and reading products.

use axum::http::Method;
use guerdon_core::{
    context::Context,
    projects::{self, Bootstrap},
};
use guerdon_model::{ids::ProjectId, product::Product, project::Project};
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

/// The body that most stories start from.
fn phone() -> Value {
    json!({"source_id": "first_product", "name": "Samsung Phone", "price": 200_000,
        "attributes": ["color", "memory", "processor"], "metadata": {"test": true, "vendor": "Online Store"},
        "image_url": "https://www.website.com/image.png"})
}

#[tokio::test]
async fn a_new_product_shows_null_for_what_was_not_sent() {
    let app = TestApp::new().await;
    insta::assert_json_snapshot!("a new product", redacted(app.post("/v1/products", phone()).await.expect(200)));
    let bare = app.post("/v1/products", json!({})).await.expect(200);
    insta::assert_json_snapshot!("a product of nothing", redacted(bare));
}

#[tokio::test]
async fn a_product_that_is_read_shows_its_skus_newest_first_unless_they_are_hidden() {
    let app = TestApp::new().await;
    app.post("/v1/products", phone()).await.expect(200);
    let none = app.get("/v1/products/first_product").await.expect(200);
    assert_eq!(none["skus"], json!({"object": "list", "data_ref": "data", "data": [], "total": 0}));
    for source_id in ["s1", "s2"] {
        app.post("/v1/products/first_product/skus", json!({"source_id": source_id})).await.expect(200);
        app.advance(1);
    }
    insta::assert_json_snapshot!(
        "a product with SKUs",
        redacted(app.get("/v1/products/first_product").await.expect(200))
    );
    let hidden = app.get("/v1/products/first_product?hide=sku").await.expect(200);
    assert_eq!((hidden.get("skus"), &hidden["name"]), (None, &json!("Samsung Phone")));
    let updated = app.put("/v1/products/first_product", json!({"price": 1})).await.expect(200);
    assert_eq!(updated.get("skus"), None, "answers to changes have none");
}

#[tokio::test]
async fn of_many_skus_the_newest_are_shown_with_their_product_and_all_are_counted() {
    let app = TestApp::new().await;
    app.advance(1);
    app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    let rows: String = (0..130).map(|number| format!("p,s{number}\n")).collect();
    app.import_into("skus", format!("product_id,source_id\n{rows}").as_bytes()).await;
    for (path, pointer) in [("/v1/products/p", "/skus"), ("/v1/products?order=-created_at", "/products/0/skus")] {
        let reply = app.get(path).await.expect(200);
        let skus = reply.pointer(pointer).expect("SKUs");
        assert_eq!((skus["data"].as_array().map(Vec::len), &skus["total"]), (Some(100), &json!(130)), "{path}");
    }
}

#[tokio::test]
async fn posting_a_known_source_id_or_id_updates_that_product() {
    let app = TestApp::new().await;
    let first = app.post("/v1/products", phone()).await.expect(200);
    app.advance(5_000);
    let body = json!({"source_id": "first_product", "price": 210_000, "metadata": {"test": false}});
    let second = app.post("/v1/products", body).await.expect(200);
    assert_eq!((&second["id"], &second["created_at"]), (&first["id"], &first["created_at"]));
    assert_eq!((&second["price"], &second["updated_at"]), (&json!(210_000), &json!("2026-05-10T12:00:05.000Z")));
    assert_eq!(second["metadata"], json!({"test": false, "vendor": "Online Store"}));
    assert_eq!((&second["name"], &second["attributes"]), (&first["name"], &first["attributes"]));

    let by_id = json!({"id": first["id"], "source_id": "other", "name": "Phone"});
    let third = app.post("/v1/products", by_id).await.expect(200);
    assert_eq!((&third["source_id"], &third["name"]), (&json!("first_product"), &json!("Phone")));
    app.get("/v1/products/other").await.expect(404);
}

#[tokio::test]
async fn an_unknown_id_becomes_that_of_a_new_product_unless_the_source_id_is_known() {
    let app = TestApp::new().await;
    let created = app.post("/v1/products", json!({"id": "prod_5h0wc453_1", "source_id": "a"})).await.expect(200);
    assert_eq!((&created["id"], &created["updated_at"]), (&json!("prod_5h0wc453_1"), &json!(null)));
    let found = app.get("/v1/products/prod_5h0wc453_1").await.expect(200);
    assert_eq!(found["source_id"], "a");
    let updated =
        app.post("/v1/products", json!({"id": "prod_other", "source_id": "a", "name": "A"})).await.expect(200);
    assert_eq!((&updated["id"], &updated["name"]), (&json!("prod_5h0wc453_1"), &json!("A")));
    app.get("/v1/products/prod_other").await.expect(404);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_never_the_ids() {
    let app = TestApp::new().await;
    let created = app.post("/v1/products", phone()).await.expect(200);
    app.advance(1_000);
    let body = json!({"price": 210_000, "id": "ignored", "source_id": "ignored", "skus": [], "created_at": "ignored"});
    let updated = app.put("/v1/products/first_product", body).await.expect(200);
    let mut expected = created.clone();
    (expected["price"], expected["updated_at"]) = (json!(210_000), json!("2026-05-10T12:00:01.000Z"));
    assert_eq!(updated, expected);

    let nothing = json!({"name": null, "price": null, "attributes": null, "metadata": null, "image_url": null});
    let id = created["id"].as_str().expect("an id");
    let emptied = app.put(&format!("/v1/products/{id}"), nothing).await.expect(200);
    assert_eq!(
        (&emptied["name"], &emptied["price"], &emptied["attributes"], &emptied["metadata"], &emptied["image_url"]),
        (&json!(null), &json!(null), &json!([]), &json!({}), &json!(null))
    );
    let kept =
        app.put("/v1/products/first_product", json!({"name": "", "image_url": "", "price": 0})).await.expect(200);
    assert_eq!((&kept["name"], &kept["image_url"], &kept["price"]), (&json!(""), &json!(""), &json!(0)));
}

#[tokio::test]
async fn names_need_not_be_unique_and_emit_nothing() {
    let app = TestApp::new().await;
    app.subscribe(&["customer.created", "customer.updated", "customer.deleted"]).await;
    for source_id in ["a", "b"] {
        app.post("/v1/products", json!({"source_id": source_id, "name": "Shirt"})).await.expect(200);
    }
    app.put("/v1/products/a", json!({"price": 5})).await.expect(200);
    app.delete("/v1/products/b").await.expect(204);
    assert_eq!(app.received().await, Vec::<Value>::new());
}

#[tokio::test]
async fn unknown_products_are_named_as_they_were_sent() {
    let app = TestApp::new().await;
    for (method, path) in [
        (Method::GET, "/v1/products/no%20body"),
        (Method::PUT, "/v1/products/no%20body"),
        (Method::DELETE, "/v1/products/no%20body"),
        (Method::DELETE, "/v1/products/no%20body?force=true"),
        (Method::GET, "/v1/products/no%20body/skus"),
        (Method::POST, "/v1/products/no%20body/skus"),
        (Method::PUT, "/v1/products/no%20body/skus/any"),
        (Method::DELETE, "/v1/products/no%20body/skus/any"),
    ] {
        let body = matches!(method, Method::PUT | Method::POST).then(|| json!({}));
        let reply = app.call(As::Server, method.clone(), path, body).await;
        reply.refused(404, "not_found", "Cannot find product with id no body");
        let resource = (&reply.body["resource_id"], &reply.body["resource_type"]);
        assert_eq!(resource, (&json!("no body"), &json!("product")), "{method} {path}");
    }
}

#[tokio::test]
async fn wrong_types_prices_and_lengths_are_named() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"name": 5}), "Property .name should be string,null".to_owned()),
        (json!({"price": "13.00"}), "Property .price should be integer,null".to_owned()),
        (json!({"price": 13.5}), "Property .price should be integer,null".to_owned()),
        (json!({"price": -1}), "Property .price cannot be lower than 0".to_owned()),
        (json!({"attributes": "color"}), "Property .attributes should be array,null".to_owned()),
        (json!({"attributes": ["color", 5]}), "Property .attributes[1] should be string".to_owned()),
        (json!({"metadata": []}), "Property .metadata should be object,null".to_owned()),
        (json!({"id": ""}), "Property .id should begin with 'prod_'".to_owned()),
        (json!({"id": "sku_1"}), "Property .id should begin with 'prod_'".to_owned()),
        (json!({"id": "x".repeat(101)}), "Property .id should NOT have more than 100 characters".to_owned()),
        (
            json!({"source_id": "x".repeat(1_001)}),
            "Property .source_id should NOT have more than 1000 characters".to_owned(),
        ),
        (
            json!({"attributes": ["a", "x".repeat(1_001)]}),
            "Property .attributes[1] should NOT have more than 1000 characters".to_owned(),
        ),
        (json!({"attributes": vec!["x"; 201]}), "Property .attributes should NOT have more than 200 items".to_owned()),
        (json!([]), "Payload should be object".to_owned()),
    ] {
        app.post("/v1/products", body).await.refused(400, "invalid_payload", &details);
    }
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 1, "the built-in one");
    let whole = app.post("/v1/products", json!({"price": 13.0})).await.expect(200);
    assert_eq!(whole["price"], 13);
}

#[tokio::test]
async fn products_and_skus_keep_to_the_schema_of_products() {
    let app = TestApp::new().await;
    let vendor = json!({"type": "string", "array": false, "optional": false, "eq": ["Acme", "Umbrella"]});
    app.schema("product", json!({"vendor": vendor})).await;
    let broken =
        "vendor: must be a string, property is required, must be equal to one of Acme,Umbrella (actual value is";
    let refused = |value: &str| format!("{broken} '{value}')");
    let post = |metadata: Value| app.post("/v1/products", json!({"source_id": "p", "metadata": metadata}));
    post(json!({"vendor": "Other"})).await.refused(400, "metadata_validation_failed", &refused("Other"));
    assert_eq!(
        app.post("/v1/products", json!({"source_id": "p"})).await.expect(400)["key"],
        "metadata_validation_failed"
    );
    post(json!({"vendor": "Acme"})).await.expect(200);
    app.put("/v1/products/p", json!({"name": "P"})).await.expect(200);
    let update = json!({"metadata": {"vendor": "Other"}});
    app.put("/v1/products/p", update.clone()).await.refused(400, "metadata_validation_failed", &refused("Other"));

    // A SKU inherits what the product has to have.
    app.post("/v1/products/p/skus", json!({"source_id": "s", "metadata": {"shelf": 3}})).await.expect(200);
    let sku = app.put("/v1/products/p/skus/s", update).await;
    sku.refused(400, "metadata_validation_failed", &refused("Other"));
    assert_eq!(app.get("/v1/skus/s").await.expect(200)["metadata"], json!({"shelf": 3}), "its own alone");
}

#[tokio::test]
async fn two_requests_racing_for_a_source_id_end_as_one_product() {
    let app = TestApp::new().await;
    let post = || app.post("/v1/products", json!({"source_id": "same"}));
    let (one, two, three) = tokio::join!(post(), post(), post());
    let ids: Vec<Value> = [one, two, three].iter().map(|reply| reply.expect(200)["id"].clone()).collect();
    assert_eq!((&ids[0], &ids[0]), (&ids[1], &ids[2]));
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn every_project_begins_with_the_shipping_product() {
    let app = TestApp::new().await;
    let list = app.get("/v1/products").await.expect(200);
    insta::assert_json_snapshot!("the products of a new project", redacted(list.clone()));
    assert_eq!(list["products"][0]["id"], "prod_5h1pp1ng");
    let found = app.get("/v1/products/5h1pp1ng").await.expect(200);
    assert_eq!((&found["id"], &found["name"]), (&json!("prod_5h1pp1ng"), &json!("Shipping")));
    let priced = app.put("/v1/products/prod_5h1pp1ng", json!({"price": 900})).await.expect(200);
    assert_eq!(priced["price"], 900, "it is a product like any other");
}

#[tokio::test]
async fn projects_of_earlier_versions_get_the_shipping_product_once_at_the_next_start() {
    let app = TestApp::new().await;
    let context = Context::background(ProjectId::from(PROJECT), &app.guerdon.ids.next(app.guerdon.clock.now()));
    let as_of_old = |tx: &mut guerdon_core::tx::Tx| {
        let project = tx.get::<Project>(PROJECT)?.expect("the project").as_ref().clone();
        tx.get::<Product>("prod_5h1pp1ng")?;
        tx.delete::<Product>("prod_5h1pp1ng");
        tx.put(Project { has_shipping_product: false, ..project });
        Ok(())
    };
    app.guerdon.executor.execute(context, Vec::new(), as_of_old).await.expect("an old project");
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 0);
    let start = || projects::bootstrap(&app.guerdon, Bootstrap::default());
    assert!(start().await.expect("a start").is_none());
    assert_eq!(app.get("/v1/products").await.expect(200)["products"][0]["source_id"], "5h1pp1ng");

    app.delete("/v1/products/5h1pp1ng?force=true").await.expect(204);
    start().await.expect("a start");
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 0, "who has deleted it keeps it deleted");
}

#[tokio::test]
async fn roles_decide_who_may_read_change_and_delete_products() {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    for (role, may_read_bin, may_change) in
        [("USER", true, true), ("USER_RESTRICTED", true, true), ("VIEWER", true, false), ("MERCHANT", false, false)]
    {
        let path = format!("/management/v1/projects/{PROJECT}/api-keys");
        let key =
            app.call(As::Management, Method::POST, &path, Some(json!({"name": role, "role": role}))).await.expect(200);
        let key = (key["app_id"].as_str().expect("an id"), key["app_token"].as_str().expect("a token"));
        app.call_as(key, Method::GET, "/v1/products", None).await.expect(200);
        app.call_as(key, Method::GET, "/v1/products/p/skus", None).await.expect(200);
        let bin = app.call_as(key, Method::GET, "/v1/trash-bin", None).await;
        bin.expect(if may_read_bin { 200 } else { 403 });
        let change = app.call_as(key, Method::PUT, "/v1/products/p", Some(json!({"name": role}))).await;
        let delete = app.call_as(key, Method::DELETE, "/v1/trash-bin/tbe_unknown", None).await;
        change.expect(if may_change { 200 } else { 403 });
        delete.expect(if may_change { 404 } else { 403 });
        if !may_change {
            assert_eq!(change.body["key"], "missing_required_permission");
        }
    }
}
