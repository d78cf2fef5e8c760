use std::{sync::Arc, time::Duration};

use lit_node_transport::{Discovery, Network, NodeTransport, datil};
use lit_types::{Clock, LitNetwork, SwitchedOff};

use super::attestation::AttestationSettings;
use crate::{
    Error, LitNodeClient, SystemClock,
    observe::{Operation, observe},
    services::BlockhashSource,
};

/// Configures a [`LitNodeClient`].
///
/// ```no_run
/// use std::time::Duration;
/// use lit_sdk::{LitNodeClient, NodeList};
///
/// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
/// let nodes = NodeList::new("https://a.example:443,https://b.example:443,https://c.example:443", 2)?;
/// let client = LitNodeClient::builder(&nodes)
///     .with_connect_timeout(Duration::from_secs(5))
///     .with_node_timeout(Duration::from_secs(60))
///     .connect()
///     .await?;
/// println!("{} of {} nodes answered", client.connected_nodes().len(), client.nodes().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct LitNodeClientBuilder {
    network: LitNetwork,
    switched_off: Option<SwitchedOff>,
    discovery: Arc<dyn Discovery>,
    transport: Option<Arc<dyn NodeTransport>>,
    clock: Arc<dyn Clock>,
    blockhash_source: Option<Arc<BlockhashSource>>,
    attestation: AttestationSettings,
    connect_timeout: Duration,
    node_timeout: Duration,
    timeout: Option<Duration>,
}

impl std::fmt::Debug for LitNodeClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LitNodeClientBuilder")
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

impl LitNodeClientBuilder {
    pub(crate) fn new(network: &(impl Network + ?Sized)) -> Self {
        Self {
            network: network.kind(),
            switched_off: network.switched_off(),
            discovery: network.discovery(),
            transport: network.transport(),
            clock: network.clock().unwrap_or_else(|| Arc::new(SystemClock)),
            blockhash_source: None,
            attestation: AttestationSettings::default(),
            connect_timeout: Duration::from_secs(20),
            node_timeout: datil::NODE_TIMEOUT,
            timeout: None,
        }
    }

    /// Sets the network that the nodes belong to. Default: [`Network::kind`].
    pub const fn with_network(mut self, network: LitNetwork) -> Self {
        self.network = network;
        self
    }

    /// Sets the transport that reaches the nodes. Default: [`Network::transport`], otherwise HTTP with the feature `http`.
    pub fn with_transport(mut self, transport: Arc<dyn NodeTransport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Sets the clock. Default: [`Network::clock`], otherwise the clock of the operating system.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets a source of block hashes, used once the hash of the handshake is 30 s old. Give it the same clock. Default:
    /// none; new messages keep the hash of the handshake, which nodes accept for 30 days.
    #[doc(alias = "getLatestBlockhash")]
    pub fn with_blockhash_source(mut self, source: Arc<BlockhashSource>) -> Self {
        self.blockhash_source = Some(source);
        self
    }

    /// Sends requests only to nodes that prove by attestation that this policy allows them. Default: with
    /// [`AttestationPolicy::new`](crate::transport::attestation::AttestationPolicy::new) on the networks where the official client
    /// requires it (datil, datil-test, habanero and manzano), elsewhere nodes are not attested.
    ///
    /// A node that fails counts as failed: connecting succeeds when a threshold of the others pass.
    ///
    /// ```no_run
    /// use lit_sdk::{LitNodeClient, NodeList, transport::attestation::AttestationPolicy};
    ///
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// let nodes = NodeList::new("https://a.example:443,https://b.example:443,https://c.example:443", 2)?;
    /// let release = "9f11f74d7ac0ca9f88c4caf230a69faf8a0bd114f03f280f0ece156177bdbf5969fb674baa32afc4c818419c93338e6a";
    /// let policy = AttestationPolicy::new().with_allowed_measurements([release.parse()?]);
    /// let client = LitNodeClient::builder(&nodes).with_attestation_policy(policy).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "attestation")]
    #[doc(alias = "checkNodeAttestation")]
    pub fn with_attestation_policy(
        mut self,
        policy: crate::transport::attestation::AttestationPolicy,
    ) -> Self {
        self.attestation.set_policy(policy);
        self
    }

    /// Sets where the certificates of chips come from. Default: from AMD with the feature `http`.
    ///
    /// Clones of the builder share the certificates that their clients got, so that connecting again does not ask AMD again.
    ///
    /// A test attests the embedded network in software:
    ///
    /// ```
    /// use lit_devnet::{Devnet, SoftwareGuest};
    /// use lit_sdk::{Error, LitNodeClient, transport::attestation::{AttestationPolicy, Measurement}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let guest = SoftwareGuest::default();
    /// let network = Devnet::builder().with_software_attestation_for_tests(guest).start().await?;
    /// let chips = network.software_attestation().ok_or("not attested")?;
    /// let policy = AttestationPolicy::new().with_insecure_roots(chips.insecure_roots());
    /// let builder = LitNodeClient::builder(&network).with_vcek_source(chips);
    ///
    /// builder.clone().with_attestation_policy(policy.clone()).connect().await?;
    ///
    /// let other = policy.with_allowed_measurements([Measurement([1; 48])]);
    /// let refused = builder.with_attestation_policy(other).connect().await;
    /// assert!(matches!(refused, Err(Error::Connect(_))));
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    #[cfg(feature = "attestation")]
    pub fn with_vcek_source(
        mut self,
        source: Arc<dyn crate::transport::attestation::VcekSource>,
    ) -> Self {
        self.attestation.set_source(source);
        self
    }

    /// Limits how long connecting may take, with finding the nodes. Default: 20 s.
    #[doc(alias = "connectTimeout")]
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits how long one node may take to answer a request. Default: 65 s ([`datil::NODE_TIMEOUT`]), so that the node's own
    /// error arrives: nodes end a request after 60 s, and a Lit Action after 30 s.
    pub const fn with_node_timeout(mut self, timeout: Duration) -> Self {
        self.node_timeout = timeout;
        self
    }

    /// Limits how long each call may take as a whole, as [`LitNodeClient::with_timeout`] does. Default: none.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Finds the nodes and sends each a handshake. Succeeds once a threshold of them agree on the keys of the network. Other
    /// nodes join when they answer.
    ///
    /// # Errors
    /// [`Error::SwitchedOff`], [`Error::Config`], [`Error::AttestationRequired`], [`Error::Discovery`], [`Error::Timeout`] if the nodes
    /// are not found in time, or [`Error::Connect`] with every node's outcome.
    pub async fn connect(self) -> Result<LitNodeClient, Error> {
        observe(Operation::Connect, self.connect_now()).await
    }

    async fn connect_now(self) -> Result<LitNodeClient, Error> {
        if let Some(switched_off) = self.switched_off {
            return Err(switched_off.into());
        }
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let transport = self
            .attestation
            .apply(self.network, transport, &self.clock)?;
        LitNodeClient::connect_with(Connection {
            network: self.network,
            discovery: self.discovery,
            transport,
            clock: self.clock,
            blockhash_source: self.blockhash_source,
            connect_timeout: self.connect_timeout,
            node_timeout: self.node_timeout,
            timeout: self.timeout,
        })
        .await
    }
}

/// A complete configuration.
pub(crate) struct Connection {
    pub(crate) network: LitNetwork,
    pub(crate) discovery: Arc<dyn Discovery>,
    pub(crate) transport: Arc<dyn NodeTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) blockhash_source: Option<Arc<BlockhashSource>>,
    pub(crate) connect_timeout: Duration,
    pub(crate) node_timeout: Duration,
    pub(crate) timeout: Option<Duration>,
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
    Err(Error::Config(crate::ConfigError::NoTransport))
}
