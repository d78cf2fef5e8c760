use std::{fmt, time::Duration};

use lit_contracts::ContractError;
use lit_node_transport::{Cause, QuorumError, QuorumFailure};
#[cfg(feature = "attestation")]
use lit_node_transport::{NodeOutcome, Outcome, TransportError};
use lit_recap::SiweError;
use lit_session_crypto::{
    BlsError, CapabilityRefusal, InvalidSessionSigs, RootRefusal, SessionError, SessionRefusal,
    TimeLockError,
};
use lit_types::{
    LitAbility, LitNetwork, MissingNodeError, PrintableLines, Right, SdkErrorCode, SwitchedOff,
    Timestamp, TimestampError, access_control::AccessControlError,
};

use crate::{AuthorizeError, transport::DiscoveryError};

/// Why a flow of this crate failed.
///
/// The `Display` of a variant does not repeat its cause: print the chain of [sources](std::error::Error::source), as
/// [`anyhow`](https://docs.rs/anyhow) does. The report of [`QuorumError`], with a line for every node, is such a source.
///
/// ```
/// use std::error::Error as _;
/// use lit_sdk::{Error, session_crypto::SessionError};
///
/// /// What to tell the user.
/// fn advice(error: &Error) -> String {
///     match error {
///         Error::Session(SessionError::Expired { expiration }) => {
///             format!("the session ended at {expiration}: log in again")
///         }
///         Error::Action { error, logs, .. } => format!("the action threw {error}, after it wrote:\n{logs}"),
///         Error::Nodes(nodes) | Error::Connect(nodes) => {
///             for node in &nodes.outcomes {
///                 eprintln!("{}: {}", node.node, node.outcome);
///             }
///             match nodes.error_code() {
///                 Some("NodeAuthSigScopeTooLimited") => "the session lacks a right".to_owned(),
///                 _ => "the nodes did not agree".to_owned(),
///             }
///         }
///         error if error.is_retryable() => "try again later".to_owned(),
///         error => match error.source() {
///             Some(cause) => format!("{error}: {cause}"),
///             None => error.to_string(),
///         },
///     }
/// }
/// assert_eq!(advice(&Error::NotReady), "the client is disconnected; connect again");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The nodes, the threshold or the transport of the client do not fit together.
    #[error("invalid configuration")]
    Config(#[source] ConfigError),
    /// The context belongs to a hosted network that was switched off. For a network of your own with this name, set its RPC, resolver
    /// or addresses on the context.
    #[error(transparent)]
    SwitchedOff(#[from] SwitchedOff),
    /// The nodes of this network must prove by attestation what they run, and the feature that verifies it is off.
    #[error("{0} requires node attestation; build with the feature `attestation`")]
    AttestationRequired(LitNetwork),
    /// The nodes could not be found, for example because the chain does not answer.
    #[error("cannot find the nodes of the network")]
    Discovery(#[source] DiscoveryError),
    /// The time limit of the call passed, outside of the calls to nodes. Those end with [`Error::Connect`] or [`Error::Nodes`], with
    /// the report on the nodes; see [`Error::is_timeout`].
    #[error("timed out after {} ms while {step}", .timeout.as_millis())]
    Timeout {
        /// The step that did not end.
        step: TimedStep,
        /// How long the whole call could take.
        timeout: Duration,
    },
    /// The nodes have other keys than before, so they belong to another network. The client keeps what it knew.
    #[error("the keys of the network have changed")]
    KeysChanged,
    /// Too few nodes answered, or their keys differ. The report has a line per node.
    #[error("cannot connect to the network")]
    Connect(#[source] Box<QuorumError>),
    /// The client was disconnected.
    #[error("the client is disconnected; connect again")]
    NotReady,
    /// The operating system provides no random bytes.
    #[error("the operating system provides no random bytes")]
    RandomnessUnavailable(#[source] rand_core::Error),
    /// The request names no rights.
    #[error("request at least one right")]
    NoRequests,
    /// A resource, a domain or a statement does not fit into a SIWE message.
    #[error(transparent)]
    InvalidMessage(#[from] SiweError),
    /// The requested end has already passed, or is more than 30 days away, which nodes refuse.
    #[error("the session cannot end at {expiration}: {}", end_problem(*.is_past))]
    Lifetime {
        /// The requested end.
        expiration: Timestamp,
        /// Whether it had passed when it was requested.
        is_past: bool,
    },
    /// A time is outside the years that a timestamp can have.
    #[error(transparent)]
    TimeOutOfRange(#[from] TimestampError),
    /// A proof is invalid. Nodes refuse the whole request because of it.
    #[error("proof {index} is invalid")]
    Proof {
        /// The position of the proof in the request.
        index: usize,
        /// What is wrong with it.
        #[source]
        refusal: CapabilityRefusal,
    },
    /// The authorizer did not authorize the session.
    #[error("the session was not authorized")]
    Authorize(#[source] AuthorizeError),
    /// The AuthSig does not authorize the session.
    #[error("the AuthSig does not authorize the session")]
    Root(#[from] RootRefusal),
    /// The parts do not make a session.
    #[error("the session is refused")]
    Refused(#[source] SessionRefusal),
    /// The session has ended. Make a new one.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The session signatures have expired or are malformed.
    #[error(transparent)]
    SessionSigs(#[from] InvalidSessionSigs),
    /// Too few nodes have a session signature.
    #[error(transparent)]
    MissingNode(#[from] MissingNodeError),
    /// The session of a wallet shall sign with a PKP, but does not have the right to run any action. Nodes ask for both.
    #[error(
        "the session may not run any action, which nodes require when a wallet session signs with a PKP; request Right::run_any_action()"
    )]
    AnyActionRightMissing,
    /// The session does not request this right, so nodes would refuse the call.
    #[error("the session has no right to {}", RequiredRight(.0))]
    RightMissing(Box<Right>),
    /// The action threw the same exception on so many nodes that those left cannot be enough.
    #[error("the Lit Action failed: {}", PrintableLines(error))]
    Action {
        /// The exception, with stack.
        error: String,
        /// What the action wrote to the console before.
        logs: String,
        /// Every node's outcome.
        nodes: Box<QuorumError>,
    },
    /// Keys cannot be claimed for WebAuthn credentials: a claim does not carry the public key that verifies logins. Mint
    /// a PKP with [`LitRelay::mint`](crate::services::LitRelay::mint) instead.
    #[error(
        "a key cannot be claimed for a WebAuthn credential; mint a PKP that permits it instead"
    )]
    WebAuthnClaim,
    /// Nodes refuse these conditions, or hash them differently.
    #[error(transparent)]
    Conditions(#[from] AccessControlError),
    /// The data is too long, or the ciphertext is malformed, or belongs to another network or other conditions.
    #[error(transparent)]
    Encryption(#[from] TimeLockError),
    /// The hash of encrypted data is not 32 bytes of hex.
    #[error("the hash of the encrypted data is not 64 hex digits")]
    DataHash,
    /// The decrypted data does not match the hash that came with it. It is not returned.
    #[error("the decrypted data does not match its hash")]
    OtherData,
    /// The decrypted data is not text.
    #[error("the decrypted data is not UTF-8 text; decrypt it as bytes")]
    NotText,
    /// The runtime shut down before the work was done.
    #[error("the runtime shut down before the work was done")]
    RuntimeShutDown,
    /// The network key of the handshake is not a BLS key, so combined signatures cannot be verified.
    #[error("the network key is malformed")]
    NetworkKey(#[source] BlsError),
    /// The root keys of the handshake are missing or malformed, so keys of PKPs cannot be derived.
    #[error("cannot derive keys from the root keys of the network")]
    RootKeys(#[source] Cause),
    /// Enough nodes answered, but their answers make no signature: they are malformed, or their shares are missing, wrong, or of
    /// different messages. The report has a line per node.
    #[error("the answers of the nodes make no valid signature")]
    Shares(#[source] Box<QuorumError>),
    /// Too few nodes carried out the call, or their answers differ. The report has a line per node.
    #[error("the nodes did not carry out the call")]
    Nodes(#[source] Box<QuorumError>),
}

/// A step of a call that can reach its time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimedStep {
    /// Finding the nodes, for example on chain.
    Discovery,
    /// Asking for a recent block hash.
    Blockhash,
    /// Waiting for the signer of a session.
    Authorizer,
    /// Encrypting, decrypting, or combining and verifying signatures.
    Cryptography,
}

impl fmt::Display for TimedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "finding the nodes",
            Self::Blockhash => "asking for a block hash",
            Self::Authorizer => "waiting for the authorizer",
            Self::Cryptography => "computing",
        })
    }
}

/// Why a client cannot be configured like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The threshold is 0, or there are fewer nodes than that.
    #[error("a threshold of {threshold} cannot be reached by {nodes} nodes")]
    UnreachableThreshold {
        /// The threshold.
        threshold: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// Two URLs name the same node.
    #[error("a node is listed twice")]
    DuplicateNode,
    /// There is no way to reach the nodes.
    #[error("no transport; set one, or build with the feature `http`")]
    NoTransport,
    /// Nodes must be attested, and there is no source of certificates.
    #[error(
        "no source of certificates to attest nodes; set one with with_vcek_source, or build with the feature `http`"
    )]
    NoVcekSource,
    /// Keys are shared with a threshold of at least 2. The nodes cannot sign or decrypt together with less.
    #[error(
        "a threshold of {threshold} is too low to sign or decrypt; keys are shared with at least 2"
    )]
    ThresholdTooLow {
        /// The threshold.
        threshold: usize,
    },
    /// Keys are shared among at most 255 nodes.
    #[error("a threshold of {threshold} is too high; keys are shared among at most 255 nodes")]
    ThresholdTooHigh {
        /// The threshold.
        threshold: usize,
    },
}

/// The official client fails with the first node that fails.
#[cfg(feature = "attestation")]
const fn fails_attestation(node: &NodeOutcome) -> bool {
    matches!(
        node.outcome,
        Outcome::Failed(TransportError::Attestation(_))
    )
}

const fn end_problem(is_past: bool) -> &'static str {
    if is_past {
        "it is in the past"
    } else {
        "it must be within 30 days from now"
    }
}

/// What a right is for, and how to request it.
struct RequiredRight<'a>(&'a Right);

impl fmt::Display for RequiredRight<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0.resource().id();
        match self.0.ability() {
            LitAbility::LitActionExecution => {
                write!(f, "run the Lit Action {id}; request Right::run_action(cid)")
            }
            LitAbility::AccessControlConditionDecryption => write!(
                f,
                "decrypt {id}; request SessionRequest::to_decrypt(&encrypted)"
            ),
            ability => write!(f, "{ability} on {}", self.0.resource()),
        }
    }
}

impl From<SessionRefusal> for Error {
    fn from(refusal: SessionRefusal) -> Self {
        match refusal {
            SessionRefusal::Proof { index, refusal } => Self::Proof { index, refusal },
            SessionRefusal::OtherKey => Self::Root(CapabilityRefusal::WrongUri.into()),
            other => Self::Refused(other),
        }
    }
}

impl Error {
    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            #[cfg(feature = "attestation")]
            Self::Connect(nodes) if nodes.outcomes.iter().any(fails_attestation) => {
                SdkErrorCode::InvalidNodeAttestation
            }
            Self::Config(_) => SdkErrorCode::LitNodeClientBadConfigError,
            Self::AttestationRequired(_) => SdkErrorCode::InvalidNodeAttestation,
            Self::Connect(_)
            | Self::Discovery(_)
            | Self::SwitchedOff(_)
            | Self::Timeout {
                step: TimedStep::Discovery,
                ..
            } => SdkErrorCode::InitError,
            Self::NotReady => SdkErrorCode::LitNodeClientNotReadyError,
            Self::Root(RootRefusal::Empty) => SdkErrorCode::WalletSignatureNotFoundError,
            Self::Root(_) | Self::Shares(_) => SdkErrorCode::InvalidSignatureError,
            Self::SessionSigs(_) | Self::Session(SessionError::Expired { .. }) => {
                SdkErrorCode::InvalidSessionSigs
            }
            Self::MissingNode(_) => SdkErrorCode::InvalidArgumentException,
            Self::NoRequests => SdkErrorCode::ParamsMissingError,
            Self::Conditions(_) => SdkErrorCode::InvalidAccessControlConditions,
            Self::Action { .. } | Self::Nodes(_) => SdkErrorCode::NodeError,
            _ => return None,
        })
    }

    /// The most common error code of the nodes that refused, such as `NodeSIWECapabilityInvalid`.
    #[must_use]
    pub fn node_error_code(&self) -> Option<&str> {
        match self {
            Self::Connect(nodes)
            | Self::Nodes(nodes)
            | Self::Shares(nodes)
            | Self::Action { nodes, .. } => nodes.error_code(),
            _ => None,
        }
    }

    /// Whether the time limit of the call passed: that of the client for connecting, or
    /// [`LitNodeClient::with_timeout`](crate::LitNodeClient::with_timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Connect(nodes) | Self::Nodes(nodes) | Self::Shares(nodes) => {
                matches!(nodes.failure, QuorumFailure::DeadlineExceeded { .. })
            }
            _ => false,
        }
    }

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(nodes) | Self::Nodes(nodes) | Self::Shares(nodes) => nodes.is_retryable(),
            Self::Discovery(error) => error
                .downcast_ref::<ContractError>()
                .is_none_or(ContractError::is_retryable),
            Self::Timeout { .. } => true,
            _ => false,
        }
    }
}
