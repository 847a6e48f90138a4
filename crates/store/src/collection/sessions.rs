//! What sessions have reserved, and what people have redeemed of what they hold.

use guerdon_model::{redeemable::SessionLock, usage::PersonalUsage};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for SessionLock {
    const COLLECTION: Collection = Collection::SessionLocks;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.voucher_id.as_str().into(), self.expires_at.into()]
    }
}

impl Document for PersonalUsage {
    const COLLECTION: Collection = Collection::PersonalUsages;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}
