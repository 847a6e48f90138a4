//! Lists of vouchers: orders, parameters, filters, pages and totals.

use serde_json::{Value, json};

use crate::app::TestApp;

/// Codes `A` to `E`, made a second after each other: `B` and `C` belong to a campaign, `D` is a gift card
/// that expires, `E` is switched off.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    let coupon = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}});
    let campaign = json!({"name": "Summer", "campaign_type": "DISCOUNT_COUPONS", "voucher": coupon});
    app.post("/v1/campaigns", campaign).await.expect(200);
    let with = |more: Value| {
        let mut body = coupon.clone();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for (code, body) in [
        ("A", with(json!({"category": "First", "metadata": {"club": "gold"}}))),
        ("B", with(json!({"campaign": "Summer"}))),
        ("C", with(json!({"campaign": "Summer", "category": "Second"}))),
        ("D", json!({"type": "GIFT_VOUCHER", "gift": {"amount": 5}, "expiration_date": "2026-05-10T12:00:30Z"})),
        ("E", with(json!({"active": false, "start_date": "2026-01-01", "expiration_date": "2027-01-01"}))),
    ] {
        app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200);
        app.advance(1_000);
    }
    app
}

async fn listed(app: &TestApp, query: &str) -> (String, u64) {
    let list = app.get(&format!("/v1/vouchers?{query}")).await.expect(200);
    assert_eq!((&list["object"], &list["data_ref"]), (&json!("list"), &json!("vouchers")));
    let rows = list["vouchers"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row.get("validation_rules_assignments").is_none()));
    let codes = rows.iter().map(|row| row["code"].as_str().expect("a code")).collect();
    (codes, list["total"].as_u64().expect("a total"))
}

async fn id(app: &TestApp, code: &str) -> String {
    app.get(&format!("/v1/vouchers/{code}")).await.expect(200)["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn vouchers_are_listed_in_every_order_page_by_page() {
    let app = shop().await;
    app.put("/v1/vouchers/B", json!({"additional_info": "x"})).await.expect(200);
    for (query, codes) in [
        ("", "EDCBA"),
        ("order=created_at", "ABCDE"),
        ("order=-created_at", "EDCBA"),
        ("order=code", "ABCDE"),
        ("order=-code", "EDCBA"),
        ("order=updated_at", "ACDEB"),
        ("order=-updated_at", "BEDCA"),
        ("limit=2", "ED"),
        ("limit=2&page=2", "CB"),
        ("limit=2&page=3", "A"),
        ("limit=2&page=4", ""),
    ] {
        assert_eq!(listed(&app, query).await, (codes.to_owned(), 5), "{query}");
    }
    for (query, key, details) in [
        ("limit=101", "invalid_query_params", "Property .limit cannot be higher than 100"),
        ("page=100", "page_over_limit", "Property .page cannot be higher than 99"),
        (
            "created_at[after]=now",
            "invalid_query_params",
            "Property .created_at.after cannot be recognized as a ISO-8601 compliant date",
        ),
    ] {
        app.get(&format!("/v1/vouchers?{query}")).await.refused(400, key, details);
    }
}

#[tokio::test]
async fn vouchers_are_narrowed_by_parameters() {
    let app = shop().await;
    let campaign = app.get("/v1/campaigns/Summer").await.expect(200)["id"].as_str().expect("an id").to_owned();
    let category = app.get("/v1/vouchers/A").await.expect(200)["category_id"].as_str().expect("an id").to_owned();
    let (a, c) = (id(&app, "A").await, id(&app, "C").await);
    app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
    for (query, codes) in [
        ("code=C", "C"),
        ("code=c", ""),
        ("campaign=Summer", "CB"),
        ("campaign=Winter", ""),
        (&format!("campaign_id={campaign}"), "CB"),
        (&format!("campaign_id={campaign}&campaign=Summer&order=created_at"), "BC"),
        ("campaign_id=camp_x", ""),
        ("category=First", "A"),
        (&format!("category={category}"), "A"),
        ("category=Nothing", ""),
        ("campaign=Summer&category=Second", "C"),
        ("customer=ada", ""),
        ("customer=nobody", ""),
        (&format!("ids[]={c}&ids[]={a}&ids[]={a}&ids[]=v_x"), "CA"),
        (&format!("ids[0]={c}&ids[1]={a}&order=code&limit=1"), "A"),
        (&format!("ids[]={c}&campaign=Summer"), "C"),
        (&format!("ids[]={a}&campaign=Summer"), ""),
        ("ids[]=A", ""),
        ("created_at[after]=2026-05-10T12:00:01Z", "EDC"),
        ("created_at[before]=2026-05-10T12:00:01Z", "A"),
        ("created_at[after]=2026-05-10T12:00:00Z&created_at[before]=2026-05-10T12:00:03Z&order=code", "BC"),
        ("updated_at[after]=2026-05-10T12:00:02Z", "ED"),
        ("updated_at[before]=2026-05-10T12:00:02Z", "BA"),
    ] {
        let (found, total) = listed(&app, query).await;
        assert_eq!(found, codes, "{query}");
        assert_eq!(total, if query.contains("limit=1") { 2 } else { codes.len() as u64 }, "{query}");
    }
    let too_many: String = (0..101).map(|_| "ids[]=v_x&").collect();
    app.get(&format!("/v1/vouchers?{too_many}")).await.refused(
        400,
        "invalid_query_params",
        "Property .ids should NOT have more than 100 items",
    );
}

#[tokio::test]
async fn vouchers_are_filtered_by_state_and_by_whatever_they_have() {
    let app = shop().await;
    app.advance(60_000);
    for (filter, codes) in [
        ("filters[active][conditions][$active]=true", "CBA"),
        ("filters[active][conditions][$enabled]=true", "DCBA"),
        ("filters[active][conditions][$disabled]=true", "E"),
        ("filters[active][conditions][$expired]=true", "D"),
        ("filters[campaign][conditions][$is_unknown]=true", "EDA"),
        ("filters[campaign][conditions][$has_value]=true", "CB"),
        ("filters[campaign][conditions][$is]=Summer", "CB"),
        ("filters[campaign][conditions][$is_not]=Summer", "EDA"),
        ("filters[campaign][conditions][$starts_with]=Win", ""),
        ("filters[categories][conditions][$in][0]=First&filters[categories][conditions][$in][1]=Second", "CA"),
        ("filters[categories][conditions][$not_in][0]=First", "EDCB"),
        ("filters[code][conditions][$is]=B", "B"),
        ("filters[vouchers][conditions][$in][0]=B", "B"),
        ("filters[metadata.club][conditions][$is]=gold", "A"),
        ("filters[is_referral_code][conditions][$is]=true", ""),
        ("filters[is_referral_code][conditions][$is]=FALSE", "EDCBA"),
        ("filters[expiration_date][conditions][$before]=2026-06-01", "D"),
        ("filters[expiration_date][conditions][$after]=2026-06-01", "E"),
        ("filters[expiration_date][conditions][$is_unknown]=", "CBA"),
        ("filters[redemption.redeemed_quantity][conditions][$less_than]=1", "EDCBA"),
        ("filters[redemption_status][conditions][$redeemed]=true", ""),
        ("filters[voucher_type][conditions][$is]=GIFT_VOUCHER", "D"),
        ("filters[holder_id][conditions][$has_value]=", ""),
        ("filters[junction]=or&filters[code][conditions][$is]=A&filters[active][conditions][$disabled]=true", "EA"),
        ("campaign=Summer&filters[code][conditions][$contains]=C", "C"),
    ] {
        let (found, total) = listed(&app, filter).await;
        assert_eq!((found.as_str(), total), (codes, codes.len() as u64), "{filter}");
    }
    let either = "filters[junction]=or&filters[code][conditions][$is]=A&filters[code][conditions][$contains]=B";
    assert_eq!(listed(&app, either).await, ("BA".to_owned(), 2));
    let (in_category, _) = listed(&app, "category=First").await;
    let expected: String = in_category.chars().filter(|code| "BA".contains(*code)).collect();
    let total = expected.len() as u64;
    assert_eq!(listed(&app, &format!("category=First&{either}")).await, (expected, total));
}

#[tokio::test]
async fn what_lies_in_the_bin_is_not_listed_or_counted() {
    let app = shop().await;
    for code in ["B", "E"] {
        app.delete(&format!("/v1/vouchers/{code}")).await.expect(204);
    }
    assert_eq!(listed(&app, "").await, ("DCA".to_owned(), 3));
    assert_eq!(listed(&app, "campaign=Summer").await, ("C".to_owned(), 1));
    assert_eq!(listed(&app, "code=E").await, (String::new(), 0));
    assert_eq!(listed(&app, "filters[code][conditions][$in][0]=E").await, (String::new(), 0));
}

/// By time of creation, lists are put together from those of single values, as long as there are few; in
/// other orders they never are.
#[tokio::test]
async fn filters_select_the_same_however_many_metadata_and_dates_there_are() {
    let app = shop().await;
    let dated = |date: &str, metadata: Value| json!({"type": "GIFT_VOUCHER", "gift": {"amount": 5}, "expiration_date": date, "metadata": metadata});
    for (code, body) in [
        ("F", dated("2026-05-10T12:00:30Z", json!({"club": "gold", "level": 3}))),
        ("G", dated("2026-05-10T12:01:30Z", json!({"club": "silver"}))),
        ("H", dated("2027-01-01T00:00:00Z", json!({"club": "gold"}))),
        ("I", dated("2028-01-01T00:00:00Z", json!({"level": 7, "tags": ["a", "b"]}))),
    ] {
        app.post(&format!("/v1/vouchers/{code}"), body).await.expect(200);
        app.advance(1_000);
    }
    app.put("/v1/vouchers/C", json!({"metadata": {"club": "gold"}})).await.expect(200);
    app.put("/v1/vouchers/A", json!({"metadata": {"club": "bronze"}, "expiration_date": "2028-01-01"}))
        .await
        .expect(200);
    app.delete("/v1/vouchers/H").await.expect(204);
    app.advance(45_000);
    let filters = [
        ("[metadata.club][$is]=gold", "FC"),
        ("[metadata.club][$is_not]=gold", "IGEDBA"),
        ("[metadata.club][$in][0]=silver&filters[metadata.club][$in][1]=bronze", "GA"),
        ("[metadata.club][$is_unknown]=", "IEDB"),
        ("[metadata.club][$has_value]=", "GFCA"),
        ("[metadata.club][$contains]=o", "FCA"),
        ("[metadata.level][$more_than]=3", "I"),
        ("[metadata.club][$is]=gold&filters[metadata.level][$is]=3", "F"),
        ("[metadata.club][$is]=gold&filters[code][$is]=C", "C"),
        ("[junction]=or&filters[metadata.club][$is]=silver&filters[metadata.level][$is]=7", "IG"),
        ("[junction]=or&filters[metadata.club][$is]=silver&filters[code][$is]=B", "GB"),
        ("[active][$active]=true", "IGCBA"),
        ("[active][$active]=true&filters[expiration_date][$before]=2027-12-01", "G"),
        ("[active][$expired]=true", "FD"),
        ("[active][$expired]=true&filters[metadata.club][$is]=gold", "F"),
        ("[expiration_date][$before]=2026-05-10T12:01:30Z", "FD"),
        ("[expiration_date][$after]=2026-05-10T12:01:30Z", "IEA"),
        ("[expiration_date][$after]=2026-06-01&filters[expiration_date][$before]=2028-01-01", "E"),
        ("[expiration_date][$before]=2020-01-01", ""),
    ];
    for (filter, codes) in filters {
        let filter = format!("limit=100&filters{filter}");
        let (newest, total) = listed(&app, &filter).await;
        assert_eq!((newest.as_str(), total), (codes, codes.len() as u64), "{filter}");
        assert_eq!(listed(&app, &format!("{filter}&order=-code")).await, (newest, total), "{filter}");
    }
    // Too many dates and metadata for a list of each.
    let day = |n: u64| format!("{}-03-{:02}T00:{:02}:00Z", 2026 + n % 2, 1 + n % 28, n % 60);
    let many: Vec<_> = (0..220)
        .map(|n| {
            let mut body = dated(&day(n), json!({"number": n}));
            body["code"] = format!("z{n:03}").into();
            body
        })
        .collect();
    app.post("/v1/vouchers/import", json!(many)).await.expect(202);
    app.run_due().await;
    assert_eq!(listed(&app, "filters[metadata.number][$is]=219").await, ("z219".to_owned(), 1));
    for (filter, _) in filters {
        let filter = format!("limit=100&filters{filter}");
        let sorted = |(codes, total): (String, u64)| {
            let mut codes: Vec<char> = codes.chars().collect();
            codes.sort_unstable();
            // Of more than a page, each order shows others.
            (codes, total, total <= 100)
        };
        let (newest, by_code) = (listed(&app, &filter).await, listed(&app, &format!("{filter}&order=-code")).await);
        let ((newest, total, is_whole), (by_code, same_total, _)) = (sorted(newest), sorted(by_code));
        assert_eq!(total, same_total, "{filter}");
        assert!(!is_whole || newest == by_code, "{filter}");
    }
}
