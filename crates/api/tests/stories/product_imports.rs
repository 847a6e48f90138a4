//! CSV files of products and SKUs, and bulk updates of products.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// What failed: rows and reasons.
fn failures(action: &Value) -> Vec<(u64, &str)> {
    let failed = action["result"]["failed"].as_array().expect("failures");
    failed.iter().map(|f| (f["row"].as_u64().expect("a row"), f["reason"].as_str().expect("a reason"))).collect()
}

#[tokio::test]
async fn a_file_of_products_has_prices_in_major_units_and_the_rest_is_metadata() {
    let app = TestApp::new().await;
    let list = json!({"type": "string", "array": true, "optional": true});
    app.schema("product", json!({"tags": list, "weight": {"type": "number", "array": false, "optional": true}})).await;
    let file = "name,Source ID,price,attributes,image_url,tags,weight,vendor\n\
                T-Shirt,ts,21,\"color, size\",https://i.example/t.png,\"new,cotton\",0.3,Acme\n\
                Cap,cap,14.5,,,,,\n\
                Nameless price,,,,,,,\n";
    let action = app.import_into("products", file.as_bytes()).await;
    assert_eq!((&action["type"], &action["status"]), (&json!("PRODUCTS.IMPORT_CSV"), &json!("DONE")));
    assert_eq!(
        action["result"],
        json!({"message": "3 product(s) imported successfully, 0 failed.", "failed": [], "done_count": 3, "failed_count": 0})
    );
    let shirt = app.get("/v1/products/ts?hide=sku").await.expect(200);
    insta::assert_json_snapshot!("an imported product", redacted(shirt));
    let cap = app.get("/v1/products/cap").await.expect(200);
    assert_eq!((&cap["price"], &cap["attributes"], &cap["metadata"]), (&json!(1_450), &json!([]), &json!({})));
}

#[tokio::test]
async fn a_product_that_is_known_gets_a_new_name_and_nothing_else() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "p", "name": "Old", "price": 500, "metadata": {"a": 1}});
    let created = app.post("/v1/products", body).await.expect(200);
    app.advance(1_000);
    app.import_into("products", b"name,source_id,price,a\nNew,p,9,2\n").await;
    let mut expected = created;
    (expected["name"], expected["updated_at"]) = (json!("New"), json!("2026-05-10T12:00:01.000Z"));
    assert_eq!(app.get("/v1/products/p?hide=sku").await.expect(200), expected);
    app.import_into("products", b"name\nNew\n").await;
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 3, "without a source_id it is another one");
}

#[tokio::test]
async fn rows_of_products_fail_alone_with_a_reason() {
    let app = TestApp::new().await;
    let vendor = json!({"type": "string", "array": false, "optional": false, "eq": ["Acme", "Umbrella"]});
    app.schema("product", json!({"vendor": vendor})).await;
    app.post("/v1/products", json!({"source_id": "gone", "metadata": {"vendor": "Acme"}})).await.expect(200);
    app.delete("/v1/products/gone").await.expect(204);
    let file = "name,source_id,price,vendor\n\
                Bad,bad,1,Other\n\
                Good,good,1,Acme\n\
                ,nameless,1,Acme\n\
                Dear,dear,1.005,Acme\n\
                Gone,gone,1,Acme\n";
    let action = app.import_into("products", file.as_bytes()).await;
    assert_eq!(action["result"]["message"], "1 product(s) imported successfully, 4 failed.");
    assert_eq!(
        failures(&action),
        [
            (
                1,
                "vendor: must be a string, property is required, must be equal to one of Acme,Umbrella (actual value is \
                 'Other')"
            ),
            (3, "name is required"),
            (4, "Property .price should be a price in major units with up to two decimals"),
            (5, "Duplicated product exists with source_id gone"),
        ]
    );
    assert_eq!(action["result"]["failed"][0]["source_id"], "bad");
    assert_eq!((&action["operation_status"], &action["progress"]), (&json!("SUCCESS"), &json!(100)));
}

#[tokio::test]
async fn a_file_of_skus_finds_products_by_either_id() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "productSourceID11", "attributes": ["color", "size", "ranking"]});
    let product = app.post("/v1/products", body).await.expect(200);
    let id = product["id"].as_str().expect("an id");
    let file = format!(
        "product_id,sku,source_id,price,image_url,attributes,shelf\n\
         productSourceID11,Medium Yellow Shirt,sku_source_id_3,14.5,,\"{{'color':'yellow','size':'M','ranking':3}}\",4\n\
         {id},Plain,plain,,,,\n"
    );
    let action = app.import_into("skus", file.as_bytes()).await;
    assert_eq!(action["type"], "SKUS.IMPORT_CSV");
    assert_eq!(action["result"]["message"], "2 sku(s) imported successfully, 0 failed.");
    let sku = app.get("/v1/skus/sku_source_id_3").await.expect(200);
    assert_eq!((&sku["price"], &sku["sku"]), (&json!(1_450), &json!("Medium Yellow Shirt")));
    assert_eq!(sku["attributes"], json!({"color": "yellow", "size": "M", "ranking": 3}));
    assert_eq!((&sku["metadata"], &sku["product_id"]), (&json!({"shelf": "4"}), &product["id"]));
    assert_eq!(app.get("/v1/skus/plain").await.expect(200)["product_id"], product["id"]);

    // Known ones get a name and a price.
    let again = "product_id,sku,source_id,price,attributes,shelf\n\
                 productSourceID11,Yellow,sku_source_id_3,17,\"{'color':'red'}\",9\n\
                 productSourceID11,,plain,3,,\n";
    app.import_into("skus", again.as_bytes()).await;
    let updated = app.get("/v1/skus/sku_source_id_3").await.expect(200);
    assert_eq!((&updated["price"], &updated["sku"]), (&json!(1_700), &json!("Yellow")));
    assert_eq!((&updated["attributes"], &updated["metadata"]), (&sku["attributes"], &sku["metadata"]));
    let plain = app.get("/v1/skus/plain").await.expect(200);
    assert_eq!((&plain["sku"], &plain["price"]), (&json!("Plain"), &json!(300)), "an empty cell says nothing");
}

#[tokio::test]
async fn rows_of_skus_fail_alone_with_a_reason() {
    let app = TestApp::new().await;
    for source_id in ["p", "q"] {
        app.post("/v1/products", json!({"source_id": source_id, "attributes": ["color"]})).await.expect(200);
    }
    let owner = app.get("/v1/products/q").await.expect(200)["id"].as_str().expect("an id").to_owned();
    app.post("/v1/products/q/skus", json!({"source_id": "size-small"})).await.expect(200);
    let file = "product_id,source_id,price,attributes\n\
                p,ok,1,{'color':'red'}\n\
                ,a,,\n\
                p,,,\n\
                nobody,b,,\n\
                p,size-small,,\n\
                p,c,,{'size':'L'}\n\
                p,d,,red\n\
                p,e,cheap,\n";
    let action = app.import_into("skus", file.as_bytes()).await;
    assert_eq!(action["result"]["message"], "1 sku(s) imported successfully, 7 failed.");
    let in_use = format!("Resource sku with id size-small is in use by products with ids [{owner}]");
    assert_eq!(
        failures(&action),
        [
            (2, "product_id is required"),
            (3, "source_id is required"),
            (4, "Cannot find product with id nobody"),
            (5, in_use.as_str()),
            (6, "Property .attributes has 'size', which is none of the attributes of product p"),
            (7, "Property .attributes should be an object like {'color':'blue','ranking':1}"),
            (8, "Property .price should be a price in major units with up to two decimals"),
        ]
    );
}

#[tokio::test]
async fn files_that_are_neither_are_refused_at_once() {
    let app = TestApp::new().await;
    for resource in ["products", "skus"] {
        let path = format!("/v1/{resource}/importCSV");
        let missing = "Payload should have required property 'file'";
        app.post(&path, json!({})).await.refused(400, "invalid_payload", missing);
        let refused = app.upload(&path, b"colour,weight\nred,3\n").await.expect(400);
        let details = refused["details"].as_str().expect("details");
        assert!(details.contains("at least one of the columns") && details.contains("source_id"), "{details}");
    }
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
}

#[tokio::test]
async fn a_large_file_of_products_goes_through_in_slices() {
    let app = TestApp::new().await;
    let rows: String = (0..3_000).map(|number| format!("Product {number},p{number},{number}.25\n")).collect();
    let action = app.import_into("products", format!("name,source_id,price\n{rows}").as_bytes()).await;
    assert_eq!(action["result"]["done_count"], 3_000);
    assert_eq!(app.get("/v1/products?limit=1").await.expect(200)["total"], 3_001);
    assert_eq!(app.get("/v1/products/p2999").await.expect(200)["price"], 299_925);
    assert_eq!(app.guerdon.store.check().await.expect("an answer"), Vec::<String>::new());
}

#[tokio::test]
async fn bulk_metadata_reaches_known_and_new_products() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "test_volleyball", "metadata": {"color": ["white"]}});
    app.post("/v1/products", body).await.expect(200);
    let body = json!({"source_ids": ["123-567-3433", "test_volleyball"], "metadata": {"label": true, "origin": "PL"}});
    let accepted = app.post("/v1/products/metadata/async", body).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["type"], &action["result"]["done_count"]), (&json!("PRODUCTS.METADATA_UPDATE"), &json!(2)));
    let known = app.get("/v1/products/test_volleyball").await.expect(200);
    assert_eq!(known["metadata"], json!({"color": ["white"], "label": true, "origin": "PL"}));
    let new = app.get("/v1/products/123-567-3433").await.expect(200);
    assert_eq!((&new["metadata"], &new["name"]), (&json!({"label": true, "origin": "PL"}), &json!(null)));
}

#[tokio::test]
async fn a_bulk_update_creates_updates_and_reports_each_product() {
    let app = TestApp::new().await;
    for source_id in ["a", "gone"] {
        app.post("/v1/products", json!({"source_id": source_id, "price": 100})).await.expect(200);
    }
    app.delete("/v1/products/gone").await.expect(204);
    let items = json!([
        {"source_id": "a", "name": "A", "id": "prod_ignored"},
        {"source_id": "b", "name": "B", "price": 5, "id": "prod_ignored"},
        {"source_id": "c", "price": "5"},
        {"source_id": "gone"},
    ]);
    let accepted = app.post("/v1/products/bulk/async", items).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!(action["type"], "PRODUCTS.BULK_UPDATE");
    assert_eq!((&action["result"]["done_count"], &action["result"]["failed_count"]), (&json!(2), &json!(2)));
    assert_eq!(
        action["result"]["errors"],
        json!([
            {"message": "Invalid payload", "details": "Property .price should be integer,null", "key": "invalid_payload",
                "source_id": "c"},
            {"message": "Duplicated resource found", "details": "Duplicated product exists with source_id gone",
                "key": "duplicate_found", "source_id": "gone"},
        ])
    );
    let a = app.get("/v1/products/a").await.expect(200);
    assert_eq!((&a["name"], &a["price"]), (&json!("A"), &json!(100)));
    assert_ne!(app.get("/v1/products/b").await.expect(200)["id"], "prod_ignored");
    let url = action["result"]["reports"][0].as_str().expect("a report");
    let path = url.strip_prefix("http://127.0.0.1:8787").expect("our own address");
    let report = app.send(Request::get(path).body(Body::empty()).expect("a request")).await;
    assert_eq!(report.text, "source_id,found,updated\na,true,true\nb,false,true\nc,false,false\ngone,false,false\n");
    for (path, body, details) in [
        ("bulk/async", json!({}), "Payload should be array"),
        ("bulk/async", json!([{"name": "A"}]), "Property .[0] should have required property 'source_id'"),
        ("metadata/async", json!({"metadata": {}}), "Payload should have required property 'source_ids'"),
    ] {
        app.post(&format!("/v1/products/{path}"), body).await.refused(400, "invalid_payload", details);
    }
}
