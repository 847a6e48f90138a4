//! Categories, and the stacking rules that name them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, Reply, TestApp, redacted};

const CATEGORIES: &str = "/v1/categories";

async fn category(app: &TestApp, name: &str) -> String {
    let category = app.post(CATEGORIES, json!({"name": name, "hierarchy": 1})).await.expect(200);
    category["id"].as_str().expect("an id").to_owned()
}

async fn stacking(app: &TestApp, method: Method, id: &str, body: Option<Value>) -> Reply {
    let path = format!("/management/v1/projects/{PROJECT}/stacking-rules{id}");
    app.call(As::Management, method, &path, body).await
}

#[tokio::test]
async fn a_category_has_a_name_and_a_hierarchy_and_both_are_sent_each_time() {
    let app = TestApp::new().await;
    let created = app.post(CATEGORIES, json!({"name": "Eighth", "hierarchy": 8})).await.expect(200);
    insta::assert_json_snapshot!("a new category", redacted(created.clone()));
    let path = format!("{CATEGORIES}/{}", created["id"].as_str().expect("an id"));
    assert_eq!(app.get(&path).await.expect(200), created);
    app.put(&path, json!({"name": "Summer"})).await.refused(
        400,
        "invalid_payload",
        "Payload should have required property 'hierarchy'",
    );
    app.advance(1_000);
    let updated = app.put(&path, json!({"name": "Summer", "hierarchy": 0})).await.expect(200);
    assert_eq!((&updated["name"], &updated["hierarchy"]), (&json!("Summer"), &json!(0)));
    assert_eq!(updated["updated_at"], "2026-05-10T12:00:01.000Z");
    assert_eq!(updated["created_at"], created["created_at"]);
    app.delete(&path).await.expect(204);
    let id = created["id"].as_str().expect("an id");
    for reply in
        [app.get(&path).await, app.put(&path, json!({"name": "Summer", "hierarchy": 0})).await, app.delete(&path).await]
    {
        reply.refused(404, "not_found", &format!("Cannot find category with id {id}"));
        assert_eq!(reply.body["resource_type"], "category");
    }
}

#[tokio::test]
async fn all_categories_are_listed_newest_first_and_may_have_one_name() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.insert(0, category(&app, "Same").await);
        app.advance(1);
    }
    let list = app.get(CATEGORIES).await.expect(200);
    assert_eq!((&list["object"], &list["data_ref"], &list["total"]), (&json!("list"), &json!("data"), &json!(12)));
    let listed: Vec<&str> =
        list["data"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(listed, ids);
}

#[tokio::test]
async fn wrong_categories_are_refused() {
    let app = TestApp::new().await;
    for (body, details) in [
        (json!({"hierarchy": 1}), "Payload should have required property 'name'"),
        (json!({"name": "A"}), "Payload should have required property 'hierarchy'"),
        (json!({"name": "", "hierarchy": 1}), "Property .name should NOT have fewer than 1 characters"),
        (
            json!({"name": "x".repeat(1_001), "hierarchy": 1}),
            "Property .name should NOT have more than 1000 characters",
        ),
        (json!({"name": 1, "hierarchy": 1}), "Property .name should be string"),
        (json!({"name": "A", "hierarchy": "1"}), "Property .hierarchy should be number"),
        (json!({"name": "A", "hierarchy": 1.5}), "Property .hierarchy should be number"),
        (json!({"name": "A", "hierarchy": -1}), "Property .hierarchy cannot be lower than 0"),
        (json!(["A"]), "Payload should be object"),
    ] {
        app.post(CATEGORIES, body).await.refused(400, "invalid_payload", details);
    }
    assert_eq!(app.get(CATEGORIES).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn there_is_always_one_set_of_stacking_rules_and_at_most_one_of_ones_own() {
    let app = TestApp::new().await;
    let defaults = stacking(&app, Method::GET, "", None).await.expect(200);
    insta::assert_json_snapshot!("the default stacking rules", defaults);
    let vip = category(&app, "VIP").await;
    let body = json!({"exclusive_categories": [vip], "redeemables_limit": 10});
    let created = stacking(&app, Method::POST, "", Some(body.clone())).await.expect(200);
    insta::assert_json_snapshot!("stacking rules", redacted(created.clone()));
    stacking(&app, Method::POST, "", Some(body)).await.refused(
        409,
        "stacking_rules_exist",
        "Cannot exist more stacking rules for given project",
    );
    let list = stacking(&app, Method::GET, "", None).await.expect(200);
    assert_eq!((&list["data"], &list["total"]), (&json!([created]), &json!(1)));
    let id = format!("/{}", created["id"].as_str().expect("an id"));
    assert_eq!(stacking(&app, Method::GET, &id, None).await.expect(200), created);

    app.advance(1_000);
    let change = json!({"exclusive_categories": [], "applicable_redeemables_per_category_limit": 2});
    let updated = stacking(&app, Method::PUT, &id, Some(change)).await.expect(200);
    assert_eq!(updated["exclusive_categories"], json!([]), "lists are replaced whole");
    assert_eq!(
        (&updated["redeemables_limit"], &updated["applicable_redeemables_per_category_limit"]),
        (&json!(10), &json!(2))
    );
    assert_eq!(updated["updated_at"], "2026-05-10T12:00:01.000Z");

    stacking(&app, Method::DELETE, &id, None).await.expect(204);
    assert_eq!(stacking(&app, Method::GET, "", None).await.expect(200), defaults);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| json!({}));
        let refused = stacking(&app, method, &id, body).await;
        let details = format!("Cannot find stacking_rules with id {}", id.trim_start_matches('/'));
        refused.refused(404, "not_found", &details);
        assert_eq!(refused.body["resource_type"], "stacking_rules");
    }
}

#[tokio::test]
async fn wrong_stacking_rules_are_refused_and_change_nothing() {
    let app = TestApp::new().await;
    let created = stacking(&app, Method::POST, "", Some(json!({"redeemables_limit": 20}))).await.expect(200);
    let id = format!("/{}", created["id"].as_str().expect("an id"));
    for (body, details) in [
        (json!({"redeemables_limit": 31}), "Property .redeemables_limit must be <= 30"),
        (json!({"redeemables_limit": 0}), "Property .redeemables_limit must be >= 1"),
        (json!({"applicable_redeemables_limit": 21}), "Property .applicable_redeemables_limit must be <= 20"),
        (
            json!({"applicable_exclusive_redeemables_limit": 6}),
            "Property .applicable_exclusive_redeemables_limit must be <= 5",
        ),
        (
            json!({"applicable_redeemables_category_limits": {"cat_1": 31}}),
            "Property .applicable_redeemables_category_limits.cat_1 must be <= 30",
        ),
        (json!({"exclusive_categories": "cat_1"}), "Property .exclusive_categories must be array,null"),
        (
            json!({"no_effect_skip_categories": ["cat_1"], "no_effect_redeem_anyway_categories": ["cat_1"]}),
            "Property .no_effect_redeem_anyway_categories.0 cannot be in no_effect_skip_categories, too",
        ),
        (json!([]), "Payload must be object"),
    ] {
        stacking(&app, Method::PUT, &id, Some(body)).await.refused(400, "invalid_payload", details);
    }
    let odd = stacking(&app, Method::PUT, &id, Some(json!({"redeemables_sorting_rule": "MOON"}))).await.expect(400);
    assert_eq!(odd["key"], "invalid_payload");
    assert_eq!(stacking(&app, Method::GET, &id, None).await.expect(200), created);
    let path = "/management/v1/projects/proj_none/stacking-rules";
    for (method, body) in [(Method::GET, None), (Method::POST, Some(json!({})))] {
        let unknown = app.call(As::Management, method, path, body).await.expect(404);
        assert_eq!((unknown.get("key"), &unknown["details"]), (None, &json!("Cannot find project with id proj_none")));
    }
}

#[tokio::test]
async fn a_category_that_the_stacking_rules_name_is_deleted_only_together_with_that() {
    let app = TestApp::new().await;
    let (vip, kept) = (category(&app, "VIP").await, category(&app, "Kept").await);
    let body = json!({"exclusive_categories": [vip, kept], "no_effect_skip_categories": [vip],
        "applicable_redeemables_category_limits": {(vip.as_str()): 3}});
    let rules = stacking(&app, Method::POST, "", Some(body)).await.expect(200);
    let rules_id = rules["id"].as_str().expect("an id");
    let path = format!("{CATEGORIES}/{vip}");
    for path in [path.clone(), format!("{path}?remove_from_stacking_rules=false")] {
        let refused = app.delete(&path).await;
        let details = format!("Resource category with id {vip} is in use by stacking_ruless with ids [{rules_id}]");
        refused.refused(400, "resource_in_use", &details);
        assert_eq!(refused.body["related_object_type"], "stacking_rules");
    }
    app.get(&path).await.expect(200);
    app.delete(&format!("{path}?remove_from_stacking_rules=yes")).await.expect(400);
    app.delete(&format!("{path}?remove_from_stacking_rules=true")).await.expect(204);
    app.get(&path).await.expect(404);
    let rules = stacking(&app, Method::GET, &format!("/{rules_id}"), None).await.expect(200);
    assert_eq!(rules["exclusive_categories"], json!([kept]));
    assert_eq!(
        (&rules["no_effect_skip_categories"], &rules["applicable_redeemables_category_limits"]),
        (&json!([]), &json!({}))
    );
}
