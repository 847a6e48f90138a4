//! What a command works with: documents, time, ids and events, all in memory.
//!
//! A command is a plain function of a [`Tx`]. Reading a document that is not loaded yet ends the run
//! with [`Stop::NotLoaded`]; `?` carries it out, the executor loads what was missing and runs the
//! command again. So a command must have no effect but through its `Tx`.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp, canonical_json,
    customer::Customer,
    event::Event,
    filter::Moment,
    ids::{CustomerEventId, PrefixedId, SendOutId},
    send_out::{SendOut, SendOutStatus},
    webhook::Webhook,
};
use guerdon_store::{BlobChunk, Collection, Document, EventRecord, Key};

use crate::{
    context::Context,
    customers::store::SegmentsSettled,
    failure::damaged,
    ids::IdGenerator,
    snapshot::Snapshot,
    working_set::{Address, AnyDocument, Slot, Staged, UniqueValue, WorkingSet, unique_values},
};

/// Why a command's run ended without a value.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// A document is not in memory yet: load what the `Tx` noted and run again.
    NotLoaded,
    /// The command is refused; it changes nothing.
    Refused(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Stop>;

/// One command's view of its project.
pub struct Tx<'a> {
    pub(crate) set: &'a mut WorkingSet,
    pub(crate) staged: Staged,
    pub(crate) context: &'a Context,
    pub(crate) config: &'a Arc<Snapshot>,
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a IdGenerator,
}

impl<'a> Tx<'a> {
    /// The time of this command.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// On whose behalf the command runs.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The project's configuration.
    pub fn config(&self) -> &'a Arc<Snapshot> {
        self.config
    }

    /// The moment that relative dates in the project's filters refer to.
    pub fn moment(&self) -> Moment {
        Moment { now: self.now, zone: self.config.zone() }
    }

    /// A new id.
    pub fn new_id<I: PrefixedId>(&self) -> I {
        self.ids.next(self.now)
    }

    /// The source of randomness, for secrets.
    pub fn ids(&self) -> &'a IdGenerator {
        self.ids
    }

    /// Notes that these documents will be read, so that they are loaded together.
    pub fn need(&mut self, keys: impl IntoIterator<Item = Key>) -> Result<()> {
        let (set, staged) = (&*self.set, &mut self.staged);
        let is_known = |key: &Key| set.knows(key) || staged.knows(key);
        let missing: Vec<_> = keys.into_iter().filter(|key| !is_known(key)).collect();
        staged.missing.extend(missing);
        if self.staged.missing.is_empty() { Ok(()) } else { Err(Stop::NotLoaded) }
    }

    /// The document with this id.
    pub fn get<D: Document>(&mut self, id: &str) -> Result<Option<Arc<D>>> {
        let address: Address = (D::COLLECTION, id.into());
        let document = self.at(&address)?;
        self.staged.read.insert(address);
        Ok(document)
    }

    /// The same for what may have changed by the time of the commit, such as the name and price of a
    /// product that somebody orders: many read it, and nobody has to wait for anybody.
    pub fn peek<D: Document>(&mut self, id: &str) -> Result<Option<Arc<D>>> {
        self.at(&(D::COLLECTION, id.into()))
    }

    fn at<D: Document>(&mut self, address: &Address) -> Result<Option<Arc<D>>> {
        if let Some(slot) = self.staged.written.get(address) {
            return match slot {
                Slot::Typed(document) => typed(document.clone()).map(Some),
                Slot::None | Slot::Raw(_) => Ok(None),
            };
        }
        let document = match self.set.slot(address) {
            None => {
                self.staged.missing.push(Key::id(D::COLLECTION, address.1.clone()));
                return Err(Stop::NotLoaded);
            }
            Some(Slot::None) => None,
            Some(Slot::Typed(document)) => Some(typed(document.clone())?),
            Some(Slot::Raw(record)) => {
                let document = Arc::new(record.document::<D>().map_err(damaged)?);
                self.set.parsed(address, document.clone());
                Some(document)
            }
        };
        Ok(document)
    }

    /// The document with this value in the unique column of that name.
    pub fn find<D: Document>(&mut self, column: &'static str, value: &str) -> Result<Option<Arc<D>>> {
        let (wanted, found) = self.look_up::<D>(column, value)?;
        self.staged.asked.insert(wanted);
        match found {
            Some(id) => self.get(&id),
            None => Ok(None),
        }
    }

    /// The same as [`Tx::peek`] is to [`Tx::get`].
    pub fn peek_at<D: Document>(&mut self, column: &'static str, value: &str) -> Result<Option<Arc<D>>> {
        match self.look_up::<D>(column, value)? {
            (_, Some(id)) => self.peek(&id),
            (_, None) => Ok(None),
        }
    }

    /// The id under a unique value.
    fn look_up<D: Document>(&mut self, column: &'static str, value: &str) -> Result<(UniqueValue, Option<Arc<str>>)> {
        let column = D::COLLECTION.column(column).expect("the caller names a column of the collection's table");
        let wanted = (D::COLLECTION, column, Arc::from(value));
        let found = match self.staged.unique.get(&wanted).or_else(|| self.set.unique(&wanted)) {
            Some(found) => found.clone(),
            None => {
                self.staged.missing.push(Key::unique(D::COLLECTION, column, wanted.2));
                return Err(Stop::NotLoaded);
            }
        };
        Ok((wanted, found))
    }

    /// Stores a document: a new one, or the new state of one that was read before. For a customer there
    /// is [`crate::customers::store::store`].
    pub fn put<D: Document>(&mut self, document: D) {
        const { assert!(!is_customer::<D>(), "customers are stored by `customers::store::store`") }
        self.write(document);
    }

    /// Stores a customer whose segments were seen to.
    pub(crate) fn put_customer(&mut self, customer: Customer, _: SegmentsSettled) {
        self.write(customer);
    }

    fn write<D: Document>(&mut self, document: D) {
        let address: Address = (D::COLLECTION, document.id().into());
        self.free_unique_values(&address);
        for value in unique_values(D::COLLECTION, &Document::columns(&document)) {
            self.staged.unique.insert(value, Some(address.1.clone()));
        }
        self.staged.written.insert(address, Slot::Typed(Arc::new(document)));
    }

    /// The documents of one collection that this command has put so far, in no particular order. What is
    /// looked up in the configuration is not there before the command is committed.
    pub fn written<D: Document>(&self) -> impl Iterator<Item = Arc<D>> {
        let slots = self.staged.written.iter().filter(|((collection, _), _)| *collection == D::COLLECTION);
        slots.filter_map(|(_, slot)| match slot {
            Slot::Typed(document) => document.clone().into_any().downcast().ok(),
            Slot::None | Slot::Raw(_) => None,
        })
    }

    /// Removes a document that was read before. For a customer there is
    /// [`crate::customers::store::remove`].
    pub fn delete<D: Document>(&mut self, id: &str) {
        const { assert!(!is_customer::<D>(), "customers are removed by `customers::store::remove`") }
        self.remove::<D>(id);
    }

    /// Removes a customer whose segments were seen to.
    pub(crate) fn delete_customer(&mut self, id: &str, _: SegmentsSettled) {
        self.remove::<Customer>(id);
    }

    fn remove<D: Document>(&mut self, id: &str) {
        let address: Address = (D::COLLECTION, id.into());
        self.free_unique_values(&address);
        self.staged.written.insert(address, Slot::None);
    }

    /// The unique values of a document's state so far are no longer its own.
    fn free_unique_values(&mut self, address: &Address) {
        if let Some(Slot::Typed(document)) = self.staged.written.get(address).or_else(|| self.set.slot(address)) {
            for value in unique_values(address.0, &document.columns()) {
                self.staged.unique.insert(value, None);
            }
        }
    }

    /// Runs a part of the command that may be refused while the rest goes on. What it has changed by then
    /// is undone.
    pub(crate) fn attempt<T>(&mut self, part: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (written, unique) = (self.staged.written.clone(), self.staged.unique.clone());
        let appended = self.staged.appended.lengths();
        let outcome = part(self);
        if let Err(Stop::Refused(_)) = outcome {
            (self.staged.written, self.staged.unique) = (written, unique);
            self.staged.appended.truncate(appended);
        }
        outcome
    }

    /// Records an event, and a send-out of it for every webhook that asks for its type.
    pub fn emit(&mut self, event: Event) {
        let kind = event.kind();
        let record = EventRecord {
            id: self.new_id::<CustomerEventId>().to_string(),
            kind,
            category: kind.category(),
            entity_id: event.entity_id().into(),
            group_id: self.context.group_id.clone(),
            created_at: self.now,
            source: self.context.source.clone(),
            data: event.logged_data(),
        };
        let mut webhooks = self.config.webhooks_for(kind).peekable();
        if webhooks.peek().is_some() {
            let data = canonical_json::to_canonical_bytes(&event.sent_data());
            let data = String::from_utf8(data).expect("JSON is UTF-8");
            for webhook in webhooks {
                let send_out = self.send_out(&record, webhook, &data);
                self.staged.appended.send_outs.push(send_out);
            }
        }
        self.staged.appended.events.push(record);
    }

    fn send_out(&self, event: &EventRecord, webhook: &Webhook, data: &str) -> SendOut {
        let id: SendOutId = self.new_id();
        SendOut {
            body: envelope(&self.context.project, &id, event, webhook, data),
            id,
            webhook_id: webhook.id.clone(),
            event_id: event.id.clone(),
            event_type: event.kind.name().into(),
            entity_id: event.entity_id.to_string(),
            group_id: event.group_id.to_string(),
            status: SendOutStatus::Pending,
            created_at: self.now,
            first_attempt_at: None,
            next_attempt_at: Some(self.now),
            attempts: Vec::new(),
        }
    }

    /// Stores a piece of a large text.
    pub fn append_blob(&mut self, chunk: BlobChunk) {
        self.staged.appended.blob_chunks.push(chunk);
    }

    /// Deletes a large text.
    pub fn drop_blob(&mut self, blob: &str) {
        self.staged.appended.dropped_blobs.push(blob.to_owned());
    }

    /// Erases all events about an entity and their send-outs.
    pub fn erase_entity(&mut self, entity: &str) {
        self.staged.appended.erased_entities.push(entity.into());
    }
}

const fn is_customer<D: Document>() -> bool {
    matches!(D::COLLECTION, Collection::Customers)
}

/// The body of a webhook request: compact, in the documented order of keys, with `data` as it is.
pub(crate) fn envelope(
    project: &guerdon_model::ids::ProjectId,
    id: &SendOutId,
    event: &EventRecord,
    webhook: &Webhook,
    data: &str,
) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let source = serde_json::to_string(&event.source).expect("an event's source has string keys");
    format!(
        r#"{{"id":"{id}","project_id":{},"created_at":"{}","type":"{}","data":{data},"source":{{"id":"{}","object":"webhook","target_url":{}}},"event":{{"id":"{}","type":"{}","created_at":"{}","entity_id":{},"group_id":{},"event_source":{source}}}}}"#,
        text(project.as_str()),
        event.created_at,
        event.kind,
        webhook.id,
        text(&webhook.target_url),
        event.id,
        event.kind,
        event.created_at,
        text(&event.entity_id),
        text(&event.group_id),
    )
}

fn typed<D: Document>(document: Arc<dyn AnyDocument>) -> Result<Arc<D>> {
    document.into_any().downcast().map_err(|_| {
        // A collection holds one type of documents.
        tracing::error!(collection = D::COLLECTION.spec().table, "a document has another type than its collection");
        Stop::Refused(Error::Internal)
    })
}
