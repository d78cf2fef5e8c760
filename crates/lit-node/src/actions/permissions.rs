//! Calls of the permissions contract by actions.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use lit_actions::{HostError, HostResult};
use lit_contracts::{ActionCid, bindings::PKPPermissions};
use serde_json::{Value, json};

use super::{ActionRunner, arguments::Arguments};
use crate::causes::with_causes;

/// The number of scopes: the contract stores them in one word.
const MAX_SCOPES: u64 = 256;
const DEFAULT_SCOPES: u64 = 100;

impl ActionRunner {
    pub(super) async fn is_permitted_action(&self, arguments: &Arguments) -> HostResult {
        let cid: ActionCid = arguments.parsed("ipfsId", "a CIDv0 (Qm...)")?;
        self.ask(PKPPermissions::isPermittedActionCall {
            tokenId: arguments.number("tokenId")?,
            ipfsCID: cid.into(),
        })
        .await
        .map(Value::Bool)
    }

    pub(super) async fn is_permitted_address(&self, arguments: &Arguments) -> HostResult {
        self.ask(PKPPermissions::isPermittedAddressCall {
            tokenId: arguments.number("tokenId")?,
            user: arguments.parsed::<Address>("address", "an address of 20 bytes in hex")?,
        })
        .await
        .map(Value::Bool)
    }

    pub(super) async fn is_permitted_auth_method(&self, arguments: &Arguments) -> HostResult {
        self.ask(PKPPermissions::isPermittedAuthMethodCall {
            tokenId: arguments.number("tokenId")?,
            authMethodType: arguments.number("authMethodType")?,
            id: arguments.bytes("userId")?.into(),
        })
        .await
        .map(Value::Bool)
    }

    /// The CIDs of permitted actions. Ids that are not CIDs are left out, because no action has them.
    pub(super) async fn permitted_actions(&self, arguments: &Arguments) -> HostResult {
        let ids = self.ask(PKPPermissions::getPermittedActionsCall {
            tokenId: arguments.number("tokenId")?,
        });
        Ok(ids
            .await?
            .iter()
            .filter_map(|id| ActionCid::from_bytes(id).ok())
            .map(|cid| cid.to_string())
            .collect())
    }

    pub(super) async fn permitted_addresses(&self, arguments: &Arguments) -> HostResult {
        let addresses = self.ask(PKPPermissions::getPermittedAddressesCall {
            tokenId: arguments.number("tokenId")?,
        });
        Ok(addresses.await?.iter().map(ToString::to_string).collect())
    }

    /// The permitted auth methods, with type, id and key in hex with `0x`.
    pub(super) async fn permitted_auth_methods(&self, arguments: &Arguments) -> HostResult {
        let methods = self.ask(PKPPermissions::getPermittedAuthMethodsCall {
            tokenId: arguments.number("tokenId")?,
        });
        let in_json = |method: &PKPPermissions::AuthMethod| {
            json!({
                "auth_method_type": format!("{:#x}", method.authMethodType),
                "id": method.id,
                "user_pubkey": method.userPubkey,
            })
        };
        Ok(methods.await?.iter().map(in_json).collect())
    }

    /// The scopes of an auth method, indexed by scope number.
    pub(super) async fn permitted_scopes(&self, arguments: &Arguments) -> HostResult {
        let scopes = self.ask(PKPPermissions::getPermittedAuthMethodScopesCall {
            tokenId: arguments.number("tokenId")?,
            authMethodType: arguments.number("authMethodType")?,
            id: Bytes::from(arguments.bytes("userId")?),
            maxScopeId: U256::from(arguments.small("maxScopeId", DEFAULT_SCOPES, MAX_SCOPES)?),
        });
        Ok(scopes.await?.into())
    }

    async fn ask<C: SolCall>(&self, call: C) -> Result<C::Return, HostError> {
        self.contracts
            .permissions(call)
            .await
            .map_err(|error| HostError::new(with_causes(&error)))
    }
}
