use blstrs::{G2Affine, G2Projective, Scalar};
use group::{Group, ff::Field};

use super::BlsSignatureShare;

/// Evaluates at `x` the polynomial through the shares. Their identifiers must be distinct.
pub(super) fn interpolate(shares: &[BlsSignatureShare], x: u8) -> G2Affine {
    // This is not blst's own sum of products, which starts a thread pool.
    let sum: G2Projective = terms(shares, x).fold(G2Projective::identity(), |sum, term| sum + term);
    sum.into()
}

/// The terms that each share contributes to that value.
pub(super) fn terms(shares: &[BlsSignatureShare], x: u8) -> impl Iterator<Item = G2Projective> {
    let places: Vec<Scalar> = shares
        .iter()
        .map(|share| scalar(share.identifier().get()))
        .collect();
    let coefficients = coefficients(&places, scalar(x));
    let weighted = |(share, coefficient): (&BlsSignatureShare, Scalar)| {
        share.signature().point() * coefficient
    };
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
