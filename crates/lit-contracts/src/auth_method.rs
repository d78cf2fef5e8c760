use std::{fmt, str::FromStr};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lit_types::constants::{AuthMethodScope, AuthMethodType};

/// The number of a kind of auth method. Numbers that Lit does not use are free for methods that a Lit Action checks.
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
        Self::new(AuthMethodType::LitAction, cid.0)
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

/// The CID of a Lit Action: an IPFS CIDv0, written in base58 (`Qm…`), kept by the chain as 34 bytes.
///
/// ```
/// use lit_contracts::ActionCid;
///
/// let cid: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW".parse()?;
/// assert_eq!(cid.as_bytes()[..4], [0x12, 0x20, 0xa3, 0x1a]);
/// # Ok::<(), lit_contracts::ActionCidError>(())
/// ```
#[doc(alias = "ipfsId")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionCid([u8; 34]);

impl ActionCid {
    /// Hash function (`12`, SHA-256), length of the digest (`20`), digest.
    ///
    /// # Errors
    /// [`ActionCidError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ActionCidError> {
        match <[u8; 34]>::try_from(bytes) {
            Ok(cid) if cid.starts_with(&[0x12, 0x20]) => Ok(Self(cid)),
            _ => Err(ActionCidError(())),
        }
    }

    /// The 34 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 34] {
        &self.0
    }
}

impl From<ActionCid> for Bytes {
    fn from(cid: ActionCid) -> Self {
        cid.0.into()
    }
}

impl FromStr for ActionCid {
    type Err = ActionCidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // 34 bytes that begin with 0x12 are 46 digits. Decoding takes time with the square of the length.
        if text.len() != 46 {
            return Err(ActionCidError(()));
        }
        let bytes = bs58::decode(text).into_vec();
        bytes.map_or(Err(ActionCidError(())), |bytes| Self::from_bytes(&bytes))
    }
}

/// The base58 form.
impl fmt::Display for ActionCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for ActionCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActionCid({self})")
    }
}

/// The text or the bytes are no CIDv0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the CID of a Lit Action: expected an IPFS CIDv0, 46 base58 digits that begin with Qm")]
pub struct ActionCidError(());
