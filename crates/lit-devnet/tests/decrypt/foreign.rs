//! Conditions about chains that the network does not have.

use std::sync::Arc;

use alloy_primitives::Address;
use async_trait::async_trait;
use lit_devnet::{ConditionResolver, Devnet, ForeignCondition, ResolverError};
use lit_types::access_control::ConditionsKind;
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
        asker: Address,
    ) -> Result<bool, ResolverError> {
        if asker != self.0 {
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
    let unsupported = (501, "NodeChainNotSupported");
    asker.refused(&body(unified, &solana), unsupported).await;
    asker.refused(&body(unified, &cosmos), unsupported).await;
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
