//! Lists of redemptions and rollbacks.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    redemptions::on,
    rollbacks::roll_back,
    validations::{amount, gift, named, text, tier, voucher},
};

/// The ids of a list, each with its kind alone.
fn kinds(list: &Value, key: &str) -> Vec<String> {
    let kind = |row: &Value| text(&row["id"]).split_once('_').map(|(kind, _)| kind.to_owned());
    list[key].as_array().expect("rows").iter().filter_map(kind).collect()
}

/// Six things that have happened, in this order: `A` redeemed, `X` not found, `A` and a tier redeemed below a parent,
/// the first rolled back, and that again in vain. Returns the first redemption, the parent and the tier.
async fn example(app: &TestApp) -> (Value, Value, String) {
    voucher(app, "A", amount(10), json!({})).await;
    let tier = tier(app, "B", json!({"type": "AMOUNT", "amount_off": 5, "effect": "APPLY_TO_ORDER"})).await;
    let body = json!({"redeemables": named(&["A"]), "order": {"amount": 100}, "customer": {"source_id": "ada"}});
    let first = app.post("/v1/redemptions", body).await.expect(200)["redemptions"][0]["id"].clone();
    app.advance(1000);
    on(app, &["X"], 100).await.expect(404);
    app.advance(1000);
    let parent = on(app, &["A", &tier], 100).await.expect(200)["parent_redemption"]["id"].clone();
    app.advance(1000);
    roll_back(app, &first, json!({})).await.expect(200);
    app.advance(1000);
    roll_back(app, &first, json!({})).await.expect(400);
    (first, parent, tier)
}

#[tokio::test]
async fn all_kinds_are_listed_together_newest_first() {
    let app = TestApp::new().await;
    let (first, parent, _) = example(&app).await;
    let list = app.get("/v1/redemptions").await.expect(200);
    assert_eq!(kinds(&list, "redemptions"), ["rrf", "rr", "r", "r", "r", "rf", "r"]);
    assert_eq!(
        (&list["object"], &list["data_ref"], &list["total"]),
        (&json!("list"), &json!("redemptions"), &json!(7))
    );
    assert_eq!(list["redemptions"][6]["id"], first);
    assert_eq!(list["redemptions"][6]["voucher"]["code"], "A");
    assert_eq!(list["redemptions"][6]["customer"]["source_id"], "ada");
    assert_eq!(list["redemptions"][4]["id"], parent);
    let oldest = app.get("/v1/redemptions?order=created_at&limit=2").await.expect(200);
    assert_eq!(kinds(&oldest, "redemptions"), ["r", "rf"]);
    let second = app.get("/v1/redemptions?order=id&limit=2&page=2").await.expect(200);
    assert_eq!(second["redemptions"][0]["id"], parent);
    app.get("/v1/redemptions?page=100").await.refused(
        400,
        "page_over_limit",
        "Property .page cannot be higher than 99",
    );
    app.get("/v1/redemptions?order=result").await.expect(400);
}

#[tokio::test]
async fn lists_are_narrowed_by_what_has_come_of_it_by_whom_and_of_what() {
    let app = TestApp::new().await;
    let (first, parent, tier) = example(&app).await;
    let code = app.get("/v1/vouchers/A").await.expect(200);
    let customer = app.get("/v1/customers/ada").await.expect(200);
    let is =
        |field: &str, value: &Value| format!("filters[{field}][conditions][$is]={}", text(value).replace(' ', "%20"));
    for (query, expected) in [
        ("result=SUCCESS".to_owned(), &["rr", "r", "r", "r", "r"][..]),
        ("result=FAILURE".to_owned(), &["rrf", "rf"]),
        ("result=SUCCESS&result=FAILURE".to_owned(), &["rrf", "rr", "r", "r", "r", "rf", "r"]),
        ("result=ROLLED_BACK".to_owned(), &["r"]),
        ("result=SUCCEEDED".to_owned(), &["rr", "r", "r", "r"]),
        ("result=ROLLED_BACK&result=FAILURE".to_owned(), &["rrf", "rf", "r"]),
        ("customer=ada".to_owned(), &["rrf", "rr", "r"]),
        (format!("customer={}", text(&customer["id"])), &["rrf", "rr", "r"]),
        ("customer=nobody".to_owned(), &[]),
        ("campaign=Promotion%20B".to_owned(), &["r"]),
        ("campaign=Nothing".to_owned(), &[]),
        ("created_at[after]=2026-05-10T12:00:01.999Z".to_owned(), &["rrf", "rr", "r", "r", "r"]),
        ("[created_at][before]=2026-05-10T12:00:02.000Z".to_owned(), &["rf", "r"]),
        (is("voucher_code", &json!("A")), &["rrf", "rr", "r", "r"]),
        (is("related_object_id", &code["id"]), &["rrf", "rr", "r", "r"]),
        (is("related_object_id", &json!(tier)), &["r"]),
        (is("parent_redemption_id", &parent), &["r", "r"]),
        (is("failure_code", &json!("not_found")), &["rf"]),
        (is("failure_code", &json!("already_rolled_back")), &["rrf"]),
        (is("result", &json!("FAILURE")), &["rrf", "rf"]),
        (is("object", &json!("redemption_rollback")), &["rrf", "rr"]),
        (is("customer_id", &customer["id"]), &["rrf", "rr", "r"]),
        (is("campaign_name", &json!("Promotion B")), &["r"]),
        (is("user_login", &json!("ada")), &[]),
        (format!("{}&result=SUCCESS", is("voucher_code", &json!("A"))), &["rr", "r", "r"]),
        (
            format!(
                "filters[junction]=or&{}&{}",
                is("failure_code", &json!("not_found")),
                is("related_object_id", &json!(tier))
            ),
            &["r", "rf"],
        ),
    ] {
        let list = app.get(&format!("/v1/redemptions?{query}")).await.expect(200);
        assert_eq!(kinds(&list, "redemptions"), expected, "{query}");
        assert_eq!(list["total"], expected.len(), "{query}");
    }
    app.get("/v1/redemptions?result=MAYBE").await.expect(400);
    let codes = app.get("/v1/redemptions?order=-voucher_code").await.expect(200);
    assert_eq!(codes["redemptions"][0]["voucher"]["code"], "A");
    let people = app.get("/v1/redemptions?order=-customer_id&limit=3").await.expect(200);
    assert_eq!(kinds(&people, "redemptions"), ["rrf", "rr", "r"]);
    assert_eq!(people["redemptions"][2]["id"], first);
}

#[tokio::test]
async fn a_voucher_tells_what_has_come_of_it() {
    let app = TestApp::new().await;
    example(&app).await;
    let of_voucher = app.get("/v1/vouchers/A/redemption").await.expect(200);
    assert_eq!(kinds(&of_voucher, "redemption_entries"), ["rrf", "rr", "r", "r"]);
    for (key, value) in [
        ("quantity", json!(null)),
        ("redeemed_quantity", json!(1)),
        ("object", json!("list")),
        ("url", json!("/v1/vouchers/A/redemptions?page=1&limit=10")),
        ("data_ref", json!("redemption_entries")),
        ("total", json!(4)),
    ] {
        assert_eq!(of_voucher[key], value, "{key}");
    }
    assert_eq!(of_voucher.get("redeemed_amount"), None);
    let page = app.get("/v1/vouchers/A/redemptions?limit=1&page=2").await.expect(200);
    assert_eq!(kinds(&page, "redemption_entries"), ["rr"]);
    app.get("/v1/vouchers/X/redemption").await.refused(404, "not_found", "Cannot find voucher with id X");
    voucher(&app, "CARD", gift(10), json!({})).await;
    assert_eq!(app.get("/v1/vouchers/CARD/redemption").await.expect(200)["redeemed_amount"], 0);
}

#[tokio::test]
async fn a_code_that_is_made_anew_has_no_past() {
    let app = TestApp::new().await;
    voucher(&app, "A", amount(10), json!({})).await;
    on(&app, &["A"], 100).await.expect(200);
    app.delete("/v1/vouchers/A?force=true").await.expect(204);
    app.advance(1000);
    voucher(&app, "A", amount(10), json!({})).await;
    let of_voucher = app.get("/v1/vouchers/A/redemption").await.expect(200);
    assert_eq!((&of_voucher["total"], &of_voucher["redeemed_quantity"]), (&json!(0), &json!(0)));
}
