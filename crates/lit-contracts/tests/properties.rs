//! What a chain may say to us never panics, and what we print reads back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use common::Chain;
use lit_contracts::{ActionCid, CreditId, LitContracts, RequestRate, Revert, bindings};
use lit_types::TokenId;
use proptest::prelude::*;

/// Words of small numbers: offsets and lengths that point somewhere.
fn words() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        (0_u64..32).prop_map(|n| U256::from(n * 32)),
        (0_u64..70).prop_map(U256::from),
        any::<[u8; 32]>().prop_map(U256::from_be_bytes),
    ];
    let tail = proptest::collection::vec(any::<u8>(), 0..40);
    (proptest::collection::vec(word, 0..60), tail).prop_map(|(words, tail)| {
        let words = words.iter().flat_map(U256::to_be_bytes::<32>);
        words.chain(tail).collect()
    })
}

proptest! {
    #[test]
    fn any_revert_data(data in words(), selector in any::<bool>()) {
        let data = if selector {
            [&[0x08, 0xc3, 0x79, 0xa0], &data[..]].concat()
        } else {
            data
        };
        let revert = Revert::decode(&data);
        prop_assert!(revert.to_string().len() < 200_000);
        let _ = revert.kind();
    }

    #[test]
    fn any_answer(data in words()) {
        let (vectors, chain) = Chain::recorded();
        let token = TokenId::new(U256::from(1));
        let answer = |to: &str, call: Vec<u8>| {
            chain.answer(vectors.addresses[to], call, Ok(Bytes::from(data.clone())));
        };
        answer(
            "Staking",
            bindings::Staking::getActiveUnkickedValidatorStructsAndCountsCall {}.abi_encode(),
        );
        let id = token.as_u256();
        answer("PubkeyRouter", bindings::PubkeyRouter::getPubkeyCall { tokenId: id }.abi_encode());
        answer(
            "PKPPermissions",
            bindings::PKPPermissions::getPermittedAuthMethodsCall { tokenId: id }.abi_encode(),
        );
        answer("RateLimitNFT", bindings::RateLimitNFT::capacityCall { tokenId: id }.abi_encode());
        answer(
            "PaymentDelegation",
            bindings::PaymentDelegation::getPayersAndRestrictionsCall { users: vec![vectors.sender] }
                .abi_encode(),
        );
        let contracts = LitContracts::new(vectors.context(), chain.provider());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            if let Ok(info) = contracts.staking().connection_info().await {
                assert!((1..=info.nodes.len()).contains(&info.threshold));
            }
            if let Ok(Some(key)) = contracts.pkp().public_key(token).await {
                assert_eq!(key.token_id(), token);
            }
            let _ = contracts.permissions().auth_methods(token).await;
            let _ = contracts.credits().get(CreditId::new(id)).await;
            let _ = contracts.payments().payers_and_restrictions(&[vectors.sender]).await;
        });
    }

    #[test]
    fn cids_read_back(digest in any::<[u8; 32]>(), junk in ".{0,60}") {
        let cid = ActionCid::from_bytes(&[&[0x12, 0x20], &digest[..]].concat()).unwrap();
        prop_assert_eq!(cid.to_string().parse::<ActionCid>(), Ok(cid));
        let _ = junk.parse::<ActionCid>();
    }

    #[test]
    fn rates_are_positive(requests in any::<f64>()) {
        for rate in [RequestRate::per_day(requests), RequestRate::per_second(requests)] {
            prop_assert!(rate.is_ok_and(|rate| rate.per_kilosecond() > 0) || requests < 44.0 || requests.is_nan() || requests > 1e12);
        }
    }
}
