use lit_recap::{NodeCoverError, SiweError, TimeWindowError};
use lit_types::{AuthSigKind, JsonProblem, MAX_AUTH_SIG_BYTES, NodeErrorCode, NodeUrl, Timestamp};
use time::OffsetDateTime;

use super::{MAX_CAPABILITIES, Operation};
use crate::{BlsError, SessionKeyError};

/// Why a session signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionSigRefusal {
    /// `derivedVia` and `algo` do not fit a session signature.
    #[error("expected a session signature, got {0:?}")]
    Kind(AuthSigKind),
    /// The signed text is larger than [`MAX_AUTH_SIG_BYTES`].
    #[error("the session signature is larger than {MAX_AUTH_SIG_BYTES} bytes")]
    TooLarge,
    /// `address` is not a session public key.
    #[error("malformed address in the session signature: {0}")]
    SessionKey(SessionKeyError),
    /// `sig` is not 128 hex digits.
    #[error("malformed signature: expected 64 bytes of hex")]
    SignatureEncoding,
    /// The session key did not sign this text.
    #[error("the session key did not sign this text")]
    Signature,
    /// The signed document is malformed.
    #[error("malformed signed document: {0}")]
    Template(JsonProblem),
    /// The document names another session key.
    #[error("the document names a different session key from the one that signed it")]
    SessionKeyMismatch,
    /// The document does not request the right that the operation needs.
    #[error("the session does not ask for {} on {}", .0.ability, .0.id)]
    NotRequested(Operation),
    /// Issued more than 60 seconds in the future. Check the clocks.
    #[error("issued at {}, which is in the future (now {})", iso(*issued_at), iso(*now))]
    IssuedInTheFuture {
        /// The issue time.
        issued_at: OffsetDateTime,
        /// The verifier's clock.
        now: OffsetDateTime,
    },
    /// Expired more than 60 seconds ago, or before it was issued.
    #[error("expired at {} (now {})", iso(*expiration), iso(*now))]
    Expired {
        /// The expiration.
        expiration: OffsetDateTime,
        /// The verifier's clock.
        now: OffsetDateTime,
    },
    /// Valid for more than 30 days.
    #[error("valid from {} to {}, which is more than 30 days", iso(*issued_at), iso(*expiration))]
    LifetimeTooLong {
        /// The issue time.
        issued_at: OffsetDateTime,
        /// The expiration.
        expiration: OffsetDateTime,
    },
    /// Signed for another node. Each node needs its own signature.
    #[error("made for node {signed_for}, not for {own}")]
    WrongNode {
        /// The node in the document.
        signed_for: String,
        /// The verifying node.
        own: NodeUrl,
    },
    /// More capabilities than [`MAX_CAPABILITIES`].
    #[error("too many capabilities: {0}, the limit is {MAX_CAPABILITIES}")]
    TooManyCapabilities(usize),
    /// The wallet or the PKP signed in to another domain: see [`SessionVerifier::with_domain`](crate::SessionVerifier::with_domain).
    #[error("signed in to {found}, not to {expected}")]
    WrongDomain {
        /// The required domain.
        expected: String,
        /// The domain of the message.
        found: String,
    },
    /// No capability allows the operation. One reason for each, in order.
    #[error("no capability allows this: {}", list(.0))]
    NoGoodCapability(Vec<CapabilityRefusal>),
}

fn iso(at: OffsetDateTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

fn list(refusals: &[CapabilityRefusal]) -> String {
    if refusals.is_empty() {
        return "the signature carries none".to_owned();
    }
    refusals
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

impl SessionSigRefusal {
    /// The error code that a node reports for this refusal.
    #[must_use]
    pub const fn node_error_code(&self) -> NodeErrorCode {
        match self {
            Self::Kind(_) => NodeErrorCode::NodeCannotProvideAuthSigForEndpoint,
            Self::SessionKey(_) => NodeErrorCode::NodeAuthSigAddressConversionError,
            Self::SignatureEncoding => NodeErrorCode::NodeAuthSigSignatureConversionError,
            Self::Signature => NodeErrorCode::NodeInvalidAuthSigSessionKeySignature,
            Self::TooLarge | Self::Template(_) => {
                NodeErrorCode::NodeAuthSigSignedMessageConversionError
            }
            Self::SessionKeyMismatch => NodeErrorCode::NodeAuthSigSessionKeyConversionError,
            Self::NotRequested(_) => NodeErrorCode::NodeResourceIdNotFound,
            Self::IssuedInTheFuture { .. } => NodeErrorCode::NodeIatOutsideGracePeriod,
            Self::Expired { .. } => NodeErrorCode::NodeExpWrongOrTooLarge,
            Self::LifetimeTooLong { .. } => NodeErrorCode::NodeSIWEMessageError,
            Self::WrongNode { .. } | Self::WrongDomain { .. } => NodeErrorCode::NodeNotAuthorized,
            Self::TooManyCapabilities(_) | Self::NoGoodCapability(_) => {
                NodeErrorCode::NodeSIWECapabilityInvalid
            }
        }
    }
}

/// Why one capability of a session signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapabilityRefusal {
    /// Signed by a contract or a session key, which cannot authorize a session key.
    #[error("a {0:?} AuthSig is not accepted as a capability")]
    Kind(AuthSigKind),
    /// The signed text is not a SIWE message.
    #[error(transparent)]
    Siwe(#[from] SiweError),
    /// The message is outside its time window.
    #[error(transparent)]
    Time(#[from] TimeWindowError),
    /// The message never expires. Clients and services refuse it; nodes accept it.
    #[error("the message has no expiration time")]
    NoExpiration,
    /// The message was issued more than 60 seconds in the future. Services refuse it; nodes accept it.
    #[error("the message was issued in the future; check the clock")]
    IssuedInTheFuture,
    /// The message is valid for more than 30 days. Services refuse it; nodes accept it.
    #[error("the message is valid for more than 30 days")]
    LifetimeTooLong,
    /// `sig` is not 65 bytes of hex.
    #[error("malformed wallet signature: expected 65 bytes of hex")]
    SignatureEncoding,
    /// Another wallet signed than the message names.
    #[error("the wallet named in the message did not sign it")]
    Signature,
    /// Signed for a PKP, and the verifier has no network key.
    #[error("cannot verify the AuthSig of a PKP without the network's BLS key")]
    NoNetworkKey,
    /// `sig` is not a BLS signature in JSON.
    #[error("malformed network signature: {0}")]
    NetworkSignatureEncoding(BlsError),
    /// The network with this key did not sign the message.
    #[error("the network did not sign this message")]
    NetworkSignature,
    /// `address` differs from the address of the message.
    #[error("the AuthSig and its message name different addresses")]
    AddressMismatch,
    /// The message is for another URI.
    #[error("the message does not authorize this session key")]
    WrongUri,
    /// The ReCap does not allow the operation.
    #[error(transparent)]
    Cover(#[from] NodeCoverError),
}
