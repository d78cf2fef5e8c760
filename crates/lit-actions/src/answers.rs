use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The memory of one permit, in bytes.
const UNIT: usize = 1024;

/// The part of the memory limit for answers that the action has not received yet.
#[derive(Clone)]
pub(crate) struct Answers {
    limit: usize,
    free: Arc<Semaphore>,
}

impl Answers {
    /// Room for this number of bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let units = limit.div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
        Self {
            limit,
            free: Arc::new(Semaphore::new(units)),
        }
    }

    /// The size of the largest answer, in bytes.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Waits for room; `None` if the answer is larger than the limit.
    pub(crate) async fn wait(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        if bytes > self.limit {
            return None;
        }
        let free = Arc::clone(&self.free);
        free.acquire_many_owned(units(bytes)).await.ok()
    }

    /// Takes room, if there is some.
    pub(crate) fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let free = Arc::clone(&self.free);
        free.try_acquire_many_owned(units(bytes)).ok()
    }
}

/// Gives back the room that an answer of this size does not need.
pub(crate) fn shrink(room: &mut OwnedSemaphorePermit, bytes: usize) {
    let unused = room.num_permits().saturating_sub(bytes.div_ceil(UNIT));
    drop(room.split(unused));
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}
