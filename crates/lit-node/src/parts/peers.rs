use std::fmt::{self, Debug};

use async_trait::async_trait;

/// How a node meets the other nodes while they run the same action.
#[async_trait]
pub trait Peers: Debug + Send + Sync + 'static {
    /// Decides whether this node runs a `runOnce` function. If the leader leaves without a result, nodes already waiting get an error, and
    /// the next node to join leads.
    async fn join(&self, meeting: Meeting) -> Role;

    /// Contributes a value without waiting for the others. Values after the first `enough` are ignored.
    async fn contribute(&self, meeting: Meeting, value: String, enough: usize);

    /// Contributes a value, if there is one, and waits for the values of `enough` nodes. All nodes get the values of the same nodes; a
    /// node's own value comes last.
    ///
    /// # Errors
    /// [`PeerError`] if the others have stopped.
    async fn collect(
        &self,
        meeting: Meeting,
        value: Option<String>,
        enough: usize,
    ) -> Result<Vec<String>, PeerError>;
}

/// Identifies a request on all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// The id of the request.
    pub request_id: String,
    /// The caller: the session key that signed the request, or the hash of a request without a session. Nodes exchange values only
    /// within requests of the same caller.
    pub caller: String,
}

/// A meeting point of nodes: the same point in the same request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meeting {
    /// The request.
    pub request: RequestKey,
    /// The action, how it was called, the name of the point, and how often the name was used before.
    pub point: String,
}

/// The role of a node where only one node acts.
pub enum Role {
    /// The node acts, and announces the result. If it drops this without a result, its followers get an error.
    Leader(Box<dyn Announce>),
    /// Another node acts.
    Follower(Box<dyn Follow>),
}

impl Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leader(_) => "Leader(..)",
            Self::Follower(_) => "Follower(..)",
        })
    }
}

/// Announces the result of the leader.
pub trait Announce: Debug + Send + Sync + 'static {
    /// Gives the result to all followers.
    fn announce(self: Box<Self>, value: String);
}

/// Waits for the result of the leader.
#[async_trait]
pub trait Follow: Send + Sync + 'static {
    /// The result.
    ///
    /// # Errors
    /// [`PeerError`] if the leader ended without a result.
    async fn result(self: Box<Self>) -> Result<String, PeerError>;
}

/// Why nodes did not meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PeerError(String);

impl PeerError {
    /// An error with this text, which the action gets.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
