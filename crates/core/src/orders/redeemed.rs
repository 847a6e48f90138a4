//! Orders that redemptions pay for, and that rollbacks give back.

use std::sync::Arc;

use guerdon_engine::money::Overflow;
use guerdon_model::{
    Patch,
    ids::{CustomerId, RedemptionId},
    order::{Order, OrderCustomer, OrderInput, OrderItem, OrderStatus},
    redemption::{OrderRedemption, RolledBack},
};

use super::{Change, amounts, items, keep, mention, named, set_person, set_source_id};
use crate::{
    customers::Mentioned,
    tx::{Result, Tx},
};

/// Whom an order concerns because of what is redeemed.
pub(crate) struct People<'a> {
    pub customer: Option<&'a CustomerId>,
    /// Who has referred the customer by the code that is redeemed.
    pub referrer: Option<&'a CustomerId>,
}

/// Stores an order with the amounts that were calculated: a new one, or the one that the body names. It is paid
/// unless the body says otherwise. Tells nobody.
pub(crate) fn redeem(
    tx: &mut Tx,
    input: &OrderInput,
    calculated: Order,
    people: &People<'_>,
    (id, redemption): (RedemptionId, OrderRedemption),
) -> Result<Change> {
    let before = named(tx, input)?;
    // Of an order that is named by its `source_id`, what is stored counts.
    let counts = before.is_none() || input.id.as_value().is_some();
    let mut order = match &before {
        Some(known) => {
            Order { redemptions: known.redemptions.clone(), updated_at: Patch::Value(tx.now()), ..calculated }
        }
        None => Order {
            id: Some(tx.new_id()),
            source_id: Patch::Null,
            created_at: Some(input.created_at.as_value().copied().unwrap_or_else(|| tx.now())),
            updated_at: Patch::Null,
            ..calculated
        },
    };
    let mut mentioned = Vec::new();
    if counts {
        set_source_id(tx, &mut order, &input.source_id)?;
        if let Patch::Value(sent) = &input.items
            && sent.iter().any(overrides)
        {
            items::resolve_and_store(tx, sent)?;
        }
        let referrer = match (&input.referrer, &input.referrer_id) {
            (Patch::Absent, Patch::Value(id)) => Patch::Value(super::existing(tx, id)?),
            (sent, _) => mention(tx, sent)?,
        };
        set_person(&referrer, &mut order.referrer, &mut order.referrer_id);
        mentioned.extend(value(referrer));
    }
    if let Some(customer) = people.customer {
        order.customer = Some(OrderCustomer::new(customer.clone()));
        order.customer_id = Patch::Value(customer.clone());
    }
    if let Some(referrer) = people.referrer {
        order.referrer = Some(OrderCustomer::new(referrer.clone()));
        order.referrer_id = Patch::Value(referrer.clone());
    }
    order.status = Some(input.status.as_value().copied().unwrap_or(OrderStatus::Paid));
    order.redemptions.insert(id, redemption);
    keep(tx, before, order, mentioned)
}

fn overrides(item: &OrderItem) -> bool {
    item.product.as_ref().is_some_and(|product| product.overrides) || item.sku.as_ref().is_some_and(|sku| sku.overrides)
}

fn value(person: Patch<Mentioned>) -> Option<Mentioned> {
    match person {
        Patch::Value(person) => Some(person),
        Patch::Absent | Patch::Null => None,
    }
}

/// Takes back what a redemption, or several together, have taken off an order: `redeemed` is the order at that
/// step. The order is canceled. Tells nobody.
pub(crate) fn take_back(
    tx: &mut Tx,
    before: &Arc<Order>,
    redeemed: &Order,
    note: impl FnOnce(&mut Order),
) -> Result<Change> {
    let mut order = without(before, redeemed).map_err(amounts::too_large)?;
    order.status = Some(OrderStatus::Canceled);
    order.updated_at = Patch::Value(tx.now());
    note(&mut order);
    keep(tx, Some(before.clone()), order, Vec::new())
}

/// Notes in an order that something was rolled back, and changes nothing else of it.
pub(crate) fn note(tx: &mut Tx, before: &Order, note: impl FnOnce(&mut Order)) -> Order {
    let mut order = before.clone();
    note(&mut order);
    tx.put(order.clone());
    order
}

/// What an order has of a rollback.
pub(crate) fn roll_back(order: &mut Order, id: &RedemptionId, by: &RolledBack, stacked: Option<Vec<RedemptionId>>) {
    if let Some(redemption) = order.redemptions.get_mut(id) {
        redemption.rollback_id = Some(by.id.clone());
        redemption.rollback_date = Some(by.date);
        redemption.rollback_stacked = stacked;
    }
}

/// The order without what was taken off it, and without the units that were added to it. Lines that were changed
/// since keep what they have: nobody knows which is which.
fn without(order: &Order, redeemed: &Order) -> std::result::Result<Order, Overflow> {
    let mut order = order.clone();
    let of_order = redeemed.applied_discount_amount.unwrap_or(0);
    order.discount_amount = less(order.discount_amount, of_order);
    let then = redeemed.items.as_deref().unwrap_or_default();
    if let Some(items) = &mut order.items {
        let is_same = |one: &OrderItem, other: &OrderItem| {
            (&one.product_id, &one.sku_id, &one.source_id) == (&other.product_id, &other.sku_id, &other.source_id)
        };
        let mut taken = 0_i64;
        for (item, then) in items.iter_mut().zip(then).filter(|(item, then)| is_same(item, then)) {
            taken = taken.checked_add(take_back_from(item, then)).ok_or(Overflow)?;
        }
        items.retain(|item| item.quantity != Some(0) || item.initial_quantity != Some(0));
        for item in items.iter_mut().filter(|item| item.initial_quantity == item.quantity) {
            (item.initial_quantity, item.initial_amount) = (None, None);
        }
        order.amount = order.amount.map(|amount| (amount - taken).max(0));
    }
    if order.initial_amount == order.amount {
        order.initial_amount = None;
    }
    amounts::conclude(&mut order)?;
    Ok(order)
}

/// Takes back what was done to a line; the value of the units that were added.
fn take_back_from(item: &mut OrderItem, then: &OrderItem) -> i64 {
    item.discount_amount = less(item.discount_amount, then.applied_discount_amount.unwrap_or(0));
    item.free_quantity = less(item.free_quantity, then.applied_discount_quantity.unwrap_or(0));
    let (units, value) = (then.applied_quantity.unwrap_or(0), then.applied_quantity_amount.unwrap_or(0));
    item.quantity = item.quantity.map(|quantity| (quantity - units).max(0));
    item.amount = item.amount.map(|amount| (amount - value).max(0));
    if item.discount_amount.is_none() {
        (item.discount_quantity, item.application_details) = (None, None);
    }
    item.subtotal_amount = item.amount.map(|amount| (amount - item.discount_amount.unwrap_or(0)).max(0));
    value
}

fn less(amount: Option<i64>, taken: i64) -> Option<i64> {
    Some(amount.unwrap_or(0) - taken).filter(|left| *left > 0)
}
