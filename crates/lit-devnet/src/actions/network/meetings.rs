//! Exchange of values between nodes that run the same action.
//!
//! All nodes share this process, so a table takes the place of messages.

use std::sync::Mutex;

use lit_types::NodeUrl;
use tokio::sync::watch;

use super::{Operation, lock};
use crate::{actions::HostError, recent::Recent};

/// A meeting point of nodes: the same point in the same request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct MeetingId {
    pub(super) operation: Operation,
    /// The action, how it was called, the name of the point, and how often the name was used before.
    pub(super) point: String,
}

#[derive(Debug, Default)]
pub(super) struct Meetings {
    runs: Mutex<Recent<MeetingId, watch::Receiver<Option<String>>>>,
    collections: Mutex<Recent<MeetingId, watch::Sender<Values>>>,
}

/// Values by node, in order of arrival.
pub(super) type Values = Vec<(NodeUrl, String)>;

/// The role of a node where only one node acts.
pub(super) enum Part {
    Leader(Leading),
    Follower(Following),
}

/// The obligation to announce a result. If it is dropped without one, followers get an error.
#[derive(Debug)]
pub(super) struct Leading(watch::Sender<Option<String>>);

pub(super) struct Following(watch::Receiver<Option<String>>);

impl Meetings {
    /// The first node leads. If it leaves without a result, the next one does.
    pub(super) fn join(&self, id: MeetingId) -> Part {
        let (sender, receiver) = watch::channel(None);
        let mut runs = lock(&self.runs);
        let known = runs.get_or_insert(id, || receiver.clone());
        if known.same_channel(&receiver) {
            return Part::Leader(Leading(sender));
        }
        let is_over = known.has_changed().is_err();
        if is_over && known.borrow().is_none() {
            *known = receiver;
            return Part::Leader(Leading(sender));
        }
        Part::Follower(Following(known.clone()))
    }

    /// Adds the node's value, if it has one and fewer than `enough` are present.
    pub(super) fn contribute(
        &self,
        id: MeetingId,
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

    /// Adds the node's value, if it has one, and waits for `enough` values. All nodes get the values of the same first `enough` nodes;
    /// a node's own value comes last.
    pub(super) async fn collect(
        &self,
        id: MeetingId,
        node: &NodeUrl,
        value: Option<String>,
        enough: usize,
    ) -> Result<Vec<String>, HostError> {
        let mut values = self.contribute(id, node, value, enough);
        let complete = values.wait_for(|values| values.len() >= enough).await;
        let mut collected = complete
            .map_err(|_| HostError::new("the other nodes have stopped"))?
            .clone();
        collected.sort_by(|(a, _), (b, _)| (a == node, a.as_str()).cmp(&(b == node, b.as_str())));
        Ok(collected.into_iter().map(|(_, value)| value).collect())
    }
}

impl Leading {
    pub(super) fn announce(self, value: String) {
        self.0.send_replace(Some(value));
    }
}

impl Following {
    pub(super) async fn result(mut self) -> Result<String, HostError> {
        match self.0.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(value)) => Ok(value.clone()),
            _ => Err("the node that ran the function ended without a result".into()),
        }
    }
}
