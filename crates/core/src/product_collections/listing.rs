//! What is in a collection: products and SKUs together.
//!
//! Whether something matches is found out when it is asked for, so that listing an auto-update collection
//! reads the whole catalogue; of what it finds, it keeps one page.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error, Timestamp,
    filter::Moment,
    list::List,
    product::Product,
    product_collection::{CollectionItem, CollectionMember, CollectionObject, CollectionSku},
    sku::Sku,
};
use guerdon_store::{Collection, Document, Key, Query};

use super::definitions::{Candidate, CollectionDefinition, product_document, sku_document};
use crate::{
    context::Context,
    failure::{damaged, unavailable},
    product_collections,
    products::listing::of_product,
    service::Guerdon,
};

/// How many products or SKUs are read in one go.
const PORTION: usize = 500;

/// By creation or by last change; the default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberOrder {
    by_change: bool,
    pub descending: bool,
}

impl MemberOrder {
    /// Reads a name. Of those that are accepted, some mean nothing here.
    pub fn parse(name: Option<&str>) -> Self {
        let (by_change, descending) = match name {
            Some("created_at") => (false, false),
            Some("updated_at") => (true, false),
            Some("-updated_at") => (true, true),
            _ => (false, true),
        };
        Self { by_change, descending }
    }

    /// What a row is sorted by.
    pub(super) fn moment(self, created_at: Timestamp, updated_at: Option<Timestamp>) -> Timestamp {
        updated_at.filter(|_| self.by_change).unwrap_or(created_at)
    }
}

/// Which page of a collection's contents, in which order.
#[derive(Debug, Clone, Copy)]
pub struct MemberListing {
    pub order: MemberOrder,
    /// Exclusive: continue beyond this time in the listing's order.
    pub starting_after: Option<Timestamp>,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// A page of what is in a collection.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn members(
    guerdon: &Guerdon,
    context: &Context,
    id: &str,
    listing: MemberListing,
) -> Result<List<CollectionMember>, Error> {
    guerdon.executor.read(context, |tx| product_collections::get(tx, id)).await?;
    let config = guerdon.snapshots.latest(&context.project).await?;
    let collections = config.product_collections();
    let definition = collections.get(id).ok_or_else(|| Error::not_found(product_collections::RESOURCE, id))?;
    let moment = guerdon.moment(&context.project).await?;
    let mut found = Found::new(listing);
    let search = Search { guerdon, context, definition, moment };
    match definition.items() {
        Some(items) => search.named(items, &mut found).await?,
        None => search.matching(&mut found).await?,
    }
    Ok(found.into_list())
}

/// The rows of a page, out of all that were found.
struct Found {
    listing: MemberListing,
    wanted: usize,
    /// No more than twice as many as are wanted.
    rows: Vec<(Timestamp, String, CollectionMember)>,
    total: u64,
}

impl Found {
    fn new(listing: MemberListing) -> Self {
        let wanted = listing.page.saturating_mul(listing.limit);
        Self { listing, wanted, rows: Vec::new(), total: 0 }
    }

    fn add(&mut self, member: CollectionMember) {
        let (id, created_at, updated_at) = match &member {
            CollectionMember::Product(product) => (product.id.to_string(), product.created_at, product.updated_at),
            CollectionMember::Sku(sku) => (sku.id.to_string(), sku.created_at, sku.updated_at),
        };
        let MemberListing { order, starting_after, .. } = self.listing;
        let at = order.moment(created_at, updated_at);
        if starting_after.is_some_and(|after| if order.descending { at >= after } else { at <= after }) {
            return;
        }
        self.total += 1;
        self.rows.push((at, id, member));
        if self.rows.len() >= self.wanted.saturating_mul(2) {
            self.keep_wanted();
        }
    }

    fn keep_wanted(&mut self) {
        let descending = self.listing.order.descending;
        self.rows.sort_by(|one, other| {
            let order = (one.0, &one.1).cmp(&(other.0, &other.1));
            if descending { order.reverse() } else { order }
        });
        self.rows.truncate(self.wanted);
    }

    fn into_list(mut self) -> List<CollectionMember> {
        self.keep_wanted();
        let before = self.wanted - self.listing.limit;
        let rows = self.rows.into_iter().skip(before).map(|(.., member)| member).collect();
        List { total: Some(self.total), ..List::whole("data", rows) }
    }
}

struct Search<'a> {
    guerdon: &'a Guerdon,
    context: &'a Context,
    definition: &'a CollectionDefinition,
    moment: Moment,
}

impl Search<'_> {
    /// The products that are named with all their SKUs, and the SKUs that are named by themselves. What was
    /// deleted is not there any more.
    async fn named(&self, items: &[CollectionItem], found: &mut Found) -> Result<(), Error> {
        let parents = items.iter().map(|item| item.product_id.as_deref().unwrap_or(&item.id));
        let products = self.load::<Product>(parents).await?;
        let is_named_whole = |id: &str| items.iter().any(|item| item.product_id.is_none() && item.id == id);
        let skus = items.iter().filter(|item| item.object == CollectionObject::Sku).map(|item| item.id.as_str());
        for sku in self.load::<Sku>(skus).await?.into_values() {
            let id = sku.product_id.clone();
            if let Some(product) = products.get(id.as_str()).filter(|_| !is_named_whole(id.as_str())) {
                found.add(CollectionMember::Sku(CollectionSku::of(sku, product).into()));
            }
        }
        for (id, product) in products {
            if !is_named_whole(&id) {
                continue;
            }
            let query = of_product(&self.context.project, &product.id);
            for sku in self.documents::<Sku>(query).await?.0 {
                found.add(CollectionMember::Sku(CollectionSku::of(sku, &product).into()));
            }
            found.add(CollectionMember::Product(product.into()));
        }
        Ok(())
    }

    async fn matching(&self, found: &mut Found) -> Result<(), Error> {
        let mut after = None;
        loop {
            let (products, has_more) = self.documents::<Product>(portion::<Product>(self.context, after)).await?;
            after = products.last().map(|product| Arc::from(product.id.as_str()));
            for product in products {
                if self.contains(Some(product.id.as_str()), None, &product_document(&product)) {
                    found.add(CollectionMember::Product(product.into()));
                }
            }
            if !has_more {
                break;
            }
        }
        let mut after = None;
        loop {
            let (skus, has_more) = self.documents::<Sku>(portion::<Sku>(self.context, after)).await?;
            after = skus.last().map(|sku| Arc::from(sku.id.as_str()));
            let products = self.load::<Product>(skus.iter().map(|sku| sku.product_id.as_str())).await?;
            for sku in skus {
                // A SKU is there as long as its product is.
                let Some(product) = products.get(sku.product_id.as_str()) else { continue };
                let document = sku_document(&sku, product);
                if self.contains(Some(product.id.as_str()), Some(sku.id.as_str()), &document) {
                    found.add(CollectionMember::Sku(CollectionSku::of(sku, product).into()));
                }
            }
            if !has_more {
                return Ok(());
            }
        }
    }

    fn contains(&self, product_id: Option<&str>, sku_id: Option<&str>, document: &serde_json::Value) -> bool {
        self.definition.contains(&Candidate { product_id, sku_id, document }, &self.moment)
    }

    /// Documents, and whether more follow.
    async fn documents<D: Document>(&self, query: Query) -> Result<(Vec<D>, bool), Error> {
        let page = self.guerdon.store.query(query).await.map_err(unavailable)?;
        let documents = page.records.iter().map(|record| record.document());
        Ok((documents.collect::<Result<_, _>>().map_err(damaged)?, page.has_more))
    }

    /// Those of the documents with these ids that exist.
    async fn load<D: Document>(&self, ids: impl Iterator<Item = &str>) -> Result<HashMap<String, D>, Error> {
        let mut keys: Vec<Key> = ids.map(|id| Key::id(D::COLLECTION, id)).collect();
        keys.sort();
        keys.dedup();
        let loaded = self.guerdon.store.load(&self.context.project, keys).await.map_err(unavailable)?;
        let documents = loaded.records.iter().flatten().map(|record| Ok((record.id.to_string(), record.document()?)));
        documents.collect::<Result<_, guerdon_store::StoreError>>().map_err(damaged)
    }
}

fn portion<D: Document>(context: &Context, after_id: Option<Arc<str>>) -> Query {
    let collection: Collection = D::COLLECTION;
    Query { after_id, limit: PORTION, ..Query::all(context.project.clone(), collection) }
}
