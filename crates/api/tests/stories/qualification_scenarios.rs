//! What each scenario of a qualification asks about.

use serde_json::{Value, json};

use crate::{
    app::TestApp,
    publications::coupons,
    qualifications::{ids, leaf, published, qualify, rows, rule},
    validations::{gift, text, tier, voucher},
};

/// The shop of the documentation: two products, promotions for all and for VIPs, and a VIP's vouchers.
struct Shop {
    app: TestApp,
    jacket: Value,
    book: Value,
    /// 20 % off books, for VIPs.
    vip_tier: String,
    campaign: String,
    coupon: String,
    /// 10 % off everything, for all.
    tier: String,
}

async fn tier_with(app: &TestApp, name: &str, discount: Value, rules: Value) -> String {
    let tier = json!({"name": name, "action": {"discount": discount}, "validation_rules": rules});
    let body = json!({"name": name, "campaign_type": "PROMOTION", "promotion": {"tiers": [tier]}});
    text(&app.post("/v1/campaigns", body).await.expect(200)["promotion"]["tiers"][0]["id"]).to_owned()
}

fn percent(off: i64, effect: &str) -> Value {
    json!({"type": "PERCENT", "percent_off": off, "effect": effect})
}

/// What restricts a discount to a product.
fn only(product: &Value) -> Value {
    json!({"included": [{"object": "product", "id": product}], "included_all": false})
}

impl Shop {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let mut products = Vec::new();
        for (source_id, price) in [("jacket", 10_000), ("book", 1_500)] {
            let product = app.post("/v1/products", json!({"source_id": source_id, "price": price})).await.expect(200);
            products.push(product["id"].clone());
        }
        let [jacket, book] = [products[0].clone(), products[1].clone()];
        app.post("/v1/customers", json!({"source_id": "vip", "metadata": {"vip": true}})).await.expect(200);
        app.post("/v1/customers", json!({"source_id": "bob"})).await.expect(200);
        let segment = json!({"name": "VIP", "type": "auto-update", "filter": {"junction": "and",
            "metadata.vip": {"conditions": {"$is": [true]}}}});
        let segment = app.post("/v1/segments", segment).await.expect(200)["id"].clone();
        app.run_due().await;

        let mut vips = leaf("customer.segment", json!({"$is": [segment]}));
        vips["applicable_to"] = only(&book);
        let vips = rule(&app, vips).await;
        let vip_tier = tier_with(&app, "VIP books", percent(20, "APPLY_TO_ITEMS"), json!([vips])).await;
        app.advance(1_000);
        let mut holder = leaf("publication.redeemable_by_linked_customer", json!({"$is": [true]}));
        holder["applicable_to"] = only(&jacket);
        let holder = rule(&app, holder).await;
        let discount = json!({"type": "DISCOUNT_VOUCHER", "discount": percent(10, "APPLY_TO_ITEMS")});
        let more = json!({"validation_rules": [holder], "voucher": discount});
        let campaign = text(&coupons(&app, "Jackets", "AUTO_UPDATE", 0, more).await["id"]).to_owned();
        app.advance(1_000);
        let coupon = published(&app, "Jackets", "vip").await;
        app.advance(1_000);
        let owner = rule(&app, leaf("publication.redeemable_by_linked_customer", json!({"$is": [true]}))).await;
        voucher(&app, "CARD", gift(2_500), json!({"validation_rules": [owner]})).await;
        app.post("/v1/publications", json!({"voucher": "CARD", "customer": "vip"})).await.expect(200);
        app.advance(1_000);
        let tier = tier(&app, "All", percent(10, "APPLY_TO_ORDER")).await;
        Self { app, jacket, book, vip_tier, campaign, coupon, tier }
    }

    fn line(product: &Value, price: i64) -> Value {
        json!({"product_id": product, "quantity": 1, "price": price})
    }

    async fn qualify(&self, scenario: &str, customer: Option<&str>, lines: Value) -> Value {
        let customer = customer.map(|source_id| json!({"source_id": source_id}));
        let body = json!({"scenario": scenario, "customer": customer, "order": {"items": lines},
            "options": {"expand": ["validation_rules"]}});
        qualify(&self.app, body).await
    }

    fn both(&self) -> Value {
        json!([Self::line(&self.jacket, 10_000), Self::line(&self.book, 1_500)])
    }
}

#[tokio::test]
async fn items_that_are_excluded_are_not_discounted() {
    let shop = Shop::new().await;
    let but_books = json!({"applicable_to": {"included": [], "included_all": true,
        "excluded": [{"object": "product", "id": shop.book}]}});
    let but_books = rule(&shop.app, but_books).await;
    shop.app.advance(1_000);
    let tier = tier_with(&shop.app, "All but books", percent(5, "APPLY_TO_ITEMS"), json!([but_books])).await;
    for (line, expected) in [(Shop::line(&shop.book, 1_500), false), (Shop::line(&shop.jacket, 10_000), true)] {
        let answer = shop.qualify("PRODUCTS_DISCOUNT", None, json!([line])).await;
        assert_eq!(ids(&answer).contains(&&*tier), expected, "{line}");
    }
}

/// What each redeemable takes off.
fn discounts(answer: &Value) -> Vec<i64> {
    rows(answer).iter().map(|row| row["order"]["total_applied_discount_amount"].as_i64().unwrap_or(0)).collect()
}

#[tokio::test]
async fn nobody_known_is_offered_what_is_for_all() {
    let shop = Shop::new().await;
    let answer = shop.qualify("ALL", None, shop.both()).await;
    assert_eq!((ids(&answer), discounts(&answer)), (vec![&*shop.tier], vec![1_150]));
    assert_eq!((&rows(&answer)[0]["order"]["total_amount"], answer.get("tracking_id")), (&json!(10_350), None));
}

#[tokio::test]
async fn a_customer_is_offered_what_its_rules_and_vouchers_allow_newest_first() {
    let shop = Shop::new().await;
    let answer = shop.qualify("ALL", Some("vip"), shop.both()).await;
    assert_eq!(ids(&answer), [&*shop.tier, "CARD", &shop.coupon, &shop.vip_tier]);
    assert_eq!(discounts(&answer), [1_150, 2_500, 1_000, 300]);
    assert!(text(&answer["tracking_id"]).starts_with("track_"));
    let of_bob = shop.qualify("ALL", Some("bob"), shop.both()).await;
    assert_eq!(ids(&of_bob), [&*shop.tier]);
}

#[tokio::test]
async fn each_scenario_asks_about_something_else() {
    let shop = Shop::new().await;
    let (tier, vip_tier, campaign, coupon) = (&*shop.tier, &*shop.vip_tier, &*shop.campaign, &*shop.coupon);
    let (jacket, book) = (Shop::line(&shop.jacket, 10_000), Shop::line(&shop.book, 1_500));
    let both = shop.both();
    let other = json!([{"product_id": "x", "quantity": 1, "price": 100}]);
    for (scenario, customer, lines, expected) in [
        ("CUSTOMER_WALLET", Some("vip"), &both, &["CARD", coupon][..]),
        ("CUSTOMER_WALLET", Some("bob"), &both, &[]),
        ("CUSTOMER_WALLET", None, &both, &[]),
        ("AUDIENCE_ONLY", Some("vip"), &other, &[tier, "CARD", coupon, vip_tier]),
        ("AUDIENCE_ONLY", Some("bob"), &other, &[tier]),
        ("AUDIENCE_ONLY", None, &json!([]), &[tier]),
        ("PRODUCTS", None, &both, &[campaign, vip_tier]),
        ("PRODUCTS", Some("vip"), &json!([book]), &[vip_tier]),
        ("PRODUCTS", Some("vip"), &other, &[]),
        ("PRODUCTS_DISCOUNT", Some("vip"), &both, &[coupon, campaign, vip_tier]),
        ("PRODUCTS_DISCOUNT", None, &both, &[campaign, vip_tier]),
        ("PRODUCTS_DISCOUNT", Some("vip"), &json!([jacket]), &[coupon, campaign]),
        ("PRODUCTS_DISCOUNT", Some("vip"), &json!([]), &[]),
        ("PRODUCTS_BY_CUSTOMER", Some("vip"), &both, &[coupon, vip_tier]),
        ("PRODUCTS_BY_CUSTOMER", Some("bob"), &both, &[]),
        ("PRODUCTS_DISCOUNT_BY_CUSTOMER", Some("vip"), &both, &[coupon, vip_tier]),
        ("PRODUCTS_DISCOUNT_BY_CUSTOMER", None, &both, &[]),
        ("PROMOTION_STACKS", Some("vip"), &both, &[]),
    ] {
        let answer = shop.qualify(scenario, customer, lines.clone()).await;
        assert_eq!(ids(&answer), expected, "{scenario} for {customer:?} with {lines}");
    }
}

#[tokio::test]
async fn rules_that_were_left_out_are_told() {
    let app = TestApp::new().await;
    let two = json!({"rules": {
        "1": {"name": "order.initial_amount", "conditions": {"$more_than": [10_000]}},
        "2": {"name": "customer.metadata", "property": "vip", "conditions": {"$is": [true]}},
        "logic": "1 and 2",
    }});
    let two = rule(&app, two).await;
    let one = rule(
        &app,
        json!({"rules": {"1": {"name": "customer.metadata", "property": "vip",
        "conditions": {"$is": [true]}}, "logic": "1"}}),
    )
    .await;
    voucher(&app, "BOTH", crate::validations::amount(100), json!({"validation_rules": [two]})).await;
    app.advance(1_000);
    voucher(&app, "VIP", crate::validations::amount(100), json!({"validation_rules": [one]})).await;
    let asked = async |scenario: &str, vip: bool| {
        let body = json!({"scenario": scenario, "customer": {"source_id": "ada", "metadata": {"vip": vip}},
            "order": {"amount": 500}, "options": {"expand": ["validation_rules"]}});
        qualify(&app, body).await
    };
    let answer = asked("AUDIENCE_ONLY", true).await;
    assert_eq!(ids(&answer), ["VIP", "BOTH"]);
    let status = |place: usize| {
        let assignment = &rows(&answer)[place]["validation_rules_assignments"]["data"][0];
        (assignment["validation_status"].clone(), assignment.get("validation_omitted_rules").cloned())
    };
    assert_eq!(status(0), (json!("VALID"), None));
    assert_eq!(status(1), (json!("PARTIALLY_VALID"), Some(json!(["1"]))));
    assert!(ids(&asked("AUDIENCE_ONLY", false).await).is_empty());
    assert_eq!(ids(&asked("ALL", true).await), ["VIP"]);
}

#[tokio::test]
async fn bundles_must_be_complete_unless_only_products_or_the_audience_count() {
    let shop = Shop::new().await;
    let part = |product: &Value, units: i64| {
        json!({"name": "order.items.any", "conditions": {"$is": [{"object": "product", "id": product}]},
            "rules": {"1": {"name": "order.items.aggregated_quantity", "conditions": {"$is": [units]}}, "logic": "1"}})
    };
    let bundle = json!({"rules": {}, "bundle_rules": {"1": part(&shop.jacket, 1), "2": part(&shop.book, 2)},
        "applicable_to": only(&shop.jacket)});
    let bundle = rule(&shop.app, bundle).await;
    shop.app.advance(1_000);
    let tier = tier_with(&shop.app, "Bundle", percent(50, "APPLY_TO_ITEMS"), json!([bundle])).await;
    for (scenario, expected) in [
        ("ALL", false),
        ("AUDIENCE_ONLY", true),
        ("PRODUCTS", true),
        ("PRODUCTS_DISCOUNT", true),
        ("PRODUCTS_BY_CUSTOMER", true),
        ("PRODUCTS_DISCOUNT_BY_CUSTOMER", true),
    ] {
        let answer = shop.qualify(scenario, Some("vip"), shop.both()).await;
        let row = rows(&answer).iter().find(|row| row["id"] == *tier);
        assert_eq!(row.is_some(), expected, "{scenario}");
        let Some(row) = row else { continue };
        let bundle = &row["result"]["bundle"];
        assert_eq!((&bundle["quantity"], &bundle["missing"][0]["item_quantity"]), (&json!(0), &json!(1)), "{scenario}");
        assert_eq!(row["order"].get("total_discount_amount"), None, "{scenario}");
    }
    let books = json!({"product_id": shop.book, "quantity": 2, "price": 1_500});
    let whole = json!([Shop::line(&shop.jacket, 10_000), books]);
    let answer = shop.qualify("ALL", None, whole).await;
    assert_eq!(ids(&answer), [&*tier, &*shop.tier]);
    assert_eq!(discounts(&answer), [5_000, 1_300]);
}

#[tokio::test]
async fn stacks_qualify_if_all_of_their_tiers_can_be_applied_one_after_another() {
    let app = TestApp::new().await;
    let over = rule(&app, leaf("order.initial_amount", json!({"$more_than": [5_000]}))).await;
    let tiers = json!([
        {"name": "Amount", "action": {"discount": {"type": "AMOUNT", "amount_off": 1_000, "effect": "APPLY_TO_ORDER"}}},
        {"name": "Percent", "action": {"discount": percent(10, "APPLY_TO_ORDER")}},
        {"name": "Large", "action": {"discount": percent(50, "APPLY_TO_ORDER")}, "validation_rules": [over]},
    ]);
    let body = json!({"name": "Stacked", "campaign_type": "PROMOTION", "promotion": {"tiers": tiers}});
    let campaign = app.post("/v1/campaigns", body).await.expect(200);
    let tier = |place: usize| campaign["promotion"]["tiers"][place]["id"].clone();
    let path = format!("/v1/promotions/{}/stacks", text(&campaign["id"]));
    let mut stacks = Vec::new();
    for (name, ids) in [("Two", json!([tier(0), tier(1)])), ("Three", json!([tier(1), tier(0), tier(2)]))] {
        app.advance(1_000);
        let stack = app.post(&path, json!({"name": name, "tiers": {"ids": ids}})).await.expect(200);
        stacks.push(text(&stack["id"]).to_owned());
    }
    let asked = async |amount: i64, options: Value| {
        let body = json!({"scenario": "PROMOTION_STACKS", "order": {"amount": amount}, "options": options});
        qualify(&app, body).await
    };
    let small = asked(5_000, json!({"expand": ["redeemable"]})).await;
    assert_eq!(ids(&small), [&*stacks[0]]);
    let row = &rows(&small)[0];
    assert_eq!(
        (&row["object"], &row["name"], &row["campaign_name"]),
        (&json!("promotion_stack"), &json!("Two"), &json!("Stacked"))
    );
    assert_eq!(
        (&row["order"]["total_applied_discount_amount"], &row["order"]["total_amount"]),
        (&json!(1_400), &json!(3_600))
    );
    let steps = row["redeemables"].as_array().expect("tiers").iter();
    let steps: Vec<_> =
        steps.map(|step| (step["id"].clone(), step["order"]["applied_discount_amount"].as_i64())).collect();
    assert_eq!(steps, [(tier(0), Some(1_000)), (tier(1), Some(400))]);
    let large = asked(10_000, json!({"limit": 1})).await;
    assert_eq!((ids(&large), &large["redeemables"]["has_more"]), (vec![&*stacks[1]], &json!(true)));
    let next = asked(10_000, json!({"starting_after": large["redeemables"]["more_starting_after"]})).await;
    assert_eq!(ids(&next), [&*stacks[0]]);
    let least = asked(10_000, json!({"sorting_rule": "LEAST_DEAL"})).await;
    assert_eq!(ids(&least), [&*stacks[0], &*stacks[1]]);
    let filtered = asked(10_000, json!({"filters": {"resource_id": {"conditions": {"$is": [stacks[0]]}}}})).await;
    assert_eq!(ids(&filtered), [&*stacks[0]]);
}
