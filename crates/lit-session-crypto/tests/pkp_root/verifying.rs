//! Who a root makes of a session, for nodes and for clients.

use alloy_primitives::Address;
use lit_key_shares::BlsSecretKey;
use lit_recap::{ReCap, TimeWindowError};
use lit_session_crypto::{
    BlsError, BlsQuorum, CapabilityRefusal, CombinedRoot, Operation, RootExpectation, RootRefusal,
    SessionSigRefusal, SessionVerifier, VerifiedSession, check_root, pkp_auth_sig, session_digest,
};
use lit_types::AuthSig;

use crate::{
    common::{self, CID, at, key, node, template, wallet},
    deterministic_rng::SeededRng,
    support::{context, good, network, requests, rewritten, sent, signed},
};

fn verify(capabilities: &[AuthSig]) -> Result<VerifiedSession, SessionSigRefusal> {
    let sig = template(capabilities, 0, 86_400).sign_for(&key(), &node());
    SessionVerifier::for_node(node())
        .with_network_key(network().public_key())
        .verify(&sig, &Operation::run_action(CID), at(0).at())
}

fn capability_refusal(capability: AuthSig) -> CapabilityRefusal {
    match verify(&[capability]).unwrap_err() {
        SessionSigRefusal::NoGoodCapability(mut refusals) if refusals.len() == 1 => {
            refusals.remove(0)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_node_takes_who_and_how_from_a_good_root() {
    let verified = verify(&[good()]).unwrap();
    assert_eq!(verified.address, wallet().address());
    assert_eq!(verified.auth_context, Some(context()));
    // A wallet that comes first is who; how is from the PKP still.
    let verified = verify(&[common::root(|siwe| siwe), good()]).unwrap();
    assert_eq!(
        (verified.capability, verified.auth_context),
        (0, Some(context()))
    );
    let verified = verify(&[common::root(|siwe| siwe)]).unwrap();
    assert_eq!(verified.auth_context, None);
}

#[test]
fn what_another_key_verified_does_not_count() {
    let sig = template(&[good()], 0, 86_400).sign_for(&key(), &node());
    let verify =
        |verifier: &SessionVerifier| verifier.verify(&sig, &Operation::run_action(CID), at(0).at());
    let verifier = SessionVerifier::for_node(node()).with_network_key(network().public_key());
    assert!(verify(&verifier).is_ok());
    let other = BlsSecretKey::generate(&mut SeededRng::new(9)).public_key();
    assert!(verify(&verifier.clone().with_network_key(other)).is_err());
    assert!(verify(&verifier).is_ok());
}

/// A root that signed in elsewhere decides neither who nor how.
#[test]
fn a_domain_is_that_of_every_capability_that_counts() {
    let verify = |capabilities: &[AuthSig]| {
        let service = "https://api.example".parse().unwrap();
        let sig = template(capabilities, 0, 86_400).sign_for(&key(), &service);
        SessionVerifier::for_service("https://api.example")
            .unwrap()
            .with_domain("app.example")
            .with_network_key(network().public_key())
            .verify(&sig, &Operation::run_action(CID), at(0).at())
    };
    let of_wallet = |domain| common::root(|siwe| siwe.with_domain(domain));
    let of_pkp = |domain| signed(&rewritten(&sent(|siwe| siwe.with_domain(domain))));
    let (here, elsewhere) = ("app.example", "evil.example");
    for (capabilities, expected) in [
        ([of_wallet(here), of_pkp(here)], (0, Some(context()))),
        ([of_wallet(here), of_pkp(elsewhere)], (0, None)),
        ([of_wallet(elsewhere), of_pkp(here)], (1, Some(context()))),
    ] {
        let verified = verify(&capabilities).unwrap();
        assert_eq!((verified.capability, verified.auth_context), expected);
        assert_eq!(verified.domain, here);
    }
    assert_eq!(
        verify(&[of_wallet(elsewhere), of_pkp(elsewhere)]).unwrap_err(),
        SessionSigRefusal::WrongDomain {
            expected: here.to_owned(),
            found: elsewhere.to_owned(),
        }
    );
}

#[test]
fn an_auth_context_counts_only_when_the_network_signed_it() {
    let stranger = BlsSecretKey::generate(&mut SeededRng::new(2));
    let message = rewritten(&sent(|siwe| siwe));
    let forged = pkp_auth_sig(&stranger.sign(&session_digest(message.as_str())), &message);
    assert_eq!(
        capability_refusal(forged.clone()),
        CapabilityRefusal::NetworkSignature
    );
    // With a wallet's root beside it the session is good, and the context is not.
    let verified = verify(&[forged, common::root(|siwe| siwe)]).unwrap();
    assert_eq!((verified.capability, verified.auth_context), (1, None));
    // Nor does a wallet resolve a context by writing one.
    let recap = ReCap::extract(&message).unwrap();
    let verified = verify(&[common::root(|siwe| siwe.with_recap(recap))]).unwrap();
    assert_eq!(verified.auth_context, None);
}

#[test]
fn roots_of_pkps_that_are_not_good() {
    let mut address = good();
    address.address = Address::ZERO.to_string();
    assert_eq!(
        capability_refusal(address),
        CapabilityRefusal::AddressMismatch
    );
    let mut text = good();
    text.signed_message = text.signed_message.replacen("litaction", "litAction", 1);
    assert_eq!(
        capability_refusal(text),
        CapabilityRefusal::NetworkSignature
    );
    let mut bare = good();
    bare.sig = bare
        .sig
        .replace("{\"ProofOfPossession\":", "")
        .replace('}', "");
    let refusal = CapabilityRefusal::NetworkSignatureEncoding(BlsError::Json);
    assert_eq!(capability_refusal(bare), refusal);
    let mut wallets = good();
    wallets.algo = None;
    assert_eq!(
        capability_refusal(wallets),
        CapabilityRefusal::SignatureEncoding
    );
    let message = rewritten(&sent(|siwe| siwe));
    let mut hash = signed(&message);
    hash.sig = network().sign(message.eip191_hash().as_slice()).to_json();
    assert_eq!(
        capability_refusal(hash),
        CapabilityRefusal::NetworkSignature
    );
    let expired = signed(&rewritten(&sent(|siwe| siwe.with_expiration(at(-1)))));
    let refusal = CapabilityRefusal::Time(TimeWindowError::Expired);
    assert_eq!(capability_refusal(expired), refusal);
    let other_key = signed(&rewritten(&sent(|siwe| siwe.with_uri("lit:session:00"))));
    assert_eq!(capability_refusal(other_key), CapabilityRefusal::WrongUri);

    let sig = template(&[good()], 0, 86_400).sign_for(&key(), &node());
    let keyless = SessionVerifier::for_node(node());
    let refused = keyless
        .verify(&sig, &Operation::run_action(CID), at(0).at())
        .unwrap_err();
    let reason = vec![CapabilityRefusal::NoNetworkKey];
    assert_eq!(refused, SessionSigRefusal::NoGoodCapability(reason));
}

#[test]
fn a_client_checks_the_root_of_a_pkp() {
    let asked = requests();
    let check = |root: &AuthSig, seconds| {
        let expected = RootExpectation::new(&asked, at(seconds).at())
            .with_network_key(network().public_key())
            .with_address(wallet().address());
        check_root(root, key().public_key(), &expected)
    };
    assert!(check(&good(), 0).is_ok());
    // The block is of second -12, and its time has passed for everybody.
    assert!(check(&good(), -12).is_ok());
    assert_eq!(check(&good(), -13), Err(RootRefusal::IssuedInTheFuture));
    assert!(check(&good(), 86_399).is_ok());
    let ended = RootRefusal::AuthSig(CapabilityRefusal::Time(TimeWindowError::Expired));
    assert_eq!(check(&good(), 86_400), Err(ended));
    let mut address = good();
    address.address = Address::ZERO.to_string();
    let refused = RootRefusal::AuthSig(CapabilityRefusal::AddressMismatch);
    assert_eq!(check(&address, 0), Err(refused));
    let keyless = RootExpectation::new(&asked, at(0).at());
    let refused = check_root(&good(), key().public_key(), &keyless);
    assert_eq!(
        refused,
        Err(RootRefusal::AuthSig(CapabilityRefusal::NoNetworkKey))
    );
    let other = RootExpectation::new(&asked, at(0).at())
        .with_network_key(network().public_key())
        .with_address(Address::ZERO);
    let refused = check_root(&good(), key().public_key(), &other);
    assert!(matches!(refused, Err(RootRefusal::OtherSigner { .. })));
}

#[test]
fn what_was_combined_is_good_for_itself_alone() {
    let message = rewritten(&sent(|siwe| siwe));
    let digest = session_digest(message.as_str());
    let combine = |network: &BlsSecretKey| {
        let dealt = network.deal(2, 3, &mut SeededRng::new(3)).unwrap();
        let shares: Vec<_> = dealt.iter().map(|holder| holder.sign(&digest)).collect();
        let quorum = BlsQuorum::new(network.public_key(), 2);
        quorum.combine(&digest, &shares).unwrap()
    };
    let mut combined = combine(&network());
    let root = CombinedRoot::new(&combined, &message).unwrap();
    assert_eq!(root.auth_sig(), &good());
    let other = rewritten(&sent(|siwe| siwe.with_expiration(at(-1))));
    assert_eq!(CombinedRoot::new(&combined, &other), None);
    // The field says what one likes; what was verified stays.
    let stranger = BlsSecretKey::generate(&mut SeededRng::new(2));
    combined.signature = stranger.sign(&digest);
    assert_eq!(CombinedRoot::new(&combined, &message).unwrap(), root);

    let asked = requests();
    let check = |auth_sig: &AuthSig, root: &CombinedRoot, seconds| {
        let expected = RootExpectation::new(&asked, at(seconds).at())
            .with_network_key(network().public_key())
            .with_combined(root);
        check_root(auth_sig, key().public_key(), &expected)
    };
    assert!(check(&good(), &root, 0).is_ok());
    let ended = RootRefusal::AuthSig(CapabilityRefusal::Time(TimeWindowError::Expired));
    assert_eq!(check(&good(), &root, 86_400), Err(ended));
    let forged = RootRefusal::AuthSig(CapabilityRefusal::NetworkSignature);
    let of_stranger = CombinedRoot::new(&combine(&stranger), &message).unwrap();
    let forgery = of_stranger.auth_sig();
    for root in [&root, &of_stranger] {
        assert_eq!(check(forgery, root, 0), Err(forged.clone()));
    }
    let keyless = RootExpectation::new(&asked, at(0).at()).with_combined(&root);
    assert_eq!(
        check_root(&good(), key().public_key(), &keyless),
        Err(RootRefusal::AuthSig(CapabilityRefusal::NoNetworkKey))
    );
}
