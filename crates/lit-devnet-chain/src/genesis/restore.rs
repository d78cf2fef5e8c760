//! What a restored chain has to be told: where the nodes of this process listen.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;

use super::{
    LitChain, LitGenesis,
    initialize::{Staking, Validator},
};
use crate::{ChainError, RestoreError};

impl LitGenesis {
    /// The calls that make the Staking contract of a restored chain announce these nodes.
    pub(super) fn corrections(
        &self,
        chain: &LitChain,
    ) -> Result<Vec<(Address, Bytes)>, RestoreError> {
        let staking = chain.addresses.staking;
        let mut calls = Vec::new();
        let length = U256::from(self.epoch_length.as_secs());
        if read(chain, staking, &Staking::epochCall {})?.epochLength != length {
            let call = Staking::setEpochLengthCall {
                newEpochLength: length,
            };
            calls.push((staking, call.abi_encode().into()));
        }
        let (mut stakers, mut nodes, mut changed) = (Vec::new(), Vec::new(), false);
        for node in &self.nodes {
            let staker = node.staker;
            let announced = read(chain, staking, &Staking::validatorsCall { staker })?;
            let wanted = Validator::from(node);
            changed |= (announced.ip, announced.port) != (wanted.ip, wanted.port);
            stakers.push(staker);
            nodes.push(Validator {
                reward: announced.reward,
                senderPubKey: announced.senderPubKey,
                receiverPubKey: announced.receiverPubKey,
                ..wanted
            });
        }
        if changed {
            let call = Staking::adminSetNextValidatorsCall { stakers, nodes };
            calls.push((staking, call.abi_encode().into()));
        }
        Ok(calls)
    }
}

fn read<C: SolCall>(
    chain: &LitChain,
    contract: Address,
    call: &C,
) -> Result<C::Return, RestoreError> {
    let answer = chain.chain.call(contract, call.abi_encode().into());
    answer
        .and_then(|answer| {
            C::abi_decode_returns(&answer).map_err(|error| {
                ChainError::Rejected(format!("malformed result of {}: {error}", C::SIGNATURE))
            })
        })
        .map_err(|source| RestoreError::Network { contract, source })
}
