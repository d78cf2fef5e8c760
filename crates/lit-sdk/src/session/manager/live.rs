//! The sessions in memory.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lit_session_crypto::{Session, SessionPublicKey};
use time::OffsetDateTime;

use super::{SessionManagerError, revoked::Revoked};
use crate::session::store::{ScopeKey, SessionOwner, SessionScope, StoredSession};

/// A slot for each requested scope, by owner.
#[derive(Default)]
pub(super) struct Live {
    slots: Mutex<Slots>,
    pub(super) revoked: Revoked,
}

#[derive(Default)]
struct Slots {
    by_owner: HashMap<ScopeKey, Vec<Arc<Slot>>>,
    count: usize,
    /// The number of slots at which expired ones are dropped.
    purge_at: usize,
}

/// Fewer slots are never purged.
const PURGE_FROM: usize = 1024;

impl Live {
    /// The slot of a scope.
    pub(super) fn slot(&self, scope: &SessionScope, now: OffsetDateTime) -> Arc<Slot> {
        let (owner, key) = (scope.owner().key(), scope.key());
        let mut slots = self.slots();
        if let Some(slot) = slots
            .by_owner
            .get(&owner)
            .and_then(|slots| find(slots, key))
        {
            return Arc::clone(slot);
        }
        if slots.count >= slots.purge_at.max(PURGE_FROM) {
            slots.purge(now);
        }
        let slot = Arc::new(Slot {
            key,
            scope: scope.clone(),
            gate: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        });
        slots
            .by_owner
            .entry(owner)
            .or_default()
            .push(Arc::clone(&slot));
        slots.count += 1;
        slot
    }

    /// Remembers a session that was found, unless it was revoked, or the slot's session since `epoch`. Returns whether it did.
    pub(super) fn take_found(&self, slot: &Slot, found: LiveSession, epoch: u64) -> bool {
        // Locked over both, so that a session is either refused here or forgotten by `forget_keys`.
        let mut state = slot.state();
        !self.revoked.contains(found.session.root()) && state.take(found, epoch, true)
    }

    /// Revokes the sessions of a scope for every login, and the sessions of the same keys, such as attenuated ones. Returns
    /// the keys.
    pub(super) fn forget(&self, scope: &SessionScope) -> HashSet<SessionPublicKey> {
        let mut slots = self.of_owner(scope.owner());
        slots.retain(|slot| slot.scope.is_same_but_login(scope));
        let keys = slots.iter().filter_map(|slot| self.empty(slot)).collect();
        self.forget_keys(scope.owner(), &keys);
        keys
    }

    /// Revokes the sessions of an owner that have one of these keys.
    pub(super) fn forget_keys(&self, owner: &SessionOwner, keys: &HashSet<SessionPublicKey>) {
        for slot in self.of_owner(owner) {
            let live = slot.live();
            if live.is_some_and(|live| keys.contains(&live.session.public_key())) {
                self.empty(&slot);
            }
        }
    }

    /// Revokes all sessions of an owner. Returns their keys and scopes.
    pub(super) fn forget_owner(
        &self,
        owner: &SessionOwner,
    ) -> (HashSet<SessionPublicKey>, Vec<SessionScope>) {
        let slots = self.of_owner(owner);
        let revoked = slots
            .iter()
            .filter_map(|slot| Some((self.empty(slot)?, slot.scope.clone())));
        let (keys, scopes) = revoked.unzip();
        // Another caller may have attenuated one of them meanwhile.
        self.forget_keys(owner, &keys);
        (keys, scopes)
    }

    /// Revokes the session of a slot. Returns its key.
    fn empty(&self, slot: &Slot) -> Option<SessionPublicKey> {
        let session = slot.forget()?;
        self.revoked.add(session.root());
        Some(session.public_key())
    }

    /// The sessions that can be attenuated to this scope, the longest-lasting first.
    pub(super) fn wider(&self, scope: &SessionScope) -> Vec<Arc<Session>> {
        let mut slots = self.of_owner(scope.owner());
        slots.retain(|slot| slot.scope.can_be_narrowed_to(scope));
        let live = slots.iter().filter_map(|slot| Some(slot.live()?.session));
        let mut sessions: Vec<_> = live.collect();
        sessions.sort_by_key(|session| Reverse(session.authorized_until().at()));
        sessions
    }

    /// The sessions of an owner, or all, as entries of a store.
    pub(super) fn entries(&self, owner: Option<&SessionOwner>) -> Vec<StoredSession> {
        let slots = match owner {
            Some(owner) => self.of_owner(owner),
            None => self.slots().by_owner.values().flatten().cloned().collect(),
        };
        let entry = |slot: &Arc<Slot>| {
            let session = slot.live()?.session;
            Some(StoredSession::new(slot.scope.clone(), &session))
        };
        slots.iter().filter_map(entry).collect()
    }

    fn of_owner(&self, owner: &SessionOwner) -> Vec<Arc<Slot>> {
        let slots = self.slots();
        slots
            .by_owner
            .get(&owner.key())
            .cloned()
            .unwrap_or_default()
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(slots: &[Arc<Slot>], key: ScopeKey) -> Option<&Arc<Slot>> {
    slots.iter().find(|slot| slot.key == key)
}

impl Slots {
    /// Drops unused slots without an unexpired session.
    fn purge(&mut self, now: OffsetDateTime) {
        self.by_owner.retain(|_, slots| {
            slots.retain(|slot| {
                let good = slot
                    .live()
                    .is_some_and(|live| live.session.authorized_until().at() > now);
                good || Arc::strong_count(slot) > 1
            });
            slots.shrink_to_fit();
            !slots.is_empty()
        });
        self.count = self.by_owner.values().map(Vec::len).sum();
        self.purge_at = 2 * self.count;
    }
}

/// The session of one scope.
pub(super) struct Slot {
    key: ScopeKey,
    pub(super) scope: SessionScope,
    /// The caller that finds or makes the session holds it.
    pub(super) gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<LiveSession>,
    /// The number of finished attempts to get a session.
    attempts: u64,
    /// The failure of the last attempt.
    failure: Option<SessionManagerError>,
    /// Changes when sessions are revoked.
    epoch: u64,
    /// When to retry to put the session into the store.
    keep_at: Option<OffsetDateTime>,
}

/// A verified session, and when to renew it.
#[derive(Clone)]
pub(super) struct LiveSession {
    pub(super) session: Arc<Session>,
    pub(super) renew_at: OffsetDateTime,
}

impl Slot {
    pub(super) fn live(&self) -> Option<LiveSession> {
        self.state().live.clone()
    }

    /// Postpones the renewal.
    pub(super) fn renew_at(&self, at: OffsetDateTime) {
        if let Some(live) = &mut self.state().live {
            live.renew_at = at;
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.state().epoch
    }

    /// Remembers a session, unless it was revoked since `epoch`. Returns whether it did.
    pub(super) fn take(&self, live: LiveSession, epoch: u64, kept: bool) -> bool {
        self.state().take(live, epoch, kept)
    }

    /// Forgets the session, and the result of an attempt in flight. Returns the session.
    fn forget(&self) -> Option<Arc<Session>> {
        let mut state = self.state();
        state.epoch += 1;
        state.keep_at = None;
        state.live.take().map(|live| live.session)
    }

    pub(super) fn attempts(&self) -> u64 {
        self.state().attempts
    }

    pub(super) fn finish_attempt(&self, failure: Option<&SessionManagerError>) {
        let mut state = self.state();
        state.attempts += 1;
        state.failure = failure.cloned();
    }

    /// The failure of the last attempt, if it finished after the first `seen` attempts.
    pub(super) fn failure_since(&self, seen: u64) -> Option<SessionManagerError> {
        let state = self.state();
        state.failure.clone().filter(|_| state.attempts > seen)
    }

    /// Whether the store lacks the session; with a time, whether a retry is due.
    pub(super) fn must_be_kept(&self, now: Option<OffsetDateTime>) -> bool {
        let keep_at = self.state().keep_at;
        keep_at.is_some_and(|at| now.is_none_or(|now| at <= now))
    }

    pub(super) fn keep_again_at(&self, at: OffsetDateTime) {
        self.state().keep_at = Some(at);
    }

    pub(super) fn kept(&self) {
        self.state().keep_at = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, live: LiveSession, epoch: u64, kept: bool) -> bool {
        if self.epoch != epoch {
            return false;
        }
        self.keep_at = (!kept).then_some(OffsetDateTime::UNIX_EPOCH);
        self.live = Some(live);
        true
    }
}
