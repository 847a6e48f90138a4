//! Listing orders.

use guerdon_model::{Error, list::List, order::Order};
use guerdon_store::{Collection, Query};

use crate::{context::Context, failure::damaged, service::Guerdon};

/// Which page of the orders, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct OrderListing {
    pub sorting: Sorting,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// By creation or by last change; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    column: &'static str,
    descending: bool,
}

impl Sorting {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 4] = ["created_at", "-created_at", "updated_at", "-updated_at"];

    /// Reads a name.
    pub fn parse(name: Option<&str>) -> Self {
        let (column, descending) = match name {
            Some("created_at") => ("created_at", false),
            Some("updated_at") => ("changed_at", false),
            Some("-updated_at") => ("changed_at", true),
            _ => ("created_at", true),
        };
        Self { column, descending }
    }
}

/// A page of orders.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(guerdon: &Guerdon, context: &Context, listing: OrderListing) -> Result<List<Order>, Error> {
    let Sorting { column, descending } = listing.sorting;
    let column = Collection::Orders.column(column).expect("the collection's table has this column");
    let query = Query {
        order: guerdon_store::Order::Column { column, descending },
        offset: (listing.page - 1).saturating_mul(listing.limit),
        limit: listing.limit,
        count: true,
        ..Query::all(context.project.clone(), Collection::Orders)
    };
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| record.document().map(Order::into_answer));
    let rows = rows.collect::<Result<_, _>>().map_err(damaged)?;
    let total = Some(page.total.unwrap_or(0));
    Ok(List { data_ref: "orders", rows, total, has_more: None, more_starting_after: None })
}
