use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use time::OffsetDateTime;

/// How often each capacity delegation with limited uses has paid. A node counts for itself.
///
/// A program that outlives its process saves the [changes](Self::take_changes) and restores them.
///
/// ```
/// use lit_node::DelegationUses;
/// use time::OffsetDateTime;
///
/// let (uses, delegation, now) = (DelegationUses::new(), [7; 32], OffsetDateTime::UNIX_EPOCH);
/// assert!(uses.spend(delegation, 1, None, now));
/// let restored = DelegationUses::restore(uses.take_changes());
/// assert!(!restored.spend(delegation, 1, None, now));
/// ```
#[derive(Debug, Default)]
pub struct DelegationUses(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// By the hash of the delegation's message. The signature is not part of the key, because one signature can be written in several
    /// ways.
    delegations: HashMap<[u8; 32], Used>,
    /// The delegations that have paid since the changes were taken; `None` before that.
    changed: Option<HashSet<[u8; 32]>>,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    times: u64,
    /// The expiration of the delegation, after which the entry is dropped.
    until: Option<OffsetDateTime>,
}

/// How often one delegation has paid.
///
/// It is not `non_exhaustive`: programs build it from what they saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegationUse {
    /// The SHA-256 hash of the delegation's message.
    pub delegation: [u8; 32],
    /// How often it has paid.
    pub times: u64,
    /// When it expires.
    pub until: Option<OffsetDateTime>,
}

impl DelegationUses {
    /// Nothing has paid yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was counted before, from all its [changes](Self::take_changes), oldest first.
    #[must_use]
    pub fn restore(changes: impl IntoIterator<Item = DelegationUse>) -> Self {
        let used = changes.into_iter().map(|it| {
            let (times, until) = (it.times, it.until);
            (it.delegation, Used { times, until })
        });
        Self(Mutex::new(Counted {
            delegations: used.collect(),
            changed: None,
        }))
    }

    /// Counts one more use of a delegation. Returns false if its `limit` is reached. It is forgotten after its expiration `until`.
    #[must_use]
    pub fn spend(
        &self,
        delegation: [u8; 32],
        limit: u64,
        until: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> bool {
        let mut counted = self.lock();
        let Counted {
            delegations,
            changed,
        } = &mut *counted;
        if !delegations.contains_key(&delegation) {
            delegations.retain(|_, used| used.until.is_none_or(|until| until >= now));
        }
        let used = delegations.entry(delegation);
        let used = used.or_insert(Used { times: 0, until });
        if used.times >= limit {
            return false;
        }
        used.times += 1;
        if let Some(changed) = changed {
            changed.insert(delegation);
        }
        true
    }

    /// What was counted since the last call. The first call returns everything.
    #[must_use]
    pub fn take_changes(&self) -> Vec<DelegationUse> {
        let mut counted = self.lock();
        let changed = counted.changed.replace(HashSet::new());
        let all = counted.delegations.iter();
        all.filter(|(delegation, _)| changed.as_ref().is_none_or(|it| it.contains(*delegation)))
            .map(|(delegation, used)| DelegationUse {
                delegation: *delegation,
                times: used.times,
                until: used.until,
            })
            .collect()
    }

    /// Makes the next [`DelegationUses::take_changes`] return everything, because earlier changes were lost or are written anew.
    pub fn forget_changes(&self) {
        mem::take(&mut self.lock().changed);
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn changes_are_those_since_the_last_call() {
        let (now, uses) = (OffsetDateTime::UNIX_EPOCH, DelegationUses::new());
        let used = |byte, times| DelegationUse {
            delegation: [byte; 32],
            times,
            until: None,
        };
        assert!(uses.spend([1; 32], 2, None, now));
        assert_eq!(uses.take_changes(), [used(1, 1)]);
        assert_eq!(uses.take_changes(), []);
        assert!(uses.spend([2; 32], 1, None, now) && !uses.spend([2; 32], 1, None, now));
        assert_eq!(uses.take_changes(), [used(2, 1)]);
        assert!(uses.spend([1; 32], 2, None, now));
        uses.forget_changes();
        let mut all = uses.take_changes();
        all.sort_by_key(|it| it.delegation);
        assert_eq!(all, [used(1, 2), used(2, 1)]);
    }

    #[test]
    fn expired_delegations_are_forgotten() {
        let (now, uses) = (OffsetDateTime::UNIX_EPOCH, DelegationUses::new());
        let until = Some(now + Duration::SECOND);
        assert!(uses.spend([1; 32], 1, until, now));
        assert!(uses.spend([2; 32], 1, until, now + Duration::MINUTE));
        assert_eq!(uses.take_changes().len(), 1);
    }
}
