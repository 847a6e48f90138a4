//! Giving vouchers to customers.

use axum::http::Method;
use guerdon_core::{
    Context,
    campaigns::totals::{self, Difference},
    tx::Tx,
    vouchers,
};
use guerdon_model::{
    event::EventSource,
    ids::{ProjectId, RequestId},
    voucher::Voucher,
};
use serde_json::{Value, json};

use crate::app::{As, CLIENT, PROJECT, TestApp, redacted};

/// A campaign of discount coupons with so many codes.
pub(crate) async fn coupons(app: &TestApp, name: &str, supply: &str, count: usize, more: Value) -> Value {
    let mut body = json!({"name": name, "campaign_type": "DISCOUNT_COUPONS", "type": supply, "vouchers_count": count,
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}});
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    app.run_due().await;
    app.get(&format!("/v1/campaigns/{}", text(&campaign["id"]))).await.expect(200)
}

pub(crate) fn text(json: &Value) -> &str {
    json.as_str().expect("a text")
}

/// A publication of a voucher of the campaign.
async fn publish(app: &TestApp, campaign: &str, customer: &str) -> Value {
    let body = json!({"campaign": {"name": campaign}, "customer": {"source_id": customer}});
    app.post("/v1/publications", body).await.expect(200)
}

#[tokio::test]
async fn a_published_voucher_belongs_to_the_customer() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 2, json!({})).await;
    app.advance(5);
    let body = json!({"source_id": "ours-10", "campaign": {"name": "Summer", "count": 1}, "channel": "myown",
        "customer": {"source_id": "c5", "name": "Bob Jones", "email": "bob@e.com", "metadata": {"lang": "en"}},
        "metadata": {"year": 2022}});
    let mut published = app.post("/v1/publications", body).await.expect(200);
    let code = text(&published["voucher"]["code"]).to_owned();
    let read = app.get(&format!("/v1/vouchers/{code}")).await.expect(200);
    assert_eq!((&read["holder_id"], &read["publish"]["count"]), (&published["customer_id"], &json!(1)));
    assert_eq!(read["updated_at"], published["created_at"]);
    published["voucher"]["code"] = "<code>".into();
    for list in ["redemption", "publish"] {
        published["voucher"][list]["url"] = "<url>".into();
    }
    insta::assert_json_snapshot!("a publication of one voucher", redacted(published));
}

#[tokio::test]
async fn a_static_campaign_gives_each_customer_a_code_until_there_are_none() {
    let app = TestApp::new().await;
    let campaign = coupons(&app, "Summer", "STATIC", 2, json!({"join_once": true})).await;
    let body = |customer: &str| json!({"campaign": {"name": "Summer"}, "customer": {"source_id": customer}});
    let first = publish(&app, "Summer", "a").await;
    assert_eq!(
        (&first["channel"], &first["source_id"], &first["result"], first["vouchers_id"].as_array().map(Vec::len)),
        (&json!("API"), &json!(null), &json!("SUCCESS"), Some(1))
    );
    app.post("/v1/publications", body("a")).await.refused(
        400,
        "voucher_cannot_be_published",
        "Voucher cannot be published. Customer already joined program.",
    );
    let again = app.post("/v1/publications?join_once=true", body("a")).await.expect(200);
    assert_eq!(again, first, "the same publication");
    let by_id = json!({"campaign": campaign["id"], "customer": "b"});
    let second = app.post("/v1/publications", by_id).await.expect(200);
    assert_ne!(second["voucher"]["code"], first["voucher"]["code"]);
    let none = "Couldn't create new vouchers for publication";
    app.post("/v1/publications", body("c")).await.refused(400, "no_voucher_suitable_for_publication", none);
    let code = text(&first["voucher"]["code"]);
    let details = format!("Voucher '{}' has already been published", text(&first["voucher"]["id"]));
    let taken = json!({"voucher": code, "customer": {"source_id": "c"}});
    app.post("/v1/publications", taken).await.refused(400, "voucher_already_published", &details);
    let nobody = app.get("/v1/customers/c").await;
    assert_eq!(nobody.status, 404, "a refused publication creates nobody");
}

#[tokio::test]
async fn a_campaign_that_makes_its_own_codes_never_runs_out() {
    let app = TestApp::new().await;
    let campaign = coupons(&app, "Summer", "AUTO_UPDATE", 2, json!({})).await;
    app.subscribe(&["voucher.created"]).await;
    let body = json!({"campaign": {"name": "Summer", "count": 3}, "customer": {"source_id": "a"}});
    let published = app.post("/v1/publications", body).await.expect(200);
    assert_eq!(published.get("voucher"), None);
    assert_eq!(published["vouchers"].as_array().map(Vec::len), Some(3));
    assert_eq!(published["vouchers_id"].as_array().map(Vec::len), Some(3));
    assert_eq!(app.received().await.len(), 1, "one of them was made for it");
    let campaign = app.get(&format!("/v1/campaigns/{}", text(&campaign["id"]))).await.expect(200);
    assert_eq!(campaign["vouchers_count"], 3);

    let fresh = publish(&app, "Summer", "b").await;
    assert_eq!(fresh["voucher"]["updated_at"], json!(null), "it was never anything else");
}

#[tokio::test]
async fn all_vouchers_of_a_publication_are_given_or_none() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 2, json!({})).await;
    let body = json!({"campaign": {"name": "Summer", "count": 3}, "customer": {"source_id": "a"}});
    let none = "Couldn't create new vouchers for publication";
    app.post("/v1/publications", body).await.refused(400, "no_voucher_suitable_for_publication", none);
    let two = json!({"campaign": {"name": "Summer", "count": 2}, "customer": {"source_id": "a"}});
    app.post("/v1/publications", two).await.expect(200);
}

#[tokio::test]
async fn a_campaign_whose_codes_are_used_up_says_so() {
    let app = TestApp::new().await;
    let few = json!({"voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
        "code_config": {"pattern": "X#", "charset": "ab"}}});
    coupons(&app, "Few", "AUTO_UPDATE", 0, few).await;
    publish(&app, "Few", "a").await;
    publish(&app, "Few", "b").await;
    let body = json!({"campaign": {"name": "Few"}, "customer": {"source_id": "c"}});
    let none = "Couldn't create new vouchers for publication";
    app.post("/v1/publications", body).await.refused(400, "no_voucher_suitable_for_publication", none);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_documented_order() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 1, json!({})).await;
    app.schema("publication", json!({"year": {"type": "number", "array": false, "optional": true}})).await;
    app.post(
        "/v1/vouchers/OFF",
        json!({"type": "DISCOUNT_VOUCHER", "active": false,
        "discount": {"type": "PERCENT", "percent_off": 10}}),
    )
    .await
    .expect(200);
    let customer = json!({"source_id": "a"});
    for (body, status, key, details) in [
        (
            json!({"metadata": {"year": "x"}}),
            400,
            "invalid_payload",
            "Payload should have required property 'customer'",
        ),
        (
            json!({"customer": customer, "campaign": {"name": "Summer", "count": 51}, "metadata": {"year": "x"}}),
            400,
            "invalid_payload",
            "Property .campaign.count cannot be higher than 50",
        ),
        (
            json!({"customer": customer, "metadata": {"year": "x"}}),
            400,
            "missing_vouchers",
            "Either Campaign or Voucher is required",
        ),
        (
            json!({"customer": customer, "source_id": "s1", "campaign": {"name": "Nope", "count": 2}}),
            400,
            "too_many_vouchers_requested",
            "Only up to 1 can be published",
        ),
        (
            json!({"customer": {"id": "cust_x"}, "campaign": {"name": "Nope"}}),
            404,
            "not_found",
            "Cannot find campaign with id Nope",
        ),
        (
            json!({"customer": {"id": "cust_x"}, "voucher": "Nope"}),
            404,
            "not_found",
            "Cannot find voucher with id Nope",
        ),
        (
            json!({"customer": {"id": "cust_x"}, "voucher": "OFF"}),
            404,
            "not_found",
            "Cannot find customer with id cust_x",
        ),
        (json!({"customer": "cust_x", "voucher": "OFF"}), 404, "not_found", "Cannot find customer with id cust_x"),
        (json!({"customer": customer, "voucher": "OFF"}), 400, "voucher_disabled", "OFF"),
    ] {
        let refused = app.post("/v1/publications", body).await;
        refused.refused(status, key, details);
    }
    let invalid = json!({"customer": customer, "campaign": {"name": "Summer", "count": 1}, "metadata": {"year": "x"}});
    let invalid = app.post("/v1/publications", invalid).await.expect(400);
    assert_eq!(invalid["key"], "metadata_validation_failed");
    let missing = app.post("/v1/publications", json!({"customer": customer})).await.expect(400);
    assert_eq!(missing.get("request_id"), None);
    let unknown = app.post("/v1/publications", json!({"customer": customer, "campaign": "1"})).await.expect(404);
    assert_eq!((&unknown["resource_id"], &unknown["resource_type"]), (&json!("1"), &json!("campaign")));
}

#[tokio::test]
async fn a_source_id_is_used_once_and_repeated_by_whoever_asks_for_the_same() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 5, json!({})).await;
    coupons(&app, "Winter", "STATIC", 5, json!({})).await;
    let body = |campaign: &str, customer: &str| json!({"source_id": "s1", "campaign": {"name": campaign}, "customer": {"source_id": customer}});
    let first = app.post("/v1/publications", body("Summer", "a")).await.expect(200);
    let details = "Publication with source_id: 's1' already exists";
    for (query, campaign, customer) in
        [("", "Summer", "a"), ("?join_once=true", "Summer", "b"), ("?join_once=true", "Winter", "a")]
    {
        let again = app.post(&format!("/v1/publications{query}"), body(campaign, customer)).await;
        again.refused(400, "duplicate_source_id", details);
    }
    let again = app.post("/v1/publications?join_once=true", body("Summer", "a")).await.expect(200);
    assert_eq!(again, first);
    let list = app.get("/v1/publications?source_id=s1").await.expect(200);
    assert_eq!((&list["total"], &list["publications"][0]["id"]), (&json!(1), &first["id"]));
}

#[tokio::test]
async fn join_once_gives_the_same_voucher_again_without_the_campaign_asking_for_it() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({})).await;
    app.post(
        "/v1/vouchers/ALONE",
        json!({"type": "DISCOUNT_VOUCHER",
        "discount": {"type": "PERCENT", "percent_off": 10}}),
    )
    .await
    .expect(200);
    let once = "/v1/publications?join_once=true";
    let body = json!({"campaign": "Summer", "customer": {"source_id": "a"}});
    let first = app.post(once, body.clone()).await.expect(200);
    assert_eq!(app.post(once, body.clone()).await.expect(200), first);
    let second = app.post("/v1/publications", body.clone()).await.expect(200);
    assert_ne!(second["id"], first["id"], "without it, another one");
    assert_eq!(app.post(once, body).await.expect(200), first, "the first one");

    let alone = json!({"voucher": "ALONE", "customer": {"source_id": "a"}});
    let first = app.post(once, alone.clone()).await.expect(200);
    assert_eq!((&first["voucher"]["campaign"], &first["voucher"]["code"]), (&json!(null), &json!("ALONE")));
    assert_eq!(app.post(once, alone).await.expect(200), first);
    let other = json!({"voucher": "ALONE", "customer": {"source_id": "b"}});
    assert_eq!(app.post(once, other).await.expect(400)["key"], "voucher_already_published");
    // With both, the voucher counts.
    let both = json!({"voucher": "ALONE", "campaign": "Nope", "customer": {"source_id": "a"}});
    assert_eq!(app.post(once, both).await.expect(200), first);
}

#[tokio::test]
async fn a_voucher_can_be_used_for_as_long_as_its_campaign_says_after_it_was_published() {
    let app = TestApp::new().await;
    let limits = json!({"expiration_date": "2026-05-15T00:00:00Z", "activity_duration_after_publishing": "P24D"});
    coupons(&app, "Short", "STATIC", 1, limits).await;
    let published = publish(&app, "Short", "a").await;
    assert_eq!(published["created_at"], "2026-05-10T12:00:00.000Z");
    assert_eq!(published["voucher"]["expiration_date"], "2026-06-03T12:00:00.000Z");
}

#[tokio::test]
async fn a_disabled_campaign_publishes_and_a_disabled_voucher_is_passed_over() {
    let app = TestApp::new().await;
    let campaign = coupons(&app, "Summer", "STATIC", 3, json!({})).await;
    let id = text(&campaign["id"]).to_owned();
    app.post(&format!("/v1/campaigns/{id}/disable"), json!(null)).await.expect(200);
    let first = publish(&app, "Summer", "a").await;

    // One of the two that are left is switched off, while this node believes that it can be chosen.
    let list = |app: &TestApp| {
        let store = app.guerdon.store.clone();
        async move {
            let query = guerdon_store::Query::all(PROJECT.into(), guerdon_store::Collection::Vouchers);
            let page = store.query(query).await.expect("a page");
            let read = |record: &guerdon_store::Record| serde_json::from_str::<Value>(&record.body).expect("JSON");
            page.records.iter().map(read).collect::<Vec<_>>()
        }
    };
    let left: Vec<String> = list(&app)
        .await
        .iter()
        .filter(|voucher| voucher["code"] != first["voucher"]["code"])
        .map(|voucher| text(&voucher["code"]).to_owned())
        .collect();
    switch(&app, &left[0], false).await;
    let second = publish(&app, "Summer", "b").await;
    assert_eq!(second["voucher"]["code"], left[1].as_str());
    let body = json!({"campaign": "Summer", "customer": "c"});
    assert_eq!(app.post("/v1/publications", body).await.expect(400)["key"], "no_voucher_suitable_for_publication");
    switch(&app, &left[0], true).await;
    let third = publish(&app, "Summer", "c").await;
    assert_eq!(third["voucher"]["code"], left[0].as_str(), "it is found again");
}

/// Switches a voucher on or off.
async fn switch(app: &TestApp, code: &str, active: bool) {
    let request: RequestId = app.guerdon.ids.next(app.guerdon.clock.now());
    let context = Context::request(ProjectId::from(PROJECT), &request, EventSource::internal());
    let code = code.to_owned();
    let switch = move |tx: &mut Tx| {
        let voucher = vouchers::get(tx, &code)?;
        let difference = Difference { vouchers: 0, available: if active { 1 } else { -1 } };
        totals::add(tx, voucher.campaign_id.as_ref(), difference)?;
        tx.put(Voucher { active, ..voucher.as_ref().clone() });
        Ok(())
    };
    app.guerdon.executor.execute(context, Vec::new(), switch).await.expect("it is there");
}

#[tokio::test]
async fn everybody_concerned_is_told_of_a_publication() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 1, json!({})).await;
    app.subscribe(&[
        "voucher.published",
        "publication.succeeded",
        "customer.holder.assignment.created",
        "customer.created",
    ])
    .await;
    publish(&app, "Summer", "a").await;
    let received = app.received().await;
    let types: Vec<&str> = received.iter().map(|body| text(&body["type"])).collect();
    assert_eq!(
        types,
        ["customer.created", "voucher.published", "publication.succeeded", "customer.holder.assignment.created"]
    );
    for body in &received[1..] {
        let mut data = redacted(body["data"].clone());
        for place in ["/voucher/code", "/vouchers/0/code"] {
            if let Some(code) = data.pointer_mut(place) {
                *code = "<code>".into();
            }
        }
        insta::assert_json_snapshot!(format!("data of {}", text(&body["type"])), data);
    }
    let activity = app.get("/v1/customers/a/activity?type=customer.publication.succeeded").await.expect(200);
    let data = &activity["data"][0]["data"]["data"];
    assert_eq!(
        (&data["publication"]["voucher"]["id"], &data["customer"]["source_id"]),
        (&data["voucher"]["id"], &json!("a"))
    );
    let actions = app.get("/v1/customers/a/activity?category=ACTION").await.expect(200);
    let types: Vec<&str> = actions["data"].as_array().expect("rows").iter().map(|row| text(&row["type"])).collect();
    assert_eq!(types, ["customer.holder.assignment.created", "customer.publication.succeeded", "customer.created"]);
}

#[tokio::test]
async fn a_customer_is_changed_only_by_what_is_new() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "AUTO_UPDATE", 0, json!({})).await;
    app.post("/v1/customers", json!({"source_id": "a", "name": "Ann"})).await.expect(200);
    app.subscribe(&["customer.updated"]).await;
    for customer in [json!({"source_id": "a"}), json!({"source_id": "a", "name": "Ann"}), json!("a")] {
        app.post("/v1/publications", json!({"campaign": "Summer", "customer": customer})).await.expect(200);
    }
    assert_eq!(app.received().await.len(), 0);
    let renamed = json!({"campaign": "Summer", "customer": {"source_id": "a", "name": "Anna"}});
    let published = app.post("/v1/publications", renamed).await.expect(200);
    assert_eq!((app.received().await.len(), &published["customer"]["name"]), (1, &json!("Anna")));
}

#[tokio::test]
async fn gift_and_loyalty_cards_and_referral_codes_count_for_their_holder() {
    let app = TestApp::new().await;
    for (name, campaign_type, voucher) in [
        ("Gifts", "GIFT_VOUCHERS", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 5_000}})),
        ("Club", "LOYALTY_PROGRAM", json!({"type": "LOYALTY_CARD", "loyalty_card": {"points": 70}})),
        (
            "Friends",
            "REFERRAL_PROGRAM",
            json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}),
        ),
    ] {
        let mut body = json!({"name": name, "campaign_type": campaign_type, "voucher": voucher});
        if campaign_type == "REFERRAL_PROGRAM" {
            body["referral_program"] = json!({"conversion_event_type": "redemption"});
        }
        app.post("/v1/campaigns", body).await.expect(200);
        publish(&app, name, "a").await;
    }
    let customer = app.get("/v1/customers/a").await.expect(200);
    assert_eq!(customer["summary"]["redemptions"]["gift"]["amount_to_go"], 5_000);
    assert_eq!(customer["summary"]["redemptions"]["loyalty_card"]["points_to_go"], 70);
    assert_eq!(customer["loyalty"]["points"], 70);
    assert_eq!(
        customer["loyalty"]["campaigns"],
        json!({"Club": {"points": 70, "referred_customers": 0}, "Friends": {"points": 0, "referred_customers": 0}})
    );
}

#[tokio::test]
async fn a_link_publishes_with_the_key_of_an_integration_only() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 3, json!({})).await;
    app.schema("publication", json!({"year": {"type": "number", "array": false, "optional": true}})).await;
    let link = "/v1/publications/create?campaign[name]=Summer&customer[source_id]=a&customer[name]=Ann";
    let refused = app.get(link).await.expect(403);
    assert_eq!(refused, json!({"code": 403, "key": "integration_api_key_required", "message": "Forbidden"}));

    let keys = format!("/management/v1/projects/{PROJECT}/api-keys");
    let body = json!({"name": "Mailer", "role": "USER", "is_integration": true});
    let key = app.call(As::Management, Method::POST, &keys, Some(body)).await.expect(200);
    let key = (text(&key["app_id"]), text(&key["app_token"]));
    let get = async |path: &str| app.call_as(key, Method::GET, path, None).await;
    let published = get(&format!("{link}&metadata[year]=2022&source_id=s1")).await.expect(200);
    assert_eq!(
        (&published["customer"]["name"], &published["metadata"], &published["source_id"]),
        (&json!("Ann"), &json!({"year": 2022}), &json!("s1"))
    );
    for (query, key, details) in [
        ("voucher=X", "invalid_query_params", "Query should have required property 'customer'"),
        ("customer[source_id]=a", "missing_vouchers", "Either Campaign or Voucher is required"),
        (
            "customer[source_id]=a&campaign[name]=Summer&campaign[count]=2",
            "too_many_vouchers_requested",
            "Only up to 1 can be published",
        ),
        (
            "customer[source_id]=a&campaign[name]=Summer&campaign[count]=x",
            "invalid_query_params",
            "Property .campaign.count should be integer",
        ),
    ] {
        get(&format!("/v1/publications/create?{query}")).await.refused(400, key, details);
    }
}

#[tokio::test]
async fn browsers_publish_if_the_project_lets_them() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 1, json!({})).await;
    let project = format!("/management/v1/projects/{PROJECT}");
    let publish = async || {
        let request = axum::http::Request::post("/client/v1/publish")
            .header("X-Client-Application-Id", CLIENT.0)
            .header("X-Client-Token", CLIENT.1)
            .header("Origin", "https://shop.example")
            .header("Content-Type", "application/json");
        let body = json!({"campaign": "Summer", "customer": {"source_id": "a"}}).to_string();
        app.send(request.body(body.into()).expect("a request")).await
    };
    let domains = json!({"client_trusted_domains": ["shop.example"]});
    app.call(As::Management, Method::PUT, &project, Some(domains)).await.expect(200);
    let details = "Publishing from the client side is not enabled in this project";
    publish().await.refused(403, "forbidden", details);
    let enabled = json!({"client_publish_enabled": true});
    app.call(As::Management, Method::PUT, &project, Some(enabled)).await.expect(200);
    assert_eq!(publish().await.expect(200)["channel"], "API");
}
