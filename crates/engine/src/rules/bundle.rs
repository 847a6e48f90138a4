//! Bundles: items that an order must have together.
//!
//! Each unit counts for one part of the bundle only. Parts that name SKUs take theirs first, then
//! those that name products, then collections, so that the choosy ones are served before the rest.

pub use guerdon_model::validation_rule::{BundleResult, IdentifiedItem, MissingItem};
use guerdon_model::validation_rule::{BundleRules, ItemObject, MAX_BUNDLES};

use super::{
    Order,
    items::{Item, one_of},
};
use crate::{
    facts::Collections,
    trace::{Change, Kind, NearMiss, Node, Outcome, Unit},
};

/// The parts of a bundle, read once.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    parts: Box<[Part]>,
    /// The places of the parts, in the order in which they take their units.
    turns: Box<[usize]>,
    limit: i64,
}

#[derive(Debug, Clone)]
struct Part {
    items: Box<[Item]>,
    quantity: i64,
}

/// What a trace says about a bundle.
pub fn explain(bundle: &BundleResult) -> Node {
    let outcome = if bundle.is_complete() { Outcome::Satisfied } else { Outcome::Violated };
    let mut node = Node::new(Kind::Bundle).seen(bundle.quantity).outcome(outcome).detail("limit", bundle.limit);
    node.nodes.extend(bundle.identified.iter().map(|item| {
        let part = Node::new(Kind::BundlePart).id(&*item.id).subject(item.object.name()).seen(item.item_quantity);
        part.detail("item_index", item.item_index).outcome(Outcome::Satisfied)
    }));
    node.nodes.extend(bundle.missing.iter().map(|item| {
        let by = Some(item.item_quantity);
        let near_miss = NearMiss { change: Change::Increase, by, unit: Some(Unit::Count), from: None };
        let part = Node::new(Kind::BundlePart).id(&*item.id).subject(item.object.name()).outcome(Outcome::Violated);
        let text = format!("{} more of {} would complete a bundle", item.item_quantity, item.id);
        Node { near_miss: Some(near_miss), ..part.text(text) }
    }));
    node
}

impl Bundle {
    /// `None` if no bundle is asked for.
    pub(super) fn compile(rules: &BundleRules) -> Option<Self> {
        let parts: Box<[Part]> = rules
            .parts()
            .map(|part| Part { items: part.items.iter().copied().map(Item::from).collect(), quantity: part.quantity })
            .collect();
        let mut turns: Box<[usize]> = (0..parts.len()).collect();
        turns.sort_by_key(|place| parts[*place].items.iter().map(|item| turn(item.object)).max());
        (!parts.is_empty()).then(|| Self { parts, turns, limit: rules.limit().clamp(1, MAX_BUNDLES) })
    }

    /// Every item that it names.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.parts.iter().flat_map(|part| &part.items)
    }

    /// The items of each part: one of each is needed.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[Item]> {
        self.parts.iter().map(|part| &*part.items)
    }

    pub(super) fn find(&self, order: Option<Order<'_>>, collections: &dyn Collections) -> BundleResult {
        let taken = |bundles| self.take(bundles, order, collections);
        let is_complete = |bundles| taken(bundles).iter().all(|part| part.missing == 0);
        // The more bundles are asked for, the less is left for later parts: what fails for some
        // number of bundles fails for every greater one.
        let (mut quantity, mut too_many) = (0, self.limit + 1);
        while too_many - quantity > 1 {
            let middle = quantity.midpoint(too_many);
            if is_complete(middle) { quantity = middle } else { too_many = middle }
        }
        let taken = taken(quantity.max(1));
        let missing = self.parts.iter().zip(&taken).filter(|(_, taken)| taken.missing > 0);
        let missing = missing.filter_map(|(part, taken)| {
            let item = part.items.first()?;
            Some(MissingItem { id: item.id.to_string(), object: item.object, item_quantity: taken.missing })
        });
        let missing = missing.collect();
        let identified = taken.iter().zip(&self.parts).flat_map(|(taken, part)| {
            let of_line = |(line, units): &(usize, i64)| identified(part, order?, *line, *units, collections);
            taken.units.iter().filter_map(of_line).collect::<Vec<_>>()
        });
        BundleResult { quantity, limit: self.limit, identified: identified.collect(), missing }
    }

    /// What each part gets for so many bundles, in the order of the parts.
    fn take(&self, bundles: i64, order: Option<Order<'_>>, collections: &dyn Collections) -> Vec<Taken> {
        let lines = order.map_or(0, |order| order.cart.lines.len());
        let units =
            |line: usize| order.and_then(|order| order.amounts.lines.get(line)).map_or(0, |line| line.quantity.max(0));
        let mut left: Vec<i64> = (0..lines).map(units).collect();
        let mut taken = vec![Taken::default(); self.parts.len()];
        for place in &*self.turns {
            let part = &self.parts[*place];
            let mut needed = part.quantity.saturating_mul(bundles);
            for (line, left) in left.iter_mut().enumerate() {
                let units = needed.min(*left);
                if units > 0 && order.is_some_and(|order| one_of(&part.items, order, line, collections)) {
                    *left -= units;
                    needed -= units;
                    taken[*place].units.push((line, units));
                }
            }
            taken[*place].missing = needed;
        }
        taken
    }
}

#[derive(Debug, Clone, Default)]
struct Taken {
    /// Lines and units.
    units: Vec<(usize, i64)>,
    missing: i64,
}

const fn turn(object: ItemObject) -> u8 {
    match object {
        ItemObject::Sku => 0,
        ItemObject::Product => 1,
        ItemObject::ProductsCollection => 2,
    }
}

/// Names the line as the part does, or by what it is if that part is a collection.
fn identified(
    part: &Part,
    order: Order<'_>,
    line: usize,
    units: i64,
    collections: &dyn Collections,
) -> Option<IdentifiedItem> {
    let this = order.cart.lines.get(line)?;
    let named = part.items.iter().find(|item| one_of(std::slice::from_ref(item), order, line, collections))?;
    let is_sku = match named.object {
        ItemObject::Sku => true,
        ItemObject::Product => false,
        ItemObject::ProductsCollection => this.sku.is_some(),
    };
    let (sku, product) = (this.sku.as_deref(), this.product.as_deref());
    let (object, id) = if is_sku {
        (ItemObject::Sku, sku.and_then(|sku| sku.id.as_ref().or(sku.source_id.as_ref())))
    } else {
        (ItemObject::Product, product.and_then(|product| product.id.as_ref().or(product.source_id.as_ref())))
    };
    let id = id.or(this.source_id.as_ref()).map_or(&*named.id, |id| id);
    Some(IdentifiedItem { id: id.to_owned(), object, item_index: line, item_quantity: units })
}
