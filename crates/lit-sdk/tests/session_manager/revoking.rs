//! Revoked sessions stay revoked, whatever a store answers, and whenever it does.

use std::sync::Arc;

use async_trait::async_trait;
use lit_sdk::{
    SessionManager,
    store::{MemoryStore, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession},
};
use tokio::sync::{Notify, RwLock};

use crate::{
    common::{Setup, any_action},
    prompts::{Prompts, action},
};

/// A store with answers that wait while a test holds a lock for writing.
#[derive(Default)]
struct Slow {
    inner: MemoryStore,
    reads: RwLock<()>,
    lists: RwLock<()>,
    /// Told when an answer is ready to be given.
    read: Notify,
    listed: Notify,
}

#[async_trait]
impl SessionStore for Slow {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let entry = self.inner.get(scope).await;
        self.read.notify_one();
        let _may_answer = self.reads.read().await;
        entry
    }
    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.inner.put(entry).await
    }
    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        self.inner.remove(scope).await
    }
    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.inner.set_aside(entry).await
    }
    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let entries = self.inner.of_owner(owner).await;
        self.listed.notify_one();
        let _may_answer = self.lists.read().await;
        entries
    }
    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        self.inner.list().await
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    SignOut,
    Revoke,
}

/// A network, a store with a session, and a manager without that session in memory.
struct Kept {
    setup: Setup,
    store: Arc<Slow>,
    manager: Arc<SessionManager>,
    prompts: Arc<Prompts>,
}

impl Kept {
    async fn new() -> Self {
        let setup = Setup::new(3).await;
        let store = Arc::new(Slow::default());
        let prompts = Prompts::new(&setup.wallet);
        let manager = || SessionManager::new(setup.client.clone()).with_store(store.clone());
        manager().session(&any_action(), &*prompts).await.unwrap();
        let manager = Arc::new(manager());
        // The caller's answer is the next one.
        store.read.notified().await;
        store.listed.notified().await;
        Self {
            setup,
            store,
            manager,
            prompts,
        }
    }

    fn end(&self, end: End) -> tokio::task::JoinHandle<()> {
        let (manager, user) = (Arc::clone(&self.manager), self.setup.wallet.address());
        tokio::spawn(async move {
            match end {
                End::SignOut => assert_eq!(manager.sign_out(user).await.unwrap(), 1),
                End::Revoke => assert!(manager.revoke(user, &any_action()).await.unwrap()),
            }
        })
    }

    async fn assert_asked(&self, times: usize) {
        let session = self.manager.session(&any_action(), &*self.prompts).await;
        session.unwrap();
        assert_eq!(self.prompts.asked(), times);
    }
}

/// The caller gets the session after the manager has looked for it in memory, and before the store removes it.
#[tokio::test]
async fn a_session_that_was_read_meanwhile_does_not_stay() {
    for end in [End::SignOut, End::Revoke] {
        let kept = Kept::new().await;
        let may_list = kept.store.lists.write().await;
        let ending = kept.end(end);
        kept.store.listed.notified().await;
        kept.assert_asked(1).await;
        drop(may_list);
        ending.await.unwrap();
        assert!(kept.store.list().await.unwrap().is_empty());
        kept.assert_asked(2).await;
    }
}

/// The store gives the caller an entry that it has removed meanwhile.
#[tokio::test]
async fn a_session_that_is_read_late_is_refused() {
    for end in [End::SignOut, End::Revoke] {
        let kept = Kept::new().await;
        let (may_list, may_read) = (
            kept.store.lists.write().await,
            kept.store.reads.write().await,
        );
        let ending = kept.end(end);
        kept.store.listed.notified().await;
        let caller = tokio::spawn({
            let (manager, prompts) = (Arc::clone(&kept.manager), Arc::clone(&kept.prompts));
            async move { manager.session(&any_action(), &*prompts).await }
        });
        kept.store.read.notified().await;
        drop(may_list);
        ending.await.unwrap();
        drop(may_read);
        // It gets a new session, or learns that it was revoked.
        let _ = caller.await.unwrap();
        kept.assert_asked(2).await;
    }
}

/// As a server does that fails over to a replica without the last changes.
#[tokio::test]
async fn what_a_store_brings_back_is_refused() {
    for end in [End::SignOut, End::Revoke] {
        let kept = Kept::new().await;
        let entry = kept.store.list().await.unwrap().remove(0);
        kept.end(end).await.unwrap();
        kept.store.put(&entry).await.unwrap();
        // Also as one that has more rights.
        let narrow = kept
            .manager
            .session(&action_request(), &*kept.prompts)
            .await;
        assert_ne!(narrow.unwrap().root(), entry.bundle().root());
        assert_eq!(kept.prompts.asked(), 2);
        kept.assert_asked(3).await;
        let roots = kept.store.list().await.unwrap();
        assert!(
            roots
                .iter()
                .all(|kept| kept.bundle().root() != entry.bundle().root())
        );
    }
}

/// The session that is in memory may last less long than a revoked one.
#[tokio::test]
async fn a_renewal_takes_no_revoked_session() {
    let kept = Kept::new().await;
    let entry = kept.store.list().await.unwrap().remove(0);
    kept.end(End::SignOut).await.unwrap();
    let short = any_action().lasting(std::time::Duration::from_secs(600));
    let session = kept.manager.session(&short, &*kept.prompts).await.unwrap();
    kept.store.put(&entry).await.unwrap();
    let clock = kept.setup.network.clock();
    clock.advance(std::time::Duration::from_secs(500));
    let renewed = kept.manager.session(&short, &*kept.prompts).await.unwrap();
    assert_ne!(renewed.root(), entry.bundle().root());
    assert_ne!(renewed.root(), session.root());
    assert_eq!(kept.prompts.asked(), 3);
}

fn action_request() -> lit_sdk::SessionRequest {
    lit_sdk::SessionRequest::new([action("QmA")])
}
