use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use alloy_primitives::{B256, keccak256};
use lit_types::AuthSig;

/// The roots of revoked sessions. A store that brings such a session back is not believed.
///
/// It keeps the last 16,384 roots, which take about 2 MB.
#[derive(Default)]
pub(super) struct Revoked(Mutex<Roots>);

#[derive(Default)]
struct Roots {
    known: HashSet<B256>,
    /// The latest is at the end.
    by_age: VecDeque<B256>,
}

const MAX_ROOTS: usize = 16_384;

impl Revoked {
    pub(super) fn add(&self, root: &AuthSig) {
        let mut roots = self.roots();
        let id = id(root);
        if !roots.known.insert(id) {
            return;
        }
        roots.by_age.push_back(id);
        if roots.by_age.len() > MAX_ROOTS
            && let Some(oldest) = roots.by_age.pop_front()
        {
            roots.known.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, root: &AuthSig) -> bool {
        let roots = self.roots();
        !roots.known.is_empty() && roots.known.contains(&id(root))
    }

    fn roots(&self) -> MutexGuard<'_, Roots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signed text names the session key. A signature of it has several encodings.
fn id(root: &AuthSig) -> B256 {
    keccak256(&root.signed_message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_roots_are_forgotten() {
        let root =
            |number: usize| AuthSig::wallet(String::new(), number.to_string(), String::new());
        let revoked = Revoked::default();
        for number in (0..=MAX_ROOTS).chain([1, 1]) {
            revoked.add(&root(number));
        }
        assert!(!revoked.contains(&root(0)));
        assert!((1..=MAX_ROOTS).all(|number| revoked.contains(&root(number))));
        assert_eq!(revoked.roots().known.len(), MAX_ROOTS);
    }
}
