use std::num::NonZeroU8;

use blstrs::{G1Affine, G2Affine, G2Projective, Gt, pairing};
use group::{Group, prime::PrimeCurveAffine};

use super::{BlsSignatureShare, lagrange::terms};

/// What the bad shares of a signature leave in sums of all shares.
///
/// With Lagrange's coefficients `λ_i` at 0, sum `k` adds up all `x_i^k·λ_i·σ_i`: the value at 0 of `x^k` times the polynomial
/// through the shares. For valid shares, sum 0 is the signature, and sums 1 to `s` are zero for `s` shares beyond the threshold.
/// A share that is wrong by `ε_j` adds `x_j^k·λ_j·ε_j` to each sum.
///
/// These are the pairings of the sums with the generator, less that of the signature, which the network key tells. So `s` + 1
/// numbers hold the bad shares alone. The pairings are made once; additions do all the rest.
#[derive(Debug, Clone)]
pub(super) struct Traces(Vec<Gt>);

impl Traces {
    /// Computes the traces in sums 0 to `last` of shares with distinct identifiers. `signature` is the pairing of the signature.
    pub(super) fn new(shares: &[BlsSignatureShare], last: usize, signature: &Gt) -> Self {
        let mut terms: Vec<G2Projective> = terms(shares, 0).collect();
        let mut traces = Vec::with_capacity(last + 1);
        for k in 0..=last {
            if k > 0 {
                for (share, term) in shares.iter().zip(&mut terms) {
                    *term = times(share.identifier(), term);
                }
            }
            let sum: G2Projective = terms.iter().sum();
            traces.push(pairing(&G1Affine::generator(), &G2Affine::from(sum)));
        }
        traces[0] -= signature;
        Self(traces)
    }

    /// Keeps the first traces, which suffice for one bad share less than they are.
    pub(super) fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).copied().collect())
    }

    /// Removes the trace of the share with this identifier, at the cost of the last of the numbers.
    ///
    /// Trace `k` becomes `x` times itself, less trace `k + 1`: so a multiple of `x^k` vanishes.
    pub(super) fn without(&self, identifier: NonZeroU8) -> Self {
        let left = |pair: &[Gt]| times(identifier, &pair[0]) - pair[1];
        Self(self.0.windows(2).map(left).collect())
    }

    pub(super) fn as_slice(&self) -> &[Gt] {
        &self.0
    }

    /// Whether no bad share is left, if there were fewer than there are numbers.
    pub(super) fn vanish(&self) -> bool {
        self.0.iter().all(is_zero)
    }
}

/// The number up to the square of `root` with which the first value makes the second. The first is not zero.
///
/// It takes twice `root` additions: multiples of the first value, and multiples of `root` times it.
pub(super) fn ratio(first: &Gt, second: &Gt, root: u8) -> Option<NonZeroU8> {
    let small: Vec<Gt> = std::iter::successors(Some(*first), |last| Some(last + first))
        .take(usize::from(root))
        .collect();
    let step = small.last()?;
    let mut rest = *second;
    for large in 0..root {
        if let Some(at) = small.iter().position(|multiple| *multiple == rest) {
            let number = usize::from(large) * usize::from(root) + at + 1;
            return u8::try_from(number).ok().and_then(NonZeroU8::new);
        }
        rest -= step;
    }
    None
}

pub(super) fn is_zero(value: &Gt) -> bool {
    value.is_identity().into()
}

/// A product with eight bits. It takes a twentieth of the time of a product with a scalar.
pub(super) fn times<G: Group>(number: NonZeroU8, point: &G) -> G {
    let bits = u8::BITS - number.leading_zeros();
    (0..bits - 1).rev().fold(*point, |sum, bit| {
        let sum = sum.double();
        if number.get() >> bit & 1 == 1 {
            sum + point
        } else {
            sum
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use blstrs::Scalar;
    use group::ff::Field;
    use proptest::{prelude::*, sample::subsequence};

    use super::*;
    use crate::BlsSignature;

    fn number(x: u8) -> NonZeroU8 {
        NonZeroU8::new(x).unwrap()
    }

    /// Shares that are values of a polynomial of this degree, but for those at some places; and the pairing of its value at 0.
    fn shares(
        identifiers: &[u8],
        degree: usize,
        wrong: &[usize],
        seed: u64,
    ) -> (Vec<BlsSignatureShare>, Gt) {
        let coefficient = |k: usize| Scalar::from(seed ^ (k as u64 + 1).wrapping_mul(0x9e37_79b9));
        let share = |(at, x): (usize, &u8)| {
            let x_scalar = Scalar::from(u64::from(*x));
            let value = (0..=degree)
                .rev()
                .fold(Scalar::ZERO, |value, k| value * x_scalar + coefficient(k));
            let value = if wrong.contains(&at) {
                value + Scalar::ONE
            } else {
                value
            };
            let point = G2Affine::from(G2Affine::generator() * value);
            BlsSignatureShare::new(number(*x), BlsSignature::from_point(point).unwrap())
        };
        let shares = identifiers.iter().enumerate().map(share).collect();
        (shares, Gt::generator() * coefficient(0))
    }

    fn some_identifiers() -> impl Strategy<Value = Vec<u8>> {
        subsequence((1..=255).collect::<Vec<u8>>(), 3..12).prop_shuffle()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// They vanish when every wrong share is removed, and no sooner.
        #[test]
        fn traces_are_of_wrong_shares(
            identifiers in some_identifiers(),
            seed: u64,
            degree in 1_usize..4,
            wrong in any::<prop::sample::Index>(),
        ) {
            let spare = identifiers.len().saturating_sub(degree + 1);
            prop_assume!(spare > 0);
            let wrong = wrong.index(identifiers.len());
            let (all, signature) = shares(&identifiers, degree, &[wrong], seed);
            let traces = Traces::new(&all, spare, &signature);
            prop_assert!(!traces.vanish());
            for (at, share) in all.iter().enumerate() {
                prop_assert_eq!(traces.without(share.identifier()).vanish(), at == wrong);
            }
            let [first, second, ..] = traces.as_slice() else { unreachable!("two traces") };
            prop_assert_eq!(ratio(first, second, 16), Some(number(identifiers[wrong])));
            let (all, _) = shares(&identifiers, degree, &[], seed);
            prop_assert!(Traces::new(&all, spare, &signature).vanish());
            prop_assert!(!Traces::new(&all, spare + 1, &signature).vanish());
            prop_assert!(!Traces::new(&all, spare, &Gt::generator()).vanish());
        }

        #[test]
        fn small_products_are_products(x in 1_u8..) {
            let product = Gt::generator() * Scalar::from(u64::from(x));
            prop_assert_eq!(times(number(x), &Gt::generator()), product);
            prop_assert_eq!(ratio(&Gt::generator(), &product, 16), Some(number(x)));
        }
    }
}
