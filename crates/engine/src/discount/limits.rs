//! What lines are really discounted by: never more than limits allow, nor than is left to pay.

use super::Run;
use crate::{
    cart::LineAmounts,
    money::{Overflow, plus},
    target::PickedLine,
    trace::{Kind, Node},
};

/// The limits of a discount, besides those of each entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AmountLimits {
    /// Of each line.
    pub(super) per_line: Option<i64>,
    /// Of all lines together.
    pub(super) over_all: Option<i64>,
}

/// The share of an amount that falls to some of a line's units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) numerator: i128,
    pub(super) denominator: i128,
}

impl Share {
    /// `amount · units / quantity`, exactly.
    pub(super) fn new(amount: i64, units: i64, quantity: i64) -> Self {
        Self { numerator: i128::from(amount.max(0)) * i128::from(units), denominator: quantity.max(1).into() }
    }

    /// What is left to pay for the eligible units. Earlier discounts count evenly for all units.
    pub(super) fn eligible(line: &LineAmounts, picked: &PickedLine) -> Self {
        Self::new(line.subtotal(), picked.units, line.quantity)
    }

    /// In whole minor units: whoever pays at most this does not pay a fraction too much.
    pub(super) fn floor(self) -> i64 {
        // Units are never more than the quantity, so this fits.
        i64::try_from(self.numerator / self.denominator).unwrap_or(i64::MAX)
    }
}

/// Takes off each picked line what `raw` says, cut by the smallest of all limits. Limits over several
/// lines are used up by the first ones. Gives the sum.
pub(super) fn take_off_items<'a, 's>(
    run: &mut Run<'a, 's>,
    limits: AmountLimits,
    mut raw: impl FnMut(&Run<'a, 's>, &PickedLine) -> Result<i64, Overflow>,
) -> Result<i64, Overflow> {
    let mut running_total = run.amounts.running_total();
    let mut over_all = limits.over_all.unwrap_or(i64::MAX);
    let mut of_entry = (usize::MAX, 0);
    let mut sum = 0;
    for place in 0..run.picked.len() {
        let picked = run.picked[place];
        let wanted = raw(run, &picked)?;
        let entry = run.included.get(picked.entry);
        // Lines come entry by entry.
        if of_entry.0 != picked.entry {
            of_entry = (picked.entry, limit(entry.and_then(|entry| entry.aggregated_amount_limit)));
        }
        let line = &mut run.amounts.lines[picked.line];
        let bounds = [
            limits.per_line.unwrap_or(i64::MAX),
            limit(entry.and_then(|entry| entry.amount_limit)),
            of_entry.1,
            over_all,
            line.subtotal(),
            running_total,
        ];
        let taken = bounds.into_iter().fold(wanted, i64::min).max(0);
        run.trace.add(|| {
            let node = Node::new(Kind::Step).subject("line").detail("line", picked.line);
            node.detail("units", picked.units).detail("discount", wanted).detail("taken", taken)
        });
        if taken > 0 {
            line.discount(taken)?;
            line.discount_quantity = line.discount_quantity.max(picked.units);
        }
        of_entry.1 -= taken;
        over_all -= taken;
        running_total -= taken;
        sum = plus(sum, taken)?;
    }
    Ok(sum)
}

fn limit(limit: Option<i64>) -> i64 {
    crate::target::limited(limit).unwrap_or(i64::MAX)
}
