#![doc = include_str!("../README.md")]

pub mod auth_message;
mod auth_needed;
mod auth_provider;
mod blockhash;
mod chain_discovery;
mod claim;
mod client;
mod clock;
mod combined_roots;
mod connect;
mod delegation;
mod discovery;
mod encryption;
mod error;
mod execute_js;
mod ipfs;
mod lit_action;
mod login_id;
mod nonce;
mod percent;
mod pkp_auth;
mod pkp_login;
mod pkp_sign;
mod pkp_signer;
mod random;
mod relay;
mod request;
mod rpc;
mod session_auth;
pub mod session_manager;
mod shares;
mod sign_session_key;
mod signers;
mod state;
pub mod store;

pub use auth_needed::{AuthFn, AuthNeeded, AuthNeededError, AuthRequest, WalletAuth, auth_fn};
pub use auth_provider::{
    AuthProvider, AuthProviderError, DiscordProvider, EthWalletOptions, EthWalletProvider,
    IdTokenProvider, InvalidOAuthState, LitAuthClient, OAuthError, OAuthState, ProviderType,
    StytchFactor, StytchFactorProvider, StytchOtpProvider, WebAuthnProvider,
};
pub use blockhash::{BlockhashError, BlockhashSource, RecentBlock};
pub use chain_discovery::ChainDiscovery;
pub use claim::{ClaimKeyId, ClaimedKey};
pub use client::LitNodeClient;
pub use clock::SystemClock;
pub use connect::LitNodeClientBuilder;
pub use delegation::{DelegationRequest, credits_behind, preflight_delegation};
pub use discovery::{Discovery, DiscoveryError, Epoch, NetworkView};
pub use encryption::{DataType, DecryptAuth, Encrypted};
pub use error::Error;
pub use execute_js::{ActionResponse, ExecuteJs, NodeAnswer, ResponseFilter, ResponseStrategy};
pub use ipfs::{IpfsError, IpfsGateways};
pub use lit_action::LitAction;
pub use login_id::LoginId;
pub use pkp_auth::PkpAuth;
pub use pkp_login::{LitActionLogin, PkpLogin};
pub use pkp_sign::PkpSign;
pub use pkp_signer::{PkpSigner, SessionFn, SessionSource, SessionSourceError, session_fn};
pub use relay::{
    InvalidRelaySecret, InvalidRequestId, LitRelay, MintOptions, MintProgress, MintRequest,
    MintStatus, PayerSecretKey, Polling, RegisteredPayer, RelayApiKey, RelayAuthMethod, RelayError,
    RelayPkp, RelayRequestId,
};
pub use request::SessionRequest;
pub use rpc::RpcTransport;
pub use session_auth::SessionAuth;
pub use session_manager::SessionManager;
pub use sign_session_key::SignSessionKey;

pub use lit_contracts as contracts;
pub use lit_node_transport as transport;
pub use lit_recap as recap;
pub use lit_session_crypto as session_crypto;
pub use lit_types as types;

#[doc(no_inline)]
pub use lit_session_crypto::{Session, SessionKeyPair};
#[doc(no_inline)]
pub use lit_types::{
    AuthMethod, AuthSig, Clock, LitAbility, LitNetwork, LitResource, NodeUrl, PkpPublicKey,
    ResourceAbilityRequest, SessionSigs, Timestamp,
};
