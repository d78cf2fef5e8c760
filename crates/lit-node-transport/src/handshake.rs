use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lit_types::{
    NodeUrl, strict_json,
    wire::{Endpoint, HandshakeRequest, HandshakeResponse},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    NodeOutcome, NodeTransport, Outcome, Quorum, QuorumError, QuorumPolicy, Rejection, RequestId,
    call_quorum, most_common,
    settled::{Settled, judge_response},
};

/// How long to wait for the block hashes of other nodes, when the first ones do not agree.
const BLOCKHASH_GRACE: Duration = Duration::from_secs(1);

/// The keys of a network, as its nodes give them. Nodes of one network give the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HandshakeKeys {
    /// The BLS key, for PKP sessions and encryption: 96 hex digits, a compressed point of G1.
    pub network_public_key: String,
    /// The secp256k1 root keys PKPs are derived from: points of 130 hex digits, or 66 compressed, in the order of derivation.
    pub hd_root_pubkeys: Vec<String>,
}

/// The result of a handshake: what the nodes of a network agree on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Handshake {
    /// The keys.
    pub keys: HandshakeKeys,
    /// The block hash that most of the agreeing nodes gave, or the first one's when several are tied.
    pub latest_blockhash: String,
    /// Whether as many nodes as are needed gave that hash, so that fewer cannot have invented it.
    pub blockhash_agreed: bool,
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
        self.greeting().await.map(|(node, _)| node)
    }

    /// The same, with the block hash that the node gives.
    async fn greeting(&mut self) -> Option<(NodeUrl, String)> {
        loop {
            let Settled {
                node,
                result,
                observed,
                ..
            } = self.settled.recv().await?;
            let judged = judge_response(&node, result, &judge);
            observed.judged(judged.as_ref().err().unwrap_or(&Outcome::Valid));
            match judged {
                Ok(answer) if answer.keys == self.keys => {
                    return Some((node, answer.latest_blockhash));
                }
                Ok(_) => {
                    tracing::warn!(%node, "node answers with other keys than its network; left out");
                }
                Err(outcome) => tracing::debug!(%node, %outcome, "node did not join"),
            }
        }
    }
}

/// Why a handshake failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The operating system provides no random bytes for a challenge.
    #[error("the operating system provides no random bytes")]
    RandomnessUnavailable(#[source] getrandom::Error),
    /// Too few nodes answered, or they do not agree on the keys.
    #[error(transparent)]
    Nodes(#[from] QuorumError),
}

/// Greets every node, and returns as soon as `policy.needed` of them give the same keys. Where these do not give the same block
/// hash as well, it waits for others until as many give one, a second at most, and not beyond the timeout of the policy.
///
/// # Errors
/// [`HandshakeError::Nodes`] when too few nodes answer, or the answers are not from one network.
pub async fn handshake(
    transport: &Arc<dyn NodeTransport>,
    nodes: &[NodeUrl],
    epoch: u64,
    policy: &QuorumPolicy,
) -> Result<Handshake, HandshakeError> {
    let started = Instant::now();
    let request_id = RequestId::generate().map_err(HandshakeError::RandomnessUnavailable)?;
    let mut bodies = Vec::with_capacity(nodes.len());
    for node in nodes {
        let mut challenge = [0; 32];
        getrandom::getrandom(&mut challenge).map_err(HandshakeError::RandomnessUnavailable)?;
        bodies.push((node.clone(), handshake_body(&challenge, epoch)));
    }
    let call = Quorum {
        endpoint: Endpoint::Handshake,
        request_id,
        bodies,
    };
    let answer = call_quorum(transport, call, policy, judge, |answer| answer.keys.clone()).await?;

    // At least one node agreed, or there would be no answer.
    let keys = answer.agreed[0].1.keys.clone();
    let mut greetings: Vec<(NodeUrl, String)> = answer
        .agreed
        .into_iter()
        .map(|(node, greeting)| (node, greeting.latest_blockhash))
        .collect();
    let mut late = LateNodes {
        keys: keys.clone(),
        settled: answer.late,
    };
    let mut until = Instant::now() + BLOCKHASH_GRACE;
    if let Some(end) = policy.timeout.and_then(|limit| started.checked_add(limit)) {
        until = until.min(end);
    }
    let (latest_blockhash, blockhash_agreed) = loop {
        let (hash, votes) = best_hash(&greetings);
        if votes >= policy.needed {
            break (hash, true);
        }
        match timeout_at(until, late.greeting()).await {
            Ok(Some(greeting)) => greetings.push(greeting),
            Ok(None) | Err(_) => break (hash, false),
        }
    };
    Ok(Handshake {
        keys,
        latest_blockhash,
        blockhash_agreed,
        connected: greetings.into_iter().map(|(node, _)| node).collect(),
        outcomes: answer.outcomes,
        late,
    })
}

/// The body of a handshake.
pub(crate) fn handshake_body(challenge: &[u8; 32], epoch: u64) -> Bytes {
    let body = HandshakeRequest {
        client_public_key: "test".to_owned(),
        challenge: hex::encode(challenge),
        epoch,
    };
    #[allow(clippy::expect_used, reason = "strings and numbers always serialize")]
    let body = serde_json::to_vec(&body).expect("a handshake always serializes");
    body.into()
}

/// The hash that most gave, the first one where several are tied, and how many gave it.
fn best_hash(greetings: &[(NodeUrl, String)]) -> (String, usize) {
    let hashes = || greetings.iter().map(|(_, hash)| hash);
    let best = most_common(hashes()).or_else(|| hashes().next());
    #[allow(
        clippy::expect_used,
        reason = "a handshake succeeds when at least one node agrees"
    )]
    let best = best.expect("at least one node agreed").clone();
    let votes = hashes().filter(|hash| **hash == best).count();
    (best, votes)
}

struct Greeting {
    keys: HandshakeKeys,
    latest_blockhash: String,
}

fn judge(_: &NodeUrl, body: &[u8]) -> Result<Greeting, Rejection> {
    let answer: HandshakeResponse = strict_json::from_slice(body)?;
    if answer.network_public_key == "ERR" {
        return Err(Rejection::NoKeys);
    }
    let is_hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    let malformed = |member, expected| Err(Rejection::MalformedMember { member, expected });
    if !is_hex(&answer.network_public_key, 96) {
        return malformed("network key", "96 hex digits");
    }
    if answer.subnet_public_key != answer.network_public_key
        || answer.network_public_key_set != answer.network_public_key
    {
        return Err(Rejection::DifferentKeys);
    }
    let is_point = |key: &String| is_hex(key, 130) || is_hex(key, 66);
    if answer.hd_root_pubkeys.len() > 256 || !answer.hd_root_pubkeys.iter().all(is_point) {
        return malformed("root keys", "at most 256 keys of 130 or 66 hex digits");
    }
    if !answer
        .latest_blockhash
        .strip_prefix("0x")
        .is_some_and(|digits| is_hex(digits, 64))
    {
        return malformed("block hash", "0x and 64 hex digits");
    }
    Ok(Greeting {
        keys: HandshakeKeys {
            network_public_key: answer.network_public_key,
            hd_root_pubkeys: answer.hd_root_pubkeys,
        },
        latest_blockhash: answer.latest_blockhash,
    })
}
