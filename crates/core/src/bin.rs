//! The bin: what was deleted without force. It can't be seen or restored, and what it was called can't
//! be given to anybody else until its entry is deleted, too.

use std::sync::Arc;

use guerdon_model::{
    Error,
    bin_entry::{BinEntry, Binned, Content},
    filter::Filter,
    ids::{BinEntryId, ProductId},
    list::List,
    sku::Sku,
};
use guerdon_store::{Collection, Key, Order, Query, collection::taken};

use crate::{
    campaigns,
    context::Context,
    failure::{damaged, unavailable},
    products,
    service::Guerdon,
    tx::{Result, Tx},
    vouchers,
};

/// The word for entries in errors.
const RESOURCE: &str = "bin_entry";
/// How many SKUs are deleted in one commit.
const SLICE: usize = 500;

/// Puts something into the bin.
pub(crate) fn add(tx: &mut Tx, content: Content) -> BinEntryId {
    let binned = Binned::new(tx.new_id(), content, tx.now());
    let id = binned.entry.id.clone();
    tx.put(binned);
    id
}

/// The columns of the identifiers that entries occupy, and what those are called.
const TAKEN: [(&str, &str); 2] = [("taken_id", "id"), ("taken_source_id", "source_id")];

/// Refuses a new resource whose identifiers belong to one in the bin.
pub(crate) fn refuse_taken(
    tx: &mut Tx,
    resource: &'static str,
    id: Option<&str>,
    source_id: Option<&str>,
) -> Result<()> {
    tx.need(keys(resource, id, source_id))?;
    for ((column, attribute), value) in TAKEN.into_iter().zip([id, source_id]) {
        if let Some(value) = value
            && tx.find::<Binned>(column, &taken(resource, value))?.is_some()
        {
            return Err(Error::Duplicate { resource, attribute, value: value.to_owned() }.into());
        }
    }
    Ok(())
}

/// What has to be loaded for [`refuse_taken`].
pub(crate) fn keys(resource: &str, id: Option<&str>, source_id: Option<&str>) -> Vec<Key> {
    let key = |((column, _), value): ((&str, &str), Option<&str>)| {
        let place = Collection::BinEntries.column(column).expect("the collection's table has this column");
        value.map(|value| Key::unique(Collection::BinEntries, place, taken(resource, value)))
    };
    TAKEN.into_iter().zip([id, source_id]).filter_map(key).collect()
}

/// Which entries, and which page of them.
#[derive(Debug, Clone)]
pub struct BinListing {
    pub filter: Option<Filter>,
    /// Newest first.
    pub descending: bool,
    /// Continue behind the entry with this id.
    pub starting_after_id: Option<String>,
    pub limit: usize,
}

/// A page of the bin. Its total is that of the page.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(
    guerdon: &Guerdon,
    context: &Context,
    listing: BinListing,
) -> std::result::Result<List<BinEntry>, Error> {
    let moment = guerdon.moment(&context.project).await?;
    let page = guerdon
        .query(
            context,
            Query {
                filter: listing.filter.map(|filter| (filter, moment)),
                order: Order::Id { descending: listing.descending },
                after_id: listing.starting_after_id.map(Into::into),
                limit: listing.limit,
                ..Query::all(context.project.clone(), Collection::BinEntries)
            },
        )
        .await?;
    let rows = page.records.iter().map(|record| record.document().map(|Binned { entry, .. }| entry));
    let rows = rows.collect::<std::result::Result<Vec<_>, _>>().map_err(damaged)?;
    let last = rows.last().filter(|_| page.has_more).map(|entry| entry.id.to_string());
    let total = Some(rows.len() as u64);
    Ok(List { data_ref: "data", rows, total, has_more: Some(page.has_more), more_starting_after: last })
}

/// Deletes an entry and what was in it for good. That of a product takes its SKUs along, in as many
/// commits as it needs; should it break off, the entry is still there. That of a campaign starts a job.
///
/// # Errors
/// `not_found`; `StoreUnavailable` or `Overloaded`.
pub async fn delete(guerdon: &Guerdon, context: &Context, id: &BinEntryId) -> std::result::Result<(), Error> {
    loop {
        let content = guerdon.executor.read(context, |tx| Ok(require(tx, id)?.content.clone())).await?;
        let (skus, is_last) = match &content {
            Content::Product(product) => some_skus(guerdon, context, &product.id).await?,
            Content::Sku(_) | Content::Voucher(_) => (Vec::new(), true),
            Content::Campaign(_) => {
                let entry = id.clone();
                return guerdon.executor.execute(context.clone(), Vec::new(), move |tx| purge(tx, &entry)).await;
            }
        };
        let (entry, needs) = (id.clone(), skus.iter().map(|id| Key::id(Collection::Skus, id.clone())).collect());
        let delete = move |tx: &mut Tx| delete_some(tx, &entry, &skus, is_last);
        guerdon.executor.execute(context.clone(), needs, delete).await?;
        if is_last {
            return Ok(());
        }
    }
}

fn require(tx: &mut Tx, id: &BinEntryId) -> Result<Arc<Binned>> {
    Ok(tx.get::<Binned>(id.as_str())?.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?)
}

fn purge(tx: &mut Tx, id: &BinEntryId) -> Result<()> {
    match &require(tx, id)?.content {
        Content::Campaign(campaign) => campaigns::purge(tx, id, campaign),
        Content::Product(_) | Content::Sku(_) | Content::Voucher(_) => Ok(()),
    }
}

/// The ids of some SKUs of a product, and whether those are all. No more can come: the product is gone.
async fn some_skus(
    guerdon: &Guerdon,
    context: &Context,
    product: &ProductId,
) -> std::result::Result<(Vec<Arc<str>>, bool), Error> {
    let query = Query { limit: SLICE, ..products::listing::of_product(&context.project, product) };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    Ok((page.records.into_iter().map(|record| record.id).collect(), !page.has_more))
}

fn delete_some(tx: &mut Tx, id: &BinEntryId, skus: &[Arc<str>], with_entry: bool) -> Result<()> {
    tx.need(skus.iter().map(|id| Key::id(Collection::Skus, id.clone())))?;
    let binned = require(tx, id)?;
    for sku in skus {
        // Somebody else may be at it, too.
        if tx.get::<Sku>(sku)?.is_some_and(|sku| sku.product_id.as_str() == binned.content.id()) {
            tx.delete::<Sku>(sku);
        }
    }
    if with_entry {
        if let Content::Voucher(voucher) = &binned.content {
            vouchers::erase(tx, &voucher.id)?;
        }
        tx.delete::<Binned>(id.as_str());
    }
    Ok(())
}
