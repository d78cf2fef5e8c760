//! Evaluation of access control conditions.

mod asker;
mod basic;
mod call;
mod compare;
mod cosmos;
mod error;
mod evaluate;
mod http_resolver;
mod json_answer;
mod lit_action;
mod parse;
mod poap;
mod resolver;
mod solana;

use std::sync::Arc;

use lit_types::{
    Clock,
    access_control::{AccessControlConditions, AnySolRpcCondition, UnifiedCondition},
};

use crate::{ChainReader, Chains, NodeParts, actions::ActionRunner};

pub(crate) use asker::{Asker, SignedText};
pub(crate) use error::ConditionError;
use evaluate::evaluate;
pub use http_resolver::HttpConditionResolver;
pub(crate) use parse::{conditions_of, encrypted_as, parse_conditions};
pub use poap::PoapApi;
pub use resolver::{ConditionResolver, ForeignCondition, ResolverError};
pub use solana::SolanaRpc;

pub(crate) use cosmos::cosmos_prefix;
pub(crate) use solana::is_solana;

/// Evaluates access control conditions. EVM conditions are read on the chain that their name means; the resolver answers the rest.
#[derive(Debug)]
pub(crate) struct ConditionReader {
    chains: Chains,
    clock: Arc<dyn Clock>,
    resolver: Option<Arc<dyn ConditionResolver>>,
    solana: Option<SolanaRpc>,
    poap: Option<PoapApi>,
    actions: Arc<ActionRunner>,
    parts: NodeParts,
}

impl ConditionReader {
    pub(crate) fn new(parts: &NodeParts, actions: Arc<ActionRunner>) -> Self {
        Self {
            chains: parts.chains.clone(),
            clock: Arc::clone(&parts.clock),
            resolver: parts.settings.condition_resolver.clone(),
            solana: parts.settings.solana_rpc.clone(),
            poap: parts.settings.poap.clone(),
            actions,
            parts: parts.clone(),
        }
    }

    /// Whether the conditions are met.
    pub(crate) async fn are_met(
        &self,
        conditions: &AccessControlConditions,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        match conditions {
            AccessControlConditions::EvmBasic(list) => {
                evaluate(list, false, &|one| Box::pin(self.evm_basic(one, asker))).await
            }
            AccessControlConditions::EvmContract(list) => {
                evaluate(list, true, &|one| Box::pin(self.evm_contract(one, asker))).await
            }
            AccessControlConditions::SolRpc(list) => {
                // Others than Solana wallets do not meet them, and Lit's nodes say no more.
                if self.resolver.is_none() && asker.address.solana().is_none() {
                    return Ok(false);
                }
                evaluate(list, false, &|one| Box::pin(self.sol_rpc(one, asker))).await
            }
            AccessControlConditions::Unified(list) => {
                evaluate(list, false, &|one| Box::pin(self.unified(one, asker))).await
            }
        }
    }

    async fn unified(
        &self,
        condition: &UnifiedCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        match condition {
            UnifiedCondition::EvmBasic(one) => self.evm_basic(one, asker).await,
            UnifiedCondition::EvmContract(one) => self.evm_contract(one, asker).await,
            UnifiedCondition::SolRpc(one) => {
                let one = AnySolRpcCondition::V2(one.clone());
                self.sol_rpc(&one, asker).await
            }
            UnifiedCondition::Cosmos(one) => self.cosmos(one, asker).await,
        }
    }

    /// Asks the resolver. Without one, the outcome is `otherwise`.
    async fn foreign(
        &self,
        condition: &ForeignCondition,
        asker: &Asker<'_>,
        otherwise: Result<bool, ConditionError>,
    ) -> Result<bool, ConditionError> {
        let Some(resolver) = &self.resolver else {
            return otherwise;
        };
        Ok(resolver.is_met(condition, &asker.address).await?)
    }

    /// The EVM chain with this name.
    pub(crate) fn chain(&self, name: &str) -> Option<&dyn ChainReader> {
        self.chains.named(name).map(|chain| &*chain.reader)
    }

    /// The network's time, in Unix seconds: that of the chain's next block.
    fn now(&self) -> u64 {
        self.clock.now().unix_timestamp().unsigned_abs()
    }
}
