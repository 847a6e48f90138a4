//! What a customer could use, among very many promotions.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::{
    client::{self, Until},
    codes::campaign,
    figures::Bench,
    server::Server,
    shop,
    table::{Aim, Figure},
};

/// Active promotion tiers of the large project.
const MANY: usize = 10_000;
/// Those of the small one.
const FEW: usize = 100;
/// Of so many, one applies to everybody.
const ONE_IN: usize = 1_000;
/// How many tiers share a validation rule.
const SHARE_A_RULE: usize = 20;
/// The most tiers of one promotion.
const TIERS: usize = 1_000;
/// Vouchers that the customer holds.
const WALLET: usize = 50;

impl Bench {
    /// Qualifications of one customer after another, with few promotions and with many.
    pub(crate) fn qualifications(&mut self) -> anyhow::Result<()> {
        let few = self.qualify_among(FEW)?;
        let many = self.qualify_among(MANY)?;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        let name = format!("qualification among {MANY} promotions, {WALLET} vouchers held, p50");
        self.add(Figure::new(name, milliseconds(many.0), "ms").aim(Aim::LessThan(5.0)));
        self.add(Figure::time(format!("qualification among {MANY} promotions, p99"), many.1));
        let name = format!("qualification among {MANY} promotions against {FEW}, p50");
        self.add(Figure::time(name, many.0).against(milliseconds(few.0)).aim(Aim::RatioAtMost(2.0)));
        Ok(())
    }

    /// The median and 99th percentile of a project with so many promotions.
    fn qualify_among(&mut self, promotions: usize) -> anyhow::Result<(Duration, Duration)> {
        let database = self.databases.create("qualifications")?;
        let server = Server::start(&database)?;
        promote(&server, promotions)?;
        campaign(&server, "Wallet", WALLET as u64, &json!({}))?;
        let body =
            json!({"campaign": {"name": "Wallet", "count": WALLET}, "customer": {"source_id": shop::source_id(0)}});
        post(&server, "/v1/publications", &body)?;
        let body = json!({
            "customer": {"source_id": shop::source_id(0)}, "metadata": {"shop": "7"}, "options": {"limit": 50},
            "order": {"items": [{"product_id": "prod_12", "quantity": 2, "price": 1_500},
                {"product_id": "prod_80", "quantity": 1, "price": 900}]},
        });
        let answer = post(&server, "/v1/qualifications", &body)?;
        ensure!(answer["redeemables"]["total"] == WALLET, "not every voucher qualifies: {}", answer["redeemables"]);
        let body = body.to_string();
        let qualify = |_, bytes: &mut Vec<u8>| client::send(bytes, "POST", "/v1/qualifications", &body);
        client::run(&[server.address], 1, Until::Count(10), qualify)?;
        let run = client::run(&[server.address], 1, Until::Elapsed(self.effort.length), qualify)?;
        Ok((run.percentile(50), run.percentile(99)))
    }
}

/// Makes so many promotion tiers, most of which ask for something of their own.
fn promote(server: &Server, count: usize) -> anyhow::Result<()> {
    let mut rules = Vec::new();
    for number in 0..count.div_ceil(SHARE_A_RULE) {
        let body = json!({"name": format!("Rule {number}"), "rules": {"1": leaf(number), "logic": "1"}});
        rules.push(post(server, "/v1/validation-rules", &body)?["id"].clone());
    }
    for first in (0..count).step_by(TIERS) {
        let tiers = (first..count.min(first + TIERS)).map(|number| {
            let rules = if number % ONE_IN == 0 { json!([]) } else { json!([rules[number / SHARE_A_RULE]]) };
            json!({"name": format!("Tier {number}"), "validation_rules": rules, "action": {"discount":
                {"type": "PERCENT", "percent_off": 1 + number % 50, "effect": "APPLY_TO_ORDER"}}})
        });
        let tiers: Vec<Value> = tiers.collect();
        let body = json!({"name": format!("Promotion {first}"), "campaign_type": "PROMOTION",
            "promotion": {"tiers": tiers}});
        post(server, "/v1/campaigns", &body)?;
    }
    Ok(())
}

/// Rules of several kinds, in turns.
fn leaf(number: usize) -> Value {
    match number % 5 {
        0 => json!({"name": "customer.segment", "conditions": {"$is": [format!("seg_{number}")]}}),
        1 => json!({"name": "order.items.any",
            "conditions": {"$is": [{"id": format!("prod_{number}"), "object": "product"}]}}),
        2 => {
            json!({"name": "customer.metadata", "property": "city", "conditions": {"$is": [format!("City {number}")]}})
        }
        3 => json!({"name": "order.initial_amount", "conditions": {"$more_than": [10_000 * (number + 1)]}}),
        _ => json!({"name": "redemption.metadata", "property": "shop", "conditions": {"$in": [number.to_string()]}}),
    }
}

fn post(server: &Server, path: &str, body: &Value) -> anyhow::Result<Value> {
    let mut bytes = Vec::new();
    client::send(&mut bytes, "POST", path, &body.to_string());
    client::json(server.address, &bytes).with_context(|| format!("POST {path}"))
}
