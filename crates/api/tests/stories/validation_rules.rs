//! Creating, changing, listing and deleting validation rules.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, Reply, TestApp, redacted};

const RULES: &str = "/v1/validation-rules";
const ASSIGNMENTS: &str = "/v1/validation-rules-assignments";

/// A rule about the order's amount, for one product.
fn over_100() -> Value {
    json!({"name": "Over 100, prod_1 only",
        "rules": {"1": {"name": "order.amount", "conditions": {"$more_than": [10000]},
            "error": {"message": "Spend more"}}, "logic": "1"},
        "applicable_to": {"included": [{"object": "product", "id": "prod_1", "effect": "APPLY_TO_EVERY"}],
            "excluded": [], "included_all": false}})
}

async fn create(app: &TestApp, name: &str) -> String {
    let rule = app.post(RULES, json!({"name": name})).await.expect(200);
    rule["id"].as_str().expect("an id").to_owned()
}

fn not_found(reply: &Reply, resource: &str, id: &str) {
    reply.refused(404, "not_found", &format!("Cannot find {resource} with id {id}"));
    assert_eq!((&reply.body["resource_id"], &reply.body["resource_type"]), (&json!(id), &json!(resource)));
}

#[tokio::test]
async fn a_new_rule_is_answered_as_it_was_sent_with_defaults_filled_in() {
    let app = TestApp::new().await;
    let created = app.post(RULES, over_100()).await.expect(200);
    insta::assert_json_snapshot!("a new rule", redacted(created.clone()));
    let path = format!("{RULES}/{}", created["id"].as_str().expect("an id"));
    assert_eq!(app.get(&path).await.expect(200), created);
}

#[tokio::test]
async fn recorded_rules_come_back_as_they_were_recorded() {
    let app = TestApp::new().await;
    let entry = json!({"object": "product", "id": "prod_1", "strict": false, "effect": "APPLY_TO_EVERY", "repeat": 1,
        "skip_initially": 0, "target": "ITEM"});
    let amount = json!({"name": "Amount", "type": "basic", "rules": {"1": {"name": "order.amount",
        "conditions": {"$more_than": [500_000]}, "rules": {}}, "logic": "1"}});
    let products = json!({"name": "Products", "rules": {},
        "applicable_to": {"included": [{"object": "product", "id": "prod_1"}], "included_all": false}});
    let items = json!({"name": "Items", "type": "advanced", "error": {"message": "Sorry"},
        "rules": {"1": {"name": "order.items.any", "conditions": {"$is": [{"id": "prod_1", "type": "product_or_sku",
            "object": "product", "source_id": "shirt"}]}, "rules": {}}, "logic": "1"},
        "applicable_to": {"included": [{"object": "product", "id": "prod_1", "source_id": "shirt"}], "included_all": false}});
    for sent in [amount, products, items] {
        let answer = app.post(RULES, sent.clone()).await.expect(200);
        for key in ["name", "rules", "error"] {
            assert_eq!(answer.get(key), sent.get(key), "{key} of {sent}");
        }
        assert_eq!(answer["type"], sent.get("type").cloned().unwrap_or(json!("expression")));
        assert_eq!((&answer["context_type"], &answer["object"]), (&json!("global"), &json!("validation_rules")));
        assert_eq!((answer.get("assignments_count"), answer.get("updated_at")), (None, None));
        if let Some(sent) = sent.get("applicable_to") {
            let mut expected = entry.clone();
            if let Some(source_id) = sent["included"][0].get("source_id") {
                expected["source_id"] = source_id.clone();
            }
            let found = &answer["applicable_to"];
            assert_eq!(found["included"], json!([expected]));
            assert_eq!((&found["included_all"], found.get("excluded")), (&json!(false), None));
        } else {
            assert_eq!(answer.get("applicable_to"), None);
        }
    }
}

#[tokio::test]
async fn an_update_replaces_what_it_sends_whole_and_keeps_the_rest() {
    let app = TestApp::new().await;
    let created = app.post(RULES, over_100()).await.expect(200);
    let path = format!("{RULES}/{}", created["id"].as_str().expect("an id"));
    app.advance(5_000);
    let rules = json!({"a": {"name": "order.initial_amount", "conditions": {"$less_than": [5]}}, "logic": "a"});
    let updated = app.put(&path, json!({"rules": rules, "error": {"message": "No"}})).await.expect(200);
    assert_eq!((&updated["rules"], &updated["error"]), (&rules, &json!({"message": "No"})));
    assert_eq!(updated["updated_at"], "2026-05-10T12:00:05.000Z");
    for kept in ["id", "name", "applicable_to", "created_at", "type", "context_type"] {
        assert_eq!(updated[kept], created[kept], "{kept}");
    }
    assert_eq!(app.get(&path).await.expect(200), updated);

    let reset = app.put(&path, json!({"rules": null, "error": null, "applicable_to": null})).await.expect(200);
    assert_eq!(reset["rules"], json!({"logic": ""}));
    assert_eq!((reset.get("error"), reset.get("applicable_to")), (None, None));
}

#[tokio::test]
async fn rules_that_could_never_be_evaluated_are_refused_and_change_nothing() {
    let app = TestApp::new().await;
    let created = app.post(RULES, over_100()).await.expect(200);
    let path = format!("{RULES}/{}", created["id"].as_str().expect("an id"));
    let leaf = |leaf: Value| json!({"1": leaf, "logic": "1"});
    for (rules, details) in [
        (
            leaf(json!({"name": "custom_event.metadata", "conditions": {"$is": [1]}})),
            "Rule 'custom_event.metadata' must have a 'property'",
        ),
        (leaf(json!({"name": "order.moon", "conditions": {"$is": [1]}})), "Rule 'order.moon' is not known"),
        (leaf(json!({"name": "order.amount", "conditions": {}})), "Rule 'order.amount' must have 'conditions'"),
        (
            leaf(json!({"name": "order.amount", "conditions": {"$near": [1]}})),
            "Rule 'order.amount' has the unknown condition '$near'",
        ),
        (leaf(json!(5)), "Rule '1' must be an object"),
        (json!({"logic": "1"}), "Logic '1' refers to the rule '1', which does not exist"),
        (json!({"logic": 1}), "Logic must be a string"),
    ] {
        app.post(RULES, json!({"name": "R", "rules": rules})).await.refused(400, "invalid_validation_rules", details);
        app.put(&path, json!({"name": "R", "rules": rules})).await.refused(400, "invalid_validation_rules", details);
    }
    assert_eq!(app.get(&path).await.expect(200), created);
    assert_eq!(app.get(RULES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn bodies_of_a_wrong_form_are_refused_and_change_nothing() {
    let app = TestApp::new().await;
    let created = app.post(RULES, over_100()).await.expect(200);
    let path = format!("{RULES}/{}", created["id"].as_str().expect("an id"));
    let large = json!({"1": {"name": "order.metadata", "property": "p", "conditions": {"$is": ["x".repeat(500_000)]}}});
    for (fields, details) in [
        (json!({"name": 5}), "Property .name should be string,null"),
        (json!({"name": null}), "Property .name should be string"),
        (json!({"name": "x".repeat(1_001)}), "Property .name should NOT have more than 1000 characters"),
        (json!({"name": "R", "rules": []}), "Property .rules should be object,null"),
        (json!({"name": "R", "rules": large}), "Validation rule is larger than 500000 bytes"),
        (json!({"name": "R", "bundle_rules": {"limit": 0}}), "Property .bundle_rules.limit cannot be lower than 1"),
        (json!({"name": "R", "error": "no"}), "Property .error should be object,null"),
    ] {
        app.post(RULES, fields.clone()).await.refused(400, "invalid_payload", details);
        app.put(&path, fields).await.refused(400, "invalid_payload", details);
    }
    app.post(RULES, json!({})).await.refused(400, "invalid_payload", "Payload should have required property 'name'");
    app.post(RULES, json!([])).await.refused(400, "invalid_payload", "Payload should be object");
    for key in ["type", "context_type"] {
        let mut body = json!({"name": "R"});
        body[key] = json!("moon");
        let refused = app.post(RULES, body).await.expect(400);
        assert_eq!(refused["key"], "invalid_payload");
        let details = refused["details"].as_str().expect("details");
        assert!(details.starts_with(&format!("Property .{key} ")), "{details}");
    }
    assert_eq!(app.get(&path).await.expect(200), created);
    assert_eq!(app.get(RULES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn rules_are_listed_newest_first_or_as_asked_for() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for name in ["b", "c", "a"] {
        ids.push(create(&app, name).await);
        app.advance(1_000);
    }
    app.put(&format!("{RULES}/{}", ids[0]), json!({"type": "basic"})).await.expect(200);
    let names = async |query: &str| {
        let list = app.get(&format!("{RULES}{query}")).await.expect(200);
        assert_eq!((&list["object"], &list["data_ref"]), (&json!("list"), &json!("data")));
        let names: String =
            list["data"].as_array().expect("rows").iter().filter_map(|rule| rule["name"].as_str()).collect();
        format!("{names} of {}", list["total"])
    };
    for (query, expected) in [
        ("", "acb of 3"),
        ("?order=created_at", "bca of 3"),
        ("?order=name", "abc of 3"),
        ("?order=-name", "cba of 3"),
        ("?order=-updated_at", "bac of 3"),
        ("?limit=2&page=2", "b of 3"),
        ("?page=9", " of 3"),
        ("?start_date=2026-05-10T12:00:01Z", "ac of 2"),
        ("?end_date=2026-05-10T12:00:01Z", "cb of 2"),
        ("?start_date=2026-05-10T12:00:01Z&end_date=2026-05-10T12:00:01Z", "c of 1"),
    ] {
        assert_eq!(names(query).await, expected, "{query}");
    }
    for (query, details) in [
        ("limit=0", "Property .limit cannot be lower than 1"),
        ("limit=101", "Property .limit cannot be higher than 100"),
        ("start_date=soon", "Property .start_date cannot be recognized as a ISO-8601 compliant date"),
    ] {
        app.get(&format!("{RULES}?{query}")).await.refused(400, "invalid_query_params", details);
    }
    assert_eq!(app.get(&format!("{RULES}?order=size")).await.expect(400)["key"], "invalid_query_params");
}

#[tokio::test]
async fn a_deleted_rule_is_gone_and_unknown_ones_are_not_found() {
    let app = TestApp::new().await;
    let path = format!("{RULES}/{}", create(&app, "short-lived").await);
    let deleted = app.delete(&path).await;
    deleted.expect(204);
    assert_eq!(deleted.text, "");
    assert_eq!(app.get(RULES).await.expect(200)["total"], 0);
    let id = path.trim_start_matches("/v1/validation-rules/");
    not_found(&app.get(&path).await, "validation_rules", id);
    not_found(&app.put(&path, json!({"name": "again"})).await, "validation_rules", id);
    not_found(&app.delete(&path).await, "validation_rules", id);
}

#[tokio::test]
async fn webhooks_learn_of_rules_that_come_change_and_go() {
    let app = TestApp::new().await;
    let kinds = ["created", "updated", "deleted"].map(|change| format!("business_validation_rule.{change}"));
    app.subscribe(&kinds.each_ref().map(String::as_str)).await;
    let created = app.post(RULES, over_100()).await.expect(200);
    let path = format!("{RULES}/{}", created["id"].as_str().expect("an id"));
    app.advance(1_000);
    let updated = app.put(&path, json!({"name": "Renamed"})).await.expect(200);
    app.advance(1_000);
    app.delete(&path).await.expect(204);
    let received = app.received().await;
    let data: Vec<(&Value, &Value)> = received.iter().map(|event| (&event["type"], &event["data"])).collect();
    let expected = [
        json!({"rule": created, "created_at": "2026-05-10T12:00:00.000Z"}),
        json!({"rule": updated, "updated_at": "2026-05-10T12:00:01.000Z"}),
        json!({"rule": updated, "deleted_at": "2026-05-10T12:00:02.000Z"}),
    ];
    let kinds = kinds.map(Value::from);
    assert_eq!(data, kinds.iter().zip(&expected).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_rule_is_attached_only_to_what_exists() {
    let app = TestApp::new().await;
    let rule = create(&app, "rule").await;
    let path = format!("{RULES}/{rule}/assignments");
    for kind in ["voucher", "campaign", "promotion_tier", "earning_rule", "reward_assignment", "distribution"] {
        let body = json!({"related_object_type": kind, "related_object_id": "none"});
        not_found(&app.post(&path, body.clone()).await, kind, "none");
        not_found(&app.post(&format!("{path}?force=true"), body).await, kind, "none");
    }
    not_found(&app.post(&path, json!({"related_object_id": "v_1"})).await, "voucher", "v_1");
    let body = json!({"related_object_type": "campaign", "related_object_id": "camp_1"});
    not_found(&app.post(&format!("{RULES}/val_none/assignments"), body).await, "validation_rules", "val_none");
    not_found(&app.delete(&format!("{path}/asgm_none")).await, "validation_rules_assignment", "asgm_none");
    not_found(&app.delete(&format!("{RULES}/val_none/assignments/asgm_1")).await, "validation_rules", "val_none");
    for (body, details) in [
        (json!({}), "Payload should have required property 'related_object_id'"),
        (json!({"related_object_id": 5}), "Property .related_object_id should be string"),
        (json!({"related_object_id": ""}), "Property .related_object_id should NOT have fewer than 1 characters"),
        (
            json!({"related_object_id": "x".repeat(101)}),
            "Property .related_object_id should NOT have more than 100 characters",
        ),
    ] {
        app.post(&path, body).await.refused(400, "invalid_payload", details);
    }
    let odd = json!({"related_object_type": "moon", "related_object_id": "v_1"});
    assert_eq!(app.post(&path, odd).await.expect(400)["key"], "invalid_payload");
    let nothing = json!({"object": "list", "data_ref": "data", "data": [], "total": 0});
    for path in [&path, ASSIGNMENTS, &format!("{RULES}/val_none/assignments"), &format!("{ASSIGNMENTS}?rule={rule}")] {
        assert_eq!(app.get(path).await.expect(200), nothing, "{path}");
    }
    assert_eq!(app.get(RULES).await.expect(200)["data"][0].get("assignments_count"), None);
    assert_eq!(app.get(&format!("{ASSIGNMENTS}?order=name")).await.expect(400)["key"], "invalid_query_params");
}

#[tokio::test]
async fn a_rule_goes_from_all_that_had_it_however_many_they_are() {
    let app = TestApp::new().await;
    let rule = create(&app, "rule").await;
    let path = format!("{RULES}/{rule}/assignments");
    let discount = json!({"type": "PERCENT", "percent_off": 10});
    let voucher =
        app.post("/v1/vouchers/HELLO", json!({"type": "DISCOUNT_VOUCHER", "discount": discount})).await.expect(200);
    let coupons = json!({"name": "C", "campaign_type": "DISCOUNT_COUPONS",
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": discount}});
    let campaign = app.post("/v1/campaigns", coupons).await.expect(200);
    let attach = async |kind: &str, owner: &Value, query: &str| {
        let body = json!({"related_object_type": kind, "related_object_id": owner["id"]});
        app.post(&format!("{path}{query}"), body).await
    };
    let first = attach("voucher", &voucher, "").await.expect(200);
    attach("campaign", &campaign, "").await.expect(200);
    let taken = attach("voucher", &voucher, "").await;
    assert_eq!(taken.expect(409)["key"], "duplicate_found");
    let second = attach("voucher", &voucher, "?force=true").await.expect(200);
    assert_ne!(first["id"], second["id"]);
    // More than a command could load one after the other.
    let tiers: Vec<Value> = (0..70)
        .map(|n| json!({"name": format!("Tier {n}"), "action": {"discount": discount}, "validation_rules": [rule]}))
        .collect();
    let promotion = json!({"name": "P", "campaign_type": "PROMOTION", "promotion": {"tiers": tiers}});
    app.post("/v1/campaigns", promotion).await.expect(200);
    assert_eq!(app.get(&path).await.expect(200)["total"], 72);
    let shown = app.get("/v1/vouchers/HELLO").await.expect(200);
    assert_eq!(shown["validation_rules_assignments"]["data"][0]["id"], second["id"]);

    app.delete(&format!("{RULES}/{rule}")).await.expect(204);
    assert_eq!(app.get(ASSIGNMENTS).await.expect(200)["total"], 0);
    for path in ["/v1/vouchers/HELLO", "/v1/campaigns/C"] {
        assert_eq!(app.get(path).await.expect(200)["validation_rules_assignments"]["total"], 0, "{path}");
    }
    assert_eq!(app.get("/v1/promotions/tiers").await.expect(200)["total"], 70);
}

#[tokio::test]
async fn a_sku_that_rules_name_can_not_be_deleted() {
    let app = TestApp::new().await;
    app.post("/v1/products", json!({"source_id": "shirt"})).await.expect(200);
    let skus = "/v1/products/shirt/skus";
    let sku = app.post(skus, json!({"source_id": "blue"})).await.expect(200);
    let applicable_to = json!({"included": [{"object": "sku", "id": sku["id"]}]});
    let rule = app.post(RULES, json!({"name": "Blue ones", "applicable_to": applicable_to})).await.expect(200);
    let rule = rule["id"].as_str().expect("an id");
    for path in [format!("{skus}/blue"), format!("{skus}/blue?force=true")] {
        let refused = app.delete(&path).await;
        let details = format!("Resource sku with id blue is in use by validation_ruless with ids [{rule}]");
        refused.refused(400, "resource_in_use", &details);
        assert_eq!(refused.body["related_object_type"], "validation_rules");
    }
    app.delete(&format!("{RULES}/{rule}")).await.expect(204);
    app.delete(&format!("{skus}/blue")).await.expect(204);
}

#[tokio::test]
async fn those_who_may_only_look_change_nothing() {
    let app = TestApp::new().await;
    let keys = format!("/management/v1/projects/{PROJECT}/api-keys");
    let made = app.call(As::Management, Method::POST, &keys, Some(json!({"name": "V", "role": "VIEWER"}))).await;
    let made = made.expect(200);
    let key = (made["app_id"].as_str().expect("an id"), made["app_token"].as_str().expect("a secret"));
    for path in [RULES, ASSIGNMENTS, "/v1/categories"] {
        app.call_as(key, Method::GET, path, None).await.expect(200);
    }
    for (path, body) in [(RULES, json!({"name": "R"})), ("/v1/categories", json!({"name": "C", "hierarchy": 1}))] {
        let refused = app.call_as(key, Method::POST, path, Some(body)).await.expect(403);
        assert_eq!(refused["key"], "missing_required_permission");
    }
}
