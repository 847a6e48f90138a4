//! CSV files of customers, good and bad.

use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn every_known_column_is_understood_in_any_case_and_the_rest_is_metadata() {
    let app = TestApp::new().await;
    let file = "NAME,email,Phone,Birthdate,source id,Address_line_1,Address_Line_2,Address_Postal_Code,City,State,Country,Description,Favourite\n\
                \"Smith, Bob\",bob@example.com,+1,1990-07-14,s1,Main 1,,12345,Springfield,IL,US,\"says \"\"hi\"\"\",tea\n";
    let action = app.import(file.as_bytes()).await;
    assert_eq!(action["result"]["message"], "1 customer(s) imported successfully, 0 failed.");
    assert_eq!(action["result"]["failed"], json!([]));
    let customer = app.get("/v1/customers/s1").await.expect(200);
    assert_eq!(
        (&customer["name"], &customer["birthdate"], &customer["description"]),
        (&json!("Smith, Bob"), &json!("1990-07-14"), &json!("says \"hi\""))
    );
    assert_eq!(
        customer["address"],
        json!({"city": "Springfield", "state": "IL", "line_1": "Main 1",
        "country": "US", "postal_code": "12345"})
    );
    assert_eq!(customer["metadata"], json!({"Favourite": "tea"}));
}

#[tokio::test]
async fn cells_are_typed_by_the_schema_and_rows_that_break_it_fail() {
    let app = TestApp::new().await;
    let definition =
        json!({"type": "string", "array": false, "optional": false, "eq": ["Facebook", "Twitter", "Website"]});
    app.schema("customer", json!({"acquisition_channel": definition})).await;
    let action = app.import(b"Source_id,acquisition_channel\ntest-user@shop.example,snap\n,insta\n").await;
    assert_eq!((&action["status"], &action["progress"]), (&json!("DONE"), &json!(100)));
    assert_eq!(
        action["result"],
        json!({
            "message": "0 customer(s) imported successfully, 2 failed.",
            "failed": [
                {"source_id": "test-user@shop.example", "row": 1, "reason": "acquisition_channel: must be a string, \
                    property is required, must be equal to one of Facebook,Twitter,Website (actual value is 'snap')"},
                {"source_id": "", "row": 2, "reason": "acquisition_channel: must be a string, property is required, \
                    must be equal to one of Facebook,Twitter,Website (actual value is 'insta')"},
            ],
            "done_count": 0,
            "failed_count": 2,
        })
    );
    assert_eq!(action["operation_status"], "FAILED");
}

#[tokio::test]
async fn numbers_flags_and_lists_are_converted() {
    let app = TestApp::new().await;
    let plain = |kind: &str, array: bool| json!({"type": kind, "array": array, "optional": true});
    app.schema(
        "customer",
        json!({"age": plain("number", false), "vip": plain("boolean", false), "brands": plain("string", true)}),
    )
    .await;
    app.import(b"Source_id,age,vip,brands,other\na,42,true,\"Nike,Fenty,Reebok\",7\n").await;
    let metadata = &app.get("/v1/customers/a").await.expect(200)["metadata"];
    assert_eq!(*metadata, json!({"age": 42, "vip": true, "brands": ["Nike", "Fenty", "Reebok"], "other": "7"}));
}

#[tokio::test]
async fn a_row_with_a_source_id_replaces_the_profile_and_one_with_an_id_updates_it() {
    let app = TestApp::new().await;
    let body = json!({"source_id": "a", "name": "A", "phone": "1", "metadata": {"x": 1}});
    let created = app.post("/v1/customers", body.clone()).await.expect(200);
    app.advance(1_000);
    app.import(b"Source_id,Email\na,a@example.com\n").await;
    let replaced = app.get("/v1/customers/a").await.expect(200);
    assert_eq!((&replaced["id"], &replaced["email"]), (&created["id"], &json!("a@example.com")));
    assert_eq!((replaced.get("name"), replaced.get("phone"), replaced.get("metadata")), (None, None, None));
    assert_eq!(
        (&replaced["created_at"], &replaced["updated_at"]),
        (&created["created_at"], &json!("2026-05-10T12:00:01.000Z"))
    );

    app.post("/v1/customers", body).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    app.import(format!("Id,Email,Phone\n{id},new@example.com,\n").as_bytes()).await;
    let updated = app.get("/v1/customers/a").await.expect(200);
    assert_eq!((&updated["name"], &updated["email"]), (&json!("A"), &json!("new@example.com")));
    assert_eq!((updated.get("phone"), &updated["metadata"]), (None, &json!({"x": 1})));
    let action = app.import(b"Id,Name\ncust_unknown,X\n").await;
    assert_eq!(action["result"]["failed"][0]["reason"], "Cannot find customer with id cust_unknown");
}

#[tokio::test]
async fn broken_rows_fail_alone() {
    let app = TestApp::new().await;
    let file = b"Source_id,Name,Birthdate\r\na,A,1990-01-01\r\nragged\r\nb,B,soon\r\nc,\xff\xfe,\r\nd,D,\r\n,E,\r\n";
    let action = app.import(file).await;
    let failed = action["result"]["failed"].as_array().expect("failures");
    let told: Vec<(u64, &str)> =
        failed.iter().map(|f| (f["row"].as_u64().expect("a row"), f["reason"].as_str().expect("a reason"))).collect();
    assert_eq!(
        told,
        [
            (2, "the row has 1 cells, the header has 3"),
            (3, "Property .birthdate cannot be recognized as a ISO-8601 compliant date"),
            (4, "the row is not encoded in UTF-8"),
        ]
    );
    assert_eq!(action["result"]["done_count"], 3);
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 3);
}

#[tokio::test]
async fn a_byte_order_mark_and_the_same_source_id_twice_are_no_problem() {
    let app = TestApp::new().await;
    let action = app.import(b"\xef\xbb\xbfSource_id,Name\na,first\na,second\n").await;
    assert_eq!(action["result"]["done_count"], 2);
    let list = app.get("/v1/customers").await.expect(200);
    assert_eq!((&list["total"], &list["customers"][0]["name"]), (&json!(1), &json!("second")));
}

#[tokio::test]
async fn files_that_are_no_customers_are_refused_at_once() {
    let app = TestApp::new().await;
    let utf16: Vec<u8> = "Source_id,Name\na,A\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = [b"\xff\xfe".as_slice(), &utf16].concat();
    for file in [
        b"".as_slice(),
        b"\n\n",
        b"favourite,colour\ntea,red\n",
        b"Source_id,Source id\na,b\n",
        b"Source_id,two words\na,b\n",
        b"Source_id,\na,b\n",
        &utf16,
        b"\x89PNG\r\n\x1a\n\x00\x00",
    ] {
        let refused = app.upload("/v1/customers/importCSV", file).await.expect(400);
        assert_eq!(refused["key"], "invalid_payload");
        assert!(refused["details"].as_str().is_some_and(|details| details.starts_with("Property .file ")), "{refused}");
    }
    assert_eq!(app.get("/v1/async-actions").await.expect(200)["async_actions"], json!([]));
}

#[tokio::test]
async fn an_upload_without_its_file_is_refused() {
    let app = TestApp::new().await;
    let path = "/v1/customers/importCSV";
    let missing = "Payload should have required property 'file'";
    app.post(path, json!({})).await.refused(400, "invalid_payload", missing);
    app.post_raw(path, "text/csv", "Source_id\na\n").await.refused(400, "invalid_payload", missing);
    app.post_raw(path, "multipart/form-data; boundary=x", "--x--\r\n").await.refused(400, "invalid_payload", missing);
    let other = "--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nSource_id\na\r\n--x--\r\n";
    app.post_raw(path, "multipart/form-data; boundary=x", other).await.refused(400, "invalid_payload", missing);
    let half = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nSource_id\na";
    app.post_raw(path, "multipart/form-data; boundary=x", half).await.expect(400);
    assert_eq!(app.get("/v1/customers").await.expect(200)["total"], 0);
}

#[tokio::test]
async fn a_quote_that_is_never_closed_ends_the_import_with_a_reason() {
    let app = TestApp::new().await;
    let mut file = b"Source_id,Name\na,A\nb,\"open\n".to_vec();
    file.extend(std::iter::repeat_n(b"x,y\n".as_slice(), 700_000).flatten());
    let action = app.import(&file).await;
    assert_eq!(action["status"], "FAILED");
    assert!(
        action["result"]["message"].as_str().is_some_and(|text| text.contains("is a quote not closed?")),
        "{action}"
    );
}

#[tokio::test]
async fn a_large_import_goes_through_in_slices() {
    let app = TestApp::new().await;
    let mut file = String::from("Source_id,Name,Email,City,level\n");
    for number in 0..5_000 {
        file.push_str(&format!("s{number},\"Customer, {number}\",c{number}@example.com,Berlin,{}\n", number % 7));
    }
    let action = app.import(file.as_bytes()).await;
    assert_eq!(action["result"]["done_count"], 5_000);
    assert_eq!(app.get("/v1/customers?limit=1").await.expect(200)["total"], 5_000);
    let last = app.get("/v1/customers/s4999").await.expect(200);
    assert_eq!((&last["name"], &last["metadata"]["level"]), (&json!("Customer, 4999"), &json!("1")));
    let violations = app.guerdon.store.check().await.expect("an answer");
    assert_eq!(violations, Vec::<String>::new());
}
