use std::fmt;

use lit_types::ActionCid;
use serde_json::{Map, Value};

/// The code of a Lit Action, and its parameters. To authorize a session, it sets a response that contains `true`.
///
/// ```
/// use lit_sdk::LitAction;
///
/// let action = LitAction::code("Lit.Actions.setResponse({ response: String(magicNumber === 42) })")
///     .with_param("magicNumber", 42);
/// ```
#[derive(Clone, PartialEq)]
#[must_use]
pub struct LitAction {
    pub(crate) source: ActionSource,
    pub(crate) js_params: Map<String, Value>,
}

/// Where the JavaScript of an action comes from: one or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ActionSource {
    Code(String),
    IpfsId(String),
}

impl ActionSource {
    /// The CID that nodes ask a right for; `None` if it is malformed.
    pub(crate) fn cid(&self) -> Option<ActionCid> {
        match self {
            Self::Code(code) => Some(ActionCid::of_code(code)),
            Self::IpfsId(cid) => cid.parse().ok(),
        }
    }
}

impl LitAction {
    /// Runs this JavaScript.
    #[doc(alias = "litActionCode")]
    pub fn code(source: impl Into<String>) -> Self {
        Self::new(ActionSource::Code(source.into()))
    }

    /// Runs the JavaScript that IPFS stores under this CID. The nodes fetch it; to fetch it on the client, see
    /// [`IpfsGateways`](crate::services::IpfsGateways).
    #[doc(alias = "litActionIpfsId")]
    pub fn ipfs_id(cid: impl Into<String>) -> Self {
        Self::new(ActionSource::IpfsId(cid.into()))
    }

    fn new(source: ActionSource) -> Self {
        Self {
            source,
            js_params: Map::new(),
        }
    }

    /// Gives the action a global variable. Default: none.
    #[doc(alias = "jsParams")]
    pub fn with_param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.js_params.insert(name.into(), value.into());
        self
    }

    /// Gives the action each member as a global variable. Default: none.
    pub fn with_params(mut self, params: Map<String, Value>) -> Self {
        self.js_params.extend(params);
        self
    }
}

/// Omits the parameters, which may be secret.
impl fmt::Debug for LitAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LitAction")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
