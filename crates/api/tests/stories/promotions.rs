//! Promotions: their tiers, and stacks of them.

use axum::{body::Body, http::Request};
use guerdon_core::{campaigns, context::Context, promotions, tx::Tx};
use serde_json::{Value, json};

use crate::app::{As, CLIENT, PROJECT, TestApp, redacted};

/// A rule that always holds; its id.
async fn rule(app: &TestApp) -> String {
    let rule = app.post("/v1/validation-rules", json!({"name": "Any"})).await.expect(200);
    rule["id"].as_str().expect("an id").to_owned()
}

/// A promotion without tiers; its id.
async fn promotion(app: &TestApp, name: &str) -> String {
    let body = json!({"name": name, "campaign_type": "PROMOTION"});
    id(&app.post("/v1/campaigns", body).await.expect(200))
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

/// Thirty off.
fn action() -> Value {
    json!({"discount": {"type": "AMOUNT", "amount_off": 3000, "effect": "APPLY_TO_ORDER"}})
}

/// A tier of a promotion; its id.
async fn tier(app: &TestApp, campaign: &str, name: &str) -> String {
    let body = json!({"name": name, "action": action()});
    id(&app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(200))
}

#[tokio::test]
async fn a_promotion_is_created_with_its_tiers() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.created", "campaign.promotion_tier.created"]).await;
    let rule = rule(&app).await;
    let body = json!({
        "name": "Promotion Campaign", "campaign_type": "PROMOTION", "active": false,
        "promotion": {"tiers": [
            {
                "name": "Percent Discount", "banner": "Get 40% off", "metadata": {"level": "B"}, "active": false,
                "action": {"discount": {"type": "PERCENT", "percent_off": 40, "effect": "APPLY_TO_ORDER"}},
                "validation_rules": [rule],
            },
            {"name": "Order more than $100", "action": action(), "active": false, "validation_rules": [rule]},
        ]},
    });
    let created = app.post("/v1/campaigns", body).await.expect(200);
    insta::assert_json_snapshot!("a new promotion", redacted(created.clone()));
    let read = app.get(&format!("/v1/campaigns/{}", id(&created))).await.expect(200);
    assert_eq!(read, created);
    let received = app.received().await;
    let kinds: Vec<&str> = received.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["campaign.created", "campaign.promotion_tier.created", "campaign.promotion_tier.created"]);
    assert_eq!(received[0]["data"]["campaign"].get("promotion"), None, "tiers have events of their own");
    let tier = &created["promotion"]["tiers"][0];
    assert_eq!(received[1]["data"]["promotion_tier"]["id"], tier["id"]);
    assert_eq!(received[1]["data"]["campaign"]["campaign_type"], "PROMOTION");
    let assigned = app.get(&format!("/v1/validation-rules/{rule}/assignments")).await.expect(200);
    assert_eq!(assigned["total"], 2);
}

#[tokio::test]
async fn a_promotion_with_a_wrong_tier_is_refused_whole() {
    let app = TestApp::new().await;
    let body = |second: Value| {
        let first = json!({"name": "First", "action": action()});
        json!({"name": "P", "campaign_type": "PROMOTION", "promotion": {"tiers": [first, second]}})
    };
    for (second, details) in [
        (json!({"action": action()}), "Property .promotion.tiers[1] should have required property 'name'"),
        (json!({"name": "Second"}), "Property .promotion.tiers[1] should have required property 'action'"),
        (
            json!({"name": "Second", "action": {}}),
            "Property .promotion.tiers[1].action should have required property 'discount'",
        ),
        (
            json!({"name": "Second", "action": {"discount": {"type": "AMOUNT"}}}),
            "Property .promotion.tiers[1].action.discount should have required property 'amount_off'",
        ),
        (
            json!({"name": "Second", "action": action(), "hierarchy": -1}),
            "Property .promotion.tiers[1].hierarchy cannot be lower than 0",
        ),
        (
            json!({"name": "Second", "action": action(), "validity_day_of_week": [9]}),
            "Property .promotion.tiers[1].validity_day_of_week[0] cannot be higher than 6",
        ),
    ] {
        app.post("/v1/campaigns", body(second)).await.refused(400, "invalid_payload", details);
    }
    let unknown = json!({"name": "Second", "action": action(), "validation_rules": ["val_x"]});
    app.post("/v1/campaigns", body(unknown)).await.refused(
        404,
        "not_found",
        "Cannot find validation_rules with id val_x",
    );
    app.get("/v1/campaigns/P").await.expect(404);
    assert_eq!(app.get("/v1/promotions/tiers").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn a_tier_that_is_added_comes_last_unless_it_says_otherwise() {
    let app = TestApp::new().await;
    let rule = rule(&app).await;
    let tiers: Vec<Value> =
        (1..=5).map(|number| json!({"name": format!("Tier {number}"), "action": action()})).collect();
    let body = json!({
        "name": "Summer Sale", "campaign_type": "PROMOTION", "start_date": "2022-09-21T00:00:00.000Z",
        "promotion": {"tiers": tiers},
    });
    app.post("/v1/campaigns", body).await.expect(200);
    let body = json!({
        "name": "Order more than $100", "banner": "Order more than $100", "action": action(), "metadata": {},
        "active": true, "start_date": "2022-09-21T00:00:00.000Z", "validity_day_of_week": [1, 2, 3, 4],
        "validation_rules": [rule],
    });
    let created = app.post("/v1/promotions/Summer%20Sale/tiers", body).await.expect(200);
    insta::assert_json_snapshot!("a new tier", redacted(created.clone()));
    app.advance(1);
    let first = json!({"name": "First", "action": action(), "hierarchy": 1});
    let first = app.post("/v1/promotions/Summer%20Sale/tiers", first).await.expect(200);
    assert_eq!(first["hierarchy"], 1, "what is sent is kept, even if others have it");
    let last = json!({"name": "Last", "action": action()});
    let last = app.post("/v1/promotions/Summer%20Sale/tiers", last).await.expect(200);
    assert_eq!(last["hierarchy"], 7);
    let campaign = app.get("/v1/campaigns/Summer%20Sale").await.expect(200);
    let order: Vec<&Value> =
        campaign["promotion"]["tiers"].as_array().expect("tiers").iter().map(|tier| &tier["name"]).collect();
    assert_eq!(
        order,
        ["Tier 1", "First", "Tier 2", "Tier 3", "Tier 4", "Tier 5", "Order more than $100", "Last"],
        "by hierarchy, the oldest first"
    );
}

#[tokio::test]
async fn an_update_of_a_tier_changes_what_it_has_and_merges_metadata() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.promotion_tier.updated"]).await;
    let campaign = promotion(&app, "P").await;
    let body = json!({
        "name": "Tier", "action": action(), "banner": "Get $30 off", "metadata": {"season": "fall"}, "active": false,
        "start_date": "2026-01-01T00:00:00Z",
    });
    let created = app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(200);
    let path = format!("/v1/promotions/tiers/{}", id(&created));
    app.advance(1_000);
    let body = json!({
        "name": "X", "hierarchy": 3, "metadata": {"level": "A-21"}, "banner": null, "active": true, "category": "Best",
        "action": {"discount": {"type": "PERCENT", "percent_off": 25, "effect": "APPLY_TO_ORDER"}},
    });
    let updated = app.put(&path, body).await.expect(200);
    let expected = json!({
        "name": "X", "hierarchy": 3, "metadata": {"season": "fall", "level": "A-21"}, "banner": null, "active": false,
        "action": {"discount": {"type": "PERCENT", "percent_off": 25, "effect": "APPLY_TO_ORDER"}},
        "start_date": "2026-01-01T00:00:00.000Z", "updated_at": "2026-05-10T12:00:01.000Z",
    });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&updated[key], value, "{key}");
    }
    assert_eq!(updated["categories"][0]["name"], "Best");
    assert_eq!(updated.get("promotion_id"), None);
    let mut read = app.get(&path).await.expect(200);
    assert_eq!(read["promotion_id"], campaign.as_str());
    read.as_object_mut().expect("an object").remove("promotion_id");
    assert_eq!(read, updated);
    let received = app.received().await;
    assert_eq!((received.len(), &received[0]["data"]["promotion_tier"]), (1, &updated));
    app.put(&path, json!({"action": {"discount": {"type": "UNIT", "unit_off": 1, "unit_type": "prod_x"}}}))
        .await
        .refused(
            400,
            "invalid_payload",
            "Property .action.discount.unit_type is not the id of a product or SKU: 'prod_x'",
        );
    app.put(&path, json!({"category_id": "cat_x"})).await.refused(
        404,
        "not_found",
        "Cannot find category with id cat_x",
    );
}

#[tokio::test]
async fn a_tier_is_switched_off_and_on() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.promotion_tier.disabled", "campaign.promotion_tier.enabled"]).await;
    let campaign = promotion(&app, "P").await;
    let path = format!("/v1/promotions/tiers/{}", tier(&app, &campaign, "Tier").await);
    for (way, active) in [("disable", false), ("enable", true)] {
        let switched = app.post(&format!("{path}/{way}"), json!({})).await.expect(200);
        assert_eq!((&switched["active"], switched["updated_at"].is_string()), (&json!(active), true));
    }
    let kinds: Vec<Value> = app.received().await.into_iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds, ["campaign.promotion_tier.disabled", "campaign.promotion_tier.enabled"]);
}

#[tokio::test]
async fn a_deleted_tier_is_gone_with_its_assignments_and_from_its_stacks() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.promotion_tier.deleted", "campaign.promotion_stack.updated"]).await;
    let (rule, campaign) = (rule(&app).await, promotion(&app, "P").await);
    let (first, second) = (tier(&app, &campaign, "First").await, tier(&app, &campaign, "Second").await);
    let body = json!({"related_object_type": "promotion_tier", "related_object_id": first});
    app.post(&format!("/v1/validation-rules/{rule}/assignments"), body).await.expect(200);
    let stacks = format!("/v1/promotions/{campaign}/stacks");
    let body = json!({"name": "Stack", "tiers": {"ids": [first, second]}});
    let stack = id(&app.post(&stacks, body).await.expect(200));
    let path = format!("/v1/promotions/tiers/{first}");
    app.delete(&path).await.expect(204);
    let details = format!("Cannot find promotion_tier with id {first}");
    app.get(&path).await.refused(404, "not_found", &details);
    app.delete(&path).await.refused(404, "not_found", &details);
    app.post(&format!("{path}/enable"), json!({})).await.refused(404, "not_found", &details);
    assert_eq!(app.get("/v1/validation-rules-assignments").await.expect(200)["total"], 0);
    let stack = app.get(&format!("{stacks}/{stack}")).await.expect(200);
    assert_eq!((&stack["tiers"]["ids"], stack["updated_at"].is_string()), (&json!([second]), true));
    let received = app.received().await;
    let kinds: Vec<&str> = received.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["campaign.promotion_stack.updated", "campaign.promotion_tier.deleted"]);
    let gone = &received[1]["data"]["promotion_tier"];
    assert_eq!((&gone["id"], gone.get("campaign"), gone.get("campaign_id")), (&json!(first), None, None));
    // A rule that nothing has can go.
    app.delete(&format!("/v1/validation-rules/{rule}")).await.expect(204);
}

#[tokio::test]
async fn a_promotion_that_goes_takes_its_tiers_and_stacks_along() {
    let app = TestApp::new().await;
    let (rule, campaign, other) = (rule(&app).await, promotion(&app, "P").await, promotion(&app, "Other").await);
    let body = json!({"name": "First", "action": action(), "validation_rules": [rule]});
    let first = id(&app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(200));
    let second = tier(&app, &campaign, "Second").await;
    let stays = tier(&app, &other, "Stays").await;
    let body = json!({"name": "Stack", "tiers": {"ids": [first, second]}});
    app.post(&format!("/v1/promotions/{campaign}/stacks"), body).await.expect(200);
    let remove = move |tx: &mut Tx| {
        let campaign = campaigns::get(tx, &campaign)?;
        promotions::remove_all_of(tx, &campaign)
    };
    let context = Context::background(PROJECT.into(), &app.guerdon.ids.next(app.guerdon.clock.now()));
    app.guerdon.executor.execute(context, Vec::new(), remove).await.expect("done");
    let left = app.get("/v1/promotions/tiers").await.expect(200);
    assert_eq!((&left["total"], &left["tiers"][0]["id"]), (&json!(1), &json!(stays)));
    assert_eq!(app.get("/v1/promotions/stacks").await.expect(200)["total"], 0);
    assert_eq!(app.get("/v1/validation-rules-assignments").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn rules_are_attached_to_tiers_and_detached_again() {
    let app = TestApp::new().await;
    app.subscribe(&["business_validation_rule.assignment.created"]).await;
    let (rule, campaign) = (rule(&app).await, promotion(&app, "P").await);
    let tier = tier(&app, &campaign, "Tier").await;
    let assignments = format!("/v1/validation-rules/{rule}/assignments");
    let body = json!({"related_object_type": "promotion_tier", "related_object_id": tier});
    let assignment = app.post(&assignments, body.clone()).await.expect(200);
    app.post(&assignments, body).await.expect(409);
    let path = format!("/v1/promotions/tiers/{tier}");
    let shown = app.get(&path).await.expect(200);
    assert_eq!(shown["validation_rule_assignments"]["data"], json!([assignment]));
    assert_eq!(
        app.received().await[0]["data"]["promotion_tier"],
        json!({"id": tier, "name": "Tier", "banner": null, "campaign": {"id": campaign}, "metadata": {}})
    );
    app.delete(&format!("{assignments}/{}", id(&assignment))).await.expect(204);
    assert_eq!(app.get(&path).await.expect(200)["validation_rule_assignments"]["total"], 0);
}

#[tokio::test]
async fn tiers_are_listed_newest_first_and_by_whether_they_can_be_used() {
    let app = TestApp::new().await;
    let (one, other) = (promotion(&app, "One").await, promotion(&app, "Other").await);
    for (campaign, name, body) in [
        (&one, "Plain", json!({})),
        (&one, "Off", json!({"active": false})),
        (&one, "Over", json!({"expiration_date": "2026-05-01T00:00:00Z"})),
        (&one, "Not yet", json!({"start_date": "2026-06-01T00:00:00Z"})),
        (&other, "Off with its campaign", json!({})),
    ] {
        app.advance(1_000);
        let mut body = body;
        (body["name"], body["action"]) = (json!(name), action());
        app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(200);
    }
    app.post(&format!("/v1/campaigns/{other}/disable"), json!({})).await.expect(200);
    let names = |list: &Value| -> Vec<String> {
        let tiers = list["tiers"].as_array().expect("tiers");
        tiers.iter().map(|tier| tier["name"].as_str().expect("a name").to_owned()).collect()
    };
    let all = app.get("/v1/promotions/tiers").await.expect(200);
    assert_eq!(names(&all), ["Off with its campaign", "Not yet", "Over", "Off", "Plain"]);
    assert_eq!((&all["object"], &all["data_ref"], &all["total"]), (&json!("list"), &json!("tiers"), &json!(5)));
    assert_eq!(all.get("has_more"), None);
    assert_eq!(all["tiers"][0]["promotion_id"], other.as_str());
    let available = app.get("/v1/promotions/tiers?is_available=true").await.expect(200);
    assert_eq!((names(&available), &available["total"]), (vec!["Plain".to_owned()], &json!(1)));
    let page = app.get("/v1/promotions/tiers?order=created_at&limit=2&page=2").await.expect(200);
    assert_eq!((names(&page), &page["total"]), (vec!["Over".to_owned(), "Not yet".to_owned()], &json!(5)));
    let of_one = app.get(&format!("/v1/promotions/{one}/tiers")).await.expect(200);
    assert_eq!(names(&of_one), ["Not yet", "Over", "Off", "Plain"]);
    assert_eq!((&of_one["total"], &of_one["has_more"]), (&json!(4), &json!(false)));
    let some = app.get(&format!("/v1/promotions/{one}/tiers?limit=3")).await.expect(200);
    assert_eq!((names(&some).len(), &some["has_more"]), (3, &json!(true)));
    app.get("/v1/promotions/camp_x/tiers").await.refused(404, "not_found", "Cannot find campaign with id camp_x");
    app.get("/v1/promotions/tiers?limit=101").await.expect(400);
    app.get("/v1/promotions/tiers?is_available=perhaps").await.expect(400);
    app.get("/v1/promotions/tiers?order=name").await.expect(400);
}

#[tokio::test]
async fn a_tier_without_dates_follows_those_of_its_campaign() {
    let app = TestApp::new().await;
    let body = json!({"name": "P", "campaign_type": "PROMOTION", "expiration_date": "2026-05-01T00:00:00Z"});
    let campaign = id(&app.post("/v1/campaigns", body).await.expect(200));
    tier(&app, &campaign, "Over with its campaign").await;
    let body = json!({"name": "Longer", "action": action(), "expiration_date": "2027-01-01T00:00:00Z"});
    app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(200);
    let available = app.get("/v1/promotions/tiers?is_available=true").await.expect(200);
    assert_eq!((&available["total"], &available["tiers"][0]["name"]), (&json!(1), &json!("Longer")));
}

#[tokio::test]
async fn pages_of_a_shop_list_tiers_with_a_client_key() {
    let app = TestApp::new().await;
    let campaign = promotion(&app, "P").await;
    tier(&app, &campaign, "Tier").await;
    let path = format!("/management/v1/projects/{PROJECT}");
    let trusted = json!({"client_trusted_domains": ["shop.example"]});
    app.call(As::Management, axum::http::Method::PUT, &path, Some(trusted)).await.expect(200);
    let request = |origin: &str| {
        Request::get("/client/v1/promotions/tiers?is_available=true")
            .header("X-Client-Application-Id", CLIENT.0)
            .header("X-Client-Token", CLIENT.1)
            .header("Origin", origin)
            .body(Body::empty())
            .expect("a request")
    };
    let listed = app.send(request("https://shop.example")).await.expect(200);
    assert_eq!((&listed["total"], &listed["tiers"][0]["name"]), (&json!(1), &json!("Tier")));
    app.send(request("https://evil.example")).await.expect(401);
}

#[tokio::test]
async fn only_promotions_have_tiers_and_stacks() {
    let app = TestApp::new().await;
    let discount = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    app.post("/v1/campaigns", json!({"name": "Coupons", "voucher": discount})).await.expect(200);
    let details = "DISCOUNT_COUPONS campaign has no promotion tiers";
    let tier = json!({"name": "Tier", "action": action()});
    app.post("/v1/promotions/Coupons/tiers", tier.clone()).await.refused(400, "invalid_campaign", details);
    let stack = json!({"name": "Stack", "tiers": {"ids": ["promo_x"]}});
    app.post("/v1/promotions/Coupons/stacks", stack).await.refused(400, "invalid_campaign", details);
    assert_eq!(app.get("/v1/promotions/Coupons/tiers").await.expect(200)["total"], 0);
    app.post("/v1/promotions/camp_x/tiers", tier).await.refused(
        404,
        "not_found",
        "Cannot find campaign with id camp_x",
    );
}

#[tokio::test]
async fn metadata_of_tiers_obey_their_schema() {
    let app = TestApp::new().await;
    app.schema("promotion_tier", json!({"level": {"type": "string", "array": false, "optional": true}})).await;
    let campaign = promotion(&app, "P").await;
    let body = json!({"name": "Tier", "action": action(), "metadata": {"level": 5}});
    let refused = app.post(&format!("/v1/promotions/{campaign}/tiers"), body).await.expect(400);
    assert_eq!(refused["key"], "metadata_validation_failed");
}

#[tokio::test]
async fn a_stack_is_created_changed_and_deleted() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.promotion_stack.created", "campaign.promotion_stack.updated"]).await;
    let campaign = promotion(&app, "P").await;
    let [a, t, d] =
        [tier(&app, &campaign, "A").await, tier(&app, &campaign, "T").await, tier(&app, &campaign, "D").await];
    let stacks = format!("/v1/promotions/{campaign}/stacks");
    let body = json!({"name": "Fifth Stack", "tiers": {"ids": [d, a, t]}});
    let created = app.post(&stacks, body).await.expect(200);
    insta::assert_json_snapshot!("a new stack", redacted(created.clone()));
    assert_eq!(created["tiers"]["ids"], json!([d, a, t]), "the order is that of the application");
    let path = format!("{stacks}/{}", id(&created));
    assert_eq!(app.get(&path).await.expect(200), created);
    let body = json!({"tiers": {"ids": [a, t], "hierarchy_mode": "MANUAL"}, "category": "Best"});
    let updated = app.put(&path, body).await.expect(200);
    assert_eq!((&updated["name"], &updated["tiers"]["ids"]), (&json!("Fifth Stack"), &json!([a, t])));
    assert_eq!((updated["updated_at"].is_string(), &updated["categories"][0]["name"]), (true, &json!("Best")));
    let received = app.received().await;
    assert_eq!(received[0]["data"]["promotion_stack"], created);
    assert_eq!(received[1]["data"]["promotion_stack"], updated);
    assert_eq!(received[1]["data"]["campaign"]["id"], campaign.as_str());
    app.delete(&path).await.expect(204);
    let details = format!("Cannot find promotion_stack with id {}", id(&created));
    app.get(&path).await.refused(404, "not_found", &details);
    app.delete(&path).await.refused(404, "not_found", &details);
    assert_eq!(app.get("/v1/promotions/tiers").await.expect(200)["total"], 3, "its tiers stay");
}

#[tokio::test]
async fn of_a_stack_the_campaign_is_missed_first_then_the_stack_then_its_tiers() {
    let app = TestApp::new().await;
    let (campaign, other) = (promotion(&app, "P").await, promotion(&app, "Other").await);
    let (own, foreign) = (tier(&app, &campaign, "Own").await, tier(&app, &other, "Foreign").await);
    let stacks = format!("/v1/promotions/{campaign}/stacks");
    let body = |tiers: &[&str]| json!({"name": "Stack", "tiers": {"ids": tiers}});
    let stack = id(&app.post(&stacks, body(&[&own])).await.expect(200));
    let not_found = |what: &str, id: &str| format!("Cannot find {what} with id {id}");
    let unknown = "/v1/promotions/Summer%20%25%20Promotion/stacks/stack_x";
    let details = not_found("campaign", "Summer % Promotion");
    app.get(unknown).await.refused(404, "not_found", &details);
    app.put(unknown, body(&["promo_x"])).await.refused(404, "not_found", &details);
    app.delete(unknown).await.refused(404, "not_found", &details);
    app.post("/v1/promotions/camp_x/stacks", body(&["promo_x"])).await.refused(
        404,
        "not_found",
        &not_found("campaign", "camp_x"),
    );
    let details = not_found("promotion_stack", "stack_x");
    app.put(&format!("{stacks}/stack_x"), body(&["promo_x"])).await.refused(404, "not_found", &details);
    // A stack of another campaign is none of this one.
    let elsewhere = format!("/v1/promotions/{other}/stacks/{stack}");
    app.get(&elsewhere).await.refused(404, "not_found", &not_found("promotion_stack", &stack));
    for tiers in [["promo_x"], [foreign.as_str()]] {
        let details = not_found("promotion_tier", tiers[0]);
        app.post(&stacks, body(&tiers)).await.refused(404, "not_found", &details);
        app.put(&format!("{stacks}/{stack}"), body(&tiers)).await.refused(404, "not_found", &details);
    }
    app.post(&stacks, json!({"tiers": {"ids": [own]}})).await.refused(
        400,
        "invalid_payload",
        "Payload should have required property 'name'",
    );
}

#[tokio::test]
async fn stacks_are_listed_for_all_promotions_or_for_one() {
    let app = TestApp::new().await;
    let (one, other) = (promotion(&app, "One").await, promotion(&app, "Other").await);
    for (campaign, name) in [(&one, "First"), (&one, "Second"), (&other, "Third")] {
        app.advance(1_000);
        let tier = tier(&app, campaign, name).await;
        let body = json!({"name": name, "tiers": {"ids": [tier]}});
        app.post(&format!("/v1/promotions/{campaign}/stacks"), body).await.expect(200);
    }
    for (path, expected) in [
        ("/v1/promotions/stacks".to_owned(), vec!["Third", "Second", "First"]),
        ("/v1/promotions/stacks?order=name&limit=2".to_owned(), vec!["First", "Second"]),
        ("/v1/promotions/stacks?created_at[after]=2026-05-10T12:00:01Z".to_owned(), vec!["Third", "Second"]),
        ("/v1/promotions/stacks?filters[name][conditions][$is]=Second".to_owned(), vec!["Second"]),
        (format!("/v1/promotions/{one}/stacks"), vec!["First", "Second"]),
    ] {
        let list = app.get(&path).await.expect(200);
        let names: Vec<&str> =
            list["data"].as_array().expect("rows").iter().filter_map(|stack| stack["name"].as_str()).collect();
        assert_eq!((names, &list["data_ref"]), (expected, &json!("data")), "{path}");
    }
    app.get("/v1/promotions/camp_x/stacks").await.expect(404);
}
