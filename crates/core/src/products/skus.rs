//! SKUs: the variants of a product. A SKU is there as long as its product is.

use std::sync::Arc;

use guerdon_model::{
    Error, Patch,
    bin_entry::Content,
    ids::SkuId,
    metadata_schema::Scope,
    product::{Product, check_chosen_id},
    sku::{Sku, SkuInput},
};
use guerdon_store::Key;

use super::{find, identifiers, keys, named, upsert_keys};
use crate::{
    bin, products,
    tx::{Result, Tx},
    validation_rules,
};

/// The word for SKUs in errors.
pub const RESOURCE: &str = "sku";

/// The SKU that `reference` names, or `not_found`.
pub fn get(tx: &mut Tx, reference: &str) -> Result<Arc<Sku>> {
    let not_found = || Error::not_found(RESOURCE, reference);
    let sku: Arc<Sku> = find(tx, reference)?.ok_or_else(not_found)?;
    match tx.get::<Product>(sku.product_id.as_str())? {
        Some(_) => Ok(sku),
        None => Err(not_found().into()),
    }
}

/// The SKU that `reference` names among those of a product, or `not_found` for either.
fn of_product(tx: &mut Tx, product: &str, reference: &str) -> Result<Arc<Sku>> {
    tx.need(path_keys(product, reference))?;
    let product = products::get(tx, product)?;
    let sku: Option<Arc<Sku>> = find(tx, reference)?;
    let sku = sku.filter(|sku| sku.product_id == product.id);
    Ok(sku.ok_or_else(|| Error::not_found(RESOURCE, reference))?)
}

/// What has to be loaded to find a SKU of a product.
pub fn path_keys(product: &str, sku: &str) -> Vec<Key> {
    [keys::<Product>(product), keys::<Sku>(sku)].concat()
}

/// Creates the SKU, or updates the one that the body's `id` or else `source_id` names.
pub fn upsert(tx: &mut Tx, product: &str, input: &SkuInput) -> Result<Sku> {
    tx.need(keys_of_input(product, input))?;
    let product = products::get(tx, product)?;
    match named::<Sku>(tx, &input.id, &input.source_id)? {
        Some(sku) => {
            refuse_other_product(tx, &product, &sku, input)?;
            patch(tx, &sku, input)
        }
        None => insert(tx, &product, input),
    }
}

/// What [`upsert`] surely reads.
pub fn keys_of_input(product: &str, input: &SkuInput) -> Vec<Key> {
    let [id, source_id] = identifiers(&input.id, &input.source_id);
    [keys::<Product>(product), upsert_keys::<Sku>(id, source_id)].concat()
}

/// A SKU stays with its product: others can't have it, even if its product is in the bin.
pub(super) fn refuse_other_product(tx: &mut Tx, product: &Product, sku: &Sku, sent: &SkuInput) -> Result<()> {
    if sku.product_id == product.id {
        return Ok(());
    }
    let by_id = sent.id.as_value().filter(|id| **id == *sku.id.as_str());
    let (attribute, value) = match (by_id, &sku.source_id) {
        (None, Some(source_id)) => ("source_id", source_id.clone()),
        _ => ("id", sku.id.to_string()),
    };
    Err(match tx.get::<Product>(sku.product_id.as_str())? {
        Some(owner) => Error::InUse {
            resource: RESOURCE,
            id: value,
            related: products::RESOURCE,
            related_ids: vec![owner.id.to_string()],
        },
        None => Error::Duplicate { resource: RESOURCE, attribute, value },
    }
    .into())
}

/// Changes the attributes that the body has; its ids are ignored.
pub fn update(tx: &mut Tx, product: &str, reference: &str, input: &SkuInput) -> Result<Sku> {
    let sku = of_product(tx, product, reference)?;
    patch(tx, &sku, input)
}

pub(crate) fn insert(tx: &mut Tx, product: &Product, input: &SkuInput) -> Result<Sku> {
    input.check()?;
    check_chosen_id::<SkuId>(&input.id)?;
    let [id, source_id] = identifiers(&input.id, &input.source_id);
    bin::refuse_taken(tx, RESOURCE, id, source_id)?;
    check_metadata(tx, input)?;
    let id = id.map_or_else(|| tx.new_id(), Into::into);
    let mut sku = Sku::new(id, source_id.map(str::to_owned), product.id.clone(), tx.now());
    input.apply_to(&mut sku);
    tx.put(sku.clone());
    Ok(sku)
}

pub(super) fn patch(tx: &mut Tx, sku: &Sku, input: &SkuInput) -> Result<Sku> {
    input.check()?;
    check_metadata(tx, input)?;
    let mut sku = sku.clone();
    input.apply_to(&mut sku);
    sku.updated_at = Some(tx.now());
    tx.put(sku.clone());
    Ok(sku)
}

/// SKUs have their product's schema. What it requires is the product's to have, since they inherit it.
fn check_metadata(tx: &Tx, input: &SkuInput) -> Result<()> {
    match &input.metadata {
        Patch::Value(sent) => Ok(tx.config().check_metadata(products::RESOURCE, sent, Scope::SentKeysOnly)?),
        Patch::Absent | Patch::Null => Ok(()),
    }
}

/// Removes the SKU; unless by force, its identifiers stay taken until its bin entry is deleted.
pub fn delete(tx: &mut Tx, product: &str, reference: &str, force: bool) -> Result<()> {
    let sku = of_product(tx, product, reference)?;
    let identifiers: Vec<&str> = [sku.id.as_str()].into_iter().chain(sku.source_id.as_deref()).collect();
    validation_rules::refuse_used(tx, RESOURCE, reference, |ready| ready.rule.names_sku(&identifiers))?;
    tx.delete::<Sku>(sku.id.as_str());
    if !force {
        bin::add(tx, Content::Sku(sku.as_ref().clone()));
    }
    Ok(())
}
