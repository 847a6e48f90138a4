//! What answers say about the items that a discount applies to, and about those that it does not.

use std::collections::HashSet;

use guerdon_model::{
    Patch,
    list::List,
    validation_rule::{ApplicableToEntry, ItemObject, ItemReference, ItemTarget, OrderItemUnits},
};

use super::{PickedLine, Targeting, assign::assign};
use crate::{
    cart::{Amounts, Cart, Line},
    facts::Collections,
    item,
};

/// Units are listed one by one only if an order has no more of them.
const MAX_LISTED_UNITS: i64 = 1_000;

/// The `applicable_to` and `inapplicable_to` of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists {
    pub applicable_to: List<ApplicableToEntry>,
    pub inapplicable_to: List<ApplicableToEntry>,
}

impl Default for Lists {
    /// What applies to an order as a whole restricts nothing.
    fn default() -> Self {
        Self { applicable_to: List::whole("data", Vec::new()), inapplicable_to: List::whole("data", Vec::new()) }
    }
}

/// The rules' entries, followed by the products and SKUs of the cart that belong to an entry's
/// collection. Each says which lines, and if need be which units, were picked of it. `before` is the
/// order before the discount.
pub fn lists(
    targeting: &Targeting<'_>,
    cart: &Cart,
    before: &Amounts,
    picked: &[PickedLine],
    collections: &dyn Collections,
) -> Lists {
    let included = targeting.included();
    let assigned = assign(&included, targeting, cart, collections);
    let mut applicable: Vec<ApplicableToEntry> = included.iter().map(|entry| (*entry).clone()).collect();
    for (place, row) in applicable.iter_mut().enumerate() {
        mark(row, before, picked.iter().filter(|picked| picked.entry == place));
    }
    let templates: Vec<ApplicableToEntry> = included.iter().map(|entry| template(entry)).collect();
    let mut listed = Listed::of(included.iter().copied());
    listed.0.reserve(2 * cart.lines.len());
    let known = Known::of(picked, cart);
    for (line, place) in assigned.iter().enumerate() {
        let Some(place) = *place else { continue };
        if let Some(mut row) = listed.resolve(&templates[place], cart, line) {
            let of_same: Vec<&PickedLine> =
                known.by(item::of_entry(&row)).into_iter().filter(|picked| picked.entry == place).collect();
            mark(&mut row, before, of_same.into_iter());
            applicable.push(row);
        }
    }
    Lists {
        applicable_to: List::whole("data", applicable),
        inapplicable_to: List::whole("data", excluded(targeting, cart, collections)),
    }
}

fn excluded(targeting: &Targeting<'_>, cart: &Cart, collections: &dyn Collections) -> Vec<ApplicableToEntry> {
    let mut rows: Vec<ApplicableToEntry> = targeting.excluded().cloned().collect();
    if rows.is_empty() {
        return rows;
    }
    let mut listed = Listed::of(targeting.excluded());
    for line in 0..cart.lines.len() {
        let names_it = |entry: &&ApplicableToEntry| item::matches(item::of_entry(entry), cart, line, collections);
        if let Some(entry) = targeting.excluded().find(names_it) {
            rows.extend(listed.resolve(entry, cart, line));
        }
    }
    rows
}

/// The names of everything that has a row. Large carts are looked through once, not once for each line.
struct Listed<'a>(HashSet<(ItemObject, &'a str)>);

impl<'a> Listed<'a> {
    fn of(entries: impl Iterator<Item = &'a ApplicableToEntry>) -> Self {
        let mut listed = Self(HashSet::new());
        for entry in entries {
            let item = item::of_entry(entry);
            listed.0.extend([Some(item.id), item.source_id].into_iter().flatten().map(|name| (item.object, name)));
        }
        listed
    }

    /// The row of a line's own product or SKU, if the line belongs to a collection's entry and has no row
    /// yet.
    fn resolve(&mut self, entry: &ApplicableToEntry, cart: &'a Cart, line: usize) -> Option<ApplicableToEntry> {
        let line = cart.lines.get(line)?;
        let object = if line.sku.is_some() { ItemObject::Sku } else { ItemObject::Product };
        let is_listed = || item::names(line, object).any(|name| self.0.contains(&(object, name)));
        if entry.object != ItemObject::ProductsCollection || is_listed() {
            return None;
        }
        let (id, source_id) = names(line);
        let id = id.or(source_id)?;
        let source_id = source_id.unwrap_or(id);
        self.0.extend([(object, id), (object, source_id)]);
        let product = line.product.as_deref().filter(|_| line.sku.is_some());
        Some(ApplicableToEntry {
            object,
            id: id.to_owned(),
            source_id: Patch::Value(source_id.to_owned()),
            product_id: product.and_then(|product| product.id.as_deref()).map(str::to_owned),
            product_source_id: product.and_then(|product| product.source_id.as_deref()).map(str::to_owned),
            strict: true,
            ..entry.clone()
        })
    }
}

/// The lines that were picked, by the names of their products and SKUs, in the order of the names.
struct Known<'a> {
    picked: &'a [PickedLine],
    places: Vec<(ItemObject, &'a str, usize)>,
}

impl<'a> Known<'a> {
    fn of(picked: &'a [PickedLine], cart: &'a Cart) -> Self {
        let mut places = Vec::with_capacity(picked.len() * 2);
        for (place, picked) in picked.iter().enumerate() {
            let Some(line) = cart.lines.get(picked.line) else { continue };
            for object in [ItemObject::Product, ItemObject::Sku] {
                places.extend(item::names(line, object).map(|name| (object, name, place)));
            }
        }
        places.sort_unstable();
        Self { picked, places }
    }

    /// Those that are this item, in the order of application.
    fn by(&self, item: ItemReference<'_>) -> Vec<&'a PickedLine> {
        let mut found: Vec<usize> = Vec::new();
        for name in [Some(item.id), item.source_id].into_iter().flatten() {
            let named = |(object, known, _): &&(ItemObject, &str, usize)| (*object, *known) == (item.object, name);
            let first = self.places.partition_point(|(object, known, _)| (*object, *known) < (item.object, name));
            found.extend(self.places[first..].iter().take_while(named).map(|(.., place)| place));
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|place| &self.picked[place]).collect()
    }
}

/// What the rows of an entry's members have of the entry: everything but its names.
fn template(entry: &ApplicableToEntry) -> ApplicableToEntry {
    ApplicableToEntry { id: String::new(), source_id: Patch::Absent, ..entry.clone() }
}

/// Our id and the shop's of what a line refers to.
fn names(line: &Line) -> (Option<&str>, Option<&str>) {
    let (id, source_id) = match (line.sku.as_deref(), line.product.as_deref()) {
        (Some(sku), _) => (sku.id.as_deref(), sku.source_id.as_deref()),
        (None, Some(product)) => (product.id.as_deref(), product.source_id.as_deref()),
        (None, None) => (None, None),
    };
    (id, source_id.or(line.source_id.as_deref()))
}

/// Says which lines and units were picked, in the order of application.
fn mark<'p>(row: &mut ApplicableToEntry, before: &Amounts, picked: impl Iterator<Item = &'p PickedLine> + Clone) {
    let quantity = |picked: &PickedLine| before.lines.get(picked.line).map_or(0, |line| line.quantity);
    let is_partial = |picked: &PickedLine| picked.units < quantity(picked);
    let indices: Vec<usize> = picked.clone().map(|picked| picked.line).collect();
    if indices.is_empty() {
        return;
    }
    if row.target == ItemTarget::Unit || picked.clone().any(is_partial) {
        let all_units = before.lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.quantity.max(0)));
        let units = picked.map(|picked| match all_units <= MAX_LISTED_UNITS {
            true => OrderItemUnits {
                index: picked.line,
                units: Some(picked.numbers().collect()),
                units_limit_exceeded: None,
            },
            false => OrderItemUnits { index: picked.line, units: None, units_limit_exceeded: Some(true) },
        });
        row.order_item_units = Some(units.collect());
    }
    row.order_item_indices = Some(indices);
}

#[cfg(test)]
mod tests {
    use guerdon_model::validation_rule::{ALL_PRODUCTS, ApplicableTo};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        normalize,
        target::{UnitLimits, pick},
    };

    /// The collection of everything whose id contains the collection's name.
    struct ByName;

    impl Collections for ByName {
        fn contains(&self, collection: &str, line: &Line) -> bool {
            format!("{line:?}").contains(collection)
        }
    }

    fn rows(applicable_to: Value, items: Value) -> (Value, Value) {
        let rule: ApplicableTo = serde_json::from_value(applicable_to).expect("entries");
        let order = serde_json::from_value(json!({"items": items})).expect("an order");
        let (cart, before) = normalize::sent(&order).expect("small enough");
        let targeting = Targeting { applicable_to: vec![&rule], bundles: 1 };
        let included = targeting.included();
        let picked = pick(&included, &targeting, &cart, &before, &ByName, false, UnitLimits::default());
        let Lists { applicable_to, inapplicable_to } = lists(&targeting, &cart, &before, &picked, &ByName);
        (json!(applicable_to), json!(inapplicable_to))
    }

    fn list(rows: Vec<Value>) -> Value {
        json!({"object": "list", "data_ref": "data", "total": rows.len(), "data": rows})
    }

    /// An entry as answers have it, with more fields.
    fn row(row: Value) -> Value {
        let mut whole =
            json!({"strict": false, "effect": "APPLY_TO_EVERY", "skip_initially": 0, "repeat": 1, "target": "ITEM"});
        let fields = row.as_object().expect("an object").clone();
        whole.as_object_mut().expect("an object").extend(fields);
        whole
    }

    #[test]
    fn a_named_product_says_which_lines_were_discounted() {
        let (applicable, inapplicable) = rows(
            json!({"included": [{"object": "product", "id": "prod_X"}]}),
            json!([{"product_id": "prod_X", "quantity": 1, "price": 20000}, {"product_id": "prod_Y", "price": 5}]),
        );
        assert_eq!(
            applicable,
            list(vec![row(json!({"object": "product", "id": "prod_X", "order_item_indices": [0]}))])
        );
        assert_eq!(inapplicable, list(vec![]));
    }

    #[test]
    fn a_collection_is_followed_by_the_products_of_the_cart_that_belong_to_it() {
        let (applicable, inapplicable) = rows(
            json!({
                "included": [{"object": "products_collection", "id": "toy", "price": 500},
                             {"object": "product", "id": "prod_toy_2"}],
                "excluded": [{"object": "products_collection", "id": "gun"}],
            }),
            json!([
                {"product_id": "prod_toy_1", "price": 1000, "product": {"id": "prod_toy_1", "source_id": "toy1"}},
                {"product_id": "prod_toy_2", "price": 1000},
                {"product_id": "prod_toy_gun", "price": 1000},
                {"sku_id": "sku_toy", "product_id": "prod_3", "price": 1000, "sku": {"source_id": "toy-s"},
                 "product": {"source_id": "p3"}},
                {"product_id": "prod_toy_1", "price": 900},
                {"source_id": "toy of old", "related_object": "product"},
                {"product_id": "prod_9", "price": 1000},
            ]),
        );
        let of_toys = |fields: Value| {
            let mut row = row(json!({"strict": true, "price": 500}));
            row.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
            row
        };
        assert_eq!(
            applicable,
            list(vec![
                row(
                    json!({"object": "products_collection", "id": "toy", "price": 500, "order_item_indices": [0, 3, 4]})
                ),
                row(json!({"object": "product", "id": "prod_toy_2", "order_item_indices": [1]})),
                of_toys(
                    json!({"object": "product", "id": "prod_toy_1", "source_id": "toy1", "order_item_indices": [0, 4]})
                ),
                of_toys(json!({"object": "sku", "id": "sku_toy", "source_id": "toy-s", "product_id": "prod_3",
                               "product_source_id": "p3", "order_item_indices": [3]})),
                of_toys(json!({"object": "product", "id": "toy of old", "source_id": "toy of old"})),
            ])
        );
        assert_eq!(
            inapplicable,
            list(vec![
                row(json!({"object": "products_collection", "id": "gun"})),
                row(json!({"object": "product", "id": "prod_toy_gun", "source_id": "prod_toy_gun", "strict": true})),
            ])
        );
    }

    #[test]
    fn including_everything_is_shown_as_the_collection_of_all_products() {
        let (applicable, _) =
            rows(json!({"included_all": true}), json!([{"price": 10}, {"source_id": "mug", "price": 5}]));
        let all = |fields: Value| row(fields);
        assert_eq!(
            applicable,
            list(vec![
                all(json!({"object": "products_collection", "id": ALL_PRODUCTS, "order_item_indices": [0, 1]})),
                all(
                    json!({"object": "product", "id": "mug", "source_id": "mug", "strict": true, "order_item_indices": [1]})
                ),
            ])
        );
    }

    #[test]
    fn units_are_listed_when_not_all_of_a_line_are_discounted() {
        let entry = |fields: Value| {
            let mut entry = json!({"object": "product", "id": "a"});
            entry.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
            json!({"included": [entry]})
        };
        let units = |applicable_to: Value, quantity: i64| {
            let (applicable, _) = rows(applicable_to, json!([{"product_id": "a", "quantity": quantity, "price": 1}]));
            applicable["data"][0].get("order_item_units").cloned()
        };
        for (fields, quantity, expected) in [
            (json!({}), 3, None),
            (json!({"quantity_limit": 3}), 3, None),
            (json!({"quantity_limit": 2}), 3, Some(json!([{"index": 0, "units": [1, 2]}]))),
            (
                json!({"target": "UNIT", "skip_initially": 1, "repeat": 3}),
                10,
                Some(json!([{"index": 0, "units": [2, 5, 8]}])),
            ),
            (json!({"quantity_limit": 2}), 1001, Some(json!([{"index": 0, "units_limit_exceeded": true}]))),
        ] {
            assert_eq!(units(entry(fields.clone()), quantity), expected, "{fields}");
        }
    }
}
