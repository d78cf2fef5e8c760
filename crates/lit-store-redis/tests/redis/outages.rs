use std::{sync::Arc, time::Duration};

use lit_sdk::{
    SessionManager, WalletAuth,
    session::{SessionManagerError, StoreFailure},
    store::{SealingKey, SessionStore, StoreError},
};
#[cfg(not(feature = "tls"))]
use lit_store_redis::redis;

use crate::support::{Setup, any_action, keys};

#[tokio::test]
async fn redis_goes_and_comes_back() {
    let mut setup = Setup::new().await;
    let store = setup.store(keys(1));
    let entry = setup.entry("one.example").await;
    store.put(&entry).await.unwrap();
    setup.server.stop();
    for _ in 0..3 {
        let gone = store.get(entry.scope()).await;
        assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
        assert!(matches!(
            store.put(&entry).await,
            Err(StoreError::Unavailable(_))
        ));
    }
    setup.server.restart();
    // The attempt to connect that is under way may still fail; the store needs no help to get over it.
    let mut found = store.get(entry.scope()).await;
    if found.is_err() {
        found = store.get(entry.scope()).await;
    }
    assert_eq!(found.unwrap().unwrap().public_key(), entry.public_key());

    // A restart between two calls is not even noticed.
    setup.server.stop();
    setup.server.restart();
    assert!(store.get(entry.scope()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_manager_goes_on_without_redis() {
    let mut setup = Setup::new().await;
    let store = Arc::new(setup.store(keys(1)));
    let manager = |then| {
        SessionManager::new(setup.client.clone())
            .with_store(store.clone())
            .with_store_failure(then)
    };
    let (strict, lenient) = (manager(StoreFailure::Fail), manager(StoreFailure::GoOn));
    let auth = WalletAuth::new(setup.wallet.clone());
    setup.server.stop();
    assert!(matches!(
        strict.session(&any_action(), &auth).await,
        Err(SessionManagerError::Store(_))
    ));
    let session = lenient.session(&any_action(), &auth).await.unwrap();
    setup.server.restart();
    // Once the pause is over the session gets into the store, where another process finds it.
    for _ in 0..2 {
        setup.network.clock().advance(Duration::from_secs(10));
        lenient.session(&any_action(), &auth).await.unwrap();
    }
    let found = strict.session(&any_action(), &auth).await.unwrap();
    assert_eq!(found.public_key(), session.public_key());
}

/// The clock of the runtime is stopped while Redis hangs, so that its patience ends at once.
#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let entry = setup.entry("one.example").await;
    store.put(&entry).await.unwrap();
    setup.server.hang(true);
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let stuck = store.get(entry.scope()).await;
    // Once, not once more.
    assert!(start.elapsed() < Duration::from_secs(3));
    tokio::time::resume();
    assert!(
        matches!(stuck, Err(StoreError::Unavailable(_))),
        "{stuck:?}"
    );
    setup.server.hang(false);
    let found = store.get(entry.scope()).await.unwrap();
    assert_eq!(found.unwrap().public_key(), entry.public_key());
}

/// Callers that give up amid a command leave the answers of the others alone.
#[tokio::test]
async fn callers_that_give_up_mix_nothing_up() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let mut entries = Vec::new();
    for index in 0..20 {
        entries.push(setup.entry(&format!("{index}.example")).await);
        store.put(&entries[index]).await.unwrap();
    }
    for round in 0..50 {
        let asked: Vec<_> = entries
            .iter()
            .cloned()
            .map(|entry| {
                let store = store.clone();
                tokio::spawn(async move {
                    store.put(&entry).await.unwrap();
                    let found = store.get(entry.scope()).await.unwrap().unwrap();
                    assert_eq!(found.public_key(), entry.public_key());
                })
            })
            .collect();
        for _ in 0..round % 7 {
            tokio::task::yield_now().await;
        }
        for (index, task) in asked.into_iter().enumerate() {
            if index % 2 == 0 {
                task.abort();
            } else {
                task.await.unwrap();
            }
        }
    }
    assert_eq!(store.list().await.unwrap().len(), 20);
    for entry in &entries {
        let found = store.get(entry.scope()).await.unwrap().unwrap();
        assert_eq!(found.public_key(), entry.public_key());
    }
}

/// What Redis refuses is an error, also of one command among several.
#[tokio::test]
async fn what_redis_refuses_is_an_error() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    store.put(&one).await.unwrap();
    // A replica, or a disk that is full: reading goes on.
    setup
        .raw::<()>(&[b"CONFIG", b"SET", b"min-replicas-to-write", b"1"])
        .await;
    for refused in [
        store.put(&two).await,
        store.remove(one.scope()).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
    }
    assert!(store.get(one.scope()).await.unwrap().is_some());
    // Also where it would be sealed anew.
    let rotated = setup.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    assert!(rotated.get(one.scope()).await.unwrap().is_some());
    let refused = rotated.rotate().await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    setup
        .raw::<()>(&[b"CONFIG", b"SET", b"min-replicas-to-write", b"0"])
        .await;
    store.put(&two).await.unwrap();

    // An index that is none: what cannot be listed, and so not be revoked, is not kept without a word.
    let index = setup.names("o").await.remove(0);
    setup.raw::<()>(&[b"SET", index.as_bytes(), b"x"]).await;
    let refused = store.put(&two).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    let refused = store.of_owner(one.scope().owner()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

/// Redis may throw the index away when its memory is full. What the manager has in memory is revoked all the same.
#[tokio::test]
async fn a_lost_index_keeps_nothing_from_being_revoked() {
    let setup = Setup::new().await;
    let store = Arc::new(setup.store(keys(1)));
    let manager = SessionManager::new(setup.client.clone()).with_store(store.clone());
    let auth = WalletAuth::new(setup.wallet.clone());
    manager.session(&any_action(), &auth).await.unwrap();
    let index = setup.names("o").await.remove(0);
    setup.raw::<()>(&[b"DEL", index.as_bytes()]).await;
    assert_eq!(manager.sign_out(setup.wallet.address()).await.unwrap(), 1);
    assert!(store.list().await.unwrap().is_empty());
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_is_refused_where_there_is_none() {
    let refused = redis::Client::open("rediss://localhost:6379").unwrap_err();
    assert_eq!(refused.kind(), redis::ErrorKind::InvalidClientConfig);
}
