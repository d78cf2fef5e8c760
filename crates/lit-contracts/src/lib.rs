#![doc = include_str!("../README.md")]

mod addresses;
mod auth_method;
pub mod bindings;
mod capacity;
mod chain;
mod client;
mod context;
mod contract;
mod credits;
#[cfg(feature = "transport")]
mod discovery;
mod epoch;
mod error;
mod mint;
mod payments;
mod permissions;
mod pkp;
mod resolver;
mod revert;
#[cfg(feature = "transport")]
mod rpc;
mod staking;

pub use addresses::ContractAddresses;
pub use auth_method::{AuthMethodKind, PermittedAuthMethod, Scopes};
pub use capacity::{CapacityCredit, CreditExpiry, ExpiryError, RateError, RequestRate};
pub use chain::Confirmation;
pub use client::LitContracts;
pub use context::{ContextError, NetworkContext, NodeScheme, Resolver, ResolverEnvironment};
pub use contract::Contract;
pub use credits::{Credits, MintedCredit};
#[cfg(feature = "transport")]
pub use discovery::ChainDiscovery;
pub use epoch::{ConnectionInfo, Epoch, EpochState, Validator};
pub use error::ContractError;
pub use mint::NewPkp;
pub use payments::{Payer, PaymentRestriction, Payments};
pub use permissions::{PermissionChanges, Permissions};
pub use pkp::{MintedPkp, Pkps};
pub use resolver::ResolverClient;
pub use revert::{Revert, RevertKind};
#[cfg(feature = "transport")]
pub use rpc::{RpcTransport, RpcUnreachable};
pub use staking::Staking;

#[doc(no_inline)]
pub use lit_types::{ActionCid, ActionCidError, CreditId, CreditIdError};
