//! The store of many nodes: any number of processes on one PostgreSQL database, or on an engine that
//! speaks its language.
//!
//! Nodes know nothing of each other. What they must not both do is decided by row locks and version
//! checks when they commit ([`write`](self)), by leases on send-outs (`send_outs.rs`) and on jobs (a
//! document like any other). A load is one statement (`read.rs`), a commit two round trips, whatever
//! their size. Statements are made from the table of collections (`statements.rs`), tables by
//! `migrations/postgres`. `docs/scaling.md` is the page for operators; the SQL stays inside what the
//! engines named there share, and a test reads every statement for it.

mod copy;
mod pool;
#[cfg(test)]
mod portable;
mod query;
mod read;
mod schema;
mod send_outs;
mod statements;
mod text;
mod write;

use std::{error::Error as _, sync::Arc};

use async_trait::async_trait;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::SendOut,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_postgres::error::SqlState;

pub use pool::Options;

use crate::{
    ChangeSet, Collection, ColumnValue, CommitError, Configuration, EventQuery, EventRecord, Hold, Indexed, Key,
    Loaded, Page, Portion, Query, Record, Samples, SendOutQuery, Settlement, Store, StoreError,
};
use pool::Pool;
use write::{Node, Transaction};

/// How many slots a kept count has; more nodes than this share.
const SLOTS: i32 = 16;

/// A store in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    node: Node,
    /// Whoever holds documents may need a second connection before it lets go of the first.
    holds: Arc<Semaphore>,
}

impl Postgres {
    /// Connects and brings the tables up to date.
    ///
    /// # Errors
    /// When the database can't be reached or a newer Guerdon has changed its tables.
    pub async fn open(url: &str, options: Options) -> Result<Arc<Self>, StoreError> {
        let pool = Pool::new(url, &options)?;
        let mut connection = pool.get().await?;
        match options.read_only {
            true => schema::require_current(&connection).await?,
            false => schema::migrate(&mut connection).await?,
        }
        drop(connection);
        let node = Node { slot: rand::random_range(0..SLOTS), queues: parking_lot::Mutex::default() };
        let holds = Arc::new(Semaphore::new((options.connections / 2).max(1)));
        Ok(Arc::new(Self { pool, node, holds }))
    }
}

fn failed(error: tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(refused) => StoreError(format!("{} ({})", refused.message(), refused.code().code())),
        None => match error.source() {
            Some(cause) => StoreError(format!("{error}: {cause}")),
            None => StoreError(error.to_string()),
        },
    }
}

fn newer() -> StoreError {
    StoreError("a row was written by a newer version of Guerdon".into())
}

/// Whether somebody else was faster or in the way, so that it may go better another time.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::UNIQUE_VIOLATION,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code)
    })
}

#[async_trait]
impl Store for Postgres {
    fn is_shared(&self) -> bool {
        true
    }

    async fn load(&self, project: &ProjectId, keys: Vec<Key>) -> Result<Loaded, StoreError> {
        read::load(&self.pool.get().await?, project, &keys).await
    }

    async fn load_held(
        &self,
        project: &ProjectId,
        held: Vec<(Collection, Arc<str>)>,
        keys: Vec<Key>,
    ) -> Result<(Loaded, Hold), StoreError> {
        let permit = self.holds.clone().acquire_owned().await.map_err(|error| StoreError(error.to_string()))?;
        let transaction = write::hold(&self.pool, project, held).await?;
        let loaded = read::load(transaction.connection(), project, &keys).await?;
        Ok((loaded, Hold(Some(Box::new((transaction, permit))))))
    }

    async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        write::commit(&self.pool, &self.node, None, &changes).await
    }

    async fn commit_held(&self, changes: ChangeSet, hold: Hold) -> Result<(), CommitError> {
        let held = hold.0.and_then(|hold| hold.downcast::<(Transaction, OwnedSemaphorePermit)>().ok());
        let (transaction, _permit) = held.map(|held| *held).unzip();
        write::commit(&self.pool, &self.node, transaction, &changes).await
    }

    async fn resolve(&self, project: &ProjectId, commit_id: &str) -> Result<bool, StoreError> {
        write::resolve(&self.pool.get().await?, project, commit_id).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        query::query(&mut self.pool.get().await?, query).await
    }

    async fn samples(&self, samples: Samples) -> Result<Vec<(ColumnValue, Record)>, StoreError> {
        query::samples(&self.pool.get().await?, &samples).await
    }

    async fn configuration(&self, project: &ProjectId) -> Result<Configuration, StoreError> {
        read::configuration(&self.pool.get().await?, project).await
    }

    async fn locate(&self, key: Key) -> Result<Option<ProjectId>, StoreError> {
        read::locate(&self.pool.get().await?, &key).await
    }

    async fn events(&self, query: EventQuery) -> Result<Vec<EventRecord>, StoreError> {
        query::events(&self.pool.get().await?, &query).await
    }

    async fn send_out(&self, project: &ProjectId, id: &SendOutId) -> Result<Option<SendOut>, StoreError> {
        read::send_out(&self.pool.get().await?, project, id).await
    }

    async fn send_outs(&self, query: SendOutQuery) -> Result<Vec<SendOut>, StoreError> {
        query::send_outs(&self.pool.get().await?, &query).await
    }

    async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<(ProjectId, WebhookId)>, StoreError> {
        send_outs::due_webhooks(&self.pool.get().await?, now).await
    }

    async fn next_send_out_due(&self) -> Result<Option<Timestamp>, StoreError> {
        send_outs::next_due(&self.pool.get().await?).await
    }

    async fn lease_send_outs(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SendOut>, StoreError> {
        send_outs::lease(&self.pool.get().await?, (project, webhook), now, until, limit).await
    }

    async fn settle_send_outs(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        send_outs::settle(&self.pool.get().await?, &settlements).await
    }

    async fn fail_waiting_send_outs(&self, project: &ProjectId, webhook: &WebhookId) -> Result<u64, StoreError> {
        send_outs::fail_waiting(&self.pool.get().await?, project, webhook).await
    }

    async fn blob_chunk(&self, project: &ProjectId, blob: &str, seq: u32) -> Result<Option<Vec<u8>>, StoreError> {
        read::blob_chunk(&self.pool.get().await?, project, blob, seq).await
    }

    async fn purge(&self, project: &ProjectId, limit: usize) -> Result<bool, StoreError> {
        write::purge(&mut self.pool.get().await?, &self.node, project, limit).await
    }

    async fn prune(&self, now: Timestamp, send_outs_before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        write::prune(&self.pool.get().await?, now, send_outs_before, limit).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        read::check(&mut self.pool.get().await?).await
    }

    async fn dump(&self, portions: mpsc::Sender<Portion>) -> Result<(), StoreError> {
        copy::dump(&mut self.pool.get().await?, &portions).await
    }

    async fn restore(&self, portion: Portion<Indexed>) -> Result<(), StoreError> {
        copy::restore(&self.pool, &self.node, portion).await
    }
}
