//! Referral codes: who refers by them, and who was referred.

use serde_json::{Value, json};

use crate::{
    app::{TestApp, redacted},
    publications::text,
};

/// A shop with a referral campaign of one code.
struct Shop {
    app: TestApp,
    campaign: String,
    /// The code's publication, once there is one.
    code: String,
}

impl Shop {
    /// The code is published to `ann`.
    async fn new() -> Self {
        let app = TestApp::new().await;
        let body = json!({"name": "Friends", "campaign_type": "REFERRAL_PROGRAM",
            "referral_program": {"conversion_event_type": "redemption"},
            "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}});
        let campaign = app.post("/v1/campaigns", body).await.expect(200);
        let body = json!({"campaign": "Friends", "customer": "ann"});
        let published = app.post("/v1/publications", body).await.expect(200);
        let voucher = &published["voucher"];
        assert_eq!(
            (&voucher["holder_id"], &voucher["referrer_id"]),
            (&published["customer_id"], &published["customer_id"])
        );
        let (campaign, code) = (text(&campaign["id"]).to_owned(), text(&voucher["code"]).to_owned());
        app.advance(1);
        Self { app, campaign, code }
    }

    fn path(&self) -> String {
        format!("/v1/referrals/{}/members/{}/holders", self.campaign, self.code)
    }

    async fn holders(&self, query: &str) -> Value {
        self.app.get(&format!("{}?{query}", self.path())).await.expect(200)
    }
}

fn roles(list: &Value) -> Vec<&str> {
    list["data"].as_array().expect("rows").iter().map(|row| text(&row["holder_role"])).collect()
}

#[tokio::test]
async fn referees_are_added_to_a_code_and_listed_with_its_referrer() {
    let shop = Shop::new().await;
    let body = json!({"holders": [{"source_id": "cst-prsn01"}, {"source_id": "cst-prsn02"}],
        "metadata": {"influencer_code": true}});
    let added = shop.app.post(&shop.path(), body.clone()).await.expect(200);
    insta::assert_json_snapshot!("two referees", redacted(added));
    let again = shop.app.post(&shop.path(), body).await.expect(409);
    assert_eq!(
        (&again["key"], &again["message"], again.get("details")),
        (&json!("holder_assignement_duplication"), &json!("Customer is already assigned to given redeemable"), None)
    );
    let referrer = json!({"holders": [{"source_id": "ann"}]});
    assert_eq!(shop.app.post(&shop.path(), referrer).await.expect(409)["key"], "holder_assignement_duplication");

    let list = shop.holders("").await;
    assert_eq!(
        (roles(&list), &list["total"], &list["has_more"]),
        (vec!["REFEREE", "REFEREE", "REFERRER"], &json!(3), &json!(false))
    );
    assert_eq!(list.get("more_starting_after"), None);
    let first = shop.holders("limit=1&order=id").await;
    assert_eq!((roles(&first), &first["total"], &first["has_more"]), (vec!["REFERRER"], &json!(3), &json!(true)));
    let rest = shop.holders(&format!("order=id&starting_after_id={}", text(&first["more_starting_after"]))).await;
    assert_eq!(
        (roles(&rest), &rest["total"], &rest["has_more"]),
        (vec!["REFEREE", "REFEREE"], &json!(3), &json!(false))
    );
    let referees = shop.holders("filters[holder_role][conditions][$is]=REFEREE").await;
    assert_eq!((roles(&referees), &referees["total"]), (vec!["REFEREE", "REFEREE"], &json!(2)));
    let short = shop.app.get(&format!("/v1/referrals/members/{}/holders", shop.code)).await.expect(200);
    assert_eq!(short, list, "the campaign need not be named");
}

#[tokio::test]
async fn a_referee_is_taken_off_and_a_referrer_stays() {
    let shop = Shop::new().await;
    shop.app.subscribe(&["customer.holder.assignment.created", "customer.holder.assignment.deleted"]).await;
    let added = shop.app.post(&shop.path(), json!({"holders": ["ben"]})).await.expect(200);
    let referee = text(&added["holders"][0]["id"]).to_owned();
    let referrer = text(&shop.holders("order=id&limit=1").await["data"][0]["id"]).to_owned();
    let stays = shop.app.delete(&format!("{}/{referrer}", shop.path())).await;
    stays.refused(403, "forbidden", "You can not remove Referrer assignment");
    assert_eq!(stays.body["message"], "Can not remove assignment");
    shop.app.delete(&format!("/v1/referrals/members/{}/holders/{referee}", shop.code)).await.expect(204);
    let gone = shop.app.delete(&format!("{}/{referee}", shop.path())).await;
    gone.refused(404, "not_found", &format!("Cannot find redeemable_holder with id {referee}"));
    assert_eq!(roles(&shop.holders("").await), ["REFERRER"]);

    let received = shop.app.received().await;
    for (event, kind) in received.iter().zip(["created", "deleted"]) {
        assert_eq!(event["type"], format!("customer.holder.assignment.{kind}"));
        let data = &event["data"];
        assert_eq!(
            (&data["holder"]["id"], &data["holder"]["publication_id"], &data["holder"]["holder_role"]),
            (&json!(referee), &json!(null), &json!("REFEREE"))
        );
        assert_eq!((&data["customer"]["source_id"], &data["campaign"]["name"]), (&json!("ben"), &json!("Friends")));
    }
    assert_eq!(received.len(), 2);
    shop.app.post(&shop.path(), json!({"holders": ["ben"]})).await.expect(200);
}

#[tokio::test]
async fn all_referees_of_a_request_are_added_or_none() {
    let shop = Shop::new().await;
    let body = json!({"holders": [{"source_id": "ben"}, {"source_id": "cat"}, {"source_id": "ben"}]});
    shop.app.post(&shop.path(), body).await.refused(409, "duplicate_found", "Duplicated customer exists with id ben");
    let unknown = json!({"holders": [{"source_id": "ben"}, {"id": "cust_x"}]});
    shop.app.post(&shop.path(), unknown).await.refused(404, "not_found", "Cannot find customer with id cust_x");
    assert_eq!(shop.app.get("/v1/customers/ben").await.status, 404);
    assert_eq!(shop.holders("").await["total"], 1);
}

#[tokio::test]
async fn what_is_wrong_with_referees_is_told() {
    let shop = Shop::new().await;
    let app = &shop.app;
    app.schema("publication", json!({"year": {"type": "number", "array": false, "optional": true}})).await;
    app.post(
        "/v1/vouchers/COUPON",
        json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 5}}),
    )
    .await
    .expect(200);
    let other = app
        .post(
            "/v1/campaigns",
            json!({"name": "Others", "campaign_type": "REFERRAL_PROGRAM", "vouchers_count": 1,
            "referral_program": {"conversion_event_type": "redemption"},
            "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
                "code_config": {"pattern": "R#", "charset": "x"}}}),
        )
        .await
        .expect(200);
    let ben = json!({"holders": ["ben"]});
    let many: Vec<Value> = (0..101).map(|number| json!(format!("c{number}"))).collect();
    let cases = [
        (
            shop.path(),
            json!({"holders": []}),
            400,
            "invalid_payload",
            "Property .holders must NOT have fewer than 1 items".to_owned(),
        ),
        (
            shop.path(),
            json!({"holders": many}),
            400,
            "invalid_payload",
            "Property .holders must NOT have more than 100 items".into(),
        ),
        (shop.path(), json!({}), 400, "invalid_payload", "Payload must have required property 'holders'".into()),
        (
            format!("/v1/referrals/camp_x/members/{}/holders", shop.code),
            ben.clone(),
            404,
            "not_found",
            "Cannot find campaign with id camp_x".into(),
        ),
        (
            "/v1/referrals/members/nope/holders".into(),
            ben.clone(),
            404,
            "not_found",
            "Cannot find voucher with id nope".into(),
        ),
        (
            format!("/v1/referrals/{}/members/{}/holders", text(&other["id"]), shop.code),
            ben.clone(),
            404,
            "not_found",
            format!("Cannot find voucher with id {}", shop.code),
        ),
        (
            "/v1/referrals/members/COUPON/holders".into(),
            ben.clone(),
            404,
            "not_found",
            "Cannot find voucher with id COUPON".into(),
        ),
        (
            "/v1/referrals/members/Rx/holders".into(),
            ben,
            400,
            "not_published",
            "Referral code must be first published to Referrer before assigning it to Referee".into(),
        ),
    ];
    for (path, body, status, key, details) in cases {
        app.post(&path, body).await.refused(status, key, &details);
    }
    let body = json!({"holders": ["ben"], "metadata": {"year": "x"}});
    assert_eq!(app.post(&shop.path(), body).await.expect(400)["key"], "metadata_validation_failed");
    app.get("/v1/referrals/members/COUPON/holders").await.expect(200);
}
