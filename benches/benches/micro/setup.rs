//! A session of a wallet, without a network.

use alloy_signer_local::PrivateKeySigner;
use k256::ecdsa::{RecoveryId, Signature, SigningKey};
use lit_sdk::{
    ActionCid, AuthSig, NodeUrl, Right, Session, Timestamp,
    recap::{SiweBuilder, SiweMessage},
    session_crypto::{RootExpectation, SessionKeyPair, check_root, sign_siwe},
};
use tokio::runtime::Runtime;

/// A time at which the sessions are valid.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_millis(1_736_944_496_789).unwrap()
}

/// A runtime of one thread, so that time is processor time.
pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

pub(crate) fn cid() -> ActionCid {
    ActionCid::of_code(b"Lit.Actions.setResponse({ response: 'x' })")
}

pub(crate) fn rights() -> Vec<Right> {
    vec![Right::run_action(cid()), Right::sign_with_any_pkp()]
}

pub(crate) const SESSION_SEED: [u8; 32] = [7; 32];

pub(crate) fn session_key() -> SessionKeyPair {
    SessionKeyPair::from_seed(&SESSION_SEED)
}

/// The wallet's key, for bare signatures.
pub(crate) fn wallet_key() -> SigningKey {
    SigningKey::from_slice(&[5; 32]).unwrap()
}

pub(crate) fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from(wallet_key())
}

/// The message that authorizes the session key for a day.
pub(crate) fn message(rights: &[Right]) -> SiweMessage {
    let nonce = "0x36fffb4b93a0da9a0f6a4a6a6c1e9f6f2fb3f0e84fbd6f70b7a8a7b9b8f5f4e1";
    let uri = session_key().public_key().uri();
    let siwe = SiweBuilder::new(wallet().address(), uri, nonce.parse().unwrap(), now());
    let siwe = siwe.with_expiration(now().checked_add(DAY).unwrap());
    siwe.with_rights(rights).unwrap().build().unwrap()
}

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

pub(crate) fn root() -> AuthSig {
    let signing = async { sign_siwe(&wallet(), &message(&rights())).await.unwrap() };
    runtime().block_on(signing)
}

/// The wallet's signature, as the `k256` crate takes it.
pub(crate) fn parts(root: &AuthSig) -> (Signature, RecoveryId) {
    let bytes = hex::decode(&root.sig[2..]).unwrap();
    let id = RecoveryId::try_from(bytes[64] - 27).unwrap();
    (Signature::from_slice(&bytes[..64]).unwrap(), id)
}

pub(crate) fn session() -> Session {
    let (rights, now) = (rights(), now());
    let expected = RootExpectation::new(&rights, now.at());
    let root = check_root(&root(), session_key().public_key(), &expected).unwrap();
    let end = now.checked_add(DAY).unwrap();
    Session::new(session_key(), root, vec![], end, now.at()).unwrap()
}

pub(crate) fn nodes(count: u16) -> Vec<NodeUrl> {
    (0..count)
        .map(|at| format!("https://192.0.2.1:{}", 7470 + at).parse().unwrap())
        .collect()
}
