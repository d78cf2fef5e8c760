//! Conditions about chains that the network does not have.

use std::sync::Arc;

use alloy_primitives::Address;
use async_trait::async_trait;
use lit_devnet::{
    ConditionResolver, Devnet, ForeignCondition, HttpConditionResolver, ResolverError,
};
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::{WalletAddress, access_control::ConditionsKind};
use serde_json::json;

use crate::{
    common::Setup,
    support::{Asker, body, wallet_is},
};

/// Answers for the owner of the PKP alone.
#[derive(Debug)]
struct Fixed(Address);

#[async_trait]
impl ConditionResolver for Fixed {
    async fn is_met(
        &self,
        condition: &ForeignCondition,
        asker: &WalletAddress,
    ) -> Result<bool, ResolverError> {
        if asker.evm() != Some(self.0) {
            return Err(ResolverError::new("who is that?"));
        }
        match condition {
            ForeignCondition::Solana(_) => Ok(true),
            ForeignCondition::Cosmos(_) => Ok(false),
            _ => Err(ResolverError::new("nobody knows")),
        }
    }
}

#[tokio::test]
async fn chains_that_are_not_there() {
    let solana = json!([{
        "method": "getBalance", "params": [":userAddress"], "pdaParams": [],
        "pdaInterface": { "offset": 0, "fields": {} }, "pdaKey": "", "chain": "solana",
        "returnValueTest": { "key": "", "comparator": ">=", "value": "1" },
    }]);
    let cosmos = json!([{
        "path": "/cosmos/bank/v1beta1/balances/:userAddress", "chain": "cosmos", "method": "", "parameters": [],
        "returnValueTest": { "key": "$.balances[0].amount", "comparator": ">=", "value": "1" },
    }]);
    let unified = ConditionsKind::Unified;
    let asker = Asker::new().await;
    // An EVM wallet is of neither chain.
    asker
        .refused(&body(unified, &solana), (400, "NodeInvalidUnifiedAuthSig"))
        .await;
    asker
        .refused(
            &body(unified, &cosmos),
            (400, "NodeInvalidCosmosSDKSignature"),
        )
        .await;
    assert!(!asker.meets(ConditionsKind::SolRpc, &solana).await);
    let unsupported = (501, "NodeChainNotSupported");
    let mut nowhere = json!([wallet_is(asker.address())]);
    nowhere[0]["chain"] = json!("nowhere");
    asker
        .refused(&body(ConditionsKind::EvmBasic, &nowhere), unsupported)
        .await;

    // The same seed has the same owner.
    let builder = Devnet::builder()
        .with_condition_resolver(Arc::new(Fixed(asker.address())))
        .with_own_chain_names(["yellowstone"]);
    let asker = Asker::of(Setup::of(builder).await).await;
    assert!(asker.meets(unified, &solana).await);
    assert!(asker.meets(ConditionsKind::SolRpc, &solana).await);
    assert!(!asker.meets(unified, &cosmos).await);
    let failed = (502, "NodeAccessControlConditionsCheckFailed");
    let on_ethereum = json!([wallet_is(asker.address())]);
    asker
        .refused(&body(ConditionsKind::EvmBasic, &on_ethereum), failed)
        .await;
    let mut here = on_ethereum.clone();
    here[0]["chain"] = json!("yellowstone");
    assert!(asker.meets_basic(here).await);
}

/// Panics while the node answers.
#[derive(Debug)]
struct Broken;

#[async_trait]
impl ConditionResolver for Broken {
    async fn is_met(&self, _: &ForeignCondition, _: &WalletAddress) -> Result<bool, ResolverError> {
        panic!("broken")
    }
}

#[tokio::test]
async fn a_panic_ends_one_request_and_not_the_network() {
    let solana = json!([{
        "conditionType": "solRpc", "method": "getBalance", "params": [":userAddress"], "pdaParams": [],
        "pdaInterface": { "offset": 0, "fields": {} }, "pdaKey": "", "chain": "solana",
        "returnValueTest": { "key": "", "comparator": ">=", "value": "1" },
    }]);
    let builder = Devnet::builder().with_condition_resolver(Arc::new(Broken));
    let asker = Asker::of(Setup::of(builder).await).await;
    for _ in 0..2 {
        asker
            .refused(
                &body(ConditionsKind::Unified, &solana),
                (500, "NodeSystemFault"),
            )
            .await;
    }
    assert!(asker.meets_basic(json!([wallet_is(asker.address())])).await);
}

#[tokio::test]
async fn a_server_is_asked() {
    let solana = json!([{
        "conditionType": "solRpc", "method": "getBalance", "params": [":userAddress"], "pdaParams": [],
        "pdaInterface": { "offset": 0, "fields": {} }, "pdaKey": "", "chain": "solana",
        "returnValueTest": { "key": "", "comparator": ">=", "value": "1" },
    }]);
    let url = "http://127.0.0.1:9/conditions?key=secret";
    let server = FakeHttp::in_order([Reply::json(&json!({ "met": true }))]);
    let resolver = HttpConditionResolver::new(server.clone(), url.parse().unwrap());
    let builder = Devnet::builder().with_condition_resolver(Arc::new(resolver));
    let asker = Asker::of(Setup::of(builder).await).await;
    assert!(asker.meets(ConditionsKind::Unified, &solana).await);
    let request = server.requests().pop().unwrap();
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", url)
    );
    let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let expected = json!({ "condition": solana[0], "userAddress": asker.address().to_string() });
    assert_eq!(sent, expected);

    server.reply(Reply::json(&json!({ "met": false })));
    assert!(!asker.meets(ConditionsKind::Unified, &solana).await);
    for (reply, problem) in [
        (
            Reply::status(422, "{\"error\":\"no such account\"}"),
            "status 422: no such account",
        ),
        (Reply::status(500, "<html>"), "status 500: no error text"),
        (
            Reply::json(&json!({ "met": "yes" })),
            "the answer has no boolean `met`",
        ),
        (Reply::refused(), "http://127.0.0.1:9: "),
    ] {
        server.reply(reply);
        let (status, answer) = asker.ask(0, &body(ConditionsKind::Unified, &solana)).await;
        assert_eq!(status, 502, "{answer}");
        let text = answer.to_string();
        assert!(text.contains(problem) && !text.contains("secret"), "{text}");
    }
}
