//! Chain calls of actions.

use alloy_consensus::TxLegacy;
use alloy_primitives::Address;
use alloy_rlp::Decodable;
use alloy_rpc_types_eth::TransactionRequest;
use lit_actions::{HostError, HostResult};

use super::{ActionRunner, arguments::Arguments};
use crate::{ChainReader, causes::with_causes};

/// The gas limit of calls that name none.
const DEFAULT_GAS: u64 = 10_000_000;

impl ActionRunner {
    /// The transaction count, as `0x` and hex digits.
    pub(super) async fn latest_nonce(&self, arguments: &Arguments) -> HostResult {
        let address: Address = arguments.parsed("address", "an address of 20 bytes in hex")?;
        let nonce = self.chain(arguments)?.nonce(address).await;
        let nonce = nonce.map_err(|error| HostError::new(with_causes(&error)))?;
        Ok(format!("{nonce:#x}").into())
    }

    /// The URL of a chain's JSON-RPC, or for an unknown name the text of nodes that says so.
    pub(super) fn rpc_url(&self, arguments: &Arguments) -> HostResult {
        let name = arguments.string("chain")?;
        let Some(chain) = self.parts.chains.named(name) else {
            return Ok(unknown_chain_text(name).into());
        };
        let url = chain.rpc_url.as_ref().ok_or_else(|| {
            HostError::new(format_args!(
                "the chain {name} has no URL: this network is in memory only"
            ))
        })?;
        Ok(url.as_str().into())
    }

    /// `eth_call` of an unsigned legacy transaction in RLP. The sender is the zero address.
    pub(super) async fn call_contract(&self, arguments: &Arguments) -> HostResult {
        let chain = self.chain(arguments)?;
        let request = unsigned_transaction(arguments.text("txn")?)?;
        let output = chain.call(request).await;
        let output = output.map_err(|error| HostError::new(with_causes(&error)))?;
        Ok(output.to_string().into())
    }

    /// The chain that the argument `chain` names. The error text equals that of Lit's nodes.
    fn chain(&self, arguments: &Arguments) -> Result<&dyn ChainReader, HostError> {
        let name = arguments.text("chain")?;
        let chain = self.parts.chains.named(name).ok_or_else(|| {
            HostError::new(format_args!(
                "config error: unable to resolve RPC for chain id: {name}"
            ))
        })?;
        Ok(&*chain.reader)
    }
}

/// The error of nodes as they give it to the action, without the places in their source.
fn unknown_chain_text(name: &str) -> String {
    let msg = format!("config not found for chain: {name}");
    let source = format!("unable to resolve RPC for chain id: {name}");
    format!(
        "Error getting RPC URL: lit_node::Error {{ kind: Blockchain, code: NodeBlockchainChainUnknown, msg: {msg:?}, \
         source: lit_blockchain::Error {{ kind: Config, source: {source:?} }} }}"
    )
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
