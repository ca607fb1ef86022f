//! A client that costs next to nothing: HTTP/1.1 by hand over one kept connection, so that the machine's processors
//! belong to the server that is measured.
//!
//! It understands what Outdial answers and no more: a status, `Content-Length`, a body.

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::child::KEY;

/// One connection with its credentials.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    head: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Wire {
    /// Connects to `address`, as `host:port`, for calls over our own API.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        Self::to(address, "/v1/calls", &format!("Authorization: Bearer {KEY}")).await
    }

    /// The same for calls that are made at `path`, with the header field that opens it.
    pub(crate) async fn to(address: &str, path: &str, credentials: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: "
        );
        Ok(Self { stream, head, request: Vec::new(), answer: Vec::new() })
    }

    /// Creates a call; an answer that is neither our 201 nor the vendors' 200 is an error.
    pub(crate) async fn create(&mut self, body: &str) -> Result<()> {
        self.request.clear();
        self.request.extend_from_slice(self.head.as_bytes());
        self.request.extend_from_slice(format!("{}\r\n\r\n{body}", body.len()).as_bytes());
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            if let Some(end) = end_of_answer(&self.answer)?
                && self.answer.len() >= end
            {
                break;
            }
        }
        let created = [&b"HTTP/1.1 201 "[..], b"HTTP/1.1 200 "].iter().any(|line| self.answer.starts_with(line));
        anyhow::ensure!(created, "not created: {}", String::from_utf8_lossy(&self.answer));
        Ok(())
    }
}

/// Where the answer ends, once its head is there.
fn end_of_answer(answer: &[u8]) -> Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..head])?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    Ok(Some(head + 4 + length.context("an answer without Content-Length")??))
}
