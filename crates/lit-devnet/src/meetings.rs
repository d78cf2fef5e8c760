//! Exchange of values between nodes that run the same action.
//!
//! All nodes share this process, so a table takes the place of messages.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use lit_node::{Announce, Follow, Meeting, PeerError, Peers, Role};
use lit_types::NodeUrl;
use tokio::sync::watch;

use crate::{lock::lock, recent::Recent};

/// The most bytes that a table keeps for nodes that come late. All engines together exchange less at a time.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// The meetings of all nodes of a network.
#[derive(Debug, Default)]
pub(crate) struct Meetings {
    runs: Mutex<Table<watch::Receiver<Announced>>>,
    collections: Mutex<Table<watch::Sender<Values>>>,
}

/// Meetings, until there are too many of them, or their values are too long. Those for which a node waits are kept.
#[derive(Debug)]
struct Table<V> {
    meetings: Recent<Meeting, V>,
    /// The bytes of all values.
    kept: Arc<AtomicUsize>,
}

/// The meetings as one node takes part in them.
#[derive(Debug)]
pub(crate) struct LocalPeers {
    node: NodeUrl,
    meetings: Arc<Meetings>,
}

/// Values by node, in order of arrival.
#[derive(Debug)]
struct Values {
    by_node: Vec<(NodeUrl, String)>,
    kept: Kept,
}

/// The result of a function that one node ran.
#[derive(Debug)]
struct Announced {
    value: Option<String>,
    kept: Kept,
}

/// Bytes of a table, until they are dropped.
#[derive(Debug)]
struct Kept {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

/// The obligation to announce a result. If it is dropped without one, followers get an error.
#[derive(Debug)]
struct Leading(watch::Sender<Announced>);

struct Following(watch::Receiver<Announced>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self {
            meetings: Recent::default(),
            kept: Arc::default(),
        }
    }
}

/// Whether a node still waits for the others in a meeting.
trait InUse {
    fn is_in_use(&self) -> bool;
}

impl InUse for watch::Receiver<Announced> {
    /// The leader has not announced its result.
    fn is_in_use(&self) -> bool {
        self.has_changed().is_ok()
    }
}

impl InUse for watch::Sender<Values> {
    fn is_in_use(&self) -> bool {
        self.receiver_count() > 0
    }
}

impl<V: InUse> Table<V> {
    /// The value of a meeting, made by `new` if it is the first time.
    fn meet(&mut self, id: Meeting, new: impl FnOnce(Kept) -> V) -> &mut V {
        while self.kept.load(Ordering::Relaxed) > MAX_KEPT
            && self.meetings.forget_oldest(V::is_in_use)
        {}
        let all = &self.kept;
        let new = || {
            new(Kept {
                bytes: 0,
                all: Arc::clone(all),
            })
        };
        self.meetings.get_or_insert_unused(id, new, V::is_in_use)
    }
}

impl Kept {
    fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.all.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Meetings {
    /// The first node leads. If it leaves without a result, the next one does.
    fn join(&self, id: Meeting) -> Role {
        let mut runs = lock(&self.runs);
        let all = Arc::clone(&runs.kept);
        let lead = |kept| watch::channel(Announced { value: None, kept });
        let mut leading = None;
        let known = runs.meet(id, |kept| {
            let (sender, receiver) = lead(kept);
            leading = Some(sender);
            receiver
        });
        let is_over = known.has_changed().is_err();
        if leading.is_none() && is_over && known.borrow().value.is_none() {
            let (sender, receiver) = lead(Kept { bytes: 0, all });
            leading = Some(sender);
            *known = receiver;
        }
        match leading {
            Some(sender) => Role::Leader(Box::new(Leading(sender))),
            None => Role::Follower(Box::new(Following(known.clone()))),
        }
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
        let sender = collections.meet(id, |kept| {
            watch::Sender::new(Values {
                by_node: Vec::new(),
                kept,
            })
        });
        if let Some(value) = value {
            sender.send_modify(|Values { by_node, kept }| {
                if by_node.len() < enough && by_node.iter().all(|(from, _)| from != node) {
                    kept.add(value.len());
                    by_node.push((node.clone(), value));
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
        let complete = values
            .wait_for(|values| values.by_node.len() >= enough)
            .await;
        let mut collected = complete
            .map_err(|_| PeerError::new("the other nodes have stopped"))?
            .by_node
            .clone();
        collected.sort_by(|(a, _), (b, _)| (a == node, a.as_str()).cmp(&(b == node, b.as_str())));
        Ok(collected.into_iter().map(|(_, value)| value).collect())
    }
}

impl Announce for Leading {
    fn announce(self: Box<Self>, value: String) {
        self.0.send_modify(|announced| {
            announced.kept.add(value.len());
            announced.value = Some(value);
        });
    }
}

#[async_trait]
impl Follow for Following {
    async fn result(mut self: Box<Self>) -> Result<String, PeerError> {
        let announced = self.0.wait_for(|it| it.value.is_some()).await;
        let value = announced.ok().and_then(|announced| announced.value.clone());
        value.ok_or_else(|| PeerError::new("the node that ran the function ended without a result"))
    }
}

#[cfg(test)]
mod tests {
    use lit_node::RequestKey;

    use super::*;

    fn meeting(number: usize) -> Meeting {
        Meeting {
            request: RequestKey {
                request_id: number.to_string(),
                caller: String::new(),
            },
            point: String::new(),
        }
    }

    #[tokio::test]
    async fn the_values_that_are_kept_are_bounded() {
        const MIB: usize = 1024 * 1024;
        let meetings = Arc::<Meetings>::default();
        let node = |number| {
            let url: NodeUrl = format!("http://127.0.0.1:{number}").parse().unwrap();
            LocalPeers::new(url, Arc::clone(&meetings))
        };
        let (first, second) = (node(1), node(2));
        for number in 0..200 {
            let value = || "x".repeat(MIB / 2);
            first.contribute(meeting(number), value(), 2).await;
            let values = second.collect(meeting(number), Some(value()), 2).await;
            assert_eq!(values.unwrap().concat().len(), MIB);
            let Role::Leader(leading) = first.join(meeting(number)).await else {
                panic!("the first node leads");
            };
            leading.announce("y".repeat(MIB));
            let Role::Follower(following) = second.join(meeting(number)).await else {
                panic!("the second node follows");
            };
            assert_eq!(following.result().await.unwrap().len(), MIB);
        }
        // The last meeting came when there was room.
        for kept in [
            &lock(&meetings.runs).kept,
            &lock(&meetings.collections).kept,
        ] {
            let kept = kept.load(Ordering::Relaxed);
            assert!((MAX_KEPT - MIB..=MAX_KEPT + MIB).contains(&kept), "{kept}");
        }
        assert_eq!(lock(&meetings.runs).meetings.len(), 64);
    }

    #[tokio::test]
    async fn a_meeting_in_which_a_node_waits_is_kept() {
        let meetings = Arc::<Meetings>::default();
        let node = |number| {
            let url: NodeUrl = format!("http://127.0.0.1:{number}").parse().unwrap();
            LocalPeers::new(url, Arc::clone(&meetings))
        };
        let (first, second) = (node(1), node(2));
        let waited_for = meeting(0);
        let value = "first".to_owned();
        let mut waiting = first.collect(waited_for.clone(), Some(value), 2);
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("one value is too few"),
            () = std::future::ready(()) => {}
        }
        let Role::Leader(leading) = first.join(waited_for.clone()).await else {
            panic!("the first node leads");
        };
        // More meetings, and more bytes, than the tables keep.
        for number in 1..=1_500 {
            second
                .contribute(meeting(number), "x".repeat(64 * 1024), 2)
                .await;
            second.join(meeting(number)).await;
        }
        assert!(lock(&meetings.collections).meetings.len() <= 1_000);
        assert_eq!(lock(&meetings.runs).meetings.len(), 1_000);
        let Role::Follower(following) = second.join(waited_for.clone()).await else {
            panic!("the first node still leads");
        };
        leading.announce("result".to_owned());
        assert_eq!(following.result().await.unwrap(), "result");
        let value = "second".to_owned();
        second.contribute(waited_for, value, 2).await;
        assert_eq!(waiting.await.unwrap(), ["second", "first"]);
    }
}
