//! What rules can be attached to. Each of them carries its assignments in its own document
//! ([`Assignments`]): who has loaded a voucher, or holds a snapshot with its campaign, knows its rules
//! without looking for them.

use guerdon_model::{
    Error,
    validation_rule::{Assignments, RelatedObjectType},
};
use serde_json::Value;

use crate::tx::{Result, Tx};

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

/// The owner with this id; none if there is no such thing.
///
/// Every kind with a collection is loaded here; the others can't exist.
pub(super) fn find(_tx: &mut Tx, kind: RelatedObjectType, _id: &str) -> Result<Option<Box<dyn Owner>>> {
    match kind {
        RelatedObjectType::Voucher
        | RelatedObjectType::Campaign
        | RelatedObjectType::PromotionTier
        | RelatedObjectType::EarningRule
        | RelatedObjectType::RewardAssignment
        | RelatedObjectType::Distribution => Ok(None),
    }
}

/// The owner with this id, or `not_found`.
pub(super) fn require(tx: &mut Tx, kind: RelatedObjectType, id: &str) -> Result<Box<dyn Owner>> {
    Ok(find(tx, kind, id)?.ok_or_else(|| Error::not_found(kind.name(), id))?)
}
