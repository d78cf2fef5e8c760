use alloy_primitives::Address;
use alloy_provider::Provider;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    Contract, ContractAddresses, ContractError, ResolverEnvironment,
    bindings::ContractResolver as abi, chain::Chain, pkp::CONCURRENT_CALLS,
};

/// One word.
const ANSWER_BYTES: usize = 32;

/// Looks up the addresses of contracts.
#[derive(Debug, Clone)]
pub struct ResolverClient<P>(pub(crate) Chain<P>);

impl<P: Provider> ResolverClient<P> {
    /// The address of a contract; `None` if the resolver does not know it.
    ///
    /// # Errors
    /// [`ContractError::NoResolver`], and those of any call.
    #[doc(alias = "getContract")]
    pub async fn address(&self, contract: Contract) -> Result<Option<Address>, ContractError> {
        let resolver = self.0.context.resolver().ok_or(ContractError::NoResolver)?;
        self.lookup(contract, resolver.address, resolver.environment)
            .await
    }

    /// The addresses of all contracts that clients call. Unknown ones are zero.
    ///
    /// # Errors
    /// [`ContractError::NotInResolver`] if the resolver does not know a required contract (Staking, PubkeyRouter, PKPNFT,
    /// PKPPermissions), [`ContractError::NoResolver`], and those of any call.
    pub async fn addresses(&self) -> Result<ContractAddresses, ContractError> {
        let resolver = self.0.context.resolver().ok_or(ContractError::NoResolver)?;
        let mut addresses = *self.0.context.contracts();
        let known = Contract::ALL
            .into_iter()
            .filter(|contract| contract.resolver_tag().is_some())
            .filter(|contract| addresses.set(*contract, Address::ZERO))
            .collect::<Vec<_>>();
        let found: Vec<_> = stream::iter(known)
            .map(|contract| async move {
                let address = self
                    .lookup(contract, resolver.address, resolver.environment)
                    .await?;
                Ok::<_, ContractError>((contract, address))
            })
            .buffered(CONCURRENT_CALLS)
            .try_collect()
            .await?;
        for (contract, address) in found {
            match address {
                Some(address) => {
                    addresses.set(contract, address);
                }
                None if is_essential(contract) => {
                    return Err(ContractError::NotInResolver {
                        resolver: resolver.address,
                        contract,
                        environment: resolver.environment,
                    });
                }
                None => {}
            }
        }
        addresses.set(Contract::ContractResolver, resolver.address);
        Ok(addresses)
    }

    async fn lookup(
        &self,
        contract: Contract,
        resolver: Address,
        environment: ResolverEnvironment,
    ) -> Result<Option<Address>, ContractError> {
        let Some(key) = contract.resolver_key() else {
            return Ok(Some(resolver));
        };
        let call = abi::getContractCall {
            typ: key,
            env: environment as u8,
        };
        let address = self
            .0
            .read_at(Contract::ContractResolver, resolver, &call, ANSWER_BYTES)
            .await?;
        Ok(Some(address).filter(|address| !address.is_zero()))
    }
}

const fn is_essential(contract: Contract) -> bool {
    matches!(
        contract,
        Contract::Staking | Contract::PubkeyRouter | Contract::PkpNft | Contract::PkpPermissions
    )
}
