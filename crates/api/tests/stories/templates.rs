//! Templates of campaigns.

use serde_json::{Value, json};

use crate::app::{TestApp, redacted};

const TEMPLATES: &str = "/v1/templates/campaigns";

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

/// A rule about the order's amount; its id.
async fn rule(app: &TestApp) -> String {
    let rules = json!({"1": {"name": "order.amount", "conditions": {"$more_than": [5000]}}, "logic": "1"});
    id(&app.post("/v1/validation-rules", json!({"name": "More than $50", "rules": rules})).await.expect(200))
}

/// A campaign with a rule; its id.
async fn coupons(app: &TestApp) -> String {
    let body = json!({
        "name": "Coupons", "campaign_type": "DISCOUNT_COUPONS", "description": "Winter", "join_once": true,
        "category": "First", "metadata": {"region": "AMER"}, "start_date": "2024-10-01T00:00:00Z",
        "voucher": {
            "type": "DISCOUNT_VOUCHER",
            "discount": {"type": "AMOUNT", "amount_off": 2500, "effect": "APPLY_TO_ITEMS"},
            "redemption": {"quantity": 4},
            "code_config": {"pattern": "##", "charset": "xD", "prefix": "Your-", "postfix": "-Voucher"},
        },
        "validation_rules": [rule(app).await],
    });
    id(&app.post("/v1/campaigns", body).await.expect(200))
}

async fn template(app: &TestApp, campaign: &str) -> String {
    let body = json!({"name": "Template", "campaign_id": campaign});
    id(&app.post(TEMPLATES, body).await.expect(200))
}

#[tokio::test]
async fn a_campaign_is_made_of_a_template_with_a_rule_of_its_own() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.created", "business_validation_rule.created"]).await;
    let template = template(&app, &coupons(&app).await).await;
    let path = format!("{TEMPLATES}/{template}/campaign-setup");
    let body = json!({
        "name": "Campaign-out-of-template", "description": "Created out of a template",
        "voucher": {"code_config": {"pattern": "##", "charset": "xD", "prefix": "U-", "postfix": "-WOT"}},
    });
    let made = app.post(&path, body.clone()).await.expect(200);
    insta::assert_json_snapshot!("a campaign made of a template", redacted(made.clone()));
    let own_rule = made["created_resources"][0]["id"].as_str().expect("a rule");
    assert_eq!(made["campaign"]["validation_rules_assignments"]["data"][0]["rule_id"], own_rule);
    assert_eq!(
        app.get(&format!("/v1/validation-rules/{own_rule}")).await.expect(200)["rules"]["1"]["name"],
        "order.amount"
    );
    let read = app.get("/v1/campaigns/Campaign-out-of-template").await.expect(200);
    assert_eq!((&read["voucher"]["redemption"], &read["join_once"]), (&json!({"quantity": 4}), &json!(true)));
    assert_eq!(read["start_date"], "2024-10-01T00:00:00.000Z");
    assert_eq!(read["voucher"]["code_config"]["prefix"], "U-");
    assert_eq!((read.get("metadata"), &read["category_id"]), (None, &Value::Null), "not saved");
    app.post(&path, body).await.refused(
        409,
        "duplicate_found",
        "Duplicated campaign exists with name Campaign-out-of-template",
    );
    assert_eq!(app.get("/v1/validation-rules").await.expect(200)["total"], 2, "a refusal leaves no rule behind");
    let kinds: Vec<Value> = app.received().await.into_iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "campaign.created").count(), 2);
}

#[tokio::test]
async fn a_template_outlives_what_it_was_made_of() {
    let app = TestApp::new().await;
    let template = template(&app, &coupons(&app).await).await;
    let rules = app.get("/v1/validation-rules").await.expect(200);
    app.delete(&format!("/v1/validation-rules/{}", id(&rules["data"][0]))).await.expect(204);
    let path = format!("{TEMPLATES}/{template}/campaign-setup");
    let made = app.post(&path, json!({"name": "Later", "vouchers_count": 1})).await.expect(200);
    assert_eq!(made["campaign"]["validation_rules_assignments"]["total"], 1);
    assert_eq!((&made["campaign"]["vouchers_count"], &made["campaign"]["description"]), (&json!(1), &json!("Winter")));
}

#[tokio::test]
async fn gift_cards_have_templates_too() {
    let app = TestApp::new().await;
    let voucher = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 1000, "effect": "APPLY_TO_ORDER"}});
    let campaign = id(&app.post("/v1/campaigns", json!({"name": "Gifts", "voucher": voucher})).await.expect(200));
    let template = template(&app, &campaign).await;
    let made = app.post(&format!("{TEMPLATES}/{template}/campaign-setup"), json!({"name": "More"})).await.expect(200);
    assert_eq!(made["campaign"]["gift"], json!({"amount": 1000, "effect": "APPLY_TO_ORDER"}));
    assert_eq!(made["created_resources"], json!([]));
    let promotion = json!({"name": "P", "campaign_type": "PROMOTION"});
    let promotion = id(&app.post("/v1/campaigns", promotion).await.expect(200));
    let refused = app
        .post(&format!("{TEMPLATES}/{template}/tier-setup"), json!({"name": "Tier", "campaign_id": promotion}))
        .await
        .expect(400);
    assert_eq!(refused["key"], "campaign_type_is_not_supported_by_campaign_template");
}

#[tokio::test]
async fn a_tier_becomes_a_template_and_a_template_becomes_a_tier() {
    let app = TestApp::new().await;
    app.subscribe(&["campaign.promotion_tier.created"]).await;
    let promotion = json!({
        "name": "P", "campaign_type": "PROMOTION",
        "promotion": {"tiers": [{
            "name": "Tier", "banner": "Get $3 off", "validity_day_of_week": [1, 2],
            "action": {"discount": {"type": "AMOUNT", "amount_off": 300, "aggregated_amount_limit": 900,
                "effect": "APPLY_TO_ITEMS"}},
            "validation_rules": [rule(&app).await],
        }]},
    });
    let promotion = app.post("/v1/campaigns", promotion).await.expect(200);
    let tier = id(&promotion["promotion"]["tiers"][0]);
    let body = json!({"name": "Tier template", "promotion_tier_id": tier});
    let template = app.post(TEMPLATES, body).await.expect(200);
    assert_eq!(template["campaign_type"], "DISCOUNT_COUPONS");
    let path = format!("{TEMPLATES}/{}", id(&template));
    let made = app.post(&format!("{path}/campaign-setup"), json!({"name": "Coupons"})).await.expect(200);
    assert_eq!(made["campaign"]["discount"]["amount_off"], 300);
    let body = json!({"name": "Another", "campaign_id": id(&promotion)});
    let made = app.post(&format!("{path}/tier-setup"), body).await.expect(200);
    insta::assert_json_snapshot!("a tier made of a template", redacted(made.clone()));
    let read = app.get(&format!("/v1/promotions/tiers/{}", id(&made["promotion_tier"]))).await.expect(200);
    assert_eq!((&read["hierarchy"], &read["validity_day_of_week"]), (&json!(2), &json!([1, 2])));
    assert_eq!(read["validation_rule_assignments"]["data"][0]["rule_id"], made["created_resources"][0]["id"]);
    assert_eq!(app.received().await.len(), 2);
    app.post(&format!("{path}/tier-setup"), json!({"name": "T", "campaign_id": "camp_x"})).await.refused(
        404,
        "not_found",
        "Cannot find campaign with id camp_x",
    );
    app.post(&format!("{path}/tier-setup"), json!({"name": "T"})).await.refused(
        400,
        "invalid_payload",
        "Payload must have required property 'campaign_id'",
    );
    app.post(&format!("{path}/tier-setup"), json!({"name": "T", "campaign_id": "Coupons"})).await.expect(400);
}

#[tokio::test]
async fn templates_are_made_of_coupons_and_gift_cards_only() {
    let app = TestApp::new().await;
    let card = json!({"type": "LOYALTY_CARD", "loyalty_card": {"points": 10}});
    for (name, body) in [
        ("Promotion", json!({"campaign_type": "PROMOTION"})),
        ("Loyalty", json!({"campaign_type": "LOYALTY_PROGRAM", "voucher": card})),
    ] {
        let mut body = body;
        body["name"] = json!(name);
        let campaign = app.post("/v1/campaigns", body).await.expect(200);
        let refused = app.post(TEMPLATES, json!({"name": "T", "campaign_id": id(&campaign)})).await.expect(400);
        assert_eq!(refused["key"], "campaign_type_is_not_supported_by_campaign_template", "{name}");
        assert_eq!(refused["message"], "Campaign of the given type is not supported by campaign template");
        assert_eq!(refused.get("details"), None);
    }
    for (body, status, key, details) in [
        (json!({"campaign_id": "camp_x"}), 400, "invalid_payload", "Payload must have required property 'name'"),
        (json!({"name": "T"}), 400, "invalid_payload", "Payload must have required property 'campaign_id'"),
        (
            json!({"name": "T", "campaign_id": "camp_x", "promotion_tier_id": "promo_x"}),
            400,
            "invalid_payload",
            "Property .promotion_tier_id cannot be used together with campaign_id",
        ),
        (json!({"name": "T", "campaign_id": "camp_x"}), 404, "not_found", "Cannot find campaign with id camp_x"),
        (
            json!({"name": "T", "promotion_tier_id": "promo_x"}),
            404,
            "not_found",
            "Cannot find promotion_tier with id promo_x",
        ),
    ] {
        app.post(TEMPLATES, body).await.refused(status, key, details);
    }
}

#[tokio::test]
async fn a_template_is_read_renamed_and_deleted() {
    let app = TestApp::new().await;
    let campaign = coupons(&app).await;
    let body = json!({"name": "Template", "campaign_id": campaign, "description": "Reuse every October"});
    let created = app.post(TEMPLATES, body.clone()).await.expect(200);
    insta::assert_json_snapshot!("a new template", redacted(created.clone()));
    app.post(TEMPLATES, body).await.refused(
        409,
        "duplicate_found",
        "Duplicated campaign_template exists with name Template",
    );
    let path = format!("{TEMPLATES}/{}", id(&created));
    assert_eq!(app.get(&path).await.expect(200), created);
    let whole = app.get(&format!("{path}?expand=json_template")).await.expect(200);
    insta::assert_json_snapshot!("what a template has saved", redacted(whole["json_template"].clone()));
    app.get(&format!("{path}?expand=everything")).await.expect(400);
    let other = json!({"name": "Other", "campaign_id": campaign});
    app.post(TEMPLATES, other).await.expect(200);
    app.put(&path, json!({"name": "Other"})).await.refused(
        409,
        "duplicate_found",
        "Duplicated campaign_template exists with name Other",
    );
    app.put(&path, json!({"description": 5})).await.refused(
        400,
        "invalid_payload",
        "Property .description must be string,null",
    );
    let updated = app.put(&path, json!({"name": "Template", "description": null})).await.expect(200);
    assert_eq!((updated.get("description"), updated["updated_at"].is_string()), (None, true));
    app.delete(&path).await.expect(204);
    let details = format!("Cannot find campaign_template with id {}", id(&created));
    app.get(&path).await.refused(404, "not_found", &details);
    app.put(&path, json!({"name": "X"})).await.refused(404, "not_found", &details);
    app.delete(&path).await.refused(404, "not_found", &details);
    app.post(&format!("{path}/campaign-setup"), json!({"name": "X"})).await.refused(404, "not_found", &details);
    app.post(&format!("{path}/tier-setup"), json!({"name": "X"})).await.refused(404, "not_found", &details);
}

#[tokio::test]
async fn templates_are_listed_oldest_first_page_by_page() {
    let app = TestApp::new().await;
    let campaign = coupons(&app).await;
    for name in ["A", "B", "C"] {
        app.advance(1_000);
        app.post(TEMPLATES, json!({"name": name, "campaign_id": campaign})).await.expect(200);
    }
    let names = |list: &Value| -> Vec<String> {
        let rows = list["data"].as_array().expect("rows");
        rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    let first = app.get(&format!("{TEMPLATES}?limit=2")).await.expect(200);
    assert_eq!((names(&first), &first["has_more"]), (vec!["A".to_owned(), "B".to_owned()], &json!(true)));
    assert_eq!((first.get("total"), &first["data_ref"]), (None, &json!("data")));
    assert_eq!(first["campaign_templates"], first["data"], "under the name that older clients look for, too");
    let cursor = first["more_starting_after"].as_str().expect("a cursor");
    let rest = app.get(&format!("{TEMPLATES}?limit=2&starting_after_id={cursor}")).await.expect(200);
    assert_eq!((names(&rest), &rest["has_more"]), (vec!["C".to_owned()], &json!(false)));
    let newest = app.get(&format!("{TEMPLATES}?order=-id&include_total=true")).await.expect(200);
    assert_eq!((names(&newest).concat(), &newest["total"]), ("CBA".to_owned(), &json!(3)));
    let filtered = app.get(&format!("{TEMPLATES}?filters[name][conditions][$is]=B")).await.expect(200);
    assert_eq!(names(&filtered), ["B"]);
}
