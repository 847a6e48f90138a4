//! `guerdon serve`: puts the parts together, and takes them apart again in good order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::serve::ListenerExt;
use guerdon_api::{App, Settings};
use guerdon_core::{
    Guerdon, Options,
    clock::SystemClock,
    ids::IdGenerator,
    jobs,
    projects::{self, FirstKeys},
    retention,
    secrets::SecretKey,
};
use guerdon_store::Store;
use guerdon_webhooks::{Dispatcher, HttpOptions, HttpTransport};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::{
    config::{self, Config, ServerConfig},
    telemetry,
};

/// How long requests that are under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(30);

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let _telemetry = telemetry::start()?;
    let secret = config::secret_key(config.secret_key.as_deref(), &config.database)?;
    let store = config.database.open().await?;
    let listener = listen(&config.server).await?;
    let guerdon = engine(store, secret, &config.server, listener.local_addr()?);
    if let Some(keys) = projects::bootstrap(&guerdon, config.first_start.clone().bootstrap()).await? {
        announce(&keys);
    }
    serve(guerdon, listener, &config.server).await
}

/// Takes the address, so that it is known before links to it are made.
pub(crate) async fn listen(server: &ServerConfig) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(server.listen).await;
    bound.with_context(|| format!("cannot listen on {} (GUERDON_LISTEN)", server.listen))
}

/// The engine for real use.
pub(crate) fn engine(
    store: Arc<dyn Store>,
    secret: SecretKey,
    server: &ServerConfig,
    address: SocketAddr,
) -> Arc<Guerdon> {
    let public_url = server.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let options = Options {
        public_url: public_url.trim_end_matches('/').to_owned(),
        queue_length: server.queue_length,
        send_out_retention: i64::from(server.sendout_retention_days) * 24 * 3_600_000,
    };
    Guerdon::new(store, Arc::new(SystemClock), IdGenerator::from_system(), secret, options)
}

/// Shows the keys that a first start has made up, which can't be shown again.
fn announce(keys: &FirstKeys) {
    println!("This is the first start. The project is {}.", keys.project);
    let all = [("server-side", &keys.server), ("client-side", &keys.client), ("management", &keys.management)];
    let made_up: Vec<_> = all.into_iter().filter(|(_, key)| key.is_made_up).collect();
    if !made_up.is_empty() {
        println!("These keys are shown only now:\n");
        println!("  {:<12} {:<36}  secret", "key", "id");
        for (what, key) in made_up {
            println!("  {what:<12} {:<36}  {}", key.pair.app_id, key.pair.app_token);
        }
        println!();
    }
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(guerdon: Arc<Guerdon>, listener: TcpListener, server: &ServerConfig) -> anyhow::Result<()> {
    if !guerdon.store.is_shared() {
        // Whoever held leases on its jobs is gone.
        jobs::release_leases(&guerdon).await?;
    }
    let transport =
        HttpTransport::new(HttpOptions { allow_private: server.webhook_allow_private, ..HttpOptions::default() })
            .map_err(|error| anyhow::anyhow!("the webhook client could not be made: {error}"))?;
    let dispatcher = Dispatcher::new(guerdon.clone(), Arc::new(transport), guerdon_webhooks::Options::default());
    let settings =
        Settings { import_limit: server.import_limit, requests_per_minute: server.rate_limit, ..Settings::default() };
    let app = App::new(guerdon.clone(), dispatcher.clone(), settings, Some(metrics()?));
    let router = guerdon_api::router(app);

    let jobs = tokio::spawn(jobs::work(guerdon.clone()));
    let retention = tokio::spawn(retention::work(guerdon.clone()));
    let deliveries = tokio::spawn(dispatcher.clone().run());
    println!("Guerdon is listening on http://{}  (API reference: /docs)", listener.local_addr()?);
    // Small answers must not wait for each other.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let graceful = axum::serve(listener, service).with_graceful_shutdown(async {
        told_to_stop().await;
        let _ = stopping.send(());
    });
    tokio::select! {
        served = graceful => served?,
        () = async {
            let _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("some requests were still under way and are broken off"),
    }
    tracing::info!("stopping");
    jobs.abort();
    retention.abort();
    dispatcher.stop().await;
    deliveries.abort();
    guerdon.executor.drain().await;
    Ok(())
}

fn metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)?
        .set_buckets_for_metric(
            Matcher::Suffix("_commands".into()),
            &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0],
        )?
        .install_recorder()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
