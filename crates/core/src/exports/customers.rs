//! The export of customers.

use guerdon_model::{customer::Customer, role::Permission};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::Value;

use super::resource::{Resource, SortBy, Surroundings};

pub(super) static CUSTOMERS: Resource = Resource {
    permission: Permission::CustomersRead,
    collection: Collection::Customers,
    metadata: Some("customer"),
    fields: &[
        ("name", "name"),
        ("id", "id"),
        ("description", "description"),
        ("email", "email"),
        ("source_id", "source_id"),
        ("created_at", "created_at"),
        ("address_city", "address.city"),
        ("address_state", "address.state"),
        ("address_line_1", "address.line_1"),
        ("address_line_2", "address.line_2"),
        ("address_country", "address.country"),
        ("address_postal_code", "address.postal_code"),
        ("redemptions_total_redeemed", "summary.redemptions.total_redeemed"),
        ("redemptions_total_failed", "summary.redemptions.total_failed"),
        ("redemptions_total_succeeded", "summary.redemptions.total_succeeded"),
        ("redemptions_total_rolled_back", "summary.redemptions.total_rolled_back"),
        ("redemptions_total_rollback_failed", "summary.redemptions.total_rollback_failed"),
        ("redemptions_total_rollback_succeeded", "summary.redemptions.total_rollback_succeeded"),
        ("orders_total_amount", "summary.orders.total_amount"),
        ("orders_total_count", "summary.orders.total_count"),
        ("orders_average_amount", "summary.orders.average_amount"),
        ("orders_last_order_amount", "summary.orders.last_order_amount"),
        ("orders_last_order_date", "summary.orders.last_order_date"),
        // What is left to spend, not what was ever received.
        ("loyalty_points", "summary.redemptions.loyalty_card.points_to_go"),
        ("loyalty_referred_customers", "loyalty.referred_customers"),
        ("updated_at", "updated_at"),
        ("phone", "phone"),
        ("birthday", "birthday"),
        ("metadata", "metadata"),
        ("birthdate", "birthdate"),
    ],
    defaults: &["name", "source_id"],
    orders: &[
        ("name", SortBy::Paths(&["name"])),
        ("id", SortBy::Id),
        ("email", SortBy::Paths(&["email"])),
        ("source_id", SortBy::Paths(&["source_id"])),
        ("created_at", SortBy::Id),
        ("updated_at", SortBy::Paths(&["updated_at", "created_at"])),
    ],
    filters: &[
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("email", "email"),
        ("name", "name"),
        ("city", "address.city"),
        ("phone", "phone"),
        ("birthday", "birthday"),
        ("birthdate", "birthdate"),
        ("source_id", "source_id"),
        ("id", "id"),
        ("description", "description"),
        ("metadata.", "metadata."),
        ("address.", "address."),
        ("summary.", "summary."),
        ("loyalty.", "loyalty."),
        ("loyalty_tier.", "loyalty."),
        ("loyalty_points.", "loyalty."),
        ("system_metadata.", "system_metadata."),
    ],
    indexed: &[],
    vouchers: None,
    customer: None,
    view,
};

fn view(record: &Record, _: &Surroundings) -> Result<Option<Value>, StoreError> {
    let customer = record.document::<Customer>()?.into_answer();
    Ok(Some(serde_json::to_value(customer).expect("a customer has string keys")))
}
