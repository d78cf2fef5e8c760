#[cfg(feature = "attestation")]
mod attestation;
#[cfg(not(feature = "attestation"))]
#[path = "no_attestation.rs"]
mod attestation;
mod builder;
mod clock;
pub(crate) mod deadline;
mod nonce;
pub(crate) mod random;
pub(crate) mod state;

use std::{
    fmt,
    future::Future,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lit_node_transport::{Discovery, HandshakeKeys, Network, NodeTransport};
use lit_types::{Clock, LitNetwork, NodeUrl};
use time::OffsetDateTime;
use tokio::task::AbortHandle;

pub use self::{builder::LitNodeClientBuilder, clock::SystemClock};

use self::{
    builder::Connection,
    deadline::Deadline,
    state::{Connecting, NetworkState},
};
use crate::{
    Error,
    calls::{NodeDoubt, signers::Signers},
    observe::{Operation, observe},
    services::BlockhashSource,
};

/// A connected client of a Lit network. Cheap to clone; clones share the connection.
#[doc(alias = "LitNodeClientNodeJs")]
#[derive(Clone)]
pub struct LitNodeClient {
    inner: Arc<Inner>,
    /// How long each operation may take.
    timeout: Option<Duration>,
    /// When the operation that this clone serves must have ended.
    deadline: Deadline,
}

struct Inner {
    network: LitNetwork,
    discovery: Arc<dyn Discovery>,
    transport: Arc<dyn NodeTransport>,
    clock: Arc<dyn Clock>,
    blockhash_source: Option<Arc<BlockhashSource>>,
    connect_timeout: Duration,
    node_timeout: Duration,
    state: RwLock<Arc<NetworkState>>,
    ready: AtomicBool,
    signers: Signers,
    /// The task that follows the changes of the network.
    follower: OnceLock<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(follower) = self.follower.get() {
            follower.abort();
        }
    }
}

impl LitNodeClient {
    /// Connects to a network: the embedded one, a [`NodeList`](crate::NodeList), or a
    /// [`NetworkContext`](crate::contracts::NetworkContext).
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// use lit_sdk::{LitNodeClient, NodeList};
    ///
    /// let nodes = NodeList::new("http://127.0.0.1:7470,http://127.0.0.1:7471,http://127.0.0.1:7472", 2)?;
    /// let client = LitNodeClient::connect(&nodes).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`LitNodeClientBuilder::connect`].
    #[doc(alias = "litNetwork")]
    pub async fn connect(network: &(impl Network + ?Sized)) -> Result<Self, Error> {
        Self::builder(network).connect().await
    }

    /// Configures a client for a network.
    pub fn builder(network: &(impl Network + ?Sized)) -> LitNodeClientBuilder {
        LitNodeClientBuilder::new(network)
    }

    pub(crate) async fn connect_with(config: Connection) -> Result<Self, Error> {
        let Connection {
            network,
            discovery,
            transport,
            clock,
            blockhash_source,
            connect_timeout,
            node_timeout,
            timeout,
        } = config;
        let connecting = Connecting::within(connect_timeout);
        let view = connecting.network_view(&*discovery).await?;
        let (state, outcomes) = connecting.connect(view, &transport, clock.now()).await?;
        let signers = Signers::default();
        signers.note(&outcomes, false);
        let inner = Arc::new(Inner {
            network,
            discovery,
            transport,
            clock,
            blockhash_source,
            connect_timeout,
            node_timeout,
            state: RwLock::new(Arc::new(state)),
            ready: AtomicBool::new(true),
            signers,
            follower: OnceLock::new(),
        });
        let discovery = Arc::clone(&inner.discovery);
        let follower = tokio::spawn(follow(Arc::downgrade(&inner), discovery)).abort_handle();
        // Nobody else has seen the cell yet.
        let _ = inner.follower.set(follower);
        Ok(Self {
            inner,
            timeout,
            deadline: Deadline::default(),
        })
    }

    /// Limits how long each call of this clone may take as a whole: queues, all requests to nodes, the authorizer of a session.
    /// Default: no limit, but each request to a node has [its own](LitNodeClientBuilder::with_node_timeout).
    ///
    /// The error of a call that takes longer is [retryable](Error::is_retryable). It says what the call was doing
    /// ([`Error::Timeout`]), or what became of the request to each node.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use lit_sdk::{Error, ExecuteJs, LitNodeClient, Session};
    /// # async fn run(client: LitNodeClient, session: Session, call: ExecuteJs) -> Result<(), Error> {
    /// let quick = client.clone().with_timeout(Duration::from_secs(5));
    /// let answer = quick.execute_js(&session, &call).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Runs an operation in a span of its own. The client that the operation is given has the deadline.
    pub(crate) async fn operate<T, F>(
        &self,
        operation: Operation,
        work: impl FnOnce(Self) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut client = self.clone();
        if let Some(timeout) = client.timeout.take() {
            client.deadline = client.deadline.or_earlier(Deadline::after(timeout));
        }
        observe(operation, work(client)).await
    }

    /// When the operation must have ended.
    pub(crate) const fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> LitNetwork {
        self.inner.network
    }

    /// All nodes of the network, whether they have answered or not. Session signatures are made for all of them.
    #[must_use]
    pub fn nodes(&self) -> Arc<[NodeUrl]> {
        Arc::clone(&self.state().nodes)
    }

    /// The nodes that have answered the handshake so far and agree on the keys, in the order of [`nodes`](Self::nodes).
    #[doc(alias = "connectedNodes")]
    #[must_use]
    pub fn connected_nodes(&self) -> Vec<NodeUrl> {
        self.state().connected()
    }

    /// How many nodes must agree.
    #[doc(alias = "minNodeCount")]
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.state().view.threshold
    }

    /// The epoch that requests carry.
    #[doc(alias = "currentEpochNumber")]
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.state().view.epoch.number_at(self.now())
    }

    /// The keys the nodes agreed on.
    #[must_use]
    pub fn keys(&self) -> HandshakeKeys {
        self.state().keys().clone()
    }

    /// The Ethereum block hash of the handshake. New messages take it as their nonce, or a newer one from the source that
    /// [`LitNodeClientBuilder::with_blockhash_source`] sets.
    #[must_use]
    pub fn latest_blockhash(&self) -> String {
        self.state().latest_blockhash().to_owned()
    }

    pub(crate) fn state(&self) -> Arc<NetworkState> {
        self.inner.state()
    }

    /// What the client holds against nodes, the worst first: wrong shares, failures, slowness, spoiled signatures.
    ///
    /// It forgets what it saw more than ten minutes ago. Calls avoid these nodes where they can.
    ///
    /// ```no_run
    /// # fn show(client: lit_sdk::LitNodeClient) {
    /// for doubt in client.doubts() {
    ///     println!("{}: {:?}, {} s ago", doubt.node, doubt.reason, doubt.age.as_secs());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn doubts(&self) -> Vec<NodeDoubt> {
        self.signers().doubts()
    }

    /// Disconnects the client and all its clones: further calls return [`Error::NotReady`].
    pub fn disconnect(&self) {
        self.inner.ready.store(false, Ordering::Relaxed);
        self.state().stop();
        if let Some(follower) = self.inner.follower.get() {
            follower.abort();
        }
    }

    pub(crate) fn check_ready(&self) -> Result<(), Error> {
        if self.inner.ready.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(Error::NotReady)
        }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
    }

    pub(crate) fn blockhash_source(&self) -> Option<&BlockhashSource> {
        self.inner.blockhash_source.as_deref()
    }

    pub(crate) fn transport(&self) -> &Arc<dyn NodeTransport> {
        &self.inner.transport
    }

    pub(crate) fn signers(&self) -> &Signers {
        &self.inner.signers
    }

    pub(crate) fn node_timeout(&self) -> Duration {
        self.inner.node_timeout
    }
}

impl fmt::Debug for LitNodeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LitNodeClient")
            .field("network", &self.inner.network)
            .field("view", &self.state().view)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn state(&self) -> Arc<NetworkState> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the network again. If its keys have changed, the old state stays.
    async fn refresh(&self) -> Result<(), Error> {
        let connecting = Connecting::within(self.connect_timeout);
        let view = connecting.network_view(&*self.discovery).await?;
        let old = self.state();
        let (new, outcomes) =
            if view.nodes == old.view.nodes && view.threshold == old.view.threshold {
                (old.with_epoch_of(view), Vec::new())
            } else {
                let now = self.clock.now();
                connecting.connect(view, &self.transport, now).await?
            };
        // A network keeps its keys from epoch to epoch, so this is another network.
        if new.keys() != old.keys() {
            return Err(Error::KeysChanged);
        }
        self.signers.note(&outcomes, false);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }
}

/// Follows the changes of the network while the client exists.
async fn follow(client: Weak<Inner>, discovery: Arc<dyn Discovery>) {
    /// How long to wait before trying again.
    const RETRY: Duration = Duration::from_secs(5);
    loop {
        discovery.changed().await;
        loop {
            let Some(inner) = client.upgrade() else {
                return;
            };
            let Err(error) = observe(Operation::Refresh, inner.refresh()).await else {
                break;
            };
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot read the changed network; keeping the known one"
            );
            // What has changed is another network. To greet it again would not make it this one.
            if matches!(error, Error::KeysChanged) {
                break;
            }
            drop(inner);
            tokio::time::sleep(RETRY).await;
        }
    }
}
