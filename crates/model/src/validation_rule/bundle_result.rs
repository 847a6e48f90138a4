//! How far an order has the items of a bundle.

use serde::Serialize;
use utoipa::ToSchema;

use super::ItemObject;

/// How far an order has the parts of a bundle; its JSON is `result.bundle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BundleResult {
    /// How many complete bundles there are, at most `limit`.
    pub quantity: i64,
    pub limit: i64,
    /// What counts towards complete bundles or, without any, towards the first.
    pub identified: Vec<IdentifiedItem>,
    /// What the first bundle lacks; absent if it is complete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingItem>,
}

/// Units of a line that count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IdentifiedItem {
    pub id: String,
    pub object: ItemObject,
    /// The line's place, counted from 0.
    pub item_index: usize,
    pub item_quantity: i64,
}

/// Units that have to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingItem {
    pub id: String,
    pub object: ItemObject,
    pub item_quantity: i64,
}

impl BundleResult {
    /// Whether there is at least one complete bundle.
    pub fn is_complete(&self) -> bool {
        self.quantity > 0
    }
}
