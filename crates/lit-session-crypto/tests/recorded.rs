//! Session signatures, shares and roots of PKPs recorded from real networks. The recordings are not part of the project: they are read from the folder
//! named by `LIT_RECORDED`, or from `../shared/data/recorded` beside the checkout, and where there are none the test says so.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{env, fs, path::PathBuf, time::Duration};

use lit_recap::SiweMessage;
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignatureShare, CapabilityRefusal, RootExpectation, RootRefusal,
    SessionSigRefusal, check_root, pkp_auth_sig, session_digest, verify_session_signature,
};
use lit_types::{AuthSig, Right, SessionSigs, wire::SignSessionKeyResponse};
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

/// Checks the root for the session key it names, an hour after it was issued.
fn check(auth_sig: &AuthSig, network_key: BlsPublicKey) -> Result<Vec<String>, RootRefusal> {
    let message: SiweMessage = auth_sig.signed_message.parse().unwrap();
    let session_key = message.uri().strip_prefix("lit:session:").unwrap();
    let now = message.issued_at() + Duration::from_secs(3600);
    let asked = [Right::sign_with_any_pkp(), Right::run_any_action()];
    let expected = RootExpectation::new(&asked, now).with_network_key(network_key);
    let root = check_root(auth_sig, session_key.parse().unwrap(), &expected)?;
    Ok(root.auth_context().unwrap().action_ipfs_ids)
}

#[test]
fn three_shares_of_april_2024() {
    let Some(recording) = recording("recorded-2024-04-25-sign-session-key-shares.json") else {
        return;
    };
    let answers: Vec<SignSessionKeyResponse> = serde_json::from_value(recording).unwrap();
    assert_eq!(answers.len(), 3);
    let message: SiweMessage = answers[0].siwe_message.parse().unwrap();
    let digest = session_digest(message.as_str());
    let key: BlsPublicKey = answers[0].bls_root_pubkey.parse().unwrap();
    let mut shares = Vec::new();
    for answer in &answers {
        assert_eq!(answer.siwe_message, message.as_str());
        assert_eq!(answer.data_signed, hex::encode(digest));
        let share = BlsSignatureShare::try_from(&answer.signature_share).unwrap();
        assert_eq!(u32::from(share.identifier().get()), answer.share_index + 1);
        shares.push(share);
    }
    let quorum = BlsQuorum::new(key, 2);
    let signature = quorum.combine(&digest, &shares).unwrap().signature;
    for pair in [[0, 1], [0, 2], [1, 2], [2, 1]] {
        let pair = pair.map(|at| shares[at]);
        assert_eq!(quorum.combine(&digest, &pair).unwrap().signature, signature);
    }
    // A share under another's name is found, and done without.
    let swapped = BlsSignatureShare::new(shares[1].identifier(), shares[0].signature().unwrap());
    let combined = quorum
        .combine(&digest, &[swapped, shares[1], shares[2]])
        .unwrap();
    assert_eq!(
        (combined.signature, combined.faulty[0].position),
        (signature, 0)
    );
    let actions = check(&pkp_auth_sig(&signature, &message), key).unwrap();
    assert_eq!(actions.len(), 1);
}

#[test]
fn the_root_of_a_pkp_of_june_2024() {
    let (Some(root), Some(known)) = (
        recording("recorded-2024-06-11-bls-authsig.json"),
        recording("known-bls.json"),
    ) else {
        return;
    };
    let auth_sig: AuthSig = serde_json::from_value(root).unwrap();
    let key = |pointer: &str| -> BlsPublicKey {
        known
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let actions = check(&auth_sig, key("/realAuthSig/networkPubKey")).unwrap();
    assert_eq!(actions.len(), 1);
    let refused = check(&auth_sig, key("/sessionShares/publicKey"));
    let reason = RootRefusal::AuthSig(CapabilityRefusal::NetworkSignature);
    assert_eq!(refused, Err(reason));
}
