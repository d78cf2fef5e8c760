use std::fmt;

use alloy_primitives::{Address, U256, hex};
use lit_session_crypto::hd_key_id;
use lit_types::{
    ActionCid, AuthContext, AuthMethodContext, AuthMethodNumber, NodeErrorCode, PkpPublicKey,
    TokenId,
    constants::{AuthMethodScope, AuthMethodType},
};

use crate::{
    contracts::{ChainReadError, Contracts, Permitted},
    refusal::Refusal,
};

/// The number of credentials, and of permissions, that a refusal lists.
const MAX_LISTED: usize = 5;
/// The characters of one entry that a refusal shows. Users and auth methods have ids of any length.
const MAX_ENTRY_CHARS: usize = 100;

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
    /// What the chain permits; `None` if its scopes could not be read.
    permitted: Option<PermittedList>,
}

/// What the chain permits.
#[derive(Debug)]
struct PermittedList {
    /// The first [`MAX_LISTED`] entries, each with its scopes.
    first: Vec<String>,
    count: usize,
}

impl Claimant {
    /// Checks that one of the credentials may use the PKP with this scope: auth methods first, then actions, then the wallet. The
    /// owner may do everything, so a session of a PKP that owns itself is not bound by the scopes of its auth methods.
    pub(crate) async fn check(
        &self,
        chain: &Contracts,
        pkp: &PkpPublicKey,
        scope: AuthMethodScope,
    ) -> Result<(), PermissionRefusal> {
        let token = pkp.token_id();
        let owner = chain.owner(token).await?;
        let check = Check {
            owner: owner.ok_or(PermissionRefusal::NoPkp(token))?,
            permitted: chain.permitted(token).await?,
            chain,
            token,
            scope,
        };
        for method in &self.context.auth_method_contexts {
            if check.auth_method(method).await? {
                return Ok(());
            }
        }
        for cid in self.actions() {
            if check.action(cid).await? {
                return Ok(());
            }
        }
        if let Some(wallet) = self.wallet
            && check.wallet(wallet).await?
        {
            return Ok(());
        }
        let refusal = check.refusal(self.shown()).await;
        Err(PermissionRefusal::TooLimited(Box::new(refusal)))
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
        let shown = methods.chain(actions).chain(wallet);
        shown.map(|entry| cut(&entry)).collect()
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
        write!(f, " may not use PKP {token} to {scope} (owner: {owner}")?;
        match &self.permitted {
            None => {}
            Some(permitted) if permitted.count == 0 => {
                f.write_str("; permitted besides the owner: none")?;
            }
            Some(permitted) => {
                f.write_str("; permitted besides the owner: ")?;
                list(f, &permitted.first, permitted.count)?;
            }
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

/// The first [`MAX_ENTRY_CHARS`] characters, with an ellipsis if there are more.
fn cut(entry: &str) -> String {
    match entry.char_indices().nth(MAX_ENTRY_CHARS) {
        Some((end, _)) => format!("{}…", &entry[..end]),
        None => entry.to_owned(),
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

impl From<PermissionRefusal> for Refusal {
    fn from(refusal: PermissionRefusal) -> Self {
        match refusal {
            PermissionRefusal::NoPkp(_) => {
                Self::coded(NodeErrorCode::NodePKPNotAuthorized, refusal)
            }
            PermissionRefusal::TooLimited(ref limited) => {
                // The text of Lit's nodes, which clients look for, follows the one that says why.
                let scope = limited.scope as usize;
                let text = format!(
                    "{refusal}. None of the AuthMethods, AuthSig or Lit Actions meet the requires scope [{scope}]."
                );
                Self::coded(NodeErrorCode::NodeAuthSigScopeTooLimited, text)
            }
            PermissionRefusal::Chain(error) => error.into(),
        }
    }
}

struct Check<'a> {
    chain: &'a Contracts,
    token: TokenId,
    owner: Address,
    permitted: Vec<Permitted>,
    scope: AuthMethodScope,
}

impl Check<'_> {
    /// The refusal. An error while reading scopes for its list does not hide it.
    async fn refusal(&self, shown: Vec<String>) -> TooLimited {
        let permitted = self.listed().await;
        if let Err(error) = &permitted {
            tracing::debug!(%error, "cannot read the scopes of permissions for a refusal");
        }
        TooLimited {
            token: self.token,
            scope: self.scope,
            owner: self.owner,
            shown,
            permitted: permitted.ok(),
        }
    }

    async fn listed(&self) -> Result<PermittedList, ChainReadError> {
        let mut first = Vec::new();
        for entry in self.permitted.iter().take(MAX_LISTED) {
            let scopes = self.chain.scopes(self.token, entry).await?;
            let scopes: Vec<&str> = [AuthMethodScope::SignAnything, AuthMethodScope::PersonalSign]
                .into_iter()
                .filter(|scope| has_scope(&scopes, *scope))
                .map(scope_name)
                .collect();
            let what = cut(&described(entry.authMethodType, &entry.id));
            first.push(match scopes[..] {
                [] => format!("{what} without a scope"),
                _ => format!("{what} to {}", scopes.join(" and ")),
            });
        }
        Ok(PermittedList {
            first,
            count: self.permitted.len(),
        })
    }

    async fn auth_method(&self, method: &AuthMethodContext) -> Result<bool, ChainReadError> {
        let id = hd_key_id(&method.user_id, &method.app_id, false);
        if self
            .has_scope(method.auth_method_type.get(), id.as_slice())
            .await?
        {
            return Ok(true);
        }
        if method.auth_method_type.known() != Some(AuthMethodType::EthWallet) {
            return Ok(false);
        }
        match method.user_id.parse() {
            Ok(address) => self.wallet(address).await,
            Err(_) => Ok(false),
        }
    }

    async fn action(&self, cid: &str) -> Result<bool, ChainReadError> {
        match cid.parse::<ActionCid>() {
            Ok(cid) => {
                self.has_scope(AuthMethodType::LitAction as u32, cid.as_bytes())
                    .await
            }
            Err(_) => Ok(false),
        }
    }

    /// A wallet is permitted by its 20 bytes, or by the hashed id of its auth method, with the address in either case.
    async fn wallet(&self, address: Address) -> Result<bool, ChainReadError> {
        if address == self.owner {
            return Ok(true);
        }
        let wallet = AuthMethodType::EthWallet as u32;
        if self.has_scope(wallet, address.as_slice()).await? {
            return Ok(true);
        }
        let checksummed = address.to_string();
        for spelling in [checksummed.to_lowercase(), checksummed] {
            let id = hd_key_id(&spelling, "lit", false);
            if self.has_scope(wallet, id.as_slice()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this is permitted with the scope. `SignAnything` includes `PersonalSign`.
    async fn has_scope(&self, kind: u32, id: &[u8]) -> Result<bool, ChainReadError> {
        let kind = U256::from(kind);
        let found = self
            .permitted
            .iter()
            .find(|permitted| permitted.authMethodType == kind && permitted.id.as_ref() == id);
        let Some(found) = found else {
            return Ok(false);
        };
        let scopes = self.chain.scopes(self.token, found).await?;
        Ok(has_scope(&scopes, self.scope)
            || (self.scope == AuthMethodScope::PersonalSign
                && has_scope(&scopes, AuthMethodScope::SignAnything)))
    }
}

fn has_scope(scopes: &[bool], scope: AuthMethodScope) -> bool {
    scopes.get(scope as usize).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(shown: &str, permitted: Option<PermittedList>) -> String {
        let refusal = TooLimited {
            token: TokenId::new(U256::from(1)),
            scope: AuthMethodScope::SignAnything,
            owner: Address::ZERO,
            shown: vec![cut(shown)],
            permitted,
        };
        refusal.to_string()
    }

    #[test]
    fn a_refusal_without_permissions() {
        let start = format!(
            "wallet 0x12 may not use PKP {} to sign anything (owner: {}",
            TokenId::new(U256::from(1)),
            Address::ZERO
        );
        let none = PermittedList {
            first: Vec::new(),
            count: 0,
        };
        assert_eq!(
            refusal("wallet 0x12", Some(none)),
            format!("{start}; permitted besides the owner: none)")
        );
        // The scopes could not be read.
        assert_eq!(refusal("wallet 0x12", None), format!("{start})"));
    }

    #[test]
    fn long_entries_are_cut_between_characters() {
        let (longest, longer) = ("é".repeat(100), "é".repeat(101));
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&longer), format!("{longest}…"));
    }
}
