//! Vouchers: changes, switches and the end of one.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

/// A coupon of 10 percent with this code.
async fn coupon(app: &TestApp, code: &str) -> Value {
    let body = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_skips_what_cannot_be_changed() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.updated"]).await;
    coupon(&app, "A").await;
    app.advance(1_000);
    let body = json!({
        "category": "First", "start_date": "2026-01-01T00:00:00Z", "expiration_date": "2027-01-01",
        "validity_timeframe": {"interval": "P7D", "duration": "P2D"}, "validity_day_of_week": [1, 2],
        "additional_info": "by post", "metadata": {"season": "fall"}, "active": false,
        "discount": {"type": "PERCENT", "percent_off": 20.5},
        "code": "B", "redemption": {"quantity": 5}, "validation_rules": ["val_x"], "campaign": "nobody",
    });
    let updated = app.put("/v1/vouchers/A", body).await.expect(200);
    insta::assert_json_snapshot!("an updated coupon", redacted(updated.clone()));
    assert_eq!(app.get("/v1/vouchers/A").await.expect(200), updated);

    let updated = app.put("/v1/vouchers/A", json!({"metadata": {"year": 2026}, "expiration_date": null})).await;
    let updated = updated.expect(200);
    assert_eq!(updated["metadata"], json!({"season": "fall", "year": 2026}), "metadata is merged");
    assert_eq!((&updated["expiration_date"], &updated["active"]), (&Value::Null, &json!(false)));
    let received = app.received().await;
    assert_eq!(received.len(), 2);
    assert_eq!(
        (&received[1]["data"]["voucher"]["code"], &received[1]["data"]["campaign"]),
        (&json!("A"), &Value::Null)
    );
    assert_eq!(received[1]["data"]["voucher"].get("validation_rules_assignments"), None);
}

#[tokio::test]
async fn an_update_that_is_refused_changes_nothing() {
    let app = TestApp::new().await;
    let coupon = coupon(&app, "A").await;
    let type_stays = "It is not possible to change Voucher discount type";
    for (body, key, details) in [
        (json!({"discount": {"type": "AMOUNT", "amount_off": 5}}), "invalid_voucher", type_stays),
        (json!({"discount": {"percent_off": 5}}), "invalid_voucher", type_stays),
        (
            json!({"discount": {"type": "PERCENT"}}),
            "invalid_payload",
            "Property .discount should have required property 'percent_off'",
        ),
        (json!({"discount": 5}), "invalid_payload", "Property .discount should be object"),
        (json!({"active": "yes"}), "invalid_payload", "Property .active should be boolean,null"),
        (json!({"metadata": []}), "invalid_payload", "Property .metadata should be object,null"),
    ] {
        app.put("/v1/vouchers/A", body).await.refused(400, key, details);
    }
    app.put("/v1/vouchers/A", json!({"category_id": "cat_x"})).await.refused(
        404,
        "not_found",
        "Cannot find category with id cat_x",
    );
    app.put("/v1/vouchers/B", json!({})).await.refused(404, "not_found", "Cannot find voucher with id B");
    assert_eq!(app.get("/v1/vouchers/A").await.expect(200)["updated_at"], Value::Null);
    assert_eq!(app.get("/v1/vouchers/A").await.expect(200)["discount"], coupon["discount"]);
}

#[tokio::test]
async fn what_was_put_on_a_gift_card_is_not_changed_by_an_update_but_its_effect_is() {
    let app = TestApp::new().await;
    app.post("/v1/vouchers/G", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 500}})).await.expect(200);
    let body =
        json!({"gift": {"amount": 900, "balance": 900, "effect": "APPLY_TO_ITEMS"}, "discount": {"type": "UNIT"}});
    let updated = app.put("/v1/vouchers/G", body).await.expect(200);
    assert_eq!(updated["gift"], json!({"amount": 500, "balance": 500, "effect": "APPLY_TO_ITEMS"}));
    assert_eq!(updated["discount"], Value::Null);
}

#[tokio::test]
async fn a_voucher_is_switched_off_and_on_again_as_often_as_one_likes() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.enabled", "voucher.disabled", "voucher.updated"]).await;
    let made = coupon(&app, "A").await;
    for (switch, active) in [("disable", false), ("disable", false), ("enable", true)] {
        let answer = app.post(&format!("/v1/vouchers/A/{switch}"), json!(null)).await.expect(200);
        assert_eq!((&answer["active"], &answer["id"]), (&json!(active), &made["id"]));
        assert_eq!(answer["validation_rules_assignments"]["total"], 0);
        assert_ne!(answer["updated_at"], Value::Null);
    }
    let by_id = app.post(&format!("/v1/vouchers/{}/disable", text(&made["id"])), json!(null)).await.expect(200);
    assert_eq!(by_id["active"], false);
    app.post("/v1/vouchers/B/enable", json!(null)).await.refused(404, "not_found", "Cannot find voucher with id B");
    let types: Vec<Value> = app.received().await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["voucher.disabled", "voucher.disabled", "voucher.enabled", "voucher.disabled"]);
}

#[tokio::test]
async fn a_deleted_voucher_is_out_of_sight_and_keeps_its_code_until_its_entry_is_deleted() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.deleted"]).await;
    let made = coupon(&app, "A").await;
    app.delete("/v1/vouchers/A").await.expect(204);
    for path in ["/v1/vouchers/A", &format!("/v1/vouchers/{}", text(&made["id"]))] {
        app.get(path).await.expect(404);
    }
    app.put("/v1/vouchers/A", json!({})).await.expect(404);
    app.delete("/v1/vouchers/A").await.expect(404);
    let body = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 1}});
    let taken = app.post("/v1/vouchers/A", body.clone()).await;
    taken.refused(409, "duplicate_found", "Duplicated voucher exists with id A");

    let bin = app.get("/v1/trash-bin").await.expect(200);
    insta::assert_json_snapshot!("a coupon in the bin", redacted(bin.clone()));
    assert_eq!(bin["data"][0]["resource_id"], made["id"]);
    app.delete(&format!("/v1/trash-bin/{}", text(&bin["data"][0]["id"]))).await.expect(204);
    let reborn = app.post("/v1/vouchers/A", body).await.expect(200);
    assert_ne!(reborn["id"], made["id"]);
    let received = app.received().await;
    assert_eq!(received.len(), 1, "the end of the bin entry is no event");
    assert_eq!(received[0]["data"]["voucher"]["code"], "A");
}

#[tokio::test]
async fn by_force_a_code_is_free_at_once() {
    let app = TestApp::new().await;
    coupon(&app, "A").await;
    app.delete("/v1/vouchers/A?force=true").await.expect(204);
    assert_eq!(app.get("/v1/trash-bin").await.expect(200)["total"], 0);
    coupon(&app, "A").await;
    app.delete("/v1/vouchers/A?force=perhaps").await.refused(
        400,
        "invalid_query_params",
        "Property .force should be boolean",
    );
}

#[tokio::test]
async fn a_deleted_voucher_leaves_its_campaign_and_its_rules() {
    let app = TestApp::new().await;
    let rule = json!({"name": "r", "rules": {"1": {"name": "order.amount", "conditions": {"$more_than": [100]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    let voucher = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    let campaign = json!({"name": "C", "campaign_type": "DISCOUNT_COUPONS", "voucher": voucher});
    let campaign = app.post("/v1/campaigns", campaign).await.expect(200);
    let mut body = voucher;
    body["campaign"] = json!("C");
    body["validation_rules"] = json!([rule["id"]]);
    app.post("/v1/vouchers/A", body).await.expect(200);
    let count = async || app.get("/v1/campaigns/C").await.expect(200)["vouchers_count"].clone();
    assert_eq!(count().await, 1);
    app.delete("/v1/vouchers/A").await.expect(204);
    assert_eq!(count().await, 0);
    assert_eq!(app.get("/v1/validation-rules-assignments").await.expect(200)["total"], 0);
    let entry = app.get("/v1/trash-bin").await.expect(200)["data"][0].clone();
    assert_eq!(entry["resource_parent_id"], campaign["id"]);
    app.delete(&format!("/v1/trash-bin/{}", text(&entry["id"]))).await.expect(204);
    assert_eq!(count().await, 0);
}
