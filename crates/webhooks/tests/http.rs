//! The HTTP transport against a server that answers whatever the test says.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use guerdon_webhooks::{HttpOptions, HttpTransport, Outcome, Outgoing, Transport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const LIMIT: Duration = Duration::from_millis(300);

/// A server that answers every request of every connection with the same text, or with silence.
struct Server {
    url: String,
    /// Each request as it arrived, with the number of its connection.
    requests: mpsc::UnboundedReceiver<(usize, String)>,
}

impl Server {
    async fn answering(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook?tenant=1", listener.local_addr().expect("it is bound"));
        let (seen, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, connection, answer, seen.clone()));
            }
        });
        Self { url, requests }
    }

    async fn request(&mut self) -> (usize, String) {
        self.requests.recv().await.expect("the server lives")
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    answer: Option<&'static str>,
    seen: mpsc::UnboundedSender<(usize, String)>,
) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        // All bodies of these tests end like this.
        if text.ends_with(r#""end":true}"#) {
            let _ = seen.send((connection, std::mem::take(&mut text)));
            if let Some(answer) = answer {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    }
}

fn request(target: &str) -> Outgoing {
    Outgoing {
        target_url: target.into(),
        headers: BTreeMap::from([("x-shop".to_owned(), "main".to_owned())]),
        signature: "0123abcd".into(),
        body: Bytes::from_static(r#"{"name":"Zoë","end":true}"#.as_bytes()),
    }
}

fn transport(allow_private: bool) -> HttpTransport {
    HttpTransport::new(HttpOptions { allow_private, time_limit: LIMIT }).expect("there are root certificates")
}

async fn outcome_of(answer: Option<&'static str>) -> Outcome {
    let server = Server::answering(answer).await;
    transport(true).send(request(&server.url)).await
}

#[tokio::test]
async fn a_request_carries_body_signature_and_custom_headers() {
    let mut server = Server::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let outcome = transport(true).send(request(&server.url)).await;
    assert_eq!((outcome.status, outcome.failure()), (Some(204), None));
    let (_, text) = server.request().await;
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("POST /hook?tenant=1 HTTP/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/json",
        "x-voucherify-signature: 0123abcd",
        "x-shop: main",
        concat!("user-agent: guerdon/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(head.lines().any(|found| found == line), "{line} is missing in {head}");
    }
    assert_eq!(body, r#"{"name":"Zoë","end":true}"#);
}

#[tokio::test]
async fn only_a_2xx_answer_in_time_counts() {
    for (answer, status, failure) in [
        (Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), Some(200), None),
        (Some("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"), Some(201), None),
        (Some("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"), Some(202), None),
        (
            Some("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
            Some(302),
            Some("the endpoint answered 302; redirects are not followed"),
        ),
        (
            Some("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"),
            Some(500),
            Some("the endpoint answered 500"),
        ),
        (None, None, Some("no answer within 0.3 s")),
    ] {
        let outcome = outcome_of(answer).await;
        assert_eq!((outcome.status, outcome.failure().as_deref()), (status, failure), "{answer:?}");
    }
}

#[tokio::test]
async fn a_late_answer_takes_as_long_as_the_limit() {
    let outcome = outcome_of(None).await;
    assert!(outcome.duration_ms >= LIMIT.as_millis() as u64, "{outcome:?}");
}

#[tokio::test]
async fn a_body_that_never_ends_does_not_matter() {
    let outcome = outcome_of(Some("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nonly the beginning")).await;
    assert_eq!((outcome.status, outcome.failure()), (Some(200), None));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut server = Server::answering(Some("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).await;
    let transport = transport(true);
    for _ in 0..3 {
        assert_eq!(transport.send(request(&server.url)).await.failure(), None);
        assert_eq!(server.request().await.0, 0);
    }
}

#[tokio::test]
async fn nothing_connects_to_this_machine_unless_that_is_allowed() {
    let mut server = Server::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let transport = transport(false);
    let failure = transport.send(request(&server.url)).await.failure();
    let expected =
        "the target resolves to a loopback address (127.0.0.1); set GUERDON_WEBHOOK_ALLOW_PRIVATE=true to allow that";
    assert_eq!(failure.as_deref(), Some(expected));
    let by_name = server.url.replace("127.0.0.1", "localhost");
    let failure = transport.send(request(&by_name)).await.failure().unwrap_or_default();
    assert!(failure.starts_with("the target is this machine (localhost)"), "{failure}");
    assert!(server.requests.try_recv().is_err(), "no request arrived");
}

#[tokio::test]
async fn a_failure_never_shows_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let closed = format!("http://{}/?token=secret", listener.local_addr().expect("it is bound"));
    drop(listener);
    let failure = transport(true).send(request(&closed)).await.failure().unwrap_or_default();
    assert!(failure.starts_with("the connection failed: "), "{failure}");
    assert!(!failure.contains("secret"), "{failure}");
}
