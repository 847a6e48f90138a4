//! What bounds the figures: the same rows written by a bare loop, the same bytes served from memory.

mod postgres;
mod sqlite;

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use axum::{
    Router,
    http::header,
    routing::{get, post},
};
use bytes::Bytes;
use guerdon_core::ids::IdGenerator;
use guerdon_model::{
    Timestamp,
    customer::{Customer, CustomerInput},
    event::{Channel, Event, EventApiKey, EventSource},
    ids::{CustomerEventId, CustomerId, RequestId},
};
use guerdon_store::{Document, collection::ColumnValue};

use crate::{
    client::block_on,
    databases::{self, Database, Place},
    server::input_is_closed,
    shop,
};

/// How many customers share a commit: as many as there are connections that create them.
const BATCH: u64 = 64;

/// What creating a customer leaves in the store.
struct Row {
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
pub(crate) fn write_rows(database: &Database, count: u64) -> anyhow::Result<f64> {
    // Makes the tables.
    drop(block_on(databases::open(&database.url()))?);
    match &database.place {
        Place::File(path) => sqlite::write_rows(path, Batches::new(count)),
        Place::Schema(schema) => postgres::write_rows(schema.url(), Batches::new(count)),
    }
}

/// The rows of as many customers as are asked for, one batch after the other.
struct Batches {
    ids: IdGenerator,
    made: u64,
    count: u64,
}

impl Batches {
    fn new(count: u64) -> Self {
        Self { ids: IdGenerator::from_system(), made: 0, count }
    }

    fn next(&mut self) -> anyhow::Result<Option<Vec<Row>>> {
        if self.made >= self.count {
            return Ok(None);
        }
        let numbers = self.made..self.made + BATCH;
        self.made = numbers.end;
        numbers.map(|number| row(number, &self.ids)).collect::<anyhow::Result<_>>().map(Some)
    }
}

/// What the transactions took. The making of the rows does not count.
#[derive(Default)]
struct Tally {
    rows: usize,
    elapsed: Duration,
}

impl Tally {
    fn add(&mut self, batch: &[Row], started: Instant) {
        self.elapsed += started.elapsed();
        self.rows += batch.len();
    }

    fn per_second(&self) -> f64 {
        self.rows as f64 / self.elapsed.as_secs_f64()
    }
}

fn row(number: u64, ids: &IdGenerator) -> anyhow::Result<Row> {
    let input: CustomerInput = serde_json::from_str(&shop::body(number))?;
    let now = Timestamp::from_millis(1_780_000_000_000 + number as i64);
    let mut customer = Customer::new(ids.next(now), Some(shop::source_id(number)), now);
    input.apply_to(&mut customer);
    let api_key = Some(EventApiKey { name: "Primary".into(), app_id: shop::SERVER_KEY.0.into() });
    Ok(Row {
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

/// The columns of a customer, in the order of their table.
fn columns(row: &Row) -> anyhow::Result<&[ColumnValue; 7]> {
    let columns = row.columns.as_slice().try_into();
    columns.map_err(|_| anyhow::anyhow!("the customers' columns are not those that this limit was written for"))
}

/// Serves the same bytes from memory for any customer, until standard input is closed.
pub(crate) async fn serve_bytes(listen: SocketAddr, body: &Path) -> anyhow::Result<()> {
    use axum::serve::ListenerExt;
    let body = Bytes::from(std::fs::read(body)?);
    let answer = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body) }
    };
    // Parses what it is asked, as whoever answers has to.
    let parse = {
        let answer = answer.clone();
        move |request: Bytes| {
            std::hint::black_box(serde_json::from_slice::<serde_json::Value>(&request).is_ok());
            answer()
        }
    };
    let router = Router::new()
        .route("/readyz", get(async || "ready\n"))
        .route("/v1/customers/{customerId}", get(answer))
        .route("/v1/validations", post(parse));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    tokio::select! {
        served = axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router) => served?,
        () = input_is_closed() => {}
    }
    Ok(())
}
