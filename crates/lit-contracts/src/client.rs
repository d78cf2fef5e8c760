use std::{sync::Arc, time::Duration};

#[cfg(feature = "http")]
use alloy_network::{Ethereum, EthereumWallet, NetworkWallet};
use alloy_primitives::Address;
#[cfg(feature = "http")]
use alloy_provider::{DynProvider, ProviderBuilder};
use alloy_provider::{Provider, WalletProvider};
use futures_util::future::try_join_all;
#[cfg(feature = "http")]
use lit_node_transport::HttpUrlError;

use crate::{
    Contract, ContractError, Credits, NetworkContext, Payments, Permissions, Pkps, ResolverClient,
    Staking, chain::Chain,
};

/// The contracts of a network.
///
/// [`LitContracts::connect`] makes a provider from the RPC URL of the context and sends from a wallet. To bring a provider of
/// alloy, use [`LitContracts::with_wallet`], or [`LitContracts::new`] to read only.
///
/// ```no_run
/// # #[cfg(feature = "http")]
/// # async fn run(wallet: alloy_signer_local::PrivateKeySigner) -> Result<(), lit_contracts::ContractError> {
/// use lit_contracts::{LitContracts, NetworkContext};
///
/// let context = NetworkContext::custom(175_188, "http://127.0.0.1:8545");
/// let contracts = LitContracts::connect(&context, wallet).await?;
/// let pkp = contracts.pkp().mint().await?;
/// # Ok(())
/// # }
/// ```
///
/// Clones are cheap and share one queue of transactions: concurrent tasks get consecutive nonces, and a refused transaction
/// leaves no gap. So **clone one `LitContracts` per account** rather than making several. Another program that sends from the
/// same account may still take a nonce first; that gives [`ContractError::Refused`], which
/// [is retryable](ContractError::is_retryable).
#[derive(Debug, Clone)]
pub struct LitContracts<P> {
    chain: Chain<P>,
}

#[cfg(feature = "http")]
impl LitContracts<DynProvider> {
    /// Connects to the chain of a context, to read and to send from this wallet. Takes the addresses from the resolver if the
    /// context has one, and checks that the contracts are there.
    ///
    /// # Errors
    /// [`ContractError::RpcUrl`], and those of [`LitContracts::verify`] and [`ResolverClient::addresses`].
    pub async fn connect(
        context: &NetworkContext,
        wallet: impl Into<EthereumWallet>,
    ) -> Result<Self, ContractError> {
        let wallet = wallet.into();
        let sender = NetworkWallet::<Ethereum>::default_signer_address(&wallet);
        let client = rpc_client(context).map_err(ContractError::RpcUrl)?;
        let provider = ProviderBuilder::new().wallet(wallet).connect_client(client);
        let contracts = Self::new(context.clone(), provider.erased()).with_sender(sender);
        contracts.checked(&Contract::USED).await
    }

    /// The contracts of a context, to read. Nothing is sent, looked up at the resolver or checked yet.
    ///
    /// # Errors
    /// [`ContractError::RpcUrl`].
    pub fn read_only(context: &NetworkContext) -> Result<Self, ContractError> {
        Self::over_http(context).map_err(ContractError::RpcUrl)
    }

    pub(crate) fn over_http(context: &NetworkContext) -> Result<Self, HttpUrlError> {
        let provider = ProviderBuilder::new().connect_client(rpc_client(context)?);
        Ok(Self::new(context.clone(), provider.erased()))
    }
}

#[cfg(feature = "http")]
fn rpc_client(context: &NetworkContext) -> Result<alloy_rpc_client::RpcClient, HttpUrlError> {
    let http = Arc::new(lit_node_transport::HttpTransport::new());
    Ok(crate::RpcTransport::new(http, context.rpc_url().parse()?).client())
}

impl<P: Provider> LitContracts<P> {
    /// For reading, through this provider. Nothing is sent before [`LitContracts::with_sender`].
    #[must_use]
    pub fn new(context: NetworkContext, provider: P) -> Self {
        Self {
            chain: Chain::new(context, provider),
        }
    }

    /// For reading and sending, through this provider, from the first account of its wallet.
    #[must_use]
    pub fn with_wallet(context: NetworkContext, provider: P) -> Self
    where
        P: WalletProvider,
    {
        let sender = provider.default_signer_address();
        Self::new(context, provider).with_sender(sender)
    }

    /// Sends from this account, for which the provider or its node signs. Default: none.
    #[must_use]
    pub fn with_sender(mut self, sender: Address) -> Self {
        self.chain.sender = Some(sender);
        self
    }

    /// Limits how long to wait for a receipt. Default: 120 seconds.
    #[must_use]
    pub const fn with_confirmation_timeout(mut self, timeout: Duration) -> Self {
        self.chain.confirmation_timeout = timeout;
        self
    }

    /// Takes the addresses from the resolver of the context.
    ///
    /// # Errors
    /// Those of [`ResolverClient::addresses`].
    pub async fn resolved(mut self) -> Result<Self, ContractError>
    where
        P: Clone,
    {
        let addresses = self.resolver().addresses().await?;
        let context = Arc::unwrap_or_clone(self.chain.context).with_contracts(addresses);
        self.chain.context = Arc::new(context);
        Ok(self)
    }

    /// The same with the addresses of the resolver, if the context has one, after checking the chain and these contracts.
    #[cfg(feature = "transport")]
    pub(crate) async fn checked(mut self, contracts: &[Contract]) -> Result<Self, ContractError>
    where
        P: Clone,
    {
        if self.context().resolver().is_some() {
            // The wrong chain is the more helpful error than a missing resolver.
            self.verify_with(&[]).await?;
            self = self.resolved().await?;
        }
        self.verify_with(contracts).await?;
        Ok(self)
    }

    /// Checks that the RPC serves the chain of the context, and that its contracts are there. Otherwise a wrong network is
    /// noticed call by call.
    ///
    /// # Errors
    /// [`ContractError::WrongChain`], [`ContractError::NoContract`] or [`ContractError::NoAddress`] with what is missing, and
    /// [`ContractError::Rpc`].
    pub async fn verify(&self) -> Result<(), ContractError> {
        self.verify_with(&Contract::USED).await
    }

    /// As [`LitContracts::verify`], for these contracts only.
    ///
    /// # Errors
    /// Those of [`LitContracts::verify`].
    pub async fn verify_with(&self, contracts: &[Contract]) -> Result<(), ContractError> {
        let expected = self.chain.context.chain_id();
        let rpc = |call| move |source| ContractError::Rpc { call, source };
        let actual = self
            .chain
            .provider
            .get_chain_id()
            .await
            .map_err(rpc("eth_chainId"))?;
        if actual != expected {
            return Err(ContractError::WrongChain { expected, actual });
        }
        let checks = contracts.iter().map(|contract| async move {
            let address = self.chain.address(*contract)?;
            let code = self.chain.provider.get_code_at(address).await;
            if code.map_err(rpc("eth_getCode"))?.is_empty() {
                return Err(ContractError::NoContract {
                    contract: *contract,
                    address,
                });
            }
            Ok(())
        });
        try_join_all(checks).await.map(drop)
    }

    /// The network.
    #[must_use]
    pub fn context(&self) -> &NetworkContext {
        &self.chain.context
    }

    /// The provider.
    #[must_use]
    pub const fn provider(&self) -> &P {
        &self.chain.provider
    }

    /// The account that sends.
    #[must_use]
    pub const fn sender(&self) -> Option<Address> {
        self.chain.sender
    }
}

impl<P: Provider + Clone> LitContracts<P> {
    /// Nodes, threshold and epochs.
    #[must_use]
    pub fn staking(&self) -> Staking<P> {
        Staking(self.chain.clone())
    }

    /// PKPs.
    #[must_use]
    pub fn pkp(&self) -> Pkps<P> {
        Pkps(self.chain.clone())
    }

    /// The permissions of PKPs.
    #[must_use]
    pub fn permissions(&self) -> Permissions<P> {
        Permissions(self.chain.clone())
    }

    /// Capacity credits.
    #[must_use]
    pub fn credits(&self) -> Credits<P> {
        Credits(self.chain.clone())
    }

    /// Payers and the users they pay for.
    #[must_use]
    pub fn payments(&self) -> Payments<P> {
        Payments(self.chain.clone())
    }

    /// The addresses of the contracts.
    #[must_use]
    pub fn resolver(&self) -> ResolverClient<P> {
        ResolverClient(self.chain.clone())
    }
}
