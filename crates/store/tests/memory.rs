//! The in-memory store passes the suite of all stores.

use std::sync::Arc;

use guerdon_store::{Store, memory::Memory};

async fn fresh() -> ((), Arc<dyn Store>) {
    ((), Memory::new())
}

guerdon_store::conformance_tests!(fresh());
guerdon_store::unknown_outcome_tests!(fresh());
