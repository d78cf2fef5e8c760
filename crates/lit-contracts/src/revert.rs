use std::fmt;

use alloy_primitives::{Bytes, U256, hex};
use alloy_sol_types::{Panic, Revert as RevertString, SolError, SolInterface};
use lit_types::Printable;

use crate::bindings::LitErrors::LitErrorsErrors;

/// The length limit of a stored reason, in bytes.
const MAX_REASON_BYTES: usize = 512;

/// Why a contract reverted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revert {
    /// `Error(string)`: the text of a `require`. [`Revert::kind`] recognizes those of the contracts.
    Message(String),
    /// A custom error of the contracts.
    Custom(Box<LitErrorsErrors>),
    /// `Panic(uint256)`: a failed assertion or an arithmetic fault, by its Solidity code.
    Panic(U256),
    /// Unknown revert data, such as that of another contract.
    Unknown(Bytes),
    /// An empty reason.
    Empty,
}

/// The reasons that a program may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RevertKind {
    /// The payment was not the mint cost, which has changed since it was read.
    WrongMintCost,
    /// Only the owner of a PKP's NFT may write its permissions.
    NotPkpOwner,
    /// The WebAuthn credential is known with another public key.
    OtherUserPublicKey,
    /// The token does not exist, or no longer does.
    NoSuchToken,
    /// The owner has fewer tokens than the index.
    IndexOutOfBounds,
    /// The claim has fewer node signatures than the threshold.
    TooFewSignatures,
    /// The claim has a signature of an address that is not an active node.
    NotAValidator,
    /// The key is already minted or claimed.
    KeyTaken,
    /// The arrays of the call have different lengths.
    UnequalLengths,
    /// The rate or the price of the credit is zero.
    NoCapacity,
    /// The expiry is in the past.
    ExpiryInThePast,
    /// The expiry is later than the contract allows.
    ExpiryTooFar,
    /// The expiry is not midnight UTC.
    ExpiryNotMidnight,
    /// The network has sold all its capacity.
    SoldOut,
    /// Only the payer can stop the payments.
    NotThePayer,
    /// The contract lacks this function: it is another contract, or an older one.
    NoSuchFunction,
    /// Any other reason.
    Other,
}

const KNOWN: [(&str, RevertKind); 17] = [
    ("You must pay exactly mint cost", RevertKind::WrongMintCost),
    ("Not PKP NFT owner", RevertKind::NotPkpOwner),
    (
        "Cannot add a different pubkey for the same auth method type and id",
        RevertKind::OtherUserPublicKey,
    ),
    ("ERC721: invalid token ID", RevertKind::NoSuchToken),
    ("slice_outOfBounds", RevertKind::NoSuchToken),
    (
        "ERC721Enumerable: owner index out of bounds",
        RevertKind::IndexOutOfBounds,
    ),
    (
        "ERC721Enumerable: global index out of bounds",
        RevertKind::IndexOutOfBounds,
    ),
    (
        "PubkeyRouter: incorrect number of signatures on a given root key",
        RevertKind::TooFewSignatures,
    ),
    (
        "PubkeyRouter: signer is not active validator",
        RevertKind::NotAValidator,
    ),
    (
        "PubkeyRouter: pubkey already has routing data",
        RevertKind::KeyTaken,
    ),
    (
        "The requestsPerKilosecond must be greater than 0",
        RevertKind::NoCapacity,
    ),
    ("You must pay more than 0", RevertKind::NoCapacity),
    (
        "Expiration time is in the past",
        RevertKind::ExpiryInThePast,
    ),
    (
        "You cannot purchase an expiration time that is more than the maxExpirationSeconds in the future",
        RevertKind::ExpiryTooFar,
    ),
    (
        "Expiration time must be set to midnight on any given day",
        RevertKind::ExpiryNotMidnight,
    ),
    (
        "Can't allocate capacity beyond the global max requests per kilosecond",
        RevertKind::SoldOut,
    ),
    (
        "not authorized to undelegate payments",
        RevertKind::NotThePayer,
    ),
];

impl Revert {
    /// Reads revert data. Unknown data is kept.
    #[must_use]
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        if let Ok(error) = RevertString::abi_decode(data) {
            return Self::message(&error.reason);
        }
        if let Ok(panic) = Panic::abi_decode(data) {
            return Self::Panic(panic.code);
        }
        LitErrorsErrors::abi_decode(data).map_or_else(
            |_| {
                Self::Unknown(Bytes::copy_from_slice(
                    &data[..data.len().min(MAX_REASON_BYTES)],
                ))
            },
            |error| Self::Custom(Box::new(error)),
        )
    }

    pub(crate) fn message(text: &str) -> Self {
        let mut end = text.len().min(MAX_REASON_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::Message(text[..end].to_owned())
    }

    /// The kind of the reason.
    #[must_use]
    pub fn kind(&self) -> RevertKind {
        match self {
            Self::Message(text) => kind_of(text),
            Self::Custom(error) if matches!(**error, LitErrorsErrors::FunctionNotFound(_)) => {
                RevertKind::NoSuchFunction
            }
            _ => RevertKind::Other,
        }
    }
}

fn kind_of(text: &str) -> RevertKind {
    let known = KNOWN.into_iter().find(|(known, _)| *known == text);
    match known {
        Some((_, kind)) => kind,
        None if text.starts_with("PKPHelper:") && text.ends_with("array lengths must match") => {
            RevertKind::UnequalLengths
        }
        None if text.starts_with("Must have same number of auth methods") => {
            RevertKind::UnequalLengths
        }
        None => RevertKind::Other,
    }
}

/// The reason, without the word "reverted".
impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(text) => Printable(text).fmt(f),
            Self::Custom(error) => {
                let name = LitErrorsErrors::name_by_selector(error.selector());
                let data = error.abi_encode();
                f.write_str(name.unwrap_or("custom error"))?;
                if data.len() > 4 {
                    write!(f, " (0x{})", hex::encode(&data[4..]))?;
                }
                Ok(())
            }
            Self::Panic(code) => write!(f, "panic {code:#04x}"),
            Self::Unknown(data) => write!(f, "unknown reason {data}"),
            Self::Empty => f.write_str("no reason given"),
        }
    }
}
