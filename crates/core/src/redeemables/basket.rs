//! The order of a request, ready for the engine.

use std::sync::Arc;

use guerdon_engine::{
    cart::{Amounts, Cart},
    normalize,
};
use guerdon_model::{
    Patch,
    metadata::Metadata,
    metadata_schema::Scope,
    order::{Order, OrderInput, OrderItem},
    product::Product,
    sku::Sku,
};

use crate::{
    orders::{
        self, amounts,
        items::{self, Line},
    },
    tx::{Result, Tx},
};

/// An order with its products, and what it costs before anything is applied.
#[derive(Debug)]
pub struct Basket {
    /// As it came in: answers show it with other amounts.
    pub order: Order,
    pub cart: Cart,
    pub amounts: Amounts,
    /// What the catalogue has of its lines.
    pub products: Vec<Arc<Product>>,
    pub skus: Vec<Arc<Sku>>,
}

impl Basket {
    /// The order that a body describes. Of one that is stored, what the body says counts only if it names the
    /// order by its `id`. Nothing is stored.
    pub(super) fn foreseen(tx: &mut Tx, input: &OrderInput) -> Result<Self> {
        match orders::named(tx, input)? {
            None => Self::sent(tx, input),
            Some(known) if input.id.as_value().is_some() => {
                let order = overlaid(tx, &known, input)?;
                Self::stored(tx, order)
            }
            Some(known) => Self::stored(tx, known.as_ref().clone()),
        }
    }

    /// An order that is stored, with the discounts that it has already.
    pub fn stored(tx: &mut Tx, mut order: Order) -> Result<Self> {
        // By what it got its discounts, no answer about further ones tells.
        order.redemptions.clear();
        let lines = items::resolve(tx, order.items.as_deref().unwrap_or_default())?;
        let seen = seen_by_rules(&order, &lines);
        let (cart, amounts) = normalize::stored(&seen).map_err(amounts::too_large)?;
        Ok(Self::new(order.into_answer(), cart, amounts, lines))
    }

    fn sent(tx: &mut Tx, input: &OrderInput) -> Result<Self> {
        let metadata = input.metadata.as_value().cloned().unwrap_or_default();
        check_metadata(tx, input, &metadata, Scope::Whole)?;
        let lines = match &input.items {
            Patch::Value(sent) => Some(items::resolve(tx, sent)?),
            Patch::Absent | Patch::Null => None,
        };
        let order = Order {
            amount: input.amount.as_value().copied(),
            initial_amount: input.initial_amount.as_value().copied(),
            discount_amount: input.discount_amount.as_value().copied(),
            items: lines.as_ref().map(|lines| lines.iter().map(|line| line.item.clone()).collect()),
            metadata: Some(metadata),
            ..Order::default()
        };
        let lines = lines.unwrap_or_default();
        let seen = seen_by_rules(&order, &lines);
        let (cart, amounts) = normalize::sent(&seen).map_err(amounts::too_large)?;
        Ok(Self::new(order, cart, amounts, lines))
    }

    fn new(order: Order, cart: Cart, amounts: Amounts, lines: Vec<Line>) -> Self {
        let (mut products, mut skus) = (Vec::new(), Vec::new());
        for line in lines {
            products.extend(line.product);
            skus.extend(line.sku);
        }
        Self { order, cart, amounts, products, skus }
    }
}

/// Metadata against the schemas that would be asked if the order were stored.
fn check_metadata(tx: &Tx, input: &OrderInput, metadata: &Metadata, scope: Scope) -> Result<()> {
    tx.config().check_metadata(orders::RESOURCE, metadata, scope)?;
    for item in input.items.as_value().into_iter().flatten() {
        tx.config().check_metadata(orders::ITEM, &item.metadata.clone().unwrap_or_default(), Scope::Whole)?;
    }
    Ok(())
}

/// A stored order with what the body says. New lines have no discounts yet, and the amount follows from them
/// unless it was sent, too.
fn overlaid(tx: &mut Tx, known: &Order, input: &OrderInput) -> Result<Order> {
    if let Patch::Value(sent) = &input.metadata {
        check_metadata(tx, input, sent, Scope::SentKeysOnly)?;
    }
    let mut order = known.clone();
    match &input.items {
        Patch::Absent => {}
        Patch::Null => order.items = None,
        Patch::Value(sent) => {
            let lines = items::resolve(tx, sent)?;
            order.items = Some(lines.into_iter().map(|line| without_discounts(line.item)).collect());
        }
    }
    match (&input.amount, &input.items) {
        (Patch::Value(amount), _) => order.amount = Some(*amount),
        (Patch::Absent, Patch::Absent) => {}
        (Patch::Absent | Patch::Null, _) => order.amount = None,
    }
    input.initial_amount.apply_to(&mut order.initial_amount);
    input.discount_amount.apply_to(&mut order.discount_amount);
    if let Patch::Value(status) = input.status {
        order.status = Some(status);
    }
    if !input.metadata.is_absent() {
        order.metadata.get_or_insert_default().patch(&input.metadata);
    }
    Ok(order)
}

fn without_discounts(item: OrderItem) -> OrderItem {
    OrderItem { discount_amount: None, discount_quantity: None, initial_quantity: None, initial_amount: None, ..item }
}

/// The order with all that the catalogue knows of its products, which answers don't repeat.
fn seen_by_rules(order: &Order, lines: &[Line]) -> Order {
    let mut order = order.clone();
    for (item, line) in order.items.iter_mut().flatten().zip(lines) {
        if let Some(known) = &line.product {
            let product = item.product.get_or_insert_default();
            product.id = Some(known.id.to_string());
            product.source_id = product.source_id.take().or_else(|| known.source_id.clone());
            product.name = product.name.take().or_else(|| known.name.clone());
            product.metadata = Some(merged(&known.metadata, product.metadata.as_ref()));
        }
        if let Some(known) = &line.sku {
            let sku = item.sku.get_or_insert_default();
            sku.id = Some(known.id.to_string());
            sku.source_id = sku.source_id.take().or_else(|| known.source_id.clone());
            sku.sku = sku.sku.take().or_else(|| known.sku.clone());
            sku.metadata = Some(merged(&known.metadata, sku.metadata.as_ref()));
        }
    }
    order
}

fn merged(known: &Metadata, said: Option<&Metadata>) -> Metadata {
    let mut metadata = known.clone();
    if let Some(said) = said {
        metadata.merge(said);
    }
    metadata
}
