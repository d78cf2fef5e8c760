use std::{collections::BTreeMap, fmt, sync::Arc};

use alloy_primitives::B256;
use lit_node_transport::Wait;
use lit_types::PkpPublicKey;
use serde_json::{Map, Value};

use crate::LitAction;

/// A Lit Action to run, and what it gets.
///
/// ```
/// use lit_sdk::ExecuteJs;
/// use serde_json::json;
///
/// let call = ExecuteJs::code("(async () => { Lit.Actions.setResponse({ response: greeting + ', world' }) })()")
///     .with_param("greeting", "hello")
///     .with_param("numbers", json!([1, 2, 3]));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ExecuteJs {
    pub(super) action: LitAction,
    pub(super) wait: Wait,
    pub(super) strategy: ResponseStrategy,
    pub(super) single_node: bool,
    pub(super) pkps: BTreeMap<String, PkpPublicKey>,
    pub(super) digest: Option<B256>,
}

/// An action from elsewhere, such as one that [`IpfsGateways`](crate::services::IpfsGateways) fetched.
impl From<LitAction> for ExecuteJs {
    fn from(action: LitAction) -> Self {
        Self {
            action,
            wait: Wait::ForAgreement,
            strategy: ResponseStrategy::MostCommon,
            single_node: false,
            pkps: BTreeMap::new(),
            digest: None,
        }
    }
}

impl ExecuteJs {
    /// Runs this JavaScript.
    pub fn code(source: impl Into<String>) -> Self {
        LitAction::code(source).into()
    }

    /// Runs the JavaScript that IPFS has under this CID. The nodes fetch it; to fetch it here instead
    /// (`ipfsOptions.overwriteCode`), see [`IpfsGateways`](crate::services::IpfsGateways).
    pub fn ipfs_id(cid: impl Into<String>) -> Self {
        LitAction::ipfs_id(cid).into()
    }

    /// Gives the action a global variable. Default: none.
    #[doc(alias = "jsParams")]
    pub fn with_param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.action = self.action.with_param(name, value);
        self
    }

    /// Gives the action each member as a global variable. Default: none.
    pub fn with_params(mut self, params: Map<String, Value>) -> Self {
        self.action = self.action.with_params(params);
        self
    }

    /// Whose signature it has to be that the action makes under this name. Default: that of the key which as many nodes as the
    /// threshold name; compare [`EcdsaSignature::public_key`](lit_session_crypto::EcdsaSignature::public_key).
    pub fn with_signer(mut self, name: impl Into<String>, pkp: PkpPublicKey) -> Self {
        self.pkps.insert(name.into(), pkp);
        self
    }

    /// What the action is going to sign, or its first signature, as 32 bytes. It need not: this is of use only where nodes are slow
    /// or give wrong shares, and the client has seen that. It then chooses a request by which others sign this. Default: not
    /// known.
    pub fn with_digest(mut self, digest: impl Into<B256>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// Which response counts where nodes differ. Default: [`ResponseStrategy::MostCommon`].
    pub fn with_response_strategy(mut self, strategy: ResponseStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Asks one node alone, chosen at random. Nothing says then that its answer is right, and it cannot sign. Default: all.
    #[doc(alias = "useSingleNode")]
    pub const fn use_single_node(mut self) -> Self {
        self.single_node = true;
        self
    }

    /// Waits until every node has answered or failed. Default: returns as soon as enough nodes agree; the others run the
    /// action all the same.
    pub const fn wait_for_all(mut self) -> Self {
        self.wait = Wait::ForAll;
        self
    }
}

/// Which response of an action counts where nodes differ.
///
/// The official client takes the least common one unless told otherwise, so that one node of many decides.
#[doc(alias = "LitActionResponseStrategy")]
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ResponseStrategy {
    /// The one that as many nodes as the threshold give.
    #[default]
    MostCommon,
    /// The one that the fewest nodes give, of all that answer. As many as the threshold have to answer.
    LeastCommon,
    /// What a function makes of all. As many as the threshold have to answer.
    Custom(ResponseFilter),
}

impl ResponseStrategy {
    /// What this function makes of the responses of all nodes that answer.
    #[doc(alias = "customFilter")]
    pub fn custom(filter: impl Fn(&[&str]) -> String + Send + Sync + 'static) -> Self {
        Self::Custom(ResponseFilter(Arc::new(filter)))
    }

    /// Whether nodes need not give the same response.
    pub(super) const fn wants_all(&self) -> bool {
        !matches!(self, Self::MostCommon)
    }

    /// The response that counts. There is at least one.
    pub(super) fn choose(&self, responses: &[&str]) -> String {
        let count = |one: &&&str| responses.iter().filter(|other| other == one).count();
        let chosen = match self {
            Self::MostCommon => responses.iter().rev().max_by_key(count),
            Self::LeastCommon => responses.iter().min_by_key(count),
            Self::Custom(ResponseFilter(filter)) => return filter(responses),
        };
        chosen.copied().unwrap_or_default().to_owned()
    }
}

/// A function that makes one response of many.
#[derive(Clone)]
pub struct ResponseFilter(Arc<Filter>);

type Filter = dyn Fn(&[&str]) -> String + Send + Sync;

impl fmt::Debug for ResponseFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFilter")
    }
}
