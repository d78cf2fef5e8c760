#![doc = include_str!("../README.md")]

mod ability;
pub mod access_control;
mod auth_context;
mod auth_method;
mod auth_sig;
pub mod chains;
mod clock;
pub mod constants;
mod json;
mod json_problem;
mod network;
mod node_error;
mod node_url;
mod pkp;
mod request;
mod resource;
mod sdk_error;
mod session_sigs;
mod timestamp;
pub mod wire;

pub use ability::{AbilityError, LitAbility};
pub use auth_context::{AuthContext, AuthMethodContext};
pub use auth_method::{AuthMethod, AuthMethodNumber};
pub use auth_sig::{AuthSig, AuthSigKind, MAX_AUTH_SIG_BYTES};
pub use clock::Clock;
pub use json::{CompactJson, CompactJsonError};
pub use json_problem::JsonProblem;
pub use network::{LitNetwork, NetworkProfile, UnknownNetwork};
pub use node_error::{NodeErrorBody, NodeErrorCode, NodeErrorKind, UnknownNodeErrorCode};
pub use node_url::{NodeUrl, NodeUrlError};
pub use pkp::{PkpError, PkpPublicKey, TokenId, TokenIdError};
pub use request::{IncompatibleAbility, ResourceAbilityRequest, ResourceAbilityRequestBuilder};
pub use resource::{LitResource, ResourceError, ResourcePrefix};
pub use sdk_error::{SdkError, SdkErrorCode, SdkErrorKind};
pub use session_sigs::{MissingNodeError, SessionSigs};
pub use timestamp::{Timestamp, TimestampError};
