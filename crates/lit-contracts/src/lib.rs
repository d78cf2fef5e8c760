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
mod epoch;
mod error;
mod mint;
mod payments;
mod permissions;
mod pkp;
mod resolver;
mod revert;
mod staking;

pub use addresses::ContractAddresses;
pub use auth_method::{AuthMethodKind, PermittedAuthMethod, Scopes};
pub use capacity::{
    CapacityCredit, CreditExpiry, CreditId, CreditIdError, ExpiryError, RateError, RequestRate,
};
pub use chain::Confirmation;
pub use client::LitContracts;
pub use context::{ContextError, NetworkContext, NodeScheme, Resolver, ResolverEnvironment};
pub use contract::Contract;
pub use credits::{Credits, MintedCredit};
pub use epoch::{ConnectionInfo, Epoch, EpochState, Validator};
pub use error::ContractError;
pub use mint::{MintRequest, PkpOwner};
pub use payments::{Payer, PaymentRestriction, Payments};
pub use permissions::{PermissionChanges, Permissions};
pub use pkp::{MintedPkp, Pkps};
pub use resolver::ResolverClient;
pub use revert::{Revert, RevertKind};
pub use staking::Staking;

#[doc(no_inline)]
pub use lit_types::{ActionCid, ActionCidError};
