use std::{fmt, str::FromStr};

use alloy_primitives::{Address, B256, U256, keccak256};
use k256::{PublicKey, elliptic_curve::sec1::ToEncodedPoint};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The public key of a PKP: a point on secp256k1. It determines the address and the token id.
///
/// ```
/// use lit_types::PkpPublicKey;
///
/// let key: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// assert_eq!(key.address().to_string(), "0x4b7c89a9942E45Ea6a7bf645E8e87144060EE47D");
/// # Ok::<(), lit_types::PkpError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PkpPublicKey([u8; 65]);

impl PkpPublicKey {
    /// Reads a SEC1 point, compressed (33 bytes) or uncompressed (65 bytes).
    ///
    /// # Errors
    /// [`PkpError::Length`] for another length, [`PkpError::NotOnCurve`] for a point that is not on the curve.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, PkpError> {
        if !matches!(bytes.len(), 33 | 65) {
            return Err(PkpError::Length(bytes.len()));
        }
        let key = PublicKey::from_sec1_bytes(bytes).map_err(|_| PkpError::NotOnCurve)?;
        let point = key.to_encoded_point(false);
        point
            .as_bytes()
            .try_into()
            .map(Self)
            .map_err(|_| PkpError::NotOnCurve)
    }

    /// The uncompressed point: `04`, x, y.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// The compressed point.
    #[must_use]
    pub fn compressed(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes[0] = 2 + (self.0[64] & 1);
        bytes[1..].copy_from_slice(&self.0[1..33]);
        bytes
    }

    /// The Ethereum address: the last 20 bytes of keccak256 of x and y.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::from_raw_public_key(&self.0[1..])
    }

    /// The id of the PKP's NFT: keccak256 of the 65 bytes.
    #[must_use]
    pub fn token_id(&self) -> TokenId {
        TokenId(keccak256(self.0).into())
    }
}

#[cfg(feature = "derived-addresses")]
impl PkpPublicKey {
    /// The Bitcoin mainnet P2PKH address of the uncompressed key, as the official client returns it.
    #[must_use]
    pub fn bitcoin_address(&self) -> String {
        bitcoin_p2pkh(&self.0)
    }

    /// The Bitcoin mainnet P2PKH address of the compressed key, as current wallets use it.
    #[must_use]
    pub fn bitcoin_address_compressed(&self) -> String {
        bitcoin_p2pkh(&self.compressed())
    }

    /// The Cosmos address (`cosmos1…`) of the compressed key.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the prefix is valid and short")]
    pub fn cosmos_address(&self) -> String {
        self.cosmos_address_with_prefix("cosmos")
            .expect("a short prefix of letters")
    }

    /// The address of the compressed key on a chain of Cosmos, by the prefix of the chain's addresses, such as `juno`.
    ///
    /// # Errors
    /// [`PkpError::AddressPrefix`] if the prefix is too long, or has other than visible ASCII characters of one case.
    pub fn cosmos_address_with_prefix(&self, prefix: &str) -> Result<String, PkpError> {
        let bad = || PkpError::AddressPrefix(prefix.to_owned());
        let prefix = bech32::Hrp::parse(prefix).map_err(|_| bad())?;
        bech32::encode::<bech32::Bech32>(prefix, &hash160(&self.compressed())).map_err(|_| bad())
    }
}

#[cfg(feature = "derived-addresses")]
fn hash160(bytes: &[u8]) -> [u8; 20] {
    use sha2::Digest;
    ripemd::Ripemd160::digest(sha2::Sha256::digest(bytes)).into()
}

#[cfg(feature = "derived-addresses")]
fn bitcoin_p2pkh(public_key: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let mut payload = vec![0];
    payload.extend(hash160(public_key));
    let checksum = Sha256::digest(Sha256::digest(&payload));
    payload.extend(&checksum[..4]);
    bs58::encode(payload).into_string()
}

/// Parses hex, `0x` optional, compressed or uncompressed.
impl FromStr for PkpPublicKey {
    type Err = PkpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes =
            hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| PkpError::NotHex)?;
        Self::from_sec1(&bytes)
    }
}

/// `0x` and 130 hex digits.
impl fmt::Display for PkpPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for PkpPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PkpPublicKey({self})")
    }
}

impl Serialize for PkpPublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PkpPublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Why a PKP public key is malformed or invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkpError {
    /// Not hex, or an odd number of digits.
    #[error("malformed public key: not hex")]
    NotHex,
    /// Neither 33 nor 65 bytes.
    #[error("malformed public key: {0} bytes, expected 65 (uncompressed) or 33 (compressed)")]
    Length(usize),
    /// Not a point on secp256k1.
    #[error("invalid public key: not a point on secp256k1")]
    NotOnCurve,
    /// Not a prefix of bech32 addresses.
    #[error("invalid prefix of addresses: {0:?}")]
    AddressPrefix(String),
}

/// The id of a PKP's NFT: a 256-bit number.
///
/// Block explorers and contracts write it in decimal, resources in hex. Decimal digits can be read both ways, so [`FromStr`]
/// refuses ambiguous text. It takes hex with `0x` or with all 64 digits, and decimal that is too long to be hex.
/// [`TokenId::from_decimal`] and [`TokenId::from_hex`] are explicit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(U256);

impl TokenId {
    /// Wraps the number.
    #[must_use]
    pub const fn new(id: U256) -> Self {
        Self(id)
    }

    /// Reads hex digits, `0x` optional, at most 64.
    ///
    /// # Errors
    /// [`TokenIdError`].
    pub fn from_hex(text: &str) -> Result<Self, TokenIdError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(TokenIdError::NotANumber);
        }
        if digits.len() > 64 {
            return Err(TokenIdError::TooLong);
        }
        U256::from_str_radix(digits, 16)
            .map(Self)
            .map_err(|_| TokenIdError::TooLong)
    }

    /// Reads decimal digits.
    ///
    /// # Errors
    /// [`TokenIdError`].
    pub fn from_decimal(text: &str) -> Result<Self, TokenIdError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(TokenIdError::NotANumber);
        }
        U256::from_str_radix(text, 10)
            .map(Self)
            .map_err(|_| TokenIdError::TooLong)
    }

    /// The number.
    #[must_use]
    pub const fn as_u256(&self) -> U256 {
        self.0
    }

    /// The decimal form.
    #[must_use]
    pub fn to_decimal(&self) -> String {
        self.0.to_string()
    }

    /// 64 lower-case hex digits without `0x`, as nodes compare resource ids.
    #[must_use]
    pub fn to_resource_id(&self) -> String {
        hex::encode(B256::from(self.0))
    }
}

impl From<PkpPublicKey> for TokenId {
    fn from(key: PkpPublicKey) -> Self {
        key.token_id()
    }
}

impl From<&PkpPublicKey> for TokenId {
    fn from(key: &PkpPublicKey) -> Self {
        key.token_id()
    }
}

impl From<U256> for TokenId {
    fn from(id: U256) -> Self {
        Self(id)
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let decimal = text.bytes().all(|b| b.is_ascii_digit());
        match text.len() {
            _ if text.starts_with("0x") || !decimal => Self::from_hex(text),
            64 => Self::from_hex(text),
            65.. => Self::from_decimal(text),
            0 => Err(TokenIdError::NotANumber),
            _ => Err(TokenIdError::Ambiguous(text.to_owned())),
        }
    }
}

/// `0x` and 64 hex digits.
impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.to_resource_id())
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

/// Why a token id is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenIdError {
    /// Decimal digits that could also be hex.
    #[error("ambiguous token id `{0}`: decimal or hex; write it in hex, with 0x")]
    Ambiguous(String),
    /// More than 256 bits.
    #[error("invalid token id: more than 64 hex digits (32 bytes)")]
    TooLong,
    /// Empty, or with a character that is not a digit.
    #[error("malformed token id: not a number")]
    NotANumber,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_is_never_read_as_hex() {
        let decimal =
            "70332100630047578113866977119372355765886769942504777214525740377056776891032";
        let id: TokenId = decimal.parse().unwrap();
        assert_eq!(
            id.to_resource_id(),
            "9b7e8eea7a3652e7806aa680fd8a4bffc2eb88dd360fcd2b061556e0f7dd2a98"
        );
        assert_eq!(id.to_decimal(), decimal);
        assert!(matches!(
            "42".parse::<TokenId>(),
            Err(TokenIdError::Ambiguous(_))
        ));
        assert_eq!(
            "0x42".parse::<TokenId>().unwrap(),
            TokenId::from_decimal("66").unwrap()
        );
        assert_eq!(id.to_string().parse::<TokenId>().unwrap(), id);
        assert_eq!(id.to_resource_id().parse::<TokenId>().unwrap(), id);
    }

    #[test]
    fn refuses_what_is_no_number() {
        for bad in ["", "0x", "xyz", "0xzz", &"9".repeat(79), &"f".repeat(65)] {
            assert!(
                matches!(
                    bad.parse::<TokenId>(),
                    Err(TokenIdError::NotANumber | TokenIdError::TooLong)
                ),
                "{bad}"
            );
        }
    }
}
