mod builder;
mod clock;
mod nonce;
pub(crate) mod random;
pub(crate) mod state;

pub use self::{builder::LitNodeClientBuilder, clock::SystemClock};

use std::{
    fmt,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lit_node_transport::{HandshakeKeys, NodeTransport};
use lit_recap::{ReCap, SiweError};
use lit_session_crypto::{
    BlsPublicKey, CapabilityRefusal, RootExpectation, RootRefusal, Session, SessionKeyPair,
    VerifiedRoot, check_proof, check_root,
};
use lit_types::{
    AuthSig, Clock, LitNetwork, NodeUrl, SessionSigs, Timestamp,
    constants::{DEFAULT_SESSION_LIFETIME, MAX_SESSION_LIFETIME},
};
use rand_core::OsRng;
use time::OffsetDateTime;
use tokio::task::AbortHandle;

use crate::{
    AuthNeeded, AuthNeededError, AuthRequest, BlockhashSource, Discovery, Epoch, Error,
    NetworkView, SessionRequest, calls::signers::Signers, client::builder::Connection,
    client::random::check_randomness, client::state::NetworkState, network::FixedNodes,
    session::combined_roots::CombinedRoots, session::warn_about_proofs,
};

/// A client of a Lit network, connected. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct LitNodeClient(Arc<Inner>);

struct Inner {
    network: LitNetwork,
    discovery: Arc<dyn Discovery>,
    transport: Arc<dyn NodeTransport>,
    clock: Arc<dyn Clock>,
    blockhash_source: Option<Arc<BlockhashSource>>,
    connect_timeout: Duration,
    node_deadline: Duration,
    state: RwLock<Arc<NetworkState>>,
    ready: AtomicBool,
    signers: Signers,
    combined_roots: CombinedRoots,
    /// Follows the changes of the network.
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
    /// Configures a client for these nodes, of which `threshold` have to agree. Both come from whoever runs the network.
    pub fn builder(
        nodes: impl IntoIterator<Item = NodeUrl>,
        threshold: usize,
    ) -> LitNodeClientBuilder {
        let nodes = nodes.into_iter().collect();
        let view = NetworkView {
            nodes,
            threshold,
            epoch: Epoch::default(),
        };
        Self::discover(Arc::new(FixedNodes(view)))
    }

    /// Configures a client that finds its nodes by itself, and follows when they change.
    pub fn discover(discovery: Arc<dyn Discovery>) -> LitNodeClientBuilder {
        LitNodeClientBuilder::new(discovery)
    }

    pub(crate) async fn connect(config: Connection) -> Result<Self, Error> {
        let Connection {
            network,
            discovery,
            transport,
            clock,
            blockhash_source,
            connect_timeout,
            node_deadline,
        } = config;
        let view = discovery.network_view().await.map_err(Error::Discovery)?;
        let state = NetworkState::connect(view, &transport, connect_timeout, clock.now()).await?;
        let inner = Arc::new(Inner {
            network,
            discovery,
            transport,
            clock,
            blockhash_source,
            connect_timeout,
            node_deadline,
            state: RwLock::new(Arc::new(state)),
            ready: AtomicBool::new(true),
            signers: Signers::default(),
            combined_roots: CombinedRoots::default(),
            follower: OnceLock::new(),
        });
        let discovery = Arc::clone(&inner.discovery);
        let follower = tokio::spawn(follow(Arc::downgrade(&inner), discovery)).abort_handle();
        // Nobody else has seen the cell yet.
        let _ = inner.follower.set(follower);
        Ok(Self(inner))
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> LitNetwork {
        self.0.network
    }

    /// All nodes of the network as it is now. Session signatures are made for all of them.
    #[must_use]
    pub fn nodes(&self) -> Arc<[NodeUrl]> {
        Arc::clone(&self.state().nodes)
    }

    /// The nodes that have answered the handshake so far, and agree on the keys.
    #[doc(alias = "connectedNodes")]
    #[must_use]
    pub fn connected_nodes(&self) -> Vec<NodeUrl> {
        self.state().connected()
    }

    /// How many nodes have to agree.
    #[doc(alias = "minNodeCount")]
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.state().view.threshold
    }

    /// The epoch nodes are called with.
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

    /// The Ethereum block hash that the nodes gave. New messages take it as their nonce, or a newer one from the source that
    /// [`LitNodeClientBuilder::blockhash_source`] names.
    #[must_use]
    pub fn latest_blockhash(&self) -> String {
        self.state().latest_blockhash().to_owned()
    }

    pub(crate) fn state(&self) -> Arc<NetworkState> {
        self.0.state()
    }

    /// Ends the client and all its clones: further calls give [`Error::NotReady`].
    pub fn disconnect(&self) {
        self.0.ready.store(false, Ordering::Relaxed);
        self.state().stop();
        if let Some(follower) = self.0.follower.get() {
            follower.abort();
        }
    }

    /// Makes a session that `auth` authorises, and its signatures for every node.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_session`].
    pub async fn get_session_sigs(
        &self,
        request: &SessionRequest,
        auth: &dyn AuthNeeded,
    ) -> Result<SessionSigs, Error> {
        let session = self.get_session(request, auth).await?;
        self.session_sigs(&session)
    }

    /// The signatures of a session for every node, made now.
    ///
    /// # Errors
    /// [`Error::Session`] when the session has ended.
    pub fn session_sigs(&self, session: &Session) -> Result<SessionSigs, Error> {
        Ok(session.sign_for(self.nodes().iter(), self.now())?)
    }

    /// Makes a session that `auth` authorises.
    ///
    /// The root that the request brings is used if it is still good. Otherwise `auth` is asked, and asked once more if what
    /// it gives does not authorise this; what it gives then is checked just the same.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::NoRequests`], [`Error::Lifetime`] and [`Error::Proof`] come before anybody is asked;
    /// then [`Error::AuthNeeded`] or [`Error::Root`].
    pub async fn get_session(
        &self,
        request: &SessionRequest,
        auth: &dyn AuthNeeded,
    ) -> Result<Session, Error> {
        self.check_ready()?;
        if request.requests.is_empty() {
            return Err(Error::NoRequests);
        }
        let now = self.now();
        let issued_at = Timestamp::try_from(now)?;
        let expiration = match &request.expiration {
            Some(expiration) => expiration.clone(),
            None => issued_at.checked_add(DEFAULT_SESSION_LIFETIME)?,
        };
        let latest = issued_at.checked_add(MAX_SESSION_LIFETIME)?;
        if expiration.at() <= now || expiration.at() > latest.at() {
            return Err(Error::Lifetime { expiration });
        }
        for (index, proof) in request.proofs.iter().enumerate() {
            check_proof(proof, now).map_err(|refusal| Error::Proof { index, refusal })?;
        }
        for wildcard in request
            .requests
            .iter()
            .filter(|request| request.resource().is_wildcard())
        {
            tracing::warn!(resource = %wildcard.resource(), ability = %wildcard.ability(), "session asks for any resource");
        }

        let key = match &request.session_key {
            Some(key) => key.clone(),
            None => generate_key()?,
        };
        let network_key = self.keys().network_public_key.parse::<BlsPublicKey>();
        let expected = |now| {
            let mut expected = RootExpectation::new(&request.requests, now);
            // What nodes agree on need not be a key; then there are no sessions of PKPs.
            if let Ok(network_key) = network_key {
                expected = expected.with_network_key(network_key);
            }
            if let Some(address) = auth.address() {
                expected = expected.with_address(address);
            }
            match &request.domain {
                Some(domain) => expected.with_domain(domain),
                None => expected,
            }
        };
        // Signing may take its time, so what was signed is checked at the time when it came.
        let check = |root: &AuthSig| {
            let combined = self.combined_roots().take(root);
            let mut expected = expected(self.now());
            if let Some(combined) = &combined {
                expected = expected.with_combined(combined);
            }
            check_root(root, key.public_key(), &expected)
        };
        let recap = ReCap::from_requests(&request.requests).map_err(SiweError::from)?;
        let reusable = request.root.as_ref().and_then(|root| {
            let refused = |refusal: &RootRefusal| {
                tracing::warn!(%refusal, "the given root AuthSig is of no use for this session; asking for a new one");
            };
            check(root).inspect_err(refused).ok()
        });
        let root = match reusable {
            Some(root) => root,
            None => {
                let auth_request = AuthRequest {
                    session_key: key.public_key(),
                    recap: recap.clone(),
                    requests: request.requests.clone(),
                    expiration: expiration.clone(),
                    nonce: self.nonce().await?,
                    issued_at,
                    domain: request.domain.clone(),
                    statement: request.statement.clone(),
                    chain: request.chain.clone(),
                };
                authorise(auth, &auth_request, check).await?
            }
        };
        if !recap.covers_all_of(root.granted()) {
            tracing::warn!(granted = ?root.granted(), "the root AuthSig grants more than the session asks for");
        }
        let proofs = request.proofs.clone();
        let session = Session::new(key, root, proofs, expiration, self.now())?;
        warn_about_proofs(&session, now);
        Ok(session)
    }

    pub(crate) fn check_ready(&self) -> Result<(), Error> {
        if self.0.ready.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(Error::NotReady)
        }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    pub(crate) fn blockhash_source(&self) -> Option<&BlockhashSource> {
        self.0.blockhash_source.as_deref()
    }

    pub(crate) fn transport(&self) -> &Arc<dyn NodeTransport> {
        &self.0.transport
    }

    pub(crate) fn signers(&self) -> &Signers {
        &self.0.signers
    }

    pub(crate) fn combined_roots(&self) -> &CombinedRoots {
        &self.0.combined_roots
    }

    pub(crate) fn node_deadline(&self) -> Duration {
        self.0.node_deadline
    }
}

impl fmt::Debug for LitNodeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LitNodeClient")
            .field("network", &self.0.network)
            .field("view", &self.state().view)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn state(&self) -> Arc<NetworkState> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the network again. What does not fit what is known is refused, and the old state stays.
    async fn refresh(&self) -> Result<(), Error> {
        let view = self
            .discovery
            .network_view()
            .await
            .map_err(Error::Discovery)?;
        let old = self.state();
        let new = if view.nodes == old.view.nodes && view.threshold == old.view.threshold {
            old.with_epoch_of(view)
        } else {
            let timeout = self.connect_timeout;
            NetworkState::connect(view, &self.transport, timeout, self.clock.now()).await?
        };
        // A network keeps its keys from epoch to epoch. Other keys are another network.
        if new.keys() != old.keys() {
            return Err(Error::KeysChanged);
        }
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }
}

/// Takes over every change of the network for as long as there is a client.
async fn follow(client: Weak<Inner>, discovery: Arc<dyn Discovery>) {
    /// How long to wait before a failed look is repeated.
    const RETRY: Duration = Duration::from_secs(5);
    loop {
        discovery.changed().await;
        loop {
            let Some(inner) = client.upgrade() else {
                return;
            };
            let Err(error) = inner.refresh().await else {
                break;
            };
            tracing::warn!(%error, "the network has changed, but cannot be looked at; going on with what is known");
            drop(inner);
            tokio::time::sleep(RETRY).await;
        }
    }
}

async fn authorise(
    auth: &dyn AuthNeeded,
    request: &AuthRequest,
    check: impl Fn(&AuthSig) -> Result<VerifiedRoot, RootRefusal>,
) -> Result<VerifiedRoot, Error> {
    let ask = async || auth.authorise(request).await.map_err(own_error);
    let root = ask().await?;
    match check(&root) {
        Ok(root) => Ok(root),
        // Somebody who gives nothing, or nothing that can be read, does so the second time as well.
        Err(
            refusal @ (RootRefusal::Empty
            | RootRefusal::UnknownAlgo
            | RootRefusal::AuthSig(CapabilityRefusal::Siwe(_))),
        ) => Err(refusal.into()),
        Err(refusal) => {
            tracing::warn!(%refusal, "what was signed does not authorise the session; asking once more");
            Ok(check(&ask().await?)?)
        }
    }
}

/// Whoever authorises by way of a client fails with an error of this crate, which is not wrapped again.
fn own_error(error: AuthNeededError) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => *own,
        Err(other) => Error::AuthNeeded(other),
    }
}

fn generate_key() -> Result<SessionKeyPair, Error> {
    check_randomness()?;
    Ok(SessionKeyPair::generate(&mut OsRng))
}
