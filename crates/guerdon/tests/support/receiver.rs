//! An endpoint for webhooks that keeps what it gets.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode};
use hmac::{Hmac, Mac};
use parking_lot::Mutex;
use serde_json::Value;
use sha2::Sha256;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a webhook is JSON")
    }

    /// Computed here and not by the code that is tested.
    pub(crate) fn is_signed_with(&self, token: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).expect("any key will do");
        mac.update(&self.body);
        hex::encode(mac.finalize().into_bytes()) == self.signature
    }
}

/// The endpoint. Answers 204, unless it is told to leave requests without an answer.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    silent: AtomicBool,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Shared::default());
        let router = Router::new().fallback(receive).with_state(state.clone());
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/webhooks?shop=1&x=%22", socket.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, state }
    }

    /// Whether requests are to stay without an answer.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.state.silent.store(silent, Ordering::SeqCst);
    }

    /// Everything so far, also what came twice.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().clone()
    }
}

async fn receive(State(state): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let request = Received { signature: text("x-voucherify-signature"), content_type: text("content-type"), body };
    state.received.lock().push(request);
    if state.silent.load(Ordering::SeqCst) {
        pending::<()>().await;
    }
    StatusCode::NO_CONTENT
}
