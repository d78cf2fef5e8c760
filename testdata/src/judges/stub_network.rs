use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};
use lit_sdk::{Error, LitNodeClient, NodeList};
use lit_types::{
    Clock, NodeUrl, Timestamp,
    wire::{Endpoint, HandshakeResponse},
};
use time::OffsetDateTime;

/// A client connected to nodes that answer handshakes, and nothing else. `blockhash` may lack its `0x`.
pub(super) async fn connect(
    nodes: Vec<NodeUrl>,
    blockhash: String,
    now: Timestamp,
) -> Result<LitNodeClient, Error> {
    let threshold = nodes.len();
    let blockhash = if blockhash.starts_with("0x") {
        blockhash
    } else {
        format!("0x{blockhash}")
    };
    LitNodeClient::builder(&NodeList::from_urls(nodes, threshold))
        .with_transport(Arc::new(StubNodes { blockhash }))
        .with_clock(Arc::new(FixedClock(now.at())))
        .connect()
        .await
}

struct StubNodes {
    blockhash: String,
}

#[async_trait]
impl NodeTransport for StubNodes {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        if request.endpoint != Endpoint::Handshake {
            return Err(TransportError::Request("these nodes only greet".into()));
        }
        let key = "a".repeat(96);
        let greeting = HandshakeResponse {
            server_public_key: String::new(),
            subnet_public_key: key.clone(),
            network_public_key: key.clone(),
            network_public_key_set: key,
            client_sdk_version: String::new(),
            hd_root_pubkeys: Vec::new(),
            attestation: None,
            latest_blockhash: self.blockhash.clone(),
        };
        let body =
            serde_json::to_vec(&greeting).map_err(|error| TransportError::Io(error.into()))?;
        Ok(NodeResponse {
            status: 200,
            body: Bytes::from(body),
        })
    }
}

/// The time of the case.
#[derive(Debug)]
pub(super) struct FixedClock(pub(super) OffsetDateTime);

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}
