use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// The number of entries kept, besides those that are in use. If the entry of an operation was evicted, the next node starts the
/// operation again.
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
        self.get_or_insert_unused(key, new, |_| false)
    }

    /// As [`get_or_insert`](Self::get_or_insert), but evicts no entry that is in use.
    pub(crate) fn get_or_insert_unused(
        &mut self,
        key: K,
        new: impl FnOnce() -> V,
        is_in_use: impl Fn(&V) -> bool,
    ) -> &mut V {
        if !self.entries.contains_key(&key) {
            if self.order.len() >= REMEMBERED {
                self.forget_oldest(is_in_use);
            }
            self.order.push_back(key.clone());
        }
        self.entries.entry(key).or_insert_with(new)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// Evicts the oldest entry that is not in use. Returns whether there was one.
    pub(crate) fn forget_oldest(&mut self, is_in_use: impl Fn(&V) -> bool) -> bool {
        let is_unused = |key: &K| self.entries.get(key).is_none_or(|value| !is_in_use(value));
        let oldest = self.order.iter().position(is_unused);
        let oldest = oldest.and_then(|at| self.order.remove(at));
        oldest.is_some_and(|key| self.entries.remove(&key).is_some())
    }
}
