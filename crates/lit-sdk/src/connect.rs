use std::{collections::HashSet, sync::Arc, time::Duration};

use lit_node_transport::{NodeTransport, QuorumPolicy, handshake};
use lit_types::{Clock, LitNetwork, NodeUrl};

use crate::{Error, LitNodeClient, SystemClock};

/// Configures a [`LitNodeClient`].
#[derive(Clone)]
#[must_use]
pub struct LitNodeClientBuilder {
    network: LitNetwork,
    nodes: Vec<NodeUrl>,
    threshold: usize,
    transport: Option<Arc<dyn NodeTransport>>,
    clock: Arc<dyn Clock>,
    connect_timeout: Duration,
    node_deadline: Duration,
}

impl std::fmt::Debug for LitNodeClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LitNodeClientBuilder")
            .field("network", &self.network)
            .field("nodes", &self.nodes)
            .field("threshold", &self.threshold)
            .finish_non_exhaustive()
    }
}

impl LitNodeClientBuilder {
    pub(crate) fn new(nodes: Vec<NodeUrl>, threshold: usize) -> Self {
        Self {
            network: LitNetwork::Custom,
            nodes,
            threshold,
            transport: None,
            clock: Arc::new(SystemClock),
            connect_timeout: Duration::from_secs(20),
            node_deadline: Duration::from_secs(30),
        }
    }

    /// Which network the nodes belong to. Default: [`LitNetwork::Custom`].
    pub const fn network(mut self, network: LitNetwork) -> Self {
        self.network = network;
        self
    }

    /// How to reach the nodes. Default: HTTP, with the feature `http`.
    pub fn transport(mut self, transport: Arc<dyn NodeTransport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Where to take the time from. Default: the operating system.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long connecting may take. Default: 20 s.
    #[doc(alias = "connectTimeout")]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one node may take to answer a call. Default: 30 s.
    pub const fn node_deadline(mut self, deadline: Duration) -> Self {
        self.node_deadline = deadline;
        self
    }

    /// Greets the nodes. Succeeds as soon as as many as the threshold agree on the network's keys; others join when they
    /// answer.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::AttestationRequired`], or [`Error::Connect`] with every node's outcome.
    pub async fn connect(self) -> Result<LitNodeClient, Error> {
        if self.threshold == 0 || self.threshold > self.nodes.len() {
            return Err(Error::Config(format!(
                "a threshold of {} cannot be reached by {} nodes",
                self.threshold,
                self.nodes.len()
            )));
        }
        let distinct: HashSet<String> = self
            .nodes
            .iter()
            .map(NodeUrl::comparable_authority)
            .collect();
        if distinct.len() != self.nodes.len() {
            return Err(Error::Config("a node is listed twice".to_owned()));
        }
        if self.network.profile().attestation_required {
            return Err(Error::AttestationRequired(self.network));
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let policy = QuorumPolicy::new(self.threshold)
            .with_node_deadline(self.connect_timeout)
            .with_linger(self.connect_timeout);
        let greeting = handshake(&transport, &self.nodes, 0, &policy)
            .await
            .map_err(|error| Error::Connect(Box::new(error)))?;
        Ok(LitNodeClient::connected(
            self.network,
            self.nodes,
            self.threshold,
            transport,
            self.clock,
            self.node_deadline,
            greeting,
        ))
    }
}

#[cfg(feature = "http")]
#[allow(
    clippy::unnecessary_wraps,
    reason = "without the feature there is none"
)]
fn default_transport() -> Result<Arc<dyn NodeTransport>, Error> {
    Ok(Arc::new(lit_node_transport::HttpTransport::new()))
}

#[cfg(not(feature = "http"))]
fn default_transport() -> Result<Arc<dyn NodeTransport>, Error> {
    Err(Error::Config(
        "no transport: give one, or build with the feature `http`".to_owned(),
    ))
}
