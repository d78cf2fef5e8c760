//! Engines that actions take while they decide conditions.

use std::sync::Arc;

use alloy_signer_local::PrivateKeySigner;
use futures_util::future::join_all;
use lit_devnet::Devnet;
use lit_types::{access_control::ConditionsKind, wire::Endpoint};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    common::Setup,
    counter::Counter,
    support::{Asker, any_conditions, body, standard},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_asker_leaves_engines_for_another() {
    let started = Arc::new(Semaphore::new(0));
    let builder = Devnet::builder()
        .with_nodes(10)
        .with_fetch_host("never.example")
        .with_fetcher(Arc::new(Counter(Arc::clone(&started))));
    let asker = Asker::of(Setup::of(builder).await).await;
    let network = &asker.setup.network;
    let decided_by = |code: &str| {
        let contract = format!("ipfs://{}", network.put_ipfs(code));
        let condition = standard(&contract, "LitAction", "go", json!([]), "=", "true");
        body(ConditionsKind::EvmBasic, &json!([condition]))
    };
    let endless = decided_by("const go = () => fetch('http://never.example')");
    let quick = decided_by("const go = () => true");

    let mut stuck = std::pin::pin!(join_all((0..64).map(|_| asker.ask(0, &endless))));
    // 54 of 64: each other node's share of them stays free.
    tokio::select! {
        _ = &mut stuck => panic!("endless actions have ended"),
        running = started.acquire_many(54) => drop(running.unwrap()),
    }
    let other = PrivateKeySigner::random();
    let session = asker.setup.wallet_session(&other, &any_conditions()).await;
    let endpoint = Endpoint::EncryptionSign;
    let answer = asker.setup.ask_as(&session, 0, endpoint, "lit_2", &quick);
    tokio::select! {
        _ = &mut stuck => panic!("endless actions have ended"),
        answer = answer => assert_eq!(answer.unwrap().0, 200),
    }
    // It did not wait until some had ended and others had begun.
    assert_eq!(started.available_permits(), 54);
}
