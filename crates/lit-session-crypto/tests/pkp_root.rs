//! Roots of PKPs: the message that nodes sign, its comparison with the one that was sent, and the AuthSig.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;
mod deterministic_rng;

use alloy_primitives::Address;
use common::{CID, at, key, node, template, wallet};
use deterministic_rng::SeededRng;
use lit_recap::{ExtractError, ReCap, RecapAbility, SiweBuilder, SiweMessage, TimeWindowError};
use lit_session_crypto::{
    BlsError, BlsPublicKey, BlsSecretKey, BlsSignature, CapabilityRefusal, Operation, RewriteError,
    RewriteRefusal, RootExpectation, RootRefusal, SessionSigRefusal, SessionVerifier, SiweMember,
    VerifiedSession, check_rewritten, check_root, pkp_auth_sig, rewrite_for_pkp, session_digest,
};
use lit_types::{
    AuthContext, AuthMethodContext, AuthSig, LitAbility, LitResource, NodeErrorCode,
    ResourceAbilityRequest, TokenId, constants::AuthMethodType,
};
use proptest::{prelude::*, sample::select};
use serde_json::json;

/// The example of the wire protocol specification, section 9.2: what a client sent, and what nodes signed.
const SENT: &str = concat!(
    "litprotocol.com wants you to sign in with your Ethereum account:\n",
    "0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF\n",
    "\n",
    "Lit Protocol PKP session signature I further authorize the stated URI to perform the following ",
    "actions on my behalf: I further authorize the stated URI to perform the following actions on my ",
    "behalf: (1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for ",
    "'lit-pkp://*'.\n",
    "\n",
    "URI: lit:session:1336c4d2875be5310a84d031bd56064d29bac5721cd2fb782705eaa465fb6214\n",
    "Version: 1\n",
    "Chain ID: 1\n",
    "Nonce: 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\n",
    "Issued At: 2026-11-20T06:42:07.977Z\n",
    "Expiration Time: 2026-11-21T06:42:07.971Z\n",
    "Resources:\n",
    "- urn:recap:",
    "eyJhdHQiOnsibGl0LWxpdGFjdGlvbjovLyoiOnsiVGhyZXNob2xkL0V4ZWN1dGlvbiI6W3t9XX0sImxpdC1wa3A6Ly8qIjp7IlRo",
    "cmVzaG9sZC9TaWduaW5nIjpbe31dfX0sInByZiI6W119",
);
const SIGNED: &str = concat!(
    "litprotocol.com wants you to sign in with your Ethereum account:\n",
    "0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF\n",
    "\n",
    "Lit Protocol PKP session signature I further authorize the stated URI to perform the following ",
    "actions on my behalf: I further authorize the stated URI to perform the following actions on my ",
    "behalf: (1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for ",
    "'lit-pkp://*'. I further authorize the stated URI to perform the following actions on my behalf: ",
    "(1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for 'lit-pkp://*'. ",
    "(3) 'Auth': 'Auth' for 'lit-resolvedauthcontext://*'.\n",
    "\n",
    "URI: lit:session:1336c4d2875be5310a84d031bd56064d29bac5721cd2fb782705eaa465fb6214\n",
    "Version: 1\n",
    "Chain ID: 1\n",
    "Nonce: 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\n",
    "Issued At: 2026-11-20T06:41:07Z\n",
    "Expiration Time: 2026-11-21T06:42:07.971Z\n",
    "Resources:\n",
    "- urn:recap:",
    "eyJhdHQiOnsibGl0LWxpdGFjdGlvbjovLyoiOnsiVGhyZXNob2xkL0V4ZWN1dGlvbiI6W3t9XX0sImxpdC1wa3A6Ly8qIjp7IlRo",
    "cmVzaG9sZC9TaWduaW5nIjpbe31dfSwibGl0LXJlc29sdmVkYXV0aGNvbnRleHQ6Ly8qIjp7IkF1dGgvQXV0aCI6W3siYXV0aF9j",
    "b250ZXh0Ijp7ImFjdGlvbklwZnNJZFN0YWNrIjpbIlFtWCJdLCJhY3Rpb25JcGZzSWRzIjpbXSwiYXV0aE1ldGhvZENvbnRleHRz",
    "IjpbeyJhcHBJZCI6ImxpdCIsImF1dGhNZXRob2RUeXBlIjoxLCJ1c2VkRm9yU2lnblNlc3Npb25LZXlSZXF1ZXN0Ijp0cnVlLCJ1",
    "c2VySWQiOiIweGFiYyJ9XSwiYXV0aFNpZ0FkZHJlc3MiOm51bGwsImN1c3RvbUF1dGhSZXNvdXJjZSI6InRydWUiLCJyZXNvdXJj",
    "ZXMiOltdfX1dfX0sInByZiI6W119",
);
/// The network's key, and its signature of [`SIGNED`].
const KEY: &str = "a351cd057c0b56c8d31971561cfbaf2bd2d03ae05aec10c6a28909b043badad6d0e0fd6fe2f139f322f65b8c3d422897";
const SIGNATURE: &str = "9986cc67033976152b81f744f453b1b7314dad955edadb5dcec0d921669eea352420686b20fcbbfc87082f31bdd27f9314e9c70702eb3fd5c1e00d14b8507d08a420972c7464761651697bc7f85367739c1103938ebe750ac62c01dfdcf1e153";

fn context() -> AuthContext {
    AuthContext {
        action_ipfs_id_stack: vec!["QmX".to_owned()],
        auth_method_contexts: vec![AuthMethodContext {
            app_id: "lit".to_owned(),
            auth_method_type: AuthMethodType::EthWallet.into(),
            used_for_sign_session_key_request: true,
            user_id: "0xabc".to_owned(),
        }],
        custom_auth_resource: "true".to_owned(),
        ..AuthContext::default()
    }
}

fn requests() -> Vec<ResourceAbilityRequest> {
    vec![
        ResourceAbilityRequest::lit_action_execution(LitResource::any_lit_action()).unwrap(),
        ResourceAbilityRequest::pkp_signing(LitResource::pkp(TokenId::from_hex("0x1").unwrap()))
            .unwrap(),
    ]
}

/// What a client sends for the session key of these tests, changed by `change`.
fn sent(change: impl FnOnce(SiweBuilder) -> SiweBuilder) -> SiweMessage {
    let siwe = SiweBuilder::new(
        wallet().address(),
        key().public_key().uri(),
        "0123456789abcdef".parse().unwrap(),
        at(0),
    )
    .statement("Lit Protocol PKP session signature")
    .expiration(at(86_400))
    .requests(&requests())
    .unwrap();
    change(siwe).build().unwrap()
}

fn rewritten(sent: &SiweMessage) -> SiweMessage {
    rewrite_for_pkp(sent, wallet().address(), at(-12).at(), &context()).unwrap()
}

fn network() -> BlsSecretKey {
    BlsSecretKey::generate(&mut SeededRng::new(1))
}

fn signed(message: &SiweMessage) -> AuthSig {
    let signature = network().sign(&session_digest(message.as_str()));
    pkp_auth_sig(&signature, message)
}

fn good() -> AuthSig {
    signed(&rewritten(&sent(|siwe| siwe)))
}

#[test]
fn the_example_of_the_specification() {
    let (sent, signed): (SiweMessage, SiweMessage) =
        (SENT.parse().unwrap(), SIGNED.parse().unwrap());
    // A block of any part of that second.
    let block = signed.issued_at() + std::time::Duration::from_millis(999);
    assert_eq!(
        rewrite_for_pkp(&sent, sent.address(), block, &context())
            .unwrap()
            .as_str(),
        SIGNED
    );
    assert_eq!(check_rewritten(&sent, &signed), Ok(context()));

    let digest = "884dcfb612c24f0b181918f8d36d093eacd2e827c201dd6dee1934fdb3c453f3";
    assert_eq!(hex::encode(session_digest(SIGNED)), digest);
    let signature: BlsSignature = SIGNATURE.parse().unwrap();
    let auth_sig = pkp_auth_sig(&signature, &signed);
    let json = serde_json::to_string(&auth_sig).unwrap();
    let start = format!(
        r#"{{"sig":"{{\"ProofOfPossession\":\"{SIGNATURE}\"}}","algo":"LIT_BLS","derivedVia":"lit.bls","signedMessage":""#
    );
    assert!(json.starts_with(&start), "{json}");
    assert!(
        json.ends_with(r#","address":"0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF"}"#),
        "{json}"
    );

    let session_key = sent
        .uri()
        .strip_prefix("lit:session:")
        .unwrap()
        .parse()
        .unwrap();
    let asked = [ResourceAbilityRequest::pkp_signing(LitResource::any_pkp()).unwrap()];
    let expected = RootExpectation::new(&asked, sent.issued_at())
        .with_network_key(KEY.parse::<BlsPublicKey>().unwrap())
        .with_address(sent.address())
        .with_domain("litprotocol.com");
    let root = check_root(&auth_sig, session_key, &expected).unwrap();
    assert_eq!(root.address(), signed.address());
    assert_eq!(root.auth_context(), Some(context()));
}

#[test]
fn nodes_rewrite_no_message_that_speaks_of_an_auth_context() {
    let rewrite = |message: &SiweMessage| {
        rewrite_for_pkp(message, wallet().address(), at(0).at(), &context())
    };
    let told = sent(|siwe| siwe.statement("lit-resolvedauthcontext"));
    assert_eq!(rewrite(&told), Err(RewriteError::ReservedResource));
    for id in ["*", "mine"] {
        let mut recap = ReCap::from_requests(&requests()).unwrap();
        let ability = RecapAbility::new("Auth", "Auth").unwrap();
        recap.attenuate(
            format!("lit-resolvedauthcontext://{id}"),
            ability,
            serde_json::Map::new(),
        );
        let refused = rewrite(&sent(|siwe| siwe.recap(recap))).unwrap_err();
        assert_eq!(refused, RewriteError::ReservedResource);
        let code = NodeErrorCode::NodeInvalidAuthContextResource;
        assert_eq!(refused.node_error_code(), Some(code));
    }
    let text = sent(|siwe| siwe).as_str().to_owned();
    let change = |from: &str, to: &str| rewrite(&text.replacen(from, to, 1).parse().unwrap());
    let foreign = change("Resources:\n", "Resources:\n- https://example.com/\n");
    assert_eq!(foreign, Err(RewriteError::ForeignResources));
    let other = change("'Signing'", "'Reading'").unwrap_err();
    assert_eq!(other, RewriteError::Recap(ExtractError::StatementMismatch));
    assert_eq!(
        other.node_error_code(),
        Some(NodeErrorCode::NodeSIWECapabilityInvalid)
    );
    let plain = text.split("\nResources").next().unwrap().parse().unwrap();
    assert_eq!(
        rewrite(&plain),
        Err(RewriteError::Recap(ExtractError::NoResources))
    );
    // Twice is once too often.
    assert_eq!(
        rewrite(&rewritten(&sent(|siwe| siwe))),
        Err(RewriteError::ReservedResource)
    );
}

#[test]
fn what_nodes_changed_is_named() {
    let asked = sent(|siwe| siwe.not_before(at(-60)).request_id("7"));
    let refusal = |given: &SiweMessage| check_rewritten(&asked, &rewritten(given)).unwrap_err();
    let differs = |change: fn(SiweBuilder) -> SiweBuilder| match refusal(&sent(|siwe| {
        change(siwe.not_before(at(-60)).request_id("7"))
    })) {
        RewriteRefusal::Differs(member) => member,
        other => panic!("{other}"),
    };
    assert_eq!(
        differs(|siwe| siwe.domain("example.com")),
        SiweMember::Domain
    );
    assert_eq!(differs(|siwe| siwe.uri("lit:session:00")), SiweMember::Uri);
    assert_eq!(differs(|siwe| siwe.chain_id(5)), SiweMember::ChainId);
    assert_eq!(
        differs(|siwe| siwe.expiration(at(86_401))),
        SiweMember::Expiration
    );
    assert_eq!(
        differs(|siwe| siwe.not_before(at(-61))),
        SiweMember::NotBefore
    );
    assert_eq!(differs(|siwe| siwe.request_id("8")), SiweMember::RequestId);
    assert_eq!(
        differs(|siwe| siwe.statement("Something else")),
        SiweMember::Statement
    );

    let signed = rewritten(&asked).as_str().to_owned();
    let changed = |from: &str, to: &str| {
        let text = signed.replacen(from, to, 1);
        assert_ne!(text, signed);
        check_rewritten(&asked, &text.parse().unwrap()).unwrap_err()
    };
    let nonce = changed("0123456789abcdef", "fedcba9876543210");
    assert_eq!(nonce, RewriteRefusal::Differs(SiweMember::Nonce));
    let address = changed(&wallet().address().to_string(), &Address::ZERO.to_string());
    assert_eq!(address, RewriteRefusal::Differs(SiweMember::Address));
    // The same instant in other words is another text.
    let end = asked.expiration_timestamp().unwrap();
    let spelled = changed(end.as_str(), &end.as_str().replace("Z", "+00:00"));
    assert_eq!(spelled, RewriteRefusal::Differs(SiweMember::Expiration));
    let resources = changed("Resources:\n", "Resources:\n- https://example.com/\n");
    assert_eq!(resources, RewriteRefusal::Differs(SiweMember::Resources));
    let inserted = changed(" I further authorize", " I agree. I further authorize");
    assert_eq!(inserted, RewriteRefusal::Differs(SiweMember::Statement));
    assert_eq!(
        check_rewritten(&asked, &asked),
        Err(RewriteRefusal::Differs(SiweMember::Statement))
    );
    assert_eq!(
        inserted.to_string(),
        "the nodes changed the statement of the message"
    );
}

/// What nodes would sign if they changed the ReCap in this way.
fn granting(asked: &SiweMessage, change: impl FnOnce(&mut ReCap)) -> SiweMessage {
    let signed = rewritten(asked);
    let mut recap = ReCap::extract(&signed).unwrap();
    change(&mut recap);
    let statement = format!("{} {}", asked.statement().unwrap(), recap.statement());
    let issued_at = "2025-01-15T12:34:44Z".parse().unwrap();
    signed
        .reissued(signed.address(), &issued_at, statement, &recap)
        .unwrap()
}

#[test]
fn the_auth_context_has_to_be_one() {
    let asked = sent(|siwe| siwe);
    let ability = || RecapAbility::new("Auth", "Auth").unwrap();
    let resource = "lit-resolvedauthcontext://*";
    let second = json!({ "auth_context": AuthContext::default() });
    let twice = granting(&asked, |recap| {
        recap.attenuate(
            resource.to_owned(),
            ability(),
            second.as_object().unwrap().clone(),
        );
    });
    assert_eq!(
        check_rewritten(&asked, &twice),
        Err(RewriteRefusal::NoAuthContext)
    );
    let without = granting(&asked, |recap| {
        let mut grants = recap.attenuations().clone();
        grants.remove(resource);
        *recap = ReCap::from_parts(grants, vec![]);
    });
    assert_eq!(
        check_rewritten(&asked, &without),
        Err(RewriteRefusal::NoAuthContext)
    );
    let other_ability = granting(&asked, |recap| {
        recap.attenuate(
            resource.to_owned(),
            RecapAbility::any(),
            serde_json::Map::new(),
        );
    });
    assert!(matches!(
        check_rewritten(&asked, &other_ability),
        Err(RewriteRefusal::Wider { .. })
    ));
}

/// Granting less is no harm, unless what was taken away had hidden something.
#[test]
fn a_shadowed_grant_does_not_come_into_force() {
    let mut recap = ReCap::from_requests(&requests()).unwrap();
    recap
        .grant(
            &LitResource::any_lit_action(),
            LitAbility::LitActionExecution,
        )
        .unwrap();
    recap.attenuate(
        "lit-pkp://*".to_owned(),
        RecapAbility::new("Foo", "Bar").unwrap(),
        serde_json::Map::new(),
    );
    let asked = sent(|siwe| siwe.recap(recap));
    let without = |key: &'static str| {
        granting(&asked, move |recap| {
            let mut grants = recap.attenuations().clone();
            grants.remove(key).unwrap();
            *recap = ReCap::from_parts(grants, vec![]);
        })
    };
    assert_eq!(
        check_rewritten(&asked, &without("lit-litaction://*")),
        Ok(context())
    );
    let refused = check_rewritten(&asked, &without("lit-pkp://*"));
    assert!(
        matches!(refused, Err(RewriteRefusal::Wider { .. })),
        "{refused:?}"
    );
}

fn verify(capabilities: &[AuthSig]) -> Result<VerifiedSession, SessionSigRefusal> {
    let sig = template(capabilities, 0, 86_400).sign_for(&key(), &node());
    SessionVerifier::new(node())
        .with_network_key(network().public_key())
        .verify(&sig, &Operation::execute(CID), at(0).at())
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
    let verified = verify(&[common::root(|siwe| siwe.recap(recap))]).unwrap();
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
    let expired = signed(&rewritten(&sent(|siwe| siwe.expiration(at(-1)))));
    let refusal = CapabilityRefusal::Time(TimeWindowError::Expired);
    assert_eq!(capability_refusal(expired), refusal);
    let other_key = signed(&rewritten(&sent(|siwe| siwe.uri("lit:session:00"))));
    assert_eq!(capability_refusal(other_key), CapabilityRefusal::WrongUri);

    let sig = template(&[good()], 0, 86_400).sign_for(&key(), &node());
    let keyless = SessionVerifier::new(node());
    let refused = keyless
        .verify(&sig, &Operation::execute(CID), at(0).at())
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is granted beside what was asked for is refused, on whatever it is granted.
    #[test]
    fn any_wider_grant_is_refused(
        prefix in select(vec!["lit-pkp", "lit-litaction", "lit-ratelimitincrease", "lit-accesscontrolcondition", "https", "lit-resolvedauthcontext"]),
        id in "\\*|[a-z0-9]{1,8}",
        namespace in select(vec!["Threshold", "Auth", "*"]),
        name in select(vec!["Signing", "Execution", "Decryption", "Auth", "*", "Other"]),
        note in select(vec![json!({}), json!({ "a": 1 })]),
    ) {
        let asked = sent(|siwe| siwe);
        let (key, ability) = (format!("{prefix}://{id}"), RecapAbility::new(namespace, name).unwrap());
        let added = granting(&asked, |recap| {
            recap.attenuate(key, ability, note.as_object().unwrap().clone());
        });
        prop_assert!(check_rewritten(&asked, &added).is_err());
    }

    /// Any context comes back as it went in.
    #[test]
    fn contexts_survive(response in any::<String>(), user in any::<String>(), action in "[a-zA-Z0-9]{0,46}") {
        let mut context = context();
        context.custom_auth_resource = response;
        context.auth_method_contexts[0].user_id = user;
        context.action_ipfs_id_stack = vec![action];
        let asked = sent(|siwe| siwe);
        let signed = rewrite_for_pkp(&asked, wallet().address(), at(0).at(), &context).unwrap();
        prop_assert_eq!(check_rewritten(&asked, &signed), Ok(context));
    }
}
