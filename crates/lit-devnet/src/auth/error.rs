use lit_node_transport::TransportError;
use lit_session_crypto::CapabilityRefusal;
use lit_types::{AuthMethodNumber, JsonProblem, NodeErrorCode};

use crate::chain_view::ChainReadError;

/// Why an auth method proves nothing. Never contains any of the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthRefusal {
    #[error("auth method type {0} is not verified by nodes")]
    Unsupported(AuthMethodNumber),
    #[error("the access token is too long")]
    TooLong,
    #[error("the access token is {0}")]
    Json(JsonProblem),

    #[error("the access token is not signed by a wallet")]
    NotAWallet,
    #[error("the access token: {0}")]
    Wallet(#[from] CapabilityRefusal),
    #[error(
        "the message in the access token is there to authorise a session or a delegation, not to log in"
    )]
    SiweUri,

    #[error("the access token is no JWT that nodes understand: {0}")]
    Jwt(&'static str),
    #[error("the JWT was issued by somebody else than {0} on this network")]
    Issuer(&'static str),
    #[error("the JWT was not signed by a key of its issuer")]
    JwtSignature,
    #[error("the JWT has expired")]
    JwtExpired,
    #[error("the JWT is not valid yet")]
    JwtTooEarly,
    #[error("the token is for an app that this network does not know")]
    Audience,
    #[error("the token does not say who it is about: it has no `{0}`")]
    Missing(&'static str),
    #[error("the Stytch session has no authentication factor of this type")]
    NoFactor,

    #[error("the credential is no assertion: {0}")]
    WebAuthn(&'static str),
    #[error("the challenge of the credential is not the hash of one of the ten latest blocks")]
    Challenge,
    #[error("the credential is for another origin than the one that asks")]
    Origin,
    #[error("the credential is registered nowhere, or not with a P-256 key")]
    UnknownCredential,
    #[error("the credential was not signed by its key")]
    WebAuthnSignature,

    #[error("this network does not know where {0} is")]
    NoService(&'static str),
    #[error("{0} does not know the access token")]
    TokenUnknown(&'static str),
    #[error("cannot ask {service}: {source}")]
    Service {
        service: &'static str,
        source: TransportError,
    },
    #[error("{0} does not answer in time")]
    ServiceTimeout(&'static str),
    #[error("{0} answers in another form than it should")]
    ServiceAnswer(&'static str),
    #[error(transparent)]
    Chain(#[from] ChainReadError),
}

impl AuthRefusal {
    /// The code a node reports this with; none makes it an unexpected error.
    pub(crate) const fn node_error_code(&self) -> Option<NodeErrorCode> {
        use NodeErrorCode as Code;
        Some(match self {
            Self::Unsupported(_) => return None,
            Self::TooLong | Self::Json(_) => Code::NodeParserError,
            Self::NotAWallet | Self::SiweUri => Code::NodeAuthSigNotSupported,
            Self::Wallet(refusal) => match refusal {
                CapabilityRefusal::Siwe(_) => Code::NodeSIWEMessageError,
                CapabilityRefusal::NoExpiration => Code::NodeUndefinedSiweExpiration,
                CapabilityRefusal::Time(_) => Code::NodeExpWrongOrTooLarge,
                _ => Code::NodeInvalidAuthSig,
            },
            Self::Challenge => Code::NodeInvalidWebAuthnChallenge,
            Self::Service { .. } => Code::CoreApiHttpClientConnectFailed,
            Self::ServiceTimeout(_) => Code::CoreApiHttpClientTimeout,
            Self::Chain(_) => Code::NodeBlockchainError,
            _ => Code::NodeAuthFailed,
        })
    }
}
