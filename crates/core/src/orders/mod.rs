//! Orders: create, update, upsert. `docs/orders.md` has the rules.

pub mod amounts;
pub mod erasure;
pub mod import;
pub mod items;
pub mod listing;
pub(crate) mod redeemed;
pub mod summary;

use std::sync::Arc;

use guerdon_model::{
    Error, Patch, Timestamp,
    customer::{Customer, CustomerInput},
    event::{Event, EventType},
    ids::{CustomerId, OrderId, PrefixedId},
    metadata_schema::Scope,
    order::{Order, OrderCustomer, OrderData, OrderInput, OrderStatus},
    redemption::RedemptionAnswer,
};
use guerdon_store::{Collection, Key};
use serde::Serialize;

use crate::{
    customers::{self, CustomerRef, Mentioned},
    tx::{Result, Tx},
};

/// The word for orders in errors and metadata schemas.
pub const RESOURCE: &str = "order";
/// The word for their lines in metadata schemas.
pub(crate) const ITEM: &str = "order_item";

/// What has to be loaded to find an order by its id or `source_id`.
pub fn keys(reference: &str) -> Vec<Key> {
    let by_id = may_be_id(reference).then(|| Key::id(Collection::Orders, reference));
    by_id.into_iter().chain([source_id_key(reference)]).collect()
}

/// Our ids are the only ones that begin like this; anything else can only be a `source_id`.
fn may_be_id(reference: &str) -> bool {
    reference.starts_with(OrderId::PREFIX)
}

fn source_id_key(source_id: &str) -> Key {
    let column = Collection::Orders.column("source_id").expect("the collection's table has this column");
    Key::unique(Collection::Orders, column, source_id)
}

/// The order that `reference` names, by id first and then by `source_id`, or `not_found`.
pub fn get(tx: &mut Tx, reference: &str) -> Result<Arc<Order>> {
    tx.need(keys(reference))?;
    if may_be_id(reference)
        && let Some(order) = tx.get::<Order>(reference)?
    {
        return Ok(order);
    }
    let found = tx.find("source_id", reference)?;
    Ok(found.ok_or_else(|| Error::not_found(RESOURCE, reference))?)
}

/// An order that was stored, and whom it concerns.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Saved {
    /// As answers show it.
    pub order: Order,
    /// Customers of whose counted orders none is remembered; see [`summary::relearn`].
    #[serde(skip)]
    pub forgetful: Vec<CustomerId>,
}

/// Creates the order, or updates the one that the body's `id` or else `source_id` names.
pub fn upsert(tx: &mut Tx, input: &OrderInput) -> Result<Saved> {
    let change = match named(tx, input)? {
        Some(order) => patch(tx, order, input)?,
        None => {
            let placed_at = input.created_at.as_value().copied().unwrap_or_else(|| tx.now());
            insert(tx, input, placed_at)?
        }
    };
    change.tell(tx)?;
    Ok(change.into_saved())
}

/// Changes what the body has; its `id` is ignored.
pub fn update(tx: &mut Tx, reference: &str, input: &OrderInput) -> Result<Saved> {
    tx.need(keys_of_update(reference, input))?;
    input.check()?;
    let order = get(tx, reference)?;
    let change = patch(tx, order, input)?;
    change.tell(tx)?;
    Ok(change.into_saved())
}

/// What [`upsert`] surely reads.
pub fn keys_of_input(input: &OrderInput) -> Vec<Key> {
    let own = match (&input.id, &input.source_id) {
        (Patch::Value(id), _) => Some(Key::id(Collection::Orders, id.as_str())),
        (_, Patch::Value(source_id)) => Some(source_id_key(source_id)),
        _ => None,
    };
    own.into_iter().chain(keys_of_content(input)).collect()
}

/// What [`update`] surely reads.
pub fn keys_of_update(reference: &str, input: &OrderInput) -> Vec<Key> {
    keys(reference).into_iter().chain(keys_of_content(input)).collect()
}

/// The customers, products and SKUs of a body.
fn keys_of_content(input: &OrderInput) -> Vec<Key> {
    let people = [&input.customer, &input.referrer].into_iter().filter_map(Patch::as_value);
    let referrer = input.referrer_id.as_value().map(|id| CustomerRef::new(id).keys());
    let items = input.items.as_value().map(|items| items::keys(items));
    people
        .flat_map(customers::upsert_keys)
        .chain(referrer.into_iter().flatten())
        .chain(items.unwrap_or_default())
        .collect()
}

/// The order that a body names by its `id` or else by its `source_id`; none if it is a new one.
pub(crate) fn named(tx: &mut Tx, input: &OrderInput) -> Result<Option<Arc<Order>>> {
    tx.need(keys_of_input(input))?;
    input.check()?;
    match (&input.id, &input.source_id) {
        (Patch::Value(id), _) => {
            let found = tx.get::<Order>(id)?;
            Ok(Some(found.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?))
        }
        (_, Patch::Value(source_id)) => tx.find("source_id", source_id),
        _ => Ok(None),
    }
}

/// An order before and after; nobody has been told yet.
pub(crate) struct Change {
    before: Option<Arc<Order>>,
    order: Order,
    mentioned: Vec<Mentioned>,
    forgetful: Vec<CustomerId>,
}

fn insert(tx: &mut Tx, input: &OrderInput, placed_at: Timestamp) -> Result<Change> {
    let sent = input.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &sent, Scope::Whole)?;
    let order = Order {
        id: Some(tx.new_id()),
        source_id: Patch::Null,
        created_at: Some(placed_at),
        updated_at: Patch::Null,
        status: Some(OrderStatus::default()),
        customer_id: Patch::Null,
        referrer_id: Patch::Null,
        ..Order::default()
    };
    store(tx, None, order, input)
}

fn patch(tx: &mut Tx, before: Arc<Order>, input: &OrderInput) -> Result<Change> {
    if let Patch::Value(sent) = &input.metadata {
        tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    let order = Order { updated_at: Patch::Value(tx.now()), ..before.as_ref().clone() };
    store(tx, Some(before), order, input)
}

/// Stores the order with what the body has, its customers, and what its lines want to be in the
/// catalogue; tells nobody.
fn store(tx: &mut Tx, before: Option<Arc<Order>>, mut order: Order, input: &OrderInput) -> Result<Change> {
    for item in input.items.as_value().into_iter().flatten() {
        tx.config().check_metadata(ITEM, &item.metadata.clone().unwrap_or_default(), Scope::Whole)?;
    }
    set_source_id(tx, &mut order, &input.source_id)?;
    let customer = mention(tx, &input.customer)?;
    let referrer = match (&input.referrer, &input.referrer_id) {
        (Patch::Absent, Patch::Value(id)) => Patch::Value(existing(tx, id)?),
        (Patch::Absent, Patch::Null) => Patch::Null,
        (sent, _) => mention(tx, sent)?,
    };
    set_person(&customer, &mut order.customer, &mut order.customer_id);
    set_person(&referrer, &mut order.referrer, &mut order.referrer_id);

    if let Patch::Value(status) = input.status {
        order.status = Some(status);
    }
    if !input.metadata.is_absent() {
        order.metadata.get_or_insert_default().patch(&input.metadata);
    }
    match &input.items {
        Patch::Absent => {}
        Patch::Null => order.items = None,
        Patch::Value(sent) => {
            let lines = items::resolve_and_store(tx, sent)?;
            order.items = Some(lines.into_iter().map(|line| line.item).collect());
        }
    }
    amounts::apply(input, &mut order).map_err(amounts::too_large)?;
    let mentioned = [customer, referrer].into_iter().filter_map(|person| match person {
        Patch::Value(person) => Some(person),
        Patch::Absent | Patch::Null => None,
    });
    let mentioned = mentioned.collect();
    keep(tx, before, order, mentioned)
}

/// Stores the order as it is, with new ids of its lines, and what it changes in its customers' summaries.
fn keep(tx: &mut Tx, before: Option<Arc<Order>>, mut order: Order, mentioned: Vec<Mentioned>) -> Result<Change> {
    for item in order.items.iter_mut().flatten() {
        item.id = Some(tx.new_id());
    }
    tx.put(order.clone());
    let forgetful = summary::recount(tx, before.as_deref(), &order)?;
    Ok(Change { before, order, mentioned, forgetful })
}

/// Gives the order a key of the shop's own, unless another one has it.
fn set_source_id(tx: &mut Tx, order: &mut Order, sent: &Patch<String>) -> Result<()> {
    match sent {
        Patch::Value(source_id) if order.source_id.as_value() != Some(source_id) => {
            if tx.find::<Order>("source_id", source_id)?.is_some() {
                let value = source_id.clone();
                return Err(Error::Duplicate { resource: RESOURCE, attribute: "source_id", value }.into());
            }
            order.source_id = sent.clone();
        }
        Patch::Null => order.source_id = Patch::Null,
        Patch::Value(_) | Patch::Absent => {}
    }
    Ok(())
}

/// Creates or changes the customer that a body names.
fn mention(tx: &mut Tx, sent: &Patch<CustomerInput>) -> Result<Patch<Mentioned>> {
    Ok(match sent {
        Patch::Absent => Patch::Absent,
        Patch::Null => Patch::Null,
        Patch::Value(input) => Patch::Value(customers::mention(tx, input)?),
    })
}

fn existing(tx: &mut Tx, id: &str) -> Result<Mentioned> {
    let found = customers::find(tx, &CustomerRef::new(id))?;
    Ok(Mentioned::Known(found.ok_or_else(|| Error::not_found(customers::RESOURCE, id))?))
}

fn set_person(sent: &Patch<Mentioned>, shown: &mut Option<OrderCustomer>, id: &mut Patch<CustomerId>) {
    match sent {
        Patch::Absent => {}
        Patch::Null => (*shown, *id) = (None, Patch::Null),
        Patch::Value(person) => {
            let person = &person.customer().id;
            (*shown, *id) = (Some(OrderCustomer::new(person.clone())), Patch::Value(person.clone()));
        }
    }
}

impl Change {
    /// Tells of the customers that came or changed with the order, and of the order itself if it has
    /// a customer: these are events about customers.
    fn tell(&self, tx: &mut Tx) -> Result<()> {
        self.tell_of(tx, None)
    }

    /// The same of an order that a redemption or rollback has changed.
    pub(crate) fn tell_of(&self, tx: &mut Tx, redemption: Option<&RedemptionAnswer>) -> Result<()> {
        for mentioned in &self.mentioned {
            mentioned.tell(tx);
        }
        let Some(customer) = customer_at(tx, &self.order.customer_id)? else { return Ok(()) };
        let referrer = customer_at(tx, &self.order.referrer_id)?;
        let data = OrderData::of(&self.order, &customer, referrer.as_deref(), redemption);
        let entity_id = customer.id.as_str();
        let mut tell = |kind| tx.emit(Event::Of { kind, entity_id, data: &data });
        tell(if self.before.is_none() { EventType::CUSTOMER_ORDER_CREATED } else { EventType::CUSTOMER_ORDER_UPDATED });
        let status = |order: &Order| order.status.unwrap_or_default();
        let (before, now) = (self.before.as_deref().map(status).unwrap_or_default(), status(&self.order));
        match now {
            _ if now == before => {}
            OrderStatus::Created => {}
            OrderStatus::Paid => tell(EventType::CUSTOMER_ORDER_PAID),
            OrderStatus::Canceled => tell(EventType::CUSTOMER_ORDER_CANCELED),
            OrderStatus::Fulfilled => tell(EventType::CUSTOMER_ORDER_FULFILLED),
        }
        Ok(())
    }

    /// The order as it is now.
    pub(crate) fn order(&self) -> &Order {
        &self.order
    }

    pub(crate) fn into_saved(self) -> Saved {
        Saved { order: self.order.into_answer(), forgetful: self.forgetful }
    }
}

fn customer_at(tx: &mut Tx, id: &Patch<CustomerId>) -> Result<Option<Arc<Customer>>> {
    match id {
        Patch::Value(id) => tx.get(id.as_str()),
        Patch::Absent | Patch::Null => Ok(None),
    }
}
