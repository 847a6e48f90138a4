//! The load generator: HTTP/1.1 by hand on one thread, because it shares the machine with what it
//! measures.

use std::{
    cell::{Cell, RefCell},
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::shop::{MANAGEMENT_KEY, SERVER_KEY};

/// When a run is over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After so many requests.
    Count(u64),
    /// After that long.
    Elapsed(Duration),
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) per_second: f64,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Run {
    /// How many requests were answered.
    pub(crate) fn count(&self) -> u64 {
        self.latencies.len() as u64
    }

    /// The latency that so many of 100 requests did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.latencies, percent)
    }
}

/// The value that so many of 100 sorted values do not exceed.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

/// Sends requests over so many connections, spread over the servers, each one after the other; `request`
/// writes the one with that number. Anything but a 2xx ends the run.
pub(crate) fn run(
    servers: &[SocketAddr],
    connections: usize,
    until: Until,
    request: impl Fn(u64, &mut Vec<u8>),
) -> anyhow::Result<Run> {
    let next = Cell::new(0u64);
    let latencies = RefCell::new(Vec::new());
    block_on(async {
        let mut open = Vec::new();
        for server in servers.iter().cycle().take(connections) {
            open.push(Connection::open(*server).await?);
        }
        let started = Instant::now();
        let one_after_the_other = async |mut connection: Connection| -> anyhow::Result<()> {
            let mut bytes = Vec::new();
            loop {
                let number = next.get();
                let is_over = match until {
                    Until::Count(count) => number >= count,
                    Until::Elapsed(limit) => started.elapsed() >= limit,
                };
                if is_over {
                    return Ok(());
                }
                next.set(number + 1);
                bytes.clear();
                request(number, &mut bytes);
                let sent = Instant::now();
                let status = connection.exchange(&bytes).await?;
                latencies.borrow_mut().push(sent.elapsed());
                ensure!(status / 100 == 2, "{status}: {}", String::from_utf8_lossy(connection.body()));
            }
        };
        try_join_all(open.into_iter().map(one_after_the_other)).await?;
        let elapsed = started.elapsed();
        let mut latencies = latencies.take();
        latencies.sort_unstable();
        Ok(Run { per_second: latencies.len() as f64 / elapsed.as_secs_f64(), latencies })
    })
}

/// Sends one request; returns its status and body.
pub(crate) fn once(server: SocketAddr, request: &[u8]) -> anyhow::Result<(u16, String)> {
    block_on(async {
        let mut connection = Connection::open(server).await?;
        let status = connection.exchange(request).await?;
        Ok((status, String::from_utf8_lossy(connection.body()).into_owned()))
    })
}

/// Sends one request that has to succeed; returns the JSON of its answer.
pub(crate) fn json(server: SocketAddr, request: &[u8]) -> anyhow::Result<Value> {
    let (status, body) = once(server, request)?;
    ensure!(status / 100 == 2, "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

/// Uploads a file to an endpoint that takes one; returns the JSON of its answer.
pub(crate) fn upload(server: SocketAddr, path: &str, file: &Path) -> anyhow::Result<Value> {
    const BEFORE: &str = "--boundary\r\ncontent-disposition: form-data; name=\"file\"; filename=\"customers.csv\"\r\n\
                          content-type: text/csv\r\n\r\n";
    const BEHIND: &str = "\r\n--boundary--\r\n";
    block_on(async {
        let mut connection = Connection::open(server).await?;
        let length = std::fs::metadata(file)?.len() + (BEFORE.len() + BEHIND.len()) as u64;
        let mut head = Vec::new();
        write_head(&mut head, "POST", path, SERVER_KEY, "x-app", "multipart/form-data; boundary=boundary", length);
        head.extend_from_slice(BEFORE.as_bytes());
        connection.stream.write_all(&head).await?;
        let mut file = tokio::fs::File::open(file).await?;
        file.set_max_buf_size(1 << 20);
        let mut piece = vec![0; 1 << 20];
        loop {
            let count = file.read(&mut piece).await?;
            if count == 0 {
                break;
            }
            connection.stream.write_all(&piece[..count]).await?;
        }
        let status = connection.exchange(BEHIND.as_bytes()).await?;
        let body = connection.body();
        ensure!(status == 202, "{status}: {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    })
}

/// A request without a body, with the server-side key.
pub(crate) fn get(bytes: &mut Vec<u8>, path: &str) {
    let (id, token) = SERVER_KEY;
    // Writing to a vector can't fail.
    let _ = write!(bytes, "GET {path} HTTP/1.1\r\nhost: bench\r\nx-app-id: {id}\r\nx-app-token: {token}\r\n\r\n");
}

/// A request with a JSON body, with the server-side key.
pub(crate) fn send(bytes: &mut Vec<u8>, method: &str, path: &str, body: &str) {
    write_head(bytes, method, path, SERVER_KEY, "x-app", "application/json", body.len() as u64);
    bytes.extend_from_slice(body.as_bytes());
}

/// A request with a JSON body, with the management key.
pub(crate) fn manage(bytes: &mut Vec<u8>, method: &str, path: &str, body: &str) {
    write_head(bytes, method, path, MANAGEMENT_KEY, "x-management", "application/json", body.len() as u64);
    bytes.extend_from_slice(body.as_bytes());
}

fn write_head(
    bytes: &mut Vec<u8>,
    method: &str,
    path: &str,
    (id, token): (&str, &str),
    key: &str,
    content_type: &str,
    content_length: u64,
) {
    let _ = write!(
        bytes,
        "{method} {path} HTTP/1.1\r\nhost: bench\r\n{key}-id: {id}\r\n{key}-token: {token}\r\n\
         content-type: {content_type}\r\ncontent-length: {content_length}\r\n\r\n"
    );
}

/// Waits for a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// A connection that is kept open.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: std::ops::Range<usize>,
}

impl Connection {
    async fn open(server: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 << 10), body: 0..0 })
    }

    /// Sends a request and reads its answer; returns the status.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            let count = self.stream.read_buf(&mut self.buffer).await?;
            if count == 0 {
                bail!("the server has closed the connection");
            }
            let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end])?;
            let status = head.get(9..12).context("no status")?.parse()?;
            let start = end + 4;
            let length = content_length(head)?;
            while self.buffer.len() < start + length {
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    bail!("the server has closed the connection");
                }
            }
            self.body = start..start + length;
            return Ok(status);
        }
    }

    /// The last answer's body.
    fn body(&self) -> &[u8] {
        &self.buffer[self.body.clone()]
    }
}

/// The length that a head announces, 0 if none.
pub(crate) fn content_length(head: &str) -> anyhow::Result<usize> {
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(length.map(str::parse).transpose()?.unwrap_or(0))
}
