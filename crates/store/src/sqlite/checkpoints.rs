//! Copies the write-ahead log back into the database, beside the writer.
//!
//! SQLite by itself does so within a commit, which keeps everybody waiting for the copying. Here a
//! thread of its own copies while the writer goes on; the writer helps out only when the log has grown
//! long, and finds little left to copy then.

use std::{cell::Cell, thread::JoinHandle};

use rusqlite::Connection;

use super::threads::spawn;
use crate::StoreError;

/// From so many pages (of 4 KiB) in the log on, the thread copies.
const BESIDE: i32 = 2_048;
/// From so many pages in the log on, the writer does.
const WITHIN: i32 = 32_768;

thread_local! {
    /// How many pages were in the log after this thread's last commit.
    static PAGES: Cell<i32> = const { Cell::new(0) };
}

/// The thread that copies.
pub(super) struct Checkpoints {
    wake: Option<flume::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Copies with this connection.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (wake, woken) = flume::bounded(1);
        let thread = spawn("sqlite-checkpoints", move || {
            while woken.recv().is_ok() {
                copy(&connection)
            }
        })?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Notes the length of the log with every commit of the writer; SQLite's own copying ends thereby.
    pub(super) fn watch(writer: &Connection) {
        writer.wal_hook(Some(|_, pages| {
            PAGES.set(pages);
            Ok(())
        }));
    }

    /// Sees to the log after a commit; called by the writer's thread.
    pub(super) fn after_commit(&self, writer: &Connection) {
        let pages = PAGES.get();
        if pages >= BESIDE
            && let Some(wake) = &self.wake
        {
            // Woken once is enough.
            let _ = wake.try_send(());
        }
        if pages >= WITHIN {
            copy(writer);
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Copies what no reader still needs in the log, and waits for nobody.
fn copy(connection: &Connection) {
    // What could not be copied now is copied the next time.
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::debug!(%error, "the write-ahead log could not be copied back");
    }
}
