//! What a failing store means to a caller. The log says more than the answer does.

use guerdon_model::Error;
use guerdon_store::StoreError;

/// The store does not answer or can't write.
pub fn unavailable(error: StoreError) -> Error {
    tracing::error!(%error, "the store failed");
    Error::StoreUnavailable
}

/// A document can't be read: nothing that the caller could mend.
pub fn damaged(error: StoreError) -> Error {
    tracing::error!(%error, "a stored document can't be read");
    Error::Internal
}
