//! Documents in memory: what a batch has loaded and what it has changed so far.
//!
//! Commands run one after the other against the same set, each in a [`Staged`] layer of its own that
//! is merged when the command succeeds and dropped when it does not.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use guerdon_model::send_out::SendOut;
use guerdon_store::{
    BlobChunk, By, ChangeSet, Collection, ColumnValue, Document, EventRecord, Guard, Key, Record, Stored, Write,
    collection::Unique,
};

/// A document's address.
pub(crate) type Address = (Collection, Arc<str>);
/// A unique value: collection, column, value.
pub(crate) type UniqueValue = (Collection, usize, Arc<str>);

/// A document without its type.
pub(crate) trait AnyDocument: Any + Send + Sync {
    fn to_stored(&self) -> Stored;
    fn columns(&self) -> Vec<ColumnValue>;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<D: Document> AnyDocument for D {
    fn to_stored(&self) -> Stored {
        Stored {
            format: D::FORMAT,
            body: serde_json::to_string(self).expect("documents have string keys and no failing serializers"),
            columns: Document::columns(self),
        }
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Document::columns(self)
    }
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A document as the set knows it.
#[derive(Clone)]
pub(crate) enum Slot {
    /// There is none.
    None,
    /// As loaded, not yet read by anyone.
    Raw(Record),
    /// Read or written.
    Typed(Arc<dyn AnyDocument>),
}

struct Entry {
    /// The version in the store; none if it is not there.
    version: Option<u64>,
    slot: Slot,
    written: bool,
    /// Whether a command that is to be committed has read it.
    read: bool,
}

/// The documents of one project that a batch works on.
#[derive(Default)]
pub(crate) struct WorkingSet {
    entries: HashMap<Address, Entry>,
    unique: HashMap<UniqueValue, Option<Arc<str>>>,
    /// Unique values that nobody had when they were loaded, and whether a command that is to be
    /// committed has asked for them.
    absent: HashMap<UniqueValue, bool>,
    appended: Appended,
}

/// What is written besides documents.
#[derive(Default)]
pub(crate) struct Appended {
    pub(crate) events: Vec<EventRecord>,
    pub(crate) send_outs: Vec<SendOut>,
    pub(crate) blob_chunks: Vec<BlobChunk>,
    pub(crate) dropped_blobs: Vec<String>,
    pub(crate) erased_entities: Vec<Arc<str>>,
}

impl Appended {
    /// How much there is of everything.
    pub(crate) fn lengths(&self) -> [usize; 5] {
        let Self { events, send_outs, blob_chunks, dropped_blobs, erased_entities } = self;
        [events.len(), send_outs.len(), blob_chunks.len(), dropped_blobs.len(), erased_entities.len()]
    }

    /// Forgets what was appended since there was so much.
    pub(crate) fn truncate(&mut self, lengths: [usize; 5]) {
        self.events.truncate(lengths[0]);
        self.send_outs.truncate(lengths[1]);
        self.blob_chunks.truncate(lengths[2]);
        self.dropped_blobs.truncate(lengths[3]);
        self.erased_entities.truncate(lengths[4]);
    }
}

/// What one command has read and changed.
#[derive(Default)]
pub(crate) struct Staged {
    pub(crate) written: HashMap<Address, Slot>,
    pub(crate) unique: HashMap<UniqueValue, Option<Arc<str>>>,
    pub(crate) read: HashSet<Address>,
    pub(crate) asked: HashSet<UniqueValue>,
    pub(crate) appended: Appended,
    pub(crate) missing: Vec<Key>,
}

impl Staged {
    /// Whether the command wants anything written.
    pub(crate) fn has_changes(&self) -> bool {
        let appended = &self.appended;
        !(self.written.is_empty()
            && appended.events.is_empty()
            && appended.send_outs.is_empty()
            && appended.blob_chunks.is_empty()
            && appended.dropped_blobs.is_empty()
            && appended.erased_entities.is_empty())
    }

    /// Whether the command itself has made what `key` names.
    pub(crate) fn knows(&self, key: &Key) -> bool {
        match &key.by {
            By::Id(id) => self.written.contains_key(&(key.collection, id.clone())),
            By::Unique(column, value) => self.unique.contains_key(&(key.collection, *column, value.clone())),
        }
    }

    /// Whether the command wants configuration written.
    pub(crate) fn changes_configuration(&self) -> bool {
        self.written.keys().any(|(collection, _)| collection.spec().configuration)
    }
}

impl WorkingSet {
    /// Adds what a load has found under `key`; what the set knows already is newer and stays.
    pub(crate) fn add(&mut self, key: &Key, record: Option<Record>) {
        let id = record.as_ref().map(|record| record.id.clone());
        if let By::Unique(column, value) = &key.by {
            let value = (key.collection, *column, value.clone());
            if !self.unique.contains_key(&value) {
                if id.is_none() {
                    self.absent.insert(value.clone(), false);
                }
                self.unique.insert(value, id.clone());
            }
        }
        let id = match (&key.by, id) {
            (_, Some(id)) => id,
            (By::Id(id), None) => id.clone(),
            (By::Unique(..), None) => return,
        };
        self.entries.entry((key.collection, id)).or_insert_with(|| Entry {
            version: record.as_ref().map(|record| record.version),
            slot: record.map_or(Slot::None, Slot::Raw),
            written: false,
            read: false,
        });
    }

    /// Adds what a load has found under each of the keys.
    pub(crate) fn add_all(&mut self, keys: Vec<Key>, records: Vec<Option<Record>>) {
        for (key, record) in keys.iter().zip(records) {
            self.add(key, record);
        }
    }

    /// Whether the set can answer for `key`.
    pub(crate) fn knows(&self, key: &Key) -> bool {
        match &key.by {
            By::Id(id) => self.entries.contains_key(&(key.collection, id.clone())),
            By::Unique(column, value) => self.unique.contains_key(&(key.collection, *column, value.clone())),
        }
    }

    pub(crate) fn slot(&self, address: &Address) -> Option<&Slot> {
        self.entries.get(address).map(|entry| &entry.slot)
    }

    /// Keeps the parsed form of a document, so that the next command need not parse it again.
    pub(crate) fn parsed(&mut self, address: &Address, document: Arc<dyn AnyDocument>) {
        if let Some(entry) = self.entries.get_mut(address) {
            entry.slot = Slot::Typed(document);
        }
    }

    pub(crate) fn unique(&self, value: &UniqueValue) -> Option<&Option<Arc<str>>> {
        self.unique.get(value)
    }

    /// Takes over what a command has changed.
    pub(crate) fn merge(&mut self, staged: Staged) {
        if !staged.has_changes() {
            return;
        }
        for address in staged.read {
            if let Some(entry) = self.entries.get_mut(&address) {
                entry.read = true;
            }
        }
        for value in staged.asked {
            if let Some(asked) = self.absent.get_mut(&value) {
                *asked = true;
            }
        }
        for (address, slot) in staged.written {
            let entry = self.entries.entry(address).or_insert(Entry {
                version: None,
                slot: Slot::None,
                written: false,
                read: false,
            });
            entry.slot = slot;
            entry.written = true;
        }
        self.unique.extend(staged.unique);
        let Appended { events, send_outs, blob_chunks, dropped_blobs, erased_entities } = staged.appended;
        for entity in &erased_entities {
            // The commit erases before it appends: what this batch has appended goes here.
            self.appended.events.retain(|event| event.entity_id != *entity);
            self.appended.send_outs.retain(|send_out| *send_out.entity_id != **entity);
        }
        self.appended.events.extend(events);
        self.appended.send_outs.extend(send_outs);
        self.appended.blob_chunks.extend(blob_chunks);
        self.appended.dropped_blobs.extend(dropped_blobs);
        self.appended.erased_entities.extend(erased_entities);
    }

    /// All that the merged commands have changed, with the versions that they have seen.
    pub(crate) fn into_changes(self, mut changes: ChangeSet) -> ChangeSet {
        let mut taken = HashSet::new();
        for ((collection, id), entry) in self.entries {
            match (entry.written, entry.slot) {
                (true, Slot::Typed(document)) => {
                    let document = document.to_stored();
                    taken.extend(unique_values(collection, &document.columns));
                    changes.writes.push(Write { collection, id, expected: entry.version, document: Some(document) });
                }
                // Created and deleted within the batch: nothing to do.
                (true, _) if entry.version.is_none() => continue,
                (true, _) => changes.writes.push(Write { collection, id, expected: entry.version, document: None }),
                (false, _) if entry.read => changes.guards.push(Guard { collection, id, version: entry.version }),
                (false, _) => continue,
            }
            changes.bumps_config |= entry.written && collection.spec().configuration;
        }
        // Whoever takes a unique value meets the store's own check; whoever only found it free, or
        // has given it back within the batch, does not.
        let asked = self.absent.into_iter().filter(|(value, asked)| *asked && !taken.contains(value));
        changes.absent = asked.map(|((collection, column, value), _)| Key::unique(collection, column, value)).collect();
        changes.absent.sort();
        // The order of a hash map is not the same twice; the simulator wants it to be.
        changes.writes.sort_by(|one, other| (one.collection, &one.id).cmp(&(other.collection, &other.id)));
        changes.guards.sort_by(|one, other| (one.collection, &one.id).cmp(&(other.collection, &other.id)));
        changes.events = self.appended.events;
        changes.send_outs = self.appended.send_outs;
        changes.blob_chunks = self.appended.blob_chunks;
        changes.dropped_blobs = self.appended.dropped_blobs;
        changes.erased_entities = self.appended.erased_entities;
        changes
    }
}

/// The unique values that a document with these columns takes.
pub(crate) fn unique_values(collection: Collection, columns: &[ColumnValue]) -> impl Iterator<Item = UniqueValue> {
    collection.spec().columns.iter().zip(columns).enumerate().filter_map(move |(place, (column, value))| {
        match (column.unique, value) {
            (Unique::No, _) => None,
            (_, ColumnValue::Text(text)) => Some((collection, place, text.clone())),
            _ => None,
        }
    })
}
