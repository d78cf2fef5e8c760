use std::{fs, os::unix::fs::PermissionsExt};

use lit_sdk::{
    recap::TimeWindowError,
    session_crypto::{BundleError, CapabilityRefusal, RootRefusal},
    store::{FileStore, SessionStore, StoredSession},
};
use lit_test_fakes::temp_dir;

use crate::support::{entry, files_below, network, now, wallet};

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let dir = temp_dir();
    let made = dir.path().join("made");
    let store = FileStore::open(&made).unwrap();
    store
        .put(&entry(&wallet(1), &network(), "example.com"))
        .await
        .unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&made), 0o700);
    for file in files_below(&made) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
    }
}

#[tokio::test]
async fn entries_are_verified_and_removed_for_good() {
    let dir = temp_dir();
    let kept = entry(&wallet(1), &network(), "example.com");
    FileStore::open(dir.path())
        .unwrap()
        .put(&kept)
        .await
        .unwrap();
    // Another process, later.
    let store = FileStore::open(dir.path()).unwrap();
    let found = store.get(kept.scope()).await.unwrap().unwrap();
    let session = found.verify(now()).unwrap();
    assert_eq!(session.address(), wallet(1).address());
    let late = found.verify(now() + time::Duration::days(1));
    let expired = CapabilityRefusal::Time(TimeWindowError::Expired);
    assert_eq!(late.unwrap_err(), BundleError::Root(expired.into()));

    assert!(store.remove(kept.scope()).await.unwrap());
    let secret = kept.bundle().key_pair().expose_secret_key();
    for file in files_below(dir.path()) {
        let content = fs::read_to_string(&file).unwrap();
        assert!(!content.contains(secret.as_str()), "{}", file.display());
    }
    assert!(store.get(kept.scope()).await.unwrap().is_none());
    assert!(!store.remove(kept.scope()).await.unwrap());
}

#[tokio::test]
async fn corrupt_entries_are_set_aside() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let kept = entry(&wallet(1), &network(), "example.com");
    let other = entry(&wallet(1), &network(), "example.org");
    let json = kept.expose_json();
    let corruptions: [Vec<u8>; 6] = [
        Vec::new(),
        b"{".to_vec(),
        vec![0xff; 100],
        json.as_bytes()[..json.len() / 2].to_vec(),
        json.replace(r#""version":1"#, r#""version":2"#).into(),
        // A good entry under another's name.
        other.expose_json().as_bytes().to_vec(),
    ];
    for corrupt in corruptions {
        store.put(&kept).await.unwrap();
        store.put(&other).await.unwrap();
        let path = path_of(dir.path(), &kept);
        fs::write(&path, &corrupt).unwrap();
        assert!(store.get(kept.scope()).await.unwrap().is_none());
        assert!(!path.exists() && path.with_extension("corrupt").exists());
        assert_eq!(store.list().await.unwrap().len(), 1);
        // Also found out by a list.
        fs::write(&path, &corrupt).unwrap();
        assert_eq!(store.of_owner(kept.scope().owner()).await.unwrap().len(), 1);
        assert!(!path.exists());
        // And a new one takes the place.
        store.put(&kept).await.unwrap();
        assert!(store.get(kept.scope()).await.unwrap().is_some());
        // Nothing of it is left behind.
        store.remove(kept.scope()).await.unwrap();
        assert!(!path.with_extension("corrupt").exists());
    }
}

#[tokio::test]
async fn only_the_refused_entry_is_set_aside() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let (old, new) = (
        entry(&wallet(1), &network(), "example.com"),
        entry(&wallet(1), &network(), "example.com"),
    );
    store.put(&new).await.unwrap();
    store.set_aside(&old).await.unwrap();
    assert!(store.get(new.scope()).await.unwrap().is_some());
    store.set_aside(&new).await.unwrap();
    assert!(store.get(new.scope()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_changed_entry_is_refused() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let kept = entry(&wallet(1), &network(), "example.com");
    store.put(&kept).await.unwrap();
    // Somebody adds a right to what was asked for, which the root does not grant.
    let more = kept.expose_json().replace(
        r#""requests":["#,
        r#""requests":[{"resource":{"resource":"*","resourcePrefix":"lit-pkp"},"ability":"pkp-signing"},"#,
    );
    fs::write(path_of(dir.path(), &kept), more).unwrap();
    let found = store.get(kept.scope()).await.unwrap().unwrap();
    let more = found.verify(now());
    assert!(
        matches!(more, Err(BundleError::Root(RootRefusal::NotGranted { .. }))),
        "{more:?}"
    );
    // Or swaps the root for that of somebody else.
    let other = entry(&wallet(2), &network(), "example.com");
    let swapped = kept.expose_json().replace(
        &serde_json::to_string(kept.bundle().root()).unwrap(),
        &serde_json::to_string(other.bundle().root()).unwrap(),
    );
    let swapped = StoredSession::from_json(&swapped).unwrap();
    let refused = swapped.verify(now()).unwrap_err();
    let other_key = CapabilityRefusal::WrongUri;
    assert_eq!(refused, BundleError::Root(other_key.into()));
    // Or puts a good session of somebody else under the scope.
    let foreign = kept
        .expose_json()
        .replace(&*kept.bundle().expose_json(), &other.bundle().expose_json());
    fs::write(path_of(dir.path(), &kept), foreign).unwrap();
    let found = store.get(kept.scope()).await.unwrap().unwrap();
    assert_eq!(found.bundle().root(), other.bundle().root());
    let address = wallet(2).address();
    assert_eq!(
        found.verify(now()).unwrap_err(),
        BundleError::Root(RootRefusal::OtherSigner { address })
    );
}

fn path_of(dir: &std::path::Path, entry: &StoredSession) -> std::path::PathBuf {
    dir.join("sessions")
        .join(entry.scope().owner().key().to_string())
        .join(format!("{}.json", entry.scope().key()))
}
