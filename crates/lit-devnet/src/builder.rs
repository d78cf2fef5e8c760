use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use alloy_primitives::{Address, U256};
use lit_actions::{ActionEnvironment, ActionLimits, HttpFetch};
#[cfg(feature = "http")]
use lit_devnet_chain::{AllowedHost, AllowedOrigin, Callers};
use lit_node::{
    AuthProviders, ChainNames, ConditionResolver, JwtIssuer, NodeSettings, OauthApi, PoapApi,
    SolanaRpc,
};
use lit_node_transport::{HttpClient, HttpUrl};

/// The smallest number of nodes in a network: the threshold is at least 2, and one node may fail.
pub const MIN_NODES: usize = 3;
/// The largest number of nodes in a network: a key share identifies its node by one byte.
pub const MAX_NODES: usize = 255;

/// The default number of engines that run at once.
const MAX_ENGINES: usize = 64;

/// Configures and starts a [`Devnet`](crate::Devnet).
///
/// ```
/// use std::time::Duration;
/// use lit_devnet::Devnet;
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let network = Devnet::builder()
///     .with_nodes(5)
///     .with_seed([1; 32])
///     .with_epoch_length(Duration::from_secs(60))
///     .start()
///     .await?;
/// assert_eq!(network.node_urls().len(), 5);
/// # Ok::<(), lit_devnet::DevnetError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "call `start` to get a network"]
pub struct DevnetBuilder {
    pub(crate) nodes: usize,
    pub(crate) seed: [u8; 32],
    pub(crate) max_engines: usize,
    pub(crate) environment: ActionEnvironment,
    pub(crate) fetcher: Option<Arc<dyn HttpFetch>>,
    pub(crate) foreign_blockhashes: bool,
    pub(crate) auth: AuthProviders,
    pub(crate) chain_names: ChainNames,
    /// Other chains by name.
    pub(crate) chains: BTreeMap<String, (Arc<dyn HttpClient>, HttpUrl)>,
    pub(crate) epoch_length: Duration,
    /// Without threshold and environment, which are known at the start.
    pub(crate) settings: NodeSettings,
    pub(crate) state: Option<PathBuf>,
    pub(crate) balances: Vec<(Address, U256)>,
    #[cfg(feature = "http")]
    pub(crate) http_port: Option<u16>,
    #[cfg(feature = "http")]
    pub(crate) rpc_port: u16,
    #[cfg(feature = "http")]
    pub(crate) services_port: u16,
    #[cfg(feature = "http")]
    pub(crate) callers: Callers,
    #[cfg(feature = "tls")]
    pub(crate) tls: bool,
    #[cfg(feature = "attestation")]
    pub(crate) software_guest: Option<crate::SoftwareGuest>,
}

impl DevnetBuilder {
    /// Keeps the network's state in a directory, which is created if it is missing: the chain with PKPs, permissions and credits, code
    /// on IPFS, uses of capacity delegations, epoch and clock. A network that starts with the same directory goes on from there.
    /// Default: none, everything is forgotten.
    ///
    /// Changes are saved twice a second, on drop, and by [`Devnet::save`](crate::Devnet::save). A process that is killed loses what
    /// happened since the last save, at most a second. One network at a time can use a directory, and only with the same seed and
    /// number of nodes. Nodes may listen on other ports; the Staking contract then announces these. Snapshots of the chain, installed
    /// filters, faults and the request log are not kept.
    pub fn with_state(mut self, dir: impl Into<PathBuf>) -> Self {
        self.state = Some(dir.into());
        self
    }

    /// Gives an account at least this balance, in wei, at every start. May be repeated. Default: only the wallets of
    /// [`Devnet::funded_keys`](crate::Devnet::funded_keys) and the ten accounts of anvil and hardhat have funds.
    pub fn with_balance(mut self, account: Address, balance: U256) -> Self {
        self.balances.push((account, balance));
        self
    }

    /// Sets the number of nodes, 3 to 255. Default: 3.
    pub const fn with_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets the seed of all keys and block hashes. Default: 32 zero bytes.
    pub const fn with_seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the limits of Lit Actions that are executed. Default: those of the Datil networks.
    pub fn with_action_limits(mut self, limits: ActionLimits) -> Self {
        self.settings.action_limits = limits;
        self
    }

    /// Allows actions to reach a host by `fetch`, as [`ActionEnvironment::with_fetch_host`] does. May be repeated. Default: the
    /// network's own RPC and services, and the RPCs of [`with_chain`](Self::with_chain).
    pub fn with_fetch_host(mut self, host: impl Into<String>) -> Self {
        self.environment = self.environment.with_fetch_host(host);
        self
    }

    /// Sets how `fetch` of actions sends requests. Default: over HTTP with the feature `http`; without it `fetch` fails.
    pub fn with_fetcher(mut self, fetcher: Arc<dyn HttpFetch>) -> Self {
        self.fetcher = Some(fetcher);
        self
    }

    /// Sets the file that becomes the global `ethers` of actions. Default: see [`ActionEnvironment::with_ethers_bundle`].
    pub fn with_ethers_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.environment = self.environment.with_ethers_bundle(path);
        self
    }

    /// Sets how many Lit Actions engines run at once, on all nodes together. Further actions wait. Each engine may use
    /// [`ActionLimits::memory`]. An action called by another action gets an additional engine, which is not counted. The number is
    /// raised to the number of nodes if it is lower. From twice that number on, the requests of one session leave enough engines for one
    /// request of another. Default: 64.
    pub const fn with_max_engines(mut self, engines: usize) -> Self {
        self.max_engines = engines;
        self
    }

    /// Sets the limits of Lit Actions that authorize session keys. Default: those of the Datil networks.
    pub fn with_session_action_limits(mut self, limits: ActionLimits) -> Self {
        self.settings.session_action_limits = limits;
        self
    }

    /// Sets whether nodes accept block hashes of other chains as nonces. Such a block counts as made when its hash is first seen;
    /// up to 250,000 hashes are remembered for 30 days. The official client needs this: half a minute after it has connected it
    /// takes its nonces from Ethereum's main net. Default: false, nodes accept only hashes of this network.
    pub const fn with_foreign_blockhashes(mut self, accepted: bool) -> Self {
        self.foreign_blockhashes = accepted;
        self
    }

    /// Adds an issuer of JWTs that nodes trust. May be repeated. Default: only the network's own issuer, see
    /// [`Devnet::issue_jwt`](crate::Devnet::issue_jwt).
    pub fn with_jwt_issuer(mut self, issuer: JwtIssuer) -> Self {
        self.auth.issuers.push(issuer);
        self
    }

    /// Sets where nodes verify Discord tokens: `GET {base}/oauth2/@me`. Discord itself is `https://discord.com/api`. Default: none,
    /// nodes refuse Discord tokens.
    pub fn with_discord(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.auth.discord = Some(OauthApi::new(client, base));
        self
    }

    /// Sets where nodes verify Google access tokens (auth method type 5): `GET {base}/oauth2/v3/tokeninfo`. Google itself is
    /// `https://www.googleapis.com`. Default: none, nodes refuse Google access tokens.
    pub fn with_google(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.auth.google = Some(OauthApi::new(client, base));
        self
    }

    /// Makes the network listen on 127.0.0.1: the first node on `port`, the second on `port + 1`, and so on; 0 picks free ports.
    /// Default: in memory only.
    #[cfg(feature = "http")]
    pub const fn with_http(mut self, port: u16) -> Self {
        self.http_port = Some(port);
        self
    }

    /// Sets the port of the chain's JSON-RPC server, which runs when the nodes listen; 0 picks a free port. Default: 0.
    #[cfg(feature = "http")]
    pub const fn with_rpc_port(mut self, port: u16) -> Self {
        self.rpc_port = port;
        self
    }

    /// Sets the port of relayer, block indexer and IPFS, which run when the nodes listen; 0 picks a free port. Default: 0.
    #[cfg(feature = "http")]
    pub const fn with_services_port(mut self, port: u16) -> Self {
        self.services_port = port;
        self
    }

    /// Answers requests that name this host in the header `Host`, on all listeners; `*` is every host. May be repeated. Default:
    /// `localhost` and loopback addresses. Others are refused with status 403, because a page from elsewhere can make a name of its own
    /// resolve to this machine.
    ///
    /// ```
    /// use lit_devnet::Devnet;
    ///
    /// let builder = Devnet::builder().with_http(0).with_allowed_host("devnet.internal".parse()?);
    /// # let _ = builder;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "http")]
    pub fn with_allowed_host(mut self, host: AllowedHost) -> Self {
        self.callers = self.callers.with_allowed_host(host);
        self
    }

    /// Answers pages of this origin, on all listeners; `*` is every origin, and `null` that of files and sandboxed frames. May be
    /// repeated. Default: pages of this machine, such as `http://localhost:5173`. Others are refused with status 403.
    ///
    /// ```
    /// use lit_devnet::Devnet;
    ///
    /// let builder = Devnet::builder().with_http(0).with_allowed_origin("https://app.example.com".parse()?);
    /// # let _ = builder;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "http")]
    pub fn with_allowed_origin(mut self, origin: AllowedOrigin) -> Self {
        self.callers = self.callers.with_allowed_origin(origin);
        self
    }

    /// Serves nodes over https when they listen, with a certificate for `127.0.0.1` and `localhost`. Clients must trust
    /// [`Devnet::root_certificate`](crate::Devnet::root_certificate), which is made at the start; its key is thrown away. A network that
    /// [keeps its state](Self::with_state) keeps the certificates too. Chain and services stay on plain HTTP. Default: plain HTTP.
    #[cfg(feature = "tls")]
    pub const fn with_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Sets the length of an epoch, in whole seconds. [`Devnet::next_epoch`](crate::Devnet::next_epoch) ends it earlier. Default: one
    /// hour.
    pub const fn with_epoch_length(mut self, length: Duration) -> Self {
        self.epoch_length = length;
        self
    }

    /// Sets whether requests must be paid with capacity credits, as on datil-test and datil. Default: false, as on datil-dev.
    pub const fn with_capacity_enforced(mut self, enforced: bool) -> Self {
        self.settings.capacity_enforced = enforced;
        self
    }

    /// Makes a chain name, such as `ethereum`, mean the chain behind a JSON-RPC, in actions and in access control conditions. Actions
    /// may reach this RPC by `fetch` too. May be repeated. Default: none, all names mean the network's own chain.
    pub fn with_chain(
        mut self,
        name: impl Into<String>,
        client: Arc<dyn HttpClient>,
        rpc_url: HttpUrl,
    ) -> Self {
        self.chains.insert(name.into(), (client, rpc_url));
        self
    }

    /// Sets the chain names that mean the network's own chain, in actions and in access control conditions. Default: the names of
    /// all EVM chains, so that code written for other networks can be tested here.
    pub fn with_own_chain_names<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.chain_names = ChainNames::Only(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the JSON-RPC of a Solana chain, which access control conditions ask for balances, tokens and accounts. It stands for
    /// `solana`, `solanaDevnet` and `solanaTestnet`. Default: none, only conditions on the address of the asker are evaluated.
    pub fn with_solana_rpc(mut self, client: Arc<dyn HttpClient>, url: HttpUrl) -> Self {
        self.settings.solana_rpc = Some(SolanaRpc::new(client, url));
        self
    }

    /// Sets the service that access control conditions on POAPs ask: `GET {base}/actions/scan/{address}` with the key in
    /// `x-api-key`. POAP itself is `https://api.poap.tech`. Default: none, nodes refuse such conditions.
    pub fn with_poap(
        mut self,
        client: Arc<dyn HttpClient>,
        base: HttpUrl,
        key: impl Into<String>,
    ) -> Self {
        self.settings.poap = Some(PoapApi::new(client, base, key));
        self
    }

    /// Sets the resolver of access control conditions that the network cannot evaluate itself, such as those that ask a Cosmos
    /// chain, and those of unknown standards. Default: none; nodes refuse such conditions, and those of unknown standards are not
    /// met.
    pub fn with_condition_resolver(mut self, resolver: Arc<dyn ConditionResolver>) -> Self {
        self.settings.condition_resolver = Some(resolver);
        self
    }
}

/// The defaults documented at the `with_*` methods.
impl Default for DevnetBuilder {
    fn default() -> Self {
        Self {
            nodes: MIN_NODES,
            seed: [0; 32],
            max_engines: MAX_ENGINES,
            environment: ActionEnvironment::default(),
            fetcher: None,
            foreign_blockhashes: false,
            auth: AuthProviders::default(),
            chain_names: ChainNames::default(),
            chains: BTreeMap::new(),
            epoch_length: Duration::from_secs(3600),
            settings: NodeSettings::new(2),
            state: None,
            balances: Vec::new(),
            #[cfg(feature = "http")]
            http_port: None,
            #[cfg(feature = "http")]
            rpc_port: 0,
            #[cfg(feature = "http")]
            services_port: 0,
            #[cfg(feature = "http")]
            callers: Callers::this_machine(),
            #[cfg(feature = "tls")]
            tls: false,
            #[cfg(feature = "attestation")]
            software_guest: None,
        }
    }
}

/// Shows no seed: all keys follow from it.
impl fmt::Debug for DevnetBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevnetBuilder")
            .field("nodes", &self.nodes)
            .field("epoch_length", &self.epoch_length)
            .field("environment", &self.environment)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
