//! What a customer's orders add up to. Paid and fulfilled ones count; see `docs/customers.md`.
//!
//! A change of an order changes the summary by the difference, so that it costs the same however many
//! orders there are. Only the last order can't be told from a difference: the customer remembers its
//! newest ones, and should all of these be canceled, they are looked up again.

use guerdon_model::{
    Error, Patch,
    customer::Customer,
    ids::CustomerId,
    order::{Order, OrderStatus},
    recent_orders::{CountedOrder, REMEMBERED},
};
use guerdon_store::{Collection, Condition, Key, Query};

use super::amounts::too_large;
use crate::{
    context::Context,
    customers::summary,
    failure::{damaged, unavailable},
    service::Guerdon,
    tx::{Result, Tx},
};

/// The statuses that count.
const COUNTED: [OrderStatus; 2] = [OrderStatus::Paid, OrderStatus::Fulfilled];

/// The customer whose summary an order counts in, and as what.
fn counted(order: &Order) -> Option<(CustomerId, CountedOrder)> {
    let is_counted = order.status.is_some_and(|status| COUNTED.contains(&status));
    match (&order.customer_id, &order.id, order.created_at) {
        (Patch::Value(customer), Some(id), Some(created_at)) if is_counted => {
            let order = CountedOrder { id: id.clone(), amount: order.amount.unwrap_or(0), created_at };
            Some((customer.clone(), order))
        }
        _ => None,
    }
}

/// Brings the summaries of the customers up to date whose order has changed; returns those of whose
/// orders none is remembered. Whoever stores an order calls this in the same command, and
/// [`relearn`] after it.
pub(crate) fn recount(tx: &mut Tx, before: Option<&Order>, after: &Order) -> Result<Vec<CustomerId>> {
    let (before, after) = (before.and_then(counted), counted(after));
    let mut forgetful = Vec::new();
    if before == after {
        return Ok(forgetful);
    }
    let of = |counted: &Option<(CustomerId, CountedOrder)>| counted.as_ref().map(|(customer, _)| customer.clone());
    let (former, present) = (of(&before), of(&after));
    tx.need([&former, &present].into_iter().flatten().map(|id| Key::id(Collection::Customers, id.as_str())))?;
    let former = former.filter(|former| Some(former) != present.as_ref());
    for id in former.into_iter().chain(present) {
        let Some(customer) = tx.get::<Customer>(id.as_str())? else { continue };
        let mut orders = customer.summary.orders.clone();
        let mut recent = customer.internal.recent_orders.clone();
        if let Some((_, order)) = before.as_ref().filter(|(owner, _)| *owner == id) {
            summary::remove_order(&mut orders, &mut recent, order).map_err(too_large)?;
        }
        if let Some((_, order)) = after.as_ref().filter(|(owner, _)| *owner == id) {
            summary::add_order(&mut orders, &mut recent, order.clone()).map_err(too_large)?;
        }
        if recent.is_exhausted() {
            forgetful.push(id.clone());
        }
        summary::refresh(tx, id.as_str(), |customer| {
            customer.summary.orders = orders;
            customer.internal.recent_orders = recent;
        })?;
    }
    Ok(forgetful)
}

/// Looks up the newest counted orders of customers of whose orders none is remembered. If it can't be
/// done now, the next change of one of their orders will.
pub async fn relearn(guerdon: &Guerdon, context: &Context, customers: &[CustomerId]) {
    for id in customers {
        if let Err(error) = relearn_one(guerdon, context, id).await {
            tracing::warn!(customer = %id, %error, "a customer's last order could not be looked up");
        }
    }
}

async fn relearn_one(guerdon: &Guerdon, context: &Context, id: &CustomerId) -> std::result::Result<(), Error> {
    let seen = guerdon.executor.read(context, |tx| tx.get::<Customer>(id.as_str())).await?;
    let Some(seen) = seen.filter(|customer| customer.internal.recent_orders.is_exhausted()) else { return Ok(()) };
    let mut newest = Vec::new();
    for status in COUNTED {
        let page = guerdon.store.query(newest_of(context, id, status)).await.map_err(unavailable)?;
        for record in page.records {
            newest.extend(counted(&record.document::<Order>().map_err(damaged)?).map(|(_, order)| order));
        }
    }
    let id = id.clone();
    let learn = move |tx: &mut Tx| {
        let Some(customer) = tx.get::<Customer>(id.as_str())? else { return Ok(()) };
        // Every change of what counts changes the customer, too: what was looked up is still true.
        let is_unchanged = customer.internal == seen.internal && customer.summary.orders == seen.summary.orders;
        if !is_unchanged {
            return Ok(());
        }
        let mut orders = customer.summary.orders.clone();
        let mut recent = customer.internal.recent_orders.clone();
        recent.relearn(newest.clone());
        summary::conclude(&mut orders, &recent).map_err(too_large)?;
        summary::refresh(tx, id.as_str(), |customer| {
            customer.summary.orders = orders;
            customer.internal.recent_orders = recent;
        })
    };
    guerdon.executor.execute(context.clone(), Vec::new(), learn).await
}

fn newest_of(context: &Context, customer: &CustomerId, status: OrderStatus) -> Query {
    let place = |name| Collection::Orders.column(name).expect("the collection's table has this column");
    Query {
        conditions: vec![
            (place("customer_id"), Condition::Equals(customer.as_str().into())),
            (place("status"), Condition::Equals(status.name().into())),
        ],
        order: guerdon_store::Order::Column { column: place("created_at"), descending: true },
        limit: REMEMBERED,
        ..Query::all(context.project.clone(), Collection::Orders)
    }
}
