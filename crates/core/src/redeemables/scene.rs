//! Who wants to buy what.

use guerdon_model::{
    Patch,
    customer::{Customer, CustomerInput},
    metadata::Metadata,
    metadata_schema,
    redeemable::SceneInput,
};
use guerdon_store::Key;

use super::Basket;
use crate::{
    customers, orders,
    snapshot::Snapshot,
    tx::{Result, Tx},
};

/// The word for redemptions in metadata schemas.
const REDEMPTION: &str = "redemption";

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
}

/// Who buys.
#[derive(Debug)]
pub struct Buyer {
    pub customer: Customer,
    /// Whether there is such a customer; if not, the request describes one that a redemption would create.
    pub is_stored: bool,
}

impl Buyer {
    /// The id, of a customer that there is.
    pub fn id(&self) -> Option<&str> {
        self.is_stored.then(|| self.customer.id.as_str())
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
                let (customer, is_stored) = customers::foreseen(tx, &customer)?;
                Some(Buyer { customer, is_stored })
            }
        };
        Self::new(tx, buyer, basket, &input.metadata)
    }

    /// The scene of these. `metadata` are the redemption's, as they were sent.
    pub fn new(
        tx: &Tx,
        buyer: Option<Buyer>,
        basket: Option<Basket>,
        metadata: &Patch<Metadata>,
    ) -> Result<Self> {
        let metadata = metadata.as_value().cloned().unwrap_or_default();
        tx.config().check_metadata(REDEMPTION, &metadata, metadata_schema::Scope::Whole)?;
        let source_id = buyer.as_ref().and_then(|buyer| buyer.customer.source_id.as_deref());
        let tracking_id = source_id.and_then(|source_id| tx.config().tracking_id(source_id));
        Ok(Self { buyer, basket, metadata, tracking_id })
    }
}

/// The customer that a body is about: its own or, if it has none, the order's. A tracking id, which may also be
/// sent in the place of a `source_id`, identifies whom nothing else does.
pub fn buyer(config: &Snapshot, input: &SceneInput) -> Option<CustomerInput> {
    let of_order = || input.order.as_ref().and_then(|order| order.customer.as_value());
    let named = input.customer.as_ref().or_else(of_order).cloned();
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
