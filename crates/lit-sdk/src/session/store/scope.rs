use std::{fmt, sync::Arc};

use alloy_primitives::{Address, keccak256};
use lit_recap::{BuildError, ReCap};
use lit_session_crypto::SessionPublicKey;
use lit_types::LitNetwork;

use crate::{LitNodeClient, SessionRequest, session::LoginId};

/// Which network a session is for: its name, and the key its nodes agree on. Networks of one name are told apart by their keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkId {
    network: LitNetwork,
    /// Shared, because programs hold many sessions of one network.
    public_key: Arc<str>,
}

impl NetworkId {
    /// A network by name and public key (96 hex digits, `networkPubKey` of the handshake).
    #[must_use]
    pub fn new(network: LitNetwork, public_key: &str) -> Self {
        Self {
            network,
            public_key: public_key.to_ascii_lowercase().into(),
        }
    }

    /// The network a client is connected to.
    #[must_use]
    pub fn of(client: &LitNodeClient) -> Self {
        Self::new(client.network(), &client.keys().network_public_key)
    }

    /// The name.
    #[must_use]
    pub const fn network(&self) -> LitNetwork {
        self.network
    }

    /// The key the nodes agree on.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }
}

/// Whose sessions these are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SessionUser {
    /// The wallet or PKP with this address: the only one that may have signed the root.
    Address(Address),
    /// Somebody the program knows by a name of its own, such as the id of an account. Any signer is accepted from them.
    Named(String),
}

impl From<Address> for SessionUser {
    fn from(address: Address) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for SessionUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Named(name) => name.fmt(f),
        }
    }
}

/// A user on a network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionOwner {
    /// The network.
    pub network: NetworkId,
    /// The user.
    pub user: SessionUser,
}

impl SessionOwner {
    /// A hash of all fields, which no other owner has.
    #[must_use]
    pub fn key(&self) -> ScopeKey {
        let mut fields = Fields::new("lit-session-owner/1");
        self.write(&mut fields);
        fields.hash()
    }

    fn write(&self, fields: &mut Fields) {
        fields.text(self.network.network.profile().name);
        fields.text(&self.network.public_key);
        match &self.user {
            SessionUser::Address(address) => fields.variant(0).bytes(address.as_slice()),
            SessionUser::Named(name) => fields.variant(1).text(name),
        };
    }
}

/// What a session is kept under. A store gives a session only for a scope that equals its own in every field.
///
/// Two requests have the same scope when they are by the same user on the same network, bring the same session key or
/// none, ask for the same rights (in any order), and name the same domain, or none, and the same chain. Sessions of a PKP that
/// were made by different logins have different scopes: what a node or an action sees of them is not the same.
#[derive(Clone, PartialEq)]
pub struct SessionScope {
    owner: SessionOwner,
    login: Option<LoginId>,
    session_key: Option<SessionPublicKey>,
    rights: ReCap,
    domain: Option<String>,
    chain: String,
}

impl SessionScope {
    /// The scope of a request, whatever the login.
    ///
    /// # Errors
    /// [`BuildError`] when the requests make no ReCap.
    pub fn of(owner: SessionOwner, request: &SessionRequest) -> Result<Self, BuildError> {
        Ok(Self {
            owner,
            login: None,
            session_key: request.session_key.as_ref().map(|key| key.public_key()),
            rights: ReCap::from_requests(&request.requests)?,
            domain: request.domain.clone(),
            chain: request.chain.clone(),
        })
    }

    pub(super) const fn from_parts(
        owner: SessionOwner,
        session_key: Option<SessionPublicKey>,
        rights: ReCap,
        domain: Option<String>,
        chain: String,
    ) -> Self {
        Self {
            owner,
            login: None,
            session_key,
            rights,
            domain,
            chain,
        }
    }

    /// The same for this login alone.
    #[must_use]
    pub const fn with_login(mut self, login: Option<LoginId>) -> Self {
        self.login = login;
        self
    }

    /// The user and the network.
    #[must_use]
    pub const fn owner(&self) -> &SessionOwner {
        &self.owner
    }

    /// The login, if it is for one alone.
    #[must_use]
    pub const fn login(&self) -> Option<LoginId> {
        self.login
    }

    /// The session key that the request brought, if it brought one.
    #[must_use]
    pub const fn session_key(&self) -> Option<SessionPublicKey> {
        self.session_key
    }

    /// What was asked for.
    #[must_use]
    pub const fn rights(&self) -> &ReCap {
        &self.rights
    }

    /// The domain the request named, if it named one.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The name of the chain.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Whether a session of this scope can be attenuated to one of the other: it differs from it in rights alone, and has
    /// all of them.
    #[must_use]
    pub fn can_be_narrowed_to(&self, other: &Self) -> bool {
        self.owner == other.owner
            && self.login == other.login
            && self.session_key == other.session_key
            && self.domain == other.domain
            && self.chain == other.chain
            && self.rights.covers_all_of(&other.rights)
    }

    /// Whether it is the same, apart from the login.
    pub(crate) fn is_same_but_login(&self, other: &Self) -> bool {
        self.clone().with_login(other.login) == *other
    }

    /// A hash of all fields, which no other scope has.
    #[must_use]
    pub fn key(&self) -> ScopeKey {
        let mut fields = Fields::new("lit-session-scope/1");
        self.owner.write(&mut fields);
        match &self.login {
            None => fields.variant(0),
            Some(login) => fields.variant(1).bytes(login.as_bytes()),
        };
        match &self.session_key {
            None => fields.variant(0),
            Some(key) => fields.variant(1).bytes(key.as_bytes()),
        };
        fields.text(&self.rights.to_json());
        match &self.domain {
            None => fields.variant(0),
            Some(domain) => fields.variant(1).text(domain),
        };
        fields.text(&self.chain);
        fields.hash()
    }
}

impl fmt::Debug for SessionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionScope")
            .field("network", &self.owner.network.network())
            .field("user", &self.owner.user)
            .field("login", &self.login.is_some())
            .field("rights", &self.rights)
            .field("domain", &self.domain)
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

/// The hash of a scope or an owner: 32 bytes, shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeKey([u8; 32]);

impl ScopeKey {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ScopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ScopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeKey({self})")
    }
}

/// Fields written so that no two lists of fields give the same bytes: each with its length before it, optional ones with a
/// byte that says which variant follows.
struct Fields(Vec<u8>);

impl Fields {
    fn new(purpose: &str) -> Self {
        let mut fields = Self(Vec::with_capacity(512));
        fields.text(purpose);
        fields
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        // Lengths in memory fit.
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn variant(&mut self, which: u8) -> &mut Self {
        self.0.push(which);
        self
    }

    fn hash(&self) -> ScopeKey {
        ScopeKey(keccak256(&self.0).0)
    }
}
