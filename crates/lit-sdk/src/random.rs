use rand_core::{OsRng, RngCore};

use crate::Error;

/// `OsRng` panics where the operating system has no random bytes. Asking it once before turns that into an error.
pub(crate) fn check_randomness() -> Result<(), Error> {
    OsRng.try_fill_bytes(&mut [0; 1]).map_err(Error::Randomness)
}
