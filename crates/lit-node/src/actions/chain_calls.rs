//! Chain calls of actions.

use alloy_consensus::TxLegacy;
use alloy_primitives::Address;
use alloy_rlp::Decodable;
use alloy_rpc_types_eth::TransactionRequest;
use lit_actions::{HostError, HostResult};
use lit_types::chains::EVM_CHAINS;

use super::{ActionRunner, arguments::Arguments};
use crate::causes::with_causes;

/// The gas limit of calls that name none.
const DEFAULT_GAS: u64 = 10_000_000;

impl ActionRunner {
    /// The transaction count, as `0x` and hex digits.
    pub(super) async fn latest_nonce(&self, arguments: &Arguments) -> HostResult {
        let address: Address = arguments.parsed("address", "an address of 20 bytes in hex")?;
        self.require_chain(arguments)?;
        let nonce = self.parts.chain.nonce(address).await;
        let nonce = nonce.map_err(|error| HostError::new(with_causes(&error)))?;
        Ok(format!("{nonce:#x}").into())
    }

    pub(super) fn rpc_url(&self, arguments: &Arguments) -> HostResult {
        self.require_chain(arguments)?;
        match &self.parts.settings.rpc_url {
            Some(url) => Ok(url.as_str().into()),
            None => Err("the chain of this network has no URL".into()),
        }
    }

    /// `eth_call` of an unsigned legacy transaction in RLP. The sender is the zero address.
    pub(super) async fn call_contract(&self, arguments: &Arguments) -> HostResult {
        self.require_chain(arguments)?;
        let request = unsigned_transaction(arguments.text("txn")?)?;
        let output = self.parts.chain.call(request).await;
        let output = output.map_err(|error| HostError::new(with_causes(&error)))?;
        Ok(output.to_string().into())
    }

    /// Checks that a chain name refers to the network's own chain, by its chain id.
    fn require_chain(&self, arguments: &Arguments) -> Result<(), HostError> {
        let name = arguments.text("chain")?;
        let own = self.parts.chain.chain_id();
        match EVM_CHAINS.iter().find(|(known, _)| *known == name) {
            Some((_, id)) if *id == own => Ok(()),
            Some(_) => {
                let mut names = EVM_CHAINS.iter().filter(|(_, id)| *id == own);
                let here = names.next().map_or("unnamed", |(name, _)| name);
                Err(HostError::new(format_args!(
                    "the chain {name} is not part of this network; its only chain is {here}, chain id {own}"
                )))
            }
            None => Err(HostError::new(format_args!("unknown chain {name}"))),
        }
    }
}

fn unsigned_transaction(hex: &str) -> Result<TransactionRequest, HostError> {
    let undecodable = |reason: &dyn std::fmt::Display| {
        HostError::range(format_args!(
            "txn must be an unsigned legacy transaction, RLP in hex: {reason}"
        ))
    };
    let raw =
        hex::decode(hex.strip_prefix("0x").unwrap_or(hex)).map_err(|error| undecodable(&error))?;
    if raw.first().is_none_or(|first| *first < 0xc0) {
        return Err(undecodable(&"it does not begin with an RLP list"));
    }
    let transaction = TxLegacy::decode(&mut raw.as_slice()).map_err(|error| undecodable(&error))?;
    let gas = match transaction.gas_limit {
        0 => DEFAULT_GAS,
        limit => limit,
    };
    // The zero address, which sends the call, cannot pay a gas price.
    Ok(TransactionRequest {
        to: Some(transaction.to),
        value: Some(transaction.value),
        gas: Some(gas),
        input: transaction.input.into(),
        ..TransactionRequest::default()
    })
}
