//! What every request can reach.

use std::{collections::HashSet, sync::Arc};

use guerdon_core::Guerdon;
use guerdon_model::ids::ProjectId;
use guerdon_webhooks::Dispatcher;
use metrics_exporter_prometheus::PrometheusHandle;
use parking_lot::Mutex;

use crate::rate_limit::{ClientLimit, KeyLimit};

/// The engine behind the API, and the API's own settings.
pub struct App {
    pub guerdon: Arc<Guerdon>,
    pub dispatcher: Arc<Dispatcher>,
    pub settings: Settings,
    pub(crate) key_limit: KeyLimit,
    pub(crate) client_limit: ClientLimit,
    /// Requests with an `Idempotency-Key` that are being carried out.
    pub(crate) keyed: Mutex<HashSet<(ProjectId, Arc<str>)>>,
    /// Renders `/metrics`; without it the page says that metrics are off.
    pub metrics: Option<PrometheusHandle>,
}

/// What an operator can set about the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest JSON body in bytes; the published limit.
    pub body_limit: usize,
    /// The largest uploaded file in bytes.
    pub import_limit: u64,
    /// Requests per minute and key; none for no limit.
    pub requests_per_minute: Option<u64>,
}

/// 10 MiB, as published.
pub const BODY_LIMIT: usize = 10_485_760;

impl Default for Settings {
    fn default() -> Self {
        Self { body_limit: BODY_LIMIT, import_limit: 1 << 30, requests_per_minute: None }
    }
}

impl App {
    /// An API on this engine.
    pub fn new(
        guerdon: Arc<Guerdon>,
        dispatcher: Arc<Dispatcher>,
        settings: Settings,
        metrics: Option<PrometheusHandle>,
    ) -> Arc<Self> {
        let key_limit = KeyLimit::new(settings.requests_per_minute);
        let (client_limit, keyed) = (ClientLimit::default(), Mutex::default());
        Arc::new(Self { guerdon, dispatcher, settings, key_limit, client_limit, keyed, metrics })
    }
}
