//! The export of orders.

use guerdon_model::{order::Order, role::Permission};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::Value;

use super::resource::{Resource, SortBy, Surroundings};

pub(super) static ORDERS: Resource = Resource {
    permission: Permission::OrdersRead,
    collection: Collection::Orders,
    metadata: Some("order"),
    fields: &[
        ("id", "id"),
        ("source_id", "source_id"),
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("status", "status"),
        ("amount", "amount"),
        ("discount_amount", "discount_amount"),
        ("items_discount_amount", "items_discount_amount"),
        ("total_discount_amount", "total_discount_amount"),
        ("total_amount", "total_amount"),
        ("customer_id", "customer_id"),
        ("referrer_id", "referrer_id"),
        ("metadata", "metadata"),
    ],
    defaults: &["id", "source_id", "status"],
    orders: &[
        // Historical orders say themselves when they were placed.
        ("created_at", SortBy::Paths(&["created_at"])),
        ("updated_at", SortBy::Paths(&["updated_at", "created_at"])),
        ("status", SortBy::Paths(&["status"])),
    ],
    filters: &[
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("status", "status"),
        ("source_id", "source_id"),
        ("amount", "amount"),
        ("total_amount", "total_amount"),
        ("discount_amount", "discount_amount"),
        ("total_discount_amount", "total_discount_amount"),
        ("items_discount_amount", "items_discount_amount"),
        ("metadata.", "metadata."),
    ],
    indexed: &[],
    vouchers: None,
    customer: None,
    view,
};

fn view(record: &Record, _: &Surroundings) -> Result<Option<Value>, StoreError> {
    let order = record.document::<Order>()?.into_answer();
    Ok(Some(serde_json::to_value(order).expect("an order has string keys")))
}
