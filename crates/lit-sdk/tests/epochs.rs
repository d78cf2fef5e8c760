//! Epochs that change, nodes that come and go, and clocks that jump. Time is tokio's, and the network's clock is moved.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use common::owned::{Owned, request};
use lit_devnet::{Devnet, Fault};
use lit_sdk::{
    Clock, Encrypted, Error, ExecuteJs, LitNodeClient, PkpSign, Right, Session, SessionRequest,
    WalletAuth,
    calls::DoubtReason,
    session_crypto::SessionError,
    transport::{Discovery, DiscoveryError, Epoch, NetworkView, NodeTransport},
    types::{
        access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
        wire::Endpoint,
    },
};
use lit_test_fakes::{AlteredNodes, FakeClock};
use serde_json::Value;
use tokio::sync::watch;

const SECRET: &str = "hello world";

async fn encrypted(owned: &Owned) -> (Encrypted, Session) {
    let owner = owned.owner.address().to_string();
    let condition = EvmBasicCondition::wallet_is("ethereum", owner);
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(condition));
    let client = &owned.client;
    let encrypted = client.encrypt_text(SECRET, &conditions).await.unwrap();
    let wallet = WalletAuth::new(owned.owner.clone());
    let request = SessionRequest::to_decrypt(&encrypted);
    let session = client.session(&request, &wallet).await.unwrap();
    (encrypted, session)
}

/// Five nodes answer before the change, and five after it, with key shares of the next epoch. Neither are enough, and they do
/// not combine; so the client, which does not know the epoch, asks again.
#[tokio::test]
async fn an_epoch_changes_in_the_middle_of_a_call() {
    let owned = Owned::new().await;
    let login = owned.login().await;
    let (encrypted, session) = encrypted(&owned).await;
    let signing = owned.session().await;
    tokio::time::pause();
    for node in 5..10 {
        owned
            .network
            .node(node)
            .fail(Fault::Delay(Duration::from_secs(1)));
    }
    let change = async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        owned.network.next_epoch().unwrap();
    };
    let (client, rights) = (&owned.client, request());
    let (made, ()) = tokio::join!(client.session(&rights, &login), change());
    assert_eq!(made.unwrap().address(), owned.pkp.address());
    let (text, ()) = tokio::join!(client.decrypt_text(&session, &encrypted), change());
    assert_eq!(*text.unwrap(), SECRET);
    let call = PkpSign::message(owned.pkp, "hello");
    let (signature, ()) = tokio::join!(client.pkp_sign(&signing, &call), change());
    assert_eq!(*signature.unwrap().public_key(), owned.pkp);
}

/// A view that tests change.
#[derive(Debug)]
struct Announced(watch::Sender<NetworkView>);

#[async_trait]
impl Discovery for Announced {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        Ok(self.0.borrow().clone())
    }

    async fn changed(&self) {
        // The sender is this one, so it is never gone.
        let _ = self.0.subscribe().changed().await;
    }
}

/// These nodes of a network, in this epoch.
fn view(owned: &Owned, nodes: impl IntoIterator<Item = usize>, number: u64) -> NetworkView {
    let urls = owned.network.node_urls();
    NetworkView {
        nodes: nodes.into_iter().map(|at| urls[at].clone()).collect(),
        threshold: owned.network.threshold(),
        epoch: Epoch {
            number,
            started_at: None,
        },
    }
}

async fn follow(owned: &Owned, view: NetworkView) -> (Arc<Announced>, LitNodeClient) {
    let announced = Arc::new(Announced(watch::Sender::new(view)));
    let client = LitNodeClient::builder(&announced)
        .with_transport(owned.network.transport())
        .with_clock(owned.network.clock())
        .connect()
        .await
        .unwrap();
    // The client begins to wait for news.
    tokio::task::yield_now().await;
    (announced, client)
}

/// Tells the client, which takes it in at once.
async fn announce(announced: &Announced, view: NetworkView) {
    drop(announced.0.send_replace(view));
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Nodes sign with the key shares of the epoch before if they are asked to, and with those of now otherwise.
#[tokio::test]
async fn a_client_may_be_behind_or_ahead() {
    let owned = Owned::new().await;
    let login = owned.login().await;
    for _ in 0..3 {
        owned.network.next_epoch().unwrap();
    }
    tokio::time::pause();
    for epoch in 2..=6 {
        let (_, client) = follow(&owned, view(&owned, 0..10, epoch)).await;
        assert_eq!(client.epoch(), epoch);
        let session = client.session(&request(), &login).await.unwrap();
        assert_eq!(session.address(), owned.pkp.address());
        assert_eq!(client.doubts(), []);
    }
}

/// A session outlives the nodes that it was made with.
#[tokio::test]
async fn nodes_are_replaced_and_removed() {
    let owned = Owned::new().await;
    tokio::time::pause();
    let (announced, client) = follow(&owned, view(&owned, 0..7, 1)).await;
    let wallet = WalletAuth::new(owned.owner.clone());
    let session = client.session(&request(), &wallet).await.unwrap();
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })").with_all_answers();
    let answers = async |client: &LitNodeClient| {
        let answer = client.execute_js(&session, &call).await.unwrap();
        answer
            .answers
            .into_iter()
            .map(|one| one.node)
            .collect::<Vec<_>>()
    };
    for nodes in [
        vec![1, 2, 3, 4, 5, 6, 9],
        vec![1, 2, 3, 4, 5, 6],
        (0..10).collect(),
    ] {
        announce(&announced, view(&owned, nodes.clone(), 2)).await;
        let mut answered = answers(&client).await;
        answered.sort();
        let mut expected = view(&owned, nodes, 2).nodes;
        expected.sort();
        assert_eq!(answered, expected);
        let login = owned.login().await;
        let made = client.session(&request(), &login).await.unwrap();
        assert_eq!(made.address(), owned.pkp.address());
    }
}

/// With its old key it is as before. With another key it does not join, and what it signs is not used.
#[tokio::test]
async fn a_node_restarts_with_the_same_and_with_another_key() {
    let owned = Owned::new().await;
    let other = Devnet::builder().with_seed([7; 32]).start().await.unwrap();
    let other = LitNodeClient::connect(&other).await.unwrap();
    let login = owned.login().await;
    let session = owned.session().await;
    tokio::time::pause();
    let client = &owned.client;
    let sign = async |message: &str| {
        let call = PkpSign::message(owned.pkp, message);
        let signature = client.pkp_sign(&session, &call).await.unwrap();
        assert_eq!(*signature.public_key(), owned.pkp);
    };
    owned.network.node(4).fail(Fault::Stopped);
    for message in ["a", "b", "c", "d"] {
        sign(message).await;
    }
    let doubts = client.doubts();
    assert_eq!((doubts.len(), doubts[0].reason), (1, DoubtReason::Failed));
    assert_eq!(doubts[0].node, owned.network.node_urls()[4]);
    owned.network.node(4).recover();
    // A call does not wait for all nodes, so the answer of this one may come too late to count.
    for _ in 0..100 {
        sign("e").await;
        if client.doubts().is_empty() {
            break;
        }
    }
    assert_eq!(client.doubts(), []);

    // Node 4 has the keys of another network.
    let changed = Arc::new(AtomicBool::new(false));
    let (is_changed, node) = (Arc::clone(&changed), owned.network.node_urls()[4].clone());
    let key = other.keys().network_public_key;
    let nodes = AlteredNodes::new(owned.network.transport(), move |request, answer| {
        if request.node != node || !is_changed.load(Ordering::SeqCst) {
            return;
        }
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        if request.endpoint == Endpoint::Handshake {
            for name in ["subnetPublicKey", "networkPublicKey", "networkPublicKeySet"] {
                body[name] = key.clone().into();
            }
        }
        answer.body = serde_json::to_vec(&body).unwrap().into();
    });
    let nodes: Arc<dyn NodeTransport> = Arc::new(nodes);
    let announced = Arc::new(Announced(watch::Sender::new(view(&owned, 0..9, 1))));
    let client = LitNodeClient::builder(&announced)
        .with_transport(nodes)
        .with_clock(owned.network.clock())
        .connect()
        .await
        .unwrap();
    tokio::task::yield_now().await;
    changed.store(true, Ordering::SeqCst);
    owned.network.node(4).fail(Fault::CorruptShare);
    announce(&announced, view(&owned, 0..10, 2)).await;
    assert_eq!(client.connected_nodes().len(), 9);
    assert!(
        !client
            .connected_nodes()
            .contains(&owned.network.node_urls()[4])
    );
    let made = client.session(&request(), &login).await.unwrap();
    assert_eq!(made.address(), owned.pkp.address());
    let doubts = client.doubts();
    assert!(
        doubts
            .iter()
            .all(|doubt| doubt.node == owned.network.node_urls()[4]),
        "{doubts:?}"
    );
}

/// Another network at the known addresses is greeted once, until the view changes again.
#[tokio::test]
async fn another_network_is_not_asked_again_and_again() {
    let owned = Owned::new().await;
    let other = Devnet::builder().with_seed([7; 32]).start().await.unwrap();
    let other = LitNodeClient::connect(&other).await.unwrap();
    let key = other.keys().network_public_key;
    tokio::time::pause();
    let greetings = Arc::new(AtomicUsize::new(0));
    let is_other = Arc::new(AtomicBool::new(false));
    let (count, changed) = (Arc::clone(&greetings), Arc::clone(&is_other));
    let nodes = AlteredNodes::new(owned.network.transport(), move |request, answer| {
        if request.endpoint != Endpoint::Handshake {
            return;
        }
        count.fetch_add(1, Ordering::SeqCst);
        if changed.load(Ordering::SeqCst) {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            for name in ["subnetPublicKey", "networkPublicKey", "networkPublicKeySet"] {
                body[name] = key.clone().into();
            }
            answer.body = serde_json::to_vec(&body).unwrap().into();
        }
    });
    let nodes: Arc<dyn NodeTransport> = Arc::new(nodes);
    let announced = Arc::new(Announced(watch::Sender::new(view(&owned, 0..9, 1))));
    let client = LitNodeClient::builder(&announced)
        .with_transport(nodes)
        .with_clock(owned.network.clock())
        .connect()
        .await
        .unwrap();
    tokio::task::yield_now().await;
    is_other.store(true, Ordering::SeqCst);
    announce(&announced, view(&owned, 0..10, 2)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(
        (greetings.load(Ordering::SeqCst), client.nodes().len()),
        (9 + 10, 9)
    );
    is_other.store(false, Ordering::SeqCst);
    announce(&announced, view(&owned, 0..10, 3)).await;
    assert_eq!(
        (greetings.load(Ordering::SeqCst), client.nodes().len()),
        (9 + 20, 10)
    );
}

/// A session has its end by the client's clock and by the nodes'. Whichever is ahead refuses first.
#[tokio::test]
async fn clocks_jump() {
    let owned = Owned::on(4).await;
    let network_clock = owned.network.clock();
    network_clock.stop_at(network_clock.now());
    let clock = FakeClock::at(network_clock.now());
    let client = LitNodeClient::builder(&owned.network)
        .with_clock(clock.clone())
        .connect()
        .await
        .unwrap();
    let wallet = WalletAuth::new(owned.owner.clone());
    let rights = SessionRequest::new([Right::run_any_action()]).lasting(Duration::from_secs(600));
    let session = client.session(&rights, &wallet).await.unwrap();
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })");
    client.execute_js(&session, &call).await.unwrap();

    // The client's clock jumps: it does not ask.
    let asked = owned.network.requests().len();
    clock.advance(Duration::from_secs(601));
    let error = client.execute_js(&session, &call).await.unwrap_err();
    assert!(
        matches!(error, Error::Session(SessionError::Expired { .. })),
        "{error}"
    );
    assert_eq!(owned.network.requests().len(), asked);

    // The nodes' clock jumps, and the client's is set back: they refuse.
    network_clock.advance(Duration::from_secs(700));
    clock.set(network_clock.now() - Duration::from_secs(700));
    let error = client.execute_js(&session, &call).await.unwrap_err();
    assert_eq!(error.node_error_code(), Some("NodeExpWrongOrTooLarge"));

    // Nodes accept sessions of clients that are behind, or not far ahead.
    let login = owned.login().await;
    for (offset, refusals) in [
        (-120, [None, None]),
        (30, [None, None]),
        (
            3600,
            [
                Some("NodeIatOutsideGracePeriod"),
                Some("NodeSIWEMessageError"),
            ],
        ),
    ] {
        clock.set(network_clock.now() + time::Duration::seconds(offset));
        let session = client.session(&rights, &wallet).await.unwrap();
        let of_wallet = client.execute_js(&session, &call).await.err();
        let of_pkp = client.session(&request(), &login).await.err();
        let refused = [&of_wallet, &of_pkp].map(|error| error.as_ref()?.node_error_code());
        assert_eq!(refused, refusals, "{offset} s: {of_wallet:?} {of_pkp:?}");
    }
}
