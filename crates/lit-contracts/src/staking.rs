use std::net::Ipv4Addr;

use alloy_primitives::{Address, U256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::Filter;
use alloy_sol_types::{SolCall, SolEvent};
use lit_types::NodeUrl;

use crate::{
    ConnectionInfo, Contract, ContractError, Epoch, EpochState, NetworkContext, Validator,
    bindings::Staking as abi, chain::Chain,
};

/// Nodes, threshold and epochs of a network.
#[derive(Debug, Clone)]
pub struct Staking<P>(pub(crate) Chain<P>);

impl<P: Provider> Staking<P> {
    /// The epoch, the threshold and the nodes, in one call.
    ///
    /// # Errors
    /// [`ContractError::NoThreshold`] and [`ContractError::TooFewNodes`] for a network that cannot work,
    /// [`ContractError::NoContract`] for a wrong RPC or context, and those of any call.
    #[doc(alias("getConnectionInfo", "getActiveUnkickedValidatorStructsAndCounts"))]
    pub async fn connection_info(&self) -> Result<ConnectionInfo, ContractError> {
        let answer = self
            .0
            .read(
                Contract::Staking,
                abi::getActiveUnkickedValidatorStructsAndCountsCall {},
            )
            .await?;
        let mut nodes = Vec::new();
        let mut unreachable = Vec::new();
        for validator in &answer._2 {
            match node_url(&self.0.context, validator) {
                Some(url) => nodes.push(Validator {
                    url,
                    node_address: validator.nodeAddress,
                }),
                None => unreachable.push(validator.nodeAddress),
            }
        }
        let threshold = usize::try_from(answer._1).unwrap_or(usize::MAX);
        if threshold == 0 {
            return Err(ContractError::NoThreshold);
        }
        if nodes.len() < threshold {
            return Err(ContractError::TooFewNodes {
                nodes: nodes.len(),
                threshold,
            });
        }
        Ok(ConnectionInfo {
            epoch: epoch(
                &answer._0,
                abi::getActiveUnkickedValidatorStructsAndCountsCall::SIGNATURE,
            )?,
            threshold,
            nodes,
            unreachable,
        })
    }

    /// The epoch.
    ///
    /// # Errors
    /// Those of any call.
    pub async fn epoch(&self) -> Result<Epoch, ContractError> {
        let answer = self.0.read(Contract::Staking, abi::epochCall {}).await?;
        epoch(&answer, abi::epochCall::SIGNATURE)
    }

    /// The state of the network between two epochs.
    ///
    /// # Errors
    /// [`ContractError::BadAnswer`] for an unknown state, and those of any call.
    pub async fn state(&self) -> Result<EpochState, ContractError> {
        let number = self.0.read(Contract::Staking, abi::stateCall {}).await?;
        EpochState::from_number(number).ok_or(ContractError::BadAnswer {
            call: abi::stateCall::SIGNATURE,
            problem: "an unknown state",
        })
    }

    /// The resolver that the network itself uses.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "contractResolver")]
    pub async fn resolver(&self) -> Result<Address, ContractError> {
        self.0
            .read(Contract::Staking, abi::contractResolverCall {})
            .await
    }

    /// The state changes in a range of blocks, both ends included, oldest first.
    ///
    /// After [`EpochState::Active`] read the [connection info](Self::connection_info) again: nodes, threshold and epoch may have
    /// changed.
    ///
    /// # Errors
    /// [`ContractError::Rpc`], also for ranges that the node considers too long.
    #[doc(alias = "StateChanged")]
    pub async fn state_changes(
        &self,
        from_block: u64,
        to_block: u64,
    ) -> Result<Vec<EpochState>, ContractError> {
        let filter = Filter::new()
            .address(self.0.address(Contract::Staking)?)
            .event_signature(abi::StateChanged::SIGNATURE_HASH)
            .from_block(from_block)
            .to_block(to_block);
        let logs = self
            .0
            .provider
            .get_logs(&filter)
            .await
            .map_err(|error| ContractError::before_sending("eth_getLogs", error))?;
        Ok(logs
            .iter()
            .filter_map(|log| abi::StateChanged::decode_log(&log.inner).ok())
            .filter_map(|event| EpochState::from_number(event.newState))
            .collect())
    }
}

/// The chain has the IP address as a number, most significant byte first, and a port that may be out of range.
fn node_url(context: &NetworkContext, validator: &abi::Validator) -> Option<NodeUrl> {
    let ip = Ipv4Addr::from(validator.ip);
    let port = u16::try_from(validator.port)
        .ok()
        .filter(|port| *port > 0)?;
    if ip.is_unspecified() {
        return None;
    }
    context.node_url(ip, port).ok()
}

fn epoch(epoch: &abi::Epoch, call: &'static str) -> Result<Epoch, ContractError> {
    let number = |value: U256| {
        u64::try_from(value).map_err(|_| ContractError::BadAnswer {
            call,
            problem: "an epoch whose numbers exceed 64 bits",
        })
    };
    Ok(Epoch {
        number: number(epoch.number)?,
        length: number(epoch.epochLength)?,
        end_time: number(epoch.endTime)?,
        retries: number(epoch.retries)?,
        timeout: number(epoch.timeout)?,
    })
}
