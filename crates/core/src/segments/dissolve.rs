//! Forgetting who was in a segment that was deleted. It asks for nothing but time: nobody is in a segment
//! that does not exist.

use std::sync::Arc;

use guerdon_model::{
    Error,
    customer::Customer,
    ids::{CustomerId, SegmentId},
    segment::SegmentMember,
};
use guerdon_store::{Collection, Condition, Key, Order, Query};
use serde_json::json;

use crate::{
    context::Context,
    customers::store::leave,
    failure::{damaged, unavailable},
    jobs::{Claim, Progress},
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many customers are taken out in one commit.
const SLICE: usize = 500;

/// Works it off. What was taken out is gone, so that it begins anew wherever it has stopped.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(crate) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
    segment: &SegmentId,
) -> std::result::Result<Progress, Error> {
    loop {
        let (members, is_last) = some_members(guerdon, context, segment).await?;
        let customers = members.iter().map(|id| Key::id(Collection::Customers, id.as_str()));
        let memberships = members.iter().map(|id| SegmentMember::id_of(segment, id));
        let memberships = memberships.map(|id| Key::id(Collection::SegmentMembers, id));
        let needs = customers.chain(memberships).collect();
        let (claim, segment) = (claim.clone(), segment.clone());
        let step = move |tx: &mut Tx| step(tx, &claim, &segment, &members, is_last);
        if guerdon.executor.execute(context.clone(), needs, step).await? == Progress::Lost {
            return Ok(Progress::Lost);
        }
        if is_last {
            return Ok(Progress::Made);
        }
    }
}

async fn some_members(
    guerdon: &Guerdon,
    context: &Context,
    segment: &SegmentId,
) -> std::result::Result<(Vec<CustomerId>, bool), Error> {
    let place = |column| Collection::SegmentMembers.column(column).expect("the collection's table has this column");
    let query = Query {
        conditions: vec![(place("segment_id"), Condition::Equals(segment.as_str().into()))],
        order: Order::Column { column: place("created_at"), descending: false },
        limit: SLICE,
        ..Query::all(context.project.clone(), Collection::SegmentMembers)
    };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    let members = page.records.iter().map(|record| record.document().map(|member: SegmentMember| member.customer_id));
    Ok((members.collect::<std::result::Result<_, _>>().map_err(damaged)?, !page.has_more))
}

fn step(tx: &mut Tx, claim: &Claim, segment: &SegmentId, members: &[CustomerId], is_last: bool) -> Result<Progress> {
    tx.need(members.iter().map(|id| Key::id(Collection::Customers, id.as_str())))?;
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    for id in members {
        if let Some(customer) = tx.get::<Customer>(id.as_str())? {
            leave(tx, &customer, segment)?;
        }
    }
    match is_last {
        true => job.finish(json!({}), tx.now()),
        false => job.step(50, tx.now()),
    }
    tx.put(job);
    Ok(Progress::Made)
}
