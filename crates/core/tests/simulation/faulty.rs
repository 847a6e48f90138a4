//! A store that misbehaves as a database on a network may: it is slow, refuses, or loses its answer.

use std::sync::Arc;

use async_trait::async_trait;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::SendOut,
};
use guerdon_store::{
    ChangeSet, ColumnValue, CommitError, Configuration, EventQuery, EventRecord, Indexed, Key, Loaded, Page, Portion,
    Query, Record, Samples, SendOutQuery, Settlement, Store, StoreError, memory::Memory,
};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;

/// The store in memory behind a bad connection.
pub(crate) struct Faulty {
    inner: Arc<Memory>,
    random: Mutex<StdRng>,
    /// In so many of a thousand calls something goes wrong, of each kind.
    faults_per_thousand: Mutex<u32>,
    /// Change sets that are still on their way when their sender has given up waiting.
    adrift: Mutex<Vec<ChangeSet>>,
}

impl Faulty {
    /// A connection that is slow but sound.
    pub(crate) fn new(inner: Arc<Memory>, seed: u64) -> Arc<Self> {
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        Arc::new(Self { inner, random, faults_per_thousand: Mutex::new(0), adrift: Mutex::default() })
    }

    /// From now on things go wrong so often.
    pub(crate) fn set_faults_per_thousand(&self, faults: u32) {
        *self.faults_per_thousand.lock() = faults;
    }

    /// Lets others go first, none or some of them.
    async fn delay(&self) {
        let turns = self.random.lock().random_range(0..6u32);
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    fn strikes(&self) -> bool {
        let faults = *self.faults_per_thousand.lock();
        self.random.lock().random_range(0..1_000) < faults
    }

    fn coin(&self) -> bool {
        self.random.lock().random()
    }

    fn outage(&self) -> Result<(), StoreError> {
        if self.strikes() { Err(StoreError("simulated".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Faulty {
    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn load(&self, project: &ProjectId, keys: Vec<Key>) -> Result<Loaded, StoreError> {
        self.delay().await;
        self.outage()?;
        let loaded = self.inner.load(project, keys).await;
        self.delay().await;
        loaded
    }

    async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        self.delay().await;
        self.outage()?;
        if self.strikes() {
            return Err(CommitError::Conflict);
        }
        if self.strikes() {
            // The connection breaks before or after the commit, or the commit is still under way.
            if self.coin() {
                self.adrift.lock().push(changes);
            } else if self.coin() {
                self.inner.commit(changes).await?;
            }
            return Err(CommitError::Unknown);
        }
        let outcome = self.inner.commit(changes).await;
        self.delay().await;
        outcome
    }

    async fn resolve(&self, project: &ProjectId, commit_id: &str) -> Result<bool, StoreError> {
        self.delay().await;
        self.outage()?;
        let late = {
            let mut adrift = self.adrift.lock();
            let place = adrift.iter().position(|changes| changes.commit_id == commit_id);
            place.map(|place| adrift.remove(place))
        };
        let Some(late) = late else { return self.inner.resolve(project, commit_id).await };
        if self.coin() {
            let arrived = self.inner.commit(late).await.is_ok();
            let known = self.inner.resolve(project, commit_id).await?;
            assert_eq!(known, arrived, "a commit that arrived is known, another is not");
            return Ok(known);
        }
        let known = self.inner.resolve(project, commit_id).await?;
        assert!(!known, "it has not arrived yet");
        let outcome = self.inner.commit(late).await;
        assert!(matches!(outcome, Err(CommitError::Conflict)), "a commit that was given up never happens later");
        Ok(known)
    }

    async fn samples(&self, samples: Samples) -> Result<Vec<(ColumnValue, Record)>, StoreError> {
        self.outage()?;
        self.inner.samples(samples).await
    }

    async fn configuration(&self, project: &ProjectId) -> Result<Configuration, StoreError> {
        self.delay().await;
        self.outage()?;
        let configuration = self.inner.configuration(project).await;
        self.delay().await;
        configuration
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.inner.query(query).await
    }

    async fn locate(&self, key: Key) -> Result<Option<ProjectId>, StoreError> {
        self.inner.locate(key).await
    }

    async fn events(&self, query: EventQuery) -> Result<Vec<EventRecord>, StoreError> {
        self.inner.events(query).await
    }

    async fn send_out(&self, project: &ProjectId, id: &SendOutId) -> Result<Option<SendOut>, StoreError> {
        self.inner.send_out(project, id).await
    }

    async fn send_outs(&self, query: SendOutQuery) -> Result<Vec<SendOut>, StoreError> {
        self.inner.send_outs(query).await
    }

    async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<(ProjectId, WebhookId)>, StoreError> {
        self.inner.due_webhooks(now).await
    }

    async fn next_send_out_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_send_out_due().await
    }

    async fn lease_send_outs(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SendOut>, StoreError> {
        self.inner.lease_send_outs(project, webhook, now, until, limit).await
    }

    async fn settle_send_outs(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.inner.settle_send_outs(settlements).await
    }

    async fn fail_waiting_send_outs(&self, project: &ProjectId, webhook: &WebhookId) -> Result<u64, StoreError> {
        self.inner.fail_waiting_send_outs(project, webhook).await
    }

    async fn blob_chunk(&self, project: &ProjectId, blob: &str, seq: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.blob_chunk(project, blob, seq).await
    }

    async fn purge(&self, project: &ProjectId, limit: usize) -> Result<bool, StoreError> {
        self.inner.purge(project, limit).await
    }

    async fn prune(&self, now: Timestamp, send_outs_before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.inner.prune(now, send_outs_before, limit).await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.inner.check().await
    }

    async fn dump(&self, portions: mpsc::Sender<Portion>) -> Result<(), StoreError> {
        self.inner.dump(portions).await
    }

    async fn restore(&self, portion: Portion<Indexed>) -> Result<(), StoreError> {
        self.inner.restore(portion).await
    }
}
