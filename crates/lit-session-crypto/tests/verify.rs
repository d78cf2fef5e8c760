//! What a node refuses, rule by rule.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use common::*;
use lit_recap::{NodeCoverError, ReCap, SiweBuilder, TimeWindowError};
use lit_session_crypto::{
    CapabilityRefusal, Operation, RootExpectation, RootRefusal, Session, SessionError,
    SessionKeyPair, SessionRefusal, SessionSigRefusal, SessionVerifier, WalletAuthSigError,
    check_root, sign_auth_sig, sign_siwe,
};
use lit_types::{AuthSig, AuthSigKind, LitAbility, NodeErrorCode, Right};

fn refusal(sig: &AuthSig) -> SessionSigRefusal {
    verify_at(sig, 0).unwrap_err()
}

/// The refusal of a session with one capability.
fn capability_refusal(capability: AuthSig) -> CapabilityRefusal {
    match refusal(&template(&[capability], 0, 86_400).sign_for(&key(), &node())) {
        SessionSigRefusal::NoGoodCapability(mut refusals) if refusals.len() == 1 => {
            refusals.remove(0)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_good_one_tells_who() {
    let verified = SessionVerifier::for_node(node())
        .verify(&good(), &Operation::run_action(CID), at(0).at())
        .unwrap();
    assert_eq!(verified.address, wallet().address());
    assert_eq!(verified.session_key, key().public_key());
    assert_eq!(verified.capability, 0);
    assert_eq!(verified.domain, "localhost");
    assert_eq!(verified.rights, any_action());
    // `localhost` and the loopback address are one, schemes do not matter.
    let local = template(&[root(|siwe| siwe)], 0, 86_400)
        .sign_for(&key(), &"http://localhost:7470".parse().unwrap());
    let own = "https://127.0.0.1:7470".parse().unwrap();
    assert!(
        SessionVerifier::for_node(own)
            .verify(&local, &Operation::run_action(CID), at(0).at())
            .is_ok()
    );
}

#[test]
fn time_has_a_minute_of_grace() {
    let root = root(|siwe| siwe.with_expiration(at(29 * 86_400)));
    let sig = |issued, expires| {
        template(std::slice::from_ref(&root), issued, expires).sign_for(&key(), &node())
    };
    assert!(verify_at(&sig(60, 600), 0).is_ok());
    assert!(matches!(
        verify_at(&sig(61, 600), 0),
        Err(SessionSigRefusal::IssuedInTheFuture { .. })
    ));
    assert!(verify_at(&sig(0, 600), 660).is_ok());
    assert!(matches!(
        verify_at(&sig(0, 600), 661),
        Err(SessionSigRefusal::Expired { .. })
    ));
    assert!(matches!(
        verify_at(&sig(0, -1), 0),
        Err(SessionSigRefusal::Expired { .. })
    ));
    assert!(verify_at(&sig(0, 30 * 86_400), 0).is_ok());
    let too_long = verify_at(&sig(0, 30 * 86_400 + 1), 0);
    assert!(matches!(
        too_long,
        Err(SessionSigRefusal::LifetimeTooLong { .. })
    ));
}

#[test]
fn the_wrong_node_key_or_resource() {
    let other = "https://192.0.2.12:7470".parse().unwrap();
    let error = SessionVerifier::for_node(other)
        .verify(&good(), &Operation::run_action(CID), at(0).at())
        .unwrap_err();
    assert!(matches!(error, SessionSigRefusal::WrongNode { .. }));
    assert_eq!(error.node_error_code(), NodeErrorCode::NodeNotAuthorized);

    let operation = Operation::sign_with(lit_types::TokenId::from_hex("0x1").unwrap());
    let error = SessionVerifier::for_node(node())
        .verify(&good(), &operation, at(0).at())
        .unwrap_err();
    assert_eq!(error, SessionSigRefusal::NotRequested(operation));
    assert_eq!(
        error.node_error_code(),
        NodeErrorCode::NodeResourceIdNotFound
    );

    let stranger = SessionKeyPair::from_seed(&[8; 32]);
    let text = good().signed_message;
    let sig = AuthSig::session(
        hex::encode(stranger.sign(text.as_bytes())),
        text,
        stranger.public_key().to_string(),
    );
    assert_eq!(refusal(&sig), SessionSigRefusal::SessionKeyMismatch);
}

#[test]
fn documents_that_cannot_be_read() {
    let text = good().signed_message;
    let unread = |document: &str| match refusal(&signed(document)) {
        SessionSigRefusal::Template(reason) => reason.to_string(),
        other => panic!("{document}: {other}"),
    };
    for bad in [
        "",
        "null",
        "[]",
        "{}",
        "{\"sessionKey\":1}",
        &text.replacen("issuedAt", "issued", 1),
    ] {
        unread(bad);
    }
    unread(&text.replacen("Z\",\"expiration", "\",\"expiration", 1));
    // An AuthSig with a member nodes do not know is misread by them, so it is refused.
    let reason = unread(&text.replacen("\"derivedVia\"", "\"extra\":1,\"derivedVia\"", 1));
    assert!(reason.contains("extra"), "{reason}");
    // Members beside the six are ignored, and their order does not matter.
    let more = text.replacen('{', "{\"maxPrice\":\"1\",", 1);
    assert!(verify_at(&signed(&more), 0).is_ok());

    let deep = format!("{{\"sessionKey\":{}", "[".repeat(100_000));
    unread(&deep);
    let large = " ".repeat(lit_types::MAX_AUTH_SIG_BYTES + 1);
    assert_eq!(refusal(&signed(&large)), SessionSigRefusal::TooLarge);
    let years = text.replacen(
        "2025-01-15T12:34:56.789Z\",\"expiration\":\"2025",
        "9999-12-31T23:59:59.999Z\",\"expiration\":\"9999",
        1,
    );
    assert_ne!(years, text);
    assert!(matches!(
        refusal(&signed(&years)),
        SessionSigRefusal::IssuedInTheFuture { .. }
    ));
}

#[test]
fn signatures_and_keys_that_are_none() {
    let good = good();
    let with = |change: fn(&mut AuthSig)| {
        let mut sig = good.clone();
        change(&mut sig);
        refusal(&sig)
    };
    assert!(matches!(
        with(|sig| sig.address = "zz".into()),
        SessionSigRefusal::SessionKey(_)
    ));
    let no_point = with(|sig| sig.address = format!("02{}", "00".repeat(31)));
    assert!(matches!(no_point, SessionSigRefusal::SessionKey(_)));
    assert_eq!(
        with(|sig| sig.sig.truncate(126)),
        SessionSigRefusal::SignatureEncoding
    );
    assert_eq!(
        with(|sig| sig.sig.replace_range(..2, "zz")),
        SessionSigRefusal::SignatureEncoding
    );
    assert_eq!(
        with(|sig| sig.signed_message.push(' ')),
        SessionSigRefusal::Signature
    );
    assert_eq!(
        with(|sig| sig.algo = None),
        SessionSigRefusal::Kind(AuthSigKind::Wallet)
    );
    let via = with(|sig| sig.derived_via = "web3.eth.personal.sign".into());
    assert_eq!(via, SessionSigRefusal::Kind(AuthSigKind::Wallet));
    // A small-order key verifies anything where strictness is missing.
    let mut weak = good.clone();
    weak.address = format!("01{}", "00".repeat(31));
    weak.sig = format!("01{}", "00".repeat(63));
    assert!(matches!(refusal(&weak), SessionSigRefusal::Signature));
}

#[test]
fn capabilities_that_are_not_good() {
    use CapabilityRefusal as Refusal;
    let none = refusal(&template(&[], 0, 86_400).sign_for(&key(), &node()));
    assert_eq!(none, SessionSigRefusal::NoGoodCapability(vec![]));
    assert_eq!(
        none.node_error_code(),
        NodeErrorCode::NodeSIWECapabilityInvalid
    );
    let many = vec![root(|siwe| siwe); 33];
    let many = refusal(&template(&many, 0, 86_400).sign_for(&key(), &node()));
    assert_eq!(many, SessionSigRefusal::TooManyCapabilities(33));

    let expired = root(|siwe| siwe.with_expiration(at(-1)));
    assert_eq!(
        capability_refusal(expired),
        Refusal::Time(TimeWindowError::Expired)
    );
    assert!(
        verify_at(
            &template(&[root(|s| s.with_expiration(at(0)))], 0, 60).sign_for(&key(), &node()),
            0
        )
        .is_ok()
    );
    let early = root(|siwe| siwe.with_not_before(at(0)));
    assert_eq!(
        capability_refusal(early),
        Refusal::Time(TimeWindowError::NotYetValid)
    );

    let other_key =
        root(|siwe| siwe.with_uri(SessionKeyPair::from_seed(&[8; 32]).public_key().uri()));
    assert_eq!(capability_refusal(other_key), Refusal::WrongUri);
    let plain = root(|siwe| siwe.with_recap(ReCap::new()));
    assert!(matches!(
        capability_refusal(plain),
        Refusal::Cover(NodeCoverError::NotCovered { .. })
    ));

    let mut address = root(|siwe| siwe);
    address.address = address.address.to_lowercase();
    assert!(
        verify_at(
            &template(&[address.clone()], 0, 60).sign_for(&key(), &node()),
            0
        )
        .is_ok()
    );
    address.address = PrivateKeySigner::from_slice(&[6; 32])
        .unwrap()
        .address()
        .to_string();
    assert_eq!(capability_refusal(address), Refusal::AddressMismatch);

    let mut sig = root(|siwe| siwe);
    sig.sig = "0x00".into();
    assert_eq!(capability_refusal(sig), Refusal::SignatureEncoding);
    let stranger = PrivateKeySigner::from_slice(&[6; 32]).unwrap();
    let mut forged = root(|siwe| siwe);
    forged.sig = block_on(sign_auth_sig(&stranger, &forged.signed_message))
        .unwrap()
        .sig;
    assert_eq!(capability_refusal(forged), Refusal::Signature);
    let text = block_on(sign_auth_sig(&wallet(), "I agree.")).unwrap();
    assert!(matches!(capability_refusal(text), Refusal::Siwe(_)));
    let mut bls = root(|siwe| siwe);
    (bls.derived_via, bls.algo) = ("lit.bls".into(), Some("LIT_BLS".into()));
    assert_eq!(capability_refusal(bls), Refusal::NoNetworkKey);
    let mut contract = root(|siwe| siwe);
    contract.derived_via = "EIP1271".into();
    assert_eq!(
        capability_refusal(contract),
        Refusal::Kind(AuthSigKind::Contract)
    );

    // One good one is enough, and it says which.
    let sigs = [root(|siwe| siwe.with_expiration(at(-1))), root(|siwe| siwe)];
    let sig = template(&sigs, 0, 60).sign_for(&key(), &node());
    let verified = SessionVerifier::for_node(node())
        .verify(&sig, &Operation::run_action(CID), at(0).at())
        .unwrap();
    assert_eq!(verified.capability, 1);
}

#[test]
fn roots_are_checked_before_they_are_used() {
    let requests = any_action();
    let expected = RootExpectation::new(&requests, at(0).at());
    let check = |root: &AuthSig, expected: &RootExpectation<'_>| {
        check_root(root, key().public_key(), expected).map(|verified| verified.address())
    };
    let good = root(|siwe| siwe);
    assert_eq!(check(&good, &expected), Ok(wallet().address()));

    let stranger = PrivateKeySigner::from_slice(&[6; 32]).unwrap().address();
    let other = expected.clone().with_address(stranger);
    assert_eq!(
        check(&good, &other),
        Err(RootRefusal::OtherSigner {
            address: wallet().address()
        })
    );
    let other = expected.clone().with_domain("example.com");
    assert!(matches!(
        check(&good, &other),
        Err(RootRefusal::OtherDomain { .. })
    ));
    let more = vec![Right::sign_with_any_pkp()];
    let other = RootExpectation::new(&more, at(0).at());
    let refused = check(&good, &other);
    assert!(matches!(
        refused,
        Err(RootRefusal::NotGranted {
            ability: LitAbility::PkpSigning,
            ..
        })
    ));
    let long = root(|siwe| siwe.with_expiration(at(31 * 86_400)));
    assert_eq!(check(&long, &expected), Err(RootRefusal::LifetimeTooLong));
    let future = RootExpectation::new(&requests, at(-61).at());
    assert_eq!(check(&good, &future), Err(RootRefusal::IssuedInTheFuture));
    let mut empty = good.clone();
    empty.sig.clear();
    assert_eq!(check(&empty, &expected), Err(RootRefusal::Empty));
    let other_key = SessionKeyPair::from_seed(&[8; 32]).public_key();
    let refused = check_root(&good, other_key, &expected);
    assert_eq!(
        refused,
        Err(RootRefusal::AuthSig(CapabilityRefusal::WrongUri))
    );
}

#[test]
fn a_session_ends_with_its_root() {
    let requests = any_action();
    let expected = RootExpectation::new(&requests, at(0).at());
    let root = root(|siwe| siwe.with_expiration("2025-01-15T14:00:00+01:00".parse().unwrap()));
    let root = check_root(&root, key().public_key(), &expected).unwrap();
    let session = Session::new(key(), root, vec![], at(86_400), at(0).at()).unwrap();
    assert_eq!(session.expiration().as_str(), "2025-01-15T14:00:00+01:00");
    let end = session.expiration().at();
    assert!(
        session
            .sign_for_node(&node(), end - Duration::from_millis(1))
            .is_ok()
    );
    assert!(matches!(
        session.sign_for_node(&node(), end),
        Err(SessionError::Expired { .. })
    ));
}

#[test]
fn a_statement_cannot_pose_as_the_end() {
    let requests = any_action();
    let expected = RootExpectation::new(&requests, at(0).at());
    let root = root(|siwe| {
        siwe.with_statement("Expiration Time: soon.")
            .with_expiration(at(3600))
    });
    let root = check_root(&root, key().public_key(), &expected).unwrap();
    let session = Session::new(key(), root, vec![], at(86_400), at(0).at()).unwrap();
    assert_eq!(session.expiration(), &at(3600));
}

#[test]
fn a_session_ends_with_its_first_proof_and_refuses_bad_ones() {
    let requests = any_action();
    let expected = RootExpectation::new(&requests, at(0).at());
    let proof = |seconds| {
        root(|siwe| {
            siwe.with_uri("lit:capability:delegation")
                .with_expiration(at(seconds))
        })
    };
    let root = check_root(&root(|siwe| siwe), key().public_key(), &expected).unwrap();
    let session = |proofs| Session::new(key(), root.clone(), proofs, at(86_400), at(0).at());
    let stranger = SessionKeyPair::from_seed(&[8; 32]);
    let other = Session::new(stranger, root.clone(), vec![], at(86_400), at(0).at());
    assert!(matches!(other, Err(SessionRefusal::OtherKey)));
    assert_eq!(
        session(vec![proof(7200), proof(600)]).unwrap().expiration(),
        &at(600)
    );

    let mut forged = proof(600);
    forged.sig = format!("0x{}", "11".repeat(65));
    for (bad, reason) in [
        (proof(-1), CapabilityRefusal::Time(TimeWindowError::Expired)),
        (forged, CapabilityRefusal::Signature),
    ] {
        let refused = session(vec![proof(600), bad]).unwrap_err();
        assert_eq!(
            refused,
            SessionRefusal::Proof {
                index: 1,
                refusal: reason
            }
        );
    }
}

/// Clients look at the first resource and nodes at the last.
#[test]
fn a_root_with_foreign_resources_is_refused() {
    let text = root(|siwe| siwe).signed_message;
    let text = text.replace("Resources:\n", "Resources:\n- https://example.com/\n");
    let root = block_on(sign_auth_sig(&wallet(), &text)).unwrap();
    let requests = any_action();
    let expected = RootExpectation::new(&requests, at(0).at());
    let refused = check_root(&root, key().public_key(), &expected);
    assert_eq!(refused, Err(RootRefusal::ForeignResources));
}

/// Values for conditions, as in `:litParam:token`.
#[test]
fn a_root_may_carry_values_for_conditions() {
    let check = |resources: &str| {
        let text = root(|siwe| siwe).signed_message;
        let text = text.replace("Resources:\n", &format!("Resources:\n{resources}"));
        let root = block_on(sign_auth_sig(&wallet(), &text)).unwrap();
        let requests = any_action();
        let expected = RootExpectation::new(&requests, at(0).at());
        check_root(&root, key().public_key(), &expected).map(drop)
    };
    assert_eq!(check("- litParam:token:Nw\n- litParam:word:eA\n"), Ok(()));
    let foreign = check("- litParam:token:Nw\n- https://example.com/\n");
    assert_eq!(foreign, Err(RootRefusal::ForeignResources));
}

#[test]
fn a_root_that_never_ends_is_refused() {
    let text = root(|siwe| siwe).signed_message;
    let endless: String = text
        .lines()
        .filter(|line| !line.starts_with("Expiration"))
        .collect::<Vec<_>>()
        .join("\n");
    let root = block_on(sign_auth_sig(&wallet(), &endless)).unwrap();
    let requests = any_action();
    let refused = check_root(
        &root,
        key().public_key(),
        &RootExpectation::new(&requests, at(0).at()),
    );
    assert_eq!(
        refused,
        Err(RootRefusal::AuthSig(CapabilityRefusal::NoExpiration))
    );
}

#[test]
fn refusals_do_not_quote_credentials() {
    // A root that was put into JSON twice.
    let text = good().signed_message;
    let root = serde_json::to_string(&root(|siwe| siwe)).unwrap();
    let twice = text.replace(&root, &serde_json::to_string(&root).unwrap());
    assert_ne!(twice, text);
    let refusal = format!("{0} {0:?}", refusal(&signed(&twice)));
    assert!(!refusal.contains("0x"), "{refusal}");
}

/// A caller signs what it likes with its session key, and a service logs the refusal.
#[test]
fn a_caller_forges_no_line_of_a_log() {
    let text = good().signed_message;
    let own = node().to_string();
    let node_address = signed(&text.replace(&own, "https://x\\n00:00 INFO signed in\\u001b[2K"));
    assert_eq!(
        refusal(&node_address).to_string(),
        format!("made for node https://x 00:00 INFO signed in\u{fffd}[2K, not for {own}")
    );
    let member = signed(&text.replace("\"derivedVia\"", "\"a\\nb\\u001b[2K\":0,\"derivedVia\""));
    let shown = refusal(&member).to_string();
    assert!(
        shown.starts_with("malformed signed document: unknown field `a b\u{fffd}[2K`"),
        "{shown}"
    );
}

#[test]
fn a_wallet_does_not_sign_for_another() {
    let stranger = PrivateKeySigner::from_slice(&[6; 32]).unwrap();
    let siwe = SiweBuilder::new(
        wallet().address(),
        "lit:session:00",
        "01234567".parse().unwrap(),
        at(0),
    );
    assert!(matches!(
        block_on(sign_siwe(&stranger, &siwe.build().unwrap())),
        Err(WalletAuthSigError::OtherAddress)
    ));
}
