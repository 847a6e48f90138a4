//! Leaves about items: which lines they match.

use guerdon_model::validation_rule::{ItemObject, ItemReference, RuleOperator};
use serde_json::Value;

use super::{
    Order,
    leaf::{Leaf, Lines, Matched, Sight},
    subject::Items,
};
use crate::{facts::Collections, item};

/// A reference to an item, owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    pub object: ItemObject,
    pub id: Box<str>,
    /// The shop's own name of it.
    pub source_id: Option<Box<str>>,
}

impl Item {
    /// Borrows it.
    pub fn reference(&self) -> ItemReference<'_> {
        ItemReference { object: self.object, id: &self.id, source_id: self.source_id.as_deref() }
    }
}

impl From<ItemReference<'_>> for Item {
    fn from(item: ItemReference<'_>) -> Self {
        Self { object: item.object, id: item.id.into(), source_id: item.source_id.map(Into::into) }
    }
}

/// Which items a leaf asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct ItemsAsked {
    /// One of each of these lists; any item at all if there are none.
    pub(super) is: Vec<Box<[Item]>>,
    /// None of these.
    pub(super) is_not: Vec<Item>,
    /// And in one of these, if there are any.
    pub(super) from: Vec<Item>,
    /// Whether something is asked for that items don't have.
    is_impossible: bool,
}

impl ItemsAsked {
    pub(super) fn compile<'a>(
        conditions: impl Iterator<Item = (&'a str, &'a [Value])>,
        default: ItemObject,
    ) -> ItemsAsked {
        let mut asked = ItemsAsked::default();
        for (operator, operands) in conditions {
            let items = operands.iter().filter_map(|item| ItemReference::read(item, default)).map(Item::from);
            match RuleOperator::parse(operator) {
                Some(RuleOperator::Is | RuleOperator::In) => asked.is.push(items.collect()),
                Some(RuleOperator::IsNot | RuleOperator::NotIn) => asked.is_not.extend(items),
                Some(RuleOperator::From) => asked.from.extend(items),
                _ => asked.is_impossible = true,
            }
        }
        asked
    }

    /// One of these.
    pub(super) fn one_of(items: Box<[Item]>) -> Self {
        Self { is: vec![items], ..Self::default() }
    }

    /// Every item that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &Item> {
        self.is.iter().flat_map(|items| &**items).chain(&self.is_not).chain(&self.from)
    }

    /// The lines that a leaf matches, if it holds without its rules.
    pub(super) fn matched(
        &self,
        leaf: &Leaf,
        items: Items,
        order: Order<'_>,
        sight: &Sight<'_>,
        lines: Lines<'_>,
    ) -> Matched {
        if self.is_impossible {
            return Matched::Nothing;
        }
        let collections = sight.facts.collections;
        let is_one_of = |line, items: &[Item]| one_of(items, order, line, collections);
        let is_asked =
            |line: &usize| self.is.iter().all(|items| is_one_of(*line, items)) && !is_one_of(*line, &self.is_not);
        let is_from = |line: &usize| self.from.is_empty() || is_one_of(*line, &self.from);
        let fits = |line: &usize| is_asked(line) && is_from(line);
        match items {
            Items::Any => leaf.matched_of(lines.places(order).filter(fits), false),
            Items::Every if lines.places(order).all(|line| fits(&line)) => leaf.matched_of(lines.places(order), true),
            Items::Every => Matched::Nothing,
            Items::None if lines.places(order).any(|line| fits(&line)) => Matched::Nothing,
            Items::None => Matched::Around,
            Items::Named if lines.places(order).any(|line| is_one_of(line, &self.is_not)) => Matched::Nothing,
            Items::Named => leaf.matched_of(lines.places(order).filter(fits), false),
            Items::Cheapest | Items::MostExpensive => {
                let prices = || lines.places(order).filter(is_from).filter_map(|line| sight.unit_price(line));
                let best = if items == Items::Cheapest { prices().min() } else { prices().max() };
                let is_best = |line: &usize| best.is_some() && sight.unit_price(*line) == best;
                leaf.matched_of(lines.places(order).filter(|line| is_best(line) && fits(line)), true)
            }
        }
    }
}

/// Whether a line is one of these.
pub(super) fn one_of(items: &[Item], order: Order<'_>, line: usize, collections: &dyn Collections) -> bool {
    items.iter().any(|item| item::matches(item.reference(), order.cart, line, collections))
}
