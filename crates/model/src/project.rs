//! Projects: the tenants of an installation. Nothing is shared between two of them.

use std::borrow::Cow;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Timestamp, ids::ProjectId};

/// A project's settings, as stored. The management API shows them through [`ProjectAnswer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
    /// IANA name; every rule about days and hours is evaluated in it.
    pub timezone: String,
    /// ISO 4217 code.
    pub currency: String,
    pub dial_code: Option<String>,
    /// Fixed at creation.
    pub case_sensitive_codes: bool,
    pub cluster_id: String,
    pub client_trusted_domains: Vec<String>,
    pub client_flags: ClientFlags,
    /// Kept as sent; nothing reads it yet.
    pub api_usage_notifications: Value,
    /// Who is told about failed deliveries; kept as sent.
    pub webhooks_callout_notifications: Value,
    pub default_code_config: Option<Value>,
    pub is_sandbox: bool,
    /// The key that signs webhooks, sealed with the installation's secret key.
    pub sealed_webhook_token: String,
    pub created_at: Timestamp,
    /// Whether the built-in product was added; earlier versions had no products.
    #[serde(default)]
    pub has_shipping_product: bool,
}

/// What client-side keys may do beyond qualifying and validating; all off in a new project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClientFlags {
    pub client_redeem_enabled: bool,
    pub client_publish_enabled: bool,
    pub client_list_vouchers_enabled: bool,
    pub client_create_customer_enabled: bool,
    pub client_loyalty_events_enabled: bool,
    pub client_set_voucher_expiration_date_enabled: bool,
}

/// A project as the management API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProjectAnswer {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
    pub timezone: String,
    pub currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_code: Option<String>,
    pub case_sensitive_codes: bool,
    pub cluster_id: String,
    #[schema(value_type = String)]
    pub api_version: Cow<'static, str>,
    #[schema(value_type = String)]
    pub webhook_version: Cow<'static, str>,
    pub client_trusted_domains: Vec<String>,
    #[serde(flatten)]
    pub client_flags: ClientFlags,
    pub api_usage_notifications: Value,
    pub webhooks_callout_notifications: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_code_config: Option<Value>,
    pub is_sandbox: bool,
    /// The key that signs this project's webhooks.
    pub webhook_token: String,
    /// Only in the answer to the project's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side_key: Option<NewKey>,
    /// Only in the answer to the project's creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_side_key: Option<NewKey>,
}

/// A key pair, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewKey {
    pub app_id: String,
    pub app_token: String,
}

/// The only version of the API.
pub const API_VERSION: &str = "v2018-08-01";
/// The only version of webhook payloads.
pub const WEBHOOK_VERSION: &str = "v2024-01-01";
/// The region name that clients see of a self-hosted installation.
pub const DEFAULT_CLUSTER: &str = "eu1";

impl Project {
    /// This project's answer, with its signing key opened by the caller.
    pub fn answer(&self, webhook_token: String) -> ProjectAnswer {
        ProjectAnswer {
            id: self.id.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            timezone: self.timezone.clone(),
            currency: self.currency.clone(),
            dial_code: self.dial_code.clone(),
            case_sensitive_codes: self.case_sensitive_codes,
            cluster_id: self.cluster_id.clone(),
            api_version: Cow::Borrowed(API_VERSION),
            webhook_version: Cow::Borrowed(WEBHOOK_VERSION),
            client_trusted_domains: self.client_trusted_domains.clone(),
            client_flags: self.client_flags,
            api_usage_notifications: self.api_usage_notifications.clone(),
            webhooks_callout_notifications: self.webhooks_callout_notifications.clone(),
            default_code_config: self.default_code_config.clone(),
            is_sandbox: self.is_sandbox,
            webhook_token,
            server_side_key: None,
            client_side_key: None,
        }
    }

    /// The project's time zone; UTC should its name be unknown to this machine.
    pub fn zone(&self) -> TimeZone {
        time_zone(&self.timezone).unwrap_or(TimeZone::UTC)
    }
}

/// Reads a time zone: an IANA name, `GMT`, or hours away from it such as `GMT+2` or `UTC-03:30`.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    if let Some(offset) = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC")) {
        let (sign, digits) = match offset.chars().next() {
            None => return Some(TimeZone::UTC),
            Some('+') => (1, &offset[1..]),
            Some('-') => (-1, &offset[1..]),
            Some(_) => return None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
            return None;
        }
        return Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok().map(TimeZone::fixed);
    }
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_have_names_or_hours_from_greenwich() {
        for name in ["UTC", "GMT", "Europe/Warsaw", "America/New_York", "GMT+2", "GMT-11", "UTC+05:30"] {
            assert!(time_zone(name).is_some(), "{name}");
        }
        for name in ["", "Warsaw", "GMT+99", "GMT2", "GMT+x"] {
            assert!(time_zone(name).is_none(), "{name}");
        }
    }
}
