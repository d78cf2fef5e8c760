use std::{error::Error, fmt, fmt::Debug};

use alloy_primitives::{Address, Bytes, U256};
use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_transport::TransportError;
use async_trait::async_trait;

/// Reads the latest block of a chain.
///
/// [`ProviderReader`] reads it through any provider of alloy.
#[async_trait]
pub trait ChainReader: Debug + Send + Sync + 'static {
    /// Calls a contract without a transaction (`eth_call`).
    ///
    /// # Errors
    /// [`CallError`].
    async fn call(&self, request: TransactionRequest) -> Result<Bytes, CallError>;

    /// The balance of an account, in wei.
    ///
    /// # Errors
    /// [`CallError`].
    async fn balance(&self, address: Address) -> Result<U256, CallError>;

    /// The next nonce of an account.
    ///
    /// # Errors
    /// [`CallError`].
    async fn nonce(&self, address: Address) -> Result<u64, CallError>;
}

/// Why the chain does not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The contract reverted. The text is that of the chain.
    #[error("{0}")]
    Revert(String),
    /// The chain cannot be reached, or the call ended in another way.
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
}

impl CallError {
    /// The chain cannot be reached, or the call ended in another way than by a revert.
    pub fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

/// Reads a chain through a provider of alloy.
///
/// ```
/// use alloy_primitives::Address;
/// use alloy_provider::ProviderBuilder;
/// use lit_devnet_chain::Chain;
/// use lit_node::{ChainReader, ProviderReader};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let chain = Chain::builder().build();
/// let reader = ProviderReader::new(ProviderBuilder::new().connect_client(chain.client()));
/// assert_eq!(reader.nonce(Address::ZERO).await?, 0);
/// # Ok::<(), lit_node::CallError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ProviderReader<P>(P);

impl<P: Provider> ProviderReader<P> {
    /// Reads through this provider.
    pub const fn new(provider: P) -> Self {
        Self(provider)
    }
}

impl<P> Debug for ProviderReader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderReader").finish_non_exhaustive()
    }
}

#[async_trait]
impl<P: Provider + 'static> ChainReader for ProviderReader<P> {
    async fn call(&self, request: TransactionRequest) -> Result<Bytes, CallError> {
        let call = self.0.call(request).latest();
        call.await.map_err(call_error)
    }

    async fn balance(&self, address: Address) -> Result<U256, CallError> {
        let balance = self.0.get_balance(address).await;
        balance.map_err(call_error)
    }

    async fn nonce(&self, address: Address) -> Result<u64, CallError> {
        let nonce = self.0.get_transaction_count(address).await;
        nonce.map_err(call_error)
    }
}

/// Ethereum nodes report a revert with code 3, or with data, or in the text alone.
fn call_error(error: TransportError) -> CallError {
    match error.as_error_resp() {
        Some(answer)
            if answer.code == 3
                || answer.as_revert_data().is_some()
                || answer.message.contains("execution reverted") =>
        {
            CallError::Revert(answer.message.to_string())
        }
        _ => CallError::failed(error),
    }
}
