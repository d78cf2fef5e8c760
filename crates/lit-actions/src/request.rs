use std::sync::Arc;

use crate::{ActionEnvironment, ActionLimits};

/// The input of one run of a Lit Action.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The source: a classic script, not a module.
    pub code: String,
    /// Becomes one global variable per member.
    ///
    /// Members cannot replace `Lit` and its aliases, which the action trusts.
    pub js_params: serde_json::Map<String, serde_json::Value>,
    /// `Lit.Auth`.
    pub auth: serde_json::Value,
    /// `Lit.Headers`, as name and value; names are case-insensitive, values of equal names are
    /// joined by `, `.
    pub headers: Vec<(String, String)>,
    /// The limits of the run.
    pub limits: ActionLimits,
    /// The hosts that `fetch` may reach, and the file of `ethers`.
    pub environment: Arc<ActionEnvironment>,
}

impl ActionRequest {
    /// A request to run `code` without parameters, auth context (`null`) and headers, under the
    /// default limits.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            js_params: serde_json::Map::new(),
            auth: serde_json::Value::Null,
            headers: Vec::new(),
            limits: ActionLimits::default(),
            environment: Arc::default(),
        }
    }
}

/// The outcome of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionOutcome {
    /// The argument of the last `Lit.Actions.setResponse`; empty if the action never called it.
    pub response: String,
    /// The console output, one line per call.
    pub logs: String,
}
