//! Slots for engines, which bound how many run at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, Weak},
};

use lit_types::NodeUrl;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use super::{Operation, lock};

/// Slots for engines, assigned in order of request.
///
/// Nodes that work on the same request wait for one another, so they get their slots together: the first of them takes slots for all.
/// An action called by another runs on its caller's slot.
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
    /// The nodes that have or had a slot: each has one.
    members: Mutex<HashSet<NodeUrl>>,
}

impl Places {
    /// `max_engines` slots, but at least one for each node.
    pub(super) fn new(max_engines: usize, nodes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(max_engines.max(nodes))),
            nodes,
            groups: Mutex::default(),
        }
    }

    /// Waits for a slot.
    pub(super) async fn enter(&self, operation: Option<&Operation>, node: &NodeUrl) -> Arc<Place> {
        let group = operation.and_then(|operation| self.group(operation, node));
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
