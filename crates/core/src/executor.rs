//! Carries out commands: collects what waits, loads, runs, commits once, answers.
//!
//! One lane per project, so that a commit never spans projects; lanes run side by side. A lane takes
//! whatever has queued up while its last batch was committing, without any delay of its own.
//! `ARCHITECTURE.md` follows a request through here.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use guerdon_model::{Error, ids::ProjectId};
use guerdon_store::{ChangeSet, Collection, CommitError, Hold, Key, Store};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{
    batch::{Batch, Command, Progress},
    clock::Clock,
    context::Context,
    failure::unavailable,
    idempotency::{self, Answered, Reply},
    ids::IdGenerator,
    snapshot::Snapshots,
    tx::{Result, Stop, Tx},
    working_set::{Staged, WorkingSet},
};

/// The most commands in one batch.
const MAX_BATCH: usize = 256;
/// How often one batch is loaded or begun again before its commands fail.
const MAX_ROUNDS: usize = 64;
/// How often it is asked what became of a commit, with a pause in between: half a minute in all.
const MAX_QUESTIONS: u32 = 35;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// About how long a batch waits after its first conflict, so that two nodes don't meet again at once.
const AFTER_CONFLICT_MICROS: u64 = 2_000;

/// Wakes those who wait for what a commit has written.
#[derive(Default)]
pub struct Signals {
    /// A commit has written send-outs.
    pub send_outs: Notify,
    /// A commit has written a job.
    pub jobs: Notify,
}

/// Runs commands and reads of all projects.
pub struct Executor {
    parts: Arc<Parts>,
    lanes: Mutex<HashMap<ProjectId, mpsc::Sender<Box<dyn Command>>>>,
    queue_length: usize,
}

/// What every lane uses.
struct Parts {
    store: Arc<dyn Store>,
    snapshots: Arc<Snapshots>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdGenerator>,
    signals: Arc<Signals>,
    /// Commands that were accepted and not answered yet, over all lanes.
    pending: AtomicUsize,
    /// Commands that were ever accepted.
    accepted: AtomicU64,
    idle: Notify,
}

impl Executor {
    /// An executor whose projects each queue up to `queue_length` commands.
    pub fn new(
        store: Arc<dyn Store>,
        snapshots: Arc<Snapshots>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdGenerator>,
        signals: Arc<Signals>,
        queue_length: usize,
    ) -> Self {
        let (pending, accepted) = (AtomicUsize::new(0), AtomicU64::new(0));
        let parts = Parts { store, snapshots, clock, ids, signals, pending, accepted, idle: Notify::default() };
        Self { parts: Arc::new(parts), lanes: Mutex::default(), queue_length: queue_length.max(1) }
    }

    /// Runs a command durably: when this returns a value, it is on disk.
    ///
    /// `needs` are documents that the command surely reads; others are loaded when it asks for them.
    ///
    /// # Errors
    /// The command's refusal; `Overloaded` when too many commands wait already; `StoreUnavailable`
    /// when the store fails: nothing was changed then, unless the log says
    /// that not even the outcome could be found out.
    pub async fn execute<T, F>(&self, context: Context, needs: Vec<Key>, command: F) -> std::result::Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let project = context.project.clone();
        let pending = Pending { context, needs, command, outcome: None, reply };
        self.enqueue(&project, Box::new(pending))?;
        answer.await.unwrap_or(Err(Error::Internal))
    }

    /// Runs a command that answers a request: once, if the request has an `Idempotency-Key`. `status` is
    /// what its answer has over HTTP.
    ///
    /// # Errors
    /// As [`Executor::execute`]; `IdempotencyKeyReused` if the key belongs to another request.
    pub async fn answer<T, F>(
        &self,
        context: Context,
        needs: Vec<Key>,
        status: u16,
        command: F,
    ) -> std::result::Result<Answered<T>, Error>
    where
        T: Serialize + Send + 'static,
        F: FnMut(&mut Tx) -> Result<T> + Send + 'static,
    {
        self.answer_as(context, needs, command, move |value| Reply::of(status, value).map(Some)).await
    }

    /// The same for what is not answered as it is. `reply` says how it is; nothing if it is not the end yet.
    ///
    /// # Errors
    /// Those of [`Executor::answer`].
    pub async fn answer_as<T, F, R>(
        &self,
        context: Context,
        mut needs: Vec<Key>,
        mut command: F,
        reply: R,
    ) -> std::result::Result<Answered<T>, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T> + Send + 'static,
        R: Fn(&T) -> std::result::Result<Option<Reply>, Error> + Send + 'static,
    {
        let Some(keyed) = context.keyed.clone() else {
            return self.execute(context, needs, command).await.map(Answered::Now);
        };
        needs.push(keyed.key());
        self.execute(context, needs, move |tx| idempotency::once(tx, &keyed, &mut command, &reply)).await
    }

    /// Runs a command that only reads, against the latest committed state: all that it has read is as
    /// of one moment.
    ///
    /// # Errors
    /// The command's refusal, or `StoreUnavailable`.
    pub async fn read<T, F>(&self, context: &Context, mut command: F) -> std::result::Result<T, Error>
    where
        F: FnMut(&mut Tx) -> Result<T>,
    {
        let parts = &self.parts;
        let mut config = parts.snapshots.get(&context.project, None).await?;
        let mut set = WorkingSet::default();
        let mut keys = Vec::new();
        // Whether a load has shown that the configuration is the latest.
        let mut is_latest = false;
        for _ in 0..MAX_ROUNDS {
            let now = parts.clock.now();
            let (outcome, missing) = match context.check_caller(&config) {
                Err(refusal) => (Err(Stop::Refused(refusal)), Vec::new()),
                Ok(()) => {
                    let staged = Staged::default();
                    let mut tx = Tx { set: &mut set, staged, context, config: &config, now, ids: &parts.ids };
                    (command(&mut tx), tx.staged.missing)
                }
            };
            let mut ended = match outcome {
                Ok(value) => Some(Ok(value)),
                Err(Stop::Refused(error)) => Some(Err(error)),
                Err(Stop::NotLoaded) => None,
            };
            if ended.is_none() || !is_latest {
                // What was loaded before is loaded again: a document of another moment would not fit to it.
                keys.extend(missing);
                set = WorkingSet::default();
                let version = parts.load(&context.project, keys.clone(), &mut set).await?;
                if version != config.version {
                    config = parts.snapshots.get(&context.project, Some(version)).await?;
                    ended = None;
                }
                is_latest = version == config.version;
            }
            if let Some(ended) = ended {
                return ended;
            }
        }
        tracing::error!(group_id = %context.group_id, "a read never had all documents that it asked for");
        Err(Error::Internal)
    }

    /// Commands that were accepted and not answered yet.
    pub fn pending(&self) -> usize {
        self.parts.pending.load(Ordering::SeqCst)
    }

    /// Commands that were ever accepted, over all projects: whoever does long work sees by it whether others
    /// wait meanwhile.
    pub fn accepted(&self) -> u64 {
        self.parts.accepted.load(Ordering::Relaxed)
    }

    /// Waits until every accepted command is answered.
    pub async fn drain(&self) {
        loop {
            let idle = self.parts.idle.notified();
            if self.pending() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn enqueue(&self, project: &ProjectId, command: Box<dyn Command>) -> std::result::Result<(), Error> {
        let mut lanes = self.lanes.lock();
        // A lane that is closed has been broken off by a defect of ours; the next one starts afresh.
        if lanes.get(project).is_some_and(mpsc::Sender::is_closed) {
            lanes.remove(project);
        }
        let lane = lanes.entry(project.clone()).or_insert_with(|| {
            let (lane, queue) = mpsc::channel(self.queue_length);
            tokio::spawn(run_lane(self.parts.clone(), project.clone(), queue));
            lane
        });
        self.parts.pending.fetch_add(1, Ordering::SeqCst);
        self.parts.accepted.fetch_add(1, Ordering::Relaxed);
        lane.try_send(command).map_err(|_| {
            self.parts.answered(1);
            metrics::counter!("guerdon_commands_rejected_total").increment(1);
            Error::Overloaded { retry_after_seconds: 1 }
        })
    }
}

impl Parts {
    /// Loads documents into a set; returns the version of the configuration at that moment.
    async fn load(&self, project: &ProjectId, keys: Vec<Key>, set: &mut WorkingSet) -> std::result::Result<u64, Error> {
        let loaded = self.store.load(project, keys.clone()).await.map_err(unavailable)?;
        set.add_all(keys, loaded.records);
        Ok(loaded.config_version)
    }

    fn answered(&self, count: usize) {
        if self.pending.fetch_sub(count, Ordering::SeqCst) == count {
            self.idle.notify_waiters();
        }
    }
}

/// Serves one project until the executor is dropped.
async fn run_lane(parts: Arc<Parts>, project: ProjectId, mut queue: mpsc::Receiver<Box<dyn Command>>) {
    let mut commands = Vec::new();
    while queue.recv_many(&mut commands, MAX_BATCH).await > 0 {
        // Callers who were answered together ask again together. Whoever can run now may queue up before
        // the batch begins; without this the first of them would have a commit to itself.
        tokio::task::yield_now().await;
        while commands.len() < MAX_BATCH
            && let Ok(command) = queue.try_recv()
        {
            commands.push(command);
        }
        while !commands.is_empty() {
            let count = commands.len();
            metrics::histogram!("guerdon_batch_commands").record(count as f64);
            commands = run_batch(&parts, &project, commands).await;
            parts.answered(count - commands.len());
        }
    }
}

/// Carries out as many of the commands as fit into one commit; returns the others.
async fn run_batch(parts: &Parts, project: &ProjectId, commands: Vec<Box<dyn Command>>) -> Vec<Box<dyn Command>> {
    let config = match parts.snapshots.get(project, None).await {
        Ok(config) => config,
        Err(error) => {
            commands.into_iter().for_each(|command| command.answer(Some(error.clone())));
            return Vec::new();
        }
    };
    let mut batch = Batch::new(config, commands);
    let mut contention = Contention::default();
    for _ in 0..MAX_ROUNDS {
        let verdict = match run_to_end(parts, project, &mut batch, &contention).await {
            Ok(hold) => commit(parts, project, &mut batch, hold, &mut contention).await,
            Err(setback) => Err(setback),
        };
        match verdict {
            Ok(()) => return batch.finish(None),
            Err(Setback::Conflict) => {
                metrics::counter!("guerdon_batches_restarted_total").increment(1);
                if contention.conflicts == 1 {
                    let share = u64::from(parts.ids.bytes::<1>()[0]);
                    parts.clock.pause(Duration::from_micros(AFTER_CONFLICT_MICROS * share / 255)).await;
                }
                // If it was the configuration that had changed, the next load shows it.
                let config = batch.config().clone();
                batch = batch.restart(config);
            }
            Err(Setback::Outdated { version }) => {
                metrics::counter!("guerdon_batches_restarted_total").increment(1);
                match parts.snapshots.get(project, Some(version)).await {
                    Ok(config) => batch = batch.restart(config),
                    Err(error) => {
                        batch.abandon(error);
                        return Vec::new();
                    }
                }
            }
            Err(Setback::Failed(error)) => {
                batch.abandon(error);
                return Vec::new();
            }
        }
    }
    tracing::error!(%project, "a batch was begun too often");
    batch.abandon(Error::Overloaded { retry_after_seconds: 1 });
    Vec::new()
}

/// Why a batch is not committed.
enum Setback {
    /// Somebody else changed something meanwhile: begin again.
    Conflict,
    /// The configuration has another version by now: begin again under that one.
    Outdated {
        version: u64,
    },
    Failed(Error),
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Setback::Failed(error)
    }
}

/// What a batch was held up by: other nodes that change the same documents.
#[derive(Default)]
struct Contention {
    conflicts: usize,
    /// What the batch wanted to change when it met the last conflict.
    documents: Vec<(Collection, Arc<str>)>,
}

impl Contention {
    /// Whether the batch takes its documents for itself before it runs again. A document that several
    /// nodes change all the time would otherwise go to whoever is quickest, and the others' work be lost.
    fn wants_hold(&self) -> bool {
        self.conflicts > 1 && !self.documents.is_empty()
    }
}

/// Loads and runs until every command has an outcome.
async fn run_to_end(
    parts: &Parts,
    project: &ProjectId,
    batch: &mut Batch,
    contention: &Contention,
) -> std::result::Result<Hold, Setback> {
    let mut missing = batch.declared();
    let mut hold = Hold::default();
    for round in 0..MAX_ROUNDS {
        // The first time even if there is nothing to load: it shows the configuration's version.
        let version = if round == 0 && contention.wants_hold() {
            metrics::counter!("guerdon_batches_held_total").increment(1);
            let documents = contention.documents.clone();
            let held = parts.store.load_held(project, documents, missing.clone()).await.map_err(unavailable)?;
            hold = held.1;
            batch.set().add_all(missing, held.0.records);
            held.0.config_version
        } else {
            parts.load(project, missing, batch.set()).await?
        };
        if version != batch.config().version {
            return Err(Setback::Outdated { version });
        }
        match batch.run(parts.clock.now(), &parts.ids) {
            Progress::Finished => return Ok(hold),
            Progress::Missing(keys) => missing = keys,
        }
    }
    tracing::error!(%project, "a batch never had all documents that it asked for");
    Err(Error::Internal.into())
}

async fn commit(
    parts: &Parts,
    project: &ProjectId,
    batch: &mut Batch,
    hold: Hold,
    contention: &mut Contention,
) -> std::result::Result<(), Setback> {
    let commit_id = hex::encode(parts.ids.bytes::<16>());
    let changes = batch.take_changes(project.clone(), commit_id.clone());
    if changes.is_empty() {
        return Ok(());
    }
    let (has_send_outs, bumps_config) = (!changes.send_outs.is_empty(), changes.bumps_config);
    let has_jobs = changes.writes.iter().any(|write| write.collection == Collection::Jobs);
    let documents = if parts.store.is_shared() { changed_documents(&changes) } else { Vec::new() };
    match parts.store.commit_held(changes, hold).await {
        Ok(()) => {}
        Err(CommitError::Conflict) => {
            contention.conflicts += 1;
            contention.documents = documents;
            return Err(Setback::Conflict);
        }
        Err(CommitError::Store(error)) => return Err(Setback::Failed(unavailable(error))),
        Err(CommitError::Unknown) => {
            if !resolve(parts, project, &commit_id).await? {
                return Err(Setback::Conflict);
            }
        }
    }
    if bumps_config && parts.snapshots.refresh(project).await.is_err() {
        parts.snapshots.forget(project);
    }
    if has_send_outs {
        parts.signals.send_outs.notify_one();
    }
    if has_jobs {
        parts.signals.jobs.notify_one();
    }
    Ok(())
}

/// The documents that a commit changes and that were there before.
fn changed_documents(changes: &ChangeSet) -> Vec<(Collection, Arc<str>)> {
    let changed = changes.writes.iter().filter(|write| write.expected.is_some());
    changed.map(|write| (write.collection, write.id.clone())).collect()
}

/// Finds out what became of a commit. Nobody can be answered before that is known, so it is asked for
/// with patience: a database that broke the connection needs its time to come back.
async fn resolve(parts: &Parts, project: &ProjectId, commit_id: &str) -> std::result::Result<bool, Setback> {
    let mut pause = FIRST_PAUSE;
    let mut question = 1;
    loop {
        match parts.store.resolve(project, commit_id).await {
            Ok(went_through) => return Ok(went_through),
            Err(error) if question == MAX_QUESTIONS => {
                tracing::error!(%project, commit_id, "what became of a commit could not be found out");
                return Err(Setback::Failed(unavailable(error)));
            }
            Err(error) => tracing::warn!(%project, commit_id, %error, "the outcome of a commit is not known yet"),
        }
        parts.clock.pause(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        question += 1;
    }
}

/// A command with its typed outcome and the caller who waits for it.
struct Pending<T, F> {
    context: Context,
    needs: Vec<Key>,
    command: F,
    outcome: Option<std::result::Result<T, Error>>,
    reply: oneshot::Sender<std::result::Result<T, Error>>,
}

impl<T, F> Command for Pending<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut Tx) -> Result<T> + Send + 'static,
{
    fn context(&self) -> &Context {
        &self.context
    }

    fn needs(&self) -> &[Key] {
        &self.needs
    }

    fn run(&mut self, tx: &mut Tx) -> std::result::Result<(), Stop> {
        match (self.command)(tx) {
            Ok(value) => {
                self.outcome = Some(Ok(value));
                Ok(())
            }
            Err(Stop::Refused(error)) => {
                self.outcome = Some(Err(error.clone()));
                Err(Stop::Refused(error))
            }
            Err(Stop::NotLoaded) => Err(Stop::NotLoaded),
        }
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let outcome = match (failure, self.outcome) {
            // Even a refusal may rest on what another command of the failed batch had changed.
            (Some(failure), _) => Err(failure),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(Error::Internal),
        };
        // The caller may have gone away.
        let _ = self.reply.send(outcome);
    }

    fn fail(&mut self, error: Error) {
        self.outcome = Some(Err(error));
    }
}
