//! Where documents live. The store speaks one small language and only that: [`Store::load`] by key,
//! [`Store::commit`] all or nothing, [`Store::query`] for listings, leases for send-outs, and [`copy`] for
//! moving everything elsewhere.
//!
//! Every call but the few that say so is bound to one project. The store knows what columns a
//! document is found by ([`collection`]), never what the document means: no business rule lives
//! here. [`sqlite`] is the embedded store, [`postgres`] the one of many nodes, [`memory`] the one of
//! tests and simulations, and `conformance` the suite that any store has to pass.
//!
//! Start reading at the trait below, then [`change`] for what a commit carries.

pub mod change;
pub mod collection;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod copy;
pub mod memory;
mod narrowing;
pub mod postgres;
pub mod query;
mod small;
pub mod sqlite;

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::{SendOut, SendOutStatus},
};
use tokio::sync::mpsc;

pub use change::{BlobChunk, ChangeSet, Document, EventRecord, Guard, Stored, Write};
pub use collection::{By, Collection, ColumnValue, Key};
pub use copy::{Indexed, Part, Portion, Tally};
pub use narrowing::equals_only_itself;
pub use query::{Condition, EventQuery, Listed, OneOf, Order, Page, Query, Samples, SendOutQuery};

/// A document as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The partition it belongs to.
    pub project: ProjectId,
    /// Unique in its collection and project.
    pub id: Arc<str>,
    /// Grows with every change; a commit names the version that it has seen.
    pub version: u64,
    /// The document's format number at the time it was written.
    pub format: u32,
    /// The document as JSON.
    pub body: Box<str>,
}

impl Record {
    /// The document, brought up to date if it was written in an older format.
    ///
    /// # Errors
    /// When a newer program wrote it in a form that this one can't read, or the file is damaged.
    pub fn document<D: Document>(&self) -> Result<D, StoreError> {
        let read = if self.format == D::FORMAT {
            serde_json::from_str(&self.body)
        } else {
            serde_json::from_str(&self.body).and_then(|json| serde_json::from_value(D::upgrade(self.format, json)))
        };
        read.map_err(|error| {
            let (table, id) = (D::COLLECTION.spec().table, &self.id);
            StoreError(format!("{table} {id} of project {} can't be read: {error}", self.project))
        })
    }
}

/// What a load found, in the order of its keys, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub records: Vec<Option<Record>>,
    /// The version of the project's configuration at that moment.
    pub config_version: u64,
}

/// A project's whole configuration as of one moment: all documents of the collections that are
/// marked as configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    pub version: u64,
    pub records: Vec<(Collection, Record)>,
}

/// The outcome of an attempt at a send-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub project: ProjectId,
    pub id: SendOutId,
    pub status: SendOutStatus,
    pub first_attempt_at: Timestamp,
    /// When the next attempt is due, if one is.
    pub next_attempt_at: Option<Timestamp>,
    /// All attempts so far, as stored.
    pub attempts: Vec<guerdon_model::send_out::Attempt>,
}

/// The store can't answer: it is gone, full, read-only or damaged.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store is unavailable: {0}")]
pub struct StoreError(pub String);

/// Why a commit did not go through, or may not have.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// A document changed since it was read, or a unique value is taken. Nothing was written.
    #[error("a document changed meanwhile")]
    Conflict,
    /// Nothing was written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection broke while committing: [`Store::resolve`] tells what became of it.
    #[error("the outcome of the commit is unknown")]
    Unknown,
}

/// Documents that nobody else can change for the time being. Dropping it lets them go.
#[derive(Default)]
pub struct Hold(Option<Box<dyn Any + Send>>);

/// A store of documents, events, send-outs and blobs, partitioned by project.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Whether other processes may write to the same data meanwhile.
    fn is_shared(&self) -> bool;

    /// The documents with these keys, and the configuration's version, as of one moment.
    async fn load(&self, project: &ProjectId, keys: Vec<Key>) -> Result<Loaded, StoreError>;

    /// Applies all changes durably, or none.
    async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError>;

    /// Like [`Store::load`], but first makes everybody who wants to change one of the documents at
    /// `held` wait until the hold is given back, each in turn. A store of one process, where nobody
    /// else changes anything, has nothing to hold.
    async fn load_held(
        &self,
        project: &ProjectId,
        _held: Vec<(Collection, Arc<str>)>,
        keys: Vec<Key>,
    ) -> Result<(Loaded, Hold), StoreError> {
        Ok((self.load(project, keys).await?, Hold::default()))
    }

    /// [`Store::commit`] by whoever holds documents; the hold ends.
    async fn commit_held(&self, changes: ChangeSet, hold: Hold) -> Result<(), CommitError> {
        drop(hold);
        self.commit(changes).await
    }

    /// Whether a commit whose outcome is unknown went through. After `false` it never will.
    async fn resolve(&self, project: &ProjectId, commit_id: &str) -> Result<bool, StoreError>;

    /// A page of a listing.
    async fn query(&self, query: Query) -> Result<Page, StoreError>;

    /// The values that a lookup column has, each with one of the documents that have it.
    async fn samples(&self, samples: Samples) -> Result<Vec<(ColumnValue, Record)>, StoreError>;

    /// All of a project's configuration.
    async fn configuration(&self, project: &ProjectId) -> Result<Configuration, StoreError>;

    /// The project that holds the document with this key; the key has to be unique over all
    /// projects. Crosses partitions.
    async fn locate(&self, key: Key) -> Result<Option<ProjectId>, StoreError>;

    /// A page of the event log of one entity.
    async fn events(&self, query: EventQuery) -> Result<Vec<EventRecord>, StoreError>;

    /// One send-out, with its body.
    async fn send_out(&self, project: &ProjectId, id: &SendOutId) -> Result<Option<SendOut>, StoreError>;

    /// A page of send-outs without their bodies, newest first.
    async fn send_outs(&self, query: SendOutQuery) -> Result<Vec<SendOut>, StoreError>;

    /// The webhooks that have a send-out due at `now`. Crosses partitions.
    async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<(ProjectId, WebhookId)>, StoreError>;

    /// When the next send-out becomes due, if any is waiting. Crosses partitions.
    async fn next_send_out_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Takes up to `limit` due send-outs of one webhook, oldest first. Nobody else gets them before
    /// `until`; whoever has not settled them by then has lost them.
    async fn lease_send_outs(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SendOut>, StoreError>;

    /// Records outcomes of attempts. A late one does not make a settled send-out due again, and what was
    /// erased does not come back.
    async fn settle_send_outs(&self, settlements: Vec<Settlement>) -> Result<(), StoreError>;

    /// Gives up every waiting send-out of one webhook; returns how many there were.
    async fn fail_waiting_send_outs(&self, project: &ProjectId, webhook: &WebhookId) -> Result<u64, StoreError>;

    /// One piece of a blob.
    async fn blob_chunk(&self, project: &ProjectId, blob: &str, seq: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// Deletes up to `limit` rows of everything that a project has; returns whether more is left.
    async fn purge(&self, project: &ProjectId, limit: usize) -> Result<bool, StoreError>;

    /// Deletes up to `limit` blob pieces that have expired by `now` and up to `limit` settled
    /// send-outs that were created before `send_outs_before`; returns how many went. Crosses
    /// partitions.
    async fn prune(&self, now: Timestamp, send_outs_before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// What a checker finds wrong, in words; empty when all invariants hold.
    async fn check(&self) -> Result<Vec<String>, StoreError>;

    /// Tells everything that is there, as of one moment, part by part in the order of [`Part::all`].
    /// Ends early, and well, when nobody listens any more. Crosses partitions.
    async fn dump(&self, portions: mpsc::Sender<Portion>) -> Result<(), StoreError>;

    /// Takes in rows that a dump has told of another store, all or none; an error if one of them is
    /// there already. Several portions may be under way at a time. Crosses partitions.
    async fn restore(&self, portion: Portion<Indexed>) -> Result<(), StoreError>;
}
