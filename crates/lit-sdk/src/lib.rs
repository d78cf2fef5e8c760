#![doc = include_str!("../README.md")]

pub mod auth_method;
pub mod calls;
mod client;
mod error;
pub mod login;
mod observe;
pub mod services;
pub mod session;

pub use calls::{Encrypted, ExecuteJs, LitAction, PkpSign, PkpSigner};
pub use client::{LitNodeClient, LitNodeClientBuilder, SystemClock};
pub use error::{ConfigError, Error, TimedStep};
pub use session::{
    AuthRequest, Authorization, AuthorizeError, LitActionLogin, PkpLogin, SessionAuthorizer,
    SessionManager, SessionRequest, WalletAuth, authorizer_fn, store,
};

pub use lit_contracts as contracts;
pub use lit_node_transport as transport;
pub use lit_recap as recap;
pub use lit_session_crypto as session_crypto;
pub use lit_types as types;

#[doc(no_inline)]
pub use lit_node_transport::{Network, NodeList};
#[doc(no_inline)]
pub use lit_session_crypto::Session;
#[doc(no_inline)]
pub use lit_types::{
    ActionCid, AuthMethod, AuthSig, Clock, LitAbility, LitNetwork, LitResource, NodeUrl,
    PkpPublicKey, Right, SessionSigs, Timestamp,
};
