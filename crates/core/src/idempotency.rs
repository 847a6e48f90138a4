//! Requests that may be sent again, carried out once. `docs/idempotency.md` has the rules.
//!
//! A command that answers such a request keeps its answer in its own commit ([`once`]). So there is never
//! an effect without an answer, whatever breaks down in between.

use std::sync::Arc;

use guerdon_model::{Error, kept_answer::KeptAnswer};
use guerdon_store::{Collection, Key};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::tx::{Result, Tx};

/// The longest `Idempotency-Key` in characters.
pub const MAX_KEY: usize = 255;
/// How long answers are kept, in milliseconds: a day.
const KEPT_FOR: i64 = 86_400_000;

/// A request with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// What its answer is kept under.
    pub id: Arc<str>,
    digest: Arc<str>,
}

impl KeyedRequest {
    /// `parts` are all that the request consists of.
    ///
    /// # Errors
    /// `InvalidIdempotencyKey` unless the key is of 1 to [`MAX_KEY`] visible ASCII characters.
    pub fn new(app_id: &str, key: &[u8], parts: &[&[u8]]) -> std::result::Result<Self, Error> {
        if key.is_empty() || key.len() > MAX_KEY || !key.iter().all(u8::is_ascii_graphic) {
            return Err(Error::InvalidIdempotencyKey);
        }
        Ok(Self { id: digest(&[app_id.as_bytes(), key]), digest: digest(parts) })
    }

    pub(crate) fn key(&self) -> Key {
        Key::id(Collection::KeptAnswers, self.id.clone())
    }

    /// What it was answered with, if it was carried out before.
    ///
    /// # Errors
    /// `IdempotencyKeyReused` if that was another request.
    pub fn answered(&self, tx: &mut Tx) -> Result<Option<KeptAnswer>> {
        let kept = tx.get::<KeptAnswer>(&self.id)?.filter(|kept| kept.expires_at > tx.now());
        match kept {
            Some(kept) if *kept.request == *self.digest => Ok(Some(kept.as_ref().clone())),
            Some(_) => Err(Error::IdempotencyKeyReused.into()),
            None => Ok(None),
        }
    }
}

/// A digest of several parts: none of them can be mistaken for the end of the one before.
fn digest(parts: &[&[u8]]) -> Arc<str> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize()).into()
}

/// What a command gave, or an earlier run of the same request.
#[derive(Debug)]
pub enum Answered<T> {
    Now(T),
    Before(KeptAnswer),
}

impl<T> Answered<T> {
    /// The same with another value.
    pub fn map<U>(self, made: impl FnOnce(T) -> U) -> Answered<U> {
        match self {
            Answered::Now(value) => Answered::Now(made(value)),
            Answered::Before(kept) => Answered::Before(kept),
        }
    }
}

impl<T: Serialize> Serialize for Answered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Answered::Now(value) => value.serialize(serializer),
            Answered::Before(kept) => {
                let body: &RawValue = serde_json::from_str(&kept.body).map_err(S::Error::custom)?;
                body.serialize(serializer)
            }
        }
    }
}

/// An answer as it goes over HTTP.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// JSON.
    pub body: String,
}

impl Reply {
    /// An answer with this body.
    ///
    /// # Errors
    /// `Internal` if it is no JSON.
    pub fn of(status: u16, body: &impl Serialize) -> std::result::Result<Self, Error> {
        Ok(Self { status, body: serde_json::to_string(body).map_err(|_| Error::Internal)? })
    }
}

/// Runs a command unless its request was carried out before. What `reply` makes of its value is kept with what
/// it changes; if that is nothing, the request was not carried out yet.
///
/// # Errors
/// Those of the command, which keeps nothing then; `IdempotencyKeyReused`.
pub(crate) fn once<T>(
    tx: &mut Tx,
    request: &KeyedRequest,
    command: &mut impl FnMut(&mut Tx) -> Result<T>,
    reply: impl Fn(&T) -> std::result::Result<Option<Reply>, Error>,
) -> Result<Answered<T>> {
    if let Some(kept) = request.answered(tx)? {
        return Ok(Answered::Before(kept));
    }
    let value = command(tx)?;
    if let Some(Reply { status, body }) = reply(&value)? {
        tx.put(KeptAnswer {
            id: request.id.as_ref().to_owned(),
            request: request.digest.as_ref().to_owned(),
            status,
            body,
            expires_at: tx.now().plus_millis(KEPT_FOR),
        });
    }
    Ok(Answered::Now(value))
}
