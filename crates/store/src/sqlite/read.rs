//! Statements that only look. They run in a reader's thread, inside a transaction.

use std::sync::LazyLock;

use guerdon_model::{
    Timestamp,
    event::EventType,
    filter::{Filter, Moment},
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::SendOut,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, functions::FunctionFlags, params};
use serde::de::DeserializeOwned;

use crate::{
    Condition, Configuration, EventQuery, EventRecord, Key, Listed, Loaded, OneOf, Order, Page, Query, Record, Samples,
    SendOutQuery,
    collection::{By, Collection, ColumnValue, Kind},
    narrowing::implied_conditions,
    small::{self, to_text},
};

/// The statements of one collection.
pub(super) struct Statements {
    by_id: &'static str,
    /// By each unique column, in the collection's order; empty for other columns.
    by_column: Vec<&'static str>,
    /// Over all projects, likewise.
    locate: Vec<&'static str>,
    pub(super) version: &'static str,
    pub(super) insert: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
}

static STATEMENTS: LazyLock<Vec<Statements>> =
    LazyLock::new(|| Collection::ALL.iter().map(|collection| Statements::of(*collection)).collect());

/// The statements of a collection.
pub(super) fn sql(collection: Collection) -> &'static Statements {
    &STATEMENTS[collection as usize]
}

impl Statements {
    fn of(collection: Collection) -> Self {
        // Built once per process: leaking them lets every use be a plain `&'static str`.
        let keep = |sql: String| -> &'static str { sql.leak() };
        let table = collection.spec().table;
        let columns: Vec<&str> = collection.spec().columns.iter().map(|column| column.name).collect();
        let names: String = columns.iter().map(|name| format!(", {name}")).collect();
        let places: String = (0..columns.len()).map(|n| format!(", ?{}", n + 6)).collect();
        let assignments: String =
            columns.iter().enumerate().map(|(n, name)| format!(", {name} = ?{}", n + 6)).collect();
        let select = format!("SELECT project_id, id, version, format, document FROM {table}");
        Self {
            by_id: keep(format!("{select} WHERE project_id = ?1 AND id = ?2")),
            by_column: columns
                .iter()
                .map(|name| keep(format!("{select} WHERE project_id = ?1 AND {name} = ?2")))
                .collect(),
            locate: columns
                .iter()
                .map(|name| keep(format!("SELECT project_id FROM {table} WHERE {name} = ?1")))
                .collect(),
            version: keep(format!("SELECT version FROM {table} WHERE project_id = ?1 AND id = ?2")),
            insert: keep(format!(
                "INSERT INTO {table} (project_id, id, version, format, document{names})
                 VALUES (?1, ?2, ?3 + 1, ?4, ?5{places})"
            )),
            update: keep(format!(
                "UPDATE {table} SET version = version + 1, format = ?4, document = ?5{assignments}
                 WHERE project_id = ?1 AND id = ?2 AND version = ?3"
            )),
            delete: keep(format!("DELETE FROM {table} WHERE project_id = ?1 AND id = ?2 AND version = ?3")),
        }
    }
}

/// Makes [`Filter::matches`] callable from SQL, so that a filter means the same in every store.
pub(super) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("document_matches", 1, FunctionFlags::SQLITE_UTF8, |context| {
        let filter = CURRENT_FILTER.with_borrow(|current| {
            let (filter, moment) = current.as_ref()?;
            let document = context.get_raw(0).as_str().ok()?;
            let document = serde_json::from_str(document).ok()?;
            Some(filter.matches(&document, moment))
        });
        Ok(filter.unwrap_or(false))
    })
}

thread_local! {
    /// The filter of the query that runs on this thread: a filter can't travel as an SQL value.
    static CURRENT_FILTER: std::cell::RefCell<Option<(Filter, Moment)>> = const { std::cell::RefCell::new(None) };
}

/// Reads `project_id, id, version, format, document`.
pub(super) fn record(row: &Row) -> rusqlite::Result<Record> {
    Ok(Record {
        project: ProjectId::from(row.get_ref(0)?.as_str()?),
        id: row.get_ref(1)?.as_str()?.into(),
        version: row.get(2)?,
        format: row.get(3)?,
        body: row.get_ref(4)?.as_str()?.into(),
    })
}

pub(super) fn config_version(connection: &Connection, project: &ProjectId) -> rusqlite::Result<u64> {
    let found = connection
        .prepare_cached("SELECT config_version FROM partitions WHERE project_id = ?1")?
        .query_row([project.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

pub(super) fn load(connection: &Connection, project: &ProjectId, keys: &[Key]) -> rusqlite::Result<Loaded> {
    Ok(Loaded {
        records: keys.iter().map(|key| find(connection, project, key)).collect::<Result<_, _>>()?,
        config_version: config_version(connection, project)?,
    })
}

/// The document with this key.
pub(super) fn find(connection: &Connection, project: &ProjectId, key: &Key) -> rusqlite::Result<Option<Record>> {
    let statements = sql(key.collection);
    let (statement, value) = match &key.by {
        By::Id(id) => (statements.by_id, id),
        By::Unique(column, value) => (statements.by_column[*column], value),
    };
    connection.prepare_cached(statement)?.query_row(params![project.as_str(), value], record).optional()
}

pub(super) fn locate(connection: &Connection, key: &Key) -> rusqlite::Result<Option<ProjectId>> {
    let By::Unique(column, value) = &key.by else { return Ok(None) };
    connection
        .prepare_cached(sql(key.collection).locate[*column])?
        .query_row([value], |row| Ok(ProjectId::from(row.get_ref(0)?.as_str()?)))
        .optional()
}

pub(super) fn configuration(connection: &Connection, project: &ProjectId) -> rusqlite::Result<Configuration> {
    let mut records = Vec::new();
    for collection in Collection::ALL.into_iter().filter(|collection| collection.spec().configuration) {
        let page = query(connection, Query::all(project.clone(), collection))?;
        records.extend(page.records.into_iter().map(|record| (collection, record)));
    }
    Ok(Configuration { version: config_version(connection, project)?, records })
}

pub(super) fn query(connection: &Connection, mut query: Query) -> rusqlite::Result<Page> {
    let selection = Selection::of(&query);
    let filter = query.filter.take();
    let has_filter = filter.is_some();
    CURRENT_FILTER.set(filter);
    let page = if query.count && has_filter {
        selection.page_and_total_at_once(connection, &query)
    } else {
        selection.page(connection, &query)
    };
    CURRENT_FILTER.set(None);
    page
}

/// The rows that a query is about.
struct Selection {
    table: &'static str,
    /// ` WHERE …`, or nothing.
    condition: String,
    order: String,
    /// Conditions of which one holds, none holding for two documents alike. Each has an index of its own in
    /// the order that is wanted.
    alternatives: Vec<String>,
    values: Vec<Box<dyn ToSql>>,
    /// Whether these are all the documents that a project has in the collection.
    is_whole: bool,
}

impl Selection {
    fn of(query: &Query) -> Self {
        let columns = query.collection.spec().columns;
        let mut clauses = Vec::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut bind = |value: ColumnValue| {
            values.push(Box::new(value));
            format!("?{}", values.len())
        };
        if let Some(project) = &query.project {
            clauses.push(format!("project_id = {}", bind(project.as_str().into())));
        }
        let implied = query.filter.as_ref().map(|(filter, _)| implied_conditions(query.collection, filter));
        let implied = implied.unwrap_or_default();
        for (column, condition) in query.conditions.iter().chain(&implied) {
            let name = columns[*column].name;
            clauses.push(match condition {
                Condition::Null => format!("{name} IS NULL"),
                Condition::NotNull => format!("{name} IS NOT NULL"),
                // Known to the planner, so that it can take an index of the rows with this flag.
                Condition::Equals(ColumnValue::Integer(flag @ (0 | 1))) => format!("{name} = {flag}"),
                Condition::Equals(value) => format!("{name} = {}", bind(value.clone())),
                Condition::LessThan(value) => format!("{name} < {}", bind(value.clone())),
                Condition::AtMost(value) => format!("{name} <= {}", bind(value.clone())),
                Condition::GreaterThan(value) => format!("{name} > {}", bind(value.clone())),
            });
        }
        let mut alternatives = Vec::new();
        if let Some(OneOf { column, values }) = &query.one_of {
            let name = columns[*column].name;
            let is = |value: &ColumnValue| match value {
                ColumnValue::Null => format!("{name} IS NULL"),
                value => format!("{name} = {}", bind(value.clone())),
            };
            alternatives = values.iter().map(is).collect();
            if alternatives.is_empty() {
                clauses.push("FALSE".to_owned());
            } else if !matches!(query.order, Order::Id { .. }) {
                clauses.push(format!("({})", std::mem::take(&mut alternatives).join(" OR ")));
            }
        }
        if let Some(Listed { collection, id, beside: (beside, value) }) = &query.listed {
            let (table, columns) = (collection.spec().table, collection.spec().columns);
            let (id, beside) = (columns[*id].name, columns[*beside].name);
            let project = if query.project.is_some() { "project_id = ?1 AND " } else { "" };
            let value = bind(ColumnValue::Text(value.clone()));
            clauses.push(format!("id IN (SELECT {id} FROM {table} WHERE {project}{beside} = {value})"));
        }
        for (comparison, id) in query.bounds() {
            clauses.push(format!("id {comparison} {}", bind(ColumnValue::Text(id.clone()))));
        }
        if query.filter.is_some() {
            clauses.push("document_matches(document)".to_owned());
        }
        let is_whole = query.project.is_some() && clauses.len() == 1 && alternatives.is_empty();
        let order = match query.order {
            Order::Id { descending: false } => "id".to_owned(),
            Order::Id { descending: true } => "id DESC".to_owned(),
            Order::Column { column, descending: false } => format!("{0}, id", columns[column].name),
            Order::Column { column, descending: true } => format!("{0} DESC, id DESC", columns[column].name),
        };
        Self {
            table: query.collection.spec().table,
            condition: if clauses.is_empty() { String::new() } else { format!(" WHERE {}", clauses.join(" AND ")) },
            order,
            alternatives,
            values,
            is_whole,
        }
    }

    /// The rows in order, put together from those of each alternative.
    fn select(&self, limits: &str) -> String {
        format!("{} ORDER BY {} {limits}", self.rows("project_id, id, version, format, document"), self.order)
    }

    fn rows(&self, what: &str) -> String {
        let Self { table, condition, alternatives, .. } = self;
        let all = format!("SELECT {what} FROM {table}{condition}");
        if alternatives.is_empty() {
            return all;
        }
        let joint = if condition.is_empty() { "WHERE" } else { "AND" };
        let each: Vec<_> = alternatives.iter().map(|alternative| format!("{all} {joint} {alternative}")).collect();
        each.join(" UNION ALL ")
    }

    fn page(&self, connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
        // The limits are part of the text: a planner that knows them chooses better.
        let sql =
            self.select(&format!("LIMIT {} OFFSET {}", limit(query.limit.saturating_add(1)), limit(query.offset)));
        let mut records = connection
            .prepare_cached(&sql)?
            .query_map(rusqlite::params_from_iter(&self.values), record)?
            .collect::<Result<Vec<_>, _>>()?;
        let has_more = records.len() > query.limit;
        records.truncate(query.limit);
        let total = if query.count { Some(self.total(connection, query)?) } else { None };
        Ok(Page { records, has_more, total })
    }

    fn total(&self, connection: &Connection, query: &Query) -> rusqlite::Result<u64> {
        if let (Some(project), true) = (&query.project, self.is_whole && query.collection.spec().counted) {
            return counted(connection, project, query.collection);
        }
        let sql = if query.count_up_to == usize::MAX {
            format!("SELECT count(*) FROM ({})", self.rows("1"))
        } else {
            format!("SELECT count(*) FROM ({} LIMIT {})", self.rows("1"), limit(query.count_up_to))
        };
        connection.prepare_cached(&sql)?.query_row(rusqlite::params_from_iter(&self.values), |row| row.get(0))
    }

    /// A filter looks at whole documents: once for the page and the total together is enough.
    fn page_and_total_at_once(&self, connection: &Connection, query: &Query) -> rusqlite::Result<Page> {
        let mut statement = connection.prepare_cached(&self.select(""))?;
        let mut rows = statement.query(rusqlite::params_from_iter(&self.values))?;
        let (mut records, mut total) = (Vec::new(), 0);
        let wanted = query.offset..query.offset.saturating_add(query.limit);
        while (total <= wanted.end || total < query.count_up_to)
            && let Some(row) = rows.next()?
        {
            if wanted.contains(&total) {
                records.push(record(row)?);
            }
            total += 1;
        }
        let has_more = total > wanted.end;
        Ok(Page { records, has_more, total: Some(total.min(query.count_up_to) as u64) })
    }
}

/// Looks for one value after another, each beyond the last one.
pub(super) fn samples(connection: &Connection, samples: &Samples) -> rusqlite::Result<Vec<(ColumnValue, Record)>> {
    let Samples { project, collection, column, above, up_to, limit } = samples;
    let (table, column) = (collection.spec().table, &collection.spec().columns[*column]);
    let (name, kind) = (column.name, column.kind);
    let next = |beyond: Option<&ColumnValue>| {
        let mut values = vec![ColumnValue::from(project.as_str())];
        let mut clauses = format!("project_id = ?1 AND {name} IS NOT NULL");
        for (comparison, bound) in [(">", beyond), ("<=", up_to.as_ref())] {
            if let Some(bound) = bound {
                values.push(bound.clone());
                clauses.push_str(&format!(" AND {name} {comparison} ?{}", values.len()));
            }
        }
        let sql = format!(
            "SELECT project_id, id, version, format, document, {name} FROM {table} WHERE {clauses}
             ORDER BY {name}, id LIMIT 1"
        );
        let row = |row: &Row| {
            let value = match kind {
                Kind::Text => ColumnValue::from(row.get_ref(5)?.as_str()?),
                Kind::Integer => ColumnValue::Integer(row.get(5)?),
            };
            Ok((value, record(row)?))
        };
        connection.prepare_cached(&sql)?.query_row(rusqlite::params_from_iter(values), row).optional()
    };
    let mut found: Vec<(ColumnValue, Record)> = Vec::new();
    while found.len() < *limit
        && let Some(one) = next(found.last().map(|(value, _)| value).or(above.as_ref()))?
    {
        found.push(one);
    }
    Ok(found)
}

fn counted(connection: &Connection, project: &ProjectId, collection: Collection) -> rusqlite::Result<u64> {
    let found = connection
        .prepare_cached("SELECT n FROM counts WHERE project_id = ?1 AND collection = ?2")?
        .query_row(params![project.as_str(), collection.spec().table], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// A number of rows as SQLite knows numbers: without one so large, "all of them" would be an error.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

pub(super) fn events(connection: &Connection, query: &EventQuery) -> rusqlite::Result<Vec<EventRecord>> {
    let (beyond, direction) = if query.descending { ("<", "DESC") } else { (">", "ASC") };
    let sql = format!(
        "SELECT id, type, category, entity_id, group_id, created_at, source, data FROM events
         WHERE project_id = ?1 AND entity_id = ?2
           AND (?3 IS NULL OR id {beyond} ?3)
           AND (?4 IS NULL OR created_at >= ?4) AND (?5 IS NULL OR created_at <= ?5)
           AND (?6 IS NULL OR type = ?6) AND (?7 IS NULL OR category = ?7)
         ORDER BY id {direction} LIMIT ?8"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            params![
                query.project.as_str(),
                query.entity_id,
                query.after_id,
                query.from.map(Timestamp::as_millis),
                query.to.map(Timestamp::as_millis),
                query.kind.map(EventType::name),
                query.category.map(|category| to_text(&category)),
                limit(query.limit)
            ],
            event_row,
        )?
        .collect()
}

/// Reads `id, type, category, entity_id, group_id, created_at, source, data`.
pub(super) fn event_row(row: &Row) -> rusqlite::Result<EventRecord> {
    Ok(EventRecord {
        id: row.get(0)?,
        kind: EventType::parse_recorded(row.get_ref(1)?.as_str()?).ok_or_else(|| unreadable(1))?,
        category: from_text(row, 2)?,
        entity_id: row.get_ref(3)?.as_str()?.into(),
        group_id: row.get_ref(4)?.as_str()?.into(),
        created_at: Timestamp::from_millis(row.get(5)?),
        source: from_text(row, 6)?,
        data: row.get(7)?,
    })
}

const SEND_OUT_COLUMNS: &str = "id, webhook_id, event_id, event_type, entity_id, group_id, status, created_at,
    first_attempt_at, next_attempt_at, attempts";

/// Reads the columns of [`SEND_OUT_COLUMNS`] and, behind them, the body.
pub(super) fn send_out_row(row: &Row) -> rusqlite::Result<SendOut> {
    let time = |index| row.get::<_, Option<i64>>(index).map(|millis| millis.map(Timestamp::from_millis));
    Ok(SendOut {
        id: SendOutId::from(row.get_ref(0)?.as_str()?),
        webhook_id: WebhookId::from(row.get_ref(1)?.as_str()?),
        event_id: row.get(2)?,
        event_type: row.get(3)?,
        entity_id: row.get(4)?,
        group_id: row.get(5)?,
        status: from_text(row, 6)?,
        created_at: Timestamp::from_millis(row.get(7)?),
        first_attempt_at: time(8)?,
        next_attempt_at: time(9)?,
        attempts: from_text(row, 10)?,
        body: row.get(11)?,
    })
}

pub(super) fn send_out(
    connection: &Connection,
    project: &ProjectId,
    id: &SendOutId,
) -> rusqlite::Result<Option<SendOut>> {
    connection
        .prepare_cached(&format!("SELECT {SEND_OUT_COLUMNS}, body FROM send_outs WHERE project_id = ?1 AND id = ?2"))?
        .query_row(params![project.as_str(), id.as_str()], send_out_row)
        .optional()
}

pub(super) fn send_outs(connection: &Connection, query: &SendOutQuery) -> rusqlite::Result<Vec<SendOut>> {
    let sql = format!(
        "SELECT {SEND_OUT_COLUMNS}, '' FROM send_outs
         WHERE project_id = ?1 AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR webhook_id = ?3)
           AND (?4 IS NULL OR status = ?4) AND (?5 IS NULL OR event_type = ?5)
         ORDER BY id DESC LIMIT ?6"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            params![
                query.project.as_str(),
                query.after_id,
                query.webhook.as_ref().map(WebhookId::as_str),
                query.status.map(|status| to_text(&status)),
                query.event_type,
                limit(query.limit)
            ],
            send_out_row,
        )?
        .collect()
}

/// The webhooks that have waiting send-outs, each with the time of the earliest. Skips from one
/// webhook to the next in the index, so that a long queue of one costs nothing.
const QUEUES: &str = "WITH RECURSIVE queue (project_id, webhook_id, due) AS (
        SELECT * FROM (SELECT project_id, webhook_id, next_attempt_at FROM send_outs
                       WHERE next_attempt_at IS NOT NULL
                       ORDER BY project_id, webhook_id, next_attempt_at LIMIT 1)
        UNION ALL
        SELECT next.project_id, next.webhook_id, next.next_attempt_at FROM queue JOIN send_outs AS next
        ON next.rowid = (SELECT rowid FROM send_outs
                         WHERE next_attempt_at IS NOT NULL
                           AND (project_id, webhook_id) > (queue.project_id, queue.webhook_id)
                         ORDER BY project_id, webhook_id, next_attempt_at LIMIT 1)
    )";

pub(super) fn due_webhooks(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<(ProjectId, WebhookId)>> {
    connection
        .prepare_cached(&format!("{QUEUES} SELECT project_id, webhook_id FROM queue WHERE due <= ?1"))?
        .query_map([now.as_millis()], |row| {
            Ok((ProjectId::from(row.get_ref(0)?.as_str()?), WebhookId::from(row.get_ref(1)?.as_str()?)))
        })?
        .collect()
}

pub(super) fn next_send_out_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached(&format!("{QUEUES} SELECT min(due) FROM queue"))?
        .query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp::from_millis)))
}

pub(super) fn blob_chunk(
    connection: &Connection,
    project: &ProjectId,
    blob: &str,
    seq: u32,
) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT bytes FROM blobs WHERE project_id = ?1 AND blob = ?2 AND seq = ?3")?
        .query_row(params![project.as_str(), blob, seq], |row| row.get(0))
        .optional()
}

/// SQLite's own integrity check, and that every kept count is right.
pub(super) fn check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut wrong: Vec<String> = connection
        .prepare("PRAGMA integrity_check(20)")?
        .query_map([], |row| row.get::<_, String>(0))?
        .filter(|line| !matches!(line, Ok(line) if line == "ok"))
        .collect::<Result<_, _>>()?;
    for collection in Collection::ALL.into_iter().filter(|collection| collection.spec().counted) {
        let table = collection.spec().table;
        let sql = format!(
            "SELECT project_id, sum(kept), sum(real) FROM (
                 SELECT project_id, n AS kept, 0 AS real FROM counts WHERE collection = '{table}'
                 UNION ALL SELECT project_id, 0, count(*) FROM {table} GROUP BY project_id
             ) GROUP BY project_id HAVING sum(kept) <> sum(real)"
        );
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            let (project, kept, real): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("project {project}: the count of {table} says {kept}, there are {real}"))
        })?;
        wrong.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(wrong)
}

fn from_text<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    small::from_text(row.get_ref(column)?.as_str()?).ok_or_else(|| unreadable(column))
}

fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        rusqlite::types::Type::Text,
        "written by a newer version of Guerdon".into(),
    )
}
