//! Answers that are kept for requests which may be sent again.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What a request with an `Idempotency-Key` was answered with: kept in the commit that carried it out, for
/// a day. `docs/idempotency.md` has the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// A digest of the caller and the key.
    pub id: String,
    /// A digest of the request, so that another one is not answered with this.
    pub request: String,
    pub status: u16,
    /// JSON.
    pub body: String,
    pub expires_at: Timestamp,
}
