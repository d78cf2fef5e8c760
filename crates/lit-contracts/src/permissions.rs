use alloy_primitives::{Address, Bytes, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;
use lit_types::TokenId;

use crate::{
    ActionCid, AuthMethodKind, Contract, ContractError, PermittedAuthMethod, Scopes,
    bindings::PKPPermissions as abi, chain::Chain,
};

mod write;

pub use write::PermissionChanges;

/// How many scope bits are read. Nodes read the same number; the contract keeps 256.
const SCOPE_BITS: u64 = 32;

/// The permissions of PKPs.
///
/// Only the owner of the PKP's NFT may write ([`RevertKind::NotPkpOwner`](crate::RevertKind::NotPkpOwner) otherwise).
///
/// Removing an entry unlists it, but the contract keeps its scopes. An entry that is added again has its old scopes besides
/// the new ones, until [`Permissions::remove_scope`] removes them.
#[derive(Debug, Clone)]
pub struct Permissions<P>(pub(crate) Chain<P>);

impl<P: Provider> Permissions<P> {
    /// The permitted Lit Actions. Malformed CIDs are left out; [`Permissions::auth_methods`] has them.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getPermittedActions")]
    pub async fn actions(&self, token: TokenId) -> Result<Vec<ActionCid>, ContractError> {
        let ids = self
            .read(abi::getPermittedActionsCall {
                tokenId: token.as_u256(),
            })
            .await?;
        Ok(ids
            .iter()
            .filter_map(|id| ActionCid::from_bytes(id).ok())
            .collect())
    }

    /// Whether a Lit Action is permitted, with any scopes.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "isPermittedAction")]
    pub async fn is_action_permitted(
        &self,
        token: TokenId,
        cid: &ActionCid,
    ) -> Result<bool, ContractError> {
        self.read(abi::isPermittedActionCall {
            tokenId: token.as_u256(),
            ipfsCID: (*cid).into(),
        })
        .await
    }

    /// The owner of the NFT, then the permitted wallets.
    ///
    /// The contract truncates the ids of wallets that were permitted by hash to 20 bytes. Nobody has such an address.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getPermittedAddresses")]
    pub async fn addresses(&self, token: TokenId) -> Result<Vec<Address>, ContractError> {
        self.read(abi::getPermittedAddressesCall {
            tokenId: token.as_u256(),
        })
        .await
    }

    /// Whether a wallet is permitted with any scopes, or owns the NFT.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "isPermittedAddress")]
    pub async fn is_address_permitted(
        &self,
        token: TokenId,
        address: Address,
    ) -> Result<bool, ContractError> {
        self.read(abi::isPermittedAddressCall {
            tokenId: token.as_u256(),
            user: address,
        })
        .await
    }

    /// All permitted auth methods, actions and wallets.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getPermittedAuthMethods")]
    pub async fn auth_methods(
        &self,
        token: TokenId,
    ) -> Result<Vec<PermittedAuthMethod>, ContractError> {
        let methods = self
            .read(abi::getPermittedAuthMethodsCall {
                tokenId: token.as_u256(),
            })
            .await?;
        Ok(methods
            .into_iter()
            .map(|method| {
                let kind = AuthMethodKind::custom(method.authMethodType);
                PermittedAuthMethod::new(kind, method.id).with_user_public_key(method.userPubkey)
            })
            .collect())
    }

    /// Whether an auth method is permitted, with any scopes.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "isPermittedAuthMethod")]
    pub async fn is_auth_method_permitted(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
    ) -> Result<bool, ContractError> {
        self.read(abi::isPermittedAuthMethodCall {
            tokenId: token.as_u256(),
            authMethodType: method.kind().number(),
            id: method.id().clone(),
        })
        .await
    }

    /// The scopes of an auth method: the first 32 bits, as nodes read them. [`Permissions::has_scope`] reads the others.
    ///
    /// The contract also has scopes of methods that are not (or no longer) permitted.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getPermittedAuthMethodScopes")]
    pub async fn scopes(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
    ) -> Result<Scopes, ContractError> {
        let flags = self
            .read(abi::getPermittedAuthMethodScopesCall {
                tokenId: token.as_u256(),
                authMethodType: method.kind().number(),
                id: method.id().clone(),
                maxScopeId: U256::from(SCOPE_BITS),
            })
            .await?;
        Ok(Scopes::from_flags(&flags))
    }

    /// Whether an auth method has a scope, given by its bit.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "isPermittedAuthMethodScopePresent")]
    pub async fn has_scope(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
        scope: u8,
    ) -> Result<bool, ContractError> {
        self.read(abi::isPermittedAuthMethodScopePresentCall {
            tokenId: token.as_u256(),
            authMethodType: method.kind().number(),
            id: method.id().clone(),
            scopeId: U256::from(scope),
        })
        .await
    }

    /// The PKPs that permit an auth method.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias("getTokenIdsForAuthMethod", "fetchPKPs"))]
    pub async fn tokens_of(
        &self,
        method: &PermittedAuthMethod,
    ) -> Result<Vec<TokenId>, ContractError> {
        let ids = self
            .read(abi::getTokenIdsForAuthMethodCall {
                authMethodType: method.kind().number(),
                id: method.id().clone(),
            })
            .await?;
        Ok(ids.into_iter().map(TokenId::new).collect())
    }

    /// The public key of an auth method, on all PKPs; empty except for WebAuthn.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getUserPubkeyForAuthMethod")]
    pub async fn user_public_key(
        &self,
        method: &PermittedAuthMethod,
    ) -> Result<Bytes, ContractError> {
        self.read(abi::getUserPubkeyForAuthMethodCall {
            authMethodType: method.kind().number(),
            id: method.id().clone(),
        })
        .await
    }

    async fn read<C: SolCall>(&self, call: C) -> Result<C::Return, ContractError> {
        self.0.read_nested(Contract::PkpPermissions, call).await
    }
}
