use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use lit_actions::{ActionLimits, Execution, HostError};
use serde_json::{Map, Value};

use super::{ActionRunner, NodeAction, NodeOutcome, Powers};
use crate::{Announce, EngineSlot, RequestKey};

/// The most keys that one request claims. Its answer lists all of them.
const MAX_CLAIMS: usize = 1_000;

/// One request on one node: state that its action shares with the actions it calls.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) runner: Arc<ActionRunner>,
    /// `None` for a request without an id, which other nodes cannot recognize.
    pub(super) request: Option<RequestKey>,
    pub(super) auth: Value,
    pub(super) headers: Vec<(String, String)>,
    pub(super) limits: ActionLimits,
    pub(super) execution: Arc<Execution>,
    pub(super) powers: Arc<dyn Powers>,
    signatures: AtomicUsize,
    contract_calls: AtomicUsize,
    network_operations: AtomicUsize,
    claims: AtomicUsize,
    collected: Mutex<Collected>,
    leading: Mutex<HashMap<String, Box<dyn Announce>>>,
    /// Released with the last engine of the task, even an abandoned one.
    pub(super) slot: EngineSlot,
    /// The turn of actions that decide conditions: each takes an engine of its own.
    pub(super) deciding: tokio::sync::Mutex<()>,
}

/// Signatures and claims that host functions add to the answer.
#[derive(Debug, Clone, Default)]
struct Collected {
    signed_data: Map<String, Value>,
    claim_data: Map<String, Value>,
}

impl Task {
    /// For the requested action. Its code and parameters are not kept.
    pub(super) fn new(
        runner: Arc<ActionRunner>,
        request: Option<RequestKey>,
        action: NodeAction,
        slot: EngineSlot,
    ) -> Self {
        Self {
            runner,
            request,
            auth: action.auth,
            headers: action.headers,
            limits: action.limits,
            execution: Arc::default(),
            powers: action.powers,
            signatures: AtomicUsize::default(),
            contract_calls: AtomicUsize::default(),
            network_operations: AtomicUsize::default(),
            claims: AtomicUsize::default(),
            collected: Mutex::default(),
            leading: Mutex::default(),
            slot,
            deciding: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn count_signature(&self) -> Result<(), HostError> {
        limited(&self.signatures, self.limits.signatures, "signatures")
    }

    pub(super) fn count_contract_call(&self) -> Result<(), HostError> {
        let limit = self.limits.contract_calls;
        limited(&self.contract_calls, limit, "contract calls")
    }

    pub(super) fn count_network_operation(&self) -> Result<(), HostError> {
        let limit = self.limits.network_operations;
        limited(&self.network_operations, limit, "network operations")
    }

    pub(super) fn count_claim(&self) -> Result<(), HostError> {
        limited(&self.claims, MAX_CLAIMS, "claims")
    }

    /// Adds a signature to the answer.
    pub(super) fn keep_signature(&self, name: &str, share: Value) {
        lock(&self.collected)
            .signed_data
            .insert(name.to_owned(), share);
    }

    /// Adds a claim to the answer.
    pub(super) fn keep_claim(&self, key_id: &str, claim: Value) {
        lock(&self.collected)
            .claim_data
            .insert(key_id.to_owned(), claim);
    }

    /// Notes that the node leads at this point.
    pub(super) fn lead(&self, point: String, leading: Box<dyn Announce>) {
        lock(&self.leading).insert(point, leading);
    }

    /// Announces the result, if the node leads at this point.
    pub(super) fn announce(&self, point: &str, value: String) {
        if let Some(leading) = lock(&self.leading).remove(point) {
            leading.announce(value);
        }
    }

    /// Leaves every point where the node leads without a result, so that another node can lead there.
    pub(super) fn resign(&self) {
        lock(&self.leading).clear();
    }

    pub(super) fn outcome(&self) -> NodeOutcome {
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

/// Counts one use, and fails if `limit` is exceeded.
fn limited(counter: &AtomicUsize, limit: usize, what: &str) -> Result<(), HostError> {
    let more = |count| (count < limit).then_some(count + 1);
    let counted = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    counted
        .map(drop)
        .map_err(|_| HostError::new(format_args!("an action may make {limit} {what}, not more")))
}
