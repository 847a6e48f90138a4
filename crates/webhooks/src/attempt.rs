//! One attempt at a send-out, and what follows from its outcome.

use bytes::Bytes;
use guerdon_core::{clock::Clock, secrets, snapshot::Snapshot};
use guerdon_model::{
    Timestamp,
    ids::ProjectId,
    send_out::{Attempt, SendOut, SendOutStatus},
    webhook::Webhook,
};
use guerdon_store::Settlement;

use crate::{
    schedule,
    transport::{Outcome, Outgoing, Transport},
};

/// The request for a body as of now: signed with the project's present key, sent to the webhook's
/// present address with its present headers.
///
/// # Errors
/// In words for the webhook's owner, when it can't be signed.
pub(crate) fn outgoing(snapshot: &Snapshot, webhook: &Webhook, body: Bytes) -> Result<Outgoing, String> {
    let token = snapshot
        .webhook_token()
        .ok_or("the request can't be signed: the project's webhook token was sealed with another secret key")?;
    Ok(Outgoing {
        target_url: webhook.target_url.clone(),
        headers: webhook.headers.clone(),
        signature: secrets::sign(token, &body),
        body,
    })
}

/// Sends a request as attempt number `no` and measures it.
pub(crate) async fn make(
    transport: &dyn Transport,
    clock: &dyn Clock,
    no: u32,
    request: Result<Outgoing, String>,
) -> Attempt {
    let executed_at = clock.now();
    let outcome = match request {
        Ok(request) => transport.send(request).await,
        Err(error) => Outcome { status: None, error: Some(error), duration_ms: 0 },
    };
    let error = outcome.failure();
    let label = if error.is_none() { "succeeded" } else { "failed" };
    metrics::counter!("guerdon_webhook_attempts_total", "outcome" => label).increment(1);
    metrics::histogram!("guerdon_webhook_attempt_seconds").record(outcome.duration_ms as f64 / 1000.0);
    Attempt { no, executed_at, response_status: outcome.status, error, duration_ms: outcome.duration_ms }
}

/// The number of a send-out's next attempt.
pub(crate) fn next_no(send_out: &SendOut) -> u32 {
    send_out.attempts.len() as u32 + 1
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    /// Failed; to be tried again at that time.
    Retry(Timestamp),
    /// Failed for the last time: the webhook is to be disabled.
    Exhausted,
    /// Failed, and the webhook no longer wants anything.
    Unwanted,
}

/// What follows from an attempt that the schedule asked for.
pub(crate) fn judge(send_out: &SendOut, attempt: &Attempt, is_wanted: bool) -> Verdict {
    if attempt.error.is_none() {
        return Verdict::Succeeded;
    }
    if !is_wanted {
        return Verdict::Unwanted;
    }
    let first = send_out.first_attempt_at.unwrap_or(attempt.executed_at);
    schedule::next_attempt(first, attempt.no, attempt.executed_at).map_or(Verdict::Exhausted, Verdict::Retry)
}

/// How the verdict on a send-out is recorded.
pub(crate) fn settlement(project: &ProjectId, send_out: SendOut, attempt: Attempt, verdict: Verdict) -> Settlement {
    let (status, next_attempt_at) = match verdict {
        Verdict::Succeeded => (SendOutStatus::Succeeded, None),
        Verdict::Retry(due) => (SendOutStatus::Retrying, Some(due)),
        Verdict::Exhausted | Verdict::Unwanted => (SendOutStatus::Failed, None),
    };
    let first_attempt_at = send_out.first_attempt_at.unwrap_or(attempt.executed_at);
    let mut attempts = send_out.attempts;
    attempts.push(attempt);
    Settlement { project: project.clone(), id: send_out.id, status, first_attempt_at, next_attempt_at, attempts }
}
