use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy_provider::Provider;
use async_trait::async_trait;
use lit_node_transport::{Discovery, DiscoveryError, Epoch, Network, NetworkView};
use lit_types::LitNetwork;
#[cfg(feature = "http")]
use lit_types::SwitchedOff;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::{Contract, ContractError, LitContracts, NetworkContext};

/// Reads the nodes from the Staking contract, and polls it for changes.
///
/// The first read checks the context: the RPC serves its chain, its resolver knows the contracts, and Staking is at its
/// address.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use lit_contracts::{ChainDiscovery, LitContracts};
/// use lit_node_transport::Network;
///
/// fn network(contracts: LitContracts<impl alloy_provider::Provider + Clone + 'static>) -> impl Network {
///     Arc::new(ChainDiscovery::new(contracts).with_poll_interval(Duration::from_secs(60)))
/// }
/// ```
pub struct ChainDiscovery<P> {
    given: LitContracts<P>,
    /// The same, once the context was checked.
    checked: OnceCell<LitContracts<P>>,
    poll_interval: Duration,
    last: Mutex<Option<NetworkView>>,
}

impl<P: Provider + Clone + 'static> ChainDiscovery<P> {
    /// The default interval between two reads.
    pub const POLL_INTERVAL: Duration = Duration::from_secs(4);

    /// Reads the Staking contract of these contracts.
    pub const fn new(contracts: LitContracts<P>) -> Self {
        Self {
            given: contracts,
            checked: OnceCell::const_new(),
            poll_interval: Self::POLL_INTERVAL,
            last: Mutex::new(None),
        }
    }

    /// The interval between two reads, one `eth_call` each. Default: [`ChainDiscovery::POLL_INTERVAL`].
    #[must_use]
    pub const fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    async fn look(&self) -> Result<NetworkView, ContractError> {
        let check = || self.given.clone().checked(&[Contract::Staking]);
        let contracts = self.checked.get_or_try_init(check).await?;
        let info = contracts
            .staking()
            .connection_info()
            .await
            .map_err(|error| not_staking(contracts.context(), error))?;
        for node in &info.unreachable {
            tracing::warn!(%node, "leaving out a validator without a usable address");
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
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "cannot read the chain; trying again later");
                }
            }
        }
    }
}

/// Staking lists its nodes in every state. A contract that does not is not Staking.
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

/// The network of these contracts, with their provider.
impl<P: Provider + Clone + 'static> Network for LitContracts<P> {
    fn discovery(&self) -> Arc<dyn Discovery> {
        Arc::new(ChainDiscovery::new(self.clone()))
    }

    fn kind(&self) -> LitNetwork {
        self.context().network()
    }
}

/// The network of this context, read at its RPC URL. A wrong context is found when connecting.
#[cfg(feature = "http")]
impl Network for NetworkContext {
    fn discovery(&self) -> Arc<dyn Discovery> {
        match LitContracts::over_http(self) {
            Ok(contracts) => Arc::new(ChainDiscovery::new(contracts)),
            Err(error) => Arc::new(Unreadable(error)),
        }
    }

    fn kind(&self) -> LitNetwork {
        self.network()
    }

    /// With another RPC, resolver or address, a context means another network of the same name.
    fn switched_off(&self) -> Option<SwitchedOff> {
        self.is_hosted()
            .then(|| self.network().switched_off())
            .flatten()
    }
}

/// A context with a malformed RPC URL.
#[cfg(feature = "http")]
struct Unreadable(lit_node_transport::HttpUrlError);

#[cfg(feature = "http")]
#[async_trait]
impl Discovery for Unreadable {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        Err(ContractError::RpcUrl(self.0.clone()).into())
    }
}
