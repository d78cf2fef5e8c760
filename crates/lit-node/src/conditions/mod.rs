//! Evaluation of access control conditions.

mod answer;
mod call;
mod error;
mod http_resolver;
mod parse;
mod resolver;
mod standard;

use std::sync::Arc;

use alloy_primitives::Address;
use lit_types::{
    Clock,
    access_control::{
        AccessControlConditions, AnySolRpcCondition, BooleanOperator, ConditionExpression,
        ConditionTerm, CosmosCondition, EvmBasicCondition, EvmContractCondition, USER_ADDRESS,
        UnifiedCondition,
    },
};

use crate::{ChainReader, Chains};

use answer::Answer;
use call::contract_answer;
pub(crate) use error::ConditionError;
pub use http_resolver::HttpConditionResolver;
pub(crate) use parse::{conditions_of, encrypted_as, parse_conditions};
pub use resolver::{ConditionResolver, ForeignCondition, ResolverError};

/// The placeholder for the CID of the running action.
const CURRENT_ACTION: &str = ":currentActionIpfsId";

/// The party for which conditions are evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) address: Address,
    /// The CID of the running action, if an action asks.
    pub(crate) action: Option<&'a str>,
}

/// Evaluates conditions: of EVM chains on the chain that their name means, and all others with the resolver.
#[derive(Debug)]
pub(crate) struct ConditionReader {
    chains: Chains,
    clock: Arc<dyn Clock>,
    resolver: Option<Arc<dyn ConditionResolver>>,
}

impl ConditionReader {
    pub(crate) fn new(
        chains: Chains,
        clock: Arc<dyn Clock>,
        resolver: Option<Arc<dyn ConditionResolver>>,
    ) -> Self {
        Self {
            chains,
            clock,
            resolver,
        }
    }

    /// Whether the conditions are met. Every condition is evaluated, without short-circuiting.
    pub(crate) async fn are_met(
        &self,
        conditions: &AccessControlConditions,
        asker: Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let mut outcomes = Vec::new();
        for condition in single_conditions(conditions) {
            outcomes.push(self.is_met(condition, asker).await?);
        }
        let mut outcomes = outcomes.into_iter();
        Ok(match conditions {
            AccessControlConditions::EvmBasic(list) => join(list, &mut outcomes),
            AccessControlConditions::EvmContract(list) => join(list, &mut outcomes),
            AccessControlConditions::SolRpc(list) => join(list, &mut outcomes),
            AccessControlConditions::Unified(list) => join(list, &mut outcomes),
        })
    }

    async fn is_met(
        &self,
        condition: SingleCondition<'_>,
        asker: Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let (foreign, unknown) = match condition {
            SingleCondition::EvmBasic(one) => return self.evm_basic(one, asker).await,
            SingleCondition::EvmContract(one) => return self.evm_contract(one, asker).await,
            SingleCondition::Solana(one) => (ForeignCondition::Solana(one), "Solana"),
            SingleCondition::Cosmos(one) => (ForeignCondition::Cosmos(one.clone()), "Cosmos"),
        };
        let unknown = ConditionError::Foreign(unknown);
        self.foreign(foreign, asker, unknown).await
    }

    async fn evm_basic(
        &self,
        condition: &EvmBasicCondition,
        asker: Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let foreign = || ForeignCondition::EvmBasic(condition.clone());
        let Some(chain) = self.chain(&condition.chain) else {
            let unknown = ConditionError::Chain(condition.chain.clone());
            return self.foreign(foreign(), asker, unknown).await;
        };
        let test = &condition.return_value_test;
        let parameters = asker.filled_in(&condition.parameters)?;
        match self.standard_answer(chain, condition, &parameters).await {
            Some(answer) => answer?.passes(test.comparator, &asker.filled(&test.value)?),
            None => {
                let unknown = ConditionError::Method {
                    standard: condition.standard_contract_type.clone(),
                    method: condition.method.clone(),
                };
                self.foreign(foreign(), asker, unknown).await
            }
        }
    }

    async fn evm_contract(
        &self,
        condition: &EvmContractCondition,
        asker: Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let Some(chain) = self.chain(&condition.chain) else {
            let foreign = ForeignCondition::EvmContract(condition.clone());
            let unknown = ConditionError::Chain(condition.chain.clone());
            return self.foreign(foreign, asker, unknown).await;
        };
        let test = &condition.return_value_test;
        let parameters = asker.filled_in(&condition.function_params)?;
        let answer = contract_answer(chain, condition, &parameters).await?;
        answer.passes(test.comparator, &asker.filled(&test.value)?)
    }

    async fn foreign(
        &self,
        condition: ForeignCondition,
        asker: Asker<'_>,
        unknown: ConditionError,
    ) -> Result<bool, ConditionError> {
        let resolver = self.resolver.as_ref().ok_or(unknown)?;
        resolver
            .is_met(&condition, asker.address)
            .await
            .map_err(ConditionError::from)
    }

    /// The EVM chain of this name.
    fn chain(&self, name: &str) -> Option<&dyn ChainReader> {
        self.chains.named(name).map(|chain| &*chain.reader)
    }

    /// The network's time, in Unix seconds: that of the chain's next block.
    fn now(&self) -> u64 {
        self.clock.now().unix_timestamp().unsigned_abs()
    }
}

impl Asker<'_> {
    fn filled_in(&self, texts: &[String]) -> Result<Vec<String>, ConditionError> {
        texts.iter().map(|text| self.filled(text)).collect()
    }

    /// Replaces the placeholders for the asker.
    fn filled(&self, text: &str) -> Result<String, ConditionError> {
        let text = text.replace(USER_ADDRESS, &self.address.to_string());
        if !text.contains(CURRENT_ACTION) {
            return Ok(text);
        }
        let action = self
            .action
            .ok_or(ConditionError::NoAction(CURRENT_ACTION))?;
        Ok(text.replace(CURRENT_ACTION, action))
    }
}

/// A condition of any kind.
enum SingleCondition<'a> {
    EvmBasic(&'a EvmBasicCondition),
    EvmContract(&'a EvmContractCondition),
    Solana(AnySolRpcCondition),
    Cosmos(&'a CosmosCondition),
}

/// All conditions in order, including those in groups.
fn single_conditions(conditions: &AccessControlConditions) -> Vec<SingleCondition<'_>> {
    use SingleCondition as One;
    match conditions {
        AccessControlConditions::EvmBasic(list) => list.conditions().map(One::EvmBasic).collect(),
        AccessControlConditions::EvmContract(list) => {
            list.conditions().map(One::EvmContract).collect()
        }
        AccessControlConditions::SolRpc(list) => {
            list.conditions().cloned().map(One::Solana).collect()
        }
        AccessControlConditions::Unified(list) => {
            let single = list.conditions().map(|condition| match condition {
                UnifiedCondition::EvmBasic(one) => One::EvmBasic(one),
                UnifiedCondition::EvmContract(one) => One::EvmContract(one),
                UnifiedCondition::SolRpc(one) => One::Solana(AnySolRpcCondition::V2(one.clone())),
                UnifiedCondition::Cosmos(one) => One::Cosmos(one),
            });
            single.collect()
        }
    }
}

/// Evaluates from left to right: both operators have the same precedence.
fn join<C>(expression: &ConditionExpression<C>, outcomes: &mut std::vec::IntoIter<bool>) -> bool {
    let mut joined = of_term(expression.first(), outcomes);
    for (operator, term) in expression.rest() {
        let next = of_term(term, outcomes);
        joined = match operator {
            BooleanOperator::And => joined && next,
            BooleanOperator::Or => joined || next,
        };
    }
    joined
}

#[allow(clippy::expect_used, reason = "every condition was evaluated before")]
fn of_term<C>(term: &ConditionTerm<C>, outcomes: &mut std::vec::IntoIter<bool>) -> bool {
    match term {
        ConditionTerm::Condition(_) => outcomes.next().expect("one outcome per condition"),
        ConditionTerm::Group(group) => join(group, outcomes),
    }
}
