//! Which rows an export has.

use std::collections::BTreeMap;

use guerdon_model::{
    Error,
    error::{Path, Rule},
    export::Parameters,
    filter::{Filter, Junction, Operator, Predicate},
    ids::VoucherId,
};
use guerdon_store::Condition;
use serde_json::Value;

use super::resource::Resource;
use crate::{
    tx::{Result as TxResult, Tx},
    vouchers,
};

/// The most vouchers that filters may name: each is looked up.
const MAX_VOUCHERS: usize = 500;

/// Operators that ask for a state. A view lists the states that hold under the field, by these names.
const STATES: [Operator; 9] = [
    Operator::Active,
    Operator::Failed,
    Operator::InProgress,
    Operator::Expired,
    Operator::BeforeStart,
    Operator::Enabled,
    Operator::Disabled,
    Operator::Redeemed,
    Operator::Redeemable,
];

/// The filter that is asked for, as one on the resource's view.
///
/// # Errors
/// `invalid_payload` for what is no filter, or is about a field that there is no filter for.
pub(crate) fn read(resource: &Resource, parameters: &Parameters) -> Result<Option<Filter>, Error> {
    let Some(filters) = &parameters.filters else { return Ok(None) };
    let refuse = |rule| Error::invalid_payload(Path::of("parameters").key("filters"), rule);
    let mut filter = Filter::from_json(&Value::Object(filters.clone()))
        .map_err(|error| refuse(Rule::Sentence(error.details(".parameters.filters"))))?;
    for predicate in &mut filter.predicates {
        let path = path_of(resource, &predicate.field)
            .ok_or_else(|| refuse(Rule::Other(format!("cannot have the field {}", predicate.field))))?;
        predicate.field = path;
        if STATES.contains(&predicate.operator) {
            predicate.values = vec![predicate.operator.name().into()];
            predicate.operator = Operator::Is;
        }
    }
    Ok(Some(filter).filter(|filter| !filter.predicates.is_empty()))
}

fn path_of(resource: &Resource, field: &str) -> Option<String> {
    resource.filters.iter().find_map(|(name, path)| match name.ends_with('.') {
        false => (*name == field).then(|| (*path).to_owned()),
        true => field.strip_prefix(name).filter(|rest| !rest.is_empty()).map(|rest| format!("{path}{rest}")),
    })
}

/// The vouchers that the filter names by their codes.
///
/// # Errors
/// `invalid_payload` if they are too many.
pub(super) fn named_vouchers(
    tx: &mut Tx,
    resource: &Resource,
    filter: Option<&Filter>,
) -> TxResult<BTreeMap<String, VoucherId>> {
    let predicates = filter.into_iter().flat_map(|filter| &filter.predicates);
    let naming = predicates.filter(|predicate| names_vouchers(resource, predicate));
    let names: Vec<&str> = naming.flat_map(|predicate| &predicate.values).filter_map(Value::as_str).collect();
    if names.len() > MAX_VOUCHERS {
        let rule = Rule::Other(format!("cannot name more than {MAX_VOUCHERS} vouchers"));
        return Err(Error::invalid_payload(Path::of("parameters").key("filters"), rule).into());
    }
    let keys: Vec<_> = names.iter().flat_map(|name| vouchers::keys(name)).collect();
    tx.need(keys)?;
    let mut found = BTreeMap::new();
    for name in names {
        if let Some(voucher) = vouchers::find(tx, name)? {
            found.insert(name.to_owned(), voucher.id.clone());
        }
    }
    Ok(found)
}

/// The same filter with the ids of vouchers instead of their codes.
pub(crate) fn by_ids(resource: &Resource, mut filter: Filter, vouchers: &BTreeMap<String, VoucherId>) -> Filter {
    for predicate in filter.predicates.iter_mut().filter(|predicate| names_vouchers(resource, predicate)) {
        for value in &mut predicate.values {
            if let Some(id) = value.as_str().and_then(|name| vouchers.get(name)) {
                *value = id.as_str().into();
            }
        }
    }
    filter
}

fn names_vouchers(resource: &Resource, predicate: &Predicate) -> bool {
    let operators = [Operator::Is, Operator::IsNot, Operator::In, Operator::NotIn];
    resource.vouchers == Some(predicate.field.as_str()) && operators.contains(&predicate.operator)
}

/// Conditions by which an index finds a part of the collection that has all rows. The filter still decides.
pub(crate) fn conditions(
    resource: &Resource,
    parameters: &Parameters,
    filter: Option<&Filter>,
) -> Vec<(usize, Condition)> {
    let column = |name: &str| {
        let (_, column) = resource.indexed.iter().find(|(field, _)| *field == name)?;
        resource.collection.column(column)
    };
    let campaign = parameters.campaign_id.as_deref();
    let scope = campaign.and_then(|id| Some((column("campaign_id")?, Condition::Equals(id.into()))));
    let named = |predicate: &Predicate| match (predicate.operator, predicate.values.as_slice()) {
        (Operator::Is | Operator::In, [Value::String(id)]) => {
            Some((column(&predicate.field)?, Condition::Equals(id.as_str().into())))
        }
        _ => None,
    };
    let filter = filter.filter(|filter| filter.junction == Junction::And);
    scope.into_iter().chain(filter.into_iter().flat_map(|filter| filter.predicates.iter().filter_map(named))).collect()
}
