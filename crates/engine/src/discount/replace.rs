//! Better units instead of those that were ordered, which pay for them.
//!
//! ```
#![doc = include_str!("example.txt")]
//! // Two shirts at 20.00, and a limited one at 25.00 in the order already.
//! let shop = order(json!({"items": [{"product_id": "shirt", "quantity": 2, "price": 2000},
//!                                   {"product_id": "limited", "quantity": 1, "price": 2500}]}));
//! let upgrade = json!({"type": "UNIT", "effect": "REPLACE_ITEMS", "unit_off": 1, "unit_type": "limited"});
//! let amounts = apply(upgrade, &shop).amounts;
//!
//! // Three limited ones, for the price of one and two ordinary ones.
//! assert_eq!((amounts.lines[0].quantity, amounts.lines[1].quantity), (0, 3));
//! assert_eq!((amounts.amount, amounts.lines[1].discount_amount, amounts.running_total()), (Some(7500), 1000, 6500));
//! ```
//!
//! If the new units are cheaper, there is nothing to take off, and the order costs less.

use guerdon_model::{
    discount::{FreeUnits, UnitEffect},
    order::ApplicationDetails,
};

use super::{
    Run,
    units::{self, Found, worth},
    value::{Number, UNITS},
};
use crate::{
    money::{Overflow, plus, times},
    target::PickedLine,
    trace::{Kind, Node},
};

/// Replaces each picked unit by `unit_off` new ones. Bundles multiply the limits on units, and so the
/// number of units that are replaced. Gives the discount as the result shows it.
pub(super) fn apply(run: &mut Run<'_, '_>, unit: FreeUnits<UnitEffect>) -> Result<FreeUnits<UnitEffect>, Overflow> {
    let number = Number::new(run, unit.unit_off, unit.unit_off_formula.as_deref(), UNITS);
    run.pick(run.bundles(), false);
    let found = Found::new(run, &unit.unit_type);
    for picked in run.picked.clone() {
        // What is asked for already is not replaced by itself.
        if !found.places.contains(&picked.line) {
            replace(run, &unit.unit_type, picked, number.value)?;
        }
    }
    let (unit_off, is_dynamic) = number.shown();
    let (product, sku) = found.shown();
    Ok(FreeUnits { unit_off, is_dynamic, product, sku, ..unit })
}

/// Replaces units of one line by so many each.
fn replace(run: &mut Run<'_, '_>, unit_type: &str, source: PickedLine, each: i64) -> Result<(), Overflow> {
    // The line of an earlier replacement may have been appended.
    let found = Found::new(run, unit_type);
    let units = times(source.units, each)?;
    let line = &run.amounts.lines[source.line];
    let removed = worth(line.amount.unwrap_or(0), source.units, line.quantity)?;
    let Some(added) = found.cost(run, units)? else { return Ok(()) };
    // Discounts that were given before stay, so what remains must be worth them, and free units stay as well.
    let stays_worth = line.subtotal() >= removed && plus(run.amounts.running_total(), added)? >= removed;
    let can_go = stays_worth && line.quantity.saturating_sub(source.units) >= line.free_quantity;
    if units == 0 || !can_go {
        return Ok(());
    }

    let line = &mut run.amounts.lines[source.line];
    line.keep_initial();
    units::change(line, -source.units, Some(-removed))?;
    // Both at once, so that the order never looks cheaper than its discounts.
    let target = units::add(run, &found, units)?.line;
    units::change_order(run, -removed)?;

    let running_total = run.amounts.running_total();
    let line = &mut run.amounts.lines[target];
    let taken = added.saturating_sub(removed).min(line.subtotal()).min(running_total).max(0);
    if taken > 0 {
        line.discount(taken)?;
        line.discount_quantity = plus(line.discount_quantity, units)?.min(line.quantity);
    }
    run.amounts.replacements.push(ApplicationDetails {
        source_index: source.line,
        source_applied_quantity: -source.units,
        source_applied_quantity_amount: -removed,
        target_index: target,
        target_applied_quantity: units,
        target_applied_quantity_amount: added,
        target_applied_discount_amount: taken,
    });
    run.trace.add(|| {
        let node = Node::new(Kind::Step).subject("units").detail("line", source.line).detail("removed", source.units);
        node.detail("added_to", target).detail("taken", taken)
    });
    Ok(())
}
