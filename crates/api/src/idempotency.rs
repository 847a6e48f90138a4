//! `Idempotency-Key`: a request that is sent again is answered as it was the first time. `docs/idempotency.md`
//! has the rules; [`guerdon_core::idempotency`] sees to it that effect and answer are committed together.

use std::sync::Arc;

use axum::{http::header, response::Response};
use guerdon_core::idempotency::KeyedRequest;
use guerdon_model::{Error, ids::ProjectId};

use crate::{
    app::App,
    call::Call,
    respond::{Refusal, replayed},
    routes::{BodyKind, Repeats, Route},
};

const HEADER: &str = "idempotency-key";

/// What is to be done with a request.
pub(crate) enum Turn {
    /// It is to be carried out; this is held until it is.
    Now(Option<Held>),
    /// It was carried out before.
    Before(Response),
}

/// A key that is in use until this is dropped.
pub(crate) struct Held {
    app: Arc<App>,
    key: (ProjectId, Arc<str>),
}

impl Drop for Held {
    fn drop(&mut self) {
        self.app.keyed.lock().remove(&self.key);
    }
}

/// Looks whether a request was sent before. `target` is its path with its query.
///
/// # Errors
/// The four of idempotency keys.
pub(crate) async fn turn(call: &mut Call, route: &Route, target: &str) -> Result<Turn, Refusal> {
    let Some(key) = call.headers.get(HEADER).filter(|_| route.repeats != Repeats::Harmlessly) else {
        return Ok(Turn::Now(None));
    };
    if route.repeats == Repeats::Secretly {
        return Err(Error::IdempotencyKeyNotTaken.into());
    }
    let caller = call.context.caller.as_ref().map_or("", |caller| caller.key.app_id.as_str());
    // A file may be too large to be read before it is known whether it is wanted.
    let length = call.headers.get(header::CONTENT_LENGTH).map_or(&[][..], |length| length.as_bytes());
    let body = if route.body == BodyKind::File { length } else { &call.body };
    let request =
        KeyedRequest::new(caller, key.as_bytes(), &[route.method.as_str().as_bytes(), target.as_bytes(), body])?;
    let key = (call.context.project.clone(), request.id.clone());
    if !call.app.keyed.lock().insert(key.clone()) {
        return Err(Error::IdempotencyKeyInUse.into());
    }
    let held = Held { app: call.app.clone(), key };
    if let Some(kept) = call.read(|tx| request.answered(tx)).await? {
        return Ok(Turn::Before(replayed(&kept)));
    }
    call.context.keyed = Some(request);
    Ok(Turn::Now(Some(held)))
}
