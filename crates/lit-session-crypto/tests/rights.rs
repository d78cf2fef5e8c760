//! What a verified session says of itself, and what services demand of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use common::*;
use lit_session_crypto::{
    CapabilityRefusal, Operation, SessionSigRefusal, SessionTemplate, SessionVerifier,
    sign_auth_sig,
};
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

/// Lit's nodes check only that a root has not expired (`siwe::Message::verify`): they take roots without an end, of any length,
/// and of any issue time.
#[test]
fn services_want_bounded_roots_and_nodes_do_not() {
    let text = root(|siwe| siwe).signed_message;
    let line = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        format!("\n{}", line.unwrap())
    };
    let endless = text.replace(&line("Expiration Time: "), "");
    let end = format!("\nExpiration Time: {}", at(30 * 86_400 + 1));
    let long = text.replace(&line("Expiration Time: "), &end);
    let early = text.replace(&line("Issued At: "), &format!("\nIssued At: {}", at(61)));
    let month = format!("\nExpiration Time: {}", at(30 * 86_400));
    let service = SessionVerifier::for_service(node().as_str()).unwrap();
    for (text, refusal) in [
        (endless, Some(CapabilityRefusal::NoExpiration)),
        (long, Some(CapabilityRefusal::LifetimeTooLong)),
        (early, Some(CapabilityRefusal::IssuedInTheFuture)),
        (text.replace(&line("Expiration Time: "), &month), None),
        (
            text.replace(&line("Issued At: "), &format!("\nIssued At: {}", at(60))),
            None,
        ),
    ] {
        let root = block_on(sign_auth_sig(&wallet(), &text)).unwrap();
        let sig = template(&[root], 0, 86_400).sign_for(&key(), &node());
        let verify = |verifier: &SessionVerifier| {
            let verified = verifier.verify(&sig, &Operation::run_action(CID), at(0).at());
            verified.map(|verified| verified.address)
        };
        let expected = match refusal {
            Some(refusal) => Err(SessionSigRefusal::NoGoodCapability(vec![refusal])),
            None => Ok(wallet().address()),
        };
        assert_eq!(verify(&service), expected, "{text}");
        let unbounded = service.clone().with_unbounded_roots();
        for verifier in [unbounded, SessionVerifier::for_node(node())] {
            assert_eq!(verify(&verifier), Ok(wallet().address()), "{text}");
        }
    }
}

#[test]
fn the_case_of_a_url_does_not_matter() {
    let action = Operation::run_action(CID);
    let urls = [
        "https://API.Example.com",
        "https://api.example.com",
        "http://Api.example.COM",
    ];
    for own in urls {
        let verifier = SessionVerifier::for_service(own).unwrap();
        for signed_for in urls {
            let sig = template(&[root(|siwe| siwe)], 0, 600)
                .sign_for(&key(), &signed_for.parse().unwrap());
            let verified = verifier.verify(&sig, &action, at(0).at());
            assert_eq!(
                verified.unwrap().address,
                wallet().address(),
                "{own} {signed_for}"
            );
        }
    }
}
