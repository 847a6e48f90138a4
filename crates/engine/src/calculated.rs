//! From the amounts of an evaluation back to the order that answers show.
//!
//! What is zero because nothing happened is left out.

use guerdon_model::{
    Patch,
    order::{Order, OrderItem, OrderItemProduct, OrderItemSku},
};

use crate::cart::{Amounts, Cart, Line, LineAmounts};

/// What the `applied_…` fields of an order cover.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// The last step: the order of one redeemable among several.
    Step,
    /// Everything since these amounts: the order of a whole request.
    Request { before: &'a Amounts },
    /// Nothing: the order that is kept. It knows, besides, which of its units are free.
    Stored,
}

/// The order as it is after some steps. `order` is the order as it came in, whose other fields are
/// kept; lines that steps have appended come from the cart.
pub fn order(order: &Order, cart: &Cart, amounts: &Amounts, scope: Scope<'_>) -> Order {
    let mut order = order.clone();
    let applied = match scope {
        Scope::Step => amounts.applied_discount_amount,
        Scope::Request { before } => amounts.discount_amount.saturating_sub(before.discount_amount),
        Scope::Stored => 0,
    };
    let items = lines(&order, cart, amounts, scope);
    let items_discount = amounts.items_discount_amount();
    let items_applied =
        items.iter().filter_map(|item| item.applied_discount_amount).fold(0, |sum: i64, x| sum.saturating_add(x));
    let total_discount = amounts.discount_amount.saturating_add(items_discount);

    order.amount = amounts.amount;
    order.initial_amount = amounts.initial_amount;
    order.discount_amount = unless_zero(amounts.discount_amount);
    order.items_discount_amount = unless_zero(items_discount);
    order.total_discount_amount = unless_zero(total_discount);
    order.total_amount = amounts.amount.map(|_| amounts.running_total());
    order.applied_discount_amount = unless_zero(applied);
    order.items_applied_discount_amount = unless_zero(items_applied);
    order.total_applied_discount_amount = unless_zero(applied.saturating_add(items_applied));
    order.items = (order.items.is_some() || !items.is_empty()).then_some(items);
    if !matches!(scope, Scope::Stored) {
        order.metadata.get_or_insert_default();
    }
    for id in [&mut order.customer_id, &mut order.referrer_id] {
        if id.is_absent() {
            *id = Patch::Null;
        }
    }
    order
}

fn lines(order: &Order, cart: &Cart, amounts: &Amounts, scope: Scope<'_>) -> Vec<OrderItem> {
    let mut sent = order.items.iter().flatten();
    cart.lines
        .iter()
        .zip(&amounts.lines)
        .enumerate()
        .map(|(place, (line, state))| {
            let mut item = sent.next().cloned().unwrap_or_else(|| appended(line));
            write(&mut item, place, state, amounts, scope);
            item
        })
        .collect()
}

fn write(item: &mut OrderItem, place: usize, line: &LineAmounts, amounts: &Amounts, scope: Scope<'_>) {
    let nothing = LineAmounts::default();
    let applied = |of: fn(&LineAmounts) -> i64, so_far: fn(&LineAmounts) -> i64| match scope {
        Scope::Step => of(line),
        Scope::Request { before } => so_far(line).saturating_sub(so_far(before.lines.get(place).unwrap_or(&nothing))),
        Scope::Stored => 0,
    };
    let applied_quantity = applied(|line| line.applied_quantity, |line| line.quantity);
    let is_priced = line.amount.is_some();

    item.quantity = Some(line.quantity);
    item.discount_quantity = unless_zero(line.discount_quantity);
    item.initial_quantity = line.initial_quantity;
    item.amount = line.amount;
    item.discount_amount = unless_zero(line.discount_amount);
    item.initial_amount = line.initial_amount;
    item.applied_discount_amount =
        unless_zero(applied(|line| line.applied_discount_amount, |line| line.discount_amount));
    item.applied_discount_quantity =
        unless_zero(applied(|line| line.applied_discount_quantity, |line| line.free_quantity));
    item.applied_quantity = unless_zero(applied_quantity);
    item.applied_quantity_amount = (applied_quantity != 0 && is_priced)
        .then(|| applied(|line| line.applied_quantity_amount, |line| line.amount.unwrap_or(0)));
    item.price = line.price;
    item.subtotal_amount = is_priced.then(|| line.subtotal());
    let details: Vec<_> =
        amounts.replacements.iter().filter(|details| details.target_index == place).copied().collect();
    item.application_details = (!details.is_empty()).then_some(details);
    item.free_quantity = unless_zero(line.free_quantity).filter(|_| matches!(scope, Scope::Stored));
}

/// A line that nobody has ordered.
fn appended(line: &Line) -> OrderItem {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    OrderItem {
        product_id: line.product.as_ref().and_then(|product| text(&product.id)),
        sku_id: line.sku.as_ref().and_then(|sku| text(&sku.id)),
        // A product of which nothing but its id is known is not in the catalogue.
        product: line.product.as_ref().filter(|product| product.source_id.is_some() || product.name.is_some()).map(
            |product| OrderItemProduct {
                id: text(&product.id),
                source_id: text(&product.source_id),
                name: text(&product.name),
                price: product.price,
                ..OrderItemProduct::default()
            },
        ),
        sku: line.sku.as_ref().filter(|sku| sku.source_id.is_some() || sku.sku.is_some()).map(|sku| OrderItemSku {
            id: text(&sku.id),
            source_id: text(&sku.source_id),
            sku: text(&sku.sku),
            price: sku.price,
            ..OrderItemSku::default()
        }),
        ..OrderItem::default()
    }
}

fn unless_zero(amount: i64) -> Option<i64> {
    (amount != 0).then_some(amount)
}
