use std::{fmt, str::FromStr};

use alloy_primitives::Address;

/// The address of a wallet on any chain.
///
/// Its `Display` is the text that access control conditions compare with `:userAddress`.
///
/// ```
/// use lit_types::{SolanaAddress, WalletAddress};
///
/// let account: SolanaAddress = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1".parse()?;
/// let asker = WalletAddress::from(account);
/// assert_eq!(asker.solana(), Some(account));
/// assert_eq!(asker.evm(), None);
/// assert_eq!(asker.to_string(), account.to_string());
/// # Ok::<(), lit_types::SolanaAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WalletAddress {
    /// An account or a contract on an EVM chain, or a PKP.
    Evm(Address),
    /// A Solana account.
    Solana(SolanaAddress),
    /// An account of a Cosmos chain, in bech32 (`cosmos1…`).
    Cosmos(String),
}

impl WalletAddress {
    /// The address on EVM chains.
    #[must_use]
    pub const fn evm(&self) -> Option<Address> {
        match self {
            Self::Evm(address) => Some(*address),
            _ => None,
        }
    }

    /// The address on Solana.
    #[must_use]
    pub const fn solana(&self) -> Option<SolanaAddress> {
        match self {
            Self::Solana(address) => Some(*address),
            _ => None,
        }
    }
}

impl fmt::Display for WalletAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm(address) => address.fmt(f),
            Self::Solana(address) => address.fmt(f),
            Self::Cosmos(address) => f.write_str(address),
        }
    }
}

impl From<Address> for WalletAddress {
    fn from(address: Address) -> Self {
        Self::Evm(address)
    }
}

impl From<SolanaAddress> for WalletAddress {
    fn from(address: SolanaAddress) -> Self {
        Self::Solana(address)
    }
}

/// A Solana address: 32 bytes, in base58.
///
/// The address of a wallet is its ed25519 public key.
///
/// ```
/// use lit_types::SolanaAddress;
///
/// let address: SolanaAddress = "5Th1tyAQGFaZ2c6gBVW4MPe6L5xhvpnBc9pjMzAkEPPz".parse()?;
/// assert_eq!(address.to_string(), "5Th1tyAQGFaZ2c6gBVW4MPe6L5xhvpnBc9pjMzAkEPPz");
/// # Ok::<(), lit_types::SolanaAddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SolanaAddress([u8; 32]);

impl SolanaAddress {
    /// The address with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for SolanaAddress {
    type Err = SolanaAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Decoding takes quadratic time; no address is longer.
        if text.len() > 44 {
            return Err(SolanaAddressError);
        }
        let mut bytes = [0; 32];
        match bs58::decode(text).onto(&mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(SolanaAddressError),
        }
    }
}

impl fmt::Display for SolanaAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for SolanaAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SolanaAddress({self})")
    }
}

/// Not a Solana address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed Solana address: expected 32 bytes in base58")]
pub struct SolanaAddressError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_bytes_of_base58() {
        let text = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1";
        assert_eq!(text.parse::<SolanaAddress>().unwrap().to_string(), text);
        assert_eq!("1".repeat(32).parse(), Ok(SolanaAddress::new([0; 32])));
        for bad in ["", "0", &text[2..], &"1".repeat(33), &"z".repeat(44)] {
            assert_eq!(
                bad.parse::<SolanaAddress>(),
                Err(SolanaAddressError),
                "{bad}"
            );
        }
    }
}
