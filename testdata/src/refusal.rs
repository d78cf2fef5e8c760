use alloy_primitives::AddressError;
use lit_node_transport::HttpUrlError;
use lit_recap::{
    CapacityDelegationError, DecodeError, ExtractError, ProofCidError, RecapAbilityError, SiweError,
};
use lit_sdk::auth_method::{AuthMethodIdError, WebAuthnError};
use lit_sdk::session::ReportError;
use lit_sdk::{
    login::AuthProviderError,
    services::{BlockhashError, IpfsError, RelayError},
};
use lit_session_crypto::{
    BlsError, InvalidSessionSigs, RootRefusal, SessionKeyError, WalletAuthSigError,
};
use lit_types::{
    AbilityError, ActionCidError, IncompatibleAbility, MissingNodeError, NodeUrlError, PkpError,
    ResourceError, SdkErrorCode, TimestampError, TokenIdError, access_control::AccessControlError,
};

/// Why a case gives no value: an error of one of the crates, or a call that cannot even be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Ability(#[from] AbilityError),
    #[error(transparent)]
    AccessControl(#[from] AccessControlError),
    #[error(transparent)]
    ActionCid(#[from] ActionCidError),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    AuthMethodId(#[from] AuthMethodIdError),
    #[error(transparent)]
    AuthProvider(#[from] AuthProviderError),
    #[error(transparent)]
    AuthMessage(#[from] lit_sdk::login::auth_message::AuthMessageError),
    #[error(transparent)]
    Blockhash(#[from] BlockhashError),
    #[error(transparent)]
    Bls(#[from] BlsError),
    #[error(transparent)]
    CreditId(#[from] lit_types::CreditIdError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Delegation(#[from] CapacityDelegationError),
    #[error(transparent)]
    Extract(#[from] ExtractError),
    #[error(transparent)]
    HttpUrl(#[from] HttpUrlError),
    #[error(transparent)]
    Incompatible(#[from] IncompatibleAbility),
    #[error(transparent)]
    Ipfs(#[from] IpfsError),
    #[error(transparent)]
    MissingNode(#[from] MissingNodeError),
    #[error(transparent)]
    NodeUrl(#[from] NodeUrlError),
    #[error(transparent)]
    Pkp(#[from] PkpError),
    #[error(transparent)]
    Proof(#[from] ProofCidError),
    #[error(transparent)]
    RecapAbility(#[from] RecapAbilityError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Resource(#[from] ResourceError),
    #[error(transparent)]
    Root(#[from] RootRefusal),
    #[error(transparent)]
    Sdk(#[from] lit_sdk::Error),
    /// The client made no session.
    #[error("{error}")]
    Session {
        error: lit_sdk::Error,
        /// How often somebody had been asked to authorize it by then.
        calls: usize,
    },
    #[error(transparent)]
    SessionKey(#[from] SessionKeyError),
    #[error(transparent)]
    SessionSigs(#[from] InvalidSessionSigs),
    #[error(transparent)]
    Siwe(#[from] SiweError),
    #[error(transparent)]
    Store(#[from] lit_sdk::store::StoreError),
    #[error(transparent)]
    Time(#[from] TimestampError),
    #[error(transparent)]
    TokenId(#[from] TokenIdError),
    #[error(transparent)]
    Wallet(#[from] WalletAuthSigError),
    #[error(transparent)]
    WebAuthn(#[from] WebAuthnError),
    /// A signature of another key or another message.
    #[error("the signature does not verify")]
    Unverified,
    /// A stored value that our types do not parse from.
    #[error("a stored value cannot be read: {0}")]
    Stored(String),
    /// An address that breaks the rules of ethers.
    #[error("not an address: {0}")]
    EthersAddress(String),
    /// Our API has no way to write this call: it would not compile.
    #[error("cannot be expressed: {0}")]
    NotExpressible(&'static str),
    /// The case is not in the format its judge knows. Never counts as a refusal.
    #[error("the runner cannot read this case: {0}")]
    Malformed(String),
}

impl Refusal {
    /// How often somebody had been asked to authorize a session before it was refused.
    pub(crate) const fn callback_calls(&self) -> usize {
        match self {
            Self::Session { calls, .. } => *calls,
            _ => 0,
        }
    }

    /// The error of the official client that this is the counterpart of. Errors of the facade know it themselves; for
    /// those of the layers below, which do not speak of the official client, this is the table.
    pub(crate) fn sdk_code(&self) -> Option<SdkErrorCode> {
        Some(match self {
            Self::Sdk(error) | Self::Session { error, .. } => return error.sdk_code(),
            Self::Root(refusal) => return lit_sdk::Error::Root(refusal.clone()).sdk_code(),
            Self::AuthMessage(error) => return error.sdk_code(),
            Self::Blockhash(error) => error.sdk_code(),
            Self::AuthProvider(error) => return error.sdk_code(),
            Self::Relay(error) => return error.sdk_code(),
            Self::WebAuthn(error) => return AuthProviderError::from(*error).sdk_code(),
            // As the relayer's client, which takes ids of all methods.
            Self::AuthMethodId(error) => {
                let source = error.clone();
                return RelayError::AuthMethod { index: 0, source }.sdk_code();
            }
            Self::AccessControl(
                AccessControlError::Structure { .. } | AccessControlError::Operator(_),
            ) => SdkErrorCode::InvalidBooleanException,
            Self::AccessControl(_) => SdkErrorCode::InvalidAccessControlConditions,
            Self::Ability(_) | Self::Incompatible(_) => SdkErrorCode::InvalidArgumentException,
            Self::Resource(ResourceError::UnknownPrefix) => SdkErrorCode::InvalidArgumentException,
            Self::MissingNode(_) => SdkErrorCode::InvalidArgumentException,
            Self::SessionSigs(_) => SdkErrorCode::InvalidSessionSigs,
            // A key of no bytes is one that was not given.
            Self::Pkp(PkpError::Length(0)) => SdkErrorCode::ParamsMissingError,
            _ => return None,
        })
    }
}
