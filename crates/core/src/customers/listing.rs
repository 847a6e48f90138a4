//! Listing customers: shortcuts, the filter language, pages and the timestamp cursor.

use guerdon_model::{Error, Timestamp, customer::Customer, filter::Filter, list::List, segment::SegmentType};
use guerdon_store::{Collection, Condition, Order, Page, Query};

use crate::{context::Context, customers::members, failure::damaged, service::Guerdon};

/// Which customers, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Compared without regard to case.
    pub email: Option<String>,
    pub city: Option<String>,
    pub name: Option<String>,
    /// Members of this segment, of whatever type.
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

pub(super) fn place(column: &str) -> usize {
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
    let mut filter = listing.filter;
    if let Some(filter) = &mut filter {
        filter.for_customers();
    }
    let mut query = Query {
        conditions,
        order: Order::Column { column: place(order.column), descending: order.descending },
        offset: (listing.page - 1).saturating_mul(listing.limit),
        limit: listing.limit,
        count: true,
        ..Query::all(context.project.clone(), Collection::Customers)
    };
    if let Some(id) = &listing.segment_id {
        let config = guerdon.snapshots.latest(&context.project).await?;
        let Some(definition) = config.segments().get(id) else {
            context.check_caller(&config)?;
            return Ok(list_of(Vec::new(), &Page::default()));
        };
        if definition.segment.kind == SegmentType::Passive {
            filter = [filter, definition.filter().cloned()].into_iter().flatten().reduce(Filter::and);
        } else if filter.is_none() && members::are_in_this_order(&query) {
            return members::list(guerdon, context, id, query).await;
        } else {
            query.listed = Some(members::of(id));
        }
    }
    if let Some(filter) = filter {
        query.filter = Some((filter, guerdon.moment(&context.project).await?));
    }
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| record.document().map(Customer::into_answer));
    Ok(list_of(rows.collect::<Result<_, _>>().map_err(damaged)?, &page))
}

/// These rows out of so many.
pub(super) fn list_of(rows: Vec<Customer>, page: &Page) -> List<Customer> {
    List {
        data_ref: "customers",
        rows,
        total: Some(page.total.unwrap_or(0)),
        has_more: Some(page.has_more),
        more_starting_after: None,
    }
}
