//! Values that the nodes which run the same action hand to one another.
//!
//! The nodes of a network share this process, so a table of what happens now takes the place of messages.

use std::sync::Mutex;

use lit_types::NodeUrl;
use tokio::sync::watch;

use super::{Operation, lock};
use crate::{actions::HostError, recent::Recent};

/// Where nodes meet: the same request, the same place in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct MeetingId {
    pub(super) operation: Operation,
    /// The action, how it was called, the name that it gave, and how often it did so before.
    pub(super) point: String,
}

#[derive(Debug, Default)]
pub(super) struct Meetings {
    runs: Mutex<Recent<MeetingId, watch::Receiver<Option<String>>>>,
    collections: Mutex<Recent<MeetingId, watch::Sender<Values>>>,
}

/// Who said what, in the order of coming.
pub(super) type Values = Vec<(NodeUrl, String)>;

/// What a node has to do where only one node acts.
pub(super) enum Part {
    Leader(Leading),
    Follower(Following),
}

/// The duty to say what came out. Dropped without, it tells the followers so.
#[derive(Debug)]
pub(super) struct Leading(watch::Sender<Option<String>>);

pub(super) struct Following(watch::Receiver<Option<String>>);

impl Meetings {
    /// The node that comes first leads; the next one does where it left without a result.
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

    /// Adds a value, if the node has one and there are not `enough`.
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

    /// Adds a value, if the node has one, and waits until there are `enough`. All nodes get the same values, those of the
    /// first `enough` nodes; the own one is the last, if it is among them.
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
            .map_err(|_| HostError::new("the other nodes are gone"))?
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
