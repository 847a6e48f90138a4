//! What is promised about redemptions, kept while the program is killed again and again, and with PostgreSQL its
//! database crashes: a limit is never exceeded and never left unused, a balance is spent to the last credit, and
//! a request that is sent again with its key is carried out once.

mod support;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use guerdon_testing::postgres;
use parking_lot::{Mutex, RwLock};
use reqwest::Client;
use serde_json::{Value, json};
use support::{Installation, SERVER_KEY, eventually};

/// How often the code may be redeemed.
const LIMIT: usize = 400;
/// What the gift card begins with; each redemption takes [`CREDITS`].
const BALANCE: i64 = 20_000;
const CREDITS: i64 = 100;
const CALLERS: usize = 24;

/// Callers who redeem a code and a gift card, and take some of it back, through whichever program runs.
struct Callers {
    client: Client,
    /// Where the program answers that runs.
    url: RwLock<String>,
    /// Redemptions that were answered with success, and those of them that were rolled back.
    redeemed: Mutex<[HashSet<String>; 2]>,
    rolled_back: Mutex<[HashSet<String>; 2]>,
    /// Whether callers go on though everything is used up.
    more: AtomicBool,
}

impl Callers {
    /// Sends a request until it is answered, always with the same key.
    async fn send(&self, key: &str, path: &str, body: &Value) -> (u16, Value) {
        loop {
            let url = format!("{}{path}", self.url.read());
            let request = self.client.post(url).header("x-app-id", SERVER_KEY.0).header("x-app-token", SERVER_KEY.1);
            let answer = request.header("idempotency-key", key).json(body).send().await;
            if let Ok(answer) = answer {
                let status = answer.status().as_u16();
                // Neither it itself nor what it says is lost: the same question gets the same answer.
                if status < 500
                    && status != 409
                    && let Ok(body) = answer.json::<Value>().await
                {
                    return (status, body);
                }
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    /// Redeems the code or the card; what was answered if that was refused.
    async fn redeem(&self, kind: usize, key: &str) -> Result<String, Value> {
        let redeemable = match kind {
            0 => json!({"object": "voucher", "id": "LIMITED"}),
            _ => json!({"object": "voucher", "id": "CARD", "gift": {"credits": CREDITS}}),
        };
        let body = json!({"redeemables": [redeemable], "order": {"amount": 5_000}});
        let (status, answer) = self.send(key, "/v1/redemptions", &body).await;
        if status != 200 {
            return Err(answer);
        }
        let id = answer["redemptions"][0]["id"].as_str().expect("an id").to_owned();
        self.redeemed.lock()[kind].insert(id.clone());
        Ok(id)
    }

    async fn work(self: Arc<Self>, caller: usize) {
        for number in 0.. {
            let kind = (caller + number) % 2;
            let key = format!("{caller}-{number}");
            match self.redeem(kind, &key).await {
                Ok(id) if number % 5 == 0 => {
                    let (status, answer) =
                        self.send(&format!("{key}-back"), &format!("/v1/redemptions/{id}/rollback"), &json!({})).await;
                    assert_eq!(status, 200, "{answer}");
                    self.rolled_back.lock()[kind].insert(id);
                }
                Ok(_) => {}
                Err(answer) => {
                    let used_up = ["quantity_exceeded", "gift_amount_exceeded"][kind];
                    assert_eq!(answer["key"], used_up, "{answer}");
                    if !self.more.load(Ordering::SeqCst) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    fn count(&self) -> usize {
        self.redeemed.lock().iter().map(HashSet::len).sum()
    }
}

/// Redeems until everything is used up, while `disturb` is done again and again; then counts.
async fn nothing_is_lost_or_used_twice(installation: &Installation, disturb: impl AsyncFn(usize)) {
    let mut server = installation.serve().await;
    for (code, body) in [
        (
            "LIMITED",
            json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
                           "redemption": {"quantity": LIMIT}}),
        ),
        ("CARD", json!({"type": "GIFT_VOUCHER", "gift": {"amount": BALANCE}})),
    ] {
        let (status, answer) = server.call(reqwest::Method::POST, &format!("/v1/vouchers/{code}"), Some(body)).await;
        assert!(status.is_success(), "{answer}");
    }
    let callers = Arc::new(Callers {
        client: Client::new(),
        url: RwLock::new(server.url.clone()),
        redeemed: Mutex::default(),
        rolled_back: Mutex::default(),
        more: AtomicBool::new(true),
    });
    let tasks: Vec<_> = (0..CALLERS).map(|caller| tokio::spawn(callers.clone().work(caller))).collect();
    for kill in 0..4 {
        let before = callers.count();
        eventually("more is redeemed", 60, async || (callers.count() >= before + 40).then_some(())).await;
        server.kill();
        disturb(kill).await;
        server = installation.serve().await;
        *callers.url.write() = server.url.clone();
    }
    callers.more.store(false, Ordering::SeqCst);
    for task in join_all(tasks).await {
        task.expect("no panic");
    }
    // Somebody may have taken something back when all others had given up.
    for kind in [0, 1] {
        for number in 0.. {
            if callers.redeem(kind, &format!("last-{kind}-{number}")).await.is_err() {
                break;
            }
        }
    }
    let kept = |kind: usize| callers.redeemed.lock()[kind].len() - callers.rolled_back.lock()[kind].len();
    let limited = server.get("/v1/vouchers/LIMITED").await;
    assert_eq!((limited["redemption"]["redeemed_quantity"].as_u64(), kept(0)), (Some(LIMIT as u64), LIMIT));
    let card = server.get("/v1/vouchers/CARD").await;
    assert_eq!((&card["gift"]["balance"], &card["redemption"]["redeemed_amount"]), (&json!(0), &json!(BALANCE)));
    assert_eq!(kept(1) as i64 * CREDITS, BALANCE);
    for (kind, code) in ["LIMITED", "CARD"].into_iter().enumerate() {
        let entries = server.get(&format!("/v1/vouchers/{code}/redemption?limit=1")).await;
        let refused = entries["total"].as_u64().expect("a number");
        let known = callers.redeemed.lock()[kind].len() + callers.rolled_back.lock()[kind].len();
        assert!(refused >= known as u64, "{refused} entries, {known} known");
    }
    for kind in [0, 1] {
        let ids = callers.redeemed.lock()[kind].clone();
        let rolled_back = callers.rolled_back.lock()[kind].clone();
        for id in &ids {
            let status = server.get(&format!("/v1/redemptions/{id}")).await["status"].clone();
            let expected = if rolled_back.contains(id) { "ROLLED_BACK" } else { "SUCCEEDED" };
            assert_eq!(status, expected, "{id}");
        }
    }
    server.stop().await;
    assert!(installation.succeed(&["check"]).contains("All is well"));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_balances_hold_though_the_program_is_killed() {
    nothing_is_lost_or_used_twice(&Installation::new(), async |_| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_balances_hold_though_the_program_is_killed_and_its_database_crashes() {
    let Some(database) = postgres::Server::start().await else { return };
    let installation = Installation::on_postgres(database.url());
    nothing_is_lost_or_used_twice(&installation, async |kill| {
        if kill % 2 == 1 {
            database.restart_immediately().await;
        }
    })
    .await;
}
