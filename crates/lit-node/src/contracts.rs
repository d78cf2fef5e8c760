use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use lit_contracts::{
    ContractAddresses,
    bindings::{PKPNFT, PKPPermissions, PaymentDelegation, PubkeyRouter, RateLimitNFT, Staking},
};
use lit_types::{NodeErrorCode, PkpPublicKey, TokenId};

use crate::{CallError, ChainReader, refusal::Refusal};

/// The number of scope bits that nodes read.
const SCOPE_BITS: u64 = 32;
/// The number of credits of one account that are checked.
const MAX_CREDITS: u64 = 1_000;

/// Reads the contracts of the network.
#[derive(Debug, Clone)]
pub(crate) struct Contracts {
    chain: Arc<dyn ChainReader>,
    addresses: ContractAddresses,
}

/// An auth method permitted to use a PKP: a type, and an id whose format depends on the type.
pub(crate) type Permitted = PKPPermissions::AuthMethod;

/// A contract call that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainReadError {
    #[error("call of {call} failed")]
    Call {
        call: &'static str,
        source: CallError,
    },
    #[error("malformed result of {call}")]
    Decode {
        call: &'static str,
        source: alloy_sol_types::Error,
    },
}

impl Contracts {
    pub(crate) const fn new(chain: Arc<dyn ChainReader>, addresses: ContractAddresses) -> Self {
        Self { chain, addresses }
    }

    /// The number of the current epoch.
    pub(crate) async fn epoch(&self) -> Result<u64, ChainReadError> {
        let epoch = self
            .read(self.addresses.staking, &Staking::epochCall {})
            .await?;
        Ok(epoch.number.saturating_to())
    }

    /// The public key of a PKP; `None` if the token does not exist.
    pub(crate) async fn public_key(
        &self,
        token: TokenId,
    ) -> Result<Option<PkpPublicKey>, ChainReadError> {
        let call = PubkeyRouter::getPubkeyCall {
            tokenId: token.as_u256(),
        };
        let key = self.read(self.addresses.pubkey_router, &call).await?;
        Ok(PkpPublicKey::from_sec1(&key).ok())
    }

    /// The key id from which a PKP's key is derived; `None` if the token does not exist.
    pub(crate) async fn derived_key_id(
        &self,
        token: TokenId,
    ) -> Result<Option<B256>, ChainReadError> {
        let call = PubkeyRouter::pubkeysCall {
            tokenId: token.as_u256(),
        };
        let data = self.read(self.addresses.pubkey_router, &call).await?;
        Ok((!data.pubkey.is_empty()).then_some(data.derivedKeyId))
    }

    /// The owner of a PKP; `None` if it does not exist or was burned.
    pub(crate) async fn owner(&self, token: TokenId) -> Result<Option<Address>, ChainReadError> {
        let call = PKPNFT::ownerOfCall {
            tokenId: token.as_u256(),
        };
        none_if_reverted(self.read(self.addresses.pkp_nft, &call).await)
    }

    /// All auth methods permitted to use a PKP, with any scopes.
    pub(crate) async fn permitted(&self, token: TokenId) -> Result<Vec<Permitted>, ChainReadError> {
        self.permissions(PKPPermissions::getPermittedAuthMethodsCall {
            tokenId: token.as_u256(),
        })
        .await
    }

    /// The scopes of a permitted auth method: one flag per scope number.
    pub(crate) async fn scopes(
        &self,
        token: TokenId,
        permitted: &Permitted,
    ) -> Result<Vec<bool>, ChainReadError> {
        self.permissions(PKPPermissions::getPermittedAuthMethodScopesCall {
            tokenId: token.as_u256(),
            authMethodType: permitted.authMethodType,
            id: permitted.id.clone(),
            maxScopeId: U256::from(SCOPE_BITS),
        })
        .await
    }

    /// The PKPs that an auth method may use.
    pub(crate) async fn tokens_of(
        &self,
        kind: u32,
        id: &[u8],
    ) -> Result<Vec<TokenId>, ChainReadError> {
        let ids = self.permissions(PKPPermissions::getTokenIdsForAuthMethodCall {
            authMethodType: U256::from(kind),
            id: id.to_vec().into(),
        });
        let ids = ids.await?;
        Ok(ids.into_iter().map(TokenId::new).collect())
    }

    /// The public key registered with an auth method; empty if it has none.
    pub(crate) async fn user_public_key(
        &self,
        kind: u32,
        id: &[u8],
    ) -> Result<Vec<u8>, ChainReadError> {
        let key = self.permissions(PKPPermissions::getUserPubkeyForAuthMethodCall {
            authMethodType: U256::from(kind),
            id: id.to_vec().into(),
        });
        Ok(key.await?.into())
    }

    /// The expiration of a capacity credit, in Unix seconds; 0 if the credit does not exist.
    pub(crate) async fn credit_expiry(&self, id: U256) -> Result<u64, ChainReadError> {
        let limit = self
            .credits(RateLimitNFT::capacityCall { tokenId: id })
            .await?;
        Ok(limit.expiresAt.saturating_to())
    }

    /// The owner of a capacity credit; `None` if it does not exist.
    pub(crate) async fn credit_owner(&self, id: U256) -> Result<Option<Address>, ChainReadError> {
        none_if_reverted(
            self.credits(RateLimitNFT::ownerOfCall { tokenId: id })
                .await,
        )
    }

    /// The number of capacity credits of an account, expired ones included. At most [`MAX_CREDITS`] are looked at.
    pub(crate) async fn credit_count(&self, owner: Address) -> Result<u64, ChainReadError> {
        let count = self.credits(RateLimitNFT::balanceOfCall { owner }).await?;
        Ok(count.saturating_to::<u64>().min(MAX_CREDITS))
    }

    /// The capacity credit of an account at this place, from 0.
    pub(crate) async fn credit_at(
        &self,
        owner: Address,
        place: u64,
    ) -> Result<U256, ChainReadError> {
        let index = U256::from(place);
        self.credits(RateLimitNFT::tokenOfOwnerByIndexCall { owner, index })
            .await
    }

    /// The accounts that pay for `user`.
    pub(crate) async fn payers_of(&self, user: Address) -> Result<Vec<Address>, ChainReadError> {
        let call = PaymentDelegation::getPayersCall { user };
        self.read(self.addresses.payment_delegation, &call).await
    }

    /// Calls the permissions contract.
    #[allow(clippy::needless_pass_by_value, reason = "a call is made to be made")]
    pub(crate) async fn permissions<C: SolCall>(
        &self,
        call: C,
    ) -> Result<C::Return, ChainReadError> {
        self.read(self.addresses.pkp_permissions, &call).await
    }

    #[allow(clippy::needless_pass_by_value, reason = "a call is made to be made")]
    async fn credits<C: SolCall>(&self, call: C) -> Result<C::Return, ChainReadError> {
        self.read(self.addresses.rate_limit_nft, &call).await
    }

    /// Calls a contract.
    async fn read<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, ChainReadError> {
        let request = TransactionRequest::default()
            .to(contract)
            .input(call.abi_encode().into());
        let answer = self
            .chain
            .call(request)
            .await
            .map_err(|source| ChainReadError::Call {
                call: C::SIGNATURE,
                source,
            })?;
        C::abi_decode_returns(&answer).map_err(|source| ChainReadError::Decode {
            call: C::SIGNATURE,
            source,
        })
    }
}

/// Maps a revert to `None`: `ownerOf` reverts for tokens that do not exist.
fn none_if_reverted<T>(read: Result<T, ChainReadError>) -> Result<Option<T>, ChainReadError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(ChainReadError::Call {
            source: CallError::Revert(_),
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<ChainReadError> for Refusal {
    fn from(error: ChainReadError) -> Self {
        Self::caused(NodeErrorCode::NodeBlockchainError, &error)
    }
}
