//! Segments: create, delete, list, and who is in which. `docs/segments.md` has the rules.
//!
//! Who is in a static or auto-update segment is written into the customer's own document, so that nothing
//! has to be looked up about a customer at hand, and once more as a [`SegmentMember`], by which the
//! customers of a segment are found. [`customers::store`] keeps both up to date, in the commit that
//! changes the customer. Three kinds of jobs do the rest: [`fill`] a new segment, go through those that
//! change with the days ([`daily`]), and [`dissolve`] one that was deleted.

pub(crate) mod daily;
mod definitions;
pub(crate) mod dissolve;
pub(crate) mod fill;
pub mod membership;
mod walk;

use guerdon_model::{
    Error,
    customer::Customer,
    error::{Path, Rule},
    filter::Filter,
    list::List,
    segment::{Segment, SegmentInput, SegmentType, SimpleSegment},
};
use guerdon_store::{Collection, Key};

pub use definitions::{Definition, Definitions};

use self::{
    fill::{FillWork, MemberWork},
    membership::Membership,
};
use crate::{
    customers::{self, CustomerRef},
    jobs::{self, Work},
    projects,
    tx::{Result, Tx},
};

/// The word for segments in errors.
pub const RESOURCE: &str = "segment";

/// The most auto-update and passive segments of a project, and the most static ones.
const MAX_WITH_FILTER: usize = 100;
const MAX_STATIC: usize = 1_000;

/// Creates a segment. Customers that are named enter it at once, or soon if they are many; those who
/// match a filter soon.
pub fn create(tx: &mut Tx, input: &SegmentInput) -> Result<Segment> {
    let new = input.check()?;
    tx.need(create_keys(input))?;
    refuse_too_many(tx, new.kind)?;
    let segment = Segment::new(tx.new_id(), new.kind, new.name, new.filter, tx.now());
    match new.kind {
        SegmentType::Passive => {}
        SegmentType::AutoUpdate => {
            jobs::start(tx, Work::SegmentFill(FillWork::of(segment.id.clone())))?;
            if segment.filter.as_ref().is_some_and(fill::depends_on_day) {
                daily::begin(tx)?;
            }
        }
        SegmentType::Static => {
            let (first, rest) = new.customers.split_at(new.customers.len().min(fill::SLICE));
            fill::add(tx, &segment.id, first)?;
            if !rest.is_empty() {
                let work = MemberWork { segment: segment.id.clone(), remaining: rest.to_vec() };
                jobs::start(tx, Work::SegmentMembers(work))?;
            }
        }
    }
    tx.put(segment.clone());
    Ok(segment.into_answer())
}

/// What [`create`] surely reads.
pub fn create_keys(input: &SegmentInput) -> Vec<Key> {
    let named = input.customers.iter().flatten().take(fill::SLICE);
    named.map(|id| Key::id(Collection::Customers, id.as_str())).collect()
}

fn refuse_too_many(tx: &Tx, kind: SegmentType) -> Result<()> {
    let is_static = kind == SegmentType::Static;
    let (max, types) = if is_static { (MAX_STATIC, "static") } else { (MAX_WITH_FILTER, "auto-update and passive") };
    let segments = tx.config().segments().all().iter();
    let count = segments.filter(|known| (known.segment.kind == SegmentType::Static) == is_static).count();
    if count < max {
        return Ok(());
    }
    let sentence = format!("Project should NOT have more than {max} {types} segments");
    Err(Error::invalid_payload(Path::root(), Rule::Sentence(sentence)).into())
}

/// The segment with this id, or `not_found`.
pub fn get(tx: &mut Tx, id: &str) -> Result<Segment> {
    let segment = tx.get::<Segment>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(segment.as_ref().clone())
}

/// Deletes the segment: nobody is in it from then on. What is written down of it goes in the background.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    let segment = get(tx, id)?;
    tx.delete::<Segment>(id);
    if segment.kind != SegmentType::Passive {
        jobs::start(tx, Work::SegmentDissolution { segment: segment.id })?;
    }
    Ok(())
}

/// Which segments, in which order, and how many of them.
#[derive(Debug, Clone)]
pub struct SegmentListing {
    pub filter: Option<Filter>,
    /// None for all.
    pub ids: Option<Vec<String>>,
    /// Newest first.
    pub descending: bool,
    /// Exclusive: continue beyond this time in the listing's order.
    pub starting_after: Option<guerdon_model::Timestamp>,
    /// Created at this time or later.
    pub start: Option<guerdon_model::Timestamp>,
    /// Created at this time or earlier.
    pub end: Option<guerdon_model::Timestamp>,
    pub limit: usize,
}

/// Some segments, and how many match in all.
pub fn list(tx: &mut Tx, listing: &SegmentListing) -> Result<List<Segment>> {
    projects::require_existing(tx)?;
    let moment = tx.moment();
    let matches = |segment: &Segment| {
        let at = segment.created_at;
        let is_beyond = |after| if listing.descending { at < after } else { at > after };
        listing.ids.as_ref().is_none_or(|ids| ids.iter().any(|id| **id == *segment.id.as_str()))
            && listing.starting_after.is_none_or(is_beyond)
            && listing.start.is_none_or(|start| at >= start)
            && listing.end.is_none_or(|end| at <= end)
            && listing.filter.as_ref().is_none_or(|filter| {
                let document = serde_json::to_value(segment).unwrap_or_default();
                filter.matches(&document, &moment)
            })
    };
    let all = tx.config().segments().all().iter().map(|definition| definition.segment.clone().into_answer());
    let mut rows: Vec<Segment> = all.filter(matches).collect();
    if !listing.descending {
        rows.reverse();
    }
    let total = Some(rows.len() as u64);
    rows.truncate(listing.limit);
    Ok(List { total, ..List::whole("data", rows) })
}

/// All segments of a customer, newest first. Nobody known is in those that such a customer would be in.
pub fn of_customer(tx: &mut Tx, reference: &CustomerRef) -> Result<List<SimpleSegment>> {
    let customer = customers::find(tx, reference)?;
    let (definitions, moment) = (tx.config().segments(), tx.moment());
    let nobody = Customer::new("".into(), None, tx.now());
    let membership = match &customer {
        Some(customer) => Membership::of(definitions, moment, customer),
        None => Membership::of_unknown(definitions, moment, &nobody),
    };
    let rows = membership.definitions().map(|definition| definition.segment.simple()).collect();
    Ok(List::whole("data", rows))
}
