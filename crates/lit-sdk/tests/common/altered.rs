//! Nodes of an embedded network of which some change what they answer.

use std::sync::Arc;

use async_trait::async_trait;
use lit_devnet::{Devnet, MemoryTransport};
use lit_sdk::{
    LitNodeClient, NodeUrl,
    transport::{NodeRequest, NodeResponse, NodeTransport, TransportError},
    types::wire::Endpoint,
};
use serde_json::Value;

struct Altered<F> {
    nodes: Arc<MemoryTransport>,
    urls: Vec<NodeUrl>,
    endpoint: Endpoint,
    alter: F,
}

#[async_trait]
impl<F> NodeTransport for Altered<F>
where
    F: Fn(&NodeRequest, usize, &mut Value) + Send + Sync + 'static,
{
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let mut answer = self.nodes.send(request.clone()).await?;
        if request.endpoint == self.endpoint && answer.status == 200 {
            let mut body = serde_json::from_slice(&answer.body).unwrap();
            let mut urls = self.urls.iter();
            let index = urls.position(|url| *url == request.node).unwrap();
            (self.alter)(&request, index, &mut body);
            answer.body = serde_json::to_vec(&body).unwrap().into();
        }
        Ok(answer)
    }
}

/// A client to which successful answers of this endpoint come as they are altered: by request, and place of the node.
pub(crate) async fn connect(
    network: &Devnet,
    endpoint: Endpoint,
    alter: impl Fn(&NodeRequest, usize, &mut Value) + Send + Sync + 'static,
) -> LitNodeClient {
    LitNodeClient::builder(network)
        .with_transport(transport(network, endpoint, alter))
        .connect()
        .await
        .unwrap()
}

/// The transport of such a client.
pub(crate) fn transport(
    network: &Devnet,
    endpoint: Endpoint,
    alter: impl Fn(&NodeRequest, usize, &mut Value) + Send + Sync + 'static,
) -> Arc<dyn NodeTransport> {
    Arc::new(Altered {
        nodes: network.transport(),
        urls: network.node_urls().to_vec(),
        endpoint,
        alter,
    })
}
