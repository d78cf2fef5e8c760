use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use lit_node_transport::{
    Discovery, Handshake, HandshakeError, HandshakeKeys, LateNodes, NodeOutcome, NodeTransport,
    QuorumPolicy, handshake,
};
use lit_types::{NodeUrl, names_a_node_twice};
use time::OffsetDateTime;
use tokio::task::AbortHandle;

use super::deadline::Deadline;
use crate::{ConfigError, Error, TimedStep, transport::NetworkView};

/// The network between two changes.
#[derive(Debug)]
pub(crate) struct NetworkState {
    pub(crate) view: NetworkView,
    pub(crate) nodes: Arc<[NodeUrl]>,
    greeting: Arc<Greeting>,
}

/// The result of the handshake, kept when only the epoch changes.
#[derive(Debug)]
struct Greeting {
    keys: HandshakeKeys,
    latest_blockhash: String,
    /// Whether a threshold of nodes gave it.
    blockhash_agreed: bool,
    at: OffsetDateTime,
    connected: Arc<RwLock<Vec<NodeUrl>>>,
    /// The task that lets late nodes join.
    late_joiner: AbortHandle,
}

impl Drop for Greeting {
    fn drop(&mut self) {
        self.late_joiner.abort();
    }
}

/// Connecting, with its time limit.
pub(crate) struct Connecting {
    timeout: Duration,
    deadline: Deadline,
}

impl Connecting {
    pub(crate) fn within(timeout: Duration) -> Self {
        let deadline = Deadline::after(timeout);
        Self { timeout, deadline }
    }

    /// Finds the nodes.
    pub(crate) async fn network_view(
        &self,
        discovery: &dyn Discovery,
    ) -> Result<NetworkView, Error> {
        let view = discovery.network_view();
        let view = self.deadline.limit(TimedStep::Discovery, view).await?;
        view.map_err(Error::Discovery)
    }

    /// Sends each node a handshake, and returns once a threshold of them agree, with what came of every node.
    pub(crate) async fn connect(
        &self,
        view: NetworkView,
        transport: &Arc<dyn NodeTransport>,
        now: OffsetDateTime,
    ) -> Result<(NetworkState, Vec<NodeOutcome>), Error> {
        check(&view)?;
        let policy = QuorumPolicy::new(view.threshold)
            // The deadline ends all handshakes at once.
            .with_node_timeout(Duration::MAX)
            .with_linger(self.timeout);
        let policy = self.deadline.bound(policy);
        let Handshake {
            keys,
            latest_blockhash,
            blockhash_agreed,
            connected,
            outcomes,
            late,
            ..
        } = handshake(transport, &view.nodes, view.epoch.number_at(now), &policy)
            .await
            .map_err(connect_error)?;
        let connected = Arc::new(RwLock::new(connected));
        let late_joiner = tokio::spawn(join_late(late, Arc::clone(&connected))).abort_handle();
        let greeting = Greeting {
            keys,
            latest_blockhash,
            blockhash_agreed,
            at: now,
            connected,
            late_joiner,
        };
        let state = NetworkState {
            nodes: view.nodes.as_slice().into(),
            view,
            greeting: Arc::new(greeting),
        };
        Ok((state, outcomes))
    }
}

impl NetworkState {
    /// The same nodes in another epoch.
    pub(crate) fn with_epoch_of(&self, view: NetworkView) -> Self {
        Self {
            view,
            nodes: Arc::clone(&self.nodes),
            greeting: Arc::clone(&self.greeting),
        }
    }

    pub(crate) fn keys(&self) -> &HandshakeKeys {
        &self.greeting.keys
    }

    pub(crate) fn latest_blockhash(&self) -> &str {
        &self.greeting.latest_blockhash
    }

    /// Whether a threshold of nodes gave that hash.
    pub(crate) fn is_blockhash_agreed(&self) -> bool {
        self.greeting.blockhash_agreed
    }

    /// When the nodes were greeted, and gave their latest block hash.
    pub(crate) fn greeted_at(&self) -> OffsetDateTime {
        self.greeting.at
    }

    pub(crate) fn connected(&self) -> Vec<NodeUrl> {
        let connected = self
            .greeting
            .connected
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        self.nodes
            .iter()
            .filter(|node| connected.contains(node))
            .cloned()
            .collect()
    }

    pub(crate) fn stop(&self) {
        self.greeting.late_joiner.abort();
    }
}

async fn join_late(mut late: LateNodes, connected: Arc<RwLock<Vec<NodeUrl>>>) {
    while let Some(node) = late.next().await {
        connected
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(node);
    }
}

fn connect_error(error: HandshakeError) -> Error {
    match error {
        HandshakeError::RandomnessUnavailable(error) => Error::RandomnessUnavailable(error.into()),
        HandshakeError::Nodes(nodes) => Error::Connect(Box::new(nodes)),
        other => Error::Discovery(other.into()),
    }
}

/// Checks that the threshold can be reached, and that no node counts twice.
fn check(view: &NetworkView) -> Result<(), Error> {
    let NetworkView {
        nodes, threshold, ..
    } = view;
    if *threshold == 0 || *threshold > nodes.len() {
        return Err(Error::Config(ConfigError::UnreachableThreshold {
            threshold: *threshold,
            nodes: nodes.len(),
        }));
    }
    if names_a_node_twice(nodes) {
        return Err(Error::Config(ConfigError::DuplicateNode));
    }
    Ok(())
}
