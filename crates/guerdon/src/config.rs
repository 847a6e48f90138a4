//! What can be set, by flags or by the environment.

use std::{io::Write, net::SocketAddr, os::unix::fs::OpenOptionsExt, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Args;
use guerdon_core::{ids::IdGenerator, projects::Bootstrap, secrets::SecretKey};
use guerdon_model::project::NewKey;
use guerdon_store::{
    Store,
    postgres::{self, Postgres},
    sqlite::Sqlite,
};

/// Where the data is.
#[derive(Args, Debug, Clone)]
pub(crate) struct Database {
    /// The database: `sqlite://PATH`, whose folder is created if need be, or
    /// `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[arg(
        long,
        env = "GUERDON_DATABASE_URL",
        default_value = "sqlite://./guerdon-data/guerdon.db",
        hide_env_values = true
    )]
    pub(crate) database_url: String,

    /// The most connections to a PostgreSQL database.
    #[arg(long, env = "GUERDON_DATABASE_CONNECTIONS", default_value_t = 16)]
    pub(crate) database_connections: usize,
}

/// Where a database is.
pub(crate) enum Location {
    /// The file of an embedded one.
    File(PathBuf),
    /// What to connect to.
    Postgres(String),
}

impl Database {
    pub(crate) fn at(database_url: String) -> Self {
        Self { database_url, database_connections: postgres::Options::default().connections }
    }

    pub(crate) fn location(&self) -> anyhow::Result<Location> {
        let url = &self.database_url;
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Location::File(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Location::Postgres(url.clone())),
            // Without what was set: it may hold a password.
            _ => bail!(
                "the URL of a database has to be sqlite://PATH, such as sqlite://./guerdon-data/guerdon.db, or \
                 postgres://USER:PASSWORD@HOST/DATABASE"
            ),
        }
    }

    /// The store, with its tables brought up to date.
    pub(crate) async fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match self.location()? {
            Location::File(path) => Sqlite::open(&path)?,
            Location::Postgres(url) => Postgres::open(&url, self.options(false)).await?,
        })
    }

    /// The store for looking only: beside a process that serves, or on a replica.
    pub(crate) async fn open_read_only(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(match self.location()? {
            Location::File(path) => Sqlite::open_read_only(&path)?,
            Location::Postgres(url) => Postgres::open(&url, self.options(true)).await?,
        })
    }

    fn options(&self, read_only: bool) -> postgres::Options {
        postgres::Options { connections: self.database_connections, read_only, ..postgres::Options::default() }
    }
}

/// Everything about `guerdon serve`.
#[derive(Args, Debug, Clone)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) database: Database,

    #[command(flatten)]
    pub(crate) server: ServerConfig,

    /// Encrypts stored secrets: 64 hexadecimal digits, or any text of 16 characters or more. Without
    /// it, a key file is made beside the database.
    #[arg(long, env = "GUERDON_SECRET_KEY", hide_env_values = true)]
    pub(crate) secret_key: Option<String>,

    #[command(flatten)]
    pub(crate) first_start: FirstStart,
}

/// How the API is served.
#[derive(Args, Debug, Clone)]
pub(crate) struct ServerConfig {
    /// The address to listen on.
    #[arg(long, env = "GUERDON_LISTEN", default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,

    /// Where clients reach the API, for links in answers; by default the address listened on.
    #[arg(long, env = "GUERDON_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,

    /// Let webhooks reach private, loopback and link-local addresses.
    #[arg(long, env = "GUERDON_WEBHOOK_ALLOW_PRIVATE", default_value_t = false, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) webhook_allow_private: bool,

    /// How many commands of one project may wait before further ones are answered with 503.
    #[arg(long, env = "GUERDON_QUEUE_LENGTH", default_value_t = 4096)]
    pub(crate) queue_length: usize,

    /// How many days settled send-outs are kept.
    #[arg(long, env = "GUERDON_SENDOUT_RETENTION_DAYS", default_value_t = 180)]
    pub(crate) sendout_retention_days: u32,

    /// Requests per minute and API key; no limit if not set.
    #[arg(long, env = "GUERDON_RATE_LIMIT")]
    pub(crate) rate_limit: Option<u64>,

    /// The largest file that can be imported, in bytes.
    #[arg(long, env = "GUERDON_IMPORT_LIMIT", default_value_t = 1 << 30)]
    pub(crate) import_limit: u64,
}

/// Used only when the store is empty. What is missing is made up and printed once.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "First start, when the store is empty")]
pub(crate) struct FirstStart {
    /// The id of the first project.
    #[arg(long, env = "GUERDON_BOOTSTRAP_PROJECT_ID")]
    bootstrap_project_id: Option<String>,
    /// The public half of its server-side key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_APP_ID", requires = "bootstrap_app_token")]
    bootstrap_app_id: Option<String>,
    /// The secret half of its server-side key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_APP_TOKEN", hide_env_values = true)]
    bootstrap_app_token: Option<String>,
    /// The public half of its client-side key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_CLIENT_APP_ID", requires = "bootstrap_client_token")]
    bootstrap_client_app_id: Option<String>,
    /// The secret half of its client-side key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_CLIENT_TOKEN", hide_env_values = true)]
    bootstrap_client_token: Option<String>,
    /// The public half of the management key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_MANAGEMENT_ID", requires = "bootstrap_management_token")]
    bootstrap_management_id: Option<String>,
    /// The secret half of the management key.
    #[arg(long, env = "GUERDON_BOOTSTRAP_MANAGEMENT_TOKEN", hide_env_values = true)]
    bootstrap_management_token: Option<String>,
    /// The e-mail address of the first dashboard user.
    #[arg(long, env = "GUERDON_ADMIN_EMAIL", requires = "admin_password")]
    admin_email: Option<String>,
    /// The password of the first dashboard user.
    #[arg(long, env = "GUERDON_ADMIN_PASSWORD", hide_env_values = true)]
    admin_password: Option<String>,
}

impl FirstStart {
    /// What was set, for the engine.
    pub(crate) fn bootstrap(self) -> Bootstrap {
        let pair = |id: Option<String>, token: Option<String>| Some(NewKey { app_id: id?, app_token: token? });
        Bootstrap {
            project_id: self.bootstrap_project_id,
            server_key: pair(self.bootstrap_app_id, self.bootstrap_app_token),
            client_key: pair(self.bootstrap_client_app_id, self.bootstrap_client_token),
            management_key: pair(self.bootstrap_management_id, self.bootstrap_management_token),
            admin: self.admin_email.zip(self.admin_password),
        }
    }
}

/// What `guerdon demo` takes.
#[derive(Args, Debug, Clone)]
pub(crate) struct DemoConfig {
    /// The demo's own database; filled when it is new.
    #[arg(long, env = "GUERDON_DATABASE_URL", default_value = "sqlite://./guerdon-data/demo.db")]
    pub(crate) database_url: String,
    /// The address to listen on.
    #[arg(long, env = "GUERDON_LISTEN", default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,
}

/// The configured secret key, or the one in the file beside the database, which is made if need be.
pub(crate) fn secret_key(configured: Option<&str>, database: &Database) -> anyhow::Result<SecretKey> {
    if let Some(text) = configured {
        return SecretKey::parse(text).context("GUERDON_SECRET_KEY has to have 16 characters or more");
    }
    let path = match database.location()? {
        Location::File(path) => path.with_extension("key"),
        // Every node has to have the same one, and no file would be on all of their machines.
        Location::Postgres(_) => bail!(
            "GUERDON_SECRET_KEY has to be set for a PostgreSQL database, to the same text on every node: 64 \
             hexadecimal digits, such as `openssl rand -hex 32` prints"
        ),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => SecretKey::parse(&text).with_context(|| format!("{} holds no key", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SecretKey::generate(&IdGenerator::from_system());
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
            writeln!(file, "{}", key.to_hex())?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
