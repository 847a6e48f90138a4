//! What several redeemables would do to an order.

use serde_json::{Value, json};

use crate::app::{As, PROJECT, Reply, TestApp, redacted};

/// A voucher with a code of its own.
pub(crate) async fn voucher(app: &TestApp, code: &str, mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200)
}

pub(crate) fn amount(off: i64) -> Value {
    json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": off, "effect": "APPLY_TO_ORDER"}})
}

pub(crate) fn percent(off: i64) -> Value {
    json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": off, "effect": "APPLY_TO_ORDER"}})
}

pub(crate) fn gift(credits: i64) -> Value {
    json!({"type": "GIFT_VOUCHER", "gift": {"amount": credits, "effect": "APPLY_TO_ORDER"}})
}

/// A promotion tier with this discount; its id.
pub(crate) async fn tier(app: &TestApp, name: &str, discount: Value) -> String {
    let tier = json!({"name": name, "action": {"discount": discount}});
    let body =
        json!({"name": format!("Promotion {name}"), "campaign_type": "PROMOTION", "promotion": {"tiers": [tier]}});
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    text(&campaign["promotion"]["tiers"][0]["id"]).to_owned()
}

/// The project's stacking rules.
pub(crate) async fn stacking(app: &TestApp, rules: Value) {
    let path = format!("/management/v1/projects/{PROJECT}/stacking-rules");
    app.call(As::Management, axum::http::Method::POST, &path, Some(rules)).await.expect(200);
}

pub(crate) fn text(json: &Value) -> &str {
    json.as_str().expect("a text")
}

/// Codes, or tiers by their ids.
pub(crate) fn named(names: &[&str]) -> Value {
    let object = |name: &str| match name.split_once('_') {
        Some(("promo", _)) => "promotion_tier",
        Some(("stack", _)) => "promotion_stack",
        _ => "voucher",
    };
    names.iter().map(|name| json!({"object": object(name), "id": name})).collect()
}

pub(crate) async fn validate(app: &TestApp, body: Value) -> Value {
    app.post("/v1/validations", body).await.expect(200)
}

/// These on an order of so much.
async fn on(app: &TestApp, names: &[&str], amount: i64) -> Value {
    validate(app, json!({"redeemables": named(names), "order": {"amount": amount}})).await
}

/// Each redeemable with what became of it.
pub(crate) fn fates(answer: &Value) -> Vec<(String, String)> {
    let fate = |entry: &Value| {
        let key = entry["result"]["details"]["key"].as_str().or_else(|| entry["status"].as_str());
        (text(&entry["id"]).to_owned(), key.expect("a status").to_owned())
    };
    answer["redeemables"].as_array().expect("redeemables").iter().map(fate).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, fate)| ((*id).to_owned(), (*fate).to_owned())).collect()
}

const APPLICABLE: &str = "APPLICABLE";

/// The state that the documentation's examples begin with.
async fn example() -> TestApp {
    let app = TestApp::new().await;
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    voucher(&app, "OLD", amount(1000), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    app
}

#[tokio::test]
async fn a_coupon_is_taken_off_an_order() {
    let app = example().await;
    let answer = on(&app, &["OFF10"], 5500).await;
    assert!(text(&answer["id"]).starts_with("valid_"));
    insta::assert_json_snapshot!("a validation of one coupon", redacted(answer));
}

#[tokio::test]
async fn what_fails_is_told_under_its_own_name_and_repeated_beside() {
    for (mode, names, valid, fates_of, inapplicable, skipped) in [
        (
            "ALL",
            &["OLD", "OFF10"][..],
            false,
            &[("OLD", "voucher_expired"), ("OFF10", "preceding_validation_failed")][..],
            &["OLD"][..],
            &["OFF10"][..],
        ),
        ("ALL", &["OFF10", "OLD"], false, &[("OFF10", APPLICABLE), ("OLD", "voucher_expired")], &["OLD"], &[]),
        ("ALL", &["OLD"], false, &[("OLD", "voucher_expired")], &["OLD"], &[]),
        ("PARTIAL", &["OLD", "OFF10"], true, &[("OFF10", APPLICABLE)], &["OLD"], &[]),
        ("PARTIAL", &["OLD"], false, &[("OLD", "voucher_expired")], &["OLD"], &[]),
        (
            "ALL",
            &["eee33463", "OFF10"],
            false,
            &[("eee33463", "not_found"), ("OFF10", "preceding_validation_failed")],
            &["eee33463"],
            &["OFF10"],
        ),
    ] {
        let app = example().await;
        stacking(&app, json!({"redeemables_application_mode": mode})).await;
        let answer = on(&app, names, 5500).await;
        let case = format!("{names:?} in {mode}");
        assert_eq!((&answer["valid"], fates(&answer)), (&json!(valid), pairs(fates_of)), "{case}");
        for (key, expected) in [("inapplicable_redeemables", inapplicable), ("skipped_redeemables", skipped)] {
            let listed = answer.get(key).map(|listed| {
                let listed = listed.as_array().expect("a list").iter();
                listed.map(|entry| text(&entry["id"]).to_owned()).collect::<Vec<_>>()
            });
            let expected = (!expected.is_empty()).then(|| expected.iter().map(|id| (*id).to_owned()).collect());
            assert_eq!(listed, expected, "{case}: {key}");
        }
        assert_eq!(answer.get("order").is_some(), valid, "{case}");
        assert_eq!((answer.get("session"), answer.get("tracking_id")), (None, None), "{case}");
    }
}

#[tokio::test]
async fn reasons_are_whole_errors() {
    let app = example().await;
    let expired = on(&app, &["OLD", "OFF10"], 5500).await;
    insta::assert_json_snapshot!("a validation of an expired coupon before another", redacted(expired));
    let unknown = on(&app, &["eee33463"], 5500).await;
    let error = &unknown["redeemables"][0]["result"]["error"];
    assert_eq!((&error["code"], &error["details"]), (&json!(404), &json!("Cannot find voucher with id eee33463")));
    assert_eq!((&error["resource_id"], &error["resource_type"]), (&json!("eee33463"), &json!("voucher")));
    assert_eq!(unknown["redeemables"][0].get("metadata"), None, "there is no such thing");
    for (name, object) in [("promo_x", "promotion_tier"), ("stack_x", "promotion_stack")] {
        let unknown = on(&app, &[name], 5500).await;
        let error = &unknown["redeemables"][0]["result"]["error"];
        assert_eq!(error["details"], json!(format!("Cannot find {object} with id {name}")));
        assert_eq!(error["redeemable_type"], object);
    }
}

#[tokio::test]
async fn each_is_taken_off_what_the_ones_before_have_left() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5000), json!({})).await;
    voucher(&app, "TWENTY", percent(20), json!({})).await;
    let tier = tier(&app, "8000", json!({"type": "AMOUNT", "amount_off": 8000, "effect": "APPLY_TO_ORDER"})).await;
    let body = json!({"redeemables": [{"object": "voucher", "id": "CARD", "gift": {"credits": 100}},
        {"object": "voucher", "id": "TWENTY"}, {"object": "promotion_tier", "id": tier}], "order": {"amount": 200_000}});
    let answer = validate(&app, body).await;
    let step = |order: &Value| {
        ["applied_discount_amount", "discount_amount", "total_amount"].map(|key| order[key].as_i64().unwrap_or(0))
    };
    let steps: Vec<_> =
        answer["redeemables"].as_array().expect("steps").iter().map(|entry| step(&entry["order"])).collect();
    assert_eq!(steps, [[100, 100, 199_900], [39_980, 40_080, 159_920], [8_000, 48_080, 151_920]]);
    assert_eq!((step(&answer["order"]), &answer["valid"]), ([48_080, 48_080, 151_920], &json!(true)));
    assert_eq!(answer["redeemables"][0]["result"], json!({"gift": {"balance": 5000, "credits": 100}}));
}

#[tokio::test]
async fn percentages_are_taken_of_what_the_project_says() {
    for (mode, expected) in [("DISCOUNTED_AMOUNT", 2800), ("INITIAL_AMOUNT", 3000)] {
        let app = TestApp::new().await;
        stacking(&app, json!({"discount_calculation_mode": mode})).await;
        voucher(&app, "TEN", percent(10), json!({})).await;
        voucher(&app, "TWENTY", percent(20), json!({})).await;
        let answer = on(&app, &["TEN", "TWENTY"], 10_000).await;
        assert_eq!(answer["order"]["total_discount_amount"], expected, "{mode}");
    }
}

#[tokio::test]
async fn rules_see_the_order_as_the_ones_before_have_left_it() {
    for (mode, valid, listed) in [
        ("PARTIAL", true, &[("TEN", APPLICABLE)][..]),
        ("ALL", false, &[("TEN", APPLICABLE), ("TWENTY", "order_rules_violated")]),
    ] {
        let app = TestApp::new().await;
        stacking(&app, json!({"redeemables_application_mode": mode})).await;
        let rule = json!({"name": "Over 100", "rules": {"1": {"name": "order.amount",
            "conditions": {"$more_than": [10_000]}, "error": {"message": "Spend more"}}, "logic": "1"}});
        let rule = app.post("/v1/validation-rules", rule).await.expect(200);
        voucher(&app, "TEN", percent(10), json!({})).await;
        voucher(&app, "TWENTY", percent(20), json!({"validation_rules": [rule["id"]]})).await;
        let answer = on(&app, &["TEN", "TWENTY"], 10_500).await;
        assert_eq!((&answer["valid"], fates(&answer)), (&json!(valid), pairs(listed)), "{mode}");
        let refused = &answer["inapplicable_redeemables"][0]["result"];
        assert_eq!(refused["error"]["error"], json!({"message": "Spend more"}));
        assert_eq!(refused["details"], json!({"message": "Spend more", "key": "order_rules_violated"}));
        if valid {
            assert_eq!(answer["order"]["total_amount"], 9450);
        }
    }
}

/// A category of this kind, or a common one.
async fn category(app: &TestApp, name: &str) -> String {
    let body = json!({"name": name, "hierarchy": 1});
    text(&app.post("/v1/categories", body).await.expect(200)["id"]).to_owned()
}

#[tokio::test]
async fn an_exclusive_redeemable_leaves_room_only_for_joint_ones() {
    let app = TestApp::new().await;
    let (exclusive, joint) = (category(&app, "Exclusive").await, category(&app, "Joint").await);
    stacking(&app, json!({"exclusive_categories": [exclusive], "joint_categories": [joint]})).await;
    voucher(&app, "HALF", percent(50), json!({"category_id": exclusive})).await;
    voucher(&app, "MORE", percent(5), json!({"category_id": exclusive})).await;
    voucher(&app, "JOINT", percent(1), json!({"category_id": joint})).await;
    voucher(&app, "TEN", percent(10), json!({})).await;
    for (names, expected) in [
        (&["HALF", "TEN"][..], &[("HALF", APPLICABLE), ("TEN", "exclusion_rules_not_met")][..]),
        (&["TEN", "HALF"], &[("HALF", APPLICABLE), ("TEN", "exclusion_rules_not_met")]),
        (&["JOINT", "HALF"], &[("HALF", APPLICABLE), ("JOINT", APPLICABLE)]),
        (&["HALF", "MORE"], &[("HALF", APPLICABLE), ("MORE", "applicable_exclusive_redeemables_limit_exceeded")]),
    ] {
        let answer = on(&app, names, 10_000).await;
        assert_eq!(answer["valid"], true, "{names:?}");
        let (mut found, mut expected) = (fates(&answer), pairs(expected));
        if names == ["TEN", "HALF"] || names == ["HALF", "TEN"] {
            found.sort();
            expected.sort();
        }
        assert_eq!(found, expected, "{names:?}");
    }
    let body = json!({"redeemables": named(&["HALF", "TEN"]), "order": {"amount": 10_000},
        "options": {"expand": ["category"]}});
    let answer = validate(&app, body).await;
    let half = &answer["redeemables"].as_array().expect("all").iter().find(|entry| entry["id"] == "HALF").expect("it");
    assert_eq!(half["categories"][0]["stacking_rules_type"], "EXCLUSIVE");
    assert_eq!(half.get("order"), None, "it was not asked for");
}

#[tokio::test]
async fn limits_skip_what_comes_too_late() {
    let app = TestApp::new().await;
    let category = category(&app, "Few").await;
    stacking(&app, json!({"applicable_redeemables_category_limits": {(&*category): 2}})).await;
    let codes: Vec<String> = (1..=6).map(|number| format!("C{number}")).collect();
    for code in &codes {
        voucher(&app, code, amount(1), json!({})).await;
        voucher(&app, &format!("F{code}"), amount(1), json!({"category_id": category})).await;
    }
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let answer = on(&app, &codes, 10_000).await;
    assert_eq!(fates(&answer)[5].1, "applicable_redeemables_limit_exceeded");
    assert_eq!((&answer["valid"], &answer["order"]["total_amount"]), (&json!(true), &json!(9_995)));
    assert_eq!(answer["skipped_redeemables"], json!([answer["redeemables"][5]]));
    let answer = on(&app, &["FC1", "FC2", "FC3"], 10_000).await;
    assert_eq!(fates(&answer)[2].1, "applicable_redeemables_per_category_limit_exceeded");
}

#[tokio::test]
async fn thirty_coupons_are_validated_and_five_of_them_applied() {
    let app = TestApp::new().await;
    let codes: Vec<String> = (1..=30).map(|number| format!("C{number}")).collect();
    for code in &codes {
        voucher(&app, code, amount(1), json!({})).await;
    }
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let answer = on(&app, &codes, 10_000).await;
    let skipped = answer["skipped_redeemables"].as_array().map(Vec::len);
    assert_eq!((&answer["order"]["total_amount"], skipped), (&json!(9_995), Some(25)));
}

#[tokio::test]
async fn what_changes_nothing_is_applied_or_skipped_as_the_project_says() {
    for (rule, fate, valid) in [("SKIP", "no_effect", false), ("REDEEM_ANYWAY", APPLICABLE, true)] {
        let app = TestApp::new().await;
        stacking(&app, json!({"redeemables_no_effect_rule": rule})).await;
        voucher(&app, "TEN", percent(10), json!({})).await;
        let answer = on(&app, &["TEN"], 0).await;
        assert_eq!((fates(&answer), &answer["valid"]), (pairs(&[("TEN", fate)]), &json!(valid)), "{rule}");
    }
}

#[tokio::test]
async fn a_coupon_needs_no_order_and_no_amounts() {
    let app = TestApp::new().await;
    voucher(&app, "OFF", amount(10_000), json!({})).await;
    voucher(&app, "CARD", gift(500), json!({})).await;
    let answer = validate(&app, json!({"redeemables": named(&["OFF"])})).await;
    assert_eq!((&answer["valid"], answer.get("order")), (&json!(true), None));
    assert_eq!(answer["redeemables"][0].get("order"), None);
    let unpriced =
        json!({"redeemables": named(&["OFF"]), "order": {"items": [{"product_id": "shirt", "quantity": 2}]}});
    let answer = validate(&app, unpriced).await;
    assert_eq!(answer["valid"], true);
    for key in ["amount", "total_amount", "discount_amount", "total_applied_discount_amount"] {
        assert_eq!(answer["order"].get(key), None, "{key}");
    }
    for (order, key) in [(None, "missing_order"), (Some(json!({})), "missing_amount")] {
        let answer = validate(&app, json!({"redeemables": named(&["CARD"]), "order": order})).await;
        assert_eq!(fates(&answer), pairs(&[("CARD", key)]));
    }
}

#[tokio::test]
async fn items_are_discounted_line_by_line() {
    let app = TestApp::new().await;
    let product = app.post("/v1/products", json!({"name": "Shirt", "price": 20_000})).await.expect(200);
    let rule = json!({"name": "Shirts", "applicable_to": {"included": [{"object": "product", "id": product["id"]}],
        "included_all": false}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 1000}});
    voucher(&app, "SHIRT", coupon, json!({"validation_rules": [rule["id"]]})).await;
    let line = json!({"product_id": product["id"], "quantity": 1, "price": 20_000});
    let answer = validate(&app, json!({"redeemables": named(&["SHIRT"]), "order": {"items": [line]}})).await;
    insta::assert_json_snapshot!("a validation of a coupon for one product", redacted(answer));
}

#[tokio::test]
async fn a_stack_stands_for_its_tiers_and_stands_alone() {
    let app = TestApp::new().await;
    voucher(&app, "OFF", amount(10), json!({})).await;
    let tiers: Vec<Value> = [10, 20]
        .map(|off| {
            json!({"name": format!("{off} %"), "metadata": {"off": off},
            "action": {"discount": {"type": "PERCENT", "percent_off": off, "effect": "APPLY_TO_ORDER"}}})
        })
        .into();
    let body = json!({"name": "Sale", "campaign_type": "PROMOTION", "promotion": {"tiers": tiers}});
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    let tiers = campaign["promotion"]["tiers"].as_array().expect("tiers");
    let ids = json!([tiers[1]["id"], tiers[0]["id"]]);
    let path = format!("/v1/promotions/{}/stacks", text(&campaign["id"]));
    let stack = app.post(&path, json!({"name": "Both", "tiers": {"ids": ids}})).await.expect(200);
    let stack = text(&stack["id"]);
    let body = json!({"redeemables": named(&[stack]), "order": {"amount": 10_000},
        "options": {"expand": ["order", "redeemable"]}});
    let answer = validate(&app, body).await;
    let of =
        |key: &str| answer["redeemables"].as_array().expect("all").iter().map(|entry| &entry[key]).collect::<Vec<_>>();
    assert_eq!(json!(of("id")), ids);
    assert_eq!(of("object"), ["promotion_tier", "promotion_tier"]);
    assert_eq!([of("name"), of("campaign_name")], [["20 %", "10 %"], ["Sale", "Sale"]]);
    assert_eq!(answer["order"]["total_amount"], 7_200);
    let wrong = json!({"redeemables": named(&[stack, "OFF"])});
    let details = "Promotion Stack cannot be use with other redeemables";
    app.post("/v1/validations", wrong).await.refused(400, "invalid_redeemables", details);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_itself_is_refused() {
    let app = example().await;
    let by_id = app.get("/v1/vouchers/OFF10").await.expect(200);
    let duplicated = "Duplicated redeemables detected in one redemption";
    let order = |order: Value| json!({"redeemables": named(&["OFF10"]), "order": order});
    for (body, status, key, details) in [
        (json!({}), 400, "invalid_payload", "Payload should have required property 'redeemables'"),
        (
            json!({"redeemables": []}),
            400,
            "invalid_payload",
            "Property .redeemables should NOT have fewer than 1 items",
        ),
        (
            json!({"redeemables": [{"object": "voucher", "id": "a"}, {"object": "voucher"}]}),
            400,
            "invalid_payload",
            "Property .redeemables[1] should have required property 'id'",
        ),
        (
            json!({"redeemables": [{"object": "voucher", "id": "a", "gift": {"credits": -1}}]}),
            400,
            "invalid_payload",
            "Property .redeemables[0].gift.credits cannot be lower than 0",
        ),
        (json!({"redeemables": named(&["OFF10", "OFF10"])}), 400, "duplicated_redeemables", duplicated),
        (json!({"redeemables": named(&["OFF10", text(&by_id["id"])])}), 400, "duplicated_redeemables", duplicated),
        (
            json!({"redeemables": named(&["OFF10"]), "customer": {"id": "cust_x"}}),
            404,
            "not_found",
            "Cannot find customer with id cust_x",
        ),
        (order(json!({"id": "ord_x"})), 404, "not_found", "Cannot find order with id ord_x"),
        (
            json!({"redeemables": named(&["OFF10"]), "session": {"type": "OPEN"}}),
            400,
            "invalid_payload",
            "Property .session.type should be equal to one of the allowed values [ LOCK ]",
        ),
        (
            json!({"redeemables": named(&["OFF10"]), "session": {"type": "LOCK", "ttl_unit": "YEARS"}}),
            400,
            "invalid_payload",
            "Property .session.ttl_unit should be equal to one of the allowed values [ DAYS, HOURS, MINUTES, SECONDS, \
             MILLISECONDS, MICROSECONDS, NANOSECONDS ]",
        ),
    ] {
        app.post("/v1/validations", body).await.refused(status, key, details);
    }
    stacking(&app, json!({"redeemables_limit": 1, "applicable_redeemables_limit": 1})).await;
    let two = json!({"redeemables": named(&["OFF10", "OLD"])});
    let details = "Number of redeemables cannot be higher than 1";
    app.post("/v1/validations", two).await.refused(400, "invalid_redeemables", details);
}

#[tokio::test]
async fn a_voucher_answers_to_its_id_and_is_called_as_it_was_asked_for() {
    let app = example().await;
    let voucher = app.get("/v1/vouchers/OFF10").await.expect(200);
    let id = text(&voucher["id"]);
    let answer =
        validate(&app, json!({"redeemables": [{"object": "voucher", "id": id}], "order": {"amount": 5500}})).await;
    assert_eq!((&answer["redeemables"][0]["id"], &answer["order"]["total_amount"]), (&json!(id), &json!(4500)));
}

#[tokio::test]
async fn the_first_check_that_fails_is_the_reason() {
    let app = TestApp::new().await;
    let campaign = json!({"name": "Off", "campaign_type": "DISCOUNT_COUPONS", "type": "STATIC",
        "voucher": percent(10)});
    app.post("/v1/campaigns", campaign).await.expect(200);
    app.post("/v1/campaigns/Off/vouchers/IN", json!({})).await.expect(200);
    app.post("/v1/campaigns/Off/disable", json!({})).await.expect(200);
    voucher(&app, "OFF", percent(10), json!({"active": false, "expiration_date": "2020-01-01T00:00:00Z"})).await;
    voucher(&app, "SOON", percent(10), json!({"start_date": "2030-01-01T00:00:00Z"})).await;
    voucher(&app, "GONE", percent(10), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    voucher(&app, "WEEK", percent(10), json!({"validity_day_of_week": [1]})).await;
    voucher(&app, "NONE", percent(10), json!({"redemption": {"quantity": 0}})).await;
    let cards = json!({"name": "Cards", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 100}}});
    app.post("/v1/campaigns", cards).await.expect(200);
    app.post("/v1/campaigns/Cards/vouchers/POINTS", json!({})).await.expect(200);
    for (code, key) in [
        ("IN", "voucher_disabled"),
        ("OFF", "voucher_disabled"),
        ("SOON", "voucher_not_active"),
        ("GONE", "voucher_expired"),
        ("WEEK", "voucher_not_active_now"),
        ("NONE", "quantity_exceeded"),
        ("POINTS", "missing_reward"),
    ] {
        let answer = on(&app, &[code], 5500).await;
        assert_eq!(fates(&answer), pairs(&[(code, key)]));
    }
}

#[tokio::test]
async fn a_referral_code_is_for_others_than_its_referrer() {
    let app = TestApp::new().await;
    let campaign = json!({"name": "Friends", "campaign_type": "REFERRAL_PROGRAM", "type": "STATIC",
        "voucher": percent(30), "referral_program": {"conversion_event_type": "redemption"}});
    app.post("/v1/campaigns", campaign).await.expect(200);
    app.post("/v1/campaigns/Friends/vouchers/TELL", json!({})).await.expect(200);
    let publication = json!({"voucher": "TELL", "customer": {"source_id": "ada"}});
    let publication = app.post("/v1/publications", publication).await.expect(200);
    let by = |customer: Option<&str>| {
        let customer = customer.map(|source_id| json!({"source_id": source_id}));
        validate(&app, json!({"redeemables": named(&["TELL"]), "order": {"amount": 20_000}, "customer": customer}))
    };
    assert_eq!(fates(&by(Some("ada")).await), pairs(&[("TELL", "referrer_not_permitted_to_redeem")]));
    assert_eq!(fates(&by(None).await), pairs(&[("TELL", "missing_customer")]));
    let friend = by(Some("bob")).await;
    assert_eq!(friend["order"]["total_amount"], 14_000);
    let referrer = json!({"id": publication["customer_id"], "object": "customer"});
    assert_eq!(
        (&friend["order"]["referrer_id"], &friend["order"]["referrer"]),
        (&publication["customer_id"], &referrer)
    );
}

#[tokio::test]
async fn an_order_that_is_stored_keeps_its_earlier_discounts() {
    let app = example().await;
    let order = json!({"source_id": "o1", "amount": 10_000, "discount_amount": 9_200});
    let order = app.post("/v1/orders", order).await.expect(200);
    let by_id = json!({"redeemables": named(&["OFF10"]), "order": {"id": order["id"]}});
    let answer = validate(&app, by_id).await;
    let amounts = |answer: &Value| {
        ["applied_discount_amount", "discount_amount", "total_amount"].map(|key| answer["order"][key].clone())
    };
    assert_eq!(amounts(&answer), [json!(800), json!(10_000), json!(0)]);
    assert_eq!((&answer["order"]["id"], &answer["order"]["source_id"]), (&order["id"], &json!("o1")));
    let by_source_id = json!({"redeemables": named(&["OFF10"]), "order": {"source_id": "o1", "amount": 50}});
    assert_eq!(amounts(&validate(&app, by_source_id).await), amounts(&answer), "what is stored counts");
    let changed = json!({"redeemables": named(&["OFF10"]), "order": {"id": order["id"], "amount": 20_000}});
    assert_eq!(validate(&app, changed).await["order"]["total_amount"], 9_800);
    let path = format!("/v1/orders/{}", text(&order["id"]));
    assert_eq!(app.get(&path).await.expect(200), order, "nothing was stored");
}

#[tokio::test]
async fn a_customer_is_foreseen_and_not_created() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OFF10"]), "customer": {"source_id": "ada", "name": "Ada"}});
    let answer = validate(&app, body.clone()).await;
    let tracking_id = text(&answer["tracking_id"]).to_owned();
    assert!(tracking_id.starts_with("track_"));
    app.get("/v1/customers/ada").await.expect(404);
    let customer = app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    for customer in [
        json!({"customer": {"source_id": "ada"}}),
        json!({"customer": {"id": customer["id"]}}),
        json!({"customer": {"source_id": tracking_id}}),
        json!({"tracking_id": tracking_id}),
        json!({"tracking_id": "ada"}),
        json!({"order": {"amount": 10, "customer": {"source_id": "ada"}}}),
    ] {
        let mut body = customer.clone();
        body["redeemables"] = named(&["OFF10"]);
        assert_eq!(validate(&app, body).await["tracking_id"], json!(tracking_id), "{customer}");
    }
    let read = app.get("/v1/customers/ada").await.expect(200);
    assert_eq!(read.get("name"), customer.get("name"), "nothing was changed");
}

#[tokio::test]
async fn rules_see_the_customer_as_the_request_describes_it() {
    let app = TestApp::new().await;
    let rule = json!({"name": "VIP", "rules": {"1": {"name": "customer.metadata", "property": "vip",
        "conditions": {"$is": [true]}}, "logic": "1"}});
    let rule = app.post("/v1/validation-rules", rule).await.expect(200);
    voucher(&app, "VIP", percent(10), json!({"validation_rules": [rule["id"]]})).await;
    app.post("/v1/customers", json!({"source_id": "ada", "metadata": {"vip": true}})).await.expect(200);
    for (customer, key) in [
        (json!(null), "missing_customer"),
        (json!({}), "missing_customer"),
        (json!({"source_id": "ada"}), APPLICABLE),
        (json!({"source_id": "bob"}), "customer_rules_violated"),
        (json!({"source_id": "bob", "metadata": {"vip": true}}), APPLICABLE),
        (json!({"source_id": "ada", "metadata": {"vip": false}}), "customer_rules_violated"),
    ] {
        let body = json!({"redeemables": named(&["VIP"]), "order": {"amount": 10}, "customer": customer});
        assert_eq!(fates(&validate(&app, body).await), pairs(&[("VIP", key)]), "{customer}");
    }
}

#[tokio::test]
async fn metadata_of_the_redemption_follow_their_schema() {
    let app = example().await;
    app.schema("redemption", json!({"shop": {"type": "number", "array": false, "optional": true}})).await;
    let with = |shop: Value| json!({"redeemables": named(&["OFF10"]), "metadata": {"shop": shop}});
    validate(&app, with(json!(7))).await;
    let wrong: Reply = app.post("/v1/validations", with(json!("x"))).await;
    assert_eq!(wrong.expect(400)["key"], "metadata_validation_failed");
}

#[tokio::test]
async fn a_validation_of_somebody_known_is_part_of_the_activity() {
    let app = example().await;
    let customer = app.post("/v1/customers", json!({"source_id": "ada", "name": "Ada"})).await.expect(200);
    for names in [&["OFF10"][..], &["OLD", "OFF10"]] {
        app.advance(5);
        validate(&app, json!({"redeemables": named(names), "customer": {"source_id": "ada"}})).await;
    }
    validate(&app, json!({"redeemables": named(&["OFF10"])})).await;
    let activity = app.get(&format!("/v1/customers/{}/activity", text(&customer["id"]))).await.expect(200);
    let rows = activity["data"].as_array().expect("rows");
    let kinds: Vec<&str> = rows.iter().map(|row| text(&row["type"])).collect();
    assert_eq!(kinds, ["customer.validation.failed", "customer.validation.succeeded", "customer.created"]);
    insta::assert_json_snapshot!("what activity tells of a validation", redacted(rows[0].clone()));
}

#[tokio::test]
async fn whoever_wants_to_know_why_is_told() {
    let app = example().await;
    let body = json!({"redeemables": named(&["OLD"]), "order": {"amount": 5500}, "options": {"expand": ["explain"]}});
    let answer = validate(&app, body).await;
    let checks = &answer["explain"][0]["nodes"][0]["nodes"];
    let failed = checks.as_array().expect("checks").last().expect("the one that failed");
    assert_eq!((&failed["subject"], &failed["outcome"]), (&json!("expiration_date"), &json!("violated")), "{answer:#}");
}
