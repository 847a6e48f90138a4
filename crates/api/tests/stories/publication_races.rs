//! Many want a voucher at once: nobody gets one that somebody else has, and what is counted is right.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all};
use guerdon_model::{
    campaign_totals::CampaignTotals, holder::RedeemableHolder, publication::Publication, voucher::Voucher,
};
use guerdon_store::{Document, Query};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    app::{PROJECT, Reply, TestApp},
    publications::{coupons, text},
};

async fn all<D: Document>(app: &TestApp) -> Vec<D> {
    let query = Query::all(PROJECT.into(), D::COLLECTION);
    let page = app.guerdon.store.query(query).await.expect("a page");
    page.records.iter().map(|record| record.document().expect("a document")).collect()
}

/// That vouchers, publications, holders and totals tell the same story.
async fn assert_consistent(app: &TestApp) {
    let vouchers = all::<Voucher>(app).await;
    let publications = all::<Publication>(app).await;
    let given: Vec<(&str, &str, &str)> = publications
        .iter()
        .flat_map(|publication| {
            let ids = publication.vouchers_id.iter();
            ids.map(|id| (id.as_str(), publication.id.as_str(), publication.customer_id.as_str()))
        })
        .collect();
    let distinct: BTreeSet<&str> = given.iter().map(|(voucher, ..)| *voucher).collect();
    assert_eq!(distinct.len(), given.len(), "no voucher was given twice");
    let given: BTreeSet<(&str, &str, &str)> = given.into_iter().collect();
    let held: BTreeSet<(&str, &str, &str)> = vouchers
        .iter()
        .filter_map(|voucher| {
            let (publication, holder) = (voucher.publication_id.as_ref()?, voucher.holder_id.as_ref()?);
            Some((voucher.id.as_str(), publication.as_str(), holder.as_str()))
        })
        .collect();
    assert_eq!(given, held, "publications and vouchers agree");
    let holders = all::<RedeemableHolder>(app).await;
    let pairs: BTreeSet<(&str, &str)> =
        holders.iter().map(|holder| (holder.redeemable_id.as_str(), holder.customer_id.as_str())).collect();
    assert_eq!(pairs.len(), holders.len(), "nobody holds a voucher twice");
    assert_eq!(
        pairs,
        held.iter().map(|(voucher, _, holder)| (*voucher, *holder)).collect(),
        "holders and vouchers agree"
    );
    let mut counted: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for voucher in &vouchers {
        let campaign = voucher.campaign_id.as_ref().map_or("standalone", |id| id.as_str());
        let (count, available) = counted.entry(campaign.to_owned()).or_default();
        *count += 1;
        *available += i64::from(voucher.is_available());
    }
    for totals in all::<CampaignTotals>(app).await {
        let (count, available) = counted.remove(&totals.id).unwrap_or_default();
        assert_eq!((totals.vouchers, totals.available), (count, available), "totals of {}", totals.id);
    }
    assert!(counted.is_empty(), "vouchers without totals: {counted:?}");
}

/// So many customers at once, the first of them being number `first`.
async fn publish_all(app: &TestApp, campaign: &str, first: usize, count: usize) -> Vec<Reply> {
    let body = |number: usize| json!({"campaign": campaign, "customer": format!("c{}", first + number)});
    join_all((0..count).map(|number| async move { app.post("/v1/publications", body(number)).await })).await
}

/// The codes that were given, and how many requests were refused for want of one.
fn outcomes(replies: &[Reply]) -> (BTreeSet<String>, usize) {
    let mut codes = BTreeSet::new();
    let mut refused = 0;
    for reply in replies {
        if reply.status == 200 {
            assert!(codes.insert(text(&reply.body["voucher"]["code"]).to_owned()), "a code was given twice");
        } else {
            assert_eq!(reply.expect(400)["key"], "no_voucher_suitable_for_publication");
            refused += 1;
        }
    }
    (codes, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_who_want_one_of_forty_codes_forty_get_one() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 40, json!({})).await;
    let replies = publish_all(&app, "Summer", 0, 64).await;
    let (codes, refused) = outcomes(&replies);
    assert_eq!((codes.len(), refused), (40, 24));
    assert_consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_codes_are_made_as_they_are_wanted_all_get_one() {
    let app = TestApp::new().await;
    let campaign = coupons(&app, "Summer", "AUTO_UPDATE", 40, json!({})).await;
    let (codes, refused) = outcomes(&publish_all(&app, "Summer", 0, 64).await);
    assert_eq!((codes.len(), refused), (64, 0));
    let campaign = app.get(&format!("/v1/campaigns/{}", text(&campaign["id"]))).await.expect(200);
    assert_eq!(campaign["vouchers_count"], 64, "no more were made than were missing");
    assert_consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_code_goes_to_one_of_those_who_may_have_it() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 2, json!({"join_once": true})).await;
    app.post("/v1/publications", json!({"campaign": "Summer", "customer": "c0"})).await.expect(200);
    // Half of them are refused because they are in already; that must not keep the code from the others.
    let bodies = (0..32).map(|number| json!({"campaign": "Summer", "customer": format!("c{}", (number % 2) * number)}));
    let replies = join_all(bodies.map(|body| app.post("/v1/publications", body))).await;
    let given = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(given, 1);
    let keys: BTreeSet<&str> =
        replies.iter().filter(|reply| reply.status == 400).map(|reply| text(&reply.body["key"])).collect();
    assert_eq!(keys, ["no_voucher_suitable_for_publication", "voucher_cannot_be_published"].into());
    assert_consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_codes_than_are_looked_up_at_a_time_are_all_given() {
    let app = TestApp::new().await;
    coupons(&app, "Summer", "STATIC", 600, json!({})).await;
    let mut given = BTreeSet::new();
    for round in 0..10 {
        let (codes, _) = outcomes(&publish_all(&app, "Summer", round * 64, 64).await);
        given.extend(codes);
    }
    assert_eq!(given.len(), 600);
    assert_consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_give_forty_codes_to_forty_customers() {
    let Some((one, other)) = TestApp::two_nodes().await else { return };
    coupons(&one, "Summer", "STATIC", 40, json!({})).await;
    let half = |node: TestApp, first: usize| {
        tokio::spawn(async move {
            let replies = publish_all(&node, "Summer", first, 32).await;
            (node, replies)
        })
    };
    let (one, other) = join(half(one, 0), half(other, 32)).await;
    let ((one, mut replies), (other, more)) = (one.expect("no panic"), other.expect("no panic"));
    replies.extend(more);
    let (codes, refused) = outcomes(&replies);
    assert_eq!((codes.len(), refused), (40, 24));
    assert_consistent(&one).await;

    // What one node makes available later, the other finds.
    coupons(&one, "Winter", "STATIC", 1, json!({})).await;
    let body = |customer: &str| json!({"campaign": "Winter", "customer": customer});
    other.post("/v1/publications", body("a")).await.expect(200);
    let none = one.post("/v1/publications", body("b")).await.expect(400);
    assert_eq!(none["key"], "no_voucher_suitable_for_publication");
}

/// One random request.
fn operation(random: &mut StdRng, codes: &[String]) -> (String, Value) {
    let customer = format!("c{}", random.random_range(0..6));
    let path = if random.random_bool(0.3) { "/v1/publications?join_once=true" } else { "/v1/publications" };
    let campaign = ["Static", "Auto", "Once", "Few"][random.random_range(0..4)];
    let mut body = match random.random_range(0..4) {
        0 => json!({"voucher": codes[random.random_range(0..codes.len())]}),
        1 => json!({"campaign": {"name": campaign, "count": random.random_range(1..4)}}),
        _ => json!({"campaign": campaign}),
    };
    body["customer"] = match random.random_range(0..4) {
        0 => json!({"source_id": customer, "name": format!("Name {}", random.random_range(0..3))}),
        1 => json!({"id": "cust_unknown"}),
        _ => json!(customer),
    };
    if random.random_bool(0.2) {
        body["source_id"] = json!(format!("s{}", random.random_range(0..8)));
    }
    (path.to_owned(), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_published_in_whatever_order_everything_agrees() {
    for seed in 0..4 {
        let app = TestApp::new().await;
        coupons(&app, "Static", "STATIC", 12, json!({})).await;
        coupons(&app, "Auto", "AUTO_UPDATE", 5, json!({})).await;
        coupons(&app, "Once", "STATIC", 8, json!({"join_once": true})).await;
        let few = json!({"voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
            "code_config": {"pattern": "F#", "charset": "abcdef"}}});
        coupons(&app, "Few", "AUTO_UPDATE", 2, few).await;
        let mut codes: Vec<String> = all::<Voucher>(&app).await.into_iter().map(|voucher| voucher.code).collect();
        codes.push("nope".into());
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..12 {
            let operations: Vec<_> = (0..10).map(|_| operation(&mut random, &codes)).collect();
            let replies = join_all(operations.into_iter().map(|(path, body)| {
                let app = &app;
                async move { app.post(&path, body).await }
            }));
            for reply in replies.await {
                assert!([200, 400, 404].contains(&reply.status.as_u16()), "seed {seed}: {}", reply.text);
            }
        }
        assert_consistent(&app).await;
        assert!(all::<Publication>(&app).await.len() > 20, "seed {seed}: too little has happened");
    }
}
