use rand_core::{OsRng, RngCore};

use crate::Error;

/// `OsRng` panics where the operating system has no random bytes. Asking it once before turns that into an error.
pub(crate) fn check_randomness() -> Result<(), Error> {
    OsRng.try_fill_bytes(&mut [0; 1]).map_err(Error::Randomness)
}

/// A number below `bound`, which is not zero.
pub(crate) fn random_below(bound: usize) -> Result<usize, Error> {
    check_randomness()?;
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    // The bias is below 2^-32 for as many nodes as there can be.
    Ok(usize::try_from(OsRng.next_u64() % bound).unwrap_or(0))
}
