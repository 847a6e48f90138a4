//! The order of a redemption, as much of it as each place shows.

use guerdon_model::{
    Patch,
    order::{Order, OrderItem},
};

/// An order that was calculated, as what has become of it is stored.
pub(super) fn stored_as(shown: Order, stored: &Order) -> Order {
    let mut order = Order {
        id: stored.id.clone(),
        source_id: stored.source_id.clone(),
        created_at: stored.created_at,
        updated_at: stored.updated_at.clone(),
        status: stored.status,
        customer: stored.customer.clone(),
        customer_id: stored.customer_id.clone(),
        referrer: stored.referrer.clone(),
        referrer_id: stored.referrer_id.clone(),
        redemptions: stored.redemptions.clone(),
        ..shown
    };
    for (item, stored) in order.items.iter_mut().flatten().zip(stored.items.iter().flatten()) {
        item.id.clone_from(&stored.id);
    }
    order
}

/// As a redemption shows it that stands for the whole request: its lines without what the catalogue knows.
pub(super) fn of_whole(order: &Order) -> Order {
    let mut order = Order {
        customer: None,
        referrer: None,
        redemptions: Default::default(),
        items: order.items.as_ref().map(|items| items.iter().map(short).collect()),
        ..without_items(order)
    };
    if order.amount.is_some() {
        order.show_nothing_applied();
    }
    order
}

/// As one of several redemptions shows it: the order after its step.
pub(super) fn of_child(order: &Order) -> Order {
    Order {
        created_at: None,
        updated_at: Patch::Absent,
        status: None,
        customer: None,
        customer_id: Patch::Absent,
        referrer: None,
        referrer_id: Patch::Absent,
        redemptions: Default::default(),
        items: order.items.as_ref().map(|items| items.iter().map(short).collect()),
        ..without_items(order)
    }
}

/// As a redemption keeps it: what the order itself knows is left out.
pub(super) fn kept(order: &Order) -> Order {
    let mut order = Order {
        source_id: Patch::Absent,
        created_at: None,
        updated_at: Patch::Absent,
        customer_id: Patch::Absent,
        referrer_id: Patch::Absent,
        metadata: None,
        ..order.clone()
    };
    for item in order.items.iter_mut().flatten() {
        item.id = None;
    }
    order
}

/// What was kept of an order, with what the order itself knows by now.
pub(super) fn read(kept: &Order, known: Option<&Order>, is_child: bool) -> Order {
    let mut order = kept.clone();
    let null = || Patch::Null;
    (order.customer_id, order.referrer_id, order.source_id) = (Patch::Null, Patch::Null, Patch::Null);
    if let Some(known) = known {
        order.source_id = known.source_id.clone();
        order.created_at = known.created_at;
        order.metadata = Some(known.metadata.clone().unwrap_or_default());
        for (item, known) in order.items.iter_mut().flatten().zip(known.items.iter().flatten()) {
            describe(item, known);
        }
        if !is_child {
            order.updated_at = known.updated_at.clone();
            order.customer = known.customer.clone();
            order.customer_id = if known.customer_id.is_absent() { null() } else { known.customer_id.clone() };
            order.referrer = known.referrer.clone();
            order.referrer_id = if known.referrer_id.is_absent() { null() } else { known.referrer_id.clone() };
            order.redemptions = known.redemptions.clone();
        }
    }
    for item in order.items.iter_mut().flatten() {
        item.subtotal_amount = item.amount.map(|amount| (amount - item.discount_amount.unwrap_or(0)).max(0));
    }
    order
}

fn describe(item: &mut OrderItem, known: &OrderItem) {
    let is_same =
        (&item.product_id, &item.sku_id, &item.source_id) == (&known.product_id, &known.sku_id, &known.source_id);
    if is_same {
        item.product = known.product.clone();
        item.sku = known.sku.clone();
    }
}

fn short(item: &OrderItem) -> OrderItem {
    OrderItem { product: None, sku: None, metadata: None, subtotal_amount: None, free_quantity: None, ..item.clone() }
}

/// The order without its lines, so that they are not copied in vain.
fn without_items(order: &Order) -> Order {
    Order {
        object: order.object.clone(),
        id: order.id.clone(),
        source_id: order.source_id.clone(),
        created_at: order.created_at,
        updated_at: order.updated_at.clone(),
        status: order.status,
        amount: order.amount,
        initial_amount: order.initial_amount,
        discount_amount: order.discount_amount,
        items_discount_amount: order.items_discount_amount,
        total_discount_amount: order.total_discount_amount,
        total_amount: order.total_amount,
        applied_discount_amount: order.applied_discount_amount,
        items_applied_discount_amount: order.items_applied_discount_amount,
        total_applied_discount_amount: order.total_applied_discount_amount,
        items: None,
        metadata: order.metadata.clone(),
        customer: None,
        referrer: None,
        customer_id: order.customer_id.clone(),
        referrer_id: order.referrer_id.clone(),
        redemptions: Default::default(),
    }
}
