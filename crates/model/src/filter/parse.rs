//! Reading filters from query strings and from JSON.
//!
//! Both forms give the same list of conditions (field, operator, operands), from which one function
//! makes predicates, so that they can't drift apart.

use serde_json::{Map, Value};

use super::{Filter, FilterError, Junction, Operator, Predicate};
use crate::{
    Error, Timestamp,
    error::{Path, Rule},
    time::NOT_ISO_8601,
};

/// A field path is matched against a document at every dot, so its length is bounded.
const MAX_FIELD_BYTES: usize = 512;
const MAX_FIELD_DOTS: usize = 32;

/// `[field][conditions][operator][index]` is the longest form.
const MAX_BRACKETS: usize = 4;

/// Fields that listings accept outside `filters`, as `created_at[before]=…`.
const DATE_SHORTCUTS: &[&str] = &["created_at", "updated_at"];

struct Condition {
    field: String,
    operator: Operator,
    values: Vec<Value>,
}

impl Filter {
    /// Reads the pairs of a query string (already percent-decoded) that belong to a filter; the
    /// others are ignored. `None` if no pair belongs to one.
    ///
    /// Accepted are `filters[field][conditions][operator]` with and without an index behind it, the
    /// same without `conditions`, `filters[junction]`, and all of these with `[filters]` in front.
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Option<Self>, FilterError> {
        let mut junction = None;
        let mut operands: Vec<Operands> = Vec::new();
        for (key, value) in pairs {
            let Some(brackets) = after_word(key, "filters") else { continue };
            if brackets.is_empty() && value.is_empty() {
                continue;
            }
            let (field, operator, index) = match split_brackets(brackets)?.as_slice() {
                ["junction"] => {
                    junction = Some(Junction::parse(value).ok_or(FilterError::WrongJunction)?);
                    continue;
                }
                [field, "conditions", operator] => (*field, *operator, ""),
                [field, "conditions", operator, index] => (*field, *operator, *index),
                [field, operator] => (*field, *operator, ""),
                [field, operator, index] => (*field, *operator, *index),
                _ => return Err(FilterError::Malformed),
            };
            let operator = read_operator(operator)?;
            let found = operands.iter().position(|known| known.field == field && known.operator == operator);
            let place = match found {
                Some(place) => place,
                None if operands.len() == Self::MAX_PREDICATES => return Err(FilterError::Malformed),
                None => {
                    operands.push(Operands { field, operator, values: Vec::new() });
                    operands.len() - 1
                }
            };
            operands[place].push(index, value)?;
        }
        if junction.is_none() && operands.is_empty() {
            return Ok(None);
        }
        let conditions = operands.into_iter().map(Operands::into_condition).collect();
        assemble(junction.unwrap_or_default(), conditions).map(Some)
    }

    /// Reads `{"junction": "and", "field": {"conditions": {"$operator": value or [values]}}}`.
    ///
    /// The junction may be absent (`and`), the `conditions` level left out, and an empty object is a
    /// filter without predicates.
    pub fn from_json(json: &Value) -> Result<Self, FilterError> {
        let fields = json.as_object().ok_or(FilterError::Malformed)?;
        let junction = match fields.get("junction") {
            None => Junction::default(),
            Some(name) => name.as_str().and_then(Junction::parse).ok_or(FilterError::WrongJunction)?,
        };
        let mut conditions = Vec::new();
        for (field, body) in fields.iter().filter(|(key, _)| *key != "junction") {
            for (operator, operand) in conditions_of(body)? {
                if conditions.len() == Self::MAX_PREDICATES {
                    return Err(FilterError::Malformed);
                }
                let operator = read_operator(operator)?;
                conditions.push(Condition { field: field.clone(), operator, values: operand_list(operand)? });
            }
        }
        assemble(junction, conditions)
    }

    /// Reads the shortcuts `created_at[before]`, `created_at[after]` and the same of `updated_at`
    /// (also `[created_at][before]`) from a query string. `None` if there are none.
    ///
    /// They are a filter of their own, to be applied besides the one in `filters`: they narrow a
    /// listing whatever that one's junction is.
    ///
    /// # Errors
    /// `invalid_query_params` for a value that is no date.
    pub fn from_date_shortcuts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Option<Self>, Error> {
        let mut predicates = Vec::new();
        for (key, value) in pairs {
            for field in DATE_SHORTCUTS {
                let (name, operator) = match after_word(key, field) {
                    Some("[before]") => ("before", Operator::Before),
                    Some("[after]") => ("after", Operator::After),
                    _ => continue,
                };
                if Timestamp::parse(value).is_none() {
                    return Err(Error::invalid_query(Path::of(*field).key(name), Rule::Other(NOT_ISO_8601.into())));
                }
                predicates.push(Predicate { field: (*field).into(), operator, values: vec![value.into()] });
            }
        }
        Ok((!predicates.is_empty()).then_some(Self { junction: Junction::And, predicates, also: None }))
    }
}

/// The operands that a query string gives one operator of one field, in several pairs.
struct Operands<'a> {
    field: &'a str,
    operator: Operator,
    /// With the place each one asks for.
    values: Vec<(usize, &'a str)>,
}

impl<'a> Operands<'a> {
    /// Adds a value at its index; one without (`…[$in]=` or `…[$in][]=`) follows those before it.
    fn push(&mut self, index: &str, value: &'a str) -> Result<(), FilterError> {
        let index = match index {
            "" => self.values.len(),
            digits => digits.parse().map_err(|_| FilterError::Malformed)?,
        };
        self.values.push((index, value));
        Ok(())
    }

    fn into_condition(mut self) -> Condition {
        self.values.sort_by_key(|(index, _)| *index);
        let values = self.values.into_iter().map(|(_, value)| value.into()).collect();
        Condition { field: self.field.to_owned(), operator: self.operator, values }
    }
}

/// What follows `word` or `[word]` at the start of a key: nothing or brackets.
fn after_word<'a>(key: &'a str, word: &str) -> Option<&'a str> {
    let rest = match key.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_prefix(word)?.strip_prefix(']')?,
        None => key.strip_prefix(word)?,
    };
    (rest.is_empty() || rest.starts_with('[')).then_some(rest)
}

fn split_brackets(mut brackets: &str) -> Result<Vec<&str>, FilterError> {
    let mut segments = Vec::with_capacity(MAX_BRACKETS);
    while !brackets.is_empty() {
        let (segment, rest) =
            brackets.strip_prefix('[').and_then(|open| open.split_once(']')).ok_or(FilterError::Malformed)?;
        if segments.len() == MAX_BRACKETS {
            return Err(FilterError::Malformed);
        }
        segments.push(segment);
        brackets = rest;
    }
    Ok(segments)
}

fn read_operator(name: &str) -> Result<Operator, FilterError> {
    Operator::parse(name).ok_or_else(|| FilterError::UnknownOperator(name.to_owned()))
}

/// The operators of one field, whether or not they are wrapped in `conditions`.
fn conditions_of(body: &Value) -> Result<&Map<String, Value>, FilterError> {
    let body = body.as_object().ok_or(FilterError::Malformed)?;
    let conditions = match body.get("conditions") {
        // Operators beside `conditions` would be lost without a word.
        Some(_) if body.len() > 1 => return Err(FilterError::Malformed),
        Some(conditions) => conditions.as_object().ok_or(FilterError::Malformed)?,
        None => body,
    };
    if conditions.is_empty() { Err(FilterError::Malformed) } else { Ok(conditions) }
}

fn operand_list(operand: &Value) -> Result<Vec<Value>, FilterError> {
    let values = match operand {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let scalars = values.iter().all(|value| !value.is_array() && !value.is_object());
    scalars.then_some(values).ok_or(FilterError::Malformed)
}

/// Makes predicates of conditions. `$is` and `$is_not` with several values are as many predicates,
/// which the junction joins like all others: `$is` A and B joined by `or` is A or B.
fn assemble(junction: Junction, conditions: Vec<Condition>) -> Result<Filter, FilterError> {
    let mut predicates = Vec::with_capacity(conditions.len());
    for Condition { field, operator, values } in conditions {
        let dots = field.bytes().filter(|byte| *byte == b'.').count();
        if field.is_empty() || field == "junction" || field.len() > MAX_FIELD_BYTES || dots > MAX_FIELD_DOTS {
            return Err(FilterError::Malformed);
        }
        let one_each = matches!(operator, Operator::Is | Operator::IsNot) && values.len() > 1;
        if predicates.len() + if one_each { values.len() } else { 1 } > Filter::MAX_PREDICATES {
            return Err(FilterError::Malformed);
        }
        if one_each {
            let one = |value| Predicate { field: field.clone(), operator, values: vec![value] };
            predicates.extend(values.into_iter().map(one));
        } else {
            predicates.push(Predicate { field, operator, values });
        }
    }
    Ok(Filter { junction, predicates, also: None })
}
