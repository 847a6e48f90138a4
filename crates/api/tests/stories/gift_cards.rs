//! Gift cards: what is on them, and how it got there.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

async fn gift_card(app: &TestApp, code: &str, amount: i64) -> Value {
    app.post(&format!("/v1/vouchers/{code}"), json!({"type": "GIFT_VOUCHER", "gift": {"amount": amount}}))
        .await
        .expect(200)
}

async fn put_on(app: &TestApp, code: &str, amount: i64) -> Value {
    app.post(&format!("/v1/vouchers/{code}/balance"), json!({"amount": amount})).await.expect(200)
}

#[tokio::test]
async fn what_is_put_on_a_card_is_added_to_its_balance() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.gift.balance_added", "voucher.gift.transaction.created"]).await;
    let card = gift_card(&app, "G", 10_100).await;
    let body = json!({"amount": 10_000, "source_id": "till-7", "reason": "Birthday"});
    let balance = app.post("/v1/vouchers/G/balance", body).await.expect(200);
    let expected = json!({
        "amount": 10_000, "total": 20_100, "balance": 20_100, "type": "gift_voucher", "operation_type": "MANUAL",
        "object": "balance", "related_object": {"type": "voucher", "id": card["id"]},
    });
    assert_eq!(balance, expected);
    let removed = put_on(&app, "G", -100).await;
    assert_eq!(
        (&removed["amount"], &removed["total"], &removed["balance"]),
        (&json!(-100), &json!(20_000), &json!(20_000))
    );
    let card = app.get("/v1/vouchers/G").await.expect(200);
    assert_eq!(card["gift"], json!({"amount": 20_100, "subtracted_amount": 100, "balance": 20_000}));

    let transactions = app.get("/v1/vouchers/G/transactions").await.expect(200);
    insta::assert_json_snapshot!("the transactions of a gift card", redacted(transactions));
    let received = app.received().await;
    let types: Vec<&str> = received.iter().filter_map(|event| event["type"].as_str()).collect();
    let each = ["voucher.gift.transaction.created", "voucher.gift.balance_added"];
    assert_eq!(types, [each, each].concat());
    insta::assert_json_snapshot!("a new transaction of a gift card", redacted(received[0]["data"].clone()));
    insta::assert_json_snapshot!("a gift card was charged", redacted(received[1]["data"].clone()));
}

#[tokio::test]
async fn a_balance_is_not_changed_by_what_makes_no_sense() {
    let app = TestApp::new().await;
    gift_card(&app, "G", 100).await;
    app.post("/v1/vouchers/C", json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 1}}))
        .await
        .expect(200);
    let params = "Property 'amount' should be an integer other than 0";
    for (code, body, key, details) in [
        ("G", json!({"amount": 0}), "invalid_add_balance_params", params),
        ("G", json!({"amount": 1.5}), "invalid_add_balance_params", params),
        ("G", json!({"amount": "5"}), "invalid_add_balance_params", params),
        ("G", json!({}), "invalid_add_balance_params", params),
        ("G", json!({"amount": -101}), "gift_amount_exceeded", "G"),
        ("G", json!({"amount": i64::MIN}), "invalid_amount", "An amount is too large"),
        ("G", json!({"amount": i64::MAX}), "invalid_amount", "An amount is too large"),
        ("G", json!({"amount": 1, "reason": 5}), "invalid_payload", "Property .reason should be string"),
        ("C", json!({"amount": 5}), "invalid_voucher", "The voucher is neither a gift card nor a loyalty card"),
    ] {
        app.post(&format!("/v1/vouchers/{code}/balance"), body).await.refused(400, key, details);
    }
    app.post("/v1/vouchers/X/balance", json!({"amount": 5})).await.refused(
        404,
        "not_found",
        "Cannot find voucher with id X",
    );
    assert_eq!(app.get("/v1/vouchers/G").await.expect(200)["gift"]["balance"], 100);
    let transactions = app.get("/v1/vouchers/G/transactions").await.expect(200);
    assert_eq!(transactions, json!({"object": "list", "data_ref": "data", "data": [], "has_more": false}));
}

#[tokio::test]
async fn a_loyalty_card_must_be_published_before_its_points_can_be_changed() {
    let app = TestApp::new().await;
    let voucher = json!({"type": "LOYALTY_CARD", "loyalty_card": {"points": 1_000}});
    let campaign = json!({"name": "L", "campaign_type": "LOYALTY_PROGRAM", "voucher": voucher});
    app.post("/v1/campaigns", campaign).await.expect(200);
    let mut body = voucher;
    body["campaign"] = json!("L");
    app.post("/v1/vouchers/CARD", body).await.expect(200);
    let refused = app.post("/v1/vouchers/CARD/balance", json!({"amount": 5})).await;
    refused.refused(400, "not_published", "A loyalty card must be published before its points can be changed");
}

#[tokio::test]
async fn transactions_are_listed_page_by_page_of_a_card_and_of_a_campaign() {
    let app = TestApp::new().await;
    let voucher = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 10}});
    let campaign = json!({"name": "Gifts", "campaign_type": "GIFT_VOUCHERS", "voucher": voucher});
    app.post("/v1/campaigns", campaign).await.expect(200);
    for code in ["A", "B"] {
        let mut body = voucher.clone();
        body["campaign"] = json!("Gifts");
        app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200);
    }
    for amount in 1..=3 {
        put_on(&app, "A", amount).await;
    }
    put_on(&app, "B", 9).await;
    let amounts = |list: &Value| -> Vec<i64> {
        let rows = list["data"].as_array().expect("rows");
        rows.iter().map(|row| row["details"]["balance"]["amount"].as_i64().expect("an amount")).collect()
    };
    let first = app.get("/v1/vouchers/A/transactions?limit=2").await.expect(200);
    assert_eq!((amounts(&first), &first["has_more"]), (vec![3, 2], &json!(true)));
    let cursor = first["more_starting_after"].as_str().expect("a cursor");
    assert_eq!(first["data"][1]["id"], cursor);
    let rest = app.get(&format!("/v1/vouchers/A/transactions?limit=2&starting_after_id={cursor}")).await.expect(200);
    assert_eq!((amounts(&rest), &rest["has_more"], rest.get("more_starting_after")), (vec![1], &json!(false), None));
    let oldest = app.get("/v1/vouchers/A/transactions?order=id").await.expect(200);
    assert_eq!(amounts(&oldest), [1, 2, 3]);

    let all = app.get("/v1/campaigns/Gifts/transactions").await.expect(200);
    assert_eq!(amounts(&all), [9, 3, 2, 1]);
    let id = app.get("/v1/vouchers/A").await.expect(200)["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/campaigns/Gifts/transactions?filters[voucher_id][conditions][$is]={id}");
    assert_eq!(amounts(&app.get(&path).await.expect(200)), [3, 2, 1]);

    let voucher = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    let campaign = json!({"name": "Coupons", "campaign_type": "DISCOUNT_COUPONS", "voucher": voucher});
    app.post("/v1/campaigns", campaign).await.expect(200);
    let none = app.get("/v1/campaigns/Coupons/transactions").await.expect(200);
    assert_eq!(none, json!({"object": "list", "data_ref": "data", "data": [], "total": 0}));
    app.get("/v1/campaigns/Nobody/transactions").await.expect(404);
    app.get("/v1/vouchers/Nobody/transactions").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_time_all_count_once_and_never_go_below_zero() {
    let app = Arc::new(TestApp::new().await);
    gift_card(&app, "G", 100).await;
    let changes = (0..64i64).map(|number| {
        let app = app.clone();
        let amount = if number % 2 == 0 { 10 } else { -17 };
        tokio::spawn(async move {
            let reply = app.post("/v1/vouchers/G/balance", json!({"amount": amount})).await;
            match reply.status.as_u16() {
                200 => Some((amount, reply.body["balance"].as_i64().expect("a balance"))),
                400 => {
                    reply.refused(400, "gift_amount_exceeded", "G");
                    None
                }
                other => panic!("{other}: {}", reply.text),
            }
        })
    });
    let mut done = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        done.extend(change.await.expect("an answer"));
    }
    assert!(done.iter().all(|(_, balance)| *balance >= 0));
    assert!(done.iter().filter(|(amount, _)| *amount > 0).count() == 32, "there is always room");
    let sum: i64 = done.iter().map(|(amount, _)| amount).sum();
    let card = app.get("/v1/vouchers/G").await.expect(200);
    assert_eq!(card["gift"]["balance"], 100 + sum);
    let entries = app.get("/v1/vouchers/G/transactions?limit=100").await.expect(200);
    assert_eq!(entries["data"].as_array().expect("rows").len(), done.len());
}

#[tokio::test]
async fn what_is_put_on_a_card_is_part_of_its_holders_summary() {
    let app = TestApp::new().await;
    for (name, kind, voucher_type, value) in [
        ("Cards", "GIFT_VOUCHERS", "GIFT_VOUCHER", json!({"gift": {"amount": 1000}})),
        ("Points", "LOYALTY_PROGRAM", "LOYALTY_CARD", json!({"loyalty_card": {"points": 10}})),
    ] {
        let mut template = value;
        template["type"] = voucher_type.into();
        let campaign = json!({"name": name, "campaign_type": kind, "type": "AUTO_UPDATE", "voucher": template});
        app.post("/v1/campaigns", campaign).await.expect(200);
        let body = json!({"campaign": name, "customer": {"source_id": "ada"}});
        let published = app.post("/v1/publications", body).await.expect(200);
        let path = format!("/v1/vouchers/{}/balance", published["voucher"]["code"].as_str().expect("a code"));
        for amount in [500, -200] {
            app.post(&path, json!({"amount": amount})).await.expect(200);
        }
    }
    let customer = app.get("/v1/customers/ada").await.expect(200);
    let redemptions = &customer["summary"]["redemptions"];
    assert_eq!(redemptions["gift"]["amount_to_go"], 1300);
    assert_eq!(redemptions["loyalty_card"]["points_to_go"], 310);
    assert_eq!(
        (&customer["loyalty"]["points"], &customer["loyalty"]["campaigns"]["Points"]["points"]),
        (&json!(510), &json!(310))
    );
}
