//! Listing publications.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{As, PROJECT, TestApp, redacted},
    publications::{coupons, text},
};

/// Publications `p1` to `p5`, a minute apart.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({})).await;
    let club = json!({"name": "Club", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 70}}});
    app.post("/v1/campaigns", club).await.expect(200);
    let friends = json!({"name": "Friends", "campaign_type": "REFERRAL_PROGRAM",
        "referral_program": {"conversion_event_type": "redemption"},
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}});
    app.post("/v1/campaigns", friends).await.expect(200);
    app.post("/v1/vouchers/ALONE", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 500}})).await.expect(200);
    for (number, (what, customer, channel)) in [
        (json!({"campaign": "Summer"}), "ann", "web"),
        (json!({"campaign": "Club"}), "ben", "api"),
        (json!({"campaign": "Friends"}), "ann", "web"),
        (json!({"voucher": "ALONE"}), "cat", "pos"),
        (json!({"campaign": {"name": "Summer", "count": 2}}), "ben", "app"),
    ]
    .into_iter()
    .enumerate()
    {
        app.advance(60_000);
        let mut body = json!({"customer": customer, "channel": channel, "metadata": {"n": number + 1}});
        for (key, value) in what.as_object().expect("an object") {
            body[key] = value.clone();
        }
        if number == 0 {
            body["source_id"] = "s1".into();
        }
        app.post("/v1/publications", body).await.expect(200);
    }
    app
}

/// Which publications are listed.
fn numbers(list: &Value) -> Vec<u64> {
    let rows = list["publications"].as_array().expect("rows");
    rows.iter().map(|row| row["metadata"]["n"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn publications_are_listed_newest_first_with_their_customers_and_vouchers() {
    let app = shop().await;
    let mut list = app.get("/v1/publications").await.expect(200);
    assert_eq!((numbers(&list), &list["total"]), (vec![5, 4, 3, 2, 1], &json!(5)));
    for row in list["publications"].as_array_mut().expect("rows") {
        if row["voucher"]["campaign"] != json!(null) {
            row["voucher"]["code"] = "<code>".into();
        } else if row.get("vouchers").is_some() {
            row.as_object_mut().expect("a row").remove("voucher");
            row["vouchers"] = json!(["<code>", "<code>"]);
        }
    }
    insta::assert_json_snapshot!("a list of publications", redacted(list));
}

#[tokio::test]
async fn shortcuts_filters_and_orders_choose_and_sort_publications() {
    let app = shop().await;
    let id = |name: &str| {
        let path = format!("/v1/customers/{name}");
        let app = &app;
        async move { text(&app.get(&path).await.expect(200)["id"]).to_owned() }
    };
    let (ann, ben) = (id("ann").await, id("ben").await);
    let all = app.get("/v1/publications").await.expect(200);
    let rows = all["publications"].as_array().expect("rows");
    let (of_two, summer) = (&rows[0], &rows[4]);
    let second_code = text(&of_two["vouchers"][1]);
    let is = |field: &str, value: &str| format!("filters[{field}][conditions][$is]={value}");
    for (query, expected) in [
        ("limit=2".to_owned(), vec![5, 4]),
        ("limit=2&page=3".into(), vec![1]),
        ("page=1000".into(), vec![]),
        ("order=id".into(), vec![1, 2, 3, 4, 5]),
        ("order=created_at&limit=1".into(), vec![1]),
        ("order=-id&limit=1".into(), vec![5]),
        ("order=channel".into(), vec![2, 5, 4, 1, 3]),
        ("order=-tracking_id".into(), vec![4, 5, 2, 3, 1]),
        ("campaign=Summer".into(), vec![5, 1]),
        ("campaign=Nope".into(), vec![]),
        (format!("customer={ann}"), vec![3, 1]),
        ("customer=nobody".into(), vec![]),
        ("voucher=ALONE".into(), vec![4]),
        (format!("voucher={second_code}"), vec![5]),
        ("voucher=nope".into(), vec![]),
        ("result=SUCCESS&limit=1".into(), vec![5]),
        ("result=FAILURE".into(), vec![]),
        ("voucher_type=loyalty".into(), vec![2]),
        ("voucher_type=gift".into(), vec![4]),
        ("voucher_type=discount".into(), vec![5, 3, 1]),
        ("is_referral_code=true".into(), vec![3]),
        ("is_referral_code=false&limit=1".into(), vec![5]),
        ("source_id=s1".into(), vec![1]),
        (format!("customer={ben}&campaign=Summer"), vec![5]),
        (is("campaign_name", "Club"), vec![2]),
        (is("customer_id", &ann), vec![3, 1]),
        (is("voucher_type", "GIFT_VOUCHER"), vec![4]),
        (is("is_referral_code", "true"), vec![3]),
        (is("result", "SUCCESS") + "&limit=1", vec![5]),
        (is("source_id", "s1"), vec![1]),
        (is("related_object_id", text(&of_two["vouchers_id"][1])), vec![5]),
        (is("parent_object_id", text(&summer["voucher"]["campaign"])), vec![]),
        (format!("{}&{}&filters[junction]=OR", is("customer_id", &ann), is("campaign_name", "Club")), vec![3, 2, 1]),
        ("filters[failure_code][conditions][$has_value]=true".into(), vec![]),
    ] {
        let list = app.get(&format!("/v1/publications?{query}")).await.expect(200);
        assert_eq!(numbers(&list), expected, "{query}");
    }
    for (column, key) in [("voucher_code", "/voucher/code"), ("customer_id", "/customer_id")] {
        let list = app.get(&format!("/v1/publications?order={column}")).await.expect(200);
        let rows = list["publications"].as_array().expect("rows").iter();
        let sorted: Vec<&str> = rows.map(|row| text(row.pointer(key).unwrap_or_else(|| &row["vouchers"][0]))).collect();
        assert!(sorted.is_sorted(), "{sorted:?}");
    }
}

#[tokio::test]
async fn what_a_list_of_publications_can_t_do_it_says() {
    let app = TestApp::new().await;
    for (query, key, details) in [
        ("page=1001", "page_over_limit", "Property .page cannot be higher than 1000"),
        ("limit=101", "invalid_query_params", "Property .limit cannot be higher than 100"),
        (
            "result=MAYBE",
            "invalid_query_params",
            "Property .result should be equal to one of the allowed values [ SUCCESS, FAILURE ]",
        ),
        (
            "voucher_type=shoe",
            "invalid_query_params",
            "Property .voucher_type should be equal to one of the allowed values [ discount, gift, loyalty ]",
        ),
        ("is_referral_code=maybe", "invalid_query_params", "Property .is_referral_code should be boolean"),
    ] {
        app.get(&format!("/v1/publications?{query}")).await.refused(400, key, details);
    }
    assert_eq!(app.get("/v1/publications?order=name").await.expect(400)["key"], "invalid_query_params");
    let over = app.get("/v1/publications?page=1001").await.expect(400);
    assert_eq!(over["message"], "Listing resource above 1000 page is not supported");
}

#[tokio::test]
async fn a_publication_outlives_its_customer() {
    let app = shop().await;
    app.delete("/v1/customers/cat").await.expect(204);
    let list = app.get("/v1/publications?voucher=ALONE").await.expect(200);
    let customer = &list["publications"][0]["customer"];
    assert_eq!((&customer["source_id"], &customer["name"]), (&json!("cat"), &json!(null)));
}

#[tokio::test]
async fn viewers_read_publications_and_make_none() {
    let app = shop().await;
    let keys = format!("/management/v1/projects/{PROJECT}/api-keys");
    let key = app.call(As::Management, Method::POST, &keys, Some(json!({"name": "V", "role": "VIEWER"}))).await;
    let key = key.expect(200);
    let key = (text(&key["app_id"]), text(&key["app_token"]));
    app.call_as(key, Method::GET, "/v1/publications", None).await.expect(200);
    let body = json!({"campaign": "Summer", "customer": "ann"});
    let refused = app.call_as(key, Method::POST, "/v1/publications", Some(body)).await.expect(403);
    assert_eq!(refused["key"], "missing_required_permission");
}
