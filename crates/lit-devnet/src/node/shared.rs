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

/// What the nodes of a network have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: NetworkKeys,
    pub(crate) clock: Arc<DevnetClock>,
    /// What the nodes read from the chain.
    pub(crate) chain: ChainView,
    /// What access control conditions are about.
    pub(crate) conditions: ConditionReader,
    /// Ethereum's blocks.
    pub(crate) blocks: Blocks,
    /// Whose proofs the nodes believe.
    pub(crate) auth: AuthVerifier,
    /// Limits of actions that are executed.
    pub(crate) limits: ActionLimits,
    /// Limits of actions that authorise session keys.
    pub(crate) session_limits: ActionLimits,
    pub(crate) log: RequestLog,
    pub(crate) ipfs: Arc<Ipfs>,
    pub(crate) actions: Arc<ActionNetwork>,
    /// Whether requests have to be paid with capacity credits.
    pub(crate) capacity_enforced: bool,
}
