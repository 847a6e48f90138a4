//! Redeeming and validating, with an order of five lines and a customer who comes along.

use std::{fs::File, io::Write, path::Path};

use anyhow::Context as _;
use serde_json::json;

use crate::{
    client::{self, Run, Until},
    databases::Kind,
    figures::{Bench, CONNECTIONS, import, median},
    server::Server,
    shop,
    sink::Sink,
    table::{Aim, Figure},
};

/// More codes than are redeemed in a second.
const CODES_PER_SECOND: u64 = 12_000;
/// A code that may be redeemed as often as one likes.
const HOT: &str = "HOT";
/// Customers who validate.
const CUSTOMERS: u64 = 1_000;

impl Bench {
    /// Redemptions of one code each, and of one code by everybody, with two webhooks that hear of it.
    pub(crate) fn redemptions(&mut self) -> anyhow::Result<()> {
        let sink = Sink::start()?;
        let until = Until::Elapsed(self.effort.length);
        let mut pairs = Vec::new();
        for _ in 0..self.effort.repeat {
            let database = self.databases.create("redemptions")?;
            let file = database.folder.join("codes.csv");
            write_codes(&file, CODES_PER_SECOND * self.effort.length.as_secs().max(1))?;
            let server = Server::start(&database)?;
            import(&server, "vouchers", &file)?;
            shop_of(&server, &sink)?;
            let distinct = client::run(&[server.address], CONNECTIONS, until, |number, bytes| {
                redeem(number, &code(number), bytes);
            })?;
            let hot = client::run(&[server.address], CONNECTIONS, until, |number, bytes| {
                redeem(number, HOT, bytes);
            })?;
            pairs.push((distinct, hot));
            sink.arrivals.try_iter().for_each(drop);
        }
        let rate = |run: &Run| run.per_second;
        let best = pairs.iter().map(|(distinct, _)| distinct).max_by(|one, other| rate(one).total_cmp(&rate(other)));
        let best = best.context("no run")?;
        let least = match self.databases.kind() {
            Kind::Sqlite => 5_000.0,
            Kind::Postgres => 6_000.0,
        };
        let figures = [
            Figure::new("redemptions of a code each", rate(best), "req/s").aim(Aim::AtLeast(least)),
            Figure::time("redemptions of a code each, p50", best.percentile(50)),
            Figure::time("redemptions of a code each, p99", best.percentile(99)),
        ];
        figures.into_iter().for_each(|figure| self.add(figure));
        let (distinct, hot) = median(pairs.into_iter().map(|(distinct, hot)| (distinct.per_second, hot)).collect())?;
        let hot = Figure::new("redemptions of one code", hot.per_second, "req/s");
        self.add(hot.against(distinct).aim(Aim::RatioAtLeast(0.8)));
        Ok(())
    }

    /// One customer redeems one code, when it was never redeemed and when it was redeemed very often.
    pub(crate) fn past(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("past-redemptions")?;
        let server = Server::start(&database)?;
        create_hot(&server)?;
        let redeem = |_, bytes: &mut Vec<u8>| redeem(0, HOT, bytes);
        let run = |until| client::run(&[server.address], CONNECTIONS, until, redeem);
        let before = run(Until::Elapsed(self.effort.length))?;
        run(Until::Count(self.effort.rows))?;
        let after = run(Until::Elapsed(self.effort.length))?;
        let cost = |run: &Run| 1_000_000.0 / run.per_second;
        let name = format!("a redemption after {} of the same customer and code", self.effort.rows);
        let cost_after = Figure::new(name, cost(&after), "µs");
        self.add(cost_after.against(cost(&before)).aim(Aim::RatioAtMost(1.2)));
        Ok(())
    }

    /// Validations of a code, against the same request parsed and the same bytes answered from memory.
    pub(crate) fn validations(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("validations")?;
        let server = Server::start(&database)?;
        create_hot(&server)?;
        client::run(&[server.address], CONNECTIONS, Until::Count(CUSTOMERS), crate::figures::upsert)?;
        let mut request = Vec::new();
        validate(0, &mut request);
        let answer = database.folder.join("answer.json");
        std::fs::write(&answer, serde_json::to_vec(&client::json(server.address, &request)?)?)?;
        let bare = Server::start_serving_bytes(&answer)?;
        let until = Until::Elapsed(self.effort.length);
        let mut pairs = Vec::new();
        for _ in 0..self.effort.repeat {
            let limit = client::run(&[bare.address], CONNECTIONS, until, validate)?.per_second;
            pairs.push((limit, client::run(&[server.address], CONNECTIONS, until, validate)?));
        }
        let (limit, run) = median(pairs)?;
        self.add(Figure::new("HTTP limit: the request parsed, the same bytes from memory", limit, "req/s"));
        let validations = Figure::new("validations of a code", run.per_second, "req/s");
        self.add(validations.against(limit).aim(Aim::RatioAtLeast(0.3)));
        self.add(Figure::time("validations of a code, p99", run.percentile(99)));
        Ok(())
    }
}

/// Two webhooks that hear of redemptions, and the code for everybody.
fn shop_of(server: &Server, sink: &Sink) -> anyhow::Result<()> {
    for path in ["a", "b"] {
        let body = json!({
            "target_url": format!("http://{}/{path}", sink.address),
            "events": ["redemption.succeeded", "customer.redemption.succeeded"],
        });
        let mut bytes = Vec::new();
        let target = format!("/management/v1/projects/{}/webhooks", shop::PROJECT);
        client::manage(&mut bytes, "POST", &target, &body.to_string());
        client::json(server.address, &bytes)?;
    }
    create_hot(server)
}

fn create_hot(server: &Server) -> anyhow::Result<()> {
    let body = json!({"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
                      "redemption": {"quantity": null}});
    let mut bytes = Vec::new();
    client::send(&mut bytes, "POST", &format!("/v1/vouchers/{HOT}"), &body.to_string());
    client::json(server.address, &bytes)?;
    Ok(())
}

/// The code of a voucher by number.
fn code(number: u64) -> String {
    format!("R-{:016X}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn write_codes(path: &Path, count: u64) -> anyhow::Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    writeln!(file, "Code,Voucher Type,Value,Discount Type,Redemption Limit")?;
    for number in 0..count {
        writeln!(file, "{},DISCOUNT_VOUCHER,10,PERCENT,1", code(number))?;
    }
    Ok(file.flush()?)
}

/// An order of five lines.
const ORDER: &str = concat!(
    r#"{"amount":11500,"items":[{"source_id":"espresso","related_object":"product","quantity":2,"price":1500},"#,
    r#"{"source_id":"filter","related_object":"product","quantity":1,"price":2500},"#,
    r#"{"source_id":"grinder","related_object":"product","quantity":1,"price":3000},"#,
    r#"{"source_id":"mug","related_object":"product","quantity":1,"price":1000},"#,
    r#"{"source_id":"beans","related_object":"product","quantity":2,"price":1000}],"metadata":{"till":3}}"#,
);

fn redeem(customer: u64, code: &str, bytes: &mut Vec<u8>) {
    let (source_id, email) = (shop::source_id(customer), shop::email(customer));
    let body = format!(
        r#"{{"redeemables":[{{"object":"voucher","id":"{code}"}}],"customer":{{"source_id":"{source_id}","email":"{email}"}},"order":{ORDER}}}"#
    );
    client::send(bytes, "POST", "/v1/redemptions", &body);
}

fn validate(number: u64, bytes: &mut Vec<u8>) {
    let source_id = shop::source_id(number % CUSTOMERS);
    let body = format!(
        r#"{{"redeemables":[{{"object":"voucher","id":"{HOT}"}}],"customer":{{"source_id":"{source_id}"}},"order":{ORDER}}}"#
    );
    client::send(bytes, "POST", "/v1/validations", &body);
}
