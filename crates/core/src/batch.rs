//! Runs a batch of commands against a working set: no I/O, no time of its own, nothing shared.
//!
//! The executor feeds it: run all, load what was missing, run the rest again, until every command
//! has an outcome. What it does about one command is decided in [`Batch::run_one`] alone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use guerdon_model::{Error, Timestamp, ids::ProjectId};
use guerdon_store::{ChangeSet, Key};

use crate::{
    context::Context,
    ids::IdGenerator,
    snapshot::Snapshot,
    tx::{Stop, Tx},
    working_set::{Staged, WorkingSet},
};

/// A command that waits for its turn.
pub(crate) trait Command: Send {
    fn context(&self) -> &Context;

    /// Documents that it surely needs.
    fn needs(&self) -> &[Key];

    /// Runs it and keeps its value or refusal for later. It may be run several times: only the last
    /// run counts.
    fn run(&mut self, tx: &mut Tx) -> Result<(), Stop>;

    /// Tells the caller: what the last run gave, or why the batch failed.
    fn answer(self: Box<Self>, failure: Option<Error>);

    /// Replaces the outcome of the last run.
    fn fail(&mut self, error: Error);
}

/// Commands of one project that are committed together.
pub(crate) struct Batch {
    set: WorkingSet,
    config: Arc<Snapshot>,
    done: Vec<Box<dyn Command>>,
    waiting: Vec<Box<dyn Command>>,
    /// A command that follows a change of configuration waits for the next batch.
    closed: bool,
}

/// What a run over the waiting commands came to.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// Every command has an outcome.
    Finished,
    /// These documents have to be loaded first.
    Missing(Vec<Key>),
}

impl Batch {
    pub(crate) fn new(config: Arc<Snapshot>, commands: Vec<Box<dyn Command>>) -> Self {
        Self { set: WorkingSet::default(), config, done: Vec::new(), waiting: commands, closed: false }
    }

    /// What the waiting commands have declared and the set does not know yet.
    pub(crate) fn declared(&self) -> Vec<Key> {
        let keys = self.waiting.iter().flat_map(|command| command.needs());
        deduplicated(keys.filter(|key| !self.set.knows(key)).cloned().collect())
    }

    pub(crate) fn set(&mut self) -> &mut WorkingSet {
        &mut self.set
    }

    pub(crate) fn config(&self) -> &Arc<Snapshot> {
        &self.config
    }

    /// Runs every waiting command once, in order.
    pub(crate) fn run(&mut self, now: Timestamp, ids: &IdGenerator) -> Progress {
        let mut missing = Vec::new();
        let mut still_waiting = Vec::new();
        for mut command in std::mem::take(&mut self.waiting) {
            if self.closed {
                still_waiting.push(command);
                continue;
            }
            match self.run_one(command.as_mut(), now, ids) {
                Some(keys) => {
                    missing.extend(keys);
                    still_waiting.push(command);
                }
                None => self.done.push(command),
            }
        }
        self.waiting = still_waiting;
        match missing.is_empty() {
            true => Progress::Finished,
            false => Progress::Missing(deduplicated(missing)),
        }
    }

    /// Runs one command; returns what has to be loaded before it can run to its end.
    fn run_one(&mut self, command: &mut dyn Command, now: Timestamp, ids: &IdGenerator) -> Option<Vec<Key>> {
        let context = command.context().clone();
        if let Err(refusal) = context.check_caller(&self.config) {
            command.fail(refusal);
            return None;
        }
        let mut tx =
            Tx { set: &mut self.set, staged: Staged::default(), context: &context, config: &self.config, now, ids };
        let outcome = catch_unwind(AssertUnwindSafe(|| command.run(&mut tx)));
        let staged = tx.staged;
        match outcome {
            Ok(Ok(())) => {
                self.closed |= staged.changes_configuration();
                self.set.merge(staged);
                None
            }
            Ok(Err(Stop::NotLoaded)) => Some(staged.missing),
            Ok(Err(Stop::Refused(_))) => None,
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                tracing::error!(group_id = %context.group_id, panic = text, "a command panicked");
                command.fail(Error::Internal);
                None
            }
        }
    }

    /// The changes of all commands that ran, for the store.
    pub(crate) fn take_changes(&mut self, project: ProjectId, commit_id: String) -> ChangeSet {
        std::mem::take(&mut self.set).into_changes(ChangeSet::new(project, commit_id, self.config.version))
    }

    /// All commands, to be run again from the start against `config`.
    pub(crate) fn restart(self, config: Arc<Snapshot>) -> Self {
        let commands = self.done.into_iter().chain(self.waiting).collect();
        Self::new(config, commands)
    }

    /// Answers every command that ran; returns those that still wait for another batch.
    pub(crate) fn finish(self, failure: Option<Error>) -> Vec<Box<dyn Command>> {
        for command in self.done {
            command.answer(failure.clone());
        }
        self.waiting
    }

    /// Fails all commands.
    pub(crate) fn abandon(self, failure: Error) {
        for command in self.done.into_iter().chain(self.waiting) {
            command.answer(Some(failure.clone()));
        }
    }
}

fn deduplicated(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort();
    keys.dedup();
    keys
}
