//! Minting session signatures against bare ed25519 signatures over the same bytes, and starting a network.
//!
//! Budgets: minting at most 1.15 times the bare signatures, and a network of ten nodes in under 100 ms.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros, and a failed bench should say so"
)]

use std::hint::black_box;

use alloy_signer_local::PrivateKeySigner;
use criterion::{Criterion, criterion_group, criterion_main};
use ed25519_dalek::{Signer, SigningKey};
use lit_devnet::Devnet;
use lit_sdk::{
    Clock, ExecuteJs, LitNodeClient, Right, Session, SessionRequest, WalletAuth,
    session_crypto::{Operation, SessionVerifier},
};
use tokio::runtime::Runtime;

const NODES: usize = 10;

struct Setup {
    runtime: Runtime,
    network: Devnet,
    client: LitNodeClient,
    session: Session,
}

fn any_action() -> SessionRequest {
    let request = Right::run_any_action();
    SessionRequest::new([request])
}

fn setup() -> Setup {
    let runtime = Runtime::new().unwrap();
    let (network, client, session) = runtime.block_on(async {
        let network = Devnet::builder().with_nodes(NODES).start().await.unwrap();
        let client = LitNodeClient::connect(&network).await.unwrap();
        let wallet = WalletAuth::new(PrivateKeySigner::random());
        let session = client.session(&any_action(), &wallet).await.unwrap();
        (network, client, session)
    });
    Setup {
        runtime,
        network,
        client,
        session,
    }
}

fn minting(c: &mut Criterion) {
    let Setup {
        network,
        client,
        session,
        ..
    } = setup();
    let now = network.clock().now();
    let nodes = client.nodes().to_vec();
    let texts: Vec<String> = session
        .sign_for(&nodes, now)
        .unwrap()
        .iter()
        .map(|(_, sig)| sig.signed_message.clone())
        .collect();
    let secret = session.key_pair().expose_secret_key();
    let mut seed = [0; 32];
    for (byte, digits) in seed.iter_mut().zip(secret.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    }
    let bare = SigningKey::from_bytes(&seed);

    let mut group = c.benchmark_group("10 nodes");
    group.bench_function("bare ed25519 over the same bytes", |b| {
        b.iter(|| {
            for text in &texts {
                black_box(bare.sign(black_box(text.as_bytes())));
            }
        });
    });
    group.bench_function("session.sign_for", |b| {
        b.iter(|| black_box(session.sign_for(black_box(&nodes), now).unwrap()));
    });
    group.finish();
}

fn verifying(c: &mut Criterion) {
    let Setup {
        network,
        client,
        session,
        ..
    } = setup();
    let now = network.clock().now();
    let nodes = client.nodes();
    let node = &nodes[0];
    let sig = session.sign_for_node(node, now).unwrap();
    let operation = Operation::run_action("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
    let verifier = SessionVerifier::for_node(node.clone());
    c.bench_function("verify a session signature", |b| {
        b.iter(|| verifier.verify(black_box(&sig), &operation, now).unwrap());
    });
}

fn flows(c: &mut Criterion) {
    let Setup {
        runtime,
        network,
        client,
        session,
    } = setup();
    let mut group = c.benchmark_group("flows, 10 nodes");
    group.sample_size(30);
    group.bench_function("start a network", |b| {
        b.to_async(&runtime)
            .iter(|| async { Devnet::builder().with_nodes(NODES).start().await.unwrap() });
    });
    group.bench_function("start a network that listens", |b| {
        b.to_async(&runtime).iter(|| async {
            Devnet::builder()
                .with_nodes(NODES)
                .with_http(0)
                .start()
                .await
                .unwrap()
        });
    });
    group.bench_function("new wallet session", |b| {
        let wallet = WalletAuth::new(PrivateKeySigner::random());
        let request = any_action();
        b.to_async(&runtime)
            .iter(|| client.get_session_sigs(&request, &wallet));
    });
    group.bench_function("execute_js in memory", |b| {
        let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })").with_all_answers();
        b.to_async(&runtime)
            .iter(|| async { client.execute_js(&session, &call).await.unwrap() });
    });
    group.finish();
    drop(network);
}

criterion_group!(benches, minting, verifying, flows);
criterion_main!(benches);
