//! The measured server: this program once more, as a process of its own, put together like
//! `guerdon serve`.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use axum::{Router, extract::Request, serve::ListenerExt};
use guerdon_api::{App, Settings};
use guerdon_core::{
    Guerdon, Options,
    clock::SystemClock,
    ids::IdGenerator,
    jobs,
    projects::{self, Bootstrap},
    secrets::SecretKey,
};
use guerdon_model::project::NewKey;
use guerdon_store::Store;
use guerdon_webhooks::{Dispatcher, HttpOptions, HttpTransport};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    client,
    databases::{self, Database},
    shop,
};

/// A server that runs; dropping it stops it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts a server on that database and waits until it is ready.
    pub(crate) fn start(database: &Database) -> anyhow::Result<Self> {
        Self::serving(database, &[])
    }

    /// Likewise, but webhooks are left waiting.
    pub(crate) fn start_without_deliveries(database: &Database) -> anyhow::Result<Self> {
        Self::serving(database, &["--without-deliveries"])
    }

    /// Likewise, but every request is a transaction of its own, so many of them at a time.
    pub(crate) fn start_without_batches(database: &Database, at_a_time: usize) -> anyhow::Result<Self> {
        Self::serving(database, &["--without-batches", &at_a_time.to_string()])
    }

    fn serving(database: &Database, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::spawn(
            |command| command.args(["serve", "--database", &database.url()]).args(arguments),
            database.folder.join("server.log"),
        )
    }

    /// Starts a server that answers with the bytes of a file, whatever customer is asked for.
    pub(crate) fn start_serving_bytes(body: &Path) -> anyhow::Result<Self> {
        Self::spawn(|command| command.arg("serve-bytes").arg("--body").arg(body), body.with_extension("log"))
    }

    fn spawn(configure: impl FnOnce(&mut Command) -> &mut Command, log: PathBuf) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        let log = File::options().create(true).append(true).open(log)?;
        configure(&mut command).args(["--listen", &address.to_string()]).stdin(Stdio::piped()).stderr(log);
        let process = command.spawn().context("the server could not be started")?;
        let mut server = Self { address, process };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(60) {
            if let Ok((200, _)) = client::once(self.address, b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n") {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the server has ended: {status}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        bail!("the server does not become ready")
    }

    /// The most memory that the process has had so far, in bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Server {
    /// Closing its input tells the server to stop.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// How a measured server differs from `guerdon serve`.
pub(crate) struct Modes {
    pub(crate) deliver: bool,
    /// Whether every request has an engine for itself alone, and how many engines there are.
    pub(crate) without_batches: Option<usize>,
}

/// Serves until standard input is closed.
pub(crate) async fn serve(listen: SocketAddr, database: &str, modes: Modes) -> anyhow::Result<()> {
    let format = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(EnvFilter::new("info")).with(format).init();
    let store = databases::open(database).await?;
    let guerdon = engine(store.clone(), listen)?;
    projects::bootstrap(&guerdon, first_project()).await?;

    let metrics = PrometheusBuilder::new().install_recorder()?;
    let (dispatcher, mut router) = front(&guerdon, &metrics)?;
    if let Some(at_a_time) = modes.without_batches {
        let mut routers = vec![router];
        while routers.len() < at_a_time {
            routers.push(front(&engine(store.clone(), listen)?, &metrics)?.1);
        }
        router = one_request_each(routers);
    }
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(listen).await?.tap_io(|stream| drop(stream.set_nodelay(true)));

    tokio::spawn(jobs::work(guerdon.clone()));
    let deliveries = modes.deliver.then(|| tokio::spawn(dispatcher.clone().run()));
    tokio::select! {
        served = axum::serve(listener, service) => served?,
        () = input_is_closed() => {}
    }
    dispatcher.stop().await;
    if let Some(deliveries) = deliveries {
        deliveries.abort();
    }
    guerdon.executor.drain().await;
    Ok(())
}

fn engine(store: Arc<dyn Store>, listen: SocketAddr) -> anyhow::Result<Arc<Guerdon>> {
    let secret = SecretKey::parse("the secret of a benchmark").context("a secret key")?;
    let options = Options { public_url: format!("http://{listen}"), ..Options::default() };
    Ok(Guerdon::new(store, Arc::new(SystemClock), IdGenerator::from_system(), secret, options))
}

fn front(guerdon: &Arc<Guerdon>, metrics: &PrometheusHandle) -> anyhow::Result<(Arc<Dispatcher>, Router)> {
    let transport = HttpTransport::new(HttpOptions { allow_private: true, ..HttpOptions::default() })
        .map_err(|error| anyhow::anyhow!(error))?;
    let dispatcher = Dispatcher::new(guerdon.clone(), Arc::new(transport), guerdon_webhooks::Options::default());
    let app = App::new(guerdon.clone(), dispatcher.clone(), Settings::default(), Some(metrics.clone()));
    Ok((dispatcher, guerdon_api::router(app)))
}

/// Gives each request a router that no other request has meanwhile. With an engine behind each, a batch
/// has one command: what servers do that don't collect them.
fn one_request_each(routers: Vec<Router>) -> Router {
    let free = Arc::new(Semaphore::new(routers.len()));
    let routers = Arc::new(Mutex::new(routers));
    Router::new().fallback(move |request: Request| {
        let (free, routers) = (free.clone(), routers.clone());
        async move {
            let _permit = free.acquire().await;
            let taken = routers.lock().pop().unwrap_or_default();
            let answer = taken.clone().oneshot(request).await;
            routers.lock().push(taken);
            answer
        }
    })
}

fn first_project() -> Bootstrap {
    let key = |(id, token): (&str, &str)| Some(NewKey { app_id: id.into(), app_token: token.into() });
    Bootstrap {
        project_id: Some(shop::PROJECT.into()),
        server_key: key(shop::SERVER_KEY),
        client_key: key(shop::CLIENT_KEY),
        management_key: key(shop::MANAGEMENT_KEY),
        admin: None,
    }
}

/// Waits until whoever has started this process closes its input, or is gone.
pub(crate) async fn input_is_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    // Not tokio's own standard input: its blocking read would keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
