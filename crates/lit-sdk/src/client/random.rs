use rand_core::{OsRng, RngCore};

use crate::Error;

/// Reports missing randomness as an error, where `OsRng` would panic.
pub(crate) fn check_randomness() -> Result<(), Error> {
    OsRng
        .try_fill_bytes(&mut [0; 1])
        .map_err(Error::RandomnessUnavailable)
}

/// A random number below `bound`.
///
/// # Panics
/// If `bound` is 0.
pub(crate) fn random_below(bound: usize) -> Result<usize, Error> {
    let mut bytes = [0; 8];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(Error::RandomnessUnavailable)?;
    // The bias is below 2^-32 for as many nodes as there can be.
    #[allow(
        clippy::expect_used,
        reason = "a usize has at most 64 bits, and the remainder is below one"
    )]
    let number = {
        let bound = u64::try_from(bound).expect("a usize fits 64 bits");
        usize::try_from(u64::from_le_bytes(bytes) % bound).expect("the remainder is below a usize")
    };
    Ok(number)
}
