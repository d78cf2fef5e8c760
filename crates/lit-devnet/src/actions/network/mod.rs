//! Lit Actions on the nodes of a network.

mod arguments;
mod chain_calls;
mod decrypting;
mod host;
mod meetings;
mod permissions;
mod places;
mod signing;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicUsize},
};

use lit_types::NodeUrl;
use serde_json::{Map, Value};

use super::{ActionEnvironment, ActionError, ActionLimits, execution::Execution};
use crate::{chain::Chain, chain_view::ChainView, ipfs::Ipfs, node::ActionPowers};

use host::NodeHost;
use meetings::{Leading, Meetings};
use places::Places;

/// State shared by the actions of all nodes.
#[derive(Debug)]
pub(crate) struct ActionNetwork {
    chain: Chain,
    contracts: ChainView,
    /// The URL of the chain's JSON-RPC server, if it listens.
    rpc_url: Option<String>,
    ipfs: Arc<Ipfs>,
    environment: Arc<ActionEnvironment>,
    /// The number of nodes that must take part in an exchange of values.
    threshold: usize,
    places: Places,
    meetings: Meetings,
}

/// An action for a node to run.
#[derive(Debug)]
pub(crate) struct NodeAction {
    pub(crate) node: NodeUrl,
    /// The request id, the same on all nodes.
    pub(crate) request_id: Option<String>,
    /// The caller: the session key that signed the request, or the hash of a request without a session. Nodes exchange values only
    /// within requests of the same caller.
    pub(crate) caller: String,
    pub(crate) cid: String,
    pub(crate) code: String,
    pub(crate) js_params: Map<String, Value>,
    /// `Lit.Auth` without the action itself: its stack has the actions that authorized the session.
    pub(crate) auth: Value,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) limits: ActionLimits,
    /// The node's functions for the action.
    pub(crate) powers: ActionPowers,
}

/// The outcome of an action and those it called, on one node.
#[derive(Debug, Default)]
pub(crate) struct NodeOutcome {
    pub(crate) response: String,
    pub(crate) logs: String,
    pub(crate) signed_data: Map<String, Value>,
    pub(crate) claim_data: Map<String, Value>,
}

impl ActionNetwork {
    pub(crate) fn new(
        chain: Chain,
        contracts: ChainView,
        rpc_url: Option<String>,
        ipfs: Arc<Ipfs>,
        (nodes, threshold): (usize, usize),
        max_engines: usize,
        environment: ActionEnvironment,
    ) -> Self {
        Self {
            chain,
            contracts,
            rpc_url,
            ipfs,
            environment: Arc::new(environment),
            threshold,
            places: Places::new(max_engines, nodes),
            meetings: Meetings::default(),
        }
    }

    /// Runs an action on a node, as soon as an engine slot is free.
    ///
    /// # Errors
    /// All of [`ActionError`]; [`ActionError::Overloaded`] if no slot is free within the action's time limit.
    pub(crate) async fn run(
        self: &Arc<Self>,
        action: NodeAction,
    ) -> Result<NodeOutcome, ActionError> {
        let operation = action.request_id.map(|request_id| Operation {
            request_id,
            caller: action.caller,
        });
        let waited = action.limits.run_time;
        let place = self.places.enter(operation.as_ref(), &action.node);
        let place = tokio::time::timeout(waited, place)
            .await
            .map_err(|_| ActionError::Overloaded { waited })?;
        let task = Arc::new(Task {
            network: Arc::clone(self),
            node: action.node,
            operation,
            auth: action.auth,
            headers: action.headers,
            limits: action.limits,
            execution: Arc::default(),
            powers: action.powers,
            signatures: AtomicUsize::default(),
            contract_calls: AtomicUsize::default(),
            network_operations: AtomicUsize::default(),
            collected: Mutex::default(),
            leading: Mutex::default(),
            _place: place,
        });
        NodeHost::of_root(Arc::clone(&task), action.cid)
            .run(action.code, action.js_params)
            .await?;
        Ok(task.outcome())
    }
}

/// Identifies a request on all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Operation {
    request_id: String,
    caller: String,
}

/// One request on one node: state that its action shares with the actions it calls.
#[derive(Debug)]
struct Task {
    network: Arc<ActionNetwork>,
    node: NodeUrl,
    /// `None` for a request without an id, which other nodes cannot recognize.
    operation: Option<Operation>,
    auth: Value,
    headers: Vec<(String, String)>,
    limits: ActionLimits,
    execution: Arc<Execution>,
    powers: ActionPowers,
    signatures: AtomicUsize,
    contract_calls: AtomicUsize,
    network_operations: AtomicUsize,
    collected: Mutex<Collected>,
    leading: Mutex<HashMap<String, Leading>>,
    /// Released with the last engine of the task, even an abandoned one.
    _place: Arc<places::Place>,
}

/// Signatures and claims that host functions add to the answer.
#[derive(Debug, Clone, Default)]
struct Collected {
    signed_data: Map<String, Value>,
    claim_data: Map<String, Value>,
}

impl Task {
    fn outcome(&self) -> NodeOutcome {
        let collected = lock(&self.collected).clone();
        NodeOutcome {
            response: self.execution.response(),
            logs: self.execution.logs(),
            signed_data: collected.signed_data,
            claim_data: collected.claim_data,
        }
    }
}

/// Ignores poisoning: the locked values change in single steps.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
