//! The one way by which customers get into the store, out of it, and into their segments.
//!
//! Whoever changes a customer calls [`store`], and the segments follow in the same commit: what a filter
//! says of the new state is compared with what is written down, and only the difference is written and
//! told. `Tx::put` takes no customers, so that nobody can forget it. `docs/segments.md` has the rules.

use guerdon_model::{
    customer::Customer,
    event::{Event, EventType},
    ids::{CustomerId, SegmentId},
    segment::{SegmentData, SegmentMember},
};
use guerdon_store::{Document, Key};
use serde_json::Value;

use crate::{
    segments::{Definition, membership::profile},
    tx::{Result, Tx},
};

/// Proof that a customer's segments were seen to. Only this file can give it.
pub(crate) struct SegmentsSettled(());

/// A segment that a customer enters or leaves.
struct Move<'a> {
    definition: &'a Definition,
    enters: bool,
    /// Not while a segment is being filled, if the customer had matched before.
    is_told: bool,
}

/// Stores a customer: a new one, or the new state of `before`. `tell` emits what there is to say about
/// it, before the events of segments that it enters or leaves.
pub fn store(
    tx: &mut Tx,
    before: Option<&Customer>,
    mut customer: Customer,
    tell: impl FnOnce(&mut Tx, &Customer),
) -> Result<Customer> {
    let moves = moves(tx, before, &customer);
    write_moves(tx, &mut customer, &moves)?;
    tx.put_customer(customer.clone(), SegmentsSettled(()));
    tell(tx, &customer);
    announce(tx, &customer, &moves);
    Ok(customer)
}

/// For [`store`]: nothing to say.
pub fn tell_nobody(_: &mut Tx, _: &Customer) {}

/// Removes a customer, who drops out of all segments; tells nobody. Returns how many those were.
pub fn remove(tx: &mut Tx, customer: &Customer) -> Result<usize> {
    let segments = &customer.internal.segments;
    delete_memberships(tx, &customer.id, segments)?;
    tx.delete_customer(customer.id.as_str(), SegmentsSettled(()));
    Ok(segments.len())
}

/// A changed customer with the segments that it would be in. Nothing is stored.
pub(crate) fn with_segments(tx: &Tx, before: &Customer, mut customer: Customer) -> Customer {
    for Move { definition, enters, .. } in moves(tx, Some(before), &customer) {
        let segments = &mut customer.internal.segments;
        match segments.binary_search(definition.id()) {
            Ok(place) if !enters => drop(segments.remove(place)),
            Err(place) if enters => segments.insert(place, definition.id().clone()),
            Ok(_) | Err(_) => {}
        }
    }
    customer
}

/// Looks anew at the auto-update segments among these, for a customer who has not changed.
pub(crate) fn reevaluate(tx: &mut Tx, customer: &Customer, which: impl Fn(&Definition) -> bool) -> Result<()> {
    let definitions = tx.config().segments().auto_update().filter(|definition| which(definition)).collect();
    let moves = compare(tx, definitions, None, &profile(customer), customer);
    if moves.is_empty() {
        return Ok(());
    }
    let mut customer = customer.clone();
    write_moves(tx, &mut customer, &moves)?;
    tx.put_customer(customer.clone(), SegmentsSettled(()));
    announce(tx, &customer, &moves);
    Ok(())
}

/// Puts a customer into a segment, if it is not there yet; tells nobody.
pub(crate) fn enter(tx: &mut Tx, customer: &Customer, segment: &SegmentId) {
    let mut customer = customer.clone();
    if write_membership(tx, &mut customer, segment) {
        tx.put_customer(customer, SegmentsSettled(()));
    }
}

/// Takes a customer out of a segment, if it is there; tells nobody.
pub(crate) fn leave(tx: &mut Tx, customer: &Customer, segment: &SegmentId) -> Result<()> {
    let mut customer = customer.clone();
    if let Ok(place) = customer.internal.segments.binary_search(segment) {
        customer.internal.segments.remove(place);
        delete_memberships(tx, &customer.id, std::slice::from_ref(segment))?;
        tx.put_customer(customer, SegmentsSettled(()));
    }
    Ok(())
}

/// The segments that a change makes a customer enter or leave.
fn moves<'a>(tx: &Tx<'a>, before: Option<&Customer>, customer: &Customer) -> Vec<Move<'a>> {
    let definitions = tx.config().segments();
    if definitions.auto_update().len() == 0 {
        return Vec::new();
    }
    let (before, after) = (before.map(profile), profile(customer));
    let candidates = match &before {
        Some(before) => definitions.affected(before, &after),
        None => definitions.auto_update().collect(),
    };
    compare(tx, candidates, before.as_ref(), &after, customer)
}

fn compare<'a>(
    tx: &Tx<'a>,
    candidates: Vec<&'a Definition>,
    before: Option<&Value>,
    after: &Value,
    customer: &Customer,
) -> Vec<Move<'a>> {
    let moment = tx.moment();
    let compared = candidates.into_iter().filter_map(|definition| {
        let matches = definition.matches(after, &moment);
        let is_member = customer.internal.segments.binary_search(definition.id()).is_ok();
        let was_member = match definition.segment.is_filling {
            true => before.is_some_and(|before| definition.matches(before, &moment)),
            false => is_member,
        };
        let is_told = matches != was_member;
        (is_told || matches != is_member).then_some(Move { definition, enters: matches, is_told })
    });
    compared.collect()
}

fn write_moves(tx: &mut Tx, customer: &mut Customer, moves: &[Move]) -> Result<()> {
    let mut left = Vec::new();
    for Move { definition, enters, .. } in moves {
        if *enters {
            write_membership(tx, customer, definition.id());
        } else if let Ok(place) = customer.internal.segments.binary_search(definition.id()) {
            left.push(customer.internal.segments.remove(place));
        }
    }
    delete_memberships(tx, &customer.id, &left)
}

/// Writes down that a customer is in a segment; false if that was written down before.
fn write_membership(tx: &mut Tx, customer: &mut Customer, segment: &SegmentId) -> bool {
    let Err(place) = customer.internal.segments.binary_search(segment) else { return false };
    customer.internal.segments.insert(place, segment.clone());
    tx.put(SegmentMember::new(segment.clone(), customer.id.clone(), customer.created_at));
    true
}

fn delete_memberships(tx: &mut Tx, customer: &CustomerId, segments: &[SegmentId]) -> Result<()> {
    let ids: Vec<String> = segments.iter().map(|segment| SegmentMember::id_of(segment, customer)).collect();
    tx.need(ids.iter().map(|id| Key::id(SegmentMember::COLLECTION, id.as_str())))?;
    for id in &ids {
        if tx.get::<SegmentMember>(id)?.is_some() {
            tx.delete::<SegmentMember>(id);
        }
    }
    Ok(())
}

fn announce(tx: &mut Tx, customer: &Customer, moves: &[Move]) {
    for Move { definition, enters, is_told } in moves {
        let segment = definition.segment.simple();
        if *is_told {
            let kind = if *enters { EventType::CUSTOMER_SEGMENT_ENTERED } else { EventType::CUSTOMER_SEGMENT_LEFT };
            let data = SegmentData { customer: customer.as_answer(), segment: &segment };
            tx.emit(Event::Of { kind, entity_id: customer.id.as_str(), data: &data });
        }
    }
}
