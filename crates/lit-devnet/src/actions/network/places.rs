//! How many engines run at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, Weak},
};

use lit_types::NodeUrl;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::{Operation, lock};

/// Places for engines, given in the order of asking.
///
/// The nodes that work on the same request wait for one another, so they come in together: the first of them takes places
/// for all. An action that is called by another runs on the place of its caller.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    nodes: usize,
    groups: Mutex<HashMap<Operation, Weak<Place>>>,
}

/// The right to run an engine, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Place {
    permits: OnceCell<OwnedSemaphorePermit>,
    /// The nodes that are or were here: each has one place.
    members: Mutex<HashSet<NodeUrl>>,
}

impl Places {
    /// `max_engines` places, but at least one for each node.
    pub(super) fn new(max_engines: usize, nodes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(max_engines.max(nodes))),
            nodes,
            groups: Mutex::default(),
        }
    }

    /// Waits for a place.
    pub(super) async fn enter(&self, operation: Option<&Operation>, node: &NodeUrl) -> Arc<Place> {
        let group = operation.and_then(|operation| self.group(operation, node));
        let (place, wanted) = match group {
            Some(group) => (group, self.nodes),
            None => (Arc::default(), 1),
        };
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let take = || Arc::clone(&self.free).acquire_many_owned(wanted);
        // Fails only when the semaphore is closed, which nobody does.
        let _ = place.permits.get_or_try_init(take).await;
        place
    }

    /// The place of a request, unless the node has used its part of it.
    fn group(&self, operation: &Operation, node: &NodeUrl) -> Option<Arc<Place>> {
        let mut groups = lock(&self.groups);
        groups.retain(|_, group| group.strong_count() > 0);
        let group = match groups.get(operation).and_then(Weak::upgrade) {
            Some(group) => group,
            None => {
                let group = Arc::<Place>::default();
                groups.insert(operation.clone(), Arc::downgrade(&group));
                group
            }
        };
        let is_first = lock(&group.members).insert(node.clone());
        is_first.then_some(group)
    }
}
