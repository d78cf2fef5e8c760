use std::{collections::BTreeMap, time::Duration};

use lit_node_transport::{NodeOutcome, QuorumAnswer, RequestId, datil, most_common};
use lit_session_crypto::EcdsaSignature;
use lit_types::{NodeUrl, wire::ExecuteResponse};
use serde_json::{Map, Value};

use super::{
    ExecuteJs,
    answer::{Judged, claims},
};
use crate::calls::ClaimedKey;

/// What enough nodes agree an action answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ActionResponse {
    /// The response the action set; empty if it set none.
    pub response: String,
    /// What it signed, by the names it gave. Every signature was verified: by the key of [`ExecuteJs::with_signer`] where the
    /// name is in there, and otherwise by the key that the agreeing nodes name.
    pub signatures: BTreeMap<String, EcdsaSignature>,
    /// The keys it claimed, by the ids it gave.
    #[doc(alias = "claimData")]
    pub claims: BTreeMap<String, ClaimedKey>,
    /// What nodes of today always leave empty.
    pub decrypted_data: Map<String, Value>,
    /// What it wrote to the console, on most of the agreeing nodes, or on the first where that is undecided.
    pub logs: String,
    /// The agreeing nodes' answers, in the order in which they came.
    pub answers: Vec<NodeAnswer>,
    /// Every node's outcome, in the order of the nodes.
    pub outcomes: Vec<NodeOutcome>,
    /// The id under which the nodes know this call.
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
            let outcome = outcomes.iter().find(|outcome| outcome.node == *node);
            outcome.map_or(Duration::ZERO, |outcome| outcome.elapsed)
        };
        Self {
            response: call.strategy.choose(&responses),
            signatures,
            claims: claims(&agreed),
            decrypted_data: agreed[0].1.answer.decrypted_data.clone(),
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

    /// The response as JSON, or as a JSON text if it is none.
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
    /// What it answered.
    pub answer: ExecuteResponse,
    /// How long it took.
    pub elapsed: Duration,
}
