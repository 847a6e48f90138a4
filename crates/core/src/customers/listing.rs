//! Listing customers: shortcuts, the filter language, pages and the timestamp cursor.

use guerdon_model::{Error, Timestamp, customer::Customer, filter::Filter, list::List};
use guerdon_store::{Collection, Condition, Order, Query};

use crate::{context::Context, failure::damaged, service::Guerdon};

/// Which customers, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Compared without regard to case.
    pub email: Option<String>,
    pub city: Option<String>,
    pub name: Option<String>,
    /// Members of a segment. There are no segments yet, so nobody is in one.
    pub segment_id: Option<String>,
    /// Exclusive bounds.
    pub created: Between,
    /// Exclusive bounds; customers that were never changed are outside of any.
    pub updated: Between,
    pub filter: Option<Filter>,
    pub order: CustomerOrder,
    /// Continue beyond this time, see [`CustomerOrder::cursor`].
    pub starting_after: Option<Timestamp>,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// Two exclusive bounds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Between {
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// The documented orders; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerOrder {
    pub column: &'static str,
    pub descending: bool,
}

impl CustomerOrder {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 6] =
        ["created_at", "-created_at", "updated_at", "-updated_at", "source_id", "-source_id"];

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        let (field, descending) = name.strip_prefix('-').map_or((name, false), |field| (field, true));
        let column = match field {
            "created_at" => "created_at",
            "updated_at" => "changed_at",
            "source_id" => "source_id",
            _ => return None,
        };
        Some(Self { column, descending })
    }

    /// What `starting_after` means: customers created earlier, newest first, unless an ascending
    /// order by time was asked for; then those later in that order.
    fn cursor(self, after: Timestamp) -> (usize, Condition) {
        match self {
            Self { column: column @ ("created_at" | "changed_at"), descending: false } => {
                (place(column), Condition::GreaterThan(after.into()))
            }
            _ => (place("created_at"), Condition::LessThan(after.into())),
        }
    }
}

fn place(column: &str) -> usize {
    Collection::Customers.column(column).expect("the collection's table has this column")
}

/// A page of customers.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(guerdon: &Guerdon, context: &Context, listing: Listing) -> Result<List<Customer>, Error> {
    let mut conditions = Vec::new();
    let mut equal = |column: &str, value: Option<&str>| {
        conditions.extend(value.map(|value| (place(column), Condition::Equals(value.into()))));
    };
    equal("email_folded", listing.email.as_deref().map(str::to_lowercase).as_deref());
    equal("city", listing.city.as_deref());
    equal("name", listing.name.as_deref());
    for (columns, between) in [(&["created_at"][..], listing.created), (&["changed_at", "updated_at"], listing.updated)]
    {
        for column in columns {
            conditions.extend(between.after.map(|after| (place(column), Condition::GreaterThan(after.into()))));
            conditions.extend(between.before.map(|before| (place(column), Condition::LessThan(before.into()))));
        }
    }
    conditions.extend(listing.starting_after.map(|after| listing.order.cursor(after)));

    let order = match listing.starting_after {
        Some(_) if listing.order.descending || listing.order.column == "source_id" => {
            CustomerOrder { column: "created_at", descending: true }
        }
        _ => listing.order,
    };
    let moment = guerdon.moment(&context.project).await?;
    let nobody = listing.segment_id.is_some();
    let page = guerdon
        .query(
            context,
            Query {
                conditions,
                filter: listing.filter.map(|filter| (with_full_paths(filter), moment)),
                order: Order::Column { column: place(order.column), descending: order.descending },
                offset: (listing.page - 1).saturating_mul(listing.limit),
                limit: if nobody { 0 } else { listing.limit },
                count: true,
                ..Query::all(context.project.clone(), Collection::Customers)
            },
        )
        .await?;
    let rows = page.records.iter().map(|record| record.document().map(Customer::into_answer));
    let rows = rows.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    Ok(List {
        data_ref: "customers",
        rows,
        total: Some(if nobody { 0 } else { page.total.unwrap_or(0) }),
        has_more: Some(!nobody && page.has_more),
        more_starting_after: None,
    })
}

/// Customers are filtered by `city`, too, which is part of their address.
fn with_full_paths(mut filter: Filter) -> Filter {
    for predicate in &mut filter.predicates {
        if predicate.field == "city" {
            predicate.field = "address.city".into();
        }
    }
    filter
}
