//! Campaigns: what they are, how they change, and how they go.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, TestApp, redacted};

/// The body of a discount campaign.
fn discount(name: &str) -> Value {
    json!({
        "name": name, "campaign_type": "DISCOUNT_COUPONS",
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}},
    })
}

/// The body of a campaign of gift cards.
fn gifts(name: &str) -> Value {
    json!({
        "name": name, "campaign_type": "GIFT_VOUCHERS",
        "voucher": {"type": "GIFT_VOUCHER", "gift": {"amount": 1_000, "effect": "APPLY_TO_ORDER"}},
    })
}

/// A body with some keys set, by their JSON pointers.
fn with(mut body: Value, pairs: Value) -> Value {
    for (key, value) in pairs.as_object().expect("an object") {
        match key.rsplit_once('/') {
            Some((parent, key)) => body.pointer_mut(&format!("/{parent}")).expect("a parent")[key] = value.clone(),
            None => body[key] = value.clone(),
        }
    }
    body
}

impl TestApp {
    async fn campaign(&self, body: Value) -> Value {
        let created = self.post("/v1/campaigns", body).await.expect(200);
        self.run_due().await;
        created
    }

    /// Creates a campaign with a voucher for each of the codes.
    async fn campaign_with(&self, body: Value, codes: &[&str]) {
        let name = body["name"].as_str().expect("a name").to_owned();
        self.campaign(body).await;
        for code in codes {
            self.post(&format!("/v1/campaigns/{name}/vouchers/{code}"), json!({})).await.expect(200);
        }
    }

    async fn voucher(&self, code: &str) -> Value {
        self.get(&format!("/v1/vouchers/{code}")).await.expect(200)
    }
}

#[tokio::test]
async fn a_new_campaign_makes_its_codes_by_and_by() {
    let app = TestApp::new().await;
    let body = json!({
        "name": "Discount Campaign 4", "campaign_type": "DISCOUNT_COUPONS", "type": "AUTO_UPDATE", "join_once": true,
        "start_date": "2020-08-16T00:00:00Z", "expiration_date": "2023-12-26T00:00:00Z", "vouchers_count": 3,
        "voucher": {
            "type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
            "redemption": {"quantity": 10}, "code_config": {"pattern": "10OFF-#######"},
        },
        "validity_timeframe": {"interval": "P2D", "duration": "P1D"}, "validity_day_of_week": [0, 1, 2],
        "activity_duration_after_publishing": "P24D", "use_voucher_metadata_schema": false,
        "metadata": {"region": "AMER"},
    });
    let created = app.post("/v1/campaigns", body).await.expect(200);
    insta::assert_json_snapshot!("a new discount campaign", redacted(created.clone()));
    app.run_due().await;
    let read = app.get(&format!("/v1/campaigns/{}", created["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&read["vouchers_count"], &read["creation_status"]), (&json!(3), &json!("DONE")));
    let actions = app.get("/v1/async-actions").await.expect(200);
    let action = actions["async_actions"][0]["id"].as_str().expect("an id").to_owned();
    let action = app.get(&format!("/v1/async-actions/{action}")).await.expect(200);
    assert_eq!(action["type"], "CAMPAIGN.VOUCHERS_GENERATE");
    assert_eq!(action["result"], json!({"message": "Generated 3 vouchers.", "done_count": 3}));
}

#[tokio::test]
async fn each_type_of_campaign_shows_what_belongs_to_it() {
    let app = TestApp::new().await;
    let gift = with(gifts("G"), json!({"voucher/code_config": {"pattern": "GIFT-CARD-#######"}}));
    insta::assert_json_snapshot!("a new gift campaign", redacted(app.campaign(gift).await));
    let loyalty = json!({
        "name": "L", "campaign_type": "LOYALTY_PROGRAM", "auto_join": true, "join_once": false,
        "validation_rules": ["val_of_nothing"],
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 1_000, "expiration_rules":
            {"period_type": "MONTH", "period_value": 3, "rounding_type": "END_OF_YEAR"}}},
    });
    insta::assert_json_snapshot!("a new loyalty campaign", redacted(app.campaign(loyalty).await));
    let referral = json!({
        "name": "R", "campaign_type": "REFERRAL_PROGRAM", "referral_program": {"conversion_event_type": "redemption"},
        "voucher": {
            "type": "DISCOUNT_VOUCHER", "is_referral_code": true, "redemption": {"quantity": 10},
            "discount": {"type": "PERCENT", "percent_off": 45, "effect": "APPLY_TO_ORDER", "amount_limit": 15},
            "code_config": {"pattern": "REFERRAL-CODE-#######"},
        },
    });
    insta::assert_json_snapshot!("a new referral campaign", redacted(app.campaign(referral).await));
    let standalone =
        with(discount("Summer-2025"), json!({"type": "STANDALONE", "join_once": true, "voucher/code": "SUMMER20"}));
    insta::assert_json_snapshot!("a new campaign with one code", redacted(app.campaign(standalone).await));
    assert_eq!(app.voucher("SUMMER20").await["campaign"], "Summer-2025");
}

#[tokio::test]
async fn codes_look_as_they_were_asked_for() {
    let app = TestApp::new().await;
    for (number, (config, expected)) in [
        (json!({}), "^[0-9a-zA-Z]{8}$"),
        (json!({"length": 9, "prefix": "Discount-", "postfix": "YY"}), "^Discount-[0-9a-zA-Z]{9}YY$"),
        (json!({"pattern": "LOYALTY-CARD-##", "prefix": "New-", "postfix": "1"}), "^New-LOYALTY-CARD-[0-9a-zA-Z]{2}1$"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("C{number}");
        app.campaign(with(discount(&name), json!({"voucher/code_config": config}))).await;
        let voucher = app.post(&format!("/v1/campaigns/{name}/vouchers"), json!({})).await.expect(200);
        let (code, shape) = (voucher["code"].as_str().expect("a code"), expected.trim_matches(['^', '$']));
        let (prefix, rest) = shape.split_once("[0-9a-zA-Z]{").expect("a class");
        let (count, postfix) = rest.split_once('}').expect("a number");
        let drawn = code.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(postfix)).expect("the affixes");
        assert!(drawn.len() == count.parse().unwrap_or(0) && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[tokio::test]
async fn there_are_no_more_codes_than_the_pattern_has_room_for() {
    let app = TestApp::new().await;
    let few = |name: &str, count: i64| {
        with(
            discount(name),
            json!({"vouchers_count": count, "voucher/code_config": {"charset": "xD", "pattern": "##"}}),
        )
    };
    let details = "There are too few codes of the pattern '##' with this charset";
    app.post("/v1/campaigns", few("A", 5)).await.refused(400, "invalid_code_config", details);
    app.get("/v1/campaigns/A").await.expect(404);
    app.campaign(few("B", 4)).await;
    for code in ["xx", "xD", "Dx", "DD"] {
        app.voucher(code).await;
    }
    app.post("/v1/campaigns/B/vouchers", json!({})).await.refused(400, "invalid_code_config", details);
    // The pattern has room, but not enough of it is left.
    app.subscribe(&["campaign.vouchers.generation.failed"]).await;
    app.campaign(few("C", 3)).await;
    let failed = app.get("/v1/campaigns/C").await.expect(200);
    assert_eq!((&failed["creation_status"], &failed["vouchers_count"]), (&json!("FAILED"), &json!(0)));
    assert_eq!(app.received().await[0]["data"]["campaign"]["name"], "C");
}

#[tokio::test]
async fn bodies_that_make_no_campaign_are_refused_and_make_nothing() {
    let app = TestApp::new().await;
    app.campaign(discount("Taken")).await;
    app.campaign(gifts("Gifts")).await;
    let referral = |program: Value| {
        with(discount("New"), json!({"campaign_type": "REFERRAL_PROGRAM", "referral_program": program}))
    };
    let reward = |card: &str, id: &str| {
        let parent = json!({"id": id, "object": "CAMPAIGN"});
        referral(json!({"conversion_event_type": "redemption",
            "referee_reward": {"type": card, "amount": 5, "related_object_parent": parent}}))
    };
    for (body, status, key, details) in [
        (json!({}), 400, "invalid_payload", "Payload should have required property 'name'"),
        (json!({"name": "New"}), 400, "invalid_payload", "Payload should have required property 'campaign_type'"),
        (
            json!({"name": "New", "campaign_type": "REFERRAL_PROGRAM", "voucher": {"type": "DISCOUNT_VOUCHER"}}),
            400,
            "invalid_campaign",
            "Property 'discount' is required for REFERRAL_PROGRAM campaign",
        ),
        (
            json!({"name": "New", "campaign_type": "GIFT_VOUCHERS"}),
            400,
            "invalid_campaign",
            "Property 'gift' is required for GIFT_VOUCHERS campaign",
        ),
        (
            json!({"name": "New", "campaign_type": "LOYALTY_PROGRAM", "voucher": {"type": "LOYALTY_CARD"}}),
            400,
            "invalid_campaign",
            "Property 'loyalty_card' is required for LOYALTY_PROGRAM campaign",
        ),
        (discount("Taken"), 409, "duplicate_found", "Duplicated campaign exists with name Taken"),
        (
            with(discount("New"), json!({"category_id": "cat_no"})),
            404,
            "not_found",
            "Cannot find category with id cat_no",
        ),
        (
            with(discount("New"), json!({"validation_rules": ["val_no"]})),
            404,
            "not_found",
            "Cannot find validation_rules with id val_no",
        ),
        (
            with(discount("New"), json!({"access_settings": {"assign": {"areas_ids": ["ar_1"]}}})),
            404,
            "not_found",
            "Cannot find area with id ar_1",
        ),
        (
            with(discount("New"), json!({"access_settings": {"unassign": {"area_stores_ids": ["ars_1"]}}})),
            404,
            "not_found",
            "Cannot find area_store with id ars_1",
        ),
        (
            with(gifts("New"), json!({"voucher/gift": {"amount": -1}})),
            400,
            "invalid_payload",
            "Property .voucher.gift.amount cannot be lower than 0",
        ),
        (
            with(discount("New"), json!({"type": "STANDALONE"})),
            400,
            "invalid_payload",
            "Property .voucher should have required property 'code'",
        ),
        (
            with(discount("New"), json!({"vouchers_count": -1})),
            400,
            "invalid_payload",
            "Property .vouchers_count cannot be lower than 0",
        ),
        (
            with(discount("New"), json!({"description": 5})),
            400,
            "invalid_payload",
            "Property .description should be string,null",
        ),
        (
            json!({"name": "New", "campaign_type": "LOYALTY_PROGRAM", "voucher":
                {"type": "LOYALTY_CARD", "loyalty_card": {"points": 0, "expiration_rules": {"period_type": "MONTH"}}}}),
            400,
            "invalid_payload",
            "Property .voucher.loyalty_card.expiration_rules should have required property 'period_value'",
        ),
        (
            referral(json!({"conversion_event_type": "custom_event"})),
            400,
            "invalid_payload",
            "Property .referral_program should have required property 'custom_event'",
        ),
        (
            referral(json!({"conversion_event_type": "custom_event", "custom_event": {"name": "signed_up"}})),
            404,
            "not_found",
            "Cannot find custom_event_schema with id signed_up",
        ),
        (reward("GIFT_VOUCHER", "camp_no"), 404, "not_found", "Cannot find campaign with id camp_no"),
        (
            reward("LOYALTY_CARD", "Gifts"),
            400,
            "invalid_campaign",
            "The campaign of a referee reward of this type has to be a LOYALTY_PROGRAM campaign",
        ),
    ] {
        app.post("/v1/campaigns", body.clone()).await.refused(status, key, details);
    }
    app.get("/v1/campaigns/New").await.refused(404, "not_found", "Cannot find campaign with id New");
}

#[tokio::test]
async fn a_referral_program_knows_its_event_and_its_reward_by_name() {
    let app = TestApp::new().await;
    let gifts = app.campaign(gifts("Gifts")).await;
    let path = format!("/management/v1/projects/{PROJECT}/custom-event-schemas");
    let schema = app
        .call(As::Management, Method::POST, &path, Some(json!({"name": "signed_up", "schema": {"properties": {}}})))
        .await
        .expect(200);
    let body = with(
        discount("R"),
        json!({"campaign_type": "REFERRAL_PROGRAM", "referral_program": {
            "conversion_event_type": "custom_event", "custom_event": {"name": "signed_up"},
            "referee_reward": {"type": "GIFT_VOUCHER", "amount": 500, "related_object_parent": {"id": gifts["id"]}},
        }}),
    );
    let expected = json!({
        "conversion_event_type": "custom_event", "custom_event": {"id": schema["id"], "name": "signed_up"},
        "referee_reward": {
            "related_object_parent": {"id": gifts["id"], "name": "Gifts", "object": "CAMPAIGN"},
            "type": "GIFT_VOUCHER", "amount": 500,
        },
    });
    assert_eq!(app.campaign(body).await["referral_program"], expected);
    let other = json!({"referral_program": {"conversion_event_type": "redemption"}});
    let details = "It is not possible to change the conversion event of a referral program";
    app.put("/v1/campaigns/R", other).await.refused(400, "invalid_campaign", details);
    let same = with(expected.clone(), json!({"referee_reward/amount": 700}));
    let changed = app.put("/v1/campaigns/R", json!({"referral_program": same})).await.expect(200);
    assert_eq!(changed["referral_program"]["referee_reward"]["amount"], 700);
}

#[tokio::test]
async fn metadata_of_a_campaign_obey_the_schema_of_vouchers_or_else_their_own() {
    let app = TestApp::new().await;
    app.schema("voucher", json!({"season": {"type": "string", "optional": true, "array": false}})).await;
    app.schema("campaign", json!({"budget": {"type": "number", "optional": true, "array": false}})).await;
    let body = |own: bool, metadata: Value| {
        with(discount("M"), json!({"use_voucher_metadata_schema": !own, "metadata": metadata}))
    };
    for refused in [body(false, json!({"season": 1})), body(true, json!({"budget": "much"}))] {
        assert_eq!(app.post("/v1/campaigns", refused).await.expect(400)["key"], "metadata_validation_failed");
    }
    app.campaign_with(body(true, json!({"budget": 5})), &["A"]).await;
    assert_eq!(app.voucher("A").await["metadata"], json!({}));
    app.campaign_with(with(body(false, json!({"season": "fall"})), json!({"name": "N"})), &["B"]).await;
    assert_eq!(app.voucher("B").await["metadata"], json!({"season": "fall"}));
}

#[tokio::test]
async fn of_two_simultaneous_campaigns_of_one_name_one_is_made() {
    let app = TestApp::new().await;
    let (one, other) = tokio::join!(
        app.post("/v1/campaigns", with(discount("Race"), json!({"vouchers_count": 2}))),
        app.post("/v1/campaigns", gifts("Race")),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(app.get("/v1/campaigns").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_without_their_rules() {
    let app = TestApp::new().await;
    for (name, category) in [("One", "First"), ("Two", "Second"), ("Three", "First")] {
        app.campaign(with(discount(name), json!({"category": category}))).await;
        app.advance(1_000);
    }
    app.campaign(json!({"name": "Sale", "campaign_type": "PROMOTION"})).await;
    app.put("/v1/campaigns/One", json!({"description": "the first"})).await.expect(200);
    let page = app.get("/v1/campaigns?limit=2&page=2&expand=category").await.expect(200);
    insta::assert_json_snapshot!("a page of campaigns", redacted(page));
    for (query, names) in [
        ("", vec!["Sale", "Three", "Two", "One"]),
        ("order=created_at", vec!["One", "Two", "Three", "Sale"]),
        ("order=-updated_at&limit=2", vec!["Sale", "One"]),
        ("page=9", vec![]),
        ("campaign_type=PROMOTION", vec!["Sale"]),
        ("campaign_status=DONE&limit=1", vec!["Sale"]),
        ("campaign_status=FAILED", vec![]),
        ("is_referral_code=true", vec![]),
        ("access_settings[filter][areas_ids][]=ar_1", vec![]),
    ] {
        let list = app.get(&format!("/v1/campaigns?{query}")).await.expect(200);
        let found: Vec<_> = list["campaigns"].as_array().into_iter().flatten().map(|row| &row["name"]).collect();
        assert_eq!(found, names, "{query}");
    }
    for (query, details) in [
        ("limit=101", "Property .limit cannot be higher than 100"),
        (
            "expand=all",
            "Property .expand should be equal to one of the allowed values [ category, access_settings_assignments ]",
        ),
        (
            "order=name",
            "Property .order should be equal to one of the allowed values [ created_at, -created_at, updated_at, -updated_at ]",
        ),
        ("is_referral_code=maybe", "Property .is_referral_code should be boolean"),
    ] {
        app.get(&format!("/v1/campaigns?{query}")).await.refused(400, "invalid_query_params", details);
    }
    let with_access = app.get("/v1/campaigns?limit=1&expand=access_settings_assignments").await.expect(200);
    let empty = json!({"object": "list", "data_ref": "data", "data": [], "total": 0});
    assert_eq!(with_access["campaigns"][0]["access_settings_assignments"], empty);
}

#[tokio::test]
async fn campaigns_are_filtered_by_what_they_are_and_by_the_state_that_they_are_in() {
    let app = TestApp::new().await;
    app.campaign(with(discount("Now"), json!({"category": "First", "metadata": {"level": 3}}))).await;
    app.campaign(with(gifts("Past"), json!({"expiration_date": "2020-01-01", "type": "STATIC"}))).await;
    app.campaign(with(discount("Soon"), json!({"start_date": "2030-01-01", "validity_day_of_week": [1, 2]}))).await;
    app.campaign(with(discount("Code"), json!({"type": "STANDALONE", "voucher/code": "X"}))).await;
    app.post("/v1/campaigns/Code/disable", json!({})).await.expect(200);
    app.post("/v1/campaigns", with(discount("Busy"), json!({"vouchers_count": 2}))).await.expect(200);
    for (filters, names) in [
        ("[campaigns][conditions][$starts_with]=P", vec!["Past"]),
        ("[campaign_status][conditions][$in]=IN_PROGRESS", vec!["Busy"]),
        ("[status][conditions][$in_progress]=", vec!["Busy"]),
        ("[status][conditions][$active]=", vec!["Code", "Now", "Past", "Soon"]),
        ("[status][conditions][$expired]=", vec!["Past"]),
        ("[status][conditions][before_start]=", vec!["Soon"]),
        ("[status][conditions][$before_start]=", vec!["Soon"]),
        ("[status][conditions][$failed]=", vec![]),
        ("[active][conditions][$enabled]=", vec!["Busy", "Now", "Past", "Soon"]),
        ("[active][$disabled]=true", vec!["Code"]),
        ("[active][conditions][$active]=", vec!["Busy", "Now"]),
        ("[active][conditions][$expired]=", vec!["Past"]),
        ("[voucher_type][conditions][$is]=GIFT_VOUCHER", vec!["Past"]),
        ("[type][conditions][$in]=BULK", vec!["Busy", "Now", "Past", "Soon"]),
        ("[type][conditions][$not_in]=BULK", vec!["Code"]),
        ("[type][conditions][$in]=STATIC", vec!["Past"]),
        ("[categories][conditions][$in]=First", vec!["Now"]),
        ("[is_referral_code][conditions][$is]=TRUE", vec![]),
        ("[is_referral_code][conditions][$is_not]=FALSE", vec![]),
        ("[expiration_date][conditions][$before]=2021-01-01", vec!["Past"]),
        ("[start_date][conditions][$has_value]=", vec!["Soon"]),
        ("[validity_day_of_week][conditions][$is]=1", vec!["Busy", "Code", "Now", "Past", "Soon"]),
        ("[validity_day_of_week][conditions][$is]=0", vec!["Busy", "Code", "Now", "Past"]),
        ("[metadata.level][conditions][$more_than]=2", vec!["Now"]),
        ("[created_date][conditions][$before]=2021-01-01", vec![]),
    ] {
        let list = app.get(&format!("/v1/campaigns?filters{filters}")).await.expect(200);
        let names_of = list["campaigns"].as_array().into_iter().flatten();
        let mut found: Vec<_> = names_of.map(|row| row["name"].as_str().unwrap_or_default()).collect();
        found.sort_unstable();
        assert_eq!((found, &list["total"]), (names.clone(), &json!(names.len())), "{filters}");
    }
    let or =
        "filters[junction]=or&filters[campaigns][conditions][$is][0]=Now&filters[campaigns][conditions][$is][1]=Past";
    assert_eq!(app.get(&format!("/v1/campaigns?{or}")).await.expect(200)["total"], 2);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_untouched_vouchers_follow() {
    let app = TestApp::new().await;
    app.campaign_with(with(discount("C"), json!({"metadata": {"a": 1, "b": 1}})), &["A", "B", "D"]).await;
    app.subscribe(&["campaign.updated", "voucher.updated"]).await;
    app.advance(1_000);
    let body = json!({
        "expiration_date": "2030-01-01T00:00:00Z", "description": "changed", "join_once": true, "type": "STATIC",
        "metadata": {"a": 2, "c": 3}, "unset_metadata_fields": ["b"], "category": "New",
        "discount": {"type": "PERCENT", "percent_off": 20}, "default_voucher_redemption": {"quantity": 2},
        "name": "ignored", "campaign_type": "ignored", "vouchers_count": "ignored", "voucher": 5,
    });
    let changing = app.put("/v1/campaigns/C", body).await.expect(200);
    insta::assert_json_snapshot!("a campaign whose vouchers follow", redacted(changing.clone()));
    app.run_due().await;
    let changed = app.get("/v1/campaigns/C").await.expect(200);
    assert_eq!(changed, with(changing, json!({"creation_status": "DONE", "vouchers_generation_status": "DONE"})));
    let voucher = app.voucher("A").await;
    assert_eq!(voucher["discount"], json!({"type": "PERCENT", "percent_off": 20}));
    assert_eq!((&voucher["redemption"]["quantity"], &voucher["category"]), (&json!(2), &json!("New")));
    assert_eq!(voucher["metadata"], json!({"a": 2, "c": 3}));
    assert_eq!(voucher["expiration_date"], "2030-01-01T00:00:00.000Z");
    assert_eq!(voucher["updated_at"], "2026-05-10T12:00:01.000Z");
    let kinds: Vec<_> = app.received().await.iter().map(|body| body["type"].clone()).collect();
    assert_eq!(kinds, ["campaign.updated"]);
}

#[tokio::test]
async fn vouchers_that_were_redeemed_or_have_values_of_their_own_do_not_follow() {
    let app = TestApp::new().await;
    app.campaign(discount("C")).await;
    let file =
        "Code,Redeemed Quantity,Expiration Date\\nUSED,1,\\nOWN,0,2028-05-05\\nF1,,\\nF2,,\\n".replace("\\n", "\n");
    let started = app.upload("/v1/campaigns/C/importCSV", file.as_bytes()).await;
    started.expect(200);
    assert_eq!(app.finish(&started).await["result"]["done_count"], 4);
    let changing = app.put("/v1/campaigns/C", json!({"expiration_date": "2030-01-01T00:00:00Z"})).await.expect(200);
    assert_eq!(
        (&changing["creation_status"], &changing["vouchers_generation_status"]),
        (&json!("MODIFYING"), &json!("MODIFYING"))
    );
    app.run_due().await;
    let newest = app.get("/v1/async-actions?limit=1").await.expect(200)["async_actions"][0].clone();
    assert_eq!(newest["type"], "CAMPAIGN.VOUCHERS_UPDATE");
    let action = app.get(&format!("/v1/async-actions/{}", newest["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(action["result"], json!({"message": "Updated 2 vouchers.", "done_count": 2}));
    for (code, date) in [
        ("USED", json!(null)),
        ("OWN", json!("2028-05-05T00:00:00.000Z")),
        ("F1", json!("2030-01-01T00:00:00.000Z")),
        ("F2", json!("2030-01-01T00:00:00.000Z")),
    ] {
        assert_eq!(app.voucher(code).await["expiration_date"], date, "{code}");
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_no_trace() {
    let app = TestApp::new().await;
    app.campaign_with(discount("C"), &["A"]).await;
    app.subscribe(&["campaign.updated"]).await;
    let before = app.get("/v1/campaigns/C").await.expect(200);
    for body in [json!({"name": "X"}), json!({}), json!({"join_once": false, "metadata": {}})] {
        assert_eq!(app.put("/v1/campaigns/C", body).await.expect(200), before);
    }
    assert_eq!(app.received().await, Vec::<Value>::new());
    // Something that is nothing to vouchers.
    let changed = app.put("/v1/campaigns/C", json!({"description": "new"})).await.expect(200);
    assert_eq!(changed["creation_status"], "DONE");
}

#[tokio::test]
async fn what_can_not_be_changed_is_refused_or_stays() {
    let app = TestApp::new().await;
    app.campaign(discount("D")).await;
    app.campaign(with(discount("S"), json!({"type": "STANDALONE", "voucher/code": "ONE"}))).await;
    let type_of_discount = "It is not possible to change Campaign discount type";
    let supply = "It is not possible to change type of a campaign to or from STANDALONE";
    for (name, body, status, key, details) in [
        ("D", json!({"discount": {"type": "AMOUNT", "amount_off": 5}}), 400, "invalid_campaign", type_of_discount),
        (
            "D",
            json!({"discount": {"percent_off": 5}}),
            400,
            "invalid_payload",
            "Property .discount should have required property 'type'",
        ),
        (
            "D",
            json!({"discount": {"type": "PERCENT"}}),
            400,
            "invalid_payload",
            "Property .discount should have required property 'percent_off'",
        ),
        ("D", json!({"type": "STANDALONE"}), 400, "invalid_campaign", supply),
        ("S", json!({"type": "STATIC"}), 400, "invalid_campaign", supply),
        ("D", json!({"category_id": "cat_no"}), 404, "not_found", "Cannot find category with id cat_no"),
        (
            "D",
            json!({"access_settings": {"assign": {"area_all_stores_ids": ["ar_2"]}}}),
            404,
            "not_found",
            "Cannot find area with id ar_2",
        ),
        (
            "D",
            json!({"validity_day_of_week": [7]}),
            400,
            "invalid_payload",
            "Property .validity_day_of_week[0] cannot be higher than 6",
        ),
        ("N", json!({}), 404, "not_found", "Cannot find campaign with id N"),
    ] {
        app.put(&format!("/v1/campaigns/{name}"), body).await.refused(status, key, details);
    }
    app.campaign(gifts("G")).await;
    let body =
        json!({"gift": {"amount": 5, "effect": "APPLY_TO_ITEMS"}, "discount": {"type": "PERCENT", "percent_off": 1}});
    let gift = app.put("/v1/campaigns/G", body).await.expect(200)["voucher"]["gift"].clone();
    assert_eq!(gift, json!({"amount": 1_000, "effect": "APPLY_TO_ITEMS"}));
    let loyalty = json!({"name": "L", "campaign_type": "LOYALTY_PROGRAM",
        "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 10}}});
    app.campaign(loyalty).await;
    let body = json!({"join_once": false, "loyalty_card": {"points": 20, "expiration_rules": {"period_type": "MONTH", "period_value": 2}}});
    let changed = app.put("/v1/campaigns/L", body).await.expect(200);
    assert_eq!(changed["join_once"], true);
    let rules = json!({"period_type": "MONTH", "period_value": 2});
    assert_eq!(changed["voucher"]["loyalty_card"], json!({"points": 20, "expiration_rules": rules}));
}

#[tokio::test]
async fn published_and_redeemed_vouchers_do_not_follow() {
    let app = TestApp::new().await;
    let created = app.post("/v1/campaigns", with(discount("C"), json!({"vouchers_count": 4}))).await;
    created.expect(200);
    app.run_due().await;
    // The oldest are published first.
    app.advance(1);
    let file = "Code,Redeemed Quantity\nUSED,1\n";
    app.finish(&app.upload("/v1/campaigns/C/importCSV", file.as_bytes()).await).await;
    for customer in ["anna", "bert"] {
        let body = json!({"campaign": {"name": "C"}, "customer": {"source_id": customer}});
        app.post("/v1/publications", body).await.expect(200);
    }
    app.put("/v1/campaigns/C", json!({"expiration_date": "2030-01-01T00:00:00Z"})).await.expect(200);
    app.run_due().await;
    let newest = app.get("/v1/async-actions?limit=1").await.expect(200)["async_actions"][0].clone();
    let action = app.get(&format!("/v1/async-actions/{}", newest["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(action["result"], json!({"message": "Updated 2 vouchers.", "done_count": 2}));
    let vouchers = app.get("/v1/vouchers?campaign=C").await.expect(200)["vouchers"].clone();
    let vouchers = vouchers.as_array().expect("a list");
    assert_eq!(vouchers.len(), 5);
    for voucher in vouchers {
        let is_touched = !voucher["holder_id"].is_null() || voucher["code"] == "USED";
        assert_eq!(voucher["expiration_date"] == "2030-01-01T00:00:00.000Z", !is_touched, "{voucher}");
    }
    let before = app.get("/v1/campaigns/C").await.expect(200);
    assert_eq!(app.put("/v1/campaigns/C", json!({"name": "X"})).await.expect(200)["name"], before["name"]);
}

#[tokio::test]
async fn vouchers_that_are_made_while_others_follow_come_out_right() {
    let app = TestApp::new().await;
    app.post("/v1/campaigns", with(discount("C"), json!({"vouchers_count": 1_200}))).await.expect(200);
    // Nothing has been generated yet, and the first change needs no job; the second one does.
    app.post("/v1/campaigns/C/vouchers/EARLY", json!({})).await.expect(200);
    let first = app.put("/v1/campaigns/C", json!({"expiration_date": "2030-01-01"})).await.expect(200);
    assert_eq!(first["creation_status"], "MODIFYING");
    app.put("/v1/campaigns/C", json!({"expiration_date": "2031-01-01"})).await.expect(200);
    app.run_due().await;
    let done = app.get("/v1/campaigns/C").await.expect(200);
    assert_eq!((&done["creation_status"], &done["vouchers_count"]), (&json!("DONE"), &json!(1_201)));
    let query = guerdon_store::Query::all(PROJECT.into(), guerdon_store::Collection::Vouchers);
    let page = app.guerdon.store.query(query).await.expect("vouchers");
    assert_eq!(page.records.len(), 1_201);
    assert!(page.records.iter().all(|record| record.body.contains("2031-01-01T00:00:00.000Z")));
}

#[tokio::test]
async fn a_voucher_is_added_with_what_is_its_own() {
    let app = TestApp::new().await;
    app.campaign(with(discount("C"), json!({"validity_day_of_week": [1, 2, 3, 4, 5], "metadata": {"Year": 2022}})))
        .await;
    let category = app.post("/v1/categories", json!({"name": "Eighth", "hierarchy": 8})).await.expect(200);
    app.subscribe(&["voucher.created", "campaign.vouchers.added"]).await;
    let body = json!({
        "category_id": category["id"], "start_date": "2022-09-24T00:00:00Z", "expiration_date": "2022-09-25T23:59:59Z",
        "active": false, "redemption": {"quantity": null}, "additional_info": "Voucher added using API",
        "metadata": {"Season": "Fall"},
    });
    let added = app.post("/v1/campaigns/C/vouchers/Code3", body).await.expect(200);
    insta::assert_json_snapshot!("a voucher that was added", redacted(added));
    let again = app.post("/v1/campaigns/C/vouchers/Code3", json!({})).await;
    again.refused(409, "duplicate_found", "Duplicated voucher exists with id Code3");
    let drawn = app.post("/v1/campaigns/C/vouchers", json!({})).await.expect(200);
    assert_eq!(drawn["code"].as_str().map(str::len), Some(8));
    let config = json!({"code_config": {"prefix": "X-", "length": 3}});
    let own = app.post("/v1/campaigns/C/vouchers?vouchers_count=1", config).await.expect(200);
    let sorted = app.post("/v1/campaigns/C/vouchers/Code4", json!({"category": "New"})).await.expect(200);
    assert_eq!((&sorted["category"], &sorted["categories"][0]["name"]), (&json!("New"), &json!("New")));
    assert!(own["code"].as_str().is_some_and(|code| code.starts_with("X-") && code.len() == 5));
    let kinds: Vec<_> = app.received().await.iter().map(|body| body["type"].clone()).collect();
    assert_eq!(kinds, ["voucher.created"; 4]);
}

#[tokio::test]
async fn many_vouchers_are_added_by_a_job_with_what_is_their_own() {
    let app = TestApp::new().await;
    let limits =
        json!({"start_date": "2022-01-01T00:00:00Z", "validity_timeframe": {"interval": "P2D", "duration": "P1D"}});
    app.campaign(with(discount("C"), limits)).await;
    app.subscribe(&[
        "voucher.created",
        "campaign.vouchers.added",
        "campaign.vouchers.generation.started",
        "campaign.vouchers.generation.completed",
    ])
    .await;
    let body = json!({"code_config": {"pattern": "A#"}, "metadata": {"own": true}, "category": "New", "expiration_date": "2031-01-01"});
    let accepted = app.post("/v1/campaigns/C/vouchers?vouchers_count=3", body).await;
    assert_eq!(accepted.expect(202).as_object().map(|keys| keys.len()), Some(1));
    assert_eq!(app.get("/v1/campaigns/C").await.expect(200)["creation_status"], "IN_PROGRESS");
    let action = app.finish(&accepted).await;
    assert_eq!(action["result"], json!({"message": "Generated 3 vouchers.", "done_count": 3}));
    let campaign = app.get("/v1/campaigns/C").await.expect(200);
    assert_eq!((&campaign["creation_status"], &campaign["vouchers_count"]), (&json!("DONE"), &json!(3)));
    let query = guerdon_store::Query::all(PROJECT.into(), guerdon_store::Collection::Vouchers);
    for record in app.guerdon.store.query(query).await.expect("vouchers").records {
        let voucher = app.voucher(&record.id).await;
        assert_eq!((&voucher["metadata"], &voucher["category"]), (&json!({"own": true}), &json!("New")));
        assert_eq!(voucher["start_date"], "2022-01-01T00:00:00.000Z", "what was not sent is the campaign's");
        assert_eq!(voucher["expiration_date"], "2031-01-01T00:00:00.000Z");
        assert!(voucher["code"].as_str().is_some_and(|code| code.starts_with('A') && code.len() == 2));
    }
    let received = app.received().await;
    let kinds: Vec<_> = received.iter().map(|body| body["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        kinds,
        ["campaign.vouchers.added", "campaign.vouchers.generation.started", "campaign.vouchers.generation.completed"]
    );
    assert!(received.iter().all(|body| body["data"]["count"] == 3 && body["data"]["campaign"]["name"] == "C"));
}

#[tokio::test]
async fn a_campaign_with_one_code_or_with_none_takes_no_vouchers() {
    let app = TestApp::new().await;
    app.campaign(with(discount("S"), json!({"type": "STANDALONE", "voucher/code": "ONE"}))).await;
    app.campaign(json!({"name": "P", "campaign_type": "PROMOTION"})).await;
    for (name, details) in [
        ("S", "You can not generate vouchers for STANDALONE type campaign."),
        ("P", "PROMOTION campaign has no vouchers"),
    ] {
        for path in ["vouchers", "vouchers?vouchers_count=2", "vouchers/X"] {
            let reply = app.post(&format!("/v1/campaigns/{name}/{path}"), json!({})).await;
            reply.refused(400, "invalid_campaign", details);
        }
        app.post(&format!("/v1/campaigns/{name}/import"), json!([])).await.refused(400, "invalid_campaign", details);
        app.upload(&format!("/v1/campaigns/{name}/importCSV"), b"Code\nX\n").await.refused(
            400,
            "invalid_campaign",
            details,
        );
    }
    app.post("/v1/campaigns/N/vouchers", json!({})).await.refused(404, "not_found", "Cannot find campaign with id N");
    app.campaign(discount("D")).await;
    let zero = app.post("/v1/campaigns/D/vouchers?vouchers_count=0", json!({})).await;
    zero.refused(400, "invalid_query_params", "Property .vouchers_count cannot be lower than 1");
    let million = app.post("/v1/campaigns/D/vouchers?vouchers_count=1000001", json!({})).await;
    million.refused(400, "invalid_query_params", "Property .vouchers_count cannot be higher than 1000000");
}

#[tokio::test]
async fn a_list_of_vouchers_is_imported_whole_or_refused_whole() {
    let app = TestApp::new().await;
    app.campaign_with(with(gifts("G"), json!({"metadata": {"season": "any"}})), &["A", "B"]).await;
    app.subscribe(&["voucher.created", "campaign.vouchers.added"]).await;
    let import = |items: Value| app.post("/v1/campaigns/G/import", items);
    import(json!([{"code": "A"}, {"code": "B"}, {"code": "C"}])).await.refused(
        400,
        "duplicate_key",
        "2 voucher codes(s) already exist.",
    );
    import(json!([{"code": "C"}, {"code": "C"}])).await.refused(
        400,
        "duplicate_key",
        "1 voucher codes(s) already exist.",
    );
    import(json!([{"code": "C"}, {"active": true}])).await.refused(
        400,
        "invalid_voucher",
        "Found 1 voucher(s) without 'code' value",
    );
    import(json!([{"code": "C", "redemption": 5}])).await.expect(400);
    import(json!([{"code": "C", "gift": {"amount": -5}}])).await.refused(
        400,
        "invalid_payload",
        "Property .gift.amount cannot be lower than 0",
    );
    import(json!({})).await.refused(400, "invalid_payload", "Payload should be array");
    app.get("/v1/vouchers/C").await.expect(404);

    let items = json!([
        {"code": "CODE7", "category": "First", "redemption": {"quantity": 1}, "metadata": {"season": "Fall"},
         "additional_info": "x", "active": true, "gift": {"amount": 500}},
        {"code": "CODE8", "active": false, "expiration_date": "2030-05-05T10", "validity_day_of_week": [1]},
        {"code": "CODE9", "category_id": "cat_no"},
    ]);
    let accepted = import(items).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["type"], &action["status"]), (&json!("CAMPAIGN.VOUCHERS_IMPORT"), &json!("DONE")));
    assert_eq!(
        action["result"],
        json!({
            "message": "2 voucher(s) imported successfully, 1 failed.", "done_count": 2, "failed_count": 1,
            "failed": [{"code": "CODE9", "reason": "Cannot find category with id cat_no"}],
        })
    );
    insta::assert_json_snapshot!("an imported voucher", redacted(app.voucher("CODE7").await));
    let second = app.voucher("CODE8").await;
    assert_eq!((&second["active"], &second["gift"]["amount"]), (&json!(false), &json!(1_000)));
    assert_eq!(
        (&second["metadata"], &second["expiration_date"]),
        (&json!({"season": "any"}), &json!("2030-05-05T10:00:00.000Z"))
    );
    let received = app.received().await;
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!((&received[0]["type"], &received[0]["data"]["count"]), (&json!("campaign.vouchers.added"), &json!(2)));
}

#[tokio::test]
async fn metadata_that_break_the_schema_fail_their_vouchers_only() {
    let app = TestApp::new().await;
    app.schema("voucher", json!({"unit": {"type": "number", "optional": false, "array": false}})).await;
    app.campaign(with(discount("C"), json!({"use_voucher_metadata_schema": false}))).await;
    let item = |code: &str| json!({"code": code, "metadata": {"unit": "EUR"}});
    let accepted = app.post("/v1/campaigns/C/import", json!([item("A"), item("B"), item("C")])).await;
    let action = app.finish(&accepted).await;
    assert_eq!((&action["status"], &action["operation_status"]), (&json!("DONE"), &json!("FAILED")));
    assert_eq!((&action["result"]["done_count"], &action["result"]["failed_count"]), (&json!(0), &json!(3)));
    assert_eq!(action["result"]["failed"][0]["code"], "A");
    assert!(
        action["result"]["failed"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("unit: ")),
        "{action}"
    );
}

#[tokio::test]
async fn a_file_of_vouchers_adds_new_ones_and_changes_little_of_others() {
    let app = TestApp::new().await;
    app.campaign_with(with(gifts("G"), json!({"metadata": {"season": "any", "kept": 1}})), &["OLD"]).await;
    app.campaign_with(discount("D"), &["OTHER"]).await;
    app.subscribe(&["voucher.created", "voucher.updated", "campaign.vouchers.added"]).await;
    let file = "\
Code,Active,Category,Start Date,Expiration Date,Gift Amount,Redeemed Amount,Redeemed Quantity,season
NEW,,First,2022-01-01,2030-01-01T10:30,12.5,2.5,1,fall
OLD,FALSE,First,,,99,,,winter
OTHER,,,,,,,,
,,,,,,,,
BAD,perhaps,,,,,,,
LESS,,,,,1,2,,
";
    let started = app.upload("/v1/campaigns/G/importCSV", file.as_bytes()).await;
    assert!(started.expect(200)["async_action_id"].is_string());
    let action = app.finish(&started).await;
    assert_eq!(action["type"], "CAMPAIGN.VOUCHERS_IMPORT_CSV");
    insta::assert_json_snapshot!("the result of an import of vouchers", action["result"]);
    let new = app.voucher("NEW").await;
    assert_eq!(new["gift"], json!({"amount": 1_250, "balance": 1_000, "effect": "APPLY_TO_ORDER"}));
    assert_eq!(new["metadata"], json!({"season": "fall", "kept": 1}));
    assert_eq!(
        (&new["active"], &new["category"], &new["redemption"]["redeemed_quantity"]),
        (&json!(true), &json!("First"), &json!(1))
    );
    let old = app.voucher("OLD").await;
    assert_eq!(
        (&old["active"], &old["category"], &old["gift"]["amount"]),
        (&json!(false), &json!("First"), &json!(1_000))
    );
    assert_eq!(old["metadata"], json!({"season": "any", "kept": 1}));
    let kinds: Vec<_> = app.received().await.iter().map(|body| body["type"].clone()).collect();
    assert_eq!(kinds, ["campaign.vouchers.added"]);
    assert_eq!(app.get("/v1/campaigns/G").await.expect(200)["vouchers_count"], 2);
    // A campaign that is over gets codes that can't be used.
    app.campaign(with(discount("Over"), json!({"expiration_date": "2020-01-01"}))).await;
    let started = app.upload("/v1/campaigns/Over/importCSV", b"Code\nLATE\n").await;
    app.finish(&started).await;
    assert_eq!(app.voucher("LATE").await["active"], false);
}

#[tokio::test]
async fn a_deleted_campaign_is_gone_at_once_and_keeps_its_name_and_codes() {
    let app = TestApp::new().await;
    let rule = app.post("/v1/validation-rules", json!({"name": "R", "type": "basic", "rules": {}})).await.expect(200);
    app.campaign_with(with(discount("C"), json!({"validation_rules": [rule["id"]]})), &["A", "B"]).await;
    app.subscribe(&["campaign.deleted", "voucher.deleted"]).await;
    let deleted = app.delete("/v1/campaigns/C").await;
    deleted.expect(202);
    for path in ["/v1/campaigns/C", "/v1/vouchers/A", "/v1/campaigns/C/summary"] {
        app.get(path).await.expect(404);
    }
    assert_eq!(app.get("/v1/campaigns").await.expect(200)["total"], 0);
    assert_eq!(app.get("/v1/validation-rules-assignments").await.expect(200)["total"], 0);
    let taken = "Duplicated campaign exists with name C";
    app.post("/v1/campaigns", discount("C")).await.refused(409, "duplicate_found", taken);
    let action = app.finish(&deleted).await;
    assert_eq!(action["type"], "CAMPAIGN.VOUCHERS_DELETE");
    assert_eq!(action["result"], json!({"message": "Deleted 2 vouchers.", "done_count": 2}));
    app.campaign(discount("D")).await;
    app.post("/v1/campaigns/D/vouchers/A", json!({})).await.expect(409);
    let bin = app.get("/v1/trash-bin").await.expect(200);
    insta::assert_json_snapshot!("a campaign in the bin", redacted(bin.clone()));
    let received = app.received().await;
    assert_eq!(received.len(), 1, "{received:?}");
    insta::assert_json_snapshot!("the event of a deleted campaign", redacted(received[0]["data"].clone()));

    let entry = bin["data"][0]["id"].as_str().expect("an id").to_owned();
    app.delete(&format!("/v1/trash-bin/{entry}")).await.expect(204);
    app.campaign(discount("C")).await;
    for code in ["A", "B"] {
        app.post(&format!("/v1/campaigns/C/vouchers/{code}"), json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn by_force_a_campaign_frees_its_name_at_once_and_its_codes_by_and_by() {
    let app = TestApp::new().await;
    app.campaign_with(discount("C"), &["A"]).await;
    let deleted = app.delete("/v1/campaigns/C?force=true").await;
    deleted.expect(202);
    assert_eq!(app.get("/v1/trash-bin").await.expect(200)["total"], 0);
    app.post("/v1/campaigns", discount("C")).await.expect(200);
    let action = app.finish(&deleted).await;
    assert_eq!(action["result"], json!({"message": "Deleted 1 vouchers.", "done_count": 1}));
    app.post("/v1/campaigns/C/vouchers/A", json!({})).await.expect(200);
    assert_eq!(app.get("/v1/campaigns/C").await.expect(200)["vouchers_count"], 1);
    for collection in [guerdon_store::Collection::CampaignTotals, guerdon_store::Collection::CampaignDays] {
        let query = guerdon_store::Query::all(PROJECT.into(), collection);
        assert_eq!(app.guerdon.store.query(query).await.expect("documents").records.len(), 1, "{collection:?}");
    }
    app.delete("/v1/campaigns/N").await.refused(404, "not_found", "Cannot find campaign with id N");
    app.delete("/v1/campaigns/C?force=maybe").await.expect(400);
}

#[tokio::test]
async fn deleting_a_campaign_ends_the_generation_of_its_codes() {
    let app = TestApp::new().await;
    app.post("/v1/campaigns", with(discount("C"), json!({"vouchers_count": 1_000}))).await.expect(200);
    let generation = app.get("/v1/async-actions").await.expect(200)["async_actions"][0]["id"].clone();
    let deleted = app.delete("/v1/campaigns/C").await;
    let action = app.finish(&deleted).await;
    assert_eq!(action["result"]["done_count"], 0);
    let generation = app.get(&format!("/v1/async-actions/{}", generation.as_str().expect("an id"))).await.expect(200);
    assert_eq!(
        (&generation["status"], &generation["result"]["message"]),
        (&json!("FAILED"), &json!("The campaign was deleted"))
    );
}

#[tokio::test]
async fn a_summary_counts_what_is_put_on_cards_taken_off_and_deleted_with_them() {
    let app = TestApp::new().await;
    app.campaign_with(gifts("G"), &["A", "B"]).await;
    for (code, amount) in [("A", 500), ("B", 250), ("B", -300)] {
        app.post(&format!("/v1/vouchers/{code}/balance"), json!({"amount": amount})).await.expect(200);
    }
    app.delete("/v1/vouchers/B").await.expect(204);
    app.delete("/v1/vouchers/A?force=true").await.expect(204);
    let summary = app.get("/v1/campaigns/G/summary").await.expect(200);
    let counters = ["amount_added", "amount_subtracted", "amount_deleted", "vouchers_deleted"];
    assert_eq!(counters.map(|name| summary[name].as_i64()), [750, 300, 950 + 1_500, 2].map(Some));
}

#[tokio::test]
async fn a_summary_counts_what_happened_on_which_day() {
    let app = TestApp::new().await;
    app.campaign_with(gifts("G"), &["A", "B"]).await;
    app.advance(24 * 3_600_000);
    app.post("/v1/campaigns/G/vouchers/C", json!({})).await.expect(200);
    insta::assert_json_snapshot!("a summary", redacted(app.get("/v1/campaigns/G/summary").await.expect(200)));
    for (query, created) in [
        ("start_date=2026-05-10&end_date=2026-05-10", 2),
        ("start_date=2026-05-11&end_date=2026-05-11", 1),
        ("start_date=2026-05-10&end_date=2026-05-11", 3),
        ("start_date=2026-05-12&end_date=2026-05-20", 0),
        ("start_date=2026-05-11T10:00:00Z&end_date=2026-05-11T11:00:00Z", 1),
    ] {
        let summary = app.get(&format!("/v1/campaigns/G/summary?{query}")).await.expect(200);
        assert_eq!(
            (&summary["vouchers_created"], &summary["created_vouchers_amount"]),
            (&json!(created), &json!(created * 1_000)),
            "{query}"
        );
    }
    let one = async |query: &str| app.get(&format!("/v1/campaigns/G/summary?{query}")).await;
    one("start_date=2026-05-10").await.refused(
        400,
        "invalid_query_params",
        "Query should have required property 'end_date'",
    );
    one("end_date=2026-05-10").await.refused(
        400,
        "invalid_query_params",
        "Query should have required property 'start_date'",
    );
    one("start_date=soon&end_date=2026-05-10").await.expect(400);
    app.get("/v1/campaigns/N/summary").await.expect(404);
    app.campaign(with(discount("S"), json!({"type": "STANDALONE", "voucher/code": "ONE"}))).await;
    let standalone = app.get("/v1/campaigns/S/summary").await.expect(200);
    assert_eq!((&standalone["vouchers_created"], &standalone["publications"]), (&json!(1), &json!(0)));
    app.campaign(json!({"name": "P", "campaign_type": "PROMOTION"})).await;
    let promotion = app.get("/v1/campaigns/P/summary").await.expect(200);
    assert_eq!((promotion.get("vouchers_created"), &promotion["discounted_amount"]), (None, &json!(0)));
}

#[tokio::test]
async fn a_new_campaign_and_its_codes_are_told_of() {
    let app = TestApp::new().await;
    app.subscribe(&[
        "campaign.created",
        "campaign.enabled",
        "campaign.disabled",
        "voucher.created",
        "campaign.vouchers.generation.started",
        "campaign.vouchers.generation.completed",
    ])
    .await;
    app.campaign(with(discount("C"), json!({"vouchers_count": 5}))).await;
    for verb in ["disable", "enable"] {
        assert_eq!(app.post(&format!("/v1/campaigns/C/{verb}"), json!({})).await.expect(200), json!({}));
    }
    let told: Vec<_> = app.received().await.into_iter().map(|body| json!([body["type"], body["data"]])).collect();
    insta::assert_json_snapshot!("the events of a new campaign", redacted(json!(told)));
}

#[tokio::test]
async fn a_voucher_has_what_was_sent_and_null_for_the_rest() {
    let app = TestApp::new().await;
    let body = json!({
        "type": "GIFT_VOUCHER", "gift": {"amount": 10_000, "effect": "APPLY_TO_ORDER"},
        "start_date": "2022-01-01T00:00:00Z", "active": true,
    });
    let created = app.post("/v1/vouchers/welcomegiftcard", body.clone()).await.expect(200);
    insta::assert_json_snapshot!("a new gift card", redacted(created));
    let again = app.post("/v1/vouchers/welcomegiftcard", body).await.expect(409);
    assert_eq!(again["details"], "Duplicated voucher exists with id welcomegiftcard");
}
