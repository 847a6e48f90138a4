//! A project's product collections in memory, filters read once.

use std::collections::HashMap;

use guerdon_model::{
    Error,
    error::{Path, Rule},
    filter::{Filter, Moment},
    ids::ProductCollectionId,
    product::Product,
    product_collection::{CollectionItem, CollectionObject, ProductCollection, inherited},
    sku::Sku,
};
use serde_json::Value;

/// All product collections of a project.
#[derive(Debug, Clone, Default)]
pub struct Collections {
    /// Newest first.
    all: Vec<CollectionDefinition>,
    places: HashMap<ProductCollectionId, usize>,
}

impl Collections {
    /// These collections.
    ///
    /// # Errors
    /// When a stored filter can't be read.
    pub fn of(collections: Vec<ProductCollection>) -> Result<Self, Error> {
        let mut all = collections.into_iter().map(CollectionDefinition::of).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|one, other| {
            let key = |definition: &CollectionDefinition| {
                (definition.collection.created_at, definition.collection.id.clone())
            };
            key(other).cmp(&key(one))
        });
        let ids = all.iter().map(|definition| definition.collection.id.clone());
        let places = ids.zip(0..).collect();
        Ok(Self { all, places })
    }

    /// All, newest first.
    pub fn all(&self) -> &[CollectionDefinition] {
        &self.all
    }

    /// The collection with this id.
    pub fn get(&self, id: &str) -> Option<&CollectionDefinition> {
        self.places.get(id).map(|place| &self.all[*place])
    }
}

/// A collection and what it holds.
#[derive(Debug, Clone)]
pub struct CollectionDefinition {
    pub collection: ProductCollection,
    contents: Contents,
}

#[derive(Debug, Clone)]
enum Contents {
    Named(Vec<CollectionItem>),
    Matching(Filter),
}

/// A product or SKU of which it is asked whether it is in a collection.
pub(super) struct Candidate<'a> {
    pub(super) product_id: Option<&'a str>,
    pub(super) sku_id: Option<&'a str>,
    /// What filters look at.
    pub(super) document: &'a Value,
}

impl CollectionDefinition {
    fn of(collection: ProductCollection) -> Result<Self, Error> {
        let contents = match &collection.filter {
            None => Contents::Named(collection.products.clone().unwrap_or_default()),
            Some(filter) => {
                let unreadable = |error: guerdon_model::filter::FilterError| {
                    Error::invalid_payload(Path::of("filter"), Rule::Sentence(error.details(".filter")))
                };
                Contents::Matching(Filter::from_json(filter).map_err(unreadable)?)
            }
        };
        Ok(Self { collection, contents })
    }

    /// What a static collection names; none for the other kind.
    pub fn items(&self) -> Option<&[CollectionItem]> {
        match &self.contents {
            Contents::Named(items) => Some(items),
            Contents::Matching(_) => None,
        }
    }

    /// Whether a product or SKU is in it: one that is named, a SKU of a product that is named, or one that
    /// matches by itself.
    pub(super) fn contains(&self, candidate: &Candidate<'_>, moment: &Moment) -> bool {
        match &self.contents {
            Contents::Named(items) => items.iter().any(|item| match item.object {
                CollectionObject::Product => candidate.product_id == Some(&item.id),
                CollectionObject::Sku => candidate.sku_id == Some(&item.id),
            }),
            Contents::Matching(filter) => filter.matches(candidate.document, moment),
        }
    }
}

/// What filters see of a product.
pub(super) fn product_document(product: &Product) -> Value {
    serde_json::to_value(product).expect("our own structs have string keys and no failing serializers")
}

/// What filters see of a SKU: its name is `name`, and it inherits its product's metadata.
pub(super) fn sku_document(sku: &Sku, product: &Product) -> Value {
    let mut document = serde_json::to_value(sku).expect("our own structs have string keys and no failing serializers");
    document["name"] = sku.sku.as_deref().into();
    document["metadata"] = Value::Object(inherited(&product.metadata, &sku.metadata).into());
    document
}
