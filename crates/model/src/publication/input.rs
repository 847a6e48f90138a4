//! What a client sends about publications.

use serde::{Deserialize, Deserializer, de::Unexpected};
use serde_json::Value;
use utoipa::ToSchema;

use super::MAX_COUNT;
use crate::{
    Error,
    customer::CustomerInput,
    error::{Path, Rule},
    metadata::Metadata,
    number::whole_or_none,
    payload::part,
    texts::{MAX_TEXT, check_lengths},
};

/// Which vouchers are given to whom: a voucher by its code, or some of a campaign. With both, the voucher counts.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct PublicationInput {
    /// A code or id.
    #[serde(default)]
    pub voucher: Option<String>,
    #[serde(default)]
    pub campaign: Option<CampaignChoice>,
    /// Required.
    #[schema(value_type = CustomerInput)]
    #[serde(default)]
    pub customer: Option<CustomerChoice>,
    /// The client's own id of the publication.
    #[serde(default)]
    pub source_id: Option<String>,
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// `API` by default.
    #[serde(default)]
    pub channel: Option<String>,
}

/// A campaign by its name or id; the name alone is accepted, too.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub struct CampaignChoice {
    pub name: String,
    /// How many of its vouchers: 1 to 50, by default 1.
    pub count: Option<i64>,
}

/// A customer that comes with a request about something else: the profile, which is created or updated, or a
/// text that is the id or `source_id`.
#[derive(Debug, Clone, PartialEq)]
pub enum CustomerChoice {
    Named(String),
    Profile(Box<CustomerInput>),
}

impl PublicationInput {
    /// How many vouchers are wanted.
    pub fn count(&self) -> i64 {
        let of_campaign = self.campaign.as_ref().filter(|_| self.voucher.is_none());
        of_campaign.and_then(|campaign| campaign.count).unwrap_or(1)
    }

    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("source_id"), self.source_id.as_ref(), MAX_TEXT),
            (Path::of("channel"), self.channel.as_ref(), MAX_TEXT),
        ])?;
        let count = self.campaign.as_ref().and_then(|campaign| campaign.count);
        let rule = match count {
            Some(..1) => Rule::AtLeast(1),
            Some(count) if count > MAX_COUNT => Rule::AtMost(MAX_COUNT),
            _ => return Ok(()),
        };
        Err(Error::invalid_payload(Path::of("campaign").key("count"), rule))
    }
}

impl CustomerChoice {
    /// What the customer is called in the request; empty if nothing identifies it.
    pub fn reference(&self) -> &str {
        match self {
            CustomerChoice::Named(reference) => reference,
            CustomerChoice::Profile(input) => {
                input.id.as_value().or(input.source_id.as_value()).map_or("", String::as_str)
            }
        }
    }
}

impl<'de> Deserialize<'de> for CampaignChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Form {
            name: String,
            #[serde(default, deserialize_with = "whole_or_none")]
            count: Option<i64>,
        }
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self { name, count: None }),
            Value::Object(json) => part(&json).map(|Form { name, count }| Self { name, count }),
            other => Err(not_an_object(&other)),
        }
    }
}

impl<'de> Deserialize<'de> for CustomerChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(reference) => Ok(Self::Named(reference)),
            Value::Object(json) => part(&json).map(Self::Profile),
            other => Err(not_an_object(&other)),
        }
    }
}

fn not_an_object<E: serde::de::Error>(other: &Value) -> E {
    E::invalid_type(Unexpected::Other(&other.to_string()), &"a map")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Dialect, payload::from_value};
    use serde_json::json;

    #[test]
    fn a_campaign_and_a_customer_may_be_named_by_a_text() {
        let input: PublicationInput =
            from_value(json!({"campaign": "Summer", "customer": "shop-1"})).expect("a publication");
        assert_eq!(input.campaign, Some(CampaignChoice { name: "Summer".into(), count: None }));
        assert_eq!((input.customer.as_ref().map(CustomerChoice::reference), input.count()), (Some("shop-1"), 1));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        for (body, details) in [
            (json!({"campaign": {"name": "S", "count": 51}}), ".campaign.count cannot be higher than 50"),
            (json!({"campaign": {"name": "S", "count": 0}}), ".campaign.count cannot be lower than 1"),
            (json!({"campaign": {"count": 1}}), ".campaign should have required property 'name'"),
            (json!({"campaign": 5}), ".campaign should be object"),
            (json!({"customer": ["x"]}), ".customer should be object"),
            (json!({"customer": {"name": 5}}), ".customer.name should be string,null"),
            (json!({"voucher": 5}), ".voucher should be string"),
            (json!({"channel": "x".repeat(MAX_TEXT + 1)}), ".channel should NOT have more than 1000 characters"),
        ] {
            let refused = from_value::<PublicationInput>(body.clone()).and_then(|input| input.check());
            let found = refused.expect_err("refused").describe(Dialect::Should).details.unwrap_or_default();
            assert_eq!(found, format!("Property {details}"), "{body}");
        }
    }
}
