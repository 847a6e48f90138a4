//! Exports; what lies in their files are blobs.

use guerdon_model::export::Export;

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Export {
    const COLLECTION: Collection = Collection::Exports;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.status.name().into()]
    }
}
