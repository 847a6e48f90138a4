//! What redeeming does, and what it answers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{As, PROJECT, Reply, TestApp, redacted},
    validations::{amount, gift, named, percent, stacking, text, tier, voucher},
};

pub(crate) async fn redeem(app: &TestApp, body: Value) -> Value {
    app.post("/v1/redemptions", body).await.expect(200)
}

/// These on an order of so much.
pub(crate) async fn on(app: &TestApp, names: &[&str], amount: i64) -> Reply {
    app.post("/v1/redemptions", json!({"redeemables": named(names), "order": {"amount": amount}})).await
}

pub(crate) async fn read(app: &TestApp, id: &Value) -> Value {
    app.get(&format!("/v1/redemptions/{}", text(id))).await.expect(200)
}

/// How often a code was redeemed.
pub(crate) async fn redeemed(app: &TestApp, code: &str) -> i64 {
    let voucher = app.get(&format!("/v1/vouchers/{code}")).await.expect(200);
    voucher["redemption"]["redeemed_quantity"].as_i64().expect("a number")
}

/// The state that the documentation's examples begin with.
async fn example() -> TestApp {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    voucher(&app, "OLD", amount(1000), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    app
}

/// What an order says about discounts.
pub(crate) fn sums(order: &Value) -> [i64; 3] {
    ["applied_discount_amount", "discount_amount", "total_amount"].map(|key| order[key].as_i64().unwrap_or(0))
}

#[tokio::test]
async fn a_coupon_is_redeemed() {
    let app = example().await;
    let answer = on(&app, &["OFF10"], 5500).await.expect(200);
    let id = answer["redemptions"][0]["id"].clone();
    insta::assert_json_snapshot!("a redemption of one coupon", redacted(answer.clone()));
    assert_eq!(redeemed(&app, "OFF10").await, 1);
    insta::assert_json_snapshot!("a redemption of one coupon, read", redacted(read(&app, &id).await));
    let order = app.get(&format!("/v1/orders/{}", text(&answer["order"]["id"]))).await.expect(200);
    assert_eq!((&order["status"], &order["total_amount"]), (&json!("PAID"), &json!(4500)));
    assert_eq!(order["redemptions"], answer["order"]["redemptions"]);
}

#[tokio::test]
async fn a_coupon_and_a_tier_are_redeemed_one_after_the_other_below_one_parent() {
    let app = example().await;
    let off = json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"});
    let tier = tier(&app, "10 %", off).await;
    let answer = on(&app, &["OFF10", &tier], 5500).await.expect(200);
    let parent = answer["parent_redemption"]["id"].clone();
    let children: Vec<&Value> = answer["redemptions"].as_array().expect("two").iter().map(|one| &one["id"]).collect();
    let entry = &answer["order"]["redemptions"][text(&parent)];
    assert_eq!((&entry["related_object_id"], &entry["stacked"]), (&parent, &json!(children)));
    insta::assert_json_snapshot!("a redemption of a coupon and a tier", redacted(answer.clone()));
    insta::assert_json_snapshot!("a parent redemption, read", redacted(read(&app, &parent).await));
    insta::assert_json_snapshot!("a redemption of a tier, read", redacted(read(&app, children[1]).await));
}

#[tokio::test]
async fn what_fails_is_stored_and_consumes_nothing() {
    for (mode, names, expected) in [
        ("ALL", &["OLD"][..], (400, "voucher_expired", "OLD")),
        ("PARTIAL", &["OLD"], (400, "voucher_expired", "OLD")),
        ("ALL", &["OFF10", "OLD"], (400, "voucher_expired", "OLD")),
        ("ALL", &["X"], (404, "not_found", "Cannot find voucher with id X")),
        ("PARTIAL", &["OLD", "X"], (400, "no_applicable_redeemables", "")),
    ] {
        let app = example().await;
        stacking(&app, json!({"redeemables_application_mode": mode})).await;
        let error = on(&app, names, 5500).await.expect(expected.0);
        let details = error["details"].as_str().unwrap_or_default();
        assert_eq!(
            (error["code"].as_u64(), text(&error["key"]), details),
            (Some(expected.0.into()), expected.1, expected.2)
        );
        assert_eq!(redeemed(&app, "OFF10").await, 0);
        let list = app.get("/v1/redemptions").await.expect(200);
        let failed = &list["redemptions"][0];
        assert_eq!(
            (&list["total"], &failed["failure_code"], &failed["result"]),
            (&json!(1), &json!(expected.1), &json!("FAILURE"))
        );
        match expected.0 {
            404 => assert_eq!((&error["resource_id"], &error["resource_type"]), (&json!("X"), &json!("voucher"))),
            _ => assert_eq!((&error["resource_id"], &error["resource_type"]), (&failed["id"], &json!("redemption"))),
        }
        if names == ["OLD"] && mode == "ALL" {
            insta::assert_json_snapshot!("the error of a failed redemption", redacted(error));
            let read = read(&app, &failed["id"]).await;
            insta::assert_json_snapshot!("a failed redemption, read", redacted(read));
        }
        assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 0);
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_not_even_a_failure() {
    let app = example().await;
    for (body, details) in [
        (json!({"redeemables": []}), "Property .redeemables should NOT have fewer than 1 items"),
        (
            json!({"redeemables": [{"object": "voucher"}]}),
            "Property .redeemables[0] should have required property 'id'",
        ),
    ] {
        app.post("/v1/redemptions", body).await.refused(400, "invalid_payload", details);
    }
    let twice = json!({"redeemables": named(&["OFF10", "OFF10"])});
    let details = "Duplicated redeemables detected in one redemption";
    app.post("/v1/redemptions", twice).await.refused(400, "duplicated_redeemables", details);
    assert_eq!(app.get("/v1/redemptions").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn in_part_whatever_can_be_is_redeemed() {
    let app = example().await;
    stacking(&app, json!({"redeemables_application_mode": "PARTIAL"})).await;
    let answer = on(&app, &["OLD", "OFF10"], 5500).await.expect(200);
    assert_eq!(answer["redemptions"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["redemptions"][0]["redemption"], answer["parent_redemption"]["id"]);
    assert_eq!(answer["inapplicable_redeemables"][0]["result"]["details"]["key"], "voucher_expired");
    assert_eq!(answer["skipped_redeemables"], json!([]));
    assert_eq!(redeemed(&app, "OFF10").await, 1);
}

#[tokio::test]
async fn a_gift_card_a_coupon_and_a_tier_pay_together() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5000), json!({})).await;
    voucher(&app, "TWENTY", percent(20), json!({})).await;
    let tier = tier(&app, "8000", json!({"type": "AMOUNT", "amount_off": 8000, "effect": "APPLY_TO_ORDER"})).await;
    let redeemables = json!([{"object": "voucher", "id": "CARD", "gift": {"credits": 100}},
        {"object": "voucher", "id": "TWENTY"}, {"object": "promotion_tier", "id": tier}]);
    let answer = redeem(&app, json!({"redeemables": redeemables, "order": {"amount": 200_000}})).await;
    let children = answer["redemptions"].as_array().expect("three");
    let steps: Vec<_> = children.iter().map(|one| sums(&one["order"])).collect();
    assert_eq!(steps, [[100, 100, 199_900], [39_980, 40_080, 159_920], [8_000, 48_080, 151_920]]);
    assert_eq!(sums(&answer["order"]), [48_080, 48_080, 151_920]);
    assert_eq!(sums(&answer["parent_redemption"]["order"]), [48_080, 48_080, 151_920]);
    assert!(children.iter().all(|one| one["redemption"] == answer["parent_redemption"]["id"]));
    assert_eq!((&children[0]["amount"], &children[0]["gift"]), (&json!(100), &json!({"amount": 100})));
    assert_eq!(children[0]["voucher"]["gift"]["balance"], 4900);
    assert_eq!(children[1].get("amount"), None);
}

#[tokio::test]
async fn an_order_that_is_stored_gets_a_further_discount() {
    let app = TestApp::new().await;
    for (code, off) in [("FIRST", 9200), ("SECOND", 1000)] {
        voucher(&app, code, amount(off), json!({})).await;
    }
    let first = on(&app, &["FIRST"], 10_000).await.expect(200);
    let order = first["order"]["id"].clone();
    let answer = redeem(&app, json!({"redeemables": named(&["SECOND"]), "order": {"id": order}})).await;
    assert_eq!(sums(&answer["order"]), [800, 10_000, 0]);
    assert_eq!((answer.get("parent_redemption"), &answer["order"]["id"]), (None, &order));
    assert_eq!(answer["order"]["redemptions"].as_object().map(serde_json::Map::len), Some(2));
    assert_ne!(answer["order"]["updated_at"], Value::Null);
    let entries = app.get("/v1/orders").await.expect(200);
    assert_eq!(entries["total"], 1);
}

#[tokio::test]
async fn of_an_order_that_is_named_by_the_shops_own_key_what_is_stored_counts() {
    let app = TestApp::new().await;
    voucher(&app, "TEN", percent(10), json!({})).await;
    app.post("/v1/orders", json!({"source_id": "shop-1", "amount": 20_000})).await.expect(200);
    let body = json!({"redeemables": named(&["TEN"]), "order": {"source_id": "shop-1", "amount": 500}});
    let answer = redeem(&app, body).await;
    assert_eq!((&answer["order"]["amount"], &answer["order"]["status"]), (&json!(20_000), &json!("PAID")));
    let new =
        json!({"redeemables": named(&["TEN"]), "order": {"source_id": "shop-2", "amount": 500, "status": "CREATED"}});
    let answer = redeem(&app, new).await;
    assert_eq!((&answer["order"]["source_id"], &answer["order"]["status"]), (&json!("shop-2"), &json!("CREATED")));
}

#[tokio::test]
async fn a_rule_that_is_violated_stops_all_of_them_or_only_its_own() {
    for (mode, status) in [("ALL", 400), ("PARTIAL", 200)] {
        let app = TestApp::new().await;
        stacking(&app, json!({"redeemables_application_mode": mode})).await;
        let rule = json!({"name": "Over 100", "rules": {"1": {"name": "order.amount",
            "conditions": {"$more_than": [10_000]}, "error": {"message": "Spend more"}}, "logic": "1"}});
        let rule = app.post("/v1/validation-rules", rule).await.expect(200);
        voucher(&app, "TEN", percent(10), json!({})).await;
        voucher(&app, "TWENTY", percent(20), json!({"validation_rules": [rule["id"]]})).await;
        let answer = on(&app, &["TEN", "TWENTY"], 10_500).await.expect(status);
        let counts = (redeemed(&app, "TEN").await, redeemed(&app, "TWENTY").await);
        match mode {
            "ALL" => {
                assert_eq!((text(&answer["key"]), counts), ("order_rules_violated", (0, 0)));
                assert_eq!(answer["error"], json!({"message": "Spend more"}));
                assert_eq!(answer["redeemable_id"], "TWENTY");
            }
            _ => assert_eq!((&answer["order"]["total_amount"], counts), (&json!(9450), (1, 0))),
        }
    }
}

#[tokio::test]
async fn of_thirty_coupons_five_are_redeemed() {
    let app = TestApp::new().await;
    let codes: Vec<String> = (1..=30).map(|number| format!("C{number}")).collect();
    for code in &codes {
        voucher(&app, code, amount(1), json!({})).await;
    }
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let answer = on(&app, &codes, 10_000).await.expect(200);
    let children = answer["redemptions"].as_array().expect("children");
    let steps: Vec<_> = children.iter().map(|one| sums(&one["order"])).collect();
    assert_eq!(steps, [[1, 1, 9999], [1, 2, 9998], [1, 3, 9997], [1, 4, 9996], [1, 5, 9995]]);
    for order in [&answer["order"], &answer["parent_redemption"]["order"]] {
        assert_eq!(sums(order), [5, 5, 9995]);
    }
    let skipped = answer["skipped_redeemables"].as_array().expect("skipped");
    assert_eq!(skipped.len(), 25);
    assert!(skipped.iter().all(|entry| entry["result"]["details"]["key"] == "applicable_redeemables_limit_exceeded"));
    assert_eq!(redeemed(&app, "C6").await, 0);
}

#[tokio::test]
async fn what_changes_nothing_is_redeemed_or_not_as_the_project_says() {
    for (rule, status, count) in [("SKIP", 400, 0), ("REDEEM_ANYWAY", 200, 1)] {
        let app = TestApp::new().await;
        stacking(&app, json!({"redeemables_no_effect_rule": rule})).await;
        voucher(&app, "TEN", percent(10), json!({})).await;
        voucher(&app, "TWO", percent(10), json!({})).await;
        on(&app, &["TEN"], 0).await.expect(status);
        assert_eq!(redeemed(&app, "TEN").await, count, "{rule}");
        if count == 1 {
            let answer = on(&app, &["TEN", "TWO"], 0).await.expect(200);
            let discounts = |order: &Value| {
                let keys = order.as_object().expect("an order").keys().filter(|key| key.contains("discount"));
                keys.cloned().collect::<Vec<String>>()
            };
            let shown = ["applied_discount_amount", "total_applied_discount_amount"];
            assert_eq!(discounts(&answer["order"]), shown);
            assert_eq!(discounts(&answer["parent_redemption"]["order"]), shown);
            assert!(discounts(&answer["redemptions"][0]["order"]).is_empty());
        }
    }
}

#[tokio::test]
async fn a_coupon_needs_no_order() {
    let app = TestApp::new().await;
    voucher(&app, "OFF", amount(10_000), json!({})).await;
    let answer = redeem(&app, json!({"redeemables": named(&["OFF"])})).await;
    assert_eq!((answer.get("order"), &answer["redemptions"][0]["order"]), (None, &Value::Null));
    let unpriced = json!({"redeemables": named(&["OFF"]), "order": {"items": []}});
    let answer = redeem(&app, unpriced).await;
    assert_eq!(answer["order"].get("amount"), None);
    assert_eq!(redeemed(&app, "OFF").await, 2);
    assert_eq!(app.get("/v1/orders").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn whoever_comes_with_the_sessions_key_redeems_what_it_has_locked() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let body = |session: Value| json!({"redeemables": named(&["ONCE"]), "order": {"amount": 1000}, "session": session});
    let session = json!({"type": "LOCK", "key": "K"});
    app.post("/v1/validations", body(session.clone())).await.expect(200);
    let refused = app.post("/v1/redemptions", body(Value::Null)).await.expect(400);
    assert_eq!(refused["key"], "quantity_exceeded");
    let answer = app.post("/v1/redemptions", body(session.clone())).await.expect(200);
    assert_eq!(answer["redemptions"][0]["session"], json!({"key": "K"}));
    assert_eq!(redeemed(&app, "ONCE").await, 1);
    let gone = app.delete("/v1/vouchers/ONCE/sessions/K").await;
    gone.refused(404, "not_found", "Cannot find session with id K");
    assert_eq!(app.post("/v1/redemptions", body(session)).await.expect(400)["key"], "quantity_exceeded");
}

#[tokio::test]
async fn ended_sessions_keep_nobody_out() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let session = json!({"type": "LOCK", "key": "K", "ttl": 1, "ttl_unit": "HOURS"});
    let body = json!({"redeemables": named(&["ONCE"]), "order": {"amount": 1000}, "session": session});
    app.post("/v1/validations", body).await.expect(200);
    app.advance(3_600_001);
    on(&app, &["ONCE"], 1000).await.expect(200);
}

#[tokio::test]
async fn credits_go_off_a_gift_card_with_an_entry_in_its_ledger() {
    let app = TestApp::new().await;
    let card = voucher(&app, "CARD", gift(2000), json!({})).await;
    let customer = json!({"source_id": "ada", "name": "Ada"});
    let body = json!({"redeemables": named(&["CARD"]), "order": {"amount": 6000}, "customer": customer});
    let answer = redeem(&app, body).await;
    let redemption = &answer["redemptions"][0];
    assert_eq!((&redemption["amount"], &redemption["gift"]), (&json!(2000), &json!({"amount": 2000})));
    let voucher = &redemption["voucher"];
    let uses = json!({"quantity": null, "redeemed_quantity": 1, "redeemed_amount": 2000});
    assert_eq!((&voucher["gift"]["balance"], &voucher["redemption"]), (&json!(0), &uses));
    assert_eq!(answer["order"]["total_amount"], 4000);
    let entries = app.get("/v1/vouchers/CARD/transactions").await.expect(200);
    let entry = &entries["data"][0];
    assert_eq!((&entry["type"], &entry["voucher_id"]), (&json!("CREDITS_REDEMPTION"), &card["id"]));
    let details = &entry["details"];
    assert_eq!((&details["balance"]["amount"], &details["balance"]["balance"]), (&json!(-2000), &json!(0)));
    assert_eq!(details["redemption"], json!({"id": redemption["id"]}));
    assert_eq!(details["order"]["id"], answer["order"]["id"]);
    let customer = app.get("/v1/customers/ada").await.expect(200);
    assert_eq!(customer["summary"]["redemptions"]["gift"]["redeemed_amount"], 2000);
    let more =
        json!({"redeemables": [{"object": "voucher", "id": "CARD", "gift": {"credits": 1}}], "order": {"amount": 1}});
    assert_eq!(app.post("/v1/redemptions", more).await.expect(400)["key"], "gift_amount_exceeded");
}

#[tokio::test]
async fn what_a_card_has_left_is_part_of_its_holders_summary() {
    let app = TestApp::new().await;
    let template = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 3000, "effect": "APPLY_TO_ORDER"}});
    let campaign =
        json!({"name": "Cards", "campaign_type": "GIFT_VOUCHERS", "voucher": template, "type": "AUTO_UPDATE"});
    app.post("/v1/campaigns", campaign).await.expect(200);
    let published = app.post("/v1/publications", json!({"campaign": "Cards", "customer": "ada"})).await.expect(200);
    let code = text(&published["voucher"]["code"]);
    let to_go = async || app.get("/v1/customers/ada").await.expect(200)["summary"]["redemptions"]["gift"].clone();
    assert_eq!(to_go().await, json!({"redeemed_amount": 0, "amount_to_go": 3000}));
    let body = json!({"redeemables": named(&[code]), "order": {"amount": 1000}, "customer": {"source_id": "bob"}});
    let answer = redeem(&app, body).await;
    assert_eq!(to_go().await, json!({"redeemed_amount": 0, "amount_to_go": 2000}));
    let path = format!("/v1/redemptions/{}/rollback", text(&answer["redemptions"][0]["id"]));
    app.post(&path, json!({})).await.expect(200);
    assert_eq!(to_go().await, json!({"redeemed_amount": 0, "amount_to_go": 3000}));
}

#[tokio::test]
async fn a_loyalty_card_needs_a_reward() {
    let app = TestApp::new().await;
    let template = json!({"type": "LOYALTY_CARD", "loyalty_card": {"points": 100}});
    let campaign = json!({"name": "Points", "campaign_type": "LOYALTY_PROGRAM", "voucher": template});
    app.post("/v1/campaigns", campaign).await.expect(200);
    app.post("/v1/campaigns/Points/vouchers/LOYAL", json!({})).await.expect(200);
    let refused = on(&app, &["LOYAL"], 1000).await.expect(400);
    assert_eq!((&refused["key"], &refused["resource_type"]), (&json!("missing_reward"), &json!("redemption")));
}

/// A program in which a redemption refers somebody, and the code that Ada has published.
async fn referral(app: &TestApp) -> (String, Value) {
    let template = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 30}});
    let campaign = json!({"name": "Friends", "campaign_type": "REFERRAL_PROGRAM", "voucher": template,
        "type": "AUTO_UPDATE", "referral_program": {"conversion_event_type": "redemption"}});
    app.post("/v1/campaigns", campaign).await.expect(200);
    let publication = json!({"campaign": "Friends", "customer": {"source_id": "ada"}});
    let published = app.post("/v1/publications", publication).await.expect(200);
    (text(&published["voucher"]["code"]).to_owned(), published["customer_id"].clone())
}

#[tokio::test]
async fn a_referral_code_is_redeemed_by_others_than_its_holder() {
    let app = TestApp::new().await;
    let (code, ada) = referral(&app).await;
    let by = |who: &str| json!({"redeemables": named(&[&code]), "order": {"amount": 20_000}, "customer": {"source_id": who}});
    let refused = app.post("/v1/redemptions", by("ada")).await.expect(400);
    assert_eq!(refused["key"], "referrer_not_permitted_to_redeem");
    let answer = redeem(&app, by("bob")).await;
    assert_eq!(sums(&answer["order"]), [6000, 6000, 14_000]);
    assert_eq!(answer["order"]["referrer_id"], ada);
    let order = app.get(&format!("/v1/orders/{}", text(&answer["order"]["id"]))).await.expect(200);
    assert_eq!(order["referrer_id"], ada);
}

#[tokio::test]
async fn whoever_redeems_a_referral_code_was_referred() {
    let app = TestApp::new().await;
    let (code, ada) = referral(&app).await;
    let by = |who: &str| json!({"redeemables": named(&[&code]), "order": {"amount": 20_000}, "customer": {"source_id": who}});
    app.post("/v1/customers", json!({"source_id": "bob"})).await.expect(200);
    let first = redeem(&app, by("bob")).await["redemptions"][0].clone();
    redeem(&app, by("bob")).await;
    redeem(&app, by("eve")).await;
    let customer = async |who: &str| app.get(&format!("/v1/customers/{who}")).await.expect(200);
    let bob = customer("bob").await;
    let referrals = &bob["referrals"];
    let expected = json!({"campaign_id": first["voucher"]["campaign_id"], "referrer_id": ada, "related_object_id": first["id"],
        "related_object_type": "redemption", "date": first["date"]});
    assert_eq!((&referrals["total"], &referrals["campaigns"]), (&json!(1), &json!([expected])));
    let referred = async || {
        let loyalty = customer("ada").await["loyalty"].clone();
        let summary = app.get("/v1/campaigns/Friends/summary").await.expect(200);
        [
            &loyalty["referred_customers"],
            &loyalty["campaigns"]["Friends"]["referred_customers"],
            &summary["referred_customers"],
        ]
        .map(Value::as_i64)
    };
    assert_eq!(referred().await, [Some(2); 3]);
    let holders = app.get(&format!("/v1/referrals/Friends/members/{code}/holders?order=id")).await.expect(200);
    let roles: Vec<&Value> =
        holders["data"].as_array().expect("holders").iter().map(|holder| &holder["holder_role"]).collect();
    assert_eq!(roles, ["REFERRER", "REFEREE", "REFEREE"]);
    let activity = app.get("/v1/customers/bob/activity?limit=100").await.expect(200);
    let events: Vec<&Value> = activity["data"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| event["type"] == "customer.referred")
        .collect();
    assert_eq!(events.len(), 1);
    insta::assert_json_snapshot!(
        "what is told of somebody who was referred",
        redacted(events[0]["data"]["data"].clone())
    );
    app.post(&format!("/v1/redemptions/{}/rollback", text(&first["id"])), json!({})).await.expect(200);
    assert_eq!(customer("bob").await["referrals"], json!({"total": 0, "campaigns": []}));
    assert_eq!(referred().await, [Some(1); 3]);
}

#[tokio::test]
async fn a_tier_tells_what_has_come_of_it() {
    let app = TestApp::new().await;
    let off = json!({"type": "PERCENT", "percent_off": 40, "effect": "APPLY_TO_ORDER"});
    let tier = tier(&app, "40 %", off).await;
    let summary = async || app.get(&format!("/v1/promotions/tiers/{tier}")).await.expect(200)["summary"].clone();
    let answer = on(&app, &[&tier], 200_000).await.expect(200);
    assert_eq!(sums(&answer["order"]), [80_000, 80_000, 120_000]);
    let of = |count: i64, amount: i64, off: i64| json!({"redemptions": {"total_redeemed": count}, "orders": {"total_amount": amount, "total_discount_amount": off}});
    assert_eq!(summary().await, of(1, 200_000, 80_000));
    let path = format!("/v1/redemptions/{}/rollback", text(&answer["redemptions"][0]["id"]));
    let rollback = app.post(&path, json!({})).await.expect(200);
    assert_eq!((&rollback["voucher"], &rollback["promotion_tier"]["id"]), (&Value::Null, &json!(tier)));
    assert_eq!(summary().await, of(0, 0, 0));
}

#[tokio::test]
async fn a_customer_comes_with_the_redemption() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OFF10"]), "order": {"amount": 5500},
        "customer": {"source_id": "ada", "name": "Ada", "metadata": {"vip": true}}});
    let validation = app.post("/v1/validations", body.clone()).await.expect(200);
    app.get("/v1/customers/ada").await.expect(404);
    let answer = redeem(&app, body).await;
    let customer = app.get("/v1/customers/ada").await.expect(200);
    let redemption = &answer["redemptions"][0];
    assert_eq!((&redemption["customer_id"], &redemption["tracking_id"]), (&customer["id"], &validation["tracking_id"]));
    assert_eq!(
        redemption["customer"],
        json!({"id": customer["id"], "name": "Ada", "email": null, "source_id": "ada", "metadata": {"vip": true}, "object": "customer"})
    );
    assert_eq!(answer["order"]["customer"], json!({"id": customer["id"], "object": "customer"}));
    assert_eq!(customer["summary"]["redemptions"]["total_succeeded"], 1);
    assert_eq!(customer["summary"]["orders"]["total_amount"], 5500);
    let read = read(&app, &redemption["id"]).await;
    assert_eq!(read["order"]["customer_id"], customer["id"]);
}

#[tokio::test]
async fn a_failure_of_somebody_known_is_counted_and_told() {
    let app = example().await;
    app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    app.subscribe(&["redemption.succeeded", "redemption.failed", "customer.created"]).await;
    let of = |code: &str| json!({"redeemables": named(&[code]), "order": {"amount": 5500}, "customer": {"source_id": "ada"}});
    app.post("/v1/redemptions", of("OLD")).await.expect(400);
    app.post("/v1/redemptions", of("OFF10")).await.expect(200);
    let summary = app.get("/v1/customers/ada").await.expect(200)["summary"]["redemptions"].clone();
    assert_eq!((&summary["total_failed"], &summary["total_redeemed"]), (&json!(1), &json!(2)));
    let received = app.received().await;
    let kinds: Vec<&Value> = received.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["redemption.failed", "redemption.succeeded"]);
    insta::assert_json_snapshot!("what is told of a failed redemption", redacted(received[0]["data"].clone()));
    insta::assert_json_snapshot!("what is told of a redemption", redacted(received[1]["data"].clone()));
    let activity = app.get("/v1/customers/ada/activity?limit=100").await.expect(200);
    let kinds: Vec<&str> =
        activity["data"].as_array().expect("events").iter().map(|event| text(&event["type"])).collect();
    for kind in
        ["customer.redemption.failed", "customer.redemption.succeeded", "customer.order.created", "customer.order.paid"]
    {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

#[tokio::test]
async fn several_are_told_of_with_what_stands_for_them() {
    let app = TestApp::new().await;
    let codes = ["A", "B", "C", "D", "E"];
    for code in codes {
        voucher(&app, code, amount(1), json!({})).await;
    }
    app.subscribe(&["redemption.succeeded"]).await;
    on(&app, &codes, 1000).await.expect(200);
    let received = app.received().await;
    assert_eq!(received.len(), 6);
    let groups: Vec<&Value> = received.iter().map(|event| &event["event"]["group_id"]).collect();
    assert!(groups.iter().all(|group| *group == groups[0]));
    let parents: Vec<&Value> = received.iter().filter(|event| event["data"]["voucher"].is_null()).collect();
    assert_eq!(parents.len(), 1);
    assert_eq!(parents[0]["data"]["redemption"]["related_object_type"], "redemption");
}

/// A campaign of coupons with this rule, and two of its codes.
async fn limited(app: &TestApp, name: &str, at_most: i64) {
    let rule = json!({"name": name, "rules": {"1": {"name": name, "conditions": {"$less_than_or_equal": [at_most]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    let template = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 100, "effect": "APPLY_TO_ORDER"}});
    let body = json!({"name": "Limited", "campaign_type": "DISCOUNT_COUPONS", "voucher": template, "validation_rules": [rule["id"]]});
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    for code in ["ONE", "TWO"] {
        app.post(&format!("/v1/campaigns/{}/vouchers/{code}", text(&campaign["id"])), json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn rules_about_earlier_redemptions_count_them_and_forget_those_that_were_rolled_back() {
    for (name, at_most, works) in [
        ("campaign.redemptions.count", 2, [true, true]),
        ("campaign.redemptions.count.daily", 2, [true, true]),
        ("campaign.redemptions.customers_count", 2, [true, true]),
        ("campaign.orders.amount", 2000, [true, true]),
        ("campaign.orders.amount_discounted", 200, [true, true]),
        ("redemption.count.daily", 1, [true, true]),
        ("redemption.count.per_customer", 1, [true, true]),
        ("redemption.count.per_api_key", 1, [true, true]),
    ] {
        let app = TestApp::new().await;
        limited(&app, name, at_most).await;
        let of = |code: &str| json!({"redeemables": named(&[code]), "order": {"amount": 1000}, "customer": {"source_id": "ada"}});
        let mut last = Value::Null;
        for (code, works) in ["ONE", "TWO"].into_iter().zip(works) {
            last = app.post("/v1/redemptions", of(code)).await.expect(if works { 200 } else { 400 });
        }
        let refused = app.post("/v1/redemptions", of("TWO")).await.expect(400);
        assert_eq!(refused["key"], "redemption_rules_violated", "{name}");
        let path = format!("/v1/redemptions/{}/rollback", text(&last["redemptions"][0]["id"]));
        app.post(&path, json!({})).await.expect(200);
        app.post("/v1/redemptions", of("TWO")).await.expect(200);
        app.advance(24 * 3_600_000);
        let tomorrow = app.post("/v1/redemptions", of("TWO")).await;
        tomorrow.expect(if name.ends_with("daily") { 200 } else { 400 });
    }
}

#[tokio::test]
async fn so_many_may_redeem_a_code_that_it_does_not_remember_all_of_them() {
    let app = TestApp::new().await;
    let rule = json!({"name": "Once each", "rules": {"1": {"name": "redemption.count.per_customer",
        "conditions": {"$less_than_or_equal": [1]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    voucher(&app, "ALL", amount(1), json!({"validation_rules": [rule["id"]]})).await;
    let by = |who: usize| json!({"redeemables": named(&["ALL"]), "order": {"amount": 100}, "customer": {"source_id": format!("c{who}")}});
    for who in 0..20 {
        app.post("/v1/redemptions", by(who)).await.expect(200);
    }
    for who in [0, 10, 15, 16, 19] {
        assert_eq!(app.post("/v1/redemptions", by(who)).await.expect(400)["key"], "redemption_rules_violated", "{who}");
    }
}

#[tokio::test]
async fn a_campaigns_summary_counts_what_was_redeemed() {
    let app = TestApp::new().await;
    limited(&app, "redemption.count.per_customer", 1).await;
    let of = |code: &str| json!({"redeemables": named(&[code]), "order": {"amount": 1000}, "customer": {"source_id": "ada"}});
    let first = app.post("/v1/redemptions", of("ONE")).await.expect(200);
    app.post("/v1/redemptions", of("ONE")).await.expect(400);
    app.post("/v1/redemptions", of("TWO")).await.expect(200);
    let path = format!("/v1/redemptions/{}/rollback", text(&first["redemptions"][0]["id"]));
    app.post(&path, json!({})).await.expect(200);
    app.post(&path, json!({})).await.expect(400);
    let summary = app.get("/v1/campaigns/Limited/summary").await.expect(200);
    for (counter, count) in [
        ("redemptions", 3),
        ("redemptions_succeeded", 2),
        ("redemptions_failed", 1),
        ("rollbacks_succeeded", 1),
        ("rollbacks_failed", 1),
        ("orders_amount", 2000),
        ("orders_rolledback_amount", 1000),
        ("discounted_amount", 200),
        ("rolledback_discounted_amount", 100),
    ] {
        assert_eq!(summary[counter], count, "{counter} of {summary}");
    }
}

#[tokio::test]
async fn one_code_can_be_redeemed_by_itself() {
    let app = example().await;
    let answer = app.post("/v1/vouchers/OFF10/redemption", json!({"order": {"amount": 5500}})).await.expect(200);
    insta::assert_json_snapshot!("a redemption of one code", redacted(answer));
    let bare =
        app.call(As::Server, Method::POST, "/v1/vouchers/OFF10/redemption?tracking_id=ada", None).await.expect(200);
    assert_eq!(bare["customer"]["source_id"], "ada");
    let refused = app.post("/v1/vouchers/OLD/redemption", json!({})).await.expect(400);
    assert_eq!(
        (&refused["key"], &refused["details"], &refused["resource_type"]),
        (&json!("voucher_expired"), &json!("OLD"), &json!("redemption"))
    );
    app.post("/v1/vouchers/X/redemption", json!({})).await.expect(404);
}

#[tokio::test]
async fn one_tier_can_be_redeemed_by_itself() {
    let app = TestApp::new().await;
    let off = json!({"type": "PERCENT", "percent_off": 40, "effect": "APPLY_TO_ORDER"});
    let tier = tier(&app, "40 %", off).await;
    let path = format!("/v1/promotions/tiers/{tier}/redemption");
    let answer = app.post(&path, json!({"order": {"amount": 1000}})).await.expect(200);
    assert_eq!((&answer["voucher"], &answer["promotion_tier"]["id"]), (&Value::Null, &json!(tier)));
    assert_eq!(answer["promotion_tier"]["summary"]["redemptions"]["total_redeemed"], 1);
    app.post(&format!("/v1/promotions/tiers/{tier}/disable"), json!({})).await.expect(200);
    let refused = app.post(&path, json!({"order": {"amount": 1000}})).await.expect(400);
    assert_eq!(refused["key"], "promotion_inactive");
}

#[tokio::test]
async fn browsers_redeem_where_the_project_allows_it() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OFF10"]), "order": {"amount": 5500}});
    let client = async |path: &str, body: &Value| {
        let request = axum::http::Request::post(path)
            .header("X-Client-Application-Id", crate::app::CLIENT.0)
            .header("X-Client-Token", crate::app::CLIENT.1)
            .header("Origin", "https://shop.example")
            .header("content-type", "application/json");
        app.send(request.body(axum::body::Body::from(body.to_string())).expect("a request")).await
    };
    let project = format!("/management/v1/projects/{PROJECT}");
    app.call(As::Management, Method::PUT, &project, Some(json!({"client_trusted_domains": ["shop.example"]})))
        .await
        .expect(200);
    let details = "Redeeming from the client side is not enabled in this project";
    client("/client/v1/redemptions", &body).await.refused(403, "forbidden", details);
    client("/client/v1/redeem?code=OFF10", &json!({})).await.refused(403, "forbidden", details);
    app.call(As::Management, Method::PUT, &project, Some(json!({"client_redeem_enabled": true}))).await.expect(200);
    client("/client/v1/redemptions", &body).await.expect(200);
    let answer =
        client("/client/v1/redeem?code=OFF10&tracking_id=ada", &json!({"order": {"amount": 10}})).await.expect(200);
    assert_eq!((&answer["customer"]["source_id"], &answer["voucher"]["code"]), (&json!("ada"), &json!("OFF10")));
    client("/client/v1/redeem", &json!({})).await.refused(
        400,
        "invalid_query_params",
        "Query should have required property 'code'",
    );
}

#[tokio::test]
async fn whoever_is_erased_leaves_redemptions_without_a_name() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OFF10"]), "order": {"amount": 5500}, "metadata": {"note": "for Ada"},
        "customer": {"source_id": "ada"}});
    let id = redeem(&app, body).await["redemptions"][0]["id"].clone();
    app.post("/v1/customers/ada/permanent-deletion", json!({})).await.expect(200);
    let read = read(&app, &id).await;
    assert_eq!([&read["customer"], &read["tracking_id"], &read["metadata"]], [&json!(null), &json!(null), &json!({})]);
    assert_eq!(redeemed(&app, "OFF10").await, 1);
    let rollback = app.post(&format!("/v1/redemptions/{}/rollback", text(&id)), json!({})).await.expect(200);
    assert_eq!(rollback["order"], Value::Null, "it was erased, too");
    assert_eq!(redeemed(&app, "OFF10").await, 0);
}

/// The same request with an `Idempotency-Key`.
async fn keyed(app: &TestApp, path: &str, key: &str, body: &Value) -> Reply {
    let request = axum::http::Request::post(path)
        .header("X-App-Id", crate::app::SERVER.0)
        .header("X-App-Token", crate::app::SERVER.1)
        .header("Idempotency-Key", key)
        .header("content-type", "application/json");
    app.send(request.body(axum::body::Body::from(body.to_string())).expect("a request")).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_with_its_key_redeems_once() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OFF10"]), "order": {"amount": 5500}});
    let first = keyed(&app, "/v1/redemptions", "one", &body).await;
    let again = keyed(&app, "/v1/redemptions", "one", &body).await;
    assert_eq!((again.expect(200), redeemed(&app, "OFF10").await), (first.expect(200), 1));
    let path = format!("/v1/redemptions/{}/rollback", text(&first.body["redemptions"][0]["id"]));
    let rollback = keyed(&app, &path, "two", &json!({})).await;
    assert_eq!(keyed(&app, &path, "two", &json!({})).await.expect(200), rollback.expect(200));
    let old = json!({"redeemables": named(&["OLD"]), "order": {"amount": 5500}});
    let failed = keyed(&app, "/v1/redemptions", "three", &old).await.expect(400);
    assert_eq!(keyed(&app, "/v1/redemptions", "three", &old).await.expect(400), failed, "it was stored once");
    assert_eq!(app.get("/v1/redemptions").await.expect(200)["total"], 3);
}
