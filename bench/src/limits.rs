//! What bounds the figures: the same rows written by a bare loop, the same bytes served from memory.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use axum::{Router, http::header, routing::get};
use bytes::Bytes;
use guerdon_core::ids::IdGenerator;
use guerdon_model::{
    Timestamp,
    customer::{Customer, CustomerInput},
    event::{Channel, Event, EventApiKey, EventSource, EventType},
    ids::{CustomerEventId, CustomerId, RequestId},
};
use guerdon_store::{Document, collection::ColumnValue, sqlite::Sqlite};
use rusqlite::{Connection, params};

use crate::{server::input_is_closed, shop};

/// How many customers share a commit: as many as there are connections that create them.
const BATCH: u64 = 64;

/// What creating a customer leaves in the store.
struct Rows {
    id: CustomerId,
    document: String,
    columns: Vec<ColumnValue>,
    event_id: CustomerEventId,
    group_id: RequestId,
    source: String,
    created_at: i64,
    data: String,
}

/// Writes so many customers and their events straight into our tables; returns customers per second.
/// Only the transactions are timed, not the making of the rows.
pub(crate) fn write_rows(path: &Path, count: u64) -> anyhow::Result<f64> {
    // Makes the tables.
    drop(Sqlite::open(path)?);
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -131072;
         PRAGMA wal_autocheckpoint = 4000;",
    )?;
    let ids = IdGenerator::from_system();
    let mut elapsed = Duration::ZERO;
    let mut written = 0;
    while written < count {
        let batch = (written..written + BATCH).map(|number| rows(number, &ids)).collect::<anyhow::Result<Vec<_>>>()?;
        let started = Instant::now();
        write_batch(&connection, &batch)?;
        elapsed += started.elapsed();
        written += BATCH;
    }
    Ok(written as f64 / elapsed.as_secs_f64())
}

fn rows(number: u64, ids: &IdGenerator) -> anyhow::Result<Rows> {
    let input: CustomerInput = serde_json::from_str(&shop::body(number))?;
    let now = Timestamp::from_millis(1_780_000_000_000 + number as i64);
    let mut customer = Customer::new(ids.next(now), Some(shop::source_id(number)), now);
    input.apply_to(&mut customer);
    let api_key = Some(EventApiKey { name: "Primary".into(), app_id: shop::SERVER_KEY.0.into() });
    Ok(Rows {
        document: serde_json::to_string(&customer)?,
        columns: customer.columns(),
        event_id: ids.next(now),
        group_id: ids.next(now),
        source: serde_json::to_string(&EventSource { channel: Channel::Api, user: None, api_key })?,
        created_at: now.as_millis(),
        data: Event::CustomerCreated(&customer).logged_data().to_string(),
        id: customer.id,
    })
}

fn write_batch(connection: &Connection, batch: &[Rows]) -> anyhow::Result<()> {
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
        let [source_id, name, email, city, created_at, updated_at, changed_at] = &row.columns[..] else {
            anyhow::bail!("the customers' columns are not those that this limit was written for");
        };
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

/// Serves the same bytes from memory for any customer, until standard input is closed.
pub(crate) async fn serve_bytes(listen: SocketAddr, body: &Path) -> anyhow::Result<()> {
    use axum::serve::ListenerExt;
    let body = Bytes::from(std::fs::read(body)?);
    let answer = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body) }
    };
    let router =
        Router::new().route("/readyz", get(async || "ready\n")).route("/v1/customers/{customerId}", get(answer));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tokio::select! {
        served = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router) => served?,
        () = input_is_closed() => {}
    }
    Ok(())
}
