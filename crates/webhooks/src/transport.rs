//! How a request reaches its endpoint: over HTTP in production, into a list in tests.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;

/// Sends one request, once.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and waits for the answer's status. It ends within ten seconds: the lease of
    /// a send-out is only a little longer.
    async fn send(&self, request: Outgoing) -> Outcome;
}

/// One request of a send-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// As it was configured; maybe no URL at all.
    pub target_url: String,
    /// The webhook's own headers.
    pub headers: BTreeMap<String, String>,
    /// The value of `x-voucherify-signature`.
    pub signature: String,
    pub body: Bytes,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer's status; none if no answer arrived in time.
    pub status: Option<u16>,
    /// Why there is no answer that counts.
    pub error: Option<String>,
    /// From the start of the request until its answer or failure.
    pub duration_ms: u64,
}

impl Outcome {
    /// Why the attempt failed, in words for the webhook's owner; `None` if it succeeded.
    pub fn failure(&self) -> Option<String> {
        match (&self.error, self.status) {
            (Some(error), _) => Some(error.clone()),
            (None, Some(200..=299)) => None,
            (None, Some(status @ 300..=399)) => {
                Some(format!("the endpoint answered {status}; redirects are not followed"))
            }
            (None, Some(status)) => Some(format!("the endpoint answered {status}")),
            (None, None) => Some("the endpoint did not answer".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_answer_without_an_error_is_a_success() {
        for (status, error, succeeds) in [
            (Some(200), None, true),
            (Some(201), None, true),
            (Some(204), None, true),
            (Some(299), None, true),
            (Some(200), Some("too late"), false),
            (Some(199), None, false),
            (Some(302), None, false),
            (Some(404), None, false),
            (Some(500), None, false),
            (None, None, false),
        ] {
            let outcome = Outcome { status, error: error.map(str::to_owned), duration_ms: 1 };
            assert_eq!(outcome.failure().is_none(), succeeds, "{outcome:?}");
        }
    }
}
