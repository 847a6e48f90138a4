//! The databases that are measured on, one per measurement, on either store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::ValueEnum;
use guerdon_store::{
    Store,
    postgres::{self, Postgres},
    sqlite::Sqlite,
};

use crate::postgres::{Cluster, Schema};

/// Which store is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// As it is called in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        }
    }
}

/// Where databases of one store are made.
pub(crate) struct Databases {
    folder: PathBuf,
    cluster: Option<Cluster>,
}

impl Databases {
    /// Files in a folder.
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self { folder: folder.join("sqlite"), cluster: None }
    }

    /// Schemas of a server; logs and other files go to a folder.
    pub(crate) fn postgres(folder: &Path, cluster: Cluster) -> Self {
        Self { folder: folder.join("postgres"), cluster: Some(cluster) }
    }

    pub(crate) fn kind(&self) -> Kind {
        if self.cluster.is_some() { Kind::Postgres } else { Kind::Sqlite }
    }

    /// A new database. Whatever an earlier measurement has left under that name is removed.
    pub(crate) fn create(&self, name: &str) -> anyhow::Result<Database> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let place = match &self.cluster {
            None => Place::File(folder.join("bench.db")),
            Some(cluster) => Place::Schema(cluster.create_schema(name)?),
        };
        Ok(Database { place, folder })
    }
}

/// A database of one measurement.
pub(crate) struct Database {
    pub(crate) place: Place,
    /// For the log of whoever uses it, and for files of the measurement.
    pub(crate) folder: PathBuf,
}

/// Where a database is.
pub(crate) enum Place {
    File(PathBuf),
    Schema(Schema),
}

impl Database {
    /// What the measured server is told, and [`open`] understands.
    pub(crate) fn url(&self) -> String {
        match &self.place {
            Place::File(path) => format!("sqlite://{}", path.display()),
            Place::Schema(schema) => schema.url().to_owned(),
        }
    }
}

/// Opens a database by its URL.
pub(crate) async fn open(url: &str) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match url.strip_prefix("sqlite://") {
        Some(path) => Sqlite::open(Path::new(path))?,
        None => Postgres::open(url, postgres::Options::default()).await?,
    })
}
