use lit_node_transport::TransportError;
use lit_session_crypto::LoginRefusal;
use lit_types::{AuthMethodNumber, JsonProblem, NodeErrorCode, NodeErrorKind};

use crate::{causes::with_causes, contracts::ChainReadError, refusal::Refusal};

/// Why an auth method is refused. Never contains any of the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthRefusal {
    #[error("unsupported auth method type {0}")]
    Unsupported(AuthMethodNumber),
    #[error("access token too long")]
    TooLong,
    #[error("malformed access token: it is {0}")]
    Json(JsonProblem),

    #[error("invalid AuthSig in the access token")]
    Wallet(#[from] LoginRefusal),

    #[error("malformed JWT: {0}")]
    Jwt(&'static str),
    #[error("unknown issuer of the JWT: this network does not trust it for {0}")]
    Issuer(&'static str),
    #[error("invalid JWT signature: not made by a key of the issuer")]
    JwtSignature,
    #[error("the JWT has expired")]
    JwtExpired,
    #[error("the JWT is not valid yet")]
    JwtTooEarly,
    #[error("unknown audience: the token is for another app")]
    Audience,
    #[error("missing claim `{0}` in the token")]
    Missing(&'static str),
    #[error("missing authentication factor of this type in the Stytch session")]
    NoFactor,

    #[error("malformed WebAuthn assertion: {0}")]
    WebAuthn(&'static str),
    #[error("stale or unknown WebAuthn challenge: not the hash of one of the ten latest blocks")]
    Challenge,
    #[error("the WebAuthn assertion is for another origin than the request's")]
    Origin,
    #[error("unknown WebAuthn credential: not registered on chain with a P-256 key")]
    UnknownCredential,
    #[error("invalid WebAuthn signature: not made by the registered key")]
    WebAuthnSignature,

    #[error("{0} is not configured on this network")]
    NoService(&'static str),
    #[error("no keys of {0}: its key set could not be fetched in the last seconds")]
    NoKeys(&'static str),
    #[error("{0} refused the access token")]
    TokenUnknown(&'static str),
    #[error("cannot reach {service}")]
    Service {
        service: &'static str,
        source: TransportError,
    },
    #[error("{0} did not answer in time")]
    ServiceTimeout(&'static str),
    #[error("malformed answer from {0}")]
    ServiceAnswer(&'static str),
    #[error(transparent)]
    Chain(#[from] ChainReadError),
}

impl AuthRefusal {
    /// The code with which nodes report this; `None` for an unexpected error.
    pub(crate) const fn node_error_code(&self) -> Option<NodeErrorCode> {
        use NodeErrorCode as Code;
        Some(match self {
            Self::Unsupported(_) => return None,
            Self::TooLong | Self::Json(_) => Code::NodeParserError,
            Self::Wallet(refusal) => refusal.node_error_code(),
            Self::Challenge => Code::NodeInvalidWebAuthnChallenge,
            Self::Service { .. } => Code::CoreApiHttpClientConnectFailed,
            Self::ServiceTimeout(_) => Code::CoreApiHttpClientTimeout,
            Self::Chain(_) => Code::NodeBlockchainError,
            _ => Code::NodeAuthFailed,
        })
    }
}

impl From<AuthRefusal> for Refusal {
    fn from(refusal: AuthRefusal) -> Self {
        match refusal.node_error_code() {
            Some(code) => Self::caused(code, &refusal),
            None => Self::uncoded(500, NodeErrorKind::Unexpected, with_causes(&refusal)),
        }
    }
}
