//! `/healthz`, `/readyz` and `/metrics`, for whoever runs the server.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use guerdon_model::ids::organization;

use crate::{app::App, routes::Route};

/// The process runs.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can serve: its store answers.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.guerdon.store.load(&organization(), Vec::new()).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready: the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// Everything that is counted, in Prometheus' text format.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    match &app.metrics {
        Some(handle) => {
            metrics::gauge!("guerdon_commands_pending").set(app.guerdon.executor.pending() as f64);
            handle.render().into_response()
        }
        None => (StatusCode::NOT_FOUND, "metrics are switched off\n").into_response(),
    }
}

/// Counts an answered request.
pub(crate) fn record(route: &Route, status: StatusCode, elapsed: Duration) {
    // One label per class of status keeps the number of series small.
    let class = match status.as_u16() {
        ..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    metrics::histogram!("guerdon_request_seconds", "route" => route.path, "status" => class).record(elapsed);
}
