//! AuthSigs, session signatures, and sessions at rest.

use lit_sdk::{
    LitNetwork, SessionRequest,
    store::{
        NetworkId, SealingKey, SealingKeys, SessionOwner, SessionScope, SessionUser, StoredSession,
    },
};
use lit_session_crypto::{
    ContractLogin, DelegationTerms, Operation, RootExpectation, Session, SessionBundle,
    SessionKeyPair, SessionVerifier, check_delegation, check_proof, check_root,
    validate_session_sig, validate_session_sigs, verify_cosmos_login, verify_login,
    verify_solana_login,
};
use lit_types::{AuthSig, SessionSigs, strict_json};

use crate::{accounts, selected, text};

pub(crate) fn auth_sig(data: &[u8]) {
    let Ok(sig) = strict_json::from_slice::<AuthSig>(data) else {
        return;
    };
    let json = serde_json::to_string(&sig).expect("an AuthSig has only texts");
    assert_eq!(
        strict_json::from_str::<AuthSig>(&json).ok().as_ref(),
        Some(&sig)
    );
    let (now, user) = (accounts::now(), accounts::wallet().address());
    if let Ok(message) = verify_login(&sig, now) {
        assert!(
            sig.address
                .eq_ignore_ascii_case(&message.address().to_string())
        );
    }
    let _ = verify_solana_login(&sig);
    let _ = verify_cosmos_login(&sig, "cosmos");
    let _ = ContractLogin::of(&sig, now);
    let _ = DelegationTerms::of(&sig);
    let _ = check_delegation(&sig, user, &accounts::after(600), now);
    if let Ok(end) = check_proof(&sig, now) {
        assert!(end.at() >= now);
    }
    let rights = accounts::rights();
    let expected =
        RootExpectation::new(&rights, now).with_network_key(accounts::network_key().public_key());
    if let Ok(root) = check_root(&sig, accounts::key().public_key(), &expected) {
        // Nobody else has signed for this session key.
        assert_eq!(root.address(), user);
    }
}

/// A session signature, a map of them, or a document that the session key signs.
pub(crate) fn session_sig(data: &[u8]) {
    let (mode, data) = selected(data);
    let sig = match mode % 3 {
        0 => {
            let Some(document) = text(data) else { return };
            let key = accounts::key();
            let sig = accounts::in_hex(key.sign(document.as_bytes()));
            AuthSig::session(sig, document.to_owned(), key.public_key().to_string())
        }
        1 => match strict_json::from_slice(data) {
            Ok(sig) => sig,
            Err(_) => return,
        },
        _ => {
            if let Ok(sigs) = strict_json::from_slice::<SessionSigs>(data) {
                let _ = validate_session_sigs(&sigs, accounts::now());
                let json =
                    serde_json::to_string(&sigs).expect("session signatures have only texts");
                assert_eq!(strict_json::from_str::<SessionSigs>(&json).ok(), Some(sigs));
            }
            return;
        }
    };
    let _ = validate_session_sig(&sig, accounts::now());
    let service = SessionVerifier::for_service(accounts::SERVICE).expect("a URL");
    let service = service.with_network_key(accounts::network_key().public_key());
    let node = service.clone().with_unbounded_roots();
    let operation = Operation::run_action(accounts::CID);
    let verified = service.verify(&sig, &operation, accounts::now());
    if let Ok(verified) = verified {
        // The vectors have sessions of other keys.
        if verified.session_key == accounts::key().public_key() {
            assert_eq!(verified.address, accounts::wallet().address());
        }
        assert_eq!(node.verify(&sig, &operation, accounts::now()), Ok(verified));
    }
}

pub(crate) fn bundle(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = SessionKeyPair::from_stored_json(text);
    let Ok(bundle) = SessionBundle::from_json(text) else {
        return;
    };
    let json = bundle.expose_json();
    let again = SessionBundle::from_json(&json).expect("a bundle is read again");
    assert_eq!(*again.expose_json(), *json);
    let rights = accounts::rights();
    for rights in [&rights, bundle.requests()] {
        if let Ok(session) = bundle.open(&RootExpectation::new(rights, accounts::now())) {
            check_opened(&session);
        }
    }
}

/// A session opens only if its root grants what it asks for.
fn check_opened(session: &Session) {
    for right in session.requests() {
        assert!(session.granted().covers(right.resource(), right.ability()));
    }
}

pub(crate) fn stored_entry(data: &[u8]) {
    let Some(Ok(entry)) = text(data).map(StoredSession::from_json) else {
        return;
    };
    let json = entry.expose_json();
    let again = StoredSession::from_json_of(&json, entry.scope()).expect("an entry is read again");
    assert_eq!(*again.expose_json(), *json);
    let _ = entry.scope().key();
    if let Ok(session) = entry.verify(accounts::now()) {
        check_opened(&session);
    }
}

/// The entry of a store.
pub(crate) fn entry() -> StoredSession {
    let owner = SessionOwner {
        network: NetworkId::new(
            LitNetwork::Custom,
            &accounts::network_key().public_key().to_string(),
        ),
        user: SessionUser::Address(accounts::wallet().address()),
    };
    let request = SessionRequest::new(accounts::rights());
    let scope = SessionScope::of(owner, &request).expect("rights without data");
    StoredSession::new(scope, &accounts::session())
}

/// Nothing opens but what was sealed.
pub(crate) fn sealed_entry(data: &[u8]) {
    if let Ok(opened) = sealing_keys().open(data, b"scope") {
        assert_eq!(&opened.secret[..], entry().expose_json().as_bytes());
    }
    let _ = sealing_keys().open_bundle(data, b"scope");
}

pub(crate) fn sealing_keys() -> SealingKeys {
    SealingKeys::new(SealingKey::new([1; 32])).with_previous([SealingKey::new([2; 32])])
}
