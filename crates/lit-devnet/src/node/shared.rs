use std::sync::Arc;

use crate::{
    DevnetClock,
    actions::{ActionLimits, ActionNetwork},
    auth::AuthVerifier,
    blocks::Blocks,
    chain_view::ChainView,
    conditions::ConditionReader,
    ipfs::Ipfs,
    keys::NetworkKeys,
    log::RequestLog,
};

/// State that all nodes of a network share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: NetworkKeys,
    pub(crate) clock: Arc<DevnetClock>,
    /// Contracts that nodes read.
    pub(crate) chain: ChainView,
    /// Evaluates access control conditions.
    pub(crate) conditions: ConditionReader,
    /// The block hashes that serve as nonces.
    pub(crate) blocks: Blocks,
    /// Verifies auth methods.
    pub(crate) auth: AuthVerifier,
    /// Limits of actions that are executed.
    pub(crate) limits: ActionLimits,
    /// Limits of actions that authorize session keys.
    pub(crate) session_limits: ActionLimits,
    pub(crate) log: RequestLog,
    pub(crate) ipfs: Arc<Ipfs>,
    pub(crate) actions: Arc<ActionNetwork>,
    /// Whether requests must be paid with capacity credits.
    pub(crate) capacity_enforced: bool,
}
