use k256::Scalar;
use lit_types::PkpPublicKey;

use super::{EcdsaError, EcdsaSignature, EcdsaSignatureShare};
use crate::choices::choices;

/// How many sums of one group are tried at most: all there are in networks of up to 12 nodes with a threshold of two thirds.
const MAX_SUMS: usize = 1024;

impl EcdsaSignature {
    /// Combines the shares of a signature that an action made, one of each node, and verifies the result. Which key signed what
    /// is what at least `threshold` nodes agree on.
    ///
    /// Shares are grouped by signing set, that is by `bigR`, with key and digest; the result is that of a group whose sum
    /// verifies. In a group of more than `threshold` shares those beyond it may be of nodes outside the set, or copies: they
    /// are found and left out; where the threshold is two thirds, any number of them in networks of up to 12 nodes, and two in
    /// those of up to 40. Every share of the set itself is needed.
    ///
    /// # Errors
    /// [`EcdsaError::TooFewShares`] when no group has `threshold` shares, [`EcdsaError::NotASignature`] when none of those adds
    /// up.
    #[doc(alias = "combineEcdsaShares")]
    pub fn combine(shares: &[EcdsaSignatureShare], threshold: usize) -> Result<Self, EcdsaError> {
        combine(shares.iter().collect(), threshold)
    }

    /// Combines the shares of a signature by this key over this digest, and verifies the result. Other shares are left out.
    ///
    /// # Errors
    /// [`EcdsaError::Foreign`] when there are shares, and all are of something else. Else as [`EcdsaSignature::combine`].
    pub fn combine_for(
        public_key: &PkpPublicKey,
        digest: &[u8; 32],
        shares: &[EcdsaSignatureShare],
        threshold: usize,
    ) -> Result<Self, EcdsaError> {
        let given = shares.len();
        let of_key: Vec<_> = shares
            .iter()
            .filter(|share| share.public_key == *public_key)
            .collect();
        if of_key.is_empty() && given > 0 {
            let what = "public key";
            return Err(EcdsaError::Foreign { given, what });
        }
        let is_empty = of_key.is_empty();
        let own: Vec<_> = of_key
            .into_iter()
            .filter(|share| share.digest == *digest)
            .collect();
        if own.is_empty() && !is_empty {
            let what = "digest";
            return Err(EcdsaError::Foreign { given, what });
        }
        combine(own, threshold)
    }
}

fn combine(
    shares: Vec<&EcdsaSignatureShare>,
    threshold: usize,
) -> Result<EcdsaSignature, EcdsaError> {
    let (given, needed) = (shares.len(), threshold.max(1));
    let mut groups: Vec<Vec<&EcdsaSignatureShare>> = Vec::new();
    for share in shares {
        match groups
            .iter_mut()
            .find(|group| belong_together(group[0], share))
        {
            Some(group) => group.push(share),
            None => groups.push(vec![share]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let largest = groups.first().map_or(0, Vec::len);
    let mut error = EcdsaError::TooFewShares {
        given,
        largest,
        needed,
    };
    for group in groups.iter().filter(|group| group.len() >= needed) {
        if let Some(signature) = sum(group, needed) {
            return Ok(signature);
        }
        error = EcdsaError::NotASignature {
            shares: group.len(),
            public_key: group[0].public_key.to_string(),
        };
    }
    Err(error)
}

fn belong_together(one: &EcdsaSignatureShare, other: &EcdsaSignatureShare) -> bool {
    one.big_r == other.big_r && one.public_key == other.public_key && one.digest == other.digest
}

/// The signature that a group adds up to, as it is or without those of its shares that are beyond the threshold.
fn sum(group: &[&EcdsaSignatureShare], needed: usize) -> Option<EcdsaSignature> {
    let EcdsaSignatureShare {
        big_r,
        public_key,
        digest,
        ..
    } = group[0];
    let all: Scalar = group.iter().map(|share| share.share).sum();
    let spare = group.len().saturating_sub(needed);
    (0..=spare)
        .flat_map(|count| choices(group.len(), count))
        .take(MAX_SUMS)
        .map(|left_out| all - left_out.iter().map(|at| group[*at].share).sum::<Scalar>())
        .find_map(|s| EcdsaSignature::verified(big_r, s, public_key, digest))
}
