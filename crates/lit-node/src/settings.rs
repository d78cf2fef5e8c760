use std::sync::Arc;

use lit_actions::{ActionEnvironment, ActionLimits};

use crate::{ConditionResolver, PoapApi, SolanaRpc};

/// Limits and policies of a node.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeSettings {
    /// The number of nodes that sign, decrypt or exchange values together, at least 2.
    pub threshold: u8,
    /// Limits of actions that are executed. Default: those of the Datil networks.
    pub action_limits: ActionLimits,
    /// Limits of actions that authorize session keys. Default: those of the Datil networks.
    pub session_action_limits: ActionLimits,
    /// The hosts that actions may reach, and the file of `ethers`. Default: no host and no fetcher, so `fetch` fails.
    pub environment: Arc<ActionEnvironment>,
    /// Evaluates conditions that the node cannot evaluate itself. Default: none, such conditions are refused.
    pub condition_resolver: Option<Arc<dyn ConditionResolver>>,
    /// The Solana chain that conditions ask, for all names of Solana chains. Default: none.
    pub solana_rpc: Option<SolanaRpc>,
    /// The service that conditions on POAPs ask. Default: none.
    pub poap: Option<PoapApi>,
    /// Whether requests must be paid with capacity credits. Default: no.
    pub capacity_enforced: bool,
}

impl NodeSettings {
    /// The defaults, with this threshold.
    #[must_use]
    pub fn new(threshold: u8) -> Self {
        Self {
            threshold,
            action_limits: ActionLimits::default(),
            session_action_limits: ActionLimits::default(),
            environment: Arc::default(),
            condition_resolver: None,
            solana_rpc: None,
            poap: None,
            capacity_enforced: false,
        }
    }
}
