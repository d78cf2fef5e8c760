use std::sync::Arc;

use crate::{ActionEnvironment, ActionLimits};

/// The input of one run of a Lit Action.
///
/// ```
/// use lit_actions::ActionRequest;
///
/// let request = ActionRequest::new("Lit.Actions.setResponse({ response: name })").with_param("name", "Ada");
/// # let _ = request;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ActionRequest {
    /// The source: a classic script, not a module.
    pub code: String,
    /// Becomes one global variable per member.
    ///
    /// Members cannot replace `Lit` and its aliases, which the action trusts. Default: none.
    pub js_params: serde_json::Map<String, serde_json::Value>,
    /// `Lit.Auth`. Default: `null`.
    pub auth: serde_json::Value,
    /// `Lit.Headers`, as name and value; names are case-insensitive, values of equal names are
    /// joined by `, `. Default: none.
    pub headers: Vec<(String, String)>,
    /// The limits of the run. Default: those of the Datil networks.
    pub limits: ActionLimits,
    /// The hosts that `fetch` may reach, and the file of `ethers`. Default: no host.
    pub environment: Arc<ActionEnvironment>,
}

impl ActionRequest {
    /// A request to run `code`, with the defaults of the fields.
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

    /// Adds a global variable; one of the same name is replaced.
    #[must_use]
    pub fn with_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<serde_json::Value>,
    ) -> Self {
        self.js_params.insert(name.into(), value.into());
        self
    }

    /// Sets all global variables.
    #[must_use]
    pub fn with_params(mut self, params: serde_json::Map<String, serde_json::Value>) -> Self {
        self.js_params = params;
        self
    }

    /// Sets `Lit.Auth`.
    #[must_use]
    pub fn with_auth(mut self, auth: serde_json::Value) -> Self {
        self.auth = auth;
        self
    }

    /// Sets `Lit.Headers`.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(String, String)>) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the limits of the run.
    #[must_use]
    pub fn with_limits(mut self, limits: ActionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the hosts that `fetch` may reach, and the file of `ethers`.
    #[must_use]
    pub fn with_environment(mut self, environment: Arc<ActionEnvironment>) -> Self {
        self.environment = environment;
        self
    }
}

/// The outcome of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionOutcome {
    /// The argument of the last `Lit.Actions.setResponse`; empty if the action never called it.
    pub response: String,
    /// The console output, one line per call.
    pub logs: String,
}
