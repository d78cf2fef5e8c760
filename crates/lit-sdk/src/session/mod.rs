//! Sessions: what they may do, who authorizes them, and how they are kept.

mod authorizer;
pub(crate) mod combined_roots;
mod delegation;
mod login_id;
mod manager;
mod pkp_auth;
mod pkp_login;
mod request;
mod sign_session_key;
pub mod store;

pub(crate) use self::delegation::warn_about_proofs;
pub use self::{
    authorizer::{AuthFn, AuthNeeded, AuthNeededError, AuthRequest, WalletAuth, auth_fn},
    delegation::{DelegationRequest, credits_behind, preflight_delegation},
    login_id::LoginId,
    manager::{SessionManager, SessionManagerError, SessionSummary, StoreFailure},
    pkp_auth::PkpAuth,
    pkp_login::{LitActionLogin, PkpLogin},
    request::SessionRequest,
    sign_session_key::SignSessionKey,
};
