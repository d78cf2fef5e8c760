#![doc = include_str!("../README.md")]

#[cfg(feature = "attestation")]
mod attestation;
#[cfg(not(feature = "attestation"))]
#[path = "no_attestation.rs"]
mod attestation;
mod blocks;
mod builder;
mod chain_reader;
mod clock;
mod dealer;
mod devnet_node;
mod embedded_node;
mod entropy;
mod error;
mod fault;
#[cfg(feature = "http")]
mod http;
#[cfg(not(feature = "http"))]
#[path = "no_http.rs"]
mod http;
mod ipfs;
mod issuer;
mod keys;
mod lie;
mod lock;
mod log;
mod meetings;
mod memory;
mod network;
mod places;
mod recent;
mod served;
#[cfg(feature = "http")]
mod services;
mod signer;
mod start;
mod state;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
mod urls;

#[cfg(feature = "attestation")]
pub use attestation::{SoftwareAttestation, SoftwareGuest};
pub use builder::{DevnetBuilder, MAX_NODES, MIN_NODES};
pub use clock::DevnetClock;
pub use devnet_node::DevnetNode;
pub use error::DevnetError;
pub use fault::{Fault, SiweChange};
pub use issuer::{JwtClaims, StytchFactor};
pub use log::LoggedRequest;
pub use memory::MemoryTransport;
pub use network::Devnet;
pub use state::StateError;

#[doc(no_inline)]
pub use lit_actions as actions;
#[doc(no_inline)]
pub use lit_devnet_chain as chain;
#[cfg(feature = "http")]
#[doc(no_inline)]
pub use lit_devnet_chain::{AllowedHost, AllowedHostError, AllowedOrigin, AllowedOriginError};
#[doc(no_inline)]
pub use lit_node::{
    ConditionResolver, ForeignCondition, HttpConditionResolver, JwksError, JwtIssuer, JwtProvider,
    ResolverError,
};
