use std::fmt;

use alloy_primitives::Address;
use async_trait::async_trait;
use lit_types::access_control::{
    AnySolRpcCondition, CosmosCondition, EvmBasicCondition, EvmContractCondition,
};

/// Says whether conditions are met that the network cannot look up itself: of Solana and Cosmos chains, of EVM chains that its
/// own chain does not stand for, and by standards that it does not know.
///
/// All nodes ask it, so it should answer them alike.
#[async_trait]
pub trait ConditionResolver: fmt::Debug + Send + Sync + 'static {
    /// Whether the condition is met for whoever asks: the wallet or PKP that authorised the session. `:userAddress` in the
    /// condition stands for that address, and is not replaced.
    ///
    /// # Errors
    /// Nodes answer `NodeAccessControlConditionsCheckFailed`.
    async fn is_met(
        &self,
        condition: &ForeignCondition,
        asker: Address,
    ) -> Result<bool, ResolverError>;
}

/// A condition that a [`ConditionResolver`] is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignCondition {
    /// By a standard, on an EVM chain.
    EvmBasic(EvmBasicCondition),
    /// By a function of a contract, on an EVM chain.
    EvmContract(EvmContractCondition),
    /// Of Solana.
    Solana(AnySolRpcCondition),
    /// Of a Cosmos chain.
    Cosmos(CosmosCondition),
}

/// Why a [`ConditionResolver`] cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ResolverError(String);

impl ResolverError {
    /// A reason in words.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
