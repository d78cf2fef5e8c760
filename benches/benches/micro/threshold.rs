//! Threshold signatures of ten nodes, and encryption to their network.
//!
//! Budget: to combine 7 BLS shares of 10 and verify, at most 1.5 times the verification alone.

use std::hint::black_box;

use criterion::Criterion;
use k256::ecdsa::{VerifyingKey, signature::hazmat::PrehashVerifier};
use lit_key_shares::{BlsSecretKey, EcdsaDealer, SigningSet};
use lit_sdk::session_crypto::{BlsQuorum, EcdsaSignature, HdTweak, TimeLockCiphertext};
use lit_test_fakes::TestRng;

const DIGEST: [u8; 32] = [9; 32];
const THRESHOLD: u8 = 7;
const NODES: u8 = 10;

pub(crate) fn benches(c: &mut Criterion) {
    bls(c);
    ecdsa(c);
    time_lock(c);
}

fn bls(c: &mut Criterion) {
    let secret = BlsSecretKey::generate(&mut TestRng);
    let key = secret.public_key();
    let holders = secret.deal(THRESHOLD, NODES, &mut TestRng).unwrap();
    let shares: Vec<_> = holders.iter().map(|holder| holder.sign(&DIGEST)).collect();
    let signature = secret.sign(&DIGEST);
    let mut group = c.benchmark_group("BLS, combine 7 of 10 and verify");
    group.bench_function("floor", |b| {
        b.iter(|| key.verify(black_box(&DIGEST), &signature));
    });
    group.bench_function("ours", |b| {
        let quorum = BlsQuorum::new(key, THRESHOLD);
        b.iter(|| quorum.combine(&DIGEST, black_box(&shares)).unwrap());
    });
    group.bench_function("sign a share", |b| {
        b.iter(|| holders[0].sign(black_box(&DIGEST)));
    });
    group.finish();
}

fn ecdsa(c: &mut Criterion) {
    let dealer = EcdsaDealer::generate(THRESHOLD, NODES, &mut TestRng).unwrap();
    let nodes = dealer.deal(&mut TestRng);
    let tweak = HdTweak::new(&[7; 32]);
    let key = tweak.public_key(dealer.public_keys()).unwrap();
    let signers = &nodes[..usize::from(THRESHOLD)];
    let set = SigningSet::new(signers.iter().map(|node| node.holder())).unwrap();
    let sign = || {
        let presignatures = dealer.presign(&tweak, &mut TestRng).unwrap();
        let shares = signers.iter().zip(presignatures);
        let sign = shares.map(|(node, presignature)| {
            let share = node.derive(&tweak).unwrap();
            share.sign(presignature, &DIGEST, &set).unwrap()
        });
        sign.collect::<Vec<_>>()
    };
    let shares = sign();
    let combine = || EcdsaSignature::combine_for(&key, &DIGEST, black_box(&shares), 7).unwrap();
    let signature = k256::ecdsa::Signature::from_slice(&combine().to_bytes()[..64]).unwrap();
    let point = VerifyingKey::from_sec1_bytes(key.as_bytes()).unwrap();
    let mut group = c.benchmark_group("ECDSA, combine 7 shares and verify");
    group.bench_function("floor", |b| {
        b.iter(|| {
            point
                .verify_prehash(black_box(&DIGEST), &signature)
                .unwrap();
        });
    });
    group.bench_function("ours", |b| b.iter(combine));
    group.bench_function("presign, and sign 7 shares", |b| b.iter(sign));
    group.finish();
}

fn time_lock(c: &mut Criterion) {
    let secret = BlsSecretKey::generate(&mut TestRng);
    let (key, identity) = (secret.public_key(), b"lit-accesscontrolcondition://a/b");
    let signature = secret.sign(identity);
    let encrypt = || {
        let text = black_box(&[1; 1024]);
        TimeLockCiphertext::encrypt(&key, identity, text, &mut TestRng).unwrap()
    };
    let ciphertext = encrypt();
    let mut group = c.benchmark_group("time lock, 1 KiB");
    group.bench_function("encrypt", |b| b.iter(encrypt));
    group.bench_function("decrypt", |b| {
        b.iter(|| {
            let ciphertext = black_box(&ciphertext);
            ciphertext.decrypt(&key, identity, &signature).unwrap()
        });
    });
    group.finish();
}
