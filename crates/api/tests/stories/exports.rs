//! Exports: what is in the files, who gets them, and for how long.

use axum::http::Method;
use guerdon_core::{Context, tx::Tx, vouchers};
use guerdon_model::voucher::Voucher;
use serde_json::{Value, json};

use crate::app::{As, PROJECT, Reply, TestApp, redacted};

const DAY: i64 = 24 * 3_600_000;

/// Starts an export, works it off, and reads it.
async fn export(app: &TestApp, object: &str, parameters: Value) -> Value {
    let body = json!({"exported_object": object, "parameters": parameters});
    let started = app.post("/v1/exports", body).await.expect(200);
    assert_eq!(started["status"], "SCHEDULED");
    app.run_due().await;
    let read = app.get(&path(&started)).await.expect(200);
    assert_eq!(read["status"], "DONE");
    read
}

fn path(export: &Value) -> String {
    format!("/v1/exports/{}", export["id"].as_str().expect("an id"))
}

/// The path and token of an export's file.
fn link(export: &Value) -> String {
    let url = export["result"]["url"].as_str().expect("a link");
    url.strip_prefix("http://127.0.0.1:8787").expect("our own address").to_owned()
}

async fn download(app: &TestApp, link: &str) -> Reply {
    app.call(As::Nobody, Method::GET, link, None).await
}

/// The lines of the file that an export makes.
async fn lines(app: &TestApp, object: &str, parameters: Value) -> Vec<String> {
    let export = export(app, object, parameters).await;
    let file = download(app, &link(&export)).await;
    file.expect(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-length"], file.text.len().to_string());
    file.text.lines().map(str::to_owned).collect()
}

async fn voucher(app: &TestApp, code: &str, body: Value) {
    app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200);
}

async fn customer(app: &TestApp, body: Value) {
    app.post("/v1/customers", body).await.expect(200);
}

fn percent(off: u32) -> Value {
    json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": off}})
}

#[tokio::test]
async fn an_export_is_scheduled_then_done_and_its_file_is_behind_a_link() {
    let app = TestApp::new().await;
    voucher(&app, "gift", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 200_000}})).await;
    app.advance(5);
    voucher(&app, "ten", percent(10)).await;
    let parameters = json!({"fields": ["id", "code", "voucher_type", "value"]});
    let body = json!({"exported_object": "voucher", "parameters": parameters, "order": "code"});
    let started = app.post("/v1/exports", body).await.expect(200);
    insta::assert_json_snapshot!("a scheduled export", redacted(started.clone()));
    app.run_due().await;
    let read = app.get(&path(&started)).await.expect(200);
    assert_eq!((&read["status"], &read["parameters"]), (&json!("DONE"), &parameters));
    let file = download(&app, &link(&read)).await;
    let ids = [("ten", "DISCOUNT_VOUCHER", "10"), ("gift", "GIFT_VOUCHER", "2000.00")];
    let mut expected = "ID,Code,Voucher Type,Value\n".to_owned();
    for (code, kind, value) in ids {
        let id = app.get(&format!("/v1/vouchers/{code}")).await.expect(200)["id"].as_str().expect("an id").to_owned();
        expected += &format!("{id},{code},{kind},{value}\n");
    }
    assert_eq!(file.text, expected);
    // A key opens it as well as none.
    assert_eq!(app.get(&link(&read)).await.text, expected);
}

#[tokio::test]
async fn what_is_wrong_with_an_export_is_said_and_nothing_is_started() {
    let app = TestApp::new().await;
    let all = "name, id, description, email, source_id, created_at, address_city, address_state, address_line_1, \
               address_line_2, address_country, address_postal_code, redemptions_total_redeemed, \
               redemptions_total_failed, redemptions_total_succeeded, redemptions_total_rolled_back, \
               redemptions_total_rollback_failed, redemptions_total_rollback_succeeded, orders_total_amount, \
               orders_total_count, orders_average_amount, orders_last_order_amount, orders_last_order_date, \
               loyalty_points, loyalty_referred_customers, updated_at, phone, birthday, metadata, birthdate";
    let of_customers = |parameters: Value| json!({"exported_object": "customer", "parameters": parameters});
    for (body, details) in [
        (json!({}), "Payload should have required property 'exported_object'"),
        (
            json!({"exported_object": "foo"}),
            "Property .exported_object should be equal to one of the allowed values [ voucher, customer, order, publication, \
             voucher_transactions ]",
        ),
        (of_customers(json!([])), "Property .parameters should be object,null"),
        (of_customers(json!({"fields": "name"})), "Property .parameters.fields should be array"),
        (of_customers(json!({"fields": [5]})), "Property .parameters.fields[0] should be string"),
        (
            of_customers(json!({"order": "city"})),
            "Property .parameters.order should be equal to one of the allowed values [ name, -name, id, -id, email, \
             -email, source_id, -source_id, created_at, -created_at, updated_at, -updated_at ]",
        ),
        (of_customers(json!({"filters": []})), "Property .parameters.filters should be object"),
        (
            of_customers(json!({"filters": {"junction": "xor"}})),
            "Property .parameters.filters has wrong `junction` property. It must be one of: and, or",
        ),
        (
            of_customers(json!({"filters": {"shoe_size": {"conditions": {"$is": [1]}}}})),
            "Property .parameters.filters cannot have the field shoe_size",
        ),
        (
            of_customers(json!({"fields": vec!["name"; 201]})),
            "Property .parameters.fields should NOT have more than 200 items",
        ),
    ] {
        app.post("/v1/exports", body).await.refused(400, "invalid_payload", details);
    }
    let bad = app.post("/v1/exports", of_customers(json!({"filters": {"name": {"conditions": {"$like": "A"}}}}))).await;
    let details = bad.expect(400)["details"].as_str().expect("details").to_owned();
    assert!(details.starts_with("Property .parameters.filters should match either `filters[${field}]"), "{details}");
    let long = json!({"filters": {"name": {"conditions": {"$in": ["x".repeat(100_000)]}}}});
    let details = "Property .parameters.filters cannot be longer than 100000 bytes";
    app.post("/v1/exports", of_customers(long)).await.refused(400, "invalid_payload", details);
    for field in ["nope", "metadata.", "Name"] {
        let refused = app.post("/v1/exports", of_customers(json!({"fields": ["name", field]}))).await;
        refused.refused(400, "invalid_export_fields", &format!("Unsupported field used. Allowed fields: {all}"));
        assert_eq!(refused.body["message"], "Invalid Export");
    }
    assert_eq!(app.get("/v1/exports").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn customers_are_exported_with_every_field() {
    let app = TestApp::new().await;
    customer(
        &app,
        json!({
            "source_id": "ada", "name": "Lovelace, Ada", "email": "ada@example.com", "phone": "+48 600 000 000",
            "description": "said \"hello\"", "birthdate": "1990-07-14",
            "address": {"city": "Łódź", "line_1": "1 Street", "country": null},
        }),
    )
    .await;
    assert_eq!(lines(&app, "customer", json!({})).await, ["Name,Source ID", "\"Lovelace, Ada\",ada"]);
    let fields = [
        "source_id",
        "description",
        "email",
        "created_at",
        "address_city",
        "address_line_1",
        "address_country",
        "redemptions_total_redeemed",
        "orders_total_amount",
        "orders_last_order_date",
        "loyalty_points",
        "loyalty_referred_customers",
        "updated_at",
        "phone",
        "birthday",
        "birthdate",
    ];
    let [header, row] = &lines(&app, "customer", json!({"fields": fields})).await[..] else { panic!("two lines") };
    assert_eq!(
        header,
        "Source ID,Description,Email,Created At,Address City,Address Line 1,Address Country,\
         Redemptions Total Redeemed,Orders Total Amount,Orders Last Order Date,Loyalty Points,\
         Loyalty Referred Customers,Updated At,Phone,Birthday,Birthdate"
    );
    assert_eq!(
        row,
        "ada,\"said \"\"hello\"\"\",ada@example.com,2026-05-10T12:00:00.000Z,Łódź,1 Street,,0,0,,0,0,,\
         +48 600 000 000,,1990-07-14"
    );
}

#[tokio::test]
async fn vouchers_are_exported_with_what_they_are_worth() {
    let app = TestApp::new().await;
    let discount = |discount: Value| json!({"type": "DISCOUNT_VOUCHER", "discount": discount});
    let mut limited = discount(json!({"type": "AMOUNT", "amount_off": 1_050, "effect": "APPLY_TO_ORDER"}));
    limited["validity_day_of_week"] = json!([1, 2, 3, 4, 5]);
    limited["redemption"] = json!({"quantity": 3});
    limited["start_date"] = json!("2026-01-01");
    limited["validity_timeframe"] = json!({"interval": "P2D", "duration": "P1D"});
    limited["additional_info"] = json!("=cmd()");
    voucher(&app, "a-amount", limited).await;
    voucher(&app, "b-percent", discount(json!({"type": "PERCENT", "percent_off": 12.5, "amount_limit": 900}))).await;
    voucher(&app, "c-fixed", discount(json!({"type": "FIXED", "fixed_amount": 5, "fixed_amount_formula": "1 + 1"})))
        .await;
    let unit = json!({"type": "UNIT", "unit_off": 2, "unit_type": "prod_5h1pp1ng", "effect": "ADD_NEW_ITEMS"});
    voucher(&app, "d-unit", discount(unit)).await;
    voucher(&app, "e-gift", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 205_000}})).await;
    let fields = [
        "code",
        "value",
        "formula",
        "discount_type",
        "gift_balance",
        "redemption_quantity",
        "redemption_count",
        "active",
        "is_referral_code",
        "validity_timeframe_interval",
        "validity_day_of_week",
        "discount_amount_limit",
        "additional_info",
        "discount_effect",
        "discount_unit_type",
        "discount_unit_effect",
        "campaign",
        "customer_id",
        "customer_source_id",
        "validation_rules_id",
        "qr_code",
    ];
    let lines = lines(&app, "voucher", json!({"fields": fields, "order": "code"})).await;
    // The last field is a link to an image.
    let without_links: Vec<&str> =
        lines.iter().map(|line| line.split_once("http").map_or(line.as_str(), |(before, _)| before)).collect();
    assert!(lines[1..].iter().all(|line| line.contains("/api/v1/assets/qr/")), "{lines:?}");
    assert_eq!(
        without_links,
        [
            "Code,Value,Formula,Discount Type,Gift Balance,Redemption Quantity,Redemption Count,Active,\
             Is Referral Code,Validity Timeframe Interval,Validity Day Of Week,Discount Amount Limit,\
             Additional Info,Discount Effect,Discount Unit Type,Discount Unit Effect,Campaign,Customer ID,\
             Customer Source ID,Validation Rules ID,QR Code",
            "a-amount,10.50,,AMOUNT,,3,0,true,false,P2D,\"1,2,3,4,5\",,'=cmd(),APPLY_TO_ORDER,,,,,,,",
            "b-percent,12.5,,PERCENT,,,0,true,false,,,900,,,,,,,,,",
            "c-fixed,0.05,1 + 1,FIXED,,,0,true,false,,,,,,,,,,,,",
            "d-unit,2,,UNIT,,,0,true,false,,,,,ADD_NEW_ITEMS,prod_5h1pp1ng,ADD_NEW_ITEMS,,,,,",
            "e-gift,2050.00,,,2050.00,,0,true,false,,,,,,,,,,,,",
        ]
    );
}

#[tokio::test]
async fn orders_are_exported_with_every_field() {
    let app = TestApp::new().await;
    let referrer = app.post("/v1/customers", json!({"source_id": "ben"})).await.expect(200);
    let body = json!({
        "source_id": "web,1", "amount": 10_000, "discount_amount": 500, "customer": {"source_id": "ada"},
        "referrer": {"id": referrer["id"]}, "metadata": {"till": 7},
    });
    let order = app.post("/v1/orders", body).await.expect(200);
    app.advance(1_000);
    let order = app.put("/v1/orders/web,1", json!({"status": "PAID", "id": order["id"]})).await.expect(200);
    app.advance(1_000);
    let bare = app.post("/v1/orders", json!({})).await.expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (id, bare) = (text(&order["id"]), text(&bare["id"]));
    let expected = ["ID,Source ID,Status", &format!("{bare},,CREATED"), &format!("{id},\"web,1\",PAID")];
    assert_eq!(lines(&app, "order", json!({})).await, expected);
    let fields = [
        "id",
        "source_id",
        "created_at",
        "updated_at",
        "status",
        "amount",
        "discount_amount",
        "items_discount_amount",
        "total_discount_amount",
        "total_amount",
        "customer_id",
        "referrer_id",
        "metadata",
        "metadata.till",
    ];
    let (customer, referrer) = (text(&order["customer_id"]), text(&referrer["id"]));
    assert_eq!(
        lines(&app, "order", json!({"fields": fields, "order": "created_at"})).await,
        [
            "ID,Source ID,Created At,Updated At,Status,Amount,Discount Amount,Items Discount Amount,\
             Total Discount Amount,Total Amount,Customer ID,Referrer ID,Metadata,till",
            &format!(
                "{id},\"web,1\",2026-05-10T12:00:00.000Z,2026-05-10T12:00:01.000Z,PAID,10000,500,,500,9500,\
                 {customer},{referrer},\"{{\"\"till\"\":7}}\",7"
            ),
            &format!("{bare},,2026-05-10T12:00:02.000Z,,CREATED,,,,,,,,,"),
        ]
    );
    app.schema("order", json!({"till": {"type": "number", "array": false, "optional": true}})).await;
    let parameters = json!({"fields": ["status", "metadata"]});
    assert_eq!(lines(&app, "order", parameters).await, ["Status,till", "CREATED,", "PAID,7"]);
}

#[tokio::test]
async fn orders_are_sorted_and_filtered() {
    let app = TestApp::new().await;
    for (source_id, status, amount, created_at) in [
        ("a", "PAID", 300, "2026-03-01T00:00:00Z"),
        ("b", "CANCELED", 100, "2026-05-01T00:00:00Z"),
        ("c", "PAID", 200, "2026-04-01T00:00:00Z"),
    ] {
        app.advance(10);
        let body = json!({"source_id": source_id, "status": status, "amount": amount, "created_at": created_at,
            "metadata": {"shop": source_id}});
        app.post("/v1/orders", body).await.expect(200);
    }
    app.put("/v1/orders/a", json!({"metadata": {"shop": "north"}})).await.expect(200);
    for (order, expected) in [
        ("", ["b", "c", "a"]),
        ("created_at", ["a", "c", "b"]),
        ("-created_at", ["b", "c", "a"]),
        ("updated_at", ["c", "b", "a"]),
        ("-updated_at", ["a", "b", "c"]),
        ("status", ["b", "a", "c"]),
        ("-status", ["c", "a", "b"]),
    ] {
        let lines = lines(&app, "order", json!({"fields": ["source_id"], "order": order})).await;
        assert_eq!(lines[1..], expected, "{order}");
    }
    for (filters, expected) in [
        (json!({"status": {"conditions": {"$is": ["PAID"]}}}), &["a", "c"][..]),
        (json!({"status": {"conditions": {"$is": "PAID"}}, "amount": {"conditions": {"$less_than": 300}}}), &["c"]),
        (json!({"source_id": {"conditions": {"$in": ["b", "x"]}}}), &["b"]),
        (json!({"total_amount": {"conditions": {"$more_than_equal": [200]}}}), &["a", "c"]),
        (json!({"discount_amount": {"conditions": {"$has_value": [""]}}}), &[]),
        (json!({"metadata.shop": {"conditions": {"$is": ["north"]}}}), &["a"]),
        (json!({"created_at": {"conditions": {"$after": ["2026-03-15"], "$before": ["2026-04-15"]}}}), &["c"]),
        (json!({"updated_at": {"conditions": {"$has_value": [""]}}}), &["a"]),
    ] {
        let parameters = json!({"fields": ["source_id"], "order": "created_at", "filters": filters});
        assert_eq!(lines(&app, "order", parameters).await[1..], *expected, "{filters}");
    }
}

#[tokio::test]
async fn an_export_of_orders_has_an_endpoint_of_its_own() {
    let app = TestApp::new().await;
    app.post("/v1/orders", json!({"source_id": "o1"})).await.expect(200);
    let bare = app.call(As::Server, Method::POST, "/v1/orders/export", None).await.expect(200);
    assert_eq!((&bare["exported_object"], &bare["parameters"]), (&json!("order"), &json!({})));
    let parameters = json!({"order": "-status", "fields": ["source_id"]});
    let body = json!({"parameters": parameters, "order": "created_at"});
    let started = app.post("/v1/orders/export", body).await.expect(200);
    assert_eq!((&started["status"], &started["parameters"]), (&json!("SCHEDULED"), &parameters));
    app.run_due().await;
    let done = app.get(&path(&started)).await.expect(200);
    assert_eq!(download(&app, &link(&done)).await.text, "Source ID\no1\n");
    app.post("/v1/orders/export", json!({"parameters": {"fields": "id"}})).await.refused(
        400,
        "invalid_payload",
        "Property .parameters.fields should be array",
    );
    app.post("/v1/orders/export", json!([])).await.expect(400);
}

/// Three publications, a second apart, as they were answered.
async fn publications(app: &TestApp) -> [Value; 3] {
    let campaign = json!({"name": "Spring, early", "campaign_type": "DISCOUNT_COUPONS", "type": "AUTO_UPDATE",
        "voucher": percent(5)});
    app.post("/v1/campaigns", campaign).await.expect(200);
    voucher(app, "ALONE", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 500}})).await;
    let publish = async |body: Value| {
        app.advance(1_000);
        app.post("/v1/publications", body).await.expect(200)
    };
    [
        publish(json!({"voucher": "ALONE", "customer": "cat", "channel": "web", "source_id": "p1"})).await,
        publish(json!({"campaign": {"name": "Spring, early", "count": 2}, "customer": "ann", "metadata": {"n": 2}}))
            .await,
        publish(json!({"campaign": "Spring, early", "customer": "ben", "channel": "pos"})).await,
    ]
}

#[tokio::test]
async fn publications_are_exported_with_every_field() {
    let app = TestApp::new().await;
    let [alone, both, last] = publications(&app).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (cat, ann, ben) = (text(&alone["customer_id"]), text(&both["customer_id"]), text(&last["customer_id"]));
    let codes = format!("{},{}", text(&both["vouchers"][0]), text(&both["vouchers"][1]));
    let code = text(&last["voucher"]["code"]);
    assert_eq!(
        lines(&app, "publication", json!({})).await,
        [
            "Voucher Code,Customer ID,Date,Channel",
            &format!("{code},{ben},2026-05-10T12:00:03.000Z,pos"),
            &format!("\"{codes}\",{ann},2026-05-10T12:00:02.000Z,API"),
            &format!("ALONE,{cat},2026-05-10T12:00:01.000Z,web"),
        ]
    );
    let fields =
        ["voucher_code", "customer_source_id", "date", "channel", "campaign", "is_winner", "metadata", "metadata.n"];
    assert_eq!(
        lines(&app, "publication", json!({"fields": fields, "order": "created_at"})).await,
        [
            "Voucher Code,Customer Source ID,Date,Channel,Campaign,Is Winner,Metadata,n",
            "ALONE,cat,2026-05-10T12:00:01.000Z,web,,,,",
            &format!("\"{codes}\",ann,2026-05-10T12:00:02.000Z,API,\"Spring, early\",,\"{{\"\"n\"\":2}}\",2"),
            &format!("{code},ben,2026-05-10T12:00:03.000Z,pos,\"Spring, early\",,,"),
        ]
    );
}

#[tokio::test]
async fn publications_are_sorted_and_filtered() {
    let app = TestApp::new().await;
    let [alone, both, last] = publications(&app).await;
    let second = &both["vouchers"][1];
    let campaign = app.get("/v1/campaigns/Spring,%20early").await.expect(200)["id"].clone();
    let mut by_customer = [("cat", &alone), ("ann", &both), ("ben", &last)];
    by_customer.sort_unstable_by_key(|(_, publication)| publication["customer_id"].as_str().expect("an id"));
    let mut by_code =
        [("cat", &alone["voucher"]["code"]), ("ann", &both["vouchers"][0]), ("ben", &last["voucher"]["code"])];
    by_code.sort_unstable_by_key(|(_, code)| code.as_str().expect("a code"));
    for (order, expected) in [
        ("", ["ben", "ann", "cat"]),
        ("id", ["cat", "ann", "ben"]),
        ("-created_at", ["ben", "ann", "cat"]),
        ("tracking_id", ["ann", "ben", "cat"]),
        ("channel", ["ann", "ben", "cat"]),
        ("-channel", ["cat", "ben", "ann"]),
        ("customer_id", by_customer.map(|(customer, _)| customer)),
        ("voucher_code", by_code.map(|(customer, _)| customer)),
    ] {
        let lines = lines(&app, "publication", json!({"fields": ["customer_source_id"], "order": order})).await;
        assert_eq!(lines[1..], expected, "{order}");
    }
    let is = |value: &Value| json!({"conditions": {"$is": [value]}});
    for (filters, expected) in [
        (json!({"created_at": {"conditions": {"$after": ["2026-05-10T12:00:01.500Z"]}}}), &["ann", "ben"][..]),
        (json!({"campaign": is(&json!("Spring, early"))}), &["ann", "ben"]),
        (json!({"campaign_name": {"conditions": {"$is_unknown": [""]}}}), &["cat"]),
        (json!({"customer": is(&both["customer_id"])}), &["ann"]),
        (json!({"customer_id": {"conditions": {"$in": [last["customer_id"], alone["customer_id"]]}}}), &["ben", "cat"]),
        (json!({"voucher": is(second)}), &["ann"]),
        (json!({"failure_code": {"conditions": {"$has_value": [""]}}}), &[]),
        (json!({"result": is(&json!("SUCCESS"))}), &["ann", "ben", "cat"]),
        (json!({"voucher_type": is(&json!("GIFT_VOUCHER"))}), &["cat"]),
        (json!({"is_referral_code": is(&json!(true))}), &[]),
        (json!({"parent_object_id": is(&campaign)}), &["ann", "ben"]),
        (json!({"related_object_id": is(&last["vouchers_id"][0])}), &["ben"]),
        (json!({"source_id": is(&json!("p1"))}), &["cat"]),
        (json!({"junction": "or", "metadata.n": is(&json!(2)), "source_id": is(&json!("p1"))}), &["ann", "cat"]),
    ] {
        let parameters = json!({"fields": ["customer_source_id"], "order": "tracking_id", "filters": filters});
        assert_eq!(lines(&app, "publication", parameters).await[1..], *expected, "{filters}");
    }
    let parameters = json!({"fields": ["customer_source_id"], "campaign_id": campaign});
    assert_eq!(lines(&app, "publication", parameters).await[1..], ["ben", "ann"]);
}

/// Gift cards `A` and `B` of a campaign, whose id it returns, and `C` without one; each was charged, `A` twice.
async fn charged_cards(app: &TestApp) -> String {
    let gift = json!({"type": "GIFT_VOUCHER", "gift": {"amount": 100}});
    let campaign = json!({"name": "Gifts", "campaign_type": "GIFT_VOUCHERS", "voucher": gift});
    let campaign = app.post("/v1/campaigns", campaign).await.expect(200);
    for code in ["A", "B", "C"] {
        let mut body = gift.clone();
        if code != "C" {
            body["campaign"] = json!("Gifts");
        }
        voucher(app, code, body).await;
    }
    for (code, amount) in [("A", 10_000), ("B", 5), ("C", 7), ("A", -100)] {
        app.advance(1_000);
        let body = json!({"amount": amount, "source_id": format!("{code}{amount}"), "reason": "said, \"so\""});
        app.post(&format!("/v1/vouchers/{code}/balance"), body).await.expect(200);
    }
    campaign["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn transactions_are_exported_with_every_field() {
    let app = TestApp::new().await;
    let campaign = charged_cards(&app).await;
    let card = app.get("/v1/vouchers/A").await.expect(200)["id"].as_str().expect("an id").to_owned();
    let listed = app.get("/v1/vouchers/A/transactions").await.expect(200);
    let ids = [0, 1].map(|place: usize| listed["data"][place]["id"].as_str().expect("an id").to_owned());
    let of_card = json!({"voucher_id": {"conditions": {"$in": ["A"]}}});
    let reason = "\"said, \"\"so\"\"\"";
    assert_eq!(
        lines(&app, "voucher_transactions", json!({"filters": of_card})).await,
        [
            "ID,Type,Source ID,Reason,Source,Balance,Amount,Created At",
            &format!("{},CREDITS_REMOVAL,A-100,{reason},API,10000,-100,2026-05-10T12:00:04.000Z", ids[0]),
            &format!("{},CREDITS_ADDITION,A10000,{reason},API,10100,10000,2026-05-10T12:00:01.000Z", ids[1]),
        ]
    );
    let fields = ["campaign_id", "voucher_id", "related_transaction_id", "details"];
    let parameters = json!({"fields": fields, "filters": of_card, "order": "created_at"});
    let details = [1, 0].map(|place: usize| listed["data"][place]["details"].to_string().replace('"', "\"\""));
    assert_eq!(
        lines(&app, "voucher_transactions", parameters).await,
        [
            "Campaign ID,Voucher ID,Related Transaction ID,Details",
            &format!("{campaign},{card},,\"{}\"", details[0]),
            &format!("{campaign},{card},,\"{}\"", details[1]),
        ]
    );
}

#[tokio::test]
async fn transactions_are_filtered_by_card_campaign_and_time() {
    let app = TestApp::new().await;
    let campaign = charged_cards(&app).await;
    let id = app.get("/v1/vouchers/B").await.expect(200)["id"].clone();
    for (filters, expected) in [
        (json!({"voucher_id": {"conditions": {"$is": ["A"]}}}), &["A10000", "A-100"][..]),
        (json!({"voucher_id": {"conditions": {"$is": id}}}), &["B5"]),
        (json!({"voucher_id": {"conditions": {"$in": ["B", "C", "nobody"]}}}), &["B5", "C7"]),
        (json!({"voucher_id": {"conditions": {"$not_in": ["A", "C"]}}}), &["B5"]),
        (json!({"voucher_id": {"conditions": {"$is": ["nobody"]}}}), &[]),
        (json!({"campaign_id": {"conditions": {"$is": campaign}}}), &["A10000", "B5", "A-100"]),
        (json!({"created_at": {"conditions": {"$after": ["2026-05-10T12:00:02.500Z"]}}}), &["C7", "A-100"]),
    ] {
        let parameters = json!({"fields": ["source_id"], "order": "created_at", "filters": filters});
        assert_eq!(lines(&app, "voucher_transactions", parameters).await[1..], *expected, "{filters}");
    }
}

#[tokio::test]
async fn transactions_of_a_card_and_of_a_campaign_have_exports_of_their_own() {
    let app = TestApp::new().await;
    let campaign = charged_cards(&app).await;
    let of_campaign = json!({"campaign_id": {"conditions": {"$in": [campaign]}}});
    let mut later = json!({"junction": "AND", "created_at": {"conditions": {"$after": ["2026-05-10T12:00:03.000Z"]}}});
    later["campaign_id"] = of_campaign["campaign_id"].clone();
    let after = json!({"created_at": later["created_at"]});
    let (fields, body) = (json!(["source_id"]), json!({"parameters": {"fields": ["source_id"]}}));
    for (of, body, parameters, rows) in [
        (
            "vouchers/A",
            Some(body),
            json!({"fields": fields, "filters": {"voucher_id": {"conditions": {"$in": ["A"]}}}}),
            &["A-100", "A10000"][..],
        ),
        ("campaigns/Gifts", None, json!({"filters": of_campaign}), &["", "", ""]),
        (
            "campaigns/Gifts",
            Some(json!({"order": "created_at", "parameters": {"fields": fields, "filters": after}})),
            json!({"fields": fields, "filters": later}),
            &["A-100"],
        ),
    ] {
        let started = app.call(As::Server, Method::POST, &format!("/v1/{of}/transactions/export"), body).await;
        let started = started.expect(200);
        assert_eq!(
            (&started["exported_object"], &started["status"], &started["parameters"]),
            (&json!("voucher_transactions"), &json!("SCHEDULED"), &parameters)
        );
        app.run_due().await;
        let done = app.get(&path(&started)).await.expect(200);
        let file = download(&app, &link(&done)).await.text;
        let lines: Vec<&str> = file.lines().skip(1).collect();
        match parameters.get("fields") {
            Some(_) => assert_eq!(lines, rows),
            None => assert_eq!(lines.len(), rows.len()),
        }
    }
    app.post("/v1/campaigns", json!({"name": "Off", "campaign_type": "DISCOUNT_COUPONS", "voucher": percent(5)}))
        .await
        .expect(200);
    let forbidden = "Transactions are allowed only for loyalty or gift campaigns";
    for (of, status, key, details) in [
        ("vouchers/X", 404, "not_found", "Cannot find voucher with id X"),
        ("campaigns/X", 404, "not_found", "Cannot find campaign with id X"),
        ("campaigns/Off", 403, "forbidden", forbidden),
    ] {
        app.post(&format!("/v1/{of}/transactions/export"), json!({})).await.refused(status, key, details);
    }
    let started = app.post("/v1/vouchers/A/transactions/export", json!({"parameters": {"fields": ["code"]}})).await;
    assert_eq!(started.expect(400)["key"], "invalid_export_fields");
    assert_eq!(app.get("/v1/exports").await.expect(200)["total"], 3);
}

/// Fields and filters that an export of this does not have are refused.
async fn knows_only(app: &TestApp, object: &str, fields: &str, orders: &str) {
    let start = async |parameters: Value| {
        app.post("/v1/exports", json!({"exported_object": object, "parameters": parameters})).await
    };
    let details = format!("Unsupported field used. Allowed fields: {fields}");
    start(json!({"fields": ["nope"]})).await.refused(400, "invalid_export_fields", &details);
    let details = "Property .parameters.filters cannot have the field shoe_size";
    let filters = json!({"shoe_size": {"conditions": {"$is": [1]}}});
    start(json!({"filters": filters})).await.refused(400, "invalid_payload", details);
    let details = format!("Property .parameters.order should be equal to one of the allowed values [ {orders} ]");
    start(json!({"order": "shoe_size"})).await.refused(400, "invalid_payload", &details);
    assert_eq!(app.get("/v1/exports").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn what_an_export_does_not_have_is_refused() {
    let app = TestApp::new().await;
    knows_only(
        &app,
        "order",
        "id, source_id, created_at, updated_at, status, amount, discount_amount, items_discount_amount, \
         total_discount_amount, total_amount, customer_id, referrer_id, metadata",
        "created_at, -created_at, updated_at, -updated_at, status, -status",
    )
    .await;
    knows_only(
        &app,
        "publication",
        "voucher_code, customer_id, customer_source_id, date, channel, campaign, is_winner, metadata",
        "id, -id, voucher_code, -voucher_code, tracking_id, -tracking_id, customer_id, -customer_id, created_at, \
         -created_at, channel, -channel",
    )
    .await;
    knows_only(
        &app,
        "voucher_transactions",
        "id, campaign_id, voucher_id, type, source_id, reason, source, balance, amount, related_transaction_id, \
         created_at, details",
        "created_at, -created_at",
    )
    .await;
    for object in ["points_expiration", "redemption"] {
        let refused = app.post("/v1/exports", json!({"exported_object": object})).await.expect(400);
        assert_eq!(refused["key"], "invalid_payload", "{object}");
    }
    let parameters = json!({"filters": {"voucher_id": {"conditions": {"$in": vec!["X"; 501]}}}});
    let details = "Property .parameters.filters cannot name more than 500 vouchers";
    let body = json!({"exported_object": "voucher_transactions", "parameters": parameters});
    app.post("/v1/exports", body).await.refused(400, "invalid_payload", details);
}

#[tokio::test]
async fn a_file_is_in_the_order_that_was_asked_for() {
    let app = TestApp::new().await;
    for (source_id, name) in [("3", Some("b")), ("1", None), ("2", Some("a")), ("4", Some("b"))] {
        app.advance(10);
        let mut body = json!({"source_id": source_id, "email": format!("{name:?}@{source_id}")});
        body["name"] = name.into();
        customer(&app, body).await;
    }
    app.advance(10);
    app.put("/v1/customers/2", json!({"phone": "1"})).await.expect(200);
    for (order, expected) in [
        ("", ["4", "2", "1", "3"]),
        ("created_at", ["3", "1", "2", "4"]),
        ("-created_at", ["4", "2", "1", "3"]),
        ("id", ["3", "1", "2", "4"]),
        ("source_id", ["1", "2", "3", "4"]),
        ("-source_id", ["4", "3", "2", "1"]),
        ("name", ["1", "2", "3", "4"]),
        ("-name", ["4", "3", "2", "1"]),
        ("updated_at", ["3", "1", "4", "2"]),
        ("-updated_at", ["2", "4", "1", "3"]),
    ] {
        let lines = lines(&app, "customer", json!({"fields": ["source_id"], "order": order})).await;
        assert_eq!(lines[1..], expected, "{order}");
    }
}

#[tokio::test]
async fn what_takes_many_steps_is_whole_and_sorted() {
    let app = TestApp::new().await;
    let rows: String = (0..1_234).map(|number| format!("s{number:04},n{:04}\n", number * 7 % 1_234)).collect();
    app.import(format!("Source_id,Name\n{rows}").as_bytes()).await;
    let mut expected: Vec<String> = (0..1_234).map(|number| format!("n{number:04}")).collect();
    let named = lines(&app, "customer", json!({"fields": ["name"], "order": "name"})).await;
    assert_eq!(named[1..], expected);
    expected.reverse();
    let named = lines(&app, "customer", json!({"fields": ["name"], "order": "-name"})).await;
    assert_eq!(named[1..], expected);
    for order in ["created_at", "-created_at"] {
        let mut named = lines(&app, "customer", json!({"fields": ["name"], "order": order})).await.split_off(1);
        named.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(named, expected, "{order}");
    }
}

#[tokio::test]
async fn filters_choose_the_rows() {
    let app = TestApp::new().await;
    for (source_id, city, club) in [("a", "Kraków", "gold"), ("b", "Kraków", "blue"), ("c", "Łódź", "gold")] {
        customer(&app, json!({"source_id": source_id, "address": {"city": city}, "metadata": {"club": club}})).await;
    }
    let is = |value: &str| json!({"conditions": {"$is": [value]}});
    for (filters, expected) in [
        (json!({"junction": "and"}), &["a", "b", "c"][..]),
        (json!({"city": is("Kraków")}), &["a", "b"]),
        (json!({"city": is("Kraków"), "metadata.club": is("gold")}), &["a"]),
        (json!({"junction": "OR", "address.city": is("Łódź"), "metadata.club": is("blue")}), &["b", "c"]),
        (json!({"source_id": {"conditions": {"$in": ["c", "d"]}}}), &["c"]),
        (json!({"created_at": {"conditions": {"$today": [true]}}}), &["a", "b", "c"]),
        (json!({"created_at": {"conditions": {"$before": "2026-01-01"}}}), &[]),
        (json!({"loyalty_points.campaigns.X.points": {"conditions": {"$more_than": 1}}}), &[]),
    ] {
        let parameters = json!({"fields": ["source_id"], "order": "source_id", "filters": filters});
        assert_eq!(lines(&app, "customer", parameters).await[1..], *expected, "{filters}");
    }
}

#[tokio::test]
async fn vouchers_are_filtered_by_state_campaign_and_holder() {
    let app = TestApp::new().await;
    let campaign = json!({
        "name": "Spring", "campaign_type": "DISCOUNT_COUPONS", "vouchers_count": 2,
        "voucher": {
            "type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
            "code_config": {"pattern": "SPRING-####"},
        },
    });
    let campaign = app.post("/v1/campaigns", campaign).await.expect(200);
    app.run_due().await;
    let with = |key: &str, value: Value| {
        let mut body = percent(5);
        body[key] = value;
        body
    };
    voucher(&app, "off", with("active", json!(false))).await;
    voucher(&app, "over", with("expiration_date", json!("2026-05-01"))).await;
    voucher(&app, "later", with("start_date", json!("2026-06-01"))).await;
    voucher(&app, "monday", with("validity_day_of_week", json!([1]))).await;
    let state = |field: &str, operator: &str| json!({field: {"conditions": {operator: [""]}}});
    let loose = ["later", "monday", "off", "over"];
    for (filters, expected) in [
        (state("active", "$active"), &["monday"][..]),
        (state("active", "$enabled"), &["later", "monday", "over"]),
        (state("active", "$disabled"), &["off"]),
        (state("active", "$expired"), &["over"]),
        (json!({"active": {"conditions": {"$is": [false]}}}), &["off"]),
        (state("redemption_status", "$redeemed"), &[]),
        (state("redemption_status", "$redeemable"), &loose),
        (json!({"validity_day_of_week": {"conditions": {"$is": [0]}}}), &["later", "off", "over"]),
        (json!({"vouchers": {"conditions": {"$in": ["off", "over"]}}}), &["off", "over"]),
        (json!({"holder_id": {"conditions": {"$is": ["cust_nobody"]}}}), &[]),
        (json!({"published_for_customer_id": {"conditions": {"$is_unknown": [""]}}}), &loose),
        (json!({"redemption.redeemed_quantity": {"conditions": {"$less_than": [1]}}}), &loose),
    ] {
        let parameters = json!({"fields": ["code"], "order": "code", "filters": filters});
        let lines = lines(&app, "voucher", parameters).await;
        let found: Vec<&String> = lines[1..].iter().filter(|code| !code.starts_with("SPRING-")).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{filters}");
    }
    let parameters = json!({"fields": ["campaign"], "campaign_id": campaign["id"]});
    assert_eq!(lines(&app, "voucher", parameters).await, ["Campaign", "Spring", "Spring"]);
    let unknown = json!({"fields": ["campaign"], "campaign_id": "camp_unknown"});
    assert_eq!(lines(&app, "voucher", unknown).await, ["Campaign"]);
}

#[tokio::test]
async fn a_voucher_shows_its_holder_and_one_in_the_bin_is_left_out() {
    let app = TestApp::new().await;
    let ada = app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    let holder = ada["id"].as_str().expect("an id").to_owned();
    for code in ["held", "lost", "loose", "binned"] {
        voucher(&app, code, percent(5)).await;
    }
    let context = Context::background(PROJECT.into(), &app.guerdon.ids.next(app.guerdon.clock.now()));
    let change = move |tx: &mut Tx| {
        let mut change = |code: &str, change: &dyn Fn(&mut Voucher)| {
            let mut voucher = vouchers::get(tx, code)?.as_ref().clone();
            change(&mut voucher);
            tx.put(voucher);
            Ok(())
        };
        change("held", &|voucher| voucher.holder_id = Some(holder.as_str().into()))?;
        change("lost", &|voucher| voucher.holder_id = Some("cust_gone".into()))?;
        change("binned", &|voucher| voucher.is_binned = true)
    };
    app.guerdon.executor.execute(context, Vec::new(), change).await.expect("a change");
    let fields = ["code", "customer_id", "customer_source_id"];
    let ada = ada["id"].as_str().expect("an id");
    let held = format!("held,{ada},ada");
    assert_eq!(
        lines(&app, "voucher", json!({"fields": fields, "order": "code"})).await,
        ["Code,Customer ID,Customer Source ID", &held, "loose,,", "lost,cust_gone,"]
    );
    let mine = json!({"holder_id": {"conditions": {"$is": [ada]}}});
    assert_eq!(lines(&app, "voucher", json!({"fields": fields, "filters": mine})).await[1..], [held]);
}

#[tokio::test]
async fn metadata_has_a_column_for_each_key_of_the_schema() {
    let app = TestApp::new().await;
    customer(&app, json!({"source_id": "a", "metadata": {"tags": ["x", "y"], "club": "=gold", "loose": 1}})).await;
    let fields = json!({"fields": ["source_id", "metadata"]});
    let whole = r#"a,"{""tags"":[""x"",""y""],""club"":""=gold"",""loose"":1}""#;
    assert_eq!(lines(&app, "customer", fields.clone()).await, ["Source ID,Metadata", whole]);
    let text = |array: bool| json!({"type": "string", "array": array, "optional": true});
    let mut gone = text(false);
    gone["deleted"] = json!(true);
    app.schema("customer", json!({"club": text(false), "tags": text(true), "gone": gone})).await;
    assert_eq!(lines(&app, "customer", fields).await, ["Source ID,club,tags", "a,'=gold,\"x,y\""]);
    let one = json!({"fields": ["metadata.loose", "metadata.nowhere"]});
    assert_eq!(lines(&app, "customer", one).await, ["loose,nowhere", "1,"]);
}

#[tokio::test]
async fn an_export_of_nothing_has_a_header() {
    let app = TestApp::new().await;
    for order in ["created_at", "code"] {
        let lines = lines(&app, "voucher", json!({"order": order})).await;
        assert_eq!(lines, ["Code,Voucher Type,Value,Discount Type"]);
    }
}

#[tokio::test]
async fn a_link_opens_one_file_for_a_day() {
    let app = TestApp::new().await;
    customer(&app, json!({"source_id": "a"})).await;
    let first = export(&app, "customer", json!({})).await;
    let second = export(&app, "customer", json!({})).await;
    let token = link(&first).split_once('=').expect("a token").1.to_owned();
    let unauthorized = json!({"code": 401, "message": "Unauthorized", "key": "unauthorized"});
    let longer = token.replacen(".17", ".18", 1);
    for token in ["", "x", &token[1..], &longer, &format!("{token}0")] {
        let link = format!("{}?token={token}", path(&first));
        assert_eq!(download(&app, &link).await.expect(401), unauthorized, "{token}");
        assert_eq!(app.get(&link).await.expect(401), unauthorized);
    }
    download(&app, &format!("{}?token={token}", path(&second))).await.expect(401);
    app.call(As::Nobody, Method::GET, &path(&first), None).await.expect(401);
    app.advance(DAY - 1);
    download(&app, &link(&first)).await.expect(200);
    app.advance(1);
    download(&app, &link(&first)).await.expect(401);
    let again = app.get(&path(&first)).await.expect(200);
    download(&app, &link(&again)).await.expect(200);
    app.delete(&path(&first)).await.expect(204);
    let details = format!("Cannot find export with id {}", first["id"].as_str().expect("an id"));
    download(&app, &link(&again)).await.refused(404, "not_found", &details);
    app.get(&path(&first)).await.refused(404, "not_found", &details);
    app.delete(&path(&first)).await.refused(404, "not_found", &details);
}

#[tokio::test]
async fn a_file_is_kept_for_ninety_days() {
    let app = TestApp::new().await;
    let export = export(&app, "customer", json!({})).await;
    app.advance(90 * DAY - 1);
    guerdon_core::retention::prune(&app.guerdon).await;
    let read = app.get(&path(&export)).await.expect(200);
    download(&app, &link(&read)).await.expect(200);
    app.advance(1);
    guerdon_core::retention::prune(&app.guerdon).await;
    let gone = app.get(&path(&export)).await.expect(200);
    assert_eq!((&gone["status"], &gone["result"]), (&json!("DONE"), &Value::Null));
    download(&app, &link(&read)).await.expect(404);
}

#[tokio::test]
async fn an_export_that_is_deleted_before_it_is_done_leaves_nothing() {
    let app = TestApp::new().await;
    customer(&app, json!({"source_id": "a", "name": "A"})).await;
    let body = json!({"exported_object": "customer", "parameters": {"order": "name"}});
    let export = app.post("/v1/exports", body).await.expect(200);
    app.delete(&path(&export)).await.expect(204);
    app.run_due().await;
    app.get(&path(&export)).await.expect(404);
    // The next one is not in its way.
    assert_eq!(lines(&app, "customer", json!({})).await.len(), 2);
}

#[tokio::test]
async fn exports_are_listed_newest_first_and_are_no_async_actions() {
    let app = TestApp::new().await;
    for _ in 0..3 {
        app.advance(10);
        export(&app, "customer", json!({})).await;
    }
    app.advance(10);
    let scheduled = app.post("/v1/exports", json!({"exported_object": "voucher"})).await.expect(200);
    assert_eq!(scheduled["parameters"], json!({}));
    let list = app.get("/v1/exports").await.expect(200);
    assert_eq!((&list["object"], &list["data_ref"], &list["total"]), (&json!("list"), &json!("exports"), &json!(4)));
    let times = |list: &Value| {
        let rows = list["exports"].as_array().expect("rows").iter();
        rows.map(|row| row["created_at"].as_str().expect("a time").to_owned()).collect::<Vec<_>>()
    };
    let mut newest = times(&list);
    assert!(newest.is_sorted_by(|one, other| one > other));
    assert_eq!(list["exports"][0]["id"], scheduled["id"]);
    assert!(list["exports"][1]["result"]["url"].is_string());
    assert!(list["exports"][1].get("file").is_none());
    newest.reverse();
    assert_eq!(times(&app.get("/v1/exports?order=created_at").await.expect(200)), newest);
    let by_status = app.get("/v1/exports?order=-status&limit=1").await.expect(200);
    assert_eq!((&by_status["exports"][0]["status"], &by_status["total"]), (&json!("SCHEDULED"), &json!(4)));
    assert_eq!(times(&app.get("/v1/exports?limit=3&page=2").await.expect(200)).len(), 1);
    app.get("/v1/exports?order=id").await.expect(400);
    app.get("/v1/exports?page=1001").await.expect(400);
    let actions = app.get("/v1/async-actions").await.expect(200);
    assert_eq!(actions["async_actions"], json!([]));
    assert_eq!(app.get("/v1/exports/exp_unknown").await.expect(404)["resource_type"], "export");
}

#[tokio::test]
async fn whoever_may_read_may_export_and_a_merchant_may_not() {
    let app = TestApp::new().await;
    let keys = format!("/management/v1/projects/{PROJECT}/api-keys");
    for (role, status) in [("USER", 200), ("VIEWER", 200), ("MERCHANT", 403)] {
        let body = json!({"name": role, "kind": "server", "role": role});
        let key = app.call(As::Management, Method::POST, &keys, Some(body)).await.expect(200);
        let key = (key["app_id"].as_str().expect("an id"), key["app_token"].as_str().expect("a token"));
        let body = json!({"exported_object": "customer"});
        let started = app.call_as(key, Method::POST, "/v1/exports", Some(body)).await.expect(status);
        app.call_as(key, Method::GET, "/v1/exports", None).await.expect(status);
        if status == 200 {
            app.call_as(key, Method::DELETE, &path(&started), None).await.expect(204);
        }
    }
}

#[tokio::test]
async fn an_export_belongs_to_its_project() {
    let app = TestApp::new().await;
    customer(&app, json!({"source_id": "a"})).await;
    let export = export(&app, "customer", json!({})).await;
    let body = json!({"name": "Other", "case_sensitive_codes": true, "timezone": "UTC", "currency": "USD"});
    let other = app.call(As::Management, Method::POST, "/management/v1/projects", Some(body)).await.expect(200);
    let key = &other["server_side_key"];
    let key = (key["app_id"].as_str().expect("an id"), key["app_token"].as_str().expect("a token"));
    app.call_as(key, Method::GET, &path(&export), None).await.expect(404);
    app.call_as(key, Method::DELETE, &path(&export), None).await.expect(404);
    assert_eq!(app.call_as(key, Method::GET, "/v1/exports", None).await.expect(200)["total"], 0);
}
