//! The threads that talk to SQLite, and how async callers hand work to them.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{checkpoints::Checkpoints, failed};
use crate::{CommitError, StoreError};

/// Answers a caller once it is known whether the transaction that held its work was committed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Work inside the writer's transaction, alone or with others.
type WriteWork = Box<dyn FnOnce(&Connection, Company) -> Answer + Send>;
/// Work inside a reader's transaction; answers its caller itself.
type ReadWork = Box<dyn FnOnce(&Connection) + Send>;

/// The most pieces of work that share one transaction.
pub(super) const GROUP: usize = 64;

/// Whether a transaction holds one piece of work or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    Alone,
    WithOthers,
}

/// The one thread that writes.
pub(super) struct Writer {
    queue: Option<flume::Sender<WriteWork>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Writes with one connection and copies the log back with the other.
    pub(super) fn start(connection: Connection, for_checkpoints: Connection) -> Result<Self, StoreError> {
        let checkpoints = Checkpoints::start(for_checkpoints)?;
        Checkpoints::watch(&connection);
        let (queue, waiting) = flume::unbounded::<WriteWork>();
        let thread = spawn("sqlite-writer", move || {
            while let Ok(first) = waiting.recv() {
                let group = std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)).collect();
                write_group(&connection, group);
                checkpoints.after_commit(&connection);
            }
            drop(checkpoints);
            // Leaves no `-wal` behind that a copy of the file alone would miss.
            let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in the next transaction, apart from what else is in it; returns once that is durable.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, CommitError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: WriteWork = Box::new(move |connection, company| {
            let outcome = apart(connection, company, work);
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

fn write_group(connection: &Connection, group: Vec<WriteWork>) {
    let company = if group.len() == 1 { Company::Alone } else { Company::WithOthers };
    let begun = connection.execute_batch("BEGIN IMMEDIATE").map_err(failed);
    let answers: Vec<Answer> = group.into_iter().map(|work| work(connection, company)).collect();
    let committed = begun.and_then(|()| match company {
        // It has failed, and has undone all there was.
        Company::Alone if connection.is_autocommit() => Ok(()),
        _ => connection.execute_batch("COMMIT").map_err(failed),
    });
    if let Err(error) = &committed {
        tracing::error!(%error, "the embedded database could not write");
        roll_back(connection);
    }
    for answer in answers {
        answer(committed.clone());
    }
}

/// Runs work so that its failure undoes its own changes only.
fn apart<T>(
    connection: &Connection,
    company: Company,
    work: impl FnOnce(&Connection) -> Result<T, CommitError>,
) -> Result<T, CommitError> {
    let execute = |sql: &str| {
        let run = || connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| CommitError::Store(failed(error)))
    };
    // Outside of a transaction a savepoint would be one of its own, and its release would commit what
    // the caller is then told was not written. It did not begin, or a grave error has ended it.
    if connection.is_autocommit() {
        return Err(CommitError::Store(StoreError("the transaction has failed".into())));
    }
    if company == Company::Alone {
        // The transaction itself is what a failure undoes: a savepoint would copy every page once more.
        let outcome = work(connection);
        return match outcome {
            Ok(_) if connection.is_autocommit() => {
                Err(CommitError::Store(StoreError("the transaction has failed".into())))
            }
            Ok(value) => Ok(value),
            Err(error) => {
                roll_back(connection);
                Err(error)
            }
        };
    }
    execute("SAVEPOINT work")?;
    let outcome = work(connection);
    let undone = match outcome {
        Ok(_) => Ok(()),
        Err(_) => execute("ROLLBACK TO work"),
    };
    if let Err(error) = undone.and_then(|()| execute("RELEASE work")) {
        // What can't be undone alone must not be committed with the others.
        roll_back(connection);
        return Err(error);
    }
    outcome
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// A few threads that read.
pub(super) struct Readers {
    queue: Option<flume::Sender<ReadWork>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(
        count: usize,
        group: usize,
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
                        let group = std::iter::once(first).chain(waiting.try_iter().take(group - 1)).collect();
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

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map_err(|error| StoreError(format!("cannot start a thread: {error}")))
}

fn stopped() -> StoreError {
    StoreError("the store was closed".into())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    fn numbers(connection: &Connection) -> Vec<i64> {
        let mut statement = connection.prepare("SELECT n FROM numbers ORDER BY n").expect("a statement");
        statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("numbers")
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE numbers (n INTEGER, text TEXT)").expect("a table");
        connection
    }

    /// Runs SQL statements as one group; returns how many of them were answered with success.
    fn run(connection: &Connection, statements: &[&'static str]) -> usize {
        let passed = Arc::new(AtomicUsize::new(0));
        let work = statements.iter().copied().map(|sql| -> WriteWork {
            let passed = passed.clone();
            Box::new(move |connection, company| {
                let run = |connection: &Connection| {
                    connection.execute_batch(sql).map_err(|error| CommitError::Store(failed(error)))
                };
                let outcome = apart(connection, company, run);
                Box::new(move |committed| {
                    passed.fetch_add(usize::from(committed.is_ok() && outcome.is_ok()), Ordering::SeqCst);
                })
            })
        });
        write_group(connection, work.collect());
        passed.load(Ordering::SeqCst)
    }

    #[test]
    fn a_failure_undoes_its_own_work_only() {
        let connection = database();
        let statements = [
            "INSERT INTO numbers VALUES (1, '')",
            "INSERT INTO numbers VALUES (2, ''); nonsense",
            "INSERT INTO numbers VALUES (3, '')",
        ];
        assert_eq!(run(&connection, &statements), 2);
        assert_eq!(numbers(&connection), [1, 3]);
    }

    #[test]
    fn nothing_is_written_when_the_transaction_can_not_begin() {
        let connection = database();
        // A transaction that is open already is the simplest reason.
        connection.execute_batch("BEGIN").expect("a transaction");
        assert_eq!(run(&connection, &["INSERT INTO numbers VALUES (1, '')"]), 0);
        assert_eq!(numbers(&connection), [0; 0]);
    }

    #[test]
    fn nothing_is_written_when_the_transaction_ends_half_way() {
        let connection = database();
        let statements = ["INSERT INTO numbers VALUES (1, '')", "ROLLBACK", "INSERT INTO numbers VALUES (2, '')"];
        assert_eq!(run(&connection, &statements), 0);
        assert_eq!(numbers(&connection), [0; 0]);
        assert_eq!(run(&connection, &["INSERT INTO numbers VALUES (3, '')"]), 1, "the next group goes on");
        assert_eq!(numbers(&connection), [3]);
    }

    #[test]
    fn work_that_is_alone_is_undone_whole_when_it_fails() {
        let connection = database();
        assert_eq!(run(&connection, &["INSERT INTO numbers VALUES (1, ''); nonsense"]), 0);
        assert_eq!(run(&connection, &["INSERT INTO numbers VALUES (2, ''); ROLLBACK"]), 0);
        assert_eq!(run(&connection, &["INSERT INTO numbers VALUES (3, '')"]), 1);
        assert_eq!(numbers(&connection), [3]);
    }
}
