use std::sync::{Arc, Weak};

use async_trait::async_trait;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};

use crate::node::{Incoming, Node};

/// Reaches the nodes of one development network without a socket. It does not keep the network alive.
#[derive(Debug, Clone)]
pub struct MemoryTransport {
    nodes: Weak<[Arc<Node>]>,
}

impl MemoryTransport {
    pub(crate) fn new(nodes: &Arc<[Arc<Node>]>) -> Self {
        Self {
            nodes: Arc::downgrade(nodes),
        }
    }
}

#[async_trait]
impl NodeTransport for MemoryTransport {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let refused = || TransportError::Connect("connection refused".to_owned());
        let nodes = self.nodes.upgrade().ok_or_else(refused)?;
        let node = nodes
            .iter()
            .find(|node| *node.url() == request.node)
            .ok_or_else(refused)?;
        let incoming = Incoming {
            path: request.endpoint.path().to_owned(),
            headers: request
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: request.body,
        };
        let (status, body) = node.handle(incoming).await.ok_or_else(refused)?;
        Ok(NodeResponse {
            status,
            body: body.into(),
        })
    }
}
