#![doc = include_str!("../README.md")]

mod ability;
mod cid;
mod cover;
mod decode;
mod decode_error;
mod delegation;
mod recap;
mod recovery;
mod siwe_builder;
mod siwe_message;
mod utf16;
mod visible;

pub use ability::{RecapAbility, RecapAbilityError};
pub use cid::{ProofCid, ProofCidError};
pub use cover::{
    ClientCoverError, NarrowError, NodeCoverError, NodeGrants, client_covers, node_covers,
};
pub use decode_error::{DecodeError, MAX_URN_BYTES};
pub use delegation::{CapacityDelegation, CapacityDelegationError, Delegatee};
pub use recap::{Attenuations, BuildError, ExtractError, NotaBene, RECAP_URN_PREFIX, ReCap};
pub use siwe_builder::{OFFICIAL_DOMAIN, OFFICIAL_STATEMENT, OFFICIAL_URI, SiweBuilder};
pub use siwe_message::{MAX_SIWE_BYTES, Nonce, SiweError, SiweMessage, TimeWindowError};
