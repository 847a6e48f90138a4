//! Campaigns and their codes.

use serde_json::json;

use crate::app::{TestApp, redacted};

#[tokio::test]
async fn a_new_campaign_makes_its_codes_by_and_by() {
    let app = TestApp::new().await;
    let body = json!({
        "name": "Discount Campaign 4", "campaign_type": "DISCOUNT_COUPONS", "type": "AUTO_UPDATE", "join_once": true,
        "start_date": "2020-08-16T00:00:00Z", "expiration_date": "2023-12-26T00:00:00Z", "vouchers_count": 3,
        "voucher": {
            "type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
            "redemption": {"quantity": 10}, "code_config": {"pattern": "10OFF-#######"},
        },
        "validity_timeframe": {"interval": "P2D", "duration": "P1D"}, "validity_day_of_week": [0, 1, 2],
        "activity_duration_after_publishing": "P24D", "use_voucher_metadata_schema": false,
        "metadata": {"region": "AMER"},
    });
    let created = app.post("/v1/campaigns", body).await.expect(200);
    insta::assert_json_snapshot!("a new discount campaign", redacted(created.clone()));
    app.run_due().await;
    let read = app.get(&format!("/v1/campaigns/{}", created["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&read["vouchers_count"], &read["creation_status"]), (&json!(3), &json!("DONE")));
}

#[tokio::test]
async fn a_voucher_has_what_was_sent_and_null_for_the_rest() {
    let app = TestApp::new().await;
    let body = json!({
        "type": "GIFT_VOUCHER", "gift": {"amount": 10_000, "effect": "APPLY_TO_ORDER"},
        "start_date": "2022-01-01T00:00:00Z", "active": true,
    });
    let created = app.post("/v1/vouchers/welcomegiftcard", body.clone()).await.expect(200);
    insta::assert_json_snapshot!("a new gift card", redacted(created));
    let again = app.post("/v1/vouchers/welcomegiftcard", body).await.expect(409);
    assert_eq!(again["details"], "Duplicated voucher exists with id welcomegiftcard");
}
