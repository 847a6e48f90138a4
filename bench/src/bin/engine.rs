//! Measures the engine alone: no HTTP, no store, one thread. `README.md` says how to read it.
//!
//! A program of its own, because it counts allocations, which costs the others a little.

#[allow(dead_code, reason = "the other program has more kinds of aims")]
#[path = "../table.rs"]
mod table;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use guerdon_engine::{
    cart::{Amounts, Cart, Line, LineAmounts, Product},
    discount::{EmptyCatalogue, ReadAnew},
    evaluate::{self, Request},
    facts::{Calendar, Customer, Facts, Segments},
    index::{Index, Promotion},
    redeemable::{Kind, Object, Redeemable, Requested},
    rules::{Order, RuleSet, Scope, Situation},
    trace::Trace,
    validity::Limits,
};
use guerdon_model::{
    Timestamp, discount::Discount, metadata::Metadata, stacking_rules::StackingRules, validation_rule::ValidationRule,
    validity::TimeLimits,
};
use jiff::{civil::Weekday, tz::TimeZone};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use table::{Aim, Figure};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Lines of the usual order.
const LINES: usize = 10;
/// Promotions that apply to it, however many there are.
const MATCHING: usize = 10;
/// How many different orders take turns.
const ORDERS: usize = 64;
/// How long one figure is measured.
const LENGTH: Duration = Duration::from_millis(800);

fn main() -> anyhow::Result<()> {
    let mut figures = Vec::new();
    let world = World::new();
    single(&world, &mut figures)?;
    stacked(&world, &mut figures)?;
    carts(&world, &mut figures)?;
    promotions(&world, &mut figures)?;
    table::print(&figures);
    Ok(())
}

/// Everything but the order.
struct World {
    calendar: Calendar,
    metadata: Metadata,
    stacking: StackingRules,
}

struct Regular;

impl Segments for Regular {
    fn contains(&self, segment: &str) -> bool {
        segment == "seg_regulars"
    }

    fn all(&self) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        Some(Box::new(["seg_regulars"].into_iter()))
    }
}

impl World {
    fn new() -> Self {
        Self {
            calendar: Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday },
            metadata: serde_json::from_value(json!({"channel": "web"})).unwrap_or_default(),
            stacking: StackingRules::default(),
        }
    }

    /// Calls `look` with a regular customer who orders this.
    fn with<R>(&self, (cart, amounts): &(Cart, Amounts), look: impl FnOnce(&Request<'_>) -> R) -> R {
        let customer = Customer {
            id: Some("cust_1"),
            source_id: None,
            metadata: &self.metadata,
            segments: &Regular,
            loyalty_tiers: &[],
            is_holder: false,
        };
        let now = Timestamp::from_millis(1_780_000_000_000);
        let facts = Facts { customer: Some(&customer), ..Facts::new(now, &self.calendar, &self.metadata) };
        look(&Request {
            order: Some(Order { cart, amounts }),
            facts: &facts,
            scope: Scope::Full,
            stacking: &self.stacking,
            catalogue: &EmptyCatalogue,
            formulas: &ReadAnew,
            birthdate: None,
        })
    }
}

/// An order of so many lines, each of another product; the first is the product `first`.
fn order(first: usize, lines: usize) -> (Cart, Amounts) {
    let line = |number: usize| Line {
        product: Some(Arc::new(Product {
            id: Some(format!("prod_{number}").into()),
            source_id: Some(format!("shop-{number}").into()),
            ..Product::default()
        })),
        ..Line::default()
    };
    let costs = |number: usize| {
        let (quantity, price) = (1 + number as i64 % 3, 499 + 250 * (number as i64 % 7));
        LineAmounts { quantity, price: Some(price), amount: Some(quantity * price), ..LineAmounts::default() }
    };
    let cart = Cart { lines: (first..first + lines).map(line).collect(), ..Cart::default() };
    let lines: Vec<LineAmounts> = (first..first + lines).map(costs).collect();
    let amount = lines.iter().filter_map(|line| line.amount).sum();
    (cart, Amounts { amount: Some(amount), lines, ..Amounts::default() })
}

fn discount(json: Value) -> anyhow::Result<Discount> {
    serde_json::from_value(json).context("a discount")
}

fn rule(rules: Value, applicable_to: Value) -> anyhow::Result<Arc<RuleSet>> {
    let json = json!({
        "id": "val_1", "name": "a rule", "created_at": "2026-01-01T00:00:00Z", "rules": rules,
        "applicable_to": applicable_to,
    });
    let rule: ValidationRule = serde_json::from_value(json)?;
    RuleSet::compile(&rule).map(Arc::new).map_err(|error| anyhow::anyhow!("{error}"))
}

fn leaf(name: &str, conditions: Value) -> Value {
    json!({"name": name, "conditions": conditions})
}

/// The median time of a call in microseconds, and how often it allocates.
fn measure(mut call: impl FnMut(usize)) -> (f64, f64) {
    /// Calls that are timed together: a clock costs as much as some of them.
    const BATCH: usize = 16;
    for number in 0..ORDERS * 4 {
        call(number);
    }
    let region = Region::new(ALLOCATOR);
    for number in 0..ORDERS {
        call(number);
    }
    let allocations = region.change().allocations as f64 / ORDERS as f64;
    let (started, mut times, mut number) = (Instant::now(), Vec::new(), 0);
    while started.elapsed() < LENGTH {
        let batch = Instant::now();
        for _ in 0..BATCH {
            call(number);
            number += 1;
        }
        times.push(batch.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], allocations)
}

fn add(figures: &mut Vec<Figure>, name: &str, (time, allocations): (f64, f64), aim: Option<Aim>) {
    let figure = Figure::new(name, time, "µs");
    figures.push(match aim {
        Some(aim) => figure.aim(aim),
        None => figure,
    });
    figures.push(Figure::new(format!("{name}: allocations"), allocations, ""));
}

/// One code, without rules.
fn single(world: &World, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let orders: Vec<_> = (0..ORDERS).map(|number| order(number, LINES)).collect();
    let of_order = discount(json!({"type": "PERCENT", "percent_off": 20, "effect": "APPLY_TO_ORDER"}))?;
    let of_items = discount(json!({"type": "PERCENT", "percent_off": 20, "effect": "APPLY_TO_ITEMS"}))?;
    let everything = [rule(json!({"logic": ""}), json!({"included": [], "excluded": [], "included_all": true}))?];
    for (name, discount, rules, aim) in [
        ("20 % off an order of 10 lines", &of_order, &[][..], Some(Aim::LessThan(3.0))),
        ("20 % off each of 10 lines, with the answer's list of them", &of_items, &everything[..], None),
    ] {
        let redeemable = Redeemable { own_rules: rules, ..Redeemable::new("CODE", Kind::Coupon(discount)) };
        let requested = [Requested { id: "CODE", object: Object::Voucher, redeemable: Some(redeemable) }];
        let measured = measure(|number| {
            world.with(&orders[number % ORDERS], |request| {
                black_box(evaluate::alone(request, &requested[0], &mut Trace::off())).is_ok()
            });
        });
        add(figures, name, measured, aim);
    }
    Ok(())
}

/// Five redeemables with rules.
fn five() -> anyhow::Result<Vec<(Discount, Vec<Arc<RuleSet>>)>> {
    let everything = json!({"included": [], "excluded": [], "included_all": true});
    let nothing = || json!({});
    let over = |amount: i64| leaf("order.amount", json!({"$more_than_or_equal": [amount]}));
    Ok(vec![
        (
            discount(json!({"type": "PERCENT", "percent_off": 10, "effect": "APPLY_TO_ITEMS"}))?,
            vec![rule(json!({"1": over(1_000), "logic": "1"}), everything)?],
        ),
        (
            discount(json!({"type": "AMOUNT", "amount_off": 300, "effect": "APPLY_TO_ORDER"}))?,
            vec![rule(
                json!({"1": leaf("customer.segment", json!({"$is": ["seg_regulars"]})), "2": over(500), "logic": "1 and 2"}),
                nothing(),
            )?],
        ),
        (
            discount(json!({"type": "PERCENT", "percent_off": 5, "effect": "APPLY_TO_ORDER"}))?,
            vec![rule(
                json!({
                    "1": {"name": "customer.metadata", "property": "channel", "conditions": {"$in": ["web", "app"]}},
                    "2": leaf("order.items.count", json!({"$more_than": [5]})), "logic": "1 or 2",
                }),
                nothing(),
            )?],
        ),
        (
            discount(json!({"type": "AMOUNT", "amount_off": 200, "effect": "APPLY_TO_ITEMS_PROPORTIONALLY"}))?,
            vec![rule(
                json!({"1": leaf("campaign.redemptions.count", json!({"$less_than_or_equal": [100]})), "logic": "1"}),
                json!({"included": [], "excluded": [], "included_all": true}),
            )?],
        ),
        (
            discount(json!({"type": "FIXED", "fixed_amount": 100, "effect": "APPLY_TO_ORDER"}))?,
            vec![rule(json!({"1": over(100), "logic": "1"}), nothing())?],
        ),
    ])
}

fn stacked(world: &World, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let orders: Vec<_> = (0..ORDERS).map(|number| order(number, LINES)).collect();
    let five = five()?;
    let requested = requested(&five);
    let check =
        world.with(&orders[0], |request| evaluate::stack(request, &requested, &mut Trace::off()).applied().count());
    anyhow::ensure!(check == five.len(), "{check} of the five redeemables apply");
    let measured = measure(|number| {
        world.with(&orders[number % ORDERS], |request| {
            black_box(evaluate::stack(request, &requested, &mut Trace::off())).is_valid()
        });
    });
    add(figures, "a stack of 5 with rules, 10 lines", measured, Some(Aim::LessThan(25.0)));
    let explained = measure(|number| {
        world.with(&orders[number % ORDERS], |request| {
            let mut trace = Trace::on();
            black_box(evaluate::stack(request, &requested, &mut trace)).is_valid();
            black_box(trace.into_nodes()).len()
        });
    });
    add(figures, "the same, explained", explained, None);
    Ok(())
}

fn requested(redeemables: &[(Discount, Vec<Arc<RuleSet>>)]) -> Vec<Requested<'_>> {
    redeemables
        .iter()
        .map(|(discount, rules)| {
            let redeemable = Redeemable { own_rules: rules, ..Redeemable::new("promo", Kind::PromotionTier(discount)) };
            Requested { id: "promo", object: Object::PromotionTier, redeemable: Some(redeemable) }
        })
        .collect()
}

/// The same stack on carts of all sizes.
fn carts(world: &World, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let five = five()?;
    let requested = requested(&five);
    let mut of_ten = 0.0;
    for lines in [1, 10, 100, 500] {
        let orders: Vec<_> = (0..ORDERS).map(|number| order(number, lines)).collect();
        let (time, allocations) = measure(|number| {
            world.with(&orders[number % ORDERS], |request| {
                black_box(evaluate::stack(request, &requested, &mut Trace::off())).is_valid()
            });
        });
        if lines == LINES {
            of_ten = time;
        }
        let figure = Figure::new(format!("the stack of 5, {lines} lines"), time, "µs");
        figures.push(match lines > LINES {
            // Ten times as many lines may take ten times as long.
            true => figure.against(of_ten * lines as f64 / LINES as f64).aim(Aim::RatioAtMost(1.1)),
            false => figure,
        });
        figures.push(Figure::new(format!("the stack of 5, {lines} lines: allocations"), allocations, ""));
    }
    Ok(())
}

/// Looking for the ten promotions that apply, among more and more others.
fn promotions(world: &World, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let off = discount(json!({"type": "PERCENT", "percent_off": 5, "effect": "APPLY_TO_ORDER"}))?;
    // All orders have the same products, in turn at another place: every promotion of those matches.
    let orders: Vec<_> = (0..ORDERS)
        .map(|turn| {
            let (mut cart, mut amounts) = order(0, LINES);
            cart.lines.rotate_left(turn % LINES);
            amounts.lines.rotate_left(turn % LINES);
            (cart, amounts)
        })
        .collect();
    let mut of_ten = 0.0;
    for count in [10, 1_000, 10_000, 100_000] {
        let rules = (0..count).map(promotion).collect::<anyhow::Result<Vec<_>>>()?;
        let limits = || Limits::compile(&TimeLimits::default());
        let started = Instant::now();
        let index = Index::new(rules.iter().map(|set| Promotion { rules: vec![set.clone()], limits: limits() }));
        index.prepare(Scope::Full);
        let built = started.elapsed();
        let tiers: Vec<Requested<'_>> = rules
            .iter()
            .map(|set| {
                let redeemable = Redeemable {
                    own_rules: std::slice::from_ref(set),
                    ..Redeemable::new("promo", Kind::PromotionTier(&off))
                };
                Requested { id: "promo", object: Object::PromotionTier, redeemable: Some(redeemable) }
            })
            .collect();
        let indexed = |request: &Request<'_>| {
            let situation = Situation { order: request.order, facts: request.facts, scope: request.scope };
            let candidates = index.candidates(&situation);
            candidates
                .into_iter()
                .filter(|place| evaluate::alone(request, &tiers[*place], &mut Trace::off()).is_ok())
                .count()
        };
        let naive = |request: &Request<'_>| {
            tiers.iter().filter(|tier| evaluate::alone(request, tier, &mut Trace::off()).is_ok()).count()
        };
        world.with(&orders[0], |request| {
            let (found, there) = (indexed(request), naive(request));
            anyhow::ensure!(found == MATCHING && there == MATCHING, "{found} found, {there} there");
            Ok(())
        })?;
        let (time, allocations) = measure(|number| {
            world.with(&orders[number % ORDERS], |request| black_box(indexed(request)));
        });
        if count == 10 {
            of_ten = time;
        }
        let figure = Figure::new(format!("10 that apply, of {count} promotions"), time, "µs");
        figures.push(match count {
            100_000 => figure.against(of_ten).aim(Aim::RatioAtMost(3.0)),
            _ => figure.against(of_ten),
        });
        figures.push(Figure::new(format!("10 that apply, of {count} promotions: allocations"), allocations, ""));
        if count == 10_000 {
            let mut times = (0..15)
                .map(|turn| {
                    let started = Instant::now();
                    world.with(&orders[turn], |request| black_box(naive(request)));
                    started.elapsed().as_secs_f64() * 1e6
                })
                .collect::<Vec<f64>>();
            times.sort_by(f64::total_cmp);
            let every_one = Figure::new("evaluating every one of 10000", times[times.len() / 2], "µs");
            figures.push(every_one.against(time).aim(Aim::RatioAtLeast(20.0)));
        }
        if count == 100_000 {
            figures.push(Figure::time("filing 100000 promotions", built).aim(Aim::LessThan(1_000.0)));
        }
    }
    Ok(())
}

/// The promotion of that number: the first ten apply to the order, others ask for other products,
/// segments, amounts or channels.
fn promotion(number: usize) -> anyhow::Result<Arc<RuleSet>> {
    let product = |number: usize| {
        leaf("order.items.any", json!({"$is": [{"id": format!("prod_{number}"), "object": "product"}]}))
    };
    let rules = match (number < MATCHING, number % 4) {
        (true, _) => {
            json!({"1": product(number), "2": leaf("customer.segment", json!({"$is": ["seg_regulars"]})), "logic": "1 and 2"})
        }
        (false, 0) => json!({"1": product(number + 1_000), "logic": "1"}),
        (false, 1) => json!({"1": leaf("customer.segment", json!({"$is": [format!("seg_{number}")]})), "logic": "1"}),
        (false, 2) => json!({"1": leaf("order.amount", json!({"$more_than": [1_000_000 + number]})), "logic": "1"}),
        (false, _) => json!({
            "1": {"name": "customer.metadata", "property": "channel", "conditions": {"$is": [format!("partner-{number}")]}},
            "2": product(number % 50), "logic": "1 and 2",
        }),
    };
    rule(rules, json!({}))
}
