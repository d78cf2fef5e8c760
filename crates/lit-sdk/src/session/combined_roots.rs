use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lit_session_crypto::CombinedRoot;
use lit_types::AuthSig;

/// Roots of PKPs that this client has combined, and verified then, until it makes sessions of them: so it does the
/// pairing once.
#[derive(Debug, Default)]
pub(crate) struct CombinedRoots(Mutex<VecDeque<CombinedRoot>>);

/// How many are remembered. Those that were forgotten are verified again.
const CAPACITY: usize = 64;

impl CombinedRoots {
    pub(crate) fn push(&self, root: CombinedRoot) {
        let mut roots = self.roots();
        if roots.len() == CAPACITY {
            roots.pop_front();
        }
        roots.push_back(root);
    }

    pub(crate) fn take(&self, auth_sig: &AuthSig) -> Option<CombinedRoot> {
        let mut roots = self.roots();
        let at = roots.iter().position(|root| root.auth_sig() == auth_sig)?;
        roots.remove(at)
    }

    fn roots(&self) -> MutexGuard<'_, VecDeque<CombinedRoot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
