use std::{collections::HashSet, num::NonZeroU8};

use blstrs::{G1Affine, G2Affine, Gt, pairing};
use group::prime::PrimeCurveAffine;

use super::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, exclusions::exclusions, hash_to_g2, lagrange,
};

/// How many quorums [`BlsQuorum::combine`] tries at most, beside the first.
pub const MAX_QUORUMS: usize = 1024;

/// How many shares [`BlsQuorum::combine`] takes at most: as many as there are identifiers.
pub const MAX_SHARES: usize = 255;

/// Combines shares of nodes that are not trusted, and gives nothing that was not verified.
///
/// The first `threshold` shares are combined and the result is verified: one combination and one verification when all
/// are good. Only when that fails are bad shares looked for. Shares whose verification key is known are verified one by
/// one. Of the others, whole groups are left out in turn, so that the number of tries depends on how many shares are bad,
/// and hardly on how many there are. With `s` shares more than the threshold, `e` bad ones (`e <= s`) are always found when
/// the tries for 1 to `e` bad ones together, `C(ceil(n / floor(s / i)), i)` each for `n` shares, are no more than
/// [`MAX_QUORUMS`]. Where the threshold is two thirds, and whoever gives no share at all, these are any number in networks of up
/// to 12 nodes, three in those of up to 22, and two in those of up to 64; three in larger ones too when all nodes give a share.
///
/// ```
/// use lit_session_crypto::{BlsPublicKey, BlsQuorum, BlsSignatureShare};
///
/// # fn combine(network_key: BlsPublicKey, digest: [u8; 32], shares: Vec<BlsSignatureShare>) -> Result<(), Box<dyn std::error::Error>> {
/// let combined = BlsQuorum::new(network_key, 7).combine(&digest, &shares)?;
/// for bad in &combined.faulty {
///     println!("answer {} is no share of this signature", bad.position);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct BlsQuorum<'a> {
    key: BlsPublicKey,
    threshold: u8,
    verification_keys: &'a [(NonZeroU8, BlsPublicKey)],
}

/// A signature that verifies, and the shares that are no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CombinedSignature {
    /// The signature of the network's key.
    pub signature: BlsSignature,
    /// Shares that were found bad; empty when the first quorum was good, whatever the shares beyond it are.
    ///
    /// A share whose verification key is known is judged by that. Others are bad when they do not agree with the quorum that
    /// was found good, which is certain while no more than `(s + 1) / 2` are bad; more that work together can make good
    /// ones look bad, though never make a signature.
    pub faulty: Vec<ShareAt>,
}

/// One of the shares that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareAt {
    /// Its place among the shares that were given, which tells whose answer it was.
    pub position: usize,
    /// The identifier it bears, which may be another's.
    pub identifier: NonZeroU8,
}

impl<'a> BlsQuorum<'a> {
    /// `threshold` shares of this network's key are needed.
    pub const fn new(key: BlsPublicKey, threshold: u8) -> Self {
        Self {
            key,
            threshold,
            verification_keys: &[],
        }
    }

    /// The verification keys of holders, as far as they are known. Default: none.
    pub const fn with_verification_keys(mut self, keys: &'a [(NonZeroU8, BlsPublicKey)]) -> Self {
        self.verification_keys = keys;
        self
    }

    /// Combines the first quorum of shares that gives a signature of the message.
    ///
    /// A share that was given twice counts once. Different shares with one identifier are not used together.
    ///
    /// # Errors
    /// [`CombineError`].
    pub fn combine(
        &self,
        message: &[u8],
        shares: &[BlsSignatureShare],
    ) -> Result<CombinedSignature, CombineError> {
        let threshold = usize::from(self.threshold);
        if threshold < 2 {
            return Err(CombineError::Threshold(self.threshold));
        }
        if shares.len() > MAX_SHARES {
            return Err(CombineError::TooManyShares(shares.len()));
        }
        let mut candidates: Vec<usize> = (0..shares.len()).collect();
        candidates.retain(|at| !shares[..*at].contains(&shares[*at]));
        let first = quorum_of(shares, candidates.iter().copied(), threshold);
        let first = first.ok_or(CombineError::TooFewShares {
            shares: candidates.len(),
            threshold: self.threshold,
        })?;
        let combined = BlsSignature::combine(&pick(shares, &first));
        if let Some(signature) = combined.ok().filter(|sum| self.key.verify(message, sum)) {
            return Ok(CombinedSignature {
                signature,
                faulty: Vec::new(),
            });
        }
        Search::new(self, message, shares).run(candidates, first)
    }
}

/// What is done when the first quorum was no good.
struct Search<'a> {
    quorum: &'a BlsQuorum<'a>,
    shares: &'a [BlsSignatureShare],
    hash: G2Affine,
    /// The pairing of the network's key and the message, which that of a good signature equals.
    expected: Gt,
}

impl<'a> Search<'a> {
    fn new(quorum: &'a BlsQuorum<'a>, message: &[u8], shares: &'a [BlsSignatureShare]) -> Self {
        let hash = hash_to_g2(message).into();
        Self {
            quorum,
            shares,
            hash,
            expected: pairing(quorum.key.point(), &hash),
        }
    }

    fn run(
        &self,
        mut candidates: Vec<usize>,
        first: Vec<usize>,
    ) -> Result<CombinedSignature, CombineError> {
        let threshold = usize::from(self.quorum.threshold);
        let given = candidates.clone();
        candidates.retain(|at| self.verifies_alone(*at) != Some(false));
        let refuted: Vec<usize> = given
            .iter()
            .copied()
            .filter(|at| !candidates.contains(at))
            .collect();

        let mut tried = HashSet::from([first]);
        let spare = candidates.len().saturating_sub(threshold);
        let all = std::iter::once(vec![]);
        for excluded in all.chain(exclusions(candidates.len(), spare).take(MAX_QUORUMS)) {
            let kept = candidates
                .iter()
                .enumerate()
                .filter(|(place, _)| !excluded.contains(place));
            let Some(quorum) = quorum_of(self.shares, kept.map(|(_, at)| *at), threshold) else {
                continue;
            };
            if !tried.insert(quorum.clone()) {
                continue;
            }
            if let Some(signature) = self.signature_of(&quorum) {
                return Ok(CombinedSignature {
                    signature,
                    faulty: self.name(&self.disagreeing(&given, &quorum)),
                });
            }
        }
        Err(CombineError::NoGoodQuorum {
            tried: self.name(&given),
            quorums: tried.len(),
            faulty: self.name(&refuted),
        })
    }

    /// Whether a share is what its holder signs, where the holder's key is known.
    fn verifies_alone(&self, at: usize) -> Option<bool> {
        let share = &self.shares[at];
        let mut keys = self.quorum.verification_keys.iter();
        let (_, key) = keys.find(|(identifier, _)| *identifier == share.identifier())?;
        Some(
            pairing(&G1Affine::generator(), share.signature().point())
                == pairing(key.point(), &self.hash),
        )
    }

    fn signature_of(&self, quorum: &[usize]) -> Option<BlsSignature> {
        let sum = lagrange::interpolate(&pick(self.shares, quorum), 0);
        let signature = BlsSignature::from_point(sum).ok()?;
        (pairing(&G1Affine::generator(), &sum) == self.expected).then_some(signature)
    }

    /// The shares that are bad, as their own keys say, or as a good quorum says where there are none.
    fn disagreeing(&self, given: &[usize], quorum: &[usize]) -> Vec<usize> {
        let good = pick(self.shares, quorum);
        let agrees = |at: usize| {
            let share = &self.shares[at];
            let identifier = share.identifier();
            match good.iter().find(|good| good.identifier() == identifier) {
                Some(good) => good == share,
                None => {
                    lagrange::interpolate(&good, identifier.get()) == *share.signature().point()
                }
            }
        };
        let is_bad = |at: &usize| !self.verifies_alone(*at).unwrap_or_else(|| agrees(*at));
        given.iter().copied().filter(is_bad).collect()
    }

    fn name(&self, positions: &[usize]) -> Vec<ShareAt> {
        let name = |position: &usize| ShareAt {
            position: *position,
            identifier: self.shares[*position].identifier(),
        };
        positions.iter().map(name).collect()
    }
}

/// The first shares of these positions with different identifiers, if there are as many as that.
fn quorum_of(
    shares: &[BlsSignatureShare],
    positions: impl Iterator<Item = usize>,
    threshold: usize,
) -> Option<Vec<usize>> {
    let mut identifiers = HashSet::new();
    let quorum: Vec<usize> = positions
        .filter(|at| identifiers.insert(shares[*at].identifier()))
        .take(threshold)
        .collect();
    (quorum.len() == threshold).then_some(quorum)
}

fn pick(shares: &[BlsSignatureShare], positions: &[usize]) -> Vec<BlsSignatureShare> {
    positions.iter().map(|at| shares[*at]).collect()
}

/// Why shares make no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CombineError {
    /// The threshold is below two: such a key is not shared.
    #[error("a threshold of {0} cannot be; at least 2 shares make a signature")]
    Threshold(u8),
    /// Fewer different shares than are needed. Ask more nodes.
    #[error("{shares} different shares, {threshold} are needed")]
    TooFewShares {
        /// How many there are, copies not counted.
        shares: usize,
        /// How many are needed.
        threshold: u8,
    },
    /// More shares than [`MAX_SHARES`].
    #[error("{0} shares, at most {MAX_SHARES} are read")]
    TooManyShares(usize),
    /// No quorum that was tried gives a signature of the message. Ask more nodes, or look which of them are of another
    /// network or epoch.
    #[error(
        "none of {quorums} quorums of the shares {} gives a signature{}",
        list(tried),
        if faulty.is_empty() { String::new() } else { format!("; bad are {}", list(faulty)) }
    )]
    NoGoodQuorum {
        /// The shares that were tried, copies left out.
        tried: Vec<ShareAt>,
        /// How many quorums of them.
        quorums: usize,
        /// Those that their verification keys prove bad.
        faulty: Vec<ShareAt>,
    },
}

fn list(shares: &[ShareAt]) -> String {
    let identifiers: Vec<_> = shares
        .iter()
        .map(|share| share.identifier.to_string())
        .collect();
    identifiers.join(", ")
}
