//! Sessions that are attenuated, kept, handed over and explained.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use common::*;
use lit_recap::{CapacityDelegation, NarrowError, ReCap, SiweBuilder};
use lit_session_crypto::{
    AttenuationError, BundleError, CapabilityRefusal, DelegationProblem, DelegationTerms,
    GrantsMore, Missing, Operation, RootExpectation, RootRefusal, Session, SessionBundle,
    SessionKeyPair, SessionRefusal, SessionSigRefusal, SessionVerifier, check_delegation,
    check_root, sign_siwe,
};
use lit_types::{
    AuthSig, CompactJson, LitAbility, LitResource, ResourcePrefix, Right,
    constants::CAPACITY_DELEGATION_URI,
};
use proptest::prelude::*;
use serde_json::json;

const OTHER: &str = "QmTvBT4fKJ6TRNZYqPSd7W2V1pxGkeZ8Kkvm1ndR3MVUDU";

fn action(id: &str) -> Right {
    let resource = LitResource::new(ResourcePrefix::LitAction, id).unwrap();
    Right::new(resource, LitAbility::LitActionExecution).unwrap()
}

fn any_pkp() -> Right {
    Right::sign_with_any_pkp()
}

/// A session of an hour that asks for all that its root grants.
fn session(requests: &[Right]) -> Session {
    let root = root(|siwe: SiweBuilder| siwe.with_rights(requests).unwrap());
    let expected = RootExpectation::new(requests, at(0).at());
    let root = check_root(&root, key().public_key(), &expected).unwrap();
    Session::new(key(), root, Vec::new(), at(3600), at(0).at()).unwrap()
}

#[test]
fn attenuated_signatures_are_good_for_less() {
    let wide = session(&[action("*"), any_pkp()]);
    let narrow = wide.attenuate([action(CID)]).unwrap();
    let verify = |session: &Session, id: &str| {
        let sig = session.sign_for_node(&node(), at(0).at()).unwrap();
        SessionVerifier::for_node(node())
            .verify(&sig, &Operation::run_action(id), at(0).at())
            .map(|_| ())
    };
    assert_eq!(verify(&wide, OTHER), Ok(()));
    assert_eq!(verify(&narrow, CID), Ok(()));
    assert!(matches!(
        verify(&narrow, OTHER),
        Err(SessionSigRefusal::NotRequested(_))
    ));
    // There is no way back.
    for wider in [action("*"), action(OTHER), any_pkp()] {
        let refused = narrow.attenuate([action(CID), wider.clone()]).unwrap_err();
        let widens = NarrowError::NotCovered(wider);
        assert_eq!(refused, AttenuationError::Widens(widens));
    }
    assert_eq!(
        narrow.attenuate([]).unwrap_err(),
        AttenuationError::NoRequests
    );
}

#[test]
fn an_end_only_moves_forward() {
    let session = session(&[action("*")]).ending_by(at(600));
    assert_eq!(session.expiration(), &at(600));
    // No other proofs bring it back.
    let session = session.with_proofs(Vec::new(), at(0).at()).unwrap();
    assert_eq!(session.expiration(), &at(600));
    assert_eq!(session.ending_by(at(1200)).expiration(), &at(600));
}

#[test]
fn a_bundle_gives_the_session_back() {
    let session = session(&[action("*")]);
    let json = SessionBundle::of(&session).unwrap().expose_json();
    assert!(json.starts_with(r#"{"format":"lit-session-bundle","version":1,"secret":true,"#));
    let bundle = SessionBundle::from_json(&json).unwrap();
    assert_eq!(bundle.expose_json(), json);
    let now = at(60).at();
    let back = bundle
        .open(&RootExpectation::new(bundle.requests(), now))
        .unwrap();
    assert_eq!(
        back.sign_for_node(&node(), now),
        session.sign_for_node(&node(), now)
    );
    // The receiver may take less, and never more.
    let less = [action(CID)];
    let less = bundle.open(&RootExpectation::new(&less, now)).unwrap();
    assert_eq!(less.requests(), [action(CID)]);
    let more = [any_pkp()];
    assert!(matches!(
        bundle.open(&RootExpectation::new(&more, now)),
        Err(BundleError::Attenuation(_))
    ));
}

#[test]
fn handing_over_more_than_is_asked_for_has_to_be_said() {
    let narrow = session(&[action("*"), any_pkp()])
        .attenuate([action(CID)])
        .unwrap();
    assert_eq!(SessionBundle::of(&narrow).unwrap_err(), GrantsMore);
    let bundle = SessionBundle::with_all_grants(&narrow);
    assert_eq!(bundle.requests(), [action(CID)]);
}

#[test]
fn what_was_changed_is_refused() {
    let bundle = SessionBundle::of(&session(&[action("*")])).unwrap();
    let json = bundle.expose_json();
    let open = |json: &str, now| {
        let bundle = SessionBundle::from_json(json)?;
        bundle.open(&RootExpectation::new(bundle.requests(), now))
    };
    let now = at(60).at();
    let other_key = SessionKeyPair::from_seed(&[9; 32]).expose_secret_key();
    let swapped = json.replace(key().expose_secret_key().as_str(), &other_key);
    assert!(matches!(
        open(&swapped, now),
        Err(BundleError::Root(RootRefusal::AuthSig(
            CapabilityRefusal::WrongUri
        )))
    ));
    let widened = json.replace("\"lit-litaction\"", "\"lit-pkp\"");
    let widened = widened.replace("lit-action-execution\"}", "pkp-signing\"}");
    assert!(matches!(
        open(&widened, now),
        Err(BundleError::Root(RootRefusal::NotGranted { .. }))
    ));
    // The end that was handed over holds, though the root lasts longer.
    assert!(matches!(
        open(&json, at(3600).at()),
        Err(BundleError::Expired { .. })
    ));
    let version = json.replace("\"version\":1", "\"version\":2");
    assert_eq!(
        open(&version, now).unwrap_err(),
        BundleError::Version { version: 2 }
    );
    let halves = json.replace(
        key().expose_secret_key().as_str(),
        &format!("{}{}", &key().expose_secret_key()[..64], &other_key[64..]),
    );
    assert!(matches!(open(&halves, now), Err(BundleError::Key(_))));
}

#[test]
fn nothing_shows_the_secret() {
    let bundle = SessionBundle::of(&session(&[action("*")])).unwrap();
    let secret = key().expose_secret_key();
    let json = bundle.expose_json();
    let broken = json.replace("\"root\":", "\"root\":7,\"x\":");
    let error = SessionBundle::from_json(&broken).unwrap_err();
    for shown in [
        format!("{bundle:?}"),
        format!("{error:?}"),
        error.to_string(),
    ] {
        assert!(!shown.contains(&secret[..16]), "{shown}");
        assert!(!shown.contains(&bundle.root().sig), "{shown}");
    }
}

proptest! {
    /// Whatever a bundle says after some bytes were changed: it is refused, or grants no more than before.
    #[test]
    fn damaged_bundles_never_widen(position in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let bundle = SessionBundle::of(&session(&[action(CID)])).unwrap();
        let mut json = bundle.expose_json().as_bytes().to_vec();
        let position = position.index(json.len());
        json[position] = byte;
        let Ok(json) = String::from_utf8(json) else { return Ok(()) };
        let Ok(bundle) = SessionBundle::from_json(&json) else { return Ok(()) };
        let expected = RootExpectation::new(bundle.requests(), at(60).at());
        if let Ok(session) = bundle.open(&expected) {
            prop_assert_eq!(session.requests(), [action(CID)]);
            prop_assert_eq!(session.address(), wallet().address());
        }
    }
}

#[test]
fn a_session_explains_itself() {
    let session = session(&[action("*"), any_pkp()]);
    let explained = session.explain();
    assert_eq!(explained.granted_by, wallet().address());
    assert_eq!(explained.session_key, key().public_key());
    assert_eq!(explained.domain.as_deref(), Some("localhost"));
    assert_eq!(explained.until, at(3600));
    assert!(!explained.grants_more && explained.proofs.is_empty());
    let narrow = session.attenuate([action(CID)]).unwrap();
    assert!(narrow.explain().grants_more);
    let report = narrow.explain().to_string();
    assert!(report.contains(&wallet().address().to_string()) && report.contains(CID));
    assert!(!report.contains(&session.root().sig));
}

/// Data that no ReCap can hold changes nothing about which rights a session asks for.
#[test]
fn unusable_data_does_not_widen_a_session() {
    let list = CompactJson::parse("[1]").unwrap();
    let session = session(&[action(CID)]);
    let requests = [action(CID).with_data(list)];
    let expected = RootExpectation::new(&requests, at(60).at());
    let root = check_root(session.root(), key().public_key(), &expected).unwrap();
    let session = Session::new(key(), root, Vec::new(), at(3600), at(60).at()).unwrap();
    assert!(!session.explain().grants_more);
    assert_eq!(SessionBundle::of(&session).unwrap().requests(), requests);
}

/// What is said to be missing is what a node refuses, and the other way round.
#[test]
fn missing_is_what_nodes_refuse() {
    let any = vec![action("*"), any_pkp()];
    let wide = session(&any);
    let sessions = [
        wide.clone(),
        wide.attenuate([action(CID)]).unwrap(),
        wide.attenuate([any_pkp()]).unwrap(),
        session(&[action(OTHER)]),
        session(&[any_pkp()]),
    ];
    let operations = [Operation::run_action(CID), Operation::run_action(OTHER)];
    let mut refused = 0;
    for session in &sessions {
        for operation in &operations {
            for seconds in [0, 3600 + 61] {
                let now = at(seconds).at();
                let sig = session.sign_for_node(&node(), at(0).at()).unwrap();
                let verified = SessionVerifier::for_node(node()).verify(&sig, operation, now);
                let missing = session.missing_for(operation, now);
                assert_eq!(
                    verified.is_ok(),
                    missing.is_empty(),
                    "{missing:?} {verified:?}"
                );
                refused += usize::from(verified.is_err());
            }
        }
    }
    assert_eq!(refused, 16);
    // A wallet's session signs with a PKP only if it may run any action.
    let sign = Operation::sign_with(lit_types::TokenId::from_decimal("7").unwrap());
    assert!(wide.missing_for(&sign, at(0).at()).is_empty());
    let missing = sessions[4].missing_for(&sign, at(0).at());
    assert!(
        matches!(&missing[..], [Missing::Request { ability: LitAbility::LitActionExecution, id }] if id == "*")
    );
}

fn delegation(change: impl FnOnce(CapacityDelegation) -> CapacityDelegation, end: i64) -> AuthSig {
    let delegation = change(CapacityDelegation::to_anyone());
    let owner = alloy_signer_local::PrivateKeySigner::from_slice(&[8; 32]).unwrap();
    let message = SiweBuilder::new(
        owner.address(),
        "x:y",
        "0123456789abcdef".parse().unwrap(),
        at(0),
    )
    .with_expiration(at(end))
    .with_capacity_delegation(&delegation)
    .build()
    .unwrap();
    block_on(sign_siwe(&owner, &message)).unwrap()
}

#[test]
fn delegations_are_checked_before_they_are_used() {
    let check =
        |proof: &AuthSig| check_delegation(proof, wallet().address(), &at(3600), at(0).at());
    let day = 86_400;
    assert!(check(&delegation(|d| d, day)).is_empty());
    let mine = CapacityDelegation::to(wallet().address()).with_uses(2);
    let mine = mine.with_token_id("5".parse::<lit_types::CreditId>().unwrap());
    let mine = delegation(|_| mine, day);
    assert!(check(&mine).is_empty());
    let terms = DelegationTerms::of(&mine).remove(0);
    assert_eq!(terms.uses, Some(2));
    assert_eq!(terms.delegatees, Some(vec![wallet().address()]));
    assert_eq!(terms.token_ids.unwrap()[0].to_string(), "5");

    let user = wallet().address();
    let others = CapacityDelegation::to(alloy_primitives::Address::ZERO);
    assert_eq!(
        check(&delegation(|_| others, day)),
        [DelegationProblem::NotForUser { user }]
    );
    assert_eq!(
        check(&delegation(|d| d.with_uses(0), day)),
        [DelegationProblem::NoUses]
    );
    let early = DelegationProblem::EndsBeforeSession { at: at(1800) };
    assert_eq!(check(&delegation(|d| d, 1800)), [early]);
    assert!(matches!(
        check(&delegation(|d| d, -1))[..],
        [DelegationProblem::Refused(_)]
    ));
    let root = root(|siwe| siwe);
    assert_eq!(check(&root), [DelegationProblem::NoDelegation]);

    // Nodes compare the text, which has no `0x`.
    let with_text = |delegatee: String| {
        let note = json!({ "delegate_to": [delegatee] });
        let mut recap = ReCap::new();
        let resource = "lit-ratelimitincrease://*".to_owned();
        let ability = LitAbility::RateLimitIncreaseAuth.into();
        recap.attenuate(resource, ability, note.as_object().unwrap().clone());
        let end = at(day);
        common::root(|siwe: SiweBuilder| {
            siwe.with_recap(recap)
                .with_uri(CAPACITY_DELEGATION_URI)
                .with_expiration(end)
        })
    };
    let plain = alloy_primitives::hex::encode(user);
    assert!(check(&with_text(plain.clone())).is_empty());
    assert_eq!(
        check(&with_text(format!("0x{plain}"))),
        [DelegationProblem::NotForUser { user }]
    );

    // A session says so of its proofs, and keeps what it was authorized for apart from what a proof cuts off.
    let requests = [action("*")];
    let expected = RootExpectation::new(&requests, at(0).at());
    let root = check_root(&root, key().public_key(), &expected).unwrap();
    let proofs = vec![delegation(|d| d, day), delegation(|d| d, 1800)];
    let session = Session::new(key(), root, proofs, at(3600), at(0).at()).unwrap();
    assert_eq!(session.expiration(), &at(1800));
    assert_eq!(session.authorized_until(), &at(3600));
    let problems = session.proof_problems(at(0).at());
    assert_eq!(
        problems,
        [(1, DelegationProblem::EndsBeforeSession { at: at(1800) })]
    );
    assert_eq!(session.explain().proofs.len(), 2);
    // They can be exchanged, and the session gets its time back.
    let alone = session.clone().with_proofs(Vec::new(), at(0).at()).unwrap();
    assert_eq!(alone.expiration(), &at(3600));
    assert!(alone.proofs().is_empty());
    assert_eq!(alone.root(), session.root());
    let late = vec![delegation(|d| d, 7200)];
    let fresh = alone.with_proofs(late.clone(), at(1800).at()).unwrap();
    assert_eq!((fresh.proofs(), fresh.expiration()), (&late[..], &at(3600)));
    let ended = fresh.with_proofs(vec![delegation(|d| d, 900)], at(1800).at());
    assert!(matches!(ended, Err(SessionRefusal::Proof { index: 0, .. })));
}
