//! The export of what has gone on and off gift and loyalty cards.

use guerdon_model::{
    Error,
    campaign::CampaignType,
    export::{Export, ExportInput, ExportedObject, Parameters},
    role::Permission,
    voucher_transaction::VoucherTransaction,
};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::{Value, json};

use super::{
    create,
    resource::{Resource, SortBy, Surroundings},
};
use crate::{
    campaigns,
    tx::{Result as TxResult, Tx},
    vouchers,
};

pub(super) static VOUCHER_TRANSACTIONS: Resource = Resource {
    permission: Permission::VouchersRead,
    collection: Collection::VoucherTransactions,
    metadata: None,
    fields: &[
        ("id", "id"),
        ("campaign_id", "campaign_id"),
        ("voucher_id", "voucher_id"),
        ("type", "type"),
        ("source_id", "source_id"),
        ("reason", "reason"),
        ("source", "source"),
        ("balance", "details.balance.balance"),
        ("amount", "export.amount"),
        ("related_transaction_id", "related_transaction_id"),
        ("created_at", "created_at"),
        ("details", "details"),
    ],
    defaults: &["id", "type", "source_id", "reason", "source", "balance", "amount", "created_at"],
    orders: &[("created_at", SortBy::Id)],
    filters: &[("created_at", "created_at"), ("voucher_id", "voucher_id"), ("campaign_id", "campaign_id")],
    indexed: &[("voucher_id", "voucher_id"), ("campaign_id", "campaign_id")],
    vouchers: Some("voucher_id"),
    customer: None,
    view,
};

/// The transaction as it is listed, with `export` for what only exports know.
fn view(record: &Record, _: &Surroundings) -> Result<Option<Value>, StoreError> {
    let transaction = record.document::<VoucherTransaction>()?;
    let mut view = serde_json::to_value(&transaction).expect("a transaction has string keys");
    let balance = &transaction.details.balance;
    view["export"] = json!({"amount": balance.amount.or(balance.points)});
    Ok(Some(view))
}

/// Starts an export of the transactions of one voucher.
pub fn create_of_voucher(tx: &mut Tx, reference: &str, parameters: &Parameters) -> TxResult<Export> {
    vouchers::get(tx, reference)?;
    create_within(tx, "voucher_id", reference, parameters)
}

/// Starts an export of the transactions of a campaign's cards.
///
/// # Errors
/// `forbidden` if the campaign has none.
pub fn create_of_campaign(tx: &mut Tx, reference: &str, parameters: &Parameters) -> TxResult<Export> {
    let campaign = campaigns::get(tx, reference)?;
    match campaign.campaign_type {
        CampaignType::GiftVouchers | CampaignType::LoyaltyProgram => {
            create_within(tx, "campaign_id", campaign.id.as_str(), parameters)
        }
        _ => {
            let details = "Transactions are allowed only for loyalty or gift campaigns".to_owned();
            Err(Error::Forbidden { details }.into())
        }
    }
}

fn create_within(tx: &mut Tx, field: &str, id: &str, parameters: &Parameters) -> TxResult<Export> {
    let parameters = parameters.clone().within(field, id);
    create(
        tx,
        &ExportInput { exported_object: ExportedObject::VoucherTransactions, parameters: Some(parameters).into() },
    )
}
