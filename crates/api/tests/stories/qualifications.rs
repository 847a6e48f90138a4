//! What somebody could use.

use serde_json::{Value, json};

use crate::{
    app::{TestApp, redacted},
    validations::{amount, gift, percent, text, tier, voucher},
};

pub(crate) async fn qualify(app: &TestApp, body: Value) -> Value {
    app.post("/v1/qualifications", body).await.expect(200)
}

/// What qualifies, by codes, and names or ids of all else.
pub(crate) fn ids(answer: &Value) -> Vec<String> {
    let rows = answer["redeemables"]["data"].as_array().expect("a list").iter();
    rows.map(|row| text(&row["id"]).to_owned()).collect()
}

/// The documentation's example: a coupon, an expired one, and a promotion.
async fn example() -> (TestApp, String) {
    let app = TestApp::new().await;
    let promotion = tier(&app, "10", json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"})).await;
    app.clock.advance_millis(1_000);
    voucher(&app, "OLD", amount(1000), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    app.clock.advance_millis(1_000);
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    (app, promotion)
}

#[tokio::test]
async fn what_applies_by_itself_is_listed_newest_first() {
    let (app, promotion) = example().await;
    let answer = qualify(&app, json!({"order": {"amount": 5500}})).await;
    assert_eq!(ids(&answer), ["OFF10", &promotion]);
    insta::assert_json_snapshot!("a qualification of an order", redacted(answer));
    assert_eq!(
        qualify(&app, json!({"order": {"amount": 5500}})).await,
        qualify(&app, json!({"order": {"amount": 5500}})).await
    );
    let _ = (gift(1), percent(1));
}
