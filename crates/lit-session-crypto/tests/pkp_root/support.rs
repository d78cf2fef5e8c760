//! What a client sends, what nodes make of it, and the key they sign it with.

use lit_key_shares::BlsSecretKey;
use lit_recap::{SiweBuilder, SiweMessage};
use lit_session_crypto::{pkp_auth_sig, rewrite_for_pkp, session_digest};
use lit_types::{
    AuthContext, AuthMethodContext, AuthSig, Right, TokenId, constants::AuthMethodType,
};

use crate::{
    common::{at, key, wallet},
    deterministic_rng::SeededRng,
};

pub(crate) fn context() -> AuthContext {
    AuthContext {
        action_ipfs_id_stack: vec!["QmX".to_owned()],
        auth_method_contexts: vec![AuthMethodContext {
            app_id: "lit".to_owned(),
            auth_method_type: AuthMethodType::EthWallet.into(),
            used_for_sign_session_key_request: true,
            user_id: "0xabc".to_owned(),
        }],
        custom_auth_resource: "true".to_owned(),
        ..AuthContext::default()
    }
}

pub(crate) fn requests() -> Vec<Right> {
    vec![
        Right::run_any_action(),
        Right::sign_with(TokenId::from_hex("0x1").unwrap()),
    ]
}

/// What a client sends for the session key of these tests, changed by `change`.
pub(crate) fn sent(change: impl FnOnce(SiweBuilder) -> SiweBuilder) -> SiweMessage {
    let siwe = SiweBuilder::new(
        wallet().address(),
        key().public_key().uri(),
        "0123456789abcdef".parse().unwrap(),
        at(0),
    )
    .with_statement("Lit Protocol PKP session signature")
    .with_expiration(at(86_400))
    .with_rights(&requests())
    .unwrap();
    change(siwe).build().unwrap()
}

pub(crate) fn rewritten(sent: &SiweMessage) -> SiweMessage {
    rewrite_for_pkp(sent, wallet().address(), at(-12).at(), &context()).unwrap()
}

pub(crate) fn network() -> BlsSecretKey {
    BlsSecretKey::generate(&mut SeededRng::new(1))
}

pub(crate) fn signed(message: &SiweMessage) -> AuthSig {
    let signature = network().sign(&session_digest(message.as_str()));
    pkp_auth_sig(&signature, message)
}

pub(crate) fn good() -> AuthSig {
    signed(&rewritten(&sent(|siwe| siwe)))
}
