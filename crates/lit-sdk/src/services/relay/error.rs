use lit_node_transport::{HttpUrlError, TransportError};
use lit_session_crypto::AuthMethodIdError;
use lit_types::{JsonProblem, LitNetwork, SdkErrorCode};

use super::RelayRequestId;

/// What can go wrong with a relayer. Texts of the relayer are cut to size, and never contain the secrets it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The URL of the relayer is none.
    #[error(transparent)]
    Url(#[from] HttpUrlError),
    /// Lit runs no relayer for this network. Give the URL of one.
    #[error("no relayer is known for the network {0}")]
    Network(LitNetwork),
    /// A PKP that nobody may use is of no use.
    #[error("at least one auth method is needed")]
    NoAuthMethods,
    /// There has to be a list of scopes for every auth method.
    #[error("{scopes} lists of scopes for {methods} auth methods")]
    Scopes {
        /// How many auth methods there are.
        methods: usize,
        /// How many lists of scopes there are.
        scopes: usize,
    },
    /// The id of an auth method cannot be told.
    #[error("auth method {index}: {error}")]
    AuthMethod {
        /// Which one.
        index: usize,
        /// Why not.
        error: AuthMethodIdError,
    },
    /// Without the public key of the credential nodes cannot verify a WebAuthn login. It is in the registration; see
    /// [`RelayAuthMethod::with_public_key`](super::RelayAuthMethod::with_public_key).
    #[error("auth method {index}: WebAuthn needs the public key of the credential")]
    PublicKey {
        /// Which one.
        index: usize,
    },
    /// The relayer does not answer. Where something was to be minted, it may have been.
    #[error("no answer from the relayer: {0}")]
    Transport(#[from] TransportError),
    /// The relayer refuses.
    #[error("the relayer refuses {path} with status {status}{}", told(.message))]
    Refused {
        /// What was called.
        path: &'static str,
        /// HTTP status.
        status: u16,
        /// What the relayer says.
        message: Option<String>,
    },
    /// The answer is not of the expected form.
    #[error("the answer of the relayer to {path} is {problem}")]
    Answer {
        /// What was called.
        path: &'static str,
        /// What is wrong with it.
        problem: JsonProblem,
    },
    /// The answer does not have the id under which the request goes on.
    #[error("the answer of the relayer has no request id{}", told(.0))]
    NoRequestId(Option<String>),
    /// The answer does not have a list of PKPs.
    #[error("the answer of the relayer has no PKPs")]
    NoPkps,
    /// The public key of a PKP is none, or the address or the token id do not follow from it.
    #[error("the relayer tells of a PKP whose key, address and token id do not belong together")]
    InconsistentPkp,
    /// The PKP was not minted. Final.
    #[error("request {request_id}: the PKP was not minted{}", told(.reason))]
    MintFailed {
        /// Which request.
        request_id: RelayRequestId,
        /// What the relayer says.
        reason: Option<String>,
    },
    /// The PKP is not minted yet. Ask on with [`LitRelay::wait_for_mint`](super::LitRelay::wait_for_mint).
    #[error("request {request_id}: the PKP is not minted yet")]
    StillInProgress {
        /// Which request.
        request_id: RelayRequestId,
    },
    /// What became of a request for a PKP cannot be told. Ask again with
    /// [`LitRelay::wait_for_mint`](super::LitRelay::wait_for_mint).
    #[error("request {request_id}: {cause}")]
    Status {
        /// Which request.
        request_id: RelayRequestId,
        /// Why not.
        cause: Box<RelayError>,
    },
}

fn told(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!(": {message}"))
}

impl RelayError {
    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::Network(_) => SdkErrorCode::WrongNetworkException,
            Self::NoAuthMethods | Self::Scopes { .. } => SdkErrorCode::InvalidParamType,
            Self::AuthMethod { error, .. } => match error {
                AuthMethodIdError::Unsupported(_) => SdkErrorCode::InvalidArgumentException,
                // The official client asks Discord itself.
                AuthMethodIdError::DiscordUser => return None,
                _ => SdkErrorCode::WrongParamFormat,
            },
            Self::Transport(_) | Self::Refused { .. } | Self::NoRequestId(_) => {
                SdkErrorCode::NetworkError
            }
            Self::NoPkps => SdkErrorCode::ParamsMissingError,
            Self::Status { cause, .. } => return cause.sdk_code(),
            _ => return None,
        })
    }

    /// The request for a PKP that was under way, to ask on for what became of it.
    #[must_use]
    pub const fn request_id(&self) -> Option<&RelayRequestId> {
        match self {
            Self::MintFailed { request_id, .. }
            | Self::StillInProgress { request_id }
            | Self::Status { request_id, .. } => Some(request_id),
            _ => None,
        }
    }

    /// Whether the same call may succeed later. Minting again may mint a second PKP; an error with a
    /// [`RelayError::request_id`] says what to ask for instead.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_retryable(),
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::StillInProgress { .. } => true,
            Self::Status { cause, .. } => cause.is_retryable(),
            _ => false,
        }
    }
}
