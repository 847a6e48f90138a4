//! Many who want the same at once.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::{
    app::{Reply, TestApp},
    redemptions::{on, redeemed},
    rollbacks::roll_back,
    validations::{amount, gift, named, text, voucher},
};

fn successes(replies: &[Reply]) -> usize {
    replies.iter().filter(|reply| reply.status == 200).count()
}

#[tokio::test]
async fn a_code_for_five_is_redeemed_by_five_however_many_try() {
    let app = TestApp::new().await;
    voucher(&app, "FIVE", amount(10), json!({"redemption": {"quantity": 5}})).await;
    let replies = join_all((0..40).map(|_| on(&app, &["FIVE"], 100))).await;
    assert_eq!(successes(&replies), 5);
    assert!(replies.iter().filter(|reply| reply.status != 200).all(|reply| reply.body["key"] == "quantity_exceeded"));
    assert_eq!(redeemed(&app, "FIVE").await, 5);
    let total = async |query: &str| app.get(&format!("/v1/redemptions?{query}")).await.expect(200)["total"].clone();
    assert_eq!([total("result=SUCCESS").await, total("result=FAILURE").await], [5, 35]);
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 5);
}

#[tokio::test]
async fn a_gift_card_is_never_overdrawn() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(1000), json!({})).await;
    let body = json!({"redeemables": [{"object": "voucher", "id": "CARD", "gift": {"credits": 300}}], "order": {"amount": 500}});
    let replies = join_all((0..20).map(|_| app.post("/v1/redemptions", body.clone()))).await;
    assert_eq!(successes(&replies), 3);
    let card = app.get("/v1/vouchers/CARD").await.expect(200);
    assert_eq!(card["gift"]["balance"], 100);
    let entries = app.get("/v1/vouchers/CARD/transactions").await.expect(200);
    let amounts = entries["data"].as_array().expect("entries").iter();
    let sum: i64 = amounts.filter_map(|entry| entry["details"]["balance"]["amount"].as_i64()).sum();
    assert_eq!(sum, -900);
}

#[tokio::test]
async fn a_redemption_is_rolled_back_once_however_many_try() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(1000), json!({})).await;
    let id = on(&app, &["CARD"], 300).await.expect(200)["redemptions"][0]["id"].clone();
    let replies = join_all((0..10).map(|_| roll_back(&app, &id, json!({})))).await;
    assert_eq!(successes(&replies), 1);
    assert_eq!(app.get("/v1/vouchers/CARD").await.expect(200)["gift"]["balance"], 1000);
    assert_eq!(redeemed(&app, "CARD").await, 0);
}

#[tokio::test]
async fn two_nodes_keep_each_others_limits() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    voucher(&one, "FIVE", amount(10), json!({"redemption": {"quantity": 5}})).await;
    voucher(&one, "CARD", gift(1000), json!({})).await;
    let (mine, theirs) =
        (join_all((0..15).map(|_| on(&one, &["FIVE"], 100))), join_all((0..15).map(|_| on(&other, &["FIVE"], 100))));
    let (mine, theirs) = join(mine, theirs).await;
    assert_eq!(successes(&mine) + successes(&theirs), 5);
    let body = json!({"redeemables": [{"object": "voucher", "id": "CARD", "gift": {"credits": 300}}], "order": {"amount": 500}});
    let (mine, theirs) = join(
        join_all((0..10).map(|_| one.post("/v1/redemptions", body.clone()))),
        join_all((0..10).map(|_| other.post("/v1/redemptions", body.clone()))),
    )
    .await;
    assert_eq!(successes(&mine) + successes(&theirs), 3);
    let id = on(&one, &["CARD"], 50).await.expect(200)["redemptions"][0]["id"].clone();
    let (mine, theirs) = join(roll_back(&one, &id, json!({})), roll_back(&other, &id, json!({}))).await;
    assert_eq!(successes(&[mine, theirs]), 1);
    assert_eq!(other.get("/v1/vouchers/CARD").await.expect(200)["gift"]["balance"], 100);
}

#[tokio::test]
async fn a_new_customer_who_comes_twice_at_once_is_one_customer() {
    let app = TestApp::new().await;
    let rule = json!({"name": "Once each", "rules": {"1": {"name": "redemption.count.per_customer",
        "conditions": {"$less_than_or_equal": [1]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    voucher(&app, "ONCE", amount(1), json!({"validation_rules": [rule["id"]]})).await;
    let body = json!({"redeemables": named(&["ONCE"]), "order": {"amount": 100}, "customer": {"source_id": "ada"}});
    let replies = join_all((0..10).map(|_| app.post("/v1/redemptions", body.clone()))).await;
    assert_eq!(successes(&replies), 1);
    let customers = app.get("/v1/customers").await.expect(200);
    assert_eq!(customers["total"], 1);
    let summary: &Value = &customers["customers"][0]["summary"]["redemptions"];
    assert_eq!((&summary["total_succeeded"], &summary["total_failed"]), (&json!(1), &json!(9)));
    assert!(text(&customers["customers"][0]["id"]).starts_with("cust_"));
}
