use lit_node_transport::TransportError;
use lit_recap::SiweError;
use lit_session_crypto::{AuthMethodIdError, WalletAuthSigError, WebAuthnError};
use lit_types::{AuthMethodNumber, SdkErrorCode, TimestampError, constants::AuthMethodType};

use super::OAuthError;
use crate::RelayError;

/// What can go wrong with a provider of auth methods. Never contains a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthProviderError {
    /// The method is one of another provider.
    #[error("the auth method is of type {found}, the provider is for {expected:?}")]
    OtherType {
        /// The provider's type.
        expected: AuthMethodType,
        /// The method's type.
        found: AuthMethodNumber,
    },
    /// No id follows from the method, or it is not what it should be.
    #[error(transparent)]
    Id(#[from] AuthMethodIdError),
    /// The message for the wallet cannot be written: domain or origin are none.
    #[error(transparent)]
    Message(#[from] SiweError),
    /// A time is outside the years that can be written.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// The wallet did not sign.
    #[error(transparent)]
    Wallet(#[from] WalletAuthSigError),
    /// The login failed.
    #[error(transparent)]
    Login(#[from] OAuthError),
    /// The token was made for another application than the provider's.
    #[error("the token was made for another application")]
    OtherApplication,
    /// The token is another user's.
    #[error("the token is another user's")]
    OtherUser,
    /// The credential is no registration that can be read.
    #[error(transparent)]
    WebAuthn(#[from] WebAuthnError),
    /// The credential is not the JSON of one.
    #[error("the credential is not that of a WebAuthn registration as JSON")]
    Credential,
    /// The client knows no recent block hash.
    #[error("the network has given no block hash")]
    Blockhash,
    /// The operating system gives no random bytes.
    #[error("no randomness: {0}")]
    Randomness(rand_core::Error),
    /// Discord does not say whose a token is.
    #[error("Discord does not say whose the token is: {0}")]
    Discord(TransportError),
    /// Discord refuses the token, or answers with something else than a user.
    #[error("Discord does not know the token (status {status})")]
    DiscordRefuses {
        /// HTTP status.
        status: u16,
    },
    /// The relayer.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

impl AuthProviderError {
    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::OtherType { .. } => SdkErrorCode::InvalidArgumentException,
            Self::Id(AuthMethodIdError::Unsupported(_)) => SdkErrorCode::InvalidArgumentException,
            Self::Id(_) => SdkErrorCode::WrongParamFormat,
            Self::Login(OAuthError::Gateway(_))
            | Self::WebAuthn(_)
            | Self::Credential
            | Self::DiscordRefuses { .. } => SdkErrorCode::UnknownError,
            Self::Login(_) => SdkErrorCode::UnauthorizedException,
            Self::Relay(error) => return error.sdk_code(),
            _ => return None,
        })
    }
}
