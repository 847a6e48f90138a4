//! Webhook configurations: which events go to which address.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Timestamp, event::EventType, ids::WebhookId};

/// A project's webhook. Custom headers are an extension and absent when there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    #[schema(value_type = String)]
    #[serde(default = "webhook_object")]
    pub object: Cow<'static, str>,
    pub created_at: Timestamp,
    pub id: WebhookId,
    #[schema(value_type = Vec<String>)]
    pub events: Vec<EventType>,
    pub target_url: String,
    /// Set to false after the last retry of a send-out has failed.
    pub active: bool,
    /// Sent with every request to the target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// The constant `object` of a webhook.
pub fn webhook_object() -> Cow<'static, str> {
    Cow::Borrowed("webhook")
}

/// Header names that a webhook can't set because the delivery itself does.
pub const RESERVED_HEADERS: [&str; 6] =
    ["host", "content-length", "content-type", "x-voucherify-signature", "connection", "transfer-encoding"];
/// The most custom headers of one webhook.
pub const MAX_HEADERS: usize = 20;
/// The longest target address and header value, in bytes.
pub const MAX_HEADER_VALUE: usize = 4_096;

/// Whether a custom header may have this name: lower-case letters, digits and dashes, not reserved.
pub fn is_header_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !RESERVED_HEADERS.contains(&name)
}
