//! Sessions: requests, authorizers, and the manager with its stores.

mod authorizer;
mod delegation;
mod establish;
mod flows;
mod login_id;
mod manager;
mod pkp_login;
mod report;
mod request;
mod sign_session_key;
pub mod store;

pub use self::{
    authorizer::{
        AuthRequest, Authorization, AuthorizeError, AuthorizerFn, SessionAuthorizer, WalletAuth,
        authorizer_fn,
    },
    delegation::{DelegationRequest, credits_behind, preflight_delegation},
    login_id::LoginId,
    manager::{SessionManager, SessionManagerError, SessionSummary, StoreFailure},
    pkp_login::{LitActionLogin, PkpLogin},
    report::{ReportError, format_session_sigs},
    request::SessionRequest,
    sign_session_key::SignSessionKey,
};
