//! The queue of send-outs: leases that exclude each other without waiting.

use std::collections::BTreeMap;

use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::{SendOut, SendOutStatus},
};
use tokio_postgres::{Row, types::ToSql};

use super::{
    failed, is_conflict, newer,
    pool::Connection,
    text::{decode, encode},
};
use crate::{
    Settlement, StoreError,
    small::{from_text, to_text},
};

/// How often a statement is run again that was in somebody's way.
const MAX_RUNS: usize = 5;
/// What [`send_out`] reads, with the body or an empty text behind it.
pub(super) const COLUMNS: &str = "id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at,
    first_attempt_at, next_attempt_at, attempts";

pub(super) fn by_id() -> &'static str {
    "SELECT id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at, first_attempt_at,
            next_attempt_at, attempts, body
     FROM send_outs WHERE project_id = $1 AND id = $2"
}

pub(super) fn send_out(row: &Row) -> Result<SendOut, StoreError> {
    let time = |column: usize| row.get::<_, Option<i64>>(column).map(Timestamp::from_millis);
    Ok(SendOut {
        id: SendOutId::from(decode(row.get(0)).as_ref()),
        webhook_id: WebhookId::from(decode(row.get(1)).as_ref()),
        event_id: row.get(2),
        event_type: row.get(3),
        entity_id: decode(row.get(4)).into_owned(),
        group_id: row.get(5),
        status: from_text(row.get(6)).ok_or_else(newer)?,
        created_at: Timestamp::from_millis(row.get(7)),
        first_attempt_at: time(8),
        next_attempt_at: time(9),
        attempts: from_text(row.get(10)).ok_or_else(newer)?,
        body: row.get(11),
    })
}

/// Looks at every webhook that ever had a send-out whether its earliest is due: a long queue of one
/// costs nothing.
pub(super) async fn due_webhooks(
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<(ProjectId, WebhookId)>, StoreError> {
    let sql = "SELECT queues.project_id, queues.webhook_id FROM queues WHERE EXISTS (
                   SELECT 1 FROM send_outs AS due
                   WHERE due.project_id = queues.project_id AND due.webhook_id = queues.webhook_id
                     AND due.next_attempt_at <= $1)
               ORDER BY 1, 2";
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    let rows = connection.query(&statement, &[&now.as_millis()]).await.map_err(failed)?;
    let target = |row: &Row| (ProjectId::from(row.get::<_, &str>(0)), WebhookId::from(decode(row.get(1)).as_ref()));
    Ok(rows.iter().map(target).collect())
}

pub(super) async fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(next_attempt_at) FROM send_outs WHERE next_attempt_at IS NOT NULL";
    let row = connection.query_one(sql, &[]).await.map_err(failed)?;
    Ok(row.get::<_, Option<i64>>(0).map(Timestamp::from_millis))
}

/// Moves due send-outs to the end of the lease and returns them as they were. Those that another node
/// is just taking are passed over.
pub(super) async fn lease(
    connection: &Connection,
    (project, webhook): (&ProjectId, &WebhookId),
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<SendOut>, StoreError> {
    let sql = "WITH due AS (
                   SELECT id, next_attempt_at FROM send_outs
                   WHERE project_id = $1 AND webhook_id = $2 AND next_attempt_at <= $3
                   ORDER BY next_attempt_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
               UPDATE send_outs AS leased SET next_attempt_at = $5 FROM due
               WHERE leased.project_id = $1 AND leased.id = due.id
               RETURNING leased.id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at,
                         first_attempt_at, due.next_attempt_at, attempts, body";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let webhook = encode(webhook.as_str());
    let params: [&(dyn ToSql + Sync); 5] = [&project.as_str(), &webhook, &now.as_millis(), &limit, &until.as_millis()];
    let rows = run(connection, sql, &params).await?;
    let mut leased = rows.iter().map(send_out).collect::<Result<Vec<_>, _>>()?;
    leased.sort_by(|one, other| (one.next_attempt_at, &one.id).cmp(&(other.next_attempt_at, &other.id)));
    Ok(leased)
}

/// Records outcomes. What was settled meanwhile does not become due again by a late one.
pub(super) async fn settle(connection: &Connection, settlements: &[Settlement]) -> Result<(), StoreError> {
    let sql = "WITH locked AS (
                   SELECT id FROM send_outs WHERE project_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE)
               UPDATE send_outs AS old
               SET status = new.status, first_attempt_at = new.first_attempt_at,
                   next_attempt_at = new.next_attempt_at, attempts = new.attempts
               FROM locked JOIN unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
                    AS new (id, status, first_attempt_at, next_attempt_at, attempts) ON new.id = locked.id
               WHERE old.project_id = $1 AND old.id = locked.id
                 AND (old.next_attempt_at IS NOT NULL OR new.next_attempt_at IS NULL)";
    // Of several outcomes of one send-out, the last counts.
    let mut projects: BTreeMap<&str, BTreeMap<&str, &Settlement>> = BTreeMap::new();
    for settlement in settlements {
        projects.entry(settlement.project.as_str()).or_default().insert(settlement.id.as_str(), settlement);
    }
    for (project, settled) in projects {
        let ids: Vec<_> = settled.keys().map(|id| encode(id)).collect();
        let statuses: Vec<_> = settled.values().map(|settlement| to_text(&settlement.status)).collect();
        let first: Vec<_> = settled.values().map(|settlement| settlement.first_attempt_at.as_millis()).collect();
        let next: Vec<_> =
            settled.values().map(|settlement| settlement.next_attempt_at.map(Timestamp::as_millis)).collect();
        let attempts: Vec<_> = settled.values().map(|settlement| to_text(&settlement.attempts)).collect();
        run(connection, sql, &[&project, &ids, &statuses, &first, &next, &attempts]).await?;
    }
    Ok(())
}

pub(super) async fn fail_waiting(
    connection: &Connection,
    project: &ProjectId,
    webhook: &WebhookId,
) -> Result<u64, StoreError> {
    let sql = "WITH locked AS (
                   SELECT id FROM send_outs
                   WHERE project_id = $1 AND webhook_id = $2 AND next_attempt_at IS NOT NULL ORDER BY id FOR UPDATE)
               UPDATE send_outs AS old SET status = $3, next_attempt_at = NULL FROM locked
               WHERE old.project_id = $1 AND old.id = locked.id RETURNING old.id";
    let status = to_text(&SendOutStatus::Failed);
    let failed = run(connection, sql, &[&project.as_str(), &encode(webhook.as_str()), &status]).await?;
    Ok(failed.len() as u64)
}

/// Runs a statement that is a transaction of its own, again if somebody else was in its way.
async fn run(connection: &Connection, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    for _ in 0..MAX_RUNS {
        match connection.query(&statement, params).await {
            Err(error) if is_conflict(&error) => tracing::debug!(%error, "a statement has to be run again"),
            other => return other.map_err(failed),
        }
    }
    connection.query(&statement, params).await.map_err(failed)
}
