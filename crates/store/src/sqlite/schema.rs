//! Migrations: forward only, each in a transaction of its own.

use rusqlite::Connection;

use super::failed;
use crate::StoreError;

/// Every migration so far; the number of those applied is the file's `user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_foundation.sql"),
    include_str!("../../migrations/sqlite/0002_catalogue.sql"),
    include_str!("../../migrations/sqlite/0003_rules.sql"),
    include_str!("../../migrations/sqlite/0004_orders.sql"),
    include_str!("../../migrations/sqlite/0005_segments.sql"),
    include_str!("../../migrations/sqlite/0006_campaigns.sql"),
    include_str!("../../migrations/sqlite/0007_campaign_days.sql"),
    include_str!("../../migrations/sqlite/0008_publications.sql"),
    include_str!("../../migrations/sqlite/0009_ledger.sql"),
    include_str!("../../migrations/sqlite/0010_promotions.sql"),
    include_str!("../../migrations/sqlite/0011_exports.sql"),
    include_str!("../../migrations/sqlite/0012_voucher_lists.sql"),
    include_str!("../../migrations/sqlite/0013_sessions.sql"),
    include_str!("../../migrations/sqlite/0014_redemptions.sql"),
    include_str!("../../migrations/sqlite/0015_qualifications.sql"),
    include_str!("../../migrations/sqlite/0016_kept_answers.sql"),
];

/// Brings the tables up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let applied = version(connection)?;
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(applied) {
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(sql).map_err(failed)?;
        transaction.pragma_update(None, "user_version", number + 1).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        tracing::info!(migration = number + 1, "applied migration");
    }
    Ok(())
}

/// Refuses a file whose tables are older or newer than this program's.
pub(super) fn require_current(connection: &Connection) -> Result<(), StoreError> {
    match version(connection)? {
        current if current == MIGRATIONS.len() => Ok(()),
        _ => Err(StoreError("the database's tables are of an older version: run `guerdon migrate` first".into())),
    }
}

fn version(connection: &Connection) -> Result<usize, StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if version > MIGRATIONS.len() {
        return Err(StoreError(format!(
            "the database was written by a newer version of Guerdon (tables {version}, this program knows {})",
            MIGRATIONS.len()
        )));
    }
    Ok(version)
}
