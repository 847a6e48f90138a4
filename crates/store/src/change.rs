//! What a commit carries.

use std::sync::Arc;

use guerdon_model::{
    Timestamp,
    event::{Category, EventSource, EventType},
    ids::ProjectId,
    send_out::SendOut,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::collection::{Collection, ColumnValue, Key};

/// A value that the store keeps as one document.
pub trait Document: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Where its documents are kept.
    const COLLECTION: Collection;
    /// Raised when the stored form changes in a way that older readers or writers would trip over.
    const FORMAT: u32 = 1;

    /// Unique in the collection and project.
    fn id(&self) -> &str;

    /// The values of the collection's lookup columns, in its order.
    fn columns(&self) -> Vec<ColumnValue>;

    /// Brings a document of an older format up to date.
    fn upgrade(_from: u32, json: Value) -> Value {
        json
    }
}

/// Changes of one project, applied all or none.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// Names this commit, should its outcome be asked for later; unique per commit.
    pub commit_id: String,
    pub project: Option<ProjectId>,
    /// Documents that decided something without being written: they must not have changed either.
    pub guards: Vec<Guard>,
    /// Unique values whose absence decided something: before this commit nobody may have them. A
    /// value that the commit itself takes needs no mention.
    pub absent: Vec<Key>,
    /// What the configuration's version must be; it grows by one if `bumps_config`.
    pub config_version: u64,
    pub bumps_config: bool,
    pub writes: Vec<Write>,
    pub events: Vec<EventRecord>,
    pub send_outs: Vec<SendOut>,
    pub blob_chunks: Vec<BlobChunk>,
    /// Blobs to delete.
    pub dropped_blobs: Vec<String>,
    /// Entities whose events and send-outs are erased; counts for what lies in the store, not for
    /// what this commit appends.
    pub erased_entities: Vec<Arc<str>>,
}

impl ChangeSet {
    /// No changes of this project.
    pub fn new(project: ProjectId, commit_id: String, config_version: u64) -> Self {
        Self { project: Some(project), commit_id, config_version, ..Self::default() }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
            && self.events.is_empty()
            && self.send_outs.is_empty()
            && self.blob_chunks.is_empty()
            && self.dropped_blobs.is_empty()
            && self.erased_entities.is_empty()
            && !self.bumps_config
    }
}

/// A document that has to be as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    pub collection: Collection,
    pub id: Arc<str>,
    /// None if it did not exist.
    pub version: Option<u64>,
}

/// A document to insert, replace or delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub collection: Collection,
    pub id: Arc<str>,
    /// The version that was read; none if the document is new.
    pub expected: Option<u64>,
    /// What is to be stored; none to delete.
    pub document: Option<Stored>,
}

/// A document ready for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub format: u32,
    pub body: String,
    pub columns: Vec<ColumnValue>,
}

/// A row of the event log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// Ordered by time.
    pub id: String,
    pub kind: EventType,
    pub category: Category,
    pub entity_id: Arc<str>,
    /// The request that caused it.
    pub group_id: Arc<str>,
    pub created_at: Timestamp,
    pub source: EventSource,
    /// The payload as JSON.
    pub data: String,
}

/// A piece of a large text, such as an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobChunk {
    pub blob: String,
    /// 0 for the first.
    pub seq: u32,
    pub bytes: Vec<u8>,
    /// When it may be deleted, should nobody have done so by then.
    pub expires_at: Timestamp,
}
