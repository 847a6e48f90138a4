//! Which entry a line belongs to.

use guerdon_model::validation_rule::{ApplicableToEntry, ItemObject};

use super::Targeting;
use crate::{cart::Cart, facts::Collections, item};

/// The place of each line's entry. A SKU's entry wins over its product's, and that over a collection's;
/// of equally specific ones the first wins. A line that is excluded belongs to none.
pub(super) fn assign(
    included: &[&ApplicableToEntry],
    targeting: &Targeting<'_>,
    cart: &Cart,
    collections: &dyn Collections,
) -> Vec<Option<usize>> {
    let names = |entry: &ApplicableToEntry, line| item::matches(item::of_entry(entry), cart, line, collections);
    (0..cart.lines.len())
        .map(|line| {
            let is_included = |(_, entry): &(usize, &&ApplicableToEntry)| names(entry, line);
            let best = included.iter().enumerate().filter(is_included).min_by_key(|(_, entry)| rank(entry.object))?;
            (!targeting.excluded().any(|entry| names(entry, line))).then_some(best.0)
        })
        .collect()
}

/// The more specific, the smaller.
fn rank(object: ItemObject) -> u8 {
    match object {
        ItemObject::Sku => 0,
        ItemObject::Product => 1,
        ItemObject::ProductsCollection => 2,
    }
}
