//! Slots for engines, which bound how many run at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, Weak},
};

use async_trait::async_trait;
use lit_node::{EngineSlot, Engines, RequestKey};
use lit_types::NodeUrl;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::lock::lock;

/// Slots for engines, assigned in order of request.
///
/// Nodes that work on the same request wait for one another, so they get their slots together: the first of them takes slots for all.
/// An action called by another runs on its caller's slot.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    nodes: usize,
    groups: Mutex<HashMap<RequestKey, Weak<Place>>>,
}

/// The right to run an engine, until it is dropped.
#[derive(Debug, Default)]
struct Place {
    permits: OnceCell<OwnedSemaphorePermit>,
    /// The nodes that have or had a slot: each has one.
    members: Mutex<HashSet<NodeUrl>>,
}

impl Places {
    /// `max_engines` slots, but at least one for each node.
    pub(crate) fn new(max_engines: usize, nodes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(max_engines.max(nodes))),
            nodes,
            groups: Mutex::default(),
        }
    }

    /// Waits for a slot.
    async fn enter(&self, request: Option<&RequestKey>, node: &NodeUrl) -> Arc<Place> {
        let group = request.and_then(|request| self.group(request, node));
        let (place, wanted) = match group {
            Some(group) => (group, self.nodes),
            None => (Arc::default(), 1),
        };
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let take = || Arc::clone(&self.free).acquire_many_owned(wanted);
        // The semaphore is never closed.
        let _ = place.permits.get_or_try_init(take).await;
        place
    }

    /// The group of a request, unless the node has already used its slot.
    fn group(&self, request: &RequestKey, node: &NodeUrl) -> Option<Arc<Place>> {
        let mut groups = lock(&self.groups);
        groups.retain(|_, group| group.strong_count() > 0);
        let group = match groups.get(request).and_then(Weak::upgrade) {
            Some(group) => group,
            None => {
                let group = Arc::<Place>::default();
                groups.insert(request.clone(), Arc::downgrade(&group));
                group
            }
        };
        let is_first = lock(&group.members).insert(node.clone());
        is_first.then_some(group)
    }
}

/// The slots as one node takes them.
#[derive(Debug)]
pub(crate) struct LocalEngines {
    node: NodeUrl,
    places: Arc<Places>,
}

impl LocalEngines {
    pub(crate) const fn new(node: NodeUrl, places: Arc<Places>) -> Self {
        Self { node, places }
    }
}

#[async_trait]
impl Engines for LocalEngines {
    async fn enter(&self, request: Option<&RequestKey>) -> EngineSlot {
        EngineSlot::holding(self.places.enter(request, &self.node).await)
    }
}
