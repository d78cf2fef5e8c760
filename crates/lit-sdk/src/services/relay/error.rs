use std::convert::Infallible;

use lit_node_transport::{HttpUrlError, TransportError};
use lit_types::{JsonProblem, LitNetwork, NodeUrl, SdkErrorCode};

use super::{InvalidRelaySecret, RelayRequestId};
use crate::auth_method::AuthMethodIdError;

/// A failure of a relayer. Texts from the relayer are cut to size, and never contain the secrets it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The URL of the relayer is malformed.
    #[error("invalid relayer URL")]
    Url(#[from] HttpUrlError),
    /// The API key cannot be sent.
    #[error("invalid relayer API key")]
    ApiKey(#[from] InvalidRelaySecret),
    /// Lit ran no relayer for this network. Pass the URL of one.
    #[error("no known relayer for the network {0}; pass its URL")]
    Network(LitNetwork),
    /// The request permits nobody to use the PKP.
    #[error("at least one auth method is required")]
    NoAuthMethods,
    /// The number of scope lists differs from the number of auth methods.
    #[error("{scopes} lists of scopes for {methods} auth methods")]
    Scopes {
        /// How many auth methods there are.
        methods: usize,
        /// How many lists of scopes there are.
        scopes: usize,
    },
    /// The zero address cannot own a PKP.
    #[error("the zero address cannot own a PKP")]
    ZeroOwner,
    /// Nobody could ever use the PKP: it would own itself, and no auth method has a scope that lets it sign.
    #[error(
        "nobody could ever use this PKP: give an auth method a scope to sign, or choose another owner"
    )]
    UnusablePkp,
    /// The id of an auth method does not follow from its token.
    #[error("auth method {index} has no derivable id")]
    AuthMethod {
        /// The position of the method, from 0.
        index: usize,
        /// The cause.
        source: AuthMethodIdError,
    },
    /// A WebAuthn method lacks the public key of its credential, without which nodes cannot verify a login. The registration
    /// contains it; see [`RelayAuthMethod::with_public_key`](super::RelayAuthMethod::with_public_key).
    #[error("auth method {index} lacks the public key of its WebAuthn credential")]
    PublicKey {
        /// The position of the method, from 0.
        index: usize,
    },
    /// The relayer did not answer. It may have minted the PKP all the same.
    #[error("no answer from the relayer at {relayer}")]
    Transport {
        /// The origin of the relayer's URL.
        relayer: NodeUrl,
        /// The cause.
        source: TransportError,
    },
    /// The relayer refused.
    #[error("the relayer refused {path} with status {status}{}", told(.message))]
    Refused {
        /// The path of the call.
        path: &'static str,
        /// HTTP status.
        status: u16,
        /// The relayer's message.
        message: Option<String>,
    },
    /// The relayer redirects the call. Redirects are not followed, because a request carries the API key.
    #[error("the relayer redirects {path} with status {status}; pass the URL where it is")]
    Redirected {
        /// The path of the call.
        path: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// The answer is malformed.
    #[error("malformed answer of the relayer to {path}")]
    Answer {
        /// The path of the call.
        path: &'static str,
        /// The cause.
        source: JsonProblem,
    },
    /// The answer lacks the id of the request.
    #[error("the answer of the relayer lacks a request id{}", told(.0))]
    NoRequestId(Option<String>),
    /// The answer lacks a list of PKPs.
    #[error("the answer of the relayer lacks a list of PKPs")]
    NoPkps,
    /// The public key of a PKP is malformed, or address or token id do not follow from it.
    #[error("the relayer returned a PKP whose key, address and token id do not match")]
    InconsistentPkp,
    /// The PKP was not minted. Final.
    #[error("request {request_id} failed: the PKP was not minted{}", told(.reason))]
    MintFailed {
        /// The request.
        request_id: RelayRequestId,
        /// The relayer's message.
        reason: Option<String>,
    },
    /// The PKP is not minted yet. Wait on with [`LitRelay::wait_for_mint`](super::LitRelay::wait_for_mint).
    #[error("request {request_id} is still in progress")]
    StillInProgress {
        /// The request.
        request_id: RelayRequestId,
    },
    /// The outcome of a request is unknown. Ask again with
    /// [`LitRelay::wait_for_mint`](super::LitRelay::wait_for_mint).
    #[error("the outcome of request {request_id} is unknown")]
    Status {
        /// The request.
        request_id: RelayRequestId,
        /// The cause.
        source: Box<RelayError>,
    },
}

impl From<Infallible> for RelayError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn told(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!(": {message}"))
}

impl RelayError {
    /// The answer is not what was asked for: a redirect, or malformed.
    pub(super) fn unreadable(path: &'static str, status: u16, source: JsonProblem) -> Self {
        match status {
            300.. => Self::Redirected { path, status },
            _ => Self::Answer { path, source },
        }
    }

    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::Network(_) => SdkErrorCode::WrongNetworkException,
            Self::NoAuthMethods | Self::Scopes { .. } | Self::ZeroOwner | Self::UnusablePkp => {
                SdkErrorCode::InvalidParamType
            }
            Self::AuthMethod { source, .. } => match source {
                AuthMethodIdError::Unsupported(_) => SdkErrorCode::InvalidArgumentException,
                // The official client asks Discord itself.
                AuthMethodIdError::DiscordUser => return None,
                _ => SdkErrorCode::WrongParamFormat,
            },
            Self::Transport { .. }
            | Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::NoRequestId(_) => SdkErrorCode::NetworkError,
            Self::NoPkps => SdkErrorCode::ParamsMissingError,
            Self::Status { source, .. } => return source.sdk_code(),
            _ => return None,
        })
    }

    /// The request to pass to [`LitRelay::wait_for_mint`](super::LitRelay::wait_for_mint).
    #[must_use]
    pub const fn request_id(&self) -> Option<&RelayRequestId> {
        match self {
            Self::MintFailed { request_id, .. }
            | Self::StillInProgress { request_id }
            | Self::Status { request_id, .. } => Some(request_id),
            _ => None,
        }
    }

    /// Whether the same call may succeed later. Minting again may mint a second PKP: for an error with a
    /// [`RelayError::request_id`], wait for that request instead.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::StillInProgress { .. } => true,
            Self::Status { source, .. } => source.is_retryable(),
            _ => false,
        }
    }
}
