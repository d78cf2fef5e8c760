use alloy_primitives::{Address, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    CapacityCredit, Confirmation, Contract, ContractError, CreditExpiry, CreditId, RequestRate,
    bindings::RateLimitNFT as abi,
    chain::Chain,
    pkp::{CONCURRENT_CALLS, MAX_LISTED, enumerate},
};

/// Capacity credits: NFTs that pay for requests.
#[derive(Debug, Clone)]
pub struct Credits<P>(pub(crate) Chain<P>);

/// A newly minted capacity credit.
#[doc(alias = "MintCapacityCreditsRes")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MintedCredit {
    /// The id.
    pub id: CreditId,
    /// The paid price in wei, without gas.
    pub paid: U256,
    /// The transaction.
    pub confirmation: Confirmation,
}

impl<P: Provider> Credits<P> {
    /// The current price of a credit in wei: rate times seconds until the expiry times unit price. It falls from block to block.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::ExpiryInThePast`](crate::RevertKind::ExpiryInThePast) or
    /// [`RevertKind::ExpiryTooFar`](crate::RevertKind::ExpiryTooFar), and those of any call.
    #[doc(alias = "calculateCost")]
    pub async fn quote(
        &self,
        rate: RequestRate,
        expiry: CreditExpiry,
    ) -> Result<U256, ContractError> {
        self.read(abi::calculateCostCall {
            requestsPerKilosecond: U256::from(rate.per_kilosecond()),
            expiresAt: U256::from(expiry.unix_seconds()),
        })
        .await
    }

    /// Mints a credit for the sender at the current price.
    ///
    /// The contract derives the rate from the payment, so the rate may be slightly higher if blocks pass after the quote.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::SoldOut`](crate::RevertKind::SoldOut) and those of
    /// [`Credits::quote`]; those of any transaction.
    #[doc(alias = "mintCapacityCreditsNFT")]
    pub async fn mint(
        &self,
        rate: RequestRate,
        expiry: CreditExpiry,
    ) -> Result<MintedCredit, ContractError> {
        let contract = self.0.address(Contract::RateLimitNft)?;
        let sender = self.0.sender()?;
        let paid = self.quote(rate, expiry).await?;
        let call = abi::mintCall {
            expiresAt: U256::from(expiry.unix_seconds()),
        };
        let mined = self.0.send(Contract::RateLimitNft, call, paid).await?;
        let id = mined
            .events::<abi::Transfer>(contract)
            .find(|event| event.from.is_zero() && event.to == sender)
            .map(|event| CreditId::new(event.tokenId))
            .ok_or_else(|| mined.bad("no capacity credit was given to the sender"))?;
        Ok(MintedCredit {
            id,
            paid,
            confirmation: mined.confirmation(),
        })
    }

    /// A credit; `None` for an unknown id.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "capacity")]
    pub async fn get(&self, id: CreditId) -> Result<Option<CapacityCredit>, ContractError> {
        let limit = self
            .read(abi::capacityCall {
                tokenId: id.as_u256(),
            })
            .await?;
        let number = |value: U256| {
            u64::try_from(value).map_err(|_| ContractError::BadAnswer {
                call: abi::capacityCall::SIGNATURE,
                problem: "numbers that exceed 64 bits",
            })
        };
        let credit = CapacityCredit {
            id,
            requests_per_kilosecond: number(limit.requestsPerKilosecond)?,
            expires_at: number(limit.expiresAt)?,
        };
        Ok(Some(credit).filter(|credit| credit.expires_at > 0))
    }

    /// The first 10 000 credits of an account, including expired ones.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias("getTokensByOwnerAddress", "getCapacityByIndex"))]
    pub async fn owned_by(&self, owner: Address) -> Result<Vec<CapacityCredit>, ContractError> {
        let count: u64 = self
            .read(abi::balanceOfCall { owner })
            .await?
            .saturating_to();
        let ids = enumerate(0..count.min(MAX_LISTED), |index| {
            self.read(abi::tokenOfOwnerByIndexCall {
                owner,
                index: U256::from(index),
            })
        })
        .await?;
        stream::iter(ids)
            .map(|id| self.get(CreditId::new(id)))
            .buffered(CONCURRENT_CALLS)
            .try_filter_map(|credit| std::future::ready(Ok(credit)))
            .try_collect()
            .await
    }

    /// Whether a credit has expired at the time of the latest block. True for an unknown id.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "isExpired")]
    pub async fn is_expired(&self, id: CreditId) -> Result<bool, ContractError> {
        self.read(abi::isExpiredCall {
            tokenId: id.as_u256(),
        })
        .await
    }

    /// Transfers a credit to another account.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "transferFrom")]
    pub async fn transfer(&self, id: CreditId, to: Address) -> Result<Confirmation, ContractError> {
        let token = id.as_u256();
        let from = self.read(abi::ownerOfCall { tokenId: token }).await?;
        self.write(abi::transferFromCall {
            from,
            to,
            tokenId: token,
        })
        .await
    }

    /// Burns the expired credits of an account. Anybody may call it.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "pruneExpired")]
    pub async fn prune(&self, owner: Address) -> Result<Confirmation, ContractError> {
        self.write(abi::pruneExpiredCall { owner }).await
    }

    async fn read<C: SolCall>(&self, call: C) -> Result<C::Return, ContractError> {
        self.0.read(Contract::RateLimitNft, call).await
    }

    async fn write<C: SolCall>(&self, call: C) -> Result<Confirmation, ContractError> {
        let mined = self
            .0
            .send(Contract::RateLimitNft, call, U256::ZERO)
            .await?;
        Ok(mined.confirmation())
    }
}
