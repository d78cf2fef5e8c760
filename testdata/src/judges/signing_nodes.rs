use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lit_node_transport::NodeRequest;
use lit_sdk::{
    Error, LitNodeClient,
    transport::{Discovery, DiscoveryError, Epoch, NetworkView},
};
use lit_test_fakes::{FakeClock, FakeNodes, Reply, greeting};
use lit_types::{NodeUrl, Timestamp};
use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json};

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
    node_replies: Vec<AnswerOfNode>,
}

/// What a node answers; its body is no JSON where there is none.
#[derive(Clone, Deserialize)]
struct AnswerOfNode {
    status: u16,
    json: Option<Value>,
}

impl From<&AnswerOfNode> for Reply {
    fn from(answer: &AnswerOfNode) -> Self {
        let json = answer.json.as_ref().map(Value::to_string);
        Self::status(answer.status, json.unwrap_or_default())
    }
}

impl Network {
    /// A client that is connected, or was, and the nodes.
    pub(super) async fn connect(&self) -> Result<(LitNodeClient, SigningNodes), Error> {
        let greeting = greeting(&self.network_pub_key, &self.blockhash);
        let nodes = Arc::new(self.nodes().greeting(greeting));
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
            .with_clock(FakeClock::at(self.now.at()))
            .connect()
            .await?;
        if self.client_ready == Some(false) {
            client.disconnect();
        }
        Ok((client, SigningNodes(nodes)))
    }

    fn nodes(&self) -> FakeNodes {
        let (nodes, replies) = (self.nodes.clone(), self.node_replies.clone());
        let rounds = Mutex::new(vec![0; nodes.len()]);
        FakeNodes::by(move |request| {
            let place = nodes.iter().position(|node| *node == request.node);
            let reply = place.and_then(|place| {
                let mut rounds = rounds.lock().unwrap_or_else(PoisonError::into_inner);
                rounds[place] += 1;
                replies.get((rounds[place] - 1) * nodes.len() + place)
            });
            reply.map_or_else(Reply::refused, Reply::from)
        })
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
pub(super) struct SigningNodes(Arc<FakeNodes>);

impl SigningNodes {
    /// What the nodes were asked, equal requests together.
    pub(super) fn requests(&self) -> Result<Value, Refusal> {
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for request in self.0.requests() {
            let described = describe(&request)?;
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
