//! A wallet, a session key, a network key, and what they sign.

use std::{sync::LazyLock, time::Duration};

use alloy_primitives::hex;
use alloy_signer_local::PrivateKeySigner;
use lit_key_shares::BlsSecretKey;
use lit_recap::{CapacityDelegation, SiweBuilder, SiweMessage};
use lit_session_crypto::{
    RootExpectation, Session, SessionBundle, SessionKeyPair, SessionTemplate, check_root,
    pkp_auth_sig, rewrite_for_pkp, session_digest, sign_auth_sig,
};
use lit_types::{AuthContext, AuthSig, NodeUrl, Right, Timestamp};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};

/// The action of the sessions.
pub(crate) const CID: &str = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH";

/// The service that verifies sessions.
pub(crate) const SERVICE: &str = "https://192.0.2.11:7470";

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_736_944_496).expect("a time of 2025")
}

pub(crate) fn after(seconds: u64) -> Timestamp {
    Timestamp::try_from(now() + Duration::from_secs(seconds)).expect("a time of 2025")
}

pub(crate) fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[5; 32]).expect("a valid key")
}

pub(crate) fn key() -> SessionKeyPair {
    SessionKeyPair::from_seed(&[7; 32])
}

pub(crate) fn network_key() -> BlsSecretKey {
    BlsSecretKey::from_bytes(&[9; 32]).expect("a valid key")
}

pub(crate) fn rights() -> [Right; 2] {
    [Right::run_any_action(), Right::sign_with_any_pkp()]
}

pub(crate) fn builder() -> SiweBuilder {
    let nonce = "0123456789abcdef".parse().expect("a nonce");
    SiweBuilder::new(
        wallet().address(),
        key().public_key().uri(),
        nonce,
        after(0),
    )
    .with_statement("Sign in.")
    .with_expiration(after(86_400))
    .with_rights(&rights())
    .expect("rights without data")
}

/// What a wallet signs for a session key.
pub(crate) fn sent() -> SiweMessage {
    builder().build().expect("a valid message")
}

/// What nodes make of it.
pub(crate) fn rewritten() -> SiweMessage {
    let context = AuthContext::default();
    rewrite_for_pkp(&sent(), wallet().address(), now(), &context).expect("a valid message")
}

pub(crate) fn sign(text: &str) -> AuthSig {
    runtime()
        .block_on(sign_auth_sig(&wallet(), text))
        .expect("a local key signs")
}

pub(crate) fn root() -> AuthSig {
    sign(sent().as_str())
}

pub(crate) fn pkp_root() -> AuthSig {
    let message = rewritten();
    let signature = network_key().sign(&session_digest(message.as_str()));
    pkp_auth_sig(&signature, &message)
}

pub(crate) fn delegation() -> AuthSig {
    let delegation = CapacityDelegation::to(wallet().address()).with_uses(3);
    let message = builder().with_capacity_delegation(&delegation).build();
    sign(message.expect("a valid message").as_str())
}

pub(crate) fn template(capabilities: &[AuthSig]) -> SessionTemplate {
    let key = key().public_key();
    SessionTemplate::new(key, &rights(), capabilities, &after(0), &after(86_400))
}

/// A session signature of the service.
pub(crate) fn session_sig() -> AuthSig {
    let service: NodeUrl = SERVICE.parse().expect("a URL");
    template(&[delegation(), pkp_root(), root()]).sign_for(&key(), &service)
}

pub(crate) fn session() -> Session {
    let rights = rights();
    let expected = RootExpectation::new(&rights, now());
    let root = check_root(&root(), key().public_key(), &expected).expect("a good root");
    Session::new(key(), root, vec![delegation()], after(3600), now()).expect("a good session")
}

pub(crate) fn bundle() -> SessionBundle {
    SessionBundle::with_all_grants(&session())
}

/// Runs futures on this thread.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let runtime = Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime starts")
    });
    &RUNTIME
}

/// Bytes in hex.
pub(crate) fn in_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}
