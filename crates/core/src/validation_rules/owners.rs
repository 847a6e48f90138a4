//! What rules can be attached to. Each of them carries its assignments in its own document
//! ([`Assignments`]): who has loaded a voucher, or holds a snapshot with its campaign, knows its rules
//! without looking for them.

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::Campaign,
    promotion_tier::PromotionTier,
    validation_rule::{Assignments, RelatedObjectType},
    voucher::Voucher,
};
use guerdon_store::{Collection, Key};
use serde_json::{Value, json};

use crate::{
    tx::{Result, Tx},
    vouchers,
};

/// A voucher, campaign, promotion tier and so on, on its way from and to its collection.
pub trait Owner {
    /// What it is.
    fn kind(&self) -> RelatedObjectType;

    /// Its id.
    fn id(&self) -> &str;

    /// The rules that it has of its own.
    fn assignments(&self) -> &Assignments;

    /// The same, to be changed.
    fn assignments_mut(&mut self) -> &mut Assignments;

    /// What events about its rules show of it.
    fn in_events(&self) -> Value;

    /// Stores it as it is now.
    fn put(self: Box<Self>, tx: &mut Tx);
}

/// Where owners of a kind are kept; nowhere if there can't be any.
const fn collection(kind: RelatedObjectType) -> Option<Collection> {
    match kind {
        RelatedObjectType::Voucher => Some(Collection::Vouchers),
        RelatedObjectType::Campaign => Some(Collection::Campaigns),
        RelatedObjectType::PromotionTier => Some(Collection::PromotionTiers),
        RelatedObjectType::EarningRule | RelatedObjectType::RewardAssignment | RelatedObjectType::Distribution => None,
    }
}

/// What [`find`] loads.
pub(super) fn key(kind: RelatedObjectType, id: &str) -> Option<Key> {
    collection(kind).map(|collection| Key::id(collection, id))
}

/// The owner with this id; none if there is no such thing.
///
/// Every kind with a collection is loaded here; the others can't exist.
pub(super) fn find(tx: &mut Tx, kind: RelatedObjectType, id: &str) -> Result<Option<Box<dyn Owner>>> {
    match kind {
        RelatedObjectType::Voucher => Ok(vouchers::find(tx, id)?.map(boxed)),
        RelatedObjectType::Campaign => match tx.config().campaign(id) {
            Some(known) => Ok(tx.get::<Campaign>(known.id.as_str())?.map(boxed)),
            None => Ok(None),
        },
        RelatedObjectType::PromotionTier => match tx.config().promotions().tier(id) {
            Some(_) => Ok(tx.get::<PromotionTier>(id)?.map(boxed)),
            None => Ok(None),
        },
        RelatedObjectType::EarningRule | RelatedObjectType::RewardAssignment | RelatedObjectType::Distribution => {
            Ok(None)
        }
    }
}

fn boxed<O: Owner + Clone + 'static>(owner: Arc<O>) -> Box<dyn Owner> {
    Box::new(Arc::unwrap_or_clone(owner))
}

impl Owner for Campaign {
    fn kind(&self) -> RelatedObjectType {
        RelatedObjectType::Campaign
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn assignments(&self) -> &Assignments {
        &self.validation_rules_assignments
    }
    fn assignments_mut(&mut self) -> &mut Assignments {
        &mut self.validation_rules_assignments
    }
    fn in_events(&self) -> Value {
        json!({"id": self.id, "object": "campaign"})
    }
    fn put(self: Box<Self>, tx: &mut Tx) {
        tx.put(*self);
    }
}

impl Owner for Voucher {
    fn kind(&self) -> RelatedObjectType {
        RelatedObjectType::Voucher
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn assignments(&self) -> &Assignments {
        &self.validation_rules_assignments
    }
    fn assignments_mut(&mut self) -> &mut Assignments {
        &mut self.validation_rules_assignments
    }
    fn in_events(&self) -> Value {
        json!(self.simple(Default::default()))
    }
    fn put(self: Box<Self>, tx: &mut Tx) {
        tx.put(*self);
    }
}

impl Owner for PromotionTier {
    fn kind(&self) -> RelatedObjectType {
        RelatedObjectType::PromotionTier
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn assignments(&self) -> &Assignments {
        &self.validation_rule_assignments
    }
    fn assignments_mut(&mut self) -> &mut Assignments {
        &mut self.validation_rule_assignments
    }
    fn in_events(&self) -> Value {
        json!(self.simple())
    }
    fn put(self: Box<Self>, tx: &mut Tx) {
        tx.put(*self);
    }
}

/// The owner with this id, or `not_found`.
pub(super) fn require(tx: &mut Tx, kind: RelatedObjectType, id: &str) -> Result<Box<dyn Owner>> {
    Ok(find(tx, kind, id)?.ok_or_else(|| Error::not_found(kind.name(), id))?)
}
