//! Which items a discount is about, whatever the order.

use guerdon_model::{
    discount::{AmountEffect, Discount, FreeUnits, GiftEffect, UnitEffect, ValueEffect},
    ids::{PrefixedId, ProductCollectionId, ProductId},
    validation_rule::{ApplicableTo, ItemObject},
};

use super::Targeting;
use crate::{discount::Incentive, item, rules::Item};

/// The items that are discounted, as the rules and the discount name them; none if the discount is one of the
/// order as a whole. What rules exclude is not taken out.
pub fn discounted<'a>(incentive: Incentive<'_>, applicable_to: impl Iterator<Item = &'a ApplicableTo>) -> Vec<Item> {
    let targeting = Targeting { applicable_to: applicable_to.collect(), ..Targeting::default() };
    let included = || targeting.included().into_iter().map(|entry| Item::from(item::of_entry(entry)));
    match incentive {
        Incentive::Discount(Discount::Unit(unit)) if unit.effect == Some(UnitEffect::ReplaceItems) => {
            included().chain([free(unit)]).collect()
        }
        Incentive::Discount(Discount::Unit(unit)) => vec![free(unit)],
        Incentive::Discount(Discount::Units(many)) => many.units.iter().map(free).collect(),
        Incentive::Discount(discount) if is_for_order(discount, targeting.restricts_items()) => Vec::new(),
        Incentive::Gift(gift) if gift.effect == GiftEffect::ApplyToOrder => Vec::new(),
        Incentive::Points(_) | Incentive::Reward { .. } => Vec::new(),
        Incentive::Discount(_) | Incentive::Gift(_) => included().collect(),
    }
}

/// Units of this are free.
fn free<E>(units: &FreeUnits<E>) -> Item {
    let id = units.unit_type.as_str();
    let object = match () {
        () if id.starts_with(ProductId::PREFIX) => ItemObject::Product,
        () if id.starts_with(ProductCollectionId::PREFIX) => ItemObject::ProductsCollection,
        () => ItemObject::Sku,
    };
    Item { object, id: id.into(), source_id: None }
}

/// Whether it is taken off the order; one without an effect is, unless rules restrict its items.
fn is_for_order(discount: &Discount, restricts_items: bool) -> bool {
    match discount {
        Discount::Amount(discount) => discount.effect.map_or(!restricts_items, |of| of == AmountEffect::ApplyToOrder),
        Discount::Percent(discount) => discount.effect.map_or(!restricts_items, |of| of == ValueEffect::ApplyToOrder),
        Discount::Fixed(discount) => discount.effect.map_or(!restricts_items, |of| of == ValueEffect::ApplyToOrder),
        Discount::Unit(_) | Discount::Units(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use guerdon_model::validation_rule::ALL_PRODUCTS;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn items_are_those_of_the_rules_and_free_units_those_of_the_discount() {
        let nothing = json!({});
        let bottle = json!({"included": [{"object": "product", "id": "prod_bottle"}]});
        let all = json!({"included_all": true, "excluded": [{"object": "product", "id": "prod_bottle"}]});
        let percent = |effect: Value| json!({"type": "PERCENT", "percent_off": 10, "effect": effect});
        let unit =
            |effect: &str, unit: &str| json!({"type": "UNIT", "unit_off": 1, "effect": effect, "unit_type": unit});
        for (discount, rule, expected) in [
            (percent(json!("APPLY_TO_ORDER")), &bottle, &[][..]),
            (percent(json!("APPLY_TO_ITEMS")), &bottle, &["prod_bottle"]),
            (percent(json!("APPLY_TO_ITEMS")), &all, &[ALL_PRODUCTS]),
            (percent(json!("APPLY_TO_ITEMS")), &nothing, &[]),
            (percent(Value::Null), &bottle, &["prod_bottle"]),
            (percent(Value::Null), &nothing, &[]),
            (
                json!({"type": "AMOUNT", "amount_off": 1, "effect": "APPLY_TO_ITEMS_BY_QUANTITY"}),
                &bottle,
                &["prod_bottle"],
            ),
            (unit("ADD_NEW_ITEMS", "sku_gift"), &bottle, &["sku_gift"]),
            (unit("REPLACE_ITEMS", "prod_gift"), &bottle, &["prod_bottle", "prod_gift"]),
            (
                json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [
                    {"unit_off": 1, "unit_type": "prod_a", "effect": "ADD_NEW_ITEMS"},
                    {"unit_off": 1, "unit_type": "sku_b", "effect": "ADD_NEW_ITEMS"},
                ]}),
                &nothing,
                &["prod_a", "sku_b"],
            ),
        ] {
            let rule: ApplicableTo = serde_json::from_value(rule.clone()).expect("a rule's items");
            let read: Discount = serde_json::from_value(discount.clone()).expect("a discount");
            let items = discounted(Incentive::Discount(&read), [&rule].into_iter());
            let ids: Vec<&str> = items.iter().map(|item| &*item.id).collect();
            assert_eq!(ids, expected, "{discount} {rule:?}");
        }
    }
}
