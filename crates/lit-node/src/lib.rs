#![doc = include_str!("../README.md")]

mod actions;
mod auth;
mod capacity;
mod causes;
mod conditions;
mod contracts;
mod digest;
mod endpoints;
#[cfg(feature = "http")]
mod http_fetcher;
mod json;
mod node;
mod off_runtime;
mod parts;
mod permission;
mod refusal;
mod request;
mod settings;

pub use auth::{AuthProviders, JwksError, JwtIssuer, JwtProvider, OauthApi};
pub use conditions::{ChainNames, ConditionResolver, ForeignCondition, ResolverError};
#[cfg(feature = "http")]
pub use http_fetcher::HttpFetcher;
pub use node::{MAX_BODY, Node};
pub use parts::{
    Announce, BlockHashes, CallError, ChainReader, CodeStore, EngineSlot, Engines, Entropy, Follow,
    KeyShares, Meeting, NodeParts, Part, PeerError, Peers, ProviderReader, RequestKey, ShareError,
    SigningId, UnknownBlock,
};
pub use request::{Request, Response};
pub use settings::NodeSettings;
