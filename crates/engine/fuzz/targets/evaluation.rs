//! Any project and any order: redeemables with their rules, stacked.
#![no_main]

#[path = "../../examples/evaluate/project.rs"]
mod project;

use guerdon_engine::{
    calculated,
    discount::{EmptyCatalogue, ReadAnew},
    evaluate::{self, Request},
    facts::{Calendar, Customer, Facts},
    normalize,
    rules::{Order, Scope},
    trace::Trace,
};
use jiff::{civil::Weekday, tz::TimeZone};
use libfuzzer_sys::fuzz_target;
use project::{Fresh, Project, Purchase};

fuzz_target!(|data: &[u8]| {
    let Ok(serde_json::Value::Object(mut both)) = serde_json::from_slice(data) else { return };
    let (Some(project), Some(purchase)) = (both.remove("project"), both.remove("purchase")) else { return };
    let Ok(project) = serde_json::from_value::<Project>(project) else { return };
    let Ok(project) = project.compile() else { return };
    let Ok(purchase) = serde_json::from_value::<Purchase>(purchase) else { return };
    let Ok((cart, amounts)) = normalize::sent(&purchase.order) else { return };

    let members = project.members(&cart);
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
    let requested = project.requested(&[]);
    let evaluation = evaluate::stack(&request, &requested, &mut Trace::off());
    let mut trace = Trace::on();
    // Looked at closely, it is the same.
    assert_eq!(evaluate::stack(&request, &requested, &mut trace), evaluation);
    serde_json::to_string(&trace.into_nodes()).expect("a trace is plain data");
    for (_, applied) in evaluation.applied() {
        for line in &applied.amounts.lines {
            assert!(line.discount_amount <= line.amount.unwrap_or(0).max(0), "{line:?}");
            assert!(line.applied_discount_amount >= 0);
        }
        assert!(applied.amounts.applied_discount_amount >= 0);
        let scope = calculated::Scope::Request { before: &amounts };
        let order = calculated::order(&purchase.order, applied.cart(&cart), &applied.amounts, scope);
        assert!(amounts.amount.is_some_and(|amount| amount < 0) || order.total_amount.is_none_or(|total| total >= 0));
        serde_json::to_string(&order).expect("an order is plain data");
    }
});
