//! What a filter implies about lookup columns, so that an index can narrow what it has to look at.

use guerdon_model::filter::{Filter, Junction, Operator, Predicate};

use crate::{Condition, collection::Collection};

/// Conditions on columns that a filter implies: they narrow the scan by an index, the filter itself
/// still decides.
pub(crate) fn implied_conditions(collection: Collection, filter: &Filter) -> Vec<(usize, Condition)> {
    let mut implied = filter.also.as_ref().map_or(Vec::new(), |also| implied_conditions(collection, also));
    if filter.junction != Junction::And {
        return implied;
    }
    let condition = |predicate: &Predicate| {
        let (_, column, fold) = INDEXED_FIELDS.iter().find(|(field, ..)| *field == predicate.field)?;
        let column = collection.column(column)?;
        match (predicate.operator, predicate.values.as_slice()) {
            (Operator::Is, [serde_json::Value::String(text)]) if equals_only_itself(text) => {
                Some((column, Condition::Equals(fold(text).as_str().into())))
            }
            _ => None,
        }
    };
    implied.extend(filter.predicates.iter().filter_map(condition));
    implied
}

/// How a field's text is kept in its column.
type Fold = fn(&str) -> String;

/// Fields of documents that have a column with an index: the column, and how it keeps the text.
const INDEXED_FIELDS: [(&str, &str, Fold); 9] = [
    ("source_id", "source_id", str::to_owned),
    ("name", "name", str::to_owned),
    ("email", "email_folded", str::to_lowercase),
    ("address.city", "city", str::to_owned),
    ("related_object", "related_object", str::to_owned),
    ("customer_id", "customer_id", str::to_owned),
    ("campaign_id", "campaign_id", str::to_owned),
    ("holder_id", "holder_id", str::to_owned),
    ("voucher_id", "voucher_id", str::to_owned),
];

/// Whether no other text equals this operand in a filter. A date has many spellings, and a small
/// number equals dates so many days ago; what begins like neither, or has more digits than the
/// calendar has days, is compared as a text.
pub fn equals_only_itself(operand: &str) -> bool {
    let digits = operand.trim_start_matches('0');
    let is_long_number = digits.len() > 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_long_number || !operand.trim_start().starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
}
