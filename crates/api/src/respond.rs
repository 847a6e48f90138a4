//! Answers: JSON bodies, and the three forms of refusals.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use guerdon_core::idempotency::Answered;
use guerdon_model::{
    Error,
    error::{Description, Dialect},
    ids::{AsyncActionId, RequestId},
    kept_answer::KeptAnswer,
    payload::Unreadable,
};
use serde::Serialize;

const JSON: &str = "application/json; charset=utf-8";
/// Says that an answer is that of an earlier request.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a handler returns.
pub type Answer = Result<Response, Refusal>;

/// Why a request is refused.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// A row of the catalogue.
    Error(Error),
    /// One of the few that the HTTP framework of old answered by itself, in an envelope of its own.
    Framework { status: u16, message: String },
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Error(error)
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotJson => {
                Refusal::Framework { status: 400, message: "Invalid request payload JSON format".into() }
            }
            Unreadable::Refused(error) => Refusal::Error(error),
        }
    }
}

impl Refusal {
    /// A body over the limit.
    pub(crate) fn too_large(limit: u64) -> Self {
        Refusal::Framework {
            status: 413,
            message: format!("Payload content length greater than maximum allowed: {limit}"),
        }
    }

    /// A refusal whose message is the status's own name.
    pub(crate) fn framework(status: StatusCode) -> Self {
        Refusal::Framework {
            status: status.as_u16(),
            message: status.canonical_reason().unwrap_or_default().to_owned(),
        }
    }

    /// The answer, in the wording of the endpoint's dialect.
    pub(crate) fn into_response(self, dialect: Dialect, request_id: &RequestId) -> Response {
        match self {
            Refusal::Error(error) => catalogued(error.describe(dialect), request_id),
            Refusal::Framework { status, message } => {
                #[derive(Serialize)]
                #[serde(rename_all = "camelCase")]
                struct Envelope {
                    status_code: u16,
                    error: &'static str,
                    message: String,
                }
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                let error = status.canonical_reason().unwrap_or_default();
                // The old framework's name for it.
                let error = if status == StatusCode::PAYLOAD_TOO_LARGE { "Request Entity Too Large" } else { error };
                let body = Envelope { status_code: status.as_u16(), error, message };
                json_with(status, &body)
            }
        }
    }
}

fn catalogued(row: Description, request_id: &RequestId) -> Response {
    #[derive(Serialize)]
    struct Envelope<'a> {
        code: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'static str>,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        resource_type: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        related_object_ids: Option<&'a [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        related_object_type: Option<&'static str>,
    }
    let body = Envelope {
        code: row.status,
        key: row.key,
        message: &row.message,
        details: row.details.as_deref(),
        request_id: row.shows_request_id.then(|| request_id.as_str()),
        resource_id: row.resource.as_ref().map(|(id, _)| id.as_str()),
        resource_type: row.resource.as_ref().map(|(_, kind)| *kind),
        related_object_ids: row.related.as_ref().map(|(ids, _)| ids.as_slice()),
        related_object_type: row.related.as_ref().map(|(_, kind)| *kind),
    };
    let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_with(status, &body);
    if let Some(seconds) = row.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// 200 with a body.
pub(crate) fn json(body: &impl Serialize) -> Answer {
    Ok(json_with(StatusCode::OK, body))
}

/// A status with a body.
pub(crate) fn json_with(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => bytes_with(status, JSON, bytes.into()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            bytes_with(StatusCode::INTERNAL_SERVER_ERROR, JSON, Bytes::new())
        }
    }
}

/// A status with bytes of some type.
pub(crate) fn bytes_with(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What a command gave, or what its request was answered with before.
pub(crate) fn answered<T: Serialize>(status: StatusCode, answered: &Answered<T>) -> Answer {
    match answered {
        Answered::Now(value) => Ok(json_with(status, value)),
        Answered::Before(kept) => Ok(replayed(kept)),
    }
}

/// What a request was answered with before.
pub(crate) fn replayed(kept: &KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = bytes_with(status, JSON, Bytes::copy_from_slice(kept.body.as_bytes()));
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// The async action that goes on.
#[derive(Serialize)]
pub(crate) struct Started {
    pub(crate) async_action_id: AsyncActionId,
}

/// 204 without a body.
pub(crate) fn no_content() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
