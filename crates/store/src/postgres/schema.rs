//! Migrations: forward only, each in a transaction of its own, taken by one node at a time.
//!
//! An older program may still be running, or be started again, while a newer one has brought the
//! tables up to date. So a migration only adds, and says which is the oldest program that can go on.

use tokio_postgres::error::SqlState;

use super::{failed, pool::Connection};
use crate::StoreError;

/// A step from one state of the tables to the next.
struct Migration {
    sql: &'static str,
    /// The number of migrations that the oldest program knows which can work with the result.
    oldest_program: i32,
}

/// Every migration so far, in order.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("../../migrations/postgres/0001_foundation.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0002_catalogue.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0003_rules.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0004_orders.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0005_segments.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0006_campaigns.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0007_campaign_days.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0008_publications.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0009_ledger.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0010_promotions.sql"), oldest_program: 1 },
    Migration { sql: include_str!("../../migrations/postgres/0011_exports.sql"), oldest_program: 1 },
    // An older program would change metadata and leave the number of what they were.
    Migration { sql: include_str!("../../migrations/postgres/0012_voucher_lists.sql"), oldest_program: 12 },
    // An older program would change a voucher and forget what sessions have reserved of it.
    Migration { sql: include_str!("../../migrations/postgres/0013_sessions.sql"), oldest_program: 13 },
    Migration { sql: include_str!("../../migrations/postgres/0014_redemptions.sql"), oldest_program: 13 },
    // An older program would change a voucher and leave it among the codes for everybody, or outside.
    Migration { sql: include_str!("../../migrations/postgres/0015_qualifications.sql"), oldest_program: 15 },
    Migration { sql: include_str!("../../migrations/postgres/0016_kept_answers.sql"), oldest_program: 15 },
];

/// The migrations that this program knows.
const KNOWN: i32 = MIGRATIONS.len() as i32;

/// Brings the tables up to date. Several nodes may try at once: one does, the others wait for it.
pub(super) async fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    create_bookkeeping(connection).await?;
    loop {
        let transaction = connection.transaction().await.map_err(failed)?;
        // This row is the lock: whoever has it migrates.
        let row = transaction
            .query_one("SELECT applied, oldest_program FROM schema_state WHERE id = 1 FOR UPDATE", &[])
            .await
            .map_err(failed)?;
        let (applied, oldest_program): (i32, i32) = (row.get(0), row.get(1));
        require_known(applied, oldest_program)?;
        let Some(migration) = MIGRATIONS.get(applied as usize) else { return Ok(()) };
        transaction.batch_execute(migration.sql).await.map_err(failed)?;
        transaction
            .execute(
                "UPDATE schema_state SET applied = $1, oldest_program = $2 WHERE id = 1",
                &[&(applied + 1), &migration.oldest_program],
            )
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        tracing::info!(migration = applied + 1, "applied migration");
    }
}

/// Refuses a database whose tables this program can't read.
pub(super) async fn require_current(connection: &Connection) -> Result<(), StoreError> {
    let found = connection.query_opt("SELECT applied, oldest_program FROM schema_state WHERE id = 1", &[]).await;
    let behind = || StoreError("the database's tables are of an older version: run `guerdon migrate` first".into());
    match found {
        Ok(Some(row)) => {
            let (applied, oldest_program): (i32, i32) = (row.get(0), row.get(1));
            require_known(applied, oldest_program)?;
            if applied < KNOWN { Err(behind()) } else { Ok(()) }
        }
        Ok(None) => Err(behind()),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            Err(StoreError("there are no tables of Guerdon in the database: run `guerdon migrate` first".into()))
        }
        Err(error) => Err(failed(error)),
    }
}

fn require_known(applied: i32, oldest_program: i32) -> Result<(), StoreError> {
    if oldest_program > KNOWN {
        return Err(StoreError(format!(
            "the database was brought up to date by a newer version of Guerdon (tables {applied}, this program knows \
             {KNOWN})"
        )));
    }
    Ok(())
}

async fn create_bookkeeping(connection: &Connection) -> Result<(), StoreError> {
    let create = "CREATE TABLE IF NOT EXISTS schema_state (
                      id INTEGER NOT NULL, applied INTEGER NOT NULL, oldest_program INTEGER NOT NULL, PRIMARY KEY (id))";
    match connection.batch_execute(create).await {
        Ok(()) => {}
        // Two that create it at the same moment: one of them is told so, and the table is there.
        Err(error)
            if error.code() == Some(&SqlState::UNIQUE_VIOLATION)
                || error.code() == Some(&SqlState::DUPLICATE_TABLE)
                || error.code() == Some(&SqlState::DUPLICATE_OBJECT) => {}
        Err(error) => return Err(failed(error)),
    }
    let first = "INSERT INTO schema_state (id, applied, oldest_program) VALUES (1, 0, 0) ON CONFLICT DO NOTHING";
    connection.batch_execute(first).await.map_err(failed)
}
