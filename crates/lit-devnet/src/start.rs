use std::{net::SocketAddrV4, sync::Arc};

use alloy_primitives::Bytes;
use lit_actions::ActionEnvironment;
use lit_devnet_chain::{Chain, GenesisNode, LitChain, LitGenesis};
use lit_key_shares::EcdsaRootShares;
use lit_node::{Chains, DelegationUses, Node, NodeParts, NodeSettings};
use lit_node_transport::{HttpClient, HttpUrl};
use lit_types::NodeUrl;
use tokio::sync::watch;

use crate::{
    Devnet, DevnetBuilder, DevnetClock, DevnetError, MAX_NODES, MIN_NODES, StateError,
    attestation::Attesters,
    blocks::Blocks,
    chain_reader::LocalChain,
    dealer::NodeShares,
    embedded_node::EmbeddedNode,
    entropy::SystemEntropy,
    fault::Faults,
    http::{Addresses, Sockets},
    keys::{ANVIL_ACCOUNTS, ANVIL_BALANCE, NetworkKeys, RELAYER},
    log::RequestLog,
    meetings::{LocalPeers, Meetings},
    places::{LocalEngines, Places},
    served::Served,
    signer::{Hashes, Keys, NodeSigner},
    state::{Identity, OffChain, Opened, Saver, Sources},
    tls::Tls,
};

impl DevnetBuilder {
    /// Starts the network.
    ///
    /// # Errors
    /// [`DevnetError::NodeCount`] for too few or too many nodes, [`DevnetError::Listen`] if a port is in use, and
    /// [`DevnetError::Genesis`] if a contract cannot be initialized.
    pub async fn start(self) -> Result<Devnet, DevnetError> {
        if !(MIN_NODES..=MAX_NODES).contains(&self.nodes) {
            return Err(DevnetError::NodeCount(self.nodes));
        }
        let mut state = self.open_state().await?;
        let tls = self.tls(state.as_ref()).await?;
        let (addresses, sockets) = Sockets::bind(&self, tls.as_ref()).await?;
        let keys = Arc::new(NetworkKeys::from_seed(self.seed));
        let blocks = Blocks::new(self.seed, self.foreign_blockhashes);
        let saved_chain = state.as_ref().and_then(Opened::chain);
        let off_chain = match &mut state {
            Some(state) => state.off_chain(blocks, self.nodes),
            None => OffChain::new(blocks, self.nodes),
        };
        let OffChain {
            clock,
            ipfs,
            blocks,
            uses,
        } = off_chain.clone();
        let attesters = Attesters::new(&self, &keys, &clock)?;
        let chain = self.chain(&keys, &clock, &addresses.nodes, saved_chain)?;
        let log = Arc::<RequestLog>::default();
        let jwt_issuer = Arc::new(keys.jwt_issuer());
        let settings = self.settings(&addresses);
        let chains = self.chains(&chain, &addresses);
        let (threshold, capacity_enforced) = (settings.threshold, settings.capacity_enforced);
        let mut auth = self.auth;
        auth.issuers.splice(..0, jwt_issuer.issuers());
        let places = Arc::new(Places::new(self.max_engines, self.nodes));
        let meetings = Arc::<Meetings>::default();
        let signers = give_shares(&keys, self.nodes, threshold);
        let node = |(place, ((url, signer), uses)): Placed<'_>| {
            let parts = NodeParts {
                keys: Arc::new(signer.clone()),
                chains: chains.clone(),
                contracts: *chain.addresses(),
                peers: Arc::new(LocalPeers::new(url.clone(), Arc::clone(&meetings))),
                engines: Arc::new(LocalEngines::new(url.clone(), Arc::clone(&places))),
                code: ipfs.clone(),
                blocks: blocks.clone(),
                clock: clock.clone(),
                uses: Arc::clone(uses),
                entropy: Arc::new(SystemEntropy),
                auth: auth.clone(),
                attester: attesters.of(place, keys.node_wallet(place)),
                settings: settings.clone(),
            };
            let node = Arc::new(Node::new(url.clone(), parts));
            let (chain, log) = (chain.clone(), Arc::clone(&log));
            Arc::new(EmbeddedNode::new(node, signer, chain, log))
        };
        let nodes = addresses.nodes.iter().zip(signers).zip(&uses);
        let nodes: Arc<[Arc<EmbeddedNode>]> = nodes.enumerate().map(node).collect();
        let saver = match state {
            Some(state) => Some(start_saving(state, chain.chain().clone(), off_chain).await?),
            None => None,
        };
        let servers = sockets.serve(&Served {
            nodes: &nodes,
            keys: &keys,
            clock: &clock,
            chain: &chain,
            blocks: &blocks,
            ipfs: &ipfs,
            jwt_issuer: &jwt_issuer,
        });
        let wallets = keys.funded_wallets().into_iter();
        Ok(Devnet {
            nodes,
            addresses,
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "attestation")]
            attesters,
            threshold: threshold.into(),
            clock,
            chain,
            ipfs,
            log,
            funded_keys: wallets.map(|(_, key)| key).collect(),
            jwt_issuer,
            capacity_enforced,
            alive: watch::Sender::new(()),
            servers,
            saver,
        })
    }

    /// Opens the state directory, if there is one, and reads what was saved there.
    async fn open_state(&self) -> Result<Option<Opened>, DevnetError> {
        let Some(path) = self.state.clone() else {
            return Ok(None);
        };
        let identity = Identity::new(&self.seed, self.nodes);
        let opened = blocking(move || Opened::open(path, identity)).await;
        Ok(Some(opened?))
    }

    /// The certificates of nodes that are served over https: those of the state directory, or new ones.
    #[cfg(feature = "tls")]
    async fn tls(&self, state: Option<&Opened>) -> Result<Option<Tls>, DevnetError> {
        if !self.tls || self.http_port.is_none() {
            return Ok(None);
        }
        let dir = state.map(Opened::dir);
        let tls = blocking(move || match dir {
            Some(dir) => Tls::kept_in(&dir),
            None => Tls::generate(),
        });
        tls.await.map(Some)
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_async, reason = "with the feature `tls` it makes them")]
    async fn tls(&self, _: Option<&Opened>) -> Result<Option<Tls>, DevnetError> {
        Ok(None)
    }

    /// The chain with the contracts of a network of these nodes, restored from its saved changes if there are any.
    fn chain(
        &self,
        keys: &NetworkKeys,
        clock: &Arc<DevnetClock>,
        nodes: &[NodeUrl],
        saved: Option<Vec<Bytes>>,
    ) -> Result<LitChain, DevnetError> {
        let genesis = self.genesis(keys, clock, nodes);
        let Some(saved) = saved else {
            let accounts = ANVIL_ACCOUNTS.into_iter();
            let genesis = accounts.fold(genesis, |genesis, account| {
                genesis.with_balance(account, ANVIL_BALANCE)
            });
            return Ok(genesis.build()?);
        };
        let restored = genesis.restore(saved.iter().map(|bytes| &bytes[..]));
        restored.map_err(|source| {
            let path = self.state.clone().unwrap_or_default();
            let source = Box::new(source);
            StateError::Chain { path, source }.into()
        })
    }

    #[allow(clippy::expect_used, reason = "nodes have URLs of an IPv4 address")]
    fn genesis(
        &self,
        keys: &NetworkKeys,
        clock: &Arc<DevnetClock>,
        nodes: &[NodeUrl],
    ) -> LitGenesis {
        let node = |(place, url): (usize, &NodeUrl)| GenesisNode {
            socket: url
                .authority()
                .parse::<SocketAddrV4>()
                .expect("nodes listen on an IPv4 address and a port"),
            wallet: keys.node_address(place),
            staker: keys.address(&format!("staker {place}")),
        };
        let funded = keys
            .funded_wallets()
            .into_iter()
            .map(|(address, _)| address);
        let genesis = LitGenesis::new(
            nodes.iter().enumerate().map(node).collect(),
            keys.address("admin"),
        )
        .with_root_keys(keys.network_public_key, keys.ecdsa_root_keys.clone())
        .with_epoch_length(self.epoch_length)
        .with_funded(funded)
        .with_funded([keys.address(RELAYER)])
        .with_clock(clock.clone());
        let balances = self.balances.iter();
        balances.fold(genesis, |genesis, (account, balance)| {
            genesis.with_balance(*account, *balance)
        })
    }

    /// The network's own chain and the others, by name.
    fn chains(&self, own: &LitChain, addresses: &Addresses) -> Chains {
        let own = Arc::new(LocalChain::new(own.chain().clone()));
        let mut chains = Chains::new(own).with_own_names(self.chain_names.clone());
        if let Some(url) = &addresses.rpc {
            chains = chains.with_rpc_url(url.clone());
        }
        let add =
            |chains: Chains, (name, (http, url)): (&String, &(Arc<dyn HttpClient>, HttpUrl))| {
                chains.with_chain(name, Arc::clone(http), url.clone())
            };
        self.chains.iter().fold(chains, add)
    }

    fn settings(&self, addresses: &Addresses) -> NodeSettings {
        let rpcs = addresses
            .rpc
            .iter()
            .chain(self.chains.values().map(|(_, url)| url));
        let reachable = rpcs.map(HttpUrl::origin).chain(&addresses.services);
        let environment = reachable
            // A host alone would allow `fetch` to reach all its ports.
            .map(NodeUrl::host_and_port)
            .fold(self.environment.clone(), ActionEnvironment::with_fetch_host);
        let fetcher = self.fetcher.clone();
        #[cfg(feature = "http")]
        let fetcher = fetcher.or_else(|| Some(Arc::new(lit_node::HttpFetcher::new())));
        let mut settings = self.settings.clone();
        settings.threshold = threshold_of(self.nodes);
        settings.environment = Arc::new(match fetcher {
            Some(fetcher) => environment.with_fetcher(fetcher),
            None => environment,
        });
        settings
    }
}

/// What is special about a node, with its index.
type Placed<'a> = (usize, ((&'a NodeUrl, NodeSigner), &'a Arc<DelegationUses>));

/// Saves everything, and goes on saving what changes.
async fn start_saving(
    state: Opened,
    chain: Chain,
    off_chain: OffChain,
) -> Result<Saver, StateError> {
    blocking(move || state.save(Sources { chain, off_chain })).await
}

/// Runs file operations on a blocking thread. A panic of the work continues in the caller.
#[allow(clippy::expect_used, reason = "the runtime runs this future")]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("the work does not panic, and the runtime is not shutting down")
}

/// Two thirds of the nodes, rounded down, and at least 2.
#[allow(clippy::expect_used, reason = "the number of nodes was checked")]
fn threshold_of(nodes: usize) -> u8 {
    u8::try_from((nodes * 2 / 3).max(2)).expect("at most 255 nodes")
}

/// The signers of all nodes, each with its shares of the network's keys.
#[allow(clippy::expect_used, reason = "the number of nodes was checked")]
fn give_shares(
    keys: &NetworkKeys,
    nodes: usize,
    threshold: u8,
) -> impl Iterator<Item = NodeSigner> {
    let count = u8::try_from(nodes).expect("at most 255 nodes");
    let dealer = Arc::new(keys.dealer(threshold, count));
    let (root_shares, election) = keys.ecdsa_dealer(threshold, count);
    let (election, faults) = (Arc::new(election), Arc::new(Faults::none(nodes)));
    let hashes = Arc::new(Hashes::default());
    let signer = move |(place, ecdsa): (usize, EcdsaRootShares)| {
        NodeSigner::new(Keys {
            network_key: keys.network_public_key,
            root_keys: keys.ecdsa_root_keys.clone(),
            bls: NodeShares::new(Arc::clone(&dealer), ecdsa.holder().get()),
            ecdsa,
            wallet: keys.node_wallet(place),
            faults: Arc::clone(&faults),
            election: Arc::clone(&election),
            hashes: Arc::clone(&hashes),
            first: Default::default(),
        })
    };
    root_shares.into_iter().enumerate().map(signer)
}
