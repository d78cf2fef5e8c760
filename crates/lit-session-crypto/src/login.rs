//! Verification of AuthSigs that log in a wallet directly, without a session.

use alloy_primitives::{Address, B256, eip191_hash_message};
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::VerifyingKey;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey as EcdsaKey};
use lit_recap::{SiweError, SiweMessage, TimeWindowError};
use lit_types::{
    AuthSig, AuthSigKind, NodeErrorCode, PkpPublicKey, SolanaAddress, SolanaAddressError,
    constants::{
        CAPACITY_DELEGATION_URI, CLOCK_TOLERANCE, DERIVED_VIA_CONTRACT_SHA256,
        MAX_SESSION_LIFETIME, SESSION_KEY_URI_PREFIX,
    },
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::verify::later;

/// The longest signature that is passed to a contract, in hex digits.
const MAX_CONTRACT_SIGNATURE: usize = 64 * 1024;

/// Verifies a SIWE message that a wallet signed to log in.
///
/// A message that authorizes a session or a delegation does not log in.
///
/// # Errors
/// [`LoginRefusal`].
pub fn verify_login(auth_sig: &AuthSig, now: OffsetDateTime) -> Result<SiweMessage, LoginRefusal> {
    if auth_sig.kind() != AuthSigKind::Wallet {
        return Err(LoginRefusal::Kind(auth_sig.kind()));
    }
    let mut signature = [0; 65];
    hex::decode_to_slice(without_prefix(&auth_sig.sig), &mut signature)
        .map_err(|_| LoginRefusal::SignatureEncoding)?;
    let address = address(auth_sig)?;
    let message: SiweMessage = auth_sig.signed_message.parse()?;
    if !message.verify_eip191(&signature) {
        return Err(LoginRefusal::Signature);
    }
    if message.address() != address {
        return Err(LoginRefusal::AddressMismatch);
    }
    check_login(&message, now)?;
    Ok(message)
}

/// Verifies the AuthSig of a Solana wallet: an ed25519 signature of any text.
///
/// It never expires.
///
/// # Errors
/// [`LoginRefusal`].
pub fn verify_solana_login(auth_sig: &AuthSig) -> Result<SolanaAddress, LoginRefusal> {
    let address: SolanaAddress = auth_sig.address.parse()?;
    let key = VerifyingKey::from_bytes(address.as_bytes()).map_err(|_| LoginRefusal::PublicKey)?;
    let mut signature = [0; 64];
    hex::decode_to_slice(&auth_sig.sig, &mut signature)
        .map_err(|_| LoginRefusal::Ed25519SignatureEncoding)?;
    key.verify_strict(auth_sig.signed_message.as_bytes(), &signature.into())
        .map_err(|_| LoginRefusal::Signature)?;
    Ok(address)
}

/// Verifies the AuthSig of a wallet of a Cosmos chain, and returns its address. Addresses of the chain begin with `prefix`.
///
/// It never expires.
///
/// # Errors
/// [`LoginRefusal`].
pub fn verify_cosmos_login(auth_sig: &AuthSig, prefix: &str) -> Result<String, LoginRefusal> {
    let signature = BASE64_STANDARD
        .decode(&auth_sig.sig)
        .map_err(|_| LoginRefusal::Base64)?;
    let signature =
        Signature::from_slice(&signature).map_err(|_| LoginRefusal::SignatureEncoding)?;
    // Every recovery id is tried, so either form of s gives the same keys.
    let signature = signature.normalize_s().unwrap_or(signature);
    let mut hash = [0; 32];
    hex::decode_to_slice(without_prefix(&auth_sig.signed_message), &mut hash)
        .map_err(|_| LoginRefusal::HashEncoding)?;
    let addresses = (0..4)
        .filter_map(RecoveryId::from_byte)
        .filter_map(|id| EcdsaKey::recover_from_prehash(&hash, &signature, id).ok())
        .filter_map(|key| PkpPublicKey::from_sec1(&key.to_sec1_bytes()).ok())
        .filter_map(|key| key.cosmos_address_with_prefix(prefix).ok());
    addresses
        .into_iter()
        .find(|address| *address == auth_sig.address)
        .ok_or(LoginRefusal::Signature)
}

/// A SIWE message with a signature that only a contract can verify (EIP-1271).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContractLogin {
    /// The message.
    pub message: SiweMessage,
    /// The contract.
    pub contract: Address,
    /// The hash for the contract.
    pub hash: B256,
    /// The signature for the contract.
    pub signature: Vec<u8>,
}

impl ContractLogin {
    /// Checks all but the signature.
    ///
    /// # Errors
    /// [`LoginRefusal`].
    pub fn of(auth_sig: &AuthSig, now: OffsetDateTime) -> Result<Self, LoginRefusal> {
        if auth_sig.kind() != AuthSigKind::Contract {
            return Err(LoginRefusal::Kind(auth_sig.kind()));
        }
        let message: SiweMessage = auth_sig.signed_message.parse()?;
        check_login(&message, now)?;
        let contract = address(auth_sig)?;
        let signature = without_prefix(&auth_sig.sig);
        if signature.len() > MAX_CONTRACT_SIGNATURE {
            return Err(LoginRefusal::ContractSignature);
        }
        Ok(Self {
            hash: if auth_sig.derived_via == DERIVED_VIA_CONTRACT_SHA256 {
                B256::new(Sha256::digest(&auth_sig.signed_message).into())
            } else {
                eip191_hash_message(&auth_sig.signed_message)
            },
            signature: hex::decode(signature).map_err(|_| LoginRefusal::ContractSignature)?,
            message,
            contract,
        })
    }
}

fn without_prefix(hex: &str) -> &str {
    hex.strip_prefix("0x").unwrap_or(hex)
}

fn address(auth_sig: &AuthSig) -> Result<Address, LoginRefusal> {
    auth_sig.address.parse().map_err(|_| LoginRefusal::Address)
}

fn check_login(message: &SiweMessage, now: OffsetDateTime) -> Result<(), LoginRefusal> {
    let not_to_log_in = [SESSION_KEY_URI_PREFIX, CAPACITY_DELEGATION_URI];
    if not_to_log_in
        .iter()
        .any(|prefix| message.uri().starts_with(prefix))
    {
        return Err(LoginRefusal::Uri);
    }
    Ok(check_login_times(message, now)?)
}

/// Checks the times of a SIWE message that a wallet signed to log in, or that a PKP is to sign.
///
/// It is issued at most 60 seconds ahead, expired at most 60 seconds ago, and is valid for at most 30 days.
///
/// # Errors
/// [`LoginTimeError`].
pub fn check_login_times(message: &SiweMessage, now: OffsetDateTime) -> Result<(), LoginTimeError> {
    let issued_at = message.issued_at();
    if issued_at > later(now, CLOCK_TOLERANCE) {
        return Err(LoginTimeError::IssuedInTheFuture);
    }
    let expiration = message.expiration().ok_or(LoginTimeError::NoExpiration)?;
    if expiration < issued_at {
        return Err(LoginTimeError::ExpiresBeforeItIsIssued);
    }
    if later(expiration, CLOCK_TOLERANCE) < now {
        return Err(LoginTimeError::Expired);
    }
    if expiration > later(issued_at, MAX_SESSION_LIFETIME) {
        return Err(LoginTimeError::LifetimeTooLong);
    }
    match message.check_time(now) {
        Err(TimeWindowError::NotYetValid) => Err(LoginTimeError::NotYetValid),
        _ => Ok(()),
    }
}

/// Why an AuthSig does not log in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginRefusal {
    /// Not the AuthSig of a wallet.
    #[error("a {0:?} AuthSig does not log in")]
    Kind(AuthSigKind),
    /// `sig` is not a signature of the expected length.
    #[error(
        "malformed wallet signature: expected 65 bytes of hex, or 64 in base64 for a Cosmos wallet"
    )]
    SignatureEncoding,
    /// `sig` of a Solana wallet is malformed.
    #[error("malformed signature of a Solana wallet: expected 64 bytes of hex")]
    Ed25519SignatureEncoding,
    /// `sig` of a Cosmos wallet is not base64.
    #[error("malformed signature of a Cosmos wallet: not base64")]
    Base64,
    /// `sig` of a contract is malformed.
    #[error("malformed contract signature: expected at most 32 KiB of hex")]
    ContractSignature,
    /// `signedMessage` of a Cosmos wallet is not a hash.
    #[error("malformed text of a Cosmos wallet: expected a hash of 32 bytes in hex")]
    HashEncoding,
    /// `address` is not an address.
    #[error("malformed address in the AuthSig: expected 20 bytes of hex")]
    Address,
    /// `address` is not a Solana address.
    #[error(transparent)]
    SolanaAddress(#[from] SolanaAddressError),
    /// The Solana address is not a public key. Addresses of accounts that programs own are not.
    #[error("the Solana address is not a public key, so no wallet signs for it")]
    PublicKey,
    /// The wallet with this address did not sign the text.
    #[error("the wallet with this address did not sign the text")]
    Signature,
    /// The AuthSig and its message name different addresses.
    #[error("the AuthSig and its message name different addresses")]
    AddressMismatch,
    /// The text is not a SIWE message.
    #[error("Parse error on SIWE: {0}")]
    Siwe(#[from] SiweError),
    /// The message authorizes a session or a delegation.
    #[error("the message authorizes a session or a delegation; sign one to log in")]
    Uri,
    /// The message is not valid at this time.
    #[error(transparent)]
    Time(#[from] LoginTimeError),
}

impl LoginRefusal {
    /// The code with which nodes report this.
    #[must_use]
    pub const fn node_error_code(&self) -> NodeErrorCode {
        match self {
            Self::SignatureEncoding => NodeErrorCode::NodeAuthSigSignatureConversionError,
            Self::Ed25519SignatureEncoding => NodeErrorCode::NodeInvalidED25519AuthSig,
            Self::HashEncoding => NodeErrorCode::NodeAuthSigSignedMessageConversionError,
            Self::Address | Self::SolanaAddress(_) => {
                NodeErrorCode::NodeAuthSigAddressConversionError
            }
            Self::PublicKey => NodeErrorCode::NodeAuthSigSessionKeyConversionError,
            Self::Time(error) => error.node_error_code(),
            _ => NodeErrorCode::NodeInvalidAuthSig,
        }
    }
}

/// Why a SIWE message is not valid at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginTimeError {
    /// Issued more than 60 seconds ahead.
    #[error("the message was issued in the future")]
    IssuedInTheFuture,
    /// Without an expiration.
    #[error("the message has no expiration time")]
    NoExpiration,
    /// Expires before it is issued.
    #[error("the message expires before it is issued")]
    ExpiresBeforeItIsIssued,
    /// Expired more than 60 seconds ago.
    #[error("the message has expired")]
    Expired,
    /// Valid for more than 30 days.
    #[error("the message is valid for more than 30 days")]
    LifetimeTooLong,
    /// The not-before time is in the future.
    #[error("the message is not valid yet")]
    NotYetValid,
}

impl LoginTimeError {
    /// The code with which nodes report this.
    #[must_use]
    pub const fn node_error_code(self) -> NodeErrorCode {
        match self {
            Self::ExpiresBeforeItIsIssued => NodeErrorCode::NodeExpWrongOrTooLarge,
            _ => NodeErrorCode::NodeSIWEMessageError,
        }
    }
}
