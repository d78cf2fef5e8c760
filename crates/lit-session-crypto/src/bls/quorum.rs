use std::{collections::HashSet, num::NonZeroU8, sync::atomic::AtomicBool};

use super::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, lagrange,
    search::{self, Search},
};

/// How many choices of one share per identifier are tried, if identifiers are duplicated. In networks of more than 50 nodes they are
/// fewer, since each takes more work.
const MAX_ROSTERS: usize = 32;

/// How many shares [`BlsQuorum::combine`] accepts: the number of identifiers.
pub const MAX_SHARES: usize = 255;

/// Combines shares of untrusted nodes, and returns only verified signatures.
///
/// It combines the first `threshold` shares and verifies the result: one combination and one verification if all are valid. So
/// shares of holders that are trusted less belong at the end. Otherwise it searches for bad shares. Shares outside the
/// group are bad, and those with a known verification key are verified one by one. The others are left out in turn, and additions of pairings tell whether the rest
/// agrees with the network key. The work is bounded for any input, by about two seconds.
///
/// With a threshold of two thirds, the search finds any number of bad shares in networks of up to 18 nodes, if as many shares
/// exist beyond the threshold. In larger networks it tries random choices. If all nodes give a share, it finds 7 bad ones of 30,
/// and 6 of 100, but for one search in a thousand.
///
/// ```
/// use lit_session_crypto::{BlsPublicKey, BlsQuorum, BlsSignatureShare};
///
/// # fn combine(network_key: BlsPublicKey, digest: [u8; 32], shares: Vec<BlsSignatureShare>) -> Result<(), Box<dyn std::error::Error>> {
/// let combined = BlsQuorum::new(network_key, 7).combine(&digest, &shares)?;
/// for bad in &combined.faulty {
///     println!("answer {} has an invalid share", bad.position);
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
    stop: Option<&'a AtomicBool>,
}

/// A verified signature, and the shares that do not belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CombinedSignature {
    /// The signature of the network's key.
    pub signature: BlsSignature,
    /// The bad shares. Empty if the first quorum was valid, even if shares beyond it are bad.
    ///
    /// A share with a known verification key is judged by that key. Another share is bad if it disagrees with the valid quorum.
    /// This is certain while at most `(s + 1) / 2` shares are bad, for `s` shares beyond the threshold. More that collude can
    /// make good shares look bad, but never make a signature.
    pub faulty: Vec<ShareAt>,
    verified: Verified,
}

/// The verified facts, independent of the public fields.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verified {
    key: BlsPublicKey,
    message: Vec<u8>,
    signature: BlsSignature,
}

impl CombinedSignature {
    fn new(
        key: BlsPublicKey,
        message: &[u8],
        signature: BlsSignature,
        faulty: Vec<ShareAt>,
    ) -> Self {
        let message = message.to_vec();
        Self {
            signature,
            faulty,
            verified: Verified {
                key,
                message,
                signature,
            },
        }
    }

    /// The key and the signature, if the signature is of this message.
    pub(crate) fn verified(&self, message: &[u8]) -> Option<(BlsPublicKey, BlsSignature)> {
        let Verified { key, signature, .. } = self.verified;
        (self.verified.message == message).then_some((key, signature))
    }
}

/// One of the given shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareAt {
    /// The position among the given shares, which tells the answer it came from.
    pub position: usize,
    /// The identifier of the share, which may be forged.
    pub identifier: NonZeroU8,
}

impl<'a> BlsQuorum<'a> {
    /// Requires `threshold` shares of this network's key.
    pub const fn new(key: BlsPublicKey, threshold: u8) -> Self {
        Self {
            key,
            threshold,
            verification_keys: &[],
            stop: None,
        }
    }

    /// Adds known verification keys of holders. Default: none.
    pub const fn with_verification_keys(mut self, keys: &'a [(NonZeroU8, BlsPublicKey)]) -> Self {
        self.verification_keys = keys;
        self
    }

    /// Stops the search for bad shares once this is true, as when more shares have come. Default: searches to the end.
    pub const fn with_stop(mut self, stop: &'a AtomicBool) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Combines the first quorum of shares that signs the message.
    ///
    /// A duplicate share counts once. Different shares with one identifier are not combined.
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
            return Ok(CombinedSignature::new(
                self.key,
                message,
                signature,
                Vec::new(),
            ));
        }
        self.search(message, shares, &candidates)
    }
}

impl BlsQuorum<'_> {
    /// Searches after the first quorum failed.
    fn search(
        &self,
        message: &[u8],
        shares: &[BlsSignatureShare],
        given: &[usize],
    ) -> Result<CombinedSignature, CombineError> {
        let threshold = usize::from(self.threshold);
        let mut search = Search::new(&self.key, message, shares, threshold, self.stop);
        // Whether a share is its holder's signature; `None` without the holder's key. Pairings tell nothing of points outside the group.
        let verifies = |at: usize| {
            let share = &shares[at];
            if !share.is_in_group() {
                return Some(false);
            }
            let mut keys = self.verification_keys.iter();
            let (_, key) = keys.find(|(identifier, _)| *identifier == share.identifier())?;
            Some(search.verifies(share, key))
        };
        let verdicts: Vec<(usize, Option<bool>)> =
            given.iter().map(|at| (*at, verifies(*at))).collect();
        let positions = |is_meant: &dyn Fn(Option<bool>) -> bool| {
            let meant = verdicts.iter().filter(|(_, verdict)| is_meant(*verdict));
            meant.map(|(at, _)| *at).collect::<Vec<usize>>()
        };

        let candidates = positions(&|verdict| verdict != Some(false));
        let rosters = rosters(shares, &candidates, threshold);
        for roster in &rosters.tried {
            if let Some(found) = search.among(roster, rosters.tried.len()) {
                let good = pick(shares, &found.quorum);
                let is_bad = |(at, verdict): &&(usize, Option<bool>)| {
                    !verdict.unwrap_or_else(|| match roster.contains(at) {
                        true => !found.bad.contains(at),
                        false => {
                            let is_rival = |other: &&usize| {
                                shares[**other].identifier() == shares[*at].identifier()
                            };
                            // A holder has one good share.
                            let rival = roster.iter().find(is_rival);
                            rival.is_none_or(|rival| found.bad.contains(rival))
                                && agrees(&shares[*at], &good)
                        }
                    })
                };
                let faulty = verdicts.iter().filter(is_bad).map(|(at, _)| *at);
                let faulty = name(shares, faulty);
                let signature = found.signature;
                return Ok(CombinedSignature::new(self.key, message, signature, faulty));
            }
        }
        let refuted = positions(&|verdict| verdict == Some(false));
        Err(CombineError::NoGoodQuorum {
            tried: name(shares, given.iter().copied()),
            is_certain: search.is_complete && rosters.are_all,
            faulty: name(shares, refuted.into_iter()),
        })
    }
}

/// Choices of one share per identifier.
struct Rosters {
    tried: Vec<Vec<usize>>,
    /// Whether there are no others.
    are_all: bool,
}

fn rosters(shares: &[BlsSignatureShare], candidates: &[usize], threshold: usize) -> Rosters {
    let mut rivals: Vec<Vec<usize>> = Vec::new();
    for at in candidates {
        let identifier = shares[*at].identifier();
        match rivals
            .iter_mut()
            .find(|rivals| shares[rivals[0]].identifier() == identifier)
        {
            Some(rivals) => rivals.push(*at),
            None => rivals.push(vec![*at]),
        }
    }
    let count = rivals
        .iter()
        .fold(1_usize, |count, rivals| count.saturating_mul(rivals.len()));
    let roster = |mut choice: usize| {
        let chosen = rivals.iter().map(|rivals| {
            let at = rivals[choice % rivals.len()];
            choice /= rivals.len();
            at
        });
        chosen.collect()
    };
    let most = MAX_ROSTERS.min(search::most_rosters(rivals.len(), threshold));
    Rosters {
        tried: (0..count.min(most)).map(roster).collect(),
        are_all: count <= most,
    }
}

/// Whether a share belongs to the signature of the good shares.
fn agrees(share: &BlsSignatureShare, good: &[BlsSignatureShare]) -> bool {
    let identifier = share.identifier();
    match good.iter().find(|good| good.identifier() == identifier) {
        Some(good) => good == share,
        None => lagrange::interpolate(good, identifier.get()) == *share.point(),
    }
}

fn name(shares: &[BlsSignatureShare], positions: impl Iterator<Item = usize>) -> Vec<ShareAt> {
    let name = |position: usize| ShareAt {
        position,
        identifier: shares[position].identifier(),
    };
    positions.map(name).collect()
}

/// The first shares with different identifiers, if there are enough.
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

/// Why shares do not combine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CombineError {
    /// The threshold is below two, so the key is not shared.
    #[error("invalid threshold {0}: must be at least 2")]
    Threshold(u8),
    /// Fewer distinct shares than the threshold. Ask more nodes.
    #[error("too few shares: {shares} distinct, {threshold} needed")]
    TooFewShares {
        /// The number of shares, without duplicates.
        shares: usize,
        /// The threshold.
        threshold: u8,
    },
    /// More shares than [`MAX_SHARES`].
    #[error("too many shares: {0}, the limit is {MAX_SHARES}")]
    TooManyShares(usize),
    /// No quorum signs the message. Ask more nodes, or look for nodes of another network or epoch.
    #[error(
        "{} of the shares {} combines to a valid signature{}",
        if *is_certain { "no quorum" } else { "no tried quorum" },
        list(tried),
        if faulty.is_empty() { String::new() } else { format!("; invalid shares: {}", list(faulty)) }
    )]
    NoGoodQuorum {
        /// The tried shares, without duplicates.
        tried: Vec<ShareAt>,
        /// Whether every quorum was tried. Otherwise the search reached its limit, or was stopped.
        is_certain: bool,
        /// The shares that are outside the group, or that their verification keys prove bad.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use blstrs::{G1Affine, G2Affine, G2Projective, Scalar};
    use group::{Curve, Group, ff::Field, prime::PrimeCurveAffine};

    use super::*;
    use crate::{BlsError, hash_to_g2};

    const MESSAGE: &[u8] = b"message";

    fn with_point(identifier: u8, point: G2Affine) -> BlsSignatureShare {
        let mut bytes = [identifier; 97];
        bytes[1..].copy_from_slice(&point.to_compressed());
        BlsSignatureShare::from_bytes(&bytes).unwrap()
    }

    /// Two of three, with `extra` added to the first two shares.
    fn shares(extra: [G2Projective; 2]) -> (BlsPublicKey, Vec<BlsSignatureShare>) {
        let (secret, slope) = (Scalar::from(1234), Scalar::from(567));
        let key = (G1Affine::generator() * secret).to_affine().to_compressed();
        let share = |id: u8| {
            let own = hash_to_g2(MESSAGE) * (secret + slope * Scalar::from(u64::from(id)));
            let extra = extra.get(usize::from(id) - 1);
            with_point(id, extra.map_or(own, |extra| own + extra).to_affine())
        };
        (
            hex::encode(key).parse().unwrap(),
            (1..=3).map(share).collect(),
        )
    }

    /// A point whose product with the order of the group is not the identity, and that product: it has no part in the group.
    fn outside() -> [G2Projective; 2] {
        let x = (0..=u8::MAX).find_map(|x| {
            let mut bytes = [0; 96];
            (bytes[0], bytes[95]) = (0x80, x);
            Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&bytes))
                .filter(|point| !bool::from(point.is_torsion_free()))
        });
        let point = G2Projective::from(x.unwrap());
        [point, point * -Scalar::ONE + point]
    }

    #[test]
    fn a_share_outside_the_group_is_bad() {
        for extra in outside() {
            assert!(!bool::from(extra.is_identity()));
            let (key, shares) = shares([extra, G2Projective::identity()]);
            let outside = BlsSignature::combine(&shares[..2]);
            assert_eq!(outside, Err(BlsError::NotAPoint));
            let quorum = BlsQuorum::new(key, 2);
            let combined = quorum.combine(MESSAGE, &shares).unwrap();
            assert!(key.verify(MESSAGE, &combined.signature));
            assert_eq!(combined.faulty, name(&shares, [0].into_iter()));
            let error = quorum.combine(MESSAGE, &shares[..2]).unwrap_err();
            assert!(
                matches!(error, CombineError::NoGoodQuorum { faulty, .. } if faulty.len() == 1)
            );
        }
    }

    /// A sum in the group that verifies is the signature, wherever its parts come from.
    #[test]
    fn shares_outside_the_group_that_cancel_make_the_same_signature() {
        let [_, extra] = outside();
        // The weights are 2 and -1.
        let (key, bad) = shares([extra, extra + extra]);
        let (_, good) = shares([G2Projective::identity(); 2]);
        assert!(!bad[0].is_in_group() && !bad[1].is_in_group());
        let quorum = BlsQuorum::new(key, 2);
        let combined = quorum.combine(MESSAGE, &bad).unwrap();
        assert_eq!(combined, quorum.combine(MESSAGE, &good).unwrap());
    }
}
