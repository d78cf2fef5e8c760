use blstrs::{G2Affine, G2Projective, Scalar};
use group::{Group, ff::Field};

use super::BlsSignatureShare;

/// The value at `x` of the polynomial that passes through the shares, whose identifiers are distinct.
pub(super) fn interpolate(shares: &[BlsSignatureShare], x: u8) -> G2Affine {
    let places: Vec<Scalar> = shares
        .iter()
        .map(|share| scalar(share.identifier().get()))
        .collect();
    // Not blst's own sum of products, which starts a pool of threads.
    let terms = shares.iter().zip(coefficients(&places, scalar(x)));
    let sum: G2Projective = terms
        .map(|(share, coefficient)| share.signature().point() * coefficient)
        .fold(G2Projective::identity(), |sum, term| sum + term);
    sum.into()
}

/// Lagrange's coefficients at `x` for distinct places.
fn coefficients(places: &[Scalar], x: Scalar) -> impl Iterator<Item = Scalar> {
    places.iter().enumerate().map(move |(i, own)| {
        let others = places.iter().enumerate().filter(|(j, _)| *j != i);
        let (numerator, denominator) = others.fold(
            (Scalar::ONE, Scalar::ONE),
            |(numerator, denominator), (_, place)| {
                (numerator * (x - place), denominator * (*own - place))
            },
        );
        // The places are distinct, so no factor is zero.
        numerator * denominator.invert().unwrap_or(Scalar::ZERO)
    })
}

fn scalar(number: u8) -> Scalar {
    Scalar::from(u64::from(number))
}
