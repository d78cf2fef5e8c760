//! The values of a local storage, and what other programs may have put there.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use lit_sdk::{
    Right, SessionRequest,
    store::{
        LocalStorage, LocalStorageStore, SessionOwner, SessionScope, SessionStore, StoreError,
        StoredSession,
    },
    types::CompactJson,
};
use lit_test_fakes::{TempDir, temp_dir};

use crate::support::{any_action, entry, network, now, session, session_on, wallet};

fn open() -> (TempDir, LocalStorage) {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    (dir, storage)
}

#[test]
fn the_quota_counts_what_will_be_there() {
    let (dir, storage) = open();
    let storage = storage.with_quota(10);
    let set = |key, value| storage.set_item(key, value);
    set("a", "12345").unwrap();
    set("b", "12345").unwrap();
    // The old value makes room, and a file that is being written is no value.
    fs::write(dir.path().join("+lit-tmp-0123456789abcdef"), "0123456789").unwrap();
    set("a", "54321").unwrap();
    for (key, value) in [("a", "123456"), ("c", "1")] {
        let refused = set(key, value);
        assert!(matches!(
            refused,
            Err(StoreError::QuotaExceeded { quota: 10 })
        ));
    }
    assert_eq!(**storage.get_item("a").unwrap().unwrap(), *"54321");
    assert_eq!(storage.keys().unwrap(), ["a", "b"]);
}

#[test]
fn values_are_text() {
    let (dir, storage) = open();
    fs::write(dir.path().join("key"), b"\xff").unwrap();
    let refused = storage.get_item("key");
    assert!(matches!(refused, Err(StoreError::NonUtf8Value(key)) if key == "key"));
    storage.set_item("key", "").unwrap();
    assert_eq!(**storage.get_item("key").unwrap().unwrap(), *"");
    assert!(storage.get_non_empty("key").unwrap().is_none());
    for key in [".", ".."] {
        let refused = storage.set_item(key, "x");
        assert!(matches!(refused, Err(StoreError::InvalidKey(named)) if named == key));
    }
}

/// As `encodeURIComponent`, with `!'()*` too.
#[test]
fn keys_are_encoded_as_in_javascript() {
    let (dir, storage) = open();
    for (key, name) in [
        ("!'()*", "%21%27%28%29%2A"),
        ("a b/ü", "a%20b%2F%C3%BC"),
        ("-_.~", "-_.~"),
    ] {
        storage.set_item(key, "x").unwrap();
        assert!(dir.path().join(name).exists(), "{name}");
        assert_eq!(storage.keys().unwrap(), [key]);
        assert!(storage.remove_item(key).unwrap());
    }
}

#[test]
fn disconnecting_leaves_no_key() {
    let (_dir, storage) = open();
    for key in [
        "lit-auth-signature",
        "lit-auth-sol-signature",
        "lit-auth-cosmos-signature",
        "lit-web3-provider",
        "lit-wallet-sig",
        "lit-session-key",
        "lit-comms-keypair",
        "other",
    ] {
        storage.set_item(key, "x").unwrap();
    }
    storage.disconnect().unwrap();
    assert_eq!(storage.keys().unwrap(), ["other"]);
}

#[test]
fn nobody_else_may_read_the_values() {
    let dir = temp_dir();
    let shared = dir.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o755)).unwrap();
    let storage = LocalStorage::open(&shared).unwrap();
    storage.set_item("key", "x").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(shared.clone()), mode(shared.join("key"))),
        (0o700, 0o600)
    );
}

/// Puts a session where the official client does.
fn place(storage: &LocalStorage, entry: &StoredSession) {
    let bundle = entry.bundle();
    let root = serde_json::to_string(bundle.root()).unwrap();
    let key = bundle.key_pair().expose_stored_json();
    storage.set_item("lit-session-key", &key).unwrap();
    storage.set_item("lit-wallet-sig", &root).unwrap();
}

/// Its scope would grant less than it does.
#[tokio::test]
async fn a_root_with_other_rights_is_no_session() {
    let (_dir, storage) = open();
    let store = LocalStorageStore::new(storage.clone(), network());
    let scope = entry(&wallet(1), &network(), "localhost").scope().clone();
    let data = CompactJson::parse(r#"{"a":1}"#).unwrap();
    for (rights, count) in [
        (any_action(), 1),
        (vec![Right::run_any_action().with_data(data)], 0),
    ] {
        let session = session(&wallet(1), &rights, None, None);
        place(&storage, &StoredSession::new(scope.clone(), &session));
        assert_eq!(store.list().await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn the_chain_is_that_of_the_root() {
    let (_dir, storage) = open();
    let store = LocalStorageStore::new(storage.clone(), network());
    let request = SessionRequest::new(any_action()).with_domain("localhost");
    let user = wallet(1).address().into();
    let network = network();
    let owner = SessionOwner { network, user };
    for (chain, id, is_known) in [("polygon", 137, true), ("ethereum", 4_242_424_242, false)] {
        let request = request.clone().with_chain(chain);
        let scope = SessionScope::of(owner.clone(), &request).unwrap();
        let session = session_on(&wallet(1), &any_action(), None, None, id);
        let entry = StoredSession::new(scope, &session);
        place(&storage, &entry);
        let found = store.get(entry.scope()).await.unwrap();
        assert_eq!(found.is_some(), is_known, "{chain}");
        let put = store.put(&entry).await;
        assert_eq!(put.is_ok(), is_known, "{chain}: {put:?}");
    }
}

#[tokio::test]
async fn only_the_named_session_is_listed_and_set_aside() {
    let (_dir, storage) = open();
    let store = LocalStorageStore::new(storage.clone(), network());
    let [kept, other] = [1, 2].map(|seed| entry(&wallet(seed), &network(), "localhost"));
    store.put(&kept).await.unwrap();
    let listed = async |of: &StoredSession| {
        let entries = store.of_owner(of.scope().owner()).await.unwrap();
        entries
            .iter()
            .map(StoredSession::public_key)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(&kept).await, [kept.public_key()]);
    assert_eq!(listed(&other).await, []);
    store.set_aside(&other).await.unwrap();
    assert_eq!(listed(&kept).await, [kept.public_key()]);
    store.set_aside(&kept).await.unwrap();
    assert!(storage.keys().unwrap().is_empty());
    kept.verify(now()).unwrap();
}
