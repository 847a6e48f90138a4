//! Campaigns with very many codes.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::{
    client::{self, Run, Until},
    databases::Kind,
    figures::{Bench, request, upsert},
    server::Server,
    table::{Aim, Figure},
};

/// The most codes that are asked for at once.
const MOST_AT_ONCE: u64 = 1_000_000;
/// Connections of those who want something else while codes are generated.
const OTHERS: usize = 4;

impl Bench {
    /// Codes generated into one campaign, and how long others wait meanwhile.
    pub(crate) fn codes(&mut self) -> anyhow::Result<()> {
        let wanted = self.effort.rows.min(MOST_AT_ONCE);
        let database = self.databases.create("codes")?;
        let server = Server::start(&database)?;
        let others = |length| client::run(&[server.address], OTHERS, Until::Elapsed(length), upsert);
        others(Duration::from_secs(1))?;
        let idle = others(self.effort.length)?;

        let started = Instant::now();
        let campaign = start_campaign(&server, "Codes", wanted, &json!({}))?;
        let made = || made(&server, &campaign);
        let meanwhile = others(Duration::from_secs(3).min(self.effort.length))?;
        ensure!(made()? < wanted, "the codes were there before anybody could wait for them: ask for more rows");
        wait(&server, &campaign, wanted)?;
        let rate = wanted as f64 / started.elapsed().as_secs_f64();
        let least = match self.databases.kind() {
            Kind::Sqlite => 50_000.0,
            Kind::Postgres => 100_000.0,
        };
        let name = format!("{wanted} codes generated, others at work for a while");
        self.add(Figure::new(name, rate, "codes/s").aim(Aim::AtLeast(least)));
        let memory = server.peak_memory()? as f64 / 1e6;
        self.add(Figure::new("peak memory of a generating server", memory, "MB").aim(Aim::LessThan(300.0)));
        let p99 = |run: &Run| run.percentile(99).as_secs_f64() * 1_000.0;
        self.add(Figure::new("customer upserts of 4 connections, p99", p99(&idle), "ms"));
        let slowed = Figure::new("the same while codes are generated, p99", p99(&meanwhile), "ms");
        self.add(slowed.against(p99(&idle)).aim(Aim::RatioAtMost(3.0)));
        Ok(())
    }
}

/// Makes a campaign with so many codes; returns its id. `own` are attributes that others don't have.
pub(crate) fn campaign(server: &Server, name: &str, codes: u64, own: &Value) -> anyhow::Result<String> {
    let campaign = start_campaign(server, name, codes, own)?;
    wait(server, &campaign, codes)?;
    Ok(campaign)
}

fn start_campaign(server: &Server, name: &str, codes: u64, own: &Value) -> anyhow::Result<String> {
    let mut body = json!({
        "name": name, "campaign_type": "DISCOUNT_COUPONS", "type": "AUTO_UPDATE", "vouchers_count": codes,
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}},
        "expiration_date": "2099-01-01T00:00:00Z", "metadata": {"season": "winter"},
    });
    let own = own.as_object().into_iter().flatten();
    own.for_each(|(name, value)| body[name.as_str()] = value.clone());
    let mut bytes = Vec::new();
    client::send(&mut bytes, "POST", "/v1/campaigns", &body.to_string());
    let campaign = client::json(server.address, &bytes)?;
    Ok(campaign["id"].as_str().context("a campaign with an id")?.to_owned())
}

fn read_campaign(server: &Server, campaign: &str) -> anyhow::Result<Value> {
    client::json(server.address, &request(&format!("/v1/campaigns/{campaign}")))
}

fn made(server: &Server, campaign: &str) -> anyhow::Result<u64> {
    read_campaign(server, campaign)?["vouchers_count"].as_u64().context("a campaign with a number of vouchers")
}

/// Waits until a campaign has all its codes.
fn wait(server: &Server, campaign: &str, codes: u64) -> anyhow::Result<()> {
    loop {
        let state = read_campaign(server, campaign)?;
        match state["creation_status"].as_str() {
            Some("DONE") if state["vouchers_count"] == codes => return Ok(()),
            Some("IN_PROGRESS") => thread::sleep(Duration::from_millis(20)),
            _ => bail!("the codes could not be generated: {state}"),
        }
    }
}
