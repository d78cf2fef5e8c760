//! The layout of node-localstorage; its vectors are judged elsewhere.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, SystemTime},
};

use lit_sdk::{
    SessionRequest,
    store::{
        LocalStorage, LocalStorageStore, SessionScope, SessionStore, StoreError, StoredSession,
    },
};
use lit_test_fakes::temp_dir;

use crate::support::{any_action, entry, files_below, network, now, wallet};

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

/// Makes a file two minutes old.
fn age(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    let old = SystemTime::now() - Duration::from_secs(120);
    file.set_modified(old).unwrap();
}

/// Whoever signs out leaves no key behind, also not what a killed process was writing.
#[tokio::test]
async fn signing_out_removes_what_killed_writers_left() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    let store = LocalStorageStore::new(storage.clone(), network());
    let kept = entry(&wallet(1), &network(), "localhost");
    let left = dir.path().join("+lit-tmp-0123456789abcdef");
    let leave = || {
        fs::write(&left, "half a key").unwrap();
        age(&left);
    };
    store.put(&kept).await.unwrap();
    leave();
    assert!(store.remove(kept.scope()).await.unwrap());
    assert!(!left.exists());
    leave();
    storage.disconnect().unwrap();
    assert!(!left.exists());
}

/// A user's key is never taken for a file of the storage itself, nor the other way round.
#[test]
fn keys_are_apart_from_the_files_of_the_storage() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    let age = |name: &str| age(&dir.path().join(name));
    let keys = [
        ".lit-tmp-0123456789abcdef",
        ".lit-tmp-",
        "+lit-tmp-0123456789abcdef",
        "%2Blit-tmp-0123456789abcdef",
        "",
    ];
    for key in keys {
        storage.set_item(key, key).unwrap();
    }
    for name in files_below(dir.path()) {
        age(name.to_str().unwrap());
    }
    // What a killed process left, what one is writing just now, and what is nobody's.
    for (name, is_old) in [
        ("+lit-tmp-0123456789abcdef", true),
        ("+lit-tmp-fedcba9876543210", false),
        ("+lit-tmp-notes", true),
    ] {
        fs::write(dir.path().join(name), "half a key").unwrap();
        if is_old {
            age(name);
        }
    }
    let storage = LocalStorage::open(dir.path()).unwrap();
    let mut found = storage.keys().unwrap();
    found.sort_unstable();
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for key in keys {
        assert_eq!(**storage.get_item(key).unwrap().unwrap(), *key);
        assert!(storage.remove_item(key).unwrap());
    }
    let left = files_below(dir.path());
    let left: Vec<_> = left.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(left, ["+lit-tmp-fedcba9876543210", "+lit-tmp-notes"]);

    // The file name of the empty key is no key.
    let name = "---.EMPTY_STRING.---";
    for refused in [
        storage.set_item(name, "x"),
        storage.get_item(name).map(drop),
        storage.remove_item(name).map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::InvalidKey(key)) if key == name));
    }
}

#[test]
fn what_is_no_value_stays() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    fs::create_dir(dir.path().join("lit-auth-signature")).unwrap();
    fs::write(dir.path().join("lit-auth-signature/inner"), "precious").unwrap();
    symlink("lit-session-key", dir.path().join("lit-session-key")).unwrap();
    storage.set_item("lit-wallet-sig", "x").unwrap();
    for key in ["lit-auth-signature", "lit-session-key"] {
        for refused in [
            storage.get_item(key).map(drop),
            storage.set_item(key, "x"),
            storage.remove_item(key).map(drop),
        ] {
            assert!(matches!(refused, Err(StoreError::ForeignValue(named)) if named == key));
        }
    }
    assert_eq!(storage.keys().unwrap(), ["lit-wallet-sig"]);
    // It removes what it can, and says what it cannot.
    let refused = storage.disconnect();
    assert!(matches!(refused, Err(StoreError::ForeignValue(key)) if key == "lit-auth-signature"));
    assert!(storage.keys().unwrap().is_empty());
    let inner = dir.path().join("lit-auth-signature/inner");
    assert_eq!(fs::read(inner).unwrap(), b"precious");
}
