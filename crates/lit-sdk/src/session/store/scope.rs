use std::{fmt, sync::Arc};

use alloy_primitives::{Address, keccak256};
use lit_recap::{BuildError, ReCap};
use lit_session_crypto::SessionPublicKey;
use lit_types::LitNetwork;

use crate::{LitNodeClient, SessionRequest, session::LoginId};

/// Identifies a network by its name and public key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkId {
    network: LitNetwork,
    /// Shared, since programs hold many sessions of one network.
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

    /// The name of the network.
    #[must_use]
    pub const fn network(&self) -> LitNetwork {
        self.network
    }

    /// The public key that the nodes agree on.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }
}

/// The user of a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SessionUser {
    /// A wallet or PKP by its address. Only this address may sign the root.
    Address(Address),
    /// A user by the program's own name, such as an account id. Any address may sign the root, so that only a sealed store binds a
    /// session to its user.
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
    /// A collision-resistant hash of all fields.
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

/// The key under which a session is stored.
///
/// A store returns a session only for an equal scope. Two requests have equal scopes if their user, network, own session key,
/// rights (in any order), domain and chain are equal. Different logins to one PKP have different scopes, since nodes and
/// actions see the login.
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
    /// The scope of a request, for any login.
    ///
    /// # Errors
    /// [`BuildError`] if the rights cannot be written as a ReCap.
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

    /// The same scope for only this login.
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

    /// The login, if the scope is restricted to one.
    #[must_use]
    pub const fn login(&self) -> Option<LoginId> {
        self.login
    }

    /// The session key of the request, if it has its own.
    #[must_use]
    pub const fn session_key(&self) -> Option<SessionPublicKey> {
        self.session_key
    }

    /// The requested rights.
    #[must_use]
    pub const fn rights(&self) -> &ReCap {
        &self.rights
    }

    /// The domain of the request, if it has one.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The name of the chain.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Whether a session of this scope can be attenuated to the other: it has all of its rights and is otherwise equal.
    #[must_use]
    pub fn can_be_narrowed_to(&self, other: &Self) -> bool {
        self.owner == other.owner
            && self.login == other.login
            && self.session_key == other.session_key
            && self.domain == other.domain
            && self.chain == other.chain
            && self.rights.covers_all_of(&other.rights)
    }

    /// Whether the scopes are equal apart from the login.
    pub(crate) fn is_same_but_login(&self, other: &Self) -> bool {
        self.clone().with_login(other.login) == *other
    }

    /// A collision-resistant hash of all fields.
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

/// An injective encoding of fields: each has its length before it, and a byte before an optional one names the variant.
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
        // A length in memory fits into 64 bits.
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
