//! Sessions that are attenuated, kept and handed over.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use common::*;
use lit_recap::{NarrowError, SiweBuilder};
use lit_session_crypto::{
    AttenuationError, BundleError, CapabilityRefusal, GrantsMore, Operation, RootExpectation,
    RootRefusal, Session, SessionBundle, SessionKeyPair, SessionSigRefusal, SessionVerifier,
    check_root,
};
use lit_types::{LitResource, ResourceAbilityRequest};
use proptest::prelude::*;

const OTHER: &str = "QmTvBT4fKJ6TRNZYqPSd7W2V1pxGkeZ8Kkvm1ndR3MVUDU";

fn action(id: &str) -> ResourceAbilityRequest {
    ResourceAbilityRequest::lit_action_execution(LitResource::lit_action(id).unwrap()).unwrap()
}

fn any_pkp() -> ResourceAbilityRequest {
    ResourceAbilityRequest::pkp_signing(LitResource::any_pkp()).unwrap()
}

/// A session of an hour that asks for all that its root grants.
fn session(requests: &[ResourceAbilityRequest]) -> Session {
    let root = root(|siwe: SiweBuilder| siwe.requests(requests).unwrap());
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
        SessionVerifier::new(node())
            .verify(&sig, &Operation::execute(id), at(0).at())
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
