//! The measured server: this program once more, as a process of its own, put together like
//! `guerdon serve`.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use axum::serve::ListenerExt;
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
use guerdon_store::sqlite::Sqlite;
use guerdon_webhooks::{Dispatcher, HttpOptions, HttpTransport};
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{client, shop};

/// A server that runs; dropping it stops it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts a server on that database and waits until it is ready.
    pub(crate) fn start(database: &Path) -> anyhow::Result<Self> {
        Self::spawn(|command| command.arg("serve").arg("--database").arg(database), database)
    }

    /// Likewise, but webhooks are left waiting.
    pub(crate) fn start_without_deliveries(database: &Path) -> anyhow::Result<Self> {
        let arguments = ["serve", "--without-deliveries"];
        Self::spawn(|command| command.args(arguments).arg("--database").arg(database), database)
    }

    /// Starts a server that answers with the bytes of a file, whatever customer is asked for.
    pub(crate) fn start_serving_bytes(body: &Path) -> anyhow::Result<Self> {
        Self::spawn(|command| command.arg("serve-bytes").arg("--body").arg(body), body)
    }

    fn spawn(configure: impl FnOnce(&mut Command) -> &mut Command, beside: &Path) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        let log = File::options().create(true).append(true).open(beside.with_extension("log"))?;
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

/// Serves until standard input is closed.
pub(crate) async fn serve(listen: SocketAddr, database: &Path, deliver: bool) -> anyhow::Result<()> {
    let format = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(EnvFilter::new("info")).with(format).init();
    let secret = SecretKey::parse("the secret of a benchmark").context("a secret key")?;
    let options = Options { public_url: format!("http://{listen}"), ..Options::default() };
    let store = Sqlite::open(database)?;
    let guerdon = Guerdon::new(store, Arc::new(SystemClock), IdGenerator::from_system(), secret, options);
    projects::bootstrap(&guerdon, first_project()).await?;

    let transport = HttpTransport::new(HttpOptions { allow_private: true, ..HttpOptions::default() })
        .map_err(|error| anyhow::anyhow!(error))?;
    let dispatcher = Dispatcher::new(guerdon.clone(), Arc::new(transport), guerdon_webhooks::Options::default());
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let app = App::new(guerdon.clone(), dispatcher.clone(), Settings::default(), Some(metrics));
    let service = guerdon_api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind(listen).await?.tap_io(|stream| drop(stream.set_nodelay(true)));

    tokio::spawn(jobs::work(guerdon.clone()));
    let deliveries = deliver.then(|| tokio::spawn(dispatcher.clone().run()));
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
