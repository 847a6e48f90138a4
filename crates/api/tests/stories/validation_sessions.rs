//! Sessions: what a validation keeps for whoever comes back with its key.

use futures_util::future::join_all;
use guerdon_model::{redeemable::SessionLock, voucher::Voucher};
use guerdon_store::{Document, Query};
use serde_json::{Value, json};

use crate::{
    app::{PROJECT, TestApp},
    validations::{amount, fates, gift, named, percent, text, tier, validate, voucher},
};

const MINUTE: i64 = 60_000;

/// What a validation of a code on an order of 60.00 comes to; `session` is merged into one of type `LOCK`.
async fn locked(app: &TestApp, code: &str, session: Value) -> Value {
    let mut lock = json!({"type": "LOCK"});
    if let (Value::Object(lock), Value::Object(session)) = (&mut lock, session) {
        lock.extend(session);
    }
    validate(app, json!({"redeemables": named(&[code]), "order": {"amount": 6_000}, "session": lock})).await
}

/// The same of a gift card, of which so many credits are used.
async fn credits(app: &TestApp, key: Option<&str>, credits: i64) -> Value {
    let session = key.map(|key| json!({"type": "LOCK", "key": key}));
    let redeemables = json!([{"object": "voucher", "id": "CARD", "gift": {"credits": credits}}]);
    validate(app, json!({"redeemables": redeemables, "order": {"amount": 6_000}, "session": session})).await
}

/// What became of the only redeemable.
fn fate(answer: &Value) -> String {
    fates(answer)[0].1.clone()
}

async fn all<D: Document>(app: &TestApp) -> Vec<D> {
    let query = Query { limit: 1_000, ..Query::all(PROJECT.into(), D::COLLECTION) };
    let page = app.guerdon.store.query(query).await.expect("a page");
    page.records.iter().map(|record| record.document().expect("a document")).collect()
}

/// How many sessions a voucher keeps redemptions for, and how many credits: what the voucher itself says, which
/// agrees with the locks.
async fn kept(app: &TestApp, code: &str) -> (i64, i64) {
    let vouchers = all::<Voucher>(app).await;
    let voucher = vouchers.iter().find(|voucher| voucher.code == code).expect("the voucher");
    let locks = all::<SessionLock>(app).await;
    let own: Vec<&SessionLock> = locks.iter().filter(|lock| lock.voucher_id == voucher.id).collect();
    let counted = (voucher.locked.sessions, voucher.locked.amount);
    assert_eq!(counted, (own.len() as i64, own.iter().map(|lock| lock.amount).sum()), "the sum is that of the locks");
    counted
}

#[tokio::test]
async fn a_session_keeps_a_redemption_for_a_week_unless_it_is_told_otherwise() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let first = locked(&app, "ONCE", json!({"key": "K"})).await;
    assert_eq!(first["session"], json!({"key": "K", "type": "LOCK", "ttl": 7, "ttl_unit": "DAYS"}));
    let other = locked(&app, "ONCE", json!({"key": "other"})).await;
    assert_eq!((fate(&other), other.get("session")), ("quantity_exceeded".into(), None), "nothing was locked");
    let without = validate(&app, json!({"redeemables": named(&["ONCE"])})).await;
    assert_eq!(fate(&without), "quantity_exceeded");
    for session in [json!({"type": "LOCK", "key": "K"}), json!({"key": "K"})] {
        let own = json!({"redeemables": named(&["ONCE"]), "session": session});
        assert_eq!(fate(&validate(&app, own).await), "APPLICABLE", "its own lock is not in its way");
    }
    assert_eq!(kept(&app, "ONCE").await, (1, 0), "there is still one");
    app.advance(7 * 24 * 60 * MINUTE - 1);
    assert_eq!(fate(&locked(&app, "ONCE", json!({"key": "other"})).await), "quantity_exceeded");
    app.advance(1);
    let other = locked(&app, "ONCE", json!({})).await;
    assert_eq!(fate(&other), "APPLICABLE");
    assert!(text(&other["session"]["key"]).starts_with("ssn_"), "a key was made: {other}");
    assert_eq!(kept(&app, "ONCE").await, (1, 0));
}

#[tokio::test]
async fn as_many_sessions_lock_a_voucher_as_it_has_redemptions() {
    let app = TestApp::new().await;
    voucher(&app, "FOUR", amount(100), json!({"redemption": {"quantity": 4}})).await;
    voucher(&app, "ANY", amount(100), json!({})).await;
    for number in 1..=5 {
        let expected = if number <= 4 { "APPLICABLE" } else { "quantity_exceeded" };
        assert_eq!(fate(&locked(&app, "FOUR", json!({})).await), expected, "session {number}");
        assert_eq!(fate(&locked(&app, "ANY", json!({})).await), "APPLICABLE", "without end");
    }
}

#[tokio::test]
async fn a_session_that_is_validated_again_takes_the_place_of_its_former_self() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    credits(&app, Some("K"), 3_000).await;
    assert_eq!(fate(&credits(&app, None, 2_500).await), "gift_amount_exceeded");
    assert_eq!(fate(&credits(&app, Some("other"), 2_500).await), "gift_amount_exceeded");
    assert_eq!(fate(&credits(&app, Some("K"), 4_000).await), "APPLICABLE");
    assert_eq!(kept(&app, "CARD").await, (1, 4_000));
    assert_eq!(fate(&credits(&app, Some("K"), 2_000).await), "APPLICABLE");
    assert_eq!(fate(&credits(&app, Some("other"), 2_500).await), "APPLICABLE");
    assert_eq!(kept(&app, "CARD").await, (2, 4_500));
    let rest = validate(&app, json!({"redeemables": named(&["CARD"]), "order": {"amount": 6_000}})).await;
    assert_eq!(rest["redeemables"][0]["result"]["gift"], json!({"balance": 5000, "credits": 500}), "all that is left");
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let app = TestApp::new().await;
    voucher(&app, "TWO", amount(100), json!({"redemption": {"quantity": 2}})).await;
    let with = |key: &str, ttl: i64, unit: &str| json!({"key": key, "ttl": ttl, "ttl_unit": unit});
    locked(&app, "TWO", with("short", 10, "MINUTES")).await;
    let long = locked(&app, "TWO", with("long", 1, "HOURS")).await;
    assert_eq!(long["session"], json!({"key": "long", "type": "LOCK", "ttl": 1, "ttl_unit": "HOURS"}));
    app.advance(10 * MINUTE - 1);
    assert_eq!(fate(&locked(&app, "TWO", json!({})).await), "quantity_exceeded");
    app.advance(1);
    let without = validate(&app, json!({"redeemables": named(&["TWO"])})).await;
    assert_eq!(fate(&without), "APPLICABLE", "the short one has ended");
    assert_eq!(kept(&app, "TWO").await, (1, 0), "and was removed");
    // It is prolonged before it ends.
    locked(&app, "TWO", with("long", 2, "HOURS")).await;
    app.advance(61 * MINUTE);
    locked(&app, "TWO", json!({"key": "third"})).await;
    assert_eq!(fate(&locked(&app, "TWO", json!({})).await), "quantity_exceeded");
    let at_once = locked(&app, "TWO", with("third", 900, "MICROSECONDS")).await;
    assert_eq!(at_once["valid"], true);
    assert_eq!(kept(&app, "TWO").await, (1, 0), "it has ended at once");
}

#[tokio::test]
async fn sessions_that_nobody_asks_about_are_removed_all_the_same() {
    let app = TestApp::new().await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    voucher(&app, "GONE", amount(1), json!({"redemption": {"quantity": 1}})).await;
    voucher(&app, "ANY", amount(1), json!({})).await;
    for code in ["CARD", "GONE", "ANY"] {
        locked(&app, code, json!({"key": "short", "ttl": 1, "ttl_unit": "MINUTES"})).await;
    }
    locked(&app, "ANY", json!({"key": "long"})).await;
    app.delete("/v1/vouchers/GONE?force=true").await.expect(204);
    app.advance(MINUTE);
    guerdon_core::retention::prune(&app.guerdon).await;
    let left: Vec<String> = all::<SessionLock>(&app).await.into_iter().map(|lock| lock.key).collect();
    assert_eq!(left, ["long"]);
    assert_eq!((kept(&app, "CARD").await, kept(&app, "ANY").await), ((0, 0), (1, 0)));
}

#[tokio::test]
async fn a_lock_can_be_released() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    let created = app.get("/v1/vouchers/ONCE").await.expect(200);
    let path = |code: &str, key: &str| format!("/v1/vouchers/{code}/sessions/{key}");
    for (code, key, details) in
        [("X", "K", "Cannot find voucher with id X"), ("ONCE", "K", "Cannot find session with id K")]
    {
        let reply = app.delete(&path(code, key)).await;
        reply.refused(404, "not_found", details);
        assert_eq!(reply.body["resource_type"], if code == "X" { "voucher" } else { "session" });
    }
    for name in ["ONCE", text(&created["id"])] {
        locked(&app, "ONCE", json!({"key": "K"})).await;
        app.delete(&path(name, "K")).await.expect(204);
        assert_eq!(kept(&app, "ONCE").await, (0, 0));
        app.delete(&path(name, "K")).await.expect(404);
    }
    locked(&app, "ONCE", json!({"key": "K", "ttl": 1, "ttl_unit": "SECONDS"})).await;
    app.advance(1_000);
    app.delete(&path("ONCE", "K")).await.expect(404);
    let read = app.get("/v1/vouchers/ONCE").await.expect(200);
    assert_eq!(read, created, "a lock does not show in the voucher");
}

#[tokio::test]
async fn any_text_is_a_key_if_it_is_not_too_long() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    for key in ["\u{0}", "a/b:c", " ", "%", &"漢".repeat(100)] {
        assert_eq!(fate(&locked(&app, "ONCE", json!({"key": key})).await), "APPLICABLE", "{key:?}");
        assert_eq!(fate(&locked(&app, "ONCE", json!({"key": key})).await), "APPLICABLE", "{key:?} once more");
        let key = url::form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace('+', "%20");
        app.delete(&format!("/v1/vouchers/ONCE/sessions/{key}")).await.expect(204);
    }
    let long = json!({"redeemables": named(&["ONCE"]), "session": {"type": "LOCK", "key": "x".repeat(101)}});
    let details = "Property .session.key should NOT have more than 100 characters";
    app.post("/v1/validations", long).await.refused(400, "invalid_payload", details);
    let made = locked(&app, "ONCE", json!({"key": ""})).await;
    assert!(text(&made["session"]["key"]).starts_with("ssn_"), "{made}");
}

#[tokio::test]
async fn a_session_locks_all_that_is_applied_or_nothing() {
    let app = TestApp::new().await;
    voucher(&app, "ONCE", amount(100), json!({"redemption": {"quantity": 1}})).await;
    voucher(&app, "OLD", percent(10), json!({"expiration_date": "2020-01-01T00:00:00Z"})).await;
    let tier = tier(&app, "Ten", json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ORDER"})).await;
    let body =
        |names: &[&str]| json!({"redeemables": named(names), "order": {"amount": 100}, "session": {"type": "LOCK"}});
    let invalid = validate(&app, body(&["ONCE", "OLD"])).await;
    assert_eq!((&invalid["valid"], invalid.get("session")), (&json!(false), None));
    assert_eq!(kept(&app, "ONCE").await, (0, 0));
    let both = validate(&app, body(&["ONCE", &tier])).await;
    assert_eq!((&both["valid"], both.get("session").is_some()), (&json!(true), true));
    assert_eq!(kept(&app, "ONCE").await, (1, 0));
}

#[tokio::test]
async fn of_all_who_come_at_once_as_many_get_a_lock_as_there_are_redemptions() {
    let app = TestApp::new().await;
    voucher(&app, "TEN", amount(100), json!({"redemption": {"quantity": 10}})).await;
    voucher(&app, "CARD", gift(5_000), json!({})).await;
    let answers = join_all((0..40).map(|_| locked(&app, "TEN", json!({})))).await;
    assert_eq!(answers.iter().filter(|answer| answer["valid"] == true).count(), 10);
    assert_eq!(kept(&app, "TEN").await, (10, 0));
    let keys: Vec<String> = (0..40).map(|number| format!("k{number}")).collect();
    let answers = join_all(keys.iter().map(|key| credits(&app, Some(key), 300))).await;
    assert_eq!(answers.iter().filter(|answer| answer["valid"] == true).count(), 16);
    assert_eq!(kept(&app, "CARD").await, (16, 4_800));
    // The same once more, while all of them end.
    app.advance(8 * 24 * 60 * MINUTE);
    let answers = join_all((0..40).map(|_| locked(&app, "TEN", json!({})))).await;
    assert_eq!(answers.iter().filter(|answer| answer["valid"] == true).count(), 10);
    assert_eq!(kept(&app, "TEN").await, (10, 0));
}

#[tokio::test]
async fn nodes_that_lock_the_same_voucher_never_lock_more_than_it_has() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    voucher(&one, "TEN", amount(100), json!({"redemption": {"quantity": 10}})).await;
    for round in 1..=3 {
        let answers =
            join_all((0..30).map(|number| locked(if number % 2 == 0 { &one } else { &other }, "TEN", json!({}))));
        let valid = answers.await.iter().filter(|answer| answer["valid"] == true).count();
        assert_eq!((valid, kept(&one, "TEN").await), (10, (10, 0)), "round {round}");
        one.advance(8 * 24 * 60 * MINUTE);
        other.advance(8 * 24 * 60 * MINUTE);
    }
}
