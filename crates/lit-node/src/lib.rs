#![doc = include_str!("../README.md")]

mod actions;
mod auth;
mod capacity;
mod caught;
mod causes;
mod conditions;
mod contracts;
mod delegation_uses;
mod digest;
mod endpoints;
mod epoch;
#[cfg(feature = "http")]
mod http_fetcher;
mod json;
mod node;
mod node_parts;
mod off_runtime;
mod parts;
mod permission;
mod refusal;
mod request;
mod settings;

pub use actions::action_functions;
pub use auth::{AuthProviders, JwksError, JwtIssuer, JwtProvider, OauthApi};
pub use conditions::{
    ConditionResolver, ForeignCondition, HttpConditionResolver, PoapApi, ResolverError, SolanaRpc,
};
pub use delegation_uses::{DelegationUse, DelegationUses};
pub use epoch::epoch_to_use;
#[cfg(feature = "http")]
pub use http_fetcher::HttpFetcher;
pub use node::{MAX_BODY, Node, max_body};
pub use node_parts::NodeParts;
pub use parts::{
    Announce, Attester, BlockHashes, CallError, ChainNames, ChainReader, Chains, CodeError,
    CodeStore, EngineSlot, Engines, Entropy, Follow, KeyShares, Meeting, PeerError, Peers,
    ProviderReader, RequestKey, Role, ShareError, SigningId, UnknownBlock,
};
pub use request::{Request, Response};
pub use settings::NodeSettings;
