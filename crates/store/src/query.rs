//! What listings ask for.

use std::sync::Arc;

use guerdon_model::{
    Timestamp,
    event::{Category, EventType},
    filter::{Filter, Moment},
    ids::{ProjectId, WebhookId},
    send_out::SendOutStatus,
};

use crate::{
    Record,
    collection::{Collection, ColumnValue},
};

/// A page of a collection.
#[derive(Debug, Clone)]
pub struct Query {
    /// None crosses partitions; for the installation's own lists only.
    pub project: Option<ProjectId>,
    pub collection: Collection,
    /// All must hold.
    pub conditions: Vec<(usize, Condition)>,
    /// Must have one of these values, too.
    pub one_of: Option<OneOf>,
    /// Must be listed there, too.
    pub listed: Option<Listed>,
    /// Must match, too; evaluated on the whole document.
    pub filter: Option<(Filter, Moment)>,
    pub order: Order,
    /// Continue behind the document with this id, whether or not there is one; for an order by id only.
    pub after_id: Option<Arc<str>>,
    /// From this id on, whatever the order; of ids that begin with a time, from that time on.
    pub from_id: Option<Arc<str>>,
    /// Up to this id, without it.
    pub below_id: Option<Arc<str>>,
    pub offset: usize,
    pub limit: usize,
    /// Whether the number of all matches is wanted.
    pub count: bool,
    /// Counting ends here: a total of so many means that there are at least as many.
    pub count_up_to: usize,
}

impl Query {
    /// Everything in a project's collection, by id.
    pub fn all(project: ProjectId, collection: Collection) -> Self {
        Self {
            project: Some(project),
            collection,
            conditions: Vec::new(),
            one_of: None,
            listed: None,
            filter: None,
            order: Order::Id { descending: false },
            after_id: None,
            from_id: None,
            below_id: None,
            offset: 0,
            limit: usize::MAX,
            count: false,
            count_up_to: usize::MAX,
        }
    }
}

/// Documents that have one of some values in a lookup column. In the order of their ids, they are put
/// together from as many sorted lists as there are values, and no further than somebody reads: other than
/// with a range of values, nothing has to be sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOf {
    pub column: usize,
    /// All different; null stands for those without a value.
    pub values: Vec<ColumnValue>,
}

/// One document for each value that a lookup column has, in the order of the values. What it costs depends
/// on how many values there are, not on how many documents have them.
#[derive(Debug, Clone)]
pub struct Samples {
    pub project: ProjectId,
    pub collection: Collection,
    pub column: usize,
    /// Only values above this one. Null is no value.
    pub above: Option<ColumnValue>,
    /// Only values up to this one.
    pub up_to: Option<ColumnValue>,
    pub limit: usize,
}

/// Documents that another collection lists: those whose id is in one of its columns, beside a value in
/// another one. So the members of a segment are customers that the memberships list beside its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub collection: Collection,
    /// Where the ids are.
    pub id: usize,
    /// Where the value is, and which one.
    pub beside: (usize, Arc<str>),
}

/// What the value of a lookup column has to be. Nulls satisfy [`Condition::Null`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Equals(ColumnValue),
    LessThan(ColumnValue),
    AtMost(ColumnValue),
    GreaterThan(ColumnValue),
    Null,
    NotNull,
}

impl Condition {
    /// Whether a value satisfies this.
    pub fn holds(&self, value: &ColumnValue) -> bool {
        match self {
            Condition::Null => *value == ColumnValue::Null,
            _ if *value == ColumnValue::Null => false,
            Condition::NotNull => true,
            Condition::Equals(other) => value == other,
            Condition::LessThan(other) => value < other,
            Condition::AtMost(other) => value <= other,
            Condition::GreaterThan(other) => value > other,
        }
    }
}

impl Query {
    /// What is asked of an id: how it has to compare with which other.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (&'static str, &Arc<str>)> {
        let beyond = match (&self.after_id, self.order) {
            (Some(id), Order::Id { descending }) => Some((if descending { "<" } else { ">" }, id)),
            _ => None,
        };
        let from = self.from_id.as_ref().map(|id| (">=", id));
        let below = self.below_id.as_ref().map(|id| ("<", id));
        [beyond, from, below].into_iter().flatten()
    }
}

/// The order of a listing. Nulls come first, and equal values are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Id { descending: bool },
    Column { column: usize, descending: bool },
}

/// A page of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub records: Vec<Record>,
    /// Whether more would follow.
    pub has_more: bool,
    /// How many match in all, if that was asked for.
    pub total: Option<u64>,
}

/// A page of one entity's events.
#[derive(Debug, Clone)]
pub struct EventQuery {
    pub project: ProjectId,
    pub entity_id: Arc<str>,
    pub descending: bool,
    /// Continue behind the event with this id.
    pub after_id: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub kind: Option<EventType>,
    pub category: Option<Category>,
    pub limit: usize,
}

/// A page of a project's send-outs.
#[derive(Debug, Clone)]
pub struct SendOutQuery {
    pub project: ProjectId,
    pub webhook: Option<WebhookId>,
    pub status: Option<SendOutStatus>,
    pub event_type: Option<String>,
    /// Continue behind the send-out with this id.
    pub after_id: Option<String>,
    pub limit: usize,
}
