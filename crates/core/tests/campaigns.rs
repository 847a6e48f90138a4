//! Campaigns and their vouchers under random use, and workers that die while codes are generated.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::FutureExt;
use guerdon_core::{
    Context, Guerdon, Options,
    campaigns::{self, codes::CodeDraw},
    clock::ManualClock,
    ids::IdGenerator,
    jobs::{self, LEASE},
    projects::{self, Bootstrap},
    secrets::SecretKey,
    tx::{Result, Tx},
};
use guerdon_model::{
    Error, Timestamp,
    bin_entry::Binned,
    campaign::{AddedVouchers, Campaign, CampaignInput, CampaignUpdate},
    campaign_day::CampaignDay,
    campaign_totals::CampaignTotals,
    ids::ProjectId,
    voucher::Voucher,
};
use guerdon_store::{Document, Query, Store, memory::Memory};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

/// An installation with one project.
struct Installation {
    guerdon: Arc<Guerdon>,
    clock: Arc<ManualClock>,
    store: Arc<Memory>,
    project: ProjectId,
}

impl Installation {
    async fn new(seed: u64) -> Self {
        let (store, clock) = (Memory::new(), Arc::new(ManualClock::at(Timestamp::from_millis(1_704_067_200_000))));
        let secret = SecretKey::parse("the secret of all nodes").expect("long enough");
        let shared: Arc<dyn Store> = store.clone();
        let ids = IdGenerator::seeded(seed);
        let guerdon = Guerdon::new(shared, clock.clone(), ids, secret, Options::default());
        let first = projects::bootstrap(&guerdon, Bootstrap::default()).await.expect("a store").expect("a first start");
        Self { guerdon, clock, store, project: first.project }
    }

    fn context(&self) -> Context {
        Context::background(self.project.clone(), &self.guerdon.ids.next(self.guerdon.clock.now()))
    }

    async fn execute<T: Send + 'static>(
        &self,
        command: impl FnMut(&mut Tx) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Error> {
        self.guerdon.executor.execute(self.context(), Vec::new(), command).await
    }

    async fn create(&self, name: &str, count: u64) -> std::result::Result<(), Error> {
        let body = json!({
            "name": name, "campaign_type": "DISCOUNT_COUPONS", "vouchers_count": count,
            "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}},
        });
        let (input, mut codes) = (read::<CampaignInput>(body), CodeDraw::new(&self.guerdon.ids));
        self.execute(move |tx| campaigns::create(tx, &input, &mut codes).map(drop)).await
    }

    async fn all<D: Document>(&self) -> Vec<D> {
        let page = self.store.query(Query::all(self.project.clone(), D::COLLECTION)).await.expect("a page");
        page.records.iter().map(|record| record.document().expect("a document")).collect()
    }

    /// Looks at what is due for a while, and dies.
    async fn work_and_die(&self, patience: usize) {
        let mut work = std::pin::pin!(jobs::run_due(&self.guerdon));
        for _ in 0..patience {
            if work.as_mut().now_or_never().is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).expect("a body")
}

#[tokio::test]
async fn however_often_its_worker_dies_a_generation_makes_as_many_codes_as_were_asked_for() {
    const COUNT: u64 = 2_300;
    for patience in [1, 2, 5, 13, 34] {
        let installation = Installation::new(patience as u64).await;
        installation.create("C", COUNT).await.expect("a campaign");
        let mut deaths = 0;
        loop {
            let campaign = installation.all::<Campaign>().await.pop().expect("it is there");
            if campaign.running.is_empty() {
                break;
            }
            // Each lives a little longer than the one before: too short a life achieves nothing.
            installation.work_and_die(patience + deaths).await;
            installation.guerdon.executor.drain().await;
            installation.clock.advance_millis(LEASE + 1);
            deaths += 1;
            assert!(deaths < 1_000, "it never ends");
        }
        let codes: BTreeSet<String> = installation.all::<Voucher>().await.into_iter().map(|v| v.code).collect();
        assert_eq!(codes.len() as u64, COUNT, "workers that looked {patience} times before they died");
        let totals = installation.all::<CampaignTotals>().await;
        assert_eq!((totals[0].vouchers, totals[0].available), (COUNT as i64, COUNT as i64));
    }
}

#[tokio::test]
async fn totals_are_what_a_recount_gives_whatever_was_done() {
    const NAMES: [&str; 4] = ["one", "two", "three", "four"];
    for seed in 0..12 {
        let installation = Installation::new(seed).await;
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..60 {
            let name = NAMES[random.random_range(0..NAMES.len())];
            let count = random.random_range(0..700);
            // Refusals, as of a name that is taken or a campaign that is gone, are part of it.
            let _ = match random.random_range(0..10) {
                0..3 => installation.create(name, count).await,
                3 => {
                    let mut codes = CodeDraw::new(&installation.guerdon.ids);
                    let code = format!("own-{}", random.random_range(0..50));
                    let add = move |tx: &mut Tx| {
                        campaigns::add(tx, name, Some(&code), &AddedVouchers::default(), &mut codes).map(drop)
                    };
                    installation.execute(add).await
                }
                4 => {
                    let count = count as i64 + 2;
                    let add = move |tx: &mut Tx| campaigns::add_many(tx, name, count, &AddedVouchers::default());
                    installation.execute(add).await.map(drop)
                }
                5 => {
                    let update: CampaignUpdate =
                        read(json!({"default_voucher_redemption": {"quantity": random.random_range(1..4)}}));
                    installation.execute(move |tx| campaigns::update(tx, name, &update).map(drop)).await
                }
                6 => {
                    let force = random.random();
                    installation.execute(move |tx| campaigns::delete(tx, name, force)).await.map(drop)
                }
                7 => match installation.all::<Binned>().await.pop() {
                    Some(binned) => {
                        let (guerdon, context) = (&installation.guerdon, installation.context());
                        guerdon_core::bin::delete(guerdon, &context, &binned.entry.id).await
                    }
                    None => Ok(()),
                },
                8 => {
                    installation.work_and_die(random.random_range(1..30)).await;
                    installation.guerdon.executor.drain().await;
                    installation.clock.advance_millis(LEASE + 1);
                    Ok(())
                }
                _ => {
                    jobs::run_due(&installation.guerdon).await;
                    Ok(())
                }
            };
            check(&installation, seed, false).await;
        }
        installation.clock.advance_millis(LEASE + 1);
        jobs::run_due(&installation.guerdon).await;
        check(&installation, seed, true).await;
    }
}

/// Counts everything again. Once all jobs are done, nothing is left of what was deleted for good, and untouched
/// vouchers are as their campaigns say.
async fn check(installation: &Installation, seed: u64, is_settled: bool) {
    let mut counted: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let vouchers = installation.all::<Voucher>().await;
    for voucher in &vouchers {
        let campaign = voucher.campaign_id.as_ref().expect("all have one").to_string();
        let (seen, available) = counted.entry(campaign).or_default();
        *seen += i64::from(!voucher.is_binned);
        *available += i64::from(voucher.is_available());
    }
    for totals in installation.all::<CampaignTotals>().await {
        let counted = counted.remove(&totals.id).unwrap_or_default();
        assert_eq!((totals.vouchers, totals.available), counted, "seed {seed}, campaign {}", totals.id);
    }
    assert!(counted.is_empty(), "seed {seed}: {counted:?} have vouchers and no totals");
    if !is_settled {
        return;
    }
    let campaigns = installation.all::<Campaign>().await;
    assert!(campaigns.iter().all(|campaign| campaign.running.is_empty()), "seed {seed}: a job left its mark");
    let bin = installation.all::<Binned>().await;
    let is_kept = |id: &str| {
        campaigns.iter().any(|campaign| campaign.id.as_str() == id)
            || bin.iter().any(|binned| binned.content.id() == id)
    };
    for voucher in &vouchers {
        let id = voucher.campaign_id.as_ref().expect("all have one");
        assert!(is_kept(id.as_str()), "seed {seed}: a voucher was left behind");
        match campaigns.iter().find(|campaign| campaign.id == *id) {
            None => assert!(voucher.is_binned, "seed {seed}: a voucher is not in the bin"),
            Some(campaign) => {
                let quantity = campaign.voucher.as_ref().and_then(|template| template.redemption.quantity);
                assert_eq!(voucher.redemption.quantity, quantity, "seed {seed}: a voucher did not follow");
            }
        }
    }
    for day in installation.all::<CampaignDay>().await {
        assert!(is_kept(&day.campaign_id), "seed {seed}: counters were left behind");
    }
}
