//! Forgetting who has redeemed when a customer is erased. What was redeemed stays: others count on it.

use std::sync::Arc;

use guerdon_model::{Error, ids::CustomerId, redemption::Redemption};
use guerdon_store::{Collection, Condition, Key, Query};

use crate::{context::Context, failure::unavailable, service::Guerdon, tx::Tx};

/// How many redemptions are changed in one commit.
const SLICE: usize = 250;

/// Takes everything personal out of a customer's redemptions and rollbacks, some at a time; the id stays, which
/// stands for nobody any more.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`: some may be left, and the same can be asked for again.
pub async fn forget(guerdon: &Guerdon, context: &Context, customer: &CustomerId) -> Result<(), Error> {
    let mut after: Option<Arc<str>> = None;
    loop {
        let page = guerdon.store.query(some_of(context, customer, after.take())).await.map_err(unavailable)?;
        let ids: Vec<Arc<str>> = page.records.into_iter().map(|record| record.id).collect();
        after = ids.last().cloned();
        if after.is_none() {
            return Ok(());
        }
        let needs = ids.iter().map(|id| Key::id(Collection::Redemptions, id.clone())).collect();
        let forget = move |tx: &mut Tx| {
            for id in &ids {
                if let Some(redemption) = tx.get::<Redemption>(id)? {
                    let (tracking_id, metadata, reason) = (None, None, None);
                    tx.put(Redemption { tracking_id, metadata, reason, ..redemption.as_ref().clone() });
                }
            }
            Ok(())
        };
        guerdon.executor.execute(context.clone(), needs, forget).await?;
    }
}

fn some_of(context: &Context, customer: &CustomerId, after_id: Option<Arc<str>>) -> Query {
    let place = Collection::Redemptions.column("customer_id").expect("the collection's table has this column");
    Query {
        conditions: vec![(place, Condition::Equals(customer.as_str().into()))],
        after_id,
        limit: SLICE,
        ..Query::all(context.project.clone(), Collection::Redemptions)
    }
}
