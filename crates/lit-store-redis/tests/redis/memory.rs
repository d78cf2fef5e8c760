//! A server without memory that evicts nothing.

use std::{error::Error, sync::Arc};

use lit_sdk::{
    SessionManager, WalletAuth,
    session::{SessionManagerError, StoreFailure},
    store::{SealingKey, SessionStore, StoreError},
};

use crate::support::{Setup, any_action, keys};

#[tokio::test]
async fn a_full_server_still_signs_users_out() {
    let setup = Setup::new().await;
    let store = Arc::new(setup.store(keys(1)));
    let manager = |then| {
        SessionManager::new(setup.client.clone())
            .with_store(store.clone())
            .with_store_failure(then)
    };
    let first = manager(StoreFailure::Fail);
    let auth = WalletAuth::new(setup.wallet.clone());
    let session = first.session(&any_action(), &auth).await.unwrap();
    let mut entries = Vec::new();
    for index in 0..3 {
        entries.push(setup.entry(&format!("{index}.example")).await);
        store.put(&entries[index]).await.unwrap();
    }
    let new = setup.entry("new.example").await;
    setup.limit_memory("1").await;

    // The error says what is wrong and what to do, and keeps the answer of Redis.
    let full = store.put(&new).await.unwrap_err();
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    let remedy = "the session store is full; give it more memory, or sign users out";
    assert_eq!(full.to_string(), remedy);
    let cause = full.source().unwrap().to_string();
    assert!(cause.contains("maxmemory"), "{cause}");
    // Half an entry would be listed, or not found when its user signs out.
    assert_eq!(store.list().await.unwrap().len(), 4);

    // What is there is read, also by programs with a new key, which cannot seal it again.
    let found = store.get(entries[0].scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), entries[0].public_key());
    let rotated = setup.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    assert!(rotated.get(entries[0].scope()).await.unwrap().is_some());
    let refused = rotated.rotate().await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert_eq!(store.list().await.unwrap().len(), 4);

    // What is no good is set aside, and what is removed is gone.
    store.set_aside(&entries[0]).await.unwrap();
    assert!(store.get(entries[0].scope()).await.unwrap().is_none());
    assert!(store.remove(entries[1].scope()).await.unwrap());
    assert!(rotated.remove(entries[0].scope()).await.unwrap());

    // A manager goes on without the store if it is told to, and signs out in any case.
    let strict = manager(StoreFailure::Fail);
    let another = any_action().with_domain("other.example");
    let failed = strict.session(&another, &auth).await;
    assert!(
        matches!(&failed, Err(SessionManagerError::Store(error)) if matches!(**error, StoreError::Full(_))),
        "{failed:?}"
    );
    let lenient = manager(StoreFailure::GoOn);
    lenient.session(&another, &auth).await.unwrap();
    let again = lenient.session(&any_action(), &auth).await.unwrap();
    assert_eq!(again.public_key(), session.public_key());
    assert!(strict.sign_out(setup.wallet.address()).await.unwrap() > 0);
    assert!(store.list().await.unwrap().is_empty());
    assert!(setup.names("*").await.is_empty());

    setup.limit_memory("0").await;
    store.put(&new).await.unwrap();
}
