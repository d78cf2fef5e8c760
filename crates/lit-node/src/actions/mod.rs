//! Lit Actions on a node.

mod arguments;
mod chain_calls;
mod decrypting;
mod host;
mod permissions;
mod powers;
mod signing;
mod task;

use std::sync::Arc;

use lit_actions::{ActionError, ActionLimits};
use serde_json::{Map, Value};

use self::{host::NodeHost, task::Task};
use crate::{EngineSlot, NodeParts, RequestKey, contracts::Contracts};

pub use self::host::action_functions;
pub(crate) use self::powers::{AskingAction, Powers};

/// Runs the actions of a node.
#[derive(Debug)]
pub(crate) struct ActionRunner {
    parts: NodeParts,
    contracts: Contracts,
}

/// An action for a node to run.
#[derive(Debug)]
pub(crate) struct NodeAction {
    /// The request id, the same on all nodes.
    pub(crate) request_id: Option<String>,
    /// The caller, as in [`RequestKey::caller`].
    pub(crate) caller: String,
    pub(crate) cid: String,
    pub(crate) code: String,
    pub(crate) js_params: Map<String, Value>,
    /// `Lit.Auth` without the action itself: its stack has the actions that authorized the session.
    pub(crate) auth: Value,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) limits: ActionLimits,
    /// The node's functions for the action.
    pub(crate) powers: Arc<dyn Powers>,
}

/// The outcome of an action and those it called, on one node.
#[derive(Debug, Default)]
pub(crate) struct NodeOutcome {
    pub(crate) response: String,
    pub(crate) logs: String,
    pub(crate) signed_data: Map<String, Value>,
    pub(crate) claim_data: Map<String, Value>,
}

impl ActionRunner {
    pub(crate) fn new(parts: &NodeParts, contracts: Contracts) -> Self {
        Self {
            parts: parts.clone(),
            contracts,
        }
    }

    /// Runs an action, as soon as an engine is free.
    ///
    /// # Errors
    /// All of [`ActionError`]; [`ActionError::Overloaded`] if no engine is free within the action's time limit.
    pub(crate) async fn run(
        self: &Arc<Self>,
        mut action: NodeAction,
    ) -> Result<NodeOutcome, ActionError> {
        let caller = std::mem::take(&mut action.caller);
        let request_id = action.request_id.take();
        let waited = action.limits.run_time;
        let slot = self.parts.engines.enter(&caller, request_id.as_deref());
        let slot = tokio::time::timeout(waited, slot)
            .await
            .map_err(|_| ActionError::Overloaded { waited })?;
        let request = request_id.map(|request_id| RequestKey { request_id, caller });
        self.run_on(slot, request, action).await
    }

    /// Runs an action that another one waits for, on the slot of that one.
    ///
    /// # Errors
    /// All of [`ActionError`].
    pub(crate) async fn run_nested(
        self: &Arc<Self>,
        action: NodeAction,
        slot: EngineSlot,
    ) -> Result<NodeOutcome, ActionError> {
        self.run_on(slot, None, action).await
    }

    async fn run_on(
        self: &Arc<Self>,
        slot: EngineSlot,
        request: Option<RequestKey>,
        mut action: NodeAction,
    ) -> Result<NodeOutcome, ActionError> {
        let (cid, code) = (action.cid.clone(), std::mem::take(&mut action.code));
        let js_params = std::mem::take(&mut action.js_params);
        let task = Arc::new(Task::new(Arc::clone(self), request, action, slot));
        let ended = NodeHost::of_root(Arc::clone(&task), cid)
            .run(code, js_params)
            .await;
        // The engine's thread may hold the task a little longer, or forever; other nodes must not wait for it.
        task.resign();
        ended.map(|()| task.outcome())
    }
}
