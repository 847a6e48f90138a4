//! Redemptions: redeem, roll back, read. `docs/redemptions.md` has the rules.
//!
//! A redemption is one command. It evaluates as a validation does, on what the request describes and nothing
//! stored yet ([`crate::redeemables`]). If it fails, that is stored, and the command still succeeds: it comes to
//! [`Outcome::Refused`], which is an error for the client and a commit for us. If not, everything that follows
//! is written in the same commit: customer, order, vouchers with their ledgers, counters, redemptions, events.

mod answer;
mod counters;
pub mod erasure;
mod fail;
pub mod listing;
mod plan;
mod redeem;
mod rollback;
mod shapes;
mod tell;
mod write;

use std::sync::Arc;

use guerdon_model::{
    Error,
    ids::CustomerId,
    kept_answer::KeptAnswer,
    redeemable::ErrorAnswer,
    redemption::{ChannelType, Redemption, RedemptionChannel},
};
use guerdon_store::{Collection, Key};
use serde::Serialize;

use crate::{
    context::Context,
    idempotency::KeyedRequest,
    redeemables::RESOURCE,
    tx::{Result, Tx},
};

pub use redeem::{redeem, redeem_code, redeem_tier};
pub use rollback::{roll_back, roll_back_all};

/// What a request to redeem or roll back came to.
#[derive(Debug)]
pub enum Outcome<T> {
    Done(T),
    /// Nothing but that it was refused is stored.
    Refused(Box<ErrorAnswer>),
    /// The request was carried out before: that is what it was answered with.
    Before(KeptAnswer),
}

/// What a command has come to, and what is to be done after it.
struct Done<A> {
    outcome: Outcome<A>,
    /// See [`crate::orders::summary::relearn`].
    forgetful: Vec<CustomerId>,
}

impl<A: Serialize> Done<A> {
    /// What came of a request that is carried out now. If it has an `Idempotency-Key`, that is kept, even if it is
    /// that the request was refused: this, too, has been stored.
    fn now(tx: &mut Tx, outcome: Outcome<A>, forgetful: Vec<CustomerId>) -> Result<Self> {
        if let Some(keyed) = &tx.context().keyed {
            match &outcome {
                Outcome::Done(answer) => keyed.keep(tx, 200, answer)?,
                Outcome::Refused(error) => keyed.keep(tx, error.code, error)?,
                Outcome::Before(_) => {}
            }
        }
        Ok(Self { outcome, forgetful })
    }

    /// What came of the request if it was carried out before.
    fn before(tx: &mut Tx) -> Result<Option<Self>> {
        let Some(keyed) = &tx.context().keyed else { return Ok(None) };
        let kept = keyed.answered(tx)?;
        Ok(kept.map(|kept| Self { outcome: Outcome::Before(kept), forgetful: Vec::new() }))
    }
}

/// What [`Done::before`] reads.
fn key_of_request(context: &Context) -> Option<Key> {
    context.keyed.as_ref().map(KeyedRequest::key)
}

/// What has to be loaded to find a redemption or rollback by its id.
pub fn key(id: &str) -> Option<Key> {
    Redemption::key_of(id).map(|key| Key::id(Collection::Redemptions, key))
}

/// The redemption or rollback with this id, or `not_found`.
fn get(tx: &mut Tx, id: &str) -> Result<Arc<Redemption>> {
    let found = match Redemption::key_of(id) {
        Some(key) => tx.get::<Redemption>(key)?.filter(|found| found.id.as_str() == id),
        None => None,
    };
    Ok(found.ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// By which way the request came.
fn channel(tx: &Tx) -> RedemptionChannel {
    let source = &tx.context().source;
    match (&source.user, &source.api_key) {
        (Some(user), _) => RedemptionChannel { channel_id: user.id.to_string(), channel_type: ChannelType::User },
        (None, key) => RedemptionChannel {
            channel_id: key.as_ref().map(|key| key.app_id.clone()).unwrap_or_default(),
            channel_type: ChannelType::Api,
        },
    }
}
