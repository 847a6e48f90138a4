//! Any JSON as a validation rule, evaluated against a small order.
#![no_main]

use guerdon_engine::{
    cart::{Amounts, Cart, Line, LineAmounts, Product},
    facts::{Calendar, Collections, Counter, Counters, Customer, Facts, Segments},
    rules::{Order, RuleSet, Scope, Situation, Verdict},
    trace::Trace,
};
use guerdon_model::{Timestamp, metadata::Metadata, validation_rule::ValidationRule};
use jiff::{civil::Weekday, tz::TimeZone};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

struct Known;

impl Segments for Known {
    fn contains(&self, segment: &str) -> bool {
        segment.len() % 2 == 0
    }
}

impl Collections for Known {
    fn contains(&self, collection: &str, line: usize) -> bool {
        (collection.len() + line) % 2 == 0
    }
}

impl Counters for Known {
    fn value(&self, _: Counter) -> i64 {
        i64::MAX
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    let rule = json!({"id": "val_1", "name": "x", "created_at": "2026-01-01T00:00:00Z"});
    let (Value::Object(mut rule), Value::Object(body)) = (rule, body) else { return };
    rule.extend(body);
    let Ok(rule) = serde_json::from_value::<ValidationRule>(Value::Object(rule)) else { return };
    let Ok(set) = RuleSet::compile(&rule) else { return };

    let metadata: Metadata = serde_json::from_value(json!({"a": 1, "b": "x", "c": ["x", 2], "d": "2026-05-10"})).expect("an object");
    let line = |id: &str| Line {
        product: Some(Product { id: Some(id.into()), ..Product::default() }.into()),
        metadata: metadata.clone(),
        ..Line::default()
    };
    let cart = Cart { lines: vec![line("prod_1"), line("prod_2")], metadata: metadata.clone() };
    let costs = |quantity, price: Option<i64>| LineAmounts { quantity, price, amount: price, ..LineAmounts::default() };
    let amounts = Amounts {
        amount: Some(i64::MAX),
        lines: vec![costs(i64::MAX, Some(i64::MAX)), costs(0, None)],
        ..Amounts::default()
    };
    let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
    let customer = Customer {
        id: Some("cust_1"),
        source_id: None,
        metadata: &metadata,
        segments: &Known,
        loyalty_tiers: &["tier_1"],
        is_holder: true,
    };
    for (customer, has_order) in [(None, false), (Some(&customer), true)] {
        let facts = Facts {
            now: Timestamp::from_millis(1_780_000_000_000),
            calendar: &calendar,
            customer,
            metadata: &metadata,
            event_metadata: None,
            api_key: Some("key"),
            user: None,
            gift_credits: i64::MAX,
            points: 1,
            collections: &Known,
            counters: &Known,
        };
        let order = has_order.then_some(Order { cart: &cart, amounts: &amounts });
        let situation = Situation { order, facts: &facts, scope: Scope::Full };
        let verdict = set.evaluate(&situation, &mut Trace::off());
        // Looked at closely, it is the same.
        let mut trace = Trace::on();
        assert_eq!(set.evaluate(&situation, &mut trace), verdict);
        serde_json::to_string(&trace.into_nodes()).expect("a trace is plain data");
        let necessary = set.necessary(Scope::Full);
        // A bundle is asked for beside the rules, before them.
        let has_bundle = set.bundle(&situation).is_none_or(|bundle| bundle.is_complete());
        if verdict == Verdict::Satisfied && has_bundle {
            assert!(necessary.iter().all(|necessity| necessity.holds(&situation)), "{necessary:?}");
        }
    }
});
