use lit_contracts::ContractError;
use lit_node_transport::QuorumError;
use lit_recap::SiweError;
use lit_session_crypto::{
    BlsError, CapabilityRefusal, InvalidSessionSigs, RootRefusal, SessionError, SessionRefusal,
    TimeLockError,
};
use lit_types::{
    LitNetwork, MissingNodeError, SdkErrorCode, Timestamp, TimestampError,
    access_control::AccessControlError,
};

use crate::{AuthorizeError, transport::DiscoveryError};

/// What can go wrong in the flows of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client was given no nodes, or a threshold that they cannot reach.
    #[error("invalid configuration: {0}")]
    Config(String),
    /// This network's nodes must prove by attestation what they run, which this version does not verify. Connecting without
    /// would be less than what users of the network are promised.
    #[error("{0} requires node attestation, which this version cannot verify")]
    AttestationRequired(LitNetwork),
    /// The nodes could not be found, as when the chain does not answer.
    #[error("cannot find the nodes of the network: {0}")]
    Discovery(DiscoveryError),
    /// The nodes give other keys than before. They are those of another network, and nothing of theirs is used.
    #[error("the nodes give other keys than before")]
    KeysChanged,
    /// Too few nodes answered, or those that did are not of one network. The report has a line per node.
    #[error("cannot connect to the network\n{0}")]
    Connect(Box<QuorumError>),
    /// The client was disconnected. Connect again.
    #[error("the client is not connected; call connect first")]
    NotReady,
    /// The operating system gives no random bytes.
    #[error("no randomness: {0}")]
    Randomness(rand_core::Error),
    /// A session without rights is of no use.
    #[error("at least one resource ability request is needed")]
    NoRequests,
    /// A resource or its data cannot be put into a message.
    #[error(transparent)]
    Message(#[from] SiweError),
    /// The requested end has already passed, or is more than 30 days away, which nodes refuse.
    #[error("the session cannot end at {expiration}: it must be within 30 days from now")]
    Lifetime {
        /// The requested end.
        expiration: Timestamp,
    },
    /// A time is outside the years that can be written.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// One of the proofs is no good. Nodes refuse the whole request because of it.
    #[error("proof {index} cannot be used: {refusal}")]
    Proof {
        /// Which one.
        index: usize,
        /// What is wrong with it.
        refusal: CapabilityRefusal,
    },
    /// The authorizer did not authorize the session.
    #[error("the session was not authorized")]
    Authorize(#[source] AuthorizeError),
    /// What came back does not authorise the session.
    #[error("the AuthSig does not authorise the session: {0}")]
    Root(#[from] RootRefusal),
    /// The parts do not make a session.
    #[error("the session is refused")]
    Refused(#[source] SessionRefusal),
    /// The session has ended. Make a new one.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The session signatures have expired or are none.
    #[error(transparent)]
    SessionSigs(#[from] InvalidSessionSigs),
    /// There is no session signature for a node that is needed.
    #[error(transparent)]
    MissingNode(#[from] MissingNodeError),
    /// The session of a wallet shall sign with a PKP, but does not have the right to run any action. Nodes ask for both.
    #[error(
        "the session may not run any action, which nodes ask of a wallet's session when a PKP signs; request Right::run_any_action() too"
    )]
    AnyActionRightMissing,
    /// The action threw the same exception on so many nodes that those left cannot be enough.
    #[error("the Lit Action failed: {error}")]
    Action {
        /// The exception, with stack.
        error: String,
        /// What the action wrote to the console before.
        logs: String,
        /// Every node's outcome.
        nodes: Box<QuorumError>,
    },
    /// Keys cannot be claimed for WebAuthn credentials: a claim does not carry the public key by which nodes verify logins. Mint
    /// a PKP with [`LitRelay::mint`](crate::services::LitRelay::mint) instead.
    #[error(
        "a key cannot be claimed for a WebAuthn credential; mint a PKP that permits it instead"
    )]
    WebAuthnClaim,
    /// Nodes refuse these conditions, or hash them differently.
    #[error(transparent)]
    Conditions(#[from] AccessControlError),
    /// Too much to encrypt; no ciphertext; or one of another network or other conditions.
    #[error(transparent)]
    Encryption(#[from] TimeLockError),
    /// The hash of encrypted data is not 32 bytes of hex.
    #[error("the hash of the encrypted data is not 64 hex digits")]
    DataHash,
    /// What was decrypted is not the data of the hash it came with. It is not given.
    #[error("what was decrypted does not have the hash that it was encrypted under")]
    OtherData,
    /// What was decrypted is no text. Decrypt it as bytes.
    #[error("what was decrypted is not a text in UTF-8")]
    NotText,
    /// The runtime was shut down while it worked on this.
    #[error("the runtime stopped before the work was done")]
    Interrupted,
    /// What the nodes agreed on at the handshake is no BLS key, so nothing that they sign together can be verified.
    #[error("the network has no BLS key: {0}")]
    NetworkKey(BlsError),
    /// What the nodes agreed on at the handshake are no root keys, so keys of PKPs cannot be derived.
    #[error("the network has no root keys that keys of PKPs can be derived from")]
    RootKeys,
    /// Enough nodes answered, but what they gave makes no signature: shares are missing, wrong, or of different messages.
    /// The report has a line per node.
    #[error("the answers of the nodes make no signature\n{0}")]
    Shares(Box<QuorumError>),
    /// Too few nodes carried out the call, or they do not agree. The report has a line per node.
    #[error("the nodes did not carry out the call\n{0}")]
    Nodes(Box<QuorumError>),
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
    pub const fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::Config(_) => SdkErrorCode::LitNodeClientBadConfigError,
            Self::AttestationRequired(_) => SdkErrorCode::InvalidNodeAttestation,
            Self::Connect(_) | Self::Discovery(_) => SdkErrorCode::InitError,
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

    /// The code most refusing nodes gave, such as `NodeSIWECapabilityInvalid`.
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

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(nodes) | Self::Nodes(nodes) | Self::Shares(nodes) => nodes.is_retryable(),
            Self::Discovery(error) => error
                .downcast_ref::<ContractError>()
                .is_none_or(ContractError::is_retryable),
            _ => false,
        }
    }
}
