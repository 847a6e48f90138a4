//! Statements that change something. They run in the writer's thread, inside a savepoint.

use guerdon_model::{
    Timestamp,
    ids::{ProjectId, WebhookId},
    send_out::{SendOut, SendOutStatus},
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, ToSql, params, types::ToSqlOutput};

use super::{failed, read};
use crate::{
    ChangeSet, CommitError, Settlement, Write,
    collection::{Collection, ColumnValue},
    small::to_text,
};

impl ToSql for ColumnValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            ColumnValue::Null => ToSqlOutput::from(rusqlite::types::Null),
            ColumnValue::Integer(number) => ToSqlOutput::from(*number),
            ColumnValue::Text(text) => ToSqlOutput::from(&**text),
        })
    }
}

/// A unique value that is taken is a conflict: somebody else was faster.
pub(super) fn commit_error(error: rusqlite::Error) -> CommitError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => CommitError::Conflict,
        _ => CommitError::Store(failed(error)),
    }
}

/// Applies a change set, or reports the conflict that forbids it.
pub(super) fn apply(connection: &Connection, changes: &ChangeSet) -> Result<(), CommitError> {
    apply_all(connection, changes).map_err(|error| match error {
        Refusal::Conflict => CommitError::Conflict,
        Refusal::Failure(error) => commit_error(error),
    })
}

enum Refusal {
    Conflict,
    Failure(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Refusal::Failure(error)
    }
}

fn apply_all(connection: &Connection, changes: &ChangeSet) -> Result<(), Refusal> {
    let Some(project) = &changes.project else { return Ok(()) };
    check_configuration(connection, project, changes)?;
    for guard in &changes.guards {
        let sql = read::sql(guard.collection).version;
        let found: Option<u64> = connection
            .prepare_cached(sql)?
            .query_row(params![project.as_str(), guard.id], |row| row.get(0))
            .optional()?;
        if found != guard.version {
            return Err(Refusal::Conflict);
        }
    }
    for key in &changes.absent {
        if read::find(connection, project, key)?.is_some() {
            return Err(Refusal::Conflict);
        }
    }
    let mut counts = [0i64; Collection::ALL.len()];
    // Deletions free unique values that changes and insertions may take, changes those that insertions
    // may take.
    let mut writes: Vec<&Write> = changes.writes.iter().collect();
    writes.sort_by_key(|write| (write.document.is_some(), write.expected.is_none()));
    for write in writes {
        counts[write.collection as usize] += apply_write(connection, project, write)?;
    }
    for (collection, difference) in Collection::ALL.into_iter().zip(counts) {
        count(connection, project, collection, difference)?;
    }
    for entity in &changes.erased_entities {
        for sql in [
            "DELETE FROM events WHERE project_id = ?1 AND entity_id = ?2",
            "DELETE FROM send_outs WHERE project_id = ?1 AND entity_id = ?2",
        ] {
            connection.prepare_cached(sql)?.execute(params![project.as_str(), entity])?;
        }
    }
    append(connection, project, changes)?;
    Ok(())
}

fn check_configuration(connection: &Connection, project: &ProjectId, changes: &ChangeSet) -> Result<(), Refusal> {
    if read::config_version(connection, project)? != changes.config_version {
        return Err(Refusal::Conflict);
    }
    if changes.bumps_config {
        connection
            .prepare_cached(
                "INSERT INTO partitions (project_id, config_version) VALUES (?1, 1)
                 ON CONFLICT DO UPDATE SET config_version = config_version + 1",
            )?
            .execute([project.as_str()])?;
    }
    Ok(())
}

/// Adds to the kept count of a collection, if it has one.
pub(super) fn count(
    connection: &Connection,
    project: &ProjectId,
    collection: Collection,
    difference: i64,
) -> rusqlite::Result<()> {
    if difference == 0 || !collection.spec().counted {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO counts (project_id, collection, n) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?
        .execute(params![project.as_str(), collection.spec().table, difference])
        .map(drop)
}

/// Returns by how many the collection has grown.
fn apply_write(connection: &Connection, project: &ProjectId, write: &Write) -> Result<i64, Refusal> {
    let sql = read::sql(write.collection);
    let (statement, difference) = match (&write.document, write.expected) {
        (Some(_), None) => (sql.insert, 1),
        (Some(_), Some(_)) => (sql.update, 0),
        (None, _) => (sql.delete, -1),
    };
    let mut statement = connection.prepare_cached(statement)?;
    let version = write.expected.unwrap_or(0);
    let project = project.as_str();
    let changed = match &write.document {
        None => statement.execute(params![project, write.id, version])?,
        Some(document) => {
            let fixed: [&dyn ToSql; 5] = [&project, &write.id, &version, &document.format, &document.body];
            let columns = document.columns.iter().map(|column| column as &dyn ToSql);
            statement.execute(rusqlite::params_from_iter(fixed.into_iter().chain(columns)))?
        }
    };
    if changed == 1 { Ok(difference) } else { Err(Refusal::Conflict) }
}

pub(super) fn append(connection: &Connection, project: &ProjectId, changes: &ChangeSet) -> rusqlite::Result<()> {
    let project = project.as_str();
    for event in &changes.events {
        connection
            .prepare_cached(
                "INSERT INTO events (project_id, id, type, category, entity_id, group_id, created_at, source, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                project,
                event.id,
                event.kind.name(),
                to_text(&event.category),
                event.entity_id,
                event.group_id,
                event.created_at.as_millis(),
                to_text(&event.source),
                event.data,
            ])?;
    }
    for send_out in &changes.send_outs {
        connection
            .prepare_cached(
                "INSERT INTO send_outs (project_id, id, webhook_id, event_id, event_type, entity_id, group_id, status,
                                        created_at, first_attempt_at, next_attempt_at, attempts, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                project,
                send_out.id.as_str(),
                send_out.webhook_id.as_str(),
                send_out.event_id,
                send_out.event_type,
                send_out.entity_id,
                send_out.group_id,
                to_text(&send_out.status),
                send_out.created_at.as_millis(),
                send_out.first_attempt_at.map(Timestamp::as_millis),
                send_out.next_attempt_at.map(Timestamp::as_millis),
                to_text(&send_out.attempts),
                send_out.body,
            ])?;
    }
    for chunk in &changes.blob_chunks {
        connection
            .prepare_cached("INSERT INTO blobs (project_id, blob, seq, bytes, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![project, chunk.blob, chunk.seq, chunk.bytes, chunk.expires_at.as_millis()])?;
    }
    for blob in &changes.dropped_blobs {
        connection
            .prepare_cached("DELETE FROM blobs WHERE project_id = ?1 AND blob = ?2")?
            .execute(params![project, blob])?;
    }
    Ok(())
}

/// Moves due send-outs to the end of the lease and returns them.
pub(super) fn lease_send_outs(
    connection: &Connection,
    project: &ProjectId,
    webhook: &WebhookId,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<SendOut>, CommitError> {
    let lease = || {
        let mut due = connection.prepare_cached(
            "SELECT id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at, first_attempt_at,
                    next_attempt_at, attempts, body
             FROM send_outs WHERE project_id = ?1 AND webhook_id = ?2 AND next_attempt_at <= ?3
             ORDER BY next_attempt_at, id LIMIT ?4",
        )?;
        let taken = due
            .query_map(
                params![project.as_str(), webhook.as_str(), now.as_millis(), read::limit(limit)],
                read::send_out_row,
            )?
            .collect::<Result<Vec<_>, _>>()?;
        let mut hold =
            connection.prepare_cached("UPDATE send_outs SET next_attempt_at = ?3 WHERE project_id = ?1 AND id = ?2")?;
        for send_out in &taken {
            hold.execute(params![project.as_str(), send_out.id.as_str(), until.as_millis()])?;
        }
        Ok(taken)
    };
    lease().map_err(commit_error)
}

/// Makes send-outs due that nobody has tried yet: the process that had leased them is gone.
pub(super) fn release_leases(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "UPDATE send_outs SET next_attempt_at = created_at
               WHERE next_attempt_at > created_at AND status = ?1";
    connection.execute(sql, [to_text(&SendOutStatus::Pending)]).map(drop)
}

/// Records outcomes. What was settled meanwhile does not become due again by a late one, and what was
/// erased does not come back.
pub(super) fn settle_send_outs(connection: &Connection, settlements: &[Settlement]) -> Result<(), CommitError> {
    let settle = || {
        let mut statement = connection.prepare_cached(
            "UPDATE send_outs SET status = ?3, first_attempt_at = ?4, next_attempt_at = ?5, attempts = ?6
             WHERE project_id = ?1 AND id = ?2 AND (next_attempt_at IS NOT NULL OR ?5 IS NULL)",
        )?;
        for settlement in settlements {
            statement.execute(params![
                settlement.project.as_str(),
                settlement.id.as_str(),
                to_text(&settlement.status),
                settlement.first_attempt_at.as_millis(),
                settlement.next_attempt_at.map(Timestamp::as_millis),
                to_text(&settlement.attempts),
            ])?;
        }
        Ok(())
    };
    settle().map_err(commit_error)
}

pub(super) fn fail_waiting_send_outs(
    connection: &Connection,
    project: &ProjectId,
    webhook: &WebhookId,
) -> Result<u64, CommitError> {
    connection
        .prepare_cached(
            "UPDATE send_outs SET status = ?3, next_attempt_at = NULL
             WHERE project_id = ?1 AND webhook_id = ?2 AND next_attempt_at IS NOT NULL",
        )
        .and_then(|mut statement| {
            statement.execute(params![project.as_str(), webhook.as_str(), to_text(&SendOutStatus::Failed)])
        })
        .map(|failed| failed as u64)
        .map_err(commit_error)
}

/// Deletes expired blobs and documents, and settled send-outs from the oldest on.
pub(super) fn prune(
    connection: &Connection,
    now: Timestamp,
    send_outs_before: Timestamp,
    limit: usize,
) -> Result<u64, CommitError> {
    let prune = || {
        let blobs = connection
            .prepare_cached(
                "DELETE FROM blobs WHERE rowid IN (SELECT rowid FROM blobs WHERE expires_at <= ?1 LIMIT ?2)",
            )?
            .execute(params![now.as_millis(), read::limit(limit)])?;
        // Only the oldest are looked at, so that it costs nothing when none of them is old enough.
        let send_outs = connection
            .prepare_cached(
                "DELETE FROM send_outs WHERE rowid IN (
                     SELECT rowid FROM (SELECT rowid, created_at FROM send_outs WHERE next_attempt_at IS NULL
                                        ORDER BY rowid LIMIT ?2)
                     WHERE created_at < ?1)",
            )?
            .execute(params![send_outs_before.as_millis(), read::limit(limit)])?;
        let mut documents = 0;
        for collection in Collection::EXPIRING {
            let table = collection.spec().table;
            let expired = format!(
                "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE expires_at <= ?1 LIMIT ?2)"
            );
            documents += connection.prepare_cached(&expired)?.execute(params![now.as_millis(), read::limit(limit)])?;
        }
        Ok((blobs + send_outs + documents) as u64)
    };
    prune().map_err(commit_error)
}

/// Deletes rows of a project from every table, up to `limit` per table. Kept counts stay right
/// between two steps.
pub(super) fn purge(connection: &Connection, project: &ProjectId, limit: usize) -> Result<bool, CommitError> {
    let tables = Collection::ALL.iter().map(|collection| collection.spec().table);
    let mut more = false;
    for table in tables.chain(["events", "send_outs", "blobs"]) {
        let sql =
            format!("DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE project_id = ?1 LIMIT ?2)");
        let deleted = connection.execute(&sql, params![project.as_str(), read::limit(limit)]).map_err(commit_error)?;
        connection
            .execute(
                "UPDATE counts SET n = n - ?3 WHERE project_id = ?1 AND collection = ?2",
                params![project.as_str(), table, deleted],
            )
            .map_err(commit_error)?;
        more |= deleted == limit;
    }
    if !more {
        connection.execute("DELETE FROM counts WHERE project_id = ?1", [project.as_str()]).map_err(commit_error)?;
    }
    Ok(more)
}
