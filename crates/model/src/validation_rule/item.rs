//! References to products, SKUs and product collections, as rules have them.

use serde_json::Value;

use super::{ApplicableToEntry, ItemObject, Operand, RuleName, Tree, ValidationRule};

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

impl ValidationRule {
    /// Whether the rule, its bundle or what it applies to names the SKU that is called any of these.
    pub fn names_sku(&self, identifiers: &[&str]) -> bool {
        let is_meant = |object: ItemObject, id: &str, source_id: Option<&str>| {
            object == ItemObject::Sku
                && (identifiers.contains(&id) || source_id.is_some_and(|id| identifiers.contains(&id)))
        };
        let is_referred_to = |item: ItemReference<'_>| is_meant(item.object, item.id, item.source_id);
        let is_entry = |entry: &ApplicableToEntry| {
            is_meant(entry.object, &entry.id, entry.source_id.as_value().map(String::as_str))
        };
        names(self.rules.tree(), &is_referred_to)
            || self.bundle_rules.parts().any(|part| part.items.into_iter().any(is_referred_to))
            || self.applicable_to.iter().any(|to| to.included.iter().chain(to.excluded.iter()).any(is_entry))
    }
}

/// Whether any leaf names an item like that.
fn names(tree: Tree<'_>, is_meant: &dyn Fn(ItemReference<'_>) -> bool) -> bool {
    tree.leaves().any(|(_, leaf)| {
        let name = leaf.name().and_then(RuleName::parse).filter(|name| name.operand() == Operand::Items);
        let default = if name == Some(RuleName::SkuId) { ItemObject::Sku } else { ItemObject::Product };
        let mut operands = leaf.conditions().flat_map(|(_, operands)| operands);
        name.is_some() && operands.any(|operand| ItemReference::read(operand, default).is_some_and(is_meant))
            || leaf.rules().is_some_and(|rules| names(rules, is_meant))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_names_the_skus_of_its_leaves_its_bundle_and_what_it_applies_to() {
        let any = |item: Value| json!({"name": "order.items.any", "conditions": {"$is": [item]}});
        let sku = || json!({"id": "sku_1", "source_id": "blue", "object": "sku"});
        for (fields, expected) in [
            (json!({"rules": {"1": any(sku()), "logic": "1"}}), true),
            (json!({"rules": {"1": any(json!({"id": "blue", "object": "sku"})), "logic": ""}}), true),
            (json!({"rules": {"1": {"name": "sku.id", "conditions": {"$is": ["blue"]}}}}), true),
            (
                json!({"rules": {"1": {"name": "order.amount", "conditions": {"$is": [1]}, "rules": {"1": any(sku())}}}}),
                true,
            ),
            (json!({"rules": {}, "bundle_rules": {"1": any(sku())}}), true),
            (json!({"rules": {}, "applicable_to": {"included": [sku()]}}), true),
            (json!({"rules": {}, "applicable_to": {"included": [], "excluded": [sku()]}}), true),
            (json!({"rules": {"1": any(json!({"id": "sku_2", "object": "sku"}))}}), false),
            (json!({"rules": {"1": any(json!({"id": "blue", "object": "product"}))}}), false),
            (
                json!({"rules": {"1": {"name": "order.metadata", "property": "p", "conditions": {"$is": ["blue"]}}}}),
                false,
            ),
        ] {
            let mut rule = json!({"id": "val_1", "name": "Rule", "created_at": "2026-01-01T00:00:00Z"});
            rule.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
            let read: ValidationRule = serde_json::from_value(rule.clone()).expect("a rule");
            assert_eq!(read.names_sku(&["sku_1", "blue"]), expected, "{rule}");
        }
    }
}
