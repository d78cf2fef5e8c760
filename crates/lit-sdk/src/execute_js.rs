use std::time::Duration;

use lit_node_transport::{
    NodeOutcome, Outcome, Quorum, QuorumError, QuorumPolicy, RequestId, Wait, call_quorum, datil,
    most_common,
};
use lit_types::{
    JsonProblem, NodeUrl,
    wire::{ActionFailure, Endpoint, ExecuteRequest, ExecuteResponse},
};
use serde_json::{Map, Value};

use crate::{
    Error, LitNodeClient, SessionAuth,
    session_auth::{signed_bodies, unsigned},
};

/// A Lit Action to run, and what it gets.
///
/// ```
/// use lit_sdk::ExecuteJs;
/// use serde_json::json;
///
/// let call = ExecuteJs::code("(async () => { Lit.Actions.setResponse({ response: greeting + ', world' }) })()")
///     .with_js_param("greeting", "hello")
///     .with_js_param("numbers", json!([1, 2, 3]));
/// ```
#[derive(Debug, Clone)]
pub struct ExecuteJs {
    source: Source,
    js_params: Map<String, Value>,
    wait: Wait,
}

#[derive(Debug, Clone)]
enum Source {
    Code(String),
    IpfsId(String),
}

impl ExecuteJs {
    /// Runs this JavaScript.
    pub fn code(source: impl Into<String>) -> Self {
        Self::new(Source::Code(source.into()))
    }

    /// Runs the JavaScript that IPFS has under this CID. The nodes fetch it.
    pub fn ipfs_id(cid: impl Into<String>) -> Self {
        Self::new(Source::IpfsId(cid.into()))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            js_params: Map::new(),
            wait: Wait::ForAgreement,
        }
    }

    /// Gives the action a global variable. Default: none.
    #[doc(alias = "jsParams")]
    #[must_use]
    pub fn with_js_param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.js_params.insert(name.into(), value.into());
        self
    }

    /// Gives the action each member as a global variable. Default: none.
    #[must_use]
    pub fn with_js_params(mut self, params: Map<String, Value>) -> Self {
        self.js_params.extend(params);
        self
    }

    /// Waits until every node has answered or failed. Default: returns as soon as enough nodes agree; the others run the
    /// action all the same.
    #[must_use]
    pub const fn wait_for_all(mut self) -> Self {
        self.wait = Wait::ForAll;
        self
    }
}

/// What enough nodes agree an action answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ActionResponse {
    /// The response the action set; empty if it set none.
    pub response: String,
    /// What it wrote to the console, on the first of the agreeing nodes.
    pub logs: String,
    /// The agreeing nodes' answers, in the order in which they came.
    pub answers: Vec<NodeAnswer>,
    /// Every node's outcome, in the order of the nodes.
    pub outcomes: Vec<NodeOutcome>,
    /// The id under which the nodes know this call.
    pub request_id: RequestId,
}

impl ActionResponse {
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

impl LitNodeClient {
    /// Runs a Lit Action on every node. Nodes that are dead, slow or of another opinion do not matter as long as as many as
    /// the threshold give the same response.
    ///
    /// # Errors
    /// [`Error::Action`] when the action throws, [`Error::Nodes`] when too few nodes agree; before that [`Error::NotReady`],
    /// [`Error::Session`], [`Error::SessionSigs`] or [`Error::MissingNode`].
    #[doc(alias = "executeJs")]
    pub async fn execute_js(
        &self,
        auth: impl Into<SessionAuth<'_>>,
        call: &ExecuteJs,
    ) -> Result<ActionResponse, Error> {
        self.check_ready()?;
        let sigs = self.sigs_for_call(auth.into())?;
        let (code, ipfs_id) = match &call.source {
            Source::Code(source) => (Some(datil::encode_code(source)), None),
            Source::IpfsId(cid) => (None, Some(cid.clone())),
        };
        let body = ExecuteRequest {
            code,
            ipfs_id,
            js_params: Some(call.js_params.clone()),
            auth_sig: unsigned(),
            epoch: self.epoch(),
        };
        let bodies = signed_bodies(sigs, body, |body, sig| body.auth_sig = sig);
        let request_id = RequestId::generate().map_err(|error| Error::Randomness(error.into()))?;
        let policy = QuorumPolicy::new(self.threshold())
            .with_node_deadline(self.node_deadline())
            .with_wait(call.wait);
        let quorum = Quorum {
            endpoint: Endpoint::Execute,
            request_id,
            bodies,
        };
        let answer = call_quorum(self.transport(), quorum, &policy, judge, |answer| {
            answer.response.clone()
        })
        .await
        .map_err(action_error)?;

        let elapsed = |node: &NodeUrl| {
            answer
                .outcomes
                .iter()
                .find(|outcome| outcome.node == *node)
                .map_or(Duration::ZERO, |outcome| outcome.elapsed)
        };
        let answers: Vec<NodeAnswer> = answer
            .agreed
            .into_iter()
            .map(|(node, answer)| NodeAnswer {
                elapsed: elapsed(&node),
                node,
                answer,
            })
            .collect();
        let first = &answers[0].answer;
        Ok(ActionResponse {
            response: first.response.clone(),
            logs: first.logs.clone(),
            answers,
            outcomes: answer.outcomes,
            request_id: answer.request_id,
        })
    }
}

fn judge(_: &NodeUrl, body: &[u8]) -> Result<ExecuteResponse, String> {
    let answer: ExecuteResponse =
        serde_json::from_slice(body).map_err(|error| JsonProblem::from(error).to_string())?;
    if answer.success {
        Ok(answer)
    } else {
        Err("it says it did not succeed".to_owned())
    }
}

/// An exception that so many nodes report that the others cannot outvote them is what happened; one that fewer report may be
/// a node's invention.
fn action_error(error: QuorumError) -> Error {
    let failure = |outcome: &NodeOutcome| match &outcome.outcome {
        Outcome::Refused { body, .. } => serde_json::from_slice::<ActionFailure>(body).ok(),
        _ => None,
    };
    let failures: Vec<ActionFailure> = error.outcomes.iter().filter_map(failure).collect();
    let most = most_common(failures.iter().map(|failure| failure.error.as_str()));
    let alike = failures
        .iter()
        .filter(|failure| Some(failure.error.as_str()) == most);
    let conclusive = alike.clone().count() + error.needed > error.outcomes.len();
    match alike.into_iter().next().filter(|_| conclusive) {
        Some(ActionFailure {
            error: exception,
            logs,
            ..
        }) => Error::Action {
            error: exception.clone(),
            logs: logs.clone(),
            nodes: Box::new(error),
        },
        None => Error::Nodes(Box::new(error)),
    }
}
