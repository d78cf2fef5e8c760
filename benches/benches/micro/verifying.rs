//! A backend verifies a session signature.
//!
//! Budgets: with a root that it knows, at most 1.5 times the ed25519 verification; else at most 1.2 times that and one recovery.

use std::hint::black_box;

use criterion::Criterion;
use ed25519_dalek::{Signature, VerifyingKey};
use k256::ecdsa::VerifyingKey as WalletKey;
use lit_sdk::session_crypto::{Operation, SessionVerifier};

use crate::setup;

pub(crate) fn benches(c: &mut Criterion) {
    let (now, node) = (setup::now().at(), setup::nodes(1).remove(0));
    let sig = setup::session().sign_for_node(&node, now).unwrap();
    let operation = Operation::run_action(setup::cid());
    let text = sig.signed_message.as_bytes();
    let point = VerifyingKey::from_bytes(setup::session_key().public_key().as_bytes()).unwrap();
    let signature = Signature::from_slice(&hex::decode(&sig.sig).unwrap()).unwrap();
    let ed25519 = || point.verify_strict(black_box(text), &signature).unwrap();
    let (wallet_signature, id) = setup::parts(&setup::root());
    let hash = setup::message(&setup::rights()).eip191_hash();
    let recovery = || {
        let hash = black_box(hash.as_slice());
        WalletKey::recover_from_prehash(hash, &wallet_signature, id).unwrap()
    };

    let verifier = SessionVerifier::for_node(node);
    let mut group = c.benchmark_group("verify, repeated root");
    group.bench_function("floor", |b| b.iter(ed25519));
    group.bench_function("ours", |b| {
        b.iter(|| verifier.verify(black_box(&sig), &operation, now).unwrap());
    });
    group.finish();

    let verifier = verifier.with_remembered_roots(0);
    let mut group = c.benchmark_group("verify, first");
    group.bench_function("floor", |b| b.iter(|| (ed25519(), recovery())));
    group.bench_function("ours", |b| {
        b.iter(|| verifier.verify(black_box(&sig), &operation, now).unwrap());
    });
    group.finish();
}
