//! Sending over HTTP.

use std::{
    error::Error as _,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};

use crate::{
    guard::{Guard, Refusal},
    transport::{Outcome, Outgoing, Transport},
};

const SIGNATURE: HeaderName = HeaderName::from_static("x-voucherify-signature");
/// How long an endpoint may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Connections of one host that are kept for the next request.
const IDLE_CONNECTIONS: usize = 64;
/// How long such a connection is kept.
const IDLE_TIME: Duration = Duration::from_secs(90);
/// An answer's body up to this size and within this time is read, so that its connection can be
/// used again. Beyond either the connection is closed.
const DRAINED_BYTES: usize = 16 * 1024;
const DRAINED_TIME: Duration = Duration::from_millis(250);

/// What can be set about sending.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Whether targets may be private addresses; see [`crate::guard`].
    pub allow_private: bool,
    /// How long an endpoint may take to answer; an answer at the limit is too late. At most ten
    /// seconds.
    pub time_limit: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { allow_private: false, time_limit: TIME_LIMIT }
    }
}

/// The transport of production. Keeps connections for the next request, follows no redirects, and
/// ignores proxies: behind one, it could not check which address it connects to.
pub struct HttpTransport {
    client: Client,
    guard: Guard,
    time_limit: Duration,
}

impl HttpTransport {
    /// A transport with an empty pool of connections.
    ///
    /// # Errors
    /// When the system has no root certificates that could be used.
    pub fn new(options: HttpOptions) -> Result<Self, String> {
        let guard = Guard { allow_private: options.allow_private };
        let client = Client::builder()
            .user_agent(concat!("guerdon/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .build()
            .map_err(|error| format!("the HTTP client for webhooks can't be set up: {}", innermost(&error)))?;
        Ok(Self { client, guard, time_limit: options.time_limit.min(TIME_LIMIT) })
    }

    async fn exchange(&self, request: Outgoing) -> Result<Response, String> {
        let url = self.guard.check(&request.target_url).map_err(|refusal| refusal.to_string())?;
        let headers = headers(&request)?;
        let sent = self.client.post(url).headers(headers).body(request.body).send().await;
        sent.map_err(|error| reason(&error))
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Outgoing) -> Outcome {
        let started = Instant::now();
        let answer = tokio::time::timeout(self.time_limit, self.exchange(request)).await;
        let elapsed = started.elapsed();
        let duration_ms = elapsed.as_millis() as u64;
        let failed = |error| Outcome { status: None, error: Some(error), duration_ms };
        match answer {
            Ok(Ok(response)) if elapsed < self.time_limit => {
                let status = response.status().as_u16();
                drain(response).await;
                Outcome { status: Some(status), error: None, duration_ms }
            }
            Ok(Err(error)) => failed(error),
            Ok(Ok(_)) | Err(_) => failed(format!("no answer within {} s", self.time_limit.as_secs_f64())),
        }
    }
}

/// The request's headers; ours win over the webhook's.
fn headers(request: &Outgoing) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).map_err(|_| format!("the custom header {name} has an invalid name"))?;
        let mut value =
            HeaderValue::try_from(value).map_err(|_| format!("the custom header {name} has an invalid value"))?;
        // Most custom headers are credentials.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let signature = HeaderValue::try_from(&request.signature).map_err(|_| "the signature is invalid".to_owned())?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(SIGNATURE, signature);
    Ok(headers)
}

async fn drain(mut response: Response) {
    if response.content_length() == Some(0) {
        return;
    }
    let read = async {
        let mut left = DRAINED_BYTES;
        while let Ok(Some(chunk)) = response.chunk().await {
            match left.checked_sub(chunk.len()) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    let _ = tokio::time::timeout(DRAINED_TIME, read).await;
}

/// Why a request failed, without its address: that may hold a secret, and the reader knows it.
fn reason(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(refusal) = found.downcast_ref::<Refusal>() {
            return refusal.to_string();
        }
        cause = found.source();
    }
    let innermost = innermost(error);
    if error.is_connect() {
        format!("the connection failed: {innermost}")
    } else {
        format!("the request failed: {innermost}")
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = error.source();
    let mut text = "unknown reason".to_owned();
    while let Some(found) = cause {
        text = found.to_string();
        cause = found.source();
    }
    text
}
