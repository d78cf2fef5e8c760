use blstrs::{G2Affine, G2Projective, Scalar};
use group::{Group, ff::Field};

use super::BlsSignatureShare;

/// Evaluates at `x` the polynomial through the shares. Their identifiers must be distinct.
///
/// The time depends on the identifiers alone.
pub(super) fn interpolate(shares: &[BlsSignatureShare], x: u8) -> G2Affine {
    let places: Vec<u8> = shares
        .iter()
        .map(|share| share.identifier().get())
        .collect();
    let Some(Weights { weights, scale }) = Weights::of(&places, x) else {
        // This is not blst's own sum of products, which starts a thread pool.
        let sum: G2Projective = terms(shares, x).sum();
        return sum.into();
    };
    let sum = sum_of_products(shares, &weights);
    // The first identifiers of a network have the scale 1.
    match scale {
        1 => sum.into(),
        scale => (sum * inverse(wide(scale))).into(),
    }
}

/// The sum of each share's point times its weight. All products double the sum together.
fn sum_of_products(shares: &[BlsSignatureShare], weights: &[i128]) -> G2Projective {
    let signed = |(share, weight): (&BlsSignatureShare, &i128)| {
        let point = *share.point();
        (
            if *weight < 0 { -point } else { point },
            weight.unsigned_abs(),
        )
    };
    let products: Vec<(G2Affine, u128)> = shares.iter().zip(weights).map(signed).collect();
    let widest = products
        .iter()
        .map(|(_, weight)| *weight)
        .max()
        .unwrap_or(0);
    let bits = u128::BITS - widest.leading_zeros();
    (0..bits).rev().fold(G2Projective::identity(), |sum, bit| {
        let set = products.iter().filter(|(_, weight)| weight >> bit & 1 == 1);
        set.fold(sum.double(), |sum, (point, _)| sum + point)
    })
}

/// Lagrange's coefficients as small whole numbers: the products with `scale`, their common denominator.
///
/// Coefficients of small identifiers are fractions of small numbers. A product with one takes a few additions, and a product with
/// a scalar some four hundred.
#[derive(Debug, PartialEq, Eq)]
struct Weights {
    weights: Vec<i128>,
    scale: i128,
}

impl Weights {
    /// `None` if a number is too large, as for many shares.
    fn of(places: &[u8], x: u8) -> Option<Self> {
        let coefficient = |own: &u8| {
            let mut others = places.iter().filter(|place| *place != own);
            others.try_fold((1, 1), |(numerator, denominator): (i128, i128), place| {
                let numerator = numerator.checked_mul(difference(x, *place))?;
                let denominator = denominator.checked_mul(difference(*own, *place))?;
                let common = common_divisor(numerator, denominator)?;
                Some((numerator / common, denominator / common))
            })
        };
        let coefficients: Vec<(i128, i128)> =
            places.iter().map(coefficient).collect::<Option<_>>()?;
        let scale = coefficients
            .iter()
            .try_fold(1, |scale: i128, (_, denominator)| {
                scale.checked_mul(denominator.checked_abs()? / common_divisor(scale, *denominator)?)
            })?;
        let weight =
            |(numerator, denominator): &(i128, i128)| numerator.checked_mul(scale / denominator);
        let weights = coefficients.iter().map(weight).collect::<Option<_>>()?;
        Some(Self { weights, scale })
    }
}

fn difference(a: u8, b: u8) -> i128 {
    i128::from(a) - i128::from(b)
}

/// The greatest common divisor, above zero. The second number is not zero.
fn common_divisor(a: i128, b: i128) -> Option<i128> {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while a != 0 {
        (a, b) = (b % a, a);
    }
    i128::try_from(b).ok()
}

/// A number above zero as a scalar.
fn wide(number: i128) -> Scalar {
    let [high, low] = [number >> 64, number & i128::from(u64::MAX)];
    let [high, low] = [high, low].map(|half| Scalar::from(u64::try_from(half).unwrap_or(0)));
    (0..64).fold(high, |scalar, _| scalar.double()) + low
}

/// The terms that each share contributes to that value.
pub(super) fn terms(shares: &[BlsSignatureShare], x: u8) -> impl Iterator<Item = G2Projective> {
    let places: Vec<Scalar> = shares
        .iter()
        .map(|share| scalar(share.identifier().get()))
        .collect();
    let coefficients = coefficients(&places, scalar(x));
    let weighted = |(share, coefficient): (&BlsSignatureShare, Scalar)| share.point() * coefficient;
    shares.iter().zip(coefficients).map(weighted)
}

/// Lagrange's coefficients at `x`, for distinct places.
fn coefficients(places: &[Scalar], x: Scalar) -> Vec<Scalar> {
    let coefficient = |(i, own): (usize, &Scalar)| {
        let others = places.iter().enumerate().filter(|(j, _)| *j != i);
        let (numerator, denominator) = others.fold(
            (Scalar::ONE, Scalar::ONE),
            |(numerator, denominator), (_, place)| {
                (numerator * (x - place), denominator * (*own - place))
            },
        );
        numerator * inverse(denominator)
    };
    places.iter().enumerate().map(coefficient).collect()
}

/// The inverse of a product of identifiers, or of differences of distinct ones.
#[allow(clippy::expect_used, reason = "identifiers are distinct and not zero")]
pub(super) fn inverse(product: Scalar) -> Scalar {
    product
        .invert()
        .expect("identifiers are distinct and not zero")
}

pub(super) fn scalar(number: u8) -> Scalar {
    Scalar::from(u64::from(number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use std::num::NonZeroU8;

    use proptest::{prelude::*, sample::subsequence};

    use super::*;
    use crate::BlsSignature;

    fn share(identifier: u8, secret: u64) -> BlsSignatureShare {
        let point = G2Affine::from(G2Projective::generator() * Scalar::from(secret));
        let signature = BlsSignature::from_point(point).unwrap();
        BlsSignatureShare::new(NonZeroU8::new(identifier).unwrap(), signature)
    }

    #[test]
    fn the_first_identifiers_need_no_scale() {
        let weights = Weights::of(&[1, 2, 3, 4], 0).unwrap();
        let expected = Weights {
            weights: vec![4, -6, 4, -1],
            scale: 1,
        };
        assert_eq!(weights, expected);
    }

    #[test]
    fn others_have_a_common_denominator() {
        // 4/3, -1/3.
        let expected = Weights {
            weights: vec![4, -1],
            scale: 3,
        };
        assert_eq!(Weights::of(&[1, 4], 0), Some(expected));
    }

    #[test]
    fn large_numbers_are_left_to_scalars() {
        let places: Vec<u8> = (1..=170).collect();
        assert_eq!(Weights::of(&places, 0), None);
        assert!(Weights::of(&places[..20], 0).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn small_weights_give_the_value_of_scalars(
            identifiers in subsequence((1..=255).collect::<Vec<u8>>(), 2..24).prop_shuffle(),
            x: u8,
            seed in 1_u64..1 << 40,
        ) {
            let shares: Vec<_> = identifiers.iter().map(|id| share(*id, seed * u64::from(*id))).collect();
            let sum: G2Projective = terms(&shares, x).sum();
            prop_assert_eq!(interpolate(&shares, x), G2Affine::from(sum));
        }
    }
}
