//! An embedded network in which some nodes change their answers.

use std::sync::Arc;

use lit_devnet::Devnet;
use lit_sdk::{
    LitNodeClient,
    transport::{NodeRequest, NodeTransport},
    types::wire::Endpoint,
};
use lit_test_fakes::AlteredNodes;
use serde_json::Value;

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
    let urls = network.node_urls().to_vec();
    Arc::new(AlteredNodes::new(
        network.transport(),
        move |request, answer| {
            if request.endpoint == endpoint && answer.status == 200 {
                let mut body = serde_json::from_slice(&answer.body).unwrap();
                let index = urls.iter().position(|url| *url == request.node).unwrap();
                alter(request, index, &mut body);
                answer.body = serde_json::to_vec(&body).unwrap().into();
            }
        },
    ))
}
