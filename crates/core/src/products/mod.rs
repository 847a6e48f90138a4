//! Products: upsert, update, delete. `docs/products.md` has the rules.

pub mod bulk;
pub mod import;
pub mod listing;
pub mod shipping;
pub mod skus;

use std::sync::Arc;

use guerdon_model::{
    Error, Patch,
    bin_entry::Content,
    ids::{BinEntryId, PrefixedId, ProductId, SkuId},
    metadata_schema::Scope,
    product::{Product, ProductInput, check_chosen_id},
    sku::Sku,
};
use guerdon_store::{Document, Key};

use crate::{
    bin,
    context::Context,
    service::Guerdon,
    tx::{Result, Tx},
};

/// The word for products in errors and metadata schemas.
pub const RESOURCE: &str = "product";

/// What the catalogue consists of: products and SKUs, each with an id and maybe a `source_id`.
pub trait Listed: Document {
    /// The type of their ids.
    type Id: PrefixedId;
    /// The word for it in errors.
    const RESOURCE: &'static str;
}

impl Listed for Product {
    type Id = ProductId;
    const RESOURCE: &'static str = RESOURCE;
}
impl Listed for Sku {
    type Id = SkuId;
    const RESOURCE: &'static str = skus::RESOURCE;
}

/// Whether this may be an id. Looking for anything else by id would be in vain, and what rests on the
/// absence of a document is dear to commit.
pub(crate) fn may_be_id<D: Listed>(reference: &str) -> bool {
    reference.starts_with(D::Id::PREFIX)
}

/// What has to be loaded to find something by its id or `source_id`.
pub fn keys<D: Listed>(reference: &str) -> Vec<Key> {
    let by_id = may_be_id::<D>(reference).then(|| Key::id(D::COLLECTION, reference));
    by_id.into_iter().chain([source_id_key::<D>(reference)]).collect()
}

pub(crate) fn source_id_key<D: Listed>(source_id: &str) -> Key {
    let column = D::COLLECTION.column("source_id").expect("the collection's table has this column");
    Key::unique(D::COLLECTION, column, source_id)
}

/// What has to be loaded to create or update something by these identifiers.
fn upsert_keys<D: Listed>(id: Option<&str>, source_id: Option<&str>) -> Vec<Key> {
    let by_id = id.filter(|id| may_be_id::<D>(id)).map(|id| Key::id(D::COLLECTION, id));
    let by_source_id = source_id.map(source_id_key::<D>);
    by_id.into_iter().chain(by_source_id).chain(bin::keys(D::RESOURCE, id, source_id)).collect()
}

/// What `reference` names: by id first, then by `source_id`.
fn find<D: Listed>(tx: &mut Tx, reference: &str) -> Result<Option<Arc<D>>> {
    tx.need(keys::<D>(reference))?;
    if may_be_id::<D>(reference)
        && let Some(found) = tx.get::<D>(reference)?
    {
        return Ok(Some(found));
    }
    tx.find("source_id", reference)
}

/// Identifiers as they were sent, if they were.
fn identifiers<'a>(id: &'a Patch<String>, source_id: &'a Patch<String>) -> [Option<&'a str>; 2] {
    [id, source_id].map(|sent| sent.as_value().map(String::as_str))
}

/// What a body names by its id or else by its `source_id`.
fn named<D: Listed>(tx: &mut Tx, id: &Patch<String>, source_id: &Patch<String>) -> Result<Option<Arc<D>>> {
    let [id, source_id] = identifiers(id, source_id);
    tx.need(upsert_keys::<D>(id, source_id))?;
    if let Some(id) = id.filter(|id| may_be_id::<D>(id))
        && let Some(found) = tx.get::<D>(id)?
    {
        return Ok(Some(found));
    }
    match source_id {
        Some(source_id) => tx.find("source_id", source_id),
        None => Ok(None),
    }
}

/// The product that `reference` names, or `not_found`.
pub fn get(tx: &mut Tx, reference: &str) -> Result<Arc<Product>> {
    Ok(find(tx, reference)?.ok_or_else(|| Error::not_found(RESOURCE, reference))?)
}

/// Creates the product, or updates the one that the body's `id` or else `source_id` names.
pub fn upsert(tx: &mut Tx, input: &ProductInput) -> Result<Product> {
    match named::<Product>(tx, &input.id, &input.source_id)? {
        Some(product) => patch(tx, &product, input),
        None => insert(tx, input),
    }
}

/// What [`upsert`] surely reads.
pub fn keys_of_input(input: &ProductInput) -> Vec<Key> {
    let [id, source_id] = identifiers(&input.id, &input.source_id);
    upsert_keys::<Product>(id, source_id)
}

/// Changes the attributes that the body has; its ids are ignored.
pub fn update(tx: &mut Tx, reference: &str, input: &ProductInput) -> Result<Product> {
    let product = get(tx, reference)?;
    patch(tx, &product, input)
}

pub(crate) fn insert(tx: &mut Tx, input: &ProductInput) -> Result<Product> {
    input.check()?;
    check_chosen_id::<ProductId>(&input.id)?;
    let [id, source_id] = identifiers(&input.id, &input.source_id);
    bin::refuse_taken(tx, RESOURCE, id, source_id)?;
    let sent = input.metadata.as_value().cloned().unwrap_or_default();
    tx.config().check_metadata(RESOURCE, &sent, Scope::Whole)?;
    let id = id.map_or_else(|| tx.new_id(), Into::into);
    let mut product = Product::new(id, source_id.map(str::to_owned), tx.now());
    input.apply_to(&mut product);
    tx.put(product.clone());
    Ok(product)
}

fn patch(tx: &mut Tx, product: &Product, input: &ProductInput) -> Result<Product> {
    input.check()?;
    if let Patch::Value(sent) = &input.metadata {
        tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    let mut product = product.clone();
    input.apply_to(&mut product);
    product.updated_at = Some(tx.now());
    tx.put(product.clone());
    Ok(product)
}

/// Removes the product and its SKUs. Unless by force, their identifiers stay taken until the bin entry
/// is deleted.
///
/// # Errors
/// `not_found`; `StoreUnavailable` or `Overloaded`: the product may be in the bin then.
pub async fn delete(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    force: bool,
) -> std::result::Result<(), Error> {
    let product = reference.to_owned();
    let throw_away = move |tx: &mut Tx| throw_away(tx, &product);
    let entry = guerdon.executor.execute(context.clone(), keys::<Product>(reference), throw_away).await?;
    if force { bin::delete(guerdon, context, &entry).await } else { Ok(()) }
}

/// Moves the product into the bin. Its SKUs, which may be any number, stay where they are: they are out
/// of sight with it, and nobody else can take their identifiers.
fn throw_away(tx: &mut Tx, reference: &str) -> Result<BinEntryId> {
    let product = get(tx, reference)?;
    tx.delete::<Product>(product.id.as_str());
    Ok(bin::add(tx, Content::Product(product.as_ref().clone())))
}
