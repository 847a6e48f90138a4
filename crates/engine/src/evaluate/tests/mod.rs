//! Whole evaluations: a small shop in JSON, and what becomes of its codes.

mod checks;
mod earlier;
mod properties;
mod traces;
mod vectors;

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Timestamp,
    category::Category,
    discount::Discount,
    error::Dialect,
    metadata::Metadata,
    order::Order as SentOrder,
    stacking_rules::StackingRules,
    validation_rule::{ApplicableToEntry, Budget},
    validity::TimeLimits,
};
use jiff::{civil::Weekday, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{Evaluation, Request, alone, stack};
use crate::{
    calculated::{self, Scope as Covered},
    cart::{Amounts, Cart, Line, Product},
    discount::{Catalogue, Gift, ReadAnew, Unit},
    facts::{Calendar, Collections, Counter, Counters, Customer, Facts, NoSegments},
    normalize,
    redeemable::{Campaign, Kind, LoyaltyCard, Object, Redeemable, Requested, Reward, Uses},
    rules::{Order, RuleSet, Scope},
    stacking::Status,
    target::UnitBudgets,
    trace::Trace,
    validity::Limits,
};

/// Everything owned.
struct World {
    order: Option<(SentOrder, Cart, Amounts)>,
    customer: Option<Metadata>,
    metadata: Metadata,
    now: Timestamp,
    calendar: Calendar,
    stacking: StackingRules,
    scope: Scope,
    given: Vec<Given>,
}

/// One redeemable.
struct Given {
    id: String,
    object: Object,
    is_missing: bool,
    discount: Option<Discount>,
    card: Option<Kind<'static>>,
    /// Who refers, if it is a referral code: the customer, or somebody else.
    is_referrer: Option<bool>,
    is_active: bool,
    campaign: Option<(String, bool)>,
    limits: Limits,
    uses: Uses,
    category: Option<Category>,
    own_rules: Vec<Arc<RuleSet>>,
    campaign_rules: Vec<Arc<RuleSet>>,
    is_holder: bool,
    counters: Counted,
}

/// Counters and budgets that were counted before: a number for whatever they count.
#[derive(Default)]
struct Counted(HashMap<String, i64>);

impl Counters for Counted {
    fn value(&self, counter: Counter) -> i64 {
        self.0.get(&format!("{:?}", counter.measure)).copied().unwrap_or(0)
    }
}

impl UnitBudgets for Counted {
    fn discounted(&self, _: &ApplicableToEntry, _: &Budget<'_>, _: Option<&str>) -> i64 {
        self.0.get("Units").copied().unwrap_or(0)
    }
}

/// The collection `pc_<letter>` has the products that begin with the letter.
struct ByLetter;

impl Collections for ByLetter {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        let product = line.product.as_deref().and_then(|product| product.id.as_deref());
        product.is_some_and(|product| collection.strip_prefix("pc_").is_some_and(|letter| product.starts_with(letter)))
    }
}

/// Every product costs 10.00, but for shipping.
struct Shop;

impl Catalogue for Shop {
    fn unit(&self, unit_type: &str) -> Option<Unit> {
        let price = (unit_type != "shipping").then_some(1_000);
        let product = Product { id: Some(unit_type.into()), price, ..Product::default() };
        Some(Unit { product: Some(Arc::new(product)), sku: None })
    }
}

impl World {
    /// Reads `{order, stored, customer, metadata, now, stacking, scope, redeemables}`, of which everything may
    /// be missing. `stored` says that the order is; a customer is but metadata. A redeemable is
    /// `{code | tier | missing, discount | gift | loyalty, referrer, active, campaign, campaign_active, limits,
    /// quantity, redeemed, locked, category, hierarchy, rules, campaign_rules, holder, counters}`, or a text
    /// for a code that does not exist.
    fn new(json: Value) -> Self {
        let read = |sent: &Value| {
            let order: SentOrder = serde_json::from_value(sent.clone()).expect("an order");
            let normalize = if json["stored"] == true { normalize::stored } else { normalize::sent };
            let (cart, amounts) = normalize(&order).expect("small enough");
            (order, cart, amounts)
        };
        Self {
            order: json.get("order").filter(|order| !order.is_null()).map(read),
            customer: json.get("customer").map(metadata),
            metadata: metadata(&json["metadata"]),
            now: json["now"].as_str().and_then(Timestamp::parse).unwrap_or_default(),
            calendar: Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday },
            stacking: serde_json::from_value(or_empty(&json["stacking"])).expect("stacking rules"),
            scope: if json["scope"] == "audience" { Scope::Audience } else { Scope::Full },
            given: json["redeemables"].as_array().into_iter().flatten().map(Given::read).collect(),
        }
    }

    /// Calls `look` with the world as an evaluation sees it.
    fn seen<R>(&self, look: impl FnOnce(&Request<'_>, &[Requested<'_>]) -> R) -> R {
        let customer = self.customer.as_ref().map(|metadata| Customer {
            id: Some("cust_1"),
            source_id: None,
            metadata,
            segments: &NoSegments,
            loyalty_tiers: &[],
            is_holder: false,
        });
        let facts = Facts {
            now: self.now,
            calendar: &self.calendar,
            customer: customer.as_ref(),
            metadata: &self.metadata,
            event_metadata: None,
            api_key: None,
            user: None,
            gift_credits: 0,
            points: 0,
            collections: &ByLetter,
            counters: &Counted::default(),
        };
        let request = Request {
            order: self.order.as_ref().map(|(_, cart, amounts)| Order { cart, amounts }),
            facts: &facts,
            scope: self.scope,
            stacking: &self.stacking,
            catalogue: &Shop,
            formulas: &ReadAnew,
            birthdate: None,
        };
        let requested: Vec<Requested<'_>> = self.given.iter().map(Given::requested).collect();
        look(&request, &requested)
    }

    fn evaluate<R>(&self, look: impl FnOnce(&Evaluation<'_>) -> R) -> R {
        self.seen(|request, requested| look(&stack(request, requested, &mut Trace::off())))
    }

    /// In one line: `valid: A 100 → 900, B no_effect, C !voucher_expired`, each with what it takes off and what
    /// it leaves, why it was skipped, or why it can't be applied.
    fn summary(&self) -> String {
        self.evaluate(|evaluation| {
            let entries = evaluation.entries().iter().map(|entry| {
                let id = &self.given[entry.candidate].id;
                match &entry.status {
                    Status::Applicable(applied) => {
                        let of_lines = applied.amounts.lines.iter().map(|line| line.applied_discount_amount);
                        let off = of_lines.fold(applied.amounts.applied_discount_amount, i64::saturating_add);
                        format!("{id} {off} → {}", applied.amounts.running_total())
                    }
                    Status::Inapplicable(refused) => format!("{id} !{}", key(&refused.error)),
                    Status::Skipped(reason) => format!("{id} {}", reason.words().0),
                }
            });
            let entries = entries.collect::<Vec<_>>().join(", ");
            format!("{}: {entries}", if evaluation.is_valid() { "valid" } else { "invalid" })
        })
    }

    /// Why the only redeemable can't be applied, in the words of the catalogue; `Ok` if it can.
    fn error(&self) -> Result<(), String> {
        self.seen(|request, requested| {
            let refused = alone(request, &requested[0], &mut Trace::off()).map(|_| ());
            refused.map_err(|refused| {
                let row = refused.error.describe(Dialect::Should);
                format!("{} | {} | {}", key(&refused.error), row.message, row.details.unwrap_or_default())
            })
        })
    }

    /// The order of each step, and the order of the whole request.
    fn orders(&self) -> (Vec<Value>, Value) {
        let (order, cart, before) = self.order.as_ref().expect("an order");
        self.evaluate(|evaluation| {
            let calculated = |applied: &super::Application, covered: Covered<'_>| {
                json!(calculated::order(order, applied.cart(cart), &applied.amounts, covered))
            };
            let steps = evaluation.applied().map(|(_, applied)| calculated(applied, Covered::Step)).collect();
            let whole = evaluation.last().expect("something applied");
            (steps, calculated(whole, Covered::Request { before }))
        })
    }
}

fn key(error: &guerdon_model::Error) -> &'static str {
    error.describe(Dialect::Should).key.expect("a key")
}

impl Given {
    fn read(json: &Value) -> Self {
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let number = |key: &str| json[key].as_i64();
        let (object, id) = match text("tier") {
            Some(id) => (Object::PromotionTier, Some(id)),
            None => {
                (Object::Voucher, text("code").or_else(|| text("missing")).or_else(|| json.as_str().map(str::to_owned)))
            }
        };
        let hierarchy = number("hierarchy").unwrap_or(1);
        let category = |id: String| Category::new(id.as_str().into(), id, hierarchy, Timestamp::default());
        let counters = json["counters"].as_object().into_iter().flatten();
        Self {
            id: id.unwrap_or_else(|| "X".into()),
            object,
            is_missing: json.is_string() || json.get("missing").is_some(),
            discount: json.get("discount").map(|json| serde_json::from_value(json.clone()).expect("a discount")),
            card: json.get("gift").map(gift).or_else(|| json.get("loyalty").map(loyalty)),
            is_referrer: json["referrer"].as_bool(),
            is_active: json["active"] != false,
            campaign: text("campaign").map(|id| (id, json["campaign_active"] != false)),
            limits: Limits::compile(
                &serde_json::from_value::<TimeLimits>(or_empty(&json["limits"])).expect("time limits"),
            ),
            uses: Uses {
                quantity: number("quantity"),
                redeemed: number("redeemed").unwrap_or(0),
                locked: number("locked").unwrap_or(0),
            },
            category: text("category").map(category),
            own_rules: rules(&json["rules"], "own"),
            campaign_rules: rules(&json["campaign_rules"], "campaign"),
            is_holder: json["holder"] == true,
            counters: Counted(counters.filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect()),
        }
    }

    fn requested(&self) -> Requested<'_> {
        let discount = || self.discount.as_ref().expect("a discount or a card");
        let kind = || match (self.card, self.object, self.is_referrer) {
            (Some(card), ..) => card,
            (None, Object::PromotionTier | Object::PromotionStack, _) => Kind::PromotionTier(discount()),
            (None, Object::Voucher, Some(is_referrer)) => Kind::ReferralCode { discount: discount(), is_referrer },
            (None, Object::Voucher, None) => Kind::Coupon(discount()),
        };
        let redeemable = || Redeemable {
            is_active: self.is_active,
            campaign: self.campaign.as_ref().map(|(id, is_active)| Campaign { id, is_active: *is_active }),
            limits: &self.limits,
            uses: self.uses,
            category: self.category.as_ref(),
            own_rules: &self.own_rules,
            campaign_rules: &self.campaign_rules,
            is_holder: self.is_holder,
            counters: &self.counters,
            budgets: &self.counters,
            ..Redeemable::new(&self.id, kind())
        };
        Requested { id: &self.id, object: self.object, redeemable: (!self.is_missing).then(redeemable) }
    }
}

fn gift(json: &Value) -> Kind<'static> {
    let number = |key: &str| json[key].as_i64();
    Kind::GiftCard(Gift {
        effect: json
            .get("effect")
            .map_or_else(Default::default, |json| serde_json::from_value(json.clone()).expect("an effect")),
        balance: number("balance").unwrap_or(0),
        locked: number("locked").unwrap_or(0),
        credits: number("credits"),
    })
}

/// `ratio` points are worth `worth` main units.
fn loyalty(json: &Value) -> Kind<'static> {
    let number = |key: &str| json[key].as_i64();
    let reward = match (number("ratio"), number("points")) {
        (Some(points_ratio), points) => {
            let exchange_ratio = Decimal::from(number("worth").unwrap_or(1));
            Some(Reward::PayWithPoints { points_ratio, exchange_ratio, points })
        }
        (None, Some(points)) => Some(Reward::Other { points }),
        (None, None) => None,
    };
    Kind::LoyaltyCard(LoyaltyCard {
        balance: number("balance").unwrap_or(0),
        locked: number("locked").unwrap_or(0),
        reward,
    })
}

/// Rule sets `val_<whose>1`, …, each given by its fields or, for one leaf, by that.
fn rules(json: &Value, whose: &str) -> Vec<Arc<RuleSet>> {
    let all = json.as_array().into_iter().flatten().enumerate();
    all.map(|(place, fields)| {
        let mut json = json!({"id": format!("val_{whose}{}", place + 1), "name": "n", "rules": {"logic": ""},
                              "created_at": "2026-01-01"});
        let json_fields = json.as_object_mut().expect("an object");
        match fields.get("name") {
            Some(_) => {
                json_fields.insert("rules".into(), json!({"1": fields, "logic": "1"}));
            }
            None => json_fields.extend(fields.as_object().expect("a rule").clone()),
        }
        Arc::new(RuleSet::compile(&serde_json::from_value(json).expect("a rule")).expect("a sound rule"))
    })
    .collect()
}

/// A leaf with one operator.
fn leaf(name: &str, operator: &str, operands: Value) -> Value {
    json!({"name": name, "conditions": {operator: operands}})
}

fn metadata(json: &Value) -> Metadata {
    json.as_object().cloned().unwrap_or_else(Map::new).into()
}

fn or_empty(json: &Value) -> Value {
    if json.is_null() { json!({}) } else { json.clone() }
}

/// A coupon of so much off the order.
fn amount_off(code: &str, amount: i64) -> Value {
    json!({"code": code, "discount": {"type": "AMOUNT", "effect": "APPLY_TO_ORDER", "amount_off": amount}})
}

/// A coupon of so many percent off the order.
fn percent_off(code: &str, percent: i64) -> Value {
    json!({"code": code, "discount": {"type": "PERCENT", "effect": "APPLY_TO_ORDER", "percent_off": percent}})
}

/// The same with more fields.
fn with(mut json: Value, fields: Value) -> Value {
    json.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    json
}
