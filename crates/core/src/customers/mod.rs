//! Customers: upsert, update, delete, erase. `docs/customers.md` has the rules.

pub mod activity;
pub mod bulk;
pub mod import;
pub mod listing;
mod members;
pub mod store;
pub mod summary;

use std::{borrow::Cow, sync::Arc};

use guerdon_model::{
    Error, Patch,
    customer::{Customer, CustomerInput, DeletedCustomer, ErasedData, PermanentDeletion},
    event::Event,
    ids::CustomerId,
    metadata_schema::Scope,
    publication::CustomerChoice,
};
use guerdon_store::{Collection, Document, Key};

use crate::{
    customers::store::{remove, store},
    tx::{Result, Tx},
};

/// The word for customers in errors and metadata schemas.
pub const RESOURCE: &str = "customer";

/// What a path calls a customer: its id or the shop's `source_id`, as sent.
#[derive(Debug, Clone)]
pub struct CustomerRef(Arc<str>);

impl CustomerRef {
    /// Reads a path segment or another reference.
    pub fn new(sent: &str) -> Self {
        Self(sent.into())
    }

    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What has to be loaded to find the customer.
    pub fn keys(&self) -> Vec<Key> {
        // Our ids are the only ones that begin like this; anything else can only be a `source_id`.
        let id = self.0.starts_with("cust_").then(|| Key::id(Collection::Customers, self.0.clone()));
        id.into_iter().chain([source_id_key(&self.0)]).collect()
    }
}

/// The key of the customer with this `source_id`.
pub fn source_id_key(source_id: &str) -> Key {
    let column = Collection::Customers.column("source_id").expect("the collection's table has this column");
    Key::unique(Collection::Customers, column, source_id)
}

/// The customer that `reference` names: by id first, then by `source_id`.
pub fn find(tx: &mut Tx, reference: &CustomerRef) -> Result<Option<Arc<Customer>>> {
    tx.need(reference.keys())?;
    if reference.0.starts_with("cust_")
        && let Some(customer) = tx.get::<Customer>(&reference.0)?
    {
        return Ok(Some(customer));
    }
    tx.find("source_id", &reference.0)
}

fn require(tx: &mut Tx, reference: &CustomerRef) -> Result<Arc<Customer>> {
    Ok(find(tx, reference)?.ok_or_else(|| Error::not_found(RESOURCE, reference.as_str()))?)
}

/// The customer that `reference` names, or `not_found`.
pub fn get(tx: &mut Tx, reference: &CustomerRef) -> Result<Customer> {
    Ok(require(tx, reference)?.as_ref().clone().into_answer())
}

/// Creates the customer, or updates the one that the body's `id` or else `source_id` names.
pub fn upsert(tx: &mut Tx, input: &CustomerInput) -> Result<Customer> {
    match named(tx, input)? {
        Some(customer) => change(tx, &customer, input),
        None => Ok(insert(tx, input, tell_created)?.into_answer()),
    }
}

/// The customer that a body means: the one with its `id`, which must exist, or else its `source_id`.
pub(crate) fn named(tx: &mut Tx, input: &CustomerInput) -> Result<Option<Arc<Customer>>> {
    match (&input.id, &input.source_id) {
        (Patch::Value(id), _) => {
            let found = tx.get::<Customer>(id)?;
            Ok(Some(found.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?))
        }
        (_, Patch::Value(source_id)) => tx.find::<Customer>("source_id", source_id),
        _ => Ok(None),
    }
}

fn tell_created(tx: &mut Tx, customer: &Customer) {
    tx.emit(Event::CustomerCreated(customer));
}

fn tell_updated(tx: &mut Tx, customer: &Customer) {
    tx.emit(Event::CustomerUpdated(customer));
}

/// Creates or updates the customer of a request that is about something else. Unlike an upsert, it
/// changes and tells nothing if the body says nothing new. `derive` changes what follows from the request
/// itself, and `tell` emits its events, after those of the customer.
pub fn upsert_on_the_way(
    tx: &mut Tx,
    input: &CustomerInput,
    derive: impl FnOnce(&mut Customer),
    tell: impl FnOnce(&mut Tx, &Customer),
) -> Result<Customer> {
    let before = named(tx, input)?;
    let (mut customer, tell_first): (_, fn(&mut Tx, &Customer)) = match &before {
        None => (created(tx, input)?, tell_created),
        Some(before) => {
            let patched = patched(tx, before, input)?;
            match patched == **before {
                true => (patched, store::tell_nobody),
                false => (Customer { updated_at: Some(tx.now()), ..patched }, tell_updated),
            }
        }
    };
    derive(&mut customer);
    if before.as_deref() == Some(&customer) {
        tell(tx, &customer);
        return Ok(customer);
    }
    store(tx, before.as_deref(), customer, |tx, customer| {
        tell_first(tx, customer);
        tell(tx, customer);
    })
}

/// What came of a customer that a request about something else has named.
pub(crate) enum Mentioned {
    Created(Customer),
    Changed(Customer),
    /// The request has told nothing new.
    Known(Arc<Customer>),
}

impl Mentioned {
    /// The customer as it is now.
    pub(crate) fn customer(&self) -> &Customer {
        match self {
            Mentioned::Created(customer) | Mentioned::Changed(customer) => customer,
            Mentioned::Known(customer) => customer,
        }
    }

    /// Tells of a customer that is new or was changed.
    pub(crate) fn tell(&self, tx: &mut Tx) {
        match self {
            Mentioned::Created(customer) => tx.emit(Event::CustomerCreated(customer)),
            Mentioned::Changed(customer) => tx.emit(Event::CustomerUpdated(customer)),
            Mentioned::Known(_) => {}
        }
    }
}

/// Creates or changes a customer that a request about something else names. Unlike an upsert, it changes
/// nothing if the body says nothing new. It is up to the caller to tell of it.
pub(crate) fn mention(tx: &mut Tx, input: &CustomerInput) -> Result<Mentioned> {
    let Some(known) = named(tx, input)? else {
        return insert(tx, input, store::tell_nobody).map(Mentioned::Created);
    };
    let changed = patched(tx, &known, input)?;
    if changed == *known {
        return Ok(Mentioned::Known(known));
    }
    let changed = Customer { updated_at: Some(tx.now()), ..changed };
    store(tx, Some(&known), changed, store::tell_nobody).map(Mentioned::Changed)
}

/// The customer that a request about something else would create or change, as it would be then, and whether
/// it is known already. Nothing is stored.
pub(crate) fn foreseen(tx: &mut Tx, input: &CustomerInput) -> Result<(Customer, bool)> {
    let Some(known) = named(tx, input)? else { return Ok((created(tx, input)?, false)) };
    let changed = patched(tx, &known, input)?;
    match changed == *known {
        true => Ok((changed, true)),
        false => Ok((store::with_segments(tx, &known, changed), true)),
    }
}

/// What [`upsert`] surely reads.
pub fn upsert_keys(input: &CustomerInput) -> Vec<Key> {
    match (&input.id, &input.source_id) {
        (Patch::Value(id), _) => vec![Key::id(Collection::Customers, id.as_str())],
        (_, Patch::Value(source_id)) => vec![source_id_key(source_id)],
        _ => Vec::new(),
    }
}

/// The customer that comes with a request about something else, and whether it is new: created if nobody
/// knows it, changed if the request says anything new. To be named alone changes nobody and tells nobody.
pub fn bring(tx: &mut Tx, choice: &CustomerChoice) -> Result<(Customer, bool)> {
    let input = match choice {
        CustomerChoice::Profile(input) => Cow::Borrowed(&**input),
        CustomerChoice::Named(reference) => Cow::Owned(body_naming(tx, reference)?),
    };
    let mentioned = mention(tx, &input)?;
    mentioned.tell(tx);
    Ok((mentioned.customer().clone(), matches!(mentioned, Mentioned::Created(_))))
}

/// What [`bring`] surely reads.
pub fn bring_keys(choice: &CustomerChoice) -> Vec<Key> {
    match choice {
        CustomerChoice::Profile(input) => upsert_keys(input),
        CustomerChoice::Named(reference) => CustomerRef::new(reference).keys(),
    }
}

/// The body that a mere reference stands for.
fn body_naming(tx: &mut Tx, reference: &str) -> Result<CustomerInput> {
    let found = find(tx, &CustomerRef::new(reference))?;
    let is_id = found.is_some_and(|found| found.id.as_str() == reference) || reference.starts_with("cust_");
    let value = Patch::Value(reference.to_owned());
    Ok(match is_id {
        true => CustomerInput { id: value, ..CustomerInput::default() },
        false => CustomerInput { source_id: value, ..CustomerInput::default() },
    })
}

/// Changes the attributes that the body has; its ids are ignored.
pub fn update(tx: &mut Tx, reference: &CustomerRef, input: &CustomerInput) -> Result<Customer> {
    let customer = require(tx, reference)?;
    change(tx, &customer, input)
}

fn change(tx: &mut Tx, customer: &Customer, input: &CustomerInput) -> Result<Customer> {
    Ok(patch(tx, customer, input, tell_updated)?.into_answer())
}

/// Stores a new customer.
fn insert(tx: &mut Tx, input: &CustomerInput, tell: impl FnOnce(&mut Tx, &Customer)) -> Result<Customer> {
    let customer = created(tx, input)?;
    store(tx, None, customer, tell)
}

/// Stores the changed customer.
fn patch(
    tx: &mut Tx,
    before: &Customer,
    input: &CustomerInput,
    tell: impl FnOnce(&mut Tx, &Customer),
) -> Result<Customer> {
    let customer = Customer { updated_at: Some(tx.now()), ..patched(tx, before, input)? };
    store(tx, Some(before), customer, tell)
}

fn created(tx: &Tx, input: &CustomerInput) -> Result<Customer> {
    let mut customer = Customer::new(tx.new_id(), input.source_id.as_value().cloned(), tx.now());
    input.check()?;
    let sent = input.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &sent, Scope::Whole)?;
    input.apply_to(&mut customer);
    Ok(customer)
}

fn patched(tx: &Tx, before: &Customer, input: &CustomerInput) -> Result<Customer> {
    input.check()?;
    if let Patch::Value(sent) = &input.metadata {
        tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    let mut customer = before.clone();
    input.apply_to(&mut customer);
    Ok(customer)
}

/// Removes the customer from sight and frees its `source_id`. Its data stays until it is erased.
pub fn delete(tx: &mut Tx, reference: &CustomerRef) -> Result<()> {
    let mut customer = require(tx, reference)?.as_ref().clone();
    let now = tx.now();
    remove(tx, &customer)?;
    customer.internal.segments.clear();
    customer.source_id = customer.source_id.map(|source_id| format!("{source_id}_deleted{now}"));
    customer.updated_at = Some(now);
    tx.emit(Event::CustomerDeleted(&customer));
    tx.put(DeletedCustomer { customer, deleted_at: now });
    Ok(())
}

/// Erases a customer, deleted or not, with all events about it and their send-outs.
///
/// `customer_events` is how many events there are beyond its creation, for the answer.
pub fn erase(tx: &mut Tx, reference: &CustomerRef, customer_events: i64) -> Result<PermanentDeletion> {
    let id = erasable(tx, reference)?;
    tx.need([Key::id(Customer::COLLECTION, id.as_str()), Key::id(DeletedCustomer::COLLECTION, id.as_str())])?;
    let segments = match tx.get::<Customer>(id.as_str())? {
        Some(customer) => remove(tx, &customer)?,
        None => 0,
    };
    if tx.get::<DeletedCustomer>(id.as_str())?.is_some() {
        tx.delete::<DeletedCustomer>(id.as_str());
    }
    tx.erase_entity(id.as_str());
    Ok(PermanentDeletion {
        id: tx.new_id(),
        created_at: tx.now(),
        related_object_id: id,
        related_object: Cow::Borrowed("customer"),
        status: Cow::Borrowed("DONE"),
        data_json: ErasedData {
            customer: 1,
            segments: segments as i64,
            customer_events: (customer_events > 0).then_some(customer_events),
            ..ErasedData::default()
        },
        object: Cow::Borrowed("pernament_deletion"),
    })
}

/// The id of the customer to erase; one that is deleted already is found by its id alone.
pub fn erasable(tx: &mut Tx, reference: &CustomerRef) -> Result<CustomerId> {
    let deleted = Key::id(DeletedCustomer::COLLECTION, reference.as_str());
    tx.need(reference.keys().into_iter().chain([deleted]))?;
    if let Some(customer) = find(tx, reference)? {
        return Ok(customer.id.clone());
    }
    let deleted = tx.get::<DeletedCustomer>(reference.as_str())?;
    let deleted = deleted.ok_or_else(|| Error::not_found(RESOURCE, reference.as_str()))?;
    Ok(deleted.customer.id.clone())
}

/// The page of a customer's mailing preferences, relative to where the API is served.
pub fn with_assets(mut customer: Customer, public_url: &str) -> Customer {
    let cockpit_url = format!("{public_url}/customers/{}/preferences", customer.id);
    customer.assets = Some(guerdon_model::customer::Assets { cockpit_url });
    customer
}
