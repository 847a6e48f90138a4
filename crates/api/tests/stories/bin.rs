//! What deletion leaves behind, and how to get rid of it.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// A shop with a product `p` that has two SKUs, `s1` and `s2`.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "p", "name": "Shirt"})).await.expect(200);
    for source_id in ["s1", "s2"] {
        app.post("/v1/products/p/skus", json!({"source_id": source_id, "sku": source_id})).await.expect(200);
    }
    app
}

async fn entries(app: &TestApp) -> Vec<Value> {
    app.get("/v1/trash-bin").await.expect(200)["data"].as_array().expect("rows").clone()
}

#[tokio::test]
async fn a_deleted_product_is_out_of_sight_with_its_skus_and_keeps_their_names() {
    let app = shop().await;
    let product = app.get("/v1/products/p").await.expect(200);
    let sku = app.get("/v1/skus/s1").await.expect(200);
    let deleted = app.delete("/v1/products/p").await;
    deleted.expect(204);
    assert_eq!(deleted.text, "");
    for path in ["/v1/products/p", "/v1/products/p/skus", "/v1/skus/s1", "/v1/skus/s2"] {
        app.get(path).await.expect(404);
    }
    assert_eq!(app.get("/v1/products").await.expect(200)["total"], 1, "the built-in one");

    let taken = app.post("/v1/products", json!({"source_id": "p"})).await;
    taken.refused(409, "duplicate_found", "Duplicated product exists with source_id p");
    assert_eq!((&taken.body["resource_id"], &taken.body["resource_type"]), (&json!("p"), &json!("product")));
    let id = product["id"].as_str().expect("an id");
    let details = format!("Duplicated product exists with id {id}");
    app.post("/v1/products", json!({"id": id})).await.refused(409, "duplicate_found", &details);
    app.post("/v1/products", json!({"source_id": "q"})).await.expect(200);
    let taken = app.post("/v1/products/q/skus", json!({"source_id": "s1"})).await;
    taken.refused(409, "duplicate_found", "Duplicated sku exists with source_id s1");
    let id = sku["id"].as_str().expect("an id");
    let details = format!("Duplicated sku exists with id {id}");
    app.post("/v1/products/q/skus", json!({"id": id})).await.refused(409, "duplicate_found", &details);
}

#[tokio::test]
async fn deleting_the_entry_frees_what_it_had_taken() {
    let app = shop().await;
    app.delete("/v1/products/p").await.expect(204);
    let entry = entries(&app).await.remove(0);
    let path = format!("/v1/trash-bin/{}", entry["id"].as_str().expect("an id"));
    let deleted = app.delete(&path).await;
    deleted.expect(204);
    assert_eq!(deleted.text, "");
    assert_eq!(entries(&app).await, Vec::<Value>::new());
    let again = app.delete(&path).await;
    let id = entry["id"].as_str().expect("an id");
    again.refused(404, "not_found", &format!("Cannot find bin_entry with id {id}"));
    let reborn = app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    assert_ne!(reborn["id"], entry["resource_id"]);
    assert_eq!(app.get("/v1/products/p").await.expect(200)["skus"]["total"], 0);
    app.post("/v1/products/p/skus", json!({"source_id": "s1"})).await.expect(200);
}

#[tokio::test]
async fn by_force_everything_is_free_at_once_and_nothing_is_in_the_bin() {
    let app = shop().await;
    app.delete("/v1/products/p?force=true").await.expect(204);
    assert_eq!(entries(&app).await, Vec::<Value>::new());
    app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    app.post("/v1/products/p/skus", json!({"source_id": "s1"})).await.expect(200);
    assert_eq!(app.get("/v1/products/p").await.expect(200)["skus"]["total"], 1);
}

#[tokio::test]
async fn the_bin_shows_what_was_deleted() {
    let app = shop().await;
    let product = app.get("/v1/products/p").await.expect(200);
    app.delete("/v1/products/p/skus/s1").await.expect(204);
    app.advance(1_000);
    app.delete("/v1/products/p").await.expect(204);
    let list = app.get("/v1/trash-bin").await.expect(200);
    insta::assert_json_snapshot!("the bin", redacted(list.clone()));
    let rows = &list["data"];
    assert_eq!((&rows[0]["resource_parent_id"], &rows[1]["resource_id"]), (&product["id"], &product["id"]));
}

#[tokio::test]
async fn a_sku_in_the_bin_outlives_its_product_there() {
    let app = shop().await;
    app.delete("/v1/products/p/skus/s1").await.expect(204);
    app.delete("/v1/products/p?force=true").await.expect(204);
    app.post("/v1/products", json!({"source_id": "q"})).await.expect(200);
    let post = || app.post("/v1/products/q/skus", json!({"source_id": "s1"}));
    post().await.refused(409, "duplicate_found", "Duplicated sku exists with source_id s1");
    let entry = entries(&app).await.remove(0);
    app.delete(&format!("/v1/trash-bin/{}", entry["id"].as_str().expect("an id"))).await.expect(204);
    post().await.expect(200);
}

#[tokio::test]
async fn the_bin_is_walked_oldest_first_by_a_cursor() {
    let app = TestApp::new().await;
    for source_id in ["a", "b", "c"] {
        app.post("/v1/products", json!({"source_id": source_id})).await.expect(200);
        app.delete(&format!("/v1/products/{source_id}")).await.expect(204);
    }
    let names = |list: &Value| {
        let rows = list["data"].as_array().expect("rows");
        rows.iter().map(|row| row["resource_name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = app.get("/v1/trash-bin?limit=2").await.expect(200);
    assert_eq!(
        (names(&first), &first["total"], &first["has_more"]),
        (vec!["a".into(), "b".into()], &json!(2), &json!(true))
    );
    let cursor = first["more_starting_after"].as_str().expect("a cursor");
    assert_eq!(first["data"][1]["id"], cursor);
    let rest = app.get(&format!("/v1/trash-bin?limit=2&starting_after_id={cursor}")).await.expect(200);
    assert_eq!((names(&rest), &rest["total"], &rest["has_more"]), (vec!["c".into()], &json!(1), &json!(false)));
    assert_eq!(rest.get("more_starting_after"), None);
    let newest = app.get(&format!("/v1/trash-bin?order=-id&starting_after_id={cursor}")).await.expect(200);
    assert_eq!(names(&newest), ["a"]);
    for (query, expected) in [
        ("filters[resource_type][conditions][$is]=sku", vec![]),
        ("filters[resource_type][conditions][$in][0]=product&order=-id", vec!["c", "b", "a"]),
        ("filters[resource_name][conditions][$starts_with]=b", vec!["b"]),
    ] {
        assert_eq!(names(&app.get(&format!("/v1/trash-bin?{query}")).await.expect(200)), expected, "{query}");
    }
    app.get("/v1/trash-bin?order=created_at").await.refused(
        400,
        "invalid_query_params",
        "Property .order should be equal to one of the allowed values [ id, -id ]",
    );
}

#[tokio::test]
async fn a_product_with_very_many_skus_is_deleted_whole() {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    let rows: String = (0..1_200).map(|number| format!("p,s{number}\n")).collect();
    let action = app.import_into("skus", format!("product_id,source_id\n{rows}").as_bytes()).await;
    assert_eq!(action["result"]["done_count"], 1_200);
    app.delete("/v1/products/p?force=true").await.expect(204);
    app.post("/v1/products", json!({"source_id": "q"})).await.expect(200);
    for source_id in ["s0", "s600", "s1199"] {
        app.post("/v1/products/q/skus", json!({"source_id": source_id})).await.expect(200);
    }
    assert_eq!(app.guerdon.store.check().await.expect("an answer"), Vec::<String>::new());
}

#[tokio::test]
async fn a_sku_that_is_made_while_its_product_is_deleted_is_never_left_over() {
    for _ in 0..10 {
        let app = shop().await;
        let (deleted, made) = tokio::join!(
            app.delete("/v1/products/p?force=true"),
            app.post("/v1/products/p/skus", json!({"source_id": "late"}))
        );
        deleted.expect(204);
        assert!([200, 404].contains(&made.status.as_u16()), "{}", made.text);
        app.get("/v1/skus/late").await.expect(404);
        app.post("/v1/products", json!({"source_id": "q"})).await.expect(200);
        app.post("/v1/products/q/skus", json!({"source_id": "late"})).await.expect(200);
    }
}

#[tokio::test]
async fn what_one_node_throws_away_stays_taken_on_another() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    one.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    other.delete("/v1/products/p").await.expect(204);
    let refused = one.post("/v1/products", json!({"source_id": "p"})).await;
    refused.refused(409, "duplicate_found", "Duplicated product exists with source_id p");
    let entry = entries(&one).await.remove(0);
    one.delete(&format!("/v1/trash-bin/{}", entry["id"].as_str().expect("an id"))).await.expect(204);
    other.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
}
