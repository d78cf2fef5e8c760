use std::sync::Arc;

use lit_node_transport::MEMORY_NODE_HOST;
use lit_session_crypto::EcdsaRootShares;
use lit_types::NodeUrl;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Devnet, DevnetBuilder, DevnetClock, DevnetError, MAX_NODES, MIN_NODES,
    actions::ActionNetwork,
    auth::AuthVerifier,
    blocks::Blocks,
    chain_view::ChainView,
    conditions::ConditionReader,
    dealer::NodeShares,
    fault::Faults,
    genesis::DevChain,
    ipfs::Ipfs,
    keys::NetworkKeys,
    log::RequestLog,
    node::{Node, Shared},
    signer::NodeSigner,
};

/// The port in the URL of the first node of a network in memory.
const FIRST_MEMORY_PORT: u16 = 7470;

impl DevnetBuilder {
    /// Starts the network.
    ///
    /// # Errors
    /// [`DevnetError::NodeCount`] for too few or too many nodes, [`DevnetError::Listen`] if a port is in use, and
    /// [`DevnetError::Genesis`] if a contract cannot be initialized.
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
        let nodes = give_shares(&shared, &node_urls, threshold);
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
            alive: watch::Sender::new(()),
            _servers: servers,
        })
    }
}

/// Creates the nodes, each with its shares of the network's keys.
#[allow(clippy::expect_used, reason = "the number of nodes was checked")]
fn give_shares(shared: &Arc<Shared>, node_urls: &[NodeUrl], threshold: usize) -> Arc<[Arc<Node>]> {
    let [count, needed] =
        [node_urls.len(), threshold].map(|n| u8::try_from(n).expect("at most 255 nodes"));
    let dealer = Arc::new(shared.keys.dealer(needed, count));
    let (root_shares, election) = shared.keys.ecdsa_dealer(needed, count);
    let (election, faults) = (Arc::new(election), Arc::new(Faults::none(node_urls.len())));
    let node = |(place, (url, root_shares)): (usize, (&NodeUrl, EcdsaRootShares))| {
        let signer = NodeSigner::new(
            NodeShares::new(Arc::clone(&dealer), root_shares.holder().get()),
            root_shares,
            shared.keys.node_wallet(place),
            Arc::clone(&faults),
            Arc::clone(&election),
        );
        Arc::new(Node::new(url.clone(), Arc::clone(shared), signer))
    };
    node_urls
        .iter()
        .zip(root_shares)
        .enumerate()
        .map(node)
        .collect()
}

/// URLs for nodes in memory: session signatures name the node's URL. No machine has this host.
fn memory_urls(nodes: usize) -> Vec<NodeUrl> {
    let url = |port| url_of(MEMORY_NODE_HOST, port);
    (FIRST_MEMORY_PORT..).take(nodes).map(url).collect()
}

/// The URL of a port of this machine.
#[cfg(feature = "http")]
pub(crate) fn node_url(port: u16) -> NodeUrl {
    url_of("127.0.0.1", port)
}

#[allow(clippy::expect_used, reason = "every port makes a valid URL")]
fn url_of(host: &str, port: u16) -> NodeUrl {
    format!("http://{host}:{port}")
        .parse()
        .expect("an address and a port make a URL")
}
