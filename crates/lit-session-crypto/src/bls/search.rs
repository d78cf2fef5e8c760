use std::ops::ControlFlow;

use blstrs::{G1Affine, G2Affine, Gt, pairing};
use group::prime::PrimeCurveAffine;

use super::{BlsPublicKey, BlsSignature, BlsSignatureShare, MAX_QUORUMS, hash_to_g2, sums::Sums};

/// A pairing takes as long as this many products with identifiers.
const STEPS_OF_A_PAIRING: usize = 64;

/// The work limit of a search, in products with identifiers, besides that of the first sums.
const MAX_STEPS: usize = MAX_QUORUMS * STEPS_OF_A_PAIRING;

/// Searches for shares that sign a message under a key, when some are bad.
pub(super) struct Search<'a> {
    shares: &'a [BlsSignatureShare],
    threshold: usize,
    hash: G2Affine,
    /// The pairing of the key and the message, which the pairing of a valid signature equals.
    expected: Gt,
    /// The quorum that is known to be bad.
    first: &'a [usize],
    /// The number of verified quorums.
    pub(super) quorums: usize,
    steps: usize,
}

/// A signature, and the places of its shares.
pub(super) struct Found {
    pub(super) signature: BlsSignature,
    pub(super) quorum: Vec<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        key: &BlsPublicKey,
        message: &[u8],
        shares: &'a [BlsSignatureShare],
        first: &'a [usize],
    ) -> Self {
        let hash = hash_to_g2(message).into();
        Self {
            shares,
            threshold: first.len(),
            hash,
            expected: pairing(key.point(), &hash),
            first,
            quorums: 1,
            steps: MAX_STEPS,
        }
    }

    /// Whether a share signs the message under this key.
    pub(super) fn verifies(&self, share: &BlsSignatureShare, key: &BlsPublicKey) -> bool {
        pairing(&G1Affine::generator(), share.signature().point())
            == pairing(key.point(), &self.hash)
    }

    /// Searches these places, with distinct identifiers, in one of `part` parts of the work limit.
    ///
    /// To find one bad share it leaves out blocks of shares in turn, to find two all pairs of blocks, and so on: for `e` bad
    /// shares all choices of `e` blocks, which are few for any number of shares. While one share beyond the threshold is left,
    /// sums tell whether the rest agrees. If every spare share is bad, every quorum must be verified.
    pub(super) fn among(&mut self, places: &[usize], part: usize) -> Option<Found> {
        let spare = places.len().checked_sub(self.threshold)?;
        self.steps = MAX_STEPS / part;
        let levels = || (1..=spare).map(|bad| Level::new(places.len(), spare, bad));
        let affordable = levels().filter(|level| level.cost <= MAX_STEPS / part);
        let last = affordable.map(|level| level.sums).max().unwrap_or(0);
        let shares: Vec<_> = places.iter().map(|at| self.shares[*at]).collect();
        let sums = Sums::new(&shares, last);
        if sums.agree() {
            // All subsets agree, so no other signature exists.
            return self.verify(places, &sums, &[]);
        }
        for level in levels() {
            if level.cost > self.steps {
                continue;
            }
            let blocks: Vec<&[usize]> = places.chunks(level.size).collect();
            let sums = sums.up_to(level.sums);
            let end = self.leave_out(places, &blocks, level.bad, &sums, &mut Vec::new());
            if let ControlFlow::Break(found) = end {
                return found;
            }
        }
        None
    }

    /// Leaves out this many more blocks, in all ways.
    fn leave_out(
        &mut self,
        places: &[usize],
        blocks: &[&[usize]],
        more: usize,
        sums: &Sums,
        left_out: &mut Vec<usize>,
    ) -> ControlFlow<Option<Found>> {
        if more == 0 {
            return match sums.agree().then(|| self.verify(places, sums, left_out)) {
                Some(Some(found)) => ControlFlow::Break(Some(found)),
                _ if self.steps == 0 => ControlFlow::Break(None),
                _ => ControlFlow::Continue(()),
            };
        }
        for (at, block) in blocks.iter().enumerate() {
            let mut sums = sums.clone();
            for place in *block {
                self.steps = self.steps.saturating_sub(sums.spare());
                sums = sums.without(self.shares[*place].identifier());
            }
            left_out.extend(*block);
            self.leave_out(places, &blocks[at + 1..], more - 1, &sums, left_out)?;
            left_out.truncate(left_out.len() - block.len());
        }
        ControlFlow::Continue(())
    }

    fn verify(&mut self, places: &[usize], sums: &Sums, left_out: &[usize]) -> Option<Found> {
        let kept = places.iter().filter(|place| !left_out.contains(place));
        let quorum: Vec<usize> = kept.copied().collect();
        if quorum == self.first {
            return None;
        }
        self.quorums += 1;
        self.steps = self.steps.saturating_sub(STEPS_OF_A_PAIRING);
        let identifiers = left_out.iter().map(|at| self.shares[*at].identifier());
        let point = sums.signature(identifiers).into();
        let signature = BlsSignature::from_point(point).ok()?;
        (pairing(&G1Affine::generator(), &point) == self.expected)
            .then_some(Found { signature, quorum })
    }
}

/// How to find a number of bad shares.
struct Level {
    bad: usize,
    /// How many shares each block has.
    size: usize,
    /// How many sums it needs beyond the first.
    sums: usize,
    /// About how many steps it takes. All but those for the last block are few.
    cost: usize,
}

impl Level {
    fn new(count: usize, spare: usize, bad: usize) -> Self {
        let of_size = |size: usize| Self {
            bad,
            size,
            // One share more than is left out tells whether the others agree.
            sums: spare.min(bad * size + 1),
            cost: choices(count.div_ceil(size), bad).saturating_mul(if bad < spare {
                size * (size + 1) / 2
            } else {
                STEPS_OF_A_PAIRING
            }),
        };
        let largest = (spare - 1) / bad;
        let levels = (1..=largest).map(of_size);
        levels
            .min_by_key(|level| level.cost)
            .unwrap_or_else(|| of_size(1))
    }
}

/// The number of ways to choose `k` of `n`.
fn choices(n: usize, k: usize) -> usize {
    (0..k).fold(1_usize, |choices, i| {
        choices.saturating_mul(n.saturating_sub(i)) / (i + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bad shares are found for certain.
    fn found(count: usize, threshold: usize) -> usize {
        let spare = count - threshold;
        let mut steps = MAX_STEPS;
        for bad in 1..=spare {
            let Level {
                size, sums, cost, ..
            } = Level::new(count, spare, bad);
            // The blocks before the last cost something, too.
            let blocks = count.div_ceil(size);
            let leaving_out = |depth: usize| {
                let sums = sums.saturating_sub((depth - 1) * size);
                let each: usize = (0..size).map(|left| sums.saturating_sub(left)).sum();
                choices(blocks, depth) * each
            };
            let pairings = if bad < spare { 0 } else { cost };
            let needed = (1..=bad).map(leaving_out).sum::<usize>() + pairings;
            if cost > steps || needed > steps {
                return bad - 1;
            }
            steps -= needed;
        }
        spare
    }

    /// The promise in the docs of `BlsQuorum`.
    #[test]
    fn as_many_bad_shares_are_found_as_is_promised() {
        for nodes in 3..=170 {
            let threshold = (nodes * 2 / 3).max(2);
            let spare = nodes - threshold;
            let (any, full) = match nodes {
                0..=12 => (spare, spare),
                13..=25 => (3, 4),
                26..=64 => (2, 4),
                _ => (1, 3),
            };
            assert!(found(nodes, threshold) >= full, "{nodes}");
            for bad in 1..=any {
                for given in threshold + bad..=nodes {
                    assert!(found(given, threshold) >= bad, "{bad}: {given} of {nodes}");
                }
            }
        }
    }

    #[test]
    fn choices_are_counted() {
        let counts = [(4, 2), (3, 3), (2, 3), (13, 4), (5, 0)].map(|(n, k)| choices(n, k));
        assert_eq!(counts, [6, 1, 0, 715, 1]);
        assert!(choices(255, 127) > MAX_STEPS);
    }
}
