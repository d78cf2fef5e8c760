use k256::Scalar;
use lit_types::PkpPublicKey;

use super::{EcdsaError, EcdsaSignature, EcdsaSignatureShare};
use crate::choices::choices;

/// How many sums of one group are tried: all of them in networks of up to 12 nodes with a threshold of two thirds.
const MAX_SUMS: usize = 1024;

impl EcdsaSignature {
    /// Combines the shares of a signature that an action made, one per node, and verifies the result.
    ///
    /// At least `threshold` nodes must agree on the key and the digest.
    ///
    /// Shares are grouped by signing set (by `bigR`), key and digest. The result is the first group with a valid sum. In a group
    /// of more than `threshold` shares, the additional ones may come from nodes outside the set or be copies. They are found and
    /// left out: with a threshold of two thirds, any number of them in networks of up to 12 nodes, and two in networks of up to
    /// 40. Every share of the set itself is needed.
    ///
    /// # Errors
    /// [`EcdsaError::TooFewShares`] if no group has `threshold` shares, [`EcdsaError::NotASignature`] if no such group adds up.
    #[doc(alias = "combineEcdsaShares")]
    pub fn combine(shares: &[EcdsaSignatureShare], threshold: usize) -> Result<Self, EcdsaError> {
        combine(shares.iter().collect(), threshold)
    }

    /// Combines the shares of a signature by this key over this digest, and verifies the result.
    ///
    /// Other shares are left out.
    ///
    /// # Errors
    /// [`EcdsaError::Foreign`] if all shares are for another key or digest. Otherwise as [`EcdsaSignature::combine`].
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

/// The valid sum of a group, with all shares or without those beyond the threshold.
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
