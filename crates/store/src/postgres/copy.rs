//! The whole database, for a copy of it.

use std::pin::pin;

use futures_util::TryStreamExt;
use guerdon_model::{Timestamp, ids::ProjectId};
use tokio::sync::mpsc::Sender;
use tokio_postgres::{IsolationLevel, Row, Transaction, types::ToSql};

use super::{
    failed,
    pool::{Connection, Pool},
    query::event,
    read::{record, version},
    send_outs::send_out,
    statements,
    text::{decode, encode, is_cut},
    write::{self, COUNT, Call, Node, Param, append, new_queues},
};
use crate::{
    BlobChunk, Collection, Indexed, Part, Portion, StoreError,
    copy::{self, Gathering, appended, by_project},
};

/// Tells everything, on one connection and so as of one moment.
pub(super) async fn dump(connection: &mut Connection, portions: &Sender<Portion>) -> Result<(), StoreError> {
    let transaction = connection
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(failed)?;
    // It takes as long as it takes, and waits for whoever listens.
    let patience = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
    transaction.batch_execute(patience).await.map_err(failed)?;
    for part in Part::all() {
        let goes_on = match part {
            Part::Partitions => {
                // Where nothing was ever configured, others have no row.
                let sql = "SELECT config_version, project_id FROM partitions WHERE config_version > 0";
                let read = |row: &Row| Ok((project(row, 1), version(row, 0)));
                tell(&transaction, sql, &[], read, Portion::Partitions, portions).await
            }
            Part::Blobs => {
                let sql = "SELECT blob, seq, bytes, expires_at, project_id FROM blobs ORDER BY project_id, blob, seq";
                let read = |row: &Row| Ok((project(row, 4), blob(row)));
                tell(&transaction, sql, &[0], read, Portion::Blobs, portions).await
            }
            Part::SendOuts => {
                // The oldest first: where rows lie as they are inserted, it is from there that they are pruned.
                let sql = "SELECT id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at,
                                  first_attempt_at, next_attempt_at, attempts, body, project_id FROM send_outs
                           ORDER BY created_at, project_id, id";
                let read = |row: &Row| Ok((project(row, 12), send_out(row)?));
                tell(&transaction, sql, &[0, 1, 4], read, Portion::SendOuts, portions).await
            }
            Part::Events => {
                let sql =
                    "SELECT id, type, category, entity_id, group_id, created_at, source, data, project_id FROM events
                           ORDER BY project_id, entity_id, id";
                let read = |row: &Row| Ok((project(row, 8), event(row)?));
                tell(&transaction, sql, &[0, 3], read, Portion::Events, portions).await
            }
            Part::Documents(collection) => {
                let table = collection.spec().table;
                let sql =
                    format!("SELECT project_id, id, version, format, document FROM {table} ORDER BY project_id, id");
                let portion = |rows| Portion::Documents(collection, rows);
                tell(&transaction, &sql, &[1], |row| Ok(record(row)), portion, portions).await
            }
        }?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Tells the rows of one statement; returns whether anybody still listens. The texts in the columns
/// `keys` have to be whole.
async fn tell<T: copy::Row>(
    transaction: &Transaction<'_>,
    sql: &str,
    keys: &[usize],
    read: impl Fn(&Row) -> Result<T, StoreError>,
    portion: impl Fn(Vec<T>) -> Portion,
    portions: &Sender<Portion>,
) -> Result<bool, StoreError> {
    let none: [&(dyn ToSql + Sync); 0] = [];
    let mut rows = pin!(transaction.query_raw(sql, none).await.map_err(failed)?);
    let mut gathering = Gathering::new();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        if let Some(cut) = keys.iter().map(|column| row.get::<_, &str>(*column)).find(|key| is_cut(key)) {
            return Err(StoreError(format!("a key is longer than PostgreSQL keeps it: {cut}")));
        }
        if let Some(rows) = gathering.add(read(&row)?)
            && portions.send(portion(rows)).await.is_err()
        {
            return Ok(false);
        }
    }
    match gathering.rest() {
        Some(rows) => Ok(portions.send(portion(rows)).await.is_ok()),
        None => Ok(true),
    }
}

fn project(row: &Row, column: usize) -> ProjectId {
    ProjectId::from(row.get::<_, &str>(column))
}

fn blob(row: &Row) -> BlobChunk {
    let seq: i32 = row.get(1);
    BlobChunk {
        blob: decode(row.get(0)).into_owned(),
        seq: seq.unsigned_abs(),
        bytes: row.get(2),
        expires_at: Timestamp::from_millis(row.get(3)),
    }
}

/// Takes rows in, in one transaction.
pub(super) async fn restore(pool: &Pool, node: &Node, portion: Portion<Indexed>) -> Result<(), StoreError> {
    match portion {
        Portion::Partitions(rows) => {
            let sql = "INSERT INTO partitions (project_id, config_version) VALUES ($1, $2)";
            let calls = rows.iter().map(|(project, version)| call(sql, project, vec![Box::new(*version as i64)]));
            run(pool, calls.collect()).await
        }
        Portion::Documents(collection, rows) => {
            let projects = by_project(rows.into_iter().map(|row| (row.record.project.clone(), row)));
            let documents = projects.iter().map(|(project, rows)| documents(project, collection, rows));
            // The counts come last, so that others who count wait for as little as possible.
            let counts = projects.iter().filter(|_| collection.spec().counted).map(|(project, rows)| {
                let (names, differences) = (vec![collection.spec().table], vec![rows.len() as i64]);
                call(COUNT, project, vec![Box::new(node.slot), Box::new(names), Box::new(differences)])
            });
            run(pool, documents.chain(counts).collect()).await
        }
        other => {
            let sets = appended(other);
            let queues: Vec<_> = sets.iter().map(|(project, changes)| new_queues(node, project, changes)).collect();
            let mut calls = Vec::new();
            for ((project, changes), queues) in sets.iter().zip(&queues) {
                append(changes, queues, |sql, params| calls.push(call(sql, project, params)));
            }
            run(pool, calls).await?;
            node.queues.lock().extend(queues.into_iter().flatten());
            Ok(())
        }
    }
}

fn call<'a>(sql: &'static str, project: &'a ProjectId, mut params: Vec<Param<'a>>) -> Call<'a> {
    params.insert(0, Box::new(project.as_str()));
    Call { sql, params }
}

fn documents<'a>(project: &'a ProjectId, collection: Collection, rows: &'a [Indexed]) -> Call<'a> {
    let mut params: Vec<Param<'a>> = vec![
        Box::new(rows.iter().map(|row| encode(&row.record.id)).collect::<Vec<_>>()),
        Box::new(rows.iter().map(|row| row.record.format as i32).collect::<Vec<_>>()),
        Box::new(rows.iter().map(|row| &*row.record.body).collect::<Vec<_>>()),
    ];
    params.extend(write::columns(collection, &rows.iter().map(|row| &*row.columns).collect::<Vec<_>>()));
    params.push(Box::new(rows.iter().map(|row| row.record.version as i64).collect::<Vec<_>>()));
    call(statements::of(collection).restore, project, params)
}

async fn run(pool: &Pool, calls: Vec<Call<'_>>) -> Result<(), StoreError> {
    let transaction = write::Transaction::take(pool).await?;
    let prepared = write::prepare(transaction.connection(), &calls).await.map_err(failed)?;
    let outcomes = write::begin(&transaction, &prepared, &calls).await.map_err(failed)?;
    if let Err(error) = outcomes.into_iter().collect::<Result<Vec<_>, _>>() {
        transaction.roll_back().await;
        return Err(failed(error));
    }
    transaction.connection().batch_execute("COMMIT").await.map_err(failed)?;
    transaction.ended();
    Ok(())
}
