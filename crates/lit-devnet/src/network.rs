use std::sync::Arc;

use lit_contracts::NetworkContext;
use lit_node_transport::{Discovery, Network, NodeList, NodeTransport};
use lit_types::{Clock, NodeUrl};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    DevnetBuilder, DevnetClock, DevnetError, DevnetNode, JwtClaims, JwtProvider, LoggedRequest,
    MemoryTransport,
    auth::LocalIssuer,
    chain::Chain,
    genesis::DevChain,
    node::{Node, Shared},
};

/// A Lit network in this process. Everything stops when it is dropped.
///
/// It is for development and tests: its nodes live in one process and its keys come from one seed, so it protects nothing.
///
/// ```
/// use lit_devnet::Devnet;
///
/// # tokio_test(async {
/// let network = Devnet::builder().with_nodes(4).start().await?;
/// assert_eq!((network.node_urls().len(), network.threshold()), (4, 2));
/// # Ok::<(), lit_devnet::DevnetError>(())
/// # });
/// # fn tokio_test<T>(f: impl Future<Output = Result<T, lit_devnet::DevnetError>>) {
/// #     tokio::runtime::Runtime::new().unwrap().block_on(f).unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Devnet {
    pub(crate) nodes: Arc<[Arc<Node>]>,
    pub(crate) node_urls: Vec<NodeUrl>,
    pub(crate) threshold: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) chain: DevChain,
    pub(crate) jwt_issuer: LocalIssuer,
    pub(crate) rpc_url: Option<String>,
    #[cfg(feature = "http")]
    pub(crate) services_url: Option<NodeUrl>,
    /// Dropping it ends the requests that are on their way in memory.
    pub(crate) alive: watch::Sender<()>,
    /// The HTTP listeners; dropping them stops them.
    pub(crate) _servers: JoinSet<()>,
}

/// A client reaches the nodes in memory and shares the clock of the network.
impl Network for Devnet {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::new(NodeList::from_urls(
            self.node_urls.iter().cloned(),
            self.threshold,
        ))
    }

    fn transport(&self) -> Option<Arc<dyn NodeTransport>> {
        Some(Self::transport(self))
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        Some(Self::clock(self))
    }
}

impl Devnet {
    /// Starts a network of this many nodes with the default settings.
    ///
    /// # Errors
    /// As [`DevnetBuilder::start`].
    pub async fn start(nodes: usize) -> Result<Self, DevnetError> {
        Self::builder().with_nodes(nodes).start().await
    }

    /// Settings.
    #[must_use = "call start to get a network"]
    pub fn builder() -> DevnetBuilder {
        DevnetBuilder::default()
    }

    /// The nodes' URLs, in order.
    #[must_use]
    pub fn node_urls(&self) -> &[NodeUrl] {
        &self.node_urls
    }

    /// How many nodes have to agree: two thirds, rounded down.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Reaches the nodes in memory.
    #[must_use]
    pub fn transport(&self) -> Arc<MemoryTransport> {
        Arc::new(MemoryTransport::new(&self.nodes, self.alive.subscribe()))
    }

    /// The network's clock. Give it to the client too, where it is moved.
    #[must_use]
    pub fn clock(&self) -> Arc<DevnetClock> {
        Arc::clone(&self.shared.clock)
    }

    /// The chain with the contracts, at the addresses of datil-dev. [`Chain::client`] is alloy's way to it.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain.chain
    }

    /// Where the chain answers JSON-RPC, when the network listens.
    #[must_use]
    pub fn rpc_url(&self) -> Option<&str> {
        self.rpc_url.as_deref()
    }

    /// What `lit-contracts` has to know about the chain: a `custom` network, whose nodes speak HTTP without TLS.
    #[must_use]
    pub fn context(&self) -> NetworkContext {
        NetworkContext::custom(self.chain().chain_id(), self.rpc_url().unwrap_or_default())
    }

    /// Whether requests have to be paid with capacity credits.
    #[must_use]
    pub fn capacity_enforced(&self) -> bool {
        self.shared.capacity_enforced
    }

    /// Private keys of wallets that have a million tokens each: `0x` and 64 hex digits. Everybody has them who has the seed.
    #[must_use]
    pub fn funded_keys(&self) -> &[String] {
        &self.chain.funded_keys
    }

    /// A token of the network's own issuer: what somebody would have who had logged in with this provider. Nodes believe it, and
    /// it is an access token for the auth methods of the provider.
    #[must_use]
    pub fn issue_jwt(&self, provider: JwtProvider, claims: &JwtClaims) -> String {
        let now = self.shared.clock.now();
        self.jwt_issuer.issue(provider, claims, now)
    }

    /// Ends the epoch and begins the next with the same nodes.
    ///
    /// # Errors
    /// [`DevnetError::Genesis`] when the contract refuses.
    pub fn next_epoch(&self) -> Result<(), DevnetError> {
        self.chain.next_epoch()
    }

    /// One node, counted from 0 in the order of [`Devnet::node_urls`]: to put a fault on it.
    ///
    /// # Panics
    /// If the network has no node of this index, as indexing a slice does.
    #[must_use]
    #[track_caller]
    pub fn node(&self, index: usize) -> DevnetNode<'_> {
        let count = self.nodes.len();
        assert!(
            index < count,
            "node {index} does not exist: the network has {count} nodes, counted from 0"
        );
        DevnetNode::new(&self.nodes[index])
    }

    /// Stores code where the nodes look up actions by CID, and gives that CID.
    pub fn put_ipfs(&self, code: impl Into<String>) -> String {
        self.shared.ipfs.put(code.into())
    }

    /// The requests that have reached nodes, oldest first; the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.log.all()
    }
}
