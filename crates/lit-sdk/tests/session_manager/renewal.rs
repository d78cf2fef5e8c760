use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lit_sdk::{
    SessionManager,
    store::{MemoryStore, SessionStore, StoredSession},
};

use crate::{
    common::{Setup, any_action},
    prompts::{Prompts, thousand},
};

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
