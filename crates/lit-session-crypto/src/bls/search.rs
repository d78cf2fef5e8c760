use std::{
    num::NonZeroU8,
    sync::atomic::{AtomicBool, Ordering},
};

use blstrs::{G1Affine, G2Affine, Gt, pairing};
use group::prime::PrimeCurveAffine;

use super::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, hash_to_g2, lagrange,
    traces::{Traces, is_zero, ratio, times},
};
use crate::choices::choices;

/// The work limit of a search, in additions of pairings, besides the traces.
const MAX_ADDITIONS: usize = 1 << 20;

/// The work limit of the traces of several rosters, in additions of pairings. With a threshold of two thirds, those of one roster of
/// the largest network take less than half.
const MAX_OF_TRACES: usize = MAX_ADDITIONS / 2;

/// About how many additions the product with an identifier takes.
const OF_A_PRODUCT: usize = 10;

/// How many bad shares are told without trying who they are, once the others are left out.
const TOLD: usize = 2;

/// Searches for shares that sign a message under a key, when some are bad.
pub(super) struct Search<'a> {
    shares: &'a [BlsSignatureShare],
    threshold: usize,
    key: &'a BlsPublicKey,
    message: &'a [u8],
    hash: G2Affine,
    /// The pairing of the key and the message, which the pairing of a valid signature equals.
    expected: Gt,
    stop: Option<&'a AtomicBool>,
    /// Whether every quorum was tried.
    pub(super) is_complete: bool,
}

/// A signature, and the places of shares that are not part of it.
pub(super) struct Found {
    pub(super) signature: BlsSignature,
    pub(super) quorum: Vec<usize>,
    pub(super) bad: Vec<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        key: &'a BlsPublicKey,
        message: &'a [u8],
        shares: &'a [BlsSignatureShare],
        threshold: usize,
        stop: Option<&'a AtomicBool>,
    ) -> Self {
        let hash = hash_to_g2(message).into();
        Self {
            shares,
            threshold,
            key,
            message,
            hash,
            expected: pairing(key.point(), &hash),
            stop,
            is_complete: true,
        }
    }

    /// Whether a share signs the message under this key.
    pub(super) fn verifies(&self, share: &BlsSignatureShare, key: &BlsPublicKey) -> bool {
        pairing(&G1Affine::generator(), share.point()) == pairing(key.point(), &self.hash)
    }

    /// Searches these places, with distinct identifiers, in one of `parts` parts of the work limit.
    ///
    /// It leaves out all shares that it can spare but two; if at most two of the rest are bad, the traces tell which. So it
    /// need not leave out all bad shares by chance, but all except two. It tries the last places first, then all choices if
    /// they are few enough, and random ones otherwise.
    pub(super) fn among(&mut self, places: &[usize], parts: usize) -> Option<Found> {
        let spare = places.len().checked_sub(self.threshold)?;
        if self.is_stopped() {
            return self.give_up();
        }
        let shares: Vec<_> = places.iter().map(|at| self.shares[*at]).collect();
        let traces = Traces::new(&shares, spare, &self.expected);
        let others = &traces.as_slice()[1..];
        if spare > 0 && others.iter().all(is_zero) {
            // All shares agree, so there is no other signature.
            return self.without_bad(places, &traces, &[]);
        }
        let told = spare.min(TOLD);
        let out = spare - told;
        let count = places.len();
        let tries = MAX_ADDITIONS / parts / additions(count, spare, self.root());
        let path = Path::new(traces.clone());
        if number_of_choices(count, out) <= tries {
            let all =
                choices(count, out).map(|left| left.iter().map(|at| count - 1 - at).collect());
            return self.first_of(places, &traces, path, all);
        }
        let mut random = Random::new(&shares, self.message);
        let last: Vec<usize> = (count - out..count).rev().collect();
        let some =
            std::iter::once(last).chain(std::iter::repeat_with(|| random.choice(count, out)));
        let found = self.first_of(places, &traces, path, some.take(tries));
        if found.is_none() {
            self.give_up()
        } else {
            found
        }
    }

    /// The square root of the largest identifier, rounded up.
    fn root(&self) -> u8 {
        let identifiers = self.shares.iter().map(|share| share.identifier().get());
        let largest = identifiers.max().unwrap_or(1);
        (1..=16)
            .find(|root: &u8| root.saturating_mul(*root) >= largest)
            .unwrap_or(16)
    }

    /// Tries these choices of positions among the places.
    fn first_of(
        &mut self,
        places: &[usize],
        traces: &Traces,
        mut path: Path,
        choices: impl Iterator<Item = Vec<usize>>,
    ) -> Option<Found> {
        let root = self.root();
        for left_out in choices {
            if self.is_stopped() {
                return self.give_up();
            }
            let left_out: Vec<usize> = left_out.into_iter().map(|at| places[at]).collect();
            let rest = path.without(&left_out, self.shares);
            let told = tell(rest.as_slice(), root, || {
                let others = places.iter().filter(|place| !left_out.contains(place));
                others.map(|place| self.shares[*place].identifier())
            });
            let Some(told) = told else { continue };
            let place = |identifier: &NonZeroU8| {
                let own = |place: &&usize| self.shares[**place].identifier() == *identifier;
                places.iter().find(own).copied()
            };
            let Some(told) = told.iter().map(place).collect::<Option<Vec<_>>>() else {
                continue;
            };
            if told.iter().any(|place| left_out.contains(place)) {
                continue;
            }
            let suspects = [left_out, told].concat();
            if let Some(found) = self.without_bad(places, traces, &suspects) {
                return Some(found);
            }
        }
        None
    }

    /// The signature of the shares in these places without the bad ones among the suspects, if it is valid.
    fn without_bad(&self, places: &[usize], traces: &Traces, suspects: &[usize]) -> Option<Found> {
        let mut bad = Vec::new();
        self.guilty(&traces.first(suspects.len() + 1), suspects, &mut bad);
        bad.sort_unstable();
        let good = places.iter().filter(|place| !bad.contains(place)).copied();
        let quorum: Vec<usize> = good.take(self.threshold).collect();
        let shares: Vec<_> = quorum.iter().map(|at| self.shares[*at]).collect();
        let signature = BlsSignature::from_point(lagrange::interpolate(&shares, 0)).ok()?;
        let is_valid = self.key.verify(self.message, &signature);
        is_valid.then_some(Found {
            signature,
            quorum,
            bad,
        })
    }

    /// Adds those of the suspects that left a trace.
    fn guilty(&self, traces: &Traces, suspects: &[usize], bad: &mut Vec<usize>) {
        if traces.vanish() {
            return;
        }
        if let [one] = suspects {
            bad.push(*one);
            return;
        }
        let (first, second) = suspects.split_at(suspects.len() / 2);
        let without = |others: &[usize]| {
            let remove = |traces: Traces, at: &usize| traces.without(self.shares[*at].identifier());
            others.iter().fold(traces.clone(), remove)
        };
        for (own, others) in [(first, second), (second, first)] {
            if !own.is_empty() {
                self.guilty(&without(others), own, bad);
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn give_up(&mut self) -> Option<Found> {
        self.is_complete = false;
        None
    }
}

/// Traces without some shares, and those on the way there, which the next choice may share.
struct Path {
    left_out: Vec<usize>,
    traces: Vec<Traces>,
}

impl Path {
    fn new(all: Traces) -> Self {
        Self {
            left_out: Vec::new(),
            traces: vec![all],
        }
    }

    fn without(&mut self, places: &[usize], shares: &[BlsSignatureShare]) -> &Traces {
        let pairs = self.left_out.iter().zip(places);
        let common = pairs.take_while(|(old, new)| old == new).count();
        self.left_out.truncate(common);
        self.traces.truncate(common + 1);
        for place in &places[common..] {
            let without = self.traces[self.left_out.len()].without(shares[*place].identifier());
            self.traces.push(without);
            self.left_out.push(*place);
        }
        &self.traces[self.left_out.len()]
    }
}

/// The identifiers of the bad shares that these traces are of, if they are fewer than the traces.
fn tell<I: Iterator<Item = NonZeroU8>>(
    traces: &[Gt],
    root: u8,
    identifiers: impl Fn() -> I,
) -> Option<Vec<NonZeroU8>> {
    if traces.iter().all(is_zero) {
        return Some(Vec::new());
    }
    match traces {
        [first, second] if !is_zero(first) => Some(vec![ratio(first, second, root)?]),
        [first, second, third] => {
            let mut sorted: Vec<NonZeroU8> = identifiers().collect();
            sorted.sort_unstable();
            // Without the share of each in turn, those of at most one are left.
            let (mut one, mut other) = (-second, -third);
            let mut last = 0;
            for identifier in sorted {
                if let Some(more) = NonZeroU8::new(identifier.get() - last) {
                    one += times(more, first);
                    other += times(more, second);
                    last = identifier.get();
                }
                match (is_zero(&one), is_zero(&other)) {
                    (true, true) => return Some(vec![identifier]),
                    (true, false) => {}
                    (false, _) => {
                        if let Some(second) = ratio(&one, &other, root) {
                            return Some(vec![identifier, second]);
                        }
                    }
                }
            }
            None
        }
        _ => None,
    }
}

/// About how many additions it takes to try one choice. `root` is the square root of the largest identifier.
fn additions(count: usize, spare: usize, root: u8) -> usize {
    let left_at_end = spare.min(TOLD) + 1;
    let products = (left_at_end..=spare).sum::<usize>();
    let telling = match left_at_end {
        3 => count * 2 * (2 + usize::from(root)),
        _ => 2 * usize::from(root),
    };
    products * OF_A_PRODUCT + telling
}

/// How many rosters of this many shares may be searched: each has traces of its own. At least one.
pub(super) fn most_rosters(count: usize, threshold: usize) -> usize {
    let traces = of_traces(count, count.saturating_sub(threshold));
    (MAX_OF_TRACES / traces).max(1)
}

/// About how many additions the traces take: a product with a scalar for each share, a small product for each share and trace,
/// and a pairing for each trace.
const fn of_traces(count: usize, spare: usize) -> usize {
    count * 100 + spare * count * 6 + (spare + 1) * 500
}

/// The number of ways to choose `k` of `n`.
fn number_of_choices(n: usize, k: usize) -> usize {
    (0..k).fold(1_usize, |choices, i| {
        choices.saturating_mul(n.saturating_sub(i)) / (i + 1)
    })
}

/// Chooses at random, by the shares: the same each time, and nothing that one holder knows before the others have signed.
struct Random(u64);

impl Random {
    fn new(shares: &[BlsSignatureShare], message: &[u8]) -> Self {
        use sha2::{Digest, Sha256};

        let hash = Sha256::new().chain_update(message);
        let hash = shares
            .iter()
            .fold(hash, |hash, share| hash.chain_update(share.to_bytes()));
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The generator `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// `k` different numbers below `n`, which is at most 255.
    fn choice(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..n).collect();
        for at in 0..k {
            let left = (n - at) as u64;
            let other = at + usize::try_from(self.next() % left).unwrap_or(0);
            numbers.swap(at, other);
        }
        numbers.truncate(k);
        numbers
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "these are tests, of small numbers"
)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_counted() {
        let counts =
            [(4, 2), (3, 3), (2, 3), (13, 4), (5, 0)].map(|(n, k)| number_of_choices(n, k));
        assert_eq!(counts, [6, 1, 0, 715, 1]);
        assert!(number_of_choices(255, 127) > MAX_ADDITIONS);
    }

    #[test]
    fn all_traces_together_are_bounded() {
        let rosters = [(10, 6), (30, 20), (100, 66), (250, 170), (255, 2)]
            .map(|(count, threshold)| most_rosters(count, threshold));
        assert_eq!(rosters, [140, 50, 10, 2, 1]);
    }

    /// The chance that a search misses this many bad shares, if all nodes of a network give one.
    fn chance_to_miss(nodes: usize, bad: usize) -> f64 {
        let spare = nodes - (nodes * 2 / 3).max(2);
        let out = spare - spare.min(TOLD);
        let root = (1..=16).find(|root| root * root >= nodes).unwrap();
        let tries = MAX_ADDITIONS / additions(nodes, spare, u8::try_from(root).unwrap());
        if number_of_choices(nodes, out) <= tries {
            return 0.0;
        }
        let ways =
            |n: usize, k: usize| (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64);
        // How many of the bad shares a choice leaves out.
        let chance = |hit: usize| ways(bad, hit) * ways(nodes - bad, out - hit) / ways(nodes, out);
        let enough = bad.saturating_sub(TOLD)..=bad.min(out);
        let found: f64 = enough.map(chance).sum();
        (1.0 - found).powf(tries as f64)
    }

    /// The promise in the docs of `BlsQuorum`.
    #[test]
    fn as_many_bad_shares_are_found_as_is_promised() {
        let found = |nodes: usize| {
            let spare = nodes - (nodes * 2 / 3).max(2);
            (0..=spare)
                .take_while(|bad| chance_to_miss(nodes, *bad) < 0.001)
                .last()
                .unwrap()
        };
        for nodes in 3..=18 {
            assert_eq!(found(nodes), nodes - (nodes * 2 / 3).max(2), "{nodes}");
        }
        let promised = [20, 30, 50, 100, 170, 255].map(|nodes| (nodes, found(nodes)));
        assert_eq!(
            promised,
            [(20, 6), (30, 7), (50, 7), (100, 6), (170, 5), (255, 4)]
        );
    }

    #[test]
    fn random_choices_have_no_number_twice() {
        let mut random = Random(7);
        for _ in 0..100 {
            let mut choice = random.choice(30, 8);
            choice.sort_unstable();
            choice.dedup();
            assert_eq!(choice.len(), 8);
            assert!(choice.iter().all(|at| *at < 30));
        }
    }
}
