//! Every change of a signed object is refused, or means the same.

#![cfg(feature = "signer")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;
mod deterministic_rng;
#[path = "pkp_root/support.rs"]
mod support;

use std::sync::LazyLock;

use common::*;
use lit_recap::{CapacityDelegation, SiweBuilder};
use lit_session_crypto::{
    BundleError, DelegationTerms, Operation, RootExpectation, Session, SessionBundle,
    SessionVerifier, VerifiedSession, check_proof, check_root, sign_siwe, verify_login,
};
use lit_test_fakes::{TamperCounts, json_changes, judge};
use lit_types::{AuthSig, Right, strict_json};
use serde_json::{Value, json};

fn assert_counts(counts: TamperCounts, refused: usize, same: usize) {
    assert_eq!(counts, TamperCounts { refused, same });
}

fn auth_sig(json: &str) -> Result<AuthSig, String> {
    strict_json::from_str(json).map_err(|error| error.to_string())
}

/// The decision of a verifier that remembers all it has seen, which must be that of one that remembers nothing.
fn verify(sig: &AuthSig) -> Result<VerifiedSession, String> {
    static REMEMBERS: LazyLock<SessionVerifier> = LazyLock::new(|| {
        let verifier = SessionVerifier::for_service(node().as_str()).unwrap();
        verifier.with_network_key(support::network().public_key())
    });
    let verify = |verifier: &SessionVerifier| {
        let verified = verifier.verify(sig, &Operation::run_action(CID), at(0).at());
        verified.map_err(|refusal| refusal.to_string())
    };
    let verified = verify(&REMEMBERS);
    let forgets = REMEMBERS.clone().with_remembered_roots(0);
    assert_eq!(verified, verify(&forgets));
    verified
}

/// The session key signs the very bytes of the document, so only the JSON around it may be spelled differently.
#[test]
fn session_signatures() {
    let sig = json!(good()).to_string();
    let counts = judge("session signature", &sig, json_changes(&sig), |json| {
        verify(&auth_sig(json)?)
    });
    assert_counts(counts, 627, 15);
}

/// Who holds the session key may sign any document. The capability in it still decides for whom, and what it allows.
#[test]
fn documents_signed_anew() {
    // The times and the rights that the holder asks for are its own.
    let own = ["issuedAt", "expiration", "resourceAbilityRequests"];
    for (name, root, refused, same) in [
        (
            "document with a wallet's root, signed anew",
            root(|siwe| siwe),
            317,
            37,
        ),
        (
            "document with a PKP's root, signed anew",
            support::good(),
            378,
            34,
        ),
    ] {
        let sig = template(&[root], 0, 86_400).sign_for(&key(), &node());
        let changes = json_changes(&sig.signed_message).into_iter();
        let changes = changes.filter(|it| !own.iter().any(|member| it.change.contains(member)));
        let counts = judge(name, &sig.signed_message, changes, |document| {
            verify(&signed(document))
        });
        assert_counts(counts, refused, same);
    }
}

/// Whom a root speaks for, what it grants, and until when.
fn meaning(root: &AuthSig) -> Result<impl PartialEq + std::fmt::Debug + use<>, String> {
    let expected = RootExpectation::new(&[], at(0).at());
    let expected = expected.with_network_key(support::network().public_key());
    let verified = check_root(root, key().public_key(), &expected);
    let verified = verified.map_err(|refusal| refusal.to_string())?;
    Ok((
        verified.address(),
        verified.granted().clone(),
        verified.expiration().clone(),
        verified.auth_context(),
    ))
}

#[test]
fn roots_of_wallets() {
    let root = json!(root(|siwe| siwe.with_statement("Sign in."))).to_string();
    let counts = judge("wallet AuthSig", &root, json_changes(&root), |json| {
        meaning(&auth_sig(json)?)
    });
    assert_counts(counts, 261, 23);
}

#[test]
fn roots_of_pkps() {
    let root = json!(support::good()).to_string();
    let counts = judge("BLS AuthSig", &root, json_changes(&root), |json| {
        meaning(&auth_sig(json)?)
    });
    assert_counts(counts, 321, 21);
}

#[test]
fn logins_of_wallets() {
    let siwe = root(|siwe| siwe.with_uri("https://app.example.com/login"));
    let login = json!(siwe).to_string();
    let counts = judge("login AuthSig", &login, json_changes(&login), |json| {
        verify_login(&auth_sig(json)?, at(0).at()).map_err(|refusal| refusal.to_string())
    });
    assert_counts(counts, 259, 25);
}

#[test]
fn capacity_delegations() {
    let delegation = CapacityDelegation::to(wallet().address())
        .with_uses(3)
        .with_token_id("7".parse().unwrap());
    let siwe = SiweBuilder::new(
        wallet().address(),
        "",
        "0123456789abcdef".parse().unwrap(),
        at(0),
    )
    .with_capacity_delegation(&delegation)
    .build()
    .unwrap();
    let proof = json!(block_on(sign_siwe(&wallet(), &siwe)).unwrap()).to_string();
    let counts = judge(
        "capacity delegation",
        &proof,
        json_changes(&proof),
        |json| {
            let proof = auth_sig(json)?;
            let end = check_proof(&proof, at(0).at()).map_err(|refusal| refusal.to_string())?;
            Ok::<_, String>((end, DelegationTerms::of(&proof)))
        },
    );
    assert_counts(counts, 260, 24);
}

/// A bundle is as secret as the session key in it. Whatever is changed, the session is of the same key and of the same root, asks for
/// rights that the root grants, and ends with it.
#[test]
fn bundles() {
    let requests = [Right::run_any_action()];
    let root = root(|siwe| siwe);
    let expected = RootExpectation::new(&requests, at(0).at());
    let verified = check_root(&root, key().public_key(), &expected).unwrap();
    let proof = CapacityDelegation::to_anyone();
    let proof = common::root(|siwe| siwe.with_capacity_delegation(&proof));
    let delegated = DelegationTerms::of(&proof);
    let session = Session::new(key(), verified, vec![proof], at(3600), at(0).at()).unwrap();
    let bundle = SessionBundle::with_all_grants(&session).expose_json();
    let read = |json: &str| {
        let session = SessionBundle::from_json(json)?.open(&expected)?;
        assert!(session.authorized_until().at() <= at(86_400).at(), "{json}");
        for right in session.requests() {
            assert!(
                session.granted().covers(right.resource(), right.ability()),
                "{json}"
            );
        }
        let mut terms = session.proofs().iter().flat_map(DelegationTerms::of);
        assert!(terms.all(|terms| delegated.contains(&terms)), "{json}");
        Ok::<_, BundleError>((
            session.public_key(),
            session.address(),
            session.granted().clone(),
        ))
    };
    let counts = judge("bundle", &bundle, json_changes(&bundle), read);
    assert_counts(counts, 720, 79);
}

/// The JSON in `sig` of a PKP's AuthSig is read as strictly as the rest.
#[test]
fn the_signature_of_a_pkp_is_one_object() {
    let good = support::good();
    let sig: Value = serde_json::from_str(&good.sig).unwrap();
    let hex = sig["ProofOfPossession"].as_str().unwrap();
    for bad in [
        format!(r#"{{"ProofOfPossession":"{hex}","ProofOfPossession":"{hex}"}}"#),
        format!(r#"{{"ProofOfPossession":"{hex}","more":1}}"#),
        format!(r#"{{"Basic":"{hex}"}}"#),
        format!(r#"{{"MessageAugmentation":"{hex}"}}"#),
        format!(r#"["{hex}"]"#),
        format!("\"{hex}\""),
        hex.to_owned(),
    ] {
        let mut root = good.clone();
        root.sig.clone_from(&bad);
        let refusal = meaning(&root).err().unwrap();
        assert!(
            refusal.starts_with("malformed network signature"),
            "{bad}: {refusal}"
        );
    }
}
