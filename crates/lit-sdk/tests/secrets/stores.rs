//! Sessions that are kept: in memory, in files, in the layout of the official client.

use std::{fs, path::Path, sync::Arc};

use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    LitNodeClient, SessionManager, WalletAuth,
    store::{
        FileStore, LocalStorage, LocalStorageStore, MemoryStore, NetworkId, SessionStore,
        StoredSession,
    },
};

use super::{Seen, common::owned::request};

pub(crate) async fn run(client: &LitNodeClient, directory: &Path, seen: &mut Seen) {
    let storage = LocalStorage::open(directory.join("local")).unwrap();
    let stores: [Arc<dyn SessionStore>; 3] = [
        Arc::new(MemoryStore::new()),
        Arc::new(FileStore::open(directory).unwrap()),
        Arc::new(LocalStorageStore::new(storage, NetworkId::of(client))),
    ];
    let request = request().with_domain("localhost");
    for store in stores {
        let wallet: PrivateKeySigner = lit_test_fakes::wallet();
        seen.secrets.add("wallet key", wallet.to_bytes());
        let auth = WalletAuth::new(wallet.clone());
        let manager = || SessionManager::new(client.clone()).with_store(store.clone());
        let session = manager().session(&request, &auth).await.unwrap();
        seen.session("a kept session", &session);
        let again = manager().session(&request, &auth).await.unwrap();
        assert_eq!(again.public_key(), session.public_key());
        seen.show(&manager());
        seen.show(&manager().sessions().await.unwrap());
        let kept = store.list().await.unwrap();
        seen.show(&kept);

        // Signatures for nodes are made when they are needed, and not kept.
        let sigs = client.session_sigs(&session).unwrap();
        seen.sigs("a kept session", &sigs);
        let mut signatures = Seen::default();
        signatures.sigs("a kept session", &sigs);
        signatures.search_files(directory);

        // What cannot be read or verified is set aside, with a warning.
        for entry in &kept {
            let json = entry.expose_json();
            for broken in [&json[..json.len() - 10], &json.replace("custom", "datil")] {
                if let Err(error) = StoredSession::from_json(broken) {
                    seen.fail(&error);
                }
            }
            store.set_aside(entry).await.unwrap();
            store.put(entry).await.unwrap();
        }
        // Nothing is left of a session that was signed out, which the end of the test looks for.
        assert!(manager().sign_out(wallet.address()).await.unwrap() > 0);
    }
    broken(client, directory, seen).await;
}

/// Files that somebody broke.
async fn broken(client: &LitNodeClient, directory: &Path, seen: &mut Seen) {
    let store = Arc::new(FileStore::open(directory).unwrap());
    let manager = SessionManager::new(client.clone()).with_store(store.clone());
    let wallet = lit_test_fakes::wallet();
    let auth = WalletAuth::new(wallet.clone());
    let session = manager.session(&request(), &auth).await.unwrap();
    seen.session("a broken session", &session);
    let entry = store.list().await.unwrap().remove(0);
    let owner = directory
        .join("sessions")
        .join(entry.scope().owner().key().to_string());
    let path = owner.join(format!("{}.json", entry.scope().key()));
    let json = fs::read_to_string(&path).unwrap();
    for broken in [
        &json[..json.len() / 2],
        &json.replace("\"version\":1", "\"version\":9"),
    ] {
        fs::write(&path, broken).unwrap();
        assert!(store.get(entry.scope()).await.unwrap().is_none());
    }
    // No file, but a directory.
    fs::create_dir(&path).unwrap();
    seen.fail(&store.put(&entry).await.unwrap_err());
    fs::remove_dir(&path).unwrap();
    store.remove_set_aside().await.unwrap();
    assert!(store.list().await.unwrap().is_empty());
}
