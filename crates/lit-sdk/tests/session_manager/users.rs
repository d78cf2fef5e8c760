//! Whose sessions they are: never anybody else's, and gone when they are revoked.

use std::{sync::Arc, time::Duration};

use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    AuthSig, Clock, Error, SessionManager, SessionRequest, WalletAuth,
    recap::SiweMessage,
    session::SessionManagerError,
    session_crypto::{RootRefusal, SessionKeyPair},
    store::{MemoryStore, SessionStore, SessionUser},
};
use proptest::{prelude::*, sample::select};

use crate::{
    common::{Setup, any_action},
    prompts::{Prompts, action},
};

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
    assert_eq!(manager.sign_out(user).await.unwrap(), 2);
    assert!(store.list().await.unwrap().is_empty());
    assert!(manager.sessions().await.unwrap().is_empty());
    assert_eq!(manager.sign_out(user).await.unwrap(), 0);

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
    manager.sign_out(user).await.unwrap();
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
    let stranger = unknown(&lit_test_fakes::wallet());
    let refused = manager.session_of(address, &any_action(), &stranger).await;
    let Err(SessionManagerError::Client(error)) = refused else {
        panic!("{refused:?}")
    };
    let signer = stranger.wallet.address();
    assert!(
        matches!(*error, Error::Root(RootRefusal::OtherSigner { address }) if address == signer),
        "{error:?}"
    );
    let other = WalletAuth::new(lit_test_fakes::wallet());
    assert!(matches!(
        manager.session_of(address, &any_action(), &other).await,
        Err(SessionManagerError::WrongSigner { .. })
    ));
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
            let clock = setup.network.clock();
            clock.stop_at(clock.now());
            let manager = SessionManager::new(setup.client.clone()).with_store(MemoryStore::new());
            let mut given: Vec<(Ask, AuthSig)> = Vec::new();
            for ask in asks {
                // Otherwise two requests of one millisecond can sign the same message, and so share a root.
                clock.advance(Duration::from_secs(1));
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
