//! A webhook endpoint that answers at once and tells when each request has arrived.

use std::{
    net::SocketAddr,
    sync::mpsc::{Receiver, Sender, channel},
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::client::content_length;

/// An endpoint on a thread of its own, until the process ends.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    pub(crate) arrivals: Receiver<Instant>,
}

impl Sink {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (arrived, arrivals) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || runtime.block_on(accept(listener, arrived)));
        Ok(Self { address, arrivals })
    }
}

async fn accept(listener: std::net::TcpListener, arrived: Sender<Instant>) -> anyhow::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream, arrived.clone()));
    }
}

/// Answers every request of a connection; whatever is no request ends it.
async fn answer(mut stream: TcpStream, arrived: Sender<Instant>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    loop {
        let whole = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let whole = end + 4 + content_length(std::str::from_utf8(&buffer[..end])?)?;
                if buffer.len() >= whole {
                    break whole;
                }
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        arrived.send(Instant::now())?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        buffer.drain(..whole);
    }
}
