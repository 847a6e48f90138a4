//! What somebody could use: which redeemables are listed, in which order, and what is told of them.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::{
    app::{As, CLIENT, PROJECT, TestApp, redacted},
    publications::coupons,
    validations::{amount, gift, named, percent, text, tier, voucher},
};

pub(crate) async fn qualify(app: &TestApp, body: Value) -> Value {
    app.post("/v1/qualifications", body).await.expect(200)
}

pub(crate) fn rows(answer: &Value) -> &[Value] {
    answer["redeemables"]["data"].as_array().expect("a list")
}

/// What qualifies: vouchers by their codes, all else by ids.
pub(crate) fn ids(answer: &Value) -> Vec<&str> {
    rows(answer).iter().map(|row| text(&row["id"])).collect()
}

pub(crate) async fn rule(app: &TestApp, body: Value) -> Value {
    let mut rule = json!({"name": "A rule"});
    rule.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
    app.post("/v1/validation-rules", rule).await.expect(200)["id"].clone()
}

/// A rule of one leaf.
pub(crate) fn leaf(name: &str, conditions: Value) -> Value {
    json!({"rules": {"1": {"name": name, "conditions": conditions}, "logic": "1"}})
}

/// A code of the campaign, for this customer.
pub(crate) async fn published(app: &TestApp, campaign: &str, customer: &str) -> String {
    let body = json!({"campaign": {"name": campaign}, "customer": {"source_id": customer}});
    text(&app.post("/v1/publications", body).await.expect(200)["voucher"]["code"]).to_owned()
}

fn of_ten() -> Value {
    json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"})
}

/// The documentation's example: a promotion, an expired coupon, and one that is not.
async fn example() -> (TestApp, String) {
    let app = TestApp::new().await;
    let promotion = tier(&app, "10", of_ten()).await;
    app.advance(1_000);
    voucher(&app, "OLD", amount(1000), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    app.advance(1_000);
    voucher(&app, "OFF10", amount(1000), json!({})).await;
    (app, promotion)
}

#[tokio::test]
async fn what_applies_by_itself_is_listed_newest_first() {
    let (app, promotion) = example().await;
    let body = json!({"order": {"amount": 5500}});
    let answer = qualify(&app, body.clone()).await;
    assert_eq!(ids(&answer), ["OFF10", &promotion]);
    assert_eq!(qualify(&app, body).await, answer, "equal requests have equal answers");
    insta::assert_json_snapshot!("a qualification of an order", redacted(answer));
}

#[tokio::test]
async fn where_nothing_qualifies_the_list_is_empty() {
    let app = TestApp::new().await;
    let answer = qualify(&app, json!({"order": {"amount": 5500}})).await;
    let expected = json!({"object": "list", "data_ref": "data", "data": [], "total": 0, "has_more": false});
    assert_eq!(answer["redeemables"], expected);
    let bare = qualify(&app, json!({})).await;
    assert_eq!((bare.get("order"), bare.get("tracking_id")), (None, None));
}

#[tokio::test]
async fn without_an_order_there_is_none_in_the_answer() {
    let (app, promotion) = example().await;
    let answer = qualify(&app, json!({"customer": {"source_id": "ada"}})).await;
    assert_eq!(ids(&answer), ["OFF10", &promotion]);
    assert!(rows(&answer).iter().all(|row| row.get("order").is_none() && row["object"].is_string()));
    assert!(text(&answer["tracking_id"]).starts_with("track_"));
    app.get("/v1/customers/ada").await.expect(404);
}

#[tokio::test]
async fn lines_are_told_as_they_were_sent_and_as_the_catalogue_knows_them() {
    let (app, _) = example().await;
    app.post("/v1/products", json!({"source_id": "mug", "name": "Mug", "price": 900})).await.expect(200);
    let lines = json!([{"source_id": "mug", "related_object": "product", "quantity": "2"},
        {"product_id": "x", "quantity": 1, "price": 500}]);
    let answer = qualify(&app, json!({"order": {"items": lines}, "options": {"limit": 1}})).await;
    let (own, calculated) = (&answer["order"]["items"], &rows(&answer)[0]["order"]);
    assert_eq!(own[0]["product"]["name"], "Mug");
    assert_eq!((own[0].get("price"), &own[1]["price"], &own[0]["quantity"]), (None, &json!(500), &json!(2)));
    assert!(own.as_array().expect("lines").iter().all(|line| line.get("amount").is_none()));
    assert_eq!(own[0]["id"], calculated["items"][0]["id"]);
    assert!(text(&own[1]["id"]).starts_with("ordli_") && own[1]["id"] != own[0]["id"]);
    assert_eq!((&calculated["amount"], &calculated["total_amount"]), (&json!(2_300), &json!(1_300)));
    assert_eq!(answer["order"].get("amount"), None);
}

#[tokio::test]
async fn a_discount_of_items_qualifies_for_an_order_without_lines_and_changes_nothing() {
    let app = TestApp::new().await;
    let included = json!([{"object": "product", "id": "prod_1", "source_id": null}]);
    let rule = rule(&app, json!({"applicable_to": {"included": included, "included_all": false}})).await;
    let coupon = json!({"type": "DISCOUNT_VOUCHER",
        "discount": {"type": "AMOUNT", "amount_off": 1_000, "effect": "APPLY_TO_ITEMS"}});
    voucher(&app, "ITEMS", coupon, json!({"validation_rules": [rule]})).await;
    let answer = qualify(&app, json!({"order": {"amount": 20_000}})).await;
    let row = &rows(&answer)[0];
    let order = json!({"amount": 20_000, "total_amount": 20_000, "metadata": {}, "customer_id": null,
        "referrer_id": null, "object": "order"});
    assert_eq!(row["order"], order);
    assert_eq!(
        (&row["applicable_to"]["total"], row["applicable_to"]["data"][0].get("order_item_indices")),
        (&json!(1), None)
    );
}

#[tokio::test]
async fn a_page_ends_with_the_time_at_which_the_next_one_begins() {
    let app = TestApp::new().await;
    for code in ["FIRST", "SECOND", "THIRD"] {
        voucher(&app, code, amount(100), json!({})).await;
        app.advance(1_000);
    }
    let page = async |after: Value| {
        let options = json!({"limit": 1, "starting_after": after});
        qualify(&app, json!({"order": {"amount": 500}, "options": options})).await
    };
    let mut seen = Vec::new();
    let mut after = json!("null");
    loop {
        let answer = page(after).await;
        seen.push(ids(&answer)[0].to_owned());
        let list = &answer["redeemables"];
        assert_eq!(list["total"], 1);
        match list.get("more_starting_after") {
            Some(next) => {
                assert_eq!((&list["has_more"], next), (&json!(true), &rows(&answer)[0]["created_at"]));
                after = next.clone();
            }
            None => break assert_eq!(list["has_more"], false),
        }
    }
    assert_eq!(seen, ["THIRD", "SECOND", "FIRST"]);
}

#[tokio::test]
async fn five_are_told_and_fifty_at_most() {
    let app = TestApp::new().await;
    for number in 0..52 {
        voucher(&app, &format!("CODE{number}"), amount(100), json!({})).await;
    }
    for (options, expected) in [(json!(null), 5), (json!({"limit": 100}), 50), (json!({"limit": 7}), 7)] {
        let answer = qualify(&app, json!({"order": {"amount": 500}, "options": options})).await;
        assert_eq!((&answer["redeemables"]["total"], rows(&answer).len()), (&json!(expected), expected));
    }
    let refused = app.post("/v1/qualifications", json!({"options": {"limit": 0}})).await;
    refused.refused(400, "invalid_payload", "Property .options.limit cannot be lower than 1");
}

#[tokio::test]
async fn the_best_deals_come_first_if_asked_for() {
    let app = TestApp::new().await;
    for (code, off) in [("MUCH", 900), ("LITTLE", 100), ("NOTHING", 0), ("ALSO_MUCH", 900), ("SOME", 500)] {
        voucher(&app, code, amount(off), json!({})).await;
        app.advance(1_000);
    }
    for (sorting, limit, expected) in [
        ("DEFAULT", 5, &["SOME", "ALSO_MUCH", "NOTHING", "LITTLE", "MUCH"][..]),
        ("BEST_DEAL", 5, &["ALSO_MUCH", "MUCH", "SOME", "LITTLE", "NOTHING"]),
        ("LEAST_DEAL", 5, &["NOTHING", "LITTLE", "SOME", "ALSO_MUCH", "MUCH"]),
        ("BEST_DEAL", 2, &["ALSO_MUCH", "MUCH"]),
        ("LEAST_DEAL", 1, &["NOTHING"]),
    ] {
        let options = json!({"sorting_rule": sorting, "limit": limit});
        let answer = qualify(&app, json!({"order": {"amount": 5_000}, "options": options})).await;
        assert_eq!(ids(&answer), expected, "{sorting}");
        assert_eq!(answer["redeemables"]["has_more"], limit < 5, "{sorting}");
    }
}

#[tokio::test]
async fn codes_for_everybody_are_listed_and_codes_for_one_are_not() {
    let app = TestApp::new().await;
    for (code, body, more) in [
        ("UNLIMITED", amount(100), json!({})),
        ("HUNDRED", amount(100), json!({"redemption": {"quantity": 100}})),
        ("SINGLE", amount(100), json!({"redemption": {"quantity": 1}})),
        ("DISABLED", amount(100), json!({"active": false})),
        ("EXPIRED", amount(100), json!({"expiration_date": "2020-01-01T00:00:00Z"})),
        ("LATER", amount(100), json!({"start_date": "2030-01-01T00:00:00Z"})),
        ("CARD", gift(500), json!({})),
        ("HELD_COUPON", amount(100), json!({})),
        ("HELD_CARD", gift(500), json!({})),
    ] {
        voucher(&app, code, body, more).await;
        app.advance(1_000);
    }
    for code in ["HELD_COUPON", "HELD_CARD"] {
        app.post("/v1/publications", json!({"voucher": code, "customer": "ada"})).await.expect(200);
    }
    let listed = async |body: Value| {
        let mut body = body;
        body["order"] = json!({"amount": 5_000});
        body["options"] = json!({"limit": 50});
        let answer = qualify(&app, body).await;
        ids(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed(json!({})).await, ["HELD_COUPON", "CARD", "HUNDRED", "UNLIMITED"]);
    let of_ada = listed(json!({"customer": {"source_id": "ada"}})).await;
    assert_eq!(of_ada, ["HELD_CARD", "HELD_COUPON", "CARD", "HUNDRED", "UNLIMITED"]);
    app.post("/v1/vouchers/HUNDRED/disable", json!({})).await.expect(200);
    app.delete("/v1/vouchers/UNLIMITED").await.expect(204);
    assert_eq!(listed(json!({})).await, ["HELD_COUPON", "CARD"]);
    app.post("/v1/vouchers/HUNDRED/enable", json!({})).await.expect(200);
    assert_eq!(listed(json!({})).await, ["HELD_COUPON", "CARD", "HUNDRED"]);
}

#[tokio::test]
async fn a_browser_is_told_no_code_of_somebody_elses_card() {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}");
    let trusted = json!({"client_trusted_domains": ["shop.example"]});
    app.call(As::Management, Method::PUT, &path, Some(trusted)).await.expect(200);
    voucher(&app, "COUPON", amount(100), json!({})).await;
    voucher(&app, "CARD", gift(500), json!({})).await;
    voucher(&app, "HELD_CARD", gift(500), json!({})).await;
    app.post("/v1/publications", json!({"voucher": "HELD_CARD", "customer": "ada"})).await.expect(200);
    for (customer, expected) in
        [(json!(null), &["COUPON"][..]), (json!({"source_id": "ada"}), &["COUPON", "HELD_CARD"])]
    {
        let body = json!({"customer": customer, "order": {"amount": 5_000}});
        app.advance(5_000);
        let request = Request::builder()
            .method(Method::POST)
            .uri("/client/v1/qualifications")
            .header("X-Client-Application-Id", CLIENT.0)
            .header("X-Client-Token", CLIENT.1)
            .header("Origin", "https://shop.example")
            .header("content-type", "application/json");
        let reply = app.send(request.body(Body::from(body.to_string())).expect("a request")).await;
        let answer = reply.expect(200);
        let mut listed = ids(&answer);
        listed.sort_unstable();
        assert_eq!(listed, expected);
    }
}

#[tokio::test]
async fn campaigns_are_listed_as_long_as_they_have_codes_to_give() {
    let app = TestApp::new().await;
    let auto = coupons(&app, "Endless", "AUTO_UPDATE", 0, json!({})).await;
    app.advance(1_000);
    let fixed = coupons(&app, "One code", "STATIC", 1, json!({})).await;
    app.advance(1_000);
    let cards = json!({"name": "Cards", "campaign_type": "GIFT_VOUCHERS", "voucher": {"type": "GIFT_VOUCHER",
        "gift": {"amount": 700, "effect": "APPLY_TO_ORDER"}}});
    let cards = app.post("/v1/campaigns", cards).await.expect(200);
    app.advance(1_000);
    let loyalty = json!({"name": "Points", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 1_000}}});
    let loyalty = app.post("/v1/campaigns", loyalty).await.expect(200);
    app.advance(1_000);
    let shared = json!({"name": "Shared", "campaign_type": "DISCOUNT_COUPONS", "type": "STANDALONE", "voucher": {
        "type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 100}, "code": "SHARED"}});
    app.post("/v1/campaigns", shared).await.expect(200);
    let body = json!({"customer": {"source_id": "bob"}, "order": {"amount": 20_000}});
    let answer = qualify(&app, body.clone()).await;
    let expected = ["SHARED", text(&loyalty["id"]), text(&cards["id"]), text(&fixed["id"]), text(&auto["id"])];
    assert_eq!(ids(&answer), expected);
    let of = |place: usize| &rows(&answer)[place];
    assert_eq!((&of(0)["object"], &of(1)["object"]), (&json!("voucher"), &json!("campaign")));
    assert_eq!(of(1)["result"], json!({"loyalty_card": {"points": 0, "balance": 1_000}}));
    assert_eq!((&of(1)["order"]["total_amount"], &of(1)["applicable_to"]["total"]), (&json!(20_000), &json!(0)));
    assert_eq!(of(2)["result"], json!({"gift": {"balance": 700, "credits": 700}}));
    assert_eq!(
        (&of(4)["result"]["discount"]["percent_off"], &of(4)["order"]["total_amount"]),
        (&json!(10), &json!(18_000))
    );

    published(&app, "One code", "ada").await;
    app.post(&format!("/v1/campaigns/{}/disable", text(&cards["id"])), json!({})).await.expect(200);
    let answer = qualify(&app, body).await;
    assert_eq!(ids(&answer), ["SHARED", text(&loyalty["id"]), text(&auto["id"])]);
}

#[tokio::test]
async fn locked_credits_are_told_within_a_session() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    let redeemables = json!([{"object": "voucher", "id": "CARD", "gift": {"credits": 3_000}}]);
    let session = json!({"type": "LOCK", "key": "K", "ttl": 1, "ttl_unit": "HOURS"});
    let lock = json!({"redeemables": redeemables, "order": {"amount": 6_000}, "session": session});
    assert_eq!(app.post("/v1/validations", lock).await.expect(200)["valid"], true);
    let gift = async |session: Value| {
        let answer = qualify(&app, json!({"order": {"amount": 6_000}, "session": session})).await;
        rows(&answer)[0]["result"]["gift"].clone()
    };
    let locked = json!({"balance": 5_000, "credits": 2_000, "locked_credits": 3_000});
    assert_eq!(gift(json!({"type": "LOCK"})).await, locked);
    assert_eq!(gift(json!(null)).await, json!({"balance": 5_000, "credits": 2_000}));
    let own = json!({"balance": 5_000, "credits": 5_000, "locked_credits": 0});
    assert_eq!(gift(json!({"type": "LOCK", "key": "K"})).await, own);
    app.advance(2 * 3_600_000);
    assert_eq!(gift(json!({"type": "LOCK"})).await, own, "the session has ended");
}

#[tokio::test]
async fn what_a_session_keeps_is_not_offered_to_others() {
    let app = TestApp::new().await;
    voucher(&app, "TWO", amount(100), json!({"redemption": {"quantity": 2}})).await;
    for key in ["A", "B"] {
        let session = json!({"type": "LOCK", "key": key, "ttl": 1, "ttl_unit": "HOURS"});
        let body = json!({"redeemables": named(&["TWO"]), "session": session});
        assert_eq!(app.post("/v1/validations", body).await.expect(200)["valid"], true);
    }
    assert!(ids(&qualify(&app, json!({})).await).is_empty());
    app.advance(2 * 3_600_000);
    assert_eq!(ids(&qualify(&app, json!({})).await), ["TWO"]);
}

#[tokio::test]
async fn filters_select_by_what_a_redeemable_is() {
    let app = TestApp::new().await;
    let category = app.post("/v1/categories", json!({"name": "Spring", "hierarchy": 1})).await.expect(200);
    let promotion = tier(&app, "10", of_ten()).await;
    app.advance(1_000);
    let campaign = coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({"category_id": category["id"]})).await;
    let campaign = text(&campaign["id"]).to_owned();
    app.advance(1_000);
    let code = published(&app, "Summer", "ada").await;
    app.advance(1_000);
    let off = voucher(&app, "OFF", amount(100), json!({})).await;
    app.advance(1_000);
    voucher(&app, "CARD", gift(100), json!({})).await;
    let (off, code, campaign, promotion) = (text(&off["id"]), code.as_str(), campaign.as_str(), promotion.as_str());
    let is = |field: &str, operator: &str, operands: Value| json!({field: {"conditions": {operator: operands}}});
    let or = json!({"junction": "or", "code": {"conditions": {"$is": ["OFF"]}},
        "resource_type": {"conditions": {"$is": ["promotion_tier"]}}});
    for (filters, expected) in [
        (json!({}), &["CARD", "OFF", code, campaign, promotion][..]),
        (is("category_id", "$is", json!([category["id"]])), &[code, campaign]),
        (is("campaign_id", "$is", json!([campaign])), &[code, campaign]),
        (is("campaign_id", "$is_unknown", json!([])), &["CARD", "OFF"]),
        (is("campaign_type", "$is", json!(["PROMOTION"])), &[promotion]),
        (is("campaign_type", "$in", json!(["PROMOTION", "DISCOUNT_COUPONS"])), &[code, campaign, promotion]),
        (is("resource_id", "$in", json!([off, promotion])), &["OFF", promotion]),
        (is("resource_type", "$is", json!(["campaign", "voucher"])), &[campaign]),
        (is("resource_type", "$not_in", json!(["campaign", "voucher"])), &[promotion]),
        (is("voucher_type", "$is", json!(["GIFT_VOUCHER"])), &["CARD"]),
        (is("voucher_type", "$has_value", json!([])), &["CARD", "OFF", code, campaign]),
        (is("code", "$is_not", json!(["OFF"])), &["CARD", code, campaign, promotion]),
        (is("holder_role", "$is", json!(["OWNER"])), &[code]),
        (is("holder_role", "$is", json!(["REFEREE"])), &[]),
        (or, &["OFF", promotion]),
    ] {
        let body = json!({"customer": {"source_id": "ada"}, "order": {"amount": 500},
            "options": {"filters": filters, "limit": 50}});
        assert_eq!(ids(&qualify(&app, body).await), expected, "{filters}");
    }
    let unknown = json!({"options": {"filters": is("name", "$is", json!(["x"]))}});
    app.post("/v1/qualifications", unknown).await.expect(400);
}

#[tokio::test]
async fn what_else_is_known_is_told_if_it_is_asked_for() {
    let app = TestApp::new().await;
    let category = app.post("/v1/categories", json!({"name": "Spring", "hierarchy": 1})).await.expect(200);
    let rule = rule(&app, leaf("order.items.count", json!({"$more_than": [-1]}))).await;
    let tier = json!({"name": "Ten", "banner": "10 % off", "metadata": {"k": 1}, "action": {"discount": of_ten()},
        "validation_rules": [rule]});
    let body = json!({"name": "P", "campaign_type": "PROMOTION", "promotion": {"tiers": [tier]}});
    let promotion = app.post("/v1/campaigns", body).await.expect(200);
    app.advance(1_000);
    let more = json!({"category_id": category["id"], "metadata": {"region": "EU"}, "validation_rules": [rule],
        "use_voucher_metadata_schema": false});
    coupons(&app, "Summer", "AUTO_UPDATE", 0, more).await;
    app.advance(1_000);
    published(&app, "Summer", "ada").await;
    let lines = json!([{"product_id": "x", "quantity": 1, "price": 500}]);
    let answer = async |expand: Value| {
        let body = json!({"customer": {"source_id": "ada"}, "order": {"items": lines}, "options": {"expand": expand}});
        qualify(&app, body).await
    };
    let plain = answer(json!([])).await;
    let keys =
        ["metadata", "name", "banner", "campaign_name", "campaign_id", "categories", "validation_rules_assignments"];
    assert!(rows(&plain).iter().all(|row| keys.iter().all(|key| row.get(key).is_none())));
    let full = answer(json!(["redeemable", "category", "validation_rules"])).await;
    let [code, campaign, tier] = rows(&full) else { panic!("three qualify") };
    assert_eq!((&code["campaign_name"], &code["metadata"]), (&json!("Summer"), &json!({})));
    assert_eq!(code["categories"][0]["name"], "Spring");
    assert_eq!((campaign.get("campaign_id"), &campaign["metadata"]), (None, &json!({"region": "EU"})));
    let told = ["name", "banner", "campaign_name", "metadata"].map(|key| tier[key].clone());
    assert_eq!(told, [json!("Ten"), json!("10 % off"), json!("P"), json!({"k": 1})]);
    assert_eq!((&tier["campaign_id"], &tier["categories"]), (&promotion["id"], &json!([])));
    let assignments = &code["validation_rules_assignments"];
    assert_eq!((&assignments["total"], &assignments["data"][0]["validation_status"]), (&json!(1), &json!("VALID")));
    assert_eq!(assignments["data"][0]["related_object_type"], "campaign");
    assert_eq!(assignments["data"][0].get("created_at"), None);
    assert_eq!(tier["validation_rules_assignments"]["data"][0]["rule_id"], rule);
    insta::assert_json_snapshot!(
        "a qualified code with all that is known",
        redacted({
            let mut code = code.clone();
            code["id"] = "<code>".into();
            code
        })
    );
}

#[tokio::test]
async fn a_referee_sees_the_code_that_refers_and_its_referrer_does_not() {
    let app = TestApp::new().await;
    let body = json!({"name": "Friends", "campaign_type": "REFERRAL_PROGRAM", "vouchers_count": 1, "type": "STATIC",
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 30}},
        "referral_program": {"conversion_event_type": "redemption"}});
    app.post("/v1/campaigns", body).await.expect(200);
    app.run_due().await;
    let code = published(&app, "Friends", "ann").await;
    let holders = json!({"holders": [{"source_id": "ben"}]});
    app.post(&format!("/v1/referrals/members/{code}/holders"), holders).await.expect(200);
    for (customer, expected) in [("ann", &[][..]), ("ben", &[code.as_str()]), ("cid", &[])] {
        for scenario in ["ALL", "CUSTOMER_WALLET"] {
            let body = json!({"scenario": scenario, "customer": {"source_id": customer}, "order": {"amount": 20_000}});
            let answer = qualify(&app, body).await;
            assert_eq!(ids(&answer), expected, "{customer} in {scenario}");
        }
    }
    let body = json!({"customer": {"source_id": "ben"}, "order": {"amount": 20_000}});
    let answer = qualify(&app, body).await;
    let ann = app.get("/v1/customers/ann").await.expect(200);
    assert_eq!(
        (&rows(&answer)[0]["order"]["referrer_id"], &rows(&answer)[0]["order"]["total_amount"]),
        (&ann["id"], &json!(14_000))
    );
}

#[tokio::test]
async fn counters_and_the_amount_so_far_are_left_to_validations() {
    let app = TestApp::new().await;
    let per_customer = rule(&app, leaf("redemption.count.per_customer", json!({"$less_than_or_equal": [0]}))).await;
    let amount_rule = rule(&app, leaf("order.amount", json!({"$more_than": [10_000]}))).await;
    let initial = rule(&app, leaf("order.initial_amount", json!({"$more_than": [10_000]}))).await;
    for (code, rule) in [("COUNTED", per_customer), ("AMOUNT", amount_rule), ("INITIAL", initial)] {
        voucher(&app, code, percent(10), json!({"validation_rules": [rule]})).await;
        app.advance(1_000);
    }
    assert_eq!(ids(&qualify(&app, json!({"order": {"amount": 500}})).await), ["AMOUNT", "COUNTED"]);
}

#[tokio::test]
async fn nonsense_is_refused_by_name() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"options": {"starting_after": "soon"}}), ".options.starting_after"),
        (json!({"options": {"sorting_rule": "WORST"}}), ".options.sorting_rule"),
        (json!({"scenario": "SOME"}), ".scenario"),
        (json!({"options": {"filters": []}}), ".options.filters"),
    ] {
        let refused = app.post("/v1/qualifications", body.clone()).await.expect(400);
        assert_eq!(refused["key"], "invalid_payload", "{body}");
        assert!(text(&refused["details"]).contains(details), "{body}: {refused}");
    }
    app.post("/v1/qualifications", json!({"customer": {"id": "cust_x"}})).await.refused(
        404,
        "not_found",
        "Cannot find customer with id cust_x",
    );
}

#[tokio::test]
async fn what_can_not_match_is_not_even_looked_at() {
    let app = TestApp::new().await;
    let mut hopeless = Vec::new();
    for condition in [
        leaf("customer.segment", json!({"$is": ["seg_other"]})),
        leaf("order.items.any", json!({"$is": [{"id": "prod_other", "object": "product"}]})),
        leaf("order.initial_amount", json!({"$more_than": [1_000_000]})),
    ] {
        hopeless.push(rule(&app, condition).await);
    }
    let tiers: Value = (0..30)
        .map(|number: usize| {
            json!({"name": format!("Tier {number}"), "action": {"discount": of_ten()},
                "validation_rules": [hopeless[number % 3]]})
        })
        .collect();
    let body = json!({"name": "Hopeless", "campaign_type": "PROMOTION", "promotion": {"tiers": tiers}});
    app.post("/v1/campaigns", body).await.expect(200);
    let promotion = tier(&app, "10", of_ten()).await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    for scenario in ["ALL", "AUDIENCE_ONLY"] {
        let body = json!({"scenario": scenario, "customer": {"source_id": "ada"}, "order": {"amount": 500},
            "options": {"limit": 50}});
        assert!(ids(&qualify(&app, body).await).contains(&promotion.as_str()), "{scenario}");
    }
    let text = recorder.handle().render();
    let figure = |name: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(&format!("guerdon_qualification_candidates_{name} ")));
        line.and_then(|number| number.parse::<f64>().ok()).expect("a figure")
    };
    // Of 31 tiers: the one that applies and, where only rules about customers count, those with none of these.
    assert_eq!((figure("count"), figure("sum")), (2.0, 1.0 + 21.0));
}

#[tokio::test]
async fn what_a_customer_holds_is_listed_whether_or_not_it_can_be_used() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({})).await;
    voucher(&app, "CARD", gift(500), json!({})).await;
    voucher(&app, "OFF", amount(100), json!({})).await;
    app.post("/v1/publications", json!({"voucher": "CARD", "customer": "ada"})).await.expect(200);
    app.advance(1_000);
    let code = published(&app, "Summer", "ada").await;
    app.advance(1_000);
    app.post("/v1/publications", json!({"voucher": "OFF", "customer": "ada"})).await.expect(200);
    app.post("/v1/vouchers/OFF/disable", json!({})).await.expect(200);
    let list = async |query: &str| app.get(&format!("/v1/customers/ada/redeemables?{query}")).await.expect(200);
    let all = list("").await;
    let seen = all["data"].as_array().expect("rows").iter().map(|row| {
        let redeemable = &row["redeemable"];
        [&redeemable["voucher"]["code"], &redeemable["status"], &row["holder_role"], &row["campaign_type"]]
            .map(Value::clone)
    });
    let seen: Vec<[Value; 4]> = seen.collect();
    let expected = [
        [json!("OFF"), json!("DISABLED"), json!("OWNER"), Value::Null],
        [json!(code), json!("ACTIVE"), json!("OWNER"), json!("DISCOUNT_COUPONS")],
        [json!("CARD"), json!("ACTIVE"), json!("OWNER"), Value::Null],
    ];
    assert_eq!(seen, expected);
    assert_eq!((&all["total"], &all["has_more"], all["data"][0].get("object")), (&json!(3), &json!(false), None));
    let first = list("limit=1&order=id").await;
    assert_eq!(
        (&first["data"][0]["redeemable"]["voucher"]["code"], &first["has_more"]),
        (&json!("CARD"), &json!(true))
    );
    let next = list(&format!("limit=1&order=id&starting_after_id={}", text(&first["more_starting_after"]))).await;
    assert_eq!(next["data"][0]["redeemable"]["voucher"]["code"], json!(code));
    let cards = list("filters[voucher_type][conditions][$is]=GIFT_VOUCHER").await;
    assert_eq!((&cards["total"], &cards["data"][0]["redeemable"]["type"]), (&json!(1), &json!("voucher")));
    app.delete("/v1/vouchers/OFF").await.expect(204);
    assert_eq!(list("").await["data"].as_array().map(Vec::len), Some(2));
    app.get("/v1/customers/nobody/redeemables").await.expect(404);
}

#[tokio::test]
async fn older_clients_ask_for_codes_and_campaigns_apart() {
    let app = TestApp::new().await;
    let vip = rule(&app, leaf("customer.segment", json!({"$is": ["seg_other"]}))).await;
    let large = rule(&app, leaf("order.amount", json!({"$more_than": [10_000]}))).await;
    for (code, more) in [
        ("ALL", json!({})),
        ("VIP", json!({"validation_rules": [vip]})),
        ("LARGE", json!({"validation_rules": [large]})),
    ] {
        voucher(&app, code, amount(100), more).await;
        app.advance(1_000);
    }
    tier(&app, "10", of_ten()).await;
    let summer = coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({})).await;
    app.advance(1_000);
    let winter = coupons(&app, "Winter", "AUTO_UPDATE", 0, json!({})).await;
    let loyalty = json!({"name": "Points", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 1_000}}});
    app.post("/v1/campaigns", loyalty).await.expect(200);
    let body = json!({"customer": {"source_id": "ada"}, "order": {"amount": 500}});
    for (path, expected) in [
        ("vouchers/qualification", &["ALL"][..]),
        ("vouchers/qualification?audienceRulesOnly=true", &["LARGE", "ALL"]),
        ("vouchers/qualification?audienceRulesOnly=true&limit=1&order=created_at", &["ALL"]),
        ("campaigns/qualification", &["Winter", "Summer"]),
        ("campaigns/qualification?audienceRulesOnly=true", &["Winter", "Summer"]),
        ("campaigns/qualification?limit=1", &["Winter"]),
        ("campaigns/qualification?order=created_at", &["Summer", "Winter"]),
    ] {
        let answer = app.post(&format!("/v1/{path}"), body.clone()).await.expect(200);
        let names = answer["data"].as_array().expect("rows").iter();
        let names: Vec<&str> = names.map(|row| text(row.get("code").unwrap_or(&row["name"]))).collect();
        assert_eq!((names.as_slice(), &answer["total"]), (expected, &json!(expected.len())), "{path}");
        assert!(text(&answer["id"]).starts_with("qfl_") && text(&answer["tracking_id"]).starts_with("track_"));
        assert_eq!(answer["data"][0]["applicable_to"]["total"], 0, "{path}");
    }
    assert_ne!(summer["id"], winter["id"]);
    app.post("/v1/vouchers/qualification?limit=51", body).await.expect(400);
}

#[tokio::test]
async fn a_page_that_has_looked_at_enough_codes_says_where_to_go_on() {
    let app = TestApp::new().await;
    let oldest = tier(&app, "10", of_ten()).await;
    app.advance(1_000);
    voucher(&app, "OLDER", amount(100), json!({})).await;
    app.advance(1_000);
    // More codes than one page looks at, and none of them can be used yet.
    let codes: Value = (0..501)
        .map(|number: usize| {
            json!({"code": format!("LATER{number}"), "type": "DISCOUNT_VOUCHER", "start_date": "2030-01-01T00:00:00Z",
                "discount": {"type": "AMOUNT", "amount_off": 100}})
        })
        .collect();
    let accepted = app.post("/v1/vouchers/import", codes).await;
    app.finish(&accepted).await;
    let page = async |after: Value| {
        qualify(&app, json!({"order": {"amount": 500}, "options": {"starting_after": after}})).await
    };
    let first = page(Value::Null).await;
    assert_eq!((ids(&first), &first["redeemables"]["has_more"]), (vec![], &json!(true)));
    let next = page(first["redeemables"]["more_starting_after"].clone()).await;
    assert_eq!((ids(&next), &next["redeemables"]["has_more"]), (vec!["OLDER", &oldest], &json!(false)));
    let best = json!({"order": {"amount": 500}, "options": {"sorting_rule": "BEST_DEAL"}});
    assert_eq!(ids(&qualify(&app, best).await), [&*oldest], "of the newest 500 codes and all promotions");
}

#[tokio::test]
async fn what_is_used_up_is_not_offered_any_more() {
    let app = TestApp::new().await;
    voucher(&app, "TWO", amount(100), json!({"redemption": {"quantity": 2}})).await;
    let body = json!({"customer": {"source_id": "ada"}, "order": {"amount": 500}});
    for _ in 0..2 {
        assert_eq!(ids(&qualify(&app, body.clone()).await), ["TWO"]);
        let redeem = json!({"redeemables": named(&["TWO"]), "order": {"amount": 500}});
        app.post("/v1/redemptions", redeem).await.expect(200);
    }
    assert!(ids(&qualify(&app, body).await).is_empty());
}
