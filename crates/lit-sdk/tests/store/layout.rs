//! The layout of node-localstorage; its vectors are judged elsewhere.

use std::fs;

use lit_sdk::{
    SessionRequest,
    store::{
        LocalStorage, LocalStorageStore, SessionScope, SessionStore, StoreError, StoredSession,
    },
};
use lit_test_fakes::temp_dir;

use crate::support::{any_action, entry, network, now, wallet};

#[tokio::test]
async fn a_session_of_the_official_client_is_found_by_what_it_says() {
    let dir = temp_dir();
    let kept = entry(&wallet(1), &network(), "localhost");
    let storage = LocalStorage::open(dir.path()).unwrap();
    let bundle = kept.bundle();
    storage
        .set_item("lit-session-key", &bundle.key_pair().expose_stored_json())
        .unwrap();
    storage
        .set_item(
            "lit-wallet-sig",
            &serde_json::to_string(bundle.root()).unwrap(),
        )
        .unwrap();

    let store = LocalStorageStore::new(storage.clone(), network());
    let found = store.get(kept.scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), kept.public_key());
    found.verify(now()).unwrap();

    // A key and a root that do not belong together are no session, and what is no session goes no further.
    let other = entry(&wallet(1), &network(), "localhost");
    storage
        .set_item(
            "lit-session-key",
            &other.bundle().key_pair().expose_stored_json(),
        )
        .unwrap();
    assert!(store.list().await.unwrap().is_empty());
    for garbage in ["", "{", "null", "{\"publicKey\":1}"] {
        storage.set_item("lit-session-key", garbage).unwrap();
        assert!(store.get(kept.scope()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_session_at_a_time_and_nothing_left_of_it() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    let store = LocalStorageStore::new(storage.clone(), network());
    let (first, second) = (
        entry(&wallet(1), &network(), "localhost"),
        entry(&wallet(2), &network(), "localhost"),
    );
    store.put(&first).await.unwrap();
    store.put(&second).await.unwrap();
    assert!(store.get(first.scope()).await.unwrap().is_none());
    assert!(!store.remove(first.scope()).await.unwrap());
    assert_eq!(
        storage.keys().unwrap(),
        ["lit-session-key", "lit-wallet-sig"]
    );
    assert!(store.remove(second.scope()).await.unwrap());
    assert!(storage.keys().unwrap().is_empty());

    // A request that names no domain would not find its session again.
    let owner = first.scope().owner().clone();
    let unnamed = SessionScope::of(owner, &SessionRequest::new(any_action())).unwrap();
    let session = first.verify(now()).unwrap();
    let refused = store.put(&StoredSession::new(unnamed, &session)).await;
    assert!(matches!(refused, Err(StoreError::UnsupportedScope)));
}

#[test]
fn keys_cannot_leave_the_directory() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path().join("inner")).unwrap();
    for key in [".", "..", "../outside", "a/b", "\0"] {
        let _ = storage.set_item(key, "x");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let mut keys = storage.keys().unwrap();
    keys.sort();
    assert_eq!(keys, ["\0", "../outside", "a/b"]);
}
