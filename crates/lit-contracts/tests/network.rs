//! Nodes, epochs and the resolver: what a client reads first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use common::Chain;
use lit_contracts::{Contract, ContractError, Epoch, EpochState, bindings};

const OWNER: Address = address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc");
const USER: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");

#[tokio::test]
async fn connection_info() {
    let (vectors, chain) = Chain::recorded();
    let staking = chain.contracts(&vectors).staking();
    let info = staking.connection_info().await.unwrap();
    assert_eq!(info.threshold, 2);
    let urls: Vec<_> = info.nodes.iter().map(|node| node.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "http://127.0.0.1:17470",
            "http://127.0.0.1:17471",
            "http://127.0.0.1:17472"
        ]
    );
    assert_eq!(
        info.nodes[0].node_address,
        address!("71bE63f3384f5fb98995898A86B02Fb2426c5788")
    );
    assert!(info.unreachable.is_empty());
    let Epoch {
        number,
        length,
        end_time,
        retries,
        timeout,
        ..
    } = info.epoch;
    assert_eq!(
        (number, length, end_time, retries, timeout),
        (2, 3600, 1_795_160_504, 0, 60)
    );
    assert_eq!(staking.epoch().await.unwrap(), info.epoch);
    assert_eq!(staking.state().await.unwrap(), EpochState::Active);
    assert_eq!(
        staking.resolver().await.unwrap(),
        vectors.addresses["resolver"]
    );
    chain.assert_called(
        &vectors,
        &[
            "getActiveUnkickedValidatorStructsAndCounts",
            "epoch",
            "state",
            "contractResolver",
        ],
    );
}

#[tokio::test]
async fn networks_that_cannot_work() {
    use bindings::Staking as abi;
    let (vectors, chain) = Chain::recorded();
    let staking = chain.contracts(&vectors).staking();
    let validator = |ip, port| abi::Validator {
        ip,
        ipv6: 0,
        port,
        nodeAddress: OWNER,
        reward: U256::ZERO,
        senderPubKey: U256::ZERO,
        receiverPubKey: U256::ZERO,
    };
    let epoch = |number| abi::Epoch {
        epochLength: U256::from(3600),
        number,
        endTime: U256::from(7200),
        retries: U256::ZERO,
        timeout: U256::ZERO,
    };
    let answer = |epoch: abi::Epoch, threshold: U256, validators: Vec<abi::Validator>| {
        let data = (epoch, threshold, validators).abi_encode_params();
        let call = abi::getActiveUnkickedValidatorStructsAndCountsCall {}.abi_encode();
        chain.answer(vectors.addresses["Staking"], call, Ok(data.into()));
    };
    let good = validator(0x7f00_0001, 7470);
    let one = U256::from(1);

    answer(epoch(one), U256::ZERO, vec![good.clone()]);
    let error = staking.connection_info().await.unwrap_err();
    assert!(matches!(error, ContractError::NoThreshold), "{error}");

    answer(epoch(one), U256::MAX, vec![good.clone()]);
    let error = staking.connection_info().await.unwrap_err();
    assert!(
        matches!(error, ContractError::TooFewNodes { nodes: 1, .. }),
        "{error}"
    );

    // Nodes without an address are named, and do not count.
    let bad = [validator(0, 7470), validator(1, 0), validator(1, 65_536)];
    answer(
        epoch(one),
        U256::from(2),
        [&bad[..], std::slice::from_ref(&good)].concat(),
    );
    let error = staking.connection_info().await.unwrap_err();
    assert!(
        matches!(
            error,
            ContractError::TooFewNodes {
                nodes: 1,
                threshold: 2
            }
        ),
        "{error}"
    );
    answer(
        epoch(one),
        one,
        [&bad[..], std::slice::from_ref(&good)].concat(),
    );
    let info = staking.connection_info().await.unwrap();
    assert_eq!((info.nodes.len(), info.unreachable.len()), (1, 3));

    answer(epoch(U256::MAX), one, vec![good.clone()]);
    let error = staking.connection_info().await.unwrap_err();
    assert!(matches!(error, ContractError::BadAnswer { .. }), "{error}");

    answer(epoch(one), one, vec![good; 2000]);
    let error = staking.connection_info().await.unwrap_err();
    assert!(matches!(error, ContractError::BadAnswer { .. }), "{error}");
}

#[tokio::test]
async fn resolver() {
    let (vectors, chain) = Chain::recorded();
    let contracts = chain.contracts(&vectors);
    let resolver = contracts.resolver();
    let staking = vectors.addresses["Staking"];
    assert_eq!(
        resolver.address(Contract::Staking).await.unwrap(),
        Some(staking)
    );
    chain.assert_called(&vectors, &["resolver.getContract(STAKING,0)"]);

    let know = |contract: Contract, address: Address| {
        let call = bindings::ContractResolver::getContractCall {
            typ: contract.resolver_key().unwrap(),
            env: 0,
        };
        let data = address.abi_encode().into();
        chain.answer(vectors.addresses["resolver"], call.abi_encode(), Ok(data));
    };
    for contract in Contract::ALL {
        if contract.resolver_tag().is_some() && contract != Contract::Staking {
            know(contract, Address::ZERO);
        }
    }
    let error = resolver.addresses().await.unwrap_err();
    assert!(
        matches!(
            error,
            ContractError::NotInResolver {
                contract: Contract::PubkeyRouter,
                ..
            }
        ),
        "{error}"
    );
    for contract in [
        Contract::PubkeyRouter,
        Contract::PkpNft,
        Contract::PkpPermissions,
    ] {
        know(contract, USER);
    }
    let resolved = contracts.resolved().await.unwrap();
    let addresses = resolved.context().contracts();
    assert_eq!(addresses.get(Contract::Staking), Some(staking));
    assert_eq!(addresses.get(Contract::PkpNft), Some(USER));
    assert_eq!(addresses.get(Contract::RateLimitNft), None);
    let error = resolved.credits().owned_by(OWNER).await.unwrap_err();
    assert!(
        matches!(error, ContractError::NoAddress(Contract::RateLimitNft)),
        "{error}"
    );
}

#[tokio::test]
async fn state_changes() {
    let (vectors, chain) = Chain::recorded();
    let log = |state: u8, address: Address| {
        serde_json::json!({
            "address": address,
            "topics": [bindings::Staking::StateChanged::SIGNATURE_HASH],
            "data": alloy_primitives::Bytes::from(U256::from(state).abi_encode()),
            "blockNumber": "0x10", "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
        })
    };
    let staking = vectors.addresses["Staking"];
    chain.state().logs = [1, 2, 0, 77]
        .map(|state| log(state, staking))
        .into_iter()
        .collect();
    let changes = chain
        .contracts(&vectors)
        .staking()
        .state_changes(1, 16)
        .await
        .unwrap();
    assert_eq!(
        changes,
        [
            EpochState::NextValidatorSetLocked,
            EpochState::ReadyForNextEpoch,
            EpochState::Active
        ]
    );
}
