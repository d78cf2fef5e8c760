use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use async_trait::async_trait;
use lit_devnet_chain::{Chain, ChainError};
use lit_node::{CallError, ChainReader};

/// Reads the chain in this process.
#[derive(Debug)]
pub(crate) struct LocalChain(pub(crate) Chain);

#[async_trait]
impl ChainReader for LocalChain {
    /// On a thread for blocking work: a call may run until the gas of a block is used up.
    async fn call(&self, request: TransactionRequest) -> Result<Bytes, CallError> {
        let chain = self.0.clone();
        tokio::task::spawn_blocking(move || chain.call_as_requested(&request))
            .await
            .map_err(CallError::failed)?
            .map_err(|error| match error {
                ChainError::Revert(revert) => CallError::Revert(revert.to_string()),
                error => CallError::failed(error),
            })
    }

    async fn balance(&self, address: Address) -> Result<U256, CallError> {
        Ok(self.0.balance(address))
    }

    async fn nonce(&self, address: Address) -> Result<u64, CallError> {
        Ok(self.0.nonce(address))
    }
}
