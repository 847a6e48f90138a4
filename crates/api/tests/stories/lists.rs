//! Listing customers.

use serde_json::{Value, json};

use crate::app::TestApp;

/// Four customers, a minute apart.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    for (number, (name, city, club, orders)) in [
        ("Ann", "Oslo", json!("VIP"), 1),
        ("Ben", "Rome", json!("Basic"), 7),
        ("Cat", "Oslo", json!(null), 3),
        ("Ann", "Bern", json!("VIP"), 9),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"source_id": format!("s{}", number + 1), "name": name, "email": format!("{name}{number}@Example.com"),
            "address": {"city": city}, "metadata": {"club": club, "orders": orders}});
        app.post("/v1/customers", body).await.expect(200);
        app.advance(60_000);
    }
    app
}

fn source_ids(list: &Value) -> Vec<&str> {
    let rows = list["customers"].as_array().expect("rows");
    rows.iter().map(|row| row["source_id"].as_str().expect("a source_id")).collect()
}

#[tokio::test]
async fn customers_are_listed_newest_first_with_total_and_has_more() {
    let app = shop().await;
    let list = app.get("/v1/customers?limit=3").await.expect(200);
    assert_eq!(source_ids(&list), ["s4", "s3", "s2"]);
    assert_eq!(
        (&list["object"], &list["data_ref"], &list["total"], &list["has_more"]),
        (&json!("list"), &json!("customers"), &json!(4), &json!(true))
    );
    let list = app.get("/v1/customers?limit=3&page=2").await.expect(200);
    assert_eq!((source_ids(&list), &list["has_more"]), (vec!["s1"], &json!(false)));
    let list = app.get("/v1/customers?page=9").await.expect(200);
    assert_eq!((source_ids(&list), &list["total"]), (vec![], &json!(4)));
}

#[tokio::test]
async fn shortcuts_orders_and_bounds_choose_and_sort() {
    let app = shop().await;
    for (query, expected) in [
        ("email=ann0@example.COM", vec!["s1"]),
        ("city=Oslo", vec!["s3", "s1"]),
        ("name=Ann", vec!["s4", "s1"]),
        ("name=Ann&city=Bern", vec!["s4"]),
        ("segment_id=seg_unknown", vec![]),
        ("order=created_at", vec!["s1", "s2", "s3", "s4"]),
        ("order=-source_id", vec!["s4", "s3", "s2", "s1"]),
        ("order=source_id&limit=2", vec!["s1", "s2"]),
        ("created_at[after]=2026-05-10T12:01:00Z", vec!["s4", "s3"]),
        ("created_at%5Bbefore%5D=2026-05-10T12:01:00Z", vec!["s1"]),
        ("[created_at][before]=2026-05-10T12:02:00.000Z&order=created_at", vec!["s1", "s2"]),
        ("updated_at[after]=2020-01-01", vec![]),
        ("starting_after=2026-05-10T12:02:00Z", vec!["s2", "s1"]),
        ("order=created_at&starting_after=2026-05-10T12:01:00Z", vec!["s3", "s4"]),
        ("unknown=ignored", vec!["s4", "s3", "s2", "s1"]),
    ] {
        let list = app.get(&format!("/v1/customers?{query}")).await.expect(200);
        assert_eq!(source_ids(&list), expected, "{query}");
        assert!(list["total"].as_u64() >= Some(expected.len() as u64), "{query}");
    }
}

#[tokio::test]
async fn changed_customers_are_found_by_when_they_changed() {
    let app = shop().await;
    app.put("/v1/customers/s2", json!({"phone": "1"})).await.expect(200);
    let list = app.get("/v1/customers?updated_at[after]=2026-05-10T12:03:59Z").await.expect(200);
    assert_eq!(source_ids(&list), ["s2"]);
    let list = app.get("/v1/customers?order=-updated_at").await.expect(200);
    assert_eq!(source_ids(&list), ["s2", "s4", "s3", "s1"]);
    let list = app.get("/v1/customers?order=updated_at&starting_after=2026-05-10T12:02:30Z").await.expect(200);
    assert_eq!(source_ids(&list), ["s4", "s2"]);
}

#[tokio::test]
async fn the_filter_language_works_in_every_written_form() {
    let app = shop().await;
    for (query, expected) in [
        ("filters[metadata.club][conditions][$is]=VIP", vec!["s4", "s1"]),
        ("filters[metadata.club][conditions][$is_not]=VIP", vec!["s3", "s2"]),
        ("filters[metadata.orders][conditions][$more_than]=3", vec!["s4", "s2"]),
        ("filters[metadata.orders][conditions][$more_than_equal][0]=3", vec!["s4", "s3", "s2"]),
        (
            "filters[name][conditions][$is][0]=Ben&filters[name][conditions][$is][1]=Cat&filters[junction]=OR",
            vec!["s3", "s2"],
        ),
        ("filters[name][conditions][$in][0]=Ben&filters[name][conditions][$in][1]=Cat", vec!["s3", "s2"]),
        ("[filters][address.city][conditions][$starts_with]=O", vec!["s3", "s1"]),
        ("filters[city][conditions][$is]=Oslo", vec!["s3", "s1"]),
        ("filters[email][conditions][$is]=Ann0@Example.com", vec!["s1"]),
        ("filters[email][conditions][$is]=ann0@example.com", vec![]),
        ("filters%5Bname%5D%5Bconditions%5D%5B%24is%5D=Ben", vec!["s2"]),
        ("filters[metadata.club][conditions][$is_unknown]=", vec!["s3"]),
        ("filters[source_id][conditions][$is]=s3&city=Oslo", vec!["s3"]),
        (
            "filters[name][conditions][$is]=Ben&filters[metadata.orders][conditions][$is]=9&filters[junction]=or",
            vec!["s4", "s2"],
        ),
        ("filters[created_at][conditions][$after]=2026-05-10T12:01:30Z", vec!["s4", "s3"]),
    ] {
        let list = app.get(&format!("/v1/customers?{query}")).await.expect(200);
        assert_eq!(source_ids(&list), expected, "{query}");
        assert_eq!(list["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said() {
    let app = TestApp::new().await;
    for (query, key, details) in [
        ("limit=101", "invalid_query_params", "Property .limit cannot be higher than 100"),
        ("limit=0", "invalid_query_params", "Property .limit cannot be lower than 1"),
        ("limit=ten", "invalid_query_params", "Property .limit should be number"),
        ("page=100", "page_over_limit", "Property .page cannot be higher than 99"),
        ("page=-1", "invalid_query_params", "Property .page cannot be lower than 1"),
        (
            "order=name",
            "invalid_query_params",
            "Property .order should be equal to one of the allowed values [ created_at, -created_at, updated_at, \
             -updated_at, source_id, -source_id ]",
        ),
        (
            "starting_after=soon",
            "invalid_query_params",
            "Property .starting_after cannot be recognized as a ISO-8601 compliant date",
        ),
        (
            "created_at[after]=soon",
            "invalid_query_params",
            "Property .created_at.after cannot be recognized as a ISO-8601 compliant date",
        ),
        (
            "filters[junction]=xor&filters[name][conditions][$is]=a",
            "invalid_query_params",
            "Property .filters has wrong `junction` property. It must be one of: and, or",
        ),
    ] {
        app.get(&format!("/v1/customers?{query}")).await.refused(400, key, details);
    }
    let unknown = app.get("/v1/customers?filters[name][conditions][$like]=a").await.expect(400);
    assert!(
        unknown["details"].as_str().is_some_and(|details| details.contains("condition must be one of: $in, $not_in"))
    );
}
