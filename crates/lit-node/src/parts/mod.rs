//! The parts of a node that differ between deployments, as traits.

mod attester;
mod blocks;
mod chain;
mod chains;
mod code;
mod engines;
mod entropy;
mod keys;
mod peers;

pub use self::{
    attester::Attester,
    blocks::{BlockHashes, UnknownBlock},
    chain::{CallError, ChainReader, ProviderReader},
    chains::{ChainNames, Chains},
    code::{CodeError, CodeStore},
    engines::{EngineSlot, Engines},
    entropy::Entropy,
    keys::{KeyShares, ShareError, SigningId},
    peers::{Announce, Follow, Meeting, PeerError, Peers, RequestKey, Role},
};
