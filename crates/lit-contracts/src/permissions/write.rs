use alloy_primitives::{Address, Bytes, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;
use lit_types::TokenId;

use super::Permissions;
use crate::{
    ActionCid, AuthMethodKind, Confirmation, Contract, ContractError, PermittedAuthMethod, Scopes,
    bindings::PKPPermissions as abi, mint::MethodLists,
};

/// Auth methods to add and remove in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionChanges {
    add: Vec<(PermittedAuthMethod, Scopes)>,
    remove: Vec<(AuthMethodKind, Bytes)>,
}

impl PermissionChanges {
    /// Adds a method.
    #[must_use]
    pub fn add(mut self, method: PermittedAuthMethod, scopes: Scopes) -> Self {
        self.add.push((method, scopes));
        self
    }

    /// Removes a method, after all additions.
    #[must_use]
    pub fn remove(mut self, method: &PermittedAuthMethod) -> Self {
        self.remove.push((method.kind(), method.id().clone()));
        self
    }
}

impl<P: Provider> Permissions<P> {
    /// Permits a Lit Action.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "addPermittedAction")]
    pub async fn add_action(
        &self,
        token: TokenId,
        cid: &ActionCid,
        scopes: Scopes,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::addPermittedActionCall {
            tokenId: token.as_u256(),
            ipfsCID: (*cid).into(),
            scopes: scopes.to_list(),
        })
        .await
    }

    /// Revokes the permission of a Lit Action.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias("removePermittedAction", "revokePermittedAction"))]
    pub async fn remove_action(
        &self,
        token: TokenId,
        cid: &ActionCid,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::removePermittedActionCall {
            tokenId: token.as_u256(),
            ipfsCID: (*cid).into(),
        })
        .await
    }

    /// Permits a wallet.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "addPermittedAddress")]
    pub async fn add_address(
        &self,
        token: TokenId,
        address: Address,
        scopes: Scopes,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::addPermittedAddressCall {
            tokenId: token.as_u256(),
            user: address,
            scopes: scopes.to_list(),
        })
        .await
    }

    /// Revokes the permission of a wallet.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "removePermittedAddress")]
    pub async fn remove_address(
        &self,
        token: TokenId,
        address: Address,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::removePermittedAddressCall {
            tokenId: token.as_u256(),
            user: address,
        })
        .await
    }

    /// Permits an auth method.
    ///
    /// # Errors
    /// [`RevertKind::OtherUserPublicKey`](crate::RevertKind::OtherUserPublicKey) for a WebAuthn credential that is known with
    /// another key, and those of any transaction.
    #[doc(alias = "addPermittedAuthMethod")]
    pub async fn add_auth_method(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
        scopes: Scopes,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::addPermittedAuthMethodCall {
            tokenId: token.as_u256(),
            authMethod: abi::AuthMethod {
                authMethodType: method.kind().number(),
                id: method.id().clone(),
                userPubkey: method.user_public_key().clone(),
            },
            scopes: scopes.to_list(),
        })
        .await
    }

    /// Revokes the permission of an auth method.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "removePermittedAuthMethod")]
    pub async fn remove_auth_method(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::removePermittedAuthMethodCall {
            tokenId: token.as_u256(),
            authMethodType: method.kind().number(),
            id: method.id().clone(),
        })
        .await
    }

    /// Adds and removes auth methods in one transaction.
    ///
    /// # Errors
    /// [`ContractError::Empty`] for an empty change, and those of [`Permissions::add_auth_method`].
    #[doc(alias = "batchAddRemoveAuthMethods")]
    pub async fn change(
        &self,
        token: TokenId,
        changes: PermissionChanges,
    ) -> Result<Confirmation, ContractError> {
        if changes == PermissionChanges::default() {
            return Err(ContractError::Empty("the changes of permissions"));
        }
        let add = MethodLists::new(changes.add);
        let (kinds, ids) = changes
            .remove
            .into_iter()
            .map(|(kind, id)| (kind.number(), id))
            .unzip();
        self.write(abi::batchAddRemoveAuthMethodsCall {
            tokenId: token.as_u256(),
            permittedAuthMethodTypesToAdd: add.kinds,
            permittedAuthMethodIdsToAdd: add.ids,
            permittedAuthMethodPubkeysToAdd: add.public_keys,
            permittedAuthMethodScopesToAdd: add.scopes,
            permittedAuthMethodTypesToRemove: kinds,
            permittedAuthMethodIdsToRemove: ids,
        })
        .await
    }

    /// Adds a scope, given by its bit. It takes effect once the method is permitted.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "addPermittedAuthMethodScope")]
    pub async fn add_scope(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
        scope: u8,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::addPermittedAuthMethodScopeCall {
            tokenId: token.as_u256(),
            authMethodType: method.kind().number(),
            id: method.id().clone(),
            scopeId: U256::from(scope),
        })
        .await
    }

    /// Removes a scope, given by its bit.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "removePermittedAuthMethodScope")]
    pub async fn remove_scope(
        &self,
        token: TokenId,
        method: &PermittedAuthMethod,
        scope: u8,
    ) -> Result<Confirmation, ContractError> {
        self.write(abi::removePermittedAuthMethodScopeCall {
            tokenId: token.as_u256(),
            authMethodType: method.kind().number(),
            id: method.id().clone(),
            scopeId: U256::from(scope),
        })
        .await
    }

    async fn write<C: SolCall>(&self, call: C) -> Result<Confirmation, ContractError> {
        let mined = self
            .0
            .send(Contract::PkpPermissions, call, U256::ZERO)
            .await?;
        Ok(mined.confirmation())
    }
}
