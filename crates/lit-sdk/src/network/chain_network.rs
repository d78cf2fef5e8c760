use std::{fmt, sync::Arc};

use alloy_provider::Provider;
use lit_contracts::{LitContracts, NetworkContext};
use lit_node_transport::{Discovery, Network};
use lit_types::LitNetwork;

use crate::ChainDiscovery;

/// A network with its nodes registered on chain. [`ChainDiscovery`] finds them and follows the epochs.
///
/// A wrong context is found when connecting; [`Error::Discovery`](crate::Error::Discovery) says what is wrong.
///
/// ```no_run
/// # #[cfg(feature = "http")]
/// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
/// use lit_sdk::{ChainNetwork, LitNodeClient, contracts::NetworkContext};
///
/// let context = NetworkContext::custom(175_188, "http://127.0.0.1:8545");
/// let client = LitNodeClient::connect(&ChainNetwork::new(context)?).await?;
/// # Ok(())
/// # }
/// ```
#[doc(alias("litNetwork", "contractContext"))]
#[derive(Clone)]
pub struct ChainNetwork {
    kind: LitNetwork,
    discovery: Arc<dyn Discovery>,
}

impl ChainNetwork {
    /// The network of a context. Its chain is read at the RPC URL of the context.
    ///
    /// # Errors
    /// [`HttpUrlError`](lit_node_transport::HttpUrlError) for a malformed RPC URL.
    #[cfg(feature = "http")]
    pub fn new(context: NetworkContext) -> Result<Self, lit_node_transport::HttpUrlError> {
        let provider = crate::services::provider(context.rpc_url())?;
        Ok(Self::with_provider(context, provider))
    }

    /// The network of a context. Its chain is read through this provider.
    pub fn with_provider<P>(context: NetworkContext, provider: P) -> Self
    where
        P: Provider + Clone + 'static,
    {
        let kind = context.network();
        let contracts = LitContracts::new(context, provider);
        Self {
            kind,
            discovery: Arc::new(ChainDiscovery::new(contracts)),
        }
    }
}

impl Network for ChainNetwork {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::clone(&self.discovery)
    }

    fn kind(&self) -> LitNetwork {
        self.kind
    }
}

impl fmt::Debug for ChainNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainNetwork")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
