use std::fmt;

use async_trait::async_trait;
use lit_types::{
    WalletAddress,
    access_control::{
        AnySolRpcCondition, CosmosCondition, EvmBasicCondition, EvmContractCondition,
    },
};
use serde::Serialize;

/// Evaluates access control conditions that the network cannot evaluate itself: that ask Solana or Cosmos chains, of unknown EVM
/// chains, and of unknown standards and methods.
///
/// Every node calls it, so it should give all of them the same answer.
#[async_trait]
pub trait ConditionResolver: fmt::Debug + Send + Sync + 'static {
    /// Whether the condition is met for `asker`: the wallet, contract or PKP that authorized the session, or that asks without a
    /// session. The placeholder `:userAddress` in the condition stands for that address, and is not replaced.
    ///
    /// # Errors
    /// Nodes report an error as `NodeAccessControlConditionsCheckFailed`.
    async fn is_met(
        &self,
        condition: &ForeignCondition,
        asker: &WalletAddress,
    ) -> Result<bool, ResolverError>;
}

/// A condition for a [`ConditionResolver`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "conditionType", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ForeignCondition {
    /// A method of a standard, on an EVM chain.
    EvmBasic(EvmBasicCondition),
    /// A function of a contract, on an EVM chain.
    EvmContract(EvmContractCondition),
    /// A condition on Solana.
    #[serde(rename = "solRpc")]
    Solana(AnySolRpcCondition),
    /// A condition on a Cosmos chain.
    Cosmos(CosmosCondition),
}

/// Why a [`ConditionResolver`] cannot evaluate a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ResolverError(String);

impl ResolverError {
    /// An error with this message.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
