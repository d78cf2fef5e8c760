#![doc = include_str!("../README.md")]

pub mod calls;
mod client;
mod error;
pub mod login;
mod network;
pub mod services;
pub mod session;

pub use calls::{
    ActionResponse, ClaimKeyId, ClaimedKey, DataType, DecryptAuth, Encrypted, ExecuteJs, LitAction,
    NodeAnswer, PkpSign, PkpSigner, ResponseFilter, ResponseStrategy, SessionAuth, SessionFn,
    SessionSource, SessionSourceError, session_fn,
};
pub use client::{LitNodeClient, LitNodeClientBuilder, SystemClock};
pub use error::Error;
pub use login::{
    AuthProvider, AuthProviderError, DiscordProvider, EthWalletOptions, EthWalletProvider,
    IdTokenProvider, InvalidOAuthState, LitAuthClient, OAuthError, OAuthState, ProviderType,
    StytchFactor, StytchFactorProvider, StytchOtpProvider, WebAuthnProvider,
};
pub use network::{ChainDiscovery, ChainNetwork};
pub use services::{
    BlockhashError, BlockhashSource, InvalidRelaySecret, InvalidRequestId, IpfsError, IpfsGateways,
    LitRelay, MintProgress, MintRequest, MintStatus, OwnerChoice, PayerSecretKey, Polling,
    RecentBlock, RegisteredPayer, RelayApiKey, RelayAuthMethod, RelayError, RelayPkp,
    RelayRequestId, RpcTransport,
};
pub use session::{
    AuthRequest, Authorization, AuthorizeError, AuthorizerFn, DelegationRequest, LitActionLogin,
    LoginId, PkpLogin, SessionAuthorizer, SessionManager, SessionRequest, SignSessionKey,
    WalletAuth, authorizer_fn, credits_behind, preflight_delegation, store,
};

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
    ActionCid, AuthMethod, AuthSig, Clock, LitAbility, LitNetwork, LitResource, NodeUrl,
    PkpPublicKey, Right, SessionSigs, Timestamp,
};
