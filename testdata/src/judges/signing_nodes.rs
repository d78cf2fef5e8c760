use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};
use lit_sdk::{
    Error, LitNodeClient,
    transport::{Discovery, DiscoveryError, Epoch, NetworkView},
};
use lit_types::{
    NodeUrl, Timestamp,
    wire::{Endpoint, HandshakeResponse},
};
use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json};

use super::stub_network::FixedClock;
use crate::refusal::Refusal;

/// The network of a case about PKP sessions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Network {
    now: Timestamp,
    nodes: Vec<NodeUrl>,
    blockhash: String,
    min_node_count: usize,
    epoch: Option<u64>,
    network_pub_key: String,
    client_ready: Option<bool>,
    #[serde(default)]
    node_replies: Vec<Reply>,
}

/// What a node answers; its body is no JSON where there is none.
#[derive(Clone, Deserialize)]
struct Reply {
    status: u16,
    json: Option<Value>,
}

impl Network {
    /// A client that is connected, or was, and the nodes.
    pub(super) async fn connect(&self) -> Result<(LitNodeClient, Arc<SigningNodes>), Error> {
        let nodes = Arc::new(SigningNodes {
            nodes: self.nodes.clone(),
            greeting: HandshakeResponse {
                server_public_key: String::new(),
                subnet_public_key: self.network_pub_key.clone(),
                network_public_key: self.network_pub_key.clone(),
                network_public_key_set: self.network_pub_key.clone(),
                client_sdk_version: String::new(),
                hd_root_pubkeys: Vec::new(),
                attestation: None,
                latest_blockhash: self.blockhash.clone(),
            },
            replies: self.node_replies.clone(),
            requests: Mutex::default(),
        });
        let view = NetworkView {
            nodes: self.nodes.clone(),
            threshold: self.min_node_count,
            epoch: Epoch {
                number: self.epoch.unwrap_or_default(),
                started_at: None,
            },
        };
        let client = LitNodeClient::builder(&Arc::new(Known(view)))
            .with_transport(nodes.clone())
            .with_clock(Arc::new(FixedClock(self.now.at())))
            .connect()
            .await?;
        if self.client_ready == Some(false) {
            client.disconnect();
        }
        Ok((client, nodes))
    }
}

struct Known(NetworkView);

#[async_trait]
impl Discovery for Known {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        Ok(self.0.clone())
    }
}

/// Nodes that give the answers of a case, first one to each, then the next.
pub(super) struct SigningNodes {
    nodes: Vec<NodeUrl>,
    greeting: HandshakeResponse,
    replies: Vec<Reply>,
    requests: Mutex<Vec<NodeRequest>>,
}

#[async_trait]
impl NodeTransport for SigningNodes {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        if request.endpoint == Endpoint::Handshake {
            let body = serde_json::to_vec(&self.greeting);
            let body = body.map_err(|error| TransportError::Io(error.into()))?;
            return Ok(NodeResponse {
                status: 200,
                body: body.into(),
            });
        }
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let before = |known: &&NodeRequest| known.node == request.node;
        let round = requests.iter().filter(before).count();
        let place = self.nodes.iter().position(|node| *node == request.node);
        let reply = place.and_then(|place| self.replies.get(round * self.nodes.len() + place));
        requests.push(request);
        let reply = reply.ok_or_else(|| TransportError::Connect("no answer".into()))?;
        let json = reply.json.as_ref().map(Value::to_string);
        Ok(NodeResponse {
            status: reply.status,
            body: json.unwrap_or_default().into(),
        })
    }
}

impl SigningNodes {
    /// What the nodes were asked, equal requests together.
    pub(super) fn requests(&self) -> Result<Value, Refusal> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for request in requests.iter() {
            let described = describe(request)?;
            let url = Value::from(request.node.endpoint(request.endpoint));
            match groups.iter_mut().find(|(known, _)| *known == described) {
                Some((_, urls)) => urls.push(url),
                None => groups.push((described, vec![url])),
            }
        }
        let group = |(mut described, urls): (Value, Vec<Value>)| {
            described["urls"] = urls.into();
            described
        };
        Ok(groups.into_iter().map(group).collect())
    }
}

fn describe(request: &NodeRequest) -> Result<Value, Refusal> {
    let text = String::from_utf8_lossy(&request.body);
    let body: Value = crate::case::parse("body", &text)?;
    let Keys(keys) = crate::case::parse("body", &text)?;
    let header = |(name, value): &(&str, String)| {
        let name = match *name {
            "content-type" => "Content-Type",
            "accept" => "Accept",
            "x-lit-sdk-version" => "X-Lit-SDK-Version",
            "x-lit-sdk-type" => "X-Lit-SDK-Type",
            "x-request-id" => "X-Request-Id",
            other => other,
        };
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        let value = match value.strip_prefix("lit_") {
            Some(id) if is_hex(id) => "lit_<hex>",
            // What a client is called is its own.
            _ if (name, value.as_str()) == ("X-Lit-SDK-Type", "Rust") => "Typescript",
            _ => value,
        };
        (name.to_owned(), value.into())
    };
    let headers: Map<String, Value> = request.headers.iter().map(header).collect();
    Ok(json!({ "method": "POST", "headers": headers, "body": body, "bodyKeys": keys }))
}

/// The names of the members of an object, in their order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
