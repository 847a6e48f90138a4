//! Which items of an order a discount touches.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Patch,
    error::{Path, Rule},
};

/// The collection that contains every line, whether the catalogue knows its product or not.
pub const ALL_PRODUCTS: &str = "pc_a11pr0dUc75";

/// The items that a discount touches, and those that it never does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct ApplicableTo {
    #[serde(default, skip_serializing_if = "Entries::is_absent")]
    #[schema(value_type = Vec<ApplicableToEntry>)]
    pub excluded: Entries,
    #[serde(default, skip_serializing_if = "Entries::is_absent")]
    #[schema(value_type = Vec<ApplicableToEntry>)]
    pub included: Entries,
    /// Everything but what is excluded.
    #[serde(default, deserialize_with = "or_default")]
    pub included_all: bool,
}

impl ApplicableTo {
    /// Refuses limits and steps that make no sense.
    ///
    /// # Errors
    /// `invalid_payload`, naming the first of them.
    pub fn check(&self) -> Result<(), Error> {
        for (list, entries) in [("excluded", &self.excluded), ("included", &self.included)] {
            for (index, entry) in entries.iter().enumerate() {
                let path = Path::of("applicable_to").key(list).index(index);
                for (key, value, min) in entry.bounds() {
                    if value.is_some_and(|value| value < min) {
                        return Err(Error::invalid_payload(path.key(key), Rule::AtLeast(min)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Drops what only results have.
    pub(super) fn forget_results(&mut self) {
        for entries in [&mut self.excluded, &mut self.included] {
            for entry in entries.0.iter_mut().flatten() {
                (entry.order_item_indices, entry.order_item_units) = (None, None);
            }
        }
    }
}

/// A list of entries. One that was left out is empty, and stays left out in answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entries(Option<Vec<ApplicableToEntry>>);

impl Entries {
    /// Whether there was no such list.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl Deref for Entries {
    type Target = [ApplicableToEntry];
    fn deref(&self) -> &[ApplicableToEntry] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<Vec<ApplicableToEntry>> for Entries {
    fn from(entries: Vec<ApplicableToEntry>) -> Self {
        Self(Some(entries))
    }
}

/// One item or collection of items, with how its lines are picked and how far the discount goes.
///
/// Limits that are not set are absent; 0 means no limit, too. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApplicableToEntry {
    pub object: ItemObject,
    pub id: String,
    /// The shop's own name of it, exactly as sent: nothing is looked up.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    /// Of a SKU: its product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Of a SKU: the shop's own name of its product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_source_id: Option<String>,
    /// In results: the item was not named itself but belongs to a collection that was.
    #[serde(default, deserialize_with = "or_default")]
    pub strict: bool,
    /// Of a fixed-price discount, if there is no formula or it gives no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_formula: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub effect: ItemEffect,
    /// The most units that are discounted on each line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_limit: Option<i64>,
    /// The most units over all lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregated_quantity_limit: Option<i64>,
    /// The greatest discount of each line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_limit: Option<i64>,
    /// The greatest discount over all lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregated_amount_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_campaign_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_campaign_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_promotion_tier_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_promotion_tier_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_customer_campaign_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_customer_campaign_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_customer_promotion_tier_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_customer_promotion_tier_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_campaign_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_campaign_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_promotion_tier_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_promotion_tier_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_customer_campaign_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_customer_campaign_quantity_limit_formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_customer_promotion_tier_quantity_limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_in_collection_customer_promotion_tier_quantity_limit_formula: Option<String>,
    /// How many lines (or units, see `target`) are passed over at first.
    #[serde(default, deserialize_with = "or_default")]
    pub skip_initially: i64,
    /// After that, every so-manieth is picked.
    #[serde(default = "one", deserialize_with = "or_one")]
    pub repeat: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub target: ItemTarget,
    /// In results: the lines that were discounted, counted from 0, in the order of application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_item_indices: Option<Vec<usize>>,
    /// In results: the units of each line that were discounted, in the same order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_item_units: Option<Vec<OrderItemUnits>>,
}

/// What an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemObject {
    Product,
    Sku,
    ProductsCollection,
}

impl ItemObject {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            ItemObject::Product => "product",
            ItemObject::Sku => "sku",
            ItemObject::ProductsCollection => "products_collection",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [ItemObject::Product, ItemObject::Sku, ItemObject::ProductsCollection].into_iter().find(|o| o.name() == name)
    }
}

/// In which order an entry's lines or units are picked, and whether all are or only the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemEffect {
    #[default]
    ApplyToEvery,
    ApplyToCheapest,
    ApplyFromCheapest,
    ApplyToMostExpensive,
    ApplyFromMostExpensive,
}

/// Whether whole lines are picked or single units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemTarget {
    #[default]
    Item,
    Unit,
}

/// The discounted units of one line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderItemUnits {
    pub index: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<i64>>,
    /// Instead of `units` when an order has too many of them to list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_limit_exceeded: Option<bool>,
}

/// A limit on the units that are discounted over all redemptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget<'a> {
    /// As on the wire, such as `product_campaign_quantity_limit`; its formula's name ends in `_formula`.
    pub name: &'static str,
    /// Whether each product of the collection has a limit of its own.
    pub per_product: bool,
    /// Whether each customer has a limit of their own.
    pub per_customer: bool,
    /// Whether only redemptions of the same promotion tier count, not those of the whole campaign.
    pub per_tier: bool,
    /// The limit, if there is no formula or it gives no number.
    pub limit: Option<i64>,
    pub formula: Option<&'a str>,
}

macro_rules! budgets {
    ($entry:ident: $($limit:ident $formula:ident $per_product:literal $per_customer:literal $per_tier:literal;)*) => {
        [$(Budget {
            name: stringify!($limit),
            per_product: $per_product,
            per_customer: $per_customer,
            per_tier: $per_tier,
            limit: $entry.$limit,
            formula: $entry.$formula.as_deref(),
        }),*]
    };
}

impl ApplicableToEntry {
    /// An entry without limits.
    pub fn new(object: ItemObject, id: impl Into<String>) -> Self {
        Self {
            object,
            id: id.into(),
            source_id: Patch::Absent,
            product_id: None,
            product_source_id: None,
            strict: false,
            price: None,
            price_formula: None,
            effect: ItemEffect::default(),
            quantity_limit: None,
            aggregated_quantity_limit: None,
            amount_limit: None,
            aggregated_amount_limit: None,
            product_campaign_quantity_limit: None,
            product_campaign_quantity_limit_formula: None,
            product_promotion_tier_quantity_limit: None,
            product_promotion_tier_quantity_limit_formula: None,
            product_customer_campaign_quantity_limit: None,
            product_customer_campaign_quantity_limit_formula: None,
            product_customer_promotion_tier_quantity_limit: None,
            product_customer_promotion_tier_quantity_limit_formula: None,
            product_in_collection_campaign_quantity_limit: None,
            product_in_collection_campaign_quantity_limit_formula: None,
            product_in_collection_promotion_tier_quantity_limit: None,
            product_in_collection_promotion_tier_quantity_limit_formula: None,
            product_in_collection_customer_campaign_quantity_limit: None,
            product_in_collection_customer_campaign_quantity_limit_formula: None,
            product_in_collection_customer_promotion_tier_quantity_limit: None,
            product_in_collection_customer_promotion_tier_quantity_limit_formula: None,
            skip_initially: 0,
            repeat: 1,
            target: ItemTarget::default(),
            order_item_indices: None,
            order_item_units: None,
        }
    }

    /// Numbers that are there and the least that each may be.
    fn bounds(&self) -> impl Iterator<Item = (&'static str, Option<i64>, i64)> {
        [
            ("price", self.price, 0),
            ("quantity_limit", self.quantity_limit, 0),
            ("aggregated_quantity_limit", self.aggregated_quantity_limit, 0),
            ("amount_limit", self.amount_limit, 0),
            ("aggregated_amount_limit", self.aggregated_amount_limit, 0),
            ("skip_initially", Some(self.skip_initially), 0),
            ("repeat", Some(self.repeat), 1),
        ]
        .into_iter()
    }

    /// The limits on units over all redemptions that are set.
    pub fn budgets(&self) -> impl Iterator<Item = Budget<'_>> {
        budgets! { self:
            product_campaign_quantity_limit product_campaign_quantity_limit_formula false false false;
            product_promotion_tier_quantity_limit product_promotion_tier_quantity_limit_formula false false true;
            product_customer_campaign_quantity_limit product_customer_campaign_quantity_limit_formula false true false;
            product_customer_promotion_tier_quantity_limit product_customer_promotion_tier_quantity_limit_formula
                false true true;
            product_in_collection_campaign_quantity_limit product_in_collection_campaign_quantity_limit_formula
                true false false;
            product_in_collection_promotion_tier_quantity_limit
                product_in_collection_promotion_tier_quantity_limit_formula true false true;
            product_in_collection_customer_campaign_quantity_limit
                product_in_collection_customer_campaign_quantity_limit_formula true true false;
            product_in_collection_customer_promotion_tier_quantity_limit
                product_in_collection_customer_promotion_tier_quantity_limit_formula true true true;
        }
        .into_iter()
        .filter(|budget| budget.limit.is_some() || budget.formula.is_some())
    }
}

/// A null is what an absent key is.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn or_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Option::deserialize(deserializer).map(|sent| sent.unwrap_or(1))
}

fn one() -> i64 {
    1
}
