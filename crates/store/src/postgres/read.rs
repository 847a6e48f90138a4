//! Loads: whatever a batch wants to know, in one statement and so as of one moment.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use guerdon_model::ids::{ProjectId, SendOutId};
use guerdon_model::send_out::SendOut;
use parking_lot::Mutex;
use tokio_postgres::{Row, types::ToSql};

use super::{
    failed,
    pool::Connection,
    send_outs, statements,
    text::{decode, encode},
};
use crate::{
    Configuration, Key, Loaded, Record, StoreError,
    collection::{By, Collection},
};

/// What a part of a load looks for: a collection, and the unique column, or none for ids.
type Part = (Collection, Option<usize>);

/// The text of a load, by its parts. There are few combinations: one per kind of command or so.
static LOADS: LazyLock<Mutex<HashMap<Vec<Part>, Arc<str>>>> = LazyLock::new(Mutex::default);

/// The project's configuration version and the documents of each part; `$1` is the project, `$2` and so
/// on the values of each part.
fn load_sql(parts: &[Part]) -> Arc<str> {
    if let Some(known) = LOADS.lock().get(parts) {
        return known.clone();
    }
    let mut sql = String::from(
        "SELECT -1 AS part, '' AS key, '' AS id, config_version AS version, 0 AS format, '' AS document
         FROM partitions WHERE project_id = $1",
    );
    for (number, (collection, column)) in parts.iter().enumerate() {
        let spec = collection.spec();
        let (table, value) = (spec.table, number + 2);
        let key = column.map_or("id", |column| spec.columns[column].name);
        sql.push_str(&format!(
            " UNION ALL SELECT {number}, {key}, id, version, format, document FROM {table}
              WHERE project_id = $1 AND {key} = ANY(${value})"
        ));
    }
    LOADS.lock().entry(parts.to_vec()).or_insert(sql.into()).clone()
}

pub(super) async fn load(connection: &Connection, project: &ProjectId, keys: &[Key]) -> Result<Loaded, StoreError> {
    // The place in `keys` of each value, by part.
    let mut parts: BTreeMap<Part, Vec<(String, usize)>> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        let (part, value) = match &key.by {
            By::Id(id) => ((key.collection, None), id),
            By::Unique(column, value) => ((key.collection, Some(*column)), value),
        };
        parts.entry(part).or_default().push((encode(value).into_owned(), place));
    }
    let sql = load_sql(&parts.keys().copied().collect::<Vec<_>>());
    let values: Vec<Vec<&str>> =
        parts.values().map(|values| values.iter().map(|(value, _)| value.as_str()).collect()).collect();
    let project_id = project.as_str();
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![&project_id];
    params.extend(values.iter().map(|values| values as &(dyn ToSql + Sync)));
    let statement = connection.prepare_cached(&sql).await.map_err(failed)?;
    let rows = connection.query(&statement, &params).await.map_err(failed)?;

    let places: Vec<HashMap<&str, Vec<usize>>> = parts
        .values()
        .map(|values| {
            let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
            for (value, place) in values {
                places.entry(value).or_default().push(*place);
            }
            places
        })
        .collect();
    let mut loaded = Loaded { records: vec![None; keys.len()], config_version: 0 };
    for row in &rows {
        let part: i32 = row.get(0);
        let Ok(part) = usize::try_from(part) else {
            loaded.config_version = version(row, 3);
            continue;
        };
        let wanted = places[part].get(row.get::<_, &str>(1)).into_iter().flatten();
        let found = Record {
            project: project.clone(),
            id: decode(row.get(2)).as_ref().into(),
            version: version(row, 3),
            format: format(row, 4),
            body: row.get::<_, &str>(5).into(),
        };
        for place in wanted {
            loaded.records[*place] = Some(found.clone());
        }
    }
    Ok(loaded)
}

/// Versions are kept as PostgreSQL's signed numbers; they never become negative.
pub(super) fn version(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).unsigned_abs()
}

fn format(row: &Row, column: usize) -> u32 {
    row.get::<_, i32>(column).unsigned_abs()
}

/// Reads `project_id, id, version, format, document`.
pub(super) fn record(row: &Row) -> Record {
    Record {
        project: ProjectId::from(row.get::<_, &str>(0)),
        id: decode(row.get(1)).as_ref().into(),
        version: version(row, 2),
        format: format(row, 3),
        body: row.get::<_, &str>(4).into(),
    }
}

pub(super) async fn configuration(connection: &Connection, project: &ProjectId) -> Result<Configuration, StoreError> {
    let collections: Vec<Collection> =
        Collection::ALL.into_iter().filter(|collection| collection.spec().configuration).collect();
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let mut sql = String::from(
            "SELECT -1 AS part, '' AS id, config_version AS version, 0 AS format, '' AS document
             FROM partitions WHERE project_id = $1",
        );
        for (part, collection) in Collection::ALL.iter().enumerate() {
            if collection.spec().configuration {
                let table = collection.spec().table;
                sql.push_str(&format!(
                    " UNION ALL SELECT {part}, id, version, format, document FROM {table} WHERE project_id = $1"
                ));
            }
        }
        sql.push_str(" ORDER BY 1, 2");
        sql
    });
    let statement = connection.prepare_cached(&SQL).await.map_err(failed)?;
    let rows = connection.query(&statement, &[&project.as_str()]).await.map_err(failed)?;
    let mut configuration = Configuration { version: 0, records: Vec::with_capacity(rows.len()) };
    for row in &rows {
        let part: i32 = row.get(0);
        match usize::try_from(part).ok().and_then(|part| Collection::ALL.get(part)) {
            None => configuration.version = version(row, 2),
            Some(collection) if collections.contains(collection) => {
                let record = Record {
                    project: project.clone(),
                    id: decode(row.get(1)).as_ref().into(),
                    version: version(row, 2),
                    format: format(row, 3),
                    body: row.get::<_, &str>(4).into(),
                };
                configuration.records.push((*collection, record));
            }
            Some(_) => {}
        }
    }
    Ok(configuration)
}

pub(super) async fn locate(connection: &Connection, key: &Key) -> Result<Option<ProjectId>, StoreError> {
    let By::Unique(column, value) = &key.by else { return Ok(None) };
    let sql = statements::of(key.collection).locate[*column];
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    let row = connection.query_opt(&statement, &[&encode(value)]).await.map_err(failed)?;
    Ok(row.map(|row| ProjectId::from(row.get::<_, &str>(0))))
}

pub(super) async fn send_out(
    connection: &Connection,
    project: &ProjectId,
    id: &SendOutId,
) -> Result<Option<SendOut>, StoreError> {
    let sql = send_outs::by_id();
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    let id = encode(id.as_str());
    let row = connection.query_opt(&statement, &[&project.as_str(), &id]).await.map_err(failed)?;
    row.as_ref().map(send_outs::send_out).transpose()
}

pub(super) async fn blob_chunk(
    connection: &Connection,
    project: &ProjectId,
    blob: &str,
    seq: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT bytes FROM blobs WHERE project_id = $1 AND blob = $2 AND seq = $3";
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    let Ok(seq) = i32::try_from(seq) else { return Ok(None) };
    let row = connection.query_opt(&statement, &[&project.as_str(), &encode(blob), &seq]).await.map_err(failed)?;
    Ok(row.map(|row| row.get(0)))
}

/// That every kept count is right. The pages themselves are PostgreSQL's to check.
pub(super) async fn check(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let transaction = connection
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .map_err(failed)?;
    // Counting takes as long as it takes.
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await.map_err(failed)?;
    let mut wrong = Vec::new();
    for collection in Collection::ALL.into_iter().filter(|collection| collection.spec().counted) {
        let table = collection.spec().table;
        let sql = format!(
            "SELECT project_id, sum(kept)::bigint, sum(real)::bigint FROM (
                 SELECT project_id, n AS kept, 0 AS real FROM counts WHERE collection = '{table}'
                 UNION ALL SELECT project_id, 0, count(*) FROM {table} GROUP BY project_id
             ) AS both_counts GROUP BY project_id HAVING sum(kept) <> sum(real)"
        );
        for row in transaction.query(&sql, &[]).await.map_err(failed)? {
            let (project, kept, real): (&str, i64, i64) = (row.get(0), row.get(1), row.get(2));
            wrong.push(format!("project {project}: the count of {table} says {kept}, there are {real}"));
        }
    }
    Ok(wrong)
}
