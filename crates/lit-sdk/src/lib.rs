#![doc = include_str!("../README.md")]

pub mod calls;
mod client;
mod error;
pub mod login;
mod network;
pub mod services;
pub mod session;

pub use calls::LitAction;
pub use calls::PkpSign;
pub use calls::SessionAuth;
pub use calls::{ActionResponse, ExecuteJs, NodeAnswer, ResponseFilter, ResponseStrategy};
pub use calls::{ClaimKeyId, ClaimedKey};
pub use calls::{DataType, DecryptAuth, Encrypted};
pub use calls::{PkpSigner, SessionFn, SessionSource, SessionSourceError, session_fn};
pub use client::LitNodeClient;
pub use client::LitNodeClientBuilder;
pub use client::SystemClock;
pub use error::Error;
pub use login::{
    AuthProvider, AuthProviderError, DiscordProvider, EthWalletOptions, EthWalletProvider,
    IdTokenProvider, InvalidOAuthState, LitAuthClient, OAuthError, OAuthState, ProviderType,
    StytchFactor, StytchFactorProvider, StytchOtpProvider, WebAuthnProvider,
};
pub use network::{ChainDiscovery, ChainNetwork};
pub use services::RpcTransport;
pub use services::{BlockhashError, BlockhashSource, RecentBlock};
pub use services::{
    InvalidRelaySecret, InvalidRequestId, LitRelay, MintOptions, MintProgress, MintRequest,
    MintStatus, PayerSecretKey, Polling, RegisteredPayer, RelayApiKey, RelayAuthMethod, RelayError,
    RelayPkp, RelayRequestId,
};
pub use services::{IpfsError, IpfsGateways};
pub use session::LoginId;
pub use session::SessionRequest;
pub use session::SignSessionKey;
pub use session::{
    AuthRequest, Authorization, AuthorizeError, AuthorizerFn, SessionAuthorizer, WalletAuth,
    authorizer_fn,
};
pub use session::{DelegationRequest, credits_behind, preflight_delegation};
pub use session::{LitActionLogin, PkpLogin};
pub use session::{SessionManager, store};

pub use lit_contracts as contracts;
pub use lit_node_transport as transport;
pub use lit_recap as recap;
pub use lit_session_crypto as session_crypto;
pub use lit_types as types;

#[doc(no_inline)]
pub use lit_node_transport::{
    Discovery, DiscoveryError, Epoch, InvalidNodeList, Network, NetworkView, NodeList,
};
#[doc(no_inline)]
pub use lit_session_crypto::{Session, SessionKeyPair};
#[doc(no_inline)]
pub use lit_types::{
    AuthMethod, AuthSig, Clock, LitAbility, LitNetwork, LitResource, NodeUrl, PkpPublicKey,
    ResourceAbilityRequest, SessionSigs, Timestamp,
};
