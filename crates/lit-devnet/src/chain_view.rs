use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lit_contracts::{
    ContractAddresses,
    bindings::{PKPNFT, PKPPermissions, PaymentDelegation, PubkeyRouter, RateLimitNFT, Staking},
};
use lit_types::{PkpPublicKey, TokenId};

use crate::chain::{Chain, ChainError};

/// How many bits of scopes nodes read.
const SCOPE_BITS: u64 = 32;
/// How many credits of one account are looked at.
const MAX_CREDITS: u64 = 1_000;

/// What nodes read from the chain, by calls in this process (contract specification, section 4).
#[derive(Debug, Clone)]
pub(crate) struct ChainView {
    chain: Chain,
    addresses: ContractAddresses,
}

/// Something that is permitted to use a PKP: a type, and an id whose meaning depends on it.
pub(crate) type Permitted = PKPPermissions::AuthMethod;

/// The chain does not answer as its contracts do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainReadError {
    #[error("{call}: {source}")]
    Call {
        call: &'static str,
        source: ChainError,
    },
    #[error("{call} answers something else: {source}")]
    Decode {
        call: &'static str,
        source: alloy_sol_types::Error,
    },
}

impl ChainView {
    pub(crate) const fn new(chain: Chain, addresses: ContractAddresses) -> Self {
        Self { chain, addresses }
    }

    /// The number of the epoch.
    pub(crate) fn epoch(&self) -> Result<u64, ChainReadError> {
        let epoch = self.read(self.addresses.staking, &Staking::epochCall {})?;
        Ok(epoch.number.saturating_to())
    }

    /// The key of a PKP, none for a token that does not exist.
    pub(crate) fn public_key(
        &self,
        token: TokenId,
    ) -> Result<Option<PkpPublicKey>, ChainReadError> {
        let call = PubkeyRouter::getPubkeyCall {
            tokenId: token.as_u256(),
        };
        let key = self.read(self.addresses.pubkey_router, &call)?;
        Ok(PkpPublicKey::from_sec1(&key).ok())
    }

    /// What the key of a PKP is derived for, none for a token that does not exist.
    pub(crate) fn derived_key_id(&self, token: TokenId) -> Result<Option<B256>, ChainReadError> {
        let call = PubkeyRouter::pubkeysCall {
            tokenId: token.as_u256(),
        };
        let data = self.read(self.addresses.pubkey_router, &call)?;
        Ok((!data.pubkey.is_empty()).then_some(data.derivedKeyId))
    }

    /// Who owns a PKP, none for one that does not exist or was burned.
    pub(crate) fn owner(&self, token: TokenId) -> Result<Option<Address>, ChainReadError> {
        let call = PKPNFT::ownerOfCall {
            tokenId: token.as_u256(),
        };
        none_if_reverted(self.read(self.addresses.pkp_nft, &call))
    }

    /// All that is permitted to use a PKP, with whatever scopes.
    pub(crate) fn permitted(&self, token: TokenId) -> Result<Vec<Permitted>, ChainReadError> {
        self.permissions(PKPPermissions::getPermittedAuthMethodsCall {
            tokenId: token.as_u256(),
        })
    }

    /// The scopes of something permitted: one flag for each number.
    pub(crate) fn scopes(
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
    }

    /// The PKPs that an auth method is permitted to use.
    pub(crate) fn tokens_of(&self, kind: u32, id: &[u8]) -> Result<Vec<TokenId>, ChainReadError> {
        let ids = self.permissions(PKPPermissions::getTokenIdsForAuthMethodCall {
            authMethodType: U256::from(kind),
            id: id.to_vec().into(),
        })?;
        Ok(ids.into_iter().map(TokenId::new).collect())
    }

    /// The public key with which an auth method was registered, often none.
    pub(crate) fn user_public_key(&self, kind: u32, id: &[u8]) -> Result<Vec<u8>, ChainReadError> {
        let key = self.permissions(PKPPermissions::getUserPubkeyForAuthMethodCall {
            authMethodType: U256::from(kind),
            id: id.to_vec().into(),
        })?;
        Ok(key.into())
    }

    /// When a capacity credit expires, in seconds since 1970; 0 for one that does not exist.
    pub(crate) fn credit_expiry(&self, id: U256) -> Result<u64, ChainReadError> {
        let limit = self.credits(RateLimitNFT::capacityCall { tokenId: id })?;
        Ok(limit.expiresAt.saturating_to())
    }

    /// Who owns a capacity credit.
    pub(crate) fn credit_owner(&self, id: U256) -> Result<Option<Address>, ChainReadError> {
        none_if_reverted(self.credits(RateLimitNFT::ownerOfCall { tokenId: id }))
    }

    /// The capacity credits of an account, expired ones included.
    pub(crate) fn credits_of(&self, owner: Address) -> Result<Vec<U256>, ChainReadError> {
        let count: u64 = self
            .credits(RateLimitNFT::balanceOfCall { owner })?
            .saturating_to();
        (0..count.min(MAX_CREDITS))
            .map(|index| {
                self.credits(RateLimitNFT::tokenOfOwnerByIndexCall {
                    owner,
                    index: U256::from(index),
                })
            })
            .collect()
    }

    /// Who pays for an account.
    pub(crate) fn payers_of(&self, user: Address) -> Result<Vec<Address>, ChainReadError> {
        let call = PaymentDelegation::getPayersCall { user };
        self.read(self.addresses.payment_delegation, &call)
    }

    /// What the permissions contract answers.
    #[allow(clippy::needless_pass_by_value, reason = "a call is made to be made")]
    pub(crate) fn permissions<C: SolCall>(&self, call: C) -> Result<C::Return, ChainReadError> {
        self.read(self.addresses.pkp_permissions, &call)
    }

    #[allow(clippy::needless_pass_by_value, reason = "a call is made to be made")]
    fn credits<C: SolCall>(&self, call: C) -> Result<C::Return, ChainReadError> {
        self.read(self.addresses.rate_limit_nft, &call)
    }

    /// What a contract answers.
    pub(crate) fn read<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, ChainReadError> {
        let data = call.abi_encode().into();
        let answer = self
            .chain
            .call(contract, data)
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

/// What does not exist has no owner: the contract says so by a revert.
fn none_if_reverted<T>(read: Result<T, ChainReadError>) -> Result<Option<T>, ChainReadError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(ChainReadError::Call {
            source: ChainError::Revert(_),
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}
