//! The bare loop on PostgreSQL: prepared statements that take arrays, one transaction per batch, all of
//! it sent at once, on one connection. Besides the rows, it writes what any commit of ours does.

use std::time::Instant;

use futures_util::future::{join, try_join_all};
use guerdon_model::event::EventType;
use guerdon_store::collection::ColumnValue;
use tokio_postgres::{Client, Statement, types::ToSql};

use super::{Batches, Row, Tally, columns};
use crate::{postgres::with_client, shop};

/// In the order in which they are written.
const STATEMENTS: [&str; 4] = [
    "INSERT INTO commits (project_id, id, committed) VALUES ($1, $2, true)",
    "INSERT INTO customers (project_id, id, version, format, document, source_id, name, email_folded, city,
                            created_at, updated_at, changed_at)
     SELECT $1, new.id, 1, 1, new.document, new.source_id, new.name, new.email_folded, new.city, new.created_at,
            new.updated_at, new.changed_at
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
                 $10::bigint[])
          AS new (id, document, source_id, name, email_folded, city, created_at, updated_at, changed_at)",
    "INSERT INTO counts AS kept (project_id, collection, slot, n) VALUES ($1, 'customers', 0, $2)
     ON CONFLICT (project_id, collection, slot) DO UPDATE SET n = kept.n + excluded.n",
    "INSERT INTO events (project_id, id, type, category, entity_id, group_id, created_at, source, data)
     SELECT $1, new.id, $2, 'ACTION', new.entity_id, new.group_id, new.created_at, new.source, new.data
     FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[])
          AS new (id, entity_id, group_id, created_at, source, data)",
];

pub(super) fn write_rows(url: &str, mut batches: Batches) -> anyhow::Result<f64> {
    with_client(url, async |client| {
        let prepared = try_join_all(STATEMENTS.map(|statement| client.prepare(statement))).await?;
        let mut tally = Tally::default();
        while let Some(batch) = batches.next()? {
            let started = Instant::now();
            write_batch(client, &prepared, &batch).await?;
            tally.add(&batch, started);
        }
        Ok(tally.per_second())
    })
}

async fn write_batch(client: &Client, prepared: &[Statement], batch: &[Row]) -> anyhow::Result<()> {
    let columns = batch.iter().map(columns).collect::<anyhow::Result<Vec<_>>>()?;
    let texts = |place: usize| columns.iter().map(|row| text(&row[place])).collect::<Vec<_>>();
    let numbers = |place: usize| columns.iter().map(|row| number(&row[place])).collect::<Vec<_>>();
    let of = |value: fn(&Row) -> &str| batch.iter().map(value).collect::<Vec<_>>();

    let commit_id = format!("{:0>32}", batch[0].id.as_str());
    let ids = of(|row| row.id.as_str());
    let documents = of(|row| &row.document);
    let (source_ids, names, emails, cities) = (texts(0), texts(1), texts(2), texts(3));
    let (created_at, updated_at, changed_at) = (numbers(4), numbers(5), numbers(6));
    let count = batch.len() as i64;
    let event_ids = of(|row| row.event_id.as_str());
    let group_ids = of(|row| row.group_id.as_str());
    let happened_at = batch.iter().map(|row| row.created_at).collect::<Vec<_>>();
    let (sources, data) = (of(|row| &row.source), of(|row| &row.data));
    let project: &(dyn ToSql + Sync) = &shop::PROJECT;
    let params: [Vec<&(dyn ToSql + Sync)>; STATEMENTS.len()] = [
        vec![project, &commit_id],
        vec![project, &ids, &documents, &source_ids, &names, &emails, &cities, &created_at, &updated_at, &changed_at],
        vec![project, &count],
        vec![
            project,
            &const { EventType::CUSTOMER_CREATED.name() },
            &event_ids,
            &ids,
            &group_ids,
            &happened_at,
            &sources,
            &data,
        ],
    ];

    let written =
        try_join_all(prepared.iter().zip(&params).map(|(statement, params)| client.execute(statement, params)));
    let (begun, (written, committed)) =
        join(client.batch_execute("BEGIN"), join(written, client.batch_execute("COMMIT"))).await;
    begun?;
    written?;
    Ok(committed?)
}

fn text(value: &ColumnValue) -> Option<&str> {
    match value {
        ColumnValue::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &ColumnValue) -> Option<i64> {
    match value {
        ColumnValue::Integer(number) => Some(*number),
        _ => None,
    }
}
