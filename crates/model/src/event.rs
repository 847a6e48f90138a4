//! Events: facts that the engine records, shows as activity and sends to webhooks.
//!
//! [`EventType`] is a row of one table. `docs/events.md` lists what each type carries and when it
//! is sent.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::{
    Timestamp,
    customer::{Customer, LoyaltyCampaign},
    ids::{CustomerId, UserId},
    validation_rule::RuleEvent,
};

/// Whether an event is something done or something that followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    Action,
    Effect,
}

/// The type of an event, such as `customer.updated`: a row of the table below.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(&'static str);

macro_rules! event_types {
    (emitted { $($constant:ident = $emitted:literal;)* } subscribable { $($name:literal)* }) => {
        impl EventType {
            $(#[doc = concat!("`", $emitted, "`")] pub const $constant: EventType = EventType($emitted);)*

            /// Every type that a project's webhook can ask for, in alphabetical order.
            pub const SUBSCRIBABLE: &'static [EventType] = &[$(EventType($name)),*];

            /// Every type that is recorded.
            const EMITTED: &'static [EventType] = &[$(EventType($emitted)),*];
        }
    };
}

event_types! {
    emitted {
        CUSTOMER_CREATED = "customer.created";
        CUSTOMER_UPDATED = "customer.updated";
        CUSTOMER_DELETED = "customer.deleted";
        VALIDATION_RULE_CREATED = "business_validation_rule.created";
        VALIDATION_RULE_UPDATED = "business_validation_rule.updated";
        VALIDATION_RULE_DELETED = "business_validation_rule.deleted";
        VALIDATION_RULE_ASSIGNED = "business_validation_rule.assignment.created";
        VALIDATION_RULE_UNASSIGNED = "business_validation_rule.assignment.deleted";
        CAMPAIGN_CREATED = "campaign.created";
        CAMPAIGN_UPDATED = "campaign.updated";
        CAMPAIGN_DELETED = "campaign.deleted";
        CAMPAIGN_ENABLED = "campaign.enabled";
        CAMPAIGN_DISABLED = "campaign.disabled";
        CAMPAIGN_VOUCHERS_ADDED = "campaign.vouchers.added";
        CAMPAIGN_GENERATION_STARTED = "campaign.vouchers.generation.started";
        CAMPAIGN_GENERATION_COMPLETED = "campaign.vouchers.generation.completed";
        CAMPAIGN_GENERATION_FAILED = "campaign.vouchers.generation.failed";
        VOUCHER_CREATED = "voucher.created";
        VOUCHER_UPDATED = "voucher.updated";
        VOUCHER_DELETED = "voucher.deleted";
        VOUCHER_ENABLED = "voucher.enabled";
        VOUCHER_DISABLED = "voucher.disabled";
        CUSTOMER_ORDER_CANCELED = "customer.order.canceled";
        CUSTOMER_ORDER_CREATED = "customer.order.created";
        CUSTOMER_ORDER_FULFILLED = "customer.order.fulfilled";
        CUSTOMER_ORDER_PAID = "customer.order.paid";
        CUSTOMER_ORDER_UPDATED = "customer.order.updated";
        CUSTOMER_SEGMENT_ENTERED = "customer.segment.entered";
        CUSTOMER_SEGMENT_LEFT = "customer.segment.left";
        CUSTOMER_CUSTOM_EVENT = "customer.custom_event";
        PROMOTION_TIER_CREATED = "campaign.promotion_tier.created";
        PROMOTION_TIER_UPDATED = "campaign.promotion_tier.updated";
        PROMOTION_TIER_DELETED = "campaign.promotion_tier.deleted";
        PROMOTION_TIER_ENABLED = "campaign.promotion_tier.enabled";
        PROMOTION_TIER_DISABLED = "campaign.promotion_tier.disabled";
        PROMOTION_STACK_CREATED = "campaign.promotion_stack.created";
        PROMOTION_STACK_UPDATED = "campaign.promotion_stack.updated";
        VOUCHER_PUBLISHED = "voucher.published";
        PUBLICATION_SUCCEEDED = "publication.succeeded";
        CUSTOMER_PUBLICATION_SUCCEEDED = "customer.publication.succeeded";
        HOLDER_ASSIGNED = "customer.holder.assignment.created";
        HOLDER_UNASSIGNED = "customer.holder.assignment.deleted";
        CUSTOMER_VOUCHER_DELETED = "customer.voucher.deleted";
        GIFT_BALANCE_ADDED = "voucher.gift.balance_added";
        GIFT_TRANSACTION_CREATED = "voucher.gift.transaction.created";
        CUSTOMER_GIFT_BALANCE_ADDED = "customer.voucher.gift.balance_added";
        LOYALTY_POINTS_ADDED = "voucher.loyalty_card.points_added";
        LOYALTY_TRANSACTION_CREATED = "voucher.loyalty_card.transaction.created";
        CUSTOMER_LOYALTY_POINTS_ADDED = "customer.voucher.loyalty_card.points_added";
        CUSTOMER_VALIDATION_SUCCEEDED = "customer.validation.succeeded";
        CUSTOMER_VALIDATION_FAILED = "customer.validation.failed";
        CUSTOMER_REFERRED = "customer.referred";
        REDEMPTION_SUCCEEDED = "redemption.succeeded";
        REDEMPTION_FAILED = "redemption.failed";
        ROLLBACK_SUCCEEDED = "redemption.rollback.succeeded";
        ROLLBACK_FAILED = "redemption.rollback.failed";
        CUSTOMER_REDEMPTION_SUCCEEDED = "customer.redemption.succeeded";
        CUSTOMER_REDEMPTION_FAILED = "customer.redemption.failed";
        CUSTOMER_ROLLBACK_SUCCEEDED = "customer.redemption.rollback.succeeded";
        CUSTOMER_ROLLBACK_FAILED = "customer.redemption.rollback.failed";
    }
    subscribable {
        "business_validation_rule.assignment.created" "business_validation_rule.assignment.deleted"
        "business_validation_rule.created" "business_validation_rule.deleted" "business_validation_rule.updated"
        "campaign.created" "campaign.deleted" "campaign.disabled"
        "campaign.earning_rule.assigned" "campaign.earning_rule.deleted" "campaign.earning_rule.disabled"
        "campaign.earning_rule.enabled" "campaign.earning_rule.updated" "campaign.enabled"
        "campaign.loyalty_tier.created" "campaign.loyalty_tier.deleted" "campaign.loyalty_tier.updated"
        "campaign.promotion_stack.created" "campaign.promotion_stack.updated"
        "campaign.promotion_tier.created" "campaign.promotion_tier.deleted" "campaign.promotion_tier.disabled"
        "campaign.promotion_tier.enabled" "campaign.promotion_tier.updated"
        "campaign.referral_tier.created" "campaign.referral_tier.deleted" "campaign.referral_tier.updated"
        "campaign.reward.assignment.created" "campaign.reward.assignment.deleted"
        "campaign.reward.assignment.updated" "campaign.updated" "campaign.vouchers.added"
        "campaign.vouchers.generation.completed" "campaign.vouchers.generation.failed"
        "campaign.vouchers.generation.started"
        "customer.confirmed" "customer.created" "customer.custom_event" "customer.deleted"
        "customer.holder.assignment.created" "customer.holder.assignment.deleted"
        "customer.order.canceled" "customer.order.created" "customer.order.fulfilled"
        "customer.order.paid" "customer.order.updated"
        "customer.reward_redemptions.completed" "customer.reward_redemptions.created"
        "customer.reward_redemptions.pending"
        "customer.rewarded" "customer.rewarded.loyalty_points"
        "customer.segment.entered" "customer.segment.left" "customer.updated"
        "publication.succeeded"
        "redemption.failed" "redemption.rollback.failed" "redemption.rollback.succeeded" "redemption.succeeded"
        "voucher.created" "voucher.deleted" "voucher.disabled" "voucher.enabled"
        "voucher.gift.balance_added" "voucher.gift.transaction.created"
        "voucher.loyalty_card.pending_points.activated" "voucher.loyalty_card.pending_points.added"
        "voucher.loyalty_card.pending_points.canceled" "voucher.loyalty_card.pending_points.updated"
        "voucher.loyalty_card.points_added" "voucher.loyalty_card.points_expired"
        "voucher.loyalty_card.transaction.created" "voucher.published" "voucher.updated"
    }
}

/// Spellings that circulate among clients, with what is meant.
const MISSPELT: [(&str, &str); 4] = [
    ("campaign.vouchers.aded", "campaign.vouchers.added"),
    ("voucher.gift.balance_aded", "voucher.gift.balance_added"),
    ("voucher.loyalty_card.pending_points.aded", "voucher.loyalty_card.pending_points.added"),
    ("voucher.loyalty_card.points_aded", "voucher.loyalty_card.points_added"),
];

impl EventType {
    /// Reads a subscribable type, known misspellings included.
    pub fn parse(name: &str) -> Option<Self> {
        let name = MISSPELT.iter().find(|(wrong, _)| *wrong == name).map_or(name, |(_, right)| right);
        Self::SUBSCRIBABLE.iter().copied().find(|known| known.0 == name)
    }

    /// Reads the type of an event that was recorded: some can't be subscribed to, and are activity only.
    pub fn parse_recorded(name: &str) -> Option<Self> {
        Self::EMITTED.iter().copied().find(|known| known.0 == name).or_else(|| Self::parse(name))
    }

    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Whether the type is listed under actions or effects in a customer's activity.
    pub fn category(self) -> Category {
        const ACTIONS: [&str; 16] = [
            "customer.created",
            "customer.updated",
            "customer.deleted",
            "customer.confirmed",
            "customer.order.created",
            "customer.order.updated",
            "customer.custom_event",
            "customer.publication.succeeded",
            "customer.holder.assignment.created",
            "customer.holder.assignment.deleted",
            "customer.validation.succeeded",
            "customer.validation.failed",
            "customer.redemption.succeeded",
            "customer.redemption.failed",
            "customer.redemption.rollback.succeeded",
            "customer.redemption.rollback.failed",
        ];
        if ACTIONS.contains(&self.0) { Category::Action } else { Category::Effect }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}
impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = EventType;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("string")
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<EventType, E> {
                EventType::parse(name).ok_or_else(|| E::custom("must be equal to one of the allowed values"))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Where a request came from; part of every event that it causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    pub channel: Channel,
    /// Only with [`Channel::UserPortal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<EventUser>,
    /// Only with [`Channel::Api`] and [`Channel::ClientApi`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<EventApiKey>,
}

impl EventSource {
    /// Work of our own, such as a job.
    pub fn internal() -> Self {
        Self { channel: Channel::Internal, user: None, api_key: None }
    }
}

/// The way by which a request reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    /// The dashboard.
    UserPortal,
    /// A server key.
    Api,
    /// A client key.
    ClientApi,
    /// Background work.
    Internal,
}

/// The dashboard user behind an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventUser {
    pub id: UserId,
}

/// The key behind an event: what people call it, and its public half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventApiKey {
    pub name: String,
    pub app_id: String,
}

/// An event that a command emits, with what it is about.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    CustomerCreated(&'a Customer),
    CustomerUpdated(&'a Customer),
    CustomerDeleted(&'a Customer),
    ValidationRule(RuleEvent<'a>),
    /// Anything whose payload is one struct.
    Of {
        kind: EventType,
        entity_id: &'a str,
        data: &'a dyn Payload,
    },
}

/// What an event carries: any struct that can be written as JSON.
pub trait Payload: fmt::Debug {
    /// As the event log keeps it.
    fn text(&self) -> String;
    /// As it is put into canonical form.
    fn value(&self) -> Value;
}

impl<T: Serialize + fmt::Debug> Payload for T {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("our own structs have string keys and no failing serializers")
    }
    fn value(&self) -> Value {
        to_value(self)
    }
}

impl Event<'_> {
    /// The event's type.
    pub fn kind(&self) -> EventType {
        match self {
            Event::CustomerCreated(_) => EventType::CUSTOMER_CREATED,
            Event::CustomerUpdated(_) => EventType::CUSTOMER_UPDATED,
            Event::CustomerDeleted(_) => EventType::CUSTOMER_DELETED,
            Event::ValidationRule(event) => event.kind(),
            Event::Of { kind, .. } => *kind,
        }
    }

    /// The id of what the event is about.
    pub fn entity_id(&self) -> &str {
        match self {
            Event::CustomerCreated(customer) | Event::CustomerUpdated(customer) | Event::CustomerDeleted(customer) => {
                customer.id.as_str()
            }
            Event::ValidationRule(event) => event.rule.id.as_str(),
            Event::Of { entity_id, .. } => entity_id,
        }
    }

    /// The payload as the activity log shows it, as JSON.
    pub fn logged_data(&self) -> String {
        match self {
            Event::CustomerCreated(customer) | Event::CustomerUpdated(customer) | Event::CustomerDeleted(customer) => {
                serde_json::to_string(&CustomerData::of(customer))
                    .expect("our own structs have string keys and no failing serializers")
            }
            Event::ValidationRule(event) => event.data().to_string(),
            Event::Of { data, .. } => data.text(),
        }
    }

    /// The payload as webhooks receive it; only `customer.updated` has a form of its own.
    pub fn sent_data(&self) -> Value {
        match self {
            Event::CustomerUpdated(customer) => {
                #[derive(Serialize)]
                struct Data {
                    customer: UpdatedCustomer,
                }
                to_value(&Data { customer: UpdatedCustomer::of(customer) })
            }
            Event::CustomerCreated(customer) | Event::CustomerDeleted(customer) => {
                to_value(&CustomerData::of(customer))
            }
            Event::ValidationRule(event) => event.data(),
            Event::Of { data, .. } => data.value(),
        }
    }
}

/// What most events about customers carry.
#[derive(Serialize)]
struct CustomerData<'a> {
    customer: Cow<'a, Customer>,
}

impl<'a> CustomerData<'a> {
    fn of(customer: &'a Customer) -> Self {
        Self { customer: customer.as_answer() }
    }
}

fn to_value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("our own structs have string keys and no failing serializers")
}

/// The customer in `customer.updated`: like everywhere else, but with the points of each campaign
/// split into redeemed and left, the referring campaigns by name, and metadata always there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdatedCustomer {
    pub id: CustomerId,
    pub source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<crate::Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<crate::Date>,
    pub address: Option<crate::customer::Address>,
    pub summary: crate::customer::Summary,
    pub loyalty: UpdatedLoyalty,
    pub referrals: UpdatedReferrals,
    #[serde(default)]
    pub metadata: crate::metadata::Metadata,
    pub system_metadata: crate::metadata::Metadata,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    pub object: Cow<'static, str>,
}

/// `loyalty` in `customer.updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdatedLoyalty {
    pub points: i64,
    pub referred_customers: i64,
    pub campaigns: std::collections::BTreeMap<String, UpdatedLoyaltyCampaign>,
}

/// One campaign of `loyalty.campaigns` in `customer.updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdatedLoyaltyCampaign {
    /// The balance left, as everywhere else.
    #[serde(default)]
    pub points: i64,
    pub redeemed_points: i64,
    /// The balance left, once more.
    pub points_to_go: i64,
    #[serde(default)]
    pub referred_customers: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_tier: Option<String>,
}

/// `referrals` in `customer.updated`: the names of the campaigns, one per referral.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdatedReferrals {
    pub total: i64,
    pub campaigns: Vec<String>,
}

impl UpdatedCustomer {
    /// The event's form of a stored customer.
    pub fn of(customer: &Customer) -> Self {
        let campaign = |(name, campaign): (&String, &LoyaltyCampaign)| {
            let entry = UpdatedLoyaltyCampaign {
                points: campaign.points,
                redeemed_points: customer.internal.redeemed_points.get(name).copied().unwrap_or(0),
                points_to_go: campaign.points,
                referred_customers: campaign.referred_customers,
                loyalty_tier: campaign.loyalty_tier.clone(),
            };
            (name.clone(), entry)
        };
        let referrals = customer.internal.referral_campaigns.clone();
        let customer = customer.clone();
        Self {
            loyalty: UpdatedLoyalty {
                points: customer.loyalty.points,
                referred_customers: customer.loyalty.referred_customers,
                campaigns: customer.loyalty.campaigns.iter().map(campaign).collect(),
            },
            referrals: UpdatedReferrals { total: referrals.len() as i64, campaigns: referrals },
            id: customer.id,
            source_id: customer.source_id,
            name: customer.name,
            description: customer.description,
            email: customer.email,
            phone: customer.phone,
            birthdate: customer.birthdate,
            birthday: customer.birthday,
            address: customer.address,
            summary: customer.summary,
            metadata: customer.metadata.unwrap_or_default(),
            system_metadata: customer.system_metadata,
            created_at: customer.created_at,
            updated_at: customer.updated_at,
            object: customer.object,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_are_read_and_one_is_written() {
        for (wrong, right) in MISSPELT {
            assert_eq!(EventType::parse(wrong).map(EventType::name), Some(right));
        }
        assert_eq!(EventType::parse("customer.updated"), Some(EventType::CUSTOMER_UPDATED));
        assert_eq!(EventType::parse("customer.renamed"), None);
    }

    #[test]
    fn the_log_has_types_that_webhooks_cannot_ask_for() {
        let kind = EventType::CUSTOMER_VOUCHER_DELETED;
        assert_eq!((EventType::parse_recorded(kind.name()), EventType::parse(kind.name())), (Some(kind), None));
        assert_eq!(EventType::parse_recorded("customer.rewarded").map(EventType::name), Some("customer.rewarded"));
        assert_eq!(EventType::parse_recorded("customer.renamed"), None);
    }

    /// The reference payload of `customer.updated` that this project was founded on.
    fn founding_payload() -> Value {
        json!({"id":"cust_A9f32Khs91","name":"Ariana Patel","email":"ariana.patel@example.org","object":"customer",
            "address":{"city":"Toronto","state":"Ontario","line_1":"125 Maple Leaf Road","country":"Canada",
                "postal_code":"M4B 2L1"},
            "loyalty":{"points":45,"campaigns":{"holiday_2025":{"redeemed_points":10,"points_to_go":40}},
                "referred_customers":1},
            "summary":{"orders":{"total_count":3,"total_amount":24900,"average_amount":8300,"last_order_amount":9100},
                "redemptions":{"gift":{"amount_to_go":0,"redeemed_amount":0},
                    "loyalty_card":{"points_to_go":5,"redeemed_points":40},
                    "total_failed":0,"total_redeemed":1,"total_succeeded":1,"total_rolled_back":0,
                    "total_rollback_failed":0,"total_rollback_succeeded":0}},
            "birthdate":"1990-07-14","referrals":{"total":1,"campaigns":["summer_savings_2024"]},
            "source_id":"ariana-patel","created_at":"2024-09-21T13:12:44.000Z",
            "updated_at":"2025-01-28T16:48:09.000Z","description":"Subscribed newsletter user","system_metadata":{}})
    }

    /// The stored customer whose `customer.updated` the founding payload is.
    fn founding_customer() -> Customer {
        let mut stored = founding_payload();
        stored["loyalty"]["campaigns"] = json!({"holiday_2025": {"points": 40, "referred_customers": 1}});
        stored["referrals"]["campaigns"] = json!([{"campaign_id": "camp_1", "referrer_id": "cust_2",
            "related_object_id": "r_1", "related_object_type": "redemption", "date": "2024-10-01T00:00:00.000Z"}]);
        stored["internal"] = json!({"redeemed_points": {"holiday_2025": 10},
            "referral_campaigns": ["summer_savings_2024"]});
        serde_json::from_value(stored).expect("a customer")
    }

    /// Whether `whole` has everything that `part` has, with the same values.
    fn covers(whole: &Value, part: &Value) -> bool {
        match (whole, part) {
            (Value::Object(whole), Value::Object(part)) => {
                part.iter().all(|(key, value)| whole.get(key).is_some_and(|found| covers(found, value)))
            }
            _ => whole == part,
        }
    }

    #[test]
    fn customer_updated_carries_all_of_the_founding_payload() {
        let customer = founding_customer();
        let data = Event::CustomerUpdated(&customer).sent_data();
        assert!(covers(&data["customer"], &founding_payload()), "{data:#}");
        assert_eq!(data["customer"]["metadata"], json!({}), "metadata is always there");
        assert_eq!(
            data["customer"]["loyalty"]["campaigns"]["holiday_2025"],
            json!({"points": 40, "redeemed_points": 10, "points_to_go": 40, "referred_customers": 1})
        );
    }

    #[test]
    fn every_other_form_keeps_the_schema_and_hides_what_is_internal() {
        let customer = founding_customer();
        let logged = Event::CustomerUpdated(&customer).logged_data();
        let logged: Value = serde_json::from_str(&logged).expect("JSON");
        assert_eq!(logged["customer"]["referrals"]["campaigns"][0]["campaign_id"], "camp_1");
        assert_eq!(logged["customer"].get("internal"), None);
        assert_eq!(Event::CustomerCreated(&customer).sent_data(), logged);
    }

    #[test]
    fn the_founding_payload_is_read_back_by_our_own_types() {
        let read: UpdatedCustomer = serde_json::from_value(founding_payload()).expect("the event's customer");
        assert_eq!(read.loyalty.campaigns["holiday_2025"].points_to_go, 40);
        assert_eq!(read.referrals.campaigns, ["summer_savings_2024"]);
    }
}
