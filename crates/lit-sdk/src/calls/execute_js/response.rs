use std::{collections::BTreeMap, time::Duration};

use lit_node_transport::{NodeOutcome, QuorumAnswer, RequestId, datil, most_common};
use lit_session_crypto::EcdsaSignature;
use lit_types::{NodeUrl, wire::ExecuteResponse};
use serde_json::Value;

use super::{
    ExecuteJs,
    answer::{Judged, claims},
};
use crate::calls::ClaimedKey;

/// The answer of a Lit Action, on which enough nodes agree.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ActionResponse {
    /// The response the action set; empty if it set none.
    pub response: String,
    /// The signatures, by name. Each is verified: under the key of [`ExecuteJs::with_signer`] for that name, otherwise under
    /// the key that the agreeing nodes name.
    pub signatures: BTreeMap<String, EcdsaSignature>,
    /// The claimed keys, by user id.
    #[doc(alias = "claimData")]
    pub claims: BTreeMap<String, ClaimedKey>,
    /// The console output of most of the agreeing nodes, or of the first if there is a tie.
    pub logs: String,
    /// The answers that agree, in the order of arrival.
    pub answers: Vec<NodeAnswer>,
    /// Every node's outcome, in the order of the nodes.
    pub outcomes: Vec<NodeOutcome>,
    /// The request id, which nodes log.
    pub request_id: RequestId,
}

impl ActionResponse {
    pub(super) fn new(
        call: &ExecuteJs,
        answer: QuorumAnswer<Judged>,
        signatures: BTreeMap<String, EcdsaSignature>,
    ) -> Self {
        let QuorumAnswer {
            agreed,
            outcomes,
            request_id,
            ..
        } = answer;
        let of = |judged: &'_ Judged| judged.answer.logs.clone();
        let logs = most_common(agreed.iter().map(|(_, judged)| of(judged)));
        let responses: Vec<&str> = agreed
            .iter()
            .map(|(_, judged)| judged.answer.response.as_str())
            .collect();
        let elapsed = |node: &NodeUrl| {
            #[allow(clippy::expect_used, reason = "a call keeps the outcome of every node")]
            let outcome = (outcomes.iter())
                .find(|outcome| outcome.node == *node)
                .expect("a node that agreed has an outcome");
            outcome.elapsed
        };
        Self {
            response: call.strategy.choose(&responses),
            signatures,
            claims: claims(&agreed),
            logs: logs.unwrap_or_else(|| of(&agreed[0].1)),
            answers: agreed
                .into_iter()
                .map(|(node, judged)| NodeAnswer {
                    elapsed: elapsed(&node),
                    node,
                    answer: judged.answer,
                })
                .collect(),
            outcomes,
            request_id,
        }
    }

    /// The response as JSON, or as a JSON string if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        datil::json_or_text(&self.response)
    }
}

/// One node's answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeAnswer {
    /// The node.
    pub node: NodeUrl,
    /// Its answer.
    pub answer: ExecuteResponse,
    /// How long it took.
    pub elapsed: Duration,
}
