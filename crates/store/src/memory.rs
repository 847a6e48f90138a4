//! The store of tests and simulations: the same language over maps, nothing durable.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::{SendOut, SendOutStatus},
};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::{
    BlobChunk, ChangeSet, CommitError, Configuration, EventQuery, EventRecord, Indexed, Key, Listed, Loaded, OneOf,
    Order, Page, Part, Portion, Query, Record, Samples, SendOutQuery, Settlement, Store, StoreError, Write,
    collection::{By, Collection, ColumnValue, Unique},
    copy,
};

/// Everything, behind one lock.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Default, Clone)]
struct State {
    documents: BTreeMap<(ProjectId, Collection, Arc<str>), Row>,
    config_versions: HashMap<ProjectId, u64>,
    events: Vec<(ProjectId, EventRecord)>,
    send_outs: BTreeMap<(ProjectId, SendOutId), SendOut>,
    blobs: BTreeMap<(ProjectId, String, u32), (Vec<u8>, Timestamp)>,
    commits: HashSet<(ProjectId, String)>,
    /// Commits that were asked for, not found, and so may never happen.
    refused: HashSet<(ProjectId, String)>,
}

#[derive(Clone)]
struct Row {
    record: Record,
    columns: Vec<ColumnValue>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Every event of a project, in the order of commits.
    pub fn all_events(&self, project: &ProjectId) -> Vec<EventRecord> {
        let state = self.state.lock();
        state.events.iter().filter(|(owner, _)| owner == project).map(|(_, event)| event.clone()).collect()
    }
}

impl State {
    fn find(&self, project: &ProjectId, key: &Key) -> Option<&Row> {
        match &key.by {
            By::Id(id) => self.documents.get(&(project.clone(), key.collection, id.clone())),
            By::Unique(column, value) => self
                .rows(project, key.collection)
                .find(|row| matches!(&row.columns[*column], ColumnValue::Text(text) if text == value)),
        }
    }

    fn rows(&self, project: &ProjectId, collection: Collection) -> impl Iterator<Item = &Row> {
        let first = (project.clone(), collection, Arc::from(""));
        let project = project.clone();
        self.documents
            .range(first..)
            .take_while(move |((owner, kind, _), _)| *owner == project && *kind == collection)
            .map(|(_, row)| row)
    }

    fn config_version(&self, project: &ProjectId) -> u64 {
        self.config_versions.get(project).copied().unwrap_or(0)
    }

    fn apply(&mut self, project: &ProjectId, changes: ChangeSet) -> Result<(), CommitError> {
        if self.config_version(project) != changes.config_version {
            return Err(CommitError::Conflict);
        }
        if changes.bumps_config {
            *self.config_versions.entry(project.clone()).or_default() += 1;
        }
        for guard in &changes.guards {
            let found = self.documents.get(&(project.clone(), guard.collection, guard.id.clone()));
            if found.map(|row| row.record.version) != guard.version {
                return Err(CommitError::Conflict);
            }
        }
        if changes.absent.iter().any(|key| self.find(project, key).is_some()) {
            return Err(CommitError::Conflict);
        }
        // Deletions free unique values that changes and insertions may take, changes those that insertions
        // may take.
        let mut writes = changes.writes;
        writes.sort_by_key(|write| (write.document.is_some(), write.expected.is_none()));
        for write in writes {
            self.write(project, write)?;
        }
        for entity in &changes.erased_entities {
            self.events.retain(|(owner, event)| owner != project || event.entity_id != *entity);
            self.send_outs.retain(|(owner, _), send_out| owner != project || *send_out.entity_id != **entity);
        }
        for event in changes.events {
            if self.events.iter().rev().take(1000).any(|(owner, known)| owner == project && known.id == event.id) {
                return Err(CommitError::Conflict);
            }
            self.events.push((project.clone(), event));
        }
        for send_out in changes.send_outs {
            let key = (project.clone(), send_out.id.clone());
            if self.send_outs.insert(key, send_out).is_some() {
                return Err(CommitError::Conflict);
            }
        }
        for chunk in changes.blob_chunks {
            if self.blobs.insert((project.clone(), chunk.blob, chunk.seq), (chunk.bytes, chunk.expires_at)).is_some() {
                return Err(CommitError::Conflict);
            }
        }
        for blob in &changes.dropped_blobs {
            self.blobs.retain(|(owner, name, _), _| owner != project || name != blob);
        }
        Ok(())
    }

    fn write(&mut self, project: &ProjectId, write: Write) -> Result<(), CommitError> {
        let key = (project.clone(), write.collection, write.id.clone());
        if self.documents.get(&key).map(|row| row.record.version) != write.expected {
            return Err(CommitError::Conflict);
        }
        let Some(document) = write.document else {
            self.documents.remove(&key);
            return Ok(());
        };
        for (column, value) in document.columns.iter().enumerate() {
            let unique = write.collection.spec().columns[column].unique;
            if unique == Unique::No || *value == ColumnValue::Null {
                continue;
            }
            let taken = self.documents.iter().any(|((owner, collection, id), row)| {
                *collection == write.collection
                    && (unique == Unique::Everywhere || owner == project)
                    && (owner, id) != (project, &write.id)
                    && row.columns[column] == *value
            });
            if taken {
                return Err(CommitError::Conflict);
            }
        }
        let record = Record {
            project: project.clone(),
            id: write.id,
            version: write.expected.unwrap_or(0) + 1,
            format: document.format,
            body: document.body.into(),
        };
        self.documents.insert(key, Row { record, columns: document.columns });
        Ok(())
    }
}

/// A copy of everything.
impl State {
    fn portions(&self, part: Part) -> Vec<Portion> {
        match part {
            Part::Partitions => {
                let versions = self.config_versions.iter().map(|(project, version)| (project.clone(), *version));
                copy::portions(versions).into_iter().map(Portion::Partitions).collect()
            }
            Part::Blobs => {
                let chunks = self.blobs.iter().map(|((project, blob, seq), (bytes, expires_at))| {
                    let chunk =
                        BlobChunk { blob: blob.clone(), seq: *seq, bytes: bytes.clone(), expires_at: *expires_at };
                    (project.clone(), chunk)
                });
                copy::portions(chunks).into_iter().map(Portion::Blobs).collect()
            }
            Part::SendOuts => {
                let send_outs =
                    self.send_outs.iter().map(|((project, _), send_out)| (project.clone(), send_out.clone()));
                copy::portions(send_outs).into_iter().map(Portion::SendOuts).collect()
            }
            Part::Events => copy::portions(self.events.iter().cloned()).into_iter().map(Portion::Events).collect(),
            Part::Documents(collection) => {
                let records = self.documents.iter().filter(|((_, of, _), _)| *of == collection);
                let records = records.map(|(_, row)| row.record.clone());
                copy::portions(records).into_iter().map(|rows| Portion::Documents(collection, rows)).collect()
            }
        }
    }

    /// Whether nothing was in the way.
    fn take_in(&mut self, portion: Portion<Indexed>) -> bool {
        match portion {
            Portion::Partitions(rows) => {
                rows.into_iter().all(|(project, version)| self.config_versions.insert(project, version).is_none())
            }
            Portion::Documents(collection, rows) => rows.into_iter().all(|Indexed { record, columns }| {
                let key = (record.project.clone(), collection, record.id.clone());
                self.documents.insert(key, Row { record, columns }).is_none()
            }),
            Portion::Blobs(rows) => rows.into_iter().all(|(project, BlobChunk { blob, seq, bytes, expires_at })| {
                self.blobs.insert((project, blob, seq), (bytes, expires_at)).is_none()
            }),
            Portion::SendOuts(rows) => rows
                .into_iter()
                .all(|(project, send_out)| self.send_outs.insert((project, send_out.id.clone()), send_out).is_none()),
            Portion::Events(rows) => {
                let is_known = |new: &(ProjectId, EventRecord)| {
                    self.events.iter().any(|(owner, known)| *owner == new.0 && known.id == new.1.id)
                };
                if rows.iter().any(is_known) {
                    return false;
                }
                self.events.extend(rows);
                true
            }
        }
    }
}

#[async_trait]
impl Store for Memory {
    /// Several engines may be given the same one, as if they were nodes.
    fn is_shared(&self) -> bool {
        true
    }

    async fn load(&self, project: &ProjectId, keys: Vec<Key>) -> Result<Loaded, StoreError> {
        let state = self.state.lock();
        let records = keys.iter().map(|key| state.find(project, key).map(|row| row.record.clone())).collect();
        Ok(Loaded { records, config_version: state.config_version(project) })
    }

    async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        let Some(project) = changes.project.clone() else { return Ok(()) };
        let mut state = self.state.lock();
        let name = (project.clone(), changes.commit_id.clone());
        if state.refused.contains(&name) {
            return Err(CommitError::Conflict);
        }
        let mut changed = state.clone();
        changed.apply(&project, changes)?;
        changed.commits.insert(name);
        *state = changed;
        Ok(())
    }

    async fn resolve(&self, project: &ProjectId, commit_id: &str) -> Result<bool, StoreError> {
        let mut state = self.state.lock();
        let name = (project.clone(), commit_id.to_owned());
        if state.commits.contains(&name) {
            return Ok(true);
        }
        state.refused.insert(name);
        Ok(false)
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        let state = self.state.lock();
        let mut rows: Vec<&Row> = state
            .documents
            .iter()
            .filter(|((project, collection, _), _)| {
                *collection == query.collection && query.project.as_ref().is_none_or(|wanted| wanted == project)
            })
            .map(|(_, row)| row)
            .filter(|row| query.conditions.iter().all(|(column, condition)| condition.holds(&row.columns[*column])))
            .filter(|row| {
                let is_one = |one_of: &OneOf| one_of.values.contains(&row.columns[one_of.column]);
                query.one_of.as_ref().is_none_or(is_one)
            })
            .filter(|row| {
                query.listed.as_ref().is_none_or(|Listed { collection, id, beside: (beside, value) }| {
                    state.rows(&row.record.project, *collection).any(|list| {
                        let is =
                            |column: usize, text: &Arc<str>| list.columns[column] == ColumnValue::Text(text.clone());
                        is(*id, &row.record.id) && is(*beside, value)
                    })
                })
            })
            .filter(|row| {
                query.bounds().all(|(comparison, id)| match comparison {
                    "<" => row.record.id < *id,
                    ">=" => row.record.id >= *id,
                    _ => row.record.id > *id,
                })
            })
            .filter(|row| {
                query.filter.as_ref().is_none_or(|(filter, moment)| {
                    serde_json::from_str(&row.record.body).is_ok_and(|document| filter.matches(&document, moment))
                })
            })
            .collect();
        rows.sort_by(|one, other| {
            let by_id = one.record.id.cmp(&other.record.id);
            match query.order {
                Order::Id { descending } => {
                    if descending {
                        by_id.reverse()
                    } else {
                        by_id
                    }
                }
                Order::Column { column, descending } => {
                    let order = one.columns[column].cmp(&other.columns[column]).then(by_id);
                    if descending { order.reverse() } else { order }
                }
            }
        });
        let total = query.count.then_some(rows.len().min(query.count_up_to) as u64);
        let has_more = rows.len() > query.offset.saturating_add(query.limit);
        let records = rows.into_iter().skip(query.offset).take(query.limit).map(|row| row.record.clone()).collect();
        Ok(Page { records, has_more, total })
    }

    async fn samples(&self, samples: Samples) -> Result<Vec<(ColumnValue, Record)>, StoreError> {
        let state = self.state.lock();
        let mut found = BTreeMap::new();
        for row in state.rows(&samples.project, samples.collection) {
            let value = &row.columns[samples.column];
            let is_wanted = *value != ColumnValue::Null
                && samples.above.as_ref().is_none_or(|above| value > above)
                && samples.up_to.as_ref().is_none_or(|up_to| value <= up_to);
            if is_wanted {
                found.entry(value.clone()).or_insert_with(|| row.record.clone());
            }
        }
        Ok(found.into_iter().take(samples.limit).collect())
    }

    async fn configuration(&self, project: &ProjectId) -> Result<Configuration, StoreError> {
        let state = self.state.lock();
        let records = Collection::ALL
            .into_iter()
            .filter(|collection| collection.spec().configuration)
            .flat_map(|collection| state.rows(project, collection).map(move |row| (collection, row.record.clone())))
            .collect();
        Ok(Configuration { version: state.config_version(project), records })
    }

    async fn locate(&self, key: Key) -> Result<Option<ProjectId>, StoreError> {
        let By::Unique(column, value) = &key.by else { return Ok(None) };
        let state = self.state.lock();
        let found = state.documents.iter().find(|((_, collection, _), row)| {
            *collection == key.collection && matches!(&row.columns[*column], ColumnValue::Text(text) if text == value)
        });
        Ok(found.map(|((project, ..), _)| project.clone()))
    }

    async fn events(&self, query: EventQuery) -> Result<Vec<EventRecord>, StoreError> {
        let state = self.state.lock();
        let mut events: Vec<&EventRecord> = state
            .events
            .iter()
            .filter(|(project, event)| *project == query.project && event.entity_id == query.entity_id)
            .map(|(_, event)| event)
            .collect();
        events.sort_by(|one, other| one.id.cmp(&other.id));
        if query.descending {
            events.reverse();
        }
        let is_behind =
            |event: &EventRecord, id: &String| if query.descending { event.id < *id } else { event.id > *id };
        Ok(events
            .into_iter()
            .filter(|event| query.after_id.as_ref().is_none_or(|id| is_behind(event, id)))
            .filter(|event| query.from.is_none_or(|from| event.created_at >= from))
            .filter(|event| query.to.is_none_or(|to| event.created_at <= to))
            .filter(|event| query.kind.is_none_or(|kind| event.kind == kind))
            .filter(|event| query.category.is_none_or(|category| event.category == category))
            .take(query.limit)
            .cloned()
            .collect())
    }

    async fn send_out(&self, project: &ProjectId, id: &SendOutId) -> Result<Option<SendOut>, StoreError> {
        Ok(self.state.lock().send_outs.get(&(project.clone(), id.clone())).cloned())
    }

    async fn send_outs(&self, query: SendOutQuery) -> Result<Vec<SendOut>, StoreError> {
        let state = self.state.lock();
        Ok(state
            .send_outs
            .iter()
            .rev()
            .filter(|((project, _), _)| *project == query.project)
            .map(|(_, send_out)| send_out)
            .filter(|send_out| query.after_id.as_ref().is_none_or(|id| send_out.id.as_str() < id.as_str()))
            .filter(|send_out| query.webhook.as_ref().is_none_or(|webhook| send_out.webhook_id == *webhook))
            .filter(|send_out| query.status.is_none_or(|status| send_out.status == status))
            .filter(|send_out| query.event_type.as_ref().is_none_or(|kind| send_out.event_type == *kind))
            .take(query.limit)
            .map(|send_out| SendOut { body: String::new(), ..send_out.clone() })
            .collect())
    }

    async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<(ProjectId, WebhookId)>, StoreError> {
        let state = self.state.lock();
        let due: std::collections::BTreeSet<_> = state
            .send_outs
            .iter()
            .filter(|(_, send_out)| send_out.next_attempt_at.is_some_and(|at| at <= now))
            .map(|((project, _), send_out)| (project.clone(), send_out.webhook_id.clone()))
            .collect();
        Ok(due.into_iter().collect())
    }

    async fn next_send_out_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state.lock().send_outs.values().filter_map(|send_out| send_out.next_attempt_at).min())
    }

    async fn lease_send_outs(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SendOut>, StoreError> {
        let mut state = self.state.lock();
        let mut due: Vec<&mut SendOut> = state
            .send_outs
            .iter_mut()
            .filter(|((owner, _), _)| owner == project)
            .map(|(_, send_out)| send_out)
            .filter(|send_out| send_out.webhook_id == *webhook && send_out.next_attempt_at.is_some_and(|at| at <= now))
            .collect();
        due.sort_by_key(|send_out| (send_out.next_attempt_at, send_out.id.clone()));
        let lease = |send_out: &mut SendOut| {
            let leased = send_out.clone();
            send_out.next_attempt_at = Some(until);
            leased
        };
        Ok(due.into_iter().take(limit).map(lease).collect())
    }

    async fn settle_send_outs(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        for settlement in settlements {
            let found = state.send_outs.get_mut(&(settlement.project, settlement.id));
            if let Some(send_out) =
                found.filter(|send_out| send_out.next_attempt_at.is_some() || settlement.next_attempt_at.is_none())
            {
                send_out.status = settlement.status;
                send_out.first_attempt_at = Some(settlement.first_attempt_at);
                send_out.next_attempt_at = settlement.next_attempt_at;
                send_out.attempts = settlement.attempts;
            }
        }
        Ok(())
    }

    async fn fail_waiting_send_outs(&self, project: &ProjectId, webhook: &WebhookId) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        let mut failed = 0;
        for ((owner, _), send_out) in &mut state.send_outs {
            if owner == project && send_out.webhook_id == *webhook && send_out.next_attempt_at.is_some() {
                send_out.status = SendOutStatus::Failed;
                send_out.next_attempt_at = None;
                failed += 1;
            }
        }
        Ok(failed)
    }

    async fn blob_chunk(&self, project: &ProjectId, blob: &str, seq: u32) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.lock().blobs.get(&(project.clone(), blob.to_owned(), seq)).map(|(bytes, _)| bytes.clone()))
    }

    async fn purge(&self, project: &ProjectId, _limit: usize) -> Result<bool, StoreError> {
        let mut state = self.state.lock();
        state.documents.retain(|(owner, ..), _| owner != project);
        state.events.retain(|(owner, _)| owner != project);
        state.send_outs.retain(|(owner, _), _| owner != project);
        state.blobs.retain(|(owner, ..), _| owner != project);
        Ok(false)
    }

    async fn prune(&self, now: Timestamp, send_outs_before: Timestamp, _limit: usize) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        let before = state.blobs.len() + state.send_outs.len() + state.documents.len();
        state.blobs.retain(|_, (_, expires_at)| *expires_at > now);
        state
            .send_outs
            .retain(|_, send_out| send_out.created_at >= send_outs_before || send_out.next_attempt_at.is_some());
        state.documents.retain(|(_, collection, _), row| {
            let is_kept = || collection.column("expires_at").is_some_and(|column| row.columns[column] > now.into());
            !Collection::EXPIRING.contains(collection) || is_kept()
        });
        Ok((before - state.blobs.len() - state.send_outs.len() - state.documents.len()) as u64)
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn dump(&self, portions: mpsc::Sender<Portion>) -> Result<(), StoreError> {
        let state = self.state.lock().clone();
        for portion in Part::all().flat_map(|part| state.portions(part)) {
            if portions.send(portion).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn restore(&self, portion: Portion<Indexed>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let mut restored = state.clone();
        if !restored.take_in(portion) {
            return Err(StoreError("a row is there already".into()));
        }
        *state = restored;
        Ok(())
    }
}
