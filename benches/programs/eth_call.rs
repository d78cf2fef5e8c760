//! A load generator: `eth_call '{"jsonrpc":"2.0", ..}'` sends the same JSON-RPC request again and again over connections that are kept.
//!
//! Reads lines such as `8 http://127.0.0.1:8545`, and answers each with a line of JSON: the times of the calls that 8 connections
//! made within a second, and how many these were in a second. `cargo xtask bench report` alternates between two servers.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode, Uri,
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use lit_benches::{Failure, Load, answer};
use tokio::net::TcpStream;

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let body = Bytes::from(args.next().ok_or("which request? give its JSON")?);
    answer(async |connections, url| {
        let url: Uri = url.parse()?;
        let mut users = Vec::new();
        for _ in 0..connections {
            users.push(Connection::open(&url, body.clone()).await?);
        }
        Load::run(users, Duration::from_secs(1), Connection::call).await
    })
    .await
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    url: Uri,
    body: Bytes,
    expected: Bytes,
}

impl Connection {
    /// Connects, and makes a first call. The others must have the same answer.
    async fn open(url: &Uri, body: Bytes) -> Result<Self, Failure> {
        let authority = url.authority().ok_or("a URL without a host")?.as_str();
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut opened = Self {
            sender,
            url: url.clone(),
            body,
            expected: Bytes::new(),
        };
        opened.expected = opened.ask().await?;
        let answer: serde_json::Value = serde_json::from_slice(&opened.expected)?;
        match answer.get("result") {
            Some(_) => Ok(opened),
            None => Err(format!("{authority} answers {answer}").into()),
        }
    }

    async fn call(mut self) -> Result<Self, Failure> {
        match self.ask().await? == self.expected {
            true => Ok(self),
            false => Err("the same request has another answer".into()),
        }
    }

    async fn ask(&mut self) -> Result<Bytes, Failure> {
        let authority = self.url.authority().map_or("", |host| host.as_str());
        let request = Request::post("/")
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(self.body.clone()))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        match response.status() {
            StatusCode::OK => Ok(response.into_body().collect().await?.to_bytes()),
            status => Err(format!("{authority} answers {status}").into()),
        }
    }
}
