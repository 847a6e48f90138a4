//! Whether a line of the order is an item that somebody names.

use guerdon_model::validation_rule::{ALL_PRODUCTS, ApplicableToEntry, ItemObject, ItemReference};

use crate::{
    cart::{Cart, Line},
    facts::Collections,
};

/// Whether the line at this place is what `item` names: the product (in any variant), exactly the
/// SKU, or a member of the collection. Ids are ours or the shop's.
///
/// ```
/// use guerdon_engine::{cart::{Cart, Line, Product}, item, facts::NoCollections};
/// use guerdon_model::validation_rule::{ItemObject, ItemReference};
///
/// let bottle = Product { id: Some("prod_1".into()), source_id: Some("bottle".into()), ..Product::default() };
/// let line = Line { product: Some(bottle.into()), ..Line::default() };
/// let cart = Cart { lines: vec![line], ..Cart::default() };
/// for id in ["prod_1", "bottle"] {
///     let named = ItemReference { object: ItemObject::Product, id, source_id: None };
///     assert!(item::matches(named, &cart, 0, &NoCollections));
/// }
/// ```
pub fn matches(item: ItemReference<'_>, cart: &Cart, line: usize, collections: &dyn Collections) -> bool {
    cart.lines.get(line).is_some_and(|line| match item.object {
        ItemObject::ProductsCollection => item.id == ALL_PRODUCTS || collections.contains(item.id, line),
        ItemObject::Product | ItemObject::Sku => is(item, line),
    })
}

/// Whether a line is of this product or SKU. No collection is asked.
pub fn is(item: ItemReference<'_>, this: &Line) -> bool {
    names(this, item.object).any(|known| known == item.id || Some(known) == item.source_id)
}

/// Everything that a line's product, or its SKU, goes by. Collections have their members, not names.
pub(crate) fn names(this: &Line, object: ItemObject) -> impl Iterator<Item = &str> {
    let (product, sku) = (this.product.as_deref(), this.sku.as_deref());
    let names = match object {
        ItemObject::Product => {
            let id = product.and_then(|product| product.id.as_deref());
            let source_id = product.and_then(|product| product.source_id.as_deref());
            [id, source_id, own_name(this, sku.is_none())]
        }
        ItemObject::Sku => {
            let id = sku.and_then(|sku| sku.id.as_deref());
            let source_id = sku.and_then(|sku| sku.source_id.as_deref());
            [id, source_id, own_name(this, sku.is_some() || product.is_none())]
        }
        ItemObject::ProductsCollection => [None; 3],
    };
    names.into_iter().flatten()
}

/// What the line calls its product or SKU. A variant's own name says nothing about its product, and
/// the other way round.
fn own_name(line: &Line, is_named: bool) -> Option<&str> {
    line.source_id.as_deref().filter(|_| is_named)
}

/// By what a line's product is known: our id, the shop's, or at least what the line is called.
pub fn product_name(line: &Line) -> Option<&str> {
    let product = line.product.as_deref();
    let sku = line.sku.as_deref();
    product
        .and_then(|product| product.id.as_deref().or(product.source_id.as_deref()))
        .or_else(|| sku.and_then(|sku| sku.id.as_deref().or(sku.source_id.as_deref())))
        .or(line.source_id.as_deref())
}

/// By what a line is known: its SKU, if it has one, or else its product.
pub fn name(line: &Line) -> Option<&str> {
    let sku = line.sku.as_deref().and_then(|sku| sku.id.as_deref().or(sku.source_id.as_deref()));
    sku.or_else(|| product_name(line))
}

/// The item that an entry of `applicable_to` names.
pub fn of_entry(entry: &ApplicableToEntry) -> ItemReference<'_> {
    let source_id = entry.source_id.as_value().map(String::as_str);
    ItemReference { object: entry.object, id: &entry.id, source_id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cart::{Product, Sku},
        facts::NoCollections,
    };

    fn text(text: &str) -> Option<std::sync::Arc<str>> {
        Some(text.into())
    }

    #[test]
    fn a_product_is_matched_in_any_variant_and_a_variant_only_as_itself() {
        let product = Product { id: text("prod_1"), source_id: text("shirt"), ..Product::default() };
        let sku = Sku { id: text("sku_1"), source_id: text("shirt-xl"), ..Sku::default() };
        let variant = Line {
            source_id: text("shirt-xl"),
            product: Some(product.clone().into()),
            sku: Some(sku.into()),
            ..Line::default()
        };
        let plain = Line { source_id: text("shirt"), product: Some(product.into()), ..Line::default() };
        let unknown = Line { source_id: text("mug"), ..Line::default() };
        let cart = Cart { lines: vec![variant, plain, unknown], ..Cart::default() };
        for (object, id, source_id, lines) in [
            (ItemObject::Product, "prod_1", None, vec![0, 1]),
            (ItemObject::Product, "shirt", None, vec![0, 1]),
            (ItemObject::Product, "prod_of_old", Some("shirt"), vec![0, 1]),
            (ItemObject::Product, "shirt-xl", None, vec![]),
            (ItemObject::Product, "mug", None, vec![2]),
            (ItemObject::Sku, "sku_1", None, vec![0]),
            (ItemObject::Sku, "shirt-xl", None, vec![0]),
            (ItemObject::Sku, "shirt", None, vec![]),
            (ItemObject::Sku, "mug", None, vec![2]),
            (ItemObject::ProductsCollection, ALL_PRODUCTS, None, vec![0, 1, 2]),
            (ItemObject::ProductsCollection, "pc_1", None, vec![]),
        ] {
            let item = ItemReference { object, id, source_id };
            let found: Vec<usize> = (0..3).filter(|line| matches(item, &cart, *line, &NoCollections)).collect();
            assert_eq!(found, lines, "{object:?} {id}");
        }
    }
}
