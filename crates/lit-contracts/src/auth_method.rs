use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lit_types::{
    ActionCid, AuthMethodNumber,
    constants::{AuthMethodScope, AuthMethodType},
};

/// The number of an auth method type, as wide as on chain.
///
/// Nodes know the numbers that fit an [`AuthMethodNumber`]. Lit Actions may check methods of their own, with numbers that Lit
/// does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthMethodKind(U256);

impl AuthMethodKind {
    /// Creates a number; any number is allowed.
    #[must_use]
    pub const fn custom(number: U256) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> U256 {
        self.0
    }
}

impl From<AuthMethodType> for AuthMethodKind {
    fn from(kind: AuthMethodType) -> Self {
        Self(U256::from(kind as u8))
    }
}

impl From<AuthMethodNumber> for AuthMethodKind {
    fn from(number: AuthMethodNumber) -> Self {
        Self(U256::from(number.get()))
    }
}

impl PartialEq<AuthMethodType> for AuthMethodKind {
    fn eq(&self, other: &AuthMethodType) -> bool {
        *self == Self::from(*other)
    }
}

/// An auth method that may be permitted to use a PKP, by its id on chain.
///
/// [`lit_types::AuthMethod`] is the token that proves it to nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[doc(alias = "AuthMethod")]
pub struct PermittedAuthMethod {
    kind: AuthMethodKind,
    id: Bytes,
    user_public_key: Bytes,
}

impl PermittedAuthMethod {
    /// Creates a method from its type and id. For logins the id is keccak256 of `{user id}:{app id}`.
    #[must_use]
    pub fn new(kind: impl Into<AuthMethodKind>, id: impl Into<Bytes>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            user_public_key: Bytes::new(),
        }
    }

    /// A wallet, by its address.
    #[must_use]
    pub fn address(address: Address) -> Self {
        Self::new(AuthMethodType::EthWallet, address.0.0)
    }

    /// A Lit Action, by the CID of its code.
    #[must_use]
    pub fn action(cid: &ActionCid) -> Self {
        Self::new(AuthMethodType::LitAction, *cid)
    }

    /// Adds the COSE public key of a WebAuthn credential. Default: none, as for all other methods.
    #[must_use]
    pub fn with_user_public_key(mut self, key: impl Into<Bytes>) -> Self {
        self.user_public_key = key.into();
        self
    }

    /// The type.
    #[must_use]
    pub const fn kind(&self) -> AuthMethodKind {
        self.kind
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &Bytes {
        &self.id
    }

    /// The public key of the user, empty except for WebAuthn.
    #[must_use]
    pub const fn user_public_key(&self) -> &Bytes {
        &self.user_public_key
    }

    /// The key in the contract: keccak256 of the ABI encoding of type and id. Some events carry it in place of the type.
    #[doc(alias = "getAuthMethodId")]
    #[must_use]
    pub fn key(&self) -> B256 {
        keccak256((self.kind.0, &self.id).abi_encode_params())
    }
}

/// The scopes of a permitted auth method, as a set of bits. A method without scopes is listed, and may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(U256);

impl Scopes {
    /// No scopes.
    pub const NONE: Self = Self(U256::ZERO);
    /// Sign anything, session keys included.
    pub const SIGN_ANYTHING: Self = Self(U256::from_limbs([
        1 << AuthMethodScope::SignAnything as u8,
        0,
        0,
        0,
    ]));
    /// Sign messages with the EIP-191 prefix, session keys included.
    pub const PERSONAL_SIGN: Self = Self(U256::from_limbs([
        1 << AuthMethodScope::PersonalSign as u8,
        0,
        0,
        0,
    ]));

    /// Adds a bit, for scopes that Lit does not define.
    #[must_use]
    pub fn with(mut self, bit: u8) -> Self {
        self.0.set_bit(usize::from(bit), true);
        self
    }

    /// Whether the set has a scope. [`AuthMethodScope::SignAnything`] does not imply the other one here; for nodes it does.
    #[must_use]
    pub const fn contains(&self, scope: AuthMethodScope) -> bool {
        self.0.bit(scope as usize)
    }

    /// The bits, in ascending order.
    pub fn bits(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |bit| self.0.bit(usize::from(*bit)))
    }

    pub(crate) fn to_list(self) -> Vec<U256> {
        self.bits().map(U256::from).collect()
    }

    pub(crate) fn from_flags(flags: &[bool]) -> Self {
        (0..=u8::MAX)
            .zip(flags)
            .filter(|(_, set)| **set)
            .fold(Self::NONE, |scopes, (bit, _)| scopes.with(bit))
    }
}

impl From<AuthMethodScope> for Scopes {
    fn from(scope: AuthMethodScope) -> Self {
        Self::NONE.with(scope as u8)
    }
}

impl FromIterator<AuthMethodScope> for Scopes {
    fn from_iter<I: IntoIterator<Item = AuthMethodScope>>(scopes: I) -> Self {
        scopes
            .into_iter()
            .fold(Self::NONE, |all, scope| all.with(scope as u8))
    }
}
