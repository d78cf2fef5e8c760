use std::num::NonZeroU8;

use blstrs::{G2Projective, Scalar};
use group::{Group, ff::Field};

use super::{
    BlsSignatureShare,
    lagrange::{inverse, scalar, terms},
};

/// Sums of shares. They tell without a pairing whether shares beyond the threshold belong to one signature.
///
/// With Lagrange's coefficients `λ_i` at 0, sum `k` adds up all `x_i^k·λ_i·σ_i`: the value at 0 of `x^k` times the polynomial
/// through the shares. For valid shares, sum 0 is the signature, and sums 1 to `s` are zero for `s` shares beyond the threshold.
///
/// Without the share of `x_j`, the coefficients are multiplied by `(x_j - x_i)/x_j`. So sum `k` becomes `x_j` times itself,
/// less sum `k + 1`, divided by `x_j`; the division is done at the end.
#[derive(Debug, Clone)]
pub(super) struct Sums(Vec<G2Projective>);

impl Sums {
    /// Computes the sums 0 to `last` of shares with distinct identifiers.
    pub(super) fn new(shares: &[BlsSignatureShare], last: usize) -> Self {
        let mut terms: Vec<G2Projective> = terms(shares, 0).collect();
        let mut sums = vec![sum(&terms)];
        for _ in 0..last {
            for (share, term) in shares.iter().zip(&mut terms) {
                *term = times(share.identifier(), term);
            }
            sums.push(sum(&terms));
        }
        Self(sums)
    }

    /// Keeps the sums 0 to `last`.
    pub(super) fn up_to(&self, last: usize) -> Self {
        Self(self.0.iter().take(last + 1).copied().collect())
    }

    /// Removes the share of this holder, which costs one sum.
    pub(super) fn without(&self, identifier: NonZeroU8) -> Self {
        let left = |pair: &[G2Projective]| times(identifier, &pair[0]) - pair[1];
        Self(self.0.windows(2).map(left).collect())
    }

    /// The number of sums beyond the first: how many more shares can be left out.
    pub(super) fn spare(&self) -> usize {
        self.0.len() - 1
    }

    /// Whether the shares belong to one signature, as far as the sums tell.
    pub(super) fn agree(&self) -> bool {
        let beyond = &self.0[1..];
        beyond.iter().all(|sum| bool::from(sum.is_identity()))
    }

    /// The signature, if the shares are valid, after the shares of these holders were left out.
    pub(super) fn signature(&self, left_out: impl Iterator<Item = NonZeroU8>) -> G2Projective {
        let product = left_out.fold(Scalar::ONE, |product, x| product * scalar(x.get()));
        self.0[0] * inverse(product)
    }
}

fn sum(terms: &[G2Projective]) -> G2Projective {
    terms
        .iter()
        .fold(G2Projective::identity(), |sum, term| sum + term)
}

/// A product with eight bits. It takes a twentieth of the time of a product with a scalar.
fn times(number: NonZeroU8, point: &G2Projective) -> G2Projective {
    let bits = u8::BITS - number.leading_zeros();
    (0..bits).rev().fold(G2Projective::identity(), |sum, bit| {
        let sum = sum.double();
        if number.get() >> bit & 1 == 1 {
            sum + point
        } else {
            sum
        }
    })
}

#[cfg(test)]
mod tests {
    use blstrs::G2Affine;
    use group::prime::PrimeCurveAffine;
    use proptest::{prelude::*, sample::subsequence};

    use super::*;
    use crate::{BlsSignature, bls::lagrange::interpolate};

    /// Shares that are values of a polynomial of this degree, but for those at some places.
    fn shares(
        identifiers: &[u8],
        degree: usize,
        wrong: &[usize],
        seed: u64,
    ) -> Vec<BlsSignatureShare> {
        let coefficient = |k: usize| Scalar::from(seed ^ (k as u64 + 1).wrapping_mul(0x9e37_79b9));
        let share = |(at, x): (usize, &u8)| {
            let value = (0..=degree)
                .rev()
                .fold(Scalar::ZERO, |value, k| value * scalar(*x) + coefficient(k));
            let value = if wrong.contains(&at) {
                value + scalar(1)
            } else {
                value
            };
            let point = G2Affine::from(G2Affine::generator() * value);
            BlsSignatureShare::new(
                NonZeroU8::new(*x).unwrap(),
                BlsSignature::from_point(point).unwrap(),
            )
        };
        identifiers.iter().enumerate().map(share).collect()
    }

    fn some_identifiers() -> impl Strategy<Value = Vec<u8>> {
        subsequence((1..=255).collect::<Vec<u8>>(), 3..12).prop_shuffle()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// However many are left out, sum 0 is what interpolation of the others gives.
        #[test]
        fn sums_interpolate(identifiers in some_identifiers(), seed: u64, out in any::<prop::sample::Index>()) {
            let all = shares(&identifiers, 2, &[0], seed);
            let mut sums = Sums::new(&all, all.len() - 1);
            let out = out.index(all.len());
            for share in &all[..out] {
                sums = sums.without(share.identifier());
            }
            let signature = sums.signature(all[..out].iter().map(BlsSignatureShare::identifier));
            prop_assert_eq!(G2Affine::from(signature), interpolate(&all[out..], 0));
        }

        /// They agree just when no wrong share is left, as long as there are shares to spare.
        #[test]
        fn sums_tell_wrong_shares(
            identifiers in some_identifiers(),
            seed: u64,
            degree in 1_usize..4,
            wrong in any::<prop::sample::Index>(),
        ) {
            let spare = identifiers.len().saturating_sub(degree + 1);
            prop_assume!(spare > 1);
            let wrong = wrong.index(identifiers.len());
            let all = shares(&identifiers, degree, &[wrong], seed);
            let sums = Sums::new(&all, spare);
            prop_assert!(!sums.agree());
            for (at, share) in all.iter().enumerate() {
                prop_assert_eq!(sums.without(share.identifier()).agree(), at == wrong);
            }
            prop_assert!(Sums::new(&shares(&identifiers, degree, &[], seed), spare).agree());
            prop_assert!(!Sums::new(&shares(&identifiers, degree, &[], seed), spare + 1).agree());
        }
    }
}
