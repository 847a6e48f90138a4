//! References to products, SKUs and product collections, as rules have them.

use serde_json::Value;

use super::ItemObject;

/// What a rule names: `{"id": "prod_…", "object": "product"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemReference<'a> {
    pub object: ItemObject,
    pub id: &'a str,
    /// The shop's own name of it.
    pub source_id: Option<&'a str>,
}

impl<'a> ItemReference<'a> {
    /// Reads a reference: an object or a mere id. What doesn't say what it names is a `default`,
    /// unless its id does.
    pub fn read(value: &'a Value, default: ItemObject) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        let id = value.as_str().or_else(|| text("id")).or_else(|| text("source_id"))?;
        let named = ["object", "type"].iter().find_map(|key| ItemObject::parse(text(key)?));
        let object = named.or_else(|| by_prefix(id)).unwrap_or(default);
        Some(Self { object, id, source_id: text("source_id") })
    }
}

/// `"type": "product_or_sku"` alone leaves it to the id.
fn by_prefix(id: &str) -> Option<ItemObject> {
    let prefixes = [("prod_", ItemObject::Product), ("sku_", ItemObject::Sku), ("pc_", ItemObject::ProductsCollection)];
    prefixes.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, object)| *object)
}
