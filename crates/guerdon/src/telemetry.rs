//! Logs to standard error, traces to an OpenTelemetry collector if one is configured.

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Flushes what is left when the program ends.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take() {
            // The collector may be gone by now; there is nowhere else to say so.
            let _ = provider.shutdown();
        }
    }
}

/// Starts logging. `RUST_LOG` chooses what (by default `info`), `GUERDON_LOG_FORMAT=json` how, and
/// `OTEL_EXPORTER_OTLP_ENDPOINT` where traces go.
pub(crate) fn start() -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let format = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    let format = match std::env::var("GUERDON_LOG_FORMAT").as_deref() {
        Ok("json") => format.json().flatten_event(true).boxed(),
        _ => format.boxed(),
    };
    let provider = match std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Ok(endpoint) if !endpoint.is_empty() => Some(provider()?),
        _ => None,
    };
    let traces =
        provider.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("guerdon")));
    tracing_subscriber::registry().with(filter).with(format).with(traces).init();
    Ok(Telemetry(provider))
}

fn provider() -> anyhow::Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()
        .context("OTEL_EXPORTER_OTLP_ENDPOINT is set, but traces can't be exported to it")?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name("guerdon").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
