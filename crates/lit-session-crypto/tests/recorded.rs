//! Session signatures recorded from a real network. The recordings are not part of the project: they are read from the folder
//! named by `LIT_RECORDED`, or from `../shared/data/recorded` beside the checkout, and where there are none the test says so.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{env, fs, path::PathBuf};

use lit_session_crypto::{SessionSigRefusal, verify_session_signature};
use lit_types::SessionSigs;
use serde_json::Value;

fn recording(name: &str) -> Option<Value> {
    let folder = env::var_os("LIT_RECORDED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/recorded"),
        PathBuf::from,
    );
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) => {
            println!("skipped: {name} cannot be read ({error}); set LIT_RECORDED to its folder");
            None
        }
    }
}

/// The map of session signatures, wherever in the recording it is.
fn session_sigs(value: &Value) -> Option<SessionSigs> {
    serde_json::from_value(value.clone())
        .ok()
        .filter(|sigs: &SessionSigs| !sigs.is_empty())
        .or_else(|| match value {
            Value::Object(members) => members.values().find_map(session_sigs),
            Value::Array(items) => items.iter().find_map(session_sigs),
            _ => None,
        })
}

#[test]
fn nine_nodes_of_2024() {
    let Some(recording) = recording("recorded-2024-10-16-session-sigs-9-nodes.json") else {
        return;
    };
    let sigs = session_sigs(&recording).unwrap();
    assert_eq!(sigs.len(), 9);
    let keys: Vec<_> = sigs
        .iter()
        .map(|(_, sig)| verify_session_signature(sig).unwrap())
        .collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
    // Each signature is over its own node's text and over no other's.
    let (_, first) = sigs.iter().next().unwrap();
    for (_, other) in sigs.iter().skip(1) {
        let mut mixed = other.clone();
        mixed.sig.clone_from(&first.sig);
        assert_eq!(
            verify_session_signature(&mixed),
            Err(SessionSigRefusal::Signature)
        );
    }
}
