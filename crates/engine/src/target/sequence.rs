//! In which order an entry picks its lines or units, and which of them.

use std::cmp::Ordering;

use guerdon_model::validation_rule::{ApplicableToEntry, ItemEffect, ItemTarget};

use super::PickedLine;
use crate::cart::LineAmounts;

/// Appends what an entry picks of its lines, which have amounts and quantities.
pub(super) fn pick(
    entry: &ApplicableToEntry,
    place: usize,
    candidates: impl Iterator<Item = usize>,
    lines: &[LineAmounts],
    picked: &mut Vec<PickedLine>,
) {
    let steps = Steps { skip: entry.skip_initially.max(0).into(), repeat: entry.repeat.max(1).into() };
    let begin = picked.len();
    let mut position = 0_i128;
    for line in sorted(entry.effect, candidates, lines) {
        let quantity = lines[line].quantity;
        let positions = match entry.target {
            ItemTarget::Item => 1,
            ItemTarget::Unit => quantity,
        };
        let end = position + i128::from(positions);
        let hits = steps.before(end) - steps.before(position);
        if hits > 0 {
            picked.push(match entry.target {
                ItemTarget::Item => PickedLine { line, entry: place, units: quantity, first: 1, every: 1 },
                ItemTarget::Unit => PickedLine {
                    line,
                    entry: place,
                    // Both are at most the quantity.
                    units: hits.try_into().unwrap_or(quantity),
                    first: (steps.next(position) - position + 1).try_into().unwrap_or(quantity),
                    every: entry.repeat.max(1),
                },
            });
        }
        position = end;
    }
    if matches!(entry.effect, ItemEffect::ApplyToCheapest | ItemEffect::ApplyToMostExpensive) {
        picked.truncate(begin + 1);
        if let (Some(only), ItemTarget::Unit) = (picked.get_mut(begin), entry.target) {
            only.units = 1;
        }
    }
}

/// Lines by unit price; those of equal price stay in the order of the cart.
fn sorted(
    effect: ItemEffect,
    candidates: impl Iterator<Item = usize>,
    lines: &[LineAmounts],
) -> impl Iterator<Item = usize> {
    let by_price = |a: &usize, b: &usize| compare_prices(&lines[*a], &lines[*b]);
    let (unsorted, sorted) = match effect {
        ItemEffect::ApplyToEvery => (Some(candidates), Vec::new()),
        ItemEffect::ApplyToCheapest | ItemEffect::ApplyFromCheapest => {
            let mut lines: Vec<usize> = candidates.collect();
            lines.sort_by(by_price);
            (None, lines)
        }
        ItemEffect::ApplyToMostExpensive | ItemEffect::ApplyFromMostExpensive => {
            let mut lines: Vec<usize> = candidates.collect();
            lines.sort_by(|a, b| by_price(b, a));
            (None, lines)
        }
    };
    unsorted.into_iter().flatten().chain(sorted)
}

/// Amounts win over prices, so a unit costs its share of the line's amount.
fn compare_prices(a: &LineAmounts, b: &LineAmounts) -> Ordering {
    let amount = |line: &LineAmounts| i128::from(line.amount.unwrap_or(0));
    (amount(a) * i128::from(b.quantity)).cmp(&(amount(b) * i128::from(a.quantity)))
}

/// Positions that are hit: the first ones are passed over, then every so-manieth is hit.
struct Steps {
    skip: i128,
    repeat: i128,
}

impl Steps {
    /// How many of the positions before this one are hit.
    fn before(&self, position: i128) -> i128 {
        (position - self.skip).max(0).div_euclid(self.repeat)
            + i128::from((position - self.skip).max(0) % self.repeat > 0)
    }

    /// The first position from this one on that is hit.
    fn next(&self, position: i128) -> i128 {
        self.skip + self.before(position) * self.repeat
    }
}

#[cfg(test)]
mod tests {
    use guerdon_model::validation_rule::ItemObject;
    use proptest::prelude::*;

    use super::*;

    fn entry(effect: ItemEffect, target: ItemTarget, skip_initially: i64, repeat: i64) -> ApplicableToEntry {
        ApplicableToEntry {
            effect,
            target,
            skip_initially,
            repeat,
            ..ApplicableToEntry::new(ItemObject::ProductsCollection, "pc_1")
        }
    }

    fn lines(lines: &[(i64, i64)]) -> Vec<LineAmounts> {
        lines
            .iter()
            .map(|(quantity, price)| LineAmounts {
                quantity: *quantity,
                price: Some(*price),
                amount: Some(quantity * price),
                ..LineAmounts::default()
            })
            .collect()
    }

    fn units(entry: &ApplicableToEntry, lines: &[LineAmounts]) -> Vec<(usize, Vec<i64>)> {
        let mut picked = Vec::new();
        pick(entry, 0, 0..lines.len(), lines, &mut picked);
        picked.iter().map(|picked| (picked.line, picked.numbers().collect())).collect()
    }

    #[test]
    fn lines_and_units_are_picked_in_the_documented_order() {
        use ItemEffect::*;
        use ItemTarget::*;
        let ten = lines(&[(10, 100)]);
        let three = lines(&[(2, 2_000), (3, 2_000), (5, 1_500)]);
        for (entry, lines, expected) in [
            (entry(ApplyToEvery, Unit, 1, 3), &ten, vec![(0, vec![2, 5, 8])]),
            (entry(ApplyToEvery, Item, 0, 1), &ten, vec![(0, (1..=10).collect())]),
            (entry(ApplyToEvery, Item, 1, 1), &ten, vec![]),
            (entry(ApplyToEvery, Unit, 10, 1), &ten, vec![]),
            (entry(ApplyToEvery, Unit, 0, 4), &three, vec![(0, vec![1]), (1, vec![3]), (2, vec![4])]),
            (entry(ApplyToCheapest, Item, 0, 1), &three, vec![(2, vec![1, 2, 3, 4, 5])]),
            (entry(ApplyToCheapest, Unit, 0, 1), &three, vec![(2, vec![1])]),
            (entry(ApplyToMostExpensive, Item, 0, 1), &three, vec![(0, vec![1, 2])]),
            (entry(ApplyToMostExpensive, Item, 1, 1), &three, vec![(1, vec![1, 2, 3])]),
            (entry(ApplyFromCheapest, Item, 1, 2), &three, vec![(0, vec![1, 2])]),
            // Three at 20.00 come before five at 15.00, though these cost more together.
            (entry(ApplyFromMostExpensive, Item, 1, 2), &three, vec![(1, vec![1, 2, 3])]),
            (entry(ApplyFromMostExpensive, Unit, 4, 1), &three, vec![(1, vec![3]), (2, vec![1, 2, 3, 4, 5])]),
        ] {
            assert_eq!(units(&entry, lines), expected, "{entry:?}");
        }
    }

    #[test]
    fn steps_that_make_no_sense_count_as_none() {
        let ten = lines(&[(3, 100)]);
        for (skip, repeat) in [(-5, 1), (0, 0), (0, -1)] {
            assert_eq!(
                units(&entry(ItemEffect::ApplyToEvery, ItemTarget::Unit, skip, repeat), &ten),
                [(0, vec![1, 2, 3])]
            );
        }
        let huge = lines(&[(i64::MAX, 0), (i64::MAX, 0)]);
        let mut picked = Vec::new();
        pick(&entry(ItemEffect::ApplyToEvery, ItemTarget::Unit, 1, i64::MAX), 0, 0..2, &huge, &mut picked);
        assert_eq!(picked.iter().map(|picked| (picked.units, picked.first)).collect::<Vec<_>>(), [(1, 2), (1, 2)]);
    }

    proptest! {
        #[test]
        fn units_are_picked_as_if_counted_one_by_one(
            quantities in proptest::collection::vec(1i64..12, 1..6),
            skip in 0i64..20,
            repeat in 1i64..7,
        ) {
            let lines = lines(&quantities.iter().map(|quantity| (*quantity, 1)).collect::<Vec<_>>());
            let mut expected: Vec<(usize, i64)> = Vec::new();
            let all = quantities.iter().enumerate().flat_map(|(line, quantity)| (1..=*quantity).map(move |unit| (line, unit)));
            for (position, unit) in all.enumerate() {
                let position = position as i64;
                if position >= skip && (position - skip) % repeat == 0 {
                    expected.push(unit);
                }
            }
            let entry = entry(ItemEffect::ApplyToEvery, ItemTarget::Unit, skip, repeat);
            let picked: Vec<(usize, i64)> = units(&entry, &lines)
                .into_iter()
                .flat_map(|(line, units)| units.into_iter().map(move |unit| (line, unit)))
                .collect();
            prop_assert_eq!(picked, expected);
        }
    }
}
