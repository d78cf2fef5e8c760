use std::{
    collections::HashSet,
    fmt,
    num::NonZeroU8,
    sync::{Mutex, PoisonError},
};

use lit_key_shares::{EcdsaDealer, EcdsaPresignatureShare, KeyShareError, SigningSet};
use lit_node::SigningId;
use lit_node_transport::elect_signers;
use lit_session_crypto::HdTweak;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::{fault::Faults, recent::Recent};

fn hash_of(id: &SigningId) -> Sha256 {
    let mut hash = Sha256::new();
    for text in [id.endpoint.path(), &id.request_id, &id.caller, &id.point] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(id.pkp.as_bytes());
    hash.update(id.digest);
    hash
}

/// Elects the signing set of each signature, and deals presignatures to it.
///
/// Real nodes do both among themselves. A presignature is derived from the whole [`SigningId`], including the digest, so that a nonce
/// never signs two digests, even if a node is asked repeatedly.
pub(crate) struct Election {
    dealer: EcdsaDealer,
    /// The seed of presignatures.
    seed: [u8; 32],
    threshold: usize,
    elected: Mutex<Recent<SigningId, Elected>>,
}

#[derive(Debug, Default)]
struct Elected {
    set: Vec<NonZeroU8>,
    /// The members of the set that have returned their shares.
    done: HashSet<NonZeroU8>,
}

/// Why no signing set can be elected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElectionError {
    #[error("too few nodes to sign: {present} are up, {threshold} are needed")]
    TooFew { present: usize, threshold: usize },
    #[error(transparent)]
    Dealer(#[from] KeyShareError),
}

impl Election {
    pub(crate) fn new(dealer: EcdsaDealer, seed: [u8; 32], threshold: usize) -> Self {
        Self {
            dealer,
            seed,
            threshold,
            elected: Mutex::default(),
        }
    }

    /// The presignature of a node, and its signing set; `None` if the node is not elected.
    pub(crate) fn join(
        &self,
        id: &SigningId,
        node: NonZeroU8,
        tweak: &HdTweak,
        faults: &Faults,
    ) -> Result<Option<(SigningSet, EcdsaPresignatureShare)>, ElectionError> {
        let set = SigningSet::new(self.elect(id, node, faults)?)?;
        if !set.contains(node) {
            return Ok(None);
        }
        let seed = hash_of(id).chain_update(self.seed).finalize();
        let mut rng = ChaCha20Rng::from_seed(seed.into());
        let dealt = self.dealer.presign(tweak, &mut rng)?;
        let own = dealt.into_iter().find(|share| share.holder() == node);
        Ok(own.map(|own| (set, own)))
    }

    /// Elects among the nodes that are up, by the rule of real nodes; nodes that are down count as kicked. The set stays the same
    /// for all nodes, unless a member goes down before it has signed.
    fn elect(
        &self,
        id: &SigningId,
        node: NonZeroU8,
        faults: &Faults,
    ) -> Result<Vec<NonZeroU8>, ElectionError> {
        let present = faults.present(id.endpoint);
        let mut all = self.elected.lock().unwrap_or_else(PoisonError::into_inner);
        let elected = all.get_or_insert(id.clone(), Elected::default);
        let is_complete = |node: &NonZeroU8| elected.done.contains(node) || present.contains(node);
        if elected.set.is_empty() || !elected.set.iter().all(is_complete) {
            if present.len() < self.threshold {
                return Err(ElectionError::TooFew {
                    present: present.len(),
                    threshold: self.threshold,
                });
            }
            let places = elect_signers(&id.digest, &id.request_id, present.len(), self.threshold);
            *elected = Elected {
                set: places.into_iter().map(|place| present[place]).collect(),
                done: HashSet::new(),
            };
        }
        if elected.set.contains(&node) {
            elected.done.insert(node);
        }
        Ok(elected.set.clone())
    }
}

impl fmt::Debug for Election {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Election").finish_non_exhaustive()
    }
}
