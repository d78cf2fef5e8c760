use std::sync::Arc;

use lit_contracts::ContractAddresses;
use lit_types::Clock;

use crate::{
    Attester, AuthProviders, BlockHashes, Chains, CodeStore, DelegationUses, Engines, Entropy,
    KeyShares, NodeSettings, Peers,
};

/// What a [`Node`](crate::Node) is made of.
///
/// It is not `non_exhaustive`: a new part should be an error until the code that runs nodes supplies it.
#[derive(Debug, Clone)]
pub struct NodeParts {
    /// Holds the key shares, and makes partial signatures.
    pub keys: Arc<dyn KeyShares>,
    /// The chains by name.
    pub chains: Chains,
    /// The contracts of the network on its own chain.
    pub contracts: ContractAddresses,
    /// Exchanges values with the other nodes while an action runs.
    pub peers: Arc<dyn Peers>,
    /// Limits how many actions run at once.
    pub engines: Arc<dyn Engines>,
    /// Finds the code of actions by CID.
    pub code: Arc<dyn CodeStore>,
    /// Knows the block hashes that are nonces.
    pub blocks: Arc<dyn BlockHashes>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Counts the uses of capacity delegations.
    pub uses: Arc<DelegationUses>,
    /// Draws randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The identity providers that the node trusts.
    pub auth: AuthProviders,
    /// Attests the node; without one, handshakes carry no attestation.
    pub attester: Option<Arc<dyn Attester>>,
    /// Limits and policies.
    pub settings: NodeSettings,
}
