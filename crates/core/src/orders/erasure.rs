//! Deleting the orders of a customer who is erased: nobody else deletes orders.

use guerdon_model::{Error, Patch, ids::CustomerId, order::Order};
use guerdon_store::{Collection, Condition, Key, Query};

use crate::{context::Context, failure::unavailable, service::Guerdon, tx::Tx};

/// How many orders are deleted in one commit.
const SLICE: usize = 250;

/// Deletes all orders of a customer, some at a time; returns how many there were.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`: some may be left, and the same can be asked for again.
pub async fn erase_of(guerdon: &Guerdon, context: &Context, customer: &CustomerId) -> Result<i64, Error> {
    let mut erased = 0;
    loop {
        let page = guerdon.store.query(some_of(context, customer)).await.map_err(unavailable)?;
        if page.records.is_empty() {
            return Ok(erased);
        }
        let ids: Vec<_> = page.records.into_iter().map(|record| record.id).collect();
        let needs = ids.iter().map(|id| Key::id(Collection::Orders, id.clone())).collect();
        let customer = Patch::Value(customer.clone());
        let erase = move |tx: &mut Tx| {
            let mut erased = 0;
            for id in &ids {
                if tx.get::<Order>(id)?.is_some_and(|order| order.customer_id == customer) {
                    tx.delete::<Order>(id);
                    erased += 1;
                }
            }
            Ok(erased)
        };
        erased += guerdon.executor.execute(context.clone(), needs, erase).await?;
    }
}

fn some_of(context: &Context, customer: &CustomerId) -> Query {
    let place = Collection::Orders.column("customer_id").expect("the collection's table has this column");
    Query {
        conditions: vec![(place, Condition::Equals(customer.as_str().into()))],
        limit: SLICE,
        ..Query::all(context.project.clone(), Collection::Orders)
    }
}
