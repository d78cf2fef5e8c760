//! Conditions of Cosmos chains: on the address of the asker. All others are for the resolver.

use lit_types::WalletAddress;
use lit_types::access_control::{Comparator, CosmosCondition, USER_ADDRESS};

use super::{Asker, ConditionError, ConditionReader, ForeignCondition, compare};

/// The prefix of the addresses of a Cosmos chain; `None` if this is another chain.
pub(crate) fn cosmos_prefix(chain: &str) -> Option<&'static str> {
    match chain {
        "cosmos" => Some("cosmos"),
        "kyve" => Some("kyve"),
        "cheqd" | "cheqdMainnet" | "cheqdTestnet" => Some("cheqd"),
        "juno" => Some("juno"),
        _ => None,
    }
}

impl ConditionReader {
    pub(super) async fn cosmos(
        &self,
        condition: &CosmosCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let is_timelock = condition.method.as_deref() == Some("timelock");
        let own = is_own(condition, asker);
        if condition.path != USER_ADDRESS
            || is_timelock
            || (own.is_err() && self.resolver.is_some())
        {
            let foreign = ForeignCondition::Cosmos(condition.clone());
            let otherwise = own.and(Err(ConditionError::Foreign("Cosmos")));
            return self.foreign(&foreign, asker, otherwise).await;
        }
        own?;
        let test = &condition.return_value_test;
        let value = asker.filled(&test.value)?;
        Ok(test.comparator != Comparator::NotContains
            && compare::texts(test.comparator, &asker.address.to_string(), &value))
    }
}

/// Checks that the asker's wallet is of the condition's chain.
fn is_own(condition: &CosmosCondition, asker: &Asker<'_>) -> Result<(), ConditionError> {
    let chain = &condition.chain;
    let prefix = cosmos_prefix(chain);
    let is_own = prefix.is_some() && prefix == cosmos_prefix(asker.chain);
    match asker.address {
        WalletAddress::Cosmos(_) if is_own => Ok(()),
        _ => Err(ConditionError::OtherCosmosChain(chain.clone())),
    }
}
