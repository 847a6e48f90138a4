//! Product collections: create, update, delete, and what is in them. `docs/product-collections.md` has the
//! rules.

mod definitions;
pub mod listing;
pub mod members;

use guerdon_model::{
    Error,
    error::{Path, Rule},
    list::List,
    product::Product,
    product_collection::{CollectionInput, CollectionItem, CollectionObject, CollectionType, ProductCollection},
    sku::Sku,
};
use guerdon_store::Key;

pub use definitions::{CollectionDefinition, Collections};

use crate::{
    products::{self, skus},
    projects,
    tx::{Result, Tx},
    validation_rules,
};

/// The words for product collections in errors.
pub const RESOURCE: &str = "products_collection";

/// The most collections of a project.
const MAX_COLLECTIONS: usize = 100;

/// Creates a collection. What a static one names must exist.
pub fn create(tx: &mut Tx, input: &CollectionInput) -> Result<ProductCollection> {
    let kind = input.checked_type()?;
    let name = input.checked_name()?;
    let collection = match kind {
        CollectionType::Static => {
            let items = input.checked_products()?;
            refuse_too_many(tx)?;
            ProductCollection::of_items(tx.new_id(), name, resolved(tx, items)?, tx.now())
        }
        CollectionType::AutoUpdate => {
            let filter = input.checked_filter()?.clone();
            refuse_too_many(tx)?;
            ProductCollection::of_matches(tx.new_id(), name, filter, tx.now())
        }
    };
    tx.put(collection.clone());
    Ok(collection)
}

/// What [`create`] surely reads.
pub fn create_keys(input: &CollectionInput) -> Vec<Key> {
    input.products.iter().flatten().flat_map(item_keys).collect()
}

fn item_keys(item: &CollectionItem) -> Vec<Key> {
    match item.object {
        CollectionObject::Product => products::keys::<Product>(&item.id),
        CollectionObject::Sku => products::keys::<Sku>(&item.id),
    }
}

fn refuse_too_many(tx: &Tx) -> Result<()> {
    if tx.config().product_collections().all().len() < MAX_COLLECTIONS {
        return Ok(());
    }
    let sentence = format!("Project must NOT have more than {MAX_COLLECTIONS} product collections");
    Err(Error::invalid_payload(Path::root(), Rule::Sentence(sentence)).into())
}

/// The items by our own ids, each once, SKUs with their products.
fn resolved(tx: &mut Tx, items: &[CollectionItem]) -> Result<Vec<CollectionItem>> {
    tx.need(items.iter().flat_map(item_keys))?;
    let mut resolved: Vec<CollectionItem> = Vec::with_capacity(items.len());
    for CollectionItem { id, object, .. } in items {
        let (id, product_id) = match object {
            CollectionObject::Product => (products::get(tx, id)?.id.to_string(), None),
            CollectionObject::Sku => {
                let sku = skus::get(tx, id)?;
                (sku.id.to_string(), Some(sku.product_id.to_string()))
            }
        };
        let item = CollectionItem { id, product_id, object: *object };
        if !resolved.contains(&item) {
            resolved.push(item);
        }
    }
    Ok(resolved)
}

/// The collection with this id, or `not_found`.
pub fn get(tx: &mut Tx, id: &str) -> Result<ProductCollection> {
    let collection = tx.get::<ProductCollection>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(collection.as_ref().clone())
}

/// Renames a collection; an auto-update one may get another filter instead or as well.
pub fn update(tx: &mut Tx, id: &str, input: &CollectionInput) -> Result<ProductCollection> {
    let mut collection = get(tx, id)?;
    match collection.kind {
        CollectionType::Static => collection.name = input.checked_name()?.to_owned(),
        CollectionType::AutoUpdate => {
            if input.name.is_some() {
                collection.name = input.checked_name()?.to_owned();
            }
            if input.filter.is_some() {
                collection.filter = Some(input.checked_filter()?.clone());
            }
        }
    }
    collection.updated_at = Some(tx.now());
    tx.put(collection.clone());
    Ok(collection)
}

/// Deletes the collection; what was in it stays.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    validation_rules::refuse_used(tx, RESOURCE, id, |rule| rule.set.collections().any(|named| named == id))?;
    tx.delete::<ProductCollection>(id);
    Ok(())
}

/// Which page of the collections, in which order.
#[derive(Debug, Clone, Copy)]
pub struct CollectionListing {
    pub order: listing::MemberOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// A page of collections.
pub fn list(tx: &mut Tx, listing: CollectionListing) -> Result<List<ProductCollection>> {
    projects::require_existing(tx)?;
    let mut rows: Vec<ProductCollection> =
        tx.config().product_collections().all().iter().map(|definition| definition.collection.clone()).collect();
    let CollectionListing { order, limit, page } = listing;
    rows.sort_by_cached_key(|row| (order.moment(row.created_at, row.updated_at), row.id.clone()));
    if order.descending {
        rows.reverse();
    }
    let total = Some(rows.len() as u64);
    let rows = rows.into_iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    Ok(List { total, ..List::whole("data", rows) })
}
