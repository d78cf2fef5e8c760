use alloy_primitives::hex::FromHexError;
use lit_node_transport::TransportError;
use lit_recap::SiweError;
use lit_session_crypto::WalletAuthSigError;
use lit_types::{
    AuthMethodNumber, JsonProblem, SdkErrorCode, TimestampError, constants::AuthMethodType,
};

use super::OAuthError;
use crate::{
    Error,
    auth_method::{AuthMethodIdError, WebAuthnError},
    services::RelayError,
};

/// A failure of an auth provider. It never contains a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthProviderError {
    /// The method is of another type than the provider's.
    #[error("auth method of type {found}, but the provider is for {expected:?}")]
    WrongType {
        /// The provider's type.
        expected: AuthMethodType,
        /// The method's type.
        found: AuthMethodNumber,
    },
    /// The id of the method does not follow from it.
    #[error(transparent)]
    Id(#[from] AuthMethodIdError),
    /// Domain or origin of the wallet's message is malformed.
    #[error("invalid message for the wallet")]
    InvalidMessage(#[from] SiweError),
    /// A time is outside the years 0 to 9999.
    #[error(transparent)]
    InvalidTime(#[from] TimestampError),
    /// The wallet did not sign.
    #[error(transparent)]
    Wallet(#[from] WalletAuthSigError),
    /// The login failed.
    #[error(transparent)]
    Login(#[from] OAuthError),
    /// The token was made for another application than the provider's.
    #[error("the token was made for another application")]
    WrongApplication,
    /// The token belongs to another user.
    #[error("the token belongs to another user")]
    WrongUser,
    /// The attestation of a WebAuthn registration is malformed.
    #[error(transparent)]
    WebAuthn(#[from] WebAuthnError),
    /// The credential is not the JSON of a WebAuthn registration.
    #[error("malformed credential: expected the JSON of a WebAuthn registration")]
    MalformedCredential(#[source] JsonProblem),
    /// The attestation object of a WebAuthn registration is not base64url.
    #[error("malformed attestation object: expected base64url")]
    MalformedAttestation(#[source] base64::DecodeError),
    /// The client has no recent block hash.
    #[error("no recent block hash from the network")]
    NoBlockhash(#[source] Box<Error>),
    /// The block hash of the network is not 32 bytes of hex.
    #[error("malformed block hash from the network")]
    MalformedBlockhash(#[source] FromHexError),
    /// The operating system returned no random bytes.
    #[error("no randomness from the operating system")]
    RandomnessUnavailable(#[source] rand_core::Error),
    /// Discord did not answer.
    #[error("no answer from Discord")]
    Discord(#[source] TransportError),
    /// Discord refused the token.
    #[error("Discord refused the token with status {status}")]
    DiscordRefused {
        /// The HTTP status.
        status: u16,
    },
    /// The answer of Discord lacks a user.
    #[error("malformed answer of Discord")]
    MalformedDiscordAnswer(#[source] JsonProblem),
    /// The relayer failed.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

impl AuthProviderError {
    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::WrongType { .. } => SdkErrorCode::InvalidArgumentException,
            Self::Id(AuthMethodIdError::Unsupported(_)) => SdkErrorCode::InvalidArgumentException,
            Self::Id(_) => SdkErrorCode::WrongParamFormat,
            Self::Login(OAuthError::LoginFailed(_))
            | Self::WebAuthn(_)
            | Self::MalformedCredential(_)
            | Self::MalformedAttestation(_)
            | Self::DiscordRefused { .. }
            | Self::MalformedDiscordAnswer(_) => SdkErrorCode::UnknownError,
            Self::Login(_) => SdkErrorCode::UnauthorizedException,
            Self::Relay(error) => return error.sdk_code(),
            _ => return None,
        })
    }
}
