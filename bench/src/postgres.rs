//! The PostgreSQL that is measured on: a server of our own or one that was named, and in it a schema
//! for each measurement.

use anyhow::{Context as _, ensure};
use guerdon_testing::postgres::Server;
use tokio_postgres::{Client, NoTls};

use crate::client::block_on;

/// What an operator would set at least; a test's server has far less. Everything else is as it comes,
/// above all that a commit is on disk when it is answered.
const SETTINGS: [&str; 2] = ["ALTER SYSTEM SET shared_buffers = '1GB'", "ALTER SYSTEM SET max_wal_size = '4GB'"];
/// Settings without which the figures would mean nothing.
const REQUIRED: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];

/// A server that takes our schemas.
pub(crate) struct Cluster {
    url: String,
    /// Stops when this is dropped.
    _own: Option<Server>,
}

impl Cluster {
    /// A server of our own; none if PostgreSQL is not installed.
    pub(crate) fn start() -> anyhow::Result<Option<Self>> {
        let Some(server) = block_on(async { Ok(Server::start().await) })? else { return Ok(None) };
        for setting in SETTINGS {
            // One by one: it can't be part of a transaction.
            with_client(server.url(), async |client| Ok(client.batch_execute(setting).await?))?;
        }
        block_on(async {
            server.restart_immediately().await;
            Ok(())
        })?;
        let cluster = Self { url: server.url().to_owned(), _own: Some(server) };
        cluster.check()?;
        Ok(Some(cluster))
    }

    /// A server that runs already.
    pub(crate) fn at(url: &str) -> anyhow::Result<Self> {
        let cluster = Self { url: url.to_owned(), _own: None };
        cluster.check()?;
        Ok(cluster)
    }

    fn check(&self) -> anyhow::Result<()> {
        with_client(&self.url, async |client| {
            for setting in REQUIRED {
                let row = client.query_one("SELECT current_setting($1)", &[&setting]).await?;
                let value: &str = row.get(0);
                ensure!(value != "off", "the PostgreSQL server has {setting} = {value}: nothing to compare with");
            }
            Ok(())
        })
        .context("the PostgreSQL server")
    }

    /// An empty schema. What earlier ones have left to be written is written first, so that it does not
    /// count for this one.
    pub(crate) fn create_schema(&self, name: &str) -> anyhow::Result<Schema> {
        let name = format!("guerdon_bench_{}", name.replace('-', "_"));
        with_client(&self.url, async |client| {
            client.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")).await?;
            // Only an administrator may; without it, figures are less steady.
            let _ = client.batch_execute("CHECKPOINT").await;
            Ok(())
        })?;
        let behind = if self.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{behind}options=-c%20search_path%3D{name}", self.url);
        Ok(Schema { url, name, server: self.url.clone() })
    }
}

/// A schema of one measurement; dropping it drops its tables.
pub(crate) struct Schema {
    url: String,
    name: String,
    server: String,
}

impl Schema {
    /// What is said through this URL without naming a schema is said about this one.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Does what the server would do by itself within minutes of rest: it cleans up and looks how many of what
    /// there are.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        with_client(&self.url, async |client| {
            client.batch_execute("VACUUM ANALYZE customers, events, counts, vouchers").await?;
            let _ = client.batch_execute("CHECKPOINT").await;
            Ok(())
        })
    }

    /// How many events of a type there are.
    pub(crate) fn count_events(&self, kind: &str) -> anyhow::Result<u64> {
        with_client(&self.url, async |client| {
            let row = client.query_one("SELECT count(*) FROM events WHERE type = $1", &[&kind]).await?;
            Ok(row.get::<_, i64>(0).unsigned_abs())
        })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.name);
        if let Err(error) = with_client(&self.server, async |client| Ok(client.batch_execute(&sql).await?)) {
            eprintln!("  the schema {} is left behind: {error}", self.name);
        }
    }
}

/// Connects, does something and hangs up.
pub(crate) fn with_client<T>(url: &str, work: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
    block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let done = work(&client).await;
        drop(client);
        let _ = connection.await;
        done
    })
}
