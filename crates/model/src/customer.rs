//! Customers: the profile that a shop keeps, and what Guerdon derives from their activity.
//!
//! `docs/customers.md` explains presence (absent or null), upserts and the derived fields.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Date, Error, Patch, Timestamp,
    error::Path,
    ids::{CustomerId, PermanentDeletionId, SegmentId},
    metadata::Metadata,
    recent_orders::RecentOrders,
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
};

/// A customer, as stored and as returned. Attributes that were never set are absent, not null,
/// except `source_id` and `address`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    pub id: CustomerId,
    /// The shop's own key of the customer; unique among the project's customers and immutable.
    pub source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Kept as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<Date>,
    /// The deprecated twin of `birthdate`; the two are independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Date>,
    pub address: Option<Address>,
    pub summary: Summary,
    pub loyalty: Loyalty,
    pub referrals: Referrals,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Attributes that Guerdon itself keeps about the customer.
    pub system_metadata: Metadata,
    pub created_at: Timestamp,
    /// Absent until the first change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Where this customer's mailing preferences would be; only when one customer is read by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Assets>,
    #[serde(default = "customer_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    /// Never part of an answer.
    #[serde(default, skip_serializing_if = "Internal::is_empty")]
    #[schema(ignore)]
    pub internal: Internal,
}

fn customer_object() -> Cow<'static, str> {
    Cow::Borrowed("customer")
}

/// A postal address. A key that was sent is kept, even with null; the others are absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Address {
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub city: Option<Option<String>>,
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub state: Option<Option<String>>,
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line_1: Option<Option<String>>,
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line_2: Option<Option<String>>,
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    #[serde(default, with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub postal_code: Option<Option<String>>,
}

/// `Some(None)` is a null that was sent, `None` is a key that was not.
mod sent {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Option<String>>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// What the customer's redemptions and orders add up to. Amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    pub redemptions: RedemptionsSummary,
    pub orders: OrdersSummary,
}

/// Counters of a customer's redemptions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct RedemptionsSummary {
    /// Attempts, whether they succeeded or failed.
    pub total_redeemed: i64,
    pub total_failed: i64,
    /// Successes; a rollback does not take one away.
    pub total_succeeded: i64,
    /// Rollback attempts, whether they succeeded or failed.
    pub total_rolled_back: i64,
    pub total_rollback_failed: i64,
    pub total_rollback_succeeded: i64,
    pub gift: GiftSummary,
    pub loyalty_card: LoyaltyCardSummary,
}

/// A customer's gift credits, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct GiftSummary {
    /// Spent, less what rollbacks gave back.
    pub redeemed_amount: i64,
    /// Left on the cards that the customer holds.
    pub amount_to_go: i64,
}

/// A customer's points over all loyalty cards.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyCardSummary {
    /// Spent, less what rollbacks gave back.
    pub redeemed_points: i64,
    /// Left on the cards that the customer holds.
    pub points_to_go: i64,
}

/// A customer's orders that are paid or fulfilled. Amounts in minor units, before discounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct OrdersSummary {
    pub total_amount: i64,
    pub total_count: i64,
    /// `total_amount / total_count`, rounded half up; 0 without orders.
    pub average_amount: i64,
    pub last_order_amount: i64,
    /// Absent without orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_order_date: Option<Timestamp>,
}

/// A customer's part in loyalty and referral campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Loyalty {
    /// Points received less points expired, over the cards of all campaigns.
    pub points: i64,
    pub referred_customers: i64,
    /// By campaign name.
    pub campaigns: BTreeMap<String, LoyaltyCampaign>,
}

/// A customer's part in one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyCampaign {
    /// The balance left.
    pub points: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_tier: Option<String>,
    pub referred_customers: i64,
}

/// How the customer came to be referred.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Referrals {
    pub total: i64,
    pub campaigns: Vec<Referral>,
}

/// One time that this customer was referred by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Referral {
    pub campaign_id: String,
    pub referrer_id: CustomerId,
    pub related_object_id: String,
    /// `redemption` or `event`.
    pub related_object_type: String,
    pub date: Timestamp,
}

/// Addresses of pages about one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assets {
    pub cockpit_url: String,
}

/// Facts that no answer shows: what the `customer.updated` event adds (see `docs/events.md`), what segments
/// rest on (see `docs/segments.md`), and what the next change of the summary needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Internal {
    /// Points redeemed, by campaign name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redeemed_points: BTreeMap<String, i64>,
    /// The names of the campaigns in `referrals.campaigns`, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referral_campaigns: Vec<String>,
    /// The orders behind `summary.orders.last_order_date`.
    #[serde(default, skip_serializing_if = "RecentOrders::is_empty")]
    pub recent_orders: RecentOrders,
    /// The static and auto-update segments that the customer is in, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentId>,
    /// The custom events that were reported about the customer, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, Occurrences>,
}

/// How often a custom event was reported about a customer, and when it was last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrences {
    pub count: i64,
    pub last_occurred_at: Timestamp,
}

/// The most names of custom events that are counted for one customer.
const MAX_COUNTED_EVENTS: usize = 500;

impl Internal {
    fn is_empty(&self) -> bool {
        let Self { redeemed_points, referral_campaigns, recent_orders, segments, events } = self;
        redeemed_points.is_empty()
            && referral_campaigns.is_empty()
            && recent_orders.is_empty()
            && segments.is_empty()
            && events.is_empty()
    }

    /// Counts a custom event, unless its name is new and there are too many already.
    pub fn count_event(&mut self, name: &str, at: Timestamp) {
        let is_full = self.events.len() >= MAX_COUNTED_EVENTS;
        match self.events.get_mut(name) {
            Some(known) => *known = Occurrences { count: known.count.saturating_add(1), last_occurred_at: at },
            None if is_full => {}
            None => drop(self.events.insert(name.to_owned(), Occurrences { count: 1, last_occurred_at: at })),
        }
    }
}

impl Customer {
    /// A customer without attributes.
    pub fn new(id: CustomerId, source_id: Option<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            source_id,
            name: None,
            description: None,
            email: None,
            phone: None,
            birthdate: None,
            birthday: None,
            address: None,
            summary: Summary::default(),
            loyalty: Loyalty::default(),
            referrals: Referrals::default(),
            metadata: None,
            system_metadata: Metadata::default(),
            created_at,
            updated_at: None,
            assets: None,
            object: customer_object(),
            internal: Internal::default(),
        }
    }

    /// The customer as answers show it: without what is kept for later.
    pub fn into_answer(mut self) -> Self {
        self.internal = Internal::default();
        self
    }

    /// The same without giving it away; costs a copy only where something has to be left out.
    pub fn as_answer(&self) -> Cow<'_, Customer> {
        match self.internal.is_empty() {
            true => Cow::Borrowed(self),
            false => Cow::Owned(self.clone().into_answer()),
        }
    }

    /// The short form that events about other things carry.
    pub fn simple(&self) -> SimpleCustomer {
        SimpleCustomer {
            id: self.id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            source_id: self.source_id.clone(),
            metadata: self.metadata.clone(),
            object: customer_object(),
        }
    }
}

/// The short form of a customer, with null for what is not set. Metadata that were never sent are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimpleCustomer {
    pub id: CustomerId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// What a client sends about a customer: on creation, update, upsert and in bulk.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct CustomerInput {
    /// Selects an existing customer; wins over `source_id`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Patch<String>,
    /// Selects an existing customer or becomes the key of a new one; never changes later.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    pub birthdate: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    pub birthday: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Address>)]
    pub address: Patch<AddressPatch>,
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
}

/// What a client sends about an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct AddressPatch {
    pub city: Patch<String>,
    pub state: Patch<String>,
    pub line_1: Patch<String>,
    pub line_2: Patch<String>,
    pub country: Patch<String>,
    pub postal_code: Patch<String>,
}

impl CustomerInput {
    /// Texts within their limits, or the first one that is not.
    pub fn check(&self) -> Result<(), Error> {
        let address = self.address.as_value();
        let of_address = |field: fn(&AddressPatch) -> &Patch<String>| address.and_then(|a| field(a).as_value());
        let root = |key: &str| Path::of(key);
        let nested = |key: &str| Path::of("address").key(key);
        check_lengths([
            (root("id"), self.id.as_value(), MAX_TEXT),
            (root("source_id"), self.source_id.as_value(), MAX_TEXT),
            (root("name"), self.name.as_value(), MAX_TEXT),
            (root("description"), self.description.as_value(), MAX_DESCRIPTION),
            (root("email"), self.email.as_value(), MAX_TEXT),
            (root("phone"), self.phone.as_value(), MAX_TEXT),
            (nested("city"), of_address(|a| &a.city), MAX_TEXT),
            (nested("state"), of_address(|a| &a.state), MAX_TEXT),
            (nested("line_1"), of_address(|a| &a.line_1), MAX_TEXT),
            (nested("line_2"), of_address(|a| &a.line_2), MAX_TEXT),
            (nested("country"), of_address(|a| &a.country), MAX_TEXT),
            (nested("postal_code"), of_address(|a| &a.postal_code), MAX_TEXT),
        ])
    }

    /// Changes the attributes that were sent; ids and derived fields stay as they are.
    pub fn apply_to(&self, customer: &mut Customer) {
        self.name.apply_to(&mut customer.name);
        self.description.apply_to(&mut customer.description);
        self.email.apply_to(&mut customer.email);
        self.phone.apply_to(&mut customer.phone);
        self.birthdate.apply_to(&mut customer.birthdate);
        self.birthday.apply_to(&mut customer.birthday);
        match &self.address {
            Patch::Absent => {}
            Patch::Null => customer.address = None,
            Patch::Value(patch) => patch.apply_to(customer.address.get_or_insert_default()),
        }
        if !self.metadata.is_absent() {
            customer.metadata.get_or_insert_default().patch(&self.metadata);
        }
    }
}

impl AddressPatch {
    fn apply_to(&self, address: &mut Address) {
        for (sent, stored) in [
            (&self.city, &mut address.city),
            (&self.state, &mut address.state),
            (&self.line_1, &mut address.line_1),
            (&self.line_2, &mut address.line_2),
            (&self.country, &mut address.country),
            (&self.postal_code, &mut address.postal_code),
        ] {
            match sent {
                Patch::Absent => {}
                Patch::Null => *stored = Some(None),
                Patch::Value(text) => *stored = Some(Some(text.clone())),
            }
        }
    }
}

/// A customer that was deleted but not yet erased: only the permanent deletion can reach it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeletedCustomer {
    pub customer: Customer,
    pub deleted_at: Timestamp,
}

/// The answer to a permanent deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PermanentDeletion {
    pub id: PermanentDeletionId,
    pub created_at: Timestamp,
    pub related_object_id: CustomerId,
    #[schema(value_type = String)]
    pub related_object: Cow<'static, str>,
    #[schema(value_type = String)]
    pub status: Cow<'static, str>,
    pub data_json: ErasedData,
    /// The spelling is part of the wire format.
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// How much was erased with a customer. Counts that are unknown are null.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct ErasedData {
    pub events: i64,
    pub customer_events: Option<i64>,
    pub daily_events: i64,
    pub segments: i64,
    pub orders: i64,
    pub order_events: Option<i64>,
    pub customer: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn customer() -> Customer {
        Customer::new(CustomerId::from("cust_1"), Some("source_123".into()), Timestamp::from_millis(0))
    }

    fn input(json: &str) -> CustomerInput {
        serde_json::from_str(json).expect("a body")
    }

    #[test]
    fn address_keys_are_overwritten_one_by_one() {
        let mut customer = customer();
        input(r#"{"address":{"city":"Toronto","line_1":"125 Maple Leaf Road"}}"#).apply_to(&mut customer);
        input(r#"{"address":{"city":"Ottawa","state":null}}"#).apply_to(&mut customer);
        assert_eq!(
            serde_json::to_value(&customer.address).expect("json"),
            serde_json::json!({"city":"Ottawa","state":null,"line_1":"125 Maple Leaf Road"})
        );
        input(r#"{"address":null}"#).apply_to(&mut customer);
        assert_eq!(customer.address, None);
    }

    #[test]
    fn a_stored_null_in_an_address_survives_storage() {
        let mut customer = customer();
        input(r#"{"address":{"state":null}}"#).apply_to(&mut customer);
        let stored = serde_json::to_string(&customer).expect("json");
        assert_eq!(serde_json::from_str::<Customer>(&stored).expect("a customer"), customer);
    }

    #[test]
    fn texts_over_their_limit_are_refused_by_path() {
        let long = "é".repeat(MAX_TEXT + 1);
        let error = input(&format!(r#"{{"address":{{"city":"{long}"}}}}"#)).check().expect_err("too long");
        assert!(error.to_string().contains("Property .address.city should NOT have more than 1000 characters"));
        assert_eq!(input(&format!(r#"{{"name":"{}"}}"#, "é".repeat(MAX_TEXT))).check(), Ok(()));
    }

    /// One attribute of a body: not there, null, or a text.
    fn attribute() -> impl Strategy<Value = Option<Option<String>>> {
        proptest::option::of(proptest::option::of(".{0,12}"))
    }

    proptest! {
        #[test]
        fn absent_keeps_null_unsets_and_a_value_replaces(
            stored in proptest::option::of(".{0,12}"),
            sent in attribute(),
        ) {
            let mut body = serde_json::Map::new();
            if let Some(value) = &sent {
                body.insert("name".into(), serde_json::json!(value));
            }
            let mut customer = customer();
            customer.name = stored.clone();
            serde_json::from_value::<CustomerInput>(body.into()).expect("a body").apply_to(&mut customer);
            let expected = match sent {
                None => stored,
                Some(value) => value,
            };
            prop_assert_eq!(&customer.name, &expected);
            let wire = serde_json::to_value(&customer).expect("json");
            prop_assert_eq!(wire.get("name").is_some(), expected.is_some());
        }

        #[test]
        fn applying_the_same_body_twice_changes_nothing_more(
            name in attribute(), email in attribute(), city in attribute(), key in "[a-z]{1,3}", value in attribute(),
        ) {
            let mut body = serde_json::Map::new();
            for (field, sent) in [("name", name), ("email", email)] {
                if let Some(sent) = sent { body.insert(field.into(), serde_json::json!(sent)); }
            }
            if let Some(sent) = city { body.insert("address".into(), serde_json::json!({"city": sent})); }
            if let Some(sent) = value { body.insert("metadata".into(), serde_json::json!({key: sent})); }
            let input: CustomerInput = serde_json::from_value(body.into()).expect("a body");
            let mut once = customer();
            input.apply_to(&mut once);
            let mut twice = once.clone();
            input.apply_to(&mut twice);
            prop_assert_eq!(once, twice);
        }
    }
}
