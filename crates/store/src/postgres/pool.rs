//! Connections: as many as are needed up to a limit, each with our settings, found again after the
//! database was away.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Metrics, Object, PoolError, QueueMode, RecyclingMethod,
    Runtime,
};
use rand::Rng;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::{Config, config::TargetSessionAttrs, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::failed;
use crate::StoreError;

/// A connection that goes back to the pool when it is dropped.
pub(super) type Connection = Object;

/// How a database is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// The most connections at a time.
    pub connections: usize,
    /// How long a call waits for a connection, a database that is restarting included.
    pub patience: Duration,
    /// Whether a server that takes no writes will do, such as a replica.
    pub read_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 16, patience: Duration::from_secs(10), read_only: false }
    }
}

/// The pause before the second attempt to connect; every further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long plans are kept.
const PLANS_LAST_SECONDS: u64 = 10;
/// A statement that takes longer is broken off: ours take milliseconds, a listing may take seconds.
const SETTINGS: [&str; 8] = [
    "SET statement_timeout = '30s'",
    // Whoever died with a lock held must not stop everybody else.
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '15s'",
    // Compiling pays off for statements that run for seconds only.
    "SET jit = off",
    // One plan for every project. A plan for the project at hand would believe that there is next to nothing
    // of a project which the statistics don't know yet, and walk through all of it.
    "SET plan_cache_mode = force_generic_plan",
    // A cursor walks until a page is full: plans for reading all of the rows would sort them first.
    "SET cursor_tuple_fraction = 0.001",
    "SET client_min_messages = 'warning'",
    // What was acknowledged has to be on disk, whatever the database's default is.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
];

/// The connections to one database.
pub(super) struct Pool {
    pool: deadpool_postgres::Pool,
    patience: Duration,
}

impl Pool {
    /// No connection yet.
    ///
    /// # Errors
    /// When the URL can't be understood or the certificates can't be read.
    pub(super) fn new(url: &str, options: &Options) -> Result<Self, StoreError> {
        let (mut config, roots) = parse(url)?;
        if !options.read_only {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("guerdon");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(15));
        }
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, tls(roots.as_deref())?, manager_config);
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(options.connections.max(2))
            // The one that was used last has its caches warm: a fifth less work for the database than if they
            // took turns.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| Box::pin(async move { settle(client).await })))
            .pre_recycle(Hook::async_fn(|client, metrics| Box::pin(async move { renew_plans(client, metrics).await })))
            .build()
            .map_err(|error| StoreError(error.to_string()))?;
        Ok(Self { pool, patience: options.patience })
    }

    /// A connection, waiting for one to become free or for the database to come back.
    ///
    /// # Errors
    /// When the database can't be reached for as long as [`Options::patience`], or refuses us.
    pub(super) async fn get(&self) -> Result<Connection, StoreError> {
        let deadline = Instant::now() + self.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match timeout_at(deadline, self.pool.get()).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)))) => {
                    if is_hopeless(&error) || Instant::now() + pause > deadline {
                        return Err(failed(error));
                    }
                    failed(error).0
                }
                Ok(Err(error)) => return Err(StoreError(error.to_string())),
                Err(_) => return Err(StoreError("no database connection became free in time".into())),
            };
            tracing::warn!(%error, "the database can't be reached; trying again");
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Gives up all idle connections: they lead to a server that has become read-only.
    pub(super) fn forget(&self) {
        self.pool.retain(|_, _| false);
    }
}

/// Somewhere between half of it and all of it, so that nodes don't come back all at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// Whether trying again can't help: the name or the password is wrong, or there is no such database.
fn is_hopeless(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION, SqlState::INVALID_CATALOG_NAME]
            .contains(code)
    })
}

/// Our settings; what an engine does not know is left out.
async fn settle(client: &ClientWrapper) -> Result<(), HookError> {
    if client.batch_execute(&SETTINGS.join("; ")).await.is_ok() {
        return Ok(());
    }
    for setting in SETTINGS {
        match client.batch_execute(setting).await {
            Ok(()) => {}
            Err(error) if error.as_db_error().is_some() => {
                tracing::debug!(setting, %error, "the database does not know a setting");
            }
            Err(error) => return Err(HookError::Backend(error)),
        }
    }
    Ok(())
}

/// Has the statements planned anew: a plan that was made while a table was small would walk through all of
/// it when it has grown, until the database looks at it again, which takes a minute or, if other projects
/// are large, far longer. After twice as many uses as the last time, this keeps up with what grows through
/// this connection; after [`PLANS_LAST_SECONDS`], with what grows through others.
async fn renew_plans(client: &ClientWrapper, metrics: &Metrics) -> Result<(), HookError> {
    let period = |age: Duration| age.as_secs() / PLANS_LAST_SECONDS;
    let last_use = metrics.recycled.map_or(Duration::ZERO, |last_use| last_use - metrics.created);
    if period(last_use) == period(metrics.age()) && !metrics.recycle_count.is_power_of_two() {
        return Ok(());
    }
    match client.batch_execute("DISCARD PLANS").await {
        // What an engine does not know, it does not need.
        Err(error) if error.as_db_error().is_none() => Err(HookError::Backend(error)),
        _ => Ok(()),
    }
}

/// What the driver understands, and the file of root certificates, which it does not.
fn parse(url: &str) -> Result<(Config, Option<String>), StoreError> {
    // Without the words of the error: they may hold the password.
    let unreadable = || StoreError("the database URL has to look like postgres://user:password@host/database".into());
    let mut roots = None;
    let mut config: Config = match Url::parse(url) {
        Ok(mut parsed) if parsed.query().is_some() => {
            let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
            let mut kept: Vec<(String, String)> = Vec::new();
            for (key, value) in pairs {
                match (key.as_str(), value.as_str()) {
                    ("sslrootcert", _) => roots = Some(value),
                    // Certificates are always verified.
                    ("sslmode", "verify-ca" | "verify-full") => kept.push((key, "require".into())),
                    _ => kept.push((key, value)),
                }
            }
            let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let query: Vec<String> =
                kept.iter().map(|(key, value)| format!("{key}={}", encode(value).replace('+', "%20"))).collect();
            parsed.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
            parsed.as_str().parse().map_err(|_| unreadable())?
        }
        _ => url.parse().map_err(|_| unreadable())?,
    };
    if config.get_dbname().is_none() {
        let user = config.get_user().map(str::to_owned);
        config.dbname(user.as_deref().unwrap_or("guerdon"));
    }
    Ok((config, roots))
}

/// TLS with the system's root certificates, or those of a file.
fn tls(roots: Option<&str>) -> Result<MakeRustlsConnect, StoreError> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let unreadable = |error| StoreError(format!("the root certificates in {path} can't be read: {error}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                let certificate = certificate.map_err(unreadable)?;
                store.add(certificate).map_err(|error| StoreError(format!("a certificate in {path}: {error}")))?;
            }
        }
        None => {
            let _ = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
