//! The text of statements, made from the table of collections once per process.
//!
//! A statement takes arrays, one element per document, so that a batch of any size needs the same few
//! statements. What is not about one collection alone is written where it is used.

use std::sync::LazyLock;

use crate::collection::{Collection, Kind};

/// The statements of one collection. `$1` is always the project.
pub(super) struct Statements {
    /// Locks documents in the order of their ids and tells their versions; for changing and for sharing.
    pub(super) lock_for_update: &'static str,
    pub(super) lock_for_share: &'static str,
    pub(super) insert: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
    /// Inserts documents that have versions already, behind all other values.
    pub(super) restore: &'static str,
    /// Whether one of the values exists, by each column.
    pub(super) any_of: Vec<&'static str>,
    /// The project that has the value, by each column.
    pub(super) locate: Vec<&'static str>,
}

static STATEMENTS: LazyLock<Vec<Statements>> =
    LazyLock::new(|| Collection::ALL.iter().map(|collection| Statements::of(*collection)).collect());

/// The statements of a collection.
pub(super) fn of(collection: Collection) -> &'static Statements {
    &STATEMENTS[collection as usize]
}

impl Statements {
    fn of(collection: Collection) -> Self {
        // Built once per process: leaking them lets every use be a plain `&'static str`.
        let keep = |sql: String| -> &'static str { sql.leak() };
        let spec = collection.spec();
        let table = spec.table;
        let names: String = spec.columns.iter().map(|column| format!(", {}", column.name)).collect();
        let arrays: String = spec
            .columns
            .iter()
            .enumerate()
            .map(|(n, column)| {
                let kind = match column.kind {
                    Kind::Text => "text",
                    Kind::Integer => "bigint",
                };
                format!(", ${}::{kind}[]", n + 5)
            })
            .collect();
        let rows = format!("unnest($2::text[], $3::int[], $4::text[]{arrays}) AS new (id, format, document{names})");
        let versions = spec.columns.len() + 5;
        let values: String = spec.columns.iter().map(|column| format!(", new.{}", column.name)).collect();
        let assignments: String = spec.columns.iter().map(|column| format!(", {0} = new.{0}", column.name)).collect();
        let lock = format!("SELECT id, version FROM {table} WHERE project_id = $1 AND id = ANY($2) ORDER BY id");
        Self {
            lock_for_update: keep(format!("{lock} FOR UPDATE")),
            lock_for_share: keep(format!("{lock} FOR SHARE")),
            insert: keep(format!(
                "INSERT INTO {table} (project_id, id, version, format, document{names})
                 SELECT $1, new.id, 1, new.format, new.document{values} FROM {rows}"
            )),
            update: keep(format!(
                "UPDATE {table} AS old
                 SET version = old.version + 1, format = new.format, document = new.document{assignments}
                 FROM {rows} WHERE old.project_id = $1 AND old.id = new.id"
            )),
            delete: keep(format!("DELETE FROM {table} WHERE project_id = $1 AND id = ANY($2)")),
            restore: keep(format!(
                "INSERT INTO {table} (project_id, id, version, format, document{names})
                 SELECT $1, new.id, new.version, new.format, new.document{values}
                 FROM unnest($2::text[], $3::int[], $4::text[]{arrays}, ${versions}::bigint[])
                      AS new (id, format, document{names}, version)"
            )),
            any_of: spec
                .columns
                .iter()
                .map(|column| {
                    keep(format!("SELECT id FROM {table} WHERE project_id = $1 AND {} = ANY($2) LIMIT 1", column.name))
                })
                .collect(),
            locate: spec
                .columns
                .iter()
                .map(|column| keep(format!("SELECT project_id FROM {table} WHERE {} = $1", column.name)))
                .collect(),
        }
    }
}

/// Every statement of every collection, for the test that reads them.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static str> {
    STATEMENTS
        .iter()
        .flat_map(|statements| {
            let Statements { lock_for_update, lock_for_share, insert, update, delete, restore, any_of, locate } =
                statements;
            [*lock_for_update, *lock_for_share, *insert, *update, *delete, *restore]
                .into_iter()
                .chain(any_of.iter().copied())
                .chain(locate.iter().copied())
        })
        .collect()
}
