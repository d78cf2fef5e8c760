//! The queue behind `setTimeout` and `setInterval`.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

/// Timers by due time; those due at the same instant fire in the order in which they were started.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Instant, u32)>,
    due: HashMap<u32, Instant>,
}

impl Timers {
    /// Lets timer `id` fire at `due`.
    pub(super) fn start(&mut self, id: u32, due: Instant) {
        self.stop(id);
        self.queue.insert((due, id));
        self.due.insert(id, due);
    }

    /// Forgets timer `id`, if it is there.
    pub(super) fn stop(&mut self, id: u32) {
        if let Some(due) = self.due.remove(&id) {
            self.queue.remove(&(due, id));
        }
    }

    /// When the next timer fires.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.first().map(|&(due, _)| due)
    }

    /// Takes out the first timer that is due at `now`.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let &(due, id) = self.queue.first()?;
        (due <= now).then(|| self.stop(id)).map(|()| id)
    }
}
