//! How many units of its lines an entry may discount, in this order and over all orders.

use guerdon_model::validation_rule::{ApplicableToEntry, Budget};

use super::PickedLine;
use crate::{cart::Cart, item};

/// Knows how many units were discounted before.
pub trait UnitBudgets {
    /// Units of the entry's lines that successful redemptions within the budget's scope have discounted:
    /// of the campaign or the tier, by everybody or by the customer. Redemptions that were rolled back
    /// don't count; earlier steps of the request do. `product` is given if each product has a budget of
    /// its own, and is what [`item::product_name`] says.
    fn discounted(&self, entry: &ApplicableToEntry, budget: &Budget<'_>, product: Option<&str>) -> i64;
}

/// For redeemables before which nothing was redeemed.
pub struct NoUnitBudgets;

impl UnitBudgets for NoUnitBudgets {
    fn discounted(&self, _: &ApplicableToEntry, _: &Budget<'_>, _: Option<&str>) -> i64 {
        0
    }
}

/// Which limits on units count for a discount.
#[derive(Clone, Copy)]
pub struct UnitLimits<'a> {
    /// What limits on the units of this order are multiplied by: the number of bundles, or 1.
    pub scale: i64,
    /// For discounts that heed limits over all orders.
    pub budgets: Option<Budgets<'a>>,
}

/// Limits over all orders.
#[derive(Clone, Copy)]
pub struct Budgets<'a> {
    /// How much of them is used up.
    pub units: &'a dyn UnitBudgets,
    /// What a limit's formula gives.
    pub formula: &'a dyn Fn(&str) -> Option<i64>,
}

impl Default for UnitLimits<'_> {
    fn default() -> Self {
        Self { scale: 1, budgets: None }
    }
}

/// A budget in use.
struct Running<'e, 'c> {
    budget: Budget<'e>,
    limit: i64,
    /// What is left, by product.
    left: Vec<(Option<&'c str>, i64)>,
}

impl UnitLimits<'_> {
    /// Cuts what an entry has picked: earlier lines get all they can, and of each line the first units
    /// stay. Says whether anything can have been cut.
    pub(super) fn apply(&self, entry: &ApplicableToEntry, picked: &mut [PickedLine], cart: &Cart) -> bool {
        let of_order = |limit| limited(limit).map(|limit| limit.saturating_mul(self.scale));
        let per_line = of_order(entry.quantity_limit);
        let mut left = of_order(entry.aggregated_quantity_limit);
        let mut budgets = self.running(entry);
        if per_line.is_none() && left.is_none() && budgets.is_empty() {
            return false;
        }
        for picked in picked {
            let product = cart.lines.get(picked.line).and_then(item::product_name);
            let mut units = picked.units.min(per_line.unwrap_or(i64::MAX)).min(left.unwrap_or(i64::MAX));
            for budget in &mut budgets {
                units = units.min(*self.left(entry, budget, product));
            }
            picked.units = units.max(0);
            left = left.map(|left| left - picked.units);
            for budget in &mut budgets {
                *self.left(entry, budget, product) -= picked.units;
            }
        }
        true
    }

    fn running<'e, 'c>(&self, entry: &'e ApplicableToEntry) -> Vec<Running<'e, 'c>> {
        let Some(Budgets { formula, .. }) = self.budgets else { return Vec::new() };
        entry
            .budgets()
            .filter_map(|budget| {
                let limit = limited(budget.formula.and_then(formula).or(budget.limit))?;
                Some(Running { budget, limit, left: Vec::new() })
            })
            .collect()
    }

    fn left<'r, 'c>(
        &self,
        entry: &ApplicableToEntry,
        running: &'r mut Running<'_, 'c>,
        product: Option<&'c str>,
    ) -> &'r mut i64 {
        let product = product.filter(|_| running.budget.per_product);
        let place = running.left.iter().position(|(known, _)| *known == product).unwrap_or_else(|| {
            let used = self.budgets.map_or(0, |budgets| budgets.units.discounted(entry, &running.budget, product));
            running.left.push((product, running.limit.saturating_sub(used).max(0)));
            running.left.len() - 1
        });
        &mut running.left[place].1
    }
}

/// A limit of 0 is none.
pub(crate) fn limited(limit: Option<i64>) -> Option<i64> {
    limit.filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use guerdon_model::validation_rule::ItemObject;

    use super::*;
    use crate::cart::{Line, Product};

    /// Units by customer and product, as the redemptions before have left them.
    #[derive(Default)]
    struct Ledger {
        customer: &'static str,
        units: RefCell<Vec<(&'static str, String, i64)>>,
    }

    impl UnitBudgets for Ledger {
        fn discounted(&self, _: &ApplicableToEntry, budget: &Budget<'_>, product: Option<&str>) -> i64 {
            let counts = |(customer, of, _): &&(&str, String, i64)| {
                (!budget.per_customer || *customer == self.customer) && product.is_none_or(|product| product == of)
            };
            self.units.borrow().iter().filter(counts).map(|(_, _, units)| units).sum()
        }
    }

    fn entry() -> ApplicableToEntry {
        ApplicableToEntry::new(ItemObject::ProductsCollection, "pc_1")
    }

    fn cart(products: &[&str]) -> Cart {
        let line = |id: &&str| Line {
            product: Some(Product { id: Some((*id).into()), ..Product::default() }.into()),
            ..Line::default()
        };
        Cart { lines: products.iter().map(line).collect(), ..Cart::default() }
    }

    fn picked(units: &[i64]) -> Vec<PickedLine> {
        units
            .iter()
            .enumerate()
            .map(|(line, units)| PickedLine { line, entry: 0, units: *units, first: 1, every: 1 })
            .collect()
    }

    /// Units that each line gets.
    fn apply(limits: &UnitLimits<'_>, entry: &ApplicableToEntry, units: &[i64], products: &[&str]) -> Vec<i64> {
        let mut picked = picked(units);
        limits.apply(entry, &mut picked, &cart(products));
        picked.iter().map(|picked| picked.units).collect()
    }

    #[test]
    fn earlier_lines_get_all_they_can() {
        for (per_line, over_all, scale, expected) in [
            (None, None, 1, [4, 2, 5]),
            (Some(0), Some(0), 1, [4, 2, 5]),
            (Some(3), None, 1, [3, 2, 3]),
            (None, Some(5), 1, [4, 1, 0]),
            (Some(3), Some(6), 1, [3, 2, 1]),
            (Some(1), Some(2), 2, [2, 2, 0]),
            (Some(i64::MAX), None, 2, [4, 2, 5]),
        ] {
            let entry = ApplicableToEntry { quantity_limit: per_line, aggregated_quantity_limit: over_all, ..entry() };
            let limits = UnitLimits { scale, ..UnitLimits::default() };
            assert_eq!(apply(&limits, &entry, &[4, 2, 5], &["a", "b", "c"]), expected, "{per_line:?} {over_all:?}");
        }
    }

    /// Redeems orders one after the other: who buys, how many units of which products, and how many of
    /// them are discounted.
    type Redemptions = &'static [(&'static str, &'static [(&'static str, i64)], &'static [i64])];

    #[test]
    fn budgets_are_used_up_over_redemptions() {
        let per_campaign = ApplicableToEntry { product_campaign_quantity_limit: Some(10), ..entry() };
        let per_customer = ApplicableToEntry { product_customer_campaign_quantity_limit: Some(5), ..entry() };
        let per_product = ApplicableToEntry { product_in_collection_campaign_quantity_limit: Some(5), ..entry() };
        let by_formula = ApplicableToEntry {
            product_promotion_tier_quantity_limit: Some(1),
            product_promotion_tier_quantity_limit_formula: Some("3".into()),
            ..entry()
        };
        let fallback = ApplicableToEntry {
            product_promotion_tier_quantity_limit: Some(1),
            product_promotion_tier_quantity_limit_formula: Some("no number".into()),
            ..entry()
        };
        let cases: [(ApplicableToEntry, Redemptions); 5] = [
            (
                per_campaign,
                &[("Alex", &[("a", 5)], &[5]), ("Bobby", &[("a", 4)], &[4]), ("Clarence", &[("a", 3)], &[1])],
            ),
            (per_customer, &[("Alex", &[("a", 3)], &[3]), ("Alex", &[("a", 3)], &[2]), ("Bobby", &[("a", 3)], &[3])]),
            (
                per_product,
                &[
                    ("Alex", &[("T", 5), ("B", 1), ("P", 4)], &[5, 1, 4]),
                    ("Bobby", &[("T", 3), ("B", 3), ("P", 2)], &[0, 3, 1]),
                    ("Clarence", &[("T", 1), ("B", 3), ("P", 3)], &[0, 1, 0]),
                ],
            ),
            (by_formula, &[("Alex", &[("a", 2), ("a", 2)], &[2, 1])]),
            (fallback, &[("Alex", &[("a", 2), ("a", 2)], &[1, 0])]),
        ];
        for (entry, redemptions) in cases {
            let mut ledger = Ledger::default();
            for (customer, units, expected) in redemptions {
                ledger.customer = customer;
                let products: Vec<&str> = units.iter().map(|(product, _)| *product).collect();
                let ordered: Vec<i64> = units.iter().map(|(_, units)| *units).collect();
                let formula = |text: &str| text.parse().ok();
                let limits = UnitLimits { scale: 1, budgets: Some(Budgets { units: &ledger, formula: &formula }) };
                let discounted = apply(&limits, &entry, &ordered, &products);
                assert_eq!(discounted, *expected, "{customer} {units:?}");
                let counted =
                    products.iter().zip(discounted).map(|(product, units)| (*customer, (*product).to_owned(), units));
                ledger.units.borrow_mut().extend(counted);
            }
        }
    }
}
