use std::{
    collections::{HashMap, HashSet},
    fmt,
    num::NonZeroU8,
    sync::{Arc, Mutex},
};

use lit_key_shares::{EcdsaDealer, EcdsaPresignatureShare, KeyShareError, SigningSet};
use lit_node::SigningId;
use lit_node_transport::elect_signers;
use lit_session_crypto::HdTweak;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::{fault::Faults, lock::lock, recent::Recent};

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
    dealt: Dealt,
}

/// The presignature shares that members of the set have not taken yet.
type Dealt = Arc<Mutex<HashMap<NonZeroU8, EcdsaPresignatureShare>>>;

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
        let (set, dealt) = self.elect(id, node, faults)?;
        let set = SigningSet::new(set)?;
        if !set.contains(node) {
            return Ok(None);
        }
        let mut dealt = lock(&dealt);
        if let Some(own) = dealt.remove(&node) {
            return Ok(Some((set, own)));
        }
        // The first member deals for all of them. One that is asked again gets the same share again.
        let seed = hash_of(id).chain_update(self.seed).finalize();
        let mut rng = ChaCha20Rng::from_seed(seed.into());
        let mut own = None;
        for share in self.dealer.presign(tweak, &mut rng)? {
            match share.holder() {
                holder if holder == node => own = Some(share),
                holder if set.contains(holder) => drop(dealt.insert(holder, share)),
                _ => {}
            }
        }
        Ok(own.map(|own| (set, own)))
    }

    /// Elects among the nodes that are up, by the rule of real nodes; nodes that are down count as kicked. The set stays the same
    /// for all nodes, unless a member goes down before it has signed.
    fn elect(
        &self,
        id: &SigningId,
        node: NonZeroU8,
        faults: &Faults,
    ) -> Result<(Vec<NonZeroU8>, Dealt), ElectionError> {
        let present = faults.present(id.endpoint);
        let mut all = lock(&self.elected);
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
                dealt: Dealt::default(),
            };
        }
        if elected.set.contains(&node) {
            elected.done.insert(node);
        }
        Ok((elected.set.clone(), Arc::clone(&elected.dealt)))
    }
}

impl fmt::Debug for Election {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Election").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use lit_session_crypto::EcdsaSignature;
    use lit_types::wire::Endpoint;

    use super::*;

    #[test]
    fn members_share_one_presignature_and_each_gets_its_own_again() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let dealer = EcdsaDealer::generate(3, 4, &mut rng).unwrap();
        let (nodes, roots) = (dealer.deal(&mut rng), dealer.public_keys().to_vec());
        let tweak = HdTweak::new(&[7; 32]);
        let election = Election::new(dealer, [2; 32], 3);
        let id = SigningId {
            endpoint: Endpoint::PkpSign,
            request_id: "request".to_owned(),
            caller: "caller".to_owned(),
            point: String::new(),
            pkp: tweak.public_key(&roots).unwrap(),
            digest: [9; 32],
        };
        let faults = Faults::none(4);
        let share = |at: usize| {
            let node = &nodes[at];
            let (set, presignature) = election
                .join(&id, node.holder(), &tweak, &faults)
                .unwrap()?;
            let key = node.derive(&tweak).unwrap();
            Some(key.sign(presignature, &id.digest, &set).unwrap())
        };
        let left = |election: &Election| {
            let mut all = lock(&election.elected);
            let elected = all.get_or_insert(id.clone(), Elected::default);
            lock(&elected.dealt).len()
        };
        let mut first = Vec::new();
        let mut waiting = Vec::new();
        for own in (0..4).filter_map(share) {
            first.push(own);
            waiting.push(left(&election));
        }
        // The first member deals for the two others.
        assert_eq!(waiting, [2, 1, 0]);
        let again: Vec<_> = (0..4).rev().filter_map(share).collect();
        let again: Vec<_> = again
            .into_iter()
            .rev()
            .map(|share| share.to_json())
            .collect();
        assert_eq!(
            again,
            first
                .iter()
                .map(|share| share.to_json())
                .collect::<Vec<_>>()
        );
        assert!(EcdsaSignature::combine_for(&id.pkp, &id.digest, &first, 3).is_ok());
    }
}
