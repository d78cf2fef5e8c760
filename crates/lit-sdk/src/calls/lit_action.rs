use std::fmt;

use serde_json::{Map, Value};

/// A Lit Action that decides who may use a PKP, and what it gets. It says yes with a response that contains `true`.
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

impl LitAction {
    /// This JavaScript, as it is: base64 is put around it where nodes want that.
    #[doc(alias = "litActionCode")]
    pub fn code(source: impl Into<String>) -> Self {
        Self::new(ActionSource::Code(source.into()))
    }

    /// The JavaScript that IPFS has under this CID. The nodes fetch it; to fetch it here instead, see
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

/// Parameters may be what the action checks, such as a password, so they are not shown.
impl fmt::Debug for LitAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LitAction")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
