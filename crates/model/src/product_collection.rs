//! Product collections: products and SKUs that rules name together. `docs/product-collections.md` is the
//! page for users.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    error::{Path, Rule},
    filter::{Filter, FilterError},
    ids::{ProductCollectionId, ProductId, SkuId},
    metadata::Metadata,
    product::Product,
    sku::Sku,
    texts::{MAX_TEXT, check_lengths},
};

/// How products come into a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CollectionType {
    /// Those that were named when it was created; a product with all its SKUs.
    Static,
    /// Every product and every SKU that matches the filter by itself.
    AutoUpdate,
}

/// A product collection, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProductCollection {
    pub id: ProductCollectionId,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: CollectionType,
    /// Of a static collection only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<CollectionItem>>,
    /// Of an auto-update collection only: in the filter language, as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    pub created_at: Timestamp,
    /// Absent until the first change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(default = "collection_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn collection_object() -> Cow<'static, str> {
    Cow::Borrowed("products_collection")
}

/// What an id in a collection is the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectionObject {
    Product,
    Sku,
}

/// A product or SKU that a static collection names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollectionItem {
    pub id: String,
    /// Of a SKU: its product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    pub object: CollectionObject,
}

/// What a client sends to create a collection.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct CollectionInput {
    #[serde(default)]
    #[schema(value_type = String)]
    pub name: Option<String>,
    #[serde(default, rename = "type")]
    #[schema(value_type = CollectionType)]
    pub kind: Option<String>,
    /// For `STATIC`: at most 20.
    #[serde(default)]
    pub products: Option<Vec<CollectionItem>>,
    /// For `AUTO_UPDATE`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
}

/// The most items of a static collection.
pub const MAX_ITEMS: usize = 20;

/// Fields that a collection's filter may ask for, besides those of metadata.
const FIELDS: [&str; 11] = [
    "id",
    "product_id",
    "source_id",
    "name",
    "price",
    "object",
    "attributes",
    "image_url",
    "skus",
    "created_at",
    "updated_at",
];

impl CollectionInput {
    /// The name, which a collection must have.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn checked_name(&self) -> Result<&str, Error> {
        check_lengths([(Path::of("name"), self.name.as_ref(), MAX_TEXT)])?;
        match &self.name {
            Some(name) if !name.is_empty() => Ok(name),
            Some(_) => Err(Error::invalid_payload(Path::of("name"), Rule::MinLength(1))),
            None => Err(Error::invalid_payload(Path::root(), Rule::Required("name".into()))),
        }
    }

    /// The type, which a collection must have.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn checked_type(&self) -> Result<CollectionType, Error> {
        match self.kind.as_deref() {
            Some("STATIC") => Ok(CollectionType::Static),
            Some("AUTO_UPDATE") => Ok(CollectionType::AutoUpdate),
            Some(_) => {
                let names = vec!["STATIC".into(), "AUTO_UPDATE".into()];
                Err(Error::invalid_payload(Path::of("type"), Rule::OneOf(names)))
            }
            None => Err(Error::invalid_payload(Path::root(), Rule::Required("type".into()))),
        }
    }

    /// The items of a static collection.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn checked_products(&self) -> Result<&[CollectionItem], Error> {
        let items = self.products.as_deref().unwrap_or_default();
        if items.len() > MAX_ITEMS {
            return Err(Error::invalid_payload(Path::of("products"), Rule::MaxItems(MAX_ITEMS)));
        }
        let path = |place| Path::of("products").index(place).key("id");
        check_lengths(items.iter().enumerate().map(|(place, item)| (path(place), Some(&item.id), MAX_TEXT)))?;
        Ok(items)
    }

    /// The filter of an auto-update collection.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn checked_filter(&self) -> Result<&Value, Error> {
        let invalid = || {
            let sentence = "'AUTO_UPDATE' collection must contain valid filter with 'junction' property";
            Error::invalid_payload(Path::of("filter"), Rule::Sentence(sentence.into()))
        };
        let json = self.filter.as_ref().ok_or_else(invalid)?;
        if json.get("junction").is_none() {
            return Err(invalid());
        }
        let filter = Filter::from_json(json).map_err(|error: FilterError| {
            Error::invalid_payload(Path::of("filter"), Rule::Sentence(error.details(".filter")))
        })?;
        let is_known = |field: &str| FIELDS.contains(&field) || field.starts_with("metadata.");
        if filter.predicates.iter().all(|predicate| is_known(&predicate.field)) { Ok(json) } else { Err(invalid()) }
    }
}

impl ProductCollection {
    /// A static collection of these.
    pub fn of_items(id: ProductCollectionId, name: &str, items: Vec<CollectionItem>, created_at: Timestamp) -> Self {
        Self { products: Some(items), ..Self::new(id, CollectionType::Static, name, created_at) }
    }

    /// A collection of whatever matches.
    pub fn of_matches(id: ProductCollectionId, name: &str, filter: Value, created_at: Timestamp) -> Self {
        Self { filter: Some(filter), ..Self::new(id, CollectionType::AutoUpdate, name, created_at) }
    }

    fn new(id: ProductCollectionId, kind: CollectionType, name: &str, created_at: Timestamp) -> Self {
        let (name, object) = (name.to_owned(), collection_object());
        Self { id, name, kind, products: None, filter: None, created_at, updated_at: None, object }
    }
}

/// A row of a collection's contents.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CollectionMember {
    Product(Box<Product>),
    Sku(Box<CollectionSku>),
}

/// A SKU in a collection, with its product in short and the metadata that it inherits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CollectionSku {
    pub id: SkuId,
    pub source_id: Option<String>,
    pub product_id: ProductId,
    pub sku: Option<String>,
    pub price: Option<i64>,
    pub attributes: Metadata,
    pub image_url: Option<String>,
    /// Those of its product, overlaid with its own.
    pub metadata: Metadata,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    pub product: ProductStub,
}

/// A product in short.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductStub {
    pub id: ProductId,
    pub source_id: Option<String>,
    pub name: Option<String>,
    /// Always null.
    pub price: Option<i64>,
    /// Always empty.
    pub attributes: Vec<String>,
    /// Always empty.
    pub metadata: Metadata,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// A SKU's metadata as rules and collections see them: its product's, overlaid with its own.
pub fn inherited(product: &Metadata, own: &Metadata) -> Metadata {
    let mut merged = product.clone();
    merged.merge(own);
    merged
}

impl CollectionSku {
    /// A SKU of this product.
    pub fn of(sku: Sku, product: &Product) -> Self {
        Self {
            metadata: inherited(&product.metadata, &sku.metadata),
            id: sku.id,
            source_id: sku.source_id,
            product_id: sku.product_id,
            sku: sku.sku,
            price: sku.price,
            attributes: sku.attributes,
            image_url: sku.image_url,
            created_at: sku.created_at,
            updated_at: sku.updated_at,
            object: sku.object,
            product: ProductStub {
                id: product.id.clone(),
                source_id: product.source_id.clone(),
                name: product.name.clone(),
                price: None,
                attributes: Vec::new(),
                metadata: Metadata::default(),
                object: product.object.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Dialect;

    fn input(json: Value) -> CollectionInput {
        serde_json::from_value(json).expect("a body")
    }

    fn details<T: std::fmt::Debug>(checked: Result<T, Error>) -> String {
        checked.expect_err("a refusal").describe(Dialect::Must).details.expect("details")
    }

    #[test]
    fn a_filter_has_a_junction_and_asks_for_fields_of_products() {
        let valid = "'AUTO_UPDATE' collection must contain valid filter with 'junction' property";
        for (filter, expected) in [
            (json!({}), valid),
            (json!(null), valid),
            (json!([]), valid),
            (json!({"price": {"$is": 1}}), valid),
            (json!({"junction": "and", "colour": {"$is": "red"}}), valid),
            (json!({"junction": "xor"}), "Property .filter has wrong `junction` property. It must be one of: and, or"),
        ] {
            assert_eq!(details(input(json!({"filter": filter})).checked_filter()), expected, "{filter}");
        }
        let filter = json!({"junction": "OR", "metadata.color": {"$is": "red"}, "price": {"$less_than": [1000]}});
        assert_eq!(input(json!({"filter": filter})).checked_filter(), Ok(&filter));
    }

    #[test]
    fn names_and_types_are_required() {
        assert_eq!(details(input(json!({})).checked_name()), "Payload must have required property 'name'");
        assert_eq!(details(input(json!({})).checked_type()), "Payload must have required property 'type'");
        assert_eq!(
            details(input(json!({"type": "static"})).checked_type()),
            "Property .type must be equal to one of the allowed values [ STATIC, AUTO_UPDATE ]"
        );
        let many = vec![json!({"id": "prod_1", "object": "product"}); 21];
        assert_eq!(
            details(input(json!({"products": many})).checked_products()),
            "Property .products must NOT have more than 20 items"
        );
    }
}
