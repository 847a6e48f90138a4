//! Products: what a shop sells, as far as promotions have to know.
//!
//! `docs/products.md` explains null, upserts and what deletion leaves behind. The variants of a
//! product are in [`crate::sku`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    ids::{PrefixedId, ProductId},
    metadata::Metadata,
    sku::ProductSkus,
    texts::{MAX_ID, MAX_TEXT, MAX_URL, check_lengths},
};

/// A product, as stored and as returned. What is not set is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    pub id: ProductId,
    /// The shop's own key of the product; unique among the project's products and immutable.
    pub source_id: Option<String>,
    /// Need not be unique.
    pub name: Option<String>,
    /// Of one unit, in minor units.
    pub price: Option<i64>,
    /// The names of what its SKUs differ in, such as `color`.
    pub attributes: Vec<String>,
    pub metadata: Metadata,
    pub image_url: Option<String>,
    pub created_at: Timestamp,
    /// Null until the first change.
    pub updated_at: Option<Timestamp>,
    #[serde(default = "product_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn product_object() -> Cow<'static, str> {
    Cow::Borrowed("product")
}

/// A product as it is read: with its SKUs, unless they were not asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductWithSkus {
    #[serde(flatten)]
    pub product: Product,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skus: Option<ProductSkus>,
}

/// The id of the product that every project begins with.
pub const SHIPPING_ID: &str = "prod_5h1pp1ng";
/// Its `source_id`.
pub const SHIPPING_SOURCE_ID: &str = "5h1pp1ng";

/// The most attributes of a product.
const MAX_ATTRIBUTES: usize = 200;

impl Product {
    /// A product without attributes.
    pub fn new(id: ProductId, source_id: Option<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            source_id,
            name: None,
            price: None,
            attributes: Vec::new(),
            metadata: Metadata::default(),
            image_url: None,
            created_at,
            updated_at: None,
            object: product_object(),
        }
    }

    /// What a discount on shipping is a discount on.
    pub fn shipping(created_at: Timestamp) -> Self {
        let name = Some("Shipping".into());
        Self { name, ..Self::new(SHIPPING_ID.into(), Some(SHIPPING_SOURCE_ID.into()), created_at) }
    }
}

/// What a client sends about a product: on creation, update, upsert and in bulk.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct ProductInput {
    /// Selects an existing product or becomes the id of a new one; never changes later.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Patch<String>,
    /// Selects an existing product or becomes the key of a new one; never changes later.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub price: Patch<i64>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub attributes: Patch<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub image_url: Patch<String>,
}

impl ProductInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        let attributes = self.attributes.as_value().map(Vec::as_slice).unwrap_or_default();
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(Error::invalid_payload(Path::of("attributes"), Rule::MaxItems(MAX_ATTRIBUTES)));
        }
        let attribute = |(place, name)| (Path::of("attributes").index(place), Some(name), MAX_TEXT);
        let texts = [
            (Path::of("id"), self.id.as_value(), MAX_ID),
            (Path::of("source_id"), self.source_id.as_value(), MAX_TEXT),
            (Path::of("name"), self.name.as_value(), MAX_TEXT),
            (Path::of("image_url"), self.image_url.as_value(), MAX_URL),
        ];
        check_lengths(texts.into_iter().chain(attributes.iter().enumerate().map(attribute)))?;
        check_price(&self.price)
    }

    /// Changes the attributes that were sent; ids stay as they are.
    pub fn apply_to(&self, product: &mut Product) {
        self.name.apply_to(&mut product.name);
        self.price.apply_to(&mut product.price);
        self.attributes.apply_or_reset(&mut product.attributes);
        self.image_url.apply_to(&mut product.image_url);
        product.metadata.patch(&self.metadata);
    }
}

/// The id of a new product or SKU begins like ours, if a client has chosen it: nothing else is taken for
/// an id.
///
/// # Errors
/// `invalid_payload`.
pub fn check_chosen_id<I: PrefixedId>(id: &Patch<String>) -> Result<(), Error> {
    match id.as_value() {
        Some(id) if !id.starts_with(I::PREFIX) => {
            Err(Error::invalid_payload(Path::of("id"), Rule::Other(format!("should begin with '{}'", I::PREFIX))))
        }
        _ => Ok(()),
    }
}

/// A price is not negative.
pub(crate) fn check_price(price: &Patch<i64>) -> Result<(), Error> {
    match price.as_value() {
        Some(..0) => Err(Error::invalid_payload(Path::of("price"), Rule::AtLeast(0))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(json: serde_json::Value) -> ProductInput {
        serde_json::from_value(json).expect("a body")
    }

    #[test]
    fn absent_keeps_null_resets_and_a_value_replaces() {
        let mut product = Product::new("prod_1".into(), None, Timestamp::from_millis(0));
        let whole =
            json!({"name": "Shirt", "price": 1300, "attributes": ["color"], "metadata": {"a": 1}, "image_url": ""});
        input(whole).apply_to(&mut product);
        let before = product.clone();
        input(json!({})).apply_to(&mut product);
        assert_eq!(product, before);
        assert_eq!((&product.image_url, product.price), (&Some(String::new()), Some(1300)));

        input(json!({"metadata": {"b": null}, "attributes": ["size"]})).apply_to(&mut product);
        assert_eq!(serde_json::to_value(&product.metadata).expect("json"), json!({"a": 1, "b": null}));
        assert_eq!(product.attributes, ["size"]);

        let nothing = json!({"name": null, "price": null, "attributes": null, "metadata": null, "image_url": null});
        input(nothing).apply_to(&mut product);
        assert_eq!(product, Product::new("prod_1".into(), None, Timestamp::from_millis(0)));
    }

    #[test]
    fn what_is_stored_comes_back() {
        let product = Product::shipping(Timestamp::from_millis(5));
        let text = serde_json::to_string(&product).expect("json");
        assert_eq!(serde_json::from_str::<Product>(&text).expect("a product"), product);
    }
}
