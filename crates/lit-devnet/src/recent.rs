use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The number of entries kept. If the entry of an operation was evicted, the next node starts the operation again.
const REMEMBERED: usize = 1_000;

/// A map that evicts its oldest entry when it is full.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    entries: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn get_or_insert(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        if !self.entries.contains_key(&key) {
            if self.order.len() == REMEMBERED {
                self.forget_oldest();
            }
            self.order.push_back(key.clone());
        }
        self.entries.entry(key).or_insert_with(new)
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.entries.remove(&oldest);
        }
    }
}
