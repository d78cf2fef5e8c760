use std::{sync::Arc, time::Duration};

use alloy_primitives::Address;
use alloy_provider::{Provider, WalletProvider};
use futures_util::future::try_join_all;

use crate::{
    Contract, ContractError, Credits, NetworkContext, Payments, Permissions, Pkps, ResolverClient,
    Staking, chain::Chain,
};

/// The contracts of a network, behind a provider.
///
/// Reading needs any provider of alloy. Sending needs one that signs (or a node that does) and a sender:
/// [`LitContracts::with_wallet`] takes both from the provider.
///
/// Clones are cheap, and share the order in which they send: transactions of concurrent tasks get their nonces one after
/// the other, and one that is refused leaves no gap. So **clone one `LitContracts` per account**, rather than making
/// several. Whoever sends from the same account by other means may still take a nonce first; that gives
/// [`ContractError::Refused`], which [is retryable](ContractError::is_retryable).
#[derive(Debug, Clone)]
pub struct LitContracts<P> {
    chain: Chain<P>,
}

impl<P: Provider> LitContracts<P> {
    /// For reading. Nothing is sent before [`LitContracts::with_sender`].
    #[must_use]
    pub fn new(context: NetworkContext, provider: P) -> Self {
        Self {
            chain: Chain::new(context, provider),
        }
    }

    /// For reading, and for sending from the first account of the provider's wallet.
    #[must_use]
    pub fn with_wallet(context: NetworkContext, provider: P) -> Self
    where
        P: WalletProvider,
    {
        let sender = provider.default_signer_address();
        Self::new(context, provider).with_sender(sender)
    }

    /// Sends from an account, for which the provider or its node must sign. Default: none.
    #[must_use]
    pub fn with_sender(mut self, sender: Address) -> Self {
        self.chain.sender = Some(sender);
        self
    }

    /// How long to wait for the receipt of a transaction. Default: 120 seconds.
    #[must_use]
    pub const fn with_confirmation_timeout(mut self, timeout: Duration) -> Self {
        self.chain.confirmation_timeout = timeout;
        self
    }

    /// With the addresses that the resolver of the context knows.
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

    /// Checks that the RPC serves the chain of the context, and that its contracts are there. Worth the calls once, when a
    /// program starts: a wrong network is otherwise noticed call by call.
    ///
    /// # Errors
    /// [`ContractError::WrongChain`], [`ContractError::NoContract`] or [`ContractError::NoAddress`] naming what is missing,
    /// and [`ContractError::Rpc`].
    pub async fn verify(&self) -> Result<(), ContractError> {
        self.verify_with(&Contract::USED).await
    }

    /// The same for the contracts that a program needs.
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

    /// Who sends, if anybody does.
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

    /// Who and what may use a PKP.
    #[must_use]
    pub fn permissions(&self) -> Permissions<P> {
        Permissions(self.chain.clone())
    }

    /// Capacity credits.
    #[must_use]
    pub fn credits(&self) -> Credits<P> {
        Credits(self.chain.clone())
    }

    /// Who pays for whom.
    #[must_use]
    pub fn payments(&self) -> Payments<P> {
        Payments(self.chain.clone())
    }

    /// Where contracts are.
    #[must_use]
    pub fn resolver(&self) -> ResolverClient<P> {
        ResolverClient(self.chain.clone())
    }
}
