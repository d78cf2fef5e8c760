//! Sessions for many callers: one question to the signer, renewal, revocation, and never anybody else's session.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use common::{HELLO, Setup, any_action};
use lit_devnet::Devnet;
use lit_sdk::{
    AuthNeeded, AuthNeededError, AuthRequest, AuthSig, Clock, Error, ExecuteJs, LitNodeClient,
    LitResource, ResourceAbilityRequest, Session, SessionKeyPair, SessionManager, SessionRequest,
    Timestamp, WalletAuth,
    recap::{CapacityDelegation, Delegatees, SiweBuilder, SiweMessage},
    session_crypto::sign_siwe,
    session_manager::{SessionManagerError, StoreFailure},
    store::{
        FileStore, MemoryStore, SessionOwner, SessionScope, SessionStore, SessionUser, StoreError,
        StoredSession,
    },
};
use proptest::{prelude::*, sample::select};

/// A wallet that counts how often it is asked, answers when it is let, and can refuse.
struct Prompts {
    wallet: PrivateKeySigner,
    asked: AtomicUsize,
    refuses: AtomicBool,
    known: bool,
    /// Held by a test that wants the wallet's answer to wait.
    answer: tokio::sync::Mutex<()>,
}

impl Prompts {
    fn new(wallet: &PrivateKeySigner) -> Arc<Self> {
        Arc::new(Self {
            wallet: wallet.clone(),
            asked: AtomicUsize::new(0),
            refuses: AtomicBool::new(false),
            known: true,
            answer: tokio::sync::Mutex::new(()),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl AuthNeeded for Prompts {
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _answer = self.answer.lock().await;
        // Lets all callers arrive before there is an answer.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if self.refuses.load(Ordering::SeqCst) {
            return Err("not now".into());
        }
        WalletAuth::new(self.wallet.clone())
            .authorise(request)
            .await
    }

    fn address(&self) -> Option<Address> {
        self.known.then(|| self.wallet.address())
    }
}

/// A thousand callers of the same session.
async fn thousand(
    manager: &Arc<SessionManager>,
    prompts: &Arc<Prompts>,
) -> Vec<Result<Arc<Session>, SessionManagerError>> {
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (manager, prompts) = (Arc::clone(manager), Arc::clone(prompts));
            tokio::spawn(async move { manager.session(&any_action(), &*prompts).await })
        })
        .collect();
    let mut results = Vec::new();
    for caller in callers {
        results.push(caller.await.unwrap());
    }
    results
}

#[tokio::test]
async fn a_thousand_callers_cause_one_prompt() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let sessions = thousand(&manager, &prompts).await;
    let key = sessions[0].as_ref().unwrap().public_key();
    assert!(
        sessions
            .iter()
            .all(|session| session.as_ref().unwrap().public_key() == key)
    );
    assert_eq!(prompts.asked(), 1);

    let call = ExecuteJs::code(HELLO).with_js_param("name", "you");
    let session = sessions[0].as_ref().unwrap();
    let answer = setup.client.execute_js(&**session, &call).await.unwrap();
    assert_eq!(answer.response, "hello you");
}

#[tokio::test]
async fn a_refusal_is_that_of_all_who_waited() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    prompts.refuses.store(true, Ordering::SeqCst);
    let refused = thousand(&manager, &prompts).await;
    for result in refused {
        assert!(matches!(
            &result,
            Err(SessionManagerError::Client(error)) if matches!(**error, Error::AuthNeeded(_))
        ));
    }
    assert_eq!(prompts.asked(), 1);
    // Who asks later is another attempt.
    prompts.refuses.store(false, Ordering::SeqCst);
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_lets_the_next_one_ask() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let waiting = prompts.answer.lock().await;
    let gone = tokio::spawn({
        let (manager, prompts) = (Arc::clone(&manager), Arc::clone(&prompts));
        async move { manager.session(&any_action(), &*prompts).await }
    });
    while prompts.asked() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    drop(waiting);
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
}

#[tokio::test]
async fn sessions_are_renewed_ahead_by_one_caller() {
    let setup = Setup::new(3).await;
    let clock = setup.network.clock();
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let first = manager.session(&any_action(), &*prompts).await.unwrap();
    let end = first.expiration().at();

    clock.stop_at(end - Duration::from_secs(301));
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 1);

    // A signer who refuses is asked once until half of the time that is left is over.
    clock.stop_at(end - Duration::from_secs(300));
    prompts.refuses.store(true, Ordering::SeqCst);
    for session in thousand(&manager, &prompts).await {
        assert_eq!(session.unwrap().public_key(), first.public_key());
    }
    assert_eq!(prompts.asked(), 2);
    prompts.refuses.store(false, Ordering::SeqCst);
    clock.stop_at(end - Duration::from_secs(151));
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);

    clock.stop_at(end - Duration::from_secs(150));
    let sessions = thousand(&manager, &prompts).await;
    assert_eq!(prompts.asked(), 3);
    let renewed = manager.session(&any_action(), &*prompts).await.unwrap();
    assert!(renewed.expiration().at() > end);
    for session in sessions {
        let key = session.unwrap().public_key();
        assert!(key == first.public_key() || key == renewed.public_key());
    }

    // With less than the margin left, nobody gets the old one.
    clock.stop_at(renewed.expiration().at() - Duration::from_secs(59));
    for session in thousand(&manager, &prompts).await {
        assert_ne!(session.unwrap().public_key(), renewed.public_key());
    }
    assert_eq!(prompts.asked(), 4);
}

#[tokio::test]
async fn a_thousand_renewals_at_once_lose_nothing() {
    let setup = Setup::new(3).await;
    let store = Arc::new(MemoryStore::new());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let manager = Arc::new(manager);
    let prompts = Prompts::new(&setup.wallet);
    let end = manager
        .session(&any_action(), &*prompts)
        .await
        .unwrap()
        .expiration()
        .at();
    let all = async || {
        let callers: Vec<_> = (0..1000)
            .map(|index| {
                let (manager, prompts) = (Arc::clone(&manager), Arc::clone(&prompts));
                let request = any_action().with_domain(format!("{index}.example.com"));
                tokio::spawn(async move { manager.session(&request, &*prompts).await.unwrap() })
            })
            .collect();
        let mut keys = Vec::new();
        for caller in callers {
            keys.push(caller.await.unwrap().public_key());
        }
        keys
    };
    let before = all().await;
    assert_eq!(prompts.asked(), 1001);
    setup
        .network
        .clock()
        .stop_at(end - Duration::from_secs(200));
    let after = all().await;
    assert_eq!(prompts.asked(), 2001);
    assert!(before.iter().all(|key| !after.contains(key)));
    let mut kept: Vec<_> = store.list().await.unwrap();
    kept.retain(|entry| entry.bundle().expiration().at() > end);
    assert_eq!(kept.len(), 1000);
    let kept: Vec<_> = kept.iter().map(StoredSession::public_key).collect();
    assert!(after.iter().all(|key| kept.contains(key)));
}

#[tokio::test]
async fn a_restart_asks_nobody() {
    let setup = Setup::new(3).await;
    let dir = std::env::temp_dir().join(format!("lit-session-manager-{}", std::process::id()));
    let start = || {
        let store = FileStore::open(&dir).unwrap();
        SessionManager::new(setup.client.clone()).with_store(Arc::new(store))
    };
    let prompts = Prompts::new(&setup.wallet);
    let first = start().session(&any_action(), &*prompts).await.unwrap();
    let again = start().session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(first.public_key(), again.public_key());
    assert_eq!(prompts.asked(), 1);

    // Another wallet, or another network, is somebody else.
    let other = Prompts::new(&PrivateKeySigner::random());
    start().session(&any_action(), &*other).await.unwrap();
    assert_eq!(other.asked(), 1);
    let elsewhere = Devnet::builder()
        .nodes(3)
        .seed([7; 32])
        .start()
        .await
        .unwrap();
    let client = LitNodeClient::builder(elsewhere.node_urls().to_vec(), elsewhere.threshold())
        .transport(elsewhere.transport())
        .clock(setup.network.clock())
        .connect()
        .await
        .unwrap();
    let store = FileStore::open(&dir).unwrap();
    let manager = SessionManager::new(client).with_store(Arc::new(store));
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
    assert_eq!(manager.sessions().await.unwrap().len(), 3);
    assert_eq!(
        manager
            .sessions_of(setup.wallet.address())
            .await
            .unwrap()
            .len(),
        1
    );

    // What has ended is not given out, and does not stay.
    setup.network.clock().stop_at(first.expiration().at());
    let later = start().session(&any_action(), &*prompts).await.unwrap();
    assert_ne!(later.public_key(), first.public_key());
    std::fs::remove_dir_all(&dir).unwrap();
}

fn action(id: &str) -> ResourceAbilityRequest {
    ResourceAbilityRequest::lit_action_execution(LitResource::lit_action(id).unwrap()).unwrap()
}

#[tokio::test]
async fn fewer_rights_need_no_new_signature() {
    let setup = Setup::new(3).await;
    for store in [None, Some(Arc::new(MemoryStore::new()))] {
        let manager = || {
            let manager = SessionManager::new(setup.client.clone());
            match &store {
                Some(store) => manager.with_store(store.clone()),
                None => manager,
            }
        };
        let wide_manager = manager();
        let prompts = Prompts::new(&setup.wallet);
        let wide = wide_manager
            .session(&any_action(), &*prompts)
            .await
            .unwrap();
        // From memory, or from the store after a restart.
        let narrow_manager = match &store {
            Some(_) => manager(),
            None => wide_manager,
        };
        let request = SessionRequest::new([action("QmA")]);
        let narrow = narrow_manager.session(&request, &*prompts).await.unwrap();
        assert_eq!(narrow.root(), wide.root());
        assert_eq!(narrow.requests(), [action("QmA")]);
        assert_eq!(prompts.asked(), 1);
        // Not for other domains, chains or keys, and never the other way round.
        let key = SessionKeyPair::from_seed(&[3; 32]);
        for other in [
            request.clone().with_domain("example.com"),
            request.clone().with_chain("polygon"),
            request.clone().with_session_key(key),
            SessionRequest::new([
                action("QmA"),
                ResourceAbilityRequest::pkp_signing(LitResource::any_pkp()).unwrap(),
            ]),
        ] {
            let before = prompts.asked();
            let other = narrow_manager.session(&other, &*prompts).await.unwrap();
            assert_ne!(other.root(), wide.root());
            assert_eq!(prompts.asked(), before + 1);
        }
        // Revoking the wide one takes the narrow one along.
        assert!(
            narrow_manager
                .revoke(setup.wallet.address(), &any_action())
                .await
                .is_ok()
        );
        if store.is_none() {
            let again = narrow_manager.session(&request, &*prompts).await.unwrap();
            assert_ne!(again.root(), wide.root());
        }
    }
}

#[tokio::test]
async fn revoking_removes_the_key() {
    let setup = Setup::new(3).await;
    let store = Arc::new(MemoryStore::new());
    let manager = Arc::new(SessionManager::new(setup.client.clone()).with_store(store.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let user = setup.wallet.address();
    let first = manager.session(&any_action(), &*prompts).await.unwrap();
    assert!(manager.revoke(user, &any_action()).await.unwrap());
    assert!(!manager.revoke(user, &any_action()).await.unwrap());
    assert!(store.list().await.unwrap().is_empty());
    let second = manager.session(&any_action(), &*prompts).await.unwrap();
    assert_ne!(first.public_key(), second.public_key());

    let other = any_action().with_domain("example.com");
    manager.session(&other, &*prompts).await.unwrap();
    assert_eq!(manager.disconnect(user).await.unwrap(), 2);
    assert!(store.list().await.unwrap().is_empty());
    assert!(manager.sessions().await.unwrap().is_empty());
    assert_eq!(manager.disconnect(user).await.unwrap(), 0);

    // Also what is only being made: the answer comes too late.
    let waiting = prompts.answer.lock().await;
    let before = prompts.asked();
    let late = tokio::spawn({
        let (manager, prompts) = (Arc::clone(&manager), Arc::clone(&prompts));
        async move { manager.session(&any_action(), &*prompts).await }
    });
    while prompts.asked() == before {
        tokio::task::yield_now().await;
    }
    manager.disconnect(user).await.unwrap();
    drop(waiting);
    assert!(matches!(
        late.await.unwrap(),
        Err(SessionManagerError::Revoked)
    ));
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_user_who_is_not_known_is_named_or_not_kept() {
    let setup = Setup::new(3).await;
    let store = Arc::new(MemoryStore::new());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let unknown = |wallet: &PrivateKeySigner| {
        let mut prompts = Arc::into_inner(Prompts::new(wallet)).unwrap();
        prompts.known = false;
        prompts
    };
    let prompts = unknown(&setup.wallet);
    manager.session(&any_action(), &prompts).await.unwrap();
    manager.session(&any_action(), &prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
    assert!(store.list().await.unwrap().is_empty());

    let named = |name: &str| SessionUser::Named(name.to_owned());
    let alice = manager
        .session_of(named("alice"), &any_action(), &prompts)
        .await
        .unwrap();
    let again = manager
        .session_of(named("alice"), &any_action(), &prompts)
        .await
        .unwrap();
    assert_eq!(alice.public_key(), again.public_key());
    let bob = manager
        .session_of(named("bob"), &any_action(), &prompts)
        .await
        .unwrap();
    assert_ne!(alice.public_key(), bob.public_key());
    assert_eq!(prompts.asked(), 4);

    // By address, nobody else's signature counts.
    let address = setup.wallet.address();
    let stranger = unknown(&PrivateKeySigner::random());
    assert!(
        manager
            .session_of(address, &any_action(), &stranger)
            .await
            .is_err()
    );
    let other = WalletAuth::new(PrivateKeySigner::random());
    assert!(matches!(
        manager.session_of(address, &any_action(), &other).await,
        Err(SessionManagerError::OtherUser { .. })
    ));
}

#[tokio::test]
async fn proofs_come_and_go_without_a_new_root() {
    let setup = Setup::new(3).await;
    let store = Arc::new(MemoryStore::new());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    let delegation = async |hours: u64| {
        let now = Timestamp::try_from(setup.network.clock().now()).unwrap();
        let owner = PrivateKeySigner::random();
        let end = now.checked_add(Duration::from_secs(hours * 3600)).unwrap();
        let message = SiweBuilder::new(owner.address(), "x:y", "nonce1234".parse().unwrap(), now)
            .expiration(end)
            .capacity_delegation(&CapacityDelegation::new(Delegatees::Anyone))
            .build()
            .unwrap();
        sign_siwe(&owner, &message).await.unwrap()
    };
    let first = any_action().with_proofs([delegation(1).await]);
    let session = manager.session(&first, &*prompts).await.unwrap();
    setup.network.clock().advance(Duration::from_secs(3601));
    assert!(matches!(
        manager.session(&first, &*prompts).await,
        Err(SessionManagerError::Client(error)) if matches!(*error, Error::Proof { .. })
    ));
    for again in [
        &manager,
        &SessionManager::new(setup.client.clone()).with_store(store),
    ] {
        let proof = delegation(1).await;
        let second = any_action().with_proofs([proof.clone()]);
        let renewed = again.session(&second, &*prompts).await.unwrap();
        assert_eq!(renewed.root(), session.root());
        assert_eq!(renewed.proofs(), [proof]);
        let without = again.session(&any_action(), &*prompts).await.unwrap();
        assert!(without.proofs().is_empty());
    }
    assert_eq!(prompts.asked(), 1);
}

#[tokio::test]
async fn a_requested_end_is_kept() {
    let setup = Setup::new(3).await;
    let manager = SessionManager::new(setup.client.clone());
    let prompts = Prompts::new(&setup.wallet);
    let now = Timestamp::try_from(setup.network.clock().now()).unwrap();
    let until = |hours: u64| {
        let end = now.checked_add(Duration::from_secs(hours * 3600)).unwrap();
        any_action().with_expiration(end)
    };
    let day = manager.session(&until(24), &*prompts).await.unwrap();
    let hour = manager.session(&until(1), &*prompts).await.unwrap();
    assert_eq!(day.root(), hour.root());
    assert_eq!(
        hour.expiration(),
        &now.checked_add(Duration::from_secs(3600)).unwrap()
    );
    let longer = manager.session(&until(48), &*prompts).await.unwrap();
    assert_ne!(day.root(), longer.root());
    assert_eq!(prompts.asked(), 2);
}

/// A store that fails when it is told to.
#[derive(Default)]
struct Flaky {
    inner: MemoryStore,
    down: AtomicBool,
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
        self.inner.get(scope).await
    }
    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        self.check()?;
        self.inner.put(entry).await
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

#[derive(Debug, Clone, PartialEq)]
struct Ask {
    user: u8,
    key: Option<u8>,
    rights: Vec<&'static str>,
    domain: Option<&'static str>,
    chain: &'static str,
}

fn ask() -> impl Strategy<Value = Ask> {
    (
        1u8..=2,
        select(vec![None, Some(1), Some(2)]),
        select(vec![
            vec!["*"],
            vec!["QmA"],
            vec!["QmB"],
            vec!["QmA", "QmB"],
        ]),
        select(vec![None, Some("localhost"), Some("example.com")]),
        select(vec!["ethereum", "polygon"]),
    )
        .prop_map(|(user, key, rights, domain, chain)| Ask {
            user,
            key,
            rights,
            domain,
            chain,
        })
}

impl Ask {
    fn request(&self) -> SessionRequest {
        let mut request =
            SessionRequest::new(self.rights.iter().map(|id| action(id))).with_chain(self.chain);
        if let Some(domain) = self.domain {
            request = request.with_domain(domain);
        }
        match self.key {
            Some(seed) => request.with_session_key(SessionKeyPair::from_seed(&[seed; 32])),
            None => request,
        }
    }

    fn wallet(&self) -> PrivateKeySigner {
        PrivateKeySigner::from_slice(&[self.user; 32]).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever was asked for before, a session is what this request asks for; and one root serves two requests only if they
    /// differ at most in rights, of which the later one has no more.
    #[test]
    fn nobody_gets_the_session_of_another_request(asks in prop::collection::vec(ask(), 2..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let setup = Setup::new(3).await;
            let manager = SessionManager::new(setup.client.clone()).with_store(Arc::new(MemoryStore::new()));
            let mut given: Vec<(Ask, AuthSig)> = Vec::new();
            for ask in asks {
                let session = manager.session(&ask.request(), &WalletAuth::new(ask.wallet())).await.unwrap();
                assert_eq!(session.address(), ask.wallet().address());
                let rights: Vec<_> = ask.rights.iter().map(|id| action(id)).collect();
                assert_eq!(session.requests(), rights);
                if let Some(seed) = ask.key {
                    assert_eq!(session.public_key(), SessionKeyPair::from_seed(&[seed; 32]).public_key());
                }
                let message: SiweMessage = session.root().signed_message.parse().unwrap();
                assert_eq!(message.domain(), ask.domain.unwrap_or("localhost"));
                for (other, root) in &given {
                    let alike = Ask { rights: ask.rights.clone(), ..other.clone() } == ask;
                    let covered = ask.rights.iter().all(|id| other.rights.contains(id))
                        || other.rights == ["*"];
                    assert!(root != session.root() || (alike && covered), "{other:?} and {ask:?}");
                }
                // Those that were attenuated keep the rights of their first owner in view.
                if !given.iter().any(|(_, root)| root == session.root()) {
                    given.push((ask, session.root().clone()));
                }
            }
        });
    }
}
