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
    redeemable::ErrorAnswer,
    redemption::{ChannelType, Redemption, RedemptionChannel},
};
use guerdon_store::{Collection, Key};
use serde::Serialize;

use crate::{
    idempotency::Reply,
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
}

/// What a command has come to, and what is to be done after it.
struct Done<A> {
    outcome: Outcome<A>,
    /// See [`crate::orders::summary::relearn`].
    forgetful: Vec<CustomerId>,
}

impl<A: Serialize> Done<A> {
    /// The answer over HTTP. That a request was refused is an answer, too: it was stored.
    fn reply(&self) -> std::result::Result<Option<Reply>, Error> {
        match &self.outcome {
            Outcome::Done(answer) => Reply::of(200, answer),
            Outcome::Refused(error) => Reply::of(error.code, error),
        }
        .map(Some)
    }
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
