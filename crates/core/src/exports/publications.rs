//! The export of publications.

use guerdon_model::{publication::Publication, role::Permission};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::{Value, json};

use super::resource::{Resource, SortBy, Surroundings};

pub(super) static PUBLICATIONS: Resource = Resource {
    permission: Permission::PublicationsRead,
    collection: Collection::Publications,
    metadata: Some("publication"),
    fields: &[
        ("voucher_code", "vouchers"),
        ("customer_id", "customer_id"),
        ("customer_source_id", "customer.source_id"),
        ("date", "created_at"),
        ("channel", "channel"),
        ("campaign", "campaign_name"),
        // Nothing is drawn by lot here, so nobody has won.
        ("is_winner", "is_winner"),
        ("metadata", "metadata"),
    ],
    defaults: &["voucher_code", "customer_id", "date", "channel"],
    orders: &[
        ("id", SortBy::Id),
        ("voucher_code", SortBy::Paths(&["export.first_code"])),
        ("tracking_id", SortBy::Paths(&["tracking_id"])),
        ("customer_id", SortBy::Paths(&["customer_id"])),
        ("created_at", SortBy::Id),
        ("channel", SortBy::Paths(&["channel"])),
    ],
    filters: &[
        ("created_at", "created_at"),
        ("campaign", "campaign_name"),
        ("customer", "customer_id"),
        ("voucher", "vouchers"),
        ("failure_code", "failure_code"),
        ("result", "result"),
        ("customer_id", "customer_id"),
        ("campaign_name", "campaign_name"),
        ("voucher_type", "voucher_type"),
        ("is_referral_code", "is_referral_code"),
        ("parent_object_id", "campaign_id"),
        ("related_object_id", "vouchers_id"),
        ("source_id", "source_id"),
        ("metadata.", "metadata."),
    ],
    indexed: &[("campaign_id", "campaign_id"), ("customer_id", "customer_id")],
    vouchers: None,
    customer: Some("customer_id"),
    view,
};

/// The publication as it is stored, with `export` for what only exports know.
fn view(record: &Record, _: &Surroundings) -> Result<Option<Value>, StoreError> {
    let publication = record.document::<Publication>()?;
    let mut view = serde_json::to_value(&publication).expect("a publication has string keys");
    view["export"] = json!({"first_code": publication.vouchers.first()});
    Ok(Some(view))
}
