//! What a client asks about.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    error::{Path, Rule},
    filter::{Filter, FilterError, Operator},
    number::whole_or_none,
    payload::joined,
    redeemable::SceneInput,
    time::NOT_ISO_8601,
};

/// How many redeemables are told if nobody says so.
pub const DEFAULT_LIMIT: usize = 5;
/// How many are told at most, whatever was asked for.
pub const MAX_LIMIT: usize = 50;

/// What filters can look at.
pub const FILTERED: [&str; 8] = [
    "category_id",
    "campaign_id",
    "campaign_type",
    "resource_id",
    "resource_type",
    "voucher_type",
    "code",
    "holder_role",
];

/// How filters can look at it.
const OPERATORS: [Operator; 6] =
    [Operator::Is, Operator::IsNot, Operator::In, Operator::NotIn, Operator::HasValue, Operator::IsUnknown];

/// The body of a qualification.
#[derive(Debug, Clone, PartialEq, Default, ToSchema)]
pub struct QualificationInput {
    #[serde(flatten)]
    pub scene: SceneInput,
    #[serde(flatten)]
    pub question: Question,
}

joined!(QualificationInput { scene, question });

/// Which redeemables are asked about, and how many of them are to be told in which order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Question {
    /// `ALL` if absent.
    pub scenario: Option<Scenario>,
    pub options: Option<QualificationOptions>,
}

/// Which redeemables are asked about, and which of their rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scenario {
    #[default]
    All,
    /// What the customer holds.
    CustomerWallet,
    /// Only rules about the customer count.
    AudienceOnly,
    /// What discounts, or asks for, an item of the order; only rules about items count.
    Products,
    /// What discounts an item of the order; no rules count.
    ProductsDiscount,
    /// Like `PRODUCTS`, but rules about the customer count, too.
    ProductsByCustomer,
    /// Like `PRODUCTS_DISCOUNT`, but rules about the customer count.
    ProductsDiscountByCustomer,
    /// Stacks all of whose tiers can be applied one after another.
    PromotionStacks,
}

/// Which of them are told, and what comes first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct QualificationOptions {
    /// 5 if absent; 50 if it is greater.
    #[serde(deserialize_with = "whole_or_none")]
    pub limit: Option<i64>,
    /// Only what was created before this time.
    pub starting_after: Option<String>,
    pub sorting_rule: Option<Sorting>,
    /// `redeemable`, `category`, `validation_rules`.
    pub expand: Option<Vec<String>>,
    /// Conditions on `category_id`, `campaign_id`, `campaign_type`, `resource_id`, `resource_type`, `voucher_type`,
    /// `code` and `holder_role`, joined by `junction`.
    #[schema(value_type = Option<Object>)]
    pub filters: Option<Value>,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sorting {
    /// The newest.
    #[default]
    Default,
    /// The greatest discount.
    BestDeal,
    /// The smallest discount.
    LeastDeal,
}

impl Question {
    /// The scenario, `ALL` if none was sent.
    pub fn scenario(&self) -> Scenario {
        self.scenario.unwrap_or_default()
    }

    /// What comes first.
    pub fn sorting(&self) -> Sorting {
        self.options.as_ref().and_then(|options| options.sorting_rule).unwrap_or_default()
    }

    /// How many redeemables are told at most.
    ///
    /// # Errors
    /// `invalid_payload` if it is less than 1.
    pub fn limit(&self) -> Result<usize, Error> {
        match self.options.as_ref().and_then(|options| options.limit) {
            None => Ok(DEFAULT_LIMIT),
            Some(..1) => Err(Error::invalid_payload(path("limit"), Rule::AtLeast(1))),
            Some(limit) => Ok(usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
        }
    }

    /// The time before which redeemables must have been created. Some clients write `"null"` for none.
    ///
    /// # Errors
    /// `invalid_payload` if it is no time.
    pub fn starting_after(&self) -> Result<Option<Timestamp>, Error> {
        let sent = self.options.as_ref().and_then(|options| options.starting_after.as_deref());
        let refused = || Error::invalid_payload(path("starting_after"), Rule::Other(NOT_ISO_8601.into()));
        let sent = sent.filter(|text| !text.is_empty() && *text != "null");
        sent.map(|text| Timestamp::parse(text).ok_or_else(refused)).transpose()
    }

    /// The filter. Of `$is` and `$is_not`, the first operand counts.
    ///
    /// # Errors
    /// `invalid_payload`, also for a field or an operator that is not offered.
    pub fn filter(&self) -> Result<Option<Filter>, Error> {
        let sent = self.options.as_ref().and_then(|options| options.filters.as_ref());
        let Some(sent) = sent.filter(|sent| !sent.is_null()) else { return Ok(None) };
        let sentence = |details| Error::invalid_payload(path("filters"), Rule::Sentence(details));
        let read = Filter::from_json(sent);
        let mut filter = read.map_err(|error: FilterError| sentence(error.details(".options.filters")))?;
        for predicate in &filter.predicates {
            let one_of = |names: &[&str]| Rule::OneOf(names.iter().map(|name| (*name).to_owned()).collect());
            if !FILTERED.contains(&predicate.field.as_str()) {
                return Err(Error::invalid_payload(path("filters"), one_of(&FILTERED)));
            }
            if !OPERATORS.contains(&predicate.operator) {
                let place = path("filters").key(predicate.field.clone()).key("conditions");
                return Err(Error::invalid_payload(place, one_of(&OPERATORS.map(Operator::name))));
            }
        }
        let mut seen = HashSet::new();
        filter.predicates.retain(|predicate| {
            let takes_one = matches!(predicate.operator, Operator::Is | Operator::IsNot);
            !takes_one || seen.insert((predicate.field.clone(), predicate.operator))
        });
        Ok(Some(filter))
    }
}

fn path(option: &'static str) -> Path {
    Path::of("options").key(option)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Dialect;

    fn question(options: Value) -> Question {
        let input: QualificationInput = serde_json::from_value(json!({"options": options})).expect("a body");
        input.question
    }

    #[test]
    fn limits_that_are_too_high_are_the_highest_and_cursors_may_be_null() {
        for (options, expected) in [
            (json!(null), Ok(5)),
            (json!({}), Ok(5)),
            (json!({"limit": null}), Ok(5)),
            (json!({"limit": 1}), Ok(1)),
            (json!({"limit": 100}), Ok(50)),
            (json!({"limit": 0}), Err("Property .options.limit cannot be lower than 1")),
        ] {
            let limit = question(options.clone()).limit();
            let limit = limit.map_err(|error| error.describe(Dialect::Should).details.expect("details"));
            assert_eq!(limit.as_ref().map_err(String::as_str).copied(), expected, "{options}");
        }
        let time = Timestamp::parse("2026-05-10T12:00:00Z");
        for (cursor, expected) in [
            (json!(null), Some(None)),
            (json!("null"), Some(None)),
            (json!("2026-05-10T12:00:00.000Z"), Some(time)),
            (json!("soon"), None),
        ] {
            let found = question(json!({"starting_after": cursor})).starting_after();
            assert_eq!(found.ok(), expected, "{cursor}");
        }
    }

    #[test]
    fn filters_ask_for_what_is_offered() {
        let asked = |filters: Value| question(json!({"filters": filters})).filter();
        assert_eq!(asked(json!(null)), Ok(None));
        for (filters, expected) in [
            (json!({"name": {"conditions": {"$is": ["x"]}}}), false),
            (json!({"code": {"conditions": {"$starts_with": ["x"]}}}), false),
            (json!({"code": {"conditions": {"$what": ["x"]}}}), false),
            (json!({"junction": "or", "code": {"conditions": {"$in": ["x"]}}}), true),
            (json!({"code": {"conditions": {"$has_value": []}}}), true),
        ] {
            assert_eq!(asked(filters.clone()).is_ok(), expected, "{filters}");
        }
        let filter = asked(json!({"code": {"conditions": {"$is": ["a", "b"]}}})).expect("a filter").expect("one");
        let operands: Vec<_> = filter.predicates.iter().map(|predicate| predicate.values.clone()).collect();
        assert_eq!(operands, [[json!("a")]]);
    }
}
