//! A new price: of the order, or of each unit. A price above the present one changes nothing.
//!
//! ```
#![doc = include_str!("example.txt")]
//! let four_each = json!({"type": "FIXED", "fixed_amount": 400, "effect": "APPLY_TO_ITEMS"});
//! let shop = order(json!({"items": [{"quantity": 3, "price": 500}, {"quantity": 1, "price": 350}]}));
//! assert_eq!(off_lines(&apply(four_each, &shop)), [300, 0]);
//!
//! let sixty_in_all = json!({"type": "FIXED", "fixed_amount": 6000, "effect": "APPLY_TO_ORDER"});
//! assert_eq!(apply(sixty_in_all.clone(), &order(json!({"amount": 10000}))).amounts.running_total(), 6000);
//! assert!(!apply(sixty_in_all, &order(json!({"amount": 5000}))).has_effect);
//! ```

use guerdon_model::{
    discount::{FixedDiscount, ValueEffect},
    validation_rule::ApplicableToEntry,
};

use super::{
    Run,
    limits::{AmountLimits, Share, take_off_items},
    value::{Number, PRICE},
};
use crate::money::Overflow;

/// Gives the discount as the result shows it.
pub(super) fn apply(run: &mut Run<'_, '_>, discount: FixedDiscount) -> Result<FixedDiscount, Overflow> {
    let mut number = Number::new(run, discount.fixed_amount, discount.fixed_amount_formula.as_deref(), PRICE);
    match discount.effect.unwrap_or_default() {
        ValueEffect::ApplyToOrder => of_order(run, number.value)?,
        ValueEffect::ApplyToItems => of_items(run, &mut number)?,
    }
    let (fixed_amount, is_dynamic) = number.shown();
    Ok(FixedDiscount { fixed_amount, is_dynamic, ..discount })
}

/// The order costs so much. Bundles don't multiply it.
fn of_order(run: &mut Run<'_, '_>, total: Option<i64>) -> Result<(), Overflow> {
    match total {
        Some(total) if run.bundles() > 0 => run.take_off_order(run.amounts.running_total().saturating_sub(total)),
        _ => Ok(()),
    }
}

/// Each eligible unit costs so much: the price of the line's entry, by formula or as it is, or else the
/// discount's. Bundles multiply the limits on units.
fn of_items(run: &mut Run<'_, '_>, of_discount: &mut Number<Option<i64>>) -> Result<(), Overflow> {
    run.pick(run.bundles(), true);
    let entries = run.included.clone();
    let of_entry = |entry: &ApplicableToEntry| Number::new(run, entry.price, entry.price_formula.as_deref(), PRICE);
    let mut of_entries: Vec<Number<Option<i64>>> = entries.into_iter().map(of_entry).collect();
    take_off_items(run, AmountLimits::default(), |run, picked| {
        let of_entry = &mut of_entries[picked.entry];
        let price = of_entry.at(run, picked.line).or_else(|| of_discount.at(run, picked.line));
        of_discount.is_dynamic |= of_entry.is_dynamic;
        let Some(price) = price else { return Ok(0) };
        // A price that does not fit is above the present one.
        let eligible = Share::eligible(&run.amounts.lines[picked.line], picked).floor();
        Ok(eligible.saturating_sub(price.saturating_mul(picked.units)))
    })?;
    Ok(())
}
