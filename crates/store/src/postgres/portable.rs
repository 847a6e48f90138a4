//! Reads every statement and every table for what PostgreSQL does not share with Citus, YugabyteDB and
//! CockroachDB, which speak its language and spread a database over many machines.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::statements;

/// Words of PostgreSQL alone, or of things that can't be kept together over many machines.
const FOREIGN: [&str; 22] = [
    "advisory",
    "ctid",
    "xmin",
    "xmax",
    "oid",
    "regclass",
    "pg_",
    "listen",
    "notify",
    "serial",
    "sequence",
    "nextval",
    "trigger",
    "references",
    "foreign key",
    "create function",
    "language",
    "create extension",
    "copy",
    "truncate",
    "with recursive",
    "lock table",
];

/// Statements that are not about one project alone, each by a piece of its text. All others have to
/// name their project, so that a distributed engine finds them one machine.
const OVER_PROJECTS: [&str; 15] = [
    // The installation's own bookkeeping.
    "schema_state",
    // Migrations are no statements of ours.
    "CREATE",
    // By the one value that is unique over all projects.
    "SELECT project_id FROM",
    // Listings over all projects: unfinished jobs, projects, keys.
    "SELECT project_id, id, version, format, document FROM ",
    "SELECT count(*) FROM ",
    // Looks for work, and deletes what is old.
    "FROM queues WHERE EXISTS",
    "SELECT min(next_attempt_at) FROM send_outs",
    "SELECT DISTINCT project_id FROM queues",
    "DELETE FROM blobs WHERE (project_id, blob, seq) IN",
    "DELETE FROM commits WHERE (project_id, id) IN",
    "DELETE FROM {table} WHERE (project_id, id) IN",
    // The checker, and the settings of a session.
    "HAVING sum(kept)",
    "set_config",
    // The end of a statement whose beginning names its project.
    "SELECT {key} FROM {table}",
    // What a copy of the whole store reads.
    ", project_id FROM ",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The string literals of a source file, without those of its tests.
fn literals(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    for line_group in source.split("#[cfg(test)]").take(1) {
        let code: String =
            line_group.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut rest = code.as_str();
        while let Some(start) = rest.find('"') {
            let after = &rest[start + 1..];
            let mut end = 0;
            while end < after.len() && after.as_bytes()[end] != b'"' {
                end += if after.as_bytes()[end] == b'\\' { 2 } else { 1 };
            }
            literals.push(after.get(..end).unwrap_or_default().to_owned());
            rest = after.get(end + 1..).unwrap_or_default();
        }
    }
    literals
}

/// Every statement in the sources of this module, and those that are made from the table of collections.
fn all_statements() -> BTreeSet<String> {
    // Shorter ones are pieces that are put together with others.
    let is_statement = |text: &String| {
        text.len() > 20
            && ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "SET "].iter().any(|verb| text.starts_with(verb))
    };
    let sources = fs::read_dir(folder("src/postgres")).expect("the sources").map(|entry| entry.expect("a file").path());
    let sources = sources.filter(|path| !path.ends_with("portable.rs"));
    let written = sources.flat_map(|path| literals(&fs::read_to_string(path).expect("UTF-8")));
    let made = statements::all().into_iter().map(str::to_owned);
    written.filter(is_statement).chain(made).collect()
}

/// All migrations, in order.
fn migrations() -> Vec<PathBuf> {
    let files = fs::read_dir(folder("migrations/postgres")).expect("migrations");
    let mut migrations: Vec<_> = files.map(|entry| entry.expect("a file").path()).collect();
    migrations.sort();
    migrations
}

fn words(text: &str) -> String {
    text.to_lowercase()
}

#[test]
fn no_statement_uses_what_other_engines_do_not_know() {
    let all = all_statements();
    assert!(all.len() > 60, "the statements are found: {}", all.len());
    for statement in &all {
        for foreign in FOREIGN {
            let found = words(statement).match_indices(foreign).any(|(at, _)| {
                // Not in the middle of another word.
                !words(statement)[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_')
            });
            assert!(!found, "{foreign:?} in {statement}");
        }
    }
}

#[test]
fn every_statement_names_its_project_or_is_known_not_to() {
    for statement in all_statements() {
        if statement.starts_with("SET ") || OVER_PROJECTS.iter().any(|known| statement.contains(known)) {
            continue;
        }
        let names = ["project_id = $1", "SELECT $1,", "VALUES ($1,", "project_id = "]
            .iter()
            .any(|name| statement.contains(name));
        assert!(names, "a statement that is not bound to a project: {statement}");
    }
}

#[test]
fn every_table_is_partitioned_by_project() {
    for migration in migrations() {
        let text = fs::read_to_string(migration).expect("UTF-8");
        let text: String = text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        for foreign in FOREIGN {
            let found =
                words(&text).split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == foreign);
            assert!(!found, "{foreign:?} in the tables");
        }
        for statement in text.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            if statement.starts_with("CREATE TABLE") {
                assert!(statement.contains("project_id TEXT COLLATE \"C\" NOT NULL"), "{statement}");
                assert!(statement.contains("PRIMARY KEY (project_id"), "{statement}");
                assert!(!statement.contains("UNIQUE"), "unique values are indexes: {statement}");
            } else if statement.starts_with("CREATE UNIQUE INDEX") {
                // The one table that a distributed engine keeps whole on every machine.
                let is_known = statement.contains("api_keys_app_id");
                assert!(is_known || statement.contains(" (project_id, "), "{statement}");
            } else {
                let adds = ["CREATE INDEX", "ALTER TABLE"].iter().any(|verb| statement.starts_with(verb));
                assert!(adds, "a migration only adds: {statement}");
                assert!(!statement.contains("DROP") && !statement.contains("RENAME"), "{statement}");
            }
        }
    }
}

#[test]
fn the_tables_have_the_columns_of_the_collections() {
    let text: String = migrations().iter().map(|migration| fs::read_to_string(migration).expect("UTF-8")).collect();
    for collection in crate::Collection::ALL {
        let spec = collection.spec();
        let (_, table) =
            text.split_once(&format!("CREATE TABLE {} (", spec.table)).expect("every collection has a table");
        let (table, _) = table.split_once(");").expect("its end");
        for column in spec.columns {
            let kind = match column.kind {
                crate::collection::Kind::Text => "TEXT COLLATE \"C\"",
                crate::collection::Kind::Integer => "BIGINT",
            };
            let null = if column.nullable { "" } else { " NOT NULL" };
            let wanted = format!("    {} {kind}{null},", column.name);
            let added = format!("ALTER TABLE {} ADD COLUMN {} {kind}{null}", spec.table, column.name);
            assert!(table.contains(&wanted) || text.contains(&added), "{wanted:?} in {}", spec.table);
        }
    }
}
