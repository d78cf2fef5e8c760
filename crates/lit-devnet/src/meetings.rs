//! Exchange of values between nodes that run the same action.
//!
//! All nodes share this process, so a table takes the place of messages.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lit_node::{Announce, Follow, Meeting, PeerError, Peers, Role};
use lit_types::NodeUrl;
use tokio::sync::watch;

use crate::{lock::lock, recent::Recent};

/// The meetings of all nodes of a network.
#[derive(Debug, Default)]
pub(crate) struct Meetings {
    runs: Mutex<Recent<Meeting, watch::Receiver<Option<String>>>>,
    collections: Mutex<Recent<Meeting, watch::Sender<Values>>>,
}

/// The meetings as one node takes part in them.
#[derive(Debug)]
pub(crate) struct LocalPeers {
    node: NodeUrl,
    meetings: Arc<Meetings>,
}

/// Values by node, in order of arrival.
type Values = Vec<(NodeUrl, String)>;

/// The obligation to announce a result. If it is dropped without one, followers get an error.
#[derive(Debug)]
struct Leading(watch::Sender<Option<String>>);

struct Following(watch::Receiver<Option<String>>);

impl Meetings {
    /// The first node leads. If it leaves without a result, the next one does.
    fn join(&self, id: Meeting) -> Role {
        let (sender, receiver) = watch::channel(None);
        let mut runs = lock(&self.runs);
        let known = runs.get_or_insert(id, || receiver.clone());
        if known.same_channel(&receiver) {
            return Role::Leader(Box::new(Leading(sender)));
        }
        let is_over = known.has_changed().is_err();
        if is_over && known.borrow().is_none() {
            *known = receiver;
            return Role::Leader(Box::new(Leading(sender)));
        }
        Role::Follower(Box::new(Following(known.clone())))
    }

    /// Adds the node's value, if it has one and fewer than `enough` are present.
    fn contribute(
        &self,
        id: Meeting,
        node: &NodeUrl,
        value: Option<String>,
        enough: usize,
    ) -> watch::Receiver<Values> {
        let mut collections = lock(&self.collections);
        let sender = collections.get_or_insert(id, || watch::Sender::new(Values::new()));
        if let Some(value) = value {
            sender.send_modify(|values| {
                if values.len() < enough && values.iter().all(|(from, _)| from != node) {
                    values.push((node.clone(), value));
                }
            });
        }
        sender.subscribe()
    }
}

impl LocalPeers {
    pub(crate) const fn new(node: NodeUrl, meetings: Arc<Meetings>) -> Self {
        Self { node, meetings }
    }
}

#[async_trait]
impl Peers for LocalPeers {
    async fn join(&self, meeting: Meeting) -> Role {
        self.meetings.join(meeting)
    }

    async fn contribute(&self, meeting: Meeting, value: String, enough: usize) {
        self.meetings
            .contribute(meeting, &self.node, Some(value), enough);
    }

    async fn collect(
        &self,
        meeting: Meeting,
        value: Option<String>,
        enough: usize,
    ) -> Result<Vec<String>, PeerError> {
        let node = &self.node;
        let mut values = self.meetings.contribute(meeting, node, value, enough);
        let complete = values.wait_for(|values| values.len() >= enough).await;
        let mut collected = complete
            .map_err(|_| PeerError::new("the other nodes have stopped"))?
            .clone();
        collected.sort_by(|(a, _), (b, _)| (a == node, a.as_str()).cmp(&(b == node, b.as_str())));
        Ok(collected.into_iter().map(|(_, value)| value).collect())
    }
}

impl Announce for Leading {
    fn announce(self: Box<Self>, value: String) {
        self.0.send_replace(Some(value));
    }
}

#[async_trait]
impl Follow for Following {
    async fn result(mut self: Box<Self>) -> Result<String, PeerError> {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(value)) => Ok(value.clone()),
            _ => Err(PeerError::new(
                "the node that ran the function ended without a result",
            )),
        }
    }
}
