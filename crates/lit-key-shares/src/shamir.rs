use std::num::NonZeroU8;

use k256::{Scalar, elliptic_curve::Field};
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

/// Splits a secret with Shamir's scheme.
///
/// The shares are the values at 1 to `shares` of a random polynomial of degree `threshold - 1` with the secret at 0.
pub(crate) fn split(
    secret: Scalar,
    threshold: u8,
    shares: u8,
    rng: &mut impl CryptoRngCore,
) -> Zeroizing<Vec<Scalar>> {
    let mut coefficients = Zeroizing::new(Vec::with_capacity(threshold.into()));
    coefficients.push(secret);
    coefficients.extend((1..threshold).map(|_| Scalar::random(&mut *rng)));
    let value = |x: u8| {
        let x = Scalar::from(u64::from(x));
        let from_the_top = coefficients.iter().rev();
        from_the_top.fold(Scalar::ZERO, |sum, coefficient| sum * x + coefficient)
    };
    Zeroizing::new((1..=shares).map(value).collect())
}

/// Lagrange's coefficient of one holder for the value at 0, in a set of distinct holders.
#[allow(clippy::expect_used, reason = "a set has distinct holders")]
pub(crate) fn weight(holder: NonZeroU8, set: &[NonZeroU8]) -> Scalar {
    let place = |holder: NonZeroU8| Scalar::from(u64::from(holder.get()));
    let own = place(holder);
    let others = set.iter().filter(|other| **other != holder);
    let (numerator, denominator) = others.fold((Scalar::ONE, Scalar::ONE), |(n, d), other| {
        (n * place(*other), d * (place(*other) - own))
    });
    let inverse = denominator.invert().expect("the holders are distinct");
    numerator * inverse
}
