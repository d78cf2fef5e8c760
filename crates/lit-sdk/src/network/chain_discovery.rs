use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use alloy_provider::Provider;
use async_trait::async_trait;
use lit_contracts::{Contract, ContractError, LitContracts, NetworkContext};
use lit_node_transport::{Discovery, DiscoveryError, Epoch, NetworkView};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// Finds the nodes on chain, in the Staking contract, and follows it by looking again and again.
///
/// Before the first look the context is checked: the RPC serves its chain, its resolver (where it has one) knows the
/// contracts, and Staking is where it should be.
///
/// ```no_run
/// # async fn f(provider: impl alloy_provider::Provider + Clone + 'static) -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use lit_sdk::{ChainDiscovery, LitNetwork, LitNodeClient, contracts::{LitContracts, NetworkContext}};
///
/// let contracts = LitContracts::new(NetworkContext::of(LitNetwork::DatilDev)?, provider);
/// let client = LitNodeClient::connect(&Arc::new(ChainDiscovery::new(contracts))).await?;
/// # Ok(())
/// # }
/// ```
pub struct ChainDiscovery<P> {
    given: LitContracts<P>,
    /// The same, once the context was checked.
    checked: OnceCell<LitContracts<P>>,
    poll_interval: Duration,
    last: Mutex<Option<NetworkView>>,
}

impl<P: Provider + Clone + 'static> ChainDiscovery<P> {
    /// How often the chain is looked at, when nothing else is said.
    pub const POLL_INTERVAL: Duration = Duration::from_secs(4);

    /// Reads these contracts.
    pub const fn new(contracts: LitContracts<P>) -> Self {
        Self {
            given: contracts,
            checked: OnceCell::const_new(),
            poll_interval: Self::POLL_INTERVAL,
            last: Mutex::new(None),
        }
    }

    /// Looks more or less often than every [`ChainDiscovery::POLL_INTERVAL`]: one `eth_call` each time.
    #[must_use]
    pub const fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    async fn check(&self) -> Result<LitContracts<P>, ContractError> {
        let mut contracts = self.given.clone();
        if contracts.context().resolver().is_some() {
            // On another chain there is no resolver either, and that would be said instead.
            contracts.verify_with(&[]).await?;
            contracts = contracts.resolved().await?;
        }
        contracts.verify_with(&[Contract::Staking]).await?;
        Ok(contracts)
    }

    async fn look(&self) -> Result<NetworkView, ContractError> {
        let contracts = self.checked.get_or_try_init(|| self.check()).await?;
        let info = contracts
            .staking()
            .connection_info()
            .await
            .map_err(|error| not_staking(contracts.context(), error))?;
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

/// Staking lists its nodes whatever its state. A contract that does not is another one.
fn not_staking(context: &NetworkContext, error: ContractError) -> ContractError {
    match error {
        ContractError::Reverted { .. } | ContractError::BadAnswer { .. } => {
            ContractError::WrongContract {
                contract: Contract::Staking,
                address: context.contracts().staking,
                source: Box::new(error),
            }
        }
        error => error,
    }
}

impl<P> fmt::Debug for ChainDiscovery<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainDiscovery")
            .field("poll_interval", &self.poll_interval)
            .finish_non_exhaustive()
    }
}
