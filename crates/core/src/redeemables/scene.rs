//! Who wants to buy what.

use std::sync::Arc;

use guerdon_model::{
    Patch,
    customer::{Customer, CustomerInput},
    metadata::Metadata,
    metadata_schema,
    redeemable::SceneInput,
};
use guerdon_store::{Document, Key};

use super::Basket;
use crate::{
    customers, orders,
    snapshot::Snapshot,
    tx::{Result, Tx},
};

/// The word for redemptions in metadata schemas.
pub const RESOURCE: &str = "redemption";

/// All that does not depend on what is redeemed.
#[derive(Debug)]
pub struct Scene {
    /// Nobody known if `None`.
    pub buyer: Option<Buyer>,
    pub basket: Option<Basket>,
    /// Of the redemption.
    pub metadata: Metadata,
    /// Stands for the customer in answers.
    pub tracking_id: Option<String>,
    /// Whether nothing is redeemed, so that whatever was counted may change meanwhile.
    is_foreseen: bool,
}

/// Who buys.
#[derive(Debug)]
pub struct Buyer {
    pub customer: Customer,
    /// Whether there was such a customer before the request: of a new one, nothing can be looked up.
    pub is_known: bool,
}

impl Buyer {
    /// The id, of a customer who is known.
    pub fn id(&self) -> Option<&str> {
        self.is_known.then(|| self.customer.id.as_str())
    }
}

/// What [`Scene::foreseen`] surely reads.
pub fn keys(config: &Snapshot, input: &SceneInput) -> Vec<Key> {
    let customer = buyer(config, input).map(|customer| customers::upsert_keys(&customer));
    let order = input.order.as_ref().map(orders::keys_of_input);
    customer.into_iter().chain(order).flatten().collect()
}

impl Scene {
    /// What a request describes, laid over what is stored. Nothing is stored.
    pub fn foreseen(tx: &mut Tx, input: &SceneInput) -> Result<Self> {
        tx.need(keys(tx.config(), input))?;
        let basket = input.order.as_ref().map(|order| Basket::foreseen(tx, order)).transpose()?;
        let buyer = match buyer(tx.config(), input) {
            None => None,
            Some(customer) => {
                let (customer, is_known) = customers::foreseen(tx, &customer)?;
                Some(Buyer { customer, is_known })
            }
        };
        Ok(Self { is_foreseen: true, ..Self::new(tx, buyer, basket, &input.metadata)? })
    }

    /// The scene of these. `metadata` are the redemption's, as they were sent.
    pub fn new(tx: &Tx, buyer: Option<Buyer>, basket: Option<Basket>, metadata: &Patch<Metadata>) -> Result<Self> {
        let metadata = metadata.as_value().cloned().unwrap_or_default();
        tx.config().check_metadata(RESOURCE, &metadata, metadata_schema::Scope::Whole)?;
        let source_id = buyer.as_ref().and_then(|buyer| buyer.customer.source_id.as_deref());
        let tracking_id = source_id.and_then(|source_id| tx.config().tracking_id(source_id));
        Ok(Self { buyer, basket, metadata, tracking_id, is_foreseen: false })
    }

    /// Something that others may change at any time.
    pub(super) fn look<D: Document>(&self, tx: &mut Tx, id: &str) -> Result<Option<Arc<D>>> {
        if self.is_foreseen { tx.peek(id) } else { tx.get(id) }
    }
}

/// The customer that a body is about: its own or, if it has none, the order's; an empty one is nobody. A tracking
/// id, which may also be sent in the place of a `source_id`, identifies whom nothing else does.
pub fn buyer(config: &Snapshot, input: &SceneInput) -> Option<CustomerInput> {
    let of_order = || input.order.as_ref().and_then(|order| order.customer.as_value());
    let is_somebody = |customer: &&CustomerInput| **customer != CustomerInput::default();
    let named = input.customer.as_ref().filter(is_somebody).or_else(of_order).filter(is_somebody).cloned();
    let tracking_id = input.tracking_id.as_ref().filter(|id| !id.is_empty());
    let mut customer = match (named, tracking_id) {
        (None, None) => return None,
        (None, Some(_)) => CustomerInput::default(),
        (Some(customer), _) => customer,
    };
    match (&mut customer.source_id, tracking_id) {
        (Patch::Value(sent), _) => *sent = config.source_id_of(sent),
        (unknown, Some(sent)) if customer.id.as_value().is_none() => {
            *unknown = Patch::Value(config.source_id_of(sent));
        }
        _ => {}
    }
    Some(customer)
}
