//! Listings. Their text is made for every query, with the limits in it: a planner that knows them
//! chooses better than one that has to guess.

use futures_util::future::join3;
use guerdon_model::{
    Timestamp,
    event::EventType,
    filter::{Filter, Moment},
    ids::WebhookId,
    send_out::SendOut,
};
use tokio_postgres::{
    IsolationLevel, Row,
    types::{ToSql, Type},
};

use super::{
    failed,
    pool::Connection,
    read::record,
    send_outs,
    text::{decode, encode},
};
use crate::{
    Condition, EventQuery, EventRecord, Listed, OneOf, Order, Page, Query, Record, Samples, SendOutQuery, StoreError,
    collection::{Column, ColumnValue, Kind},
    narrowing::implied_conditions,
    small::{from_text, to_text},
};

/// What [`record`] reads.
const DOCUMENT: &str = "project_id, id, version, format, document";
/// How many documents a filter looks at in one round trip.
const PORTION: usize = 500;
/// A moment of its own for several statements.
const ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A statement that is being put together.
#[derive(Default)]
struct Sql {
    text: String,
    values: Vec<(Value, Type)>,
}

/// A value that a statement takes.
enum Value {
    Integer(i64),
    Text(String),
}

impl Sql {
    fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn integer(&mut self, value: i64) -> &mut Self {
        self.bind(Value::Integer(value), Type::INT8)
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.bind(Value::Text(encode(value).into_owned()), Type::TEXT)
    }

    fn bind(&mut self, value: Value, kind: Type) -> &mut Self {
        self.values.push((value, kind));
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    fn params(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        let params = self.values.iter().map(|(value, kind)| {
            let value: &(dyn ToSql + Sync) = match value {
                Value::Integer(number) => number,
                Value::Text(text) => text,
            };
            (value, kind.clone())
        });
        params.collect()
    }
}

pub(super) async fn query(connection: &mut Connection, mut query: Query) -> Result<Page, StoreError> {
    match query.filter.take() {
        Some((filter, moment)) => filtered(connection, &query, &filter, &moment).await,
        None if query.count => counted(connection, &query).await,
        None => {
            let mut sql = Sql::default();
            page(&mut sql, &query, None);
            let rows = connection.query_typed(&sql.text, &sql.params()).await.map_err(failed)?;
            Ok(page_of(rows.iter().map(record).collect(), &query, None))
        }
    }
}

fn page_of(mut records: Vec<crate::Record>, query: &Query, total: Option<u64>) -> Page {
    let has_more = records.len() > query.limit;
    records.truncate(query.limit);
    Page { records, has_more, total }
}

/// A page and how many there are in all, at one moment and in one round trip.
async fn counted(connection: &Connection, query: &Query) -> Result<Page, StoreError> {
    let (mut shown, total) = (Sql::default(), total(query));
    page(&mut shown, query, None);
    let (page_params, total_params) = (shown.params(), total.params());
    let begin = connection.batch_execute(ONE_MOMENT);
    let rows = connection.query_typed(&shown.text, &page_params);
    let total = connection.query_typed(&total.text, &total_params);
    let (begun, rows, total) = join3(begin, rows, total).await;
    // Whatever came of them, the transaction has to end before anybody else gets the connection.
    let ended = connection.batch_execute("COMMIT").await;
    begun.map_err(failed)?;
    let (rows, total) = (rows.map_err(failed)?, total.map_err(failed)?);
    ended.map_err(failed)?;
    let total = total.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
    Ok(page_of(rows.iter().map(record).collect(), query, Some(total)))
}

/// Reads documents in portions, in order, until the page is full; to the end if a total is wanted.
async fn filtered(
    connection: &mut Connection,
    query: &Query,
    filter: &Filter,
    moment: &Moment,
) -> Result<Page, StoreError> {
    // A cursor, as its plan is made for reading the beginning; any other is made for reading all.
    let mut sql = Sql::default();
    sql.push("DECLARE walk NO SCROLL CURSOR FOR ");
    page(&mut sql, query, Some((filter, moment)));
    let transaction = connection
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(failed)?;
    transaction.query_typed(&sql.text, &sql.params()).await.map_err(failed)?;
    let (mut records, mut matches) = (Vec::new(), 0usize);
    let wanted = query.offset..query.offset.saturating_add(query.limit);
    let fetch = format!("FETCH {PORTION} FROM walk");
    loop {
        let rows = transaction.query_typed(&fetch, &[]).await.map_err(failed)?;
        for row in &rows {
            let document = serde_json::from_str(row.get(4));
            if document.is_ok_and(|document| filter.matches(&document, moment)) {
                if wanted.contains(&matches) {
                    records.push(record(row));
                }
                matches += 1;
            }
        }
        let is_full = matches > wanted.end && !(query.count && matches < query.count_up_to);
        if is_full || rows.len() < PORTION {
            break;
        }
    }
    let total = query.count.then_some(matches.min(query.count_up_to) as u64);
    Ok(Page { records, has_more: matches > wanted.end, total })
}

/// The documents that a query is about, in order. With a filter to come, all of them: only some of
/// those that its narrowing leaves will match.
fn page(sql: &mut Sql, query: &Query, filter: Option<(&Filter, &Moment)>) {
    let order = match query.order {
        Order::Id { descending } => format!(" ORDER BY id{}", if descending { " DESC" } else { "" }),
        Order::Column { column, descending } => {
            let column = &query.collection.spec().columns[column];
            // Nulls come first. Said of a column without nulls, it would keep an index from being used.
            let (direction, nulls) = if descending { (" DESC", " NULLS LAST") } else { ("", " NULLS FIRST") };
            let nulls = if column.nullable { nulls } else { "" };
            format!(" ORDER BY {}{direction}{nulls}, id{direction}", column.name)
        }
    };
    rows(sql, DOCUMENT, query, filter, &order);
    sql.push(&order);
    if filter.is_none() {
        let limit = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        sql.push(&format!(" LIMIT {} OFFSET {}", limit(query.limit.saturating_add(1)), limit(query.offset)));
    }
}

fn total(query: &Query) -> Sql {
    let mut sql = Sql::default();
    let is_whole = query.conditions.is_empty()
        && query.one_of.is_none()
        && query.listed.is_none()
        && query.bounds().next().is_none();
    match (&query.project, is_whole && query.collection.spec().counted) {
        (Some(project), true) => {
            sql.push("SELECT coalesce(sum(n), 0)::bigint FROM counts WHERE project_id = ").text(project.as_str());
            sql.push(" AND collection = ").text(query.collection.spec().table);
        }
        _ if query.count_up_to == usize::MAX => {
            sql.push("SELECT count(*) FROM (");
            rows(&mut sql, "1", query, None, "");
            sql.push(") AS counted");
        }
        _ => {
            sql.push("SELECT count(*) FROM (");
            rows(&mut sql, "1", query, None, "");
            sql.push(&format!(" LIMIT {}) AS counted", i64::try_from(query.count_up_to).unwrap_or(i64::MAX)));
        }
    }
    sql
}

/// `SELECT … FROM … WHERE …`. What has one of some values is put together from the rows with each of them,
/// if the order is one that indexes of single values have. If each of these lists is in that order, they are
/// merged, and nothing is sorted.
fn rows(sql: &mut Sql, what: &str, query: &Query, filter: Option<(&Filter, &Moment)>, order: &str) {
    let spec = query.collection.spec();
    let start = sql.text.len();
    sql.push("SELECT ").push(what).push(" FROM ").push(spec.table);
    let joint = conditions(sql, query, filter);
    let Some(OneOf { column, values }) = &query.one_of else { return };
    let column = &spec.columns[*column];
    let is = |sql: &mut Sql, value: &ColumnValue| {
        sql.push(column.name);
        match value {
            ColumnValue::Null => drop(sql.push(" IS NULL")),
            value => bind(sql.push(" = "), column, value),
        }
    };
    if values.is_empty() {
        sql.push(joint).push("FALSE");
    } else if let [value] = &values[..] {
        is(sql.push(joint), value);
    } else if let Order::Id { .. } = query.order {
        let all = sql.text.split_off(start);
        for (place, value) in values.iter().enumerate() {
            sql.push(if place == 0 { "(" } else { " UNION ALL (" }).push(&all).push(joint);
            is(sql, value);
            sql.push(order).push(")");
        }
    } else {
        sql.push(joint).push("(");
        for (place, value) in values.iter().enumerate() {
            sql.push(if place == 0 { "" } else { " OR " });
            is(sql, value);
        }
        sql.push(")");
    }
}

fn bind(sql: &mut Sql, column: &Column, value: &ColumnValue) {
    match (value, column.kind) {
        // In words: what is not known when a plan is made keeps it from using an index of some rows only.
        (ColumnValue::Integer(number), Kind::Integer) => drop(sql.push(&number.to_string())),
        (ColumnValue::Text(text), Kind::Text) => drop(sql.text(text)),
        // Nothing compares with null, nor a text with a number.
        _ => drop(sql.push("NULL")),
    }
}

/// Returns what further conditions have to begin with.
fn conditions(sql: &mut Sql, query: &Query, filter: Option<(&Filter, &Moment)>) -> &'static str {
    let columns = query.collection.spec().columns;
    let mut joint = " WHERE ";
    if let Some(project) = &query.project {
        sql.push(joint).push("project_id = ").text(project.as_str());
        joint = " AND ";
    }
    for (comparison, id) in query.bounds() {
        sql.push(joint).push(&format!("id {comparison} ")).text(id);
        joint = " AND ";
    }
    if let Some(Listed { collection, id, beside: (beside, value) }) = &query.listed {
        let (table, columns) = (collection.spec().table, collection.spec().columns);
        let (id, beside) = (columns[*id].name, columns[*beside].name);
        sql.push(joint).push(&format!("id IN (SELECT {id} FROM {table} WHERE "));
        if let Some(project) = &query.project {
            sql.push("project_id = ").text(project.as_str()).push(" AND ");
        }
        sql.push(beside).push(" = ").text(value).push(")");
        joint = " AND ";
    }
    let implied = filter.map(|(filter, _)| implied_conditions(query.collection, filter)).unwrap_or_default();
    for (column, condition) in query.conditions.iter().chain(&implied) {
        let column = &columns[*column];
        sql.push(joint).push(column.name);
        joint = " AND ";
        let (operator, value) = match condition {
            Condition::Null => (" IS NULL", None),
            Condition::NotNull => (" IS NOT NULL", None),
            Condition::Equals(value) => (" = ", Some(value)),
            Condition::LessThan(value) => (" < ", Some(value)),
            Condition::AtMost(value) => (" <= ", Some(value)),
            Condition::GreaterThan(value) => (" > ", Some(value)),
        };
        sql.push(operator);
        if let Some(value) = value {
            bind(sql, column, value);
        }
    }
    joint
}

/// Looks for one value after another, each beyond the last one. A recursive statement would do it at once,
/// but not on every engine.
pub(super) async fn samples(
    connection: &Connection,
    samples: &Samples,
) -> Result<Vec<(ColumnValue, Record)>, StoreError> {
    let spec = samples.collection.spec();
    let column = &spec.columns[samples.column];
    let name = column.name;
    let mut found: Vec<(ColumnValue, Record)> = Vec::new();
    while found.len() < samples.limit {
        let mut sql = Sql::default();
        sql.push("SELECT ").push(DOCUMENT).push(", ").push(name).push(" FROM ").push(spec.table);
        sql.push(" WHERE project_id = ").text(samples.project.as_str());
        sql.push(&format!(" AND {name} IS NOT NULL"));
        let above = found.last().map(|(value, _)| value).or(samples.above.as_ref());
        for (comparison, bound) in [(">", above), ("<=", samples.up_to.as_ref())] {
            if let Some(bound) = bound {
                bind(sql.push(&format!(" AND {name} {comparison} ")), column, bound);
            }
        }
        sql.push(&format!(" ORDER BY {name}, id LIMIT 1"));
        let rows = connection.query_typed(&sql.text, &sql.params()).await.map_err(failed)?;
        let Some(row) = rows.first() else { break };
        let value = match column.kind {
            Kind::Text => ColumnValue::from(decode(row.get(5)).as_ref()),
            Kind::Integer => ColumnValue::Integer(row.get(5)),
        };
        found.push((value, record(row)));
    }
    Ok(found)
}

pub(super) async fn events(connection: &Connection, query: &EventQuery) -> Result<Vec<EventRecord>, StoreError> {
    let (beyond, direction) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
    let mut sql = Sql::default();
    sql.push(
        "SELECT id, type, category, entity_id, group_id, created_at, source, data FROM events WHERE project_id = ",
    );
    sql.text(query.project.as_str()).push(" AND entity_id = ").text(&query.entity_id);
    if let Some(id) = &query.after_id {
        sql.push(&format!(" AND id {beyond} ")).text(id);
    }
    if let Some(from) = query.from {
        sql.push(" AND created_at >= ").integer(from.as_millis());
    }
    if let Some(to) = query.to {
        sql.push(" AND created_at <= ").integer(to.as_millis());
    }
    if let Some(kind) = query.kind {
        sql.push(" AND type = ").text(kind.name());
    }
    if let Some(category) = query.category {
        sql.push(" AND category = ").text(&to_text(&category));
    }
    sql.push(&format!(" ORDER BY id {direction} LIMIT {}", i64::try_from(query.limit).unwrap_or(i64::MAX)));
    let rows = connection.query_typed(&sql.text, &sql.params()).await.map_err(failed)?;
    rows.iter().map(event).collect()
}

/// Reads `id, type, category, entity_id, group_id, created_at, source, data`.
pub(super) fn event(row: &Row) -> Result<EventRecord, StoreError> {
    let event = || {
        Some(EventRecord {
            id: row.get(0),
            kind: EventType::parse_recorded(row.get(1))?,
            category: from_text(row.get(2))?,
            entity_id: super::text::decode(row.get(3)).as_ref().into(),
            group_id: row.get::<_, &str>(4).into(),
            created_at: Timestamp::from_millis(row.get(5)),
            source: from_text(row.get(6))?,
            data: row.get(7),
        })
    };
    event().ok_or_else(super::newer)
}

pub(super) async fn send_outs(connection: &Connection, query: &SendOutQuery) -> Result<Vec<SendOut>, StoreError> {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(send_outs::COLUMNS).push(", '' FROM send_outs WHERE project_id = ");
    sql.text(query.project.as_str());
    if let Some(id) = &query.after_id {
        sql.push(" AND id < ").text(id);
    }
    if let Some(webhook) = query.webhook.as_ref().map(WebhookId::as_str) {
        sql.push(" AND webhook_id = ").text(webhook);
    }
    if let Some(status) = query.status {
        sql.push(" AND status = ").text(&to_text(&status));
    }
    if let Some(kind) = &query.event_type {
        sql.push(" AND event_type = ").text(kind);
    }
    sql.push(&format!(" ORDER BY id DESC LIMIT {}", i64::try_from(query.limit).unwrap_or(i64::MAX)));
    let rows = connection.query_typed(&sql.text, &sql.params()).await.map_err(failed)?;
    rows.iter().map(send_outs::send_out).collect()
}
