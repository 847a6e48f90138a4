//! Imports of vouchers, and changes of many.

use serde_json::{Value, json};

use crate::app::{PROJECT, TestApp};

fn coupon(code: &str) -> Value {
    json!({"code": code, "type": "DISCOUNT_VOUCHER", "discount": {"type": "AMOUNT", "amount_off": 100}})
}

async fn imported(app: &TestApp, file: &str) -> Value {
    let accepted = app.upload("/v1/vouchers/importCSV", file.as_bytes()).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["type"], &action["status"]), (&json!("VOUCHERS.IMPORT_CSV"), &json!("DONE")));
    action["result"].clone()
}

#[tokio::test]
async fn a_json_import_makes_vouchers_without_a_campaign() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.created"]).await;
    let mut gift = json!({
        "code": "G", "type": "GIFT_VOUCHER", "gift": {"amount": 500}, "category": "First", "active": false,
        "expiration_date": "2027-01-01", "redemption": {"quantity": 2, "redeemed_quantity": 1},
        "additional_info": "x", "metadata": {"a": 1}, "campaign": "Nobody", "holder_id": "cust_x",
    });
    let accepted = app.post("/v1/vouchers/import", json!([coupon("A"), gift])).await;
    assert_eq!(accepted.expect(202).as_object().map(serde_json::Map::len), Some(1));
    let action = app.finish(&accepted).await;
    assert_eq!(action["type"], "VOUCHERS.IMPORT");
    assert_eq!(
        action["result"],
        json!({"message": "2 voucher(s) imported successfully, 0 failed.", "failed": [], "done_count": 2, "failed_count": 0})
    );
    gift = app.get("/v1/vouchers/G").await.expect(200);
    assert_eq!((&gift["campaign"], &gift["active"], &gift["category"]), (&Value::Null, &json!(false), &json!("First")));
    assert_eq!(gift["redemption"]["quantity"], 2);
    assert_eq!(gift["redemption"]["redeemed_quantity"], 0);
    assert_eq!(app.get("/v1/vouchers?limit=1").await.expect(200)["total"], 2);
    assert_eq!(app.received().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_json_import_is_refused_as_a_whole_if_codes_are_missing_or_taken() {
    let app = TestApp::new().await;
    for code in ["A", "B"] {
        app.post("/v1/vouchers", coupon(code)).await.expect(200);
    }
    let exist = "2 voucher codes(s) already exist.";
    for (body, key, details) in [
        (json!([coupon("A"), coupon("B"), coupon("C")]), "duplicate_key", exist),
        (json!([coupon("C"), coupon("C"), coupon("C")]), "duplicate_key", exist),
        (json!([coupon("C"), {"type": "GIFT_VOUCHER"}]), "invalid_voucher", "Found 1 voucher(s) without 'code' value"),
        (
            json!([{"code": "C", "redemption": {"quantity": "x"}}]),
            "invalid_payload",
            "Property .redemption.quantity should be number,null",
        ),
        (json!({"code": "C"}), "invalid_payload", "Payload should be array"),
    ] {
        app.post("/v1/vouchers/import", body).await.refused(400, key, details);
    }
    assert_eq!(app.get("/v1/vouchers").await.expect(200)["total"], 2);
}

#[tokio::test]
async fn what_a_json_import_can_not_store_is_told_item_by_item() {
    let app = TestApp::new().await;
    app.schema("voucher", json!({"unit": {"type": "number", "array": false, "optional": false}})).await;
    let accepted = app.post("/v1/vouchers/import", json!([coupon("A"), coupon("B"), coupon("C")])).await;
    let action = app.finish(&accepted).await;
    assert_eq!(action["status"], "DONE");
    let result = &action["result"];
    assert_eq!((&result["done_count"], &result["failed_count"]), (&json!(0), &json!(3)));
    assert_eq!(result["message"], "0 voucher(s) imported successfully, 3 failed.");
    assert_eq!(result["failed"][0]["code"], "A");
    assert!(result["failed"][0]["reason"].as_str().is_some_and(|reason| reason.starts_with("unit: ")), "{result}");
}

#[tokio::test]
async fn a_file_makes_vouchers_of_both_types() {
    let app = TestApp::new().await;
    let file = "Code,Voucher Type,Value,Discount Type,Category,Start Date,Expiration Date,Redemption Limit,\
        Redeemed Quantity,Redeemed Amount,Active,Additional Info,Discount Effect,first season\n\
        A,DISCOUNT_VOUCHER,10,AMOUNT,First,2026-01-01,2027-01-01T00:00:00Z,5,2,,TRUE,by post,APPLY_TO_ITEMS,fall\n\
        P,DISCOUNT_VOUCHER,12.5,PERCENT,,,,,,,FALSE,,,\n\
        F,DISCOUNT_VOUCHER,7.25,FIXED,,,,,,,,,,\n\
        G,GIFT_VOUCHER,100,,,,,,,30.5,,,,\n";
    let result = imported(&app, file).await;
    assert_eq!((&result["done_count"], &result["failed"]), (&json!(4), &json!([])));
    let amount = app.get("/v1/vouchers/A").await.expect(200);
    assert_eq!(amount["discount"], json!({"type": "AMOUNT", "effect": "APPLY_TO_ITEMS", "amount_off": 1000}));
    assert_eq!((&amount["category"], &amount["metadata"]), (&json!("First"), &json!({"first season": "fall"})));
    assert_eq!(
        (&amount["start_date"], &amount["expiration_date"]),
        (&json!("2026-01-01T00:00:00.000Z"), &json!("2027-01-01T00:00:00.000Z"))
    );
    assert_eq!((&amount["redemption"]["quantity"], &amount["redemption"]["redeemed_quantity"]), (&json!(5), &json!(2)));
    assert_eq!((&amount["active"], &amount["additional_info"]), (&json!(true), &json!("by post")));
    let percent = app.get("/v1/vouchers/P").await.expect(200);
    assert_eq!((&percent["discount"]["percent_off"], &percent["active"]), (&json!(12.5), &json!(false)));
    assert_eq!(app.get("/v1/vouchers/F").await.expect(200)["discount"]["fixed_amount"], 725);
    let gift = app.get("/v1/vouchers/G").await.expect(200);
    assert_eq!(gift["gift"], json!({"amount": 10_000, "balance": 6_950}));
    assert_eq!(gift["redemption"]["redeemed_amount"], 3_050);
}

#[tokio::test]
async fn a_file_updates_vouchers_that_are_there_and_tells_which_rows_have_failed() {
    let app = TestApp::new().await;
    app.post("/v1/vouchers", coupon("A")).await.expect(200);
    app.post("/v1/vouchers", coupon("BINNED")).await.expect(200);
    app.delete("/v1/vouchers/BINNED").await.expect(204);
    let file = "Code,Voucher Type,Value,Discount Type,Active\n\
        A,DISCOUNT_VOUCHER,3,AMOUNT,FALSE\n\
        A,GIFT_VOUCHER,3,,\n\
        A,DISCOUNT_VOUCHER,3,PERCENT,\n\
        ,GIFT_VOUCHER,3,,\n\
        C,,3,,\n\
        C,GIFT_VOUCHER,,,\n\
        C,GIFT_VOUCHER,1.234,,\n\
        C,DISCOUNT_VOUCHER,3,,\n\
        C,LOYALTY_CARD,3,,\n\
        C,GIFT_VOUCHER,3,,perhaps\n\
        BINNED,GIFT_VOUCHER,3,,\n";
    let result = imported(&app, file).await;
    assert_eq!(result["message"], "1 voucher(s) imported successfully, 10 failed.");
    let failed: Vec<(&str, u64, &str)> = result["failed"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["code"].as_str().expect("a code"),
                row["row"].as_u64().expect("a row"),
                row["reason"].as_str().expect("a reason"),
            )
        })
        .collect();
    assert_eq!(
        failed,
        [
            ("A", 2, "It is not possible to change Voucher type"),
            ("A", 3, "It is not possible to change Voucher discount type"),
            ("", 4, "Code is required"),
            ("C", 5, "Voucher Type is required"),
            ("C", 6, "Value is required"),
            ("C", 7, "Value should be an amount in major units with up to two decimals"),
            ("C", 8, "Discount Type is required"),
            ("C", 9, "Voucher Type should be DISCOUNT_VOUCHER or GIFT_VOUCHER"),
            ("C", 10, "Active should be TRUE or FALSE"),
            ("BINNED", 11, "Duplicated voucher exists with id BINNED"),
        ]
    );
    let updated = app.get("/v1/vouchers/A").await.expect(200);
    assert_eq!((&updated["discount"]["amount_off"], &updated["active"]), (&json!(300), &json!(false)));
}

#[tokio::test]
async fn metadata_of_many_vouchers_are_changed_without_an_event() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.updated", "voucher.created"]).await;
    app.post("/v1/vouchers/A", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 1}, "metadata": {"a": 1, "b": 1}}))
        .await
        .expect(200);
    app.post("/v1/vouchers/B", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 1}})).await.expect(200);
    let body = json!([{"code": "A", "metadata": {"b": 2}, "active": false}, {"code": "X", "metadata": {"b": 3}}]);
    let accepted = app.post("/v1/vouchers/bulk/async", body).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["type"], &action["operation_status"]), (&json!("VOUCHERS.BULK_UPDATE"), &json!("SUCCESS")));
    let error = json!({"message": "Resource not found", "details": "Cannot find voucher with id X", "key": "not_found", "code": "X"});
    assert_eq!((&action["result"]["done_count"], &action["result"]["errors"]), (&json!(1), &json!([error])));
    let report = action["result"]["reports"][0].as_str().expect("an address");
    let report = report.strip_prefix("http://127.0.0.1:8787").expect("our address");
    assert_eq!(app.get(report).await.text, "code,found,updated\nA,true,true\nX,false,false\n");

    let accepted = app.post("/v1/vouchers/metadata/async", json!({"codes": ["A", "B"], "metadata": {"c": true}})).await;
    accepted.expect(202);
    let action = app.finish(&accepted).await;
    assert_eq!((&action["type"], &action["result"]["done_count"]), (&json!("VOUCHERS.METADATA_UPDATE"), &json!(2)));
    let a = app.get("/v1/vouchers/A").await.expect(200);
    assert_eq!((&a["metadata"], &a["active"]), (&json!({"a": 1, "b": 2, "c": true}), &json!(true)));
    assert_eq!(app.get("/v1/vouchers/B").await.expect(200)["metadata"], json!({"c": true}));
    let types: Vec<Value> = app.received().await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["voucher.created", "voucher.created"]);

    for (path, body, details) in [
        ("bulk/async", json!([{"metadata": {}}]), "Property .[0] should have required property 'code'"),
        ("bulk/async", json!({}), "Payload should be array"),
        ("metadata/async", json!({"metadata": {}}), "Payload should have required property 'codes'"),
        ("metadata/async", json!({"codes": ["A"]}), "Payload should have required property 'metadata'"),
    ] {
        app.post(&format!("/v1/vouchers/{path}"), body).await.refused(400, "invalid_payload", details);
    }
}

#[tokio::test]
async fn codes_are_imported_once_whatever_their_case_where_that_makes_no_difference() {
    let app = TestApp::new().await;
    let path = format!("/management/v1/projects/{PROJECT}");
    let project = app.call(crate::app::As::Management, axum::http::Method::GET, &path, None).await.expect(200);
    if project["case_sensitive_codes"] == true {
        let result = imported(&app, "Code,Voucher Type,Value\nABC,GIFT_VOUCHER,1\nabc,GIFT_VOUCHER,2\n").await;
        assert_eq!(result["done_count"], 2);
        assert_eq!(app.get("/v1/vouchers/abc").await.expect(200)["gift"]["amount"], 200);
    }
}

#[tokio::test]
async fn a_file_tells_of_every_row_if_that_is_asked_for() {
    let app = TestApp::new().await;
    app.subscribe(&["voucher.created", "voucher.updated"]).await;
    for (name, value, events) in
        [("webhooks_enable", "false", 0), ("webhooks_enabled", "true", 1), ("webhooks_enable", "true", 2)]
    {
        let part = |name: &str, content: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
        };
        let file = format!("Code,Voucher Type,Value\n{name},GIFT_VOUCHER,1\n");
        let form = [part("file", &file), part(name, value), "--x--\r\n".into()].concat();
        let accepted = app.post_raw("/v1/vouchers/importCSV", "multipart/form-data; boundary=x", form).await;
        accepted.expect(202);
        assert_eq!(app.finish(&accepted).await["result"]["done_count"], 1);
        assert_eq!(app.received().await.len(), events, "{name} {value}");
    }
    let types: Vec<Value> = app.received().await.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["voucher.created", "voucher.updated"]);
}
