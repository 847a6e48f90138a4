//! Refuses formulas that could never be computed, when they are stored.

use guerdon_model::{
    Error,
    discount::{AmountEffect, Discount, ValueEffect},
    error::{Path, Rule},
    validation_rule::ApplicableTo,
};

use crate::formula::{Formula, Place};

/// Checks the formulas of a discount, which is found at `path`.
///
/// # Errors
/// `invalid_payload`, naming the first formula at fault.
pub fn check_formulas(discount: &Discount, path: &Path) -> Result<(), Error> {
    for (unit, key, formula) in discount.formulas() {
        let path = match unit {
            Some(unit) => path.clone().key("units").index(unit),
            None => path.clone(),
        };
        check(formula, place(discount), path.key(key))?;
    }
    Ok(())
}

/// Checks the formulas of prices and limits that rules set for items, which are found at `path`.
///
/// # Errors
/// `invalid_payload`, naming the first formula at fault.
pub fn check_item_formulas(items: &ApplicableTo, path: &Path) -> Result<(), Error> {
    for (list, entries) in [("excluded", &items.excluded), ("included", &items.included)] {
        for (index, entry) in entries.iter().enumerate() {
            let path = || path.clone().key(list).index(index);
            if let Some(formula) = &entry.price_formula {
                check(formula, Place::ItemDiscount, path().key("price_formula"))?;
            }
            for budget in entry.budgets() {
                if let Some(formula) = budget.formula {
                    check(formula, Place::ItemDiscount, path().key(format!("{}_formula", budget.name)))?;
                }
            }
        }
    }
    Ok(())
}

fn check(formula: &str, place: Place, path: Path) -> Result<(), Error> {
    Formula::parse(formula)
        .and_then(|formula| formula.check(place))
        .map_err(|error| Error::invalid_payload(path, Rule::Other(format!("is no valid formula: {error}"))))
}

/// What a discount's formulas may look at. Without an effect it may turn out to be one of items.
fn place(discount: &Discount) -> Place {
    let is_for_order = match discount {
        Discount::Amount(discount) => matches!(
            discount.effect,
            Some(
                AmountEffect::ApplyToOrder
                    | AmountEffect::ApplyToItemsProportionally
                    | AmountEffect::ApplyToItemsProportionallyByQuantity
            )
        ),
        Discount::Percent(discount) => discount.effect == Some(ValueEffect::ApplyToOrder),
        Discount::Fixed(discount) => discount.effect == Some(ValueEffect::ApplyToOrder),
        Discount::Unit(_) | Discount::Units(_) => true,
    };
    if is_for_order { Place::OrderDiscount } else { Place::ItemDiscount }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refusal(result: Result<(), Error>) -> Option<String> {
        result.err().and_then(|error| error.describe(guerdon_model::error::Dialect::Should).details)
    }

    fn of_discount(discount: Value) -> Option<String> {
        let discount: Discount = serde_json::from_value(discount).expect("a discount");
        refusal(check_formulas(&discount, &Path::of("discount")))
    }

    #[test]
    fn formulas_that_could_never_be_computed_are_refused_by_place() {
        for (discount, path) in [
            (json!({"type": "AMOUNT", "amount_off": 1}), None),
            (json!({"type": "AMOUNT", "amount_off": 1, "amount_off_formula": "ORDER_ITEM_PRICE * 0.5"}), None),
            (
                json!({"type": "AMOUNT", "effect": "APPLY_TO_ORDER", "amount_off": 1, "amount_off_formula": "ORDER_ITEM_PRICE * 0.5"}),
                Some(".discount.amount_off_formula"),
            ),
            (
                json!({"type": "PERCENT", "percent_off": 1, "percent_off_formula": "10 +"}),
                Some(".discount.percent_off_formula"),
            ),
            (json!({"type": "FIXED", "fixed_amount_formula": "NOTHING"}), Some(".discount.fixed_amount_formula")),
            (
                json!({"type": "UNIT", "effect": "ADD_MANY_ITEMS", "units": [
                    {"unit_off": 1, "unit_type": "a"}, {"unit_off": 1, "unit_off_formula": "", "unit_type": "a"},
                ]}),
                Some(".discount.units[1].unit_off_formula"),
            ),
        ] {
            let details = of_discount(discount.clone());
            let begin = path.map(|path| format!("Property {path} is no valid formula: "));
            assert_eq!(details.is_some(), begin.is_some(), "{discount} {details:?}");
            assert!(details.zip(begin).is_none_or(|(details, begin)| details.starts_with(&begin)), "{discount}");
        }
    }

    #[test]
    fn formulas_of_prices_and_limits_are_refused_by_place() {
        let check = |entry: Value| {
            let items = serde_json::from_value(json!({"included": [entry]})).expect("entries");
            refusal(check_item_formulas(&items, &Path::of("applicable_to")))
        };
        let entry = |key: &str, formula: &str| {
            let mut entry = json!({"object": "product", "id": "a"});
            entry[key] = json!(formula);
            entry
        };
        assert_eq!(check(entry("price_formula", "ORDER_ITEM_PRICE * 0.8")), None);
        for key in ["price_formula", "product_in_collection_customer_campaign_quantity_limit_formula"] {
            let details = check(entry(key, "5 x")).expect("refused");
            assert!(details.starts_with(&format!("Property .applicable_to.included[0].{key} is no")), "{details}");
        }
    }
}
