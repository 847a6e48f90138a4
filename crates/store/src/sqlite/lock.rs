//! One process per file: SQLite itself would let several write, but jobs and deliveries would run
//! twice.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use crate::StoreError;

/// An exclusive lock that the operating system gives back when the process ends, however it ends.
pub(super) struct Lock(#[allow(dead_code, reason = "open for the lock's sake")] File);

impl Lock {
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = std::path::PathBuf::from(path);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError(format!(
                "another process is using {}. The embedded store serves one process at a time: stop the other one, \
                 or use its HTTP API",
                database.display()
            ))),
            Err(TryLockError::Error(error)) => Err(StoreError(format!("cannot lock {}: {error}", path.display()))),
        }
    }
}
