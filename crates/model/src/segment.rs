//! Segments: customers who have something in common. `docs/segments.md` explains the three types.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    customer::Customer,
    error::{Path, Rule},
    filter::{Filter, FilterError},
    ids::{CustomerId, SegmentId},
    texts::{MAX_TEXT, check_lengths},
};

/// How customers come into a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentType {
    /// Whoever matches the filter: they enter and leave, and events tell of it.
    AutoUpdate,
    /// Whoever matches the filter when somebody asks.
    Passive,
    /// Those who were named when the segment was created.
    Static,
}

/// A segment, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    pub id: SegmentId,
    /// Need not be unique.
    pub name: Option<String>,
    pub created_at: Timestamp,
    /// Always null: nothing about a segment can be changed yet.
    pub updated_at: Option<Timestamp>,
    #[serde(rename = "type")]
    pub kind: SegmentType,
    /// In the filter language, as it was sent; null for a static segment.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    #[serde(default = "segment_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    /// Whether those who match are still being looked for; never part of an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(ignore)]
    pub is_filling: bool,
}

fn segment_object() -> Cow<'static, str> {
    Cow::Borrowed("segment")
}

impl Segment {
    /// A segment that nobody is in yet.
    pub fn new(id: SegmentId, kind: SegmentType, name: Option<String>, filter: Option<Value>, now: Timestamp) -> Self {
        let is_filling = kind == SegmentType::AutoUpdate;
        let object = segment_object();
        Self { id, name, created_at: now, updated_at: None, kind, filter, object, is_filling }
    }

    /// The segment as answers show it.
    pub fn into_answer(self) -> Self {
        Self { is_filling: false, ..self }
    }

    /// The short form that events and customers' lists carry.
    pub fn simple(&self) -> SimpleSegment {
        SimpleSegment { id: self.id.clone(), name: self.name.clone(), object: segment_object() }
    }
}

/// The short form of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimpleSegment {
    pub id: SegmentId,
    pub name: Option<String>,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// That a customer is in a static or auto-update segment. The customer's own document says so, too: this
/// is how a segment's customers are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentMember {
    /// Made of the two others.
    pub id: String,
    pub segment_id: SegmentId,
    pub customer_id: CustomerId,
    /// When the customer was created, so that members are listed in that order.
    pub created_at: Timestamp,
}

impl SegmentMember {
    /// The membership of this customer.
    pub fn new(segment_id: SegmentId, customer_id: CustomerId, created_at: Timestamp) -> Self {
        Self { id: Self::id_of(&segment_id, &customer_id), segment_id, customer_id, created_at }
    }

    /// The id of such a membership, whether or not there is one.
    pub fn id_of(segment: &SegmentId, customer: &CustomerId) -> String {
        format!("{segment}:{customer}")
    }
}

/// What a client sends to create a segment.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct SegmentInput {
    #[serde(default)]
    pub name: Option<String>,
    /// Without it, a filter makes the segment passive, and a list of customers static.
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<SegmentType>)]
    pub kind: Option<String>,
    /// For `auto-update` and `passive`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    /// For `static`: ids.
    #[serde(default)]
    pub customers: Option<Vec<String>>,
}

/// What a client wants, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSegment {
    pub name: Option<String>,
    pub kind: SegmentType,
    pub filter: Option<Value>,
    /// Each once, in the order in which they were sent.
    pub customers: Vec<CustomerId>,
}

/// The most customers of a static segment.
pub const MAX_CUSTOMERS: usize = 20_000;

/// The types as they are written.
const TYPES: [(SegmentType, &str); 3] =
    [(SegmentType::AutoUpdate, "auto-update"), (SegmentType::Passive, "passive"), (SegmentType::Static, "static")];

impl SegmentInput {
    /// The segment that is asked for.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<NewSegment, Error> {
        let required = |key: &str| Error::invalid_payload(Path::root(), Rule::Required(key.into()));
        check_lengths([(Path::of("name"), self.name.as_ref(), MAX_TEXT)])?;
        let name = self.name.clone();
        let kind = self.kind()?.ok_or_else(|| required("type"))?;
        if kind == SegmentType::Static {
            let customers = self.customers.as_ref().ok_or_else(|| required("customers"))?;
            return Ok(NewSegment { name, kind, filter: None, customers: checked_customers(customers)? });
        }
        let filter = self.filter.as_ref().ok_or_else(|| required("filter"))?;
        read_filter(filter)?;
        Ok(NewSegment { name, kind, filter: Some(filter.clone()), customers: Vec::new() })
    }

    fn kind(&self) -> Result<Option<SegmentType>, Error> {
        match &self.kind {
            Some(sent) => match TYPES.iter().find(|(_, name)| name == sent) {
                Some((kind, _)) => Ok(Some(*kind)),
                None => {
                    let names = TYPES.iter().map(|(_, name)| (*name).to_owned()).collect();
                    Err(Error::invalid_payload(Path::of("type"), Rule::OneOf(names)))
                }
            },
            _ if self.filter.is_some() => Ok(Some(SegmentType::Passive)),
            _ if self.customers.is_some() => Ok(Some(SegmentType::Static)),
            _ => Ok(None),
        }
    }
}

fn checked_customers(sent: &[String]) -> Result<Vec<CustomerId>, Error> {
    if sent.len() > MAX_CUSTOMERS {
        return Err(Error::invalid_payload(Path::of("customers"), Rule::MaxItems(MAX_CUSTOMERS)));
    }
    let path = |place| Path::of("customers").index(place);
    check_lengths(sent.iter().enumerate().map(|(place, id)| (path(place), Some(id), MAX_TEXT)))?;
    let mut seen = std::collections::HashSet::new();
    Ok(sent.iter().filter(|id| seen.insert(id.as_str())).map(|id| id.as_str().into()).collect())
}

/// Reads a segment's filter.
///
/// # Errors
/// `invalid_payload`.
pub fn read_filter(json: &Value) -> Result<Filter, Error> {
    let refused = |error: FilterError| {
        let sentence = Rule::Sentence(error.details(".filter"));
        Error::invalid_payload(Path::of("filter"), sentence)
    };
    let mut filter = Filter::from_json(json).map_err(refused)?;
    filter.for_customers();
    Ok(filter)
}

impl Filter {
    /// Leads the fields that only filters of customers know to where a customer keeps them.
    pub fn for_customers(&mut self) {
        for predicate in &mut self.predicates {
            let field = predicate.field.as_str();
            let within = |prefix: &str| field.strip_prefix(prefix);
            let found = if field == "city" {
                Some("address.city".to_owned())
            } else if let Some(event) = within("events.") {
                Some(format!("internal.events.{event}"))
            } else if let Some(rest) = within("loyalty_points.campaigns.") {
                Some(format!("loyalty.campaigns.{rest}"))
            } else {
                within("loyalty_tier.campaigns.").map(|campaign| format!("loyalty.campaigns.{campaign}.loyalty_tier"))
            };
            if let Some(found) = found {
                predicate.field = found;
            }
        }
    }
}

/// What `customer.segment.entered` and `customer.segment.left` carry.
#[derive(Debug, Serialize)]
pub struct SegmentData<'a> {
    pub customer: Cow<'a, Customer>,
    pub segment: &'a SimpleSegment,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Dialect;

    fn check(json: Value) -> Result<NewSegment, Error> {
        serde_json::from_value::<SegmentInput>(json).expect("a body").check()
    }

    #[test]
    fn without_a_type_a_filter_makes_it_passive_and_customers_static() {
        let passive = check(json!({"name": "A", "filter": {"junction": "and"}})).expect("a segment");
        assert_eq!((passive.kind, passive.filter), (SegmentType::Passive, Some(json!({"junction": "and"}))));
        let named = check(json!({"customers": ["cust_2", "cust_1", "cust_2"], "filter": null})).expect("a segment");
        assert_eq!((named.kind, named.customers), (SegmentType::Static, vec!["cust_2".into(), "cust_1".into()]));
    }

    #[test]
    fn a_segment_of_a_wrong_form_is_refused() {
        let many = vec!["cust_1"; MAX_CUSTOMERS + 1];
        for (body, details) in [
            (json!({}), "Payload should have required property 'type'"),
            (
                json!({"type": "dynamic"}),
                "Property .type should be equal to one of the allowed values [ auto-update, passive, static ]",
            ),
            (json!({"type": "static"}), "Payload should have required property 'customers'"),
            (json!({"type": "passive"}), "Payload should have required property 'filter'"),
            (
                json!({"type": "auto-update", "filter": {"junction": "xor"}}),
                "Property .filter has wrong `junction` property. It must be one of: and, or",
            ),
            (json!({"customers": many}), "Property .customers should NOT have more than 20000 items"),
        ] {
            let error = check(body).expect_err(details).describe(Dialect::Should);
            assert_eq!(error.details.as_deref(), Some(details));
        }
        let unknown = check(json!({"filter": {"name": {"$like": "a"}}})).expect_err("no such operator");
        let details = unknown.describe(Dialect::Should).details.expect("details");
        assert!(details.starts_with("Property .filter should match either `filters[${field}]"), "{details}");
    }

    #[test]
    fn fields_of_customers_are_led_to_where_they_are_kept() {
        for (field, kept) in [
            ("city", "address.city"),
            ("address.city", "address.city"),
            ("events.sign_up.count", "internal.events.sign_up.count"),
            ("loyalty_points.campaigns.Tiers 2.points", "loyalty.campaigns.Tiers 2.points"),
            ("loyalty_tier.campaigns.Tiers 2", "loyalty.campaigns.Tiers 2.loyalty_tier"),
            ("metadata.city", "metadata.city"),
        ] {
            let filter = read_filter(&json!({field: {"$has_value": ""}})).expect("a filter");
            assert_eq!(filter.predicates[0].field, kept);
        }
    }

    #[test]
    fn an_answer_does_not_say_that_the_segment_is_being_filled() {
        let segment = Segment::new("seg_1".into(), SegmentType::AutoUpdate, None, None, Timestamp::from_millis(0));
        assert_eq!(serde_json::to_value(&segment).expect("json")["is_filling"], true);
        let answer = serde_json::to_value(segment.into_answer()).expect("json");
        assert_eq!(
            answer,
            json!({"id": "seg_1", "name": null, "created_at": "1970-01-01T00:00:00.000Z", "updated_at": null,
                "type": "auto-update", "filter": null, "object": "segment"})
        );
    }
}
