#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::unwrap_used, reason = "this is a part of tests")]

use alloy_signer_local::PrivateKeySigner;
use lit_recap::SiweBuilder;
use lit_session_crypto::{
    Operation, SessionKeyPair, SessionSigRefusal, SessionTemplate, SessionVerifier, sign_siwe,
};
use lit_types::{AuthSig, NodeUrl, Right, Timestamp};

pub(crate) const NOW: i64 = 1_736_944_496_789;
pub(crate) const CID: &str = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH";

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(NOW + seconds * 1000).unwrap()
}

pub(crate) fn node() -> NodeUrl {
    "https://192.0.2.11:7470".parse().unwrap()
}

pub(crate) fn key() -> SessionKeyPair {
    SessionKeyPair::from_seed(&[7; 32])
}

pub(crate) fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[5; 32]).unwrap()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub(crate) fn any_action() -> Vec<Right> {
    vec![Right::run_any_action()]
}

/// A root for the key above, valid for a day, changed by `change`.
pub(crate) fn root(change: impl FnOnce(SiweBuilder) -> SiweBuilder) -> AuthSig {
    let siwe = SiweBuilder::new(
        wallet().address(),
        key().public_key().uri(),
        "0123456789abcdef".parse().unwrap(),
        at(0),
    )
    .with_expiration(at(86_400))
    .with_rights(&any_action())
    .unwrap();
    block_on(sign_siwe(&wallet(), &change(siwe).build().unwrap())).unwrap()
}

pub(crate) fn template(
    capabilities: &[AuthSig],
    issued_at: i64,
    expiration: i64,
) -> SessionTemplate {
    let public = key().public_key();
    SessionTemplate::new(
        public,
        &any_action(),
        capabilities,
        &at(issued_at),
        &at(expiration),
    )
}

pub(crate) fn good() -> AuthSig {
    template(&[root(|siwe| siwe)], 0, 86_400).sign_for(&key(), &node())
}

/// Signs a document of any content with the session key.
pub(crate) fn signed(document: &str) -> AuthSig {
    let sig = hex::encode(key().sign(document.as_bytes()));
    AuthSig::session(sig, document.to_owned(), key().public_key().to_string())
}

pub(crate) fn verify_at(sig: &AuthSig, seconds: i64) -> Result<(), SessionSigRefusal> {
    SessionVerifier::for_node(node())
        .verify(sig, &Operation::run_action(CID), at(seconds).at())
        .map(|_| ())
}
