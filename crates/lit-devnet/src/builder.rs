use std::{sync::Arc, time::Duration};

use lit_contracts::NetworkContext;
use lit_node_transport::{HttpClient, HttpUrl};
use lit_types::{Clock, NodeUrl};
use tokio::task::JoinSet;

use crate::{
    DevnetClock, Fault, JwtClaims, JwtIssuer, JwtProvider, LoggedRequest, MemoryTransport,
    actions::{ActionEnvironment, ActionLimits, ActionNetwork},
    auth::{AuthVerifier, LocalIssuer, OauthApi},
    blocks::Blocks,
    chain::Chain,
    chain_view::ChainView,
    conditions::{ChainNames, ConditionReader, ConditionResolver},
    dealer::NodeShares,
    fault::Faults,
    genesis::DevChain,
    ipfs::Ipfs,
    keys::NetworkKeys,
    log::RequestLog,
    node::{Node, Shared},
    signer::NodeSigner,
};

/// The fewest nodes a network can have: with fewer no threshold means anything.
pub const MIN_NODES: usize = 3;
/// The most: a key share names its node in one byte.
pub const MAX_NODES: usize = 255;

/// How many engines run at once by default.
const MAX_ENGINES: usize = 64;

/// A Lit network in this process. Everything stops when it is dropped.
///
/// It is for development and tests: its nodes live in one process and its keys come from one seed, so it protects nothing.
///
/// ```
/// use lit_devnet::Devnet;
///
/// # tokio_test(async {
/// let network = Devnet::builder().nodes(4).start().await?;
/// assert_eq!((network.node_urls().len(), network.threshold()), (4, 2));
/// # Ok::<(), lit_devnet::DevnetError>(())
/// # });
/// # fn tokio_test<T>(f: impl Future<Output = Result<T, lit_devnet::DevnetError>>) {
/// #     tokio::runtime::Runtime::new().unwrap().block_on(f).unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Devnet {
    nodes: Arc<[Arc<Node>]>,
    node_urls: Vec<NodeUrl>,
    threshold: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) chain: DevChain,
    jwt_issuer: LocalIssuer,
    rpc_url: Option<String>,
    #[cfg(feature = "http")]
    pub(crate) services_url: Option<NodeUrl>,
    /// The HTTP listeners; dropping them stops them.
    _servers: JoinSet<()>,
}

impl Devnet {
    /// Settings.
    #[must_use = "call start to get a network"]
    pub fn builder() -> DevnetBuilder {
        DevnetBuilder {
            nodes: MIN_NODES,
            seed: [0; 32],
            limits: ActionLimits::default(),
            max_engines: MAX_ENGINES,
            environment: ActionEnvironment::default(),
            session_limits: ActionLimits::default(),
            foreign_blockhashes: false,
            jwt_issuers: Vec::new(),
            discord: None,
            google: None,
            epoch_length: Duration::from_secs(3600),
            capacity_enforced: false,
            chain_names: ChainNames::default(),
            condition_resolver: None,
            #[cfg(feature = "http")]
            http_port: None,
            #[cfg(feature = "http")]
            rpc_port: 0,
            #[cfg(feature = "http")]
            services_port: 0,
        }
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
        Arc::new(MemoryTransport::new(&self.nodes))
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

    /// Puts a fault on a node, in place of the one it has.
    ///
    /// # Errors
    /// [`DevnetError::NoSuchNode`].
    pub fn set_fault(&self, node: usize, fault: Fault) -> Result<(), DevnetError> {
        self.node(node)?.set_fault(Some(fault));
        Ok(())
    }

    /// Takes the fault off a node.
    ///
    /// # Errors
    /// [`DevnetError::NoSuchNode`].
    pub fn clear_fault(&self, node: usize) -> Result<(), DevnetError> {
        self.node(node)?.set_fault(None);
        Ok(())
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

    fn node(&self, index: usize) -> Result<&Node, DevnetError> {
        self.nodes
            .get(index)
            .map(AsRef::as_ref)
            .ok_or(DevnetError::NoSuchNode {
                index,
                nodes: self.nodes.len(),
            })
    }
}

/// Settings of a [`Devnet`].
#[derive(Debug, Clone)]
#[must_use = "call start to get a network"]
pub struct DevnetBuilder {
    nodes: usize,
    seed: [u8; 32],
    limits: ActionLimits,
    max_engines: usize,
    environment: ActionEnvironment,
    session_limits: ActionLimits,
    foreign_blockhashes: bool,
    jwt_issuers: Vec<JwtIssuer>,
    discord: Option<OauthApi>,
    google: Option<OauthApi>,
    epoch_length: Duration,
    capacity_enforced: bool,
    chain_names: ChainNames,
    condition_resolver: Option<Arc<dyn ConditionResolver>>,
    #[cfg(feature = "http")]
    http_port: Option<u16>,
    #[cfg(feature = "http")]
    rpc_port: u16,
    #[cfg(feature = "http")]
    services_port: u16,
}

impl DevnetBuilder {
    /// How many nodes, 3 to 255. Default: 3.
    pub const fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// What all keys and hashes follow from. Default: 32 zero bytes.
    pub const fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    /// Limits of Lit Actions that are executed. Default: those of the Datil networks.
    pub fn action_limits(mut self, limits: ActionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets actions reach a host by `fetch`, as [`ActionEnvironment::allow_fetch`] does. Default: none.
    pub fn allow_fetch(mut self, host: impl Into<String>) -> Self {
        self.environment = self.environment.allow_fetch(host);
        self
    }

    /// The file that becomes the global `ethers` of actions. The default is in [`ActionEnvironment::ethers_bundle`].
    pub fn ethers_bundle(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.environment = self.environment.ethers_bundle(path);
        self
    }

    /// How many engines for Lit Actions run at once, on all nodes together; the other actions wait. Each may use the memory of
    /// [`ActionLimits::memory`]; an action that is called by another has an engine besides its caller's, and is not counted.
    /// At least one for each node. Default: 64.
    pub const fn max_engines(mut self, engines: usize) -> Self {
        self.max_engines = engines;
        self
    }

    /// Limits of Lit Actions that authorise session keys. Default: those of the Datil networks.
    pub fn session_action_limits(mut self, limits: ActionLimits) -> Self {
        self.session_limits = limits;
        self
    }

    /// Whether messages for PKPs may have the block hashes of other chains as nonces, which count as made when they are first
    /// seen. The official client fetches hashes of Ethereum's main net half a minute after it has connected, and needs this.
    /// Default: no, only hashes that the network hands out.
    pub const fn foreign_blockhashes(mut self, accepted: bool) -> Self {
        self.foreign_blockhashes = accepted;
        self
    }

    /// Nodes believe this issuer too. May be repeated. Default: only the network's own, whose tokens [`Devnet::issue_jwt`] gives.
    pub fn jwt_issuer(mut self, issuer: JwtIssuer) -> Self {
        self.jwt_issuers.push(issuer);
        self
    }

    /// Where nodes ask whose a Discord token is: `GET {base}/oauth2/@me`, at Discord itself `https://discord.com/api`. Default:
    /// nowhere, and such auth methods are refused.
    pub fn discord(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.discord = Some(OauthApi { client, base });
        self
    }

    /// Where nodes ask whose an access token of Google is (auth method type 5): `GET {base}/oauth2/v3/tokeninfo`, at Google itself
    /// `https://www.googleapis.com`. Default: nowhere, and such auth methods are refused.
    pub fn google(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.google = Some(OauthApi { client, base });
        self
    }

    /// Listen on 127.0.0.1 as well: the first node on `port`, the next on the one after it, and so on; 0 takes any free
    /// ports. Default: in memory only.
    #[cfg(feature = "http")]
    pub const fn http(mut self, port: u16) -> Self {
        self.http_port = Some(port);
        self
    }

    /// Where the chain listens when the nodes do: a port of 127.0.0.1, 0 for any free one. Default: 0.
    #[cfg(feature = "http")]
    pub const fn rpc_port(mut self, port: u16) -> Self {
        self.rpc_port = port;
        self
    }

    /// Where relayer, block indexer and IPFS listen when the nodes do: a port of 127.0.0.1, 0 for any free one. Default: 0.
    #[cfg(feature = "http")]
    pub const fn services_port(mut self, port: u16) -> Self {
        self.services_port = port;
        self
    }

    /// How long an epoch lasts, in whole seconds; it ends by [`Devnet::next_epoch`] or by the contract's own rules. Default: an
    /// hour.
    pub const fn epoch_length(mut self, length: Duration) -> Self {
        self.epoch_length = length;
        self
    }

    /// Whether requests have to be paid with capacity credits, as on datil-test and datil. Default: no, as on datil-dev.
    pub const fn capacity_enforced(mut self, enforced: bool) -> Self {
        self.capacity_enforced = enforced;
        self
    }

    /// Under which names access control conditions mean the chain of the network, such as `ethereum`. Default: those of all EVM
    /// chains, so that conditions written for other networks can be tried out here.
    pub fn condition_chains<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.chain_names = ChainNames::Only(names.into_iter().map(Into::into).collect());
        self
    }

    /// Who says whether access control conditions are met that the network cannot look up itself. Default: nobody, and such
    /// conditions are refused.
    pub fn condition_resolver(mut self, resolver: Arc<dyn ConditionResolver>) -> Self {
        self.condition_resolver = Some(resolver);
        self
    }

    /// Starts the network.
    ///
    /// # Errors
    /// [`DevnetError::NodeCount`], or [`DevnetError::Listen`] when a port is taken.
    #[allow(clippy::unused_async, reason = "with the feature `http` it binds")]
    pub async fn start(self) -> Result<Devnet, DevnetError> {
        if !(MIN_NODES..=MAX_NODES).contains(&self.nodes) {
            return Err(DevnetError::NodeCount(self.nodes));
        }
        let mut servers = JoinSet::new();
        #[cfg(feature = "http")]
        let (node_urls, listeners) = match self.http_port {
            Some(port) => crate::http::bind(port, self.nodes).await?,
            None => (memory_urls(self.nodes), Vec::new()),
        };
        #[cfg(not(feature = "http"))]
        let node_urls = memory_urls(self.nodes);
        let threshold = (self.nodes * 2 / 3).max(2);
        let keys = NetworkKeys::from_seed(self.seed);
        let clock = Arc::new(DevnetClock::new());
        let epoch_length = self.epoch_length.as_secs();
        let chain = DevChain::new(&keys, Arc::clone(&clock), &node_urls, epoch_length)?;
        #[cfg(feature = "http")]
        let rpc_url = match self.http_port {
            Some(_) => {
                let (url, listener) = crate::http::bind_one(self.rpc_port).await?;
                servers.spawn(crate::chain::serve(listener, chain.chain.clone()));
                Some(url.to_string())
            }
            None => None,
        };
        #[cfg(not(feature = "http"))]
        let rpc_url = None;
        let ipfs = Arc::<Ipfs>::default();
        let contracts = ChainView::new(chain.chain.clone(), chain.addresses);
        let actions = ActionNetwork::new(
            chain.chain.clone(),
            contracts.clone(),
            rpc_url.clone(),
            Arc::clone(&ipfs),
            (self.nodes, threshold),
            self.max_engines,
            self.environment,
        );
        let jwt_issuer = keys.jwt_issuer();
        let shared = Arc::new(Shared {
            chain: contracts,
            conditions: ConditionReader {
                chain: chain.chain.clone(),
                clock: Arc::clone(&clock),
                chain_names: self.chain_names,
                resolver: self.condition_resolver,
            },
            blocks: Blocks::new(self.seed, self.foreign_blockhashes),
            auth: AuthVerifier {
                issuers: jwt_issuer.issuers().chain(self.jwt_issuers).collect(),
                discord: self.discord,
                google: self.google,
            },
            keys,
            clock,
            limits: self.limits,
            session_limits: self.session_limits,
            log: RequestLog::default(),
            ipfs,
            actions: Arc::new(actions),
            capacity_enforced: self.capacity_enforced,
        });
        // There are at most 255 nodes.
        let [count, needed] = [self.nodes, threshold].map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        let dealer = Arc::new(shared.keys.dealer(needed, count));
        let (root_shares, election) = shared
            .keys
            .ecdsa_dealer(needed, count)
            .map_err(DevnetError::genesis)?;
        let (election, faults) = (Arc::new(election), Arc::new(Faults::none(self.nodes)));
        let nodes: Arc<[Arc<Node>]> = node_urls
            .iter()
            .zip(root_shares)
            .enumerate()
            .map(|(place, (url, root_shares))| {
                let signer = NodeSigner::new(
                    NodeShares::new(Arc::clone(&dealer), root_shares.holder().get()),
                    root_shares,
                    shared.keys.node_wallet(place),
                    Arc::clone(&faults),
                    Arc::clone(&election),
                );
                Arc::new(Node::new(url.clone(), Arc::clone(&shared), signer))
            })
            .collect();
        #[cfg(feature = "http")]
        for (listener, node) in listeners.into_iter().zip(nodes.iter()) {
            servers.spawn(crate::http::serve(listener, Arc::clone(node)));
        }
        #[cfg(feature = "http")]
        let services_url = match self.http_port {
            Some(_) => {
                let (url, listener) = crate::http::bind_one(self.services_port).await?;
                let shared = Arc::clone(&shared);
                let services =
                    crate::services::router(shared, chain.chain.clone(), chain.addresses);
                servers.spawn(crate::services::serve(listener, services));
                Some(url)
            }
            None => None,
        };
        #[cfg(not(feature = "http"))]
        servers.detach_all();
        Ok(Devnet {
            nodes,
            node_urls,
            threshold,
            shared,
            chain,
            jwt_issuer,
            rpc_url,
            #[cfg(feature = "http")]
            services_url,
            _servers: servers,
        })
    }
}

/// Nodes in memory have addresses too: session signatures name them.
fn memory_urls(nodes: usize) -> Vec<NodeUrl> {
    (0..nodes)
        .filter_map(|i| format!("http://127.0.0.1:{}", 7470 + i).parse().ok())
        .collect()
}

/// Why a network does not start, or has no such part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevnetError {
    /// Fewer than [`MIN_NODES`] or more than [`MAX_NODES`].
    #[error("{0} nodes: a network has {MIN_NODES} to {MAX_NODES}")]
    NodeCount(usize),
    /// A port cannot be listened on.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// The chain's first state cannot be made.
    #[error("the chain does not start: {0}")]
    Genesis(String),
    /// There is no node of this number.
    #[error("there is no node {index}: the network has {nodes}, counted from 0")]
    NoSuchNode {
        /// The number.
        index: usize,
        /// How many there are.
        nodes: usize,
    },
}

impl DevnetError {
    pub(crate) fn genesis(error: impl std::fmt::Display) -> Self {
        Self::Genesis(error.to_string())
    }
}
