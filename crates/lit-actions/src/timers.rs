//! The queue behind `setTimeout` and `setInterval`.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

/// Timers by due time. Timers due at the same instant fire in the order of their start.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeSet<(Instant, u32)>,
    due: HashMap<u32, Instant>,
}

impl Timers {
    /// The memory of one timer in both collections, in bytes.
    pub(crate) const SIZE: usize = 128;

    /// The number of pending timers.
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    /// Schedules timer `id` for `due`.
    pub(crate) fn start(&mut self, id: u32, due: Instant) {
        self.stop(id);
        self.queue.insert((due, id));
        self.due.insert(id, due);
    }

    /// Removes timer `id`, if it is pending.
    pub(crate) fn stop(&mut self, id: u32) {
        if let Some(due) = self.due.remove(&id) {
            self.queue.remove(&(due, id));
        }
    }

    /// When the next timer fires.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.queue.first().map(|&(due, _)| due)
    }

    /// Removes the first timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let &(due, id) = self.queue.first()?;
        (due <= now).then(|| self.stop(id)).map(|()| id)
    }
}
