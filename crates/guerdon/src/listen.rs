//! `guerdon listen`: an endpoint for developing against webhooks.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap};
use clap::Args;
use guerdon_core::secrets;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
    /// The project's signing key (`webhook_token` in the management API), to verify signatures with.
    #[arg(long, env = "GUERDON_WEBHOOK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Answer every request with this status.
    #[arg(long, default_value_t = 204)]
    answer: u16,
}

struct Listener {
    token: Option<String>,
    answer: axum::http::StatusCode,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let answer = axum::http::StatusCode::from_u16(arguments.answer)?;
    let listener = Arc::new(Listener { token: arguments.token, answer });
    let router = Router::new().fallback(receive).with_state(listener);
    let socket = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("Listening for webhooks on http://{}", socket.local_addr()?);
    println!("A server on this machine has to run with GUERDON_WEBHOOK_ALLOW_PRIVATE=true to reach it.");
    axum::serve(socket, router).await?;
    Ok(())
}

async fn receive(State(listener): State<Arc<Listener>>, headers: HeaderMap, body: Bytes) -> axum::http::StatusCode {
    let signature = headers.get("x-voucherify-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    println!("{}", describe(listener.token.as_deref(), signature, &body));
    listener.answer
}

/// A webhook for human eyes: the verdict on its signature, its type, and its data.
fn describe(token: Option<&str>, signature: &str, body: &[u8]) -> String {
    let verdict = match token {
        None => "signature not checked (give --token)",
        Some(token) if secrets::equal(&secrets::sign(token, body), signature) => "signature ok",
        Some(_) => "SIGNATURE WRONG",
    };
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(json) => {
            let kind = json["type"].as_str().unwrap_or("?").to_owned();
            format!("── {kind} · {verdict} ──\n{json:#}")
        }
        Err(_) => format!("── not JSON · {verdict} ──\n{}", String::from_utf8_lossy(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_signature_is_shouted() {
        let body = br#"{"type":"customer.updated"}"#;
        let right = secrets::sign("key", body);
        assert!(describe(Some("key"), &right, body).contains("customer.updated · signature ok"));
        assert!(describe(Some("other"), &right, body).contains("SIGNATURE WRONG"));
        assert!(describe(None, &right, body).contains("not checked"));
    }
}
