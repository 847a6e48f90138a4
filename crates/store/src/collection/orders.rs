//! Orders.

use guerdon_model::{Timestamp, ids::CustomerId, order::Order};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Order {
    const COLLECTION: Collection = Collection::Orders;
    fn id(&self) -> &str {
        // One that is stored has an id.
        self.id.as_ref().map_or("", |id| id.as_str())
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let created_at = self.created_at.unwrap_or(Timestamp::from_millis(0));
        vec![
            self.source_id.as_value().map(String::as_str).into(),
            self.customer_id.as_value().map(CustomerId::as_str).into(),
            self.status.unwrap_or_default().name().into(),
            created_at.into(),
            self.updated_at.as_value().copied().unwrap_or(created_at).into(),
        ]
    }
}
