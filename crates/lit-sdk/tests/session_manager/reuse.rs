use std::{sync::Arc, time::Duration};

use lit_sdk::{
    Clock, Error, Right, SessionManager, SessionRequest, Timestamp,
    recap::{CapacityDelegation, SiweBuilder},
    session::SessionManagerError,
    session_crypto::{SessionKeyPair, sign_siwe},
    store::{FileStore, MemoryStore},
    types::CompactJson,
};
use lit_test_fakes::temp_dir;

use crate::{
    common::{Setup, any_action},
    elsewhere,
    prompts::{Prompts, action},
};

#[tokio::test]
async fn a_restart_asks_nobody() {
    let setup = Setup::new(3).await;
    let dir = temp_dir();
    let start = || {
        let store = FileStore::open(dir.path()).unwrap();
        SessionManager::new(setup.client.clone()).with_store(store)
    };
    let prompts = Prompts::new(&setup.wallet);
    let first = start().session(&any_action(), &*prompts).await.unwrap();
    let again = start().session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(first.public_key(), again.public_key());
    assert_eq!(prompts.asked(), 1);

    // Another wallet, or another network, is somebody else.
    let other = Prompts::new(&lit_test_fakes::wallet());
    start().session(&any_action(), &*other).await.unwrap();
    assert_eq!(other.asked(), 1);
    let (_elsewhere, client) = elsewhere(setup.network.clock()).await;
    let store = FileStore::open(dir.path()).unwrap();
    let manager = SessionManager::new(client).with_store(store);
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
    let store = FileStore::open(dir.path()).unwrap();
    assert_eq!(store.remove_set_aside().await.unwrap(), 0);
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
            SessionRequest::new([action("QmA"), Right::sign_with_any_pkp()]),
            // What a note restricts cannot be compared.
            SessionRequest::new(
                [action("QmA").with_data(CompactJson::parse("{\"n\":1}").unwrap())],
            ),
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
        let again = narrow_manager.session(&request, &*prompts).await.unwrap();
        assert_ne!(again.root(), wide.root());
    }
}

#[tokio::test]
async fn proofs_come_and_go_without_a_new_root() {
    let setup = Setup::new(3).await;
    let store = Arc::new(MemoryStore::new());
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    let delegation = async |hours: u64| {
        let now = Timestamp::try_from(setup.network.clock().now()).unwrap();
        let owner = lit_test_fakes::wallet();
        let end = now.checked_add(Duration::from_secs(hours * 3600)).unwrap();
        let message = SiweBuilder::new(owner.address(), "x:y", "nonce1234".parse().unwrap(), now)
            .with_expiration(end)
            .with_capacity_delegation(&CapacityDelegation::to_anyone())
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
        any_action().until(end)
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

#[tokio::test]
async fn a_requested_lifetime_is_kept() {
    let setup = Setup::new(3).await;
    let clock = setup.network.clock();
    let now = clock.now();
    clock.stop_at(now);
    let store = Arc::new(MemoryStore::new());
    let manager = || SessionManager::new(setup.client.clone()).with_store(store.clone());
    let prompts = Prompts::new(&setup.wallet);
    let day = manager().session(&any_action(), &*prompts).await.unwrap();

    // Shortened from the store, reused from memory, and shortened from the store again before it ends.
    let manager = manager();
    let request = any_action().lasting(Duration::from_secs(600));
    for (later, end) in [(0, 600), (300, 600), (595, 1195)] {
        clock.stop_at(now + Duration::from_secs(later));
        let short = manager.session(&request, &*prompts).await.unwrap();
        assert_eq!(short.root(), day.root());
        let end = Timestamp::try_from(now + Duration::from_secs(end)).unwrap();
        assert_eq!(short.expiration(), &end, "after {later} s");
    }
    assert_eq!(prompts.asked(), 1);
}
