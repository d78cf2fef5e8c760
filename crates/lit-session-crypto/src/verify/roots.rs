use std::{
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use alloy_primitives::Address;
use lit_recap::{NodeGrants, SiweMessage};
use lit_types::{AuthContext, AuthSig};

/// Larger roots are verified each time, so that a few cannot take the memory of many.
const MAX_REMEMBERED_BYTES: usize = 16 * 1024;

/// A root whose signature was verified.
pub(super) struct Root {
    pub(super) message: SiweMessage,
    pub(super) address: Address,
    pub(super) grants: NodeGrants,
    /// How nodes found the caller to be authorized, if they signed for a PKP.
    pub(super) auth_context: Option<AuthContext>,
}

/// The verified roots that were used last. Clones share them.
///
/// A root is found by all its members, so another one never takes its place.
#[derive(Clone)]
pub(super) struct Roots {
    count: usize,
    known: Arc<Mutex<Generations>>,
}

/// The roots in two halves. When `new` is full it becomes `old`, and the roots that were in `old` are forgotten. A root that is used
/// moves to `new`.
#[derive(Default)]
struct Generations {
    new: HashMap<AuthSig, Arc<Root>>,
    old: HashMap<AuthSig, Arc<Root>>,
}

impl Roots {
    /// Remembers about this number of roots: one more, if it is odd.
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            known: Arc::default(),
        }
    }

    /// The same without any root, and shared with nobody.
    pub(super) fn empty(&self) -> Self {
        Self::new(self.count)
    }

    pub(super) fn get(&self, auth_sig: &AuthSig) -> Option<Arc<Root>> {
        let mut known = self.known();
        if let Some(root) = known.new.get(auth_sig) {
            return Some(Arc::clone(root));
        }
        let (auth_sig, root) = known.old.remove_entry(auth_sig)?;
        self.add(&mut known, auth_sig, Arc::clone(&root));
        Some(root)
    }

    pub(super) fn insert(&self, auth_sig: &AuthSig, root: &Arc<Root>) {
        if bytes(auth_sig) > MAX_REMEMBERED_BYTES {
            return;
        }
        self.add(&mut self.known(), auth_sig.clone(), Arc::clone(root));
    }

    fn add(&self, known: &mut Generations, auth_sig: AuthSig, root: Arc<Root>) {
        if known.new.len() >= self.count.div_ceil(2) {
            known.old = mem::take(&mut known.new);
        }
        if self.count > 0 {
            known.new.insert(auth_sig, root);
        }
    }

    fn known(&self) -> MutexGuard<'_, Generations> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The length of all members. Nobody signs `derivedVia` and `algo` of a wallet, so they may be long too.
fn bytes(auth_sig: &AuthSig) -> usize {
    let AuthSig {
        sig,
        derived_via,
        signed_message,
        address,
        algo,
    } = auth_sig;
    let members = [sig, derived_via, signed_message, address];
    let lengths = members.into_iter().chain(algo).map(String::len);
    lengths.sum()
}

/// Roots are credentials.
impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use lit_recap::SiweBuilder;
    use lit_types::{Right, Timestamp};

    use super::*;

    fn root() -> Arc<Root> {
        let at = Timestamp::from_unix_millis(1_736_944_496_789).unwrap();
        let siwe = SiweBuilder::new(
            Address::ZERO,
            "lit:session:00",
            "0123456789abcdef".parse().unwrap(),
            at,
        );
        let siwe = siwe.with_rights(&[Right::run_any_action()]).unwrap();
        let message = siwe.build().unwrap();
        Arc::new(Root {
            address: Address::ZERO,
            grants: NodeGrants::of(&message).unwrap(),
            message,
            auth_context: None,
        })
    }

    fn named(name: usize) -> AuthSig {
        AuthSig::wallet(name.to_string(), String::new(), String::new())
    }

    fn remembered(roots: &Roots) -> usize {
        let known = roots.known();
        known.new.len() + known.old.len()
    }

    #[test]
    fn the_last_used_are_remembered() {
        for count in [1, 2, 5, 8] {
            let (roots, root) = (Roots::new(count), root());
            for name in 0..100 {
                roots.insert(&named(name), &root);
                assert!(roots.get(&named(name)).is_some());
                // Used each time.
                assert!(
                    count < 4 || roots.get(&named(0)).is_some(),
                    "{count}, {name}"
                );
                assert!(remembered(&roots) <= count + 1, "{count}");
            }
            assert!(roots.get(&named(50)).is_none());
        }
    }

    #[test]
    fn nothing_is_remembered_of_large_roots_or_without_room() {
        let long = || "0".repeat(MAX_REMEMBERED_BYTES + 1);
        let roots = Roots::new(8);
        for member in 0..5 {
            let mut large = named(0);
            match member {
                0 => large.sig = long(),
                1 => large.derived_via = long(),
                2 => large.signed_message = long(),
                3 => large.address = long(),
                _ => large.algo = Some(long()),
            }
            roots.insert(&large, &root());
            assert_eq!(remembered(&roots), 0, "{member}");
        }
        let roots = Roots::new(0);
        roots.insert(&named(0), &root());
        assert_eq!(remembered(&roots), 0);
    }
}
