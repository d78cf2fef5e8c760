//! Key derivation, with the values of `hd_derivation` in `misc_vectors.json`, which the official wasm module made.

use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use lit_devnet_chain::{Chain, ChainError};

use crate::{
    chain,
    contract::{Counter, deploy},
};

const DERIVATION: Address = Address::with_last_byte(0xf5);
const DOMAIN: &[u8] = b"LIT_HD_KEY_ID_K256_XMD:SHA-256_SSWU_RO_NUL_";

const ROOTS: [&str; 10] = [
    "0303ef20c91b6c987b4330135829b6faf2de27c89f2cb797649f286194ec6bf02f",
    "026bca18a3c5a869b28e65b5d8897e82de74ef7da47f045ece9ba725f66c9e163c",
    "023aa8db0ba05f330fcec8f95d783c13230dabddf1fa7f124fde989a634d697706",
    "03e67a3be44f700af8c333244683cc2251af258f653d586b0d1867991e8c1e1925",
    "0361cc786a361772d5eabde943e7e5d0ddb5f9a35a9b808db0ff899c6432fb63ee",
    "030dcfddb708037beb985a66d7ca18c993b219ca3a99cf3fddb78c3d2623833f9b",
    "03b64c398370de026aaf7fd83c0d2d6d8f0bc7ef258c862e56992ad5987a7034ba",
    "024be5050425b264a40a12ce1b19ba5c55edccdbaaef493cc1228ff6b37fb4a7d1",
    "03d40734e87a24825411205ccf2c1dce7f3cf114439aa93558a83c949df3830616",
    "02cc9a9a89b01dd51651ee36cb3053413af46efc028d8f3c5e8a1c32a5bc7a0594",
];

/// Key id, number of roots, derived key.
const VECTORS: &[(&str, usize, &str)] = &[
    (
        "0000000000000000000000000000000000000000000000000000000000000001",
        2,
        "0488d56f39e1ce918728a7fbba2ad1de2e778b4e86b4c7d7520d628339e762064d81cff7a102410e9349aea88aa11bdbb5a111cc1e00b8688c04412fb949fe0b28",
    ),
    (
        "0000000000000000000000000000000000000000000000000000000000000001",
        10,
        "041d65adbe98d81bd119a544cd3215b59ba10a04b69301537933726f64279bc48fd016d9d68c17105bc19ad885c1a8b28fb6fea4d0a5d99c3f0098693ee20f2dd1",
    ),
    (
        "73d9f9b0183a86826c1d1c4d6327b4f84ec9f43be818e0dba0db11b30031c28c",
        2,
        "04e0061667f1b90955a88182ffbb7ba0911b1ff36a71a2fbe85d0ed20bacafdeb7fc4372291fda03707ffbe0ae4f6e410b25fb5a0c887351a4048a8d7b99b47bee",
    ),
    (
        "73d9f9b0183a86826c1d1c4d6327b4f84ec9f43be818e0dba0db11b30031c28c",
        10,
        "0494c055fa1895c4cd9dbe1697351bb0acc48e58617750e375582fd2af00f68055ed8d7cc6186c6cb4947c875d19a734a071ce0c0f9ebbce4dded01d398b0865fb",
    ),
];

fn input(curve: u8, key_id: &[u8], roots: &[Vec<u8>]) -> Bytes {
    let counted = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    [
        vec![curve],
        counted(key_id),
        counted(DOMAIN),
        (roots.len() as u32).to_be_bytes().to_vec(),
        roots.concat(),
    ]
    .concat()
    .into()
}

fn roots(count: usize) -> Vec<Vec<u8>> {
    let roots = ROOTS.iter().take(count);
    roots.map(|root| hex::decode(root).unwrap()).collect()
}

fn refusal(chain: &Chain, input: Bytes) -> String {
    match chain.call(DERIVATION, input) {
        Err(ChainError::Revert(revert)) => revert.reason().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_are_those_of_the_official_client() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    for (key_id, count, key) in VECTORS {
        let input = input(1, &hex::decode(key_id).unwrap(), &roots(*count));
        let derived = chain.call(DERIVATION, input.clone()).unwrap();
        assert_eq!(hex::encode(derived), *key);
        // From a contract as well.
        let call = Counter::deriveCall { input }.abi_encode();
        let answer = chain.call(counter, call.into()).unwrap();
        let answer = Counter::deriveCall::abi_decode_returns(&answer).unwrap();
        assert_eq!(
            (answer._0, hex::encode(answer._1)),
            (true, (*key).to_owned())
        );
    }
}

#[test]
fn uncompressed_roots_give_the_same_key() {
    let (key_id, count, key) = VECTORS[0];
    let uncompressed: Vec<_> = roots(count)
        .iter()
        .map(|root| {
            let key = k256::PublicKey::from_sec1_bytes(root).unwrap();
            let point = k256::elliptic_curve::sec1::ToEncodedPoint::to_encoded_point(&key, false);
            point.as_bytes().to_vec()
        })
        .collect();
    let input = input(1, &hex::decode(key_id).unwrap(), &uncompressed);
    assert_eq!(hex::encode(chain().call(DERIVATION, input).unwrap()), key);
}

#[test]
fn faults_of_the_input_are_named() {
    let chain = chain();
    let id = [1; 32];
    let curve = refusal(&chain, input(0, &id, &roots(2)));
    assert_eq!(
        curve,
        "HD key derivation: unsupported curve 0: only 1 (secp256k1) is supported"
    );
    let none = refusal(&chain, input(1, &id, &[]));
    assert_eq!(none, "HD key derivation: empty list of root keys");
    let mut bad = roots(2);
    bad[1] = [vec![2], vec![0xff; 32]].concat();
    let root = refusal(&chain, input(1, &id, &bad));
    assert_eq!(
        root,
        "HD key derivation: invalid root key 1: not a point of the curve"
    );
    let whole = input(1, &id, &roots(2));
    for length in 0..whole.len() {
        let cut = refusal(&chain, whole.slice(..length));
        assert_eq!(cut, "HD key derivation: input too short");
    }
    // A contract that asks learns of it and keeps its gas.
    let counter = deploy(&chain, 0);
    let call = Counter::deriveCall {
        input: Bytes::new(),
    }
    .abi_encode();
    let answer = chain.call(counter, call.into()).unwrap();
    assert!(!Counter::deriveCall::abi_decode_returns(&answer).unwrap()._0);
}

#[test]
fn it_costs_gas() {
    let chain = chain();
    let estimate = |count| {
        let input = input(1, &[1; 32], &roots(count));
        let answer = crate::ask(
            &chain,
            "eth_estimateGas",
            serde_json::json!([{"to": DERIVATION, "data": input}]),
        );
        serde_json::from_value::<U256>(answer.unwrap()).unwrap()
    };
    assert!(estimate(10) > estimate(2) + U256::from(8 * 3_000));
}

#[test]
fn a_derivation_that_fails_costs_gas() {
    let chain = chain();
    let counter = deploy(&chain, 0);
    // The fault is found after the other roots are read.
    let mut roots = vec![roots(1).remove(0); 100];
    roots.push([vec![2], vec![0xff; 32]].concat());
    let input = input(1, &[1; 32], &roots);
    let call = Bytes::from(Counter::deriveCall { input }.abi_encode());
    let reason = |gas: u64| {
        let request = serde_json::json!([{"to": counter, "data": call, "gas": U256::from(gas)}]);
        let answer = crate::ask(&chain, "eth_call", request).unwrap();
        let answer: Bytes = serde_json::from_value(answer).unwrap();
        Counter::deriveCall::abi_decode_returns(&answer).unwrap()._1
    };
    assert_ne!(reason(500_000), Bytes::new());
    assert_eq!(reason(300_000), Bytes::new(), "out of gas");
}
