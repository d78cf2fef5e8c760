use std::fmt;

use alloy_primitives::{Address, U256, hex};
use lit_session_crypto::{action_auth_method_id, hd_key_id};
use lit_types::{
    ActionCid, AuthContext, AuthMethodContext, AuthMethodNumber, PkpPublicKey, TokenId,
    constants::{AuthMethodScope, AuthMethodType},
};

use crate::chain_view::{ChainReadError, ChainView, Permitted};

/// The number of credentials, and of permissions, that a refusal lists.
const MAX_LISTED: usize = 5;

/// The credentials with which a request wants to use a PKP, all verified by the node.
#[derive(Debug)]
pub(crate) struct Claimant {
    /// Auth methods and Lit Actions that authorized the session, or are about to.
    pub(crate) context: AuthContext,
    /// The CID of the running action, if the action itself wants to use the PKP.
    pub(crate) running: Option<String>,
    /// The wallet that authorized the session.
    pub(crate) wallet: Option<Address>,
}

/// Why a PKP may not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PermissionRefusal {
    #[error("unknown PKP {0}: it does not exist or was burned")]
    NoPkp(TokenId),
    #[error(transparent)]
    TooLimited(Box<TooLimited>),
    #[error(transparent)]
    Chain(#[from] ChainReadError),
}

/// None of the shown credentials is permitted to use the PKP in this way.
#[derive(Debug, thiserror::Error)]
pub(crate) struct TooLimited {
    token: TokenId,
    scope: AuthMethodScope,
    owner: Address,
    /// What the request showed.
    shown: Vec<String>,
    /// What the chain permits, each with its scopes, cut to [`MAX_LISTED`].
    permitted: Vec<String>,
    permitted_count: usize,
}

impl Claimant {
    /// Checks that one of the credentials may use the PKP with this scope: auth methods first, then actions, then the wallet. The
    /// owner may do everything, so a session of a PKP that owns itself is not bound by the scopes of its auth methods.
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
        for cid in self.actions() {
            if check.action(cid)? {
                return Ok(());
            }
        }
        match self.wallet {
            Some(wallet) if check.wallet(wallet)? => Ok(()),
            _ => Err(PermissionRefusal::TooLimited(Box::new(
                check.refusal(self.shown())?,
            ))),
        }
    }

    fn actions(&self) -> impl Iterator<Item = &str> {
        let session = self.context.action_ipfs_id_stack.iter().map(String::as_str);
        session.chain(self.running.as_deref())
    }

    /// The credentials, for a refusal.
    fn shown(&self) -> Vec<String> {
        let methods = self.context.auth_method_contexts.iter().map(|method| {
            let kind = method.auth_method_type;
            if kind.known() == Some(AuthMethodType::EthWallet) {
                return format!("wallet {}", method.user_id);
            }
            let id = hd_key_id(&method.user_id, &method.app_id, false);
            described(U256::from(kind.get()), id.as_slice())
        });
        let actions = self.actions().map(|cid| format!("Lit Action {cid}"));
        let wallet = self.wallet.map(|wallet| format!("wallet {wallet}"));
        methods.chain(actions).chain(wallet).collect()
    }
}

impl fmt::Display for TooLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token, owner, .. } = self;
        if self.shown.is_empty() {
            f.write_str("a request without auth method, Lit Action or wallet")?;
        } else {
            list(f, &self.shown, self.shown.len())?;
        }
        let scope = scope_name(self.scope);
        write!(
            f,
            " may not use PKP {token} to {scope} (owner: {owner}; permitted: "
        )?;
        if self.permitted.is_empty() {
            f.write_str("none")?;
        } else {
            list(f, &self.permitted, self.permitted_count)?;
        }
        f.write_str(")")
    }
}

/// Writes the first of `count` entries.
fn list(f: &mut fmt::Formatter<'_>, entries: &[String], count: usize) -> fmt::Result {
    let listed = &entries[..entries.len().min(MAX_LISTED)];
    f.write_str(&listed.join(", "))?;
    match count - listed.len() {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// A permission or an auth method in words.
fn described(kind: U256, id: &[u8]) -> String {
    let known = u32::try_from(kind).map(AuthMethodNumber::new);
    match known.ok().and_then(AuthMethodNumber::known) {
        Some(AuthMethodType::EthWallet) if id.len() == Address::len_bytes() => {
            format!("wallet {}", Address::from_slice(id))
        }
        Some(AuthMethodType::LitAction) => match ActionCid::from_bytes(id) {
            Ok(cid) => format!("Lit Action {cid}"),
            Err(_) => format!("Lit Action {}", hex::encode_prefixed(id)),
        },
        Some(kind) => format!("{kind:?} {}", hex::encode_prefixed(id)),
        None => format!("auth method type {kind} {}", hex::encode_prefixed(id)),
    }
}

const fn scope_name(scope: AuthMethodScope) -> &'static str {
    match scope {
        AuthMethodScope::NoPermissions => "do nothing",
        AuthMethodScope::SignAnything => "sign anything",
        AuthMethodScope::PersonalSign => "sign personal messages",
        _ => "do this",
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
    fn refusal(&self, shown: Vec<String>) -> Result<TooLimited, ChainReadError> {
        let mut permitted = Vec::new();
        for entry in self.permitted.iter().take(MAX_LISTED) {
            let scopes = self.chain.scopes(self.token, entry)?;
            let scopes: Vec<&str> = [AuthMethodScope::SignAnything, AuthMethodScope::PersonalSign]
                .into_iter()
                .filter(|scope| has_scope(&scopes, *scope))
                .map(scope_name)
                .collect();
            let what = described(entry.authMethodType, &entry.id);
            permitted.push(match scopes[..] {
                [] => format!("{what} to do nothing"),
                _ => format!("{what} to {}", scopes.join(" and ")),
            });
        }
        Ok(TooLimited {
            token: self.token,
            scope: self.scope,
            owner: self.owner,
            shown,
            permitted,
            permitted_count: self.permitted.len(),
        })
    }

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

    /// A wallet is permitted by its 20 bytes, or by the hashed id of its auth method, with the address in either case.
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

    /// Whether this is permitted with the scope. `SignAnything` includes `PersonalSign`.
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
        Ok(has_scope(&scopes, self.scope)
            || (self.scope == AuthMethodScope::PersonalSign
                && has_scope(&scopes, AuthMethodScope::SignAnything)))
    }
}

fn has_scope(scopes: &[bool], scope: AuthMethodScope) -> bool {
    scopes.get(scope as usize).copied().unwrap_or(false)
}
