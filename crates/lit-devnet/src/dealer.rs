use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use lit_key_shares::{BlsSecretKey, BlsSecretShare, KeyShareError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The number of epochs whose shares a node keeps.
const KEPT_EPOCHS: usize = 3;

/// Splits the network's BLS key into shares, anew for each epoch and deterministically from the seed. Shares of different epochs do
/// not combine.
///
/// Real nodes generate their shares together, so that no party ever knows the key.
pub(crate) struct Dealer {
    key: BlsSecretKey,
    /// Seed of the random polynomial of each epoch.
    seed: [u8; 32],
    threshold: u8,
    nodes: u8,
    /// The latest dealing, cached because all nodes ask for their shares at about the same time.
    latest: Mutex<Option<(u64, Vec<BlsSecretShare>)>>,
}

impl Dealer {
    pub(crate) fn new(key: BlsSecretKey, seed: [u8; 32], threshold: u8, nodes: u8) -> Self {
        Self {
            key,
            seed,
            threshold,
            nodes,
            latest: Mutex::default(),
        }
    }

    /// The share of the node with this identifier.
    #[allow(clippy::expect_used, reason = "identifiers are those of the nodes")]
    fn share(&self, epoch: u64, identifier: u8) -> Result<BlsSecretShare, KeyShareError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let shares = match latest.take() {
            Some((dealt, shares)) if dealt == epoch => shares,
            _ => self.deal(epoch)?,
        };
        let share = shares
            .iter()
            .find(|share| share.identifier().get() == identifier)
            .cloned();
        *latest = Some((epoch, shares));
        Ok(share.expect("a share for each of the identifiers 1 to `nodes`"))
    }

    fn deal(&self, epoch: u64) -> Result<Vec<BlsSecretShare>, KeyShareError> {
        let seed = Sha256::new()
            .chain_update(self.seed)
            .chain_update(epoch.to_be_bytes())
            .finalize();
        let mut rng = ChaCha20Rng::from_seed(seed.into());
        self.key.deal(self.threshold, self.nodes, &mut rng)
    }
}

impl fmt::Debug for Dealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dealer").finish_non_exhaustive()
    }
}

/// The shares of one node, by epoch.
#[derive(Debug)]
pub(crate) struct NodeShares {
    dealer: Arc<Dealer>,
    identifier: u8,
    held: Mutex<BTreeMap<u64, BlsSecretShare>>,
}

impl NodeShares {
    /// For the node with this identifier, counted from 1.
    pub(crate) fn new(dealer: Arc<Dealer>, identifier: u8) -> Self {
        Self {
            dealer,
            identifier,
            held: Mutex::default(),
        }
    }

    /// The node's share of the key in an epoch.
    pub(crate) fn of(&self, epoch: u64) -> Result<BlsSecretShare, KeyShareError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = held.get(&epoch) {
            return Ok(share.clone());
        }
        let share = self.dealer.share(epoch, self.identifier)?;
        held.insert(epoch, share.clone());
        if held.len() > KEPT_EPOCHS {
            held.pop_first();
        }
        Ok(share)
    }
}
