//! A root that a verifier remembers is judged like a new one.

#![cfg(feature = "signer")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use common::*;
use lit_recap::SiweBuilder;
use lit_session_crypto::{
    CapabilityRefusal, Operation, SessionKeyPair, SessionSigRefusal, SessionTemplate,
    SessionVerifier, sign_siwe,
};
use lit_types::{AuthSig, Right};

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
