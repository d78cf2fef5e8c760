use std::path::{Path, PathBuf};

use alloy_primitives::hex;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    AuthSig, LitNetwork, Right, Session, SessionRequest, Timestamp,
    recap::SiweBuilder,
    session_crypto::{RootExpectation, SessionKeyPair, check_root},
    store::{NetworkId, SessionOwner, SessionScope, SessionUser, StoredSession},
};
use lit_test_fakes::TestRng;
use time::OffsetDateTime;

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap()
}

pub(crate) fn network() -> NetworkId {
    NetworkId::new(LitNetwork::Custom, &"ab".repeat(48))
}

pub(crate) fn any_action() -> Vec<Right> {
    vec![Right::run_any_action()]
}

pub(crate) fn wallet(seed: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[seed.max(1); 32]).unwrap()
}

/// A session of a day that a wallet authorized.
pub(crate) fn session(
    wallet: &PrivateKeySigner,
    requests: &[Right],
    key: Option<&SessionKeyPair>,
    domain: Option<&str>,
) -> Session {
    session_on(wallet, requests, key, domain, 1)
}

/// As [`session`], on the chain with this id.
pub(crate) fn session_on(
    wallet: &PrivateKeySigner,
    requests: &[Right],
    key: Option<&SessionKeyPair>,
    domain: Option<&str>,
    chain_id: u64,
) -> Session {
    let key = key
        .cloned()
        .unwrap_or_else(|| SessionKeyPair::generate(&mut TestRng));
    let issued_at = Timestamp::try_from(now()).unwrap();
    let end = issued_at
        .checked_add(std::time::Duration::from_secs(86_400))
        .unwrap();
    let message = SiweBuilder::new(
        wallet.address(),
        key.public_key().uri(),
        "nonce1234".parse().unwrap(),
        issued_at,
    )
    .with_domain(domain.unwrap_or("localhost"))
    .with_expiration(end.clone())
    .with_chain_id(chain_id)
    .with_rights(requests)
    .unwrap()
    .build()
    .unwrap();
    let signature = wallet
        .sign_message_sync(message.as_str().as_bytes())
        .unwrap();
    let root = AuthSig::wallet(
        hex::encode_prefixed(signature.as_bytes()),
        message.to_string(),
        wallet.address().to_string(),
    );
    let expected = RootExpectation::new(requests, now());
    let root = check_root(&root, key.public_key(), &expected).unwrap();
    Session::new(key, root, Vec::new(), end, now()).unwrap()
}

/// An entry of a wallet's session that may run any action.
pub(crate) fn entry(wallet: &PrivateKeySigner, network: &NetworkId, domain: &str) -> StoredSession {
    let request = SessionRequest::new(any_action()).with_domain(domain);
    let owner = SessionOwner {
        network: network.clone(),
        user: SessionUser::Address(wallet.address()),
    };
    let scope = SessionScope::of(owner, &request).unwrap();
    StoredSession::new(scope, &session(wallet, &any_action(), None, Some(domain)))
}

/// Runs a future to its end.
pub(crate) fn futures<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// All files below a directory.
pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
