use blstrs::{G2Affine, G2Projective, Scalar};
use group::{Group, ff::Field};

use super::BlsSignatureShare;

/// The value at `x` of the polynomial that passes through the shares, whose identifiers are distinct.
pub(super) fn interpolate(shares: &[BlsSignatureShare], x: u8) -> G2Affine {
    // Not blst's own sum of products, which starts a pool of threads.
    let sum: G2Projective = terms(shares, x).fold(G2Projective::identity(), |sum, term| sum + term);
    sum.into()
}

/// What each share contributes to that value.
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

/// Lagrange's coefficients at `x` for distinct places.
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

/// The inverse of a product of identifiers, or of their differences: of numbers that are not zero.
pub(super) fn inverse(product: Scalar) -> Scalar {
    product.invert().unwrap_or(Scalar::ZERO)
}

pub(super) fn scalar(number: u8) -> Scalar {
    Scalar::from(u64::from(number))
}
