//! The in-memory store passes the suite of all stores.

use std::sync::Arc;

use guerdon_store::{Store, memory::Memory};

async fn fresh() -> Option<((), Arc<dyn Store>)> {
    Some(((), Memory::new()))
}

guerdon_store::conformance_tests!(fresh());
guerdon_store::unknown_outcome_tests!(fresh());
