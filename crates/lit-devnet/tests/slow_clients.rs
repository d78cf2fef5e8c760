//! Clients that begin a request and never finish it.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use lit_devnet::Devnet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What a listener answers to the beginning of a request, whenever it does so.
async fn answer_to(url: &str, beginning: &str) -> String {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    // From here on time jumps to the next deadline; without one the test would hang.
    tokio::time::pause();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    tokio::time::resume();
    answer
}

#[tokio::test]
async fn are_given_up_by_all_listeners() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    for (url, request) in [
        (network.node_urls()[0].as_str(), "POST /web/handshake"),
        (network.rpc_url().unwrap(), "POST /"),
        (network.relay_url().unwrap(), "POST /auth/claim"),
        (network.relay_url().unwrap(), "PUT /ipfs/Qm"),
    ] {
        let head = format!("{request} HTTP/1.1\r\nhost: here\r\napi-key: any\r\n");
        assert_eq!(answer_to(url, &head).await, "", "{request}");
        let body = format!("{head}content-length: 10\r\n\r\n12345");
        let answer = answer_to(url, &body).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{request}: {answer}");
        let for_pages = "access-control-allow-origin: *";
        assert!(answer.contains(for_pages), "{request}: {answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n";
    for url in [
        network.node_urls()[0].as_str(),
        network.rpc_url().unwrap(),
        network.relay_url().unwrap(),
    ] {
        let answer = answer_to(url, head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}
