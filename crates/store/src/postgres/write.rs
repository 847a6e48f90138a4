//! Commits, in two round trips whatever their size.
//!
//! The first opens the transaction, locks everything that the commit rests on and sees whether it is
//! still as it was read. The second writes and commits. So nothing is sent to be written before it is
//! certain that there is a transaction around it and that nobody else can get in the way; and since
//! everybody locks in the same order (the project's row, then collections in their order, then ids),
//! no two commits wait for each other in a circle.
//!
//! What `ARCHITECTURE.md` promises about nodes side by side rests on these locks:
//!
//! * The project's row is locked for sharing by every commit, and exclusively by one that changes the
//!   configuration: when that one is acknowledged, no commit is under way any more that acted on the
//!   old one.
//! * A document that was read is locked for sharing, one that is written exclusively.
//! * What was looked for and not found has no row to lock. Such a commit locks the project's row
//!   exclusively: nobody can be about to insert it meanwhile.

use std::{collections::BTreeMap, fmt::Write as _};

use futures_util::future::join_all;
use guerdon_model::{Timestamp, ids::ProjectId};
use tokio_postgres::{Row, Statement, error::SqlState, types::ToSql};

use super::{
    failed, is_conflict,
    pool::{Connection, Pool},
    statements,
    text::encode,
};
use crate::{
    ChangeSet, CommitError, StoreError, Write,
    collection::{By, Collection, Column, ColumnValue, Kind},
    small::to_text,
};

/// A value of a statement.
pub(super) type Param<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A statement with its values.
pub(super) struct Call<'a> {
    pub(super) sql: &'static str,
    pub(super) params: Vec<Param<'a>>,
}

/// A connection with an open transaction. Whatever happens to it, nobody gets the connection before
/// the transaction has ended.
pub(super) struct Transaction(Option<Connection>);

impl Transaction {
    /// Takes a connection and notes that its transaction is about to be opened.
    pub(super) async fn take(pool: &Pool) -> Result<Self, StoreError> {
        Ok(Self(Some(pool.get().await?)))
    }

    pub(super) fn connection(&self) -> &Connection {
        self.0.as_ref().expect("the connection is taken out only when the transaction has ended")
    }

    /// The transaction has ended: the connection goes back to the pool.
    pub(super) fn ended(mut self) {
        drop(self.0.take());
    }

    pub(super) async fn roll_back(self) {
        let _ = self.connection().batch_execute("ROLLBACK").await;
        self.ended();
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let (Some(connection), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let _ = connection.batch_execute("ROLLBACK").await;
            });
        }
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Opens a transaction and locks documents in it, in the order in which commits do.
pub(super) async fn hold(
    pool: &Pool,
    project: &ProjectId,
    mut documents: Vec<(Collection, std::sync::Arc<str>)>,
) -> Result<Transaction, StoreError> {
    documents.sort();
    let mut calls = vec![Call { sql: CONFIG_FOR_SHARE, params: vec![Box::new(project.as_str())] }];
    for locked in documents.chunk_by(|one, other| one.0 == other.0) {
        let ids: Vec<_> = locked.iter().map(|(_, id)| encode(id)).collect();
        calls.push(Call {
            sql: statements::of(locked[0].0).lock_for_update,
            params: vec![Box::new(project.as_str()), Box::new(ids)],
        });
    }
    let transaction = Transaction::take(pool).await?;
    let prepared = prepare(transaction.connection(), &calls).await.map_err(failed)?;
    let outcomes = begin(&transaction, &prepared, &calls).await.map_err(failed)?;
    outcomes.into_iter().collect::<Result<Vec<_>, _>>().map_err(failed)?;
    Ok(transaction)
}

/// Who counts where, and what it knows to be in the database already.
pub(super) struct Node {
    /// The slot of the kept counts.
    pub(super) slot: i32,
    /// Webhooks whose queue is registered, with their project.
    pub(super) queues: parking_lot::Mutex<std::collections::HashSet<(String, String)>>,
}

/// Why a commit is not what its caller wants.
enum Refusal {
    Conflict,
    /// Nobody has committed anything in this project so far.
    NoSuchProject,
    /// Nothing was written.
    Failed(tokio_postgres::Error),
    Unavailable(StoreError),
    Unknown(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        if is_conflict(&error) { Refusal::Conflict } else { Refusal::Failed(error) }
    }
}

/// Applies a change set, on the connection of a hold if there is one.
pub(super) async fn commit(
    pool: &Pool,
    node: &Node,
    mut held: Option<Transaction>,
    changes: &ChangeSet,
) -> Result<(), CommitError> {
    let Some(project) = &changes.project else { return Ok(()) };
    let mut attempts = 0;
    loop {
        attempts += 1;
        let refusal = match apply(pool, node, held.take(), project, changes).await {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        };
        match refusal {
            Refusal::Conflict => return Err(CommitError::Conflict),
            Refusal::NoSuchProject if attempts == 1 => register(pool, project).await?,
            Refusal::NoSuchProject => return Err(CommitError::Conflict),
            Refusal::Unavailable(error) => return Err(error.into()),
            // The connection had died before anything was written: another one may work.
            Refusal::Failed(error) if attempts == 1 && error.is_closed() => {}
            Refusal::Failed(error) => {
                if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
                    pool.forget();
                }
                return Err(failed(error).into());
            }
            Refusal::Unknown(error) => {
                tracing::warn!(%project, %error, "the connection broke while committing");
                return Err(CommitError::Unknown);
            }
        }
    }
}

/// Makes the row that all commits of a project lock.
async fn register(pool: &Pool, project: &ProjectId) -> Result<(), StoreError> {
    let sql = "INSERT INTO partitions (project_id, config_version) VALUES ($1, 0) ON CONFLICT DO NOTHING";
    pool.get().await?.execute(sql, &[&project.as_str()]).await.map(drop).map_err(failed)
}

async fn apply(
    pool: &Pool,
    node: &Node,
    held: Option<Transaction>,
    project: &ProjectId,
    changes: &ChangeSet,
) -> Result<(), Refusal> {
    let is_held = held.is_some();
    let transaction = match held {
        Some(transaction) => transaction,
        None => Transaction::take(pool).await.map_err(Refusal::Unavailable)?,
    };
    let locks = Locks::of(project, changes);
    let queues = new_queues(node, project, changes);
    let writes = writes(node, project, changes, &queues);
    let connection = transaction.connection();
    let prepared_locks = prepare(connection, &locks.calls).await?;
    let prepared_writes = prepare(connection, &writes).await?;

    let seen = match is_held {
        true => run(connection, &prepared_locks, &locks.calls).await,
        false => begin(&transaction, &prepared_locks, &locks.calls).await?,
    };
    let verdict = seen
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(Refusal::from)
        .and_then(|rows| locks.verify(changes, &rows));
    if let Err(refusal) = verdict {
        transaction.roll_back().await;
        return Err(refusal);
    }

    let written = run(connection, &prepared_writes, &writes);
    let (written, committed) = futures_util::future::join(written, connection.batch_execute("COMMIT")).await;
    for outcome in written {
        // The first that fails makes all that follow fail, and the commit a rollback.
        match outcome {
            Ok(_) => {}
            Err(error) if error.as_db_error().is_some() => {
                if committed.is_ok() {
                    transaction.ended();
                }
                return Err(error.into());
            }
            Err(error) => return Err(Refusal::Unknown(error)),
        }
    }
    match committed {
        Ok(()) => {
            transaction.ended();
            node.queues.lock().extend(queues.iter().cloned());
            Ok(())
        }
        Err(error) if is_conflict(&error) => Err(Refusal::Conflict),
        Err(error) => Err(Refusal::Unknown(error)),
    }
}

/// Statements for the calls; the first time on a connection this asks the database.
pub(super) async fn prepare(
    connection: &Connection,
    calls: &[Call<'_>],
) -> Result<Vec<Statement>, tokio_postgres::Error> {
    let mut prepared = Vec::with_capacity(calls.len());
    for call in calls {
        prepared.push(connection.prepare_cached(call.sql).await?);
    }
    Ok(prepared)
}

pub(super) type Outcomes = Vec<Result<Vec<Row>, tokio_postgres::Error>>;

/// Sends all calls at once and waits for all.
async fn run(connection: &Connection, prepared: &[Statement], calls: &[Call<'_>]) -> Outcomes {
    let sent = prepared.iter().zip(calls).map(|(statement, call)| async move {
        let params: Vec<&(dyn ToSql + Sync)> = call.params.iter().map(|param| &**param as _).collect();
        connection.query(statement, &params).await
    });
    join_all(sent).await
}

/// The same, in a new transaction.
pub(super) async fn begin(
    transaction: &Transaction,
    prepared: &[Statement],
    calls: &[Call<'_>],
) -> Result<Outcomes, tokio_postgres::Error> {
    let connection = transaction.connection();
    let (begun, outcomes) =
        futures_util::future::join(connection.batch_execute(BEGIN), run(connection, prepared, calls)).await;
    begun?;
    Ok(outcomes)
}

const CONFIG_FOR_SHARE: &str = "SELECT config_version FROM partitions WHERE project_id = $1 FOR SHARE";
const CONFIG_FOR_UPDATE: &str = "SELECT config_version FROM partitions WHERE project_id = $1 FOR UPDATE";

/// What a commit locks and looks at: the project's row, documents by collection, and unique values that
/// have to be free.
struct Locks<'a> {
    calls: Vec<Call<'a>>,
    /// The collection that each call but the first locks; none for one that must find nothing.
    collections: Vec<Option<Collection>>,
}

impl<'a> Locks<'a> {
    fn of(project: &'a ProjectId, changes: &'a ChangeSet) -> Self {
        let rests_on_absence = !changes.absent.is_empty() || changes.guards.iter().any(|guard| guard.version.is_none());
        let exclusive = rests_on_absence || changes.bumps_config;
        let config = if exclusive { CONFIG_FOR_UPDATE } else { CONFIG_FOR_SHARE };
        let mut locks =
            Self { calls: vec![Call { sql: config, params: vec![Box::new(project.as_str())] }], collections: vec![] };

        let mut documents: BTreeMap<Collection, (bool, Vec<_>)> = BTreeMap::new();
        for write in changes.writes.iter().filter(|write| write.expected.is_some()) {
            let (is_written, ids) = documents.entry(write.collection).or_default();
            *is_written = true;
            ids.push(encode(&write.id));
        }
        for guard in &changes.guards {
            documents.entry(guard.collection).or_default().1.push(encode(&guard.id));
        }
        for (collection, (is_written, ids)) in documents {
            let statements = statements::of(collection);
            let sql = if is_written { statements.lock_for_update } else { statements.lock_for_share };
            locks.calls.push(Call { sql, params: vec![Box::new(project.as_str()), Box::new(ids)] });
            locks.collections.push(Some(collection));
        }
        // With the project's row locked, what these see stays so. They come last: whoever had to be
        // waited for has committed by now.
        let mut absent: BTreeMap<(Collection, usize), Vec<_>> = BTreeMap::new();
        for key in &changes.absent {
            if let By::Unique(column, value) = &key.by {
                absent.entry((key.collection, *column)).or_default().push(encode(value));
            }
        }
        for ((collection, column), values) in absent {
            let sql = statements::of(collection).any_of[column];
            locks.calls.push(Call { sql, params: vec![Box::new(project.as_str()), Box::new(values)] });
            locks.collections.push(None);
        }
        locks
    }

    /// Whether everything is as it was read.
    fn verify(&self, changes: &ChangeSet, seen: &[Vec<Row>]) -> Result<(), Refusal> {
        let (config, seen) = seen.split_first().ok_or(Refusal::Conflict)?;
        let config = config.first().ok_or(Refusal::NoSuchProject)?;
        if config.get::<_, i64>(0).unsigned_abs() != changes.config_version {
            return Err(Refusal::Conflict);
        }
        let mut versions: BTreeMap<(Collection, &str), u64> = BTreeMap::new();
        for (collection, rows) in self.collections.iter().zip(seen) {
            match collection {
                None if !rows.is_empty() => return Err(Refusal::Conflict),
                None => {}
                Some(collection) => versions
                    .extend(rows.iter().map(|row| ((*collection, row.get(0)), row.get::<_, i64>(1).unsigned_abs()))),
            }
        }
        let is_at = |collection: Collection, id: &str, version: Option<u64>| {
            versions.get(&(collection, encode(id).as_ref())).copied() == version
        };
        let written = changes.writes.iter().filter(|write| write.expected.is_some());
        let as_read = written.map(|write| is_at(write.collection, &write.id, write.expected));
        let guarded = changes.guards.iter().map(|guard| is_at(guard.collection, &guard.id, guard.version));
        if as_read.chain(guarded).all(|holds| holds) { Ok(()) } else { Err(Refusal::Conflict) }
    }
}

/// The webhooks among the send-outs that nobody has registered as far as this node knows.
pub(super) fn new_queues(node: &Node, project: &ProjectId, changes: &ChangeSet) -> Vec<(String, String)> {
    let mut queues: Vec<(String, String)> = Vec::new();
    let known = node.queues.lock();
    for send_out in &changes.send_outs {
        let queue = (project.as_str().to_owned(), send_out.webhook_id.as_str().to_owned());
        if !known.contains(&queue) && !queues.contains(&queue) {
            queues.push(queue);
        }
    }
    queues.sort();
    queues
}

/// Everything that is written, in an order in which it can be.
fn writes<'a>(
    node: &'a Node,
    project: &'a ProjectId,
    changes: &'a ChangeSet,
    queues: &'a [(String, String)],
) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    let mut call = |sql: &'static str, mut params: Vec<Param<'a>>| {
        params.insert(0, Box::new(project.as_str()));
        calls.push(Call { sql, params });
    };
    // First, so that a commit which was asked for in vain is stopped before it does anything.
    call("INSERT INTO commits (project_id, id, committed) VALUES ($1, $2, true)", vec![Box::new(&*changes.commit_id)]);
    if changes.bumps_config {
        call("UPDATE partitions SET config_version = config_version + 1 WHERE project_id = $1", vec![]);
    }

    // Deletions free unique values that changes and insertions may take, changes those that insertions
    // may take.
    let mut growth: BTreeMap<Collection, i64> = BTreeMap::new();
    let (mut deleted, mut updated, mut inserted) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for write in &changes.writes {
        let (kind, difference) = match (&write.document, write.expected) {
            (None, _) => (&mut deleted, -1),
            (Some(_), Some(_)) => (&mut updated, 0),
            (Some(_), None) => (&mut inserted, 1),
        };
        kind.entry(write.collection).or_insert_with(Vec::new).push(write);
        *growth.entry(write.collection).or_default() += difference;
    }
    for (collection, writes) in deleted {
        let ids: Vec<_> = writes.iter().map(|write| encode(&write.id)).collect();
        call(statements::of(collection).delete, vec![Box::new(ids)]);
    }
    for (collection, writes) in updated {
        call(statements::of(collection).update, rows(collection, &writes));
    }
    for (collection, mut writes) in inserted {
        // Two commits that want the same new values ask for them in the same order.
        writes.sort_by_cached_key(|write| (unique_values(write), write.id.clone()));
        call(statements::of(collection).insert, rows(collection, &writes));
    }
    growth.retain(|collection, difference| collection.spec().counted && *difference != 0);
    if !growth.is_empty() {
        let names: Vec<&str> = growth.keys().map(|collection| collection.spec().table).collect();
        let differences: Vec<i64> = growth.into_values().collect();
        call(COUNT, vec![Box::new(node.slot), Box::new(names), Box::new(differences)]);
    }

    if !changes.erased_entities.is_empty() {
        for sql in [
            "DELETE FROM events WHERE project_id = $1 AND entity_id = ANY($2)",
            "DELETE FROM send_outs WHERE project_id = $1 AND entity_id = ANY($2)",
        ] {
            let entities: Vec<_> = changes.erased_entities.iter().map(|entity| encode(entity)).collect();
            call(sql, vec![Box::new(entities)]);
        }
    }
    append(changes, queues, call);
    calls
}

/// Adds to the kept counts, in the node's own slot.
pub(super) const COUNT: &str = "INSERT INTO counts AS kept (project_id, collection, slot, n)
    SELECT $1, new.collection, $2::int, new.n FROM unnest($3::text[], $4::bigint[]) AS new (collection, n)
    ON CONFLICT (project_id, collection, slot) DO UPDATE SET n = kept.n + excluded.n";

pub(super) fn append<'a>(
    changes: &'a ChangeSet,
    queues: &'a [(String, String)],
    mut call: impl FnMut(&'static str, Vec<Param<'a>>),
) {
    if !changes.events.is_empty() {
        let events = &changes.events;
        call(
            "INSERT INTO events (project_id, id, type, category, entity_id, group_id, created_at, source, data)
             SELECT $1, new.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                          $8::text[], $9::text[]) AS new",
            vec![
                Box::new(events.iter().map(|event| encode(&event.id)).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| event.kind.name()).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| to_text(&event.category)).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| encode(&event.entity_id)).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| encode(&event.group_id)).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| event.created_at.as_millis()).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| to_text(&event.source)).collect::<Vec<_>>()),
                Box::new(events.iter().map(|event| event.data.as_str()).collect::<Vec<_>>()),
            ],
        );
    }
    if !queues.is_empty() {
        let webhooks: Vec<_> = queues.iter().map(|(_, webhook)| encode(webhook)).collect();
        call(
            "INSERT INTO queues (project_id, webhook_id) SELECT $1, new.id FROM unnest($2::text[]) AS new (id)
             ON CONFLICT DO NOTHING",
            vec![Box::new(webhooks)],
        );
    }
    if !changes.send_outs.is_empty() {
        let send_outs = &changes.send_outs;
        let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        call(
            "INSERT INTO send_outs (project_id, id, webhook_id, event_id, event_type, entity_id, group_id, status,
                                    created_at, first_attempt_at, next_attempt_at, attempts, body)
             SELECT $1, new.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                          $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
                                          $13::text[]) AS new",
            vec![
                Box::new(send_outs.iter().map(|send_out| encode(send_out.id.as_str())).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| encode(send_out.webhook_id.as_str())).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| encode(&send_out.event_id)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| encode(&send_out.event_type)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| encode(&send_out.entity_id)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| encode(&send_out.group_id)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| to_text(&send_out.status)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| send_out.created_at.as_millis()).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| millis(send_out.first_attempt_at)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| millis(send_out.next_attempt_at)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| to_text(&send_out.attempts)).collect::<Vec<_>>()),
                Box::new(send_outs.iter().map(|send_out| send_out.body.as_str()).collect::<Vec<_>>()),
            ],
        );
    }
    if !changes.blob_chunks.is_empty() {
        let chunks = &changes.blob_chunks;
        call(
            "INSERT INTO blobs (project_id, blob, seq, bytes, expires_at)
             SELECT $1, new.* FROM unnest($2::text[], $3::int[], $4::bytea[], $5::bigint[]) AS new",
            vec![
                Box::new(chunks.iter().map(|chunk| encode(&chunk.blob)).collect::<Vec<_>>()),
                Box::new(chunks.iter().map(|chunk| chunk.seq as i32).collect::<Vec<_>>()),
                Box::new(chunks.iter().map(|chunk| chunk.bytes.as_slice()).collect::<Vec<_>>()),
                Box::new(chunks.iter().map(|chunk| chunk.expires_at.as_millis()).collect::<Vec<_>>()),
            ],
        );
    }
    if !changes.dropped_blobs.is_empty() {
        let blobs: Vec<_> = changes.dropped_blobs.iter().map(|blob| encode(blob)).collect();
        call("DELETE FROM blobs WHERE project_id = $1 AND blob = ANY($2)", vec![Box::new(blobs)]);
    }
}

/// The unique values of a document, as they are kept.
fn unique_values(write: &Write) -> Vec<ColumnValue> {
    let columns = write.collection.spec().columns;
    let values = write.document.iter().flat_map(|document| columns.iter().zip(&document.columns));
    values
        .filter(|(column, _)| column.unique != crate::collection::Unique::No)
        .map(|(_, value)| value.clone())
        .collect()
}

/// The arrays of an insertion or a change.
fn rows<'a>(collection: Collection, writes: &[&'a Write]) -> Vec<Param<'a>> {
    let documents = || writes.iter().filter_map(|write| write.document.as_ref());
    let mut params: Vec<Param<'a>> = vec![
        Box::new(writes.iter().map(|write| encode(&write.id)).collect::<Vec<_>>()),
        Box::new(documents().map(|document| document.format as i32).collect::<Vec<_>>()),
        Box::new(documents().map(|document| document.body.as_str()).collect::<Vec<_>>()),
    ];
    params.extend(columns(collection, &documents().map(|document| &*document.columns).collect::<Vec<_>>()));
    params
}

/// The arrays of the lookup columns.
pub(super) fn columns<'a>(collection: Collection, rows: &[&'a [ColumnValue]]) -> Vec<Param<'a>> {
    let array = |(place, column): (usize, &Column)| -> Param<'a> {
        match column.kind {
            Kind::Text => Box::new(
                rows.iter()
                    .map(|values| match &values[place] {
                        ColumnValue::Text(text) => Some(encode(text)),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            ),
            Kind::Integer => Box::new(
                rows.iter()
                    .map(|values| match &values[place] {
                        ColumnValue::Integer(number) => Some(*number),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            ),
        }
    };
    collection.spec().columns.iter().enumerate().map(array).collect()
}

/// Finds out what became of a commit, and sees to it that it stays so. If its transaction is still
/// open, this waits until it has ended.
pub(super) async fn resolve(connection: &Connection, project: &ProjectId, commit_id: &str) -> Result<bool, StoreError> {
    let refuse = "INSERT INTO commits (project_id, id, committed) VALUES ($1, $2, false) ON CONFLICT DO NOTHING";
    connection.execute(refuse, &[&project.as_str(), &commit_id]).await.map_err(failed)?;
    let found = "SELECT committed FROM commits WHERE project_id = $1 AND id = $2";
    let row = connection.query_one(found, &[&project.as_str(), &commit_id]).await.map_err(failed)?;
    Ok(row.get(0))
}

/// Deletes rows of a project from every table, up to `limit` per table, each table in a transaction of
/// its own. Kept counts stay right between two steps.
pub(super) async fn purge(
    connection: &mut Connection,
    node: &Node,
    project: &ProjectId,
    limit: usize,
) -> Result<bool, StoreError> {
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut more = false;
    for collection in Collection::ALL {
        let table = collection.spec().table;
        let transaction = connection.transaction().await.map_err(failed)?;
        let sql = format!(
            "DELETE FROM {table} WHERE project_id = $1 AND id IN (
                 SELECT id FROM {table} WHERE project_id = $1 ORDER BY id LIMIT $2)"
        );
        let deleted = transaction.execute(&sql, &[&project.as_str(), &rows]).await.map_err(failed)?;
        if collection.spec().counted && deleted > 0 {
            let difference = vec![-i64::try_from(deleted).unwrap_or(i64::MAX)];
            let params: [&(dyn ToSql + Sync); 4] = [&project.as_str(), &node.slot, &vec![table], &difference];
            transaction.execute(COUNT, &params).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        more |= deleted == limit as u64;
    }
    for (table, key) in [("events", "entity_id, id"), ("send_outs", "id"), ("blobs", "blob, seq"), ("commits", "id")] {
        let mut sql = format!("DELETE FROM {table} WHERE project_id = $1 AND ({key}) IN (");
        let _ = write!(sql, "SELECT {key} FROM {table} WHERE project_id = $1 ORDER BY {key} LIMIT $2)");
        let deleted = connection.execute(&sql, &[&project.as_str(), &rows]).await.map_err(failed)?;
        more |= deleted == limit as u64;
    }
    if !more {
        for sql in ["DELETE FROM counts WHERE project_id = $1", "DELETE FROM queues WHERE project_id = $1"] {
            connection.execute(sql, &[&project.as_str()]).await.map_err(failed)?;
        }
        node.queues.lock().retain(|(owner, _)| owner != project.as_str());
    }
    Ok(more)
}

/// Deletes expired blobs and documents, settled send-outs from the oldest on, and what is remembered of old
/// commits.
pub(super) async fn prune(
    connection: &Connection,
    now: Timestamp,
    send_outs_before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let blobs = "DELETE FROM blobs WHERE (project_id, blob, seq) IN (
                     SELECT project_id, blob, seq FROM blobs WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    let mut gone = connection.execute(blobs, &[&now.as_millis(), &rows]).await.map_err(failed)?;
    for collection in Collection::EXPIRING {
        let table = collection.spec().table;
        let documents = format!(
            "DELETE FROM {table} WHERE (project_id, id) IN (
                 SELECT project_id, id FROM {table} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
        );
        gone += connection.execute(&documents, &[&now.as_millis(), &rows]).await.map_err(failed)?;
    }
    // Only the oldest of each project are looked at, so that it costs nothing when none of them is old enough.
    let send_outs = "DELETE FROM send_outs WHERE project_id = $1 AND id IN (
                         SELECT id FROM (SELECT id, created_at FROM send_outs
                                         WHERE project_id = $1 AND next_attempt_at IS NULL ORDER BY id LIMIT $3) AS oldest
                         WHERE created_at < $2)";
    let projects = "SELECT DISTINCT project_id FROM queues ORDER BY 1";
    for row in connection.query(projects, &[]).await.map_err(failed)? {
        let project: &str = row.get(0);
        let params: [&(dyn ToSql + Sync); 3] = [&project, &send_outs_before.as_millis(), &rows];
        gone += connection.execute(send_outs, &params).await.map_err(failed)?;
    }
    // Nobody asks for the outcome of a commit as late as that.
    let commits = "DELETE FROM commits WHERE (project_id, id) IN (
                       SELECT project_id, id FROM commits WHERE at < now() - interval '1 hour' ORDER BY at LIMIT $1)";
    connection.execute(commits, &[&rows.min(100_000)]).await.map_err(failed)?;
    Ok(gone)
}
