//! The whole file, for a copy of it. Rows are told in the order in which they were inserted, so that
//! they can be read one page after the other, and those of another file come to lie likewise.

use guerdon_model::{Timestamp, ids::ProjectId};
use rusqlite::{Connection, Row, ToSql, params};
use tokio::sync::mpsc::Sender;

use super::{
    read::{self, event_row, record, send_out_row},
    write::{append, commit_error, count},
};
use crate::{
    BlobChunk, Collection, CommitError, Indexed, Part, Portion,
    copy::{self, Gathering, appended, by_project},
};

/// Tells everything; runs in a reader's transaction, and so as of one moment.
pub(super) fn dump(connection: &Connection, portions: &Sender<Portion>) -> rusqlite::Result<()> {
    for part in Part::all() {
        let goes_on = match part {
            Part::Partitions => {
                let sql = "SELECT project_id, config_version FROM partitions";
                tell(connection, sql, |row| Ok((project(row, 0)?, row.get(1)?)), Portion::Partitions, portions)
            }
            Part::Blobs => {
                let sql = "SELECT blob, seq, bytes, expires_at, project_id FROM blobs ORDER BY rowid";
                tell(connection, sql, |row| Ok((project(row, 4)?, blob_row(row)?)), Portion::Blobs, portions)
            }
            Part::SendOuts => {
                let sql = "SELECT id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at,
                                  first_attempt_at, next_attempt_at, attempts, body, project_id
                           FROM send_outs ORDER BY rowid";
                tell(connection, sql, |row| Ok((project(row, 12)?, send_out_row(row)?)), Portion::SendOuts, portions)
            }
            Part::Events => {
                let sql = "SELECT id, type, category, entity_id, group_id, created_at, source, data, project_id
                           FROM events ORDER BY seq";
                tell(connection, sql, |row| Ok((project(row, 8)?, event_row(row)?)), Portion::Events, portions)
            }
            Part::Documents(collection) => {
                let table = collection.spec().table;
                let sql = format!("SELECT project_id, id, version, format, document FROM {table} ORDER BY rowid");
                tell(connection, &sql, record, |rows| Portion::Documents(collection, rows), portions)
            }
        }?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Tells the rows of one statement; returns whether anybody still listens.
fn tell<T: copy::Row>(
    connection: &Connection,
    sql: &str,
    read: impl Fn(&Row) -> rusqlite::Result<T>,
    portion: impl Fn(Vec<T>) -> Portion,
    portions: &Sender<Portion>,
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut gathering = Gathering::new();
    while let Some(row) = rows.next()? {
        if let Some(rows) = gathering.add(read(row)?)
            && portions.blocking_send(portion(rows)).is_err()
        {
            return Ok(false);
        }
    }
    Ok(gathering.rest().is_none_or(|rows| portions.blocking_send(portion(rows)).is_ok()))
}

fn project(row: &Row, column: usize) -> rusqlite::Result<ProjectId> {
    Ok(ProjectId::from(row.get_ref(column)?.as_str()?))
}

fn blob_row(row: &Row) -> rusqlite::Result<BlobChunk> {
    let expires_at = Timestamp::from_millis(row.get(3)?);
    Ok(BlobChunk { blob: row.get(0)?, seq: row.get(1)?, bytes: row.get(2)?, expires_at })
}

/// Takes rows in; runs in the writer's transaction.
pub(super) fn restore(connection: &Connection, portion: Portion<Indexed>) -> Result<(), CommitError> {
    let restore = || match portion {
        Portion::Partitions(rows) => rows.into_iter().try_for_each(|(project, version)| {
            connection
                .prepare_cached("INSERT INTO partitions (project_id, config_version) VALUES (?1, ?2)")?
                .execute(params![project.as_str(), version])
                .map(drop)
        }),
        Portion::Documents(collection, rows) => insert(connection, collection, rows),
        other => appended(other).iter().try_for_each(|(project, changes)| append(connection, project, changes)),
    };
    restore().map_err(commit_error)
}

fn insert(connection: &Connection, collection: Collection, rows: Vec<Indexed>) -> rusqlite::Result<()> {
    let rows = by_project(rows.into_iter().map(|row| (row.record.project.clone(), row)));
    let mut statement = connection.prepare_cached(read::sql(collection).insert)?;
    for (project, rows) in rows {
        for Indexed { record, columns } in &rows {
            // The statement is that of a commit: it adds one to the version that was read.
            let read = record.version.saturating_sub(1);
            let fixed: [&dyn ToSql; 5] = [&project.as_str(), &record.id, &read, &record.format, &record.body];
            let columns = columns.iter().map(|column| column as &dyn ToSql);
            statement.execute(rusqlite::params_from_iter(fixed.into_iter().chain(columns)))?;
        }
        count(connection, &project, collection, rows.len() as i64)?;
    }
    Ok(())
}
