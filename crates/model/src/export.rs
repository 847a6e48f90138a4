//! Exports: a project's resources as files, made in the background.
//!
//! `docs/exports.md` has the page for users.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    ids::{ExportId, UserId},
    patch::Expected,
};

/// The most columns that a file may be asked to have.
pub const MAX_FIELDS: usize = 200;
/// How long filters may be, in bytes of JSON: they are part of every answer about the export.
pub const MAX_FILTERS: usize = 100_000;
/// How long a file is kept, in milliseconds.
pub const FILE_LIFETIME: i64 = 90 * 24 * 3_600_000;

/// An export, as stored and as returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Export {
    pub id: ExportId,
    #[serde(default = "export_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    pub created_at: Timestamp,
    pub status: ExportStatus,
    pub channel: ExportChannel,
    pub exported_object: ExportedObject,
    pub parameters: Parameters,
    /// Where the file is; null until it is done, and once the file is gone. Never stored.
    pub result: Option<ExportResult>,
    /// Who asked for it in the dashboard; null for keys.
    pub user_id: Option<UserId>,
    /// Once it is done; never part of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub file: Option<ExportFile>,
}

fn export_object() -> Cow<'static, str> {
    Cow::Borrowed("export")
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportStatus {
    Scheduled,
    InProgress,
    Done,
    /// The work broke off; there is no file.
    Error,
}

impl ExportStatus {
    /// The status as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            ExportStatus::Scheduled => "SCHEDULED",
            ExportStatus::InProgress => "IN_PROGRESS",
            ExportStatus::Done => "DONE",
            ExportStatus::Error => "ERROR",
        }
    }
}

/// Where an export was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportChannel {
    Api,
    /// The dashboard.
    Website,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportedObject {
    Voucher,
    Customer,
    Order,
    Publication,
    VoucherTransactions,
}

/// What the file is to hold; as sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Parameters {
    /// A field, with a minus for descending; newest first if absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The columns, in this order; those of the object's default if absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// Conditions in the filter language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub filters: Option<Map<String, Value>>,
    /// Only what belongs to the campaign with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
}

/// Where a file can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportResult {
    /// Opens without a key, for a day after it was shown.
    pub url: String,
}

/// A file that was written to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportFile {
    /// In how many pieces it lies in the store.
    pub chunks: u32,
    pub bytes: u64,
    /// Without the header.
    pub rows: u64,
}

/// What is sent to start an export where it is known of what.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct ParametersInput {
    #[serde(default)]
    #[schema(value_type = Option<Parameters>)]
    pub parameters: Patch<Parameters>,
}

/// What is sent to start an export.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ExportInput {
    pub exported_object: ExportedObject,
    #[serde(default)]
    #[schema(value_type = Option<Parameters>)]
    pub parameters: Patch<Parameters>,
}

impl Expected for Parameters {
    const NAME: &'static str = "object";
}

impl Export {
    /// An export that nobody has begun with.
    pub fn new(id: ExportId, exported_object: ExportedObject, parameters: Parameters, created_at: Timestamp) -> Self {
        Self {
            id,
            object: export_object(),
            created_at,
            status: ExportStatus::Scheduled,
            channel: ExportChannel::Api,
            exported_object,
            parameters,
            result: None,
            user_id: None,
            file: None,
        }
    }

    /// When its file is deleted.
    pub const fn expires_at(&self) -> Timestamp {
        self.created_at.plus_millis(FILE_LIFETIME)
    }

    /// The file, as long as it is there.
    pub fn file_at(&self, now: Timestamp) -> Option<ExportFile> {
        self.file.filter(|_| now < self.expires_at())
    }
}

impl Parameters {
    /// The same for what belongs to one thing only: `field` is the filter that says so, `id` what it
    /// belongs to.
    pub fn within(mut self, field: &str, id: &str) -> Self {
        let filters = self.filters.get_or_insert_default();
        if !filters.is_empty() {
            let sent = std::mem::take(filters);
            // Whatever was sent as a junction, it can't lead out of there.
            filters.insert("junction".into(), "AND".into());
            filters.extend(sent.into_iter().filter(|(key, _)| key != "junction"));
        }
        filters.insert(field.to_owned(), json!({"conditions": {"$in": [id]}}));
        self
    }

    /// Refuses what is too long to be kept.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check_lengths(&self) -> Result<(), Error> {
        let path = |key: &str| Path::of("parameters").key(key);
        if self.fields.as_ref().is_some_and(|fields| fields.len() > MAX_FIELDS) {
            return Err(Error::invalid_payload(path("fields"), Rule::MaxItems(MAX_FIELDS)));
        }
        let length = self.filters.as_ref().map_or(0, |filters| json!(filters).to_string().len());
        if length > MAX_FILTERS {
            let rule = Rule::Other(format!("cannot be longer than {MAX_FILTERS} bytes"));
            return Err(Error::invalid_payload(path("filters"), rule));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_one_more_condition_and_the_only_one_where_nothing_was_sent() {
        let after = json!({"conditions": {"$after": ["2024-10-01T00:00:00.000Z"]}});
        let campaign = json!({"conditions": {"$in": ["camp_X"]}});
        for (sent, expected) in [
            (json!({}), json!({"filters": {"campaign_id": campaign}})),
            (
                json!({"fields": ["id", "type"], "filters": {"created_at": after}}),
                json!({
                    "fields": ["id", "type"],
                    "filters": {"junction": "AND", "created_at": after, "campaign_id": campaign},
                }),
            ),
            (
                json!({"filters": {"junction": "or", "created_at": after, "campaign_id": after}}),
                json!({"filters": {"junction": "AND", "created_at": after, "campaign_id": campaign}}),
            ),
        ] {
            let parameters: Parameters = serde_json::from_value(sent).expect("parameters");
            assert_eq!(serde_json::to_value(parameters.within("campaign_id", "camp_X")).expect("json"), expected);
        }
    }
}
