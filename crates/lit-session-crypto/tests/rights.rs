//! What a verified session says of itself: rights and domain.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use common::*;
use lit_session_crypto::{Operation, SessionSigRefusal, SessionTemplate, SessionVerifier};
use lit_types::{AuthSig, LitAbility, LitResource, NodeUrl, Right};

const OTHER: &str = "QmOther";

fn right(ability: LitAbility, id: &str) -> Right {
    Right::new(LitResource::new(ability.prefix(), id).unwrap(), ability).unwrap()
}

fn run(id: &str) -> Right {
    right(LitAbility::LitActionExecution, id)
}

/// A session that asks for some rights, from a wallet that grants others.
fn sig(asked: &[Right], granted: &[Right]) -> AuthSig {
    let root = root(|siwe| siwe.with_rights(granted).unwrap());
    let template = SessionTemplate::new(key().public_key(), asked, &[root], &at(0), &at(600));
    template.sign_for(&key(), &node())
}

#[test]
fn rights_are_what_verifies() {
    let any = Right::run_any_action;
    let sign = Right::sign_with_any_pkp;
    for (asked, granted, both) in [
        (vec![any(), sign()], vec![any()], vec![any()]),
        (
            vec![any()],
            vec![run(CID), run(OTHER)],
            vec![run(CID), run(OTHER)],
        ),
        (vec![run(CID)], vec![any(), sign()], vec![run(CID)]),
        (
            vec![run(CID), run(CID)],
            vec![run(CID), run(OTHER)],
            vec![run(CID)],
        ),
    ] {
        let sig = sig(&asked, &granted);
        let verify = |operation: &Operation| {
            SessionVerifier::for_node(node()).verify(&sig, operation, at(0).at())
        };
        let mut rights = verify(&Operation::run_action(CID)).unwrap().rights;
        for id in [CID, OTHER, "QmThird"] {
            let covered = rights
                .iter()
                .any(|right| ["*", id].contains(&right.resource().id()));
            let verified = verify(&Operation::run_action(id));
            assert_eq!(verified.is_ok(), covered, "{id}: {asked:?} {granted:?}");
        }
        rights.sort_by_key(|right| right.resource().key());
        let mut both = both;
        both.sort_by_key(|right| right.resource().key());
        assert_eq!(rights, both, "{asked:?} {granted:?}");
    }
}

/// Nodes compare ids as text, so an id in another spelling is not a right.
#[test]
fn ids_in_other_spellings_are_not_rights() {
    let padded = format!("{}1a2b", "0".repeat(60));
    let pkp = right(LitAbility::PkpSigning, &padded);
    let root = root(|siwe| {
        siwe.with_rights(&[Right::sign_with_any_pkp(), Right::run_any_action()])
            .unwrap()
    });
    let asked = [pkp.clone(), Right::run_any_action()];
    let template = SessionTemplate::new(key().public_key(), &asked, &[root], &at(0), &at(600));
    let text = template.text_for(&node());
    for (id, expected) in [
        (padded.as_str(), vec![pkp, Right::run_any_action()]),
        ("0x1a2b", vec![Right::run_any_action()]),
    ] {
        let sig = signed(&text.replace(&padded, id));
        let action = Operation::run_action(CID);
        let verified = SessionVerifier::for_node(node()).verify(&sig, &action, at(0).at());
        assert_eq!(verified.unwrap().rights, expected, "{id}");
    }
}

#[test]
fn a_service_can_insist_on_its_domain() {
    let verifier = SessionVerifier::for_service("https://api.example")
        .unwrap()
        .with_domain("app.example");
    let sig = |domain| {
        let service = "https://api.example".parse().unwrap();
        template(&[root(|siwe| siwe.with_domain(domain))], 0, 600).sign_for(&key(), &service)
    };
    let action = Operation::run_action(CID);
    let verified = verifier.verify(&sig("app.example"), &action, at(0).at());
    assert_eq!(verified.unwrap().domain, "app.example");
    let refused = verifier.verify(&sig("evil.example"), &action, at(0).at());
    assert_eq!(
        refused,
        Err(SessionSigRefusal::WrongDomain {
            expected: "app.example".to_owned(),
            found: "evil.example".to_owned(),
        })
    );
    let error = SessionVerifier::for_service("api.example").unwrap_err();
    assert_eq!(error, "api.example".parse::<NodeUrl>().unwrap_err());
}
