//! Evaluates an order against a project, both from JSON files, and prints the calculated order and, with
//! `--explain`, why it came out so.
//!
//! ```sh
//! cd crates/engine/examples/evaluate
//! cargo run -p guerdon-engine --example evaluate -- project.json purchase.json --explain
//! cargo run -p guerdon-engine --example evaluate -- project.json purchase.json WELCOME10 GIFT-25
//! ```

mod project;

use std::{env, error::Error, fs};

use guerdon_engine::{
    calculated,
    discount::{EmptyCatalogue, ReadAnew},
    evaluate::{self, Request},
    facts::{Calendar, Customer, Facts},
    normalize,
    rules::{Order, Scope},
    stacking::Status,
    trace::Trace,
};
use guerdon_model::error::Dialect;
use jiff::{civil::Weekday, tz::TimeZone};

use project::{Fresh, Project, Purchase};

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, arguments): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let [project, purchase, names @ ..] = &arguments[..] else {
        return Err("usage: evaluate PROJECT.json PURCHASE.json [NAME…] [--explain]".into());
    };
    let project: Project = serde_json::from_str(&fs::read_to_string(project)?)?;
    let project = project.compile()?;
    let purchase: Purchase = serde_json::from_str(&fs::read_to_string(purchase)?)?;

    let (cart, amounts) = normalize::sent(&purchase.order)?;
    let members = project.members();
    let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
    let customer = purchase.customer.as_ref().map(|buyer| Customer {
        id: buyer.id.as_deref(),
        source_id: None,
        metadata: &buyer.metadata,
        segments: buyer,
        loyalty_tiers: &[],
        is_holder: false,
    });
    let facts = Facts {
        customer: customer.as_ref(),
        collections: &members,
        counters: &Fresh,
        ..Facts::new(purchase.now, &calendar, &purchase.metadata)
    };
    let request = Request {
        order: Some(Order { cart: &cart, amounts: &amounts }),
        facts: &facts,
        scope: Scope::Full,
        stacking: &project.stacking_rules,
        catalogue: &EmptyCatalogue,
        formulas: &ReadAnew,
        birthdate: None,
    };
    let mut trace = if flags.iter().any(|flag| flag == "--explain") { Trace::on() } else { Trace::off() };
    let requested = project.requested(names);
    let evaluation = evaluate::stack(&request, &requested, &mut trace);

    for entry in evaluation.entries() {
        let id = requested[entry.candidate].id;
        let why = match &entry.status {
            Status::Applicable(applied) => {
                let (order, lines) = (applied.amounts.applied_discount_amount, &applied.amounts.lines);
                let lines: i64 = lines.iter().map(|line| line.applied_discount_amount).sum();
                format!("{} off", guerdon_engine::money::to_major(order.saturating_add(lines)))
            }
            Status::Inapplicable(refused) => {
                let row = refused.error.describe(Dialect::Should);
                format!("{}: {}", row.key.unwrap_or_default(), refused.message.unwrap_or(&row.message))
            }
            Status::Skipped(reason) => reason.words().0.to_owned(),
        };
        println!("{:<12} {id:<24} {why}", entry.status.name());
    }
    println!("valid: {}\n", evaluation.is_valid());
    if let Some(last) = evaluation.last().filter(|_| evaluation.is_valid()) {
        let scope = calculated::Scope::Request { before: &amounts };
        let order = calculated::order(&purchase.order, last.cart(&cart), &last.amounts, scope);
        println!("{}", serde_json::to_string_pretty(&order)?);
    }
    let nodes = trace.into_nodes();
    if !nodes.is_empty() {
        println!("\n{}", serde_json::to_string_pretty(&nodes)?);
    }
    Ok(())
}
