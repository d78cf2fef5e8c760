//! Calls to the network: run a Lit Action, sign with a PKP, encrypt and decrypt, claim a key.

pub(crate) mod action_error;
mod claim;
mod collect;
mod encryption;
mod execute_js;
mod lit_action;
pub(crate) mod offload;
mod pkp_sign;
mod pkp_signer;
pub(crate) mod session_auth;
pub(crate) mod shares;
pub(crate) mod signers;

pub(crate) use self::{claim::is_webauthn, lit_action::ActionSource};
pub use self::{
    claim::{ClaimKeyId, ClaimedKey},
    encryption::{DataType, DecryptAuth, Encrypted},
    execute_js::{ActionResponse, ExecuteJs, NodeAnswer, ResponseFilter, ResponseStrategy},
    lit_action::LitAction,
    pkp_sign::PkpSign,
    pkp_signer::{PkpSigner, SessionFn, SessionSource, SessionSourceError, session_fn},
    session_auth::SessionAuth,
    signers::{DoubtReason, NodeDoubt},
};
