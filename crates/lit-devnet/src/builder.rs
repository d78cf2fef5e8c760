use std::{sync::Arc, time::Duration};

use lit_node_transport::{HttpClient, HttpUrl};

use crate::{
    JwtIssuer,
    actions::{ActionEnvironment, ActionLimits},
    auth::OauthApi,
    conditions::{ChainNames, ConditionResolver},
};

/// The fewest nodes a network can have: with fewer no threshold means anything.
pub const MIN_NODES: usize = 3;
/// The most: a key share names its node in one byte.
pub const MAX_NODES: usize = 255;

/// How many engines run at once by default.
const MAX_ENGINES: usize = 64;

/// Settings of a [`Devnet`](crate::Devnet).
#[derive(Debug, Clone)]
#[must_use = "call start to get a network"]
pub struct DevnetBuilder {
    pub(crate) nodes: usize,
    pub(crate) seed: [u8; 32],
    pub(crate) limits: ActionLimits,
    pub(crate) max_engines: usize,
    pub(crate) environment: ActionEnvironment,
    pub(crate) session_limits: ActionLimits,
    pub(crate) foreign_blockhashes: bool,
    pub(crate) jwt_issuers: Vec<JwtIssuer>,
    pub(crate) discord: Option<OauthApi>,
    pub(crate) google: Option<OauthApi>,
    pub(crate) epoch_length: Duration,
    pub(crate) capacity_enforced: bool,
    pub(crate) chain_names: ChainNames,
    pub(crate) condition_resolver: Option<Arc<dyn ConditionResolver>>,
    #[cfg(feature = "http")]
    pub(crate) http_port: Option<u16>,
    #[cfg(feature = "http")]
    pub(crate) rpc_port: u16,
    #[cfg(feature = "http")]
    pub(crate) services_port: u16,
}

impl DevnetBuilder {
    /// How many nodes, 3 to 255. Default: 3.
    pub const fn with_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// What all keys and hashes follow from. Default: 32 zero bytes.
    pub const fn with_seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    /// Limits of Lit Actions that are executed. Default: those of the Datil networks.
    pub fn with_action_limits(mut self, limits: ActionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets actions reach a host by `fetch`, as [`ActionEnvironment::with_fetch_host`] does. Default: none.
    pub fn with_fetch_host(mut self, host: impl Into<String>) -> Self {
        self.environment = self.environment.with_fetch_host(host);
        self
    }

    /// The file that becomes the global `ethers` of actions. The default is in [`ActionEnvironment::with_ethers_bundle`].
    pub fn with_ethers_bundle(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.environment = self.environment.with_ethers_bundle(path);
        self
    }

    /// How many engines for Lit Actions run at once, on all nodes together; the other actions wait. Each may use the memory of
    /// [`ActionLimits::memory`]; an action that is called by another has an engine besides its caller's, and is not counted.
    /// At least one for each node. Default: 64.
    pub const fn with_max_engines(mut self, engines: usize) -> Self {
        self.max_engines = engines;
        self
    }

    /// Limits of Lit Actions that authorise session keys. Default: those of the Datil networks.
    pub fn with_session_action_limits(mut self, limits: ActionLimits) -> Self {
        self.session_limits = limits;
        self
    }

    /// Whether messages for PKPs may have the block hashes of other chains as nonces, which count as made when they are first
    /// seen, and are remembered for 30 days, 250,000 of them. The official client fetches hashes of Ethereum's main net half a
    /// minute after it has connected, and needs this. Default: no, only hashes that the network hands out.
    pub const fn with_foreign_blockhashes(mut self, accepted: bool) -> Self {
        self.foreign_blockhashes = accepted;
        self
    }

    /// Nodes believe this issuer too. May be repeated. Default: only the network's own, whose tokens [`Devnet::issue_jwt`](crate::Devnet::issue_jwt) gives.
    pub fn with_jwt_issuer(mut self, issuer: JwtIssuer) -> Self {
        self.jwt_issuers.push(issuer);
        self
    }

    /// Where nodes ask whose a Discord token is: `GET {base}/oauth2/@me`, at Discord itself `https://discord.com/api`. Default:
    /// nowhere, and such auth methods are refused.
    pub fn with_discord(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.discord = Some(OauthApi { client, base });
        self
    }

    /// Where nodes ask whose an access token of Google is (auth method type 5): `GET {base}/oauth2/v3/tokeninfo`, at Google itself
    /// `https://www.googleapis.com`. Default: nowhere, and such auth methods are refused.
    pub fn with_google(mut self, client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        self.google = Some(OauthApi { client, base });
        self
    }

    /// Listen on 127.0.0.1 as well: the first node on `port`, the next on the one after it, and so on; 0 takes any free
    /// ports. Default: in memory only.
    #[cfg(feature = "http")]
    pub const fn with_http(mut self, port: u16) -> Self {
        self.http_port = Some(port);
        self
    }

    /// Where the chain listens when the nodes do: a port of 127.0.0.1, 0 for any free one. Default: 0.
    #[cfg(feature = "http")]
    pub const fn with_rpc_port(mut self, port: u16) -> Self {
        self.rpc_port = port;
        self
    }

    /// Where relayer, block indexer and IPFS listen when the nodes do: a port of 127.0.0.1, 0 for any free one. Default: 0.
    #[cfg(feature = "http")]
    pub const fn with_services_port(mut self, port: u16) -> Self {
        self.services_port = port;
        self
    }

    /// How long an epoch lasts, in whole seconds; it ends by [`Devnet::next_epoch`](crate::Devnet::next_epoch) or by the contract's own rules. Default: an
    /// hour.
    pub const fn with_epoch_length(mut self, length: Duration) -> Self {
        self.epoch_length = length;
        self
    }

    /// Whether requests have to be paid with capacity credits, as on datil-test and datil. Default: no, as on datil-dev.
    pub const fn with_capacity_enforced(mut self, enforced: bool) -> Self {
        self.capacity_enforced = enforced;
        self
    }

    /// Under which names access control conditions mean the chain of the network, such as `ethereum`. Default: those of all EVM
    /// chains, so that conditions written for other networks can be tried out here.
    pub fn with_condition_chains<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.chain_names = ChainNames::Only(names.into_iter().map(Into::into).collect());
        self
    }

    /// Who says whether access control conditions are met that the network cannot look up itself. Default: nobody, and such
    /// conditions are refused.
    pub fn with_condition_resolver(mut self, resolver: Arc<dyn ConditionResolver>) -> Self {
        self.condition_resolver = Some(resolver);
        self
    }
}

/// The defaults that the methods name.
impl Default for DevnetBuilder {
    fn default() -> Self {
        Self {
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
}
