//! Claims of keys: what the nodes sign, and that the contracts accept it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_primitives::{B256, Signature};
use common::{Setup, code};
use lit_contracts::ContractError;
use lit_devnet::{Devnet, Fault, JwtClaims, JwtProvider};
use lit_session_crypto::{HdTweak, hd_key_id};
use lit_types::{AuthMethod, constants::AuthMethodType, wire::Endpoint};
use serde_json::{Value, json};

/// The key id and the signatures of all nodes.
async fn claim(setup: &Setup, method: &AuthMethod) -> (B256, Vec<Signature>) {
    let body = json!({ "authMethod": method, "epoch": 0 });
    let mut ids = Vec::new();
    let mut signatures = Vec::new();
    for node in 0..setup.network.node_urls().len() {
        let (status, answer) = setup.send(node, Endpoint::PkpClaim, &body).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(status, 202, "{answer}");
        let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["derivedKeyId", "signature"], "{answer}");
        let signature = answer["signature"].as_str().unwrap();
        assert_eq!(signature.len(), 130);
        signatures.push(signature.parse().unwrap());
        ids.push(answer["derivedKeyId"].as_str().unwrap().parse().unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    (ids[0], signatures)
}

#[tokio::test]
async fn the_contract_takes_what_the_nodes_sign() {
    let setup = Setup::of(Devnet::builder().with_nodes(4)).await;
    let claims = JwtClaims::new("user-7", "app");
    let token = setup.network.issue_jwt(JwtProvider::Google, &claims);
    let method = AuthMethod::new(AuthMethodType::GoogleJwt, token);
    let (id, signatures) = claim(&setup, &method).await;
    assert_eq!(id, hd_key_id("user-7", "app", false));

    let minted = setup
        .contracts()
        .pkp()
        .claim(id, &signatures)
        .await
        .unwrap();
    let handshake = common::latest_handshake(&setup.network).await;
    let roots: Vec<_> = handshake["hdRootPubkeys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|root| root.as_str().unwrap().parse().unwrap())
        .collect();
    let derived = HdTweak::new(&id.0).public_key(&roots).unwrap();
    assert_eq!(minted.public_key, derived);
}

/// What is claimed can sign.
#[tokio::test]
async fn a_claimed_pkp_signs() {
    let mut setup = Setup::new().await;
    let (id, signatures) = claim(&setup, &setup.owner_method().await).await;
    setup.pkp = setup
        .contracts()
        .pkp()
        .claim(id, &signatures)
        .await
        .unwrap()
        .public_key;
    let session = setup.owner_session().await;
    let body = json!({ "toSign": vec![7; 32], "pubkey": setup.pkp });
    for (status, answer) in setup
        .ask_all_as(&session, 0..3, Endpoint::PkpSign, "lit_1", &body)
        .await
    {
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test]
async fn a_wrong_signature_is_no_consent() {
    let setup = Setup::new().await;
    setup.network.node(1).fail(Fault::CorruptShare);
    let (id, signatures) = claim(&setup, &setup.owner_method().await).await;
    let refused = setup.contracts().pkp().claim(id, &signatures).await;
    assert!(
        matches!(refused, Err(ContractError::Reverted { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn only_who_proves_who_they_are_may_claim() {
    let setup = Setup::new().await;
    let wallet = lit_test_fakes::wallet();
    let expired = setup.login(&wallet).with_expiration(setup.now());
    let method = common::wallet_method(&wallet, expired).await;
    setup
        .network
        .clock()
        .advance(std::time::Duration::from_secs(120));
    for (method, expected) in [
        (json!(method), (400, "NodeSIWEMessageError")),
        (
            json!({ "authMethodType": 6, "accessToken": "x" }),
            (401, "NodeAuthFailed"),
        ),
    ] {
        let body = json!({ "authMethod": method });
        let (status, answer) = setup.send(0, Endpoint::PkpClaim, &body).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((status, code(&answer)), expected, "{answer}");
    }
}
