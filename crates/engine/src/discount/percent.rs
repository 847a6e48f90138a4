//! So many percent off: the order, or each line.
//!
//! In the mode `INITIAL_AMOUNT` percentages are of what there was to pay at first. Caps are of what is
//! left to pay all the same.
//!
//! ```
#![doc = include_str!("example.txt")]
//! let ten_percent = |effect| json!({"type": "PERCENT", "percent_off": 10, "effect": effect});
//!
//! // Half a cent of the order; 99.9 cents of the one line, and half a cent of the other.
//! assert_eq!(apply(ten_percent("APPLY_TO_ORDER"), &order(json!({"amount": 5}))).amounts.discount_amount, 1);
//! let shop = order(json!({"items": [{"quantity": 3, "price": 333}, {"quantity": 1, "price": 5}]}));
//! assert_eq!(off_lines(&apply(ten_percent("APPLY_TO_ITEMS"), &shop)), [100, 1]);
//!
//! // The smallest limit wins, and limits over all lines are used up by the first ones.
//! let limited = json!({"type": "PERCENT", "percent_off": 50, "amount_limit": 150, "aggregated_amount_limit": 400});
//! let shop = order(json!({"items": [{"amount": 200}, {"amount": 450}, {"amount": 600}]}));
//! assert_eq!(off_lines(&apply(limited, &shop)), [100, 150, 150]);
//! ```

use guerdon_model::{
    discount::{DiscountCalculationMode, PercentDiscount, ValueEffect},
    number::Percentage,
};

use super::{
    Run,
    limits::{AmountLimits, Share, take_off_items},
    value::{Number, PERCENT},
};
use crate::{
    cart::LineAmounts,
    money::{Overflow, power_of_ten, round_ratio},
    target::{PickedLine, limited},
};

/// Gives the discount as the result shows it.
pub(super) fn apply(run: &mut Run<'_, '_>, discount: PercentDiscount) -> Result<PercentDiscount, Overflow> {
    let formula = discount.percent_off_formula.as_deref();
    let mut number = Number::new(run, discount.percent_off, formula, PERCENT);
    let limits =
        AmountLimits { per_line: limited(discount.amount_limit), over_all: limited(discount.aggregated_amount_limit) };
    match discount.effect.unwrap_or_default() {
        ValueEffect::ApplyToOrder => of_order(run, limits, number.value)?,
        ValueEffect::ApplyToItems => of_items(run, limits, &mut number)?,
    }
    let (percent_off, is_dynamic) = number.shown();
    Ok(PercentDiscount { percent_off, is_dynamic, ..discount })
}

/// Off the order as a whole. Bundles multiply the percentage, up to 100.
fn of_order(run: &mut Run<'_, '_>, limits: AmountLimits, percentage: Percentage) -> Result<(), Overflow> {
    let base = match run.step.calculation {
        DiscountCalculationMode::DiscountedAmount => run.amounts.running_total(),
        DiscountCalculationMode::InitialAmount => run.amounts.initial_amount.or(run.amounts.amount).unwrap_or(0),
    };
    let off = Rate::new(percentage, run.bundles()).of(Share::new(base, 1, 1))?;
    run.take_off_order([limits.per_line, limits.over_all].into_iter().flatten().fold(off, i64::min))
}

/// Off each line, rounded once per line. Bundles multiply the percentage, but no limits on units.
fn of_items(run: &mut Run<'_, '_>, limits: AmountLimits, percentage: &mut Number<Percentage>) -> Result<(), Overflow> {
    run.pick(1, true);
    take_off_items(run, limits, |run, picked| {
        let rate = Rate::new(percentage.at(run, picked.line), run.bundles());
        rate.of(base(run.step.calculation, &run.amounts.lines[picked.line], picked))
    })?;
    Ok(())
}

/// What the percentage of a line is taken of.
fn base(calculation: DiscountCalculationMode, line: &LineAmounts, picked: &PickedLine) -> Share {
    match calculation {
        DiscountCalculationMode::DiscountedAmount => Share::eligible(line, picked),
        DiscountCalculationMode::InitialAmount => {
            Share::new(line.initial_amount.or(line.amount).unwrap_or(0), picked.units, line.quantity)
        }
    }
}

/// A percentage as a fraction.
struct Rate {
    numerator: i128,
    denominator: i128,
}

impl Rate {
    /// So many times a percentage, up to the whole.
    fn new(percentage: Percentage, times: i64) -> Self {
        let decimal = percentage.get();
        let denominator = 100 * power_of_ten(decimal.scale());
        let numerator = decimal.mantissa().saturating_mul(times.into()).min(denominator);
        Self { numerator, denominator }
    }

    fn of(&self, share: Share) -> Result<i64, Overflow> {
        let numerator = share.numerator.checked_mul(self.numerator).ok_or(Overflow)?;
        round_ratio(numerator, share.denominator.checked_mul(self.denominator).ok_or(Overflow)?)
    }
}
