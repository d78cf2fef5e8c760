//! Refusals are named, failures of the connection are told apart, wrong networks are noticed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use alloy_primitives::{Bytes, U256, address};
use alloy_sol_types::SolError;
use common::Chain;
use lit_contracts::{
    ContractError, CreditExpiry, LitContracts, NetworkContext, RequestRate, Revert, RevertKind,
    bindings::{LitErrors, PKPNFT},
};
use lit_types::TokenId;
use serde_json::json;

#[test]
fn recorded_reverts() {
    let vectors = common::vectors();
    let expected = [
        RevertKind::WrongMintCost,
        RevertKind::NoSuchFunction,
        RevertKind::NotPkpOwner,
        RevertKind::NoSuchToken,
        RevertKind::IndexOutOfBounds,
        RevertKind::ExpiryNotMidnight,
        RevertKind::ExpiryInThePast,
        RevertKind::ExpiryTooFar,
        RevertKind::SoldOut,
        RevertKind::NotThePayer,
        RevertKind::TooFewSignatures,
        RevertKind::NotAValidator,
        RevertKind::NoSuchToken,
    ];
    assert_eq!(vectors.reverts.len(), expected.len());
    for (vector, kind) in vectors.reverts.iter().zip(expected) {
        let revert = Revert::decode(&vector.revert_data);
        assert_eq!(revert.kind(), kind, "{}", vector.name);
        match revert {
            // The recording quotes the reason.
            Revert::Message(text) => assert!(vector.message.contains(&text), "{text}"),
            revert => assert_eq!(
                revert.to_string(),
                format!("FunctionNotFound (0xc70384b8{})", "0".repeat(56))
            ),
        }
    }
}

#[test]
fn other_reverts() {
    assert_eq!(Revert::decode(&[]), Revert::Empty);
    assert_eq!(
        Revert::decode(&[1, 2, 3]),
        Revert::Unknown(Bytes::from([1, 2, 3]))
    );
    let panic = alloy_sol_types::Panic {
        code: U256::from(0x11),
    }
    .abi_encode();
    assert_eq!(Revert::decode(&panic).to_string(), "panic 0x11");
    let custom = LitErrors::NotEnoughTimeElapsedSinceLastEpoch {
        _0: U256::from(1),
        _1: U256::from(2),
    };
    let Revert::Custom(error) = Revert::decode(&custom.abi_encode()) else {
        panic!("not a custom error");
    };
    assert_eq!(
        *error,
        LitErrors::LitErrorsErrors::NotEnoughTimeElapsedSinceLastEpoch(custom)
    );
    for unequal in [
        "PKPHelper: ipfs cid and scope array lengths must match",
        "Must have same number of auth methods and ids to remove",
    ] {
        let data = alloy_sol_types::Revert::from(unequal).abi_encode();
        assert_eq!(Revert::decode(&data).kind(), RevertKind::UnequalLengths);
    }
    // A contract may say anything, and say it at length, or cut it off.
    let long = alloy_sol_types::Revert::from("é".repeat(10_000)).abi_encode();
    let Revert::Message(text) = Revert::decode(&long) else {
        panic!("not a message");
    };
    assert_eq!(text.len(), 512);
    for length in 0..100 {
        let _ = Revert::decode(&long[..length]).to_string();
    }
}

/// Nodes wrap reverts differently.
#[tokio::test]
async fn reverts_of_different_nodes() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();
    let token = TokenId::new(U256::from(1));
    let input = PKPNFT::burnCall {
        tokenId: U256::from(1),
    };
    let input: Bytes = alloy_sol_types::SolCall::abi_encode(&input).into();
    let vector = vectors
        .reverts
        .iter()
        .find(|v| v.name == "addPermittedAction not owner")
        .unwrap();
    let data = &vector.revert_data;
    for (code, message, data) in [
        (
            3,
            "execution reverted: Not PKP NFT owner",
            Some(json!(data)),
        ),
        (3, "execution reverted: Not PKP NFT owner", None),
        (3, "VM Exception", Some(json!(data))),
        (
            -32603,
            vector.message.as_str(),
            Some(json!({"message": "x", "data": data})),
        ),
        (
            -32000,
            "execution reverted",
            Some(json!({"data": {"data": data}})),
        ),
    ] {
        let answer = Err((code, message.to_owned(), data));
        chain.answer(vectors.addresses["PKPNFT"], input.clone(), answer);
        let error = pkps.burn(token).await.unwrap_err();
        assert_eq!(
            error.revert_kind(),
            Some(RevertKind::NotPkpOwner),
            "{message}"
        );
        assert_eq!(
            error.to_string(),
            "burn(uint256) reverted: Not PKP NFT owner"
        );
        assert!(!error.is_retryable());
    }
    let answer = Err((3, "execution reverted".to_owned(), Some(json!("0x"))));
    chain.answer(vectors.addresses["PKPNFT"], input, answer);
    let error = pkps.burn(token).await.unwrap_err();
    assert_eq!(error.revert(), Some(&Revert::Empty));
    assert!(chain.state().sent.is_empty());
}

/// A token that does not exist is an answer where that is the question.
#[tokio::test]
async fn no_such_token() {
    let (vectors, chain) = Chain::recorded();
    let vector = vectors
        .reverts
        .iter()
        .find(|v| v.name == "ownerOf nonexistent")
        .unwrap();
    let call = PKPNFT::ownerOfCall {
        tokenId: U256::from(1),
    };
    let answer = Err((3, vector.message.clone(), Some(json!(vector.revert_data))));
    let input = alloy_sol_types::SolCall::abi_encode(&call);
    chain.answer(vectors.addresses["PKPNFT"], input, answer);
    let owner = chain
        .contracts(&vectors)
        .pkp()
        .owner(TokenId::new(U256::from(1)))
        .await;
    assert_eq!(owner.unwrap(), None);
}

/// The owner gives tokens away while they are listed: what is left is the list.
#[tokio::test]
async fn lists_that_shrink() {
    use alloy_sol_types::{SolCall, SolValue};
    let (vectors, chain) = Chain::recorded();
    let nft = vectors.addresses["PKPNFT"];
    let owner = vectors.sender;
    let out = vectors
        .reverts
        .iter()
        .find(|v| v.name.starts_with("tokenOfOwner"))
        .unwrap();
    let count = U256::MAX.abi_encode();
    chain.answer(
        nft,
        PKPNFT::balanceOfCall { owner }.abi_encode(),
        Ok(count.into()),
    );
    for index in 0..40_u64 {
        let index = U256::from(index);
        let call = PKPNFT::tokenOfOwnerByIndexCall { owner, index }.abi_encode();
        let answer = if index < U256::from(20) {
            Ok(index.abi_encode().into())
        } else {
            Err((3, out.message.clone(), Some(json!(out.revert_data))))
        };
        chain.answer(nft, call, answer);
    }
    let pkps = chain.contracts(&vectors).pkp();
    let tokens = pkps.owned_by(owner).await.unwrap();
    let expected: Vec<_> = (0..20).map(|id| TokenId::new(U256::from(id))).collect();
    assert_eq!(tokens, expected);
    let page = pkps.owned_page(owner, 5..8).await.unwrap();
    assert_eq!(page, expected[5..8]);
    assert!(pkps.owned_page(owner, 30..40).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_receipt_that_does_not_come_in_time() {
    let (vectors, chain) = Chain::recorded();
    chain.state().drop_at = vec!["eth_blockNumber", "eth_getTransactionReceipt"];
    let contracts = chain.contracts(&vectors);
    let impatient = contracts.with_confirmation_timeout(Duration::ZERO);
    let error = impatient.pkp().mint().await.unwrap_err();
    assert!(
        matches!(error, ContractError::Unconfirmed { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn dropped_connections() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();
    for method in [
        "eth_call",
        "eth_getCode",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_getTransactionCount",
    ] {
        chain.state().drop_at = vec![method];
        let error = pkps.mint().await.unwrap_err();
        assert!(
            matches!(error, ContractError::Rpc { .. }),
            "{method}: {error}"
        );
        assert!(error.is_retryable(), "{method}");
    }
    // Nobody knows whether the transaction arrived: repeating it could mint twice.
    chain.state().drop_at = vec!["eth_sendRawTransaction"];
    let error = pkps.mint().await.unwrap_err();
    assert!(matches!(error, ContractError::MaybeSent { .. }), "{error}");
    assert!(!error.is_retryable());
    // Once it did, the error names it.
    chain.state().drop_at = vec!["eth_getTransactionReceipt"];
    let error = pkps.mint().await.unwrap_err();
    assert!(
        matches!(error, ContractError::Unconfirmed { .. }),
        "{error}"
    );
    assert_eq!(
        error.transaction(),
        chain.state().sent.last().map(|tx| *tx.tx_hash())
    );
    assert!(!error.is_retryable());
    // One answer that is lost is asked for again, and nothing is left behind.
    chain.state().drop_at.clear();
    chain.state().drop_once = vec!["eth_getTransactionReceipt"];
    pkps.mint().await.unwrap();
    assert!(chain.state().drop_once.is_empty());
}

#[tokio::test]
async fn refused_transactions() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();
    let refuse = |message: &str| {
        let mut state = chain.state();
        state.refuse.clear();
        state
            .refuse
            .insert("eth_sendRawTransaction", message.to_owned());
    };
    refuse("nonce too low: next nonce 5, tx nonce 4");
    let error = pkps.mint().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the node refused the transaction for mintNext(uint256)"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("nonce too low: next nonce 5"), "{cause}");
    assert!(error.is_retryable());
    // The error names the account that pays.
    refuse("insufficient funds for gas * price + value");
    let error = pkps.mint().await.unwrap_err();
    let sender = chain.contracts(&vectors).sender().unwrap();
    assert_eq!(
        error.to_string(),
        format!("insufficient funds: send money to {sender} to pay for mintNext(uint256)")
    );
    assert!(!error.is_retryable());
    chain.state().refuse.clear();
    // The wallet lacks the key of this sender.
    let stranger = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");
    let contracts = chain.contracts(&vectors).with_sender(stranger);
    let error = contracts.pkp().mint().await.unwrap_err();
    assert!(matches!(error, ContractError::Refused { .. }), "{error}");
    // No sender at all.
    let contracts = LitContracts::new(vectors.context(), chain.provider());
    let error = contracts.pkp().mint().await.unwrap_err();
    assert!(matches!(error, ContractError::NoSender), "{error}");
    let rate = RequestRate::per_day(14_400.0).unwrap();
    let expiry = CreditExpiry::from_unix_seconds(86_400).unwrap();
    let error = contracts.credits().mint(rate, expiry).await.unwrap_err();
    assert!(matches!(error, ContractError::NoSender), "{error}");
    assert!(chain.state().sent.is_empty());
}

#[tokio::test]
async fn wrong_networks() {
    let (vectors, chain) = Chain::recorded();
    let contracts = chain.contracts(&vectors);
    contracts.verify().await.unwrap();
    let credits = vectors.addresses["RateLimitNFT"];
    chain.state().no_code.push(credits);
    let error = contracts.verify().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no contract at {credits}, the address of RateLimitNFT: wrong RPC, network or addresses"
        )
    );
    let wrong = LitContracts::new(NetworkContext::custom(1, "memory:"), chain.provider());
    let error = wrong.verify().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the RPC serves chain 31337, but this network is on chain 1"
    );
    // Where nothing is, a transaction would succeed and its value be lost.
    let rate = RequestRate::from_per_kilosecond(80).unwrap();
    let expiry = CreditExpiry::from_unix_seconds(1_795_305_600).unwrap();
    let error = contracts.credits().mint(rate, expiry).await.unwrap_err();
    assert!(matches!(error, ContractError::NoContract { .. }), "{error}");
    assert!(chain.state().sent.is_empty());
    // Calling where nothing is says so, too.
    let call = alloy_sol_types::SolCall::abi_encode(&PKPNFT::mintCostCall {});
    chain.answer(vectors.addresses["PKPNFT"], call, Ok(Bytes::new()));
    let error = contracts.pkp().mint_cost().await.unwrap_err();
    assert!(matches!(error, ContractError::NoContract { .. }), "{error}");
}
