//! Redemptions that are taken back.

use serde_json::{Value, json};

use crate::{
    app::{Reply, TestApp, redacted},
    redemptions::{on, read, redeem, redeemed, sums},
    validations::{amount, gift, named, percent, stacking, text, tier, voucher},
};

pub(crate) async fn roll_back(app: &TestApp, id: &Value, body: Value) -> Reply {
    app.post(&format!("/v1/redemptions/{}/rollback", text(id)), body).await
}

async fn roll_back_all(app: &TestApp, id: &Value) -> Reply {
    app.post(&format!("/v1/redemptions/{}/rollbacks", text(id)), json!({})).await
}

#[tokio::test]
async fn a_coupon_is_rolled_back_once() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    let id = answer["redemptions"][0]["id"].clone();
    let path = format!("/v1/redemptions/{}/rollback?reason=return", text(&id));
    let rollback = app.post_raw(&path, "application/json", "").await.expect(200);
    insta::assert_json_snapshot!("a rollback of one coupon", redacted(rollback.clone()));
    assert_eq!(redeemed(&app, "OFF10").await, 0);
    let order = app.get(&format!("/v1/orders/{}", text(&answer["order"]["id"]))).await.expect(200);
    assert_eq!(order, rollback["order"]);

    let again = app.post(&path, json!({})).await;
    again.refused(400, "already_rolled_back", "Redemption has been already rolled back.");
    assert_eq!(again.body["resource_type"], "redemption_rollback");
    let failed = read(&app, &again.body["resource_id"]).await;
    insta::assert_json_snapshot!("a failed rollback, read", redacted(failed));
    let redemption = read(&app, &id).await;
    assert_eq!((&redemption["status"], &redemption["result"]), (&json!("ROLLED_BACK"), &json!("SUCCESS")));
    let related = json!([{"id": rollback["id"], "date": rollback["date"], "rollback_order_mode": "WITH_ORDER"}]);
    assert_eq!(redemption["related_redemptions"]["rollbacks"], related);
    insta::assert_json_snapshot!("a rollback, read", redacted(read(&app, &rollback["id"]).await));
    assert_eq!(redeemed(&app, "OFF10").await, 0);
}

#[tokio::test]
async fn what_was_redeemed_together_is_rolled_back_together() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    let off = json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"});
    let tier = tier(&app, "10 %", off).await;
    let answer = on(&app, &["OFF10", &tier], 5500).await.expect(200);
    let parent = &answer["parent_redemption"]["id"];
    let details = "You can rollback only a single redemption. Use different endpoint for stacked redemption.";
    roll_back(&app, parent, json!({})).await.refused(400, "invalid_redemption", details);
    let details = "You can rollback only a redemption that does not have parent redemption.";
    for child in answer["redemptions"].as_array().expect("children") {
        roll_back(&app, &child["id"], json!({})).await.refused(400, "invalid_redemption_parent", details);
        roll_back_all(&app, &child["id"]).await.refused(400, "invalid_redemption_parent", details);
    }
    assert_eq!(redeemed(&app, "OFF10").await, 1);
    let rollback = roll_back_all(&app, parent).await.expect(200);
    let entry = &rollback["order"]["redemptions"][text(parent)];
    let children: Vec<&Value> = rollback["rollbacks"].as_array().expect("two").iter().map(|one| &one["id"]).collect();
    assert_eq!(
        (&entry["rollback_id"], &entry["rollback_stacked"]),
        (&rollback["parent_rollback"]["id"], &json!(children))
    );
    insta::assert_json_snapshot!("a rollback of a coupon and a tier", redacted(rollback));
    assert_eq!(redeemed(&app, "OFF10").await, 0);
    for child in answer["redemptions"].as_array().expect("children") {
        assert_eq!(read(&app, &child["id"]).await["status"], "ROLLED_BACK");
    }
    assert_eq!(read(&app, parent).await["status"], "ROLLED_BACK");
    assert_eq!(roll_back_all(&app, parent).await.expect(400)["key"], "already_rolled_back");
}

#[tokio::test]
async fn a_single_one_may_take_the_other_way_too() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    let rollback = roll_back_all(&app, &answer["redemptions"][0]["id"]).await.expect(200);
    assert_eq!((rollback["rollbacks"].as_array().map(Vec::len), rollback.get("parent_rollback")), (Some(1), None));
    assert_eq!(rollback["order"]["status"], "CANCELED");
}

#[tokio::test]
async fn credits_come_back() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(2000), json!({})).await;
    let body = json!({"redeemables": named(&["CARD"]), "order": {"amount": 6000}, "customer": {"source_id": "ada"}});
    let answer = redeem(&app, body).await;
    let id = &answer["redemptions"][0]["id"];
    let rollback = roll_back(&app, id, json!({})).await.expect(200);
    assert_eq!((&rollback["amount"], &rollback["gift"]), (&json!(-2000), &json!({"amount": -2000})));
    let voucher = &rollback["voucher"];
    let uses = &voucher["redemption"];
    assert_eq!(
        (&voucher["gift"]["balance"], &uses["redeemed_quantity"], &uses["redeemed_amount"]),
        (&json!(2000), &json!(0), &json!(0))
    );
    let order = &rollback["order"];
    assert_eq!(
        (&order["status"], &order["amount"], &order["total_amount"]),
        (&json!("CANCELED"), &json!(6000), &json!(6000))
    );
    assert!(order.as_object().expect("an order").keys().all(|key| !key.contains("discount")), "{order}");
    let entry = &order["redemptions"][text(id)];
    assert_eq!((&entry["rollback_id"], &entry["rollback_date"]), (&rollback["id"], &rollback["date"]));
    let entries = app.get("/v1/vouchers/CARD/transactions").await.expect(200);
    let entry = &entries["data"][0];
    assert_eq!((&entry["type"], &entry["details"]["balance"]["amount"]), (&json!("CREDITS_REFUND"), &json!(2000)));
    assert_eq!(entry["details"]["rollback"], json!({"id": rollback["id"]}));
    let summary = app.get("/v1/customers/ada").await.expect(200)["summary"].clone();
    assert_eq!(summary["redemptions"]["total_rollback_succeeded"], 1);
    assert_eq!(summary["redemptions"]["total_succeeded"], 1);
    assert_eq!(summary["redemptions"]["gift"]["redeemed_amount"], 0);
    assert_eq!(summary["orders"]["total_amount"], 0);
}

#[tokio::test]
async fn a_project_may_want_orders_to_stay_as_they_are() {
    let app = TestApp::new().await;
    stacking(&app, json!({"redeemables_rollback_order_mode": "WITHOUT_ORDER"})).await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    let id = &answer["redemptions"][0]["id"];
    let rollback = roll_back(&app, id, json!({})).await.expect(200);
    let order = &rollback["order"];
    assert_eq!(
        (&order["status"], &order["discount_amount"], &order["total_amount"]),
        (&json!("PAID"), &json!(1000), &json!(4500))
    );
    assert_eq!(order["redemptions"][text(id)]["rollback_id"], rollback["id"]);
    assert_eq!(redeemed(&app, "OFF10").await, 0);
}

#[tokio::test]
async fn only_what_the_redemption_has_taken_off_is_given_back() {
    let app = TestApp::new().await;
    let product = app.post("/v1/products", json!({"name": "Shirt", "price": 1000})).await.expect(200);
    let rule = json!({"name": "Shirts", "applicable_to": {"included": [{"object": "product", "id": product["id"]}],
        "included_all": false}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 100, "effect": "APPLY_TO_ITEMS"}});
    voucher(&app, "SHIRT", coupon, json!({"validation_rules": [rule["id"]]})).await;
    voucher(&app, "TEN", percent(10), json!({})).await;
    let items =
        json!([{"product_id": product["id"], "quantity": 2}, {"product_id": "mug", "quantity": 1, "price": 500}]);
    let first = redeem(&app, json!({"redeemables": named(&["SHIRT"]), "order": {"items": items}})).await;
    let order = json!({"id": first["order"]["id"]});
    let second = redeem(&app, json!({"redeemables": named(&["TEN"]), "order": order})).await;
    let lines = |order: &Value| {
        order["items"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line["discount_amount"].as_i64())
            .collect::<Vec<_>>()
    };
    assert_eq!((lines(&second["order"]), sums(&second["order"])), (vec![Some(100), None], [240, 240, 2160]));
    let read = read(&app, &first["redemptions"][0]["id"]).await;
    assert_eq!(read["order"]["items"][0]["product"]["name"], "Shirt");
    assert_eq!(read["order"]["items"][0]["subtotal_amount"], 1900);
    assert_eq!(second["redemptions"][0]["order"]["items"][0].get("product"), None);

    let rollback = roll_back(&app, &first["redemptions"][0]["id"], json!({})).await.expect(200);
    let order = &rollback["order"];
    assert_eq!(
        (lines(order), &order["discount_amount"], &order["total_amount"]),
        (vec![None, None], &json!(240), &json!(2260))
    );
    let rollback = roll_back(&app, &second["redemptions"][0]["id"], json!({})).await.expect(200);
    assert_eq!((rollback["order"].get("discount_amount"), &rollback["order"]["total_amount"]), (None, &json!(2500)));
}

#[tokio::test]
async fn what_was_added_for_free_is_taken_out_again() {
    let app = TestApp::new().await;
    let mug = app.post("/v1/products", json!({"name": "Mug", "price": 700})).await.expect(200);
    let unit = json!({"type": "UNIT", "unit_off": 1, "unit_type": mug["id"], "effect": "ADD_NEW_ITEMS"});
    voucher(&app, "MUG", json!({"type": "DISCOUNT_VOUCHER", "discount": unit}), json!({})).await;
    let items = json!([{"product_id": "shirt", "quantity": 1, "price": 1000}]);
    let answer = redeem(&app, json!({"redeemables": named(&["MUG"]), "order": {"items": items}})).await;
    assert_eq!(answer["order"]["items"].as_array().map(Vec::len), Some(2));
    assert_eq!((&answer["order"]["amount"], &answer["order"]["total_amount"]), (&json!(1700), &json!(1000)));
    let rollback = roll_back(&app, &answer["redemptions"][0]["id"], json!({})).await.expect(200);
    let order = &rollback["order"];
    assert_eq!(
        (order["items"].as_array().map(Vec::len), &order["amount"], &order["total_amount"]),
        (Some(1), &json!(1000), &json!(1000))
    );
    assert_eq!((order.get("initial_amount"), order.get("items_discount_amount")), (None, None));
}

#[tokio::test]
async fn a_rollback_has_to_know_what_it_is_about() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    voucher(&app, "OLD", amount(1000), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    app.post("/v1/customers", json!({"source_id": "bob"})).await.expect(200);
    app.post("/v1/orders", json!({"source_id": "other"})).await.expect(200);
    let order = json!({"amount": 5500, "source_id": "mine"});
    let body = json!({"redeemables": named(&["OFF10"]), "order": order, "customer": {"source_id": "ada"}});
    let answer = redeem(&app, body).await;
    let id = &answer["redemptions"][0]["id"];
    roll_back(&app, &json!("r_nothing"), json!({})).await.refused(
        404,
        "not_found",
        "Cannot find redemption with id r_nothing",
    );
    app.get("/v1/redemptions/v_nothing").await.refused(404, "not_found", "Cannot find redemption with id v_nothing");
    for (body, status, key, details) in [
        (json!({"order": {"source_id": "other"}}), 400, "invalid_order", "Order is not related with redemption."),
        (json!({"order": {"id": "ord_x"}}), 400, "invalid_order", "Order is not related with redemption."),
        (json!({"customer": {"id": "cust_x"}}), 404, "not_found", "Cannot find customer with id cust_x"),
        (
            json!({"customer": {"source_id": "bob"}}),
            400,
            "invalid_customer",
            "Customer is not related with redemption.",
        ),
        (json!({"tracking_id": "bob"}), 400, "invalid_customer", "Customer is not related with redemption."),
    ] {
        let refused = roll_back(&app, id, body).await;
        refused.refused(status, key, details);
        if status == 400 {
            assert_eq!(refused.body["resource_type"], "redemption_rollback");
        }
    }
    on(&app, &["OLD"], 5500).await.expect(400);
    let list = app.get("/v1/redemptions?result=FAILURE&filters[object][conditions][$is]=redemption").await.expect(200);
    let failed = &list["redemptions"][0]["id"];
    roll_back(&app, failed, json!({})).await.refused(
        400,
        "invalid_redemption",
        "Only a redemption that has succeeded can be rolled back.",
    );

    let body = json!({"order": {"source_id": "mine"}, "customer": {"source_id": "ada", "name": "Ada"}, "metadata": {"why": "late"}});
    let rollback = roll_back(&app, id, body).await.expect(200);
    assert_eq!((&rollback["customer"]["name"], &rollback["metadata"]), (&json!("Ada"), &json!({"why": "late"})));
    assert_eq!(read(&app, id).await["metadata"], json!({"why": "late"}));
}

#[tokio::test]
async fn after_three_months_a_redemption_stays() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    let first = on(&app, &["OFF10"], 5500).await.expect(200);
    app.advance(92 * 24 * 3_600_000);
    roll_back(&app, &first["redemptions"][0]["id"], json!({})).await.expect(200);
    let second = on(&app, &["OFF10"], 5500).await.expect(200);
    app.advance(93 * 24 * 3_600_000);
    let refused = roll_back(&app, &second["redemptions"][0]["id"], json!({})).await;
    let details = "You can rollback only a redemption that is not older than 3 months.";
    refused.refused(400, "invalid_redemption", details);
}

#[tokio::test]
async fn what_has_expired_or_is_switched_off_is_rolled_back_all_the_same() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({"redemption": {"quantity": 1}})).await;
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    app.post("/v1/vouchers/OFF10/disable", json!({})).await.expect(200);
    roll_back(&app, &answer["redemptions"][0]["id"], json!({})).await.expect(200);
    app.post("/v1/vouchers/OFF10/enable", json!({})).await.expect(200);
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    app.delete("/v1/vouchers/OFF10?force=true").await.expect(204);
    let rollback = roll_back(&app, &answer["redemptions"][0]["id"], json!({})).await.expect(200);
    assert_eq!((&rollback["voucher"], &rollback["order"]["status"]), (&Value::Null, &json!("CANCELED")));
}

#[tokio::test]
async fn rollbacks_are_told() {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    app.subscribe(&["redemption.rollback.succeeded", "redemption.rollback.failed"]).await;
    let body = json!({"redeemables": named(&["OFF10"]), "order": {"amount": 5500}, "customer": {"source_id": "ada"}});
    let answer = redeem(&app, body).await;
    let id = &answer["redemptions"][0]["id"];
    roll_back(&app, id, json!({})).await.expect(200);
    roll_back(&app, id, json!({})).await.expect(400);
    let received = app.received().await;
    let kinds: Vec<&Value> = received.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["redemption.rollback.succeeded", "redemption.rollback.failed"]);
    insta::assert_json_snapshot!("what is told of a rollback", redacted(received[0]["data"].clone()));
    let failed = &received[1]["data"];
    assert_eq!(failed["redemption_rollback"]["failure_code"], "already_rolled_back");
    assert_eq!(
        (&failed["redemption"]["status"], &failed["order"], failed.get("created_at")),
        (&json!("ROLLED_BACK"), &Value::Null, None)
    );
    let activity = app.get("/v1/customers/ada/activity?limit=100").await.expect(200);
    let kinds: Vec<&str> =
        activity["data"].as_array().expect("events").iter().map(|event| text(&event["type"])).collect();
    for kind in [
        "customer.redemption.rollback.succeeded",
        "customer.redemption.rollback.failed",
        "customer.order.updated",
        "customer.order.canceled",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}
