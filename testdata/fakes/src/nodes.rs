use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};
use lit_types::{
    NodeUrl,
    wire::{Endpoint, HandshakeResponse},
};

use crate::Reply;

/// Nodes that answer as a test says, and keep the requests.
pub struct FakeNodes {
    greeting: Option<HandshakeResponse>,
    respond: Box<dyn Fn(&NodeRequest) -> Reply + Send + Sync>,
    requests: Mutex<Vec<NodeRequest>>,
    finished: AtomicUsize,
}

impl FakeNodes {
    /// Each node replies by what it is asked.
    #[must_use]
    pub fn by(respond: impl Fn(&NodeRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            greeting: None,
            respond: Box::new(respond),
            requests: Mutex::default(),
            finished: AtomicUsize::new(0),
        }
    }

    /// The node at [`node_url`]`(i)` gives reply `i` to everything.
    ///
    /// # Panics
    /// When a node is asked that has no reply.
    #[must_use]
    pub fn each(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        let urls = node_urls(replies.len());
        Self::by(move |request| {
            let place = urls.iter().position(|url| *url == request.node);
            replies[place.expect("each node that is asked has a reply")].clone()
        })
    }

    /// Handshakes get this answer at once, and are not kept.
    #[must_use]
    pub fn greeting(mut self, greeting: HandshakeResponse) -> Self {
        self.greeting = Some(greeting);
        self
    }

    /// The requests so far, in the order they came.
    ///
    /// # Panics
    /// When a request has panicked.
    #[must_use]
    pub fn requests(&self) -> Vec<NodeRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests have come to their end, and were not given up before.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl NodeTransport for FakeNodes {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        if let Some(greeting) = &self.greeting
            && request.endpoint == Endpoint::Handshake
        {
            return Reply::json(greeting).of_node().await;
        }
        let reply = (self.respond)(&request);
        self.requests.lock().unwrap().push(request);
        let answer = reply.of_node().await;
        self.finished.fetch_add(1, Ordering::SeqCst);
        answer
    }
}

/// Wraps other nodes, and changes the answers of some.
pub struct AlteredNodes<F> {
    nodes: Arc<dyn NodeTransport>,
    alter: F,
}

impl<F> AlteredNodes<F>
where
    F: Fn(&NodeRequest, &mut NodeResponse) + Send + Sync + 'static,
{
    /// Nodes with something that changes their answers.
    pub const fn new(nodes: Arc<dyn NodeTransport>, alter: F) -> Self {
        Self { nodes, alter }
    }
}

#[async_trait]
impl<F> NodeTransport for AlteredNodes<F>
where
    F: Fn(&NodeRequest, &mut NodeResponse) + Send + Sync + 'static,
{
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let mut answer = self.nodes.send(request.clone()).await?;
        (self.alter)(&request, &mut answer);
        Ok(answer)
    }
}

/// What a node answers to a handshake: the BLS key of its network in all three places, and a block hash with its `0x`.
#[must_use]
pub fn greeting(network_key: &str, blockhash: &str) -> HandshakeResponse {
    HandshakeResponse {
        server_public_key: String::new(),
        subnet_public_key: network_key.to_owned(),
        network_public_key: network_key.to_owned(),
        network_public_key_set: network_key.to_owned(),
        client_sdk_version: String::new(),
        hd_root_pubkeys: Vec::new(),
        attestation: None,
        latest_blockhash: blockhash.to_owned(),
    }
}

/// Where fake node `index` is. Nothing listens there.
///
/// # Panics
/// Beyond the last port.
#[must_use]
pub fn node_url(index: usize) -> NodeUrl {
    let port = 7470 + index;
    format!("http://127.0.0.1:{port}").parse().unwrap()
}

/// Where the first `count` fake nodes are.
#[must_use]
pub fn node_urls(count: usize) -> Vec<NodeUrl> {
    (0..count).map(node_url).collect()
}
