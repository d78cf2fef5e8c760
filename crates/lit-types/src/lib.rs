#![doc = include_str!("../README.md")]

mod ability;
pub mod access_control;
mod action_cid;
mod auth_context;
mod auth_method;
mod auth_sig;
pub mod chains;
mod clock;
pub mod constants;
mod credit_id;
mod epoch;
mod ipfs;
mod json;
mod json_memory;
mod json_problem;
mod network;
mod node_error;
mod node_url;
mod pkp;
mod printable;
mod resource;
mod right;
mod sdk_error;
mod session_sigs;
pub mod strict_json;
mod timestamp;
mod wallet_address;
pub mod wire;

pub use ability::{AbilityError, LitAbility};
pub use action_cid::{ActionCid, ActionCidError};
pub use auth_context::{AuthContext, AuthMethodContext};
pub use auth_method::{AuthMethod, AuthMethodNumber};
pub use auth_sig::{AuthSig, AuthSigKind, ContractHash, MAX_AUTH_SIG_BYTES};
pub use clock::Clock;
pub use credit_id::{CreditId, CreditIdError};
pub use epoch::{EPOCH_PROPAGATION_DELAY, epoch_number_at};
pub use json::{CompactJson, CompactJsonError};
pub use json_memory::json_memory;
pub use json_problem::JsonProblem;
pub use network::{LitNetwork, NetworkProfile, SwitchedOff, UnknownNetwork};
pub use node_error::{NodeErrorBody, NodeErrorCode, NodeErrorKind, UnknownNodeErrorCode};
pub use node_url::{NodeUrl, NodeUrlError, names_a_node_twice};
pub use pkp::{PkpError, PkpPublicKey, TokenId, TokenIdError};
pub use printable::{
    Printable, PrintableLines, is_default_ignorable, is_unprintable, printable_line,
    printable_lines,
};
pub use resource::{LitResource, ResourceError, ResourcePrefix};
pub use right::{IncompatibleAbility, Right};
pub use sdk_error::{SdkErrorCode, SdkErrorKind};
pub use session_sigs::{MAX_SESSION_SIGS, MissingNodeError, SessionSigs};
pub use timestamp::{Timestamp, TimestampError};
pub use wallet_address::{SolanaAddress, SolanaAddressError, WalletAddress};
