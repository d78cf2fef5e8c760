use std::{collections::BTreeMap, fs};

use lit_sdk::{
    LitNetwork, SessionRequest,
    store::{
        LocalStorage, LocalStorageStore, NetworkId, SessionOwner, SessionScope, SessionStore,
        StoreError, StoredSession,
    },
};
use lit_session_crypto::SessionKeyPair;
use lit_test_fakes::{TempDir, temp_dir};
use lit_types::constants::storage_keys;
use serde_json::{Value, json};

use super::{block_on, bytes32, session_sigs};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// storage: the layout of node-localstorage, what is kept in it, and what a disconnected user leaves.
pub(super) fn judge(case: &Case) -> Outcome {
    let directory = temp_dir();
    let storage = LocalStorage::open(directory.path())?;
    for (key, value) in texts(case, "/items").chain(texts(case, "/init")) {
        storage.set_item(key, value)?;
    }
    let kind = case.text_at("/kind").unwrap_or_default();
    match kind {
        "node-localstorage" if case.at("/items").is_some() => layout(case, &storage, &directory),
        "node-localstorage" => operations(case, &storage, &directory),
        "getSessionSigs" => {
            let session = session_sigs::wallet_session(case)?;
            keep(&session, &storage)?;
            let key = session.public_key().to_string();
            Ok(json!({ "files": files(&directory), "sessionKey": key }))
        }
        "getStorageItem" => {
            let value = storage.get_non_empty("k")?;
            Ok(json!({ "value": value.as_deref(), "storage": files(&directory) }))
        }
        "setStorageItem" => {
            storage.set_item("k", "v")?;
            Ok(json!({ "value": "v", "storage": files(&directory) }))
        }
        "removeStorageItem" => {
            let removed = storage.remove_item("k")?.then_some("k");
            Ok(json!({ "value": removed, "storage": files(&directory) }))
        }
        "disconnectWeb3 (node)" | "disconnectWeb3 (process.versions.node hidden)" => {
            disconnect(&storage, kind)
        }
        _ => match kind.strip_prefix("getSessionKey") {
            Some(seed) => session_key(seed.strip_prefix(", sessionSeed "), &storage, &directory),
            None => Err(Refusal::NotExpressible("a storage that is a global object")),
        },
    }
}

fn texts<'a>(case: &'a Case, pointer: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    let members = case
        .at(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    members.filter_map(|(key, value)| Some((key, value.as_str()?)))
}

fn layout(case: &Case, storage: &LocalStorage, directory: &TempDir) -> Outcome {
    let mut equal = true;
    for (key, value) in texts(case, "/items") {
        equal &= storage.get_item(key)?.is_some_and(|read| *read == value);
    }
    Ok(json!({
        "files": files(directory),
        "readBackEqual": equal,
        "missing": storage.get_item("no such key")?.as_deref(),
        "length": storage.keys()?.len(),
    }))
}

fn operations(case: &Case, storage: &LocalStorage, directory: &TempDir) -> Outcome {
    let mut result = json!({});
    for operation in case
        .at("/ops")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let words: Vec<&str> = operation.as_str().unwrap_or_default().split(' ').collect();
        match words[..] {
            ["set", assignment] => {
                let (key, value) = assignment.split_once('=').unwrap_or_default();
                storage.set_item(key, value)?;
                if value == "22" {
                    result["afterOverwrite"] = json!(files(directory));
                }
            }
            ["remove", key, ..] => _ = storage.remove_item(key)?,
            ["set", key, "with", mebibytes, "MiB"] => {
                let size: usize = mebibytes.parse().unwrap_or_default();
                match storage.set_item(key, &"x".repeat(size << 20)) {
                    Err(StoreError::QuotaExceeded { .. }) => {
                        result["quota"] =
                            json!({ "class": "QUOTA_EXCEEDED_ERR", "message": "Unknown error." });
                    }
                    other => other?,
                }
            }
            _ => return Err(Refusal::Malformed(format!("unknown operation {operation}"))),
        }
    }
    result["end"] = json!(files(directory));
    Ok(result)
}

/// Keeps a session as the official client does.
fn keep(session: &lit_session_crypto::Session, storage: &LocalStorage) -> Result<(), Refusal> {
    let network = NetworkId::new(LitNetwork::Custom, "");
    let owner = SessionOwner {
        network: network.clone(),
        user: session.address().into(),
    };
    // What the official client writes into a message that is to name no other domain.
    let request = SessionRequest::new(session.requests().to_vec()).with_domain("localhost");
    let scope = SessionScope::of(owner, &request).map_err(|error| Refusal::Siwe(error.into()))?;
    let store = LocalStorageStore::new(storage.clone(), network);
    let found = block_on(async {
        store
            .put(&StoredSession::new(scope.clone(), session))
            .await?;
        store.get(&scope).await
    })??;
    if found.is_some_and(|found| found.public_key() == session.public_key()) {
        Ok(())
    } else {
        Err(Refusal::Stored("not found again".to_owned()))
    }
}

fn session_key(seed: Option<&str>, storage: &LocalStorage, directory: &TempDir) -> Outcome {
    let pair = match (storage.get_non_empty(storage_keys::SESSION_KEY)?, seed) {
        (Some(stored), _) => SessionKeyPair::from_stored_json(&stored)?,
        (None, Some(seed)) => {
            let pair = SessionKeyPair::from_seed(&bytes32(seed)?);
            storage.set_item(storage_keys::SESSION_KEY, &pair.expose_stored_json())?;
            pair
        }
        (None, None) => return Err(Refusal::Malformed("no seed for a new key".to_owned())),
    };
    let value = json!({
        "publicKey": pair.public_key().to_string(),
        "secretKey": pair.expose_secret_key().as_str(),
    });
    Ok(json!({ "value": value, "storage": files(directory) }))
}

/// Fills the storage with all there can be in it, disconnects, and looks at what is left.
fn disconnect(storage: &LocalStorage, kind: &str) -> Outcome {
    let of_a_user = [
        storage_keys::AUTH_COSMOS_SIGNATURE,
        storage_keys::AUTH_SIGNATURE,
        storage_keys::AUTH_SOL_SIGNATURE,
        storage_keys::WEB3_PROVIDER,
        storage_keys::KEY_PAIR,
        storage_keys::SESSION_KEY,
        storage_keys::WALLET_SIGNATURE,
    ];
    let of_the_program = match kind {
        "disconnectWeb3 (node)" => &[][..],
        _ => &["LitNodeClientConfig", "lit-cached-pkps"],
    };
    for key in of_a_user.iter().chain(of_the_program) {
        storage.set_item(key, "x")?;
    }
    storage.disconnect()?;
    let left = storage.keys()?;
    let mut removed: Vec<&str> = of_a_user.to_vec();
    removed.retain(|key| !left.iter().any(|left| left == key));
    Ok(match of_the_program {
        [] => json!({ "left": left }),
        _ => json!({ "left": left, "removed": removed }),
    })
}

/// The content of every file, by name.
fn files(directory: &TempDir) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name, fs::read_to_string(entry.path()).ok()?))
    };
    entries.filter_map(file).collect()
}
