use std::sync::Arc;

use bytes::Bytes;
use lit_types::{
    JsonProblem, NodeUrl,
    wire::{Endpoint, HandshakeRequest, HandshakeResponse},
};

use crate::{
    NodeOutcome, NodeTransport, Quorum, QuorumError, QuorumFailure, QuorumPolicy, RequestId,
    call_quorum, most_common,
    quorum::{Settled, judge_response},
};

/// The keys of a network, as its nodes give them. Nodes of one network give the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HandshakeKeys {
    /// The BLS key, for PKP sessions and encryption: 96 hex digits, a compressed point of G1.
    pub network_public_key: String,
    /// The secp256k1 root keys PKPs are derived from: points of 130 hex digits, or 66 compressed, in the order of derivation.
    pub hd_root_pubkeys: Vec<String>,
}

/// What a network's nodes agreed on when the client came.
#[derive(Debug)]
#[non_exhaustive]
pub struct Handshake {
    /// The keys.
    pub keys: HandshakeKeys,
    /// The block hash most of the agreeing nodes gave, or the first one's when that is undecided.
    pub latest_blockhash: String,
    /// The nodes that have agreed so far.
    pub connected: Vec<NodeUrl>,
    /// Every node's outcome.
    pub outcomes: Vec<NodeOutcome>,
    /// Nodes that answer later.
    pub late: LateNodes,
}

/// Answers of nodes that were not needed for agreement.
#[derive(Debug)]
pub struct LateNodes {
    keys: HandshakeKeys,
    settled: tokio::sync::mpsc::UnboundedReceiver<Settled>,
}

impl LateNodes {
    /// Waits for the next node that agrees with the others; none when all have answered or failed. A node that answers
    /// with other keys is left out, with a warning in the log.
    pub async fn next(&mut self) -> Option<NodeUrl> {
        loop {
            let Settled { node, result, .. } = self.settled.recv().await?;
            match judge_response(&node, result, &judge) {
                Ok(answer) if answer.keys == self.keys => return Some(node),
                Ok(_) => {
                    tracing::warn!(%node, "node answers with other keys than its network; left out");
                }
                Err(outcome) => tracing::debug!(%node, %outcome, "node did not join"),
            }
        }
    }
}

/// Greets every node, and returns as soon as `policy.needed` of them give the same keys.
///
/// # Errors
/// [`QuorumError`] when too few answer, or those that do are not of one network.
pub async fn handshake(
    transport: &Arc<dyn NodeTransport>,
    nodes: &[NodeUrl],
    epoch: u64,
    policy: &QuorumPolicy,
) -> Result<Handshake, QuorumError> {
    // An operating system without randomness is no place to go on.
    let no_randomness = |_| QuorumError {
        failure: QuorumFailure::TooFewNodes,
        endpoint: Endpoint::Handshake,
        needed: policy.needed,
        request_id: RequestId::unavailable(),
        outcomes: Vec::new(),
    };
    let request_id = RequestId::generate().map_err(no_randomness)?;
    let mut bodies = Vec::with_capacity(nodes.len());
    for node in nodes {
        let mut challenge = [0; 32];
        getrandom::getrandom(&mut challenge).map_err(no_randomness)?;
        let body = HandshakeRequest {
            client_public_key: "test".to_owned(),
            challenge: hex::encode(challenge),
            epoch,
        };
        bodies.push((
            node.clone(),
            Bytes::from(serde_json::to_vec(&body).unwrap_or_default()),
        ));
    }
    let call = Quorum {
        endpoint: Endpoint::Handshake,
        request_id,
        bodies,
    };
    let answer = call_quorum(transport, call, policy, judge, |answer| answer.keys.clone()).await?;

    let hashes = || {
        answer
            .agreed
            .iter()
            .map(|(_, greeting)| greeting.latest_blockhash.clone())
    };
    let latest_blockhash = most_common(hashes())
        .or_else(|| hashes().next())
        .unwrap_or_default();
    // At least one node agreed, or there would be no answer.
    let keys = answer.agreed[0].1.keys.clone();
    Ok(Handshake {
        latest_blockhash,
        connected: answer.agreed.into_iter().map(|(node, _)| node).collect(),
        outcomes: answer.outcomes,
        late: LateNodes {
            keys: keys.clone(),
            settled: answer.late,
        },
        keys,
    })
}

struct Greeting {
    keys: HandshakeKeys,
    latest_blockhash: String,
}

fn judge(_: &NodeUrl, body: &[u8]) -> Result<Greeting, String> {
    let answer: HandshakeResponse =
        serde_json::from_slice(body).map_err(|error| JsonProblem::from(error).to_string())?;
    if answer.network_public_key == "ERR" {
        return Err("the node has no keys yet".to_owned());
    }
    let is_hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex(&answer.network_public_key, 96)
        || answer.subnet_public_key != answer.network_public_key
        || answer.network_public_key_set != answer.network_public_key
    {
        return Err("its BLS keys are not one key of 96 hex digits".to_owned());
    }
    let is_point = |key: &String| is_hex(key, 130) || is_hex(key, 66);
    if answer.hd_root_pubkeys.len() > 256 || !answer.hd_root_pubkeys.iter().all(is_point) {
        return Err("its root keys are not 130 or 66 hex digits each".to_owned());
    }
    if !answer
        .latest_blockhash
        .strip_prefix("0x")
        .is_some_and(|digits| is_hex(digits, 64))
    {
        return Err("its block hash is not 0x and 64 hex digits".to_owned());
    }
    Ok(Greeting {
        keys: HandshakeKeys {
            network_public_key: answer.network_public_key,
            hd_root_pubkeys: answer.hd_root_pubkeys,
        },
        latest_blockhash: answer.latest_blockhash,
    })
}
