//! Signing with a PKP: shares, who takes part, and who may.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::collections::BTreeSet;

use alloy_primitives::Signature;
use common::{Setup, base64, code, requests, send};
use lit_contracts::{ActionCid, PermittedAuthMethod};
use lit_devnet::{Devnet, Fault};
use lit_session_crypto::{EcdsaError, EcdsaShareJson, EcdsaSignature, SessionTemplate, hd_key_id};
use lit_types::{
    NodeErrorCode, Right,
    constants::{AuthMethodScope, AuthMethodType},
    wire::Endpoint,
};
use serde_json::{Value, json};

const DIGEST: [u8; 32] = [0x90; 32];
const TOO_LIMITED: (u16, &str) = (401, "NodeAuthSigScopeTooLimited");

fn body(setup: &Setup) -> Value {
    json!({ "toSign": DIGEST.to_vec(), "pubkey": setup.pkp, "epoch": 0 })
}

/// The shares of these nodes, which all succeed.
async fn shares(
    setup: &Setup,
    session: &SessionTemplate,
    nodes: impl IntoIterator<Item = usize>,
    id: &str,
) -> Vec<EcdsaShareJson> {
    let body = body(setup);
    let answers = setup.ask_all_as(session, nodes, Endpoint::PkpSign, id, &body);
    let shares = answers.await.into_iter().map(|(status, answer)| {
        assert_eq!(status, 200, "{answer}");
        serde_json::from_value(answer["signatureShare"].clone()).unwrap()
    });
    shares.collect()
}

fn combine(setup: &Setup, shares: &[EcdsaShareJson]) -> Result<EcdsaSignature, EcdsaError> {
    let parsed: Vec<_> = shares
        .iter()
        .filter_map(|share| share.parse().unwrap())
        .collect();
    EcdsaSignature::combine_for(&setup.pkp, &DIGEST, &parsed, setup.network.threshold())
}

fn signers(shares: &[EcdsaShareJson]) -> BTreeSet<u32> {
    let in_set = |share: &&EcdsaShareJson| !share.signature_share.is_empty();
    shares
        .iter()
        .filter(in_set)
        .map(|share| share.share_index)
        .collect()
}

async fn refused(setup: &Setup, session: &SessionTemplate, body: &Value, expected: (u16, &str)) {
    for node in 0..setup.network.node_urls().len() {
        let (status, answer) = setup
            .ask_as(session, node, Endpoint::PkpSign, "lit_no", body)
            .await
            .unwrap();
        assert_eq!((status, code(&answer)), expected, "{answer}");
        assert!(answer.get("signatureShare").is_none(), "{answer}");
    }
}

#[tokio::test]
async fn the_signature_is_that_of_the_pkp_on_chain() {
    let setup = Setup::of(Devnet::builder().with_nodes(5)).await;
    let session = setup.owner_session().await;
    let shares = shares(&setup, &session, 0..5, "lit_1").await;
    assert_eq!(signers(&shares).len(), setup.network.threshold());

    let signature = combine(&setup, &shares).unwrap();
    let on_chain = setup.contracts();
    let address = on_chain.pkp().eth_address(setup.pkp.token_id()).await;
    let recovered = Signature::from(signature).recover_address_from_prehash(&DIGEST.into());
    assert_eq!(recovered.unwrap(), address.unwrap().unwrap());
}

/// Section 6.1: members, quotes, upper case; and the answer of a node that is not in the signing set.
#[tokio::test]
async fn answers_have_the_form_of_the_reference() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    let answers = setup
        .ask_all_as(&session, 0..3, Endpoint::PkpSign, "lit_1", &body(&setup))
        .await;
    let pkp = hex::encode_upper(setup.pkp.as_bytes());
    let mut outside = 0;
    for (place, (_, answer)) in answers.iter().enumerate() {
        let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(names, ["signatureShare", "signedData", "success"]);
        assert_eq!(answer["signedData"], json!(DIGEST.to_vec()));
        let share = &answer["signatureShare"];
        if share["result"] == "fail" {
            outside += 1;
            let expected = json!({
                "digest": "fail", "result": "fail", "share_index": place, "signature_share": "", "big_r": "",
                "public_key": "", "sig_type": "",
            });
            assert_eq!(*share, expected);
            continue;
        }
        assert_eq!(share["result"], "success");
        assert_eq!(share["share_index"], place);
        assert_eq!(share["sig_type"], "K256");
        assert_eq!(share["digest"], format!("\"{}\"", "90".repeat(32)));
        assert_eq!(share["public_key"], format!("\"{pkp}\""));
        for (member, length) in [("signature_share", 66), ("big_r", 68)] {
            let text = share[member].as_str().unwrap();
            assert_eq!(text.len(), length);
            assert_eq!(text, text.to_uppercase());
        }
    }
    assert_eq!(outside, 1);
}

#[tokio::test]
async fn each_request_has_a_signing_set_and_a_nonce_of_its_own() {
    let setup = Setup::of(Devnet::builder().with_nodes(5)).await;
    let session = setup.owner_session().await;
    let (mut sets, mut nonces) = (BTreeSet::new(), BTreeSet::new());
    for request in 0..12 {
        let shares = shares(&setup, &session, 0..5, &format!("lit_{request}")).await;
        let signature = combine(&setup, &shares).unwrap();
        sets.insert(signers(&shares));
        nonces.insert(*signature.r());
    }
    assert_eq!(nonces.len(), 12);
    assert!(sets.len() > 3, "{sets:?}");
}

/// Asked again, a node says the same again, so nothing is learned of its key.
#[tokio::test]
async fn a_repeated_request_gets_the_same_share() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    let first = shares(&setup, &session, 0..3, "lit_1").await;
    assert_eq!(shares(&setup, &session, 0..3, "lit_1").await, first);
}

#[tokio::test]
async fn nodes_that_are_gone_are_not_elected() {
    let setup = Setup::of(Devnet::builder().with_nodes(6)).await;
    let session = setup.owner_session().await;
    let gone = [
        Fault::Error(NodeErrorCode::NodeSystemFault),
        Fault::Garbage,
        Fault::Truncated,
        Fault::ErrorAt(Endpoint::PkpSign, NodeErrorCode::NodeRpcError),
    ];
    for (round, fault) in gone.into_iter().enumerate() {
        setup.network.node(0).fail(Fault::Stopped);
        setup.network.node(1).fail(fault);
        for request in 0..5 {
            let id = format!("lit_{round}_{request}");
            let shares = shares(&setup, &session, 2..6, &id).await;
            combine(&setup, &shares).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        }
    }
}

/// Nodes complain about peers that do not answer them. A node that does not answer clients may well answer its peers.
#[tokio::test]
async fn a_node_that_hangs_is_elected_all_the_same() {
    let setup = Setup::of(Devnet::builder().with_nodes(4)).await;
    let session = setup.owner_session().await;
    setup.network.node(3).fail(Fault::Hang);
    let mut sizes = BTreeSet::new();
    for request in 0..12 {
        let shares = shares(&setup, &session, 0..3, &format!("lit_{request}")).await;
        sizes.insert(signers(&shares).len());
    }
    assert_eq!(sizes, BTreeSet::from([1, 2]));
}

/// A node that stops after it was elected is replaced when the request comes again.
#[tokio::test]
async fn a_request_survives_a_node_that_stops_midway() {
    let setup = Setup::of(Devnet::builder().with_nodes(5)).await;
    let session = setup.owner_session().await;
    let mut replaced = 0;
    for request in 0..8 {
        let id = format!("lit_{request}");
        let begun = shares(&setup, &session, 0..4, &id).await;
        setup.network.node(4).fail(Fault::Stopped);
        let again = shares(&setup, &session, 0..4, &id).await;
        combine(&setup, &again).unwrap();
        replaced += u32::from(signers(&begun).len() < setup.network.threshold());
        setup.network.node(4).recover();
    }
    assert!(replaced > 0);
}

#[tokio::test]
async fn too_few_nodes_do_not_sign() {
    let setup = Setup::of(Devnet::builder().with_nodes(6)).await;
    let session = setup.owner_session().await;
    for node in 0..3 {
        setup.network.node(node).fail(Fault::Stopped);
    }
    let (status, answer) = setup
        .ask_as(&session, 4, Endpoint::PkpSign, "lit_1", &body(&setup))
        .await
        .unwrap();
    assert_eq!(
        (status, code(&answer)),
        (500, "NodePeerNotFound"),
        "{answer}"
    );
}

#[tokio::test]
async fn wrong_shares_make_no_signature() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    for fault in [Fault::CorruptShare, Fault::ReplayedShare] {
        shares(&setup, &session, 0..3, "lit_first").await;
        let mut spoiled = 0;
        for request in 0..6 {
            setup.network.node(0).fail(fault);
            let id = format!("lit_{fault:?}_{request}");
            let shares = shares(&setup, &session, 0..3, &id).await;
            let is_elected = signers(&shares).contains(&0);
            match combine(&setup, &shares) {
                Ok(_) => assert!(!is_elected),
                Err(error) => assert!(
                    is_elected
                        && matches!(
                            error,
                            EcdsaError::NotASignature { .. } | EcdsaError::TooFewShares { .. }
                        ),
                    "{fault:?}: {error:?}"
                ),
            }
            spoiled += u32::from(is_elected);
        }
        assert!(spoiled > 0);
        setup.network.node(0).recover();
    }
}

#[tokio::test]
async fn whose_sessions_may_sign() {
    let setup = Setup::new().await;
    let stranger = lit_test_fakes::wallet();
    let session = setup.wallet_session(&stranger, &requests()).await;
    refused(&setup, &session, &body(&setup), TOO_LIMITED).await;

    let permissions = setup.contracts().permissions();
    let (token, address) = (setup.pkp.token_id(), stranger.address());
    let permit = async |scope: AuthMethodScope| {
        let added = permissions.add_address(token, address, scope.into()).await;
        added.unwrap();
    };
    permit(AuthMethodScope::PersonalSign).await;
    refused(&setup, &session, &body(&setup), TOO_LIMITED).await;
    permissions.remove_address(token, address).await.unwrap();
    permit(AuthMethodScope::SignAnything).await;
    let shares = shares(&setup, &session, 0..3, "lit_1").await;
    combine(&setup, &shares).unwrap();
}

/// By the hash that auth methods have for ids, of either spelling.
#[tokio::test]
async fn wallets_are_permitted_by_hash_as_well() {
    let setup = Setup::new().await;
    let permissions = setup.contracts().permissions();
    for spell in [str::to_owned, str::to_lowercase] {
        let wallet = lit_test_fakes::wallet();
        let session = setup.wallet_session(&wallet, &requests()).await;
        refused(&setup, &session, &body(&setup), TOO_LIMITED).await;
        let id = hd_key_id(&spell(&wallet.address().to_string()), "lit", false);
        let permitted = PermittedAuthMethod::new(AuthMethodType::EthWallet, id.0);
        let scope = AuthMethodScope::SignAnything.into();
        let added = permissions.add_auth_method(setup.pkp.token_id(), &permitted, scope);
        added.await.unwrap();
        let signed = shares(&setup, &session, 0..3, &id.to_string()).await;
        combine(&setup, &signed).unwrap();
    }
}

/// The context in the root is what counts: the wallet that the session was made with, or the action.
#[tokio::test]
async fn sessions_of_the_pkp_may_sign() {
    let setup = Setup::new().await;
    let by_wallet = setup.good_body().await;
    let session = setup.network_session(&by_wallet, &requests()).await;
    let signed = shares(&setup, &session, 0..3, "lit_1").await;
    combine(&setup, &signed).unwrap();

    let source = "Lit.Actions.setResponse({ response: 'true' })";
    let cid: ActionCid = ActionCid::of_code(source.as_bytes());
    let permissions = setup.contracts().permissions();
    let token = setup.pkp.token_id();
    let scope = AuthMethodScope::PersonalSign;
    permissions
        .add_action(token, &cid, scope.into())
        .await
        .unwrap();
    let mut by_action = setup.body(&setup.message().build().unwrap(), &[]);
    by_action["code"] = base64(source).into();
    let session = setup.network_session(&by_action, &requests()).await;
    refused(&setup, &session, &body(&setup), TOO_LIMITED).await;
    let (_, answer) = setup
        .ask_as(&session, 0, Endpoint::PkpSign, "lit_why", &body(&setup))
        .await
        .unwrap();
    let (owner, pkp) = (setup.owner.address(), setup.pkp.address());
    assert_eq!(
        answer["message"],
        format!(
            "Lit Action {cid}, wallet {pkp} may not use PKP {token} to sign anything (owner: {owner}; \
             permitted besides the owner: Lit Action {cid} to sign personal messages). \
             None of the AuthMethods, AuthSig or Lit Actions meet the requires scope [1]."
        )
    );

    permissions.remove_action(token, &cid).await.unwrap();
    let scope = AuthMethodScope::SignAnything;
    permissions
        .add_action(token, &cid, scope.into())
        .await
        .unwrap();
    let signed = shares(&setup, &session, 0..3, "lit_2").await;
    combine(&setup, &signed).unwrap();
}

/// A wallet's session has to allow any action too; that of a PKP need not.
#[tokio::test]
async fn sessions_without_actions() {
    let setup = Setup::new().await;
    let only_pkp = [Right::sign_with(setup.pkp)];
    let session = setup.wallet_session(&setup.owner, &only_pkp).await;
    let not_found = (404, "NodeResourceIdNotFound");
    refused(&setup, &session, &body(&setup), not_found).await;

    let message = setup.plain_message().with_rights(&only_pkp).unwrap();
    let request = setup.body(&message.build().unwrap(), &[setup.owner_method().await]);
    let session = setup.network_session(&request, &only_pkp).await;
    let signed = shares(&setup, &session, 0..3, "lit_1").await;
    combine(&setup, &signed).unwrap();
}

#[tokio::test]
async fn what_is_refused() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    let good = body(&setup);
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let bad_input = (422, "NodeBadInput");
    for to_sign in [
        json!(vec![1; 31]),
        json!(vec![1; 33]),
        json!([]),
        json!([256]),
        json!("90"),
        // The order of the curve is the first number that is too large.
        json!(
            hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
                .unwrap()
        ),
    ] {
        refused(&setup, &session, &with("toSign", to_sign), bad_input).await;
    }
    refused(&setup, &session, &with("pubkey", json!("0x04")), bad_input).await;
    let methods = with("authMethods", json!([]));
    refused(
        &setup,
        &session,
        &methods,
        (400, "NodeCannotProvideAuthMethodForEndpoint"),
    )
    .await;
    let nobodys = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    refused(
        &setup,
        &session,
        &with("pubkey", json!(nobodys)),
        (401, "NodePKPNotAuthorized"),
    )
    .await;

    // Capture 18: the session is for something else.
    let actions = [Right::run_any_action()];
    let session = setup.wallet_session(&setup.owner, &actions).await;
    refused(&setup, &session, &good, (404, "NodeResourceIdNotFound")).await;

    let mut wallet = good.clone();
    wallet["authSig"] = serde_json::from_str(&setup.owner_method().await.access_token).unwrap();
    let (status, answer) = setup.send(0, Endpoint::PkpSign, &wallet).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        (status, code(&answer)),
        (400, "NodeCannotProvideAuthSigForEndpoint")
    );
}

/// Nodes find one another by the request id.
#[tokio::test]
async fn a_request_needs_an_id() {
    let setup = Setup::new().await;
    let mut request = body(&setup);
    request["authSig"] = json!(setup.sig(0, &setup.owner_session().await));
    let headers = vec![("content-type", "application/json".to_owned())];
    let (status, _) = send(&setup.network, 0, Endpoint::PkpSign, headers, &request)
        .await
        .unwrap();
    assert_eq!(status, 400);
}

/// An unpaid request has another status here than at other endpoints.
#[tokio::test]
async fn requests_that_nobody_pays_for() {
    let setup = Setup::of(Devnet::builder().with_capacity_enforced(true)).await;
    let session = setup.owner_session().await;
    refused(
        &setup,
        &session,
        &body(&setup),
        (400, "rate_limit_exceeded"),
    )
    .await;
}

/// Requests of other callers are other requests, whatever their id.
#[tokio::test]
async fn callers_do_not_meet() {
    let setup = Setup::of(Devnet::builder().with_nodes(3)).await;
    let session = setup.owner_session().await;
    let of_one = shares(&setup, &session, 0..3, "lit_1").await;
    let other = Setup {
        key: lit_session_crypto::SessionKeyPair::from_seed(&[8; 32]),
        ..setup
    };
    let session = other.owner_session().await;
    let of_other = shares(&other, &session, 0..3, "lit_1").await;
    let nonce = |shares: &[EcdsaShareJson]| *combine(&other, shares).unwrap().r();
    assert_ne!(nonce(&of_one), nonce(&of_other));
}
