use std::{collections::BTreeMap, fmt, sync::Arc};

use alloy_primitives::B256;
use lit_node_transport::Wait;
use lit_types::PkpPublicKey;
use serde_json::{Map, Value};

use crate::LitAction;

/// A Lit Action to run, and its parameters.
///
/// ```
/// use lit_sdk::ExecuteJs;
/// use serde_json::json;
///
/// let call = ExecuteJs::code("(async () => { Lit.Actions.setResponse({ response: greeting + ', world' }) })()")
///     .with_param("greeting", "hello")
///     .with_param("numbers", json!([1, 2, 3]));
/// ```
#[doc(alias = "executeJs")]
#[derive(Debug, Clone)]
#[must_use]
pub struct ExecuteJs {
    pub(super) action: LitAction,
    pub(super) wait: Wait,
    pub(super) strategy: ResponseStrategy,
    pub(super) single_node: bool,
    pub(super) pkps: BTreeMap<String, PkpPublicKey>,
    pub(super) digest: Option<B256>,
    pub(super) attempts: usize,
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
            attempts: 1,
        }
    }
}

impl ExecuteJs {
    /// Runs this JavaScript.
    pub fn code(source: impl Into<String>) -> Self {
        LitAction::code(source).into()
    }

    /// Runs the JavaScript that IPFS stores under this CID. The nodes fetch it. To fetch it on the client
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

    /// Requires that the signature of this name is by this PKP. Default: by the key that a threshold of nodes name; compare [`EcdsaSignature::public_key`](lit_session_crypto::EcdsaSignature::public_key).
    pub fn with_signer(mut self, name: impl Into<String>, pkp: PkpPublicKey) -> Self {
        self.pkps.insert(name.into(), pkp);
        self
    }

    /// Says what the action will sign first, as 32 bytes. If the action signs once, it must sign this. With it the client can
    /// avoid nodes that were slow or gave wrong shares before: it chooses a request id by which other nodes sign. Default:
    /// unknown.
    pub fn with_digest(mut self, digest: impl Into<B256>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// Allows to run the action again, with another request id, if its signature shares do not combine, until twice the
    /// timeout of a node has passed. Default: 1, since an action may do more than sign. With
    /// [`with_digest`](Self::with_digest) the id elects the nodes that are most likely honest.
    pub const fn with_attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets which response counts when nodes differ. Default: [`ResponseStrategy::MostCommon`].
    pub fn with_response_strategy(mut self, strategy: ResponseStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Asks one node alone, chosen at random. Nothing confirms its answer, and it cannot sign. Default: all nodes.
    #[doc(alias = "useSingleNode")]
    pub const fn with_single_node(mut self) -> Self {
        self.single_node = true;
        self
    }

    /// Waits until every node has answered or failed. Default: returns once enough nodes agree, while the others still run
    /// the action.
    pub const fn with_all_answers(mut self) -> Self {
        self.wait = Wait::ForAll;
        self
    }
}

/// Which response of an action counts when nodes differ.
///
/// The default of the official client is the least common response, so that one node of many decides.
#[doc(alias = "LitActionResponseStrategy")]
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ResponseStrategy {
    /// The response that a threshold of nodes give.
    #[default]
    MostCommon,
    /// The response that the fewest nodes give. A threshold of nodes must answer.
    LeastCommon,
    /// The result of a function of all responses. A threshold of nodes must answer.
    Custom(ResponseFilter),
}

impl ResponseStrategy {
    /// Uses a function of the responses of all nodes that answer.
    #[doc(alias = "customFilter")]
    pub fn custom(filter: impl Fn(&[&str]) -> String + Send + Sync + 'static) -> Self {
        Self::Custom(ResponseFilter(Arc::new(filter)))
    }

    /// Whether nodes may give different responses.
    pub(super) const fn wants_all(&self) -> bool {
        !matches!(self, Self::MostCommon)
    }

    /// The response that counts, of at least one.
    pub(super) fn choose(&self, responses: &[&str]) -> String {
        let count = |one: &&&str| responses.iter().filter(|other| other == one).count();
        let chosen = match self {
            Self::MostCommon => responses.iter().rev().max_by_key(count),
            Self::LeastCommon => responses.iter().min_by_key(count),
            Self::Custom(ResponseFilter(filter)) => return filter(responses),
        };
        #[allow(
            clippy::expect_used,
            reason = "an action succeeds when at least one node responds"
        )]
        let chosen = chosen.expect("at least one node responded");
        (*chosen).to_owned()
    }
}

/// A function from all responses to one.
#[derive(Clone)]
pub struct ResponseFilter(Arc<Filter>);

type Filter = dyn Fn(&[&str]) -> String + Send + Sync;

impl fmt::Debug for ResponseFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFilter")
    }
}
