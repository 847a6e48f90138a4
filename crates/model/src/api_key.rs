//! The pairs of id and secret with which programs call the API.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, role::Role};

/// Which part of the API a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// `/v1` and `/v2`, from a shop's back end.
    Server,
    /// `/client/v1`, from a browser or app; only from the project's trusted origins.
    Client,
    /// `/management/v1`, for the whole installation.
    Management,
}

/// A key as stored: of its secret only a hash and the last four characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The public half (`X-App-Id`).
    pub app_id: String,
    /// What people call it, such as `Primary`; shown in events.
    pub name: String,
    pub kind: KeyKind,
    pub role: Role,
    /// Whether it belongs to an integration, which may publish by a link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_integration: bool,
    /// Lower-case hexadecimal SHA-256 of the secret half (`X-App-Token`).
    pub token_hash: String,
    /// The last four characters of the secret, to tell keys apart.
    pub token_hint: String,
    /// A blocked key is refused like a wrong one.
    pub blocked: bool,
    pub created_at: Timestamp,
}
