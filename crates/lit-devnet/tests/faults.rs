//! What each fault does on the wire.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{Setup, code};
use futures_util::FutureExt;
use lit_devnet::{Devnet, Fault, SiweChange};
use lit_node_transport::{NodeRequest, NodeTransport, TransportError};
use lit_recap::{ReCap, SiweMessage};
use lit_session_crypto::{BlsPublicKey, BlsSignature, BlsSignatureShare, session_digest};
use lit_types::{
    ActionCid, LitAbility, LitResource, NodeErrorCode,
    wire::{Endpoint, SignSessionKeyResponse},
};
use serde_json::{Value, json};

async fn answers(setup: &Setup, body: &Value) -> Vec<SignSessionKeyResponse> {
    let answers = setup.ask_all(body).await;
    answers
        .into_iter()
        .map(|answer| serde_json::from_value(answer).unwrap())
        .collect()
}

/// Whether shares of these two nodes go together, over what the second says was signed.
fn go_together(answers: &[SignSessionKeyResponse], nodes: [usize; 2]) -> bool {
    let shares =
        nodes.map(|node| BlsSignatureShare::try_from(&answers[node].signature_share).unwrap());
    let key: BlsPublicKey = answers[nodes[1]].bls_root_pubkey.parse().unwrap();
    let digest = session_digest(&answers[nodes[1]].siwe_message);
    let signature = BlsSignature::combine(&shares).unwrap();
    key.verify(&digest, &signature)
}

#[tokio::test]
async fn a_node_that_is_stopped_refuses_connections() {
    let setup = Setup::new().await;
    setup.network.node(0).fail(Fault::Stopped);
    let body = setup.good_body().await;
    let error = setup.send(0, Endpoint::SignSessionKey, &body).await;
    assert!(matches!(error, Err(TransportError::Connect(_))));
    setup.network.node(0).recover();
    assert_eq!(setup.ask(0, &body).await.0, 200);
}

#[tokio::test]
async fn a_node_that_hangs_never_answers() {
    let setup = Setup::new().await;
    setup.network.node(0).fail(Fault::Hang);
    let body = setup.good_body().await;
    tokio::time::pause();
    let year = Duration::from_secs(365 * 86_400);
    let waited = tokio::time::timeout(year, setup.send(0, Endpoint::SignSessionKey, &body)).await;
    assert!(waited.is_err(), "{waited:?}");
}

#[tokio::test]
async fn requests_end_with_their_network() {
    let network = Devnet::builder().start().await.unwrap();
    network.node(0).fail(Fault::Hang);
    let request = NodeRequest::new(
        network.node_urls()[0].clone(),
        Endpoint::Handshake,
        Vec::new(),
        "{}",
    );
    let transport = network.transport();
    let mut pending = transport.send(request.clone());
    assert!((&mut pending).now_or_never().is_none());
    drop(network);
    tokio::time::pause();
    let day = Duration::from_secs(86_400);
    let ended = tokio::time::timeout(day, pending).await.unwrap();
    assert!(matches!(ended, Err(TransportError::Io(_))), "{ended:?}");
    let later = transport.send(request).await;
    assert!(matches!(later, Err(TransportError::Connect(_))));
}

#[tokio::test]
async fn a_node_that_is_slow_answers_later() {
    let setup = Setup::new().await;
    let delay = Duration::from_secs(120);
    setup.network.node(0).fail(Fault::Delay(delay));
    let body = json!({ "clientPublicKey": "test", "challenge": "00", "epoch": 0 });
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let (status, _) = setup.send(0, Endpoint::Handshake, &body).await.unwrap();
    assert_eq!(status, 200);
    assert!(start.elapsed() >= delay);
}

#[tokio::test]
async fn errors_come_from_all_endpoints_or_from_one() {
    let setup = Setup::new().await;
    let error = NodeErrorCode::NodeRpcError;
    let body = setup.good_body().await;
    let hello = json!({ "clientPublicKey": "test", "challenge": "00", "epoch": 0 });
    let statuses = async || {
        let (greeted, _) = setup.send(0, Endpoint::Handshake, &hello).await.unwrap();
        let (signed, answer) = setup.ask(0, &body).await;
        (greeted, signed, code(&answer).to_owned())
    };
    setup.network.node(0).fail(Fault::Error(error));
    assert_eq!(statuses().await, (502, 502, "NodeRpcError".to_owned()));
    let one = Fault::ErrorAt(Endpoint::SignSessionKey, error);
    setup.network.node(0).fail(one);
    assert_eq!(statuses().await, (200, 502, "NodeRpcError".to_owned()));
    let other = Fault::ErrorAt(Endpoint::Handshake, error);
    setup.network.node(0).fail(other);
    assert_eq!(statuses().await, (502, 200, String::new()));
}

#[tokio::test]
async fn bodies_are_garbage_or_end_early() {
    let setup = Setup::new().await;
    let body = setup.good_body().await;
    let (_, whole) = setup
        .send(0, Endpoint::SignSessionKey, &body)
        .await
        .unwrap();
    setup.network.node(0).fail(Fault::Truncated);
    let (status, half) = setup
        .send(0, Endpoint::SignSessionKey, &body)
        .await
        .unwrap();
    assert_eq!(status, 200);
    assert_eq!(half, whole[..whole.len() / 2]);
    setup.network.node(0).fail(Fault::Garbage);
    let (status, garbage) = setup
        .send(0, Endpoint::SignSessionKey, &body)
        .await
        .unwrap();
    assert_eq!(status, 200);
    let error = serde_json::from_slice::<Value>(&garbage).unwrap_err();
    assert!(error.is_syntax(), "{error}");
}

#[tokio::test]
async fn a_liar_signs_well_what_nobody_asked_for() {
    let setup = Setup::new().await;
    let one_action = LitResource::lit_action(ActionCid::of_code("granted"));
    let mut narrow = ReCap::new();
    narrow
        .grant(&one_action, LitAbility::LitActionExecution)
        .unwrap();
    let message = setup.plain_message().with_recap(narrow).build().unwrap();
    let body = setup.body(&message, &[setup.owner_method().await]);
    let honest = answers(&setup, &body).await;
    let mut lies = BTreeSet::new();
    for change in SiweChange::ALL {
        setup.network.node(0).fail(Fault::WrongSiwe(change));
        let alone = answers(&setup, &body).await;
        assert_eq!(alone[1], honest[1]);
        let lie = &alone[0].siwe_message;
        assert!(
            lie != &honest[0].siwe_message && lies.insert(lie.clone()),
            "{change:?}"
        );
        let read: SiweMessage = lie
            .parse()
            .unwrap_or_else(|error| panic!("{change:?}: {error}"));
        let granted = ReCap::extract(&read).unwrap();
        assert_eq!(
            granted.covers(&LitResource::any_pkp(), LitAbility::PkpSigning),
            change == SiweChange::Grants
        );
        assert!(!go_together(&alone, [0, 1]));
        // Two that tell the same lie make a signature over it.
        setup.network.node(1).fail(Fault::WrongSiwe(change));
        assert!(
            go_together(&answers(&setup, &body).await, [0, 1]),
            "{change:?}"
        );
        setup.network.node(1).recover();
    }
}

#[tokio::test]
async fn shares_are_corrupt_replayed_or_stale() {
    let setup = Setup::new().await;
    let earlier = answers(&setup, &setup.good_body().await).await;
    setup.network.clock().advance(Duration::from_secs(5));
    let body = setup.good_body().await;
    let honest = answers(&setup, &body).await;
    assert!(go_together(&honest, [0, 1]));
    for fault in [Fault::CorruptShare, Fault::ReplayedShare, Fault::StaleEpoch] {
        setup.network.node(0).fail(fault);
        let bad = answers(&setup, &body).await;
        assert_eq!(bad[0].siwe_message, honest[0].siwe_message);
        assert_ne!(bad[0].signature_share, honest[0].signature_share);
        assert!(!go_together(&bad, [0, 1]), "{fault:?}");
        assert!(go_together(&bad, [1, 2]), "{fault:?}");
        assert_eq!(
            bad[0].signature_share == earlier[0].signature_share,
            fault == Fault::ReplayedShare
        );
    }
    // Nodes that are late together still agree.
    setup.network.node(0).fail(Fault::StaleEpoch);
    setup.network.node(1).fail(Fault::StaleEpoch);
    assert!(go_together(&answers(&setup, &body).await, [0, 1]));
}
