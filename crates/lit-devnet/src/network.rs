use std::sync::Arc;

use lit_contracts::{NetworkContext, NodeScheme};
use lit_devnet_chain::{Chain, LitChain, LitContract};
use lit_node::JwtProvider;
use lit_node_transport::{Discovery, HttpUrl, Network, NodeList, NodeTransport};
use lit_types::{Clock, NodeUrl};
use tokio::{sync::watch, task::JoinSet};

#[cfg(feature = "attestation")]
use crate::attestation::Attesters;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{
    DevnetBuilder, DevnetClock, DevnetError, DevnetNode, JwtClaims, LoggedRequest, MemoryTransport,
    embedded_node::EmbeddedNode, http::Addresses, ipfs::Ipfs, issuer::LocalIssuer, log::RequestLog,
    state::Saver,
};

/// A Lit network in this process, for development and tests. Everything stops when it is dropped.
///
/// It protects nothing: all nodes run in one process, and all keys are derived from one seed.
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
    pub(crate) nodes: Arc<[Arc<EmbeddedNode>]>,
    pub(crate) addresses: Addresses,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    #[cfg(feature = "attestation")]
    pub(crate) attesters: Attesters,
    pub(crate) threshold: usize,
    pub(crate) clock: Arc<DevnetClock>,
    pub(crate) chain: LitChain,
    pub(crate) ipfs: Arc<Ipfs>,
    pub(crate) log: Arc<RequestLog>,
    /// Private keys of the funded wallets: `0x` and 64 hex digits.
    pub(crate) funded_keys: Vec<String>,
    pub(crate) jwt_issuer: Arc<LocalIssuer>,
    pub(crate) capacity_enforced: bool,
    /// Dropping it ends requests in flight on [`MemoryTransport`]s.
    pub(crate) alive: watch::Sender<()>,
    /// The HTTP servers. Dropping the set stops them.
    pub(crate) servers: JoinSet<()>,
    /// Saves the state, if it is kept. It is dropped after the servers, so that it saves their last work.
    pub(crate) saver: Option<Saver>,
}

/// A client connects to the nodes in memory and shares the network's clock.
impl Network for Devnet {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::new(NodeList::from_urls(
            self.addresses.nodes.iter().cloned(),
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
    /// Starts a network of `nodes` nodes with default settings.
    ///
    /// # Errors
    /// See [`DevnetBuilder::start`].
    pub async fn start(nodes: usize) -> Result<Self, DevnetError> {
        Self::builder().with_nodes(nodes).start().await
    }

    /// Starts to configure a network.
    #[must_use = "call `start` to get a network"]
    pub fn builder() -> DevnetBuilder {
        DevnetBuilder::default()
    }

    /// The nodes' URLs, in order.
    #[must_use]
    pub fn node_urls(&self) -> &[NodeUrl] {
        &self.addresses.nodes
    }

    /// The threshold: two thirds of the nodes, rounded down, and at least 2.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// A transport to the nodes in memory.
    #[must_use]
    pub fn transport(&self) -> Arc<MemoryTransport> {
        Arc::new(MemoryTransport::new(&self.nodes, self.alive.subscribe()))
    }

    /// The network's clock. [`Network`] shares it with clients.
    #[must_use]
    pub fn clock(&self) -> Arc<DevnetClock> {
        Arc::clone(&self.clock)
    }

    /// The chain, with the contracts at the addresses of datil-dev. [`Chain::client`] makes an alloy client for it.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        self.chain.chain()
    }

    /// The contracts of the network, with their ABIs.
    #[must_use]
    pub fn contracts(&self) -> Vec<LitContract> {
        self.chain.contracts()
    }

    /// The URL of the chain's JSON-RPC server, if the network listens.
    #[must_use]
    pub fn rpc_url(&self) -> Option<&str> {
        self.addresses.rpc.as_ref().map(HttpUrl::as_str)
    }

    /// The root certificate that clients of nodes served over https must trust, in PEM.
    ///
    /// ```
    /// use lit_devnet::Devnet;
    /// use lit_node_transport::{HttpTransport, RootCertificates};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let network = Devnet::builder().with_http(0).with_tls().start().await?;
    /// let pem = network.root_certificate().unwrap_or_default();
    /// let roots = RootCertificates::from_pem(pem.as_bytes())?;
    /// let transport = HttpTransport::builder().with_root_certificates(roots).build();
    /// # let _ = transport;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificate(&self) -> Option<&str> {
        self.tls.as_ref().map(Tls::root_certificate)
    }

    /// The context that `lit-contracts` needs: a `custom` network with the scheme of its nodes.
    ///
    /// In memory its RPC URL is `memory:`, which no HTTP client accepts: use a provider of [`Devnet::chain`].
    #[must_use]
    pub fn context(&self) -> NetworkContext {
        let rpc_url = self.rpc_url().unwrap_or("memory:");
        let scheme = match self.node_urls().iter().any(NodeUrl::is_https) {
            true => NodeScheme::Https,
            false => NodeScheme::Http,
        };
        NetworkContext::custom(self.chain().chain_id(), rpc_url).with_node_scheme(scheme)
    }

    /// Whether requests must be paid with capacity credits.
    #[must_use]
    pub fn capacity_enforced(&self) -> bool {
        self.capacity_enforced
    }

    /// Private keys of ten wallets with a million tokens each: `0x` and 64 hex digits. They are derived from the seed.
    #[must_use]
    pub fn funded_keys(&self) -> &[String] {
        &self.funded_keys
    }

    /// Issues a JWT as if a user had logged in with this provider. Nodes accept it as the access token of the provider's auth
    /// methods.
    #[must_use]
    pub fn issue_jwt(&self, provider: JwtProvider, claims: &JwtClaims) -> String {
        let now = self.clock.now();
        self.jwt_issuer.issue(provider, claims, now)
    }

    /// Ends the epoch and begins the next with the same nodes.
    ///
    /// # Errors
    /// [`DevnetError::NextEpoch`] if the Staking contract refuses.
    pub fn next_epoch(&self) -> Result<(), DevnetError> {
        self.chain.next_epoch().map_err(DevnetError::NextEpoch)
    }

    /// The node at `index`, counted from 0 in the order of [`Devnet::node_urls`]. Use it to put a fault on the node.
    ///
    /// # Panics
    /// If `index` is out of range, like indexing a slice.
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

    /// Stores code on the network's IPFS, where nodes look up actions, and returns its CID.
    pub fn put_ipfs(&self, code: impl Into<String>) -> String {
        self.ipfs.put(code.into())
    }

    /// Saves what changed since the last save, if the network [keeps its state](DevnetBuilder::with_state). Afterwards it survives a crash
    /// of the machine.
    ///
    /// # Errors
    /// [`DevnetError::State`] if the state cannot be written.
    pub fn save(&self) -> Result<(), DevnetError> {
        match &self.saver {
            Some(saver) => Ok(saver.save()?),
            None => Ok(()),
        }
    }

    /// Stops the network and saves its state. Dropping it does the same, but does not report errors.
    ///
    /// # Errors
    /// As [`Devnet::save`].
    pub async fn stop(mut self) -> Result<(), DevnetError> {
        self.servers.shutdown().await;
        match self.saver.take() {
            Some(saver) => tokio::task::spawn_blocking(move || saver.save())
                .await
                .map_or(Ok(()), |saved| Ok(saved?)),
            None => Ok(()),
        }
    }

    /// The latest 10,000 requests that reached nodes, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.log.all()
    }
}
