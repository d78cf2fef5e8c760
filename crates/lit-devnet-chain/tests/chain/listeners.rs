//! Clients that hold a listener: they do not read, do not send, or are too many.

use std::{sync::Arc, time::Duration};

use alloy_primitives::{Address, Bytes};
use bytes::Bytes as Body;
use futures_util::future::join_all;
use hyper::{Request, Response, http::request::Parts};
use lit_devnet_chain::{
    Callers, RpcService,
    http_server::{HttpServer, Limits, Service},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use crate::chain;

/// The bytes of an answer that does not fit in the buffers of sockets: eight megabytes, and the rest of the JSON.
const LARGE: usize = 8_000_000;

async fn serve(limits: Limits, service: impl Service) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = HttpServer::with_limits(Callers::this_machine(), limits);
    let serving = async move { server.serve(listener, service).await };
    (address, tokio::spawn(serving))
}

/// JSON-RPC of a chain with a contract that has four megabytes of code.
fn rpc() -> RpcService {
    let chain = chain();
    chain.set_code(Address::repeat_byte(7), Bytes::from(vec![0; LARGE / 2]));
    RpcService::new(chain)
}

fn post(body: &str) -> String {
    let length = body.len();
    format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn small_request() -> String {
    post(r#"{"id":1,"method":"eth_chainId"}"#)
}

fn large_request() -> String {
    let params = [Address::repeat_byte(7)];
    post(&json!({ "id": 1, "method": "eth_getCode", "params": params }).to_string())
}

/// A connection with a small buffer for what it does not read.
async fn connect(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Sends a request on an open connection, and reads its small answer.
async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    send(stream, request).await;
    let mut answer = vec![0; 1_000];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

/// Ends when nothing happens any more: paused time moves on only then.
async fn quiet() {
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(2)).await;
    tokio::time::resume();
}

/// How many bytes can be read until the connection ends.
async fn rest(stream: &mut TcpStream) -> usize {
    let (mut part, mut bytes) = (vec![0; 65_536], 0);
    while let Ok(length @ 1..) = stream.read(&mut part).await {
        bytes += length;
    }
    bytes
}

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3_600);

/// Fails instead of waiting forever.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(120);
    tokio::time::timeout(limit, future).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_dropped_for_others() {
    // Two answers fit, and silence alone ends none in time.
    let limits = Limits {
        unsent: 2 * LARGE + 1_000,
        send_timeout: HOUR,
        ..Limits::default()
    };
    let (address, _server) = serve(limits, rpc()).await;
    let mut silent = Vec::new();
    for _ in 0..6 {
        let mut stream = connect(&address).await;
        send(&mut stream, &large_request()).await;
        silent.push(stream);
    }
    let mut reader = TcpStream::connect(&address).await.unwrap();
    let request = large_request().replace("host:", "connection: close\r\nhost:");
    send(&mut reader, &request).await;
    assert!(soon(rest(&mut reader)).await > LARGE);
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_dropped_after_a_while() {
    let (address, _server) = serve(Limits::default(), rpc()).await;
    let mut stream = connect(&address).await;
    send(&mut stream, &large_request()).await;
    stream.readable().await.unwrap();
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert!(rest(&mut stream).await < LARGE);
}

#[tokio::test]
async fn a_new_connection_replaces_the_oldest_idle_one() {
    let limits = Limits {
        connections: 2,
        // Not closed for being idle.
        head_timeout: Duration::from_secs(3_600),
        ..Limits::default()
    };
    let (address, _server) = serve(limits, rpc()).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        exchange(&mut stream, &small_request()).await;
        open.push(stream);
    }
    // The first one is used again, so that the second is idle for longer.
    exchange(&mut open[0], &small_request()).await;
    let mut third = TcpStream::connect(&address).await.unwrap();
    let answer = exchange(&mut third, &small_request()).await;
    assert!(answer.ends_with(r#""result":"0x2ac54"}"#), "{answer}");
    // All is quiet: what was to be closed is closed.
    quiet().await;
    assert_eq!(open[1].try_read(&mut [0]).unwrap(), 0);
    let answer = exchange(&mut open[0], &small_request()).await;
    assert!(answer.ends_with(r#""result":"0x2ac54"}"#), "{answer}");
}

/// One that hyper reads on without sending: it does not wait until an answer without a body is sent, if the body of the request was
/// not read.
#[tokio::test]
async fn answers_without_a_body_do_not_pile_up() {
    for request in [
        "OPTIONS / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n1",
        "HEAD / HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 1\r\n\r\n1",
        "HEAD / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999\r\n\r\n",
        "OPTIONS / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    ] {
        let (address, _server) = serve(Limits::default(), rpc()).await;
        let mut stream = TcpStream::connect(&address).await.unwrap();
        send(&mut stream, &request.repeat(20)).await;
        stream.shutdown().await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{answers}");
        assert!(answers.contains("connection: close\r\n"), "{answers}");
    }
    // A body that was read keeps the connection open, and so does no body at all.
    let (address, _server) = serve(Limits::default(), rpc()).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let options = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (request, status) in [
        (options, "204"),
        (&small_request(), "200"),
        (options, "204"),
    ] {
        let answer = exchange(&mut stream, request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(!answer.contains("connection: close"), "{answer}");
    }
}

/// Answers when it is told to, and says when it begins and when it ends.
#[derive(Clone)]
struct Told {
    begun: mpsc::UnboundedSender<()>,
    ended: mpsc::UnboundedSender<()>,
    go_on: Arc<Notify>,
}

impl Told {
    fn new() -> (
        Self,
        mpsc::UnboundedReceiver<()>,
        mpsc::UnboundedReceiver<()>,
    ) {
        let (begun, has_begun) = mpsc::unbounded_channel();
        let (ended, has_ended) = mpsc::unbounded_channel();
        let go_on = Arc::default();
        (
            Self {
                begun,
                ended,
                go_on,
            },
            has_begun,
            has_ended,
        )
    }
}

impl Service for Told {
    const METHODS: &'static str = "POST";

    fn max_body(&self, _: &Parts) -> usize {
        1_000_000
    }

    async fn answer(&self, _: Request<Body>) -> Option<Response<Body>> {
        struct SayOnDrop(mpsc::UnboundedSender<()>);
        impl Drop for SayOnDrop {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let _ended = SayOnDrop(self.ended.clone());
        let _ = self.begun.send(());
        self.go_on.notified().await;
        Some(Response::new(Body::from_static(b"done")))
    }
}

#[tokio::test]
async fn working_connections_are_not_replaced() {
    let (service, mut begun, _ended) = Told::new();
    let go_on = Arc::clone(&service.go_on);
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let (address, _server) = serve(limits, service).await;
    let mut first = TcpStream::connect(&address).await.unwrap();
    send(&mut first, &post("")).await;
    begun.recv().await.unwrap();
    let mut second = TcpStream::connect(&address).await.unwrap();
    send(&mut second, &post("")).await;
    begun.recv().await.unwrap();
    // Both work, one more than the limit. The third waits until one ends.
    let mut third = TcpStream::connect(&address).await.unwrap();
    send(&mut third, &post("")).await;
    quiet().await;
    assert_eq!(begun.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    go_on.notify_one();
    begun.recv().await.unwrap();
    go_on.notify_one();
    go_on.notify_one();
    for stream in [&mut first, &mut second, &mut third] {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
}

#[tokio::test]
async fn the_work_for_a_client_that_disconnects_ends() {
    let (service, mut begun, mut ended) = Told::new();
    let (address, _server) = serve(Limits::default(), service).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    send(&mut stream, &post("")).await;
    begun.recv().await.unwrap();
    assert_eq!(ended.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    drop(stream);
    quiet().await;
    assert_eq!(ended.try_recv(), Ok(()));
}

#[tokio::test]
async fn a_body_that_comes_slowly_is_dropped_for_others() {
    let (service, mut begun, _ended) = Told::new();
    let limits = Limits {
        received: 1_000_000,
        body_timeout: HOUR,
        ..Limits::default()
    };
    let (address, _server) = serve(limits, service).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000\r\n\r\n";
    let mut slow = TcpStream::connect(&address).await.unwrap();
    send(&mut slow, head).await;
    send(&mut slow, "1").await;
    let mut other = TcpStream::connect(&address).await.unwrap();
    send(&mut other, &post(&" ".repeat(900_000))).await;
    soon(begun.recv()).await.unwrap();
    assert_eq!(rest(&mut slow).await, 0);
    // Small bodies never wait.
    let mut small = TcpStream::connect(&address).await.unwrap();
    send(&mut small, &post("{}")).await;
    begun.recv().await.unwrap();
}

#[tokio::test]
async fn bodies_of_unknown_length_do_not_wait_for_one_another() {
    let (service, mut begun, _ended) = Told::new();
    let limits = Limits {
        received: 1_000_000,
        ..Limits::default()
    };
    let (address, _server) = serve(limits, service.clone()).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let half = format!("{:x}\r\n{}\r\n", 450_000, " ".repeat(450_000));
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        send(&mut stream, head).await;
        open.push(stream);
    }
    // Each has the memory for a whole body before it sends the second half.
    let ends = open.iter_mut().map(async |stream| {
        send(stream, &half).await;
        send(stream, &half).await;
        send(stream, "0\r\n\r\n").await;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    });
    let serving = async {
        while begun.recv().await.is_some() {
            service.go_on.notify_one();
        }
    };
    tokio::select! {
        answers = join_all(ends) => assert_eq!(answers, ["HTTP/1.1 200"; 3]),
        () = serving => panic!("the server has ended"),
    }
}

#[tokio::test]
async fn a_body_with_too_many_values_is_refused() {
    let (address, _server) = serve(Limits::default(), rpc()).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    // A tree of these values takes 90 times as much.
    let body = format!("[{}0]", r#"{"":0},"#.repeat(200_000));
    let answer = exchange(&mut stream, &post(&body)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let problem = "the request has too many values: parsing it takes more than 128 MiB";
    assert!(answer.ends_with(problem), "{answer}");
}
