//! The embedded store: one SQLite file, nothing to install, safe on power loss.
//!
//! One thread writes ([`threads`]): whatever has queued up while it was syncing goes into one
//! transaction, each change set in a savepoint of its own, so that a conflict undoes only its own
//! changes and the cost of the disk's sync is shared. A few threads load documents in parallel, each
//! merging the loads that wait into one transaction; listings have threads of their own, since one
//! that has to look at every document must not keep anybody waiting who wants a single one. The log is copied back by yet another thread ([`checkpoints`]).
//! Statements are in [`write`](self) and `read.rs`; the
//! tables in `migrations/sqlite`.
//!
//! SQLite always knows the outcome of a commit, so [`CommitError::Unknown`] never occurs here.

mod checkpoints;
mod copy;
mod lock;
mod read;
mod schema;
mod threads;
mod write;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::SendOut,
};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;

use crate::{
    ChangeSet, ColumnValue, CommitError, Configuration, EventQuery, EventRecord, Indexed, Key, Loaded, Page, Portion,
    Query, Record, Samples, SendOutQuery, Settlement, Store, StoreError,
};
use lock::Lock;
use threads::{GROUP, Readers, Writer};

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For this process alone: a second one is refused.
    Exclusive,
    /// For looking only, beside a process that serves.
    ReadOnly,
}

/// A store in one file (and its `-wal` and `-shm` companions).
pub struct Sqlite {
    writer: Option<Writer>,
    readers: Readers,
    listers: Readers,
    path: PathBuf,
    /// Held as long as the store is open.
    _lock: Option<Lock>,
}

/// How many threads load documents.
const READERS: usize = 2;
/// How many threads list.
const LISTERS: usize = 2;

impl Sqlite {
    /// Opens the file, creates it and its folder if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// When another process has the file open, or it can't be written, or a newer Guerdon made it.
    pub fn open(path: &Path) -> Result<Arc<Self>, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError(format!("cannot create {}: {error}", folder.display())))?;
        }
        let lock = Lock::take(path)?;
        create_private(path)?;
        let mut connection = connect(path, Access::Exclusive)?;
        schema::migrate(&mut connection)?;
        write::release_leases(&connection).map_err(failed)?;
        let writer = Writer::start(connection, connect(path, Access::Exclusive)?)?;
        Ok(Arc::new(Self {
            writer: Some(writer),
            readers: Readers::start(READERS, GROUP, || connect(path, Access::ReadOnly))?,
            listers: Readers::start(LISTERS, 1, || connect(path, Access::ReadOnly))?,
            path: path.to_owned(),
            _lock: Some(lock),
        }))
    }

    /// Opens an existing file for reading, beside a process that may be writing it.
    ///
    /// # Errors
    /// When there is no such file or its tables are of another version.
    pub fn open_read_only(path: &Path) -> Result<Arc<Self>, StoreError> {
        if !path.exists() {
            return Err(StoreError(format!("there is no database at {}", path.display())));
        }
        let connection = connect(path, Access::ReadOnly)?;
        schema::require_current(&connection)?;
        drop(connection);
        Ok(Arc::new(Self {
            writer: None,
            readers: Readers::start(1, GROUP, || connect(path, Access::ReadOnly))?,
            listers: Readers::start(1, 1, || connect(path, Access::ReadOnly))?,
            path: path.to_owned(),
            _lock: None,
        }))
    }

    /// Writes a consistent copy of the whole store to a new file, while it is in use.
    ///
    /// # Errors
    /// When the target exists or can't be written.
    pub fn backup(&self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            return Err(StoreError(format!("{} exists already", target.display())));
        }
        let source = connect(&self.path, Access::ReadOnly)?;
        create_private(target)?;
        let mut copy = Connection::open(target).map_err(failed)?;
        let backup = rusqlite::backup::Backup::new(&source, &mut copy).map_err(failed)?;
        // All pages in one step: a copy in many steps starts over whenever somebody writes.
        loop {
            match backup.step(-1).map_err(failed)? {
                rusqlite::backup::StepResult::Done => return Ok(()),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.writer.as_ref().ok_or_else(|| StoreError("the database was opened for reading only".into()))
    }
}

/// Makes an empty file that only its owner can read, unless there is one. SQLite gives the files beside
/// it the same permissions.
fn create_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = std::fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    opened.map(drop).map_err(|error| StoreError(format!("cannot write {}: {error}", path.display())))
}

/// A connection with the settings that every one of ours has.
fn connect(path: &Path, access: Access) -> Result<Connection, StoreError> {
    let flags = match access {
        Access::Exclusive => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(256);
    let pragmas = match access {
        // A large cache for the indexes: random keys touch pages all over them.
        Access::Exclusive => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -114688;
             PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
        }
        Access::ReadOnly => "PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    };
    connection.execute_batch(pragmas).map_err(failed)?;
    read::register_functions(&connection).map_err(failed)?;
    Ok(connection)
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError(error.to_string())
}

#[async_trait]
impl Store for Sqlite {
    fn is_shared(&self) -> bool {
        false
    }

    async fn load(&self, project: &ProjectId, keys: Vec<Key>) -> Result<Loaded, StoreError> {
        let project = project.clone();
        self.readers.run(move |connection| read::load(connection, &project, &keys)).await
    }

    async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        self.writer()?.run(move |connection| write::apply(connection, &changes)).await
    }

    async fn resolve(&self, _project: &ProjectId, _commit_id: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.listers.run(move |connection| read::query(connection, query)).await
    }

    async fn samples(&self, samples: Samples) -> Result<Vec<(ColumnValue, Record)>, StoreError> {
        self.listers.run(move |connection| read::samples(connection, &samples)).await
    }

    async fn configuration(&self, project: &ProjectId) -> Result<Configuration, StoreError> {
        let project = project.clone();
        self.readers.run(move |connection| read::configuration(connection, &project)).await
    }

    async fn locate(&self, key: Key) -> Result<Option<ProjectId>, StoreError> {
        self.readers.run(move |connection| read::locate(connection, &key)).await
    }

    async fn events(&self, query: EventQuery) -> Result<Vec<EventRecord>, StoreError> {
        self.listers.run(move |connection| read::events(connection, &query)).await
    }

    async fn send_out(&self, project: &ProjectId, id: &SendOutId) -> Result<Option<SendOut>, StoreError> {
        let (project, id) = (project.clone(), id.clone());
        self.readers.run(move |connection| read::send_out(connection, &project, &id)).await
    }

    async fn send_outs(&self, query: SendOutQuery) -> Result<Vec<SendOut>, StoreError> {
        self.listers.run(move |connection| read::send_outs(connection, &query)).await
    }

    async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<(ProjectId, WebhookId)>, StoreError> {
        self.readers.run(move |connection| read::due_webhooks(connection, now)).await
    }

    async fn next_send_out_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.readers.run(read::next_send_out_due).await
    }

    async fn lease_send_outs(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SendOut>, StoreError> {
        let (project, webhook) = (project.clone(), webhook.clone());
        self.writer()?
            .run(move |connection| write::lease_send_outs(connection, &project, &webhook, now, until, limit))
            .await
            .map_err(unavailable)
    }

    async fn settle_send_outs(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.writer()?
            .run(move |connection| write::settle_send_outs(connection, &settlements))
            .await
            .map_err(unavailable)
    }

    async fn fail_waiting_send_outs(&self, project: &ProjectId, webhook: &WebhookId) -> Result<u64, StoreError> {
        let (project, webhook) = (project.clone(), webhook.clone());
        self.writer()?
            .run(move |connection| write::fail_waiting_send_outs(connection, &project, &webhook))
            .await
            .map_err(unavailable)
    }

    async fn blob_chunk(&self, project: &ProjectId, blob: &str, seq: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let (project, blob) = (project.clone(), blob.to_owned());
        self.readers.run(move |connection| read::blob_chunk(connection, &project, &blob, seq)).await
    }

    async fn purge(&self, project: &ProjectId, limit: usize) -> Result<bool, StoreError> {
        let project = project.clone();
        self.writer()?.run(move |connection| write::purge(connection, &project, limit)).await.map_err(unavailable)
    }

    async fn prune(&self, now: Timestamp, send_outs_before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.writer()?
            .run(move |connection| write::prune(connection, now, send_outs_before, limit))
            .await
            .map_err(unavailable)
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.listers.run(read::check).await
    }

    async fn dump(&self, portions: mpsc::Sender<Portion>) -> Result<(), StoreError> {
        self.listers.run(move |connection| copy::dump(connection, &portions)).await
    }

    async fn restore(&self, portion: Portion<Indexed>) -> Result<(), StoreError> {
        let restored = self.writer()?.run(move |connection| copy::restore(connection, portion)).await;
        restored.map_err(|error| match error {
            CommitError::Conflict => StoreError("a row is there already".into()),
            other => unavailable(other),
        })
    }
}

/// Work that is no change set can only fail as a whole.
fn unavailable(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        CommitError::Conflict | CommitError::Unknown => StoreError(error.to_string()),
    }
}
