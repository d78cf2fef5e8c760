//! The hyper transport against servers that misbehave.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{error::Error, io};

use bytes::Bytes;
use lit_node_transport::{
    HttpTransport, MEMORY_NODE_HOST, NodeRequest, NodeResponse, NodeTransport, RequestId,
    TransportError, datil,
};
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// Answers every connection with these bytes, and tells what it was sent. `keep` leaves the connection open afterwards.
async fn server(answer: Vec<u8>, keep: bool) -> (NodeUrl, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (answer, sender) = (answer.clone(), sender.clone());
            tokio::spawn(async move {
                loop {
                    let request = read_request(&mut stream).await;
                    if request.is_empty() || sender.send(request).is_err() {
                        return;
                    }
                    stream.write_all(&answer).await.unwrap();
                    if !keep {
                        return;
                    }
                }
            });
        }
    });
    (url, received)
}

/// Up to the end of the body, which the tests make `{}`.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n{}") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8(request).unwrap()
}

fn request(node: &NodeUrl) -> NodeRequest {
    let headers = datil::headers(&RequestId::generate().unwrap());
    NodeRequest::new(
        node.clone(),
        Endpoint::Execute,
        headers,
        Bytes::from_static(b"{}"),
    )
}

async fn send(transport: &HttpTransport, node: &NodeUrl) -> Result<NodeResponse, TransportError> {
    transport.send(request(node)).await
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue";

#[tokio::test]
async fn sends_what_nodes_need_and_keeps_connections() {
    let (node, mut received) = server(OK.to_vec(), true).await;
    let transport = HttpTransport::new();
    for _ in 0..3 {
        let response = send(&transport, &node).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (200, &b"true"[..]));
    }
    let sent = received.recv().await.unwrap().to_lowercase();
    assert!(
        sent.starts_with("post /web/execute/v1 http/1.1\r\n"),
        "{sent}"
    );
    for header in [
        "content-type: application/json",
        "accept: application/json",
        "x-lit-sdk-version: 7.4.0",
        "x-request-id: lit_",
    ] {
        assert!(sent.contains(header), "{header} is missing in {sent}");
    }
}

#[tokio::test]
async fn answers_with_errors_are_answers() {
    let (node, _received) = server(
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
        false,
    )
    .await;
    assert_eq!(
        send(&HttpTransport::new(), &node).await.unwrap().status,
        403
    );
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    let transport = HttpTransport::builder().with_max_body_bytes(10).build();
    let large = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890".to_vec();
    let (node, _received) = server(large, false).await;
    let error = send(&transport, &node).await.unwrap_err();
    assert!(
        matches!(error, TransportError::TooLarge { limit: 10 }),
        "{error}"
    );
    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    endless.extend(b"5\r\n01234\r\n".repeat(1000));
    let (node, _received) = server(endless, true).await;
    let error = send(&transport, &node).await.unwrap_err();
    assert!(
        matches!(error, TransportError::TooLarge { limit: 10 }),
        "{error}"
    );
}

#[tokio::test]
async fn broken_answers_are_typed() {
    for broken in [
        &b""[..],
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ntoo short",
    ] {
        let (node, _received) = server(broken.to_vec(), false).await;
        let error = send(&HttpTransport::new(), &node).await.unwrap_err();
        assert!(matches!(error, TransportError::Io(_)), "{error}");
        assert!(error.is_retryable());
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let node = format!("http://{}", nobody.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(nobody);
    let error = send(&HttpTransport::new(), &node).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error}");
    assert_eq!(error.to_string(), "cannot connect");
    // The error of the operating system, without the layers of hyper around it.
    let cause = error.source().unwrap().downcast_ref::<io::Error>();
    assert_eq!(cause.unwrap().kind(), io::ErrorKind::ConnectionRefused);
}

/// Something else may listen on the port, even on this machine.
#[tokio::test]
async fn nodes_in_memory_are_not_reached_over_http() {
    for scheme in ["http", "https"] {
        let node: NodeUrl = format!("{scheme}://{MEMORY_NODE_HOST}:7470")
            .parse()
            .unwrap();
        let transport = HttpTransport::builder().with_insecure_http(true).build();
        let error = send(&transport, &node).await.unwrap_err();
        assert!(!error.is_retryable());
        assert_eq!(
            error.to_string(),
            format!(
                "{node} is a node in memory, which does not listen; connect to the embedded network itself, or start it with HTTP"
            )
        );
    }
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    let far: NodeUrl = "http://192.0.2.1:7470".parse().unwrap();
    let error = send(&HttpTransport::new(), &far).await.unwrap_err();
    assert!(matches!(error, TransportError::InsecureUrl), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn tls_is_spoken_where_the_url_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let node = format!("https://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let first_bytes = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 2];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    });
    let error = send(&HttpTransport::new(), &node).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error}");
    // A TLS record of a handshake, and no request in the clear.
    assert_eq!(first_bytes.await.unwrap(), [0x16, 0x03]);
}
