//! SKUs: the variants of a product, each with values of the product's attributes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    error::Path,
    ids::{ProductId, SkuId},
    metadata::Metadata,
    product::check_price,
    texts::{MAX_ID, MAX_TEXT, MAX_URL, check_lengths},
};

/// A SKU, as stored and as returned. What is not set is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sku {
    pub id: SkuId,
    /// The shop's own key of the SKU; unique among the SKUs of all products, and immutable.
    pub source_id: Option<String>,
    pub product_id: ProductId,
    /// What it is called.
    pub sku: Option<String>,
    /// Of one unit, in minor units.
    pub price: Option<i64>,
    pub currency: Option<String>,
    /// Values of the product's attributes, by name.
    pub attributes: Metadata,
    pub image_url: Option<String>,
    /// Its own; rules and collections see the product's, too.
    pub metadata: Metadata,
    pub created_at: Timestamp,
    /// Null until the first change.
    pub updated_at: Option<Timestamp>,
    #[serde(default = "sku_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn sku_object() -> Cow<'static, str> {
    Cow::Borrowed("sku")
}

/// The SKUs of a product that is read: the newest, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductSkus {
    #[schema(value_type = String)]
    object: Cow<'static, str>,
    #[schema(value_type = String)]
    data_ref: Cow<'static, str>,
    pub data: Vec<Sku>,
    pub total: u64,
}

impl ProductSkus {
    /// Some SKUs out of so many.
    pub fn new(data: Vec<Sku>, total: u64) -> Self {
        Self { object: Cow::Borrowed("list"), data_ref: Cow::Borrowed("data"), data, total }
    }
}

impl Sku {
    /// A SKU without attributes.
    pub fn new(id: SkuId, source_id: Option<String>, product_id: ProductId, created_at: Timestamp) -> Self {
        Self {
            id,
            source_id,
            product_id,
            sku: None,
            price: None,
            currency: None,
            attributes: Metadata::default(),
            image_url: None,
            metadata: Metadata::default(),
            created_at,
            updated_at: None,
            object: sku_object(),
        }
    }
}

/// What a client sends about a SKU.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct SkuInput {
    /// Selects an existing SKU or becomes the id of a new one; never changes later.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Patch<String>,
    /// Selects an existing SKU or becomes the key of a new one; never changes later.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sku: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub price: Patch<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Patch<String>,
    /// Replace all that the SKU had.
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub attributes: Patch<Metadata>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub image_url: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
}

impl SkuInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("id"), self.id.as_value(), MAX_ID),
            (Path::of("source_id"), self.source_id.as_value(), MAX_TEXT),
            (Path::of("sku"), self.sku.as_value(), MAX_TEXT),
            (Path::of("currency"), self.currency.as_value(), MAX_TEXT),
            (Path::of("image_url"), self.image_url.as_value(), MAX_URL),
        ])?;
        check_price(&self.price)
    }

    /// Changes the attributes that were sent; ids stay as they are.
    pub fn apply_to(&self, sku: &mut Sku) {
        self.sku.apply_to(&mut sku.sku);
        self.price.apply_to(&mut sku.price);
        self.currency.apply_to(&mut sku.currency);
        self.attributes.apply_or_reset(&mut sku.attributes);
        self.image_url.apply_to(&mut sku.image_url);
        sku.metadata.patch(&self.metadata);
    }
}
