use alloy_primitives::{Address, U256};
use lit_session_crypto::{action_auth_method_id, hd_key_id};
use lit_types::{
    AuthContext, AuthMethodContext, PkpPublicKey, TokenId,
    constants::{AuthMethodScope, AuthMethodType},
};

use crate::chain_view::{ChainReadError, ChainView, Permitted};

/// Who asks for a PKP, as a node has verified it.
#[derive(Debug)]
pub(crate) struct Claimant {
    /// Auth methods and Lit Actions that authorised the session, or are about to.
    pub(crate) context: AuthContext,
    /// The action that runs, for what it does itself.
    pub(crate) running: Option<String>,
    /// The wallet that authorised the session.
    pub(crate) wallet: Option<Address>,
}

/// Why somebody may not use a PKP.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PermissionRefusal {
    #[error("there is no PKP {0}, or it was burned")]
    NoPkp(TokenId),
    #[error("nothing that was shown is permitted to use the PKP {0} in this way")]
    TooLimited(TokenId),
    #[error(transparent)]
    Chain(#[from] ChainReadError),
}

impl Claimant {
    /// Whether any of it may use the PKP to this extent (wire protocol specification, section 3.7): auth methods first, then
    /// actions, then the wallet. Who owns the PKP may do everything; so a session of a PKP that was sent to itself is not
    /// bound by the scope of whoever logged in.
    pub(crate) fn check(
        &self,
        chain: &ChainView,
        pkp: &PkpPublicKey,
        scope: AuthMethodScope,
    ) -> Result<(), PermissionRefusal> {
        let token = pkp.token_id();
        let owner = chain.owner(token)?;
        let check = Check {
            owner: owner.ok_or(PermissionRefusal::NoPkp(token))?,
            permitted: chain.permitted(token)?,
            chain,
            token,
            scope,
        };
        for method in &self.context.auth_method_contexts {
            if check.auth_method(method)? {
                return Ok(());
            }
        }
        let session = self.context.action_ipfs_id_stack.iter().map(String::as_str);
        for cid in session.chain(self.running.as_deref()) {
            if check.action(cid)? {
                return Ok(());
            }
        }
        match self.wallet {
            Some(wallet) if check.wallet(wallet)? => Ok(()),
            _ => Err(PermissionRefusal::TooLimited(token)),
        }
    }
}

struct Check<'a> {
    chain: &'a ChainView,
    token: TokenId,
    owner: Address,
    permitted: Vec<Permitted>,
    scope: AuthMethodScope,
}

impl Check<'_> {
    fn auth_method(&self, method: &AuthMethodContext) -> Result<bool, ChainReadError> {
        let id = hd_key_id(&method.user_id, &method.app_id, false);
        if self.has_scope(method.auth_method_type.get(), id.as_slice())? {
            return Ok(true);
        }
        if method.auth_method_type.known() != Some(AuthMethodType::EthWallet) {
            return Ok(false);
        }
        match method.user_id.parse() {
            Ok(address) => self.wallet(address),
            Err(_) => Ok(false),
        }
    }

    fn action(&self, cid: &str) -> Result<bool, ChainReadError> {
        match action_auth_method_id(cid) {
            Ok(id) => self.has_scope(AuthMethodType::LitAction as u32, &id),
            Err(_) => Ok(false),
        }
    }

    /// A wallet is permitted by its 20 bytes, or by the hash that auth methods have for ids, of either spelling.
    fn wallet(&self, address: Address) -> Result<bool, ChainReadError> {
        if address == self.owner {
            return Ok(true);
        }
        let wallet = AuthMethodType::EthWallet as u32;
        let checksummed = address.to_string();
        let by_hash = |spelling: &str| {
            let id = hd_key_id(spelling, "lit", false);
            self.has_scope(wallet, id.as_slice())
        };
        Ok(self.has_scope(wallet, address.as_slice())?
            || by_hash(&checksummed.to_lowercase())?
            || by_hash(&checksummed)?)
    }

    /// Whether this is permitted at all, and with the scope; to sign anything includes the other.
    fn has_scope(&self, kind: u32, id: &[u8]) -> Result<bool, ChainReadError> {
        let kind = U256::from(kind);
        let found = self
            .permitted
            .iter()
            .find(|permitted| permitted.authMethodType == kind && permitted.id.as_ref() == id);
        let Some(found) = found else {
            return Ok(false);
        };
        let scopes = self.chain.scopes(self.token, found)?;
        let has = |scope: AuthMethodScope| scopes.get(scope as usize).copied().unwrap_or(false);
        Ok(has(self.scope)
            || (self.scope == AuthMethodScope::PersonalSign && has(AuthMethodScope::SignAnything)))
    }
}
