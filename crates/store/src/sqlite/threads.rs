//! The threads that talk to SQLite, and how async callers hand work to them.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::failed;
use crate::{CommitError, StoreError};

/// Answers a caller once it is known whether the transaction that held its work was committed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Work inside the writer's transaction.
type WriteWork = Box<dyn FnOnce(&Connection) -> Answer + Send>;
/// Work inside a reader's transaction; answers its caller itself.
type ReadWork = Box<dyn FnOnce(&Connection) + Send>;

/// The most pieces of work that share one transaction.
const GROUP: usize = 64;

/// The one thread that writes.
pub(super) struct Writer {
    queue: Option<flume::Sender<WriteWork>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, waiting) = flume::unbounded::<WriteWork>();
        let thread = spawn("sqlite-writer", move || {
            while let Ok(first) = waiting.recv() {
                let group = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1));
                write_group(&connection, group);
            }
            // Leaves no `-wal` behind that a copy of the file alone would miss.
            let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a savepoint of the next transaction; returns once that is durable.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, CommitError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: WriteWork = Box::new(move |connection| {
            let outcome = in_savepoint(connection, work);
            Box::new(move |committed| {
                // The caller may have gone away; its work is done all the same.
                let _ = reply.send(match committed {
                    Ok(()) => outcome,
                    Err(error) => Err(CommitError::Store(error)),
                });
            })
        });
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(work).map_err(|_| stopped())?;
        answer.await.map_err(|_| CommitError::Store(stopped()))?
    }
}

impl Drop for Writer {
    /// Lets the thread finish what has queued up.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_group(connection: &Connection, group: impl Iterator<Item = WriteWork>) {
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(failed);
    let answers: Vec<Answer> = group.map(|work| work(connection)).collect();
    let committed = begun.and_then(|()| connection.execute_batch("COMMIT").map_err(failed));
    if let Err(error) = &committed {
        tracing::error!(%error, "the embedded database could not write");
        let _ = connection.execute_batch("ROLLBACK");
    }
    for answer in answers {
        answer(committed.clone());
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, CommitError>,
) -> Result<T, CommitError> {
    let execute = |sql: &str| {
        let run = || connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| CommitError::Store(failed(error)))
    };
    execute("SAVEPOINT work")?;
    let outcome = work(connection);
    if outcome.is_err() {
        execute("ROLLBACK TO work")?;
    }
    execute("RELEASE work")?;
    outcome
}

/// A few threads that read.
pub(super) struct Readers {
    queue: Option<flume::Sender<ReadWork>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(
        count: usize,
        connect: impl Fn() -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        let (queue, waiting) = flume::unbounded::<ReadWork>();
        let threads = (0..count)
            .map(|_| {
                let (connection, waiting) = (connect()?, waiting.clone());
                spawn("sqlite-reader", move || {
                    while let Ok(first) = waiting.recv() {
                        // Collected before the transaction begins: work that is queued later may have to see
                        // a commit that the transaction would not.
                        let group = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)).collect();
                        read_group(&connection, group);
                    }
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { queue: Some(queue), threads })
    }

    /// Runs `work` against one consistent state of the database.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: ReadWork = Box::new(move |connection| {
            let _ = reply.send(work(connection).map_err(failed));
        });
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(work).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn read_group(connection: &Connection, group: Vec<ReadWork>) {
    // Without the transaction every statement would see its own state and take its own lock; should
    // it not begin, the statements themselves report why.
    let begun = connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([])).is_ok();
    group.into_iter().for_each(|work| work(connection));
    if begun {
        let _ = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map_err(|error| StoreError(format!("cannot start a thread: {error}")))
}

fn stopped() -> StoreError {
    StoreError("the store was closed".into())
}
