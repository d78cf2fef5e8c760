use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use alloy_provider::Provider;
use async_trait::async_trait;
use lit_contracts::{ContractError, LitContracts};
use time::OffsetDateTime;

use crate::{Discovery, DiscoveryError, Epoch, NetworkView};

/// Finds the nodes on chain, in the Staking contract, and follows it by looking again and again.
///
/// ```no_run
/// # async fn f(provider: impl alloy_provider::Provider + Clone + 'static) -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use lit_sdk::{ChainDiscovery, LitNetwork, LitNodeClient, contracts::{LitContracts, NetworkContext}};
///
/// let contracts = LitContracts::new(NetworkContext::of(LitNetwork::DatilDev)?, provider);
/// let client = LitNodeClient::discover(Arc::new(ChainDiscovery::new(contracts))).connect().await?;
/// # Ok(())
/// # }
/// ```
pub struct ChainDiscovery<P> {
    contracts: LitContracts<P>,
    poll_interval: Duration,
    last: Mutex<Option<NetworkView>>,
}

impl<P: Provider + Clone + 'static> ChainDiscovery<P> {
    /// How often the chain is looked at, when nothing else is said.
    pub const POLL_INTERVAL: Duration = Duration::from_secs(4);

    /// Reads these contracts.
    pub const fn new(contracts: LitContracts<P>) -> Self {
        Self {
            contracts,
            poll_interval: Self::POLL_INTERVAL,
            last: Mutex::new(None),
        }
    }

    /// Looks more or less often than every [`ChainDiscovery::POLL_INTERVAL`]: one `eth_call` each time.
    #[must_use]
    pub const fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    async fn look(&self) -> Result<NetworkView, ContractError> {
        let info = self.contracts.staking().connection_info().await?;
        for node in &info.unreachable {
            tracing::warn!(%node, "a validator has no address that can be called; it is left out");
        }
        let started_at = i64::try_from(info.epoch.start_time()).ok();
        Ok(NetworkView {
            nodes: info.nodes.into_iter().map(|node| node.url).collect(),
            threshold: info.threshold,
            epoch: Epoch {
                number: info.epoch.number,
                started_at: started_at
                    .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
            },
        })
    }

    fn is_news(&self, view: &NetworkView) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref() != Some(view)
    }
}

#[async_trait]
impl<P: Provider + Clone + 'static> Discovery for ChainDiscovery<P> {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        let view = self.look().await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(view.clone());
        Ok(view)
    }

    async fn changed(&self) {
        loop {
            tokio::time::sleep(self.poll_interval).await;
            match self.look().await {
                Ok(view) if self.is_news(&view) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "the chain cannot be read; looking again later");
                }
            }
        }
    }
}

impl<P> fmt::Debug for ChainDiscovery<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainDiscovery")
            .field("poll_interval", &self.poll_interval)
            .finish_non_exhaustive()
    }
}
