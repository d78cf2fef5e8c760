//! Minting session signatures, and a new wallet session in memory.
//!
//! Budgets: minting for n nodes at most 1.05 times n bare ed25519 signatures of the same bytes; a new wallet session for 10 nodes at
//! most 1.2 times 10 of them, one signature of the wallet and one recovery.

use std::hint::black_box;

use criterion::Criterion;
use ed25519_dalek::{Signer, SigningKey};
use k256::ecdsa::VerifyingKey;
use lit_devnet::Devnet;
use lit_sdk::{Clock, LitNodeClient, SessionRequest, WalletAuth};

use crate::setup;

pub(crate) fn benches(c: &mut Criterion) {
    let (session, now) = (setup::session(), setup::now().at());
    let bare = SigningKey::from_bytes(&setup::SESSION_SEED);
    for count in [3, 10, 30, 100] {
        let nodes = setup::nodes(count);
        let sigs = session.sign_for(&nodes, now).unwrap();
        let texts: Vec<_> = sigs.iter().map(|(_, sig)| &sig.signed_message).collect();
        let mut group = c.benchmark_group(format!("mint for {count} nodes"));
        group.bench_function("floor", |b| {
            b.iter(|| {
                for text in &texts {
                    black_box(bare.sign(black_box(text.as_bytes())));
                }
            });
        });
        group.bench_function("ours", |b| {
            b.iter(|| session.sign_for(black_box(&nodes), now).unwrap());
        });
        group.finish();
    }
    wallet_session(c);
}

fn wallet_session(c: &mut Criterion) {
    let runtime = setup::runtime();
    let connecting = async {
        let network = Devnet::builder().with_nodes(10).start().await.unwrap();
        let client = LitNodeClient::connect(&network).await.unwrap();
        (network, client)
    };
    let (network, client) = runtime.block_on(connecting);
    let request = SessionRequest::new(setup::rights());
    let wallet = WalletAuth::new(setup::wallet());
    let key = setup::wallet_key();
    let bare = SigningKey::from_bytes(&setup::SESSION_SEED);
    let session = runtime.block_on(client.session(&request, &wallet)).unwrap();
    let sigs = session.sign_for(client.nodes().iter(), network.clock().now());
    let sigs = sigs.unwrap();
    let hash = setup::message(&setup::rights()).eip191_hash();

    let mut group = c.benchmark_group("wallet session for 10 nodes");
    group.bench_function("floor", |b| {
        b.iter(|| {
            let hash = black_box(hash.as_slice());
            let (signature, id) = key.sign_prehash_recoverable(hash).unwrap();
            black_box(VerifyingKey::recover_from_prehash(hash, &signature, id).unwrap());
            for (_, sig) in sigs.iter() {
                black_box(bare.sign(black_box(sig.signed_message.as_bytes())));
            }
        });
    });
    group.bench_function("ours", |b| {
        let session = || async { client.get_session_sigs(&request, &wallet).await.unwrap() };
        b.to_async(&runtime).iter(session);
    });
    group.finish();
}
