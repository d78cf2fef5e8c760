//! Calls, events and custom errors of the deployed Datil contracts, as far as clients use them.
//!
//! Each module is the output of alloy's [`sol!`](alloy_sol_types::sol) with `#[sol(rpc)]`. For calls that this crate does not
//! wrap, write `bindings::PKPNFT::new(address, provider).mintCost().call()`. Names and signatures are those of the contracts.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the interfaces, which have the names and the arities of the contracts"
)]

mod credits;
mod errors;
mod payments;
mod permissions;
mod pkp;
mod pkp_helper;
mod resolver;
mod staking;

pub use credits::RateLimitNFT;
pub use errors::LitErrors;
pub use payments::PaymentDelegation;
pub use permissions::PKPPermissions;
pub use pkp::{PKPNFT, PubkeyRouter};
pub use pkp_helper::{PKPHelper, PKPHelperV2};
pub use resolver::ContractResolver;
pub use staking::Staking;
