//! What the lines of an order refer to: products and SKUs of the catalogue, overlaid with what the
//! request says about them. `docs/orders.md` has the rules.
//!
//! The catalogue is only glanced at. An order keeps the names and prices of the moment, so nobody who
//! changes a product has to wait for the orders of it.

use std::sync::Arc;

use guerdon_model::{
    Error, Patch,
    metadata::Metadata,
    metadata_schema::Scope,
    order::{OrderItem, OrderItemProduct, OrderItemSku, RelatedObject},
    product::{Product, ProductInput},
    sku::{Sku, SkuInput},
};
use guerdon_store::Key;

use super::amounts;
use crate::{
    products::{self, Listed, may_be_id, skus, source_id_key},
    tx::{Result, Tx},
};

/// A line, and what it refers to in the catalogue.
#[derive(Debug, Clone)]
pub struct Line {
    /// As answers show it: without what clients can't set, with its price and amounts.
    pub item: OrderItem,
    /// With all that the catalogue knows, such as metadata, which answers don't repeat.
    pub product: Option<Arc<Product>>,
    pub sku: Option<Arc<Sku>>,
}

/// The lines of a request, as something that is only asked about: the catalogue stays as it is.
pub fn resolve(tx: &mut Tx, items: &[OrderItem]) -> Result<Vec<Line>> {
    tx.need(keys(items))?;
    items.iter().map(|item| look_up(tx, item)?.described()).collect()
}

/// The same for an order that is stored: what lines want to `override` is stored in the catalogue.
pub fn resolve_and_store(tx: &mut Tx, items: &[OrderItem]) -> Result<Vec<Line>> {
    tx.need(keys(items))?;
    let lines = items.iter().map(|item| {
        let mut line = look_up(tx, item)?;
        line.product = store_product(tx, &line)?;
        line.sku = store_sku(tx, &line)?;
        line.described()
    });
    lines.collect()
}

/// What both surely read.
pub fn keys(items: &[OrderItem]) -> Vec<Key> {
    let of_products = items.iter().flat_map(|item| own_products(item).chain(inline_products(item)));
    let of_skus = items.iter().flat_map(|item| own_skus(item).chain(inline_skus(item)));
    let of_products = of_products.filter_map(Reference::key::<Product>);
    of_products.chain(of_skus.filter_map(Reference::key::<Sku>)).collect()
}

/// A way to name something in the catalogue.
#[derive(Debug, Clone, Copy)]
enum Reference<'a> {
    Id(&'a str),
    SourceId(&'a str),
}

use Reference::{Id, SourceId};

impl Reference<'_> {
    fn key<D: Listed>(self) -> Option<Key> {
        match self {
            Id(id) => may_be_id::<D>(id).then(|| Key::id(D::COLLECTION, id)),
            SourceId(source_id) => Some(source_id_key::<D>(source_id)),
        }
    }
}

type References<'a> = std::iter::Flatten<std::array::IntoIter<Option<Reference<'a>>, 2>>;

fn either<'a>(id: &'a Option<String>, source_id: Option<&'a String>) -> References<'a> {
    [id.as_deref().map(Id), source_id.map(|source_id| SourceId(source_id))].into_iter().flatten()
}

/// How the line itself names a product.
fn own_products(item: &OrderItem) -> References<'_> {
    either(&item.product_id, own_source_id(item, RelatedObject::Product))
}

/// How the line itself names a SKU.
fn own_skus(item: &OrderItem) -> References<'_> {
    either(&item.sku_id, own_source_id(item, RelatedObject::Sku))
}

fn own_source_id(item: &OrderItem, of: RelatedObject) -> Option<&String> {
    item.source_id.as_ref().filter(|_| item.related_object == Some(of))
}

/// How the product within the line names itself.
fn inline_products(item: &OrderItem) -> References<'_> {
    item.product.as_ref().map_or_else(nothing, |product| either(&product.id, product.source_id.as_ref()))
}

/// How the SKU within the line names itself.
fn inline_skus(item: &OrderItem) -> References<'_> {
    item.sku.as_ref().map_or_else(nothing, |sku| either(&sku.id, sku.source_id.as_ref()))
}

fn nothing<'a>() -> References<'a> {
    [None, None].into_iter().flatten()
}

/// The first of these that is in the catalogue.
fn first<'a, D: Listed>(tx: &mut Tx, references: impl Iterator<Item = Reference<'a>>) -> Result<Option<Arc<D>>> {
    for reference in references {
        let found = match reference {
            Id(id) if may_be_id::<D>(id) => tx.peek(id)?,
            Id(_) => None,
            SourceId(source_id) => tx.peek_at("source_id", source_id)?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn look_up(tx: &mut Tx, sent: &OrderItem) -> Result<Line> {
    let item = settable(sent);
    let sku: Option<Arc<Sku>> = first(tx, own_skus(&item).chain(inline_skus(&item)))?;
    let parent = match &sku {
        Some(sku) => tx.peek::<Product>(sku.product_id.as_str())?,
        None => None,
    };
    // A SKU is there as long as its product is.
    let sku = sku.filter(|_| parent.is_some());
    let product = match first(tx, own_products(&item))?.or(parent) {
        Some(product) => Some(product),
        None => first(tx, inline_products(&item))?,
    };
    Ok(Line { item, product, sku })
}

/// A line without what clients can't set.
fn settable(sent: &OrderItem) -> OrderItem {
    OrderItem {
        product_id: sent.product_id.clone(),
        sku_id: sent.sku_id.clone(),
        source_id: sent.source_id.clone(),
        related_object: sent.related_object,
        quantity: sent.quantity,
        discount_quantity: sent.discount_quantity,
        initial_quantity: sent.initial_quantity,
        amount: sent.amount,
        discount_amount: sent.discount_amount,
        initial_amount: sent.initial_amount,
        price: sent.price,
        product: sent.product.clone(),
        sku: sent.sku.clone(),
        metadata: sent.metadata.clone(),
        ..OrderItem::default()
    }
}

impl Line {
    /// With its price and amounts, and its product and SKU as they are known.
    fn described(mut self) -> Result<Self> {
        let (product, sku) = (self.item.product.take(), self.item.sku.take());
        let (known_product, known_sku) = (self.product.as_deref(), self.sku.as_deref());
        // What the request says wins over the catalogue, even the product over the SKU: so the line
        // has to carry the price itself.
        let price = self.item.price.or(sku.as_ref().and_then(|sku| sku.price));
        let price = price.or(product.as_ref().and_then(|product| product.price));
        let price = price.or(known_sku.and_then(|sku| sku.price));
        self.item.price = price.or(known_product.and_then(|product| product.price));
        if let (Some(sku), None) = (known_sku, &self.item.product_id) {
            self.item.product_id = Some(sku.product_id.to_string());
        }
        self.item.product = match known_product {
            Some(known) => Some(overlaid_product(known, product.unwrap_or_default())),
            None => product.map(|product| OrderItemProduct { overrides: false, ..product }),
        };
        self.item.sku = match known_sku {
            Some(known) => Some(overlaid_sku(known, sku.unwrap_or_default())),
            None => sku.map(|sku| OrderItemSku { overrides: false, ..sku }),
        };
        amounts::of_line(&mut self.item).map_err(amounts::too_large)?;
        Ok(self)
    }
}

fn overlaid_product(known: &Product, sent: OrderItemProduct) -> OrderItemProduct {
    OrderItemProduct {
        id: Some(known.id.to_string()),
        source_id: known.source_id.clone(),
        name: sent.name.or_else(|| known.name.clone()),
        metadata: sent.metadata,
        price: sent.price.or(known.price),
        overrides: false,
    }
}

fn overlaid_sku(known: &Sku, sent: OrderItemSku) -> OrderItemSku {
    OrderItemSku {
        id: Some(known.id.to_string()),
        source_id: known.source_id.clone(),
        sku: sent.sku.or_else(|| known.sku.clone()),
        metadata: sent.metadata,
        price: sent.price.or(known.price),
        overrides: false,
    }
}

/// The line's product after what it wants to override.
fn store_product(tx: &mut Tx, line: &Line) -> Result<Option<Arc<Product>>> {
    let Some(sent) = line.item.product.as_ref().filter(|product| product.overrides) else {
        return Ok(line.product.clone());
    };
    // A product with a name of its own is meant by it, whatever the line refers to.
    let found = match inline_products(&line.item).next() {
        Some(_) => first(tx, inline_products(&line.item))?,
        None => line.product.clone(),
    };
    let source_id = sent.source_id.as_ref().or_else(|| own_source_id(&line.item, RelatedObject::Product));
    match (found, source_id) {
        (Some(found), _) => {
            let mut product = found.as_ref().clone();
            replace(&mut product.name, &sent.name);
            replace(&mut product.price, &sent.price);
            replace_metadata(tx, &mut product.metadata, &sent.metadata)?;
            if product != *found {
                product.updated_at = Some(tx.now());
                tx.put(product.clone());
            }
            Ok(Some(Arc::new(product)))
        }
        (None, Some(source_id)) => {
            let input = ProductInput {
                source_id: Patch::Value(source_id.clone()),
                name: sent.name.clone().into(),
                price: sent.price.into(),
                metadata: sent.metadata.clone().into(),
                ..ProductInput::default()
            };
            products::insert(tx, &input).map(Arc::new).map(Some)
        }
        // Nobody could ever refer to it.
        (None, None) => Ok(line.product.clone()),
    }
}

/// The line's SKU after what it wants to override. A new one goes to the line's product.
fn store_sku(tx: &mut Tx, line: &Line) -> Result<Option<Arc<Sku>>> {
    let Some(sent) = line.item.sku.as_ref().filter(|sku| sku.overrides) else { return Ok(line.sku.clone()) };
    let found: Option<Arc<Sku>> = match inline_skus(&line.item).next() {
        Some(_) => first(tx, inline_skus(&line.item))?,
        None => first(tx, own_skus(&line.item))?,
    };
    let source_id = sent.source_id.as_ref().or_else(|| own_source_id(&line.item, RelatedObject::Sku));
    match (found, source_id, &line.product) {
        (Some(found), _, _) => {
            if tx.peek::<Product>(found.product_id.as_str())?.is_none() {
                // Its product is in the bin, and keeps what it was called.
                let value = found.source_id.clone().unwrap_or_else(|| found.id.to_string());
                return Err(Error::Duplicate { resource: skus::RESOURCE, attribute: "source_id", value }.into());
            }
            let mut sku = found.as_ref().clone();
            replace(&mut sku.sku, &sent.sku);
            replace(&mut sku.price, &sent.price);
            replace_metadata(tx, &mut sku.metadata, &sent.metadata)?;
            if sku != *found {
                sku.updated_at = Some(tx.now());
                tx.put(sku.clone());
            }
            Ok(Some(Arc::new(sku)))
        }
        (None, Some(source_id), Some(product)) => {
            let input = SkuInput {
                source_id: Patch::Value(source_id.clone()),
                sku: sent.sku.clone().into(),
                price: sent.price.into(),
                metadata: sent.metadata.clone().into(),
                ..SkuInput::default()
            };
            // The product must still be there at the commit.
            tx.get::<Product>(product.id.as_str())?;
            skus::insert(tx, product, &input).map(Arc::new).map(Some)
        }
        (None, _, _) => Ok(line.sku.clone()),
    }
}

fn replace<T: Clone>(stored: &mut Option<T>, sent: &Option<T>) {
    if sent.is_some() {
        stored.clone_from(sent);
    }
}

/// Metadata is replaced whole, unlike in an update.
fn replace_metadata(tx: &Tx, stored: &mut Metadata, sent: &Option<Metadata>) -> Result<()> {
    if let Some(sent) = sent {
        tx.config().check_metadata(products::RESOURCE, sent, Scope::SentKeysOnly)?;
        stored.clone_from(sent);
    }
    Ok(())
}
