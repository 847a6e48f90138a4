//! Validations of one code or promotion tier, as older clients ask for them.

use serde_json::{Value, json};

use crate::{
    app::{TestApp, redacted},
    validations::{amount, gift, percent, text, tier, voucher},
};

async fn validate(app: &TestApp, code: &str, body: Value) -> Value {
    app.post(&format!("/v1/vouchers/{code}/validate"), body).await.expect(200)
}

#[tokio::test]
async fn one_coupon_is_validated() {
    let app = TestApp::new().await;
    let campaign = json!({"name": "Off", "campaign_type": "DISCOUNT_COUPONS", "type": "STATIC",
        "expiration_date": "2030-01-01T00:00:00Z", "voucher": percent(10)});
    app.post("/v1/campaigns", campaign).await.expect(200);
    app.post("/v1/campaigns/Off/vouchers/TEN", json!({"metadata": {"lang": "en"}})).await.expect(200);
    let body =
        json!({"order": {"amount": 46_500}, "customer": {"source_id": "ada"}, "session": {"type": "LOCK", "key": "K"}});
    let answer = validate(&app, "TEN", body).await;
    insta::assert_json_snapshot!("a validation of one code", redacted(answer));
}

#[tokio::test]
async fn a_code_that_is_not_valid_is_answered_with_the_reason() {
    let app = TestApp::new().await;
    voucher(&app, "OLD", amount(100), json!({"expiration_date": "2020-01-01T00:00:00Z", "metadata": {"a": 1}})).await;
    let rule = |message: Option<&str>| {
        json!({"name": "Over 100", "error": message.map(|message| json!({"message": message})),
            "rules": {"1": {"name": "order.amount", "conditions": {"$more_than": [10_000]}}, "logic": "1"}})
    };
    for (code, message) in [("PLAIN", None), ("OWN", Some("Spend more"))] {
        let rule = app.post("/v1/validation-rules", rule(message)).await.expect(200);
        voucher(&app, code, amount(100), json!({"validation_rules": [rule["id"]]})).await;
    }
    let order = json!({"order": {"amount": 10}});
    insta::assert_json_snapshot!(
        "a validation of one expired code",
        redacted(validate(&app, "OLD", order.clone()).await)
    );
    let plain = validate(&app, "PLAIN", order.clone()).await;
    assert_eq!((&plain["valid"], &plain["reason"]), (&json!(false), &json!("order does not match validation rules")));
    assert_eq!(plain["error"]["key"], "order_rules_violated");
    let own = validate(&app, "OWN", order).await;
    assert_eq!((&own["reason"], &own["error"]), (&plain["reason"], &json!({"message": "Spend more"})));
}

#[tokio::test]
async fn what_the_request_lacks_is_an_error() {
    let app = TestApp::new().await;
    let cards = json!({"name": "Cards", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 100}}});
    app.post("/v1/campaigns", cards).await.expect(200);
    app.post("/v1/campaigns/Cards/vouchers/POINTS", json!({})).await.expect(200);
    let rule = json!({"name": "VIP", "rules": {"1": {"name": "customer.metadata", "property": "vip",
        "conditions": {"$is": [true]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    voucher(&app, "VIP", percent(10), json!({"validation_rules": [rule["id"]]})).await;
    for (code, status, key, details) in [
        ("X", 404, "not_found", "Cannot find voucher with id X"),
        ("POINTS", 400, "missing_reward", "A reward is required when redeeming a LOYALTY_CARD"),
        ("VIP", 400, "missing_customer", "Customer is required to validate rules"),
    ] {
        let reply = app.post(&format!("/v1/vouchers/{code}/validate"), json!({"order": {"amount": 10}})).await;
        reply.refused(status, key, details);
    }
}

#[tokio::test]
async fn a_gift_card_pays_as_much_as_it_is_told() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    let pay =
        |credits: Value| validate(&app, "CARD", json!({"order": {"amount": 6_000}, "gift": {"credits": credits}}));
    let some = pay(json!(2_000)).await;
    assert_eq!(some["gift"], json!({"amount": 5_000, "balance": 5_000, "effect": "APPLY_TO_ORDER"}));
    assert_eq!(some["order"]["total_amount"], 4_000);
    assert_eq!(pay(json!(null)).await["order"]["total_amount"], 1_000);
    let much = pay(json!(5_001)).await;
    assert_eq!((&much["valid"], &much["reason"]), (&json!(false), &json!("gift amount exceeded")));
}

#[tokio::test]
async fn a_lock_of_one_code_counts_for_all() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let body = |key: &str| json!({"order": {"amount": 10}, "session": {"type": "LOCK", "key": key}});
    assert_eq!(validate(&app, "ONCE", body("K")).await["session"]["key"], "K");
    let other = validate(&app, "ONCE", body("other")).await;
    assert_eq!((&other["reason"], other.get("session")), (&json!("quantity exceeded"), None));
    app.delete("/v1/vouchers/ONCE/sessions/K").await.expect(204);
    assert_eq!(validate(&app, "ONCE", body("other")).await["valid"], true);
}

#[tokio::test]
async fn one_tier_is_validated() {
    let app = TestApp::new().await;
    let ten = tier(&app, "Ten", json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"})).await;
    let path = format!("/v1/promotions/tiers/{ten}/validation");
    let body = json!({"order": {"amount": 2_000, "discount_amount": 500}, "customer": {"source_id": "ada"}});
    let answer = app.post(&path, body.clone()).await.expect(200);
    insta::assert_json_snapshot!("a validation of one tier", redacted(answer));
    app.post(&format!("/v1/promotions/tiers/{ten}/disable"), json!({})).await.expect(200);
    let mut answer = app.post(&path, body).await.expect(200);
    assert_eq!(answer["error"]["details"], format!("Promotion Tier with id: {ten} is disabled."));
    answer["error"]["details"] = "<details>".into();
    insta::assert_json_snapshot!("a validation of one tier that is off", redacted(answer));
    let unknown = app.post("/v1/promotions/tiers/promo_x/validation", json!({})).await;
    unknown.refused(404, "not_found", "Cannot find promotion_tier with id promo_x");
}

#[tokio::test]
async fn all_tiers_that_are_valid_are_listed_each_by_itself() {
    let app = TestApp::new().await;
    let over = json!({"name": "Over 100", "rules": {"1": {"name": "order.amount", "conditions": {"$more_than": [10_000]}},
        "logic": "1"}});
    let vip = json!({"name": "VIP", "rules": {"1": {"name": "customer.metadata", "property": "vip",
        "conditions": {"$is": [true]}}, "logic": "1"}});
    let mut rules = Vec::new();
    for rule in [over, vip] {
        rules.push(app.post("/v1/validation-rules", rule).await.expect(200)["id"].clone());
    }
    let percent = |off: i64| json!({"discount": {"type": "PERCENT", "percent_off": off, "effect": "APPLY_TO_ORDER"}});
    let body = json!({"name": "Sale", "campaign_type": "PROMOTION", "promotion": {"tiers": []}});
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    let tiers = format!("/v1/promotions/{}/tiers", text(&campaign["id"]));
    for (name, more) in [
        ("All", json!({"metadata": {"shown": true}})),
        ("Off", json!({"active": false})),
        ("Over", json!({"validation_rules": [rules[0]]})),
        ("VIP", json!({"validation_rules": [rules[1]]})),
    ] {
        app.advance(1);
        let mut body = json!({"name": name, "action": percent(10)});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        app.post(&tiers, body).await.expect(200);
    }
    app.advance(1);
    let other = tier(&app, "Other", percent(20)["discount"].clone()).await;
    let vip = json!({"source_id": "ada", "metadata": {"vip": true}});
    for (query, customer, amount, expected) in [
        ("", json!(null), 10_000, &["Other", "All"][..]),
        ("", json!(null), 10_001, &["Other", "Over", "All"]),
        ("", vip.clone(), 100, &["Other", "VIP", "All"]),
        ("?audienceRulesOnly=true", vip.clone(), 100, &["Other", "VIP", "Over", "All"]),
        (&format!("?filters[promotion_id][conditions][$is]={}", text(&campaign["id"])), json!(null), 100, &["All"]),
        ("?filters[metadata.shown][conditions][$is]=true", vip, 100, &["All"]),
        ("?filters[promotion_id][conditions][$is]=camp_x", json!(null), 100, &[]),
    ] {
        let body = json!({"order": {"amount": amount}, "customer": customer});
        let answer = app.post(&format!("/v1/promotions/validation{query}"), body).await.expect(200);
        let names: Vec<&str> =
            answer["promotions"].as_array().expect("promotions").iter().map(|tier| text(&tier["name"])).collect();
        assert_eq!((names.as_slice(), &answer["valid"]), (expected, &json!(!expected.is_empty())), "{query} {amount}");
    }
    let body = json!({"order": {"amount": 1_000}});
    let answer = app.post("/v1/promotions/validation", body).await.expect(200);
    let first = &answer["promotions"][0];
    assert_eq!(
        (&first["id"], &first["discount_amount"], &first["order"]["total_amount"]),
        (&json!(other), &json!(200), &json!(800))
    );
}
