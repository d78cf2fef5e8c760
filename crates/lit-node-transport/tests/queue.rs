//! Requests that wait for a connection, and servers that count connections.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use lit_node_transport::{
    HttpTransport, NodeTransport, Outcome, Quorum, QuorumAnswer, QuorumError, QuorumFailure,
    QuorumPolicy, Rejection, RequestId, TransportError, Wait, call_quorum,
};
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

/// A server that answers as often as it is let.
struct Server {
    url: NodeUrl,
    counts: Arc<Counts>,
}

struct Counts {
    answers: Semaphore,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Server {
    /// `arrived` is told of each request.
    async fn start(arrived: mpsc::UnboundedSender<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counts = Arc::new(Counts {
            answers: Semaphore::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&counts);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let open = serving.open.fetch_add(1, Ordering::SeqCst) + 1;
                serving.most_open.fetch_max(open, Ordering::SeqCst);
                let (counts, arrived) = (Arc::clone(&serving), arrived.clone());
                tokio::spawn(async move {
                    serve(stream, &counts, &arrived).await;
                    counts.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self {
            url: url.parse().unwrap(),
            counts,
        }
    }

    fn answer(&self, times: usize) {
        self.counts.answers.add_permits(times);
    }

    fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }

    fn most_open(&self) -> usize {
        self.counts.most_open.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, counts: &Counts, arrived: &mpsc::UnboundedSender<()>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
        if request.ends_with(b"\r\n\r\n{}") {
            request.clear();
            let _ = arrived.send(());
            counts.answers.acquire().await.unwrap().forget();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

async fn servers(count: usize) -> (Vec<Server>, mpsc::UnboundedReceiver<()>) {
    let (sender, arrived) = mpsc::unbounded_channel();
    let mut servers = Vec::new();
    for _ in 0..count {
        servers.push(Server::start(sender.clone()).await);
    }
    (servers, arrived)
}

async fn call(
    transport: &Arc<dyn NodeTransport>,
    nodes: &[NodeUrl],
    policy: &QuorumPolicy,
) -> Result<QuorumAnswer<()>, QuorumError> {
    let body = |node: &NodeUrl| (node.clone(), Bytes::from_static(b"{}"));
    let quorum = Quorum {
        endpoint: Endpoint::Execute,
        request_id: RequestId::generate().unwrap(),
        bodies: nodes.iter().map(body).collect(),
    };
    let judge = |_: &NodeUrl, _: &[u8]| Ok::<_, Rejection>(());
    call_quorum(transport, quorum, policy, judge, |()| ()).await
}

fn spawn_calls(
    count: usize,
    transport: &Arc<dyn NodeTransport>,
    nodes: &[NodeUrl],
    policy: &QuorumPolicy,
) -> JoinSet<usize> {
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let (transport, nodes) = (Arc::clone(transport), nodes.to_vec());
        let policy = policy.clone();
        calls.spawn(async move {
            call(&transport, &nodes, &policy)
                .await
                .unwrap()
                .agreed
                .len()
        });
    }
    calls
}

#[tokio::test]
async fn many_calls_share_few_connections() {
    let (servers, mut arrived) = servers(3).await;
    let nodes: Vec<NodeUrl> = servers.iter().map(|server| server.url.clone()).collect();
    let transport: Arc<dyn NodeTransport> = Arc::new(
        HttpTransport::builder()
            .with_max_connections(12)
            .with_max_connections_per_node(4)
            .build(),
    );
    let policy = QuorumPolicy::new(3).with_wait(Wait::ForAll);
    let calls = spawn_calls(100, &transport, &nodes, &policy);
    // Every place is taken, and the servers keep all requests that they get.
    for _ in 0..12 {
        arrived.recv().await.unwrap();
    }
    for server in &servers {
        server.answer(100);
    }
    assert_eq!(calls.join_all().await, [3; 100]);
    for server in &servers {
        let most = server.most_open();
        // A connection that returns to the pool late leaves room for another.
        assert!((4..=8).contains(&most), "{most} connections");
    }
}

#[tokio::test]
async fn a_hanging_node_does_not_hold_up_calls_to_the_others() {
    let (servers, mut arrived) = servers(3).await;
    let nodes: Vec<NodeUrl> = servers.iter().map(|server| server.url.clone()).collect();
    let transport: Arc<dyn NodeTransport> = Arc::new(
        HttpTransport::builder()
            .with_max_connections(6)
            .with_max_connections_per_node(6)
            .build(),
    );
    let policy = QuorumPolicy::new(2).with_linger(Duration::from_secs(3600));
    let calls = spawn_calls(50, &transport, &nodes, &policy);
    for _ in 0..6 {
        arrived.recv().await.unwrap();
    }
    servers[1].answer(50);
    servers[2].answer(50);
    // All succeed, though each still has a request at the first server or in the queue for it.
    assert_eq!(calls.join_all().await, [2; 50]);
    assert_eq!(servers[0].most_open(), 2);
}

#[tokio::test]
async fn few_connections_are_kept_when_all_are_idle() {
    let (servers, mut arrived) = servers(1).await;
    let server = &servers[0];
    let bounded = HttpTransport::builder().with_max_idle_per_node(2);
    let transport: Arc<dyn NodeTransport> = Arc::new(bounded.build());
    let policy = QuorumPolicy::new(1);
    let mut calls = spawn_calls(8, &transport, std::slice::from_ref(&server.url), &policy);
    for _ in 0..8 {
        arrived.recv().await.unwrap();
    }
    assert_eq!(server.open(), 8);
    server.answer(8);
    while let Some(agreed) = calls.join_next().await {
        assert_eq!(agreed.unwrap(), 1);
    }
    let closed = async {
        while server.open() > 2 {
            tokio::task::yield_now().await;
        }
    };
    let closed = tokio::time::timeout(Duration::from_secs(60), closed).await;
    assert!(closed.is_ok(), "{} are open", server.open());
    assert_eq!(server.open(), 2);
}

/// Takes all places at a node, and returns what holds them.
fn take_all(transport: &Arc<dyn NodeTransport>, node: &NodeUrl) -> impl Drop {
    struct Held<T>(#[allow(dead_code, reason = "it is held")] T);
    impl<T> Drop for Held<T> {
        fn drop(&mut self) {}
    }
    Held((0..8).map(|_| transport.turns(&[node])).collect::<Vec<_>>())
}

#[tokio::test(start_paused = true)]
async fn time_in_the_queue_counts_and_the_error_says_so() {
    let bounded = HttpTransport::builder().with_max_connections_per_node(8);
    let transport: Arc<dyn NodeTransport> = Arc::new(bounded.build());
    let node: NodeUrl = "http://127.0.0.1:1".parse().unwrap();
    let _held = take_all(&transport, &node);

    let limit = Duration::from_secs(5);
    let policy = QuorumPolicy::new(1).with_node_timeout(limit);
    let error = call(&transport, std::slice::from_ref(&node), &policy)
        .await
        .unwrap_err();
    let outcome = &error.outcomes[0].outcome;
    assert!(
        matches!(outcome, Outcome::Failed(TransportError::Queued(queued)) if *queued == limit),
        "{outcome}"
    );
    assert_eq!(
        outcome.to_string(),
        "queued for 5000 ms: all connections to the node are in use"
    );
    assert!(outcome.is_queued() && error.is_retryable());

    let policy = QuorumPolicy::new(1).with_timeout(limit);
    let error = call(&transport, std::slice::from_ref(&node), &policy)
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::DeadlineExceeded { valid: 0 });
    let outcome = &error.outcomes[0].outcome;
    assert!(matches!(outcome, Outcome::Queued), "{outcome}");
    assert_eq!(
        outcome.to_string(),
        "still queued: all connections to the node are in use"
    );
    assert!(outcome.is_queued() && error.is_retryable());
}
