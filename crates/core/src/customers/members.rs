//! Listing the customers of a static or auto-update segment, whose members are written down.

use guerdon_model::{Error, customer::Customer, list::List, segment::SegmentMember};
use guerdon_store::{Collection, Condition, Key, Listed, Order, Query};

use super::listing::{self, list_of};
use crate::{
    context::Context,
    failure::{damaged, unavailable},
    service::Guerdon,
};

fn place(column: &str) -> usize {
    Collection::SegmentMembers.column(column).expect("the collection's table has this column")
}

/// For listings of customers in any order, narrowed by anything.
pub(super) fn of(segment: &str) -> Listed {
    let beside = (place("segment_id"), segment.into());
    Listed { collection: Collection::SegmentMembers, id: place("customer_id"), beside }
}

/// Whether all that a listing of customers asks for is known of the members, too: they are kept in the
/// order in which they were created.
pub(super) fn are_in_this_order(customers: &Query) -> bool {
    let created_at = listing::place("created_at");
    matches!(customers.order, Order::Column { column, .. } if column == created_at)
        && customers.conditions.iter().all(|(column, _)| *column == created_at)
}

/// A page of such a listing. It costs no more than that page, and counting the members.
pub(super) async fn list(
    guerdon: &Guerdon,
    context: &Context,
    segment: &str,
    customers: Query,
) -> Result<List<Customer>, Error> {
    let descending = matches!(customers.order, Order::Column { descending: true, .. });
    let bounds = customers.conditions.into_iter().map(|(_, bound)| (place("created_at"), bound));
    let of_segment = (place("segment_id"), Condition::Equals(segment.into()));
    let query = Query {
        conditions: std::iter::once(of_segment).chain(bounds).collect(),
        order: Order::Column { column: place("created_at"), descending },
        offset: customers.offset,
        limit: customers.limit,
        count: true,
        ..Query::all(context.project.clone(), Collection::SegmentMembers)
    };
    let page = guerdon.query(context, query).await?;
    let ids = page.records.iter().map(|record| record.document().map(|member: SegmentMember| member.customer_id));
    let ids = ids.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    let keys = ids.iter().map(|id| Key::id(Collection::Customers, id.as_str())).collect();
    let loaded = guerdon.store.load(&context.project, keys).await.map_err(unavailable)?;
    // Who has gone in between is not shown.
    let rows = loaded.records.iter().flatten().map(|record| record.document().map(Customer::into_answer));
    Ok(list_of(rows.collect::<Result<_, _>>().map_err(damaged)?, &page))
}
