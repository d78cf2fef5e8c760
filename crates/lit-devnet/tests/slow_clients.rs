//! Clients that begin a request and never finish it.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::time::Duration;

use lit_devnet::Devnet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

/// What a listener answers to the beginning of a request, whenever it does so.
async fn answer_to(url: &str, beginning: &str) -> String {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    // From here on time jumps to the next deadline; without one the test would hang.
    tokio::time::pause();
    let begun = Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    tokio::time::resume();
    assert!(begun.elapsed() <= Duration::from_secs(31), "{beginning}");
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
        let head = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\napi-key: any\r\n"
        );
        assert_eq!(answer_to(url, &head).await, "", "{request}");
        let body = format!("{head}content-length: 10\r\n\r\n12345");
        let answer = answer_to(url, &body).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{request}: {answer}");
        let for_pages = "access-control-allow-origin: http://localhost";
        assert!(answer.contains(for_pages), "{request}: {answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let head =
        "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n";
    for url in [
        network.node_urls()[0].as_str(),
        network.rpc_url().unwrap(),
        network.relay_url().unwrap(),
    ] {
        let answer = answer_to(url, head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

/// Large bodies that nobody signed.
#[tokio::test]
async fn bodies_are_bounded_before_anybody_is_authenticated() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let node = network.node_urls()[0].as_str();
    for (path, length, problem) in [
        (
            "/web/execute/v1",
            30_000_000,
            "the request has too many values: parsing it takes more than 128 MiB",
        ),
        (
            "/web/execute/v1",
            40_000_000,
            "request too large: the limit is 33554432 bytes",
        ),
        (
            "/web/pkp/sign/v1",
            2_000_000,
            "request too large: the limit is 1048576 bytes",
        ),
        (
            "/web/handshake/",
            2_000_000,
            "request too large: the limit is 1048576 bytes",
        ),
    ] {
        let zeros = "0,".repeat(length / 2);
        let body = format!("{{\"jsParams\":{{\"zeros\":[{zeros}0]}}}}");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(node.trim_start_matches("http://"))
            .await
            .unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut answer = String::new();
        // A refusal may come before the body is sent.
        let sending = async {
            writer.write_all(head.as_bytes()).await.unwrap();
            let _ = writer.write_all(body.as_bytes()).await;
        };
        let reading = async {
            let mut part = [0; 1_000];
            let length = reader.read(&mut part).await.unwrap();
            answer = String::from_utf8(part[..length].to_vec()).unwrap();
        };
        tokio::join!(sending, reading);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
        assert!(
            answer.contains("content-type: application/json\r\n"),
            "{path}: {answer}"
        );
        let refusal = format!(r#"{{"errorCode":"payload_too_large","message":"{problem}"}}"#);
        assert!(answer.ends_with(&refusal), "{path}: {answer}");
    }
    assert!(network.requests().is_empty());
}
