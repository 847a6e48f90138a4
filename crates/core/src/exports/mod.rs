//! Exports: what can be exported, and how to ask for it. The work itself is [`crate::jobs::export`].
//!
//! What can be exported is a table ([`resource`]) with one row, and one file, per kind. Everything about a
//! row is derived from the JSON of the resource: cells, order and filters are paths into it.
//! `docs/exports.md` has the rules.

mod customers;
pub(crate) mod file;
pub(crate) mod filters;
mod orders;
mod publications;
pub(crate) mod resource;
mod token;
mod voucher_transactions;
mod vouchers;

use std::sync::Arc;

use guerdon_model::{
    Error,
    export::{Export, ExportFile, ExportInput, ExportResult, ExportStatus, ExportedObject},
    list::List,
    role::Permission,
};
use guerdon_store::{Collection, Order, Query};

use crate::{
    context::Context,
    failure::damaged,
    jobs::{self, Work, export::ExportWork},
    service::Guerdon,
    tx::{Result, Tx},
};
use resource::resource;

pub use token::project_of;
pub use voucher_transactions::{create_of_campaign, create_of_voucher};

/// The word for exports in errors.
const RESOURCE: &str = "export";

/// What somebody who exports this has to be allowed to read.
pub fn permission(object: ExportedObject) -> Permission {
    resource(object).permission
}

/// Starts an export.
pub fn create(tx: &mut Tx, input: &ExportInput) -> Result<Export> {
    let parameters = input.parameters.as_value().cloned().unwrap_or_default();
    let resource = resource(input.exported_object);
    parameters.check_lengths()?;
    resource.check_fields(&parameters)?;
    resource.sorting(&parameters)?;
    let filter = filters::read(resource, &parameters)?;
    let vouchers = filters::named_vouchers(tx, resource, filter.as_ref())?;
    let export = Export::new(tx.new_id(), input.exported_object, parameters, tx.now());
    let columns = resource.columns(&export.parameters, tx.config());
    jobs::start(tx, Work::Export(ExportWork::of(&export, columns, vouchers)))?;
    tx.put(export.clone());
    Ok(export)
}

/// The export with this id, as it is stored.
pub fn get(tx: &mut Tx, id: &str) -> Result<Arc<Export>> {
    Ok(tx.get::<Export>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// The file of an export, and the blob that it is; not found unless it is there.
pub fn file(tx: &mut Tx, id: &str) -> Result<(String, ExportFile)> {
    let export = get(tx, id)?;
    let file = export.file_at(tx.now()).ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok((file::blob(&export.id), file))
}

/// Deletes an export and its file. A job that is still at it finds out.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    let export = get(tx, id)?;
    tx.drop_blob(&file::blob(&export.id));
    tx.delete::<Export>(id);
    Ok(())
}

/// The export as answers show it, with a link to its file.
pub fn answer(guerdon: &Guerdon, context: &Context, export: Export) -> Export {
    let now = guerdon.clock.now();
    let result = export.file_at(now).map(|_| {
        let (id, token) = (&export.id, token::of(guerdon, &context.project, &export.id, now));
        ExportResult { url: format!("{}/v1/exports/{id}?token={token}", guerdon.options.public_url) }
    });
    Export { result, file: None, ..export }
}

/// The documented orders of exports; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportOrder(Order);

impl ExportOrder {
    /// The names as they are sent.
    pub const NAMES: [&'static str; 4] = ["created_at", "-created_at", "status", "-status"];

    /// Reads a name.
    pub fn parse(name: Option<&str>) -> Self {
        let by_status = |descending| {
            let column = Collection::Exports.column("status").expect("the collection's table has this column");
            Order::Column { column, descending }
        };
        Self(match name {
            Some("created_at") => Order::Id { descending: false },
            Some("status") => by_status(false),
            Some("-status") => by_status(true),
            _ => Order::Id { descending: true },
        })
    }
}

/// A page of exports, the first being 1.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    order: ExportOrder,
    limit: usize,
    page: usize,
) -> std::result::Result<List<Export>, Error> {
    let query = Query {
        order: order.0,
        offset: (page - 1).saturating_mul(limit),
        limit,
        count: true,
        ..Query::all(context.project.clone(), Collection::Exports)
    };
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| Ok(answer(guerdon, context, record.document()?)));
    let rows = rows.collect::<std::result::Result<_, _>>().map_err(damaged)?;
    Ok(List { data_ref: "exports", rows, total: page.total, has_more: None, more_starting_after: None })
}

/// Notes that an export's work broke off for good.
pub(crate) fn fail(tx: &mut Tx, work: &ExportWork) -> Result<()> {
    for blob in work.blobs() {
        tx.drop_blob(&blob);
    }
    if let Some(export) = tx.get::<Export>(work.export.as_str())? {
        tx.put(Export { status: ExportStatus::Error, ..export.as_ref().clone() });
    }
    Ok(())
}
