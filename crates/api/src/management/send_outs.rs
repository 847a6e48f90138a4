//! `/management/v1/projects/{projectId}/webhook-sendouts`: an extension. What was sent to a project's
//! webhooks, with every attempt.

use guerdon_core::{failure::unavailable, projects};
use guerdon_model::{
    Error, Timestamp,
    error::{Path, Rule},
    ids::{SendOutId, WebhookId},
    list::List,
    send_out::{Attempt, SendOut, SendOutStatus},
};
use guerdon_store::SendOutQuery;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    call::Call,
    respond::{Answer, json},
};

/// A send-out as the API shows it; its body only when one is read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SendOutAnswer {
    id: SendOutId,
    status: SendOutStatus,
    /// The event's type.
    #[serde(rename = "type")]
    kind: String,
    event_id: String,
    /// The request that caused the event.
    group_id: String,
    source: Source,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    attempts: Vec<Attempt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
    #[schema(value_type = String)]
    object: &'static str,
}

/// The webhook behind a send-out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Source {
    id: WebhookId,
    #[schema(value_type = String)]
    object: &'static str,
}

impl SendOutAnswer {
    fn of(send_out: SendOut) -> Self {
        Self {
            id: send_out.id,
            status: send_out.status,
            kind: send_out.event_type,
            event_id: send_out.event_id,
            group_id: send_out.group_id,
            source: Source { id: send_out.webhook_id, object: "webhook" },
            created_at: send_out.created_at,
            next_attempt_at: send_out.next_attempt_at,
            attempts: send_out.attempts,
            body: RawValue::from_string(send_out.body).ok(),
            object: "webhook_sendout",
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    const STATUSES: [(&str, SendOutStatus); 4] = [
        ("PENDING", SendOutStatus::Pending),
        ("RETRYING", SendOutStatus::Retrying),
        ("SUCCEEDED", SendOutStatus::Succeeded),
        ("FAILED", SendOutStatus::Failed),
    ];
    let status = match call.query_param("status") {
        None => None,
        Some(sent) => match STATUSES.iter().find(|(name, _)| *name == sent) {
            Some((_, status)) => Some(*status),
            None => {
                let names = STATUSES.iter().map(|(name, _)| (*name).to_owned()).collect();
                return Err(Error::invalid_query(Path::of("status"), Rule::OneOf(names)).into());
            }
        },
    };
    let limit = call.limit()?;
    call.read(projects::require_existing).await?;
    let query = SendOutQuery {
        project: call.context.project.clone(),
        webhook: call.query_param("source_id").map(WebhookId::from),
        status,
        event_type: call.query_param("type").map(str::to_owned),
        after_id: call.query_param("starting_after_id").map(str::to_owned),
        limit: limit + 1,
    };
    let mut rows = call.app.guerdon.store.send_outs(query).await.map_err(unavailable)?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let more_starting_after = rows.last().filter(|_| has_more).map(|last| last.id.to_string());
    let rows = rows.into_iter().map(SendOutAnswer::of).collect();
    json(&List { data_ref: "data", rows, total: None, has_more: Some(has_more), more_starting_after })
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("sendOutId");
    call.read(projects::require_existing).await?;
    let found = call.app.guerdon.store.send_out(&call.context.project, &id.into()).await;
    let found = found.map_err(unavailable)?;
    json(&SendOutAnswer::of(found.ok_or_else(|| Error::not_found("webhook_sendout", id))?))
}

pub(crate) async fn retry(call: Call) -> Answer {
    let id = call.param("sendOutId");
    call.read(projects::require_existing).await?;
    json(&SendOutAnswer::of(call.app.dispatcher.retry(&call.context.project, id).await?))
}
