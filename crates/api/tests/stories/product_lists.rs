//! Listing products.

use serde_json::{Value, json};

use crate::app::TestApp;

/// Three burgers and a salad, a minute apart; the built-in product is older.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    for (number, (name, price, category)) in [
        ("Small", 1_500, "Burgers"),
        ("Large", 2_100, "Burgers"),
        ("Green", 900, "Salads"),
        ("Giant", 2_600, "Burgers"),
    ]
    .into_iter()
    .enumerate()
    {
        app.advance(60_000);
        let body = json!({"source_id": format!("p{}", number + 1), "name": name, "price": price,
            "metadata": {"category": category}});
        app.post("/v1/products", body).await.expect(200);
    }
    app
}

fn source_ids(list: &Value) -> Vec<&str> {
    let rows = list["products"].as_array().expect("rows");
    rows.iter().map(|row| row["source_id"].as_str().expect("a source_id")).collect()
}

#[tokio::test]
async fn products_are_listed_oldest_first_with_a_total_and_their_skus() {
    let app = shop().await;
    for source_id in ["s1", "s2"] {
        app.post("/v1/products/p1/skus", json!({"source_id": source_id})).await.expect(200);
        app.advance(1);
    }
    let list = app.get("/v1/products?limit=3").await.expect(200);
    assert_eq!(source_ids(&list), ["5h1pp1ng", "p1", "p2"]);
    let keys: Vec<&str> = list.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["object", "data_ref", "products", "total"]);
    assert_eq!((&list["object"], &list["data_ref"], &list["total"]), (&json!("list"), &json!("products"), &json!(5)));
    let skus = &list["products"][1]["skus"];
    assert_eq!((&skus["object"], &skus["data_ref"], &skus["total"]), (&json!("list"), &json!("data"), &json!(2)));
    assert_eq!((&skus["data"][0]["source_id"], &skus["data"][1]["source_id"]), (&json!("s2"), &json!("s1")));
    assert_eq!(list["products"][2]["skus"]["data"], json!([]));
    let hidden = app.get("/v1/products?hide=sku").await.expect(200);
    assert_eq!(hidden["products"][1].get("skus"), None);

    let rest = app.get("/v1/products?limit=3&page=2").await.expect(200);
    assert_eq!((source_ids(&rest), &rest["total"]), (vec!["p3", "p4"], &json!(5)));
    let beyond = app.get("/v1/products?page=1000").await.expect(200);
    assert_eq!((source_ids(&beyond), &beyond["total"]), (vec![], &json!(5)));
}

#[tokio::test]
async fn orders_dates_and_filters_choose_and_sort() {
    let app = shop().await;
    app.advance(60_000);
    app.put("/v1/products/p2", json!({"image_url": "x"})).await.expect(200);
    for (query, expected) in [
        ("order=-created_at&limit=2", vec!["p4", "p3"]),
        ("order=updated_at", vec!["5h1pp1ng", "p1", "p3", "p4", "p2"]),
        ("order=-updated_at&limit=2", vec!["p2", "p4"]),
        ("order=-campaign&limit=2", vec!["5h1pp1ng", "p1"]),
        ("start_date=2026-05-10T12:03:00Z", vec!["p3", "p4"]),
        ("start_date=2026-05-10T12:01:00Z&end_date=2026-05-10T12:02:00.000Z", vec!["p1", "p2"]),
        ("end_date=2026-05-10", vec![]),
        (
            "filters[metadata.category][conditions][$is]=Burgers&filters[price][conditions][$more_than]=2000",
            vec!["p2", "p4"],
        ),
        (
            "filters[metadata.category][conditions][$is]=Burgers&filters[price][conditions][$more_than_equal]=2100",
            vec!["p2", "p4"],
        ),
        ("filters[price][conditions][$is_unknown]=", vec!["5h1pp1ng"]),
        ("filters[name][conditions][$is]=Large", vec!["p2"]),
        ("filters[name][conditions][$starts_with]=G", vec!["p3", "p4"]),
        ("filters[source_id][conditions][$in][0]=p1&filters[source_id][conditions][$in][1]=p9", vec!["p1"]),
        ("filters[created_at][conditions][$after]=2026-05-10T12:03:30Z", vec!["p4"]),
        ("filters[updated_at][conditions][$has_value]=", vec!["p2"]),
        (
            "filters[name][conditions][$is]=Small&filters[price][conditions][$less_than]=1000&filters[junction]=OR",
            vec!["p1", "p3"],
        ),
    ] {
        let list = app.get(&format!("/v1/products?{query}")).await.expect(200);
        assert_eq!(source_ids(&list), expected, "{query}");
        assert!(list["total"].as_u64() >= Some(expected.len() as u64), "{query}");
    }
    let filtered =
        app.get("/v1/products?limit=1&filters[metadata.category][conditions][$is]=Burgers").await.expect(200);
    assert_eq!(filtered["total"], 3, "all matches, not only the page");
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said() {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "p"})).await.expect(200);
    for path in ["/v1/products", "/v1/products/p/skus"] {
        for (query, key, details) in [
            ("limit=101", "invalid_query_params", "Property .limit cannot be higher than 100"),
            ("limit=0", "invalid_query_params", "Property .limit cannot be lower than 1"),
            ("page=1001", "page_over_limit", "Property .page cannot be higher than 1000"),
            (
                "order=name",
                "invalid_query_params",
                "Property .order should be equal to one of the allowed values [ created_at, -created_at, updated_at, \
                 -updated_at, type, -type, code, -code, campaign, -campaign, category, -category ]",
            ),
            (
                "start_date=soon",
                "invalid_query_params",
                "Property .start_date cannot be recognized as a ISO-8601 compliant date",
            ),
            (
                "end_date=soon",
                "invalid_query_params",
                "Property .end_date cannot be recognized as a ISO-8601 compliant date",
            ),
        ] {
            app.get(&format!("{path}?{query}")).await.refused(400, key, details);
        }
    }
}
