use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lit_types::{
    ActionCid, AuthMethodNumber,
    constants::{AuthMethodScope, AuthMethodType},
};

/// The number of a kind of auth method, as wide as the chain has it. Nodes know those that fit an [`AuthMethodNumber`]; those
/// that Lit does not use are free for methods that a Lit Action checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthMethodKind(U256);

impl AuthMethodKind {
    /// A number of one's own.
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

/// Somebody or something that may be permitted to use a PKP, by its id on chain. The token that proves it to nodes is
/// [`lit_types::AuthMethod`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[doc(alias = "AuthMethod")]
pub struct PermittedAuthMethod {
    kind: AuthMethodKind,
    id: Bytes,
    user_public_key: Bytes,
}

impl PermittedAuthMethod {
    /// A method by its kind and its id. For logins the id is keccak256 of `{user id}:{app id}`.
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

    /// The COSE public key of a WebAuthn credential. Default: none, as for all other methods.
    #[must_use]
    pub fn with_user_public_key(mut self, key: impl Into<Bytes>) -> Self {
        self.user_public_key = key.into();
        self
    }

    /// The kind.
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

    /// The key under which the contract keeps it, which some of its events carry in place of the kind: keccak256 of the
    /// ABI encoding of kind and id.
    #[doc(alias = "getAuthMethodId")]
    #[must_use]
    pub fn key(&self) -> B256 {
        keccak256((self.kind.0, &self.id).abi_encode_params())
    }
}

/// What a permitted auth method may do, as a set of bits. A method without any is listed, and may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(U256);

impl Scopes {
    /// Nothing at all.
    pub const NONE: Self = Self(U256::ZERO);
    /// Sign anything, session keys included.
    pub const SIGN_ANYTHING: Self = Self(U256::from_limbs([
        1 << AuthMethodScope::SignAnything as u8,
        0,
        0,
        0,
    ]));
    /// Sign what carries the EIP-191 prefix, session keys included.
    pub const PERSONAL_SIGN: Self = Self(U256::from_limbs([
        1 << AuthMethodScope::PersonalSign as u8,
        0,
        0,
        0,
    ]));

    /// With a bit, for scopes that Lit does not know itself.
    #[must_use]
    pub fn with(mut self, bit: u8) -> Self {
        self.0.set_bit(usize::from(bit), true);
        self
    }

    /// Whether a scope is among them. [`AuthMethodScope::SignAnything`] does not imply the other one here; nodes let it.
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
