//! The bare loop on SQLite: prepared statements, one transaction per batch.

use std::{path::Path, time::Instant};

use guerdon_model::event::EventType;
use rusqlite::{Connection, params};

use super::{Batches, Row, Tally, columns};
use crate::shop;

pub(super) fn write_rows(path: &Path, mut batches: Batches) -> anyhow::Result<f64> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072;
         PRAGMA wal_autocheckpoint = 4000;",
    )?;
    let mut tally = Tally::default();
    while let Some(batch) = batches.next()? {
        let started = Instant::now();
        write_batch(&connection, &batch)?;
        tally.add(&batch, started);
    }
    Ok(tally.per_second())
}

fn write_batch(connection: &Connection, batch: &[Row]) -> anyhow::Result<()> {
    let mut customers = connection.prepare_cached(
        "INSERT INTO customers (project_id, id, version, format, document, source_id, name, email_folded, city,
                                created_at, updated_at, changed_at)
         VALUES (?1, ?2, 1, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut events = connection.prepare_cached(
        "INSERT INTO events (project_id, id, type, category, entity_id, group_id, created_at, source, data)
         VALUES (?1, ?2, ?3, 'ACTION', ?4, ?5, ?6, ?7, ?8)",
    )?;
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for row in batch {
        let [source_id, name, email, city, created_at, updated_at, changed_at] = columns(row)?;
        let id = row.id.as_str();
        customers.execute(params![
            shop::PROJECT,
            id,
            row.document,
            source_id,
            name,
            email,
            city,
            created_at,
            updated_at,
            changed_at
        ])?;
        events.execute(params![
            shop::PROJECT,
            row.event_id.as_str(),
            EventType::CUSTOMER_CREATED.name(),
            id,
            row.group_id.as_str(),
            row.created_at,
            row.source,
            row.data
        ])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
