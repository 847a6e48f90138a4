//! The arithmetic as tables: orders, what is applied to them, and what comes of it.

mod behaviour;
mod properties;
mod unreproducible;
mod vectors;
mod wire;

use std::fmt::Write;

use guerdon_model::{
    Timestamp,
    discount::{Discount, DiscountCalculationMode, GiftEffect, ProductsApplicationMode},
    metadata::Metadata,
    order::Order,
    validation_rule::ApplicableTo,
};
use jiff::{civil::Weekday, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    Applied, Catalogue, FormulaFacts, Gift, Incentive, Outcome, Points, ReadAnew, RedeemableFacts, Refusal, Step, Unit,
    apply,
};
use crate::{
    cart::{Amounts, Cart, Line, Product, Sku},
    facts::{Calendar, Collections, Facts, NoCounters},
    item,
    money::Overflow,
    normalize,
    target::{NoUnitBudgets, Targeting},
    trace::Trace,
};

/// An order with its amounts.
#[derive(Clone)]
struct Given {
    order: Order,
    cart: Cart,
    amounts: Amounts,
}

impl Given {
    fn new(order: Value, normalize: fn(&Order) -> Result<(Cart, Amounts), Overflow>) -> Self {
        let order: Order = serde_json::from_value(order).expect("an order");
        let (cart, amounts) = normalize(&order).expect("small enough");
        Self { order, cart, amounts }
    }

    /// The order after one more step, and what the step came to.
    fn after(&self, offer: &Offer) -> Result<(Self, Outcome), Refusal> {
        let outcome = offer.apply(&self.cart, &self.amounts)?;
        let mut next = self.clone();
        next.cart.lines.extend(outcome.appended.iter().cloned());
        next.amounts = outcome.amounts.clone();
        Ok((next, outcome))
    }
}

/// An order as a request has it.
fn sent(order: Value) -> Given {
    Given::new(order, normalize::sent)
}

/// An order that is stored, with earlier discounts.
fn stored(order: Value) -> Given {
    Given::new(order, normalize::stored)
}

/// An order that is but an amount.
fn of(amount: i64) -> Given {
    sent(json!({"amount": amount}))
}

/// An order of lines such as `mug 2×1000`; `mug/blue` is a SKU, and `mug 2` has no price.
fn lines(text: &str) -> Given {
    sent(json!({"items": text.split(',').map(line).collect::<Vec<_>>()}))
}

fn line(text: &str) -> Value {
    let (name, amounts) = text.trim().rsplit_once(' ').expect("a name and a quantity");
    let (quantity, price) =
        amounts.split_once('×').map_or((amounts, None), |(quantity, price)| (quantity, Some(price)));
    let (product, sku) = name.split_once('/').map_or((name, None), |(product, sku)| (product, Some(sku)));
    let price: Option<i64> = price.map(|price| price.parse().expect("a price"));
    json!({"product_id": product, "sku_id": sku, "quantity": quantity, "price": price})
}

/// What is applied, and with what.
#[derive(Debug, Clone)]
struct Offer {
    what: What,
    rules: ApplicableTo,
    bundles: i64,
    calculation: DiscountCalculationMode,
    products: ProductsApplicationMode,
}

#[derive(Debug, Clone)]
enum What {
    Discount(Discount),
    Gift(Gift),
    Points(Points),
    Reward,
}

impl From<What> for Offer {
    fn from(what: What) -> Self {
        Self {
            what,
            rules: ApplicableTo::default(),
            bundles: 1,
            calculation: DiscountCalculationMode::DiscountedAmount,
            products: ProductsApplicationMode::Stack,
        }
    }
}

fn discount(json: Value) -> Offer {
    What::Discount(serde_json::from_value(json).expect("a discount")).into()
}

/// So much off, by the effect `APPLY_TO_…`.
fn off(amount: i64, effect: &str) -> Offer {
    discount(json!({"type": "AMOUNT", "effect": format!("APPLY_TO_{effect}"), "amount_off": amount}))
}

fn percent(percent: f64, effect: &str) -> Offer {
    discount(json!({"type": "PERCENT", "effect": format!("APPLY_TO_{effect}"), "percent_off": percent}))
}

fn fixed(amount: i64, effect: &str) -> Offer {
    discount(json!({"type": "FIXED", "effect": format!("APPLY_TO_{effect}"), "fixed_amount": amount}))
}

/// So many free units, by the effect `ADD_…_ITEMS`.
fn free(units: i64, effect: &str, unit_type: &str) -> Offer {
    discount(
        json!({"type": "UNIT", "effect": format!("ADD_{effect}_ITEMS"), "unit_off": units, "unit_type": unit_type}),
    )
}

/// The effect `ADD_MANY_ITEMS`.
fn many(units: &[(i64, &str, &str)]) -> Offer {
    let unit = |(units, effect, unit_type): &(i64, &str, &str)| json!({"unit_off": units, "effect": format!("ADD_{effect}_ITEMS"), "unit_type": unit_type});
    discount(json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": units.iter().map(unit).collect::<Vec<_>>()}))
}

/// Units of some lines are replaced by so many each.
fn replace(each: i64, unit_type: &str) -> Offer {
    discount(json!({"type": "UNIT", "effect": "REPLACE_ITEMS", "unit_off": each, "unit_type": unit_type}))
}

fn gift(balance: i64, credits: Option<i64>, effect: GiftEffect) -> Offer {
    What::Gift(Gift { effect, balance, locked: 0, credits }).into()
}

/// So many points per so many main units; the card holds 10000.
fn points(points: Option<i64>, ratio: i64, exchange_ratio: Decimal) -> Offer {
    What::Points(Points { points_ratio: ratio, exchange_ratio, balance: 10_000, locked: 0, points }).into()
}

impl Offer {
    /// Its rules include these: `mug`, `mug/blue` or a collection such as `ADV`.
    fn on(self, items: &str) -> Self {
        let entries: Vec<Value> = items.split(' ').map(entry).collect();
        self.rules(json!({"included": entries}))
    }

    /// Its rules include everything.
    fn on_all(self) -> Self {
        self.rules(json!({"included_all": true}))
    }

    fn rules(mut self, applicable_to: Value) -> Self {
        self.rules = serde_json::from_value(applicable_to).expect("entries");
        self
    }

    /// The same with more fields in each included entry.
    fn with(mut self, fields: Value) -> Self {
        let mut rules = json!(self.rules);
        if rules["included_all"] == true {
            rules = json!({"included": [entry("ALL")]});
        }
        for entry in rules["included"].as_array_mut().expect("entries") {
            entry.as_object_mut().expect("an entry").extend(fields.as_object().expect("fields").clone());
        }
        self.rules = serde_json::from_value(rules).expect("entries");
        self
    }

    /// The same with more fields in the discount itself.
    fn limited(mut self, fields: Value) -> Self {
        let What::Discount(discount) = &self.what else { panic!("a discount") };
        let mut json = json!(discount);
        json.as_object_mut().expect("a discount").extend(fields.as_object().expect("fields").clone());
        self.what = What::Discount(serde_json::from_value(json).expect("a discount"));
        self
    }

    fn bundles(self, bundles: i64) -> Self {
        Self { bundles, ..self }
    }

    fn of_initial_amount(self) -> Self {
        Self { calculation: DiscountCalculationMode::InitialAmount, ..self }
    }

    fn once(self) -> Self {
        Self { products: ProductsApplicationMode::Once, ..self }
    }

    fn apply(&self, cart: &Cart, before: &Amounts) -> Result<Outcome, Refusal> {
        let targeting = Targeting { applicable_to: vec![&self.rules], bundles: self.bundles };
        self.with_step(&targeting, |step| apply(step, cart, before, &mut Trace::on()))
    }

    fn with_step<R>(&self, targeting: &Targeting<'_>, run: impl FnOnce(&Step<'_>) -> R) -> R {
        let calendar = Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday };
        let facts = Facts {
            now: Timestamp::default(),
            calendar: &calendar,
            customer: None,
            metadata: &Metadata::default(),
            event_metadata: None,
            api_key: None,
            user: None,
            gift_credits: 0,
            points: 0,
            collections: &Shelves,
            counters: &NoCounters,
        };
        run(&Step {
            incentive: match &self.what {
                What::Discount(discount) => Incentive::Discount(discount),
                What::Gift(gift) => Incentive::Gift(*gift),
                What::Points(points) => Incentive::Points(*points),
                What::Reward => Incentive::Reward { points: 5 },
            },
            targeting,
            calculation: self.calculation,
            products: self.products,
            collections: &Shelves,
            catalogue: &Shop,
            budgets: &NoUnitBudgets,
            formulas: Some(FormulaFacts {
                library: &ReadAnew,
                facts: &facts,
                birthdate: None,
                redeemable: RedeemableFacts::default(),
            }),
        })
    }
}

fn entry(name: &str) -> Value {
    match name.split_once('/') {
        Some((product, sku)) => json!({"object": "sku", "id": sku, "product_id": product}),
        None if name == "ALL" => json!({"object": "products_collection", "id": "pc_a11pr0dUc75"}),
        None if name == name.to_uppercase() => json!({"object": "products_collection", "id": name}),
        None => json!({"object": "product", "id": name}),
    }
}

/// The collections `ADV`, everything but bottles, and `BOOKS`.
struct Shelves;

impl Collections for Shelves {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        let name = item::product_name(line).unwrap_or_default();
        match collection {
            "ADV" => name != "bottle",
            "BOOKS" => name.starts_with("book"),
            _ => false,
        }
    }
}

/// What can be had for free, and what it costs.
struct Shop;

impl Catalogue for Shop {
    fn unit(&self, unit_type: &str) -> Option<Unit> {
        let product = |id: &str, name: Option<&str>, price: Option<i64>| {
            let name = name.map(Into::into);
            Some(Product { id: Some(id.into()), name, price, ..Product::default() }.into())
        };
        let sku = |id: &str, price: i64| Some(Sku { id: Some(id.into()), price: Some(price), ..Sku::default() }.into());
        match unit_type {
            "rose" => Some(Unit { product: product("rose", None, Some(500)), sku: None }),
            "charger" => Some(Unit { product: product("charger", Some("Charger"), Some(3_500)), sku: None }),
            "limited" => Some(Unit { product: product("limited", None, Some(2_500)), sku: None }),
            "mug" => Some(Unit { product: product("mug", None, Some(1_000)), sku: None }),
            "a" => Some(Unit { product: product("a", None, Some(1_000)), sku: None }),
            "shipping" => Some(Unit { product: product("shipping", Some("Shipping"), None), sku: None }),
            "sku_p" => Some(Unit { product: product("p", None, Some(220_000)), sku: sku("sku_p", 210_000) }),
            "sku_j" => Some(Unit { product: product("j", None, None), sku: sku("sku_j", 29_900) }),
            "sku_comic" => Some(Unit { product: product("comic", None, None), sku: sku("sku_comic", 1_700) }),
            _ => None,
        }
    }
}

/// Amounts in the notation of the tables: `d` is the order's own discount, `id` that of its items, `td`
/// both, `T` what is left to pay. `free` are the units of each line that are free, of all its units `q`.
fn notation(amounts: &Amounts) -> String {
    let mut text = amounts.amount.map_or("no amount".to_owned(), |amount| format!("amount {amount}"));
    let of_items = amounts.items_discount_amount();
    let mut write = |part: std::fmt::Arguments<'_>| text.write_fmt(part).expect("a text");
    if let Some(initial) = amounts.initial_amount {
        write(format_args!(" (initial {initial})"));
    }
    if amounts.discount_amount != 0 {
        write(format_args!(", d {}", amounts.discount_amount));
    }
    if amounts.discount_amount != amounts.applied_discount_amount {
        write(format_args!(" (applied {})", amounts.applied_discount_amount));
    }
    let each = |of: fn(&crate::cart::LineAmounts) -> i64| amounts.lines.iter().map(of).collect::<Vec<_>>();
    if of_items != 0 {
        write(format_args!(", items {:?}", each(|line| line.discount_amount)));
    }
    if amounts.lines.iter().any(|line| line.initial_quantity.is_some()) {
        write(format_args!(", q {:?} free {:?}", each(|line| line.quantity), each(|line| line.free_quantity)));
    }
    if of_items != 0 {
        write(format_args!(", id {of_items}"));
    }
    if of_items + amounts.discount_amount != 0 {
        write(format_args!(", td {}", of_items + amounts.discount_amount));
    }
    if amounts.amount.is_some() {
        write(format_args!(", T {}", amounts.running_total()));
    }
    text
}
