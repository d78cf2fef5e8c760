//! A root that a verifier remembers is judged like a new one.

#![cfg(feature = "signer")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_signer_local::PrivateKeySigner;
use common::*;
use lit_recap::SiweBuilder;
use lit_session_crypto::{
    CapabilityRefusal, Operation, SessionKeyPair, SessionSigRefusal, SessionTemplate,
    SessionVerifier, sign_auth_sig, sign_siwe,
};
use lit_types::{AuthSig, AuthSigKind, Right};

#[test]
fn a_remembered_root_is_judged_anew() {
    let verifier = SessionVerifier::for_node(node());
    let verify = |sig: &AuthSig, cid: &str, seconds| {
        verifier.verify(sig, &Operation::run_action(cid), at(seconds).at())
    };
    let narrow = Right::run_action(CID.parse().unwrap());
    let siwe = SiweBuilder::new(
        wallet().address(),
        key().public_key().uri(),
        "0123456789abcdef".parse().unwrap(),
        at(0),
    );
    let siwe = siwe.with_expiration(at(86_400)).with_rights(&[narrow]);
    let root = block_on(sign_siwe(&wallet(), &siwe.unwrap().build().unwrap())).unwrap();
    let sig = template(std::slice::from_ref(&root), 0, 86_400).sign_for(&key(), &node());
    assert!(verify(&sig, CID, 0).is_ok());
    assert!(verify(&sig, CID, 0).is_ok());

    let later = template(std::slice::from_ref(&root), 90_000, 99_000).sign_for(&key(), &node());
    for refused in [
        verify(&later, CID, 90_000),
        verify(&sig, "QmPzB7h6HkPFuNsVoEs3xEHdjhGr2RYFHJ1k1VxLTQW9rE", 0),
    ] {
        assert!(matches!(
            refused,
            Err(SessionSigRefusal::NoGoodCapability(_))
        ));
    }
    // Another session key signs for it, over the same root.
    let other = SessionKeyPair::from_seed(&[8; 32]);
    let stolen = SessionTemplate::new(
        other.public_key(),
        &any_action(),
        &[root],
        &at(0),
        &at(86_400),
    );
    let refused = verify(&stolen.sign_for(&other, &node()), CID, 0);
    assert_eq!(
        refused.unwrap_err(),
        SessionSigRefusal::NoGoodCapability(vec![CapabilityRefusal::WrongUri])
    );
}

/// A verifier that knows the good root, and a session signature over a changed one.
fn refusal_beside_the_good_one(change: impl FnOnce(&mut AuthSig)) -> CapabilityRefusal {
    let verifier = SessionVerifier::for_node(node());
    let operation = Operation::run_action(CID);
    verifier.verify(&good(), &operation, at(0).at()).unwrap();
    let mut changed = root(|siwe| siwe);
    change(&mut changed);
    let sig = template(&[changed], 0, 86_400).sign_for(&key(), &node());
    let refused = verifier.verify(&sig, &operation, at(0).at()).unwrap_err();
    // The good one is still known, and the refused one is not.
    verifier.verify(&good(), &operation, at(0).at()).unwrap();
    let again = verifier.verify(&sig, &operation, at(0).at()).unwrap_err();
    assert_eq!(again, refused);
    match refused {
        SessionSigRefusal::NoGoodCapability(mut refusals) if refusals.len() == 1 => {
            refusals.remove(0)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_changed_root_is_not_taken_for_the_remembered_one() {
    use CapabilityRefusal as Refusal;

    let stranger = PrivateKeySigner::from_slice(&[6; 32]).unwrap();
    // The same signature over another message, for another session key or with other rights.
    let other = SessionKeyPair::from_seed(&[8; 32]).public_key().uri();
    let other_key = root(|siwe| siwe.with_uri(other)).signed_message;
    let all = root(|siwe| siwe.with_rights(&[Right::sign_with_any_pkp()]).unwrap());
    let later = root(|siwe| siwe.with_expiration(at(999_999))).signed_message;
    for message in [other_key, all.signed_message, later] {
        let refused = refusal_beside_the_good_one(|root| root.signed_message = message);
        assert_eq!(refused, Refusal::Signature);
    }
    // Another signature of the same message.
    let forged = block_on(sign_auth_sig(&stranger, &root(|siwe| siwe).signed_message)).unwrap();
    let refused = refusal_beside_the_good_one(|root| root.sig = forged.sig);
    assert_eq!(refused, Refusal::Signature);
    // Another signer is claimed.
    let refused = refusal_beside_the_good_one(|root| root.address = stranger.address().to_string());
    assert_eq!(refused, Refusal::AddressMismatch);
    // Another kind of signature is claimed.
    let refused = refusal_beside_the_good_one(|root| {
        (root.derived_via, root.algo) = ("lit.bls".into(), Some("LIT_BLS".into()));
    });
    assert_eq!(refused, Refusal::NoNetworkKey);
    let refused = refusal_beside_the_good_one(|root| root.derived_via = "EIP1271".into());
    assert_eq!(refused, Refusal::Kind(AuthSigKind::Contract));
}

#[test]
fn a_service_is_as_strict_with_a_root_that_a_lenient_clone_remembers() {
    let unbounded = root(|siwe| siwe.with_expiration(at(31 * 86_400)));
    let url = node().to_string();
    let strict = SessionVerifier::for_service(&url).unwrap();
    let lenient = strict.clone().with_unbounded_roots();
    let elsewhere = strict.clone().with_domain("app.example.com");
    let sig = |root: AuthSig| template(&[root], 0, 86_400).sign_for(&key(), &node());
    let verify = |verifier: &SessionVerifier, sig: &AuthSig| {
        verifier
            .verify(sig, &Operation::run_action(CID), at(0).at())
            .map(drop)
    };
    // Clones share what they remember, not what they allow.
    let long = sig(unbounded);
    assert_eq!(verify(&lenient, &long), Ok(()));
    assert_eq!(
        verify(&strict, &long),
        Err(SessionSigRefusal::NoGoodCapability(vec![
            CapabilityRefusal::LifetimeTooLong
        ]))
    );
    assert_eq!(verify(&strict, &good()), Ok(()));
    assert_eq!(
        verify(&elsewhere, &good()),
        Err(SessionSigRefusal::WrongDomain {
            expected: "app.example.com".to_owned(),
            found: "localhost".to_owned(),
        })
    );
}
