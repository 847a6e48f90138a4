//! The product that every project begins with: what discounts on shipping are discounts on. It is an
//! ordinary product all the same.

use guerdon_model::{
    Error, Patch,
    ids::organization,
    product::{Product, SHIPPING_ID, SHIPPING_SOURCE_ID},
    project::Project,
};
use guerdon_store::{Collection, Query};

use crate::{
    context::Context,
    failure::{damaged, unavailable},
    products,
    service::Guerdon,
    tx::{Result, Tx},
};

/// Gives it to the projects that earlier versions have made.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`.
pub(crate) async fn add_where_missing(guerdon: &Guerdon) -> std::result::Result<(), Error> {
    let query = Query { project: None, ..Query::all(organization(), Collection::Projects) };
    for record in guerdon.store.query(query).await.map_err(unavailable)?.records {
        let project: Project = record.document().map_err(damaged)?;
        if !project.has_shipping_product {
            let context = Context::background(project.id, &guerdon.ids.next(guerdon.clock.now()));
            guerdon.executor.execute(context, Vec::new(), add_if_missing).await?;
        }
    }
    Ok(())
}

fn add_if_missing(tx: &mut Tx) -> Result<()> {
    let id = tx.context().project.clone();
    let Some(project) = tx.get::<Project>(id.as_str())? else { return Ok(()) };
    if project.has_shipping_product {
        return Ok(());
    }
    let [id, source_id] = [SHIPPING_ID, SHIPPING_SOURCE_ID].map(|name| Patch::Value(name.to_owned()));
    if products::named::<Product>(tx, &id, &source_id)?.is_none() {
        tx.put(Product::shipping(tx.now()));
    }
    tx.put(Project { has_shipping_product: true, ..project.as_ref().clone() });
    Ok(())
}
