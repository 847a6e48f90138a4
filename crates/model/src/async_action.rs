//! Async actions: work that goes on after its request was answered, and what came of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Timestamp,
    ids::{AsyncActionId, RequestId},
};

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Enqueued,
    InProgress,
    /// Finished, even when some or all records failed.
    Done,
    /// The work itself broke off.
    Failed,
}

/// Whether finished work did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationStatus {
    Success,
    Failed,
    /// Not finished yet.
    Unknown,
}

/// What a client sees of a piece of background work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AsyncAction {
    pub id: AsyncActionId,
    /// Such as `CUSTOMERS.IMPORT_CSV`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    pub status: Status,
    pub operation_status: OperationStatus,
    /// Only when one action is read, and only once it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The request that started the work.
    pub request_id: RequestId,
    /// Percent, 0 to 100.
    pub progress: u8,
    /// Milliseconds from start to the last change; only when one action is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_time: Option<i64>,
    #[serde(default = "async_action_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// The constant `object` of an async action.
pub fn async_action_object() -> Cow<'static, str> {
    Cow::Borrowed("async_action")
}
