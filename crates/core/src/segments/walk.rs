//! Walking over all customers of a project, a page at a time.

use std::sync::Arc;

use guerdon_model::{Error, customer::Customer};
use guerdon_store::{Collection, Query};

use crate::{
    context::Context,
    failure::{damaged, unavailable},
    service::Guerdon,
};

/// How many customers are looked at in one go.
pub(super) const PAGE: usize = 500;
/// After so many pages without a change, a job notes all the same how far it has come.
pub(super) const PAGES_PER_STEP: usize = 8;

/// Some customers in the order of their ids.
pub(super) struct Page {
    pub(super) customers: Vec<Customer>,
    pub(super) is_last: bool,
}

/// The customers behind the one with this id.
pub(super) async fn behind(guerdon: &Guerdon, context: &Context, after: Option<&str>) -> Result<Page, Error> {
    let query = Query {
        after_id: after.map(Arc::from),
        limit: PAGE,
        ..Query::all(context.project.clone(), Collection::Customers)
    };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    let customers = page.records.iter().map(|record| record.document());
    let customers = customers.collect::<Result<_, _>>().map_err(damaged)?;
    Ok(Page { customers, is_last: !page.has_more })
}
