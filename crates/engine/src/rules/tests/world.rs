//! A small world in JSON: what a rule may look at.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error, Timestamp,
    metadata::Metadata,
    validation_rule::{RuleName, ValidationRule},
};
use jiff::{civil::Weekday, tz::TimeZone};
use serde_json::{Map, Value, json};

use crate::{
    cart::{Amounts, Cart, Line, LineAmounts, Product, Sku},
    facts::{Calendar, Collections, Counter, Counters, Customer, Facts, Segments},
    rules::{Order, RuleSet, Scope, Situation, Verdict, subject::Subject},
    trace::Trace,
};

/// Everything owned.
pub(crate) struct World {
    now: Timestamp,
    calendar: Calendar,
    customer: Option<KnownCustomer>,
    order: Option<(Cart, Amounts)>,
    metadata: Metadata,
    event_metadata: Option<Metadata>,
    api_key: Option<String>,
    user: Option<String>,
    gift_credits: i64,
    points: i64,
    members: Vec<Vec<String>>,
    counters: HashMap<Counter, i64>,
}

struct KnownCustomer {
    metadata: Metadata,
    segments: Vec<String>,
    tiers: Vec<String>,
    is_holder: bool,
}

impl Segments for KnownCustomer {
    fn contains(&self, segment: &str) -> bool {
        self.segments.iter().any(|known| known == segment)
    }
}

impl Collections for World {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        let lines = self.order.iter().flat_map(|(cart, _)| &cart.lines);
        let place = lines.zip(&self.members).find(|(known, _)| std::ptr::eq(*known, line));
        place.is_some_and(|(_, collections)| collections.iter().any(|known| known == collection))
    }
}

impl Counters for World {
    fn value(&self, counter: Counter) -> i64 {
        self.counters.get(&counter).copied().unwrap_or(0)
    }
}

impl World {
    /// Reads `{customer: {segments, metadata, tiers, holder}, order: {amount, initial_amount, discount,
    /// applied, metadata, items: [{product, sku, price, quantity, amount, metadata, product_metadata,
    /// collections}]}, metadata, event, api_key, user, credits, points, counters: {<rule name>: n}, now,
    /// zone}`, of which everything may be missing.
    pub(crate) fn new(json: Value) -> Self {
        let zone = json["zone"].as_str().unwrap_or("UTC");
        let items = json["order"]["items"].as_array().cloned().unwrap_or_default();
        let counters = json["counters"].as_object().cloned().unwrap_or_default();
        Self {
            now: json["now"].as_str().and_then(Timestamp::parse).unwrap_or_default(),
            calendar: Calendar {
                time_zone: TimeZone::get(zone).expect("a time zone"),
                week_starts_on: Weekday::Monday,
            },
            customer: json.get("customer").filter(|customer| !customer.is_null()).map(|customer| KnownCustomer {
                metadata: metadata(&customer["metadata"]),
                segments: texts(&customer["segments"]),
                tiers: texts(&customer["tiers"]),
                is_holder: customer["holder"] == true,
            }),
            order: json.get("order").filter(|order| !order.is_null()).map(|order| {
                let cart = Cart { lines: items.iter().map(line).collect(), metadata: metadata(&order["metadata"]) };
                let amounts = Amounts {
                    amount: order["amount"].as_i64(),
                    initial_amount: order["initial_amount"].as_i64(),
                    discount_amount: order["discount"].as_i64().unwrap_or(0),
                    applied_discount_amount: order["applied"].as_i64().unwrap_or(0),
                    lines: items.iter().map(line_amounts).collect(),
                    ..Amounts::default()
                };
                (cart, amounts)
            }),
            metadata: metadata(&json["metadata"]),
            event_metadata: json.get("event").map(metadata),
            api_key: json["api_key"].as_str().map(str::to_owned),
            user: json["user"].as_str().map(str::to_owned),
            gift_credits: json["credits"].as_i64().unwrap_or(0),
            points: json["points"].as_i64().unwrap_or(0),
            members: items.iter().map(|item| texts(&item["collections"])).collect(),
            counters: counters.iter().filter_map(|(name, value)| Some((counter(name), value.as_i64()?))).collect(),
        }
    }

    /// Calls `look` with the world as rules see it.
    pub(crate) fn seen<R>(&self, scope: Scope, look: impl FnOnce(&Situation<'_>) -> R) -> R {
        let tiers: Vec<&str> = self.customer.iter().flat_map(|customer| &customer.tiers).map(String::as_str).collect();
        let customer = self.customer.as_ref().map(|known| Customer {
            id: Some("cust_1"),
            source_id: None,
            metadata: &known.metadata,
            segments: known,
            loyalty_tiers: &tiers,
            is_holder: known.is_holder,
        });
        let facts = Facts {
            now: self.now,
            calendar: &self.calendar,
            customer: customer.as_ref(),
            metadata: &self.metadata,
            event_metadata: self.event_metadata.as_ref(),
            api_key: self.api_key.as_deref(),
            user: self.user.as_deref(),
            gift_credits: self.gift_credits,
            points: self.points,
            collections: self,
            counters: self,
        };
        let order = self.order.as_ref().map(|(cart, amounts)| Order { cart, amounts });
        look(&Situation { order, facts: &facts, scope })
    }

    /// The verdict in one word or in the words of an error.
    pub(super) fn verdict(&self, set: &RuleSet, scope: Scope) -> String {
        self.seen(scope, |situation| word(set.evaluate(situation, &mut Trace::off())))
    }

    /// What the order costs, to be changed by a test.
    pub(super) fn amounts(&self) -> Amounts {
        self.order.as_ref().map(|(_, amounts)| amounts.clone()).unwrap_or_default()
    }
}

/// `satisfied`, `missing Customer`, or key and message of a violation: `1 order_rules_violated "Spend more"`.
pub(super) fn word(verdict: Verdict<'_>) -> String {
    match verdict {
        Verdict::Satisfied => "satisfied".into(),
        Verdict::Missing(need) => need.words().0.into(),
        Verdict::Violated(violation) => {
            let message = violation.message.map(|message| format!(" {message:?}")).unwrap_or_default();
            format!("{} {}{message}", violation.key.unwrap_or_default(), violation.category.violation_key())
        }
    }
}

/// The rule with these fields; the required ones need not be there.
pub(crate) fn rule(fields: Value) -> ValidationRule {
    let mut json = json!({"id": "val_1", "name": "n", "rules": {"logic": ""}, "created_at": "2026-01-01"});
    json.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    serde_json::from_value(json).expect("a rule")
}

/// The rule set with this tree.
pub(super) fn set(rules: Value) -> RuleSet {
    try_set(rules).expect("a sound rule")
}

pub(super) fn try_set(rules: Value) -> Result<RuleSet, Error> {
    RuleSet::compile(&rule(json!({"rules": rules})))
}

/// A leaf with one operator.
pub(crate) fn leaf(name: &str, operator: &str, operands: Value) -> Value {
    json!({"name": name, "conditions": {operator: operands}})
}

/// A rule set of one leaf.
pub(super) fn single(leaf: Value) -> RuleSet {
    set(json!({"1": leaf, "logic": "1"}))
}

fn counter(name: &str) -> Counter {
    match RuleName::parse(name).map(Subject::of) {
        Some((Subject::Counted(counter), _)) => counter,
        other => panic!("{name} is {other:?}"),
    }
}

fn metadata(json: &Value) -> Metadata {
    json.as_object().cloned().unwrap_or_else(Map::new).into()
}

fn texts(json: &Value) -> Vec<String> {
    json.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn line(item: &Value) -> Line {
    let text = |key: &str| item[key].as_str().map(Arc::<str>::from);
    let product = text("product").map(|id| Product {
        id: Some(id),
        metadata: metadata(&item["product_metadata"]),
        ..Product::default()
    });
    let sku = text("sku").map(|id| Sku { id: Some(id), ..Sku::default() });
    Line {
        source_id: text("source_id"),
        product: product.map(Arc::new),
        sku: sku.map(Arc::new),
        metadata: metadata(&item["metadata"]),
    }
}

fn line_amounts(item: &Value) -> LineAmounts {
    let (quantity, price) = (item["quantity"].as_i64().unwrap_or(1), item["price"].as_i64());
    let amount = item["amount"].as_i64().or_else(|| Some(price?.saturating_mul(quantity)));
    LineAmounts { quantity, price, amount, ..LineAmounts::default() }
}
