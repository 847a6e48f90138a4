//! A store with very many vouchers: looking them up, listing them, importing and publishing them.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    client::{self, Run, Until},
    codes::campaign,
    databases::Place,
    figures::{Bench, CONNECTIONS, LISTING_TIME, import, request},
    server::Server,
    shop,
    table::{Aim, Figure},
};

/// Vouchers of the store that the large one is compared with.
const FEW: u64 = 10_000;
/// How many campaigns the vouchers of the large store have.
const CAMPAIGNS: u64 = 5;
/// How often either store is looked at.
const ROUNDS: usize = 5;
/// Customers who get vouchers.
const CUSTOMERS: u64 = 1_000;

impl Bench {
    /// Vouchers from a file.
    pub(crate) fn voucher_import(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("voucher-import")?;
        let file = database.folder.join("vouchers.csv");
        let bytes = write_csv(&file, self.effort.rows)?;
        let server = Server::start(&database)?;
        let started = Instant::now();
        import(&server, "vouchers", &file)?;
        let rate = self.effort.rows as f64 / started.elapsed().as_secs_f64();
        let name = format!("CSV import of {} vouchers ({} MiB)", self.effort.rows, bytes >> 20);
        self.add(Figure::new(name, rate, "rows/s").aim(Aim::AtLeast(20_000.0)));
        let memory = server.peak_memory()? as f64 / 1e6;
        self.add(Figure::new("peak memory of a server that imports vouchers", memory, "MB").aim(Aim::LessThan(300.0)));
        Ok(())
    }

    /// Vouchers of one campaign, made as they are published to known customers.
    pub(crate) fn publications(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("publications")?;
        let server = Server::start(&database)?;
        campaign(&server, "Published", 1, &json!({}))?;
        client::run(&[server.address], CONNECTIONS, Until::Count(CUSTOMERS), crate::figures::upsert)?;
        let mut best: Option<Run> = None;
        for _ in 0..self.effort.repeat {
            let run = client::run(&[server.address], CONNECTIONS, Until::Elapsed(self.effort.length), publish)?;
            if best.as_ref().is_none_or(|best| best.per_second < run.per_second) {
                best = Some(run);
            }
        }
        let best = best.context("no run")?;
        let rate = Figure::new("publications from one campaign", best.per_second, "req/s");
        self.add(rate.aim(Aim::AtLeast(2_000.0)));
        self.add(Figure::time("publications from one campaign, p99", best.percentile(99)));
        Ok(())
    }

    /// Looks vouchers up and lists them, in a small store and in a large one.
    pub(crate) fn vouchers(&mut self) -> anyhow::Result<()> {
        let small = self.databases.create("few-vouchers")?;
        let server = Server::start(&small)?;
        let few = vec![campaign(&server, "Few", FEW, &json!({}))?];
        let few = some_codes(&server, &few)?;
        drop(server);

        let large = self.databases.create("many-vouchers")?;
        let server = Server::start(&large)?;
        let many = fill(&server, self.effort.vouchers)?;
        let codes = some_codes(&server, &many)?;
        drop(server);
        if let Place::Schema(schema) = &large.place {
            schema.settle()?;
        }
        let (before, after) = {
            let (small, large) = (Server::start(&small)?, Server::start(&large)?);
            by_turns([(&small, &few), (&large, &codes)])?
        };
        let count = self.effort.vouchers;
        let name = format!("voucher by code, {count} against {FEW}");
        self.add(Figure::time(name, after).against(before.as_secs_f64() * 1_000.0).aim(Aim::RatioAtMost(1.3)));

        let server = Server::start(&large)?;
        let (campaign, code) = (&many[0], &codes[0]);
        for (what, path) in [
            ("the newest 10", "vouchers?limit=10".to_owned()),
            ("page 99 of 100", "vouchers?limit=100&page=99".to_owned()),
            ("the last changed", "vouchers?order=-updated_at".to_owned()),
            ("by code", format!("vouchers?code={code}")),
            ("of a campaign", format!("vouchers?campaign_id={campaign}&limit=10")),
            ("active", filter("[active][conditions][$active]=true")),
            ("enabled", filter("[active][conditions][$enabled]=true")),
            ("expired", filter("[active][conditions][$expired]=true")),
            ("by metadata of a fifth", filter("[metadata.season][conditions][$is]=summer")),
            ("by metadata of none", filter("[metadata.season][conditions][$is]=never")),
            ("redeemed", filter("[redemption_status][conditions][$redeemed]=true")),
            ("referral codes", filter("[is_referral_code][conditions][$is]=true")),
            ("expiring soon", filter("[expiration_date][conditions][$before]=2030-01-01")),
            ("created today", "vouchers?created_at[after]=2026-01-01T00:00:00Z".to_owned()),
        ] {
            self.list(&server, &format!("list vouchers: {what}"), &path)?;
        }
        self.list(&server, "summary of a campaign", &format!("campaigns/{campaign}/summary"))
    }

    /// How long a listing takes when it is asked for again and again.
    fn list(&mut self, server: &Server, name: &str, path: &str) -> anyhow::Result<()> {
        let path = format!("/v1/{}", path.replace('[', "%5B").replace(']', "%5D").replace('$', "%24"));
        let list = |_, bytes: &mut Vec<u8>| client::get(bytes, &path);
        let run = client::run(&[server.address], 1, Until::Elapsed(LISTING_TIME), list)?;
        self.add(Figure::time(name, run.percentile(50)).aim(Aim::LessThan(50.0)));
        Ok(())
    }
}

fn filter(condition: &str) -> String {
    format!("vouchers?limit=10&filters{condition}")
}

/// Generates the vouchers of the large store; returns its campaigns.
fn fill(server: &Server, vouchers: u64) -> anyhow::Result<Vec<String>> {
    let each = vouchers / CAMPAIGNS;
    let kinds = [
        ("Winter", json!({})),
        ("Summer", json!({"metadata": {"season": "summer"}})),
        (
            "Referral",
            json!({"campaign_type": "REFERRAL_PROGRAM",
                            "referral_program": {"conversion_event_type": "redemption"}}),
        ),
        ("Expired", json!({"start_date": "2020-01-01T00:00:00Z", "expiration_date": "2021-01-01T00:00:00Z"})),
        ("Unlimited", json!({"expiration_date": null})),
    ];
    kinds.iter().map(|(name, own)| campaign(server, name, each, own)).collect()
}

/// Codes of vouchers from every campaign.
fn some_codes(server: &Server, campaigns: &[String]) -> anyhow::Result<Vec<String>> {
    let mut codes = Vec::new();
    for campaign in campaigns {
        for page in (1..=99).step_by(7) {
            let path = format!("/v1/vouchers?campaign_id={campaign}&limit=100&page={page}");
            let list = client::json(server.address, &request(&path))?;
            let vouchers = list["vouchers"].as_array().context("a list of vouchers")?;
            codes.extend(vouchers.iter().filter_map(|voucher| voucher["code"].as_str()).map(str::to_owned));
        }
    }
    ensure!(!codes.is_empty(), "there are no vouchers");
    Ok(codes)
}

/// How long a voucher of either server is looked up by its code: the medians of rounds that take turns, so that
/// what else happens on the machine happens to both.
fn by_turns([small, large]: [(&Server, &Vec<String>); 2]) -> anyhow::Result<(Duration, Duration)> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(look_up(small.0, small.1)?);
        times[1].push(look_up(large.0, large.1)?);
    }
    let [small, large] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    Ok((small, large))
}

/// The median time of looking up a voucher by its code, at random among these.
fn look_up(server: &Server, codes: &[String]) -> anyhow::Result<Duration> {
    let random = std::cell::RefCell::new(StdRng::seed_from_u64(1));
    let get = |_, bytes: &mut Vec<u8>| {
        let code = &codes[random.borrow_mut().random_range(0..codes.len())];
        client::get(bytes, &format!("/v1/vouchers/{code}"));
    };
    Ok(client::run(&[server.address], 1, Until::Elapsed(LISTING_TIME), get)?.percentile(50))
}

/// Publishes a voucher to one of the customers after another.
fn publish(number: u64, bytes: &mut Vec<u8>) {
    let customer = shop::source_id(number % CUSTOMERS);
    let body = format!(r#"{{"campaign":{{"name":"Published"}},"customer":{{"source_id":"{customer}"}}}}"#);
    client::send(bytes, "POST", "/v1/publications", &body);
}

/// Writes a file of that many vouchers; returns its size in bytes.
fn write_csv(path: &Path, rows: u64) -> anyhow::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(file, "Code,Voucher Type,Value,Discount Type,Expiration Date,Redemption Limit,season")?;
    for number in 0..rows {
        // In no order, as codes come from elsewhere.
        let code = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writeln!(file, "OLD-{code:016X},DISCOUNT_VOUCHER,{},PERCENT,2099-01-01,1,winter", 5 + number % 40)?;
    }
    file.flush()?;
    Ok(std::fs::metadata(path)?.len())
}
