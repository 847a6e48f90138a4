//! Send-outs: one delivery of one event to one target, with all its attempts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    ids::{SendOutId, WebhookId},
};

/// How a send-out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SendOutStatus {
    /// Not tried yet.
    Pending,
    /// Tried without success; another attempt is due at `next_attempt_at`.
    Retrying,
    /// The target answered 2xx in time.
    Succeeded,
    /// Given up: the last retry failed, or the webhook was disabled meanwhile.
    Failed,
}

/// One HTTP request of a send-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// 1 for the first.
    pub no: u32,
    pub executed_at: Timestamp,
    /// Absent when no answer arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u16>,
    /// Why the attempt failed; absent when it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub duration_ms: u64,
}

/// A send-out as stored. The body is kept as the exact text that is sent and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOut {
    pub id: SendOutId,
    pub webhook_id: WebhookId,
    pub event_id: String,
    pub event_type: String,
    /// What the event is about; erasing that erases the send-out.
    pub entity_id: String,
    /// The request that caused the event.
    pub group_id: String,
    pub status: SendOutStatus,
    pub created_at: Timestamp,
    /// When the first attempt was made: the retry schedule counts from it.
    pub first_attempt_at: Option<Timestamp>,
    /// When the next attempt is due; none once the send-out is settled.
    pub next_attempt_at: Option<Timestamp>,
    pub attempts: Vec<Attempt>,
    /// Compact JSON; empty when it was not asked for.
    pub body: String,
}
