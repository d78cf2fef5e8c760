use std::sync::{Arc, Weak};

use async_trait::async_trait;
use lit_node::Request;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};
use tokio::sync::watch;

use crate::embedded_node::EmbeddedNode;

/// A transport to the nodes of one development network, without sockets.
///
/// It does not keep the network alive: when the network is dropped, requests in flight fail with [`TransportError::Io`], and later
/// ones with [`TransportError::Connect`].
#[derive(Debug, Clone)]
pub struct MemoryTransport {
    nodes: Weak<[Arc<EmbeddedNode>]>,
    /// Closes when the network is dropped.
    network: watch::Receiver<()>,
}

impl MemoryTransport {
    pub(crate) fn new(nodes: &Arc<[Arc<EmbeddedNode>]>, network: watch::Receiver<()>) -> Self {
        Self {
            nodes: Arc::downgrade(nodes),
            network,
        }
    }
}

#[async_trait]
impl NodeTransport for MemoryTransport {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let refused = || TransportError::Connect("connection refused".into());
        let nodes = self.nodes.upgrade().ok_or_else(refused)?;
        let node = nodes
            .iter()
            .find(|node| *node.url() == request.node)
            .ok_or_else(refused)?;
        let incoming = Request {
            path: request.endpoint.path().to_owned(),
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: request.body,
        };
        let mut network = self.network.clone();
        let answer = tokio::select! {
            answer = node.handle(incoming) => answer,
            // No value is ever sent: a change means that the network was dropped.
            _ = network.changed() => {
                return Err(TransportError::Io("the network was dropped".into()));
            }
        };
        let answer = answer.ok_or_else(refused)?;
        Ok(NodeResponse {
            status: answer.status,
            body: answer.body.into(),
        })
    }
}
