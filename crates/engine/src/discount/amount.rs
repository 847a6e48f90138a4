//! So much off: the order, each line, each unit, or shared among lines.
//!
//! ```
#![doc = include_str!("example.txt")]
//! // Three mugs at 5.00 and a tray at 20.00.
//! let shop = order(json!({"items": [{"quantity": 3, "price": 500}, {"quantity": 1, "price": 2000}]}));
//! let ten_off = |effect| off_lines(&apply(json!({"type": "AMOUNT", "amount_off": 1000, "effect": effect}), &shop));
//!
//! // Off each line; off each unit, but not more than it costs.
//! assert_eq!(ten_off("APPLY_TO_ITEMS"), [1000, 1000]);
//! assert_eq!(ten_off("APPLY_TO_ITEMS_BY_QUANTITY"), [1500, 1000]);
//! // One amount shared 15 : 20, and 3 : 1.
//! assert_eq!(ten_off("APPLY_TO_ITEMS_PROPORTIONALLY"), [429, 571]);
//! assert_eq!(ten_off("APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY"), [750, 250]);
//! ```

use guerdon_model::discount::{AmountDiscount, AmountEffect};

use super::{
    Run,
    limits::{AmountLimits, Share, take_off_items},
    split::{Part, split},
    value::{AMOUNT, Number},
};
use crate::{
    money::{Overflow, plus},
    target::limited,
};

/// Gives the discount as the result shows it.
pub(super) fn apply(run: &mut Run<'_, '_>, discount: AmountDiscount) -> Result<AmountDiscount, Overflow> {
    let formula = discount.amount_off_formula.as_deref();
    let mut number = Number::new(run, discount.amount_off, formula, AMOUNT);
    let limit = limited(discount.aggregated_amount_limit);
    match discount.effect.unwrap_or(AmountEffect::ApplyToOrder) {
        AmountEffect::ApplyToOrder => {
            run.take_off_order(for_bundles(run, number.value).min(limit.unwrap_or(i64::MAX)))?;
        }
        AmountEffect::ApplyToItems => of_each_line(run, limit, &mut number)?,
        AmountEffect::ApplyToItemsByQuantity => of_each_unit(run, limit, &mut number)?,
        AmountEffect::ApplyToItemsProportionally => shared(run, limit, number.value, |eligible, _| eligible)?,
        AmountEffect::ApplyToItemsProportionallyByQuantity => shared(run, limit, number.value, |_, units| units)?,
    }
    let (amount_off, is_dynamic) = number.shown();
    Ok(AmountDiscount { amount_off, is_dynamic, ..discount })
}

/// An amount once for each bundle. What does not fit is more than anything costs, and is cut anyway.
fn for_bundles(run: &Run<'_, '_>, amount: i64) -> i64 {
    amount.saturating_mul(run.bundles())
}

/// The whole amount off each line, whatever its quantity.
fn of_each_line(run: &mut Run<'_, '_>, limit: Option<i64>, number: &mut Number<i64>) -> Result<(), Overflow> {
    run.pick(1, false);
    take_off_items(run, AmountLimits { per_line: None, over_all: limit }, |run, picked| {
        let off = for_bundles(run, number.at(run, picked.line));
        Ok(off.min(Share::eligible(&run.amounts.lines[picked.line], picked).floor()))
    })?;
    Ok(())
}

/// The whole amount off each unit, but not more than the unit costs. Bundles multiply the limits on units.
fn of_each_unit(run: &mut Run<'_, '_>, limit: Option<i64>, number: &mut Number<i64>) -> Result<(), Overflow> {
    run.pick(run.bundles(), true);
    take_off_items(run, AmountLimits { per_line: None, over_all: limit }, |run, picked| {
        let off = number.at(run, picked.line).saturating_mul(picked.units);
        Ok(off.min(Share::eligible(&run.amounts.lines[picked.line], picked).floor()))
    })?;
    Ok(())
}

/// One amount shared among the picked lines, by a weight that is made of what is left to pay for the
/// eligible units, and of their number.
fn shared(run: &mut Run<'_, '_>, limit: Option<i64>, amount: i64, weight: fn(i64, i64) -> i64) -> Result<(), Overflow> {
    run.pick(1, false);
    let part = |picked: &crate::target::PickedLine| {
        let eligible = Share::eligible(&run.amounts.lines[picked.line], picked).floor();
        Part { weight: weight(eligible, picked.units), cap: eligible }
    };
    let parts: Vec<Part> = run.picked.iter().map(part).collect();
    let room = parts.iter().try_fold(0, |sum, part| plus(sum, part.cap))?;
    let mut shares = split(for_bundles(run, amount).min(room), &parts)?.into_iter();
    take_off_items(run, AmountLimits { per_line: None, over_all: limit }, |_, _| Ok(shares.next().unwrap_or(0)))?;
    Ok(())
}
