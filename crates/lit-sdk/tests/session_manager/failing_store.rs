use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use lit_sdk::{
    SessionManager,
    session::{SessionManagerError, StoreFailure},
    store::{MemoryStore, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession},
};

use crate::{
    common::{Setup, any_action},
    prompts::Prompts,
};

/// A store that fails when it is told to.
#[derive(Default)]
struct Flaky {
    inner: Arc<MemoryStore>,
    /// Held by a test that wants puts to wait.
    puts: Arc<tokio::sync::Mutex<()>>,
    down: AtomicBool,
    /// Puts fail after a while.
    fails_puts: AtomicBool,
    /// Gives anything it has to whoever asks.
    mixes: AtomicBool,
    calls: Mutex<usize>,
}

impl Flaky {
    fn check(&self) -> Result<(), StoreError> {
        *self.calls.lock().unwrap() += 1;
        match self.down.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("gone".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl SessionStore for Flaky {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        self.check()?;
        match self.mixes.load(Ordering::SeqCst) {
            true => Ok(self.inner.list().await?.pop()),
            false => self.inner.get(scope).await,
        }
    }
    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.check()?;
        if self.fails_puts.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
            return Err(StoreError::Unavailable("no answer".into()));
        }
        // Carried out even if nobody waits for it, as files are written.
        let (inner, puts, entry) = (self.inner.clone(), self.puts.clone(), entry.clone());
        let put = tokio::spawn(async move {
            let _puts = puts.lock().await;
            inner.put(&entry).await
        });
        put.await.unwrap()
    }
    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        self.check()?;
        self.inner.remove(scope).await
    }
    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.check()?;
        self.inner.set_aside(entry).await
    }
    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        self.check()?;
        self.inner.of_owner(owner).await
    }
    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        self.check()?;
        self.inner.list().await
    }
}

#[tokio::test]
async fn a_store_that_fails_is_an_error() {
    let setup = Setup::new(3).await;
    let store = Arc::new(Flaky::default());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    store.down.store(true, Ordering::SeqCst);
    // Before anybody is asked.
    assert!(matches!(
        manager.session(&any_action(), &*prompts).await,
        Err(SessionManagerError::Store(_))
    ));
    assert_eq!(prompts.asked(), 0);
    store.down.store(false, Ordering::SeqCst);
    manager.session(&any_action(), &*prompts).await.unwrap();
    // What is in memory needs no store.
    store.down.store(true, Ordering::SeqCst);
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 1);
}

/// A store that hangs until its time limit hangs once, not once for each caller.
#[tokio::test]
async fn callers_share_the_failure_of_a_store_that_hangs() {
    let setup = Setup::new(3).await;
    let store = Arc::new(Flaky::default());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    store.fails_puts.store(true, Ordering::SeqCst);
    let request = any_action();
    manager.session(&request, &*prompts).await.unwrap_err();

    let calls = *store.calls.lock().unwrap();
    let ask = || manager.session(&request, &*prompts);
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    for result in [first, second, third] {
        assert!(matches!(result, Err(SessionManagerError::Store(_))));
    }
    assert_eq!(*store.calls.lock().unwrap(), calls + 1);
    // The next caller tries again.
    store.fails_puts.store(false, Ordering::SeqCst);
    ask().await.unwrap();
    assert_eq!(store.inner.list().await.unwrap().len(), 1);
    assert_eq!(prompts.asked(), 1);
}

#[tokio::test]
async fn going_on_without_a_store_and_back() {
    let setup = Setup::new(3).await;
    let store = Arc::new(Flaky::default());
    let manager = SessionManager::new(setup.client.clone())
        .with_store(store.clone())
        .with_store_failure(StoreFailure::GoOn);
    let prompts = Prompts::new(&setup.wallet);
    store.down.store(true, Ordering::SeqCst);
    let session = manager.session(&any_action(), &*prompts).await.unwrap();
    let calls = *store.calls.lock().unwrap();
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(
        *store.calls.lock().unwrap(),
        calls,
        "a store that failed is left alone"
    );
    // It comes back, and the session gets where it belongs.
    store.down.store(false, Ordering::SeqCst);
    setup.network.clock().advance(Duration::from_secs(10));
    manager.session(&any_action(), &*prompts).await.unwrap();
    let kept = store.list().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].public_key(), session.public_key());
    assert_eq!(prompts.asked(), 1);
}

#[tokio::test]
async fn what_a_store_mixes_up_is_not_used() {
    let setup = Setup::new(3).await;
    let store = Arc::new(Flaky::default());
    store.mixes.store(true, Ordering::SeqCst);
    let manager = || SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    let first = manager().session(&any_action(), &*prompts).await.unwrap();
    let again = manager().session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(first.public_key(), again.public_key());
    let other = any_action().with_chain("polygon");
    let other = manager().session(&other, &*prompts).await.unwrap();
    assert_ne!(first.public_key(), other.public_key());
    assert_eq!(prompts.asked(), 2);
}

/// The caller gives up while the session is being kept, and then it is revoked: it must not get into the store after that.
#[tokio::test]
async fn what_is_revoked_does_not_come_back() {
    let setup = Setup::new(3).await;
    let store = Arc::new(Flaky::default());
    let manager = Arc::new(SessionManager::new(setup.client.clone()).with_store(store.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let late = store.puts.lock().await;
    let caller = tokio::spawn({
        let (manager, prompts) = (Arc::clone(&manager), Arc::clone(&prompts));
        async move { manager.session(&any_action(), &*prompts).await }
    });
    // It looks for the session, for one with more rights, and puts the new one.
    while *store.calls.lock().unwrap() < 3 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert!(
        manager
            .revoke(setup.wallet.address(), &any_action())
            .await
            .unwrap()
    );
    drop(late);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(store.list().await.unwrap().is_empty());
    assert_eq!(prompts.asked(), 1);
}
